/*
 * The 8254 interval timer, channel 0: one shot at a time for the agent, or at
 * regular intervals for the clock. It starts out ticking; start_kernel() arms
 * it once, and then it stays silent.
 */
#include <pit.h>

#include <io.h>

#define CHANNEL0 0x40
#define COMMAND  0x43

#define ONE_SHOT 0x30 /* channel 0, low and high byte, mode 0 */
#define PERIODIC 0x34 /* the same, mode 2 */

void pit_arm(uint16_t ticks)
{
    outb(ONE_SHOT, COMMAND);
    outb(ticks & 0xff, CHANNEL0);
    outb(ticks >> 8, CHANNEL0);
}

void pit_start(unsigned int frequency)
{
    uint16_t ticks = (PIT_FREQUENCY + frequency / 2) / frequency;

    outb(PERIODIC, COMMAND);
    outb(ticks & 0xff, CHANNEL0);
    outb(ticks >> 8, CHANNEL0);
}

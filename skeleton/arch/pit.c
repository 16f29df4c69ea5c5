/*
 * The 8254 interval timer, channel 0, one shot at a time. It starts out
 * ticking; start_kernel() arms it once, and then it stays silent.
 */
#include <pit.h>

#include <io.h>

#define CHANNEL0 0x40
#define COMMAND  0x43

#define ONE_SHOT 0x30 /* channel 0, low and high byte, mode 0 */

void pit_arm(uint16_t ticks)
{
    outb(ONE_SHOT, COMMAND);
    outb(ticks & 0xff, CHANNEL0);
    outb(ticks >> 8, CHANNEL0);
}

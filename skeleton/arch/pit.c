/*
 * The 8254 interval timer. It starts out ticking; nothing needs it yet, and a
 * timer that never fires lets QEMU sleep while the processor does.
 */
#include <pit.h>

#include <io.h>

#define CHANNEL0 0x40
#define COMMAND  0x43

#define ONE_SHOT 0x30 /* channel 0, low and high byte, mode 0 */

void pit_stop(void)
{
    outb(ONE_SHOT, COMMAND);
    outb(1, CHANNEL0);
    outb(0, CHANNEL0);
}

/* The interval timer. */
#ifndef PIT_H
#define PIT_H

#include <types.h>

#define PIT_FREQUENCY 1193182 /* ticks a second */

/* Fires once, after so many ticks of 838 ns. */
void pit_arm(uint16_t ticks);

/* Fires so many times a second from here on (at least 19). */
void pit_start(unsigned int frequency);

#endif

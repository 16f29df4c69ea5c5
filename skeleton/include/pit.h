/* The interval timer. */
#ifndef PIT_H
#define PIT_H

#include <types.h>

/* Fires once, after so many ticks of 838 ns (1.193182 MHz). */
void pit_arm(uint16_t ticks);

/* Fires so many times a second from here on (at least 19). */
void pit_start(unsigned int frequency);

#endif

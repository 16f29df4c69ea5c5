/* The interval timer. */
#ifndef PIT_H
#define PIT_H

#include <types.h>

/* Fires once, after so many ticks of 838 ns (1.193182 MHz). */
void pit_arm(uint16_t ticks);

#endif

/* The interval timer. */
#ifndef PIT_H
#define PIT_H

/* Lets channel 0 run out, once. */
void pit_stop(void);

#endif

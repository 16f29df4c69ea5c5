/*
 * Time in the guest. It stands still, so that nothing depends on how long the
 * host takes, until the test lets it pass:
 *
 *     user_sleep(proc, 500);
 *     pass_time(guest, 51);
 *     expect_awake(proc);
 */
#ifndef HARNESS_CLOCK_H
#define HARNESS_CLOCK_H

#include "user.h"

#define HZ 100 /* ticks of the guest's clock a second */

/*
 * The clock ticks so often, timers expire, and whoever they wake works until
 * all sleep again. QEMU's virtual clock goes on by as much, at no cost: nobody
 * waits for a guest that is idle. It is not counted as instructions.
 */
void pass_time(struct guest *guest, uint32_t ticks);

/* Ticks since the boot. */
uint32_t clock_of(struct guest *guest);

/*
 * nanosleep() by the process, which must sleep then. It wakes up after so many
 * milliseconds, rounded up to ticks, and one tick more: the one that is running
 * doesn't count.
 */
void user_sleep(struct proc *proc, uint32_t ms);

/* It must have woken up by itself; or must still sleep. */
void expect_awake(struct proc *proc);
void expect_asleep(struct proc *proc);

#endif

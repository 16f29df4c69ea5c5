/*
 * Time: the clock's ticks, and what is to be done after so many of them. Linux
 * include/linux/timer.h, kernel/timer.c.
 *
 * The clock ticks in interactive boots only. Under the host's agent it would
 * disturb what is measured: jiffies stands still, but for clock_pass().
 */
#ifndef TIMER_H
#define TIMER_H

#include <list.h>

#define HZ                   100 /* ticks a second */
#define NANOSECONDS          1000000000L
#define MAX_SCHEDULE_TIMEOUT (~0UL >> 1)

/* Ticks since the boot. */
extern volatile unsigned long jiffies;

/* function(data) will be called by an interrupt when jiffies is `expires`. */
struct timer_list {
    struct list_head list;
    unsigned long expires;
    void (*function)(unsigned long data);
    unsigned long data;
};

/* Any context. A timer that is not set may be deleted. */
void add_timer(struct timer_list *timer);
void del_timer(struct timer_list *timer);

/*
 * Sleeps in the state that the caller has set for at most so many ticks
 * (MAX_SCHEDULE_TIMEOUT: no limit). How many were left when it was woken.
 */
unsigned long schedule_timeout(unsigned long ticks);

/* Lets the clock tick. */
void clock_start(void);

/*
 * Under the agent: lets the time of so many ticks pass. Nobody works while the
 * processor waits for a tick; who is woken by it works until all sleep again.
 * So what happens does not depend on how long anything takes.
 */
void clock_pass(unsigned long ticks);

struct timespec {
    long tv_sec, tv_nsec;
};

#endif

/*
 * The clock and what waits for it. Timers are on a list, the next one to expire
 * first; setting one costs a step for each that is sooner. Linux
 * kernel/timer.c.
 */
#include <timer.h>

#include <agent.h>
#include <errno.h>
#include <irq.h>
#include <kernel.h>
#include <pit.h>
#include <syscalls.h>
#include <task.h>
#include <uaccess.h>

#define NANOSECONDS_PER_TICK (NANOSECONDS / HZ)
#define CLOCK_REALTIME       0
#define CLOCK_MONOTONIC      1
#define MICROSECONDS         1000000L
#define LONGEST_SECONDS      (MAX_SCHEDULE_TIMEOUT / HZ - 1)

volatile unsigned long jiffies;

static LIST_HEAD(timers);

/* Is a before b? Also when jiffies has wrapped around in between. */
static bool is_before(unsigned long a, unsigned long b)
{
    return (long)(a - b) < 0;
}

void add_timer(struct timer_list *timer)
{
    struct list_head *at;
    unsigned long flags;

    local_irq_save(flags);
    list_for_each (at, &timers)
        if (is_before(timer->expires,
                      list_entry(at, struct timer_list, list)->expires))
            break;
    list_add_tail(&timer->list, at);
    local_irq_restore(flags);
}

void del_timer(struct timer_list *timer)
{
    unsigned long flags;

    local_irq_save(flags);
    list_del_init(&timer->list);
    local_irq_restore(flags);
}

static void clock_interrupt(void)
{
    jiffies++;
    while (!list_empty(&timers)) {
        struct timer_list *timer =
            list_entry(timers.next, struct timer_list, list);

        if (is_before(jiffies, timer->expires))
            break;
        list_del_init(&timer->list);
        timer->function(timer->data);
    }
    scheduler_tick();
}

void clock_start(void)
{
    timer_interrupt = clock_interrupt;
    pit_start(HZ);
}

/* Sets the timer, and sleeps until the clock has ticked. */
static void wait_for_tick(void)
{
    unsigned long now = jiffies;

    local_irq_disable();
    pit_arm(PIT_FREQUENCY / HZ);
    while (jiffies == now) {
        wait_for_interrupt();
        local_irq_disable();
    }
    local_irq_enable();
}

void clock_pass(unsigned long ticks)
{
    void (*const usual)(void) = timer_interrupt;

    timer_interrupt = clock_interrupt;
    for (; ticks > 0; ticks--) {
        wait_for_tick();
        let_others_run();
    }
    timer_interrupt = usual;
}

static void wake(unsigned long task)
{
    wake_up_process((struct task_struct *)task);
}

unsigned long schedule_timeout(unsigned long ticks)
{
    unsigned long expires = jiffies + ticks;
    struct timer_list timer = {
        .expires = expires,
        .function = wake,
        .data = (unsigned long)current,
    };

    INIT_LIST_HEAD(&timer.list);
    if (ticks != MAX_SCHEDULE_TIMEOUT)
        add_timer(&timer);
    schedule();
    del_timer(&timer);
    return is_before(jiffies, expires) ? expires - jiffies : 0;
}

/* At least as long as was asked for: the tick that is running doesn't count. */
static unsigned long to_ticks(const struct timespec *time)
{
    unsigned long seconds = time->tv_sec;

    if (seconds > LONGEST_SECONDS)
        seconds = LONGEST_SECONDS;
    return seconds * HZ +
           (time->tv_nsec + NANOSECONDS_PER_TICK - 1) / NANOSECONDS_PER_TICK +
           (time->tv_sec != 0 || time->tv_nsec != 0);
}

static struct timespec from_ticks(unsigned long ticks)
{
    return (struct timespec){
        .tv_sec = ticks / HZ,
        .tv_nsec = ticks % HZ * NANOSECONDS_PER_TICK,
    };
}

long sys_nanosleep(const struct timespec *request, struct timespec *rest)
{
    struct timespec time;
    unsigned long ticks;

    if (copy_from_user(&time, request, sizeof(time)) != 0)
        return -EFAULT;
    if (time.tv_sec < 0 || time.tv_nsec < 0 || time.tv_nsec >= NANOSECONDS)
        return -EINVAL;
    ticks = to_ticks(&time);
    while (ticks > 0 && !signal_pending()) {
        set_current_state(TASK_INTERRUPTIBLE);
        ticks = schedule_timeout(ticks);
    }
    if (ticks == 0)
        return 0;
    time = from_ticks(ticks);
    if (rest != NULL && copy_to_user(rest, &time, sizeof(time)) != 0)
        return -EFAULT;
    return -EINTR;
}

/* There is no clock that knows the date: time begins with the boot. */
long sys_time(long *seconds)
{
    long now = jiffies / HZ;

    if (seconds != NULL && put_user(now, seconds) != 0)
        return -EFAULT;
    return now;
}

long sys_gettimeofday(void *time, void *zone)
{
    struct timespec now = from_ticks(jiffies);
    long value[2] = {now.tv_sec, now.tv_nsec / (NANOSECONDS / MICROSECONDS)};

    (void)zone;
    if (time != NULL && copy_to_user(time, value, sizeof(value)) != 0)
        return -EFAULT;
    return 0;
}

/* Both clocks are the same: see above. */
long sys_clock_gettime(int clock, struct timespec *time)
{
    struct timespec now = from_ticks(jiffies);

    if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
        return -EINVAL;
    return copy_to_user(time, &now, sizeof(now)) == 0 ? 0 : -EFAULT;
}

/* Processor time is not counted. */
long sys_times(void *buffer)
{
    const long times[4] = {0, 0, 0, 0};

    if (buffer != NULL && copy_to_user(buffer, times, sizeof(times)) != 0)
        return -EFAULT;
    return jiffies & MAX_SCHEDULE_TIMEOUT;
}

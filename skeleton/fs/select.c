/*
 * Waiting until one of several files has something. Linux fs/select.c.
 *
 * poll() looks at all of them at each tick of the clock, so no file has to know
 * who waits for it: what costs little here, where few wait so.
 */
#include <syscalls.h>

#include <errno.h>
#include <files.h>
#include <sched.h>
#include <timer.h>
#include <uaccess.h>

#define POLL_ALWAYS (POLLERR | POLLHUP | POLLNVAL)
#define MS_PER_TICK (1000 / HZ)

struct pollfd {
    int fd; /* negative: nothing is meant */
    unsigned short events, revents;
};

static unsigned int events_of(int fd)
{
    struct file *file = fget((unsigned int)fd);
    unsigned int events = POLLIN | POLLOUT;

    if (file == NULL)
        return POLLNVAL;
    if (file->f_op->poll != NULL)
        events = file->f_op->poll(file);
    fput(file);
    return events;
}

/* Fills in what holds now: how many descriptors have something, or -EFAULT. */
static long look(struct pollfd *fds, unsigned int n)
{
    long count = 0;

    for (unsigned int i = 0; i < n; i++) {
        struct pollfd entry;

        if (copy_from_user(&entry, &fds[i], sizeof(entry)) != 0)
            return -EFAULT;
        entry.revents = 0;
        if (entry.fd >= 0)
            entry.revents = events_of(entry.fd) & (entry.events | POLL_ALWAYS);
        if (put_user(entry.revents, &fds[i].revents) != 0)
            return -EFAULT;
        count += entry.revents != 0;
    }
    return count;
}

long sys_poll(struct pollfd *fds, unsigned int n, int milliseconds)
{
    unsigned long ticks = MAX_SCHEDULE_TIMEOUT, start = jiffies;
    long count;

    if (n > NR_OPEN)
        return -EINVAL;
    if (milliseconds >= 0) /* the tick that is running doesn't count */
        ticks = ((unsigned long)milliseconds + MS_PER_TICK - 1) / MS_PER_TICK +
                (milliseconds > 0);
    while ((count = look(fds, n)) == 0 && jiffies - start < ticks) {
        if (signal_pending())
            return -EINTR;
        set_current_state(TASK_INTERRUPTIBLE);
        schedule_timeout(1);
    }
    return count;
}

/*
 * Wait queues: tasks that sleep until something happens. Linux
 * include/linux/wait.h, kernel/sched.c.
 *
 * Whoever waits puts itself on the queue and changes its state *before* it
 * looks at the condition, so that a wake-up between the look and schedule() is
 * not lost:
 *
 *     DECLARE_WAITQUEUE(wait, current);
 *
 *     add_wait_queue(&queue, &wait);
 *     for (;;) {
 *         set_current_state(TASK_UNINTERRUPTIBLE);
 *         if (condition)
 *             break;
 *         schedule();
 *     }
 *     set_current_state(TASK_RUNNING);
 *     remove_wait_queue(&queue, &wait);
 *
 * wait_event(queue, condition) is short for this.
 */
#ifndef WAIT_H
#define WAIT_H

#include <list.h>

typedef struct wait_queue_head {
    struct list_head task_list;
} wait_queue_head_t;

/* One task's place on a queue; mostly on the task's stack. */
typedef struct wait_queue {
    struct task_struct *task;
    struct list_head task_list;
} wait_queue_t;

/* A task_struct has a wait queue: the types come first. */
#include <sched.h>
#include <syscalls.h>

#define DECLARE_WAIT_QUEUE_HEAD(name)                                          \
    wait_queue_head_t name = {LIST_HEAD_INIT((name).task_list)}

#define DECLARE_WAITQUEUE(name, tsk) wait_queue_t name = {.task = (tsk)}

void init_waitqueue_head(wait_queue_head_t *queue);

/* Puts a place on the queue, takes it off. Any context. */
void add_wait_queue(wait_queue_head_t *queue, wait_queue_t *wait);
void remove_wait_queue(wait_queue_head_t *queue, wait_queue_t *wait);

/* Makes every task on the queue runnable. Any context; never sleeps. */
void wake_up(wait_queue_head_t *queue);

/* Is somebody on the queue? */
static inline bool waitqueue_active(const wait_queue_head_t *queue)
{
    return !list_empty(&queue->task_list);
}

/* Sleeps until the condition holds; whoever makes it true calls wake_up(). */
#define wait_event(queue, condition)                                           \
    do {                                                                       \
        DECLARE_WAITQUEUE(wait_event_place, current);                          \
                                                                               \
        add_wait_queue(&(queue), &wait_event_place);                           \
        for (;;) {                                                             \
            set_current_state(TASK_UNINTERRUPTIBLE);                           \
            if (condition)                                                     \
                break;                                                         \
            schedule();                                                        \
        }                                                                      \
        set_current_state(TASK_RUNNING);                                       \
        remove_wait_queue(&(queue), &wait_event_place);                        \
    } while (0)

/*
 * The same, but a signal ends the sleep, too: 0, or -ERESTARTSYS (syscalls.h),
 * which a system call hands on as its result. If it has done some of its work
 * already, it returns that instead.
 */
#define wait_event_interruptible(queue, condition)                             \
    ({                                                                         \
        int wait_event_result = 0;                                             \
        DECLARE_WAITQUEUE(wait_event_place, current);                          \
                                                                               \
        add_wait_queue(&(queue), &wait_event_place);                           \
        for (;;) {                                                             \
            set_current_state(TASK_INTERRUPTIBLE);                             \
            if (condition)                                                     \
                break;                                                         \
            if (signal_pending()) {                                            \
                wait_event_result = -ERESTARTSYS;                              \
                break;                                                         \
            }                                                                  \
            schedule();                                                        \
        }                                                                      \
        set_current_state(TASK_RUNNING);                                       \
        remove_wait_queue(&(queue), &wait_event_place);                        \
        wait_event_result;                                                     \
    })

#endif

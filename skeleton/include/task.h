/* What the scheduler and the making of tasks share. */
#ifndef TASK_H
#define TASK_H

#include <sched.h>

#define THREAD_ORDER 1 /* of a task's block of pages */

/* Lists a new task and lets it run. */
void task_enter(struct task_struct *task);

/* Called on the new stack after every switch; by thread_start, too. */
void schedule_tail(void);

#endif

/*
 * The scheduler: those that can run take turns.
 *
 * The run queue holds every task in state TASK_RUNNING, the one that runs
 * included. schedule() puts the caller at its end, or takes it off if it
 * sleeps, and goes on with the first. If there is none, the caller's stack
 * waits for an interrupt to wake somebody. A process whose time slice is over
 * calls schedule() on its way to user mode. Linux kernel/sched.c.
 */
#include <sched.h>

#include <files.h>
#include <irq.h>
#include <kernel.h>
#include <seq_file.h>
#include <syscalls.h>
#include <task.h>
#include <wait.h>

#define STACK_MAGIC   0x57AC6E9DUL
#define TIME_SLICE    5           /* ticks */
#define STACK_DEFAULT (8UL << 20) /* RLIMIT_STACK */

static LIST_HEAD(run_queue);
static LIST_HEAD(all_tasks);

/* The task that schedule() left last: it may have been its last time. */
static struct task_struct *left;

void switch_stacks(unsigned long *save_esp, unsigned long esp);

void task_enter(struct task_struct *task)
{
    unsigned long flags;

    task->stack_end = STACK_MAGIC;
    task->state = TASK_RUNNING;
    local_irq_save(flags);
    list_add_tail(&task->tasks, &all_tasks);
    list_add_tail(&task->run_list, &run_queue);
    local_irq_restore(flags);
}

void sched_init(void)
{
    snprintf(current->comm, TASK_COMM_LEN, "swapper");
    for (int i = 0; i < RLIM_NLIMITS; i++)
        current->rlim[i] = RLIM_INFINITY;
    current->rlim[RLIMIT_STACK] = STACK_DEFAULT;
    current->rlim[RLIMIT_NOFILE] = NR_OPEN;
    INIT_LIST_HEAD(&current->children);
    init_waitqueue_head(&current->child_exit);
    task_enter(current);
}

struct task_struct *next_task(struct task_struct *task)
{
    struct list_head *next = task == NULL ? all_tasks.next : task->tasks.next;

    if (next == &all_tasks)
        return NULL;
    return list_entry(next, struct task_struct, tasks);
}

struct task_struct *find_task_by_pid(int pid)
{
    struct task_struct *task = next_task(NULL);

    while (task != NULL && task->pid != pid)
        task = next_task(task);
    return task;
}

/* The stack of a task that has ended can go when another one is in use. */
void schedule_tail(void)
{
    if (left->state == TASK_DEAD)
        task_free(left);
}

static void switch_to(struct task_struct *next)
{
    left = current;
    switch_user_state(left, next);
    switch_stacks(&current->esp, next->esp);
    schedule_tail();
}

void schedule(void)
{
    struct task_struct *task = current;
    unsigned long flags;

    BUG_ON(in_interrupt());
    if (task->stack_end != STACK_MAGIC)
        panic("schedule: the kernel stack of task %d overflowed", task->pid);
    local_irq_save(flags);
    task->need_resched = false;
    if (task->state == TASK_INTERRUPTIBLE && signal_pending())
        task->state = TASK_RUNNING;
    list_del_init(&task->run_list);
    if (task->state == TASK_RUNNING)
        list_add_tail(&task->run_list, &run_queue);
    while (list_empty(&run_queue)) {
        wait_for_interrupt();
        local_irq_disable();
    }
    task = list_entry(run_queue.next, struct task_struct, run_list);
    if (task != current)
        switch_to(task);
    local_irq_restore(flags);
}

void yield(void)
{
    set_current_state(TASK_RUNNING);
    schedule();
}

long sys_sched_yield(void)
{
    yield();
    return 0;
}

void scheduler_tick(void)
{
    static unsigned int ticks;

    if (++ticks % TIME_SLICE == 0)
        current->need_resched = true;
}

bool others_can_run(void)
{
    const struct list_head *own = &current->run_list;

    return run_queue.next != own || run_queue.prev != own;
}

void wake_up_process(struct task_struct *task)
{
    unsigned long flags;

    local_irq_save(flags);
    if (task->state == TASK_INTERRUPTIBLE ||
        task->state == TASK_UNINTERRUPTIBLE) {
        task->state = TASK_RUNNING;
        if (list_empty(&task->run_list))
            list_add_tail(&task->run_list, &run_queue);
    }
    local_irq_restore(flags);
}

static const char *state_text(const struct task_struct *task)
{
    if (task->state == TASK_ZOMBIE)
        return "zombie";
    return task->state == TASK_RUNNING ? "runs" : "sleeps";
}

void tasks_show(struct seq_file *file)
{
    unsigned long flags;

    seq_printf(file, "%5s %-7s %s\n", "pid", "state", "name");
    local_irq_save(flags);
    for (struct task_struct *task = next_task(NULL); task != NULL;
         task = next_task(task))
        seq_printf(file, "%5d %-7s %s\n", task->pid, state_text(task),
                   task->comm);
    local_irq_restore(flags);
}

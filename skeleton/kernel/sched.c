/*
 * The scheduler: those that can run take turns.
 *
 * The run queue holds every task in state TASK_RUNNING, the one that runs
 * included. schedule() puts the caller at its end, or takes it off if it
 * sleeps, and goes on with the first. If there is none, the caller's stack
 * waits for an interrupt to wake somebody. Linux kernel/sched.c.
 */
#include <sched.h>

#include <irq.h>
#include <kernel.h>
#include <page_alloc.h>
#include <seq_file.h>
#include <task.h>
#include <wait.h>

#define STACK_MAGIC 0x57AC6E9DUL

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
    task_enter(current);
}

/* The stack of a task that has ended can go when another one is in use. */
void schedule_tail(void)
{
    if (left->state == TASK_DEAD)
        free_pages((unsigned long)left, THREAD_ORDER);
}

static void switch_to(struct task_struct *next)
{
    left = current;
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

bool others_can_run(void)
{
    const struct list_head *own = &current->run_list;

    return run_queue.next != own || run_queue.prev != own;
}

void wake_up_process(struct task_struct *task)
{
    unsigned long flags;

    local_irq_save(flags);
    if (task->state == TASK_UNINTERRUPTIBLE) {
        task->state = TASK_RUNNING;
        if (list_empty(&task->run_list))
            list_add_tail(&task->run_list, &run_queue);
    }
    local_irq_restore(flags);
}

void do_exit(void)
{
    local_irq_disable();
    list_del(&current->tasks);
    current->state = TASK_DEAD;
    schedule();
    panic("do_exit: task %d runs again", current->pid);
}

static const char *state_text(const struct task_struct *task)
{
    return task->state == TASK_RUNNING ? "runs" : "sleeps";
}

void tasks_show(struct seq_file *file)
{
    struct list_head *at;
    unsigned long flags;

    seq_printf(file, "%5s %-7s %s\n", "pid", "state", "name");
    local_irq_save(flags);
    list_for_each (at, &all_tasks) {
        const struct task_struct *task =
            list_entry(at, struct task_struct, tasks);

        seq_printf(file, "%5d %-7s %s\n", task->pid, state_text(task),
                   task->comm);
    }
    local_irq_restore(flags);
}

/*
 * Tasks and the scheduler. Linux include/linux/sched.h.
 *
 * The kernel is not preemptive: a task keeps the processor until it calls
 * schedule(). Those that can run take turns.
 */
#ifndef SCHED_H
#define SCHED_H

#include <asm.h>
#include <list.h>
#include <types.h>

#define TASK_RUNNING         0 /* runs, or waits for the processor */
#define TASK_UNINTERRUPTIBLE 2 /* sleeps until it is woken */
#define TASK_DEAD            8 /* never runs again */

#define PF_MEMALLOC 0x00000800 /* is freeing memory: may use the last pages */

#define TASK_COMM_LEN 16

/* At the bottom of the task's two pages; the kernel stack is above it. */
struct task_struct {
    unsigned long flags; /* PF_* */
    volatile long state; /* TASK_* */
    int pid;
    char comm[TASK_COMM_LEN];  /* its name */
    unsigned long esp;         /* of its kernel stack, while it doesn't run */
    struct list_head run_list; /* on the run queue while it can run */
    struct list_head tasks;    /* on the list of all tasks */
    unsigned long stack_end;   /* STACK_MAGIC, or the stack overflowed */
};

union task_union {
    struct task_struct task;
    unsigned long stack[THREAD_SIZE / sizeof(unsigned long)];
};

extern union task_union init_task_union;

/* The running task: found from the stack pointer. */
static inline struct task_struct *get_current(void)
{
    unsigned long esp;

    __asm__("mov %%esp, %0" : "=r"(esp));
    return (struct task_struct *)(esp & ~(THREAD_SIZE - 1UL));
}

#define current get_current()

#define set_current_state(value)                                               \
    do {                                                                       \
        current->state = (value);                                              \
        __asm__ volatile("" ::: "memory");                                     \
    } while (0)

/* Makes the task that boots the first of the list. */
void sched_init(void);

/*
 * Lets the next task run. Returns when the caller is runnable again and its
 * turn has come: at once if its state is TASK_RUNNING and nobody else can run.
 * A BUG in an interrupt.
 */
void schedule(void);

/* Lets the others run once. */
void yield(void);

/* True if a task other than the caller's can run. */
bool others_can_run(void);

/* Makes a task runnable. Any context. */
void wake_up_process(struct task_struct *task);

/*
 * Starts a kernel task that calls function(argument) and ends with it. Its two
 * pages come from the page allocator and go back when it has ended. Returns
 * its pid, or -ENOMEM. May sleep.
 */
int kernel_thread(const char *name, void (*function)(void *), void *argument);

/* Ends the current task. */
__attribute__((noreturn)) void do_exit(void);

#endif

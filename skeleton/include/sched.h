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
#include <mm.h>
#include <signal.h>
#include <types.h>
#include <wait.h>

struct files_struct;
struct inode;

#define TASK_RUNNING         0 /* runs, or waits for the processor */
#define TASK_INTERRUPTIBLE   1 /* sleeps until it is woken, or gets a signal */
#define TASK_UNINTERRUPTIBLE 2 /* sleeps until it is woken */
#define TASK_ZOMBIE          4 /* has ended; its parent has not waited for it */
#define TASK_DEAD            8 /* never runs again */

#define PF_MEMALLOC 0x00000800 /* is freeing memory: may use the last pages */

#define TASK_COMM_LEN 16

#define FXSAVE_BYTES 512

/*
 * What the kernel does not use itself: it stays in the processor on the way
 * into the kernel, and is saved here while another task runs.
 */
struct user_state {
    uint8_t fpu[FXSAVE_BYTES] __attribute__((aligned(16))); /* fxsave */
    uint32_t fs, gs;
    uint32_t tls[2]; /* the descriptor TLS_SEL: set_thread_area() */
};

/* At the bottom of the task's two pages; the kernel stack is above it. */
struct task_struct {
    unsigned long flags; /* PF_* */
    volatile long state; /* TASK_* */
    int pid;
    char comm[TASK_COMM_LEN];  /* its name */
    unsigned long esp;         /* of its kernel stack, while it doesn't run */
    struct list_head run_list; /* on the run queue while it can run */
    struct list_head tasks;    /* on the list of all tasks */

    struct mm_struct *mm;       /* NULL: a task of the kernel's */
    struct files_struct *files; /* open files; NULL: of the kernel's */
    struct inode *cwd;          /* current folder; holds a use of it */
    unsigned long rlim[RLIM_NLIMITS];
    unsigned long min_flt, maj_flt; /* page faults that were mended */

    struct task_struct *parent; /* NULL: a task of the kernel's */
    struct list_head children, sibling;
    wait_queue_head_t child_exit; /* wait4() sleeps here */
    int exit_code;                /* as wait4() tells it */
    int pgrp;                     /* process group */
    struct signal_state signal;
    bool need_resched;         /* its time is up: schedule() before user mode */
    struct pt_regs *user_regs; /* of the last entry from user mode */
    unsigned long cr2;         /* the address of its last page fault */
    struct user_state user;    /* what the kernel leaves in the processor */

    unsigned long stack_end; /* STACK_MAGIC, or the stack overflowed */
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
 * It does not fall into TASK_INTERRUPTIBLE sleep while it has a signal pending.
 * A BUG in an interrupt.
 */
void schedule(void);

/* Lets the others run once. */
void yield(void);

/* True if a task other than the caller's can run. */
bool others_can_run(void);

/* Makes a task runnable. Any context. */
void wake_up_process(struct task_struct *task);

/* The task with this pid, a zombie included, or NULL. */
struct task_struct *find_task_by_pid(int pid);

/* The task after this one on the list of all tasks, which begins and ends with
 * the boot task: NULL for the last. NULL gives the first. */
struct task_struct *next_task(struct task_struct *task);

/*
 * Starts a kernel task that calls function(argument) and ends with it. Its two
 * pages come from the page allocator and go back when it has ended. Returns
 * its pid, or -ENOMEM. May sleep.
 */
int kernel_thread(const char *name, void (*function)(void *), void *argument);

/*
 * Ends the current task. `code` is what wait4() tells: exit status << 8, or the
 * number of the signal that killed it.
 */
__attribute__((noreturn)) void do_exit(long code);

#endif

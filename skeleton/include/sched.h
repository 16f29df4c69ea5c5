/*
 * Tasks. One so far: the first, which boots the kernel and then serves the
 * agent or the monitor. Linux include/linux/sched.h.
 */
#ifndef SCHED_H
#define SCHED_H

#include <asm.h>
#include <types.h>

#define PF_MEMALLOC 0x00000800 /* is freeing memory: may use the last pages */

/* At the bottom of the task's two pages; the kernel stack is above it. */
struct task_struct {
    unsigned long flags; /* PF_* */
    int pid;
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

#endif

/*
 * Exceptions, and the registers that they save.
 */
#ifndef TRAP_H
#define TRAP_H

#include <asm.h>
#include <kernel.h>
#include <types.h>

/*
 * What entry.S leaves on the stack, lowest address first. For a trap from
 * ring 3 the processor also saved esp and ss. fs and gs stay where they are:
 * the kernel does not use them (struct user_state).
 */
struct pt_regs {
    uint32_t ebx, ecx, edx, esi, edi, ebp, eax;
    uint32_t ds, es;
    uint32_t vector;
    uint32_t error; /* of a system call: its number, while eax has the result */
    uint32_t eip, cs, eflags;
    uint32_t esp, ss;
};

#define VECTOR_DEBUG       1
#define VECTOR_BREAKPOINT  3
#define VECTOR_OVERFLOW    4
#define VECTOR_STACK_FAULT 12
#define VECTOR_PAGE_FAULT  14
#define VECTOR_SYSCALL     0x80
#define VECTOR_NO_RESTART  0x100 /* a system call that is not made again */

static inline bool user_mode(const struct pt_regs *regs)
{
    return (regs->cs & 3) != 0;
}

/* The registers that a program begins with, at this address and this stack. */
void set_user_regs(struct pt_regs *regs, uint32_t eip, uint32_t esp);

/* GDT, IDT, task state segments, the double fault's task gate. */
void trap_init(void);

/* Called by entry.S for every exception and interrupt. */
void trap_dispatch(struct pt_regs *regs);

/* The rest of the way to user mode: other tasks' turns, signals. May sleep. */
void prepare_user_mode(struct pt_regs *regs);

/* Where the processor's stack pointer begins when it enters the kernel. */
void set_kernel_stack(unsigned long esp);

/* Sets the descriptor TLS_SEL. */
void load_tls(const uint32_t descriptor[2]);

/* Who serves the timer's interrupt: the agent, or the clock (timer.h). */
extern void (*timer_interrupt)(void);

/* An exception that nobody handles: reports it and stops. */
__attribute__((noreturn)) void oops(const struct pt_regs *regs,
                                    enum crash_kind kind, const char *what);

#endif

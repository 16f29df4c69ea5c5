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
 * ring 3 the processor also saved esp and ss.
 */
struct pt_regs {
    uint32_t ebx, ecx, edx, esi, edi, ebp, eax;
    uint32_t ds, es;
    uint32_t vector, error;
    uint32_t eip, cs, eflags;
    uint32_t esp, ss;
};

/* GDT, IDT, task state segments, the double fault's task gate. */
void trap_init(void);

/* Called by entry.S for every exception and interrupt. */
void trap_dispatch(struct pt_regs *regs);

/* An exception that nobody handles: reports it and stops. */
__attribute__((noreturn)) void oops(const struct pt_regs *regs,
                                    enum crash_kind kind, const char *what);

#endif

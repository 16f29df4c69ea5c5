/*
 * What happens on an exception or an interrupt.
 *
 * An exception in user mode is the process's own doing and becomes a signal. In
 * the kernel it is a mistake of the kernel's, but for two kinds: page faults,
 * and those that the exception table expects. Linux arch/i386/kernel/traps.c.
 *
 * Interrupts are off when trap_dispatch() is called. System calls, and page
 * faults of code that had them on, run with interrupts on, and may sleep.
 */
#include <trap.h>

#include <agent.h>
#include <boot.h>
#include <fault.h>
#include <irq.h>
#include <sched.h>
#include <signal.h>
#include <syscalls.h>
#include <tty.h>

unsigned int irq_depth;
void (*timer_interrupt)(void) = agent_timer_interrupt;

/* An exception, and what a process gets that causes it; 0: the kernel's. */
static const struct {
    const char *name;
    int sig;
} exceptions[] = {
    {"divide error", SIGFPE},
    {"debug", SIGTRAP},
    {"NMI", 0},
    {"breakpoint", SIGTRAP},
    {"overflow", SIGSEGV},
    {"bound range exceeded", SIGSEGV},
    {"invalid opcode", SIGILL},
    {"device not available", SIGSEGV},
    {"double fault", 0},
    {"coprocessor segment overrun", SIGFPE},
    {"invalid TSS", SIGSEGV},
    {"segment not present", SIGBUS},
    {"stack fault", SIGBUS},
    {"general protection fault", SIGSEGV},
    {"page fault", SIGSEGV},
    {"reserved", 0},
    {"x87 FPU error", SIGFPE},
    {"alignment check", SIGBUS},
    {"machine check", 0},
    {"SIMD error", SIGFPE},
};

static const char *exception_name(uint32_t vector)
{
    if (vector < ARRAY_SIZE(exceptions))
        return exceptions[vector].name;
    return "unexpected interrupt";
}

void die(const char *what, const struct pt_regs *regs)
{
    oops(regs, CRASH_OOPS, what);
}

unsigned long read_cr2(void)
{
    return current->cr2;
}

/*
 * The processor's cr2 is kept before anything else can fault. A fault inside
 * the handler of another has its own, and leaves the outer one's behind.
 */
static void page_fault(struct pt_regs *regs)
{
    unsigned long outer = current->cr2;

    __asm__ volatile("mov %%cr2, %0" : "=r"(current->cr2));
    if (boot_stage < STAGE_PROC)
        die("page fault", regs);
    if (regs->eflags & EFLAGS_IF)
        local_irq_enable();
    do_page_fault(regs, regs->error);
    local_irq_disable();
    if (!user_mode(regs))
        current->cr2 = outer;
}

static void exception(struct pt_regs *regs)
{
    const char *name = exception_name(regs->vector);

    if (user_mode(regs) && regs->vector < ARRAY_SIZE(exceptions) &&
        exceptions[regs->vector].sig != 0)
        force_sig_fault(exceptions[regs->vector].sig, regs->eip, regs->error);
    else if (user_mode(regs) || !fixup_exception(regs))
        die(name, regs);
}

static void serve_exception(struct pt_regs *regs)
{
    switch (regs->vector) {
    case VECTOR_PAGE_FAULT:
        page_fault(regs);
        break;
    case VECTOR_SYSCALL:
        local_irq_enable();
        system_call(regs);
        local_irq_disable();
        break;
    default:
        exception(regs);
    }
}

static void (*irq_handlers[PIC_LINES])(unsigned int line);

void request_irq(unsigned int line, void (*handler)(unsigned int line))
{
    irq_handlers[line] = handler;
    pic_unmask(line);
}

/* A line of the PIC. COM2's has done its work when it woke us. */
static void irq_dispatch(uint32_t line)
{
    pic_end_of_interrupt(line);
    if (line == PIT_IRQ)
        timer_interrupt();
    else if (line == COM1_IRQ)
        tty_interrupt();
    else if (irq_handlers[line] != NULL)
        irq_handlers[line](line);
}

void prepare_user_mode(struct pt_regs *regs)
{
    local_irq_disable();
    while (current->need_resched || signal_pending()) {
        local_irq_enable();
        if (current->need_resched)
            schedule();
        if (signal_pending())
            do_signal(regs);
        local_irq_disable();
    }
}

void trap_dispatch(struct pt_regs *regs)
{
    uint32_t line = regs->vector - VECTOR_IRQ0;

    if (user_mode(regs))
        current->user_regs = regs;
    if (line < PIC_LINES) {
        irq_depth++;
        irq_dispatch(line);
        irq_depth--;
    } else if (regs->vector == VECTOR_AGENT) {
        irq_depth++;
        agent_interrupt();
        irq_depth--;
    } else {
        serve_exception(regs);
    }
    if (user_mode(regs))
        prepare_user_mode(regs);
}

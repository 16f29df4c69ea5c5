/*
 * Signals on the way to user mode: the default action, or a handler.
 *
 * For a handler the process's registers are put on its own stack, in Linux
 * i386's layout, and those of the handler take their place. When the handler
 * returns, it comes to code that calls sigreturn(), which gets the registers
 * back. Linux arch/i386/kernel/signal.c, include/asm-i386/sigcontext.h.
 *
 *     esp ->  where to return to        the restorer, or `code` below
 *             signal number             the handler's arguments
 *             (rt: &siginfo, &ucontext)
 *             sigcontext (rt: siginfo, ucontext with the sigcontext in it)
 *             code that calls sigreturn()
 */
#include <signal.h>

#include <errno.h>
#include <fault.h>
#include <irq.h>
#include <string.h>
#include <syscalls.h>
#include <task.h>
#include <uaccess.h>
#include <unistd.h>

#define EFLAGS_TRAP 0x100 /* single step */
#define EFLAGS_DF   0x400 /* strings go downwards */
#define EFLAGS_USER                                                            \
    0x40dd5u /* what a process may change: AC OF DF TF SF ZF                   \
                AF PF CF */

#define SI_USER     0 /* si_code */
#define SEGV_MAPERR 1
#define SEGV_ACCERR 2
#define BUS_ADRERR  2

struct sigcontext {
    uint32_t gs, fs, es, ds;
    uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax;
    uint32_t trapno, err, eip, cs, eflags, esp_at_signal, ss;
    uint32_t fpstate; /* 0: not saved here */
    uint32_t oldmask, cr2;
};

struct old_frame {
    uint32_t restorer;
    int32_t sig;
    struct sigcontext context;
    uint32_t fpu[FXSAVE_BYTES / 4]; /* ours */
    uint8_t code[8];
};

struct siginfo {
    int32_t signo, error, code;
    uint32_t address; /* of faults */
    uint32_t unused[28];
};

struct ucontext {
    uint32_t flags, link;
    uint32_t stack, stack_flags, stack_bytes;
    struct sigcontext context;
    uint32_t mask[2];
};

struct rt_frame {
    uint32_t restorer;
    int32_t sig;
    uint32_t info_at, context_at;
    struct siginfo info;
    struct ucontext ucontext;
    uint32_t fpu[FXSAVE_BYTES / 4]; /* ours */
    uint8_t code[8];
};

/* pop %eax; mov $__NR_sigreturn, %eax; int $0x80, and the same for rt. */
static const uint8_t old_code[8] = {0x58, 0xb8, __NR_sigreturn, 0,
                                    0,    0,    0xcd,           VECTOR_SYSCALL};
static const uint8_t rt_code[8] = {0xb8, __NR_rt_sigreturn, 0, 0, 0,
                                   0xcd, VECTOR_SYSCALL,    0};

/* --- making frames -------------------------------------------------------- */

/* What is blocked once the handler has returned. */
static unsigned long blocked_after(void)
{
    const struct signal_state *state = &current->signal;

    return state->in_suspend ? state->was_blocked : state->blocked;
}

static void get_context(struct sigcontext *context, const struct pt_regs *regs)
{
    const struct signal_state *state = &current->signal;

    *context = (struct sigcontext){
        .fs = current->user.fs,
        .gs = current->user.gs,
        .es = regs->es,
        .ds = regs->ds,
        .edi = regs->edi,
        .esi = regs->esi,
        .ebp = regs->ebp,
        .esp = regs->esp,
        .ebx = regs->ebx,
        .edx = regs->edx,
        .ecx = regs->ecx,
        .eax = regs->eax,
        .trapno = state->fault_vector,
        .err = state->fault_error,
        .eip = regs->eip,
        .cs = regs->cs,
        .eflags = regs->eflags,
        .esp_at_signal = regs->esp,
        .ss = regs->ss,
        .oldmask = blocked_after(),
        .cr2 = state->fault_address,
    };
}

/* Where a frame of so many bytes goes: the handler finds esp + 4 aligned to 16,
 * as the ABI wants it. */
static uint32_t frame_address(const struct pt_regs *regs,
                              const struct k_sigaction *action, size_t nbytes)
{
    const struct signal_state *state = &current->signal;
    uint32_t esp = regs->esp;

    if ((action->flags & SA_ONSTACK) &&
        esp - state->altstack >= state->altstack_bytes &&
        state->altstack_bytes != 0)
        esp = state->altstack + state->altstack_bytes;
    return ((esp - nbytes + 4) & ~15UL) - 4;
}

static int make_old_frame(struct pt_regs *regs, int sig,
                          const struct k_sigaction *action)
{
    uint32_t at = frame_address(regs, action, sizeof(struct old_frame));
    struct old_frame *frame = (struct old_frame *)at;
    struct sigcontext context;

    get_context(&context, regs);
    if (put_user((action->flags & SA_RESTORER) ? action->restorer
                                               : (uint32_t)frame->code,
                 &frame->restorer) != 0 ||
        put_user(sig, &frame->sig) != 0 ||
        copy_to_user(&frame->context, &context, sizeof(context)) != 0 ||
        copy_to_user(frame->fpu, current->user.fpu, FXSAVE_BYTES) != 0 ||
        copy_to_user(frame->code, old_code, sizeof(old_code)) != 0)
        return -1;
    regs->esp = at;
    return 0;
}

static void get_info(struct siginfo *info, int sig)
{
    const struct signal_state *state = &current->signal;

    *info = (struct siginfo){.signo = sig, .code = SI_USER};
    if (sig != state->fault_signal)
        return;
    info->address = state->fault_address;
    info->code = SEGV_MAPERR;
    if (sig == SIGBUS)
        info->code = BUS_ADRERR;
    else if (state->fault_vector == VECTOR_PAGE_FAULT &&
             (state->fault_error & PF_PROT))
        info->code = SEGV_ACCERR;
}

/* All of the frame but what its parts are pointed to by. */
static int fill_rt_frame(struct rt_frame *frame, int sig,
                         const struct pt_regs *regs)
{
    struct siginfo info;
    struct ucontext ucontext = {
        .stack = current->signal.altstack,
        .stack_bytes = current->signal.altstack_bytes,
        .mask = {blocked_after(), 0},
    };

    get_info(&info, sig);
    get_context(&ucontext.context, regs);
    return put_user(sig, &frame->sig) == 0 &&
                   copy_to_user(&frame->info, &info, sizeof(info)) == 0 &&
                   copy_to_user(&frame->ucontext, &ucontext,
                                sizeof(ucontext)) == 0 &&
                   copy_to_user(frame->fpu, current->user.fpu, FXSAVE_BYTES) ==
                       0 &&
                   copy_to_user(frame->code, rt_code, sizeof(rt_code)) == 0
               ? 0
               : -1;
}

static int make_rt_frame(struct pt_regs *regs, int sig,
                         const struct k_sigaction *action)
{
    uint32_t at = frame_address(regs, action, sizeof(struct rt_frame));
    struct rt_frame *frame = (struct rt_frame *)at;

    if (fill_rt_frame(frame, sig, regs) != 0 ||
        put_user((action->flags & SA_RESTORER) ? action->restorer
                                               : (uint32_t)frame->code,
                 &frame->restorer) != 0 ||
        put_user((uint32_t)&frame->info, &frame->info_at) != 0 ||
        put_user((uint32_t)&frame->ucontext, &frame->context_at) != 0)
        return -1;
    regs->esp = at;
    regs->edx = (uint32_t)&frame->info;
    regs->ecx = (uint32_t)&frame->ucontext;
    return 0;
}

static void run_handler(struct pt_regs *regs, int sig)
{
    struct signal_state *state = &current->signal;
    struct k_sigaction *action = &state->action[sig - 1];
    int error;

    save_user_state();
    if (action->flags & SA_SIGINFO)
        error = make_rt_frame(regs, sig, action);
    else
        error = make_old_frame(regs, sig, action);
    if (error != 0)
        do_exit(SIGSEGV);
    if (sig == state->fault_signal)
        state->fault_signal = 0;
    regs->eax = sig;
    regs->eip = action->handler;
    regs->cs = USER_CS;
    regs->ds = regs->es = regs->ss = USER_DS;
    regs->eflags &= ~(uint32_t)(EFLAGS_TRAP | EFLAGS_DF);
    state->in_suspend = false;
    state->blocked |= action->mask;
    if (!(action->flags & SA_NODEFER))
        state->blocked |= sigmask(sig);
    if (action->flags & SA_RESETHAND)
        action->handler = SIG_DFL;
}

/* --- delivering ----------------------------------------------------------- */

/* What a system call that was interrupted does: it returns -EINTR, or is made
 * again, with its number in eax and eip back on the int instruction. */
static void end_system_call(struct pt_regs *regs,
                            const struct k_sigaction *action)
{
    int32_t result = regs->eax;
    bool again = action == NULL || result == -ERESTARTNOINTR ||
                 (result == -ERESTARTSYS && (action->flags & SA_RESTART));

    if (regs->vector != VECTOR_SYSCALL || result < -ERESTARTNOHAND ||
        result > -ERESTARTSYS)
        return;
    regs->vector = VECTOR_NO_RESTART;
    if (!again) {
        regs->eax = -EINTR;
        return;
    }
    regs->eax = regs->error;
    regs->eip -= sizeof(uint16_t);
}

/* The lowest signal that can be delivered. It is pending no more. */
static int take_signal(void)
{
    const struct signal_state *state = &current->signal;
    unsigned long deliverable = state->pending & ~state->blocked;
    int sig;

    if (deliverable == 0)
        return 0;
    sig = __builtin_ctzl(deliverable) + 1;
    clear_pending(sig);
    return sig;
}

void do_signal(struct pt_regs *regs)
{
    const struct k_sigaction *action;
    int sig;

    while ((sig = take_signal()) != 0) {
        action = &current->signal.action[sig - 1];
        if (action->handler == SIG_IGN)
            continue;
        if (action->handler != SIG_DFL) {
            end_system_call(regs, action);
            run_handler(regs, sig);
            return;
        }
        if (!(sigmask(sig) & SIGNALS_IGNORED))
            do_exit(sig);
    }
    current->signal.blocked = blocked_after();
    current->signal.in_suspend = false;
    end_system_call(regs, NULL);
}

/* --- coming back ---------------------------------------------------------- */

/* Selectors that a process may have: of its own segments, or none. */
static uint32_t user_selector(uint32_t selector)
{
    selector &= 0xffff;
    return selector == USER_DS || selector == USER_CS || selector == TLS_SEL
               ? selector
               : 0;
}

static long restore(struct pt_regs *regs, const struct sigcontext *from,
                    const uint32_t *fpu, unsigned long blocked)
{
    struct user_state *user = &current->user;

    regs->ebx = from->ebx;
    regs->ecx = from->ecx;
    regs->edx = from->edx;
    regs->esi = from->esi;
    regs->edi = from->edi;
    regs->ebp = from->ebp;
    regs->eax = from->eax;
    regs->eip = from->eip;
    regs->esp = from->esp;
    regs->cs = USER_CS;
    regs->ss = USER_DS;
    regs->ds = user_selector(from->ds);
    regs->es = user_selector(from->es);
    regs->eflags = (from->eflags & EFLAGS_USER) | EFLAGS_IF | EFLAGS_FIXED;
    regs->vector = VECTOR_NO_RESTART;
    current->signal.blocked = blocked & ~SIGNALS_KEPT;
    save_user_state();
    if (copy_from_user(user->fpu, fpu, FXSAVE_BYTES) != 0)
        do_exit(SIGSEGV);
    user->fs = user_selector(from->fs);
    user->gs = user_selector(from->gs);
    load_user_state();
    return (int32_t)regs->eax;
}

/* The handler's return took the restorer's address off the stack; the code
 * above, the signal number, too. */
long sys_sigreturn(void)
{
    struct pt_regs *regs = current->user_regs;
    const struct old_frame *frame = (const struct old_frame *)(regs->esp - 8);
    struct sigcontext context;

    if (copy_from_user(&context, &frame->context, sizeof(context)) != 0)
        do_exit(SIGSEGV);
    return restore(regs, &context, frame->fpu, context.oldmask);
}

long sys_rt_sigreturn(void)
{
    struct pt_regs *regs = current->user_regs;
    const struct rt_frame *frame = (const struct rt_frame *)(regs->esp - 4);
    struct ucontext ucontext;

    if (copy_from_user(&ucontext, &frame->ucontext, sizeof(ucontext)) != 0)
        do_exit(SIGSEGV);
    return restore(regs, &ucontext.context, frame->fpu, ucontext.mask[0]);
}

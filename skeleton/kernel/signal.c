/*
 * Signals: sending them, and what a process wants done about them. What
 * becomes of them on the way to user mode is in sigframe.c. Linux
 * kernel/signal.c.
 *
 * Each signal is one bit of signal.pending: a second one, before the first has
 * been delivered, is lost. The kernel knows signals 1 to 32; the second word of
 * Linux's sets of 64 is taken for zeros.
 */
#include <signal.h>

#include <errno.h>
#include <fault.h>
#include <irq.h>
#include <sched.h>
#include <string.h>
#include <syscalls.h>
#include <task.h>
#include <uaccess.h>

#define SIGSET_BYTES 8 /* of Linux's sets */

#define SIG_BLOCK   0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2

#define SS_ONSTACK  1
#define SS_DISABLE  2
#define MINSIGSTKSZ 2048

/* sigaction()'s old structure: Linux i386. */
struct old_sigaction {
    unsigned long handler, mask, flags, restorer;
};

/* sigaltstack()'s: Linux i386. */
struct sigaltstack {
    unsigned long sp;
    int flags;
    unsigned long nbytes;
};

bool signal_pending(void)
{
    return (current->signal.pending & ~current->signal.blocked) != 0;
}

/* Would the signal have no effect? */
static bool is_ignored(const struct task_struct *task, int sig)
{
    unsigned long handler = task->signal.action[sig - 1].handler;

    if (task->signal.blocked & sigmask(sig))
        return false;
    if (handler == SIG_DFL && task == child_reaper)
        return true;
    return handler == SIG_IGN ||
           (handler == SIG_DFL && (sigmask(sig) & SIGNALS_IGNORED));
}

/* Interrupt handlers send signals, too. */
static void set_pending(struct task_struct *task, int sig)
{
    unsigned long flags;

    local_irq_save(flags);
    task->signal.pending |= sigmask(sig);
    local_irq_restore(flags);
}

void clear_pending(int sig)
{
    unsigned long flags;

    local_irq_save(flags);
    current->signal.pending &= ~sigmask(sig);
    local_irq_restore(flags);
}

void send_sig(int sig, struct task_struct *task)
{
    if (task->parent == NULL || task->state == TASK_ZOMBIE ||
        is_ignored(task, sig))
        return;
    set_pending(task, sig);
    if (task->state == TASK_INTERRUPTIBLE &&
        !(task->signal.blocked & sigmask(sig)))
        wake_up_process(task);
}

void force_sig_fault(int sig, unsigned long address, unsigned long error_code)
{
    struct signal_state *state = &current->signal;

    if ((state->blocked & sigmask(sig)) ||
        state->action[sig - 1].handler == SIG_IGN) {
        state->action[sig - 1].handler = SIG_DFL;
        state->blocked &= ~sigmask(sig);
    }
    state->fault_address = address;
    state->fault_error = error_code;
    state->fault_vector =
        current->user_regs != NULL ? current->user_regs->vector : 0;
    state->fault_signal = sig;
    set_pending(current, sig);
}

void out_of_memory_kill(void)
{
    printk("out of memory: process %d (%s) is killed\n", current->pid,
           current->comm);
    do_exit(SIGKILL);
}

void flush_signal_handlers(void)
{
    struct signal_state *state = &current->signal;

    for (int i = 0; i < NSIG; i++) {
        unsigned long handler = state->action[i].handler;

        state->action[i] = (struct k_sigaction){
            .handler = handler == SIG_IGN ? SIG_IGN : SIG_DFL,
        };
    }
    state->altstack = 0;
    state->altstack_bytes = 0;
}

/* --- kill ----------------------------------------------------------------- */

static bool is_process(const struct task_struct *task)
{
    return task->parent != NULL && task->state != TASK_DEAD;
}

/* Sends it to all processes of a group; 0: of all groups, but not to current
 * and the first process. */
static int send_to_many(int sig, int pgrp)
{
    struct task_struct *task = NULL;
    int error = -ESRCH;

    while ((task = next_task(task)) != NULL) {
        if (!is_process(task))
            continue;
        if (pgrp == 0 ? task == current || task == child_reaper
                      : task->pgrp != pgrp)
            continue;
        error = 0;
        if (sig != 0)
            send_sig(sig, task);
    }
    return error;
}

int send_sig_pgrp(int sig, int pgrp)
{
    return send_to_many(sig, pgrp);
}

long sys_kill(int pid, int sig)
{
    struct task_struct *task;

    if (sig < 0 || sig > NSIG)
        return -EINVAL;
    if (pid == 0)
        return send_to_many(sig, current->pgrp);
    if (pid < 0)
        return send_to_many(sig, pid == -1 ? 0 : -pid);
    task = find_task_by_pid(pid);
    if (task == NULL || !is_process(task))
        return -ESRCH;
    if (sig != 0)
        send_sig(sig, task);
    return 0;
}

/* A process has one thread, itself. */
long sys_tgkill(int group, int pid, int sig)
{
    return group != pid || pid <= 0 ? -ESRCH : sys_kill(pid, sig);
}

long sys_tkill(int pid, int sig)
{
    return sys_tgkill(pid, pid, sig);
}

/* --- what a process wants ------------------------------------------------- */

static int set_action(int sig, const struct k_sigaction *action)
{
    struct signal_state *state = &current->signal;

    if (sigmask(sig) & SIGNALS_KEPT)
        return -EINVAL;
    state->action[sig - 1] = *action;
    state->action[sig - 1].mask &= ~SIGNALS_KEPT;
    if (is_ignored(current, sig))
        clear_pending(sig);
    return 0;
}

static bool is_signal(int sig)
{
    return sig >= 1 && sig <= NSIG;
}

long sys_signal(int sig, unsigned long handler)
{
    const struct k_sigaction action = {
        .handler = handler,
        .flags = SA_RESETHAND | SA_NODEFER,
    };
    unsigned long old;
    int error;

    if (!is_signal(sig))
        return -EINVAL;
    old = current->signal.action[sig - 1].handler;
    error = set_action(sig, &action);
    return error != 0 ? error : (long)old;
}

long sys_sigaction(int sig, const struct old_sigaction *action,
                   struct old_sigaction *old)
{
    struct old_sigaction wanted, was;
    const struct k_sigaction *is;
    int error = 0;

    if (!is_signal(sig))
        return -EINVAL;
    if (action != NULL && copy_from_user(&wanted, action, sizeof(wanted)) != 0)
        return -EFAULT;
    is = &current->signal.action[sig - 1];
    was =
        (struct old_sigaction){is->handler, is->mask, is->flags, is->restorer};
    if (action != NULL)
        error = set_action(sig, &(struct k_sigaction){
                                    .handler = wanted.handler,
                                    .flags = wanted.flags,
                                    .restorer = wanted.restorer,
                                    .mask = wanted.mask,
                                });
    if (error == 0 && old != NULL && copy_to_user(old, &was, sizeof(was)) != 0)
        error = -EFAULT;
    return error;
}

/* The user's structure is a k_sigaction with a mask of SIGSET_BYTES. */
long sys_rt_sigaction(int sig, const struct k_sigaction *action,
                      struct k_sigaction *old, size_t nbytes)
{
    struct k_sigaction wanted, was;
    int error = 0;

    if (!is_signal(sig) || nbytes != SIGSET_BYTES)
        return -EINVAL;
    if (action != NULL && copy_from_user(&wanted, action, sizeof(wanted)) != 0)
        return -EFAULT;
    was = current->signal.action[sig - 1];
    if (action != NULL)
        error = set_action(sig, &wanted);
    if (error == 0 && old != NULL &&
        (copy_to_user(old, &was, sizeof(was)) != 0 ||
         clear_user(old + 1, SIGSET_BYTES - sizeof(was.mask)) != 0))
        error = -EFAULT;
    return error;
}

long sys_sigprocmask(int how, const unsigned long *set, unsigned long *old)
{
    unsigned long was = current->signal.blocked, blocked = was, given;

    if (set != NULL) {
        if (get_user(given, set) != 0)
            return -EFAULT;
        if (how == SIG_BLOCK)
            blocked |= given;
        else if (how == SIG_UNBLOCK)
            blocked &= ~given;
        else if (how == SIG_SETMASK)
            blocked = given;
        else
            return -EINVAL;
    }
    if (old != NULL && put_user(was, old) != 0)
        return -EFAULT;
    current->signal.blocked = blocked & ~SIGNALS_KEPT;
    return 0;
}

long sys_rt_sigprocmask(int how, const unsigned long *set, unsigned long *old,
                        size_t nbytes)
{
    if (nbytes != SIGSET_BYTES)
        return -EINVAL;
    if (old != NULL && clear_user(old + 1, sizeof(*old)) != 0)
        return -EFAULT;
    return sys_sigprocmask(how, set, old);
}

long sys_sigpending(unsigned long *set)
{
    return put_user(current->signal.pending & current->signal.blocked, set);
}

long sys_rt_sigpending(unsigned long *set, size_t nbytes)
{
    if (nbytes != SIGSET_BYTES)
        return -EINVAL;
    return clear_user(set + 1, sizeof(*set)) != 0 ? -EFAULT
                                                  : sys_sigpending(set);
}

long sys_pause(void)
{
    while (!signal_pending()) {
        set_current_state(TASK_INTERRUPTIBLE);
        schedule();
    }
    return -ERESTARTNOHAND;
}

/* The signal's handler returns to what was blocked before: sigframe.c. */
long sys_rt_sigsuspend(const unsigned long *set, size_t nbytes)
{
    struct signal_state *state = &current->signal;
    unsigned long blocked;

    if (nbytes != SIGSET_BYTES)
        return -EINVAL;
    if (get_user(blocked, set) != 0)
        return -EFAULT;
    state->was_blocked = state->blocked;
    state->in_suspend = true;
    state->blocked = blocked & ~SIGNALS_KEPT;
    return sys_pause();
}

/* Is the process on its other stack? */
static bool on_altstack(void)
{
    const struct signal_state *state = &current->signal;

    return current->user_regs->esp - state->altstack < state->altstack_bytes;
}

long sys_sigaltstack(const void *stack, void *old)
{
    struct signal_state *state = &current->signal;
    struct sigaltstack wanted;
    struct sigaltstack was = {
        .sp = state->altstack,
        .nbytes = state->altstack_bytes,
        .flags = state->altstack_bytes == 0 ? SS_DISABLE : 0,
    };

    if (on_altstack())
        was.flags = SS_ONSTACK;
    if (stack != NULL) {
        if (copy_from_user(&wanted, stack, sizeof(wanted)) != 0)
            return -EFAULT;
        if (on_altstack())
            return -EPERM;
        if (wanted.flags & SS_DISABLE)
            wanted = (struct sigaltstack){0, 0, 0};
        else if (wanted.nbytes < MINSIGSTKSZ)
            return -ENOMEM;
        state->altstack = wanted.sp;
        state->altstack_bytes = wanted.nbytes;
    }
    if (old != NULL && copy_to_user(old, &was, sizeof(was)) != 0)
        return -EFAULT;
    return 0;
}

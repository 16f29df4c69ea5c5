/*
 * Signals: Linux i386's numbers, structures and frames. Linux
 * include/asm-i386/signal.h, sigcontext.h; given, in kernel/signal.c.
 */
#ifndef SIGNAL_H
#define SIGNAL_H

#include <types.h>

struct pt_regs;
struct task_struct;

#define NSIG     32
#define SIGHUP   1
#define SIGINT   2
#define SIGQUIT  3
#define SIGILL   4
#define SIGTRAP  5
#define SIGABRT  6
#define SIGBUS   7
#define SIGFPE   8
#define SIGKILL  9
#define SIGUSR1  10
#define SIGSEGV  11
#define SIGUSR2  12
#define SIGPIPE  13
#define SIGALRM  14
#define SIGTERM  15
#define SIGCHLD  17
#define SIGCONT  18
#define SIGSTOP  19
#define SIGTSTP  20
#define SIGTTIN  21
#define SIGTTOU  22
#define SIGURG   23
#define SIGWINCH 28

#define SIG_DFL 0UL
#define SIG_IGN 1UL

#define SA_NOCLDWAIT 0x00000002UL
#define SA_SIGINFO   0x00000004UL
#define SA_RESTORER  0x04000000UL
#define SA_ONSTACK   0x08000000UL
#define SA_RESTART   0x10000000UL
#define SA_NODEFER   0x40000000UL
#define SA_RESETHAND 0x80000000UL

/* What a process does about a signal. */
struct k_sigaction {
    unsigned long handler; /* SIG_DFL, SIG_IGN or an address */
    unsigned long flags;   /* SA_* */
    unsigned long restorer;
    unsigned long mask; /* blocked in the handler, too */
};

/* A task's signals: bit n - 1 is signal n. */
struct signal_state {
    unsigned long pending, blocked;
    unsigned long was_blocked; /* before rt_sigsuspend(), if in_suspend */
    bool in_suspend;
    struct k_sigaction action[NSIG];
    unsigned long altstack, altstack_bytes; /* sigaltstack(); 0: none */
    /* The last fault, for its handler's sigcontext; the signal for it, if that
     * has not been delivered yet. */
    unsigned long fault_address, fault_error, fault_vector;
    int fault_signal;
};

#define sigmask(sig) (1UL << ((sig)-1))

/* These can't be caught, ignored or blocked. */
#define SIGNALS_KEPT (sigmask(SIGKILL) | sigmask(SIGSTOP))

/* Nothing happens on these without a handler. There is no job control: stopping
 * and going on are ignored, too. */
#define SIGNALS_IGNORED                                                        \
    (sigmask(SIGCHLD) | sigmask(SIGCONT) | sigmask(SIGSTOP) |                  \
     sigmask(SIGTSTP) | sigmask(SIGTTIN) | sigmask(SIGTTOU) |                  \
     sigmask(SIGURG) | sigmask(SIGWINCH))

/* Sends a signal; to all processes of a group: 0 or -ESRCH. Any context. */
void send_sig(int sig, struct task_struct *task);
int send_sig_pgrp(int sig, int pgrp);

/* All handlers go, as exec() wants it; what is ignored remains so. */
void flush_signal_handlers(void);

/* True if a signal waits that current has not blocked. */
bool signal_pending(void);

/* current's signal is pending no more. */
void clear_pending(int sig);

/* On the way to user mode, in kernel/sigframe.c: delivers what is pending, or
 * ends the process. */
void do_signal(struct pt_regs *regs);

#endif

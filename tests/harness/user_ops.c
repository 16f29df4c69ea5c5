/* Operations of processes: making them, doing them, how they may end. */
#include "user.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "guest_internal.h"

#define MAX_ERROR 1000 /* error numbers are smaller */

/* --- making them --------------------------------------------------------- */

struct user_op op_shown_as(struct user_op op, const char *shown)
{
    op.shown = shown;
    return op;
}

struct user_op load_sized_op(struct proc *proc, uaddr_t address,
                             unsigned nbytes)
{
    return (struct user_op){
        .proc = proc,
        .kind = USER_LOAD,
        .args = {address, nbytes},
        .shown = text("process %u loads %u bytes from 0x%08x", proc->pid,
                      nbytes, address),
    };
}

struct user_op load_op(struct proc *proc, uaddr_t address)
{
    return op_shown_as(
        load_sized_op(proc, address, 4),
        text("process %u loads from 0x%08x", proc->pid, address));
}

struct user_op store_sized_op(struct proc *proc, uaddr_t address,
                              unsigned nbytes, uint32_t value)
{
    return (struct user_op){
        .proc = proc,
        .kind = USER_STORE,
        .args = {address, nbytes, value},
        .shown = text("process %u stores 0x%x (%u bytes) at 0x%08x", proc->pid,
                      value, nbytes, address),
    };
}

struct user_op store_op(struct proc *proc, uaddr_t address, uint32_t value)
{
    return op_shown_as(
        store_sized_op(proc, address, 4, value),
        text("process %u stores 0x%x at 0x%08x", proc->pid, value, address));
}

/* What an operation does with `nbytes` at an address. */
static struct user_op bytes_op(struct proc *proc, enum agent_user_kind kind,
                               uaddr_t address, size_t nbytes, const char *does)
{
    return (struct user_op){
        .proc = proc,
        .kind = kind,
        .args = {address, (uint32_t)nbytes},
        .shown = text("process %u %s %zu bytes at 0x%08x", proc->pid, does,
                      nbytes, address),
    };
}

struct user_op write_op(struct proc *proc, uaddr_t address, const void *bytes,
                        size_t nbytes)
{
    struct user_op op = bytes_op(proc, USER_WRITE, address, nbytes, "writes");

    if (nbytes > sizeof(op.data))
        report_infra("an operation can't write %zu bytes", nbytes);
    memcpy(op.data, bytes, nbytes);
    return op;
}

struct user_op read_op(struct proc *proc, uaddr_t address, size_t nbytes)
{
    if (nbytes > AGENT_USER_DATA)
        report_infra("an operation can't read %zu bytes", nbytes);
    return bytes_op(proc, USER_READ, address, nbytes, "reads");
}

struct user_op fill_op(struct proc *proc, uaddr_t address, size_t nbytes,
                       uint8_t byte)
{
    struct user_op op = bytes_op(proc, USER_FILL, address, nbytes, "fills");

    op.args[2] = byte;
    return op;
}

struct user_op sum_op(struct proc *proc, uaddr_t address, size_t nbytes)
{
    return bytes_op(proc, USER_SUM, address, nbytes, "adds up");
}

struct user_op stamp_op(struct proc *proc, uaddr_t address, size_t npages,
                        uint32_t value)
{
    return (struct user_op){
        .proc = proc,
        .kind = USER_STAMP,
        .args = {address, (uint32_t)npages, value},
        .shown = text("process %u writes a word to each of %zu pages from "
                      "0x%08x on",
                      proc->pid, npages, address),
    };
}

struct user_op unstamped_op(struct proc *proc, uaddr_t address, size_t npages,
                            uint32_t value)
{
    return (struct user_op){
        .proc = proc,
        .kind = USER_UNSTAMPED,
        .args = {address, (uint32_t)npages, value},
        .shown = text("process %u reads a word of each of %zu pages from "
                      "0x%08x on",
                      proc->pid, npages, address),
    };
}

struct user_op push_op(struct proc *proc, uaddr_t esp, uint32_t value)
{
    return (struct user_op){
        .proc = proc,
        .kind = USER_PUSH,
        .args = {esp, value},
        .shown = text("process %u pushes 0x%x with esp 0x%08x", proc->pid,
                      value, esp),
    };
}

struct user_op pusha_op(struct proc *proc, uaddr_t esp)
{
    return (struct user_op){
        .proc = proc,
        .kind = USER_PUSHA,
        .args = {esp},
        .shown = text("process %u does pusha with esp 0x%08x", proc->pid, esp),
    };
}

struct user_op run_op(struct proc *proc, uaddr_t address)
{
    return (struct user_op){
        .proc = proc,
        .kind = USER_CALL,
        .args = {address},
        .shown =
            text("process %u calls the code at 0x%08x", proc->pid, address),
    };
}

/* How a system call is written. */
static const struct {
    uint32_t nr;
    unsigned nargs;
    const char *name;
} system_calls[] = {
    {NR_exit, 1, "exit"},
    {NR_fork, 0, "fork"},
    {NR_read, 3, "read"},
    {NR_write, 3, "write"},
    {NR_open, 3, "open"},
    {NR_close, 1, "close"},
    {NR_waitpid, 3, "waitpid"},
    {NR_unlink, 1, "unlink"},
    {NR_execve, 3, "execve"},
    {NR_lseek, 3, "lseek"},
    {NR_getpid, 0, "getpid"},
    {NR_kill, 2, "kill"},
    {NR_dup, 1, "dup"},
    {NR_pipe, 1, "pipe"},
    {NR_brk, 1, "brk"},
    {NR_getppid, 0, "getppid"},
    {NR_munmap, 2, "munmap"},
    {NR_ftruncate, 2, "ftruncate"},
    {NR_wait4, 4, "wait4"},
    {NR_mprotect, 3, "mprotect"},
    {NR_mmap2, 6, "mmap2"},
    {NR_setrlimit, 2, "setrlimit"},
    {NR_sigaction, 3, "sigaction"},
};

static const char *syscall_text(uint32_t nr,
                                const uint32_t args[AGENT_MAX_ARGS])
{
    const char *out = text("system call %u", nr);
    unsigned nargs = AGENT_MAX_ARGS;

    for (size_t i = 0; i < sizeof(system_calls) / sizeof(system_calls[0]); i++)
        if (system_calls[i].nr == nr) {
            out = system_calls[i].name;
            nargs = system_calls[i].nargs;
        }
    out = text("%s(", out);
    for (unsigned i = 0; i < nargs; i++)
        out = text("%s%s0x%x", out, i == 0 ? "" : ", ", args[i]);
    return text("%s)", out);
}

struct user_op syscall_args_op(struct proc *proc, uint32_t nr,
                               const uint32_t args[AGENT_MAX_ARGS])
{
    struct user_op op = {
        .proc = proc,
        .kind = USER_SYSCALL,
        .args = {nr},
        .shown = text("process %u: %s", proc->pid, syscall_text(nr, args)),
    };

    memcpy(op.args + 1, args, AGENT_MAX_ARGS * sizeof(args[0]));
    return op;
}

/* --- doing them ---------------------------------------------------------- */

static void put_op(const struct user_op *op, struct agent_user_op *out)
{
    *out = (struct agent_user_op){.pid = op->proc->pid, .kind = op->kind};
    memcpy(out->args, op->args, sizeof(out->args));
    memcpy(out->data, op->data, sizeof(out->data));
}

static struct user_result get_result(const struct agent_user_op *op)
{
    struct user_result result = {
        .status = (enum agent_user_status)op->status,
        .value = op->value,
        .cost = op->cost,
        .signal = (int)op->signal,
        .fault_address = op->fault_address,
        .fault_error = op->fault_error,
        .fault_eip = op->fault_eip,
    };

    memcpy(result.data, op->data, sizeof(result.data));
    return result;
}

static void do_batch(struct guest *guest, const struct user_op *ops, size_t n,
                     struct user_result *results)
{
    struct agent_user_ops *list = guest->mailbox;

    for (size_t i = 0; i < n; i++)
        put_op(&ops[i], &list->ops[i]);
    list->completed = 0;
    guest->ops = ops;
    guest->nops = n;
    guest_looks_at(guest, ops[n - 1].proc);
    guest_request(guest, AGENT_USER, (uint32_t)n);
    guest->ops = NULL;
    guest->last = ops[n - 1].shown;
    for (size_t i = 0; i < n; i++) {
        results[i] = get_result(&list->ops[i]);
        /* One that is only collected slept meanwhile, for who knows how long.
         */
        if (ops[i].kind != USER_NOTHING)
            report_add_instructions(results[i].cost);
    }
}

void user_ops(struct guest *guest, const struct user_op *ops, size_t n,
              struct user_result *results)
{
    for (size_t start = 0; start < n; start += AGENT_MAX_USER_OPS) {
        size_t left = n - start;

        do_batch(guest, ops + start,
                 left < AGENT_MAX_USER_OPS ? left : AGENT_MAX_USER_OPS,
                 results + start);
    }
}

struct user_result user_try(struct user_op op)
{
    struct user_result result;

    user_ops(op.proc->guest, &op, 1, &result);
    return result;
}

struct user_result user_collect(struct proc *proc)
{
    return user_try((struct user_op){
        .proc = proc,
        .kind = USER_NOTHING,
        .shown =
            text("process %u, which slept, is asked for the result", proc->pid),
    });
}

/* --- how they ended ------------------------------------------------------ */

static const char *signal_text(int signal)
{
    const char *name = sigabbrev_np(signal);

    return name == NULL ? text("signal %d", signal) : text("SIG%s", name);
}

static const char *access_text(uint32_t error)
{
    return text("%s, %s mode, the page %s (error code %u)",
                error & PF_WRITE ? "a write" : "a read",
                error & PF_USER ? "user" : "kernel",
                error & PF_PROT ? "was there, but forbade it" : "was not there",
                error);
}

static const char *end_text(const struct user_result *result)
{
    int code = (int)result->value;

    switch (result->status) {
    case USER_DONE:
        return text("it was done: 0x%x", result->value);
    case USER_FAULTED:
        return text("%s for an access to 0x%08x: %s",
                    signal_text(result->signal), result->fault_address,
                    access_text(result->fault_error));
    case USER_SLEEPS:
        return "the process sleeps in the kernel";
    case USER_EXITED:
        if (WIFSIGNALED(code))
            return text("the process was killed by %s",
                        signal_text(WTERMSIG(code)));
        return text("the process has ended, with status %d", WEXITSTATUS(code));
    case USER_NO_PROCESS:
        return "there is no such process any more";
    case USER_BUSY:
        return "the process still sleeps in the kernel";
    }
    return "an answer that can't be";
}

static uint32_t expect_done(const struct user_op *op,
                            const struct user_result *result)
{
    expect(result->status == USER_DONE, .did = op->shown,
           .expected = "the process does so and goes on",
           .seen = end_text(result));
    return result->value;
}

uint32_t user_do(struct user_op op)
{
    struct user_result result = user_try(op);

    return expect_done(&op, &result);
}

void user_do_all(struct guest *guest, const struct user_op *ops, size_t n,
                 struct user_result *results)
{
    struct user_result *own = allocate(n, sizeof(*own));

    user_ops(guest, ops, n, own);
    for (size_t i = 0; i < n; i++)
        expect_done(&ops[i], &own[i]);
    if (results != NULL)
        memcpy(results, own, n * sizeof(*own));
    free(own);
}

static struct user_result try_caught(const struct user_op *op)
{
    if (!op->proc->catches)
        user_catch(op->proc);
    return user_try(*op);
}

void expect_segv(struct user_op op, uaddr_t address, uint32_t error,
                 const char *hint)
{
    struct user_result result = try_caught(&op);

    expect(result.status == USER_FAULTED && result.signal == SIGSEGV &&
               result.fault_address == address && result.fault_error == error,
           .did = op.shown,
           .expected = text("SIGSEGV for an access to 0x%08x: %s", address,
                            access_text(error)),
           .seen = end_text(&result), .hint = hint);
}

void expect_sigbus(struct user_op op, uaddr_t address, const char *hint)
{
    struct user_result result = try_caught(&op);

    expect(result.status == USER_FAULTED && result.signal == SIGBUS &&
               result.fault_address == address,
           .did = op.shown,
           .expected = text("SIGBUS for an access to 0x%08x", address),
           .seen = end_text(&result), .hint = hint);
}

void expect_killed(struct user_op op, int signal, const char *hint)
{
    struct user_result result = user_try(op);

    expect(result.status == USER_EXITED && WIFSIGNALED((int)result.value) &&
               WTERMSIG((int)result.value) == signal,
           .did = op.shown,
           .expected = text("the process is killed by %s", signal_text(signal)),
           .seen = end_text(&result), .hint = hint);
}

static const char *value_text(uint32_t value)
{
    const char *name =
        value > (uint32_t)-MAX_ERROR ? strerrorname_np(-(int32_t)value) : NULL;

    return name == NULL ? text("0x%x", value) : text("-%s", name);
}

void expect_returns(struct user_op op, uint32_t value, const char *hint)
{
    uint32_t seen = user_do(op);

    expect(seen == value, .did = op.shown, .expected = value_text(value),
           .seen = value_text(seen), .hint = hint);
}

void expect_error(struct user_op op, int error, const char *hint)
{
    expect_returns(op, (uint32_t)-error, hint);
}

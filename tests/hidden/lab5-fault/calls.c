/*
 * Hidden tests of lab 5: pointers that processes pass to system calls. The
 * calls check that they are below TASK_SIZE, and leave the rest to the page
 * fault handler.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/wait.h>

#include "accesses.h"

#define NOTHING 0x50000000u /* where nothing is mapped */
#define PATH    "/tmp/file"
#define NBYTES  64
#define FD      0   /* of the first file that is opened */
#define POINTER ~0u /* stands for the bad pointer in a list of arguments */
#define SCRATCH (~0u - 1) /* for a good one */

/* Numbers that user.h does not have. */
enum {
    NR_chdir = 12,
    NR_time = 13,
    NR_access = 33,
    NR_mkdir = 39,
    NR_getrlimit = 76,
    NR_gettimeofday = 78,
    NR_stat = 106,
    NR_fstat = 108,
    NR_uname = 122,
    NR_sigprocmask = 126,
    NR_readv = 145,
    NR_writev = 146,
    NR_getcwd = 183,
};

struct pointer_call {
    const char *name;
    uint32_t nr;
    uint32_t args[AGENT_MAX_ARGS];
    bool may_be_null; /* NULL means that nothing is wanted */
};

/* The kernel reads what is there. */
static const struct pointer_call reads[] = {
    {"open", NR_open, {POINTER, O_RDONLY}, false},
    {"write", NR_write, {FD, POINTER, NBYTES}, false},
    {"stat, path", NR_stat, {POINTER, SCRATCH}, false},
    {"access", NR_access, {POINTER, 0}, false},
    {"chdir", NR_chdir, {POINTER}, false},
    {"mkdir", NR_mkdir, {POINTER, 0755}, false},
    {"unlink", NR_unlink, {POINTER}, false},
    {"execve, path", NR_execve, {POINTER, 0, 0}, false},
    {"sigaction, new", NR_sigaction, {SIGUSR1, POINTER, 0}, true},
    {"sigprocmask, new", NR_sigprocmask, {0, POINTER, 0}, true},
    {"nanosleep", NR_nanosleep, {POINTER, 0}, false},
    {"setrlimit", NR_setrlimit, {RLIMIT_NOFILE, POINTER}, false},
    {"writev", NR_writev, {FD, POINTER, 1}, false},
};

/* The kernel writes there. */
static const struct pointer_call writes[] = {
    {"read", NR_read, {FD, POINTER, NBYTES}, false},
    {"stat, buffer", NR_stat, {SCRATCH, POINTER}, false},
    {"fstat", NR_fstat, {FD, POINTER}, false},
    {"pipe", NR_pipe, {POINTER}, false},
    {"time", NR_time, {POINTER}, true},
    {"gettimeofday", NR_gettimeofday, {POINTER, 0}, true},
    {"getrlimit", NR_getrlimit, {RLIMIT_NOFILE, POINTER}, false},
    {"uname", NR_uname, {POINTER}, false},
    {"sigaction, old", NR_sigaction, {SIGUSR1, 0, POINTER}, true},
    {"sigprocmask, old", NR_sigprocmask, {0, 0, POINTER}, true},
    {"getcwd", NR_getcwd, {POINTER, NBYTES}, false},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A process with a file open as FD, whose name is in scratch memory. */
static struct proc *proc_with_file(void)
{
    struct proc *proc = user_spawn(guest_boot(&machine_64mb, STAGE_USER));
    char bytes[NBYTES];
    int fd;

    memset(bytes, 'b', sizeof(bytes));
    user_make_file(proc, PATH, bytes, sizeof(bytes));
    fd = user_open(proc, PATH, O_RDWR);
    if (fd != FD)
        report_infra("the first file is %d", fd);
    user_string(proc, 0, PATH);
    return proc;
}

static struct user_op
call_with(struct proc *proc, const struct pointer_call *call, uaddr_t pointer)
{
    uint32_t args[AGENT_MAX_ARGS];

    for (size_t i = 0; i < COUNT(args); i++) {
        args[i] = call->args[i];
        if (args[i] == POINTER)
            args[i] = pointer;
        else if (args[i] == SCRATCH)
            args[i] = proc->scratch;
    }
    return op_shown_as(syscall_args_op(proc, call->nr, args),
                       text("process %u: %s, with the pointer 0x%08x",
                            proc->pid, call->name, pointer));
}

static void expect_efaults(struct proc *proc, const struct pointer_call *calls,
                           size_t n, uaddr_t pointer)
{
    for (size_t i = 0; i < n; i++)
        if (pointer != 0 || !calls[i].may_be_null)
            expect_error(call_with(proc, &calls[i], pointer), EFAULT,
                         "the exception table knows the instruction: "
                         "fixup_exception(), and no signal");
}

static void expect_all_efault(struct proc *proc, uaddr_t pointer)
{
    expect_efaults(proc, reads, COUNT(reads), pointer);
    expect_efaults(proc, writes, COUNT(writes), pointer);
}

Test(fault, bad_pointers_are_efault)
{
    struct proc *proc = proc_with_file();

    expect_all_efault(proc, 0);
    expect_all_efault(proc, NOTHING);
    user_mmap_at(proc, NOTHING + PAGE_SIZE, PAGE_SIZE, PROT_NONE,
                 MAP_PRIVATE | MAP_FIXED);
    expect_all_efault(proc, NOTHING + PAGE_SIZE + 8);
    expect_all_efault(proc, KERNEL_BASE);
    expect_all_efault(proc, guest_symbol(proc->guest, "probe_memory"));
    expect_all_efault(proc, vmalloc_start(proc->guest));
    expect_all_efault(proc, 0xfffffff0);
    expect_sound(proc);
}

/* One byte is still good; a path has no end there. */
Test(fault, pointers_across_the_end_are_efault)
{
    struct proc *proc = proc_with_file();
    uaddr_t page = user_pages(proc, 1), last = page + PAGE_SIZE - 1;

    user_do(store_sized_op(proc, last, 1, 'x'));
    for (size_t i = 0; i < COUNT(reads); i++)
        if (reads[i].nr != NR_write)
            expect_error(call_with(proc, &reads[i], last), EFAULT,
                         "the next page is not there");
    for (size_t i = 0; i < COUNT(writes); i++)
        if (writes[i].nr != NR_read)
            expect_error(call_with(proc, &writes[i], last), EFAULT,
                         "the next page is not there");
    expect_sound(proc);
}

Test(fault, read_only_buffers_are_efault)
{
    struct proc *proc = proc_with_file();
    uaddr_t page = user_pages(proc, 2);

    user_store(proc, page, WORD);
    user_mprotect(proc, page, 2 * PAGE_SIZE, PROT_READ);
    expect_efaults(proc, writes, COUNT(writes), page);
    expect_efaults(proc, writes, COUNT(writes), page + PAGE_SIZE);
    expect_loads(proc, page, WORD, "nothing was written");
    expect_loads(proc, page + PAGE_SIZE, 0, "nothing was written");
    expect_efaults(proc, writes, COUNT(writes), page + PAGE_SIZE);
    expect_zero_page(proc, page + PAGE_SIZE, NULL);
}

/* Pages that no one has touched come when the kernel touches them. */
Test(fault, good_pointers_bring_pages_in)
{
    struct proc *proc = proc_with_file();
    int fd;
    uaddr_t pages = user_pages(proc, COUNT(writes));

    for (uint32_t i = 0; i < COUNT(writes); i++) {
        uaddr_t page = pages + i * PAGE_SIZE;
        uint32_t seen = user_do(call_with(proc, &writes[i], page));

        expect((int32_t)seen >= 0, .did = guest_last(proc->guest),
               .expected = "no error", .seen = text("%d", (int32_t)seen),
               .hint = "the kernel's accesses get pages, like a process's");
        expect_mapped_page(proc, page, NULL);
        expect_writable(proc, page, NULL);
    }
    user_make_file(proc, "/tmp/path", PATH, sizeof(PATH));
    fd = user_open(proc, "/tmp/path", O_RDONLY);
    pages = user_mmap_file(proc, PAGE_SIZE, PROT_READ, MAP_PRIVATE, fd, 0);
    expect_returns(syscall_op(proc, NR_access, pages, 0), 0,
                   "a path's page comes from a file");
    expect_sound(proc);
}

/* What was copied before the bad page counts; the next call is told. */
Test(fault, read_and_write_stop_at_the_bad_page)
{
    struct proc *proc = proc_with_file();
    uaddr_t page = user_pages(proc, 1), end = page + PAGE_SIZE;
    char seen[16];

    expect_returns(syscall_op(proc, NR_read, FD, end - 16, NBYTES), 16, NULL);
    user_read(proc, end - 16, seen, sizeof(seen));
    expect(memcmp(seen, "bbbbbbbbbbbbbbbb", sizeof(seen)) == 0,
           .did = guest_last(proc->guest), .expected = "what the file has",
           .seen = "something else");
    expect_error(syscall_op(proc, NR_read, FD, end, NBYTES), EFAULT, NULL);
    expect_error(syscall_op(proc, NR_write, FD, end, NBYTES), EFAULT, NULL);
}

static void check_lists(void)
{
    struct proc *proc = proc_with_file();
    uaddr_t path = user_string(proc, 0, "/sbin/agent");
    uaddr_t list = user_bytes(proc, NBYTES, (uint32_t[]){NOTHING, 0}, 8);

    expect_error(syscall_op(proc, NR_execve, path, NOTHING, 0), EFAULT,
                 "the list");
    expect_error(syscall_op(proc, NR_execve, path, list, 0), EFAULT,
                 "a string of the list");
    expect_error(syscall_op(proc, NR_execve, path, 0, list), EFAULT,
                 "a string of the environment");
    expect_loads(proc, list, NOTHING, "it is still the same program");
}

static void check_vectors(void)
{
    struct proc *proc = proc_with_file();
    uaddr_t page = user_pages(proc, 1);
    uaddr_t bad = user_bytes(proc, NBYTES, (uint32_t[]){NOTHING, 8}, 8);
    uaddr_t good =
        user_bytes(proc, 2 * NBYTES, (uint32_t[]){page, 8, NOTHING, 8}, 16);

    expect_error(syscall_op(proc, NR_readv, FD, NOTHING, 1), EFAULT, NULL);
    expect_error(syscall_op(proc, NR_readv, FD, bad, 1), EFAULT, NULL);
    expect_error(syscall_op(proc, NR_writev, FD, bad, 1), EFAULT, NULL);
    expect_returns(syscall_op(proc, NR_readv, FD, good, 2), 8,
                   "the first is good");
    expect_loads(proc, page, 'b' * 0x01010101u, NULL);
}

/* The child waits to be asked for with a better pointer. */
static void check_status(void)
{
    struct proc *parent = proc_with_file();
    struct proc *child = user_fork(parent);
    int status;

    user_exit(child, 3);
    expect_error(syscall_op(parent, NR_waitpid, child->pid, NOTHING, 0), EFAULT,
                 NULL);
    expect_error(syscall_op(parent, NR_wait4, child->pid, 0, 0, NOTHING),
                 EFAULT, NULL);
    status = user_wait(parent, child);
    expect(WIFEXITED(status) && WEXITSTATUS(status) == 3,
           .did = guest_last(parent->guest), .expected = "exited with 3",
           .seen = text("0x%x", (unsigned)status));
}

Test(fault, pointers_to_lists_and_results_are_efault)
{
    check_lists();
    guest_end_all();
    check_vectors();
    guest_end_all();
    check_status();
}

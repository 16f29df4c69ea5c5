/*
 * Processes as a test sees them: user agents, which do in ring 3 what the test
 * says, one operation at a time.
 *
 *     struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
 *     struct proc *parent = user_spawn(guest);
 *     uaddr_t page = user_mmap(parent, PAGE_SIZE, PROT_READ | PROT_WRITE,
 *                              MAP_PRIVATE | MAP_ANONYMOUS);
 *
 *     user_store(parent, page, 5);
 *     expect_segv(load_op(parent, page + PAGE_SIZE), page + PAGE_SIZE,
 *                 PF_USER, "nothing is mapped there");
 *
 * A plain helper (user_load(), user_mmap(), …) fails the test, with a message
 * that says what the process did, if the process faulted, ended or sleeps, or
 * if the system call returned an error. Where that is what the test is about,
 * make the operation (load_op(), syscall_op(), …) and hand it to user_try(), or
 * to one of expect_segv(), expect_sigbus(), expect_killed(), expect_error().
 *
 * Looking at address spaces from outside: process.h. PROT_*, MAP_*, O_*, E*,
 * SIG* and RLIMIT_* are the host's: their numbers are those of Linux i386.
 * PF_PROT, PF_WRITE, PF_USER and VM_* of the kernel's headers are in layout.h.
 */
#ifndef HARNESS_USER_H
#define HARNESS_USER_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "guest.h"

typedef uint32_t uaddr_t; /* an address of a process */

#define USER_END 0xC0000000u /* TASK_SIZE: where user addresses end */

/* System calls by number, Linux i386's. */
enum user_call {
    NR_exit = 1,
    NR_fork = 2,
    NR_read = 3,
    NR_write = 4,
    NR_open = 5,
    NR_close = 6,
    NR_waitpid = 7,
    NR_unlink = 10,
    NR_execve = 11,
    NR_mknod = 14,
    NR_lseek = 19,
    NR_getpid = 20,
    NR_kill = 37,
    NR_dup = 41,
    NR_pipe = 42,
    NR_brk = 45,
    NR_getppid = 64,
    NR_sigaction = 67,
    NR_setrlimit = 75,
    NR_munmap = 91,
    NR_ftruncate = 93,
    NR_wait4 = 114,
    NR_mprotect = 125,
    NR_init_module = 128,
    NR_delete_module = 129,
    NR_nanosleep = 162,
    NR_mmap2 = 192,
};

/*
 * A process; also an address space without one (process.h, new_space()), of
 * which only what process.h offers makes sense. Lives as long as the test.
 */
struct proc {
    struct guest *guest;
    uint32_t pid;    /* 0: an address space without a process */
    gaddr_t mm;      /* fixed; 0: whatever the task has */
    uaddr_t scratch; /* AGENT_SCRATCH_BYTES that are always mapped: the lower
                        half is the test's, the upper one the helpers' */
    bool catches;    /* handlers for SIGSEGV and SIGBUS are installed */
};

#define SCRATCH_BYTES (AGENT_SCRATCH_BYTES / 2) /* the test's part */

/* --- one operation ------------------------------------------------------- */

struct user_op {
    struct proc *proc;
    enum agent_user_kind kind;
    uint32_t args[AGENT_USER_ARGS];
    uint8_t data[AGENT_USER_DATA]; /* of write_op() */
    const char *shown;             /* "process 3 stores 5 at 0x40001000" */
};

/* How it ended. Which fields mean something follows from the status. */
struct user_result {
    enum agent_user_status status;
    uint32_t value; /* DONE: the result; EXITED: the exit code, as of wait4() */
    uint32_t cost; /* instructions, the way into the kernel and back included */
    int signal;    /* FAULTED, and the next three */
    uaddr_t fault_address;
    uint32_t fault_error; /* PF_* */
    uaddr_t fault_eip;
    uint8_t data[AGENT_USER_DATA]; /* of read_op() */
};

struct user_op load_op(struct proc *proc, uaddr_t address);
struct user_op load_sized_op(struct proc *proc, uaddr_t address,
                             unsigned nbytes); /* 1, 2 or 4 */
struct user_op store_op(struct proc *proc, uaddr_t address, uint32_t value);
struct user_op store_sized_op(struct proc *proc, uaddr_t address,
                              unsigned nbytes, uint32_t value);
/* At most AGENT_USER_DATA bytes. */
struct user_op write_op(struct proc *proc, uaddr_t address, const void *bytes,
                        size_t nbytes);
struct user_op read_op(struct proc *proc, uaddr_t address, size_t nbytes);
/* All bytes from `address` on become `byte`; the sum of the bytes there. */
struct user_op fill_op(struct proc *proc, uaddr_t address, size_t nbytes,
                       uint8_t byte);
struct user_op sum_op(struct proc *proc, uaddr_t address, size_t nbytes);
/* value + i goes into the first word of page i; how many don't have that. */
struct user_op stamp_op(struct proc *proc, uaddr_t address, size_t npages,
                        uint32_t value);
struct user_op unstamped_op(struct proc *proc, uaddr_t address, size_t npages,
                            uint32_t value);
/* With the stack pointer at `esp`: push writes the 4 bytes below it, pusha the
 * 32 bytes below it, starting with the highest. */
struct user_op push_op(struct proc *proc, uaddr_t esp, uint32_t value);
struct user_op pusha_op(struct proc *proc, uaddr_t esp);
/* Calls the code at an address (0xc3 is a `ret`). */
struct user_op run_op(struct proc *proc, uaddr_t address);
/* syscall_op(proc, NR_munmap, address, nbytes): up to six arguments. */
#define syscall_op(proc, nr, ...)                                              \
    syscall_args_op(proc, nr, (const uint32_t[AGENT_MAX_ARGS]){__VA_ARGS__})
struct user_op syscall_args_op(struct proc *proc, uint32_t nr,
                               const uint32_t args[AGENT_MAX_ARGS]);

/* The same operation, as messages are to call it. */
struct user_op op_shown_as(struct user_op op, const char *shown);

/* Does it, however it ends. */
struct user_result user_try(struct user_op op);

/* Does it; the test fails unless it is done. Its value. */
uint32_t user_do(struct user_op op);

/*
 * Does n operations in a row, of any processes of the guest, without a round
 * trip between AGENT_MAX_USER_OPS of them. results may be NULL with
 * user_do_all(), where all must be done.
 */
void user_ops(struct guest *guest, const struct user_op *ops, size_t n,
              struct user_result *results);
void user_do_all(struct guest *guest, const struct user_op *ops, size_t n,
                 struct user_result *results);

/* --- operations that must be done ---------------------------------------- */

/* Four bytes. */
uint32_t user_load(struct proc *proc, uaddr_t address);
void user_store(struct proc *proc, uaddr_t address, uint32_t value);
/* Any number of bytes. */
void user_write(struct proc *proc, uaddr_t address, const void *bytes,
                size_t nbytes);
void user_read(struct proc *proc, uaddr_t address, void *to, size_t nbytes);
void user_fill(struct proc *proc, uaddr_t address, size_t nbytes, uint8_t byte);
uint32_t user_sum(struct proc *proc, uaddr_t address, size_t nbytes);
void user_stamp(struct proc *proc, uaddr_t address, size_t npages,
                uint32_t value);
size_t user_unstamped(struct proc *proc, uaddr_t address, size_t npages,
                      uint32_t value);
void user_push(struct proc *proc, uaddr_t esp, uint32_t value);
void user_pusha(struct proc *proc, uaddr_t esp);

/* The process must read this word, or these stamps. */
void expect_loads(struct proc *proc, uaddr_t address, uint32_t value,
                  const char *hint);
void expect_stamped(struct proc *proc, uaddr_t address, size_t npages,
                    uint32_t value, const char *hint);

/* A system call's result, which may be a negative error number. */
#define user_syscall(proc, nr, ...)                                            \
    ((int32_t)user_do(syscall_op(proc, nr, __VA_ARGS__)))

/* --- life ---------------------------------------------------------------- */

/* A new process: an agent without a parent. user_try_spawn(): NULL, and
 * *error, if the kernel has no memory for it. */
struct proc *user_spawn(struct guest *guest);
struct proc *user_try_spawn(struct guest *guest, int32_t *error);

/* The child is an agent as well. user_try_fork(): NULL and *error if fork()
 * returned an error. */
struct proc *user_fork(struct proc *parent);
struct proc *user_try_fork(struct proc *parent, int32_t *error);

/* exit(status); the process must be gone then. */
void user_exit(struct proc *proc, int status);

/* wait4() for the child, which must have ended: its status as of wait4()
 * (WIFEXITED(), WEXITSTATUS(), WTERMSIG() of <sys/wait.h> tell more). */
int user_wait(struct proc *parent, const struct proc *child);

/* From here on (or no more) SIGSEGV and SIGBUS end an operation, not the
 * process. expect_segv() and expect_sigbus() see to it. A child inherits it. */
void user_catch(struct proc *proc);
void user_uncatch(struct proc *proc);

/* The result of an operation that slept in the kernel (USER_SLEEPS), if it has
 * come meanwhile; else again USER_SLEEPS. */
struct user_result user_collect(struct proc *proc);

/* --- operations that must fail ------------------------------------------- */

/*
 * It must end with this signal for an access to `address`, of the kind `error`
 * (PF_* bits); the process goes on.
 */
void expect_segv(struct user_op op, uaddr_t address, uint32_t error,
                 const char *hint);
void expect_sigbus(struct user_op op, uaddr_t address, const char *hint);

/* The process must die by a signal that it does not catch (which
 * user_uncatch() is for). */
void expect_killed(struct user_op op, int signal, const char *hint);

/* The system call must return -error; or this value. */
void expect_error(struct user_op op, int error, const char *hint);
void expect_returns(struct user_op op, uint32_t value, const char *hint);

/* --- memory -------------------------------------------------------------- */

/* Anonymous memory, anywhere or at an address (with MAP_FIXED, or as a hint).
 * MAP_ANONYMOUS is added. */
uaddr_t user_mmap(struct proc *proc, uint32_t nbytes, uint32_t prot,
                  uint32_t flags);
uaddr_t user_mmap_at(struct proc *proc, uaddr_t address, uint32_t nbytes,
                     uint32_t prot, uint32_t flags);
/* A file from page `pgoff` on. */
uaddr_t user_mmap_file(struct proc *proc, uint32_t nbytes, uint32_t prot,
                       uint32_t flags, int fd, uint32_t pgoff);
void user_munmap(struct proc *proc, uaddr_t address, uint32_t nbytes);
void user_mprotect(struct proc *proc, uaddr_t address, uint32_t nbytes,
                   uint32_t prot);
/* brk(): where the heap ends then. user_brk(proc, 0) asks. */
uaddr_t user_brk(struct proc *proc, uaddr_t end);

/* Private memory for reading and writing, the most usual thing to ask for. */
uaddr_t user_pages(struct proc *proc, size_t npages);

/* --- files --------------------------------------------------------------- */

/* Puts a string, or bytes, at this offset of the test's part of scratch, for
 * system calls: its address. */
uaddr_t user_string(struct proc *proc, uint32_t offset, const char *string);
uaddr_t user_bytes(struct proc *proc, uint32_t offset, const void *bytes,
                   size_t nbytes);

/* A file descriptor. O_CREAT makes files with mode 0644. */
int user_open(struct proc *proc, const char *path, int flags);
void user_close(struct proc *proc, int fd);

/* Makes a file with these contents, in place of what it was. */
void user_make_file(struct proc *proc, const char *path, const void *bytes,
                    size_t nbytes);

/* The same of whole pages, of which page i begins with the word value + i and
 * is full of zeros otherwise: what user_unstamped() expects. */
void user_make_stamped_file(struct proc *proc, const char *path, size_t npages,
                            uint32_t value);

/* The file must hold these bytes at this offset, as read() tells. */
void expect_file(struct proc *proc, const char *path, uint32_t offset,
                 const void *bytes, size_t nbytes, const char *hint);

#endif

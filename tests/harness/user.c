/* Processes: their life, their memory, their files. */
#include "user.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "guest_internal.h"

#define HELPERS       SCRATCH_BYTES /* the helpers' part of scratch begins */
#define NEW_FILE_MODE 0644

/* --- touching memory ----------------------------------------------------- */

uint32_t user_load(struct proc *proc, uaddr_t address)
{
    return user_do(load_op(proc, address));
}

void user_store(struct proc *proc, uaddr_t address, uint32_t value)
{
    user_do(store_op(proc, address, value));
}

/* How many operations it takes to copy so many bytes. */
static size_t pieces(size_t nbytes)
{
    return (nbytes + AGENT_USER_DATA - 1) / AGENT_USER_DATA;
}

/* The bytes of the i-th of them. */
static size_t piece_bytes(size_t i, size_t nbytes)
{
    size_t left = nbytes - i * AGENT_USER_DATA;

    return left < AGENT_USER_DATA ? left : AGENT_USER_DATA;
}

void user_write(struct proc *proc, uaddr_t address, const void *bytes,
                size_t nbytes)
{
    size_t n = pieces(nbytes);
    struct user_op *ops = allocate(n, sizeof(*ops));

    for (size_t i = 0; i < n; i++)
        ops[i] = write_op(proc, address + (uint32_t)(i * AGENT_USER_DATA),
                          (const char *)bytes + i * AGENT_USER_DATA,
                          piece_bytes(i, nbytes));
    user_do_all(proc->guest, ops, n, NULL);
    free(ops);
}

void user_read(struct proc *proc, uaddr_t address, void *to, size_t nbytes)
{
    size_t n = pieces(nbytes);
    struct user_op *ops = allocate(n, sizeof(*ops));
    struct user_result *results = allocate(n, sizeof(*results));

    for (size_t i = 0; i < n; i++)
        ops[i] = read_op(proc, address + (uint32_t)(i * AGENT_USER_DATA),
                         piece_bytes(i, nbytes));
    user_do_all(proc->guest, ops, n, results);
    for (size_t i = 0; i < n; i++)
        memcpy((char *)to + i * AGENT_USER_DATA, results[i].data,
               piece_bytes(i, nbytes));
    free(results);
    free(ops);
}

void user_fill(struct proc *proc, uaddr_t address, size_t nbytes, uint8_t byte)
{
    user_do(fill_op(proc, address, nbytes, byte));
}

uint32_t user_sum(struct proc *proc, uaddr_t address, size_t nbytes)
{
    return user_do(sum_op(proc, address, nbytes));
}

void user_stamp(struct proc *proc, uaddr_t address, size_t npages,
                uint32_t value)
{
    user_do(stamp_op(proc, address, npages, value));
}

size_t user_unstamped(struct proc *proc, uaddr_t address, size_t npages,
                      uint32_t value)
{
    return user_do(unstamped_op(proc, address, npages, value));
}

void user_push(struct proc *proc, uaddr_t esp, uint32_t value)
{
    user_do(push_op(proc, esp, value));
}

void user_pusha(struct proc *proc, uaddr_t esp)
{
    user_do(pusha_op(proc, esp));
}

void expect_loads(struct proc *proc, uaddr_t address, uint32_t value,
                  const char *hint)
{
    uint32_t seen = user_load(proc, address);

    expect(seen == value, .did = guest_last(proc->guest),
           .expected = text("0x%x", value), .seen = text("0x%x", seen),
           .hint = hint);
}

void expect_stamped(struct proc *proc, uaddr_t address, size_t npages,
                    uint32_t value, const char *hint)
{
    size_t wrong = user_unstamped(proc, address, npages, value);

    expect(wrong == 0, .did = guest_last(proc->guest),
           .expected = text("in page i the word 0x%x + i", value),
           .seen = text("another one in %zu of %zu pages", wrong, npages),
           .hint = hint);
}

/* --- life ---------------------------------------------------------------- */

static struct proc *make_proc(struct guest *guest, uint32_t pid)
{
    struct proc *proc = allocate(1, sizeof(*proc));

    proc->guest = guest;
    proc->pid = pid;
    return proc;
}

struct proc *user_try_spawn(struct guest *guest, int32_t *error)
{
    struct agent_spawn *spawn = guest->mailbox;
    struct proc *proc;

    guest->doing = "starting a process";
    guest_request(guest, AGENT_SPAWN, 0);
    guest->doing = NULL;
    guest->last = "starting a process";
    if ((int32_t)spawn->pid <= 0) {
        *error = (int32_t)spawn->pid;
        return NULL;
    }
    proc = make_proc(guest, spawn->pid);
    proc->scratch = spawn->scratch;
    return proc;
}

struct proc *user_spawn(struct guest *guest)
{
    int32_t error = 0;
    struct proc *proc = user_try_spawn(guest, &error);

    expect(proc != NULL, .did = "start a process", .expected = "it runs",
           .seen = text("error %d", error));
    return proc;
}

struct proc *user_try_fork(struct proc *parent, int32_t *error)
{
    struct user_op op = {
        .proc = parent,
        .kind = USER_FORK,
        .shown = text("process %u: fork()", parent->pid),
    };
    int32_t pid = (int32_t)user_do(op);
    struct proc *child;

    if (pid <= 0) {
        *error = pid;
        return NULL;
    }
    child = make_proc(parent->guest, (uint32_t)pid);
    child->scratch = parent->scratch;
    child->catches = parent->catches;
    return child;
}

struct proc *user_fork(struct proc *parent)
{
    int32_t error = 0;
    struct proc *child = user_try_fork(parent, &error);

    expect(child != NULL, .did = guest_last(parent->guest),
           .expected = "a child process", .seen = text("error %d", error));
    return child;
}

void user_exit(struct proc *proc, int status)
{
    struct user_op op = syscall_op(proc, NR_exit, (uint32_t)status);
    struct user_result result = user_try(op);

    expect(result.status == USER_EXITED &&
               (result.value >> 8 & 0xff) == ((uint32_t)status & 0xff) &&
               WIFEXITED((int)result.value),
           .did = op.shown, .expected = "the process ends, with this status",
           .seen = result.status == USER_EXITED
                       ? text("it ended with the code 0x%x", result.value)
                       : "it did not end");
}

int user_wait(struct proc *parent, const struct proc *child)
{
    uaddr_t at = parent->scratch + HELPERS;
    uint32_t status = 0;
    int32_t pid = user_syscall(parent, NR_wait4, child->pid, at, 0, 0);

    expect(pid == (int32_t)child->pid, .did = guest_last(parent->guest),
           .expected = text("the child %u, which has ended", child->pid),
           .seen = text("%d", pid));
    user_read(parent, at, &status, sizeof(status));
    return (int)status;
}

static void set_catching(struct proc *proc, bool on)
{
    user_do((struct user_op){
        .proc = proc,
        .kind = USER_CATCH,
        .args = {on},
        .shown = text("process %u %s SIGSEGV and SIGBUS", proc->pid,
                      on ? "catches" : "no longer catches"),
    });
    proc->catches = on;
}

void user_catch(struct proc *proc)
{
    set_catching(proc, true);
}

void user_uncatch(struct proc *proc)
{
    set_catching(proc, false);
}

/* --- memory -------------------------------------------------------------- */

/* A system call that returns an address or a small negative number. */
static uint32_t expect_succeeds(struct user_op op)
{
    uint32_t result = user_do(op);

    expect(result < (uint32_t)-1000, .did = op.shown,
           .expected = "the system call succeeds",
           .seen = text("-%s", strerrorname_np(-(int32_t)result)));
    return result;
}

uaddr_t user_mmap_at(struct proc *proc, uaddr_t address, uint32_t nbytes,
                     uint32_t prot, uint32_t flags)
{
    return expect_succeeds(syscall_op(proc, NR_mmap2, address, nbytes, prot,
                                      flags | MAP_ANONYMOUS, ~0u, 0));
}

uaddr_t user_mmap(struct proc *proc, uint32_t nbytes, uint32_t prot,
                  uint32_t flags)
{
    return user_mmap_at(proc, 0, nbytes, prot, flags);
}

uaddr_t user_mmap_file(struct proc *proc, uint32_t nbytes, uint32_t prot,
                       uint32_t flags, int fd, uint32_t pgoff)
{
    return expect_succeeds(syscall_op(proc, NR_mmap2, 0, nbytes, prot, flags,
                                      (uint32_t)fd, pgoff));
}

uaddr_t user_pages(struct proc *proc, size_t npages)
{
    return user_mmap(proc, (uint32_t)npages * PAGE_SIZE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE);
}

void user_munmap(struct proc *proc, uaddr_t address, uint32_t nbytes)
{
    expect_succeeds(syscall_op(proc, NR_munmap, address, nbytes));
}

void user_mprotect(struct proc *proc, uaddr_t address, uint32_t nbytes,
                   uint32_t prot)
{
    expect_succeeds(syscall_op(proc, NR_mprotect, address, nbytes, prot));
}

uaddr_t user_brk(struct proc *proc, uaddr_t end)
{
    return user_do(syscall_op(proc, NR_brk, end));
}

/* --- files --------------------------------------------------------------- */

static uaddr_t put_in_scratch(struct proc *proc, uint32_t offset,
                              const void *bytes, size_t nbytes)
{
    if (offset + nbytes > AGENT_SCRATCH_BYTES)
        report_infra("%zu bytes do not fit in scratch", nbytes);
    user_write(proc, proc->scratch + offset, bytes, nbytes);
    return proc->scratch + offset;
}

uaddr_t user_bytes(struct proc *proc, uint32_t offset, const void *bytes,
                   size_t nbytes)
{
    return put_in_scratch(proc, offset, bytes, nbytes);
}

uaddr_t user_string(struct proc *proc, uint32_t offset, const char *string)
{
    return user_bytes(proc, offset, string, strlen(string) + 1);
}

int user_open(struct proc *proc, const char *path, int flags)
{
    uaddr_t at = put_in_scratch(proc, HELPERS, path, strlen(path) + 1);

    return (int)expect_succeeds(op_shown_as(
        syscall_op(proc, NR_open, at, (uint32_t)flags, NEW_FILE_MODE),
        text("process %u: open(\"%s\", 0%o)", proc->pid, path, flags)));
}

void user_close(struct proc *proc, int fd)
{
    expect_succeeds(syscall_op(proc, NR_close, (uint32_t)fd));
}

/* write() of all bytes, by way of scratch. */
static void write_all(struct proc *proc, int fd, const void *bytes,
                      size_t nbytes)
{
    for (size_t done = 0; done < nbytes; done += SCRATCH_BYTES) {
        size_t left = nbytes - done;
        uint32_t n = left < SCRATCH_BYTES ? (uint32_t)left : SCRATCH_BYTES;
        uaddr_t at =
            put_in_scratch(proc, HELPERS, (const char *)bytes + done, n);
        uint32_t written =
            expect_succeeds(syscall_op(proc, NR_write, (uint32_t)fd, at, n));

        expect(written == n, .did = guest_last(proc->guest),
               .expected = text("%u bytes are written", n),
               .seen = text("%u", written));
    }
}

void user_make_file(struct proc *proc, const char *path, const void *bytes,
                    size_t nbytes)
{
    int fd = user_open(proc, path, O_RDWR | O_CREAT | O_TRUNC);

    write_all(proc, fd, bytes, nbytes);
    user_close(proc, fd);
}

void user_make_stamped_file(struct proc *proc, const char *path, size_t npages,
                            uint32_t value)
{
    char *bytes = allocate(npages, PAGE_SIZE);

    for (size_t i = 0; i < npages; i++) {
        uint32_t word = value + (uint32_t)i;

        memcpy(bytes + i * PAGE_SIZE, &word, sizeof(word));
    }
    user_make_file(proc, path, bytes, npages * PAGE_SIZE);
    free(bytes);
}

void expect_file(struct proc *proc, const char *path, uint32_t offset,
                 const void *bytes, size_t nbytes, const char *hint)
{
    int fd = user_open(proc, path, O_RDONLY);
    uaddr_t at = proc->scratch + HELPERS;
    char *seen = allocate(nbytes, 1);
    uint32_t got;

    if (nbytes > SCRATCH_BYTES)
        report_infra("expect_file() of %zu bytes", nbytes);
    expect_succeeds(syscall_op(proc, NR_lseek, (uint32_t)fd, offset, SEEK_SET));
    got = expect_succeeds(
        syscall_op(proc, NR_read, (uint32_t)fd, at, (uint32_t)nbytes));
    expect(got == nbytes, .did = guest_last(proc->guest),
           .expected =
               text("%zu bytes of %s from byte %u on", nbytes, path, offset),
           .seen = text("%u", got), .hint = hint);
    user_read(proc, at, seen, nbytes);
    expect(memcmp(seen, bytes, nbytes) == 0, .did = guest_last(proc->guest),
           .expected =
               text("what was written to %s from byte %u on", path, offset),
           .seen = "something else", .hint = hint);
    free(seen);
    user_close(proc, fd);
}

/*
 * System calls that our own programs don't make, but those of others do, as
 * far as a session with busybox (tests/busybox) does not show that they work.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>

#include "blocks.h"
#include "process.h"

/* Numbers: Linux i386. */
#define NR_clone         120
#define NR_poll          168
#define NR_rt_sigsuspend 179
#define NR_clock_gettime 265
#define NR_openat        295
#define NR_fstatat64     300
#define NR_pipe2         331

#define STAT64_SIZE 44 /* where struct stat64 has the size */
#define TEXT        "123456789"

Test(given, paths_go_on_from_an_open_folder)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    uaddr_t page = user_pages(proc, 1);
    struct stock before;
    uaddr_t name;
    int folder, file;

    user_store(proc, page, 0);
    before = stock_of(guest);
    user_make_file(proc, "/tmp/nine", TEXT, strlen(TEXT));
    folder = user_open(proc, "/tmp", O_RDONLY);
    name = user_string(proc, 0, "nine");
    file = (int)user_do(syscall_op(proc, NR_openat, folder, name, O_RDONLY, 0));
    expect_returns(syscall_op(proc, NR_fstatat64, folder, name, page, 0), 0,
                   NULL);
    expect_loads(proc, page + STAT64_SIZE, strlen(TEXT), "st_size");
    expect_error(syscall_op(proc, NR_openat, file, name, O_RDONLY, 0), ENOTDIR,
                 NULL);
    expect_error(syscall_op(proc, NR_openat, 1000, name, O_RDONLY, 0), EBADF,
                 NULL);
    expect_error(syscall_op(proc, NR_openat, ~99u, name, O_RDONLY, 0), ENOENT,
                 "from the current folder");
    user_close(proc, file);
    user_close(proc, folder);
    expect_returns(
        syscall_op(proc, NR_unlink, user_string(proc, 0, "/tmp/nine")), 0,
        NULL);
    expect_nothing_lost(guest, &before);
}

Test(given, poll_tells_what_a_pipe_has)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    struct pollfd ends[2] = {{.events = POLLIN}, {.events = POLLOUT}};
    uint32_t fds[2] = {0, 0};
    uaddr_t at = user_bytes(proc, 0, fds, sizeof(fds));

    user_do(syscall_op(proc, NR_pipe2, at, O_NONBLOCK));
    user_read(proc, at, fds, sizeof(fds));
    expect_error(syscall_op(proc, NR_read, fds[0], at, 1), EAGAIN, NULL);
    ends[0].fd = (int)fds[0];
    ends[1].fd = (int)fds[1];
    user_bytes(proc, 0, ends, sizeof(ends));
    expect_returns(syscall_op(proc, NR_poll, at, 1, 0), 0, "it is empty");
    expect_returns(syscall_op(proc, NR_poll, at, 2, 0), 1, "there is room");
    user_do(syscall_op(proc, NR_write, fds[1], at, 1));
    expect_returns(syscall_op(proc, NR_poll, at, 2, ~0u), 2, "both");
    user_close(proc, (int)fds[1]);
    user_do(syscall_op(proc, NR_poll, at, 2, ~0u));
    user_read(proc, at, ends, sizeof(ends));
    expect(ends[0].revents == (POLLIN | POLLHUP) && ends[1].revents == POLLNVAL,
           .did = guest_last(guest), .expected = "POLLIN, POLLHUP; POLLNVAL",
           .seen = text("0x%x, 0x%x", (unsigned)ends[0].revents,
                        (unsigned)ends[1].revents));
}

Test(given, clone_makes_processes_and_no_threads)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);

    expect_error(syscall_op(proc, NR_clone, CLONE_VM | SIGCHLD, 0, 0, 0, 0),
                 EINVAL, "they would share their memory");
    expect_error(syscall_op(proc, NR_clone, CLONE_THREAD | SIGCHLD, 0, 0, 0, 0),
                 EINVAL, NULL);
}

Test(given, suspended_process_sleeps_until_a_signal)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    struct proc *killer = user_spawn(guest);
    const uint32_t none[2] = {0, 0};
    uaddr_t set = user_bytes(proc, 0, none, sizeof(none));
    struct user_result result =
        user_try(syscall_op(proc, NR_rt_sigsuspend, set, 8));

    expect(result.status == USER_SLEEPS, .did = guest_last(guest),
           .expected = "it sleeps", .seen = text("status %d", result.status));
    user_do(syscall_op(killer, NR_kill, proc->pid, SIGTERM));
    result = user_collect(proc);
    expect(result.status == USER_EXITED && result.value == SIGTERM,
           .did = guest_last(guest), .expected = "killed",
           .seen = text("status %d, %u", result.status, result.value));
}

Test(given, clocks_are_those_that_there_are)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    uaddr_t at = proc->scratch;

    expect_returns(syscall_op(proc, NR_clock_gettime, 1, at), 0, NULL);
    expect_error(syscall_op(proc, NR_clock_gettime, 99, at), EINVAL, NULL);
    expect_error(syscall_op(proc, NR_clock_gettime, 1, 0), EFAULT, NULL);
}

/*
 * The given kernel's processes, seen from the host, with the reference's
 * components: user agents, system calls, signals, files, life and death.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/wait.h>

#include "blocks.h"
#include "clock.h"
#include "process.h"

#define SPAWNS     200
#define FREE_PLACE 0x50000000u /* where nothing is mapped */

Test(given, spawned_process_loads_and_stores)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    uaddr_t page = user_pages(proc, 2);

    user_store(proc, page, 0x11223344);
    expect_loads(proc, page, 0x11223344, NULL);
    expect_value(proc, page, 0x11223344, "the frame has what was stored");
    user_do(store_sized_op(proc, page + 1, 1, 0xaa));
    user_do(store_sized_op(proc, page + 2, 2, 0xbbcc));
    expect_loads(proc, page, 0xbbccaa44, "single bytes and words");
    expect(user_do(load_sized_op(proc, page + 1, 1)) == 0xaa,
           .did = guest_last(guest), .expected = "0xaa", .seen = "another");
    expect_sound(proc);
}

Test(given, spawned_process_copies_fills_and_adds)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    uaddr_t pages = user_pages(proc, 4);
    char written[300], seen[300];

    for (size_t i = 0; i < sizeof(written); i++)
        written[i] = (char)(i * 7);
    user_write(proc, pages + PAGE_SIZE - 100, written, sizeof(written));
    user_read(proc, pages + PAGE_SIZE - 100, seen, sizeof(seen));
    expect(memcmp(written, seen, sizeof(seen)) == 0, .did = guest_last(guest),
           .expected = "what was written", .seen = "something else");
    frame_read(proc, pages + PAGE_SIZE - 100, seen, sizeof(seen));
    expect(memcmp(written, seen, sizeof(seen)) == 0, .did = guest_last(guest),
           .expected = "what was written, in the frames", .seen = "another");
    user_fill(proc, pages, 2 * PAGE_SIZE, 3);
    expect(user_sum(proc, pages, 2 * PAGE_SIZE) == 6 * PAGE_SIZE,
           .did = guest_last(guest), .expected = "24576", .seen = "another");
    user_stamp(proc, pages, 4, 77);
    expect_stamped(proc, pages, 4, 77, NULL);
    expect_value(proc, pages + 3 * PAGE_SIZE, 80, NULL);
    expect(user_unstamped(proc, pages, 4, 78) == 4, .did = guest_last(guest),
           .expected = "none of 4 begins so", .seen = "another");
}

Test(given, process_has_its_pages_in_high_memory)
{
    struct guest *guest = guest_boot(&machine_1200mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    uaddr_t page = user_pages(proc, 1);

    user_store(proc, page, 7);
    expect(zone_of(guest, frame_of(proc, page)) == ZONE_HIGHMEM,
           .did = guest_last(guest), .expected = "GFP_HIGHUSER",
           .seen = text("frame %ld", frame_of(proc, page)));
    expect_value(proc, page, 7, NULL);
    user_fork(proc);
    user_store(proc, page, 8);
    expect_value(proc, page, 8, "copied from and to high memory");
    expect_sound(proc);
}

Test(given, process_pushes_calls_and_goes_on)
{
    static const unsigned char code[] = {0xb8, 0x2a, 0, 0, 0, 0xc3};
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    uaddr_t page = user_mmap(proc, PAGE_SIZE,
                             PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE);

    user_push(proc, page + 8, 0x1234);
    expect_loads(proc, page + 4, 0x1234, "push writes below esp");
    user_pusha(proc, page + 100);
    expect_loads(proc, page + 100 - 20, page + 100, "pusha has esp, too");
    user_write(proc, page, code, sizeof(code));
    expect(user_do(run_op(proc, page)) == 42, .did = guest_last(guest),
           .expected = "42", .seen = "another value");
}

Test(given, process_grows_its_stack)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    uaddr_t top = 0;
    struct vmas vmas = vmas_of(proc);

    for (size_t i = 0; i < vmas.n; i++)
        if (vmas.list[i].flags & VM_GROWSDOWN)
            top = vmas.list[i].start;
    expect(top != 0, .did = guest_last(guest), .expected = "a stack",
           .seen = "none");
    user_push(proc, top, 5);
    expect_value(proc, top - 4, 5, "the stack grew");
    expect_sound(proc);
}

/* --- signals ------------------------------------------------------------- */

Test(given, bad_accesses_are_caught_with_their_facts)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    uaddr_t page = user_mmap(proc, PAGE_SIZE, PROT_READ, MAP_PRIVATE);

    expect_segv(load_op(proc, FREE_PLACE), FREE_PLACE, PF_USER, NULL);
    expect_segv(store_op(proc, FREE_PLACE, 1), FREE_PLACE, PF_USER | PF_WRITE,
                NULL);
    user_load(proc, page);
    expect_segv(store_op(proc, page, 1), page, PF_USER | PF_WRITE | PF_PROT,
                NULL);
    expect_segv(load_op(proc, KERNEL_BASE), KERNEL_BASE, PF_USER | PF_PROT,
                NULL);
    expect_segv(push_op(proc, FREE_PLACE, 1), FREE_PLACE - 4,
                PF_USER | PF_WRITE, NULL);
    expect_segv(run_op(proc, FREE_PLACE), FREE_PLACE, PF_USER, NULL);
    expect_loads(proc, page, 0, "the process goes on");
    expect_sound(proc);
}

Test(given, bad_access_kills_a_process_that_does_not_catch)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *parent = user_spawn(guest);
    struct proc *child = user_fork(parent);
    int status;

    expect_killed(store_op(child, FREE_PLACE, 1), SIGSEGV, NULL);
    status = user_wait(parent, child);
    expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV,
           .did = guest_last(guest), .expected = "killed by SIGSEGV",
           .seen = text("0x%x", (unsigned)status));
    expect(find_task(guest, child->pid) == 0, .did = guest_last(guest),
           .expected = "the task is gone", .seen = "it is there");
}

Test(given, child_inherits_what_its_parent_catches)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *parent = user_spawn(guest), *child;

    user_catch(parent);
    child = user_fork(parent);
    expect_segv(load_op(child, FREE_PLACE), FREE_PLACE, PF_USER, NULL);
    user_uncatch(child);
    expect_killed(load_op(child, FREE_PLACE), SIGSEGV, NULL);
    expect_segv(load_op(parent, FREE_PLACE), FREE_PLACE, PF_USER, NULL);
}

Test(given, kill_ends_a_process_that_sleeps)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *parent = user_spawn(guest);
    struct proc *child = user_fork(parent);
    int status;

    expect_returns(syscall_op(parent, NR_kill, child->pid, SIGKILL), 0, NULL);
    status = user_wait(parent, child);
    expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
           .did = guest_last(guest), .expected = "killed by SIGKILL",
           .seen = text("0x%x", (unsigned)status));
}

/* --- what goes wrong in a test ------------------------------------------- */

static void load_from_nowhere(void *proc)
{
    user_load(proc, FREE_PLACE);
}

Test(given, unexpected_fault_fails_the_test_with_its_facts)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    struct verdict verdict;

    user_catch(proc);
    verdict = report_try(load_from_nowhere, proc);
    expect(verdict.outcome == OUTCOME_FAIL &&
               strstr(verdict.claim.did, "loads from 0x50000000") != NULL &&
               strstr(verdict.claim.seen, "SIGSEGV") != NULL &&
               strstr(verdict.claim.seen, "a read, user mode") != NULL,
           .did = "load from where nothing is", .expected = "a clear message",
           .seen = verdict.claim.seen);
    user_uncatch(proc);
    verdict = report_try(load_from_nowhere, proc);
    expect(verdict.outcome == OUTCOME_FAIL &&
               strstr(verdict.claim.seen, "killed by SIGSEGV") != NULL,
           .did = "load from where nothing is", .expected = "a clear message",
           .seen = verdict.claim.seen);
    verdict = report_try(load_from_nowhere, proc);
    expect(verdict.outcome == OUTCOME_FAIL &&
               strstr(verdict.claim.seen, "killed by SIGSEGV") != NULL,
           .did = "address a process that has ended",
           .expected = "a clear message", .seen = verdict.claim.seen);
}

static void run_for_ever(void *proc)
{
    static const unsigned char loop[] = {0xeb, 0xfe};
    uaddr_t page = user_mmap(proc, PAGE_SIZE,
                             PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE);

    user_write(proc, page, loop, sizeof(loop));
    user_do(run_op(proc, page));
}

Test(given, process_that_never_comes_back_is_a_timeout_with_its_name)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct verdict verdict = report_try(run_for_ever, user_spawn(guest));

    expect(verdict.outcome == OUTCOME_TIMEOUT &&
               strstr(verdict.hung_in, "calls the code at") != NULL,
           .did = "run a loop without an end", .expected = "a timeout",
           .seen =
               verdict.hung_in == NULL ? "another verdict" : verdict.hung_in);
}

/* --- life ---------------------------------------------------------------- */

Test(given, processes_know_who_they_are)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *parent = user_spawn(guest);
    struct proc *child = user_fork(parent);

    expect_returns(syscall_op(child, NR_getpid), child->pid, NULL);
    expect_returns(syscall_op(child, NR_getppid), parent->pid, NULL);
}

Test(given, parent_waits_for_its_child)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *parent = user_spawn(guest);
    struct stock before = stock_of(guest);
    struct proc *child = user_fork(parent);
    int status;

    expect_returns(syscall_op(parent, NR_wait4, ~0u, 0, WNOHANG, 0), 0, NULL);
    user_exit(child, 7);
    status = user_wait(parent, child);
    expect(WIFEXITED(status) && WEXITSTATUS(status) == 7,
           .did = guest_last(guest), .expected = "exited with 7",
           .seen = text("0x%x", (unsigned)status));
    expect_error(syscall_op(parent, NR_wait4, ~0u, 0, 0, 0), ECHILD, NULL);
    expect_nothing_lost(guest, &before);
}

Test(given, parent_sleeps_in_wait_until_its_child_ends)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *parent = user_spawn(guest);
    struct proc *child = user_fork(parent);
    struct user_result result =
        user_try(syscall_op(parent, NR_wait4, child->pid, 0, 0, 0));

    expect(result.status == USER_SLEEPS, .did = guest_last(guest),
           .expected = "it sleeps", .seen = text("status %d", result.status));
    result = user_try(load_op(parent, parent->scratch));
    expect(result.status == USER_BUSY, .did = guest_last(guest),
           .expected = "it is busy", .seen = text("status %d", result.status));
    user_exit(child, 0);
    result = user_collect(parent);
    expect(result.status == USER_DONE && result.value == child->pid,
           .did = guest_last(guest), .expected = text("%u", child->pid),
           .seen = text("status %d, %u", result.status, result.value));
}

/* The tick that is running when a process goes to sleep doesn't count. */
Test(given, time_passes_when_the_host_says_so)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest), *other = user_spawn(guest);

    user_sleep(proc, 495);
    user_sleep(other, 60000);
    user_exit(user_spawn(guest), 0);
    expect(clock_of(guest) == 0, .did = guest_last(guest),
           .expected = "the clock stands still",
           .seen = text("%u ticks", clock_of(guest)));
    pass_time(guest, 50);
    expect_asleep(proc);
    pass_time(guest, 1);
    expect_awake(proc);
    pass_time(guest, 60 * HZ - 51);
    expect_asleep(other);
    pass_time(guest, 1);
    expect_awake(other);
    expect(clock_of(guest) == 60 * HZ + 1, .did = guest_last(guest),
           .expected = "6001 ticks", .seen = text("%u", clock_of(guest)));
}

Test(given, child_has_a_copy_of_its_parents_memory)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *parent = user_spawn(guest);
    uaddr_t pages = user_pages(parent, 3);
    struct proc *child;

    user_stamp(parent, pages, 3, 10);
    child = user_fork(parent);
    expect_stamped(child, pages, 3, 10, "as it was");
    expect_same_frame(parent, child, pages, "copied on write");
    user_store(child, pages, 20);
    expect_different_frame(parent, child, pages, "a copy");
    expect_value(parent, pages, 10, "the parent's own");
    expect_value(child, pages, 20, "the child's own");
    expect_sound(parent);
    expect_sound(child);
}

Test(given, nothing_is_lost_over_many_spawns)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct stock before;

    user_exit(user_spawn(guest), 0);
    before = stock_of(guest);
    for (int i = 0; i < SPAWNS; i++) {
        struct proc *proc = user_spawn(guest);

        user_stamp(proc, user_pages(proc, 5), 5, 1);
        user_exit(proc, i % 256);
    }
    expect_nothing_lost(guest, &before);
}

Test(given, processes_live_side_by_side)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct stock before = stock_of(guest);
    struct proc *procs[SPAWNS];
    struct user_op ops[SPAWNS];
    struct user_result results[SPAWNS];
    uaddr_t page = 0;

    for (uint32_t i = 0; i < SPAWNS; i++) {
        procs[i] = user_spawn(guest);
        page = user_pages(procs[i], 1);
        user_store(procs[i], page, i);
    }
    for (uint32_t i = 0; i < SPAWNS; i++)
        ops[i] = load_op(procs[i], page);
    user_do_all(guest, ops, SPAWNS, results);
    for (uint32_t i = 0; i < SPAWNS; i++) {
        expect(results[i].value == i, .did = ops[i].shown,
               .expected = text("%u", i), .seen = text("%u", results[i].value));
        user_exit(procs[i], 0);
    }
    expect_nothing_lost(guest, &before);
}

Test(given, spawning_fails_without_memory)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_USER);
    struct stock before;
    struct blocks pages;
    int32_t error = 0;

    user_exit(user_spawn(guest), 0);
    before = stock_of(guest);
    pages = exhaust(guest, ZONE_DMA);
    expect(user_try_spawn(guest, &error) == NULL && error == -ENOMEM,
           .did = "start a process without memory", .expected = "-ENOMEM",
           .seen = text("%d", error));
    give_back(guest, &pages);
    expect_nothing_lost(guest, &before);
    user_exit(user_spawn(guest), 0);
}

/* --- files and programs -------------------------------------------------- */

Test(given, files_keep_what_is_written)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    uaddr_t at;
    int fd;

    user_make_file(proc, "/tmp/text", "some text", 9);
    expect_file(proc, "/tmp/text", 5, "text", 4, NULL);
    user_make_stamped_file(proc, "/tmp/pages", 3, 5);
    fd = user_open(proc, "/tmp/pages", O_RDWR);
    at = user_mmap_file(proc, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
                        fd, 1);
    user_close(proc, fd);
    expect_stamped(proc, at, 2, 6, "pages 1 and 2 of the file");
    user_store(proc, at, 99);
    expect_file(proc, "/tmp/pages", PAGE_SIZE, "\x63\0\0", 4, "it is shared");
    expect_error(syscall_op(proc, NR_open, user_string(proc, 0, "/no/such"), 0),
                 ENOENT, NULL);
    expect_error(syscall_op(proc, NR_open, FREE_PLACE, 0), EFAULT, NULL);
}

Test(given, pipe_carries_bytes_between_processes)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *parent = user_spawn(guest), *child;
    struct user_result result;
    uint32_t fds[2];

    expect_returns(syscall_op(parent, NR_pipe, parent->scratch), 0, NULL);
    user_read(parent, parent->scratch, fds, sizeof(fds));
    child = user_fork(parent);
    result =
        user_try(syscall_op(child, NR_read, fds[0], child->scratch + 64, 100));
    expect(result.status == USER_SLEEPS, .did = guest_last(guest),
           .expected = "it waits for bytes",
           .seen = text("status %d", result.status));
    user_string(parent, 64, "hello");
    expect_returns(
        syscall_op(parent, NR_write, fds[1], parent->scratch + 64, 6), 6, NULL);
    result = user_collect(child);
    expect(result.status == USER_DONE && result.value == 6,
           .did = guest_last(guest), .expected = "6 bytes",
           .seen = text("status %d, %d", result.status, (int)result.value));
    expect_loads(child, child->scratch + 64, 0x6c6c6568, "hell");
}

Test(given, exec_runs_a_program)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *parent = user_spawn(guest);
    struct proc *child = user_fork(parent);
    uaddr_t path = user_string(child, 0, "/bin/false");
    uint32_t argv[2] = {path, 0};
    uaddr_t list = user_bytes(child, 64, argv, sizeof(argv));
    struct user_result result =
        user_try(syscall_op(child, NR_execve, path, list, list + 4));

    expect(result.status == USER_EXITED && WIFEXITED((int)result.value) &&
               WEXITSTATUS((int)result.value) == 1,
           .did = "execve(\"/bin/false\")", .expected = "it exits with 1",
           .seen = text("status %d, 0x%x", result.status, result.value));
    expect(WEXITSTATUS(user_wait(parent, child)) == 1, .did = guest_last(guest),
           .expected = "status 1", .seen = "another");
    expect_error(
        syscall_op(parent, NR_execve, user_string(parent, 0, "/no/such"), 0, 0),
        ENOENT, "and it goes on");
}

#define BOOT_LIMIT 20000000 /* instructions, firmware included */

Test(given, boot_to_processes_is_cheap)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    uint32_t cost = guest_u32(guest, guest_symbol(guest, "boot_instructions"));

    expect(cost > 0 && cost <= BOOT_LIMIT, .did = "boot with 64 MB",
           .expected = text("at most %d instructions", BOOT_LIMIT),
           .seen = text("%u", cost));
}

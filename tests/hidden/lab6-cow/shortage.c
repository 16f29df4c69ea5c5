/* Hidden tests of lab 6: processes without memory. */
#include <criterion/criterion.h>

#include "blocks.h"
#include "programs.h"

#define TABLE_BYTES 0x400000u
#define PARENT      0x1000000u /* what stamps begin with */
#define CHILD       0x2000000u
#define MOST        200 /* children */

static void drain_all(struct guest *guest)
{
    drain(guest, ZONE_DMA, 0);
}

/* Pages in eight page tables, so that fork() may fail at any of them. */
#define NAREAS 8
#define NPAGES 5

static void spread(struct proc *proc, uaddr_t *areas)
{
    for (int i = 0; i < NAREAS; i++) {
        areas[i] = user_mmap_at(proc, 0x50000000 + (uaddr_t)i * TABLE_BYTES,
                                NPAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_FIXED);
        user_stamp(proc, areas[i], NPAGES, PARENT);
    }
}

static void expect_spread(struct proc *proc, const uaddr_t *areas)
{
    for (int i = 0; i < NAREAS; i++)
        expect_stamped(proc, areas[i], NPAGES, PARENT, NULL);
}

/* Forks until there is no memory: how many children there are. */
static size_t fork_until_failure(struct proc *parent, struct proc **children)
{
    size_t n = 0;
    int32_t error = 0;

    while (n < MOST && (children[n] = user_try_fork(parent, &error)) != NULL)
        n++;
    expect(n > 0 && n < MOST && (error == -ENOMEM || error == -EAGAIN),
           .did = guest_last(parent->guest),
           .expected = "some children, then -ENOMEM or -EAGAIN",
           .seen = text("%zu children, then error %d", n, error));
    return n;
}

Test(cow, fork_fails_without_memory_and_loses_nothing)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_USER);
    struct proc *parent = user_spawn(guest), *children[MOST];
    uaddr_t areas[NAREAS];
    struct stock before;
    size_t n;

    spread(parent, areas);
    user_exit(user_fork(parent), 0);
    user_syscall(parent, NR_waitpid, (uint32_t)-1, 0, 0);
    before = stock_of(guest);
    n = fork_until_failure(parent, children);
    expect_users(parent, areas[NAREAS - 1], (int)n + 1,
                 "what a failed fork() had copied is given back");
    expect_spread(children[n - 1], areas);
    for (size_t i = 0; i < n; i++) {
        user_exit(children[i], 0);
        user_wait(parent, children[i]);
    }
    for (int i = 0; i < NAREAS; i++)
        user_stamp(parent, areas[i], NPAGES, PARENT);
    expect_nothing_lost(guest, &before);
    expect_sound(parent);
}

/* With one page more each time. */
Test(cow, fork_fails_at_every_page)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_USER);
    struct proc *parent = user_spawn(guest), *child = NULL;
    size_t given = zone_view(guest, ZONE_DMA).pages_min;
    uaddr_t areas[NAREAS];
    struct blocks pages;
    struct stock before;
    int32_t error;

    spread(parent, areas);
    user_exit(user_fork(parent), 0);
    user_syscall(parent, NR_waitpid, (uint32_t)-1, 0, 0);
    pages = exhaust(guest, ZONE_DMA);
    for (give_back_some(guest, &pages, 0, given); child == NULL; given++) {
        give_back_some(guest, &pages, given, 1);
        before = stock_of(guest);
        child = user_try_fork(parent, &error);
        if (child == NULL)
            expect_nothing_lost(guest, &before);
    }
    expect_spread(child, areas);
    expect_users(parent, areas[0], 2, NULL);
    expect_users(parent, areas[NAREAS - 1], 2, NULL);
}

Test(cow, whoever_gets_no_copy_is_killed_alone)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_USER);
    struct proc *parent = user_spawn(guest), *child;
    uaddr_t pages = user_pages(parent, NPAGES);

    user_stamp(parent, pages, NPAGES, PARENT);
    child = user_fork(parent);
    drain_all(guest);
    expect_killed(store_op(child, pages, CHILD), SIGKILL,
                  "VM_FAULT_OOM: there is no page for the copy");
    expect_stamped(parent, pages, NPAGES, PARENT, NULL);
    expect_users(parent, pages, 1, "the child's entries are gone");
    user_stamp(parent, pages, NPAGES, CHILD);
    expect_stamped(parent, pages, NPAGES, CHILD, NULL);
}

Test(cow, kernels_write_without_memory_is_an_error)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_USER);
    struct proc *parent = user_spawn(guest), *child;
    uaddr_t pages = user_pages(parent, 1);
    int fd;

    user_make_stamped_file(parent, "/file", 1, CHILD);
    user_stamp(parent, pages, 1, PARENT);
    fd = user_open(parent, "/file", O_RDONLY);
    child = user_fork(parent);
    drain_all(guest);
    expect_error(syscall_op(child, NR_read, (uint32_t)fd, pages, 64), EFAULT,
                 "VM_FAULT_OOM: there is no page for the copy");
    expect_same_frame(parent, child, pages, "nothing has changed");
    expect_loads(child, pages, PARENT, NULL);
    expect_loads(parent, pages, PARENT, NULL);
}

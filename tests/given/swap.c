/*
 * Swapping with the reference's components, end to end: pages go out and come
 * back, nothing is lost.
 */
#include <criterion/criterion.h>

#include "swaps.h"

#define TIMES 4 /* so much more than the machine's memory is used */
#define CHUNK 1000u

static struct guest *boot_with_swap(struct proc **proc)
{
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_SWAP);

    make_whole_swap(guest, 0);
    *proc = user_spawn(guest);
    swap_on(*proc, 0, -1);
    return guest;
}

Test(given, four_times_the_memory_keeps_its_contents)
{
    struct proc *proc;
    struct guest *guest = boot_with_swap(&proc);
    size_t npages = TIMES * 8 * 256 - 1024;
    uaddr_t at = user_pages(proc, npages);

    user_stamp(proc, at, npages, 1000);
    expect_stamped(proc, at, npages, 1000, "what went out comes back");
    expect_stamped(proc, at, npages, 1000, "and again");
    expect(disk_writes(guest, 0) > 0 && disk_reads(guest, 0) > 1,
           .did = guest_last(guest), .expected = "pages went out and came back",
           .seen = text("%u writes", disk_writes(guest, 0)));
    expect_sound(proc);
}

Test(given, swapoff_brings_everything_back)
{
    struct proc *proc;
    struct guest *guest = boot_with_swap(&proc);
    uaddr_t at = user_pages(proc, 3000);
    struct stock before;

    user_stamp(proc, at, 3000, 1); /* page tables stay */
    user_munmap(proc, at, 3000 * PAGE_SIZE);
    before = stock_of(guest);
    at = user_pages(proc, 3000);
    user_stamp(proc, at, 3000, 5);
    expect(count_swapped(proc, at, 3000) > 0, .did = guest_last(guest),
           .expected = "some are in slots", .seen = "none");
    expect_error(swapoff_op(proc, 0), ENOMEM, "they don't fit into memory");
    user_munmap(proc, at, 2500 * PAGE_SIZE);
    swap_off(proc, 0);
    expect_stamped(proc, at + 2500 * PAGE_SIZE, 500, 2505, NULL);
    user_munmap(proc, at + 2500 * PAGE_SIZE, 500 * PAGE_SIZE);
    swap_on(proc, 0, -1);
    expect_nothing_lost(guest, &before);
}

Test(given, forked_processes_share_swapped_pages)
{
    struct proc *parent, *child;
    struct guest *guest = boot_with_swap(&parent);
    uaddr_t at = user_pages(parent, 3000);

    user_stamp(parent, at, 3000, 5);
    child = user_fork(parent);
    user_stamp(child, at, 1500, 70000);
    expect_stamped(parent, at, 3000, 5, "the child's writes are its own");
    expect_stamped(child, at, 1500, 70000, NULL);
    expect_stamped(child, at + 1500 * PAGE_SIZE, 1500, 1505, NULL);
    user_exit(child, 0);
    user_wait(parent, child);
    expect_stamped(parent, at, 3000, 5, NULL);
    user_munmap(parent, at, 3000 * PAGE_SIZE);
    expect(slots_in_use(guest, 0) == 0, .did = guest_last(guest),
           .expected = "all slots are free",
           .seen = text("%u are used", slots_in_use(guest, 0)));
}

Test(given, without_memory_and_slots_the_process_is_killed)
{
    struct proc *proc, *other;
    struct guest *guest = boot_with_swap(&proc);
    uaddr_t at, kept;

    other = user_spawn(guest);
    kept = user_pages(other, 10);
    user_stamp(other, kept, 10, 99);
    at = user_pages(proc, 20 * CHUNK);
    for (int i = 0; i < 9; i++)
        user_stamp(proc, at + i * CHUNK * PAGE_SIZE, CHUNK, 1);
    expect_killed(stamp_op(proc, at + 9 * CHUNK * PAGE_SIZE, CHUNK, 1), SIGKILL,
                  NULL);
    expect_stamped(other, kept, 10, 99, "others live");
}

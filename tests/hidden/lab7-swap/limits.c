/* Hidden tests of lab 7: what happens when slots, memory or the disk end. */
#include <criterion/criterion.h>

#include "scenes.h"

#define RAM   2048 /* pages of the machine with 8 MB */
#define TIGHT 2500 /* pages that don't fit */

#define SMALL_AREA 1000 /* slots */

Test(swap, only_who_asks_for_too_much_is_killed)
{
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_SWAP);
    struct proc *first, *other, *greedy;
    uaddr_t kept, pages;
    struct stock before;

    make_swap(guest, 0, SMALL_AREA);
    first = user_spawn(guest);
    swap_on(first, 0, -1);
    swap_off(first, 0);
    before = stock_of(guest);
    swap_on(first, 0, -1);
    other = user_spawn(guest);
    kept = user_pages(other, 700);
    user_stamp(other, kept, 700, STAMP);
    for (int i = 0; i < 2; i++) {
        greedy = user_spawn(guest);
        pages = user_pages(greedy, 4000);
        expect_killed(stamp_op(greedy, pages, 4000, 1), SIGKILL,
                      "memory and slots are full");
        expect_stamped(other, kept, 700, STAMP, "others live");
        user_stamp(other, kept, 700, STAMP);
    }
    expect_sound(other);
    user_exit(other, 0);
    expect(slots_in_use(guest, 0) == 0, .did = guest_last(guest),
           .expected = "all slots are free",
           .seen = text("%u are used", slots_in_use(guest, 0)));
    swap_off(first, 0);
    expect_nothing_lost(guest, &before);
}

/* Slots that run out: pages that have none stay, and nothing is lost. */
Test(swap, process_that_just_fits)
{
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_SWAP);
    struct proc *proc;
    uaddr_t pages;
    uint32_t npages;

    make_swap(guest, 0, SMALL_AREA);
    proc = user_spawn(guest);
    swap_on(proc, 0, -1);
    npages = free_pages_in_ram(guest) + SMALL_AREA - 250;
    pages = user_pages(proc, npages);
    user_stamp(proc, pages, npages, STAMP);
    expect_stamped(proc, pages, npages, STAMP, NULL);
    user_stamp(proc, pages, npages, 2 * STAMP);
    expect_stamped(proc, pages, npages, 2 * STAMP, NULL);
    expect_sound(proc);
}

Test(swap, disk_that_cannot_be_written_loses_nothing)
{
    struct proc *proc;
    struct guest *guest = boot_swapping(&machine_swap_8mb, &proc);
    uaddr_t pages = user_pages(proc, TIGHT);

    disk_fails(guest, 0, (struct disk_fault){0, DISK_WRITE, 50, 200, 150});
    disk_fails(guest, 1, (struct disk_fault){0, DISK_WRITE, 400, 10, 9999});
    user_stamp(proc, pages, TIGHT, STAMP);
    expect_stamped(proc, pages, TIGHT, STAMP,
                   "the frame has what is not on "
                   "the disk");
    expect(disk_failed(guest, 0) > 50 && disk_failed(guest, 1) >= 10,
           .did = guest_last(guest), .expected = "transfers have failed",
           .seen =
               text("%u, %u", disk_failed(guest, 0), disk_failed(guest, 1)));
    expect_sound(proc);
}

Test(swap, disk_that_cannot_be_read_is_a_sigbus)
{
    struct proc *proc, *other;
    struct guest *guest = boot_swapping(&machine_swap_8mb, &proc);
    uaddr_t pages = user_pages(proc, TIGHT), out = 0, kept;

    other = user_spawn(guest);
    kept = user_pages(other, 10);
    user_stamp(other, kept, 10, STAMP);
    user_stamp(proc, pages, TIGHT, STAMP);
    for (uint32_t i = 0; i < TIGHT && out == 0; i++)
        if (swapped_slot(proc, pages + i * PAGE_SIZE).swapped &&
            slot_users(guest, 0,
                       swapped_slot(proc, pages + i * PAGE_SIZE).slot) == 1)
            out = pages + i * PAGE_SIZE;
    disk_fails(guest, 0, (struct disk_fault){0, DISK_READ, 1, 8191, 1});
    expect_sigbus(load_op(proc, out), out, "the page can't be had");
    expect_loads(proc, out, STAMP + (out - pages) / PAGE_SIZE,
                 "the disk works again");
    disk_fails(guest, 0, (struct disk_fault){0, DISK_READ, 1, 8191, 1});
    expect_stamped(other, kept, 0, STAMP, NULL);
    disk_fails(guest, 0, (struct disk_fault){0});
    expect_stamped(proc, pages, TIGHT, STAMP, NULL);
    expect_stamped(other, kept, 10, STAMP, NULL);
}

Test(swap, high_memory_is_swapped)
{
    struct proc *proc;
    struct guest *guest = boot_swapping(&machine_swap_1200mb, &proc);
    uaddr_t pages = user_pages(proc, 1000);
    uint32_t normal;

    drain(guest, ZONE_HIGHMEM, 600);
    drain(guest, ZONE_NORMAL, 800);
    drain(guest, ZONE_DMA, 0);
    normal = zone_view(guest, ZONE_NORMAL).pages_min;
    user_stamp(proc, pages, 1000, STAMP);
    expect(count_swapped(proc, pages, 1000) > 0, .did = guest_last(guest),
           .expected = "pages of high memory go out", .seen = "none");
    expect_stamped(proc, pages, 1000, STAMP, NULL);
    expect(zone_view(guest, ZONE_NORMAL).free_pages >= normal / 2,
           .did = guest_last(guest), .expected = "memory of the kernel is left",
           .seen = text("%u pages", zone_view(guest, ZONE_NORMAL).free_pages));
    expect_sound(proc);
}

/* --- cost ----------------------------------------------------------------- */

#define COST_OF_A_PAGE 60000 /* instructions: out, in, and all around it */

Test(swap, cost_of_a_page_does_not_grow)
{
    struct proc *proc;
    struct guest *guest = boot_swapping(&machine_swap_8mb, &proc);
    uaddr_t pages = user_pages(proc, 3 * RAM);
    struct user_result first, second;

    user_stamp(proc, pages, RAM, STAMP);
    first = user_try(stamp_op(proc, pages + RAM * PAGE_SIZE, 1000, STAMP));
    user_stamp(proc, pages + (RAM + 1000) * PAGE_SIZE, 2 * RAM - 2000, STAMP);
    second = user_try(
        stamp_op(proc, pages + (3 * RAM - 1000) * PAGE_SIZE, 1000, STAMP));
    expect(second.cost <= 2 * first.cost + 1000 * 1000,
           .did = "stamping 1000 pages, with one RAM full out, and with two",
           .expected = text("about as many instructions: %u", first.cost),
           .seen = text("%u", second.cost));
    expect(first.cost <= 1000 * COST_OF_A_PAGE, .did = guest_last(guest),
           .expected = text("at most %d instructions a page", COST_OF_A_PAGE),
           .seen = text("%u", first.cost / 1000));
}

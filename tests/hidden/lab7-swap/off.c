/* Hidden tests of lab 7: swapoff(), by processes. */
#include <criterion/criterion.h>

#include "scenes.h"

#define NPAGES 100
#define MORE   3000 /* more than fit into 8 MB */

/* Where, of MORE pages, NPAGES lie of which most are out. */
static uint32_t best_window(const struct proc *proc, uaddr_t pages)
{
    uint32_t best = 0;
    size_t most = 0;

    for (uint32_t at = 0; at < MORE; at += NPAGES) {
        size_t n = count_swapped(proc, pages + at * PAGE_SIZE, NPAGES);

        if (n > most) {
            most = n;
            best = at;
        }
    }
    expect(most > NPAGES / 2, .did = guest_last(proc->guest),
           .expected = "pages are out, in the order of their addresses",
           .seen = text("at most %zu of %d in a row", most, NPAGES));
    return best;
}

/* A process with NPAGES stamped pages, of which many are in slots. */
static struct proc *swapped_process(uaddr_t *pages, uint32_t *stamp)
{
    struct proc *proc;
    uint32_t first;

    boot_swapping(&machine_swap_8mb, &proc);
    *pages = user_pages(proc, MORE);
    user_stamp(proc, *pages, MORE, STAMP);
    first = best_window(proc, *pages);
    *stamp = STAMP + first;
    if (first > 0)
        user_munmap(proc, *pages, first * PAGE_SIZE);
    *pages += first * PAGE_SIZE;
    if (first + NPAGES < MORE)
        user_munmap(proc, *pages + NPAGES * PAGE_SIZE,
                    (MORE - NPAGES - first) * PAGE_SIZE);
    return proc;
}

static void expect_all_in(struct proc *proc, uaddr_t pages, size_t npages)
{
    size_t n = count_present(proc, pages, npages);

    expect(n == npages, .did = guest_last(proc->guest),
           .expected = text("all %zu pages are in memory", npages),
           .seen = text("%zu are", n));
}

Test(swap, swapoff_brings_all_pages_back)
{
    uaddr_t pages;
    uint32_t stamp;
    struct proc *proc = swapped_process(&pages, &stamp);
    struct guest *guest = proc->guest;

    swap_off(proc, 0);
    expect_all_in(proc, pages, NPAGES);
    expect_no_area(guest, 0);
    expect(nr_swap_pages(guest) == 0 && total_swap_pages(guest) == 0,
           .did = guest_last(guest), .expected = "no slots at all",
           .seen = text("%u of %u are free", nr_swap_pages(guest),
                        total_swap_pages(guest)));
    expect_sound(proc);
    for (unsigned i = 0; i < NPAGES; i++)
        expect_users(proc, pages + i * PAGE_SIZE, 1,
                     "the swap cache is given up, too");
    disk_fails(guest, 0,
               (struct disk_fault){0, DISK_READ, 0, 8192, FAULT_ALWAYS});
    expect_stamped(proc, pages, NPAGES, stamp, "no disk is needed any more");
    user_stamp(proc, pages, NPAGES, 2 * STAMP);
    expect_stamped(proc, pages, NPAGES, 2 * STAMP, NULL);
}

Test(swap, swapoff_loses_nothing)
{
    struct proc *proc;
    struct guest *guest = boot_swapping(&machine_swap_8mb, &proc);
    struct stock before;
    uaddr_t pages = user_pages(proc, MORE);

    user_stamp(proc, pages, MORE, STAMP); /* page tables stay */
    user_munmap(proc, pages, MORE * PAGE_SIZE);
    swap_off(proc, 0);
    before = stock_of(guest);
    for (int round = 0; round < 2; round++) {
        swap_on(proc, 0, -1);
        pages = user_pages(proc, MORE);
        user_stamp(proc, pages, MORE, STAMP);
        user_munmap(proc, pages, (MORE - NPAGES) * PAGE_SIZE);
        swap_off(proc, 0);
        user_munmap(proc, pages + (MORE - NPAGES) * PAGE_SIZE,
                    NPAGES * PAGE_SIZE);
        expect_nothing_lost(guest, &before);
    }
    expect(nr_active(guest) + nr_inactive_dirty(guest) +
                   nr_inactive_clean(guest) ==
               0,
           .did = guest_last(guest), .expected = "the lists are empty",
           .seen = text("%u, %u, %u pages", nr_active(guest),
                        nr_inactive_dirty(guest), nr_inactive_clean(guest)));
}

Test(swap, swapoff_of_what_is_no_area)
{
    struct proc *proc;
    struct guest *guest = boot_swapping(&machine_swap_64mb, &proc);

    expect_error(swapoff_op(proc, 1), EINVAL, "it is no area");
    expect_error(syscall_op(proc, NR_swapoff, user_string(proc, 0, "/dev/vdz")),
                 ENOENT, NULL);
    expect_error(syscall_op(proc, NR_swapoff, 16), EFAULT, "no string");
    expect(swap_area(guest, 0).flags == (SWP_USED | SWP_WRITEOK),
           .did = guest_last(guest), .expected = "area 0 is used as before",
           .seen = text("flags 0x%x", swap_area(guest, 0).flags));
    swap_off(proc, 0);
    expect_error(swapoff_op(proc, 0), EINVAL, "it is none any more");
}

/* The area is used as before. */
static void expect_in_use(struct guest *guest)
{
    uint32_t last = disk_npages(guest, 0) - 1;
    struct area_view area = swap_area(guest, 0);

    expect(area.flags == (SWP_USED | SWP_WRITEOK) &&
               total_swap_pages(guest) == last &&
               nr_swap_pages(guest) == area.nr_free &&
               area.nr_free == last - slots_in_use(guest, 0),
           .did = guest_last(guest),
           .expected = text("area 0 is in use, %u of %u slots are free",
                            last - slots_in_use(guest, 0), last),
           .seen = text("flags 0x%x, nr_free %u, nr_swap_pages %u, "
                        "total_swap_pages %u",
                        area.flags, area.nr_free, nr_swap_pages(guest),
                        total_swap_pages(guest)),
           .hint = "what swapoff() began is undone");
}

Test(swap, swapoff_without_memory)
{
    struct proc *proc;
    struct guest *guest = boot_swapping(&machine_swap_8mb, &proc);
    uaddr_t pages = user_pages(proc, MORE);

    user_stamp(proc, pages, MORE, STAMP);
    expect_error(swapoff_op(proc, 0), ENOMEM, "they don't fit into memory");
    expect_in_use(guest);
    expect_stamped(proc, pages, MORE, STAMP, "nothing is lost");
    user_stamp(proc, pages, MORE, 2 * STAMP);
    expect_stamped(proc, pages, MORE, 2 * STAMP, "slots are handed out again");
    expect_sound(proc);
    user_munmap(proc, pages, (MORE - NPAGES) * PAGE_SIZE);
    expect(slots_in_use(guest, 0) <= NPAGES, .did = guest_last(guest),
           .expected = text("at most %d slots are needed", NPAGES),
           .seen = text("%u are used", slots_in_use(guest, 0)));
    swap_off(proc, 0);
    expect_stamped(proc, pages + (MORE - NPAGES) * PAGE_SIZE, NPAGES,
                   2 * STAMP + MORE - NPAGES, "now they fit");
}

Test(swap, swapoff_of_a_disk_that_fails)
{
    uaddr_t pages;
    uint32_t stamp;
    struct proc *proc = swapped_process(&pages, &stamp);
    struct guest *guest = proc->guest;
    uint32_t in, slots = disk_npages(guest, 0);

    disk_fails(guest, 0, (struct disk_fault){0, DISK_READ, 1, slots, 1});
    expect_error(swapoff_op(proc, 0), EIO, "a page can't be read");
    expect_in_use(guest);
    in = (uint32_t)count_present(proc, pages, NPAGES);
    disk_fails(guest, 1, (struct disk_fault){0, DISK_READ, 60, slots, 1});
    expect_error(swapoff_op(proc, 0), EIO, "a page can't be read");
    expect_in_use(guest);
    expect(count_present(proc, pages, NPAGES) >= in, .did = guest_last(guest),
           .expected = "what was brought in stays in",
           .seen = text("%zu pages, were %u",
                        count_present(proc, pages, NPAGES), in));
    expect_stamped(proc, pages, NPAGES, stamp, "the disk works again");
    swap_off(proc, 0);
    expect_stamped(proc, pages, NPAGES, stamp, NULL);
}

Test(swap, swapoff_of_pages_that_are_shared)
{
    uaddr_t pages;
    uint32_t stamp;
    struct proc *parent = swapped_process(&pages, &stamp), *child;
    struct guest *guest = parent->guest;

    child = user_fork(parent);
    swap_off(child, 0);
    expect_all_in(parent, pages, NPAGES);
    expect_all_in(child, pages, NPAGES);
    for (unsigned i = 0; i < NPAGES; i++) {
        expect_same_frame(parent, child, pages + i * PAGE_SIZE,
                          "one frame for all entries that name the slot");
        expect_users(parent, pages + i * PAGE_SIZE, 2, "two entries");
    }
    user_stamp(child, pages, NPAGES, 3 * STAMP);
    expect_stamped(parent, pages, NPAGES, stamp, "the child's writes");
    expect_stamped(child, pages, NPAGES, 3 * STAMP, NULL);
    expect_sound(parent);
    expect_sound(child);
    expect_no_area(guest, 0);
}

/* What goes out while an area is given up goes to the other one. */
Test(swap, swapoff_moves_pages_to_another_area)
{
    struct proc *proc;
    struct guest *guest = guest_boot(&machine_swap_64mb, STAGE_SWAP);
    const uint32_t npages = 1600, left = 1200;
    uaddr_t pages;

    make_whole_swap(guest, 0);
    make_whole_swap(guest, 1);
    proc = user_spawn(guest);
    swap_on(proc, 0, 5);
    drain(guest, ZONE_DMA, 0);
    drain(guest, ZONE_NORMAL, left);
    pages = user_pages(proc, npages);
    user_stamp(proc, pages, npages, STAMP);
    swap_on(proc, 1, 3);
    swap_off(proc, 0);
    expect_no_area(guest, 0);
    expect(slots_in_use(guest, 1) > 0, .did = guest_last(guest),
           .expected = "pages are in the other area now", .seen = "none");
    expect(total_swap_pages(guest) == disk_npages(guest, 1) - 1,
           .did = guest_last(guest), .expected = "the other area's slots",
           .seen = text("%u", total_swap_pages(guest)));
    expect_stamped(proc, pages, npages, STAMP, NULL);
    expect_sound(proc);
}

/* Entries in every area of the space, whatever it allows. */
static void swapoff_looks_into_every_area(void)
{
    uaddr_t pages;
    uint32_t stamp;
    struct proc *proc = swapped_process(&pages, &stamp);
    size_t hidden = 0;

    user_mprotect(proc, pages, 10 * PAGE_SIZE, PROT_NONE);
    user_mprotect(proc, pages + 10 * PAGE_SIZE, 10 * PAGE_SIZE, PROT_READ);
    swap_off(proc, 0);
    for (unsigned i = 0; i < 10; i++)
        hidden += pte_view(proc, pages + i * PAGE_SIZE).hidden;
    expect(hidden == 10, .did = guest_last(proc->guest),
           .expected = "10 pages of PROT_NONE are there, hidden",
           .seen = text("%zu", hidden));
    expect_segv(load_op(proc, pages), pages, PF_USER, "PROT_NONE");
    user_mprotect(proc, pages, 20 * PAGE_SIZE, PROT_READ | PROT_WRITE);
    expect_stamped(proc, pages, NPAGES, stamp, NULL);
    user_stamp(proc, pages, NPAGES, 2 * STAMP);
    expect_sound(proc);
}

/* A count that nobody knows any more does not keep the area. */
static void swapoff_of_a_saturated_slot(void)
{
    uaddr_t pages;
    uint32_t stamp;
    struct proc *proc = swapped_process(&pages, &stamp);
    struct guest *guest = proc->guest;
    struct slot_view out = {.swapped = false};

    for (unsigned i = 0; i < NPAGES && !out.swapped; i++)
        out = swapped_slot(proc, pages + i * PAGE_SIZE);
    set_slot_users(guest, out.type, out.slot, SWAP_MAP_MAX);
    swap_off(proc, 0);
    expect_no_area(guest, 0);
    expect_stamped(proc, pages, NPAGES, stamp, NULL);
    expect_sound(proc);
}

Test(swap, swapoff_looks_at_every_entry)
{
    swapoff_looks_into_every_area();
    guest_end_all();
    swapoff_of_a_saturated_slot();
}

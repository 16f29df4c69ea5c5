/*
 * Hidden tests of all components together: the kernel's own memory while
 * processes use up theirs.
 */
#include <criterion/criterion.h>

#include "areas.h"
#include "crowd.h"
#include "slots.h"

#define AREAS      30
#define AREA_PAGES 6
#define TAG        0x700u

static void make_kernel_areas(struct guest *guest, gaddr_t *areas)
{
    for (unsigned i = 0; i < AREAS; i++) {
        areas[i] = vmalloc(guest, AREA_PAGES * PAGE_SIZE);
        expect_given(guest, areas[i], "pages of processes can go");
        fill_pages(guest, areas[i], AREA_PAGES, TAG + i);
    }
}

/* vmalloc() while a process has all memory: the process's pages go. */
Test(integration, kernel_areas_while_processes_swap)
{
    struct guest *guest = boot_short(0);
    struct proc *hog = user_spawn(guest), *child;
    uaddr_t pages = user_pages(hog, MORE);
    gaddr_t areas[AREAS];
    struct stock before;

    vfree(guest, vmalloc(guest, AREAS * (AREA_PAGES + 1) * PAGE_SIZE));
    user_exit(hog, 0);
    before = stock_at_rest(guest);
    hog = user_spawn(guest);
    pages = user_pages(hog, MORE);
    stamp_all(hog, pages, MORE, STAMP);
    make_kernel_areas(guest, areas);
    child = user_fork(hog);
    stamp_all(child, pages, MORE / 2, 2 * STAMP);
    expect_all_stamped(hog, pages, MORE, STAMP, "kernel areas are elsewhere");
    for (unsigned i = 0; i < AREAS; i++) {
        struct blocks frames = expect_mapped(guest, areas[i], AREA_PAGES);

        expect_in_frames(guest, &frames, TAG + i);
        expect_reads(guest, areas[i], AREA_PAGES, TAG + i,
                     "the kernel's pages never go");
        vfree(guest, areas[i]);
    }
    expect_all_stamped(child, pages, MORE / 2, 2 * STAMP, NULL);
    expect_sound(hog);
    expect_sound(child);
    user_exit(hog, 0);
    user_exit(child, 0);
    expect_all_back(guest, &before);
}

#define MAPPED   900 /* of kmap()'s slots: some are left for the kernel */
#define HIGH     700 /* pages of high memory that processes can have */
#define NEEDED   1500
#define RESERVED 40 /* above pages_high, in the zones below */

/* Processes have little high memory, and next to nothing below it. */
static void leave_little(struct guest *guest)
{
    drain(guest, ZONE_HIGHMEM, HIGH);
    for (enum zone_index zone = ZONE_DMA; zone <= ZONE_NORMAL; zone++)
        drain(guest, zone, zone_view(guest, zone).pages_high + RESERVED);
}

Test(integration, kernel_maps_high_pages_while_they_swap)
{
    struct guest *guest = guest_boot(&machine_swap_1200mb, STAGE_SWAP);
    struct blocks held = high_pages(guest, MAPPED);
    gaddr_t addresses[MAPPED];
    struct proc *proc, *child;
    uaddr_t pages;

    make_whole_swap(guest, 0);
    swap_on_by_itself(guest, 0);
    mark_pages(guest, &held);
    leave_little(guest);
    kmap_all(guest, &held, addresses);
    proc = user_spawn(guest);
    pages = user_pages(proc, NEEDED);
    stamp_all(proc, pages, NEEDED, STAMP);
    child = user_fork(proc);
    stamp_all(child, pages, NEEDED / 2, 2 * STAMP);
    expect_all_stamped(proc, pages, NEEDED, STAMP, "in and out of high memory");
    for (size_t i = 0; i < MAPPED; i += 50) {
        expect_slot(guest, held.pfns[i], addresses[i], 1);
        expect_mark(guest, addresses[i], held.pfns[i],
                    "mapped for the kernel all the time");
    }
    kunmap_all(guest, &held);
    expect_all_stamped(child, pages, NEEDED / 2, 2 * STAMP, NULL);
    expect_traffic(guest, NEEDED / 2, NEEDED / 4);
    expect_sound(proc);
    expect_sound(child);
}

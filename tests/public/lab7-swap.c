/*
 * Public tests of lab 7, from the first thing that works to the last. They show
 * the way; the hidden ones are about every sentence of include/swap.h.
 *
 * A test runs on the host. guest_boot() starts a fresh machine with disks.
 * Until your sys_swapon() works, the test makes a swap area itself
 * (plant_area()), and pages of the swap cache (plant_page()), and calls your
 * functions one by one. Lists, page tables, frames and disks are looked at from
 * outside. `make gdb T=swap::page_goes_out` stops the machine before the test
 * begins.
 */
#include <criterion/criterion.h>

#include "reclaims.h"

SUITE(swap);

#define START 0x40000000u
#define STAMP 0x12345678u
#define SLOT  7

static struct guest *boot_with_area(void)
{
    struct guest *guest = guest_boot(&machine_swap_64mb, STAGE_SWAP);

    plant_area(guest, (struct planted){.nslots = 100});
    return guest;
}

static struct proc *boot_space(gaddr_t *vma)
{
    struct proc *space = new_space(boot_with_area());

    *vma = add_vma(space, START, START + 4 * PAGE_SIZE, ANON_FLAGS);
    return space;
}

/* --- mm/swapfile.c -------------------------------------------------------- */

/* Needs get_swap_page(). */
Test(swap, slots_are_handed_out_by_rising_number)
{
    struct guest *guest = boot_with_area();

    for (uint32_t slot = 1; slot <= 5; slot++) {
        expect_swap_slot(guest, 0, slot, "slot 0 is the header");
        expect_slot_users(guest, 0, slot, 1, "swap_map[slot] is 1");
    }
    expect(nr_swap_pages(guest) == 95 && swap_area(guest, 0).nr_free == 95,
           .did = guest_last(guest), .expected = "95 of 100 slots are free",
           .seen = text("nr_swap_pages %u, nr_free %u", nr_swap_pages(guest),
                        swap_area(guest, 0).nr_free));
}

/* Needs swap_duplicate() and swap_free(). */
Test(swap, slot_counts_its_users)
{
    struct guest *guest = boot_with_area();

    set_slot_users(guest, 0, SLOT, 1);
    expect_number(guest, swap_duplicate(guest, 0, SLOT), 1, NULL);
    expect_slot_users(guest, 0, SLOT, 2, "one user more");
    swap_free(guest, 0, SLOT);
    expect_slot_users(guest, 0, SLOT, 1, "one user less");
    swap_free(guest, 0, SLOT);
    expect_slot_users(guest, 0, SLOT, 0, "the slot is free");
    expect(nr_swap_pages(guest) == 100, .did = guest_last(guest),
           .expected = "100 slots are free",
           .seen = text("%u", nr_swap_pages(guest)));
}

/* --- mm/vmscan.c ---------------------------------------------------------- */

/* Needs try_to_swap_out() and get_swap_page(), swap_duplicate(). */
Test(swap, page_goes_out)
{
    gaddr_t vma;
    struct proc *space = boot_space(&vma);
    struct guest *guest = space->guest;
    pfn_t pfn = map_fresh(space, START, OLD_BITS);

    expect_number(guest, try_to_swap_out(space, vma, START), 1, NULL);
    expect_swapped(space, START, 0, 1, "swp_entry_to_pte()");
    expect_slot_users(guest, 0, 1, 2, "the entry, and the swap cache");
    expect_on(guest, pfn, LRU_INACTIVE_DIRTY, "deactivate_page()");
    expect(swap_page_view(guest, pfn).dirty, .did = guest_last(guest),
           .expected = "the page is dirty: the slot has nothing yet",
           .seen = "it is clean");
    expect_rss(space, 0, "rss follows");
}

/* Needs try_to_swap_out(). */
Test(swap, page_in_use_stays_once)
{
    gaddr_t vma;
    struct proc *space = boot_space(&vma);
    struct guest *guest = space->guest;

    map_fresh(space, START, YOUNG_BITS);
    expect_number(guest, try_to_swap_out(space, vma, START), 0,
                  "pte_young(): it was used since the last look");
    expect(!pte_view(space, START).accessed, .did = guest_last(guest),
           .expected = "the entry is old now", .seen = "it is young",
           .hint = "pte_mkold()");
    expect_number(guest, try_to_swap_out(space, vma, START), 1,
                  "it was not used again");
}

/* Needs refill_inactive(). */
Test(swap, idle_pages_become_inactive)
{
    struct guest *guest = boot_with_area();
    pfn_t idle =
        plant_page(guest, (struct planted_page){.slot = 1, .list = LRU_ACTIVE});
    pfn_t used =
        plant_page(guest, (struct planted_page){.slot = 2, .list = LRU_ACTIVE});

    hold_page(guest, used);
    expect_number(guest, refill_inactive(guest, 0), 1, NULL);
    expect_on(guest, idle, LRU_INACTIVE_DIRTY, "nobody uses it");
    expect_on(guest, used, LRU_ACTIVE, "somebody maps it");
}

/* Needs page_launder(). */
Test(swap, dirty_pages_are_written)
{
    struct guest *guest = boot_with_area();
    pfn_t pfn =
        plant_page(guest, (struct planted_page){.slot = SLOT,
                                                .list = LRU_INACTIVE_DIRTY,
                                                .dirty = true,
                                                .others = 1});

    stamp_frame(guest, pfn, STAMP);
    expect_number(guest, page_launder(guest), 1, "one is clean now");
    expect(disk_stamp(guest, 0, SLOT) == STAMP, .did = guest_last(guest),
           .expected = text("page %d of the disk has what the frame has", SLOT),
           .seen = text("0x%08x", disk_stamp(guest, 0, SLOT)));
    expect_on(guest, pfn, LRU_INACTIVE_CLEAN, "page_is_clean()");
}

/* Needs reclaim_page() and swap_free(). */
Test(swap, clean_page_is_given_away)
{
    struct guest *guest = boot_with_area();
    pfn_t pfn = plant_page(
        guest, (struct planted_page){
                   .slot = SLOT, .list = LRU_INACTIVE_CLEAN, .others = 1});
    pfn_t seen = reclaim_page(guest, zone_of(guest, pfn));

    expect(seen == pfn, .did = guest_last(guest),
           .expected = text("frame %ld", pfn), .seen = text("%ld", seen));
    expect(!swap_page_view(guest, pfn).cached && page_count(guest, pfn) == 1,
           .did = guest_last(guest),
           .expected = "it is out of the swap cache, the caller's",
           .seen = text("%d users", page_count(guest, pfn)));
    expect_slot_users(guest, 0, SLOT, 1, "the slot is still needed");
}

/* --- mm/swap_in.c --------------------------------------------------------- */

/* Needs do_swap_page(), swap_duplicate() and swap_free(). */
Test(swap, page_is_read_from_its_slot)
{
    gaddr_t vma;
    struct proc *space = boot_space(&vma);
    struct guest *guest = space->guest;

    plant_entry(space, START, 0, SLOT);
    stamp_disk(guest, 0, SLOT, STAMP);
    expect_vm_fault(guest, do_swap_page(space, vma, START, false), FAULT_MAJOR,
                    "the disk was read");
    expect_value(space, START, STAMP, "what is in the slot");
    expect_read_only(space, START, "until it is written");
    expect_slot_users(guest, 0, SLOT, 1, "the swap cache");
    expect_rss(space, 1, NULL);
}

/* Needs the same. */
Test(swap, page_is_found_in_the_cache)
{
    gaddr_t vma;
    struct proc *space = boot_space(&vma);
    struct guest *guest = space->guest;
    pfn_t pfn = plant_page(
        guest, (struct planted_page){
                   .slot = SLOT, .list = LRU_INACTIVE_DIRTY, .dirty = true});

    plant_entry(space, START, 0, SLOT);
    expect_vm_fault(guest, do_swap_page(space, vma, START, true), FAULT_MINOR,
                    "no disk was read");
    expect(frame_of(space, START) == pfn, .did = guest_last(guest),
           .expected = text("frame %ld", pfn),
           .seen = text("%ld", frame_of(space, START)));
    expect_writable(space, START, "nobody else uses the page");
    expect_slot_users(guest, 0, SLOT, 0, "what is there is out of date");
}

/* --- all of it ------------------------------------------------------------ */

#define MANY 4000 /* pages: twice the memory of the machine */

static struct proc *boot_swapping(void)
{
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_SWAP);
    struct proc *proc;

    make_whole_swap(guest, 0);
    proc = user_spawn(guest);
    swap_on(proc, 0, -1);
    return proc;
}

/* Needs sys_swapon(). */
Test(swap, disk_becomes_a_swap_area)
{
    struct proc *proc = boot_swapping();
    struct guest *guest = proc->guest;
    uint32_t nslots = disk_npages(guest, 0) - 1;

    expect(swap_area(guest, 0).max == nslots + 1 &&
               nr_swap_pages(guest) == nslots,
           .did = guest_last(guest),
           .expected = text("area 0 has %u slots, all free", nslots),
           .seen = text("max %u, nr_swap_pages %u", swap_area(guest, 0).max,
                        nr_swap_pages(guest)));
}

/* Needs everything but sys_swapoff(). */
Test(swap, process_uses_twice_the_memory)
{
    struct proc *proc = boot_swapping();
    uaddr_t pages = user_pages(proc, MANY);

    user_stamp(proc, pages, MANY, STAMP);
    expect_stamped(proc, pages, MANY, STAMP, "what went out comes back");
    expect(disk_writes(proc->guest, 0) > 0, .did = guest_last(proc->guest),
           .expected = "pages went to the disk", .seen = "none did");
}

/* Needs everything. */
Test(swap, swapoff_empties_the_area)
{
    struct proc *proc = boot_swapping();
    uaddr_t pages = user_pages(proc, MANY);

    user_stamp(proc, pages, MANY, STAMP);
    user_munmap(proc, pages + 100 * PAGE_SIZE, (MANY - 100) * PAGE_SIZE);
    swap_off(proc, 0);
    expect(mapped_in(proc, pages, 100) == 100, .did = guest_last(proc->guest),
           .expected = "all 100 pages are in memory",
           .seen = text("%zu are", mapped_in(proc, pages, 100)));
    expect(total_swap_pages(proc->guest) == 0, .did = guest_last(proc->guest),
           .expected = "no slots at all",
           .seen = text("%u", total_swap_pages(proc->guest)));
    expect_stamped(proc, pages, 100, STAMP, NULL);
}

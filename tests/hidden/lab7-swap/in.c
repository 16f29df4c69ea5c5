/* Hidden tests of lab 7: a page comes back. */
#include <criterion/criterion.h>

#include "scenes.h"

#define NPAGES 8
#define SLOT   50

static struct proc *small_space(gaddr_t *vma)
{
    return boot_space(&machine_swap_64mb, NPAGES, ANON_FLAGS, vma);
}

static struct proc *second_space(struct guest *guest, gaddr_t *vma)
{
    struct proc *space = new_space(guest);

    *vma = add_vma(space, START, PAGE(NPAGES), ANON_FLAGS);
    return space;
}

/* The entry: present, accessed, and so. Its frame. */
static pfn_t expect_in(const struct proc *space, uaddr_t address,
                       bool is_writable)
{
    struct pte_view view = pte_view(space, address);

    expect(view.present && view.user && view.accessed &&
               view.writable == is_writable && view.dirty == is_writable,
           .did = guest_last(space->guest),
           .expected = is_writable ? "present, accessed, writable, dirty"
                                   : "present, accessed, read-only, not dirty",
           .seen = pte_text(&view));
    return view.pfn;
}

static void expect_users_of(struct guest *guest, pfn_t pfn, int users,
                            const char *hint)
{
    int seen = page_count(guest, pfn);

    expect(seen == users, .did = guest_last(guest),
           .expected = text("frame %ld has %d users", pfn, users),
           .seen = text("%d", seen), .hint = hint);
}

static void expect_stamp(const struct proc *space, uaddr_t address,
                         uint32_t stamp)
{
    expect_value(space, address, stamp, "what was in the slot");
}

/* --- reading -------------------------------------------------------------- */

Test(swap, read_from_the_disk)
{
    gaddr_t vma;
    struct proc *space = small_space(&vma);
    struct guest *guest = space->guest;
    struct swap_page_view view;
    pfn_t pfn;

    plant_out(space, PAGE(1), SLOT, STAMP);
    expect_vm_fault(guest, do_swap_page(space, vma, PAGE(1), false),
                    FAULT_MAJOR, "the disk was asked");
    pfn = expect_in(space, PAGE(1), false);
    expect_stamp(space, PAGE(1), STAMP);
    expect_rss(space, 1, NULL);
    expect_users_of(guest, pfn, 2, "the entry, and the swap cache");
    expect_slot_users(guest, 0, SLOT, 1, "the swap cache");
    expect_on(guest, pfn, LRU_ACTIVE, "activate_page()");
    view = swap_page_view(guest, pfn);
    expect(view.cached && !view.dirty && view.slot == SLOT,
           .did = guest_last(guest),
           .expected = text("it is in the cache, clean, with slot %d", SLOT),
           .seen = "it is not");
    expect_io(guest, 1, 0, NULL);
}

static void read_from_list(enum lru_list list, bool dirty)
{
    gaddr_t vma;
    struct proc *space = small_space(&vma);
    struct guest *guest = space->guest;
    pfn_t pfn = plant_page(
        guest,
        (struct planted_page){.slot = SLOT, .list = list, .dirty = dirty});

    stamp_frame(guest, pfn, STAMP);
    plant_entry(space, PAGE(1), 0, SLOT);
    expect_vm_fault(guest, do_swap_page(space, vma, PAGE(1), false),
                    FAULT_MINOR, "it was in the swap cache");
    expect(expect_in(space, PAGE(1), false) == pfn, .did = guest_last(guest),
           .expected = text("frame %ld", pfn),
           .seen = text("%ld", frame_of(space, PAGE(1))));
    expect_stamp(space, PAGE(1), STAMP);
    expect_on(guest, pfn, LRU_ACTIVE, "activate_page()");
    expect(swap_page_view(guest, pfn).dirty == dirty, .did = guest_last(guest),
           .expected = "dirty or clean, as before", .seen = "it has changed");
    expect_users_of(guest, pfn, 2, "the entry, and the swap cache");
    expect_slot_users(guest, 0, SLOT, 1, "the swap cache");
    expect_rss(space, 1, NULL);
    expect_io(guest, 0, 0, "no disk is needed");
    guest_end_all();
}

Test(swap, read_from_the_cache)
{
    read_from_list(LRU_INACTIVE_DIRTY, true);
    read_from_list(LRU_INACTIVE_CLEAN, false);
    read_from_list(LRU_ACTIVE, false);
}

Test(swap, sharers_find_the_same_frame)
{
    gaddr_t vma, vma2;
    struct proc *space = small_space(&vma);
    struct guest *guest = space->guest;
    struct proc *other = second_space(guest, &vma2);

    plant_out(space, PAGE(1), SLOT, STAMP);
    plant_entry(other, PAGE(2), 0, SLOT);
    expect_vm_fault(guest, do_swap_page(space, vma, PAGE(1), false),
                    FAULT_MAJOR, NULL);
    expect_slot_users(guest, 0, SLOT, 2, "the cache, and the other's entry");
    expect_vm_fault(guest, do_swap_page(other, vma2, PAGE(2), false),
                    FAULT_MINOR, "the first one has read it");
    expect(frame_of(space, PAGE(1)) == frame_of(other, PAGE(2)),
           .did = guest_last(guest), .expected = "the same frame for both",
           .seen = "two");
    expect_users_of(guest, frame_of(space, PAGE(1)), 3,
                    "two entries, and the cache");
    expect_slot_users(guest, 0, SLOT, 1, "the cache");
    expect_io(guest, 1, 0, "one read for both");
    expect_rss(other, 1, NULL);
}

/* What was only read needn't be written again. */
Test(swap, second_way_out_writes_nothing)
{
    gaddr_t vma;
    struct proc *space = small_space(&vma);
    struct guest *guest = space->guest;
    pfn_t pfn;

    plant_out(space, PAGE(1), SLOT, STAMP);
    for (uint32_t round = 1; round <= 3; round++) {
        do_swap_page(space, vma, PAGE(1), false);
        pfn = expect_in(space, PAGE(1), false);
        change_entry(space, PAGE(1), PTE_ACCESSED, 0);
        expect_number(guest, try_to_swap_out(space, vma, PAGE(1)), 1, NULL);
        expect_swapped(space, PAGE(1), 0, SLOT, "it has its slot still");
        expect_number(guest, page_launder(guest), 1, "it is clean");
        expect_io(guest, round, 0, "the disk has it");
        expect(reclaim_page(guest, zone_of(guest, pfn)) == pfn,
               .did = guest_last(guest), .expected = "the page",
               .seen = "another, or none");
        free_pages(guest, pfn, 0);
    }
}

/* --- writing -------------------------------------------------------------- */

static void write_to_exclusive(bool in_cache, bool dirty)
{
    gaddr_t vma;
    struct proc *space = small_space(&vma);
    struct guest *guest = space->guest;
    pfn_t pfn = NO_PAGE;
    uint32_t left;

    if (in_cache) {
        pfn =
            plant_page(guest, (struct planted_page){.slot = SLOT,
                                                    .list = LRU_INACTIVE_DIRTY,
                                                    .dirty = dirty});
        stamp_frame(guest, pfn, STAMP);
        plant_entry(space, PAGE(1), 0, SLOT);
    } else {
        plant_out(space, PAGE(1), SLOT, STAMP);
    }
    left = free_pages_in_ram(guest) - !in_cache;
    expect_vm_fault(guest, do_swap_page(space, vma, PAGE(1), true),
                    in_cache ? FAULT_MINOR : FAULT_MAJOR, NULL);
    expect(!in_cache || frame_of(space, PAGE(1)) == pfn,
           .did = guest_last(guest), .expected = "the frame of the cache",
           .seen = "another", .hint = "nobody else uses it: no copy");
    pfn = expect_in(space, PAGE(1), true);
    expect(free_pages_in_ram(guest) == left, .did = guest_last(guest),
           .expected = "no page for a copy",
           .seen = text("%d", (int)(left - free_pages_in_ram(guest))));
    expect(!swap_page_view(guest, pfn).cached, .did = guest_last(guest),
           .expected = "it has left the swap cache", .seen = "it has not",
           .hint = "exclusive_swap_page(), delete_from_swap_cache()");
    expect_on(guest, pfn, LRU_NONE, "lists are for pages of the cache");
    expect_users_of(guest, pfn, 1, "the entry");
    expect_slot_users(guest, 0, SLOT, 0, "what is there is out of date");
    expect_stamp(space, PAGE(1), STAMP);
    expect_rss(space, 1, NULL);
    guest_end_all();
}

Test(swap, write_to_an_exclusive_page)
{
    write_to_exclusive(true, true);
    write_to_exclusive(true, false);
    write_to_exclusive(false, false);
}

static void write_to_a_page_that_others_need(void)
{
    gaddr_t vma, vma2;
    struct proc *space = small_space(&vma);
    struct guest *guest = space->guest;
    struct proc *other = second_space(guest, &vma2);

    plant_out(space, PAGE(1), SLOT, STAMP);
    plant_entry(other, PAGE(1), 0, SLOT);
    expect_vm_fault(guest, do_swap_page(space, vma, PAGE(1), true), FAULT_MAJOR,
                    NULL);
    expect_users_of(guest, expect_in(space, PAGE(1), true), 1, "the entry");
    expect_stamp(space, PAGE(1), STAMP);
    expect_swapped(other, PAGE(1), 0, SLOT, "it is not its write");
    expect_rss(space, 1, NULL);
    expect_vm_fault(guest, do_swap_page(other, vma2, PAGE(1), false),
                    FAULT_MINOR, "the cache has it");
    expect_different_frame(space, other, PAGE(1), "one is a copy");
    expect_stamp(other, PAGE(1), STAMP);
    expect_slot_users(guest, 0, SLOT, 1, "the cache");
}

static void write_to_a_page_that_others_map(void)
{
    gaddr_t vma, vma2;
    struct proc *space = small_space(&vma);
    struct guest *guest = space->guest;
    struct proc *other = second_space(guest, &vma2);
    pfn_t pfn;

    plant_out(other, PAGE(1), SLOT, STAMP);
    plant_entry(space, PAGE(1), 0, SLOT);
    do_swap_page(other, vma2, PAGE(1), false);
    pfn = expect_in(other, PAGE(1), false);
    enter_space(guest, space);
    expect_vm_fault(guest, do_swap_page(space, vma, PAGE(1), true), FAULT_MINOR,
                    NULL);
    expect_in(space, PAGE(1), true);
    expect_different_frame(space, other, PAGE(1), "do_wp_page() copies");
    expect(frame_of(other, PAGE(1)) == pfn, .did = guest_last(guest),
           .expected = "the other keeps its frame", .seen = "it has another");
    expect_in(other, PAGE(1), false);
    expect_users_of(guest, pfn, 2, "the other's entry, and the cache");
    expect_users_of(guest, frame_of(space, PAGE(1)), 1, "the entry");
    expect_slot_users(guest, 0, SLOT, 1, "the cache");
}

Test(swap, write_to_a_page_that_others_use)
{
    write_to_a_page_that_others_need();
    guest_end_all();
    write_to_a_page_that_others_map();
}

/* --- what goes wrong ------------------------------------------------------ */

static void expect_untouched(const struct proc *space)
{
    expect_swapped(space, PAGE(1), 0, SLOT, "the entry is as it was");
    expect_slot_users(space->guest, 0, SLOT, 1, "the entry's use stays");
    expect_rss(space, 0, "nothing is mapped");
}

Test(swap, in_without_memory)
{
    gaddr_t vma;
    struct proc *space = small_space(&vma);
    struct guest *guest = space->guest;

    plant_out(space, PAGE(1), SLOT, STAMP);
    rmqueue_all(guest, ZONE_NORMAL, 0);
    rmqueue_all(guest, ZONE_DMA, 0);
    for (int write = 0; write < 2; write++) {
        expect_vm_fault(guest, do_swap_page(space, vma, PAGE(1), write != 0),
                        FAULT_OOM, "no page is left");
        expect_untouched(space);
    }
    expect_io(guest, 0, 0, NULL);
}

Test(swap, in_from_a_disk_that_fails)
{
    gaddr_t vma;
    struct proc *space = small_space(&vma);
    struct guest *guest = space->guest;
    uint32_t left = 0;

    plant_out(space, PAGE(1), SLOT, STAMP);
    disk_fails(guest, 0, (struct disk_fault){0, DISK_READ, SLOT, 1, 2});
    left = free_pages_in_ram(guest);
    for (int write = 0; write < 2; write++) {
        expect_vm_fault(guest, do_swap_page(space, vma, PAGE(1), write != 0),
                        FAULT_SIGBUS, "-EIO");
        expect_untouched(space);
    }
    expect(free_pages_in_ram(guest) == left, .did = guest_last(guest),
           .expected = "the frame is given back",
           .seen = text("%d are lost", (int)(left - free_pages_in_ram(guest))));
    expect_vm_fault(guest, do_swap_page(space, vma, PAGE(1), false),
                    FAULT_MAJOR, "the disk works again");
    expect_stamp(space, PAGE(1), STAMP);
}

/* While the disk is read, another task takes the areas down. */
Test(swap, entry_that_changed_meanwhile_stays)
{
    gaddr_t vma;
    struct proc *space = small_space(&vma);
    struct guest *guest = space->guest;
    uint32_t left;
    struct call calls[2];
    const struct agent_result *results;

    plant_out(space, PAGE(1), SLOT, STAMP);
    left = free_pages_in_ram(guest);
    calls[0] = other_task_call(guest, "exit_mmap", mm_of(space));
    calls[1] = do_swap_page_call(space, vma, PAGE(1), true);
    results = make_calls(guest, calls, 2);
    expect_vm_fault(guest, (int)results[1].value, FAULT_MINOR,
                    "somebody was faster: the process looks again");
    expect_empty(space, PAGE(1), "it is not the slot's entry any more");
    expect_rss(space, 0, NULL);
    expect_slot_users(guest, 0, SLOT, 0, "nobody needs it");
    expect(free_pages_in_ram(guest) >= left, .did = guest_last(guest),
           .expected = "the frame that was read is free",
           .seen = text("%d are lost", (int)(left - free_pages_in_ram(guest))),
           .hint = "free_page_and_swap_cache()");
}

/* --- from outside --------------------------------------------------------- */

Test(swap, high_memory_goes_out_and_comes_back)
{
    gaddr_t vma;
    struct proc *space =
        boot_space(&machine_swap_1200mb, NPAGES, ANON_FLAGS, &vma);
    struct guest *guest = space->guest;
    pfn_t pfn = map_fresh(space, PAGE(1), OLD_BITS);

    expect(zone_of(guest, pfn) == ZONE_HIGHMEM, .did = guest_last(guest),
           .expected = "a page of high memory", .seen = "another");
    stamp_frame(guest, pfn, STAMP);
    expect_number(guest, try_to_swap_out(space, vma, PAGE(1)), 1, NULL);
    expect_number(guest, page_launder(guest), 1, NULL);
    expect_on(guest, pfn, LRU_INACTIVE_CLEAN, NULL);
    expect(reclaim_page(guest, ZONE_HIGHMEM) == pfn, .did = guest_last(guest),
           .expected = "the page of high memory", .seen = "another");
    stamp_frame(guest, pfn, 0);
    expect_vm_fault(guest, do_swap_page(space, vma, PAGE(1), true), FAULT_MAJOR,
                    NULL);
    expect(zone_of(guest, frame_of(space, PAGE(1))) == ZONE_HIGHMEM,
           .did = guest_last(guest), .expected = "high memory again",
           .seen = "another zone");
    expect_stamp(space, PAGE(1), STAMP);
}

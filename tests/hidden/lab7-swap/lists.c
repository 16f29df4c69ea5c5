/* Hidden tests of lab 7: pages of the swap cache on their way from list to
 * list. */
#include <criterion/criterion.h>

#include "scenes.h"

#define OTHERS 1 /* somebody's entry names the slot, so it is needed */

/* A page of slot `slot` on a list, stamped. */
static pfn_t page_on(struct guest *guest, enum lru_list list, uint32_t slot,
                     bool dirty)
{
    pfn_t pfn = plant_page(guest, (struct planted_page){.slot = slot,
                                                        .list = list,
                                                        .dirty = dirty,
                                                        .others = OTHERS});

    stamp_frame(guest, pfn, STAMP + slot);
    return pfn;
}

static void expect_written(struct guest *guest, uint32_t slot)
{
    expect(disk_stamp(guest, 0, slot) == STAMP + slot, .did = guest_last(guest),
           .expected = text("page %u of the disk has what the frame has", slot),
           .seen = text("0x%08x", disk_stamp(guest, 0, slot)));
}

static void expect_dirty_page(struct guest *guest, pfn_t pfn, bool dirty,
                              const char *hint)
{
    expect(swap_page_view(guest, pfn).dirty == dirty, .did = guest_last(guest),
           .expected = text("frame %ld is %s", pfn, dirty ? "dirty" : "clean"),
           .seen = "it is not so", .hint = hint);
}

/* --- refill_inactive() ---------------------------------------------------- */

#define MANY 64

Test(swap, refill_takes_the_oldest)
{
    struct guest *guest = boot_planted(&machine_swap_64mb);
    pfn_t pfns[MANY];
    int moved;

    for (uint32_t i = 0; i < MANY; i++)
        pfns[i] = page_on(guest, LRU_ACTIVE, i + 1, true);
    moved = refill_inactive(guest, 3);
    expect(moved == 8 || moved == 9, .did = guest_last(guest),
           .expected = "8: an eighth of 64", .seen = text("%d", moved));
    for (int i = 0; i < MANY; i++)
        expect_on(guest, pfns[i], i < moved ? LRU_INACTIVE_DIRTY : LRU_ACTIVE,
                  "the oldest is at the list's end: prev");
    moved = refill_inactive(guest, DEF_PRIORITY);
    expect(moved == 1, .did = guest_last(guest), .expected = "at least one: 1",
           .seen = text("%d", moved));
}

static void refill_leaves_what_is_used_alone(void)
{
    struct guest *guest = boot_planted(&machine_swap_64mb);
    pfn_t referenced = page_on(guest, LRU_ACTIVE, 1, true);
    pfn_t mapped = page_on(guest, LRU_ACTIVE, 2, true);
    pfn_t idle = page_on(guest, LRU_ACTIVE, 3, true);

    set_referenced(guest, referenced);
    hold_page(guest, mapped);
    expect_number(guest, refill_inactive(guest, 0), 1, "one is not used");
    expect_on(guest, idle, LRU_INACTIVE_DIRTY, NULL);
    expect_on(guest, mapped, LRU_ACTIVE, "somebody maps it");
    expect_on(guest, referenced, LRU_ACTIVE, "PageReferenced()");
    expect(!swap_page_view(guest, referenced).referenced,
           .did = guest_last(guest), .expected = "no longer referenced",
           .seen = "it is");
    expect_number(guest, refill_inactive(guest, 0), 1, "it was not used since");
    expect_on(guest, referenced, LRU_INACTIVE_DIRTY, NULL);
    expect_on(guest, mapped, LRU_ACTIVE, "somebody still maps it");
}

/* What was used becomes the youngest: the next in line are the others. */
Test(swap, refill_makes_used_pages_the_youngest)
{
    struct guest *guest = boot_planted(&machine_swap_64mb);
    pfn_t pfns[MANY];

    for (uint32_t i = 0; i < MANY; i++)
        pfns[i] = page_on(guest, LRU_ACTIVE, i + 1, true);
    for (int i = 0; i < 8; i++)
        set_referenced(guest, pfns[i]);
    refill_inactive(guest, 3);
    while (nr_active(guest) > 10)
        expect(refill_inactive(guest, 4) > 0, .did = guest_last(guest),
               .expected = "pages to move", .seen = "none");
    for (int i = 0; i < 8; i++)
        expect_on(guest, pfns[i], LRU_ACTIVE,
                  "it went to the youngest end when it was used");
    expect_on(guest, pfns[20], LRU_INACTIVE_DIRTY, NULL);
}

static void refill_of_nothing(void)
{
    struct guest *guest = boot_planted(&machine_swap_64mb);
    pfn_t only;

    expect_number(guest, refill_inactive(guest, 0), 0, "the list is empty");
    only = page_on(guest, LRU_ACTIVE, 1, false);
    hold_page(guest, only);
    expect_number(guest, refill_inactive(guest, 0), 0, "the only one is used");
    release_page(guest, only);
    expect_number(guest, refill_inactive(guest, 0), 1, NULL);
}

Test(swap, refill_leaves_what_is_used)
{
    refill_leaves_what_is_used_alone();
    guest_end_all();
    refill_of_nothing();
}

/* --- page_launder() ------------------------------------------------------- */

static void launder_writes_what_is_dirty_once_alone(void)
{
    struct guest *guest = boot_planted(&machine_swap_64mb);
    pfn_t pfns[5];

    for (uint32_t i = 0; i < 5; i++)
        pfns[i] = page_on(guest, LRU_INACTIVE_DIRTY, 10 + i, true);
    expect_number(guest, page_launder(guest), 5, "all are clean now");
    for (uint32_t i = 0; i < 5; i++) {
        expect_written(guest, 10 + i);
        expect_on(guest, pfns[i], LRU_INACTIVE_CLEAN, NULL);
        expect_dirty_page(guest, pfns[i], false, "the disk has it");
        expect(page_count(guest, pfns[i]) == 1, .did = guest_last(guest),
               .expected = "only the cache uses it",
               .seen = text("%d users", page_count(guest, pfns[i])));
        expect_slot_users(guest, 0, 10 + i, 1 + OTHERS, NULL);
    }
    expect_io(guest, 0, 5, "each once");
    expect_number(guest, page_launder(guest), 0, "nothing is left to do");
    expect_io(guest, 0, 5, "each once");
}

static void launder_writes_nothing_clean(void)
{
    struct guest *guest = boot_planted(&machine_swap_64mb);
    pfn_t clean = page_on(guest, LRU_INACTIVE_DIRTY, 1, false);
    pfn_t dirty = page_on(guest, LRU_INACTIVE_DIRTY, 2, true);

    expect_number(guest, page_launder(guest), 2, NULL);
    expect_on(guest, clean, LRU_INACTIVE_CLEAN, "the disk has it already");
    expect_on(guest, dirty, LRU_INACTIVE_CLEAN, NULL);
    expect_io(guest, 0, 1, "the dirty one alone");
    expect(disk_stamp(guest, 0, 1) == 0, .did = guest_last(guest),
           .expected = "slot 1 is as it was", .seen = "it was written");
}

Test(swap, launder_writes_what_is_dirty_once)
{
    launder_writes_what_is_dirty_once_alone();
    guest_end_all();
    launder_writes_nothing_clean();
}

Test(swap, launder_activates_what_is_used)
{
    struct guest *guest = boot_planted(&machine_swap_64mb);
    pfn_t referenced = page_on(guest, LRU_INACTIVE_DIRTY, 1, true);
    pfn_t mapped = page_on(guest, LRU_INACTIVE_DIRTY, 2, true);
    pfn_t clean = page_on(guest, LRU_INACTIVE_DIRTY, 3, false);
    pfn_t idle = page_on(guest, LRU_INACTIVE_DIRTY, 4, true);

    set_referenced(guest, referenced);
    hold_page(guest, mapped);
    hold_page(guest, clean);
    expect_number(guest, page_launder(guest), 1, "one is clean now");
    expect_on(guest, referenced, LRU_ACTIVE, "it was used again");
    expect_on(guest, mapped, LRU_ACTIVE, "somebody maps it");
    expect_on(guest, clean, LRU_ACTIVE, "somebody maps it");
    expect_on(guest, idle, LRU_INACTIVE_CLEAN, NULL);
    expect_dirty_page(guest, referenced, true, "it is not written");
    expect_io(guest, 0, 1, "what is used is not written");
}

Test(swap, launder_frees_orphans)
{
    struct guest *guest = boot_planted(&machine_swap_64mb);
    pfn_t orphans[2], needed;

    for (uint32_t i = 0; i < 2; i++)
        orphans[i] =
            plant_page(guest, (struct planted_page){.slot = 4 + i,
                                                    .list = LRU_INACTIVE_DIRTY,
                                                    .dirty = i == 0});
    needed = page_on(guest, LRU_INACTIVE_DIRTY, 6, false);
    expect_number(guest, page_launder(guest), 3, "two free, one clean");
    for (uint32_t i = 0; i < 2; i++) {
        expect_freed(guest, orphans[i], "nobody can ask for it any more");
        expect_slot_users(guest, 0, 4 + i, 0, "the cache was the last one");
    }
    expect_on(guest, needed, LRU_INACTIVE_CLEAN, NULL);
    expect_io(guest, 0, 0, "what nobody needs is not written");
}

static void launder_keeps_what_it_cannot_write_alone(void)
{
    struct guest *guest = boot_planted(&machine_swap_64mb);
    pfn_t bad = page_on(guest, LRU_INACTIVE_DIRTY, 20, true);
    pfn_t good = page_on(guest, LRU_INACTIVE_DIRTY, 21, true);

    disk_fails(guest, 0, (struct disk_fault){0, DISK_WRITE, 20, 1, 1});
    expect_number(guest, page_launder(guest), 1, "one is clean now");
    expect_on(guest, bad, LRU_ACTIVE, "it can't go");
    expect_dirty_page(guest, bad, true, "the disk does not have it");
    expect_on(guest, good, LRU_INACTIVE_CLEAN, "the others go on");
    expect(page_count(guest, bad) == 1, .did = guest_last(guest),
           .expected = "only the cache uses it",
           .seen = text("%d users", page_count(guest, bad)));
    expect_number(guest, refill_inactive(guest, 0), 1, NULL);
    expect_number(guest, page_launder(guest), 1, "the disk works again");
    expect_written(guest, 20);
    expect_on(guest, bad, LRU_INACTIVE_CLEAN, NULL);
}

/* The oldest are written first; a disk that fails after three says so. */
static void launder_begins_with_the_oldest(void)
{
    struct guest *guest = boot_planted(&machine_swap_64mb);
    pfn_t pfns[6];

    for (uint32_t i = 0; i < 6; i++)
        pfns[i] = page_on(guest, LRU_INACTIVE_DIRTY, 30 + i, true);
    disk_fails(guest, 0, (struct disk_fault){0, DISK_WRITE, 30, 6, 3});
    expect_number(guest, page_launder(guest), 3, "three can't be written");
    for (int i = 0; i < 6; i++)
        expect_on(guest, pfns[i], i < 3 ? LRU_ACTIVE : LRU_INACTIVE_CLEAN,
                  "the first transfers fail: those of the oldest");
}

Test(swap, launder_keeps_what_it_cannot_write)
{
    launder_keeps_what_it_cannot_write_alone();
    guest_end_all();
    launder_begins_with_the_oldest();
}

/* While the page is written, the only one who needed it exits. */
Test(swap, launder_looks_again_after_writing)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_swap_64mb, 4, ANON_FLAGS, &vma);
    struct guest *guest = space->guest;
    pfn_t pfn = plant_page(
        guest, (struct planted_page){
                   .slot = 8, .list = LRU_INACTIVE_DIRTY, .dirty = true});
    const struct call calls[] = {
        other_task_call(guest, "mmput", space->mm),
        {.function = "page_launder", .shown = "page_launder()"},
    };

    plant_entry(space, PAGE(0), 0, 8);
    enter_space(guest, NULL);
    make_calls(guest, calls, 2);
    page_launder(guest);
    while (reclaim_page(guest, ZONE_NORMAL) != NO_PAGE)
        continue;
    expect(!swap_page_view(guest, pfn).cached, .did = guest_last(guest),
           .expected = "the page is not in the swap cache any more",
           .seen = "it is");
    expect_slot_users(guest, 0, 8, 0, "nobody needs it");
}

/* --- reclaim_page() ------------------------------------------------------- */

static void expect_reclaimed(struct guest *guest, enum zone_index zone,
                             pfn_t pfn, uint32_t slot)
{
    pfn_t seen = reclaim_page(guest, zone);
    struct swap_page_view view;

    expect(seen == pfn, .did = guest_last(guest),
           .expected = text("frame %ld", pfn), .seen = text("%ld", seen),
           .hint = "the oldest that is unused and clean");
    view = swap_page_view(guest, pfn);
    expect(!view.cached && view.count == 1 && view.list == LRU_NONE,
           .did = guest_last(guest),
           .expected = "out of the cache, on no list, one use: the caller's",
           .seen = text("%sin the cache, %d users, on %s",
                        view.cached ? "" : "not ", view.count,
                        lru_text(view.list)));
    expect_slot_users(guest, 0, slot, OTHERS, "the cache's use is over");
}

static void reclaim_gives_the_oldest_first(void)
{
    struct guest *guest = boot_planted(&machine_swap_64mb);
    pfn_t pfns[4];
    uint32_t left;

    for (uint32_t i = 0; i < 4; i++) {
        pfns[i] = page_on(guest, LRU_INACTIVE_CLEAN, 40 + i, false);
        stamp_disk(guest, 0, 40 + i, STAMP + 40 + i);
    }
    left = free_pages_in_ram(guest);
    for (uint32_t i = 0; i < 4; i++)
        expect_reclaimed(guest, ZONE_NORMAL, pfns[i], 40 + i);
    expect(reclaim_page(guest, ZONE_NORMAL) == NO_PAGE,
           .did = guest_last(guest), .expected = "NULL", .seen = "a page");
    expect(free_pages_in_ram(guest) == left, .did = guest_last(guest),
           .expected = "the caller has the pages, not the page allocator",
           .seen = text("%d", (int)(free_pages_in_ram(guest) - left)));
    for (uint32_t i = 0; i < 4; i++)
        expect_written(guest, 40 + i);
}

Test(swap, reclaim_passes_what_was_used_again)
{
    struct guest *guest = boot_planted(&machine_swap_64mb);
    pfn_t referenced = page_on(guest, LRU_INACTIVE_CLEAN, 1, false);
    pfn_t mapped = page_on(guest, LRU_INACTIVE_CLEAN, 2, false);
    pfn_t dirty = page_on(guest, LRU_INACTIVE_CLEAN, 3, true);
    pfn_t idle = page_on(guest, LRU_INACTIVE_CLEAN, 4, false);

    set_referenced(guest, referenced);
    hold_page(guest, mapped);
    expect_reclaimed(guest, ZONE_NORMAL, idle, 4);
    expect_on(guest, referenced, LRU_ACTIVE, "it was used again");
    expect_on(guest, mapped, LRU_ACTIVE, "somebody maps it");
    expect_on(guest, dirty, LRU_INACTIVE_DIRTY, "the disk has another");
    expect_dirty_page(guest, dirty, true, NULL);
    expect(reclaim_page(guest, ZONE_NORMAL) == NO_PAGE,
           .did = guest_last(guest), .expected = "NULL", .seen = "a page");
    expect(nr_inactive_clean(guest) == 0, .did = guest_last(guest),
           .expected = "none is left", .seen = "some are");
}

static void reclaim_keeps_to_the_zone(void)
{
    struct guest *guest = boot_planted(&machine_swap_64mb);
    pfn_t low =
        plant_page(guest, (struct planted_page){.slot = 1,
                                                .list = LRU_INACTIVE_CLEAN,
                                                .dma = true,
                                                .others = OTHERS});
    pfn_t normal = page_on(guest, LRU_INACTIVE_CLEAN, 2, false);

    expect(zone_of(guest, low) == ZONE_DMA &&
               zone_of(guest, normal) == ZONE_NORMAL,
           .did = "pages of both zones", .expected = "one each",
           .seen = "others");
    expect_reclaimed(guest, ZONE_NORMAL, normal, 2);
    expect(reclaim_page(guest, ZONE_NORMAL) == NO_PAGE,
           .did = guest_last(guest), .expected = "NULL: the other is of DMA",
           .seen = "a page");
    expect_on(guest, low, LRU_INACTIVE_CLEAN, "another zone's");
    expect_reclaimed(guest, ZONE_DMA, low, 1);
}

Test(swap, reclaim_gives_the_oldest_of_the_zone)
{
    reclaim_gives_the_oldest_first();
    guest_end_all();
    reclaim_keeps_to_the_zone();
}

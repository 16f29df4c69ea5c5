/* Hidden tests of lab 6: zap_page_range(), what becomes of the entries. */
#include <criterion/criterion.h>

#include "tables.h"

#define NPAGES 8
#define SLOT   11 /* of swap */

static void zap(const struct proc *space, uaddr_t address, size_t npages)
{
    zap_page_range(space, address, (uint32_t)npages * PAGE_SIZE);
}

/* The last call must have given so many pages back. */
static void expect_freed(struct guest *guest, uint32_t before, uint32_t npages)
{
    uint32_t freed = free_pages_in_ram(guest) - before;

    expect(freed == npages, .did = guest_last(guest),
           .expected = text("%u pages more are free", npages),
           .seen = text("%d", (int)freed),
           .hint = "__free_page() once for each entry that mapped a frame");
}

Test(cow, only_the_range_is_zapped)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, NPAGES, ANON_FLAGS, &vma);
    pfn_t *frames = map_many(space, START, NPAGES, RW_BITS);

    zap(space, PAGE(2), 0);
    expect_frame(space, PAGE(2), frames[2], "a range without pages");
    zap(space, PAGE(2), 3);
    for (int i = 0; i < NPAGES; i++)
        if (i >= 2 && i < 5)
            expect_empty(space, PAGE(i), "it is within the range");
        else
            expect_frame(space, PAGE(i), frames[i],
                         "[address, address + size), nothing else");
    expect_rss(space, NPAGES - 3, NULL);
}

Test(cow, range_across_page_tables_is_zapped)
{
    static const unsigned pages[] = {1022, 1023, 1024, 2047, 2048, 2049};
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, 4096, ANON_FLAGS, &vma);
    pfn_t frames[6];

    for (int i = 0; i < 6; i++)
        frames[i] = map_fresh(space, PAGE(pages[i]), RW_BITS);
    zap(space, PAGE(1023), 2049 - 1023);
    expect_frame(space, PAGE(1022), frames[0], "before the range");
    expect_frame(space, PAGE(2049), frames[5], "behind the range");
    for (int i = 1; i < 5; i++)
        expect_empty(space, PAGE(pages[i]),
                     "the next page table begins at a multiple of 4 MB");
    expect_rss(space, 2, NULL);
}

Test(cow, whole_address_space_is_zapped)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, NPAGES, ANON_FLAGS, &vma);
    static const uaddr_t pages[] = {0, PAGE_SIZE, START, USER_END - PAGE_SIZE};
    uint32_t before;

    for (int i = 0; i < 4; i++)
        map_fresh(space, pages[i], RW_BITS);
    before = free_pages_in_ram(space->guest);
    zap_page_range(space, 0, USER_END);
    for (int i = 0; i < 4; i++)
        expect_empty(space, pages[i], "[0, TASK_SIZE) is all of it");
    expect_freed(space->guest, before, 4);
}

Test(cow, shared_frames_lose_one_user)
{
    struct pair pair = boot_pair(&machine_64mb);
    pfn_t *frames = map_many(pair.src, START, 3, RO_BITS);
    uint32_t before;

    map_shared_pages(pair.dst, PAGE(0), frames[0], RO_BITS);
    map_shared_pages(pair.dst, PAGE(1), frames[1], RO_BITS);
    before = free_pages_in_ram(pair.guest);
    zap(pair.src, START, 3);
    expect_freed(pair.guest, before, 1);
    for (int i = 0; i < 2; i++) {
        expect_count(pair.guest, frames[i], 1, "the other space's entry");
        expect_raw(pair.dst, PAGE(i),
                   (uint32_t)frames[i] << PAGE_SHIFT | RO_BITS,
                   "another space");
        expect_full_of(pair.guest, frames[i], fill_of((size_t)i), NULL);
    }
    zap(pair.dst, START, 3);
    expect_freed(pair.guest, before, 3);
}

/* Two entries of the range map the same frame. */
Test(cow, frame_with_two_entries_is_given_back_once)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, NPAGES, ANON_FLAGS, &vma);
    pfn_t frame = map_fresh(space, PAGE(1), RO_BITS);
    uint32_t before = free_pages_in_ram(space->guest);

    map_shared_pages(space, PAGE(4), frame, RO_BITS);
    zap(space, START, NPAGES);
    expect_count(space->guest, frame, 0, "both its users are gone");
    expect_freed(space->guest, before, 1);
    expect_rss(space, 0, "it counted both entries");
}

/* --- by the kind of entry ------------------------------------------------ */

Test(cow, zapped_reserved_pages_are_not_given_back)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, NPAGES, ANON_FLAGS, &vma);
    pfn_t zero = zero_frame(space->guest);
    pfn_t other = reserved_page(space->guest);
    int users = page_count(space->guest, zero);
    uint32_t before = free_pages_in_ram(space->guest);

    map_reserved(space, PAGE(0), zero, RO_BITS);
    map_reserved(space, PAGE(1), other, RW_BITS);
    map_fresh(space, PAGE(2), RW_BITS);
    zap(space, START, NPAGES);
    expect_all_empty(space, START, NPAGES, "reserved or not");
    expect_rss(space, 0, "reserved pages were not in rss");
    expect_count(space->guest, zero, users, "nobody counts its users");
    expect_count(space->guest, other, 1, "nobody counts its users");
    expect_freed(space->guest, before, (uint32_t)-1); /* the page table */
}

Test(cow, zapped_hidden_pages_are_given_back)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, NPAGES, VM_MAY, &vma);
    uint32_t before;

    map_many(space, START, NPAGES, HIDDEN_BITS);
    before = free_pages_in_ram(space->guest);
    zap(space, START, NPAGES);
    expect_all_empty(space, START, NPAGES, "PROT_NONE: pte_present() is true");
    expect_freed(space->guest, before, NPAGES);
    expect_rss(space, 0, NULL);
}

Test(cow, swap_slots_lose_one_user)
{
    struct pair pair = boot_pair(&machine_64mb);

    put_swap_entry(pair.src, PAGE(1), SLOT);
    put_swap_entry(pair.src, PAGE(3), SLOT + 1);
    put_swap_entry(pair.dst, PAGE(3), SLOT + 1);
    put_swap_entry(pair.src, PAGE(5), SLOT + 2);
    zap(pair.src, START, 5);
    expect_all_empty(pair.src, START, 5, "swap entries are cleared, too");
    expect_swap_users(pair.guest, SLOT, 0, "the last one is gone");
    expect_swap_users(pair.guest, SLOT + 1, 1, "the other space's entry");
    expect_swap_users(pair.guest, SLOT + 2, 1, "it is behind the range");
    expect_raw(pair.dst, PAGE(3), swap_entry(SLOT + 1), "another space");
    expect_rss(pair.src, 0, "a page on swap is not in rss");
}

Test(cow, page_tables_stay_and_none_is_made)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, 4096, ANON_FLAGS, &vma);
    uint32_t before;

    set_entry(space, PAGE(0), 0);
    map_fresh(space, PAGE(2 * TABLE_PAGES), RW_BITS);
    before = free_pages_in_ram(space->guest);
    zap(space, PAGE(5), 4 * TABLE_PAGES - 5);
    expect_empty(space, PAGE(2 * TABLE_PAGES),
                 "it is behind a missing page table");
    expect(page_tables(space) == 2, .did = guest_last(space->guest),
           .expected = "the same two page tables",
           .seen = text("%zu", page_tables(space)),
           .hint = "pte_find(); mmput() frees page tables");
    expect_freed(space->guest, before, 1);
}

/* --- what is dirty ------------------------------------------------------- */

Test(cow, dirty_pages_of_files_are_noted)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, NPAGES, SHARED_FLAGS, &vma);
    static const struct {
        uint32_t bits;
        bool is_dirty;
    } entries[] = {{RW_BITS, true},
                   {RW_BITS & ~PTE_DIRTY, false},
                   {RO_BITS | PTE_DIRTY, true},
                   {RO_BITS, false},
                   {HIDDEN_BITS, true},
                   {HIDDEN_BITS & ~PTE_DIRTY, false}};
    size_t n = sizeof(entries) / sizeof(entries[0]);
    pfn_t frames[sizeof(entries) / sizeof(entries[0])];

    for (size_t i = 0; i < n; i++) {
        frames[i] = cache_page(space->guest);
        map_shared_pages(space, PAGE(i), frames[i], entries[i].bits);
    }
    zap(space, START, NPAGES);
    for (size_t i = 0; i < n; i++) {
        expect_noted(space->guest, frames[i], entries[i].is_dirty,
                     text("set_page_dirty() if pte_dirty(); the entry was "
                          "0x%03x",
                          entries[i].bits));
        expect_count(space->guest, frames[i], 1, "the page cache has it");
    }
    map_shared_pages(space, PAGE(0), frames[0], RO_BITS);
    zap(space, START, NPAGES);
    expect_noted(space->guest, frames[0], true, "it was dirty already");
}

Test(cow, anonymous_and_reserved_pages_are_not_noted)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, NPAGES, ANON_FLAGS, &vma);
    pfn_t frame = map_fresh(space, PAGE(0), RW_BITS);
    pfn_t reserved = cache_page(space->guest);

    set_page_flags(space->guest, reserved, PG_RESERVED);
    map_reserved(space, PAGE(1), reserved, RW_BITS);
    zap(space, START, NPAGES);
    expect_noted(space->guest, frame, false,
                 "set_page_dirty() knows pages without a file: ask it");
    expect_noted(space->guest, reserved, false, "unless it is reserved");
}

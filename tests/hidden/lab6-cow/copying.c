/* Hidden tests of lab 6: copy_page_range(), what becomes of the entries. */
#include <criterion/criterion.h>

#include "tables.h"

#define NPAGES 4
#define SLOT   7 /* of swap */

#define WP_HINT                                                                \
    "pte_wrprotect() the entry of the parent too, not only the child's copy"

static gaddr_t small_area(const struct pair *pair, uint32_t flags)
{
    return pair_area(pair, START, PAGE(NPAGES), flags);
}

Test(cow, private_pages_are_read_only_on_both_sides)
{
    struct pair pair = boot_pair(&machine_64mb);
    gaddr_t vma = small_area(&pair, ANON_FLAGS);
    pfn_t *frames = map_many(pair.src, START, NPAGES, RW_BITS);

    pair_copy(&pair, vma);
    for (int i = 0; i < NPAGES; i++) {
        expect_frame(pair.src, PAGE(i), frames[i], "the parent keeps it");
        expect_frame(pair.dst, PAGE(i), frames[i], "nothing is copied yet");
        expect_read_only(pair.src, PAGE(i), WP_HINT);
        expect_read_only(pair.dst, PAGE(i), WP_HINT);
        expect_full_of(pair.guest, frames[i], fill_of((size_t)i), NULL);
    }
}

Test(cow, uses_are_counted_for_frames_and_rss)
{
    struct pair pair = boot_pair(&machine_64mb);
    gaddr_t vma = small_area(&pair, ANON_FLAGS);
    pfn_t *frames = map_many(pair.src, START, NPAGES, RW_BITS);

    set_page_count(pair.guest, frames[2], 3);
    pair_copy(&pair, vma);
    expect_count(pair.guest, frames[0], 2, "get_page(): the child's entry");
    expect_count(pair.guest, frames[2], 4, "one more, whatever it was");
    expect_rss(pair.dst, NPAGES, "a page more for each frame");
    vma = pair_area(&pair, PAGE(NPAGES), PAGE(8), RO_FLAGS);
    map_many(pair.src, PAGE(5), 2, RO_BITS);
    pair_copy(&pair, vma);
    expect_rss(pair.dst, NPAGES + 2, "dst->rss counts on, area by area");
    expect_rss(pair.src, NPAGES + 2, "the parent has as many as before");
}

Test(cow, copies_are_old_and_dirty_as_before)
{
    struct pair pair = boot_pair(&machine_64mb);
    gaddr_t vma = small_area(&pair, ANON_FLAGS);
    pfn_t dirty = map_fresh(pair.src, PAGE(0), RW_BITS);
    pfn_t clean = map_fresh(pair.src, PAGE(1), RW_BITS & ~PTE_DIRTY);
    const uint32_t kept = PTE_PRESENT | PTE_USER;

    pair_copy(&pair, vma);
    expect_raw(pair.dst, PAGE(0),
               (uint32_t)dirty << PAGE_SHIFT | kept | PTE_DIRTY,
               "pte_mkold(); what it says of being dirty stays true");
    expect_raw(pair.dst, PAGE(1), (uint32_t)clean << PAGE_SHIFT | kept,
               "pte_mkold(), and nothing else");
    expect_raw(pair.src, PAGE(0),
               (uint32_t)dirty << PAGE_SHIFT | (RW_BITS & ~PTE_WRITABLE),
               "of the parent's entry nothing but _PAGE_RW changes");
}

Test(cow, only_entries_of_the_area_are_copied)
{
    struct pair pair = boot_pair(&machine_64mb);
    gaddr_t vma = pair_area(&pair, PAGE(3), PAGE(6), ANON_FLAGS);
    pfn_t *frames = map_many(pair.src, START, 9, RW_BITS);

    pair_copy(&pair, vma);
    for (int i = 0; i < 9; i++) {
        bool inside = i >= 3 && i < 6;

        expect_count(pair.guest, frames[i], inside ? 2 : 1,
                     "[vm_start, vm_end), nothing else");
        if (inside)
            continue;
        expect_empty(pair.dst, PAGE(i), "the page is outside of the area");
        expect_writable(pair.src, PAGE(i), "the page is outside of the area");
    }
    expect_rss(pair.dst, 3, NULL);
}

/* Pages at both sides of two borders between page tables. */
Test(cow, area_across_page_tables_is_copied)
{
    static const unsigned pages[] = {1022, 1023, 1024, 1025, 2047, 2048};
    struct pair pair = boot_pair(&machine_64mb);
    gaddr_t vma = pair_area(&pair, PAGE(1022), PAGE(2049), ANON_FLAGS);
    size_t n = sizeof(pages) / sizeof(pages[0]);
    pfn_t frames[sizeof(pages) / sizeof(pages[0])];

    for (size_t i = 0; i < n; i++)
        frames[i] = map_fresh(pair.src, PAGE(pages[i]), RW_BITS);
    pair_copy(&pair, vma);
    for (size_t i = 0; i < n; i++) {
        expect_frame(pair.dst, PAGE(pages[i]), frames[i],
                     "the next page table begins at a multiple of 4 MB");
        expect_read_only(pair.src, PAGE(pages[i]), WP_HINT);
    }
    expect_rss(pair.dst, (uint32_t)n, NULL);
}

Test(cow, ends_of_the_address_space_are_copied)
{
    struct pair pair = boot_pair(&machine_64mb);
    uaddr_t low = PAGE_SIZE, high = USER_END - PAGE_SIZE;
    gaddr_t first = pair_area(&pair, low, low + PAGE_SIZE, ANON_FLAGS);
    gaddr_t last = pair_area(&pair, high - TABLE_BYTES, USER_END, STACK_FLAGS);
    pfn_t frames[] = {map_fresh(pair.src, low, RW_BITS),
                      map_fresh(pair.src, high, RW_BITS)};

    pair_copy(&pair, first);
    pair_copy(&pair, last);
    expect_frame(pair.dst, low, frames[0], NULL);
    expect_frame(pair.dst, high, frames[1], "the last page below TASK_SIZE");
    expect_rss(pair.dst, 2, NULL);
    expect(mm_view(pair.dst).pgd != 0 && page_tables(pair.dst) == 2,
           .did = guest_last(pair.guest), .expected = "two page tables",
           .seen = text("%zu", page_tables(pair.dst)));
}

/* The parent has tables 0 (with a page), 1 (empty), and 3 (with a page). */
Test(cow, tables_are_made_only_where_pages_are)
{
    struct pair pair = boot_pair(&machine_64mb);
    gaddr_t vma = pair_area(&pair, START, START + 5 * TABLE_BYTES, ANON_FLAGS);
    uint32_t left;

    map_fresh(pair.src, PAGE(17), RW_BITS);
    set_entry(pair.src, PAGE(TABLE_PAGES), 0);
    map_fresh(pair.src, PAGE(3 * TABLE_PAGES + 1), RW_BITS);
    left = free_pages_in_ram(pair.guest);
    pair_copy(&pair, vma);
    expect(page_tables(pair.dst) == 2, .did = guest_last(pair.guest),
           .expected = "page tables for two pages, 12 MB apart",
           .seen = text("%zu", page_tables(pair.dst)),
           .hint = "pte_alloc() only for an entry that is not empty");
    expect(free_pages_in_ram(pair.guest) == left - 2,
           .did = guest_last(pair.guest), .expected = "2 pages are taken",
           .seen = text("%u", left - free_pages_in_ram(pair.guest)),
           .hint = "no page is copied, no other table is made");
    expect(page_tables(pair.src) == 3, .did = guest_last(pair.guest),
           .expected = "the parent's 3 page tables",
           .seen = text("%zu", page_tables(pair.src)),
           .hint = "pte_find() of the parent, not pte_alloc()");
}

/* --- by the kind of area ------------------------------------------------- */

/* mprotect() can make such an area writable; an entry may be so already. */
Test(cow, area_that_may_become_writable_is_protected)
{
    struct pair pair = boot_pair(&machine_64mb);
    gaddr_t vma = small_area(&pair, RO_FLAGS);
    pfn_t frame = map_fresh(pair.src, PAGE(1), RW_BITS);

    pair_copy(&pair, vma);
    expect_frame(pair.dst, PAGE(1), frame, NULL);
    expect_read_only(pair.src, PAGE(1), "VM_MAYWRITE decides, not VM_WRITE");
    expect_read_only(pair.dst, PAGE(1), "VM_MAYWRITE decides, not VM_WRITE");
    expect_count(pair.guest, frame, 2, NULL);
}

Test(cow, read_only_area_is_shared)
{
    struct pair pair = boot_pair(&machine_64mb);
    gaddr_t vma = small_area(&pair, VM_READ | VM_MAYREAD | VM_MAYEXEC);
    pfn_t *frames = map_many(pair.src, START, NPAGES, RO_BITS);

    pair_copy(&pair, vma);
    for (int i = 0; i < NPAGES; i++) {
        expect_frame(pair.dst, PAGE(i), frames[i], "the same frame");
        expect_read_only(pair.dst, PAGE(i), NULL);
        expect_count(pair.guest, frames[i], 2, "an entry more");
    }
    expect_rss(pair.dst, NPAGES, NULL);
}

Test(cow, shared_area_stays_writable)
{
    struct pair pair = boot_pair(&machine_64mb);
    gaddr_t vma = small_area(&pair, SHARED_FLAGS);
    pfn_t frame = map_fresh(pair.src, PAGE(0), RW_BITS);
    pfn_t unwritten = map_fresh(pair.src, PAGE(1), RO_BITS);
    uint32_t raw = (uint32_t)frame << PAGE_SHIFT;

    pair_copy(&pair, vma);
    expect_raw(pair.src, PAGE(0), raw | RW_BITS,
               "a shared page is meant to be written by all");
    expect_raw(
        pair.dst, PAGE(0), raw | PTE_PRESENT | PTE_WRITABLE | PTE_USER,
        "writable, but clean: the parent's entry knows that it is dirty");
    expect_raw(pair.dst, PAGE(1),
               (uint32_t)unwritten << PAGE_SHIFT | PTE_PRESENT | PTE_USER,
               "an entry that is read-only stays so");
    expect_count(pair.guest, frame, 2, "an entry more");
    expect_rss(pair.dst, 2, NULL);
}

/* --- by the kind of entry ------------------------------------------------ */

Test(cow, reserved_pages_are_copied_but_not_counted)
{
    struct pair pair = boot_pair(&machine_64mb);
    gaddr_t vma = small_area(&pair, ANON_FLAGS);
    gaddr_t shared = pair_area(&pair, PAGE(8), PAGE(9), SHARED_FLAGS);
    pfn_t zero = zero_frame(pair.guest), other = reserved_page(pair.guest);
    int zeros = page_count(pair.guest, zero);

    map_reserved(pair.src, PAGE(0), zero, RO_BITS);
    map_reserved(pair.src, PAGE(1), other, RO_BITS);
    map_reserved(pair.src, PAGE(8), other, RW_BITS);
    pair_copy(&pair, vma);
    pair_copy(&pair, shared);
    expect_zero_page(pair.dst, PAGE(0), "it is mapped in the child, too");
    expect_frame(pair.dst, PAGE(1), other, NULL);
    expect_frame(pair.dst, PAGE(8), other, NULL);
    expect_count(pair.guest, zero, zeros, "PageReserved(): nobody counts");
    expect_count(pair.guest, other, 1, "PageReserved(): nobody counts");
    expect_rss(pair.dst, 0, "rss doesn't count reserved pages");
}

Test(cow, hidden_pages_are_shared)
{
    struct pair pair = boot_pair(&machine_64mb);
    gaddr_t vma = small_area(&pair, VM_MAY);
    pfn_t frame = map_fresh(pair.src, PAGE(1), HIDDEN_BITS);

    pair_copy(&pair, vma);
    expect_raw(pair.src, PAGE(1), (uint32_t)frame << PAGE_SHIFT | HIDDEN_BITS,
               "PROT_NONE: it has a frame, but nobody may touch it");
    expect_raw(pair.dst, PAGE(1),
               (uint32_t)frame << PAGE_SHIFT | PTE_PROTNONE | PTE_DIRTY,
               "pte_present() is true for entries of PROT_NONE");
    expect_count(pair.guest, frame, 2, "the entry has a frame");
    expect_rss(pair.dst, 1, "the entry has a frame");
}

Test(cow, swap_entries_are_duplicated)
{
    struct pair pair = boot_pair(&machine_64mb);
    gaddr_t vma = small_area(&pair, ANON_FLAGS);

    put_swap_entry(pair.src, PAGE(0), SLOT);
    put_swap_entry(pair.src, PAGE(3), SWAP_SLOTS - 1);
    pair_copy(&pair, vma);
    expect_raw(pair.dst, PAGE(0), swap_entry(SLOT), "it is copied as it is");
    expect_raw(pair.dst, PAGE(3), swap_entry(SWAP_SLOTS - 1), NULL);
    expect_raw(pair.src, PAGE(0), swap_entry(SLOT), "it stays as it is");
    expect_swap_users(pair.guest, SLOT, 2, "swap_duplicate()");
    expect_swap_users(pair.guest, SWAP_SLOTS - 1, 2, "swap_duplicate()");
    expect_rss(pair.dst, 0, "a page on swap has no frame");
}

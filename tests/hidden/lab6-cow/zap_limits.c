/* Hidden tests of lab 6: zap_page_range(), the TLB, cost, many pages. */
#include <criterion/criterion.h>

#include "tables.h"

#define MANY 3000 /* pages: more than anybody gathers before a flush */

static void zap(const struct proc *space, uaddr_t address, size_t npages)
{
    zap_page_range(space, address, (uint32_t)npages * PAGE_SIZE);
}

/* --- the TLB ------------------------------------------------------------- */

#define NTOUCHED 5

/* Pages are written, zapped, and written again without a pause. */
Test(cow, stale_write_after_zapping_faults)
{
    static const unsigned touched[NTOUCHED] = {0, 1, 900, 1023, MANY - 1};
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, MANY, ANON_FLAGS, &vma);
    struct guest *guest = space->guest;
    pfn_t *frames = map_many(space, START, MANY, RW_BITS);
    struct call calls[2 * NTOUCHED + 1];
    const struct agent_result *results;

    for (int i = 0; i < NTOUCHED; i++) {
        set_page_count(guest, frames[touched[i]], 2);
        calls[i] = poke_call(guest, PAGE(touched[i]));
        calls[NTOUCHED + 1 + i] = calls[i];
    }
    calls[NTOUCHED] = zap_page_range_call(space, START, MANY * PAGE_SIZE);
    results = make_calls(guest, calls, 2 * NTOUCHED + 1);
    for (int i = 0; i < NTOUCHED; i++)
        expect(results[i].value == 0 && results[NTOUCHED + 1 + i].value != 0,
               .did =
                   text("%s after %s", calls[i].shown, calls[NTOUCHED].shown),
               .expected = "it faults", .seen = "it went through",
               .hint = "flush_tlb_mm(): the processor remembers the page");
}

/* --- cost ---------------------------------------------------------------- */

#define TABLE_COST 100 /* instructions, at most, for a missing table */
#define GIGABYTE   (1u << 30)

Test(cow, zapping_nothing_costs_nothing)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, 1, ANON_FLAGS, &vma);
    struct guest *guest = space->guest;
    uint32_t small, large;

    map_fresh(space, PAGE(0), RW_BITS);
    small = cost_of(guest, zap_page_range_call(space, START, TABLE_BYTES));
    large = cost_of(guest,
                    zap_page_range_call(space, START + TABLE_BYTES, GIGABYTE));
    expect_empty(space, PAGE(0), NULL);
    expect(large <= small + GIGABYTE / TABLE_BYTES * TABLE_COST,
           .did = "zap_page_range() of 1 GB without a page table",
           .expected = text("one step for each of 256 missing tables: %d "
                            "instructions at most, and %u as for a table with "
                            "one page",
                            TABLE_COST, small),
           .seen = text("%u instructions", large),
           .hint = "step over the 4 MB of a missing page table at once");
}

Test(cow, zapping_costs_the_same_for_each_page)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, 5120, ANON_FLAGS, &vma);
    struct guest *guest = space->guest;
    uint32_t few, many;

    map_many(space, START, 5120, RW_BITS);
    few = cost_of(guest, zap_page_range_call(space, START, TABLE_BYTES));
    many = cost_of(guest, zap_page_range_call(space, START + TABLE_BYTES,
                                              4 * TABLE_BYTES));
    expect_rss(space, 0, NULL);
    expect(many <= 5 * few,
           .did = "zap_page_range() of 1024 pages, and of 4096",
           .expected = text("at most 5 times as many instructions as %u", few),
           .seen = text("%u", many),
           .hint = "the cost is proportional to what is mapped");
}

/* --- many pages, and bad times ------------------------------------------- */

Test(cow, thousands_of_pages_are_zapped)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, MANY, ANON_FLAGS, &vma);
    struct guest *guest = space->guest;
    pfn_t *frames = map_many(space, START, MANY, RW_BITS);
    uint32_t before = free_pages_in_ram(guest);

    zap(space, START, MANY);
    expect_all_empty(space, START, MANY, "each of them");
    expect_rss(space, 0, NULL);
    expect(free_pages_in_ram(guest) - before == MANY, .did = guest_last(guest),
           .expected = text("%d pages more are free", MANY),
           .seen = text("%u", free_pages_in_ram(guest) - before));
    for (size_t i = 0; i < MANY; i++)
        expect_count(guest, frames[i], 0, "each of them, once");
}

Test(cow, zapping_needs_no_memory)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_8mb, 300, ANON_FLAGS, &vma);
    struct guest *guest = space->guest;
    struct call call = zap_page_range_call(space, START, 300 * PAGE_SIZE);

    map_many(space, START, 300, RW_BITS);
    drain(guest, ZONE_DMA, 0);
    call = in_context(call, AGENT_ATOMIC);
    guest_call(guest, &call, NULL);
    expect_all_empty(space, START, 300, "zapping is what gives memory back");
    expect(free_pages_in_ram(guest) == 300, .did = guest_last(guest),
           .expected = "300 pages are free",
           .seen = text("%u", free_pages_in_ram(guest)));
}

/* It is another space whose page tables the processor uses. */
Test(cow, space_that_is_not_loaded_is_zapped)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, 8, ANON_FLAGS, &vma);
    struct proc *other = new_space(space->guest);
    pfn_t *frames = map_many(other, START, 8, RW_BITS);

    map_many(space, START, 8, RW_BITS);
    zap(space, START, 8);
    expect_all_empty(space, START, 8, "by mm's own page tables");
    expect_rss(space, 0, "rss of mm, not of current->mm");
    expect_rss(other, 8, "rss of mm, not of current->mm");
    for (int i = 0; i < 8; i++)
        expect_frame(other, PAGE(i), frames[i], "another space");
}

Test(cow, high_memory_is_given_back)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_1200mb, 8, ANON_FLAGS, &vma);
    struct guest *guest = space->guest;
    uint32_t before = zone_view(guest, ZONE_HIGHMEM).free_pages;
    pfn_t frame = NO_PAGE;

    for (int i = 0; i < 8; i++)
        frame = map_fresh(space, PAGE(i), RW_BITS);
    zap(space, START, 8);
    expect_all_empty(space, START, 8, NULL);
    expect_count(guest, frame, 0, "a frame of high memory");
    expect(zone_view(guest, ZONE_HIGHMEM).free_pages == before,
           .did = guest_last(guest),
           .expected = text("%u free pages in ZONE_HIGHMEM", before),
           .seen = text("%u", zone_view(guest, ZONE_HIGHMEM).free_pages));
}

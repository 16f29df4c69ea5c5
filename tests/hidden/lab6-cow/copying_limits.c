/* Hidden tests of lab 6: copy_page_range(), the TLB, cost, no memory. */
#include <criterion/criterion.h>

#include "tables.h"

#define FLUSH_HINT                                                             \
    "the processor remembers that the page was writable: flush_tlb_mm(src)"

/* --- the TLB ------------------------------------------------------------- */

#define NTOUCHED 4

static const uaddr_t touched[NTOUCHED] = {PAGE(0), PAGE(1), PAGE(1023),
                                          PAGE(1024)};

/* Writes to the pages, copies, and writes again, without a pause. */
static void write_copy_write(const struct pair *pair, gaddr_t vma, int result)
{
    struct call calls[2 * NTOUCHED + 1];
    const struct agent_result *results;

    for (int i = 0; i < NTOUCHED; i++) {
        calls[i] = poke_call(pair->guest, touched[i]);
        calls[NTOUCHED + 1 + i] = calls[i];
    }
    calls[NTOUCHED] = copy_page_range_call(pair->dst, pair->src, vma);
    results = make_calls(pair->guest, calls, 2 * NTOUCHED + 1);
    expect((int)results[NTOUCHED].value == result, .did = calls[NTOUCHED].shown,
           .expected = result_text((uint32_t)result),
           .seen = result_text(results[NTOUCHED].value));
    for (int i = 0; i < NTOUCHED; i++) {
        if (results[i].value != 0)
            report_infra("page 0x%08x can't be written", touched[i]);
        expect(results[NTOUCHED + 1 + i].value != 0 ||
                   frame_of(pair->dst, touched[i]) == NO_PAGE,
               .did =
                   text("%s after %s", calls[i].shown, calls[NTOUCHED].shown),
               .expected = "it faults", .seen = "it went through",
               .hint = FLUSH_HINT);
    }
}

Test(cow, parents_stale_write_faults)
{
    struct pair pair = boot_pair(&machine_64mb);
    gaddr_t vma = pair_area(&pair, START, PAGE(2048), ANON_FLAGS);

    for (int i = 0; i < NTOUCHED; i++)
        map_fresh(pair.src, touched[i], RW_BITS);
    write_copy_write(&pair, vma, 0);
}

/* The first page table of the child can be had, the second can't. */
Test(cow, parents_stale_write_faults_without_memory)
{
    struct pair pair = boot_pair(&machine_8mb);
    gaddr_t vma = pair_area(&pair, START, PAGE(2048), ANON_FLAGS);

    for (int i = 0; i < NTOUCHED; i++)
        map_fresh(pair.src, touched[i], RW_BITS);
    drain(pair.guest, ZONE_DMA, zone_view(pair.guest, ZONE_DMA).pages_min + 1);
    write_copy_write(&pair, vma, -ENOMEM);
}

/* Neither of the two is the one whose tables the processor uses. */
Test(cow, spaces_that_are_not_loaded_are_copied)
{
    struct pair pair = boot_pair(&machine_64mb);
    gaddr_t vma = pair_area(&pair, START, PAGE(4), ANON_FLAGS);
    pfn_t *frames = map_many(pair.src, START, 4, RW_BITS);
    struct proc *other = new_space(pair.guest);
    pfn_t foreign = map_fresh(other, PAGE(0), RW_BITS);

    pair_copy(&pair, vma);
    for (int i = 0; i < 4; i++) {
        expect_frame(pair.dst, PAGE(i), frames[i], "by dst's own page tables");
        expect_read_only(pair.src, PAGE(i), "by src's own page tables");
    }
    expect_frame(other, PAGE(0), foreign, "it is none of the two");
    expect_writable(other, PAGE(0), "it is none of the two");
}

/* --- cost ---------------------------------------------------------------- */

#define TABLE_COST 100 /* instructions, at most, for a missing table */
#define LARGE      (512 * TABLE_BYTES)

Test(cow, copying_costs_nothing_for_missing_tables)
{
    struct pair pair = boot_pair(&machine_64mb);
    uaddr_t other = START - TABLE_BYTES;
    gaddr_t small = pair_area(&pair, other, other + PAGE_SIZE, ANON_FLAGS);
    gaddr_t large = pair_area(&pair, START, START + LARGE, ANON_FLAGS);
    uint32_t cost_small, cost_large;

    map_fresh(pair.src, other, RW_BITS);
    map_fresh(pair.src, PAGE(0), RW_BITS);
    cost_small =
        cost_of(pair.guest, copy_page_range_call(pair.dst, pair.src, small));
    cost_large =
        cost_of(pair.guest, copy_page_range_call(pair.dst, pair.src, large));
    expect_frame(pair.dst, PAGE(0), frame_of(pair.src, PAGE(0)), NULL);
    expect(cost_large <= cost_small + TABLE_PAGES * TABLE_COST +
                             LARGE / TABLE_BYTES * TABLE_COST,
           .did = "copy_page_range() of 2 GB in which one page is mapped",
           .expected = text("the cost of one page (%u instructions), one look "
                            "at each entry of its table, and one step for "
                            "each of 511 missing tables",
                            cost_small),
           .seen = text("%u instructions", cost_large),
           .hint = "step over the 4 MB of a missing page table at once");
}

Test(cow, copying_costs_the_same_for_each_page)
{
    struct pair pair = boot_pair(&machine_64mb);
    uaddr_t other = START - TABLE_BYTES;
    gaddr_t few = pair_area(&pair, other, other + TABLE_BYTES, ANON_FLAGS);
    gaddr_t many = pair_area(&pair, START, PAGE(4096), ANON_FLAGS);
    uint32_t cost_few, cost_many;

    map_many(pair.src, other, 1024, RW_BITS);
    map_many(pair.src, START, 4096, RW_BITS);
    cost_few =
        cost_of(pair.guest, copy_page_range_call(pair.dst, pair.src, few));
    cost_many =
        cost_of(pair.guest, copy_page_range_call(pair.dst, pair.src, many));
    expect_rss(pair.dst, 1024 + 4096, NULL);
    expect(cost_many <= 5 * cost_few,
           .did = "copy_page_range() of 1024 pages, and of 4096",
           .expected =
               text("at most 5 times as many instructions as %u", cost_few),
           .seen = text("%u", cost_many),
           .hint = "the cost is proportional to what is mapped");
}

/* --- no memory ----------------------------------------------------------- */

#define NTABLES 4
#define NPAGES  3 /* in each of the tables */
#define SLOT    9 /* of swap: one entry in each table, first or last in turn */

static uaddr_t page_of_table(unsigned table, unsigned i)
{
    return START + table * TABLE_BYTES + (i + 5) * PAGE_SIZE;
}

static uaddr_t swapped_of_table(unsigned table)
{
    return START + table * TABLE_BYTES + (table % 2 == 0 ? 9 : 4) * PAGE_SIZE;
}

static void map_in_tables(const struct pair *pair)
{
    for (unsigned table = 0; table < NTABLES; table++) {
        for (unsigned i = 0; i < NPAGES; i++)
            map_fresh(pair->src, page_of_table(table, i), RW_BITS);
        put_swap_entry(pair->src, swapped_of_table(table), SLOT);
    }
}

/* Uses are counted for what the child has got, and for nothing else. */
static void expect_counted(const struct pair *pair)
{
    unsigned rss = 0, swapped = 0;

    for (unsigned table = 0; table < NTABLES; table++) {
        for (unsigned i = 0; i < NPAGES; i++) {
            uaddr_t page = page_of_table(table, i);
            bool copied = frame_of(pair->dst, page) != NO_PAGE;

            expect_users(pair->src, page, copied ? 2 : 1,
                         "count a use when the child's entry is there");
            if (copied)
                expect_read_only(pair->src, page, "two map it");
            rss += copied;
        }
        swapped += pte_view(pair->dst, swapped_of_table(table)).raw != 0;
    }
    expect_rss(pair->dst, rss, "as many frames as the child's entries map");
    expect_swap_users(pair->guest, SLOT, NTABLES + swapped,
                      "as many users as there are entries");
}

/* With memory for `n` page tables of the child's. */
static void copy_with_memory_for(struct pair *pair, gaddr_t vma, unsigned n)
{
    struct guest *guest = pair->guest;
    uint32_t min = zone_view(guest, ZONE_DMA).pages_min;
    int result;

    drain(guest, ZONE_DMA, min + n);
    result = copy_page_range(pair->dst, pair->src, vma);
    expect_fails(guest, (uint32_t)result, ENOMEM,
                 text("there is memory for %u page tables, of %d", n, NTABLES));
    expect_counted(pair);
    drop_space(pair->dst);
    expect(free_pages_in_ram(guest) == min + n + 1, .did = guest_last(guest),
           .expected = "page tables and directory of the child are free",
           .seen = text("%d pages", (int)(free_pages_in_ram(guest) - min)));
    for (unsigned table = 0; table < NTABLES; table++)
        for (unsigned i = 0; i < NPAGES; i++)
            expect_users(pair->src, page_of_table(table, i), 1,
                         "the child has given back all it had");
    expect_swap_users(guest, SLOT, NTABLES, "the child has given back all");
}

Test(cow, copying_fails_wherever_memory_ends)
{
    struct pair pair = boot_pair(&machine_8mb);
    uaddr_t end = START + NTABLES * TABLE_BYTES;
    gaddr_t vma = add_vma(pair.src, START, end, ANON_FLAGS);
    struct proc *children[NTABLES];

    map_in_tables(&pair);
    for (unsigned i = 0; i < NTABLES; i++) {
        children[i] = new_space(pair.guest);
        add_vma(children[i], START, end, ANON_FLAGS);
    }
    enter_space(pair.guest, pair.src);
    for (unsigned n = 0; n < NTABLES; n++) {
        pair.dst = children[n];
        copy_with_memory_for(&pair, vma, n);
    }
}

Test(cow, everything_that_was_copied_is_given_back)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct stock before;
    struct pair pair = {.guest = guest};

    drop_space(new_space(guest));
    before = stock_of(guest);
    pair.dst = new_space(guest);
    pair.src = new_space(guest);
    pair_copy(&pair, pair_area(&pair, START, PAGE(1), ANON_FLAGS));
    map_many(pair.src, PAGE(1000), 1500, RW_BITS);
    put_swap_entry(pair.src, PAGE(3000), SLOT);
    map_fresh(pair.src, PAGE(3001), HIDDEN_BITS);
    pair_copy(&pair, pair_area(&pair, PAGE(1000), PAGE(3004), ANON_FLAGS));
    expect_rss(pair.dst, 1501, NULL);
    drop_pair(&pair);
    expect_nothing_lost(guest, &before);
}

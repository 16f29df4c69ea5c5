/* Hidden tests of lab 1: which blocks are given, and when none is. */
#include <criterion/criterion.h>

#include "blocks.h"

#define FIT_HINT                                                               \
    "the smallest block that is large enough is used; larger ones stay whole"

/* Several blocks of each order: all begin at a multiple of their size. */
static void expect_aligned(struct guest *guest, uint32_t gfp_mask)
{
    for (unsigned order = 0; order < MAX_ORDER; order++)
        for (int i = 0; i < 3; i++) {
            pfn_t pfn = alloc_pages(guest, gfp_mask, order);

            expect(pfn != NO_PAGE && pfn % (1 << order) == 0,
                   .did = guest_last(guest),
                   .expected =
                       text("a frame that is a multiple of %d", 1 << order),
                   .seen = text("frame %ld", pfn),
                   .hint = "which half is kept, and which goes to the list?");
        }
}

Test(buddy, aligned_to_order)
{
    expect_aligned(guest_boot(&machine_64mb, STAGE_BUDDY), GFP_KERNEL);
}

Test(buddy, aligned_in_high_memory)
{
    expect_aligned(guest_boot(&machine_1200mb, STAGE_BUDDY), GFP_HIGHUSER);
}

Test(buddy, all_memory_is_in_the_largest_blocks_at_first)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);

    expect_all_merged(guest, ZONE_DMA);
    expect_all_merged(guest, ZONE_NORMAL);
}

Test(buddy, refuses_orders_above_the_top)
{
    static const uint32_t orders[] = {10, 11, 31, 32, 33, 0x80000000u, ~0u};
    static const uint32_t masks[] = {GFP_KERNEL, GFP_ATOMIC, GFP_DMA};
    struct guest *guest = boot_working(&machine_64mb);
    struct state before = state_of(guest);

    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
        for (int mask = 0; mask < 3; mask++) {
            pfn_t pfn = alloc_pages(guest, masks[mask], orders[i]);

            expect_null(guest, pfn, "orders end at MAX_ORDER - 1");
            expect_unchanged(guest, &before);
        }
}

Test(buddy, refuses_what_no_block_can_hold)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct blocks pages = exhaust(guest, ZONE_DMA);
    struct blocks holes = every_other(&pages, 0);
    const char *hint = "single pages that are not next to each other make no "
                       "larger block, however many they are";

    give_back(guest, &holes);

    for (unsigned order = 1; order < MAX_ORDER; order++) {
        expect_null(guest, alloc_pages(guest, GFP_ATOMIC, order), hint);
        expect_null(guest, rmqueue(guest, ZONE_DMA, order), hint);
        expect_free(guest, ZONE_DMA, (uint32_t)holes.n);
    }
}

Test(buddy, gives_every_free_page_once)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct zone_view zone = zone_view(guest, ZONE_DMA);
    struct blocks pages = exhaust(guest, ZONE_DMA);

    expect(pages.n == frames_of(guest, ZONE_DMA), .did = guest_last(guest),
           .expected = text("%u pages, all that are not reserved",
                            frames_of(guest, ZONE_DMA)),
           .seen = text("%zu", pages.n));
    for (size_t i = 0; i < pages.n; i++) {
        pfn_t pfn = pages.pfns[i];

        expect(i == 0 || pfn != pages.pfns[i - 1], .did = guest_last(guest),
               .expected = "each page once",
               .seen = text("frame %ld twice", pfn));
        expect(pfn < (pfn_t)zone.size &&
                   !(page_flags(guest, pfn) & PG_RESERVED),
               .did = guest_last(guest),
               .expected = "pages of the zone that are not reserved",
               .seen = text("frame %ld", pfn));
    }
}

/*
 * Free are one page, eight in a row and 64 in a row. Where does a block of
 * `order` come from?
 */
static void expect_taken_from(unsigned order, unsigned from)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct blocks pages = exhaust(guest, ZONE_DMA);
    size_t large = run_in(&pages, 7, 0);
    size_t medium = run_in(&pages, 4, large + 128);
    size_t single = run_in(&pages, 1, medium + 16);
    pfn_t seen, start = pages.pfns[from == 6 ? large : medium];

    give_back_some(guest, &pages, large, 64);
    give_back_some(guest, &pages, single, 1);
    give_back_some(guest, &pages, medium, 8);
    if (from == 0)
        start = pages.pfns[single];
    seen = rmqueue(guest, ZONE_DMA, order);
    expect(seen >= start && seen < start + (1 << from),
           .did = text("%s, when one page, 8 in a row and 64 in a row are free",
                       guest_last(guest)),
           .expected = text("a part of the block of %u pages at frame %ld",
                            1u << from, start),
           .seen = text("frame %ld", seen), .hint = FIT_HINT);
}

Test(buddy, uses_a_block_of_the_right_size)
{
    expect_taken_from(0, 0);
}

Test(buddy, splits_the_smallest_larger_block)
{
    expect_taken_from(1, 3);
}

Test(buddy, split_leaves_a_block_of_each_order)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct blocks pages = exhaust(guest, ZONE_DMA);
    size_t run = run_in(&pages, TOP_ORDER, 0);
    const char *hint = "each split leaves one half on the list of its order";

    give_back_some(guest, &pages, run, 1u << TOP_ORDER);
    expect_block(guest, rmqueue(guest, ZONE_DMA, 0), hint);
    for (unsigned order = TOP_ORDER; order-- > 0;) {
        expect_block(guest, rmqueue(guest, ZONE_DMA, order), hint);
        expect_null(guest, rmqueue(guest, ZONE_DMA, order), hint);
    }
    expect_free(guest, ZONE_DMA, 0);
}

Test(buddy, expand_keeps_one_part_and_frees_the_rest)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct zone_view zone = zone_view(guest, ZONE_DMA);
    pfn_t block = rmqueue(guest, ZONE_DMA, 6);
    pfn_t index = block - zone.start_pfn, rest;
    struct call call = {
        .function = "expand",
        .args = {zone.address, page_of(guest, block), (uint32_t)index, 2, 6},
        .shown = text("expand(ZONE_DMA, frame %ld, %ld, 2, 6)", block, index),
    };

    rest = pfn_of_page(guest, guest_call(guest, &call, NULL));
    expect(rest >= block && rest < block + 64 && rest % 4 == 0,
           .did = guest_last(guest),
           .expected = text("an aligned block of 4 pages in frames %ld to %ld",
                            block, block + 63),
           .seen = text("frame %ld", rest),
           .hint = "what is returned is what is left after the last halving");

    set_page_count(guest, rest, 1);
    free_pages(guest, rest, 2);
    drain(guest, ZONE_DMA, zone_view(guest, ZONE_DMA).free_pages);
}

Test(buddy, recovers_from_exhaustion)
{
    struct guest *guest = guest_boot(&machine_1200mb, STAGE_BUDDY);
    size_t fit = blocks_in(guest, ZONE_HIGHMEM, TOP_ORDER);

    for (int round = 0; round < 3; round++) {
        struct blocks blocks = rmqueue_all(guest, ZONE_HIGHMEM, TOP_ORDER);

        expect(blocks.n == fit, .did = guest_last(guest),
               .expected = text("%zu blocks in round %d", fit, round + 1),
               .seen = text("%zu", blocks.n),
               .hint = "what is taken and given back can be taken again");
        expect_null(guest, rmqueue(guest, ZONE_HIGHMEM, TOP_ORDER), NULL);
        give_back(guest, &blocks);
    }
    expect_free(guest, ZONE_HIGHMEM, frames_of(guest, ZONE_HIGHMEM));
}

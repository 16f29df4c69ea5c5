/* Hidden tests of lab 1: buddies become one block again. */
#include <criterion/criterion.h>

#include "blocks.h"
#include "property.h"

#define BUSY_HINT                                                              \
    "two blocks merge if both are free as blocks of the same order"

#define NR_MIXED 256 /* blocks of all sizes, more than there are */

/* Gives the pages back as they are in the array; then all must be merged. */
static void expect_merged_after(struct guest *guest, const struct blocks *pages)
{
    uint32_t all = frames_of(guest, ZONE_DMA);

    give_back(guest, pages);
    expect_free(guest, ZONE_DMA, all);
    expect_all_merged(guest, ZONE_DMA);
}

Test(buddy, merges_pages_freed_downwards)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct blocks pages = exhaust(guest, ZONE_DMA);

    for (size_t i = 0, j = pages.n - 1; i < j; i++, j--) {
        pfn_t pfn = pages.pfns[i];

        pages.pfns[i] = pages.pfns[j];
        pages.pfns[j] = pfn;
    }
    expect_merged_after(guest, &pages);
}

Test(buddy, merges_pages_freed_in_any_order)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct blocks pages = exhaust(guest, ZONE_DMA);

    shuffle(&pages);
    expect_merged_after(guest, &pages);
}

Test(buddy, merges_buddies_freed_one_half_after_the_other)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct blocks pages = exhaust(guest, ZONE_DMA);
    struct blocks even = every_other(&pages, 0), odd = every_other(&pages, 1);

    give_back(guest, &even);
    expect_merged_after(guest, &odd);
}

Test(buddy, merges_blocks_of_all_sizes)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct random random = random_of_test();
    struct call calls[NR_MIXED], frees[NR_MIXED];
    struct agent_result results[NR_MIXED];
    size_t n = 0;

    for (size_t i = 0; i < NR_MIXED; i++)
        calls[i] = rmqueue_call(guest, ZONE_DMA, random_below(&random, 8));
    guest_calls_checked(guest, calls, NR_MIXED, results);
    for (size_t i = 0; i < NR_MIXED; i++) {
        pfn_t pfn = pfn_of_page(guest, results[i].value);

        if (pfn != NO_PAGE)
            frees[n++] = free_call(pfn, calls[i].args[1], guest);
    }
    for (size_t left = n; left > 1; left--) {
        size_t other = random_below(&random, (uint32_t)left);
        struct call call = frees[other];

        frees[other] = frees[left - 1];
        frees[left - 1] = call;
    }
    guest_calls_checked(guest, frees, n, results);
    expect_all_merged(guest, ZONE_DMA);
}

Test(buddy, does_not_merge_with_a_busy_buddy)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct blocks pages = exhaust(guest, ZONE_DMA);
    size_t run = run_in(&pages, 4, 0);
    pfn_t start = pages.pfns[run], pfn;

    give_back_some(guest, &pages, run, 8);
    expect_null(guest, rmqueue(guest, ZONE_DMA, 4), BUSY_HINT);
    pfn = rmqueue(guest, ZONE_DMA, 3);
    expect(pfn == start, .did = guest_last(guest),
           .expected =
               text("frame %ld, whose 8 pages are all that is free", start),
           .seen = text("frame %ld", pfn), .hint = BUSY_HINT);
}

/*
 * Of eight pages the first four are free and, of the others, the first two:
 * the buddy's first page is free, but as a smaller block.
 */
static void expect_no_merge(size_t first, size_t second)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct blocks pages = exhaust(guest, ZONE_DMA);
    size_t run = run_in(&pages, 3, 0);

    give_back_some(guest, &pages, run + first, first == 0 ? 4 : 2);
    give_back_some(guest, &pages, run + second, second == 0 ? 4 : 2);
    expect_null(guest, rmqueue(guest, ZONE_DMA, 3), BUSY_HINT);
    expect_free(guest, ZONE_DMA, 6);
    expect_block(guest, rmqueue(guest, ZONE_DMA, 2), BUSY_HINT);
    expect_block(guest, rmqueue(guest, ZONE_DMA, 1), BUSY_HINT);
    expect_null(guest, rmqueue(guest, ZONE_DMA, 0), BUSY_HINT);
}

Test(buddy, does_not_merge_with_a_buddy_in_part_busy)
{
    expect_no_merge(4, 0);
}

Test(buddy, blocks_of_the_top_order_stay_apart)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);
    struct blocks blocks = rmqueue_all(guest, ZONE_NORMAL, TOP_ORDER);

    shuffle(&blocks);
    give_back(guest, &blocks);
    expect_all_merged(guest, ZONE_NORMAL);
}

/* 9 MB: the last 1 MB is a block of order 8 whose buddy does not exist. */
Test(buddy, does_not_merge_past_the_end_of_memory)
{
    static const struct machine machine_9mb = {.name = "9 MB", .ram_mb = 9};
    struct guest *guest = guest_boot(&machine_9mb, STAGE_BUDDY);
    struct blocks pages = exhaust(guest, ZONE_DMA);

    expect_merged_after(guest, &pages);
}

Test(buddy, pages_go_back_to_their_own_zone)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);
    struct blocks dma = exhaust(guest, ZONE_DMA);
    struct blocks normal = exhaust(guest, ZONE_NORMAL);
    size_t last = run_in(&dma, TOP_ORDER, dma.n - (1u << TOP_ORDER));

    give_back_some(guest, &normal, 0, 1u << TOP_ORDER);
    expect_free(guest, ZONE_DMA, 0);
    give_back_some(guest, &dma, last, 1u << TOP_ORDER);
    expect_free(guest, ZONE_NORMAL, 1u << TOP_ORDER);
    expect_free(guest, ZONE_DMA, 1u << TOP_ORDER);
    for (enum zone_index zone = ZONE_DMA; zone <= ZONE_NORMAL; zone++) {
        pfn_t pfn = rmqueue(guest, zone, 0);

        expect(pfn != NO_PAGE && zone_of(guest, pfn) == zone,
               .did = guest_last(guest), .expected = "a page of this zone",
               .seen = text("frame %ld", pfn),
               .hint = "page->zone says where a page goes back to");
    }
}

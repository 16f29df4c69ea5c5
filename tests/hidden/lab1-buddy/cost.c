/*
 * Hidden tests of lab 1: what operations cost, in guest instructions. They are
 * compared with each other, generously: what grows with memory, with the
 * number of free blocks or with the pages of a block is far beyond.
 */
#include <criterion/criterion.h>

#include "blocks.h"

#define STEPS_PER_ORDER 250 /* instructions, as a limit */

struct costs {
    uint32_t take[MAX_ORDER], give[MAX_ORDER];
};

/* Takes a block of each order and gives them back. */
static struct costs measure(struct guest *guest)
{
    struct costs costs = {.take = {0}};
    pfn_t held[MAX_ORDER];

    for (unsigned order = 0; order < MAX_ORDER; order++)
        held[order] = alloc_pages_in(guest, AGENT_PROCESS, GFP_ATOMIC, order,
                                     &costs.take[order]);
    for (unsigned order = 0; order < MAX_ORDER; order++) {
        expect_block(guest, held[order], NULL);
        free_pages_in(guest, AGENT_PROCESS, held[order], order,
                      &costs.give[order]);
    }
    return costs;
}

static void expect_about(const char *did, uint32_t cost, uint32_t compared,
                         const char *with)
{
    uint32_t limit = 4 * compared + 200;

    expect(cost <= limit, .did = did,
           .expected = text("about as many instructions as %s: %u, at most %u",
                            with, compared, limit),
           .seen = text("%u instructions", cost),
           .hint = "nothing needs to be searched: the lists give a block, the "
                   "bitmap knows of the buddy");
}

static uint32_t worst(const uint32_t costs[MAX_ORDER])
{
    uint32_t most = 0;

    for (unsigned order = 0; order < MAX_ORDER; order++)
        most = costs[order] > most ? costs[order] : most;
    return most;
}

static void compare(const struct costs *costs, const struct costs *with,
                    const char *what)
{
    for (unsigned order = 0; order < MAX_ORDER; order++) {
        expect_about(text("alloc_pages(GFP_ATOMIC, %u)", order),
                     costs->take[order], worst(with->take), what);
        expect_about(text("__free_pages(…, %u)", order), costs->give[order],
                     worst(with->give), what);
    }
}

Test(buddy, cost_does_not_grow_with_memory)
{
    struct guest *small = guest_boot(&machine_64mb, STAGE_BUDDY);
    struct guest *large = guest_boot(&machine_1200mb, STAGE_BUDDY);
    struct costs on_small = measure(small), on_large = measure(large);

    compare(&on_large, &on_small, "with 64 MB instead of 1200 MB");
}

Test(buddy, cost_does_not_grow_with_free_blocks)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);
    struct costs before = measure(guest), after;
    struct blocks large = {(pfn_t[2]){0}, 2, TOP_ORDER};
    struct blocks pages, holes, rest;

    for (int i = 0; i < 2; i++)
        large.pfns[i] = rmqueue(guest, ZONE_NORMAL, TOP_ORDER);
    pages = exhaust(guest, ZONE_NORMAL);
    holes = every_other(&pages, 0);
    rest = every_other(&pages, 1);
    shuffle(&holes);
    give_back(guest, &holes);
    give_back(guest, &large);
    after = measure(guest);
    compare(&after, &before, "with few free blocks");
    shuffle(&rest);
    for (int i = 0; i < 100; i++) {
        uint32_t cost;

        free_pages_in(guest, AGENT_PROCESS, rest.pfns[i], 0, &cost);
        expect_about(guest_last(guest), cost, worst(before.give),
                     "with few free blocks");
    }
}

Test(buddy, splits_and_merges_in_a_few_steps_per_order)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct blocks pages = exhaust(guest, ZONE_DMA);
    uint32_t split, merge, limit = MAX_ORDER * STEPS_PER_ORDER;
    pfn_t pfn;

    give_back_some(guest, &pages, run_in(&pages, TOP_ORDER, 0),
                   1u << TOP_ORDER);
    pfn = alloc_pages_in(guest, AGENT_PROCESS, GFP_ATOMIC, 0, &split);
    expect_block(guest, pfn, NULL);
    free_pages_in(guest, AGENT_PROCESS, pfn, 0, &merge);
    expect(split <= limit && merge <= limit,
           .did = "alloc_pages(GFP_ATOMIC, 0) from a block of 512 pages, then "
                  "__free_pages()",
           .expected = text("at most %u instructions each", limit),
           .seen = text("%u and %u", split, merge),
           .hint = "a few steps per order, not per page");
}

Test(buddy, large_blocks_cost_what_single_pages_do)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);
    uint32_t take[2], give[2];
    pfn_t large =
        alloc_pages_in(guest, AGENT_PROCESS, GFP_KERNEL, TOP_ORDER, &take[1]);
    pfn_t page = alloc_pages_in(guest, AGENT_PROCESS, GFP_KERNEL, 0, &take[0]);

    expect_block(guest, large, NULL);
    free_pages_in(guest, AGENT_PROCESS, page, 0, &give[0]);
    free_pages_in(guest, AGENT_PROCESS, large, TOP_ORDER, &give[1]);
    expect_about("alloc_pages(GFP_KERNEL, 9)", take[1], take[0],
                 "for a single page");
    expect_about("__free_pages(…, 9)", give[1], give[0], "for a single page");
}

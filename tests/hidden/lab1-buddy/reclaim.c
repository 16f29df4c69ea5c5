/* Hidden tests of lab 1: direct reclaim, when pages_min is reached. */
#include <criterion/criterion.h>

#include "blocks.h"

/* A machine with exactly pages_min free pages and one page to reclaim. */
static struct guest *boot_at_pages_min(pfn_t *offered)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);

    *offered = rmqueue(guest, ZONE_DMA, 0);
    drain(guest, ZONE_DMA, zone_view(guest, ZONE_DMA).pages_min);
    reclaim_pool_add(guest, *offered, 0);
    return guest;
}

static void expect_reclaims(struct guest *guest, uint32_t n, const char *hint)
{
    expect(direct_reclaims(guest) == n, .did = guest_last(guest),
           .expected = text("try_to_free_pages() is called %u times", n),
           .seen = text("%u times", direct_reclaims(guest)), .hint = hint);
}

Test(buddy, reclaims_below_pages_min)
{
    pfn_t offered;
    struct guest *guest = boot_at_pages_min(&offered);
    uint32_t before = zone_view(guest, ZONE_DMA).free_pages;

    expect_block(guest, alloc_pages(guest, GFP_KERNEL, 0),
                 "try_to_free_pages() reported progress: try again");
    expect_reclaims(guest, 1, "one page was enough");
    expect_free(guest, ZONE_DMA, before);
}

/* Two pages are missing, so a page for the caller takes three. */
Test(buddy, reclaims_until_pages_min_is_left)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct blocks offered = take(guest, GFP_KERNEL, 0, 5);
    uint32_t min = zone_view(guest, ZONE_DMA).pages_min;
    const char *hint = "the mark is pages_min after reclaim as before";

    drain(guest, ZONE_DMA, min - 2);
    for (size_t i = 0; i < offered.n; i++)
        reclaim_pool_add(guest, offered.pfns[i], 0);
    expect_block(guest, alloc_pages(guest, GFP_KERNEL, 0), hint);
    expect_reclaims(guest, 3, hint);
    expect_free(guest, ZONE_DMA, min);
}

/* Offers the pages of an aligned run of eight, one by one. */
Test(buddy, reclaims_as_long_as_it_helps)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct blocks pages = exhaust(guest, ZONE_DMA);
    uint32_t min = zone_view(guest, ZONE_DMA).pages_min;
    struct blocks holes = every_other(&pages, 0);
    size_t run = run_in(&pages, 3, 4 * min);
    pfn_t pfn;

    give_back_some(guest, &holes, 0, min);
    for (int i = 0; i < 8; i++)
        reclaim_pool_add(guest, pages.pfns[run + i], 0);
    pfn = alloc_pages(guest, GFP_KERNEL, 3);
    expect(pfn == pages.pfns[run], .did = guest_last(guest),
           .expected = text("the block at frame %ld, of 8 reclaimed pages",
                            pages.pfns[run]),
           .seen = text("frame %ld", pfn),
           .hint = "as long as there is progress, try again");
    expect_reclaims(guest, 8, "stop as soon as there is a block");
}

Test(buddy, gives_up_when_nothing_can_be_reclaimed)
{
    pfn_t offered;
    struct guest *guest = boot_at_pages_min(&offered);
    uint32_t before = zone_view(guest, ZONE_DMA).free_pages;

    expect_null(guest, alloc_pages(guest, GFP_KERNEL, TOP_ORDER),
                "0 from try_to_free_pages() means: no progress, give up");
    expect_reclaims(guest, 2, "one page, then no progress");
    expect_free(guest, ZONE_DMA, before + 1);
}

Test(buddy, reclaims_for_want_of_a_large_block)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct blocks pages = exhaust(guest, ZONE_DMA);
    struct blocks holes = every_other(&pages, 0);
    size_t pair = run_in(&pages, 1, 0);
    size_t busy = pair % 2 == 0 ? pair + 1 : pair;
    pfn_t pfn;

    give_back(guest, &holes);
    reclaim_pool_add(guest, pages.pfns[busy], 0);
    pfn = alloc_pages(guest, GFP_KERNEL, 1);
    expect(pfn == pages.pfns[pair], .did = guest_last(guest),
           .expected =
               text("frame %ld, whose buddy was reclaimed", pages.pfns[pair]),
           .seen = text("frame %ld", pfn),
           .hint = "pages enough but no block large enough: that is short, "
                   "too");
}

Test(buddy, never_reclaims_for_callers_that_can_not_wait)
{
    static const uint32_t masks[] = {GFP_ATOMIC, GFP_DMA};
    pfn_t offered;
    struct guest *guest = boot_at_pages_min(&offered);

    drain(guest, ZONE_DMA, zone_view(guest, ZONE_DMA).pages_min / 4);
    for (int i = 0; i < 2; i++)
        expect_null(guest, alloc_pages(guest, masks[i], 0),
                    "without __GFP_WAIT the caller may not sleep");
    expect_reclaims(guest, 0, "without __GFP_WAIT the caller may not sleep");
}

Test(buddy, never_reclaims_in_an_interrupt)
{
    const char *hint = "a handler can't sleep, whatever its mask says";
    pfn_t offered;
    struct guest *guest = boot_at_pages_min(&offered);
    pfn_t pfn = alloc_pages_in(guest, AGENT_INTERRUPT, GFP_KERNEL, 0, NULL);

    expect_null(guest, pfn, hint);
    expect_reclaims(guest, 0, hint);
}

/*
 * Hidden tests of lab 1: how many pages stay free, and for whom. On the 8 MB
 * machine there is one zone, ZONE_DMA, so it is every list's first and last.
 */
#include <criterion/criterion.h>

#include "blocks.h"

/* Boots with exactly so many free pages more than a mark. */
static struct guest *boot_low_on_pages(uint32_t (*mark)(struct zone_view zone),
                                       uint32_t more)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);

    drain(guest, ZONE_DMA, mark(zone_view(guest, ZONE_DMA)) + more);
    return guest;
}

static uint32_t low(struct zone_view zone)
{
    return zone.pages_low;
}

static uint32_t min(struct zone_view zone)
{
    return zone.pages_min;
}

static uint32_t quarter(struct zone_view zone)
{
    return zone.pages_min / 4;
}

static uint32_t none(struct zone_view zone)
{
    (void)zone;
    return 0;
}

/* One page is given, one page later none, by a caller of this kind. */
static void expect_last_page(struct guest *guest, enum agent_context context,
                             uint32_t gfp_mask)
{
    uint32_t left = zone_view(guest, ZONE_DMA).free_pages - 1;
    const char *hint = "a zone may be left with as many pages as the mark, "
                       "not with fewer";

    expect_block(guest, alloc_pages_in(guest, context, gfp_mask, 0, NULL),
                 hint);
    expect_free(guest, ZONE_DMA, left);
    expect_null(guest, alloc_pages_in(guest, context, gfp_mask, 0, NULL), hint);
    expect_free(guest, ZONE_DMA, left);
}

Test(buddy, kswapd_sleeps_down_to_pages_low)
{
    struct guest *guest = boot_low_on_pages(low, 1);
    struct state before = state_of(guest);

    expect_block(guest, alloc_pages(guest, GFP_KERNEL, 0), NULL);
    before.free_pages[ZONE_DMA]--;
    expect_unchanged(guest, &before);
}

Test(buddy, marks_the_first_zone_of_the_list_as_short)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);
    uint32_t dma, normal;

    drain(guest, ZONE_DMA, zone_view(guest, ZONE_DMA).pages_low);
    drain(guest, ZONE_NORMAL, zone_view(guest, ZONE_NORMAL).pages_low);
    expect_block(guest, alloc_pages(guest, GFP_KERNEL, 0), NULL);
    dma = zone_view(guest, ZONE_DMA).need_balance;
    normal = zone_view(guest, ZONE_NORMAL).need_balance;
    expect(normal != 0 && dma == 0, .did = guest_last(guest),
           .expected = "need_balance is set in ZONE_NORMAL, the first of its "
                       "list, only",
           .seen = text("need_balance is %u in ZONE_NORMAL, %u in ZONE_DMA",
                        normal, dma));
}

Test(buddy, callers_that_wait_leave_pages_min)
{
    expect_last_page(boot_low_on_pages(min, 1), AGENT_PROCESS, GFP_KERNEL);
}

Test(buddy, urgent_callers_leave_a_quarter_of_pages_min)
{
    expect_last_page(boot_low_on_pages(quarter, 1), AGENT_PROCESS, GFP_ATOMIC);
}

Test(buddy, whoever_can_not_wait_leaves_a_quarter_of_pages_min)
{
    expect_last_page(boot_low_on_pages(quarter, 1), AGENT_INTERRUPT, GFP_DMA);
}

Test(buddy, marks_count_every_page_of_a_block)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct blocks pages = exhaust(guest, ZONE_DMA);
    uint32_t enough = zone_view(guest, ZONE_DMA).pages_min + 8;
    size_t run = run_in(&pages, TOP_ORDER, 0);
    const char *hint = "8 pages less must still be pages_min";

    give_back_some(guest, &pages, run, enough - 1);
    expect_null(guest, alloc_pages(guest, GFP_KERNEL, 3), hint);
    give_back_some(guest, &pages, run + enough - 1, 1);
    expect_block(guest, alloc_pages(guest, GFP_KERNEL, 3), hint);
}

Test(buddy, memalloc_takes_the_last_page)
{
    struct guest *guest = boot_low_on_pages(none, 1);

    set_memalloc(guest, true);
    expect_last_page(guest, AGENT_PROCESS, GFP_KERNEL);
    expect(direct_reclaims(guest) == 0, .did = guest_last(guest),
           .expected = "NULL at once: who frees memory does not wait for it",
           .seen = "try_to_free_pages() was called");
}

Test(buddy, interrupts_do_not_inherit_memalloc)
{
    struct guest *guest = boot_low_on_pages(quarter, 0);
    const char *hint = "in a handler, current is whoever was interrupted";
    static const uint32_t masks[] = {GFP_ATOMIC, GFP_KERNEL};

    set_memalloc(guest, true);
    for (int i = 0; i < 2; i++) {
        pfn_t pfn = alloc_pages_in(guest, AGENT_INTERRUPT, masks[i], 0, NULL);

        expect_null(guest, pfn, hint);
    }
    expect_block(guest,
                 alloc_pages_in(guest, AGENT_ATOMIC, GFP_ATOMIC, 0, NULL),
                 "interrupts that are off do not make it a handler");
}

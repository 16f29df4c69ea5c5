/*
 * Public tests of lab 1, from the first thing that works to the last. They
 * show the way; the hidden ones are about every sentence of
 * include/page_alloc.h.
 *
 * A test runs on the host. guest_boot() starts a fresh machine with your
 * kernel; alloc_pages() and its like call your functions in it. Pages are
 * frame numbers here. `make gdb T=buddy::gives_a_page` stops the machine
 * before the test begins.
 */
#include <criterion/criterion.h>

#include "blocks.h"

SUITE(buddy);

/* Needs __free_pages(), __free_pages_ok(), nr_free_pages(). */
Test(buddy, counts_the_pages_of_the_boot)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);
    uint32_t dma = frames_of(guest, ZONE_DMA);
    uint32_t normal = frames_of(guest, ZONE_NORMAL);

    guest_call(guest, &(struct call){.function = "nr_free_pages"}, NULL);
    expect_free(guest, ZONE_DMA, dma);
    expect_free(guest, ZONE_NORMAL, normal);
    expect(nr_free_pages(guest) == dma + normal, .did = guest_last(guest),
           .expected = text("%u, the free pages of all zones", dma + normal),
           .seen = text("%u", nr_free_pages(guest)),
           .hint = "zone->free_pages, of each zone in contig_page_data");
}

/* Needs rmqueue(), expand(), __alloc_pages() as well. */
Test(buddy, gives_a_page)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);
    uint32_t before = zone_view(guest, ZONE_NORMAL).free_pages;
    pfn_t pfn = alloc_pages(guest, GFP_KERNEL, 0);

    expect_block(guest, pfn, "is there a block on a list of a larger order?");
    expect(page_count(guest, pfn) == 1, .did = guest_last(guest),
           .expected = text("frame %ld has one user: count 1", pfn),
           .seen = text("count %d", page_count(guest, pfn)),
           .hint = "set_page_count()");
    expect_free(guest, ZONE_NORMAL, before - 1);
}

Test(buddy, takes_a_page_back)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);
    uint32_t before = zone_view(guest, ZONE_NORMAL).free_pages;
    pfn_t pfn = alloc_pages(guest, GFP_KERNEL, 0);

    expect_block(guest, pfn, "a page must be taken before it is given back");
    free_pages(guest, pfn, 0);
    expect_free(guest, ZONE_NORMAL, before);
    expect(page_count(guest, pfn) == 0, .did = guest_last(guest),
           .expected = "a free page has no user: count 0",
           .seen = text("count %d", page_count(guest, pfn)),
           .hint = "put_page_testzero()");
}

Test(buddy, blocks_do_not_overlap)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);
    static unsigned char taken[64 << 8]; /* by frame: order + 1 */

    for (unsigned i = 0; i < 4 * MAX_ORDER; i++) {
        unsigned order = i % MAX_ORDER;
        pfn_t pfn = alloc_pages(guest, GFP_KERNEL, order);

        expect_block(guest, pfn, NULL);
        for (pfn_t page = pfn; page < pfn + (1 << order); page++) {
            expect(page < 64 << 8 && taken[page] == 0, .did = guest_last(guest),
                   .expected = "pages that are in no other block",
                   .seen = text("frames %ld to %ld, and %ld is in use", pfn,
                                pfn + (1 << order) - 1, page),
                   .hint = "expand(): one half stays free, one goes on");
            taken[page] = (unsigned char)(order + 1);
        }
    }
}

Test(buddy, splitting_loses_nothing)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct blocks pages = exhaust(guest, ZONE_DMA);

    expect(pages.n == frames_of(guest, ZONE_DMA), .did = guest_last(guest),
           .expected =
               text("%u single pages in all", frames_of(guest, ZONE_DMA)),
           .seen = text("%zu", pages.n),
           .hint = "expand(): is every half on the list of its order?");
}

Test(buddy, merges_what_was_split)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct blocks pages = exhaust(guest, ZONE_DMA);

    give_back(guest, &pages);
    expect_all_merged(guest, ZONE_DMA);
}

Test(buddy, refuses_order_ten)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);
    struct state before = state_of(guest);

    expect_null(guest, alloc_pages(guest, GFP_KERNEL, MAX_ORDER),
                "orders are 0 to MAX_ORDER - 1");
    expect_unchanged(guest, &before);
    expect_block(guest, alloc_pages(guest, GFP_KERNEL, TOP_ORDER),
                 "orders are 0 to MAX_ORDER - 1");
}

Test(buddy, dma_pages_are_below_16_mb)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);

    for (unsigned order = 0; order < MAX_ORDER; order++) {
        pfn_t pfn = alloc_pages(guest, GFP_DMA, order);

        expect(pfn != NO_PAGE && zone_of(guest, pfn) == ZONE_DMA,
               .did = guest_last(guest), .expected = "a block of ZONE_DMA",
               .seen = text("frame %ld", pfn),
               .hint = "zonelist->zones[] holds the zones to try, best first");
    }
}

Test(buddy, ignores_reserved_pages)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);
    struct state before = state_of(guest);

    expect(before.free_pages[ZONE_NORMAL] > 0, .did = "boot",
           .expected = "pages that are not reserved are freed",
           .seen = "no free page",
           .hint = "__free_pages(), used by mem_init()");
    set_page_count(guest, 0, 1);
    free_pages(guest, 0, 0);
    expect_unchanged(guest, &before);
    expect(page_count(guest, 0) == 1, .did = guest_last(guest),
           .expected = "frame 0 is reserved: nothing happens to it",
           .seen = text("its count is %d now", page_count(guest, 0)),
           .hint = "PageReserved(), before anything else");
}

Test(buddy, shared_page_stays_in_use)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);
    pfn_t pfn = alloc_pages(guest, GFP_KERNEL, 0);
    uint32_t left = zone_view(guest, ZONE_NORMAL).free_pages;

    set_page_count(guest, pfn, 2);
    free_pages(guest, pfn, 0);
    expect_free(guest, ZONE_NORMAL, left);
    free_pages(guest, pfn, 0);
    expect_free(guest, ZONE_NORMAL, left + 1);
}

Test(buddy, wakes_kswapd_when_pages_are_low)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    const char *hint = "mark pages_low: none of the zones may give a page";

    drain(guest, ZONE_DMA, zone_view(guest, ZONE_DMA).pages_low);
    expect_block(guest, alloc_pages(guest, GFP_KERNEL, 0), hint);
    expect(kswapd_wakeups(guest) > 0, .did = guest_last(guest),
           .expected = "kswapd is woken", .seen = "it is not", .hint = hint);
    expect(direct_reclaims(guest) == 0, .did = guest_last(guest),
           .expected = "the caller itself does not reclaim above pages_min",
           .seen = "try_to_free_pages() was called", .hint = hint);
    expect(zone_view(guest, ZONE_DMA).need_balance != 0,
           .did = guest_last(guest),
           .expected = "need_balance of the list's first zone is set",
           .seen = "it is 0", .hint = hint);
}

/* All that is free are eight pages in which somebody left something. */
Test(buddy, zeroed_page_is_zero)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct blocks pages = exhaust(guest, ZONE_DMA);
    static const char junk[4096] = "somebody's secret";
    struct call call = {
        .function = "get_zeroed_page",
        .args = {GFP_ATOMIC},
        .shown = "get_zeroed_page(GFP_ATOMIC)",
    };
    gaddr_t page;

    for (int i = 0; i < 8; i++)
        guest_write(guest, address_of(pages.pfns[i]), junk, sizeof(junk));
    give_back_some(guest, &pages, 0, 8);
    page = guest_call(guest, &call, NULL);
    expect(page != 0, .did = guest_last(guest), .expected = "an address",
           .seen = "0");
    for (gaddr_t at = page; at < page + 4096; at += 4)
        expect(guest_u32(guest, at) == 0, .did = guest_last(guest),
               .expected = text("0 at 0x%08x", at),
               .seen = text("0x%08x", guest_u32(guest, at)),
               .hint = "memset()");
}

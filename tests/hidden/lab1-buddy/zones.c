/* Hidden tests of lab 1: which zone a block comes from. */
#include <criterion/criterion.h>

#include "blocks.h"

static void expect_zone(struct guest *guest, pfn_t pfn, enum zone_index zone)
{
    expect(pfn != NO_PAGE && zone_of(guest, pfn) == zone,
           .did = guest_last(guest),
           .expected = text("a page of %s", zone_name(zone)),
           .seen = pfn == NO_PAGE ? "NULL"
                                  : text("frame %ld, of %s", pfn,
                                         zone_name(zone_of(guest, pfn))),
           .hint = "the zones of the list are tried in order, each mark for "
                   "the whole list before the next mark");
}

/* Takes n single pages, which must all come from one zone. */
static void expect_pages_of(struct guest *guest, uint32_t gfp_mask,
                            enum zone_index zone, uint32_t n)
{
    struct blocks pages = take(guest, gfp_mask, 0, n);

    for (uint32_t i = 0; i < n; i++)
        expect_zone(guest, pages.pfns[i], zone);
}

Test(buddy, high_memory_falls_back_to_normal_then_dma)
{
    struct guest *guest = guest_boot(&machine_1200mb, STAGE_BUDDY);
    uint32_t wakeups = kswapd_wakeups(guest);

    for (enum zone_index zone = ZONE_DMA; zone < NR_ZONES; zone++)
        drain(guest, zone, zone_view(guest, zone).pages_low + 2);
    for (enum zone_index zone = NR_ZONES; zone-- > ZONE_DMA;)
        expect_pages_of(guest, GFP_HIGHUSER, zone, 2);
    expect(kswapd_wakeups(guest) == wakeups, .did = guest_last(guest),
           .expected = "kswapd sleeps while a zone of the list has pages",
           .seen = "kswapd was woken");
}

Test(buddy, kernel_pages_never_come_from_high_memory)
{
    struct guest *guest = guest_boot(&machine_1200mb, STAGE_BUDDY);
    static const uint32_t masks[] = {GFP_KERNEL, GFP_ATOMIC};
    uint32_t high = zone_view(guest, ZONE_HIGHMEM).free_pages;

    drain(guest, ZONE_DMA, 0);
    drain(guest, ZONE_NORMAL, 0);
    set_memalloc(guest, true);
    for (int i = 0; i < 2; i++)
        expect_null(guest, alloc_pages(guest, masks[i], 0),
                    "the kernel can't reach high memory by an address");
    expect_free(guest, ZONE_HIGHMEM, high);
}

Test(buddy, dma_pages_never_come_from_beyond_16_mb)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);
    static const uint32_t masks[] = {GFP_DMA, GFP_DMA | GFP_WAIT,
                                     GFP_DMA | GFP_ATOMIC};
    uint32_t normal = zone_view(guest, ZONE_NORMAL).free_pages;

    drain(guest, ZONE_DMA, 0);
    set_memalloc(guest, true);
    for (int i = 0; i < 3; i++)
        expect_null(guest, alloc_pages(guest, masks[i], 0),
                    "an old card's DMA reaches 16 MB and no further");
    expect_free(guest, ZONE_NORMAL, normal);
}

Test(buddy, next_zone_helps_out_with_a_large_block)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);
    struct blocks pages = exhaust(guest, ZONE_NORMAL);
    struct blocks holes = every_other(&pages, 0);
    uint32_t wakeups = kswapd_wakeups(guest);

    give_back(guest, &holes);
    expect_zone(guest, alloc_pages(guest, GFP_KERNEL, 1), ZONE_DMA);
    expect_zone(guest, alloc_pages(guest, GFP_KERNEL, TOP_ORDER), ZONE_DMA);
    expect_zone(guest, alloc_pages(guest, GFP_KERNEL, 0), ZONE_NORMAL);
    expect(kswapd_wakeups(guest) == wakeups, .did = guest_last(guest),
           .expected = "kswapd sleeps: a zone of the list has a block",
           .seen = "kswapd was woken");
}

Test(buddy, tries_each_mark_on_all_zones_before_the_next)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);
    struct zone_view dma = zone_view(guest, ZONE_DMA);
    struct zone_view normal = zone_view(guest, ZONE_NORMAL);

    drain(guest, ZONE_DMA, dma.pages_low + 1);
    drain(guest, ZONE_NORMAL, normal.pages_low + 1);
    expect_pages_of(guest, GFP_KERNEL, ZONE_NORMAL, 1);
    expect_pages_of(guest, GFP_KERNEL, ZONE_DMA, 1);
    expect_pages_of(guest, GFP_KERNEL, ZONE_NORMAL,
                    normal.pages_low - normal.pages_min);
    expect_pages_of(guest, GFP_KERNEL, ZONE_DMA, dma.pages_low - dma.pages_min);
    expect_null(guest, alloc_pages(guest, GFP_KERNEL, 0),
                "every zone is at pages_min");
}

Test(buddy, keeps_to_the_list_that_it_is_given)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);
    gaddr_t list = address_of(alloc_pages(guest, GFP_DMA, 0));
    const uint32_t zones[] = {zone_view(guest, ZONE_DMA).address,
                              zone_view(guest, ZONE_NORMAL).address, 0};
    struct call call = {
        .function = "__alloc_pages",
        .args = {GFP_KERNEL, 0, list},
        .shown = "__alloc_pages(GFP_KERNEL, 0, a list of DMA, then Normal)",
    };

    guest_write(guest, list, zones, sizeof(zones));
    drain(guest, ZONE_DMA, zone_view(guest, ZONE_DMA).pages_low + 1);
    for (enum zone_index zone = ZONE_DMA; zone <= ZONE_NORMAL; zone++) {
        gaddr_t page = guest_call(guest, &call, NULL);

        expect_zone(guest, pfn_of_page(guest, page), zone);
    }
}

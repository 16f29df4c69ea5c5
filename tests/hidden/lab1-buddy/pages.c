/* Hidden tests of lab 1: a page's count and flags, and who counts pages. */
#include <criterion/criterion.h>

#include "blocks.h"

static void expect_count(struct guest *guest, pfn_t pfn, int count)
{
    expect(page_count(guest, pfn) == count, .did = guest_last(guest),
           .expected = text("count of frame %ld is %d", pfn, count),
           .seen = text("%d", page_count(guest, pfn)));
}

Test(buddy, every_block_begins_with_count_one)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct blocks pages = exhaust(guest, ZONE_DMA);

    for (size_t i = 0; i < pages.n; i++)
        expect_count(guest, pages.pfns[i], 1);
    give_back(guest, &pages);
    for (unsigned order = 0; order < MAX_ORDER; order++)
        expect_count(guest, alloc_pages(guest, GFP_KERNEL, order), 1);
}

Test(buddy, last_user_frees_the_block)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);
    pfn_t pfn = alloc_pages(guest, GFP_KERNEL, 2);
    uint32_t left = zone_view(guest, ZONE_NORMAL).free_pages;
    uint32_t flags = page_flags(guest, pfn) | PG_REFERENCED;

    set_page_count(guest, pfn, 3);
    set_page_flags(guest, pfn, flags);
    for (int users = 2; users > 0; users--) {
        free_pages(guest, pfn, 2);
        expect_count(guest, pfn, users);
        expect_free(guest, ZONE_NORMAL, left);
        expect(page_flags(guest, pfn) == flags, .did = guest_last(guest),
               .expected = text("the flags of a page in use stay 0x%x", flags),
               .seen = text("0x%x", page_flags(guest, pfn)));
    }
    free_pages(guest, pfn, 2);
    expect_free(guest, ZONE_NORMAL, left + 4);
}

Test(buddy, reserved_pages_stay_as_they_are)
{
    struct guest *guest = boot_working(&machine_64mb);
    pfn_t pfn = alloc_pages(guest, GFP_KERNEL, 3);
    uint32_t flags = page_flags(guest, pfn) | PG_RESERVED | PG_REFERENCED;
    struct state before = state_of(guest);

    set_page_flags(guest, pfn, flags);
    for (int count = 0; count < 3; count++) {
        set_page_count(guest, pfn, count);
        free_pages(guest, pfn, 3);
        expect_count(guest, pfn, count);
        expect_unchanged(guest, &before);
        expect(page_flags(guest, pfn) == flags, .did = guest_last(guest),
               .expected = text("the flags stay 0x%x", flags),
               .seen = text("0x%x", page_flags(guest, pfn)),
               .hint = "a reserved page is not the allocator's");
    }
}

static void set_referenced(struct guest *guest, pfn_t pfn)
{
    set_page_flags(guest, pfn, page_flags(guest, pfn) | PG_REFERENCED);
}

static void expect_not_referenced(struct guest *guest, pfn_t pfn)
{
    expect(!(page_flags(guest, pfn) & PG_REFERENCED), .did = guest_last(guest),
           .expected = "PG_referenced is cleared", .seen = "it is still set",
           .hint = "the next owner has not touched the page yet");
}

Test(buddy, forgets_references_of_the_last_owner)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);

    for (unsigned order = 0; order < MAX_ORDER; order += 3) {
        pfn_t pfn = alloc_pages(guest, GFP_KERNEL, order);

        set_referenced(guest, pfn);
        free_pages(guest, pfn, order);
        expect_not_referenced(guest, pfn);
    }
}

#define OTHERS_FLAGS                                                           \
    (PG_SLAB | PG_DIRTY | PG_SWAP_CACHE | PG_ACTIVE | PG_INACTIVE_DIRTY |      \
     PG_INACTIVE_CLEAN)

static void expect_no_flags(struct guest *guest, const struct blocks *pages)
{
    for (size_t i = 0; i < pages->n; i++) {
        uint32_t seen = page_flags(guest, pages->pfns[i]) & OTHERS_FLAGS;

        expect(seen == 0, .did = guest_last(guest),
               .expected = text("frame %ld has none of the flags of mmzone.h",
                                pages->pfns[i]),
               .seen = text("0x%x", seen),
               .hint = "they are for whoever has the page, and for "
                       "whoever looks for pages to free");
    }
}

/* Whether pages are free, alone or in blocks, or in use. */
Test(buddy, flags_are_for_others)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct blocks pages = exhaust(guest, ZONE_DMA);
    struct blocks some = every_other(&pages, 0);

    expect_no_flags(guest, &pages);
    give_back(guest, &some);
    expect_no_flags(guest, &pages);
    some = every_other(&pages, 1);
    give_back(guest, &some);
    expect_no_flags(guest, &pages);
    for (unsigned order = 0; order < MAX_ORDER; order++)
        expect_block(guest, alloc_pages(guest, GFP_ATOMIC, order), NULL);
    expect_no_flags(guest, &pages);
}

Test(buddy, free_pages_ok_gives_a_block_back)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct blocks pages = exhaust(guest, ZONE_DMA);
    size_t run = run_in(&pages, 1, 0);

    for (size_t i = 0; i < 2; i++) {
        pfn_t pfn = pages.pfns[run + i];
        struct call call = {
            .function = "__free_pages_ok",
            .args = {page_of(guest, pfn), 0},
            .shown = text("__free_pages_ok(frame %ld, 0)", pfn),
        };

        set_page_count(guest, pfn, 0);
        set_referenced(guest, pfn);
        guest_call(guest, &call, NULL);
        expect_free(guest, ZONE_DMA, (uint32_t)i + 1);
        expect_not_referenced(guest, pfn);
    }
    expect_block(guest, rmqueue(guest, ZONE_DMA, 1), "two buddies are free");
}

/* Both counts must have followed the last call. */
static void expect_counted(struct guest *guest, enum zone_index zone,
                           uint32_t npages)
{
    uint32_t seen;

    expect_free(guest, zone, npages);
    seen = nr_free_pages(guest);
    expect(seen == free_pages_in_ram(guest), .did = guest_last(guest),
           .expected = text("%u, the free pages of all zones",
                            free_pages_in_ram(guest)),
           .seen = text("%u", seen));
}

Test(buddy, free_pages_are_counted_at_every_step)
{
    static const uint32_t masks[] = {GFP_DMA, GFP_KERNEL, GFP_HIGHUSER};
    struct guest *guest = guest_boot(&machine_1200mb, STAGE_BUDDY);
    pfn_t held[NR_ZONES][MAX_ORDER];

    for (enum zone_index zone = ZONE_DMA; zone < NR_ZONES; zone++) {
        uint32_t left = zone_view(guest, zone).free_pages;

        for (unsigned order = 0; order < MAX_ORDER; order += 3) {
            held[zone][order] = alloc_pages(guest, masks[zone], order);
            left -= 1u << order;
            expect_counted(guest, zone, left);
        }
        for (unsigned order = 0; order < MAX_ORDER; order += 3) {
            free_pages(guest, held[zone][order], order);
            left += 1u << order;
            expect_counted(guest, zone, left);
        }
    }
}

/* Takes blocks of all orders in a context, and gives them back. */
static void expect_works_in(enum agent_context context)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    pfn_t held[MAX_ORDER];
    uint32_t left = zone_view(guest, ZONE_DMA).free_pages;

    for (unsigned order = 0; order < MAX_ORDER; order++) {
        held[order] = alloc_pages_in(guest, context, GFP_ATOMIC, order, NULL);
        left -= 1u << order;
        expect_block(guest, held[order], NULL);
        expect_free(guest, ZONE_DMA, left);
    }
    expect_null(guest,
                alloc_pages_in(guest, context, GFP_ATOMIC, MAX_ORDER, NULL),
                "orders end at MAX_ORDER - 1");
    for (unsigned order = MAX_ORDER; order-- > 0;)
        free_pages_in(guest, context, held[order], order, NULL);
    expect_all_merged(guest, ZONE_DMA);
    expect_null(guest, alloc_pages_in(guest, context, GFP_ATOMIC, 0, NULL),
                "no page is free");
}

Test(buddy, works_with_interrupts_off)
{
    expect_works_in(AGENT_ATOMIC);
}

Test(buddy, works_in_an_interrupt_handler)
{
    expect_works_in(AGENT_INTERRUPT);
}

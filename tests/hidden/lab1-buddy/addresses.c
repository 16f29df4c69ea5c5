/* Hidden tests of lab 1: blocks by their address in the direct map. */
#include <criterion/criterion.h>
#include <string.h>

#include "blocks.h"

#define JUNK 0xa5

/* A call of two numbers that returns an address. */
static gaddr_t call_for_address(struct guest *guest, const char *function,
                                uint32_t gfp_mask, uint32_t order)
{
    struct call call = {
        .function = function,
        .args = {gfp_mask, order},
        .shown = text("%s(%s, %u)", function, gfp_text(gfp_mask), order),
    };

    return guest_call(guest, &call, NULL);
}

static void free_address(struct guest *guest, gaddr_t address, unsigned order)
{
    struct call call = {
        .function = "free_pages",
        .args = {address, order},
        .shown = text("free_pages(0x%08x, %u)", address, order),
    };

    guest_call(guest, &call, NULL);
}

static void expect_no_address(struct guest *guest, gaddr_t address,
                              const char *hint)
{
    expect(address == 0, .did = guest_last(guest), .expected = "0",
           .seen = text("0x%08x", address), .hint = hint);
}

Test(buddy, addresses_are_in_the_direct_map)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct blocks pages = exhaust(guest, ZONE_DMA);
    size_t run = run_in(&pages, 7, 0);
    gaddr_t start = address_of(pages.pfns[run]), seen;

    give_back_some(guest, &pages, run, 128);
    seen = call_for_address(guest, "__get_free_pages", GFP_ATOMIC, 6);
    expect(seen == start || seen == start + 64 * PAGE_SIZE,
           .did = guest_last(guest),
           .expected = text("half of the block of 128 pages at 0x%08x", start),
           .seen = text("0x%08x", seen),
           .hint = "PAGE_OFFSET and the frame's physical address");
    expect_free(guest, ZONE_DMA, 64);
    free_address(guest, seen, 6);
    expect_free(guest, ZONE_DMA, 128);
    expect_block(guest, rmqueue(guest, ZONE_DMA, 7), "both halves are free");
}

Test(buddy, refuses_addresses_in_high_memory)
{
    static const uint32_t masks[] = {GFP_HIGHUSER, GFP_HIGHMEM | GFP_ATOMIC};
    struct guest *guest = boot_working(&machine_64mb);
    struct state before = state_of(guest);
    const char *hint = "pages of high memory may have no address";

    for (int i = 0; i < 2; i++) {
        expect_no_address(
            guest, call_for_address(guest, "__get_free_pages", masks[i], 0),
            hint);
        expect_no_address(
            guest, call_for_address(guest, "get_zeroed_page", masks[i], 0),
            hint);
        expect_unchanged(guest, &before);
    }
}

Test(buddy, no_page_no_address)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    const char *hint = "NULL is no page: it has no address";

    expect_no_address(
        guest,
        call_for_address(guest, "__get_free_pages", GFP_KERNEL, MAX_ORDER),
        hint);
    drain(guest, ZONE_DMA, 0);
    expect_no_address(
        guest, call_for_address(guest, "__get_free_pages", GFP_ATOMIC, 0),
        hint);
    expect_no_address(
        guest, call_for_address(guest, "get_zeroed_page", GFP_ATOMIC, 0), hint);
}

/*
 * Address 0 is not in the direct map. To virt_to_page() it is a frame far
 * beyond mem_map, where the test's own page may pass for a struct page.
 */
Test(buddy, free_pages_of_address_zero_does_nothing)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);
    pfn_t bogus = (0 - KERNEL_BASE) / PAGE_SIZE;
    struct state before;

    drain(guest, ZONE_NORMAL, 0);
    before = state_of(guest);
    set_page_flags(guest, bogus, 0);
    set_page_count(guest, bogus, 2);
    free_address(guest, 0, 0);
    expect_unchanged(guest, &before);
    expect(page_count(guest, bogus) == 2, .did = guest_last(guest),
           .expected = "nothing is done to memory",
           .seen = "a struct page that is none was changed",
           .hint = "0 stands for no page; virt_to_page(0) is no page's");
}

/* Writes junk into pages, as their owner may. */
static void fill_with_junk(struct guest *guest, const struct blocks *pages)
{
    struct call calls[2048];
    struct agent_result results[2048];

    if (pages->n > 2048)
        report_infra("%zu pages are too many to fill", pages->n);
    for (size_t i = 0; i < pages->n; i++)
        calls[i] = (struct call){
            .function = "memset",
            .args = {address_of(pages->pfns[i]), JUNK, PAGE_SIZE},
        };
    guest_calls(guest, calls, pages->n, results);
}

static void expect_filled(struct guest *guest, gaddr_t address, int value)
{
    unsigned char bytes[PAGE_SIZE];

    guest_copy(guest, address, bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++)
        expect(bytes[i] == value, .did = guest_last(guest),
               .expected = text("byte %zu of the page at 0x%08x is 0x%02x", i,
                                address, (unsigned)value),
               .seen = text("0x%02x", bytes[i]),
               .hint = "all of the page is zeroed, and nothing beyond it");
}

Test(buddy, zeroed_page_shows_nothing_of_its_last_owner)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct blocks pages = exhaust(guest, ZONE_DMA);
    struct blocks freed = every_other(&pages, 0);
    struct blocks kept = every_other(&pages, 1);

    fill_with_junk(guest, &pages);
    give_back(guest, &freed);
    for (int i = 0; i < 32; i++) {
        gaddr_t page =
            call_for_address(guest, "get_zeroed_page", GFP_ATOMIC, 0);

        expect(page != 0, .did = guest_last(guest), .expected = "an address",
               .seen = "0");
        expect_filled(guest, page, 0);
    }
    for (size_t i = 0; i < kept.n; i++)
        expect_filled(guest, address_of(kept.pfns[i]), JUNK);
}

/* Hidden tests of lab 3: kmap()'s slots, their counts, and the flush. */
#include <criterion/criterion.h>

#include "slots.h"

#define MANY 1500 /* pages, more than there are slots */

Test(vmalloc, users_of_a_page_share_its_slot)
{
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, 1);
    pfn_t pfn = pages.pfns[0];
    gaddr_t address = kmap(guest, pfn);

    for (int users = 2; users <= 5; users++) {
        expect(kmap(guest, pfn) == address, .did = guest_last(guest),
               .expected = text("0x%08x, which it has already", address),
               .seen = "another address");
        expect_slot(guest, pfn, address, users);
    }
    for (int users = 4; users >= 0; users--) {
        kunmap(guest, pfn);
        expect_slot(guest, pfn, address, users);
        expect_page_address(guest, pfn, address,
                            "it keeps its address until the flush");
    }
    expect(kmap(guest, pfn) == address, .did = guest_last(guest),
           .expected = text("0x%08x, where it is still mapped", address),
           .seen = "another address",
           .hint = "a page with an address needs no other slot, even if "
                   "nobody uses it");
    expect_slot(guest, pfn, address, 1);
}

Test(vmalloc, page_in_use_survives_a_flush)
{
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, 4);
    gaddr_t addresses[4];

    mark_pages(guest, &pages);
    kmap_all(guest, &pages, addresses);
    kmap(guest, pages.pfns[2]);
    kunmap(guest, pages.pfns[1]);
    kunmap(guest, pages.pfns[2]);
    kunmap(guest, pages.pfns[3]);
    for (int i = 0; i < 2; i++) {
        flush_all_zero_pkmaps(guest);
        expect_slot(guest, pages.pfns[0], addresses[0], 1);
        expect_slot(guest, pages.pfns[2], addresses[2], 1);
        expect_page_address(guest, pages.pfns[0], addresses[0], "it is in use");
        expect_page_address(guest, pages.pfns[1], 0, "it was flushed");
        expect_page_address(guest, pages.pfns[2], addresses[2], "it is in use");
        expect_page_address(guest, pages.pfns[3], 0, "it was flushed");
        expect_mark(guest, addresses[0], pages.pfns[0], NULL);
        expect_unmapped(guest, addresses[1], 1, "pte_clear()");
        expect_unmapped(guest, addresses[3], 1, "pte_clear()");
    }
}

/* The kernel has just read the page, so the processor remembers it. */
Test(vmalloc, flushed_slot_faults)
{
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, 1);
    gaddr_t address = kmap(guest, pages.pfns[0]);

    mark_pages(guest, &pages);
    expect_mark(guest, address, pages.pfns[0], NULL);
    kunmap(guest, pages.pfns[0]);
    expect_mark(guest, address, pages.pfns[0],
                "without users it is still mapped");
    flush_all_zero_pkmaps(guest);
    expect_fault(guest, address, "a slot after the flush");
}

/* One page after the other: as long as there are new slots, none is used twice
 * and nothing is unmapped. */
Test(vmalloc, slots_are_not_used_again_before_a_flush)
{
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, LAST_PKMAP - 1);
    static gaddr_t addresses[LAST_PKMAP], seen[LAST_PKMAP];
    struct translation mapped[LAST_PKMAP];

    for (size_t i = 0; i < pages.n; i += 93) {
        struct blocks some = {&pages.pfns[i], 93, 0};

        kmap_all(guest, &some, &addresses[i]);
        kunmap_all(guest, &some);
    }
    page_addresses(guest, &pages, seen);
    guest_translate_pages(guest, PKMAP_BASE, LAST_PKMAP, mapped);
    for (size_t i = 0; i < pages.n; i++) {
        unsigned nr = slot_of(guest, addresses[i]);

        expect(seen[i] == addresses[i] && mapped[nr].present &&
                   mapped[nr].pa / PAGE_SIZE == pages.pfns[i] &&
                   pkmap_count(guest, nr) == 1,
               .did = text("kmap() and kunmap() of %zu pages", pages.n),
               .expected = text("frame %ld is still mapped at 0x%08x, with no "
                                "users: count 1",
                                pages.pfns[i], addresses[i]),
               .seen = text("page_address() 0x%08x, count %d", seen[i],
                            pkmap_count(guest, nr)),
               .hint = "count 0 is what kmap() looks for; it goes on where it "
                       "found one last");
    }
}

/* Slots are used again; each page must be seen through its address. */
Test(vmalloc, slots_used_again_show_the_new_page)
{
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, MANY);
    gaddr_t results = guest_symbol(guest, "probe_memory");
    static struct call calls[3 * MANY];
    static struct agent_result values[3 * MANY];
    uint32_t seen[MANY];

    mark_pages(guest, &pages);
    for (size_t i = 0; i < MANY; i++) {
        calls[3 * i] = kmap_call(guest, pages.pfns[i]);
        calls[3 * i + 1] = (struct call){
            .function = "memcpy",
            .args = {results + (gaddr_t)i * 4, (uint32_t)(3 * i), 4},
            .refs = 1 << 1,
            .shown = "reading the page",
        };
        calls[3 * i + 2] = kunmap_call(guest, pages.pfns[i]);
    }
    guest_calls(guest, calls, 3 * MANY, values);
    guest_copy(guest, results, seen, sizeof(seen));
    for (size_t i = 0; i < MANY; i++)
        expect(seen[i] == mark_of(pages.pfns[i]),
               .did = text("%s, after %zu others", calls[3 * i].shown, i),
               .expected =
                   text("the page is seen at 0x%08x", values[3 * i].value),
               .seen = "something else is",
               .hint = "the TLB is flushed before a slot is used again");
}

/* After 1024 pages, the search has come round: those before are unmapped. */
Test(vmalloc, coming_round_unmaps_what_is_not_in_use)
{
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, LAST_PKMAP + 2);
    struct blocks first = {pages.pfns, LAST_PKMAP - 2, 0};
    struct blocks rest = {&pages.pfns[first.n], 4, 0};
    static gaddr_t addresses[LAST_PKMAP], now[LAST_PKMAP];

    kmap_all(guest, &first, addresses);
    slot_of(guest, addresses[100]);
    kmap(guest, first.pfns[100]);
    kunmap_all(guest, &first);
    for (size_t i = 0; i < rest.n; i++) {
        gaddr_t address = kmap(guest, rest.pfns[i]);

        expect_slot(guest, rest.pfns[i], address, 1);
        kunmap(guest, rest.pfns[i]);
    }
    page_addresses(guest, &first, now);
    for (size_t i = 0; i < first.n; i++) {
        gaddr_t expected = i == 100 ? addresses[i] : 0;

        expect(now[i] == expected,
               .did = text("kmap() and kunmap() of %zu pages, then "
                           "page_address(frame %ld)",
                           pages.n, first.pfns[i]),
               .expected = i == 100 ? "its address: it is in use"
                                    : "NULL: all slots were flushed",
               .seen = text("0x%08x", now[i]),
               .hint = "flush_all_zero_pkmaps() when the search comes to "
                       "slot 0");
    }
    expect_slot(guest, first.pfns[100], addresses[100], 1);
}

Test(vmalloc, all_slots_can_be_had)
{
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, LAST_PKMAP);
    static gaddr_t addresses[LAST_PKMAP];
    struct translation seen[LAST_PKMAP];

    take_all_slots(guest, &pages, addresses);
    guest_translate_pages(guest, PKMAP_BASE, LAST_PKMAP, seen);
    for (size_t i = 0; i < pages.n; i++) {
        unsigned nr = slot_of(guest, addresses[i]);

        expect(seen[nr].present && seen[nr].writable && !seen[nr].user &&
                   seen[nr].pa / PAGE_SIZE == pages.pfns[i] &&
                   pkmap_count(guest, nr) == 2,
               .did = text("kmap() of %d pages", LAST_PKMAP),
               .expected = text("slot %u maps frame %ld, for one user", nr,
                                pages.pfns[i]),
               .seen = text("count %d, frame %u", pkmap_count(guest, nr),
                            seen[nr].pa / PAGE_SIZE));
    }
    kunmap_all(guest, &pages);
    flush_all_zero_pkmaps(guest);
    expect_no_slots(guest);
    take_all_slots(guest, &pages, addresses);
}

/* All slots but one are in use for good, and that one is used all the time. */
Test(vmalloc, last_slot_serves_one_after_the_other)
{
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, LAST_PKMAP + 20);
    struct blocks most = {pages.pfns, LAST_PKMAP - 1, 0};
    static gaddr_t addresses[LAST_PKMAP];
    gaddr_t last = 0;

    mark_pages(guest, &pages);
    take_all_slots(guest, &most, addresses);
    for (size_t i = most.n; i < pages.n; i++) {
        gaddr_t address = kmap(guest, pages.pfns[i]);

        expect_slot(guest, pages.pfns[i], address, 1);
        expect_mark(guest, address, pages.pfns[i], "flush before you reuse");
        expect(last == 0 || address == last, .did = guest_last(guest),
               .expected = text("0x%08x: all other slots are in use", last),
               .seen = text("0x%08x", address));
        last = address;
        kunmap(guest, pages.pfns[i]);
    }
    expect_slot(guest, most.pfns[0], addresses[0], 1);
}

Test(vmalloc, pages_below_high_memory_have_no_slots)
{
    struct guest *guest = guest_boot(&machine_1200mb, STAGE_VMALLOC);
    pfn_t low[] = {
        alloc_pages(guest, GFP_KERNEL, 0),
        alloc_pages(guest, GFP_KERNEL | GFP_DMA, 0),
        zone_view(guest, ZONE_HIGHMEM).start_pfn - 1,
    };

    for (int i = 0; i < 3; i++) {
        expect(
            kmap(guest, low[i]) == address_of(low[i]), .did = guest_last(guest),
            .expected = text("0x%08x, in the direct map", address_of(low[i])),
            .seen = "another address");
        kunmap(guest, low[i]);
        kunmap(guest, low[i]);
        expect_page_address(guest, low[i], address_of(low[i]), NULL);
        expect_no_slots(guest);
    }
    expect_slot(guest, zone_view(guest, ZONE_HIGHMEM).start_pfn,
                kmap(guest, zone_view(guest, ZONE_HIGHMEM).start_pfn), 1);
}

/* How often the page was kmapped and kunmapped before the one too many. */
static void expect_kunmap_bug(unsigned kmaps, bool flush, const char *hint)
{
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, 2);
    struct call call = kunmap_call(guest, pages.pfns[0]);

    kmap(guest, pages.pfns[1]);
    for (unsigned i = 0; i < kmaps; i++)
        kmap(guest, pages.pfns[0]);
    for (unsigned i = 0; i < kmaps; i++)
        kunmap(guest, pages.pfns[0]);
    if (flush)
        flush_all_zero_pkmaps(guest);
    call.shown = text("%s, after it was kmapped and kunmapped %u times%s",
                      call.shown, kmaps, flush ? " and flushed" : "");
    expect_bug(guest, &call, hint);
    guest_end(guest);
}

Test(vmalloc, one_kunmap_too_many_is_a_bug)
{
    expect_kunmap_bug(0, false, "it has no address");
    expect_kunmap_bug(3, false, "its count is 1: mapped, but no users");
    expect_kunmap_bug(1, true, "it has no address any more");
}

/* A BUG whatever the page: in a slot, or in the direct map. */
Test(vmalloc, kmap_is_not_for_interrupts)
{
    for (int i = 0; i < 4; i++) {
        struct guest *guest =
            guest_boot(i < 2 ? &machine_1200mb : &machine_64mb, STAGE_VMALLOC);
        pfn_t pfn = alloc_pages(guest, GFP_HIGHUSER, 0);
        struct call call =
            i % 2 == 0 ? kmap_call(guest, pfn) : kunmap_call(guest, pfn);

        expect(kmap(guest, pfn) != 0, .did = guest_last(guest),
               .expected = "an address", .seen = "NULL");
        call.context = AGENT_INTERRUPT;
        call.shown = text("%s in an interrupt handler", call.shown);
        expect_bug(guest, &call, "BUG_ON(in_interrupt()), whatever the page");
        guest_end(guest);
    }
}

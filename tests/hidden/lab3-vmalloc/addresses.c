/* Hidden tests of lab 3: which address a page has. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "slots.h"

#define MOST 1000 /* pages that have an address */

/* set_page_address() of all pages; 0: they have none any more. */
static void set_addresses(struct guest *guest, const struct blocks *pages,
                          const gaddr_t *addresses)
{
    static struct call calls[LAST_PKMAP];
    static struct agent_result results[LAST_PKMAP];

    if (pages->n > LAST_PKMAP)
        report_infra("%zu pages are too many", pages->n);
    for (size_t i = 0; i < pages->n; i++)
        calls[i] = set_page_address_call(guest, pages->pfns[i],
                                         addresses == NULL ? 0 : addresses[i]);
    guest_calls_checked(guest, calls, pages->n, results);
}

static void expect_addresses(struct guest *guest, const struct blocks *pages,
                             const gaddr_t *addresses)
{
    gaddr_t *seen = allocate(pages->n, sizeof(*seen));

    page_addresses(guest, pages, seen);
    for (size_t i = 0; i < pages->n; i++)
        expect(seen[i] == addresses[i],
               .did = text("page_address(frame %ld), when %zu pages have an "
                           "address",
                           pages->pfns[i], pages->n),
               .expected = text("0x%08x", addresses[i]),
               .seen = text("0x%08x", seen[i]));
    free(seen);
}

/* Addresses of all slots; page i has that of slot 5i + round, round and round.
 */
static void make_addresses(gaddr_t *out, size_t round)
{
    for (size_t i = 0; i < LAST_PKMAP; i++)
        out[i] = PKMAP_ADDR((5 * i + round) % LAST_PKMAP);
}

Test(vmalloc, as_many_pages_as_slots_have_addresses)
{
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, LAST_PKMAP);
    gaddr_t addresses[LAST_PKMAP], none[LAST_PKMAP] = {0};

    for (size_t round = 0; round < 3; round++) {
        make_addresses(addresses, round);
        shuffle(&pages);
        set_addresses(guest, &pages, addresses);
        expect_addresses(guest, &pages, addresses);
        set_addresses(guest, &pages, NULL);
        expect_addresses(guest, &pages, none);
    }
}

/* Half of the pages lose their address, the others keep it or get another. */
Test(vmalloc, addresses_come_go_and_change)
{
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, LAST_PKMAP);
    gaddr_t addresses[LAST_PKMAP];

    make_addresses(addresses, 0);
    set_addresses(guest, &pages, addresses);
    for (size_t i = 0; i < LAST_PKMAP; i++)
        addresses[i] = i % 2 == 0 ? 0 : addresses[i];
    set_addresses(guest, &pages, addresses);
    expect_addresses(guest, &pages, addresses);
    set_addresses(guest, &pages, addresses);
    expect_addresses(guest, &pages, addresses);
    make_addresses(addresses, 1);
    set_addresses(guest, &pages, addresses);
    expect_addresses(guest, &pages, addresses);
}

Test(vmalloc, addresses_are_known_in_any_context)
{
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, 2);
    gaddr_t address = kmap(guest, pages.pfns[0]);
    pfn_t low = alloc_pages(guest, GFP_KERNEL, 0);

    expect_slot(guest, pages.pfns[0], address, 1);
    for (enum agent_context context = AGENT_PROCESS; context <= AGENT_INTERRUPT;
         context++) {
        const pfn_t pfns[] = {pages.pfns[0], pages.pfns[1], low};
        const gaddr_t expected[] = {address, 0, address_of(low)};

        for (int i = 0; i < 3; i++) {
            struct call call = page_address_call(guest, pfns[i]);
            gaddr_t seen;

            call = in_context(call, context);
            seen = guest_call(guest, &call, NULL);
            expect(seen == expected[i], .did = guest_last(guest),
                   .expected = text("0x%08x", expected[i]),
                   .seen = text("0x%08x", seen));
        }
    }
}

/* Pages with addresses, of which some are asked; the mean cost of it. */
static uint32_t mean_cost(struct guest *guest, const struct blocks *pages)
{
    static struct call calls[LAST_PKMAP];
    static struct agent_result results[LAST_PKMAP];
    uint64_t sum = 0;

    for (size_t i = 0; i < pages->n; i++)
        calls[i] = page_address_call(guest, pages->pfns[i]);
    guest_calls_checked(guest, calls, pages->n, results);
    for (size_t i = 0; i < pages->n; i++)
        sum += results[i].cost;
    return (uint32_t)(sum / pages->n);
}

/* Costs with 1000 pages must be about what they are with one. */
static void compare_costs(struct guest *guest, const struct blocks *pages,
                          const char *which)
{
    struct blocks one = {pages->pfns, 1, 0};
    gaddr_t addresses[LAST_PKMAP];
    uint32_t alone, among_many;

    make_addresses(addresses, 0);
    set_addresses(guest, &one, addresses);
    alone = mean_cost(guest, &one);
    set_addresses(guest, pages, addresses);
    expect_addresses(guest, pages, addresses);
    among_many = mean_cost(guest, pages);
    expect(
        among_many <= 4 * alone + 200,
        .did = text("page_address() of each of %zu pages, %s", pages->n, which),
        .expected = text("about as many instructions on average as with "
                         "one: %u, at most %u",
                         alone, 4 * alone + 200),
        .seen = text("%u", among_many),
        .hint = "a hash table, with buckets enough, that spreads pages well");
    set_addresses(guest, pages, NULL);
}

/* Pages next to each other, and pages far apart, which nobody has to use. */
Test(vmalloc, address_costs_the_same_among_many)
{
    struct guest *guest = guest_boot(&machine_1200mb, STAGE_VMALLOC);
    struct zone_view high = zone_view(guest, ZONE_HIGHMEM);
    struct blocks pages = {(pfn_t[LAST_PKMAP]){0}, 0, 0};

    for (unsigned apart = 1; apart <= 1024; apart *= 4) {
        pages.n = high.size / apart < MOST ? high.size / apart : MOST;
        for (size_t i = 0; i < pages.n; i++)
            pages.pfns[i] = (pfn_t)(high.start_pfn + i * apart);
        compare_costs(guest, &pages, text("%u frames apart", apart));
    }
}

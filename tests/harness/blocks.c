/* Many blocks at once, and what the contract says of memory as a whole. */
#include "blocks.h"

#include <stdlib.h>
#include <string.h>

#include "property.h"

/* The same call n times over; frames, or NO_PAGE, in the order of the calls. */
static struct blocks repeat(struct guest *guest, const struct call *call,
                            unsigned order, size_t n)
{
    struct blocks out = {allocate(n, sizeof(pfn_t)), n, order};
    struct call *calls = allocate(n, sizeof(*calls));
    struct agent_result *results = allocate(n, sizeof(*results));

    for (size_t i = 0; i < n; i++)
        calls[i] = *call;
    guest_calls_checked(guest, calls, n, results);
    for (size_t i = 0; i < n; i++)
        out.pfns[i] = pfn_of_page(guest, results[i].value);
    free(calls);
    free(results);
    expect_distinct(guest, out.pfns, n);
    return out;
}

struct blocks take(struct guest *guest, uint32_t gfp_mask, unsigned order,
                   size_t n)
{
    struct call call = alloc_call(gfp_mask, order);
    struct blocks blocks = repeat(guest, &call, order, n);

    for (size_t i = 0; i < n; i++)
        expect(blocks.pfns[i] != NO_PAGE,
               .did = text("%s, call %zu of %zu", call.shown, i + 1, n),
               .expected = "a block: there are pages enough", .seen = "NULL");
    return blocks;
}

void give_back_some(struct guest *guest, const struct blocks *blocks,
                    size_t from, size_t n)
{
    struct call *calls = allocate(n, sizeof(*calls));
    struct agent_result *results = allocate(n, sizeof(*results));

    for (size_t i = 0; i < n; i++)
        calls[i] = free_call(blocks->pfns[from + i], blocks->order, guest);
    guest_calls_checked(guest, calls, n, results);
    free(calls);
    free(results);
}

void give_back(struct guest *guest, const struct blocks *blocks)
{
    give_back_some(guest, blocks, 0, blocks->n);
}

struct blocks every_other(const struct blocks *blocks, size_t first)
{
    struct blocks out = {allocate(blocks->n, sizeof(pfn_t)), 0, blocks->order};

    for (size_t i = first; i < blocks->n; i += 2)
        out.pfns[out.n++] = blocks->pfns[i];
    return out;
}

void shuffle(struct blocks *blocks)
{
    struct random random = random_of_test();

    for (size_t left = blocks->n; left > 1; left--) {
        size_t other = random_below(&random, (uint32_t)left);
        pfn_t pfn = blocks->pfns[other];

        blocks->pfns[other] = blocks->pfns[left - 1];
        blocks->pfns[left - 1] = pfn;
    }
}

/* --- rmqueue() ----------------------------------------------------------- */

struct call rmqueue_call(struct guest *guest, enum zone_index zone,
                         unsigned order)
{
    return (struct call){
        .function = "rmqueue",
        .args = {zone_view(guest, zone).address, order},
        .shown = text("rmqueue(%s, %u)", zone_name(zone), order),
    };
}

pfn_t rmqueue(struct guest *guest, enum zone_index zone, unsigned order)
{
    struct call call = rmqueue_call(guest, zone, order);

    return pfn_of_page(guest, guest_call(guest, &call, NULL));
}

/* zone->free_pages, which can't be more than there are. */
static uint32_t free_in(struct guest *guest, enum zone_index zone)
{
    struct zone_view view = zone_view(guest, zone);

    expect(view.free_pages <= view.size, .did = guest_last(guest),
           .expected = text("at most the zone's %u pages are free", view.size),
           .seen = text("free_pages of %s is %d", zone_name(zone),
                        (int)view.free_pages),
           .hint = "every page that is taken or given back is counted once");
    return view.free_pages;
}

struct guest *boot_working(const struct machine *machine)
{
    struct guest *guest = guest_boot(machine, STAGE_BUDDY);
    pfn_t pfn = alloc_pages(guest, GFP_KERNEL, 0);

    expect_block(guest, pfn, "first of all, there must be pages to be had");
    free_pages(guest, pfn, 0);
    return guest;
}

void drain(struct guest *guest, enum zone_index zone, uint32_t leave)
{
    expect(free_in(guest, zone) > 0, .did = "boot",
           .expected = text("free pages in %s", zone_name(zone)),
           .seen = "none", .hint = "mem_init() frees all memory");
    for (unsigned order = MAX_ORDER; order-- > 0;) {
        uint32_t left = free_in(guest, zone);
        uint32_t surplus = left > leave ? left - leave : 0;
        struct call call = rmqueue_call(guest, zone, order);

        if (surplus >> order > 0)
            free(repeat(guest, &call, order, surplus >> order).pfns);
    }
    expect(free_in(guest, zone) == leave,
           .did = text("rmqueue(%s, …) until %u pages are left",
                       zone_name(zone), leave),
           .expected = "it takes any free page and counts it off",
           .seen = text("%u free pages", free_in(guest, zone)));
}

struct blocks rmqueue_all(struct guest *guest, enum zone_index zone,
                          unsigned order)
{
    struct call call = rmqueue_call(guest, zone, order);
    size_t most = free_in(guest, zone) >> order;
    struct blocks blocks = repeat(guest, &call, order, most + 1);

    blocks.n = 0;
    for (size_t i = 0; i <= most && blocks.pfns[i] != NO_PAGE; i++)
        blocks.n++;
    expect(blocks.n <= most, .did = call.shown,
           .expected = text("no more than the %zu blocks that %s can hold",
                            most, zone_name(zone)),
           .seen = text("frame %ld", blocks.pfns[most]),
           .hint = "a block leaves its list when it is taken");
    sort_pfns(blocks.pfns, blocks.n);
    return blocks;
}

struct blocks exhaust(struct guest *guest, enum zone_index zone)
{
    uint32_t npages = free_in(guest, zone);
    struct blocks pages = rmqueue_all(guest, zone, 0);

    expect(pages.n > 0 && pages.n == npages && free_in(guest, zone) == 0,
           .did = text("rmqueue(%s, 0) until it gives NULL", zone_name(zone)),
           .expected = text("all %u free pages (some, at least), and then none "
                            "is free",
                            npages),
           .seen =
               text("%zu pages, and %u free", pages.n, free_in(guest, zone)),
           .hint = "what a split does not need stays on the free lists");
    return pages;
}

size_t run_in(const struct blocks *pages, unsigned order, size_t from)
{
    size_t size = 1u << order;

    for (size_t i = from; i + size <= pages->n; i++)
        if (pages->pfns[i] % (pfn_t)size == 0 &&
            pages->pfns[i + size - 1] == pages->pfns[i] + (pfn_t)size - 1)
            return i;
    report_fail(__FILE__, __LINE__,
                (struct claim){
                    .did = "take every page, one by one",
                    .expected = text("an aligned run of %zu pages among them, "
                                     "as this machine's memory has",
                                     size),
                    .seen = text("none among %zu pages", pages->n),
                    .hint = "all memory is handed out, and no page twice",
                });
}

/* --- memory as a whole --------------------------------------------------- */

static bool is_reserved(struct guest *guest, pfn_t pfn)
{
    return page_flags(guest, pfn) & PG_RESERVED;
}

gaddr_t address_of(pfn_t pfn)
{
    return KERNEL_BASE + (gaddr_t)pfn * 4096;
}

uint32_t frames_of(struct guest *guest, enum zone_index zone)
{
    return (uint32_t)blocks_in(guest, zone, 0);
}

size_t blocks_in(struct guest *guest, enum zone_index zone, unsigned order)
{
    struct zone_view view = zone_view(guest, zone);
    pfn_t size = 1L << order, end = view.start_pfn + view.size;
    size_t n = 0;

    for (pfn_t pfn = view.start_pfn; pfn + size <= end; pfn += size) {
        pfn_t i = 0;

        while (i < size && !is_reserved(guest, pfn + i))
            i++;
        n += i == size;
    }
    return n;
}

void expect_all_merged(struct guest *guest, enum zone_index zone)
{
    size_t larger = 0;

    for (unsigned order = MAX_ORDER; order-- > 0;) {
        size_t fit = blocks_in(guest, zone, order);
        struct blocks blocks = rmqueue_all(guest, zone, order);

        expect(blocks.n == fit - 2 * larger,
               .did = text("rmqueue(%s, %u) until it gives NULL, when the "
                           "whole zone is free and larger blocks are taken",
                           zone_name(zone), order),
               .expected = text("%zu blocks of %u pages", fit - 2 * larger,
                                1u << order),
               .seen = text("%zu", blocks.n),
               .hint = "a block that comes back merges with its free buddy, "
                       "and the two with theirs, up to the largest order");
        larger = fit;
        free(blocks.pfns);
    }
}

/* --- expectations -------------------------------------------------------- */

struct state state_of(struct guest *guest)
{
    struct state state = {
        .wakeups = kswapd_wakeups(guest),
        .reclaims = direct_reclaims(guest),
    };

    for (enum zone_index zone = ZONE_DMA; zone < NR_ZONES; zone++) {
        state.free_pages[zone] = zone_view(guest, zone).free_pages;
        state.need_balance[zone] = zone_view(guest, zone).need_balance;
    }
    return state;
}

static const char *state_text(const struct state *state)
{
    const char *out = "";

    for (enum zone_index zone = ZONE_DMA; zone < NR_ZONES; zone++)
        out = text("%s%s: %u free, need_balance %u; ", out, zone_name(zone),
                   state->free_pages[zone], state->need_balance[zone]);
    return text("%skswapd woken %u times, %u direct reclaims", out,
                state->wakeups, state->reclaims);
}

void expect_unchanged(struct guest *guest, const struct state *before)
{
    struct state now = state_of(guest);

    expect(memcmp(&now, before, sizeof(now)) == 0, .did = guest_last(guest),
           .expected = text("nothing changes: %s", state_text(before)),
           .seen = state_text(&now));
}

void expect_free(struct guest *guest, enum zone_index zone, uint32_t npages)
{
    uint32_t seen = zone_view(guest, zone).free_pages;

    expect(seen == npages, .did = guest_last(guest),
           .expected =
               text("%u free pages in %s afterwards", npages, zone_name(zone)),
           .seen = text("%d", (int)seen),
           .hint = "zone->free_pages counts pages, not blocks, of the zone "
                   "that they are in");
}

void expect_block(struct guest *guest, pfn_t pfn, const char *hint)
{
    expect(pfn != NO_PAGE, .did = guest_last(guest), .expected = "a block",
           .seen = "NULL", .hint = hint);
}

void expect_null(struct guest *guest, pfn_t pfn, const char *hint)
{
    expect(pfn == NO_PAGE, .did = guest_last(guest), .expected = "NULL",
           .seen = text("frame %ld", pfn), .hint = hint);
}

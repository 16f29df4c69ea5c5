/*
 * Hidden tests of lab 3: an interrupt while the table of addresses is looked at
 * or changed. A timer fires after each of the first instructions, one after the
 * other, and its handler changes the table, too. Whoever leaves interrupts on
 * meanwhile is found out, every time.
 */
#include <criterion/criterion.h>

#include "slots.h"

/*
 * In instructions. After the longest delay the timer fires before the call,
 * after the shortest it fires when a call of 150 instructions is over.
 */
#define FIRST_DELAY 540
#define LAST_DELAY  TIMER_INSTRUCTIONS
#define HINT                                                                   \
    "local_irq_save() before the first look at the table, "                    \
    "local_irq_restore() after the last"

/* --- changes that interrupt changes -------------------------------------- */

#define STEPS (2 * (LAST_DELAY - FIRST_DELAY))
#define CALLS (3 * STEPS) /* a change, and two looks at what came of it */

struct round {
    struct guest *guest;
    pfn_t own, others; /* pages of the call and of the handler */
    gaddr_t addresses[2];
};

/* What the page's address is after step i. The handler may be one behind. */
static gaddr_t own_address(const struct round *round, size_t i)
{
    return i % 2 == 0 ? round->addresses[0] : 0;
}

static gaddr_t others_address(const struct round *round, size_t i,
                              size_t behind)
{
    return (i + behind) % 2 == 0 ? round->addresses[1] : 0;
}

static void expect_step(const struct round *round, size_t i, size_t behind,
                        const struct call *call,
                        const struct agent_result *looks)
{
    gaddr_t own = own_address(round, i);
    gaddr_t others = others_address(round, i, behind);

    expect(looks[0].value == own && looks[1].value == others,
           .did = text("%s, interrupted by a handler that sets another page's "
                       "address",
                       call->shown),
           .expected = text("0x%08x and 0x%08x are the addresses", own, others),
           .seen = text("0x%08x and 0x%08x", looks[0].value, looks[1].value),
           .hint = HINT);
}

/* Both pages' addresses come and go, by a call and by its interrupt. */
static void change_at_every_moment(struct round *round, size_t behind)
{
    static struct call calls[CALLS], handlers[STEPS];
    static struct agent_result results[CALLS + STEPS];
    struct guest *guest = round->guest;

    for (size_t i = 0; i < STEPS; i++) {
        calls[3 * i] =
            set_page_address_call(guest, round->own, own_address(round, i));
        calls[3 * i].context = AGENT_INTERRUPTED;
        calls[3 * i].delay = FIRST_DELAY + (uint32_t)i / 2;
        calls[3 * i + 1] = page_address_call(guest, round->own);
        calls[3 * i + 2] = page_address_call(guest, round->others);
        handlers[i] = set_page_address_call(guest, round->others,
                                            others_address(round, i, behind));
    }
    guest_calls_interrupted(guest, calls, CALLS, handlers, STEPS, results);
    for (size_t i = 0; i < STEPS; i++)
        expect_step(round, i, behind, &calls[3 * i], &results[3 * i + 1]);
}

Test(vmalloc, addresses_change_at_every_moment)
{
    struct blocks pages;
    struct round round = {
        .guest = boot_with_high_pages(&pages, 10),
        .addresses = {PKMAP_ADDR(100), PKMAP_ADDR(101)},
    };

    for (unsigned i = 0; i < 8; i++)
        set_page_address(round.guest, pages.pfns[i], PKMAP_ADDR(i));
    round.own = pages.pfns[8];
    round.others = pages.pfns[9];
    change_at_every_moment(&round, 0);
    change_at_every_moment(&round, 1);
    for (unsigned i = 0; i < 8; i++)
        expect_page_address(round.guest, pages.pfns[i], PKMAP_ADDR(i), HINT);
}

/* --- changes that interrupt a look --------------------------------------- */

#define MOST 800 /* pages that have an address */
#define STEP 5   /* instructions from one moment to the next */

static void give_addresses(struct guest *guest, const struct blocks *pages)
{
    static struct call calls[MOST];
    static struct agent_result results[MOST];

    for (size_t i = 0; i < pages->n; i++)
        calls[i] = set_page_address_call(guest, pages->pfns[i], PKMAP_ADDR(i));
    guest_calls_checked(guest, calls, pages->n, results);
}

/* The page whose address takes longest to be found. */
static size_t find_last(struct guest *guest, const struct blocks *pages)
{
    static struct call calls[MOST];
    static struct agent_result results[MOST];
    size_t last = 0;

    for (size_t i = 0; i < pages->n; i++)
        calls[i] = page_address_call(guest, pages->pfns[i]);
    guest_calls_checked(guest, calls, pages->n, results);
    for (size_t i = 0; i < pages->n; i++)
        if (results[i].cost > results[last].cost)
            last = i;
    return last;
}

/*
 * Looks for one page's address. The handler takes the address of each of the
 * others, in turn; it gets it back afterwards.
 */
static void look_while_others_go(struct guest *guest,
                                 const struct blocks *pages, size_t page,
                                 uint32_t delay)
{
    static struct call calls[2 * MOST], handlers[MOST];
    static struct agent_result results[3 * MOST];

    for (size_t i = 0; i < pages->n; i++) {
        size_t other = i == page ? (i + 1) % pages->n : i;
        pfn_t pfn = pages->pfns[other];

        calls[2 * i] = page_address_call(guest, pages->pfns[page]);
        calls[2 * i].context = AGENT_INTERRUPTED;
        calls[2 * i].delay = delay;
        calls[2 * i + 1] = set_page_address_call(guest, pfn, PKMAP_ADDR(other));
        handlers[i] = set_page_address_call(guest, pfn, 0);
    }
    guest_calls_interrupted(guest, calls, 2 * pages->n, handlers, pages->n,
                            results);
    for (size_t i = 0; i < pages->n; i++)
        expect(results[2 * i].value == PKMAP_ADDR(page),
               .did = text("%s, interrupted by %s", calls[2 * i].shown,
                           handlers[i].shown),
               .expected = text("0x%08x", PKMAP_ADDR(page)),
               .seen = text("0x%08x", results[2 * i].value), .hint = HINT);
}

/* At every few instructions: fewer than it takes to go on to the next page. */
Test(vmalloc, addresses_are_found_at_every_moment)
{
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, MOST);
    size_t page;

    give_addresses(guest, &pages);
    page = find_last(guest, &pages);
    for (uint32_t delay = LAST_DELAY; delay > FIRST_DELAY; delay -= STEP)
        look_while_others_go(guest, &pages, page, delay);
}

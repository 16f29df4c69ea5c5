/*
 * Hidden tests of lab 1: an interrupt in the middle of a call. A timer fires
 * after each of the first instructions of taking and freeing, one after the
 * other, and its handler takes and frees pages of the same size. Whoever leaves
 * interrupts on while a list or a bit is half changed is found out, every time.
 */
#include <criterion/criterion.h>

#include "blocks.h"

/*
 * In instructions. The timer fires 838 after it was armed, and some 60 pass on
 * the way to the call: the longest delay is before it, the shortest more than
 * 500 instructions into it.
 */
#define FIRST_DELAY 200
#define LAST_DELAY  840
#define STEP        2 /* one round has the even delays, one the odd ones */
#define DELAYS      ((LAST_DELAY - FIRST_DELAY) / STEP)
#define CYCLE       4 /* see call_at() and handler_at() */
#define CALLS       (CYCLE * DELAYS)
#define HINT                                                                   \
    "local_irq_save() before the first list or bit is touched, "               \
    "local_irq_restore() after the last"

/*
 * Interrupted calls take and free in turns; handlers take twice, then free
 * both. So each of the two is interrupted by each of the two.
 */
static struct call call_at(struct guest *guest, size_t i, unsigned order,
                           uint32_t first_delay)
{
    struct call call = alloc_call(GFP_ATOMIC, order);

    if (i % 2 == 1) {
        call = free_call(0, order, guest);
        call.args[0] = (uint32_t)i - 1;
        call.refs = 1;
        call.shown = text("__free_pages(page, %u)", order);
    }
    call.context = AGENT_INTERRUPTED;
    call.delay = first_delay + (uint32_t)(i / CYCLE) * STEP;
    return call;
}

static struct call handler_at(struct guest *guest, size_t i, unsigned order)
{
    struct call call = alloc_call(GFP_ATOMIC, order);

    if (i % CYCLE >= 2) {
        call = free_call(0, order, guest);
        call.args[0] = (uint32_t)(CALLS + i - 2);
        call.refs = 1;
    }
    return call;
}

/* At the end of each cycle's second step, three blocks are in use. */
static void expect_apart(const struct agent_result *results)
{
    for (size_t i = 0; i < CALLS; i += CYCLE) {
        uint32_t own = results[i].value;
        uint32_t first = results[CALLS + i].value;
        uint32_t second = results[CALLS + i + 1].value;
        uint32_t third = results[i + 2].value;

        expect(own != 0 && first != 0 && second != 0 && third != 0 &&
                   own != first && first != second && third != second,
               .did = "take and free blocks, while a timer's handler does so, "
                      "too",
               .expected = "each holds a block of its own",
               .seen = own == 0 || first == 0 || second == 0 || third == 0
                           ? "NULL"
                           : "the same block twice",
               .hint = HINT);
    }
}

static void one_round(struct guest *guest, unsigned order, uint32_t first_delay)
{
    static struct call calls[CALLS], handlers[CALLS];
    static struct agent_result results[2 * CALLS];

    for (size_t i = 0; i < CALLS; i++) {
        calls[i] = call_at(guest, i, order, first_delay);
        handlers[i] = handler_at(guest, i, order);
    }
    guest_calls_interrupted(guest, calls, CALLS, handlers, CALLS, results);
    expect_apart(results);
}

static void interrupt_everywhere(unsigned order)
{
    struct guest *guest = boot_working(&machine_8mb);
    uint32_t before = zone_view(guest, ZONE_DMA).free_pages;

    one_round(guest, order, FIRST_DELAY);
    one_round(guest, order, FIRST_DELAY + 1);
    expect(zone_view(guest, ZONE_DMA).free_pages == before,
           .did = "take and free blocks, while a timer's handler does so, too",
           .expected = text("%u free pages in the end", before),
           .seen = text("%u", zone_view(guest, ZONE_DMA).free_pages),
           .hint = HINT);
    expect_all_merged(guest, ZONE_DMA);
}

Test(buddy, pages_survive_an_interrupt_at_any_point)
{
    interrupt_everywhere(0);
}

Test(buddy, blocks_survive_an_interrupt_at_any_point)
{
    interrupt_everywhere(3);
}

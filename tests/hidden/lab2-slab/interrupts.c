/*
 * Hidden tests of lab 2: an interrupt in the middle of a call. A timer fires
 * after each of the first instructions of taking, freeing and shrinking, one
 * after the other, and its handler takes and frees objects of the same cache.
 * Whoever leaves interrupts on while a list or a slab is half changed is found
 * out, every time.
 */
#include <criterion/criterion.h>

#include "objects.h"

#define TAKE_FREE_SHRINK   3  /* what is interrupted */
#define TAKE_TWO_FREE_BOTH 4  /* what handlers do */
#define CYCLE              12 /* each is interrupted by each */

/*
 * In instructions. The timer fires 838 after it was armed, and some 60 pass on
 * the way to the call: the longest delay is before it, the shortest more than
 * 700 instructions into it. A round has every eighth.
 */
#define LAST_DELAY 840
#define ROUNDS     8
#define CALLS      (CYCLE * LAST_DELAY / ROUNDS)
#define DID                                                                    \
    "take, free, shrink, while a timer's handler takes and frees objects of "  \
    "the same cache"
#define HINT                                                                   \
    "local_irq_save() before the first list or slab is touched, "              \
    "local_irq_restore() after the last; a handler may run while a slab is "   \
    "made or given back"

static struct call free_of(const struct cache *cache, size_t call)
{
    struct call free = cache_free_call(cache, 0);

    free.args[1] = (uint32_t)call;
    free.refs = 1u << 1;
    free.shown = text("kmem_cache_free(\"%s\", object)", cache->wish.name);
    return free;
}

static struct call call_at(const struct cache *cache, size_t i,
                           uint32_t first_delay)
{
    struct call call = cache_alloc_call(cache, GFP_ATOMIC);

    if (i % TAKE_FREE_SHRINK == 1)
        call = free_of(cache, i - 1);
    if (i % TAKE_FREE_SHRINK == 2)
        call = cache_shrink_call(cache);
    call.context = AGENT_INTERRUPTED;
    call.delay = first_delay + (uint32_t)(i / CYCLE) * ROUNDS;
    return call;
}

static struct call handler_at(const struct cache *cache, size_t i)
{
    if (i % TAKE_TWO_FREE_BOTH < 2)
        return cache_alloc_call(cache, GFP_ATOMIC);
    return free_of(cache, CALLS + i - 2);
}

static void expect_two(const struct agent_result *results, size_t a, size_t b)
{
    uint32_t first = results[a].value, second = results[b].value;

    expect(first != 0 && second != 0 && first != second, .did = DID,
           .expected = "each holds an object of its own",
           .seen = first == 0 || second == 0
                       ? "NULL"
                       : text("0x%08x is held twice", first),
           .hint = HINT);
}

/*
 * Who holds an object between call i and the next: the handlers of the last two
 * that took one, and whoever was interrupted.
 */
static void expect_apart_after(const struct agent_result *results, size_t i)
{
    size_t handler = CALLS + i;

    if (i % TAKE_TWO_FREE_BOTH == 1)
        expect_two(results, handler - 1, handler);
    if (i % TAKE_FREE_SHRINK != 0)
        return;
    if (i % TAKE_TWO_FREE_BOTH <= 1)
        expect_two(results, i, handler);
    if (i % TAKE_TWO_FREE_BOTH == 1 || i % TAKE_TWO_FREE_BOTH == 2)
        expect_two(results, i, handler - 1);
}

static void one_round(struct guest *guest, const struct cache *cache,
                      uint32_t first_delay)
{
    static struct call calls[CALLS], handlers[CALLS];
    static struct agent_result results[2 * CALLS];

    for (size_t i = 0; i < CALLS; i++) {
        calls[i] = call_at(cache, i, first_delay);
        handlers[i] = handler_at(cache, i);
    }
    guest_calls_interrupted(guest, calls, CALLS, handlers, CALLS, results);
    for (size_t i = 0; i < CALLS; i++)
        expect_apart_after(results, i);
}

static void interrupt_everywhere(uint32_t size, uint32_t flags)
{
    struct guest *guest = boot_slabs(&machine_64mb);
    uint32_t pages = pages_in_all(guest), left = free_pages_in_ram(guest);
    struct cache cache = create_plain(guest, "shared", size, flags);
    struct mistakes before = mistakes_of(guest);

    for (uint32_t first_delay = 0; first_delay < ROUNDS; first_delay++) {
        one_round(guest, &cache, first_delay);
        expect_in_use(guest, &cache, 0, HINT);
        expect_pages(guest, pages);
        expect_no_mistake(guest, &before);
    }
    expect(kmem_cache_destroy(guest, &cache) == 0, .did = guest_last(guest),
           .expected = "0: no object is in use", .seen = "1", .hint = HINT);
    reap_all(guest);
    expect_free_pages(guest, left, HINT);
    guest_end(guest);
}

Test(slab, small_objects_survive_an_interrupt_at_any_point)
{
    interrupt_everywhere(200, 0);
    interrupt_everywhere(20, SLAB_DEBUG);
}

/*
 * Two objects in a slab: it is full, partial and free in turns. One object in a
 * slab: one is made each time.
 */
Test(slab, large_objects_survive_an_interrupt_at_any_point)
{
    interrupt_everywhere(2000, 0);
    interrupt_everywhere(4096, 0);
}

/*
 * Hidden tests of lab 2: who may call what. take_objects() and give_some() see
 * to it that the interrupt flag is kept; here the calls are made with
 * interrupts off and in handlers, too.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "objects.h"

static const struct wish wishes[] = {
    {.name = "small", .size = 40},
    {.name = "debug", .size = 100, .flags = SLAB_DEBUG},
    {.name = "off slab", .size = 1500},
    {.name = "huge", .size = 30000, .flags = SLAB_HWCACHE_ALIGN},
};

#define NR_WISHES (sizeof(wishes) / sizeof(wishes[0]))

static uint32_t call_in(struct guest *guest, struct call call,
                        enum agent_context context)
{
    call = in_context(call, context);
    return guest_call(guest, &call, NULL);
}

/* Takes the objects of two slabs and one more, and gives them back. */
static void use_in(struct guest *guest, enum agent_context context,
                   const struct cache *cache)
{
    uint32_t num = cache_view(guest, cache->at).num;
    struct objects objects = {allocate(2 * num + 1, sizeof(gaddr_t)),
                              2 * num + 1};

    for (size_t i = 0; i < objects.n; i++) {
        objects.at[i] =
            call_in(guest, cache_alloc_call(cache, GFP_ATOMIC), context);
        expect_object(guest, objects.at[i], NULL);
    }
    expect_apart(guest, &objects, cache->wish.size);
    expect_slabs(guest, cache, 2 + (num == 1), num > 1, 0, NULL);
    for (size_t i = 0; i < objects.n; i++)
        call_in(guest, cache_free_call(cache, objects.at[i]), context);
    free(objects.at);
    expect_slabs(guest, cache, 0, 0, 3, NULL);
    call_in(guest, cache_grow_call(cache, GFP_ATOMIC), context);
    expect_slabs(guest, cache, 0, 0, 4, NULL);
}

/* kmalloc(), kfree(), and their ways out. */
static void use_general_in(struct guest *guest, enum agent_context context)
{
    struct mistakes before = mistakes_of(guest);

    for (uint32_t size = 1; size <= MAX_OBJ_BYTES; size *= 2) {
        gaddr_t object =
            call_in(guest, kmalloc_call(size, GFP_ATOMIC), context);

        expect_object(guest, object, NULL);
        call_in(guest, kfree_call(object), context);
    }
    call_in(guest, kfree_call(0), context);
    expect_refused(
        guest, call_in(guest, kmalloc_call(~0u, GFP_ATOMIC), context), NULL);
    expect_no_mistake(guest, &before);
}

/*
 * Mistakes of all kinds: ways out on which the flag is forgotten. Whether they
 * are reported is for other tests.
 */
static void err_in(struct guest *guest, enum agent_context context,
                   const struct cache *cache)
{
    static const uint32_t junk = 0x33333333;
    struct objects objects = take_objects(guest, cache, GFP_KERNEL, 3);

    guest_write(guest, objects.at[1] + cache->wish.size, &junk, sizeof(junk));
    call_in(guest, cache_free_call(cache, objects.at[1]), context);
    guest_write(guest, objects.at[1], &junk, sizeof(junk));
    call_in(guest, cache_alloc_call(cache, GFP_ATOMIC), context);
    call_in(guest, cache_free_call(cache, objects.at[2] + 4), context);
    call_in(guest, cache_free_call(cache, objects.at[0]), context);
    call_in(guest, cache_free_call(cache, objects.at[0]), context);
}

static void expect_works_in(enum agent_context context)
{
    struct guest *guest = boot_slabs(&machine_64mb);

    for (size_t i = 0; i < NR_WISHES; i++) {
        struct cache cache = create(guest, &wishes[i]);

        use_in(guest, context, &cache);
        if (wishes[i].flags & SLAB_DEBUG_FREE)
            err_in(guest, context, &cache);
    }
    use_general_in(guest, context);
}

Test(slab, works_in_an_interrupt_handler)
{
    expect_works_in(AGENT_INTERRUPT);
}

/* What may sleep may be called with interrupts off, and keeps them so. */
static void use_in_process(struct guest *guest, enum agent_context context)
{
    struct wish wish = {.name = text("context %d", context), .size = 100};
    struct cache cache = {kmem_cache_create_in(guest, context, &wish), wish};
    struct objects objects;

    expect_object(guest, cache.at, NULL);
    expect_refused(guest, kmem_cache_create_in(guest, context, &wish),
                   "the name is in use");
    objects = take_slabs(guest, &cache, 2);
    give_some(guest, &cache, &objects, 1, objects.n - 1);
    expect(call_in(guest, cache_reap_call(), context) > 0,
           .did = guest_last(guest), .expected = "the pages of a slab",
           .seen = "0");
    expect(call_in(guest, cache_destroy_call(&cache), context) == 1,
           .did = guest_last(guest), .expected = "1: an object is in use",
           .seen = "0");
    give_some(guest, &cache, &objects, 0, 1);
    expect(call_in(guest, cache_shrink_call(&cache), context) > 0,
           .did = guest_last(guest), .expected = "the pages of a slab",
           .seen = "0");
    expect(call_in(guest, cache_destroy_call(&cache), context) == 0,
           .did = guest_last(guest), .expected = "0", .seen = "1");
}

Test(slab, works_with_interrupts_on_and_off)
{
    struct guest *guest = boot_slabs(&machine_64mb);

    use_in_process(guest, AGENT_PROCESS);
    use_in_process(guest, AGENT_ATOMIC);
    expect_works_in(AGENT_ATOMIC);
}

/* A call that sleeps can't be made in a handler: boots for each of them. */
static void expect_bug_in_interrupt(struct call (*make)(const struct cache *))
{
    struct guest *guest = boot_slabs(&machine_64mb);
    struct cache cache = create(guest, &wishes[0]);
    struct call call = make(&cache);

    kmem_cache_grow(guest, &cache, GFP_KERNEL);
    guest_call(guest, &call, NULL);
    cache = create_plain(guest, "another", 200, 0);
    call = in_context(make(&cache), AGENT_INTERRUPT);
    expect_bug(guest, &call, "BUG_ON(in_interrupt()): it may sleep");
    guest_end(guest);
}

static struct call reap(const struct cache *cache)
{
    (void)cache;
    return cache_reap_call();
}

static struct call grow_with_wait(const struct cache *cache)
{
    return cache_grow_call(cache, GFP_KERNEL);
}

static struct call alloc_with_wait(const struct cache *cache)
{
    return cache_alloc_call(cache, GFP_KERNEL);
}

Test(slab, sleeping_in_an_interrupt_is_a_bug)
{
    expect_bug_in_interrupt(cache_shrink_call);
    expect_bug_in_interrupt(cache_destroy_call);
    expect_bug_in_interrupt(reap);
    expect_bug_in_interrupt(grow_with_wait);
    expect_bug_in_interrupt(alloc_with_wait);
}

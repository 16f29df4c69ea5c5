/*
 * Hidden tests of lab 2: what operations cost, in guest instructions. They are
 * compared with each other, generously: what grows with the number of slabs,
 * objects or caches is far beyond.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "objects.h"
#include "property.h"

#define NR_SLABS 2000
#define PROBES   20 /* objects that are taken and freed each time */

struct costs {
    uint32_t take, give; /* the worst that was seen */
};

static void worst(uint32_t *most, uint32_t cost)
{
    *most = cost > *most ? cost : *most;
}

static void take_one(struct guest *guest, const struct cache *cache,
                     gaddr_t *object, struct costs *costs)
{
    struct call call = cache_alloc_call(cache, GFP_ATOMIC);
    uint32_t cost;

    *object = guest_call(guest, &call, &cost);
    expect_object(guest, *object, NULL);
    worst(&costs->take, cost);
}

static void give_one(struct guest *guest, const struct cache *cache,
                     gaddr_t object, struct costs *costs)
{
    struct call call = cache_free_call(cache, object);
    uint32_t cost;

    guest_call(guest, &call, &cost);
    worst(&costs->give, cost);
}

/* Frees some of the objects, here and there, and takes as many. */
static struct costs give_and_take(struct guest *guest,
                                  const struct cache *cache,
                                  struct objects *objects)
{
    struct random random = random_of_test();
    size_t n = objects->n < PROBES ? objects->n : PROBES;
    struct costs costs = {0, 0};

    for (size_t i = 0; i < n; i++) {
        size_t other = i + random_below(&random, (uint32_t)(objects->n - i));
        gaddr_t object = objects->at[other];

        objects->at[other] = objects->at[i];
        objects->at[i] = object;
        give_one(guest, cache, object, &costs);
    }
    for (size_t i = 0; i < n; i++)
        take_one(guest, cache, &objects->at[i], &costs);
    return costs;
}

/* Takes some of the free objects, and frees them. */
static struct costs take_and_give(struct guest *guest,
                                  const struct cache *cache, size_t n)
{
    gaddr_t objects[PROBES];
    struct costs costs = {0, 0};

    for (size_t i = 0; i < n; i++)
        take_one(guest, cache, &objects[i], &costs);
    for (size_t i = 0; i < n; i++)
        give_one(guest, cache, objects[i], &costs);
    return costs;
}

static void expect_about(const char *did, uint32_t cost, uint32_t compared,
                         const char *with)
{
    uint32_t limit = 4 * compared + 200;

    expect(cost <= limit, .did = did,
           .expected = text("about as many instructions as with %s: %u, at "
                            "most %u",
                            with, compared, limit),
           .seen = text("%u instructions", cost),
           .hint = "nothing needs to be searched: the lists give a slab, the "
                   "slab an object, and the page of an object its slab");
}

static void compare(const char *state, const struct costs *costs,
                    const struct costs *with, const char *what)
{
    expect_about(text("kmem_cache_alloc(), with %s", state), costs->take,
                 with->take, what);
    expect_about(text("kmem_cache_free(), with %s", state), costs->give,
                 with->give, what);
}

/* Every other object of the slabs, each of which holds two. */
static struct objects every_second(const struct objects *objects, size_t first)
{
    struct objects out = {allocate(objects->n, sizeof(gaddr_t)), 0};

    for (size_t i = first; i < objects->n; i += 2)
        out.at[out.n++] = objects->at[i];
    return out;
}

Test(slab, cost_does_not_grow_with_slabs)
{
    struct guest *guest = boot_slabs(&machine_64mb);
    struct cache cache = create_plain(guest, "pairs", 2000, 0);
    struct objects objects = take_slabs(guest, &cache, 1), odd, even;
    struct costs few = give_and_take(guest, &cache, &objects), many;
    const char *what = "a single slab";

    give_objects(guest, &cache, &objects);
    objects = take_slabs(guest, &cache, NR_SLABS);
    odd = every_second(&objects, 1);
    even = every_second(&objects, 0);
    many = give_and_take(guest, &cache, &objects);
    compare("2000 full slabs", &many, &few, what);
    give_objects(guest, &cache, &even);
    expect_slabs(guest, &cache, 0, NR_SLABS, 0, NULL);
    many = take_and_give(guest, &cache, PROBES);
    compare("2000 partial slabs", &many, &few, what);
    many = give_and_take(guest, &cache, &odd);
    compare("2000 partial slabs", &many, &few, what);
    give_objects(guest, &cache, &odd);
    many = take_and_give(guest, &cache, PROBES);
    compare("2000 free slabs", &many, &few, what);
}

/* 300 and more objects in a slab, freed here and there. */
Test(slab, cost_does_not_grow_with_objects)
{
    struct guest *guest = boot_slabs(&machine_64mb);
    struct cache large = create_plain(guest, "pairs", 2000, 0);
    struct cache small = create_plain(guest, "crowd", 8, 0);
    struct objects two = take_slabs(guest, &large, 1);
    struct objects crowd = take_slabs(guest, &small, 1);
    struct costs few = give_and_take(guest, &large, &two), many;
    const char *what = "two objects in a slab";

    many = give_and_take(guest, &small, &crowd);
    compare("all objects of a large slab in use", &many, &few, what);
    give_some(guest, &small, &crowd, 0, crowd.n / 2);
    many = take_and_give(guest, &small, PROBES);
    compare("half of the objects of a large slab in use", &many, &few, what);
    give_some(guest, &small, &crowd, crowd.n / 2, crowd.n / 2);
    many = take_and_give(guest, &small, PROBES);
    compare("no object of a large slab in use", &many, &few, what);
}

static struct costs kmalloc_and_kfree(struct guest *guest)
{
    struct call call = kmalloc_call(100, GFP_ATOMIC);
    struct costs costs;
    gaddr_t object = guest_call(guest, &call, &costs.take);

    expect_object(guest, object, NULL);
    call = kfree_call(object);
    guest_call(guest, &call, &costs.give);
    return costs;
}

Test(slab, cost_does_not_grow_with_caches)
{
    struct guest *guest = boot_slabs(&machine_64mb);
    struct costs few, many;

    kmalloc(guest, 100, GFP_KERNEL);
    few = kmalloc_and_kfree(guest);
    for (int i = 0; i < 300; i++) {
        struct cache cache = create_plain(guest, text("cache %d", i), 100, 0);

        kmem_cache_grow(guest, &cache, GFP_KERNEL);
    }
    many = kmalloc_and_kfree(guest);
    expect_about("kmalloc(100, GFP_ATOMIC), with 300 more caches", many.take,
                 few.take, "the general caches alone");
    expect_about("kfree(), with 300 more caches", many.give, few.give,
                 "the general caches alone");
}

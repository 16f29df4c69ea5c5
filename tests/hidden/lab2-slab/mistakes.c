/*
 * Hidden tests of lab 2: SLAB_DEBUG_FREE. What is no object in use of the
 * cache is reported, and nothing else happens.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "blocks.h"
#include "objects.h"

/* Frees what may not be freed: a report, and the cache is as it was. */
static void expect_reported(struct guest *guest, const struct cache *cache,
                            gaddr_t object, unsigned kind)
{
    struct mistakes before = mistakes_of(guest);
    struct cache_view was = cache_view(guest, cache->at), is;

    kmem_cache_free(guest, cache, object);
    expect_mistake(guest, &before, kind, object);
    is = cache_view(guest, cache->at);
    expect(memcmp(&is, &was, sizeof(is)) == 0, .did = guest_last(guest),
           .expected =
               text("nothing else happens: %u objects in use", was.inuse),
           .seen = text("%u in use; %u full, %u partial, %u free slabs",
                        is.inuse, is.nfull, is.npartial, is.nfree));
}

/* Wishes of all sorts with SLAB_DEBUG_FREE. */
static const struct wish wishes[] = {
    {.name = "checked", .size = 100, .flags = SLAB_DEBUG_FREE},
    {.name = "debug", .size = 100, .flags = SLAB_DEBUG},
    {.name = "off slab", .size = 1500, .flags = SLAB_DEBUG_FREE},
    {.name = "off, debug", .size = 1492, .flags = SLAB_DEBUG},
    {.name = "large", .size = 20000, .flags = SLAB_DEBUG},
};

#define NR_WISHES (sizeof(wishes) / sizeof(wishes[0]))

Test(slab, reports_every_double_free)
{
    struct guest *guest = boot_slabs(&machine_64mb);

    for (size_t i = 0; i < NR_WISHES; i++) {
        struct cache cache = create(guest, &wishes[i]);
        uint32_t num = cache_view(guest, cache.at).num;
        struct objects objects = take_slabs(guest, &cache, 2);
        struct mistakes before = mistakes_of(guest);

        give_some(guest, &cache, &objects, 0, num + 1);
        expect_no_mistake(guest, &before);
        for (uint32_t object = 0; object <= num; object++)
            expect_reported(guest, &cache, objects.at[object],
                            SLAB_DOUBLE_FREE);
        take_objects(guest, &cache, GFP_KERNEL, num + 1);
        expect_slabs(guest, &cache, 2, 0, 0, NULL);
    }
}

static void expect_inside_reported(struct guest *guest,
                                   const struct cache *cache,
                                   const struct objects *objects)
{
    static const uint32_t offsets[] = {1, 2, 4, 8, 50, 99};

    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++)
        expect_reported(guest, cache, objects->at[i % objects->n] + offsets[i],
                        SLAB_FOREIGN);
}

/* What is in the slab beside its objects: a descriptor, or nothing. */
static void expect_beside_reported(struct guest *guest,
                                   const struct cache *cache,
                                   const struct objects *sorted)
{
    struct cache_view view = cache_view(guest, cache->at);
    gaddr_t first = sorted->at[0], last = sorted->at[sorted->n - 1];
    gaddr_t start = slab_of(&view, first);

    if (slab_of(&view, last + view.objsize) == start)
        expect_reported(guest, cache, last + view.objsize, SLAB_FOREIGN);
    if (first >= start + view.objsize)
        expect_reported(guest, cache, first - view.objsize, SLAB_FOREIGN);
    if (first >= start + 4)
        expect_reported(guest, cache, first - 4, SLAB_FOREIGN);
}

Test(slab, reports_pointers_to_no_objects_start)
{
    struct guest *guest = boot_slabs(&machine_64mb);

    for (size_t i = 0; i < NR_WISHES; i++) {
        struct cache cache = create(guest, &wishes[i]);
        struct objects objects = take_slabs(guest, &cache, 1);

        sort_objects(&objects);
        expect_inside_reported(guest, &cache, &objects);
        expect_beside_reported(guest, &cache, &objects);
        give_objects(guest, &cache, &objects);
        expect_slabs(guest, &cache, 0, 0, 1, NULL);
    }
}

static void expect_others_reported(struct guest *guest)
{
    struct cache mine = create_plain(guest, "mine", 100, SLAB_DEBUG_FREE);
    struct cache other = create_plain(guest, "other", 100, SLAB_DEBUG_FREE);
    struct objects objects = take_objects(guest, &other, GFP_KERNEL, 2);
    gaddr_t general = kmalloc(guest, 100, GFP_KERNEL);

    take_objects(guest, &mine, GFP_KERNEL, 2);
    expect_reported(guest, &mine, objects.at[0], SLAB_FOREIGN);
    expect_reported(guest, &mine, general, SLAB_FOREIGN);
    give_some(guest, &other, &objects, 0, 1);
    expect_in_use(guest, &other, 1, "it is still an object of its own cache");
    expect_reported(guest, &mine, objects.at[0], SLAB_FOREIGN);
}

static void expect_no_slabs_reported(struct guest *guest)
{
    struct cache cache = create_plain(guest, "mine", 100, SLAB_DEBUG_FREE);
    struct objects objects = take_slabs(guest, &cache, 1);
    pfn_t pfn = alloc_pages(guest, GFP_KERNEL, 0);

    expect_reported(guest, &cache, address_of(pfn), SLAB_FOREIGN);
    expect_reported(guest, &cache, guest_symbol(guest, "probe_memory"),
                    SLAB_FOREIGN);
    expect_reported(guest, &cache, 0, SLAB_FOREIGN);
    give_objects(guest, &cache, &objects);
    kmem_cache_shrink(guest, &cache);
    expect_slabs(guest, &cache, 0, 0, 0, NULL);
    expect_reported(guest, &cache, objects.at[0], SLAB_FOREIGN);
}

Test(slab, reports_memory_that_is_not_of_the_cache)
{
    expect_others_reported(boot_slabs(&machine_64mb));
    expect_no_slabs_reported(boot_slabs(&machine_64mb));
}

/* Caches of all sorts: whoever makes no mistake is not told of any. */
Test(slab, reports_nothing_that_is_right)
{
    struct guest *guest = boot_slabs(&machine_64mb);
    struct mistakes before = mistakes_of(guest);

    for (size_t i = 0; i < NR_WISHES; i++) {
        struct cache cache = create(guest, &wishes[i]);

        for (int round = 0; round < 4; round++) {
            struct objects objects =
                take_objects(guest, &cache, GFP_KERNEL, 30);

            fill(guest, &objects, wishes[i].size);
            give_objects(guest, &cache, &objects);
            expect_no_mistake(guest, &before);
            if (round % 2 == 1)
                kmem_cache_shrink(guest, &cache);
        }
        expect_reported(guest, &cache, 0, SLAB_FOREIGN);
        before = mistakes_of(guest);
        kmem_cache_destroy(guest, &cache);
        expect_no_mistake(guest, &before);
    }
}

/*
 * Hidden tests of lab 2: what happens when the page allocator has nothing. On
 * the 8 MB machine there is one zone.
 */
#include <criterion/criterion.h>

#include "blocks.h"
#include "objects.h"

#define HINT                                                                   \
    "NULL if there is no memory, with nothing changed; what was taken on the " \
    "way is given back"

/* Wishes of all sorts: on and off slab, of one and several pages. */
static const struct wish wishes[] = {
    {.name = "small", .size = 100},
    {.name = "off slab", .size = 1024, .ctor = "probe_ctor"},
    {.name = "two pages", .size = 3000, .flags = SLAB_DEBUG},
    {.name = "large", .size = 32768, .flags = SLAB_HWCACHE_ALIGN},
};

#define NR_WISHES (sizeof(wishes) / sizeof(wishes[0]))

static const uint32_t masks[] = {GFP_KERNEL, GFP_ATOMIC};

/* No object of the cache can be had, and there is no trace of the attempt. */
static void expect_none(struct guest *guest, const struct cache *cache)
{
    struct cache_view view = cache_view(guest, cache->at);
    uint32_t left = free_pages_in_ram(guest);

    for (int i = 0; i < 2; i++) {
        uint32_t result;

        expect_refused(guest, kmem_cache_alloc(guest, cache, masks[i]), HINT);
        expect_slabs(guest, cache, view.nfull, view.npartial, view.nfree, HINT);
        expect_free_pages(guest, left, HINT);
        result = kmem_cache_grow(guest, cache, masks[i]);
        expect(result == 0, .did = guest_last(guest),
               .expected = "0: no memory", .seen = text("%u", result));
        expect_slabs(guest, cache, view.nfull, view.npartial, view.nfree, HINT);
        expect_free_pages(guest, left, HINT);
    }
}

static void expect_none_of_no_pages(struct guest *guest)
{
    struct cache caches[NR_WISHES];
    struct blocks pages;

    for (size_t i = 0; i < NR_WISHES; i++)
        caches[i] = create(guest, &wishes[i]);
    pages = exhaust(guest, ZONE_DMA);
    for (size_t i = 0; i < NR_WISHES; i++)
        expect_none(guest, &caches[i]);
    expect_refused(guest, kmalloc(guest, 100, GFP_ATOMIC), HINT);
    expect_refused(guest, kmalloc(guest, MAX_OBJ_BYTES, GFP_KERNEL), HINT);
    expect_refused(guest, kmalloc(guest, 100, GFP_DMA), HINT);
    give_back(guest, &pages);
    for (size_t i = 0; i < NR_WISHES; i++)
        take_slabs(guest, &caches[i], 2);
    expect_object(guest, kmalloc(guest, MAX_OBJ_BYTES, GFP_KERNEL), HINT);
}

/* Single pages only: no slab of two pages can be made. */
static void expect_none_of_scattered_pages(struct guest *guest)
{
    struct cache large = create(guest, &wishes[2]);
    struct cache small = create(guest, &wishes[0]);
    struct objects objects = take_slabs(guest, &large, 1);
    struct blocks pages = exhaust(guest, ZONE_DMA);
    struct blocks holes = every_other(&pages, 0);

    give_back(guest, &holes);
    expect_none(guest, &large);
    take_objects(guest, &small, GFP_KERNEL, 50);
    give_objects(guest, &large, &objects);
    take_objects(guest, &large, GFP_KERNEL, objects.n);
    expect_none(guest, &large);
}

Test(slab, no_memory_no_object)
{
    expect_none_of_no_pages(boot_slabs(&machine_8mb));
    expect_none_of_scattered_pages(boot_slabs(&machine_8mb));
}

Test(slab, objects_that_are_free_need_no_memory)
{
    struct guest *guest = boot_slabs(&machine_8mb);
    struct cache cache = create_plain(guest, "saved", 200, 0);
    uint32_t num = cache_view(guest, cache.at).num;
    struct objects objects = take_slabs(guest, &cache, 3), again;

    give_some(guest, &cache, &objects, 1, 2 * num);
    exhaust(guest, ZONE_DMA);
    again = take_objects(guest, &cache, GFP_ATOMIC, num);
    take_objects(guest, &cache, GFP_KERNEL, num);
    expect_slabs(guest, &cache, 3, 0, 0, NULL);
    expect_none(guest, &cache);
    give_objects(guest, &cache, &again);
    take_objects(guest, &cache, GFP_ATOMIC, num);
    expect_none(guest, &cache);
}

/*
 * One page is free, enough for the slab but not for its descriptor, which
 * needs a slab of a general cache. That slab may have been made, if it came
 * first; then it is free, and can be reaped.
 */
Test(slab, no_memory_for_the_descriptor)
{
    struct guest *guest = boot_slabs(&machine_8mb);
    struct cache cache = create(guest, &wishes[1]);
    struct blocks pages = exhaust(guest, ZONE_DMA);

    set_memalloc(guest, true);
    give_back_some(guest, &pages, 0, 1);
    for (int i = 0; i < 6; i++) {
        expect_refused(guest, kmem_cache_alloc(guest, &cache, masks[i % 2]),
                       HINT);
        expect_slabs(guest, &cache, 0, 0, 0, HINT);
        expect(ctor_calls(guest) == 0, .did = guest_last(guest),
               .expected = "no object is constructed", .seen = "some are");
        reap_all(guest);
        expect_free_pages(guest, 1, HINT);
    }
    expect(
        !(page_flags(guest, pages.pfns[0]) & PG_SLAB), .did = guest_last(guest),
        .expected = "the page that is free has no PG_slab", .seen = "it has");
    give_back_some(guest, &pages, 1, 1);
    expect_object(guest, kmem_cache_alloc(guest, &cache, GFP_KERNEL),
                  "two pages are enough");
    expect_free_pages(guest, 0, NULL);
}

/* Whether the page allocator may reclaim follows from the caller's mask. */
Test(slab, reclaims_only_for_callers_that_may_sleep)
{
    struct guest *guest = boot_slabs(&machine_8mb);
    struct cache cache = create(guest, &wishes[0]);
    pfn_t offered = rmqueue(guest, ZONE_DMA, TOP_ORDER);
    const char *hint = "the mask is passed on to the page allocator";

    expect_block(guest, offered, NULL);
    drain(guest, ZONE_DMA, zone_view(guest, ZONE_DMA).pages_min / 4);
    reclaim_pool_add(guest, offered, TOP_ORDER);
    expect_refused(guest, kmem_cache_alloc(guest, &cache, GFP_ATOMIC), hint);
    expect(direct_reclaims(guest) == 0, .did = guest_last(guest),
           .expected = "no reclaim: the caller can't wait",
           .seen = "try_to_free_pages() was called", .hint = hint);
    expect_object(guest, kmem_cache_alloc(guest, &cache, GFP_KERNEL), hint);
    expect(direct_reclaims(guest) == 1, .did = guest_last(guest),
           .expected = "try_to_free_pages() is called once",
           .seen = text("%u times", direct_reclaims(guest)), .hint = hint);
}

/* Creates caches until there is no memory for a kmem_cache_t. */
Test(slab, no_memory_no_cache)
{
    enum {
        MOST = 500
    };
    struct guest *guest = boot_slabs(&machine_8mb);
    struct blocks pages = exhaust(guest, ZONE_DMA);
    static struct cache caches[MOST];
    int n = 0;

    do {
        expect(n < MOST, .did = guest_last(guest),
               .expected = "NULL some day: no page is free",
               .seen = text("%d caches", n));
        caches[n].wish = (struct wish){.name = text("cache %d", n), .size = 64};
        caches[n].at = kmem_cache_create(guest, &caches[n].wish);
    } while (caches[n++].at != 0);
    expect(find_cache(guest, caches[n - 1].wish.name) == 0,
           .did = guest_last(guest), .expected = "no cache of this name",
           .seen = "it is on cache_chain");
    expect_free_pages(guest, 0, HINT);
    give_back(guest, &pages);
    caches[n - 1] = create(guest, &caches[n - 1].wish);
    for (int i = 0; i < n; i++)
        take_objects(guest, &caches[i], GFP_KERNEL, 1);
}

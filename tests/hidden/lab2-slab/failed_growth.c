/*
 * Hidden tests of lab 2: a slab's pages could be had, but not its descriptor.
 * Two pages next to each other are free; the descriptor would need a slab of a
 * general cache. That slab may have been made, if it came first; then it is
 * free, and can be reaped.
 */
#include <criterion/criterion.h>

#include "blocks.h"
#include "objects.h"

#define SIZE 3000 /* two objects in two pages */
#define HINT                                                                   \
    "a slab that can't be finished is undone: all its pages go back, and the " \
    "cache isn't growing any more"

static const uint32_t masks[] = {GFP_KERNEL, GFP_ATOMIC};

/* Asks for objects in vain. Returns the pages, of which two are free. */
static struct blocks fail_to_grow(struct guest *guest,
                                  const struct cache *cache)
{
    struct blocks pages = exhaust(guest, ZONE_DMA);
    size_t pair = run_in(&pages, 1, 0);
    pfn_t first = pages.pfns[pair];

    pages.pfns[pair] = pages.pfns[0];
    pages.pfns[pair + 1] = pages.pfns[1];
    pages.pfns[0] = first;
    pages.pfns[1] = first + 1;
    set_memalloc(guest, true);
    give_back_some(guest, &pages, 0, 2);
    for (int i = 0; i < 4; i++) {
        expect_refused(guest, kmem_cache_alloc(guest, cache, masks[i % 2]),
                       HINT);
        expect_slabs(guest, cache, 0, 0, 0, HINT);
        reap_all(guest);
        expect_free_pages(guest, 2, HINT);
    }
    set_memalloc(guest, false);
    return pages;
}

Test(slab, failed_growth_gives_every_page_back)
{
    struct guest *guest = boot_slabs(&machine_8mb);
    struct cache cache = create_plain(guest, "two pages", SIZE, 0);
    struct blocks pages = fail_to_grow(guest, &cache);

    for (size_t i = 0; i < 2; i++)
        expect(!(page_flags(guest, pages.pfns[i]) & PG_SLAB),
               .did = guest_last(guest),
               .expected = "a page that is free has no PG_slab",
               .seen = text("frame %ld has", pages.pfns[i]), .hint = HINT);
    give_back_some(guest, &pages, 2, pages.n - 2);
    expect_free_pages(guest, (uint32_t)pages.n, HINT);
}

/* Afterwards the cache can be used, reaped and destroyed like any other. */
Test(slab, failed_growth_is_over)
{
    struct guest *guest = boot_slabs(&machine_8mb);
    struct cache cache = create_plain(guest, "two pages", SIZE, 0);
    struct blocks pages = fail_to_grow(guest, &cache);
    struct objects objects;

    give_back_some(guest, &pages, 2, pages.n - 2);
    objects = take_slabs(guest, &cache, 2);
    give_objects(guest, &cache, &objects);
    reap_all(guest);
    expect_slabs(guest, &cache, 0, 0, 0, HINT);
    expect(kmem_cache_destroy(guest, &cache) == 0, .did = guest_last(guest),
           .expected = "0: no object is in use", .seen = "1", .hint = HINT);
}

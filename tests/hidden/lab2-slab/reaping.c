/* Hidden tests of lab 2: kmem_cache_reap(), which goes round the caches. */
#include <criterion/criterion.h>

#include "objects.h"

#define ROUND_HINT                                                             \
    "remember where on cache_chain the last call stopped, and go on behind it"

/* Makes slabs that are free. */
static void make_free_slabs(struct guest *guest, const struct cache *cache,
                            uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        expect(kmem_cache_grow(guest, cache, GFP_KERNEL) == 1,
               .did = guest_last(guest), .expected = "1", .seen = "0");
}

static uint32_t free_slabs(struct guest *guest, const struct cache *cache)
{
    return cache_view(guest, cache->at).nfree;
}

static void expect_all_reaped(struct guest *guest)
{
    enum {
        CACHES = 5
    };
    struct cache caches[CACHES];
    uint32_t pages = 0, left = free_pages_in_ram(guest), seen;

    for (uint32_t i = 0; i < CACHES; i++) {
        caches[i] = create_plain(guest, text("cache %u", i), 40 + 100 * i, 0);
        make_free_slabs(guest, &caches[i], i + 1);
        pages += (i + 1) << cache_view(guest, caches[i].at).gfporder;
    }
    left = free_pages_in_ram(guest);
    seen = reap_all(guest);
    expect(seen == pages, .did = text("%s until it gives 0", guest_last(guest)),
           .expected = text("%u pages of free slabs in all", pages),
           .seen = text("%u", seen),
           .hint = "how many pages a call has given back, without "
                   "descriptors'");
    expect_free_pages(guest, left + pages, NULL);
    for (uint32_t i = 0; i < CACHES; i++)
        expect_slabs(guest, &caches[i], 0, 0, 0, NULL);
}

static void expect_each_reap_to_give(struct guest *guest)
{
    struct cache cache = create_plain(guest, "much", 2000, 0);
    uint32_t nfree = 10;

    make_free_slabs(guest, &cache, nfree);
    while (nfree > 0) {
        uint32_t left = free_pages_in_ram(guest);
        uint32_t pages = kmem_cache_reap(guest), now;

        now = free_slabs(guest, &cache);
        expect(pages > 0 && now < nfree, .did = guest_last(guest),
               .expected =
                   text("at least one of %u free slabs is given back", nfree),
               .seen = text("%u pages given back, %u free slabs", pages, now));
        expect(
            free_pages_in_ram(guest) >= left + pages, .did = guest_last(guest),
            .expected = text("%u more free pages", pages),
            .seen = text("%u before, %u now", left, free_pages_in_ram(guest)));
        nfree = now;
    }
}

Test(slab, reap_gives_back_free_slabs)
{
    expect_all_reaped(boot_slabs(&machine_64mb));
    expect_each_reap_to_give(boot_slabs(&machine_64mb));
}

static void expect_slabs_in_use_left(struct guest *guest)
{
    struct cache cache = create_plain(guest, "busy", 200, 0);
    uint32_t num = cache_view(guest, cache.at).num, left;
    struct objects objects = take_slabs(guest, &cache, 3);

    fill(guest, &objects, 200);
    give_some(guest, &cache, &objects, 0, num);
    give_some(guest, &cache, &objects, num, 1);
    left = free_pages_in_ram(guest);
    expect(reap_all(guest) == 1u << cache_view(guest, cache.at).gfporder,
           .did = guest_last(guest), .expected = "the pages of one free slab",
           .seen = text("%u pages", free_pages_in_ram(guest) - left));
    expect_slabs(guest, &cache, 1, 1, 0, "slabs with objects in use stay");
    expect_filled(guest, &objects, num + 1, 2 * num - 1, 200);
    left = free_pages_in_ram(guest);
    expect(kmem_cache_reap(guest) == 0, .did = guest_last(guest),
           .expected = "0: no slab is free", .seen = "more");
    expect_free_pages(guest, left, "0 means that nothing was done");
}

static void expect_no_reap_left(struct guest *guest)
{
    struct cache kept = create_plain(guest, "kept", 100, SLAB_NO_REAP);
    struct cache other = create_plain(guest, "other", 100, 0);

    make_free_slabs(guest, &kept, 3);
    make_free_slabs(guest, &other, 3);
    expect(reap_all(guest) > 0, .did = guest_last(guest),
           .expected = "free slabs of \"other\"", .seen = "none");
    expect_slabs(guest, &other, 0, 0, 0, NULL);
    expect_slabs(guest, &kept, 0, 0, 3, "SLAB_NO_REAP");
    expect(kmem_cache_shrink(guest, &kept) > 0, .did = guest_last(guest),
           .expected = "its pages: it may be shrunk all the same",
           .seen = "none");
    expect_slabs(guest, &kept, 0, 0, 0, NULL);
}

Test(slab, reap_leaves_what_it_may_not_have)
{
    expect_slabs_in_use_left(boot_slabs(&machine_64mb));
    expect_no_reap_left(boot_slabs(&machine_64mb));
}

/*
 * One cache has a free slab again before each call: the other one's turn must
 * come all the same.
 */
static void expect_turn(struct guest *guest, const struct cache *greedy,
                        const struct cache *other)
{
    int calls = 0;

    make_free_slabs(guest, other, 1);
    while (free_slabs(guest, other) > 0) {
        if (free_slabs(guest, greedy) == 0)
            make_free_slabs(guest, greedy, 1);
        kmem_cache_reap(guest);
        calls++;
        expect(calls < 100, .did = text("%s, 100 times", guest_last(guest)),
               .expected = text("the turn of \"%s\" comes, while \"%s\" has a "
                                "free slab each time",
                                other->wish.name, greedy->wish.name),
               .seen = "it does not", .hint = ROUND_HINT);
    }
}

Test(slab, reap_goes_on_where_it_stopped)
{
    struct guest *guest = boot_slabs(&machine_64mb);
    struct cache first = create_plain(guest, "first", 100, 0);
    struct cache second = create_plain(guest, "second", 100, 0);
    struct cache third = create_plain(guest, "third", 100, 0);

    expect_turn(guest, &first, &second);
    expect_turn(guest, &second, &first);
    expect_turn(guest, &third, &first);
    expect_turn(guest, &first, &third);
    expect_turn(guest, &second, &third);
}

/*
 * Where reap stopped may be the cache that is destroyed next; another one may
 * be created in its place, or not.
 */
static void expect_destroyed_are_forgotten(bool create_another)
{
    enum {
        CACHES = 6
    };
    struct guest *guest = boot_slabs(&machine_64mb);
    struct cache caches[CACHES];
    uint32_t pages = pages_in_all(guest);

    for (int i = 0; i < CACHES; i++)
        caches[i] = create_plain(guest, text("cache %d", i), 100, 0);
    for (int i = 0; i < CACHES; i++) {
        struct cache *cache = &caches[(i + 2) % CACHES];

        make_free_slabs(guest, cache, 1);
        expect(kmem_cache_reap(guest) > 0, .did = guest_last(guest),
               .expected =
                   text("the pages of a free slab of \"%s\"", cache->wish.name),
               .seen = "0");
        kmem_cache_destroy(guest, cache);
        if (create_another)
            create_plain(guest, text("in its place %d", i), 3000, 0);
        reap_all(guest);
    }
    expect_pages(guest, pages);
    guest_end(guest);
}

Test(slab, reap_forgets_caches_that_are_destroyed)
{
    expect_destroyed_are_forgotten(false);
    expect_destroyed_are_forgotten(true);
}

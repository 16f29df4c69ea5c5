/* Hidden tests of lab 2: what shrink and destroy give back, and what not. */
#include <criterion/criterion.h>

#include "objects.h"

static const uint32_t sizes[] = {60, 500, 700, 3000, 20000};

#define NR_SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void expect_result(struct guest *guest, uint32_t seen, uint32_t expected,
                          const char *hint)
{
    expect(seen == expected, .did = guest_last(guest),
           .expected = text("%u", expected), .seen = text("%u", seen),
           .hint = hint);
}

/* Objects in use of all general caches: descriptors are among them. */
static uint32_t general_objects(struct guest *guest)
{
    uint32_t sum = 0;

    for (uint32_t size = SMALLEST_BYTES; size <= MAX_OBJ_BYTES; size *= 2)
        sum += cache_view(guest, general_cache(guest, size, false)).inuse;
    return sum;
}

static void expect_pages_counted(struct guest *guest)
{
    const char *hint = "2^gfporder pages for each free slab";

    for (size_t i = 0; i < NR_SIZES; i++) {
        struct cache cache =
            create_plain(guest, text("of %u", sizes[i]), sizes[i], 0);
        struct cache_view view = cache_view(guest, cache.at);
        struct objects objects = take_slabs(guest, &cache, 4);
        uint32_t left = free_pages_in_ram(guest);

        expect_result(guest, kmem_cache_shrink(guest, &cache), 0, hint);
        expect_slabs(guest, &cache, 4, 0, 0, "slabs in use stay");
        give_some(guest, &cache, &objects, 0, 3 * view.num);
        expect_result(guest, kmem_cache_shrink(guest, &cache),
                      3u << view.gfporder, hint);
        expect_slabs(guest, &cache, 1, 0, 0, "all free slabs go, no others");
        left += 3u << view.gfporder;
        expect_free_pages(guest, left, "pages go back to the page allocator");
        expect_result(guest, kmem_cache_shrink(guest, &cache), 0, hint);
    }
}

static void expect_partial_slabs_left(struct guest *guest)
{
    struct cache cache = create_plain(guest, "partial", 200, 0);
    uint32_t num = cache_view(guest, cache.at).num;
    struct objects objects = take_slabs(guest, &cache, 3);

    fill(guest, &objects, 200);
    give_some(guest, &cache, &objects, 0, num - 1);
    give_some(guest, &cache, &objects, num, num);
    give_some(guest, &cache, &objects, 2 * num, 1);
    expect_slabs(guest, &cache, 0, 2, 1, NULL);
    kmem_cache_shrink(guest, &cache);
    expect_slabs(guest, &cache, 0, 2, 0, "a slab with an object in use stays");
    expect_filled(guest, &objects, num - 1, 1, 200);
    expect_filled(guest, &objects, 2 * num + 1, num - 1, 200);
    take_objects(guest, &cache, GFP_KERNEL, num);
    expect_slabs(guest, &cache, 2, 0, 0, NULL);
}

Test(slab, shrink_gives_back_free_slabs_and_no_others)
{
    struct guest *guest = boot_slabs(&machine_64mb);

    expect_pages_counted(guest);
    expect_partial_slabs_left(guest);
}

Test(slab, shrink_gives_descriptors_back)
{
    struct guest *guest = boot_slabs(&machine_64mb);
    struct cache cache = create_plain(guest, "off slab", 1024, 0);
    uint32_t descriptors = general_objects(guest);
    uint32_t left = free_pages_in_ram(guest), slabs = pages_in_slabs(guest);
    struct objects objects = take_slabs(guest, &cache, 40);

    expect(general_objects(guest) == descriptors + 40, .did = guest_last(guest),
           .expected = "40 objects of general caches hold descriptors",
           .seen = text("%u", general_objects(guest) - descriptors),
           .hint = "from 512 bytes on");
    give_objects(guest, &cache, &objects);
    kmem_cache_shrink(guest, &cache);
    expect(general_objects(guest) == descriptors, .did = guest_last(guest),
           .expected = "no descriptor is left",
           .seen = text("%u", general_objects(guest) - descriptors),
           .hint = "kmem_cache_free() of what kmem_cache_alloc() gave");
    reap_all(guest);
    expect(pages_in_slabs(guest) == slabs, .did = guest_last(guest),
           .expected = "no more slabs than before", .seen = "more");
    expect_free_pages(guest, left, "descriptors' slabs are reaped like others");
}

/* Fails, for want of one object; then it must go on as if nothing had been. */
static void expect_survives_destroy(struct guest *guest, uint32_t size)
{
    struct cache cache = create_plain(guest, "in use", size, 0);
    uint32_t num = cache_view(guest, cache.at).num;
    struct objects objects = take_slabs(guest, &cache, 3);
    struct objects rest = {objects.at, 2 * num};

    fill(guest, &objects, size);
    give_some(guest, &cache, &objects, 2 * num, num);
    expect_result(guest, kmem_cache_destroy(guest, &cache), 1,
                  "objects are in use");
    expect_slabs(guest, &cache, 2, 0, 0, "it has only been shrunk");
    expect(find_cache(guest, "in use") == cache.at, .did = guest_last(guest),
           .expected = "it is on cache_chain as before", .seen = "it is off");
    expect_filled(guest, &objects, 0, 2 * num, size);
    objects = take_slabs(guest, &cache, 1);
    give_objects(guest, &cache, &objects);
    give_objects(guest, &cache, &rest);
    expect_slabs(guest, &cache, 0, 0, 3, NULL);
    expect_result(guest, kmem_cache_destroy(guest, &cache), 0, "none in use");
    expect(find_cache(guest, "in use") == 0, .did = guest_last(guest),
           .expected = "it is off cache_chain", .seen = "it is still on it");
}

Test(slab, destroy_in_use_fails_and_loses_nothing)
{
    struct guest *guest = boot_slabs(&machine_64mb);

    for (size_t i = 0; i < NR_SIZES; i++)
        expect_survives_destroy(guest, sizes[i]);
}

Test(slab, destroy_gives_everything_back)
{
    struct guest *guest = boot_slabs(&machine_64mb);
    uint32_t left = free_pages_in_ram(guest), slabs = pages_in_slabs(guest);
    uint32_t pages = pages_in_all(guest);
    uint32_t objects_before = general_objects(guest);

    for (int round = 0; round < 200; round++) {
        struct cache cache =
            create_plain(guest, "again", sizes[round % NR_SIZES], 0);
        struct objects objects = take_objects(guest, &cache, GFP_KERNEL, 3);

        give_objects(guest, &cache, &objects);
        expect_result(guest, kmem_cache_destroy(guest, &cache), 0, NULL);
    }
    expect_pages(guest, pages);
    expect(general_objects(guest) == objects_before, .did = guest_last(guest),
           .expected = "no descriptor is left",
           .seen = text("%u", general_objects(guest) - objects_before));
    reap_all(guest);
    expect(pages_in_slabs(guest) == slabs, .did = guest_last(guest),
           .expected = text("%u pages in slabs, as before", slabs),
           .seen = text("%u", pages_in_slabs(guest)),
           .hint = "the kmem_cache_t, too, goes back to its cache");
    expect_free_pages(guest, left, NULL);
}

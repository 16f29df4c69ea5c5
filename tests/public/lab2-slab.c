/*
 * Public tests of lab 2, from the first thing that works to the last. They
 * show the way; the hidden ones are about every sentence of include/slab.h.
 *
 * A test runs on the host. guest_boot() starts a fresh machine with your
 * kernel; kmem_cache_alloc() and its like call your functions in it. Objects
 * are addresses here. `make gdb T=slab::gives_an_object` stops the machine
 * before the test begins.
 */
#include <criterion/criterion.h>

#include "objects.h"

SUITE(slab);

/* Needs kmem_cache_init(), kmem_cache_sizes_init(), and what they use. */
Test(slab, creates_the_general_caches)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_SLAB);

    for (uint32_t size = SMALLEST_BYTES; size <= MAX_OBJ_BYTES; size *= 2)
        for (int dma = 0; dma < 2; dma++) {
            const char *name = general_name(size, dma);
            gaddr_t cache = find_cache(guest, name);
            struct cache_view view;

            expect(cache != 0, .did = "kmem_cache_sizes_init()",
                   .expected = text("a cache \"%s\" on cache_chain", name),
                   .seen = "none", .hint = "kmem_cache_create(), 26 times");
            view = cache_view(guest, cache);
            expect(view.objsize == size && nslabs(&view) == 0,
                   .did = "kmem_cache_sizes_init()",
                   .expected = text("\"%s\" has objects of %u bytes and no "
                                    "slab yet",
                                    name, size),
                   .seen =
                       text("%u bytes, %u slabs", view.objsize, nslabs(&view)));
        }
}

/* Needs kmem_cache_alloc(), kmem_cache_grow() as well. */
Test(slab, gives_an_object)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_SLAB);
    struct cache cache = create_plain(guest, "dentry", 100, 0);
    gaddr_t object = kmem_cache_alloc(guest, &cache, GFP_KERNEL);

    expect_object(guest, object, "no slab has a free object: make one");
    expect(object % 4 == 0, .did = guest_last(guest),
           .expected = "an address that is a multiple of 4",
           .seen = text("0x%08x", object));
    expect_slabs(guest, &cache, 0, 1, 0, "one slab, of which one is in use");
    expect_in_use(guest, &cache, 1, "slabp->inuse");
}

Test(slab, takes_an_object_back)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_SLAB);
    struct cache cache = create_plain(guest, "dentry", 100, 0);
    gaddr_t object = kmem_cache_alloc(guest, &cache, GFP_KERNEL);
    uint32_t left = free_pages_in_ram(guest);

    expect_object(guest, object, "it must be taken before it is given back");
    kmem_cache_free(guest, &cache, object);
    expect_slabs(guest, &cache, 0, 0, 1, "its last object was freed");
    expect_free_pages(guest, left,
                      "the cache keeps its free slab for the "
                      "next object");
}

Test(slab, objects_do_not_overlap)
{
    static const uint32_t sizes[] = {4, 20, 100, 300, 600, 3000, 9000};
    struct guest *guest = guest_boot(&machine_64mb, STAGE_SLAB);

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct cache cache =
            create_plain(guest, text("of %u", sizes[i]), sizes[i], 0);
        struct objects objects = take_objects(guest, &cache, GFP_KERNEL, 100);

        fill(guest, &objects, sizes[i]);
        expect_filled(guest, &objects, 0, objects.n, sizes[i]);
    }
}

Test(slab, takes_pages_only_when_an_object_needs_them)
{
    struct guest *guest = boot_slabs(&machine_64mb);
    struct cache cache = create_plain(guest, "dentry", 100, 0);
    struct cache_view view = cache_view(guest, cache.at);
    uint32_t before = free_pages_in_ram(guest);
    const char *hint = "a slab is made when an object is asked for and no "
                       "slab has one free";

    expect_slabs(guest, &cache, 0, 0, 0, hint);
    take_objects(guest, &cache, GFP_KERNEL, view.num);
    expect_slabs(guest, &cache, 1, 0, 0, hint);
    expect_free_pages(guest, before - (1u << view.gfporder), hint);
    take_objects(guest, &cache, GFP_KERNEL, 1);
    expect_slabs(guest, &cache, 1, 1, 0, hint);
    expect_free_pages(guest, before - (2u << view.gfporder), hint);
}

Test(slab, objects_keep_their_constructed_state)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_SLAB);
    struct cache cache = create(
        guest, &(struct wish){"inode", 200, 0, 0, "probe_ctor", "probe_dtor"});
    const char *hint = "constructors run when a slab is made; a free object "
                       "is not written to";
    uint32_t num = cache_view(guest, cache.at).num;

    for (int round = 0; round < 3; round++) {
        struct objects objects = take_objects(guest, &cache, GFP_KERNEL, num);

        for (uint32_t i = 0; i < num; i++)
            expect_bytes(guest, objects.at[i], 200, PROBE_FILL, hint);
        give_objects(guest, &cache, &objects);
    }
    expect(ctor_calls(guest) == num, .did = guest_last(guest),
           .expected = text("the constructor ran once for each of the slab's "
                            "%u objects",
                            num),
           .seen = text("%u times", ctor_calls(guest)), .hint = hint);
}

Test(slab, kmalloc_uses_the_smallest_cache_that_fits)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_SLAB);

    for (uint32_t size = SMALLEST_BYTES; size <= 4096; size *= 2) {
        struct cache cache = {general_cache(guest, size, false),
                              {.name = general_name(size, false)}};
        gaddr_t object = kmalloc(guest, size, GFP_KERNEL);

        expect_object(guest, object, NULL);
        expect_in_use(guest, &cache, 1, "kmem_find_general_cachep()");
        kfree(guest, object);
        expect_in_use(guest, &cache, 0, "GET_PAGE_CACHE(virt_to_page(object))");
        object = kmalloc(guest, size / 2 + 1, GFP_KERNEL);
        expect_object(guest, object, NULL);
        expect_in_use(guest, &cache, 1, "kmem_find_general_cachep()");
        kfree(guest, object);
    }
}

Test(slab, shrink_gives_pages_back)
{
    struct guest *guest = boot_slabs(&machine_64mb);
    struct cache cache = create_plain(guest, "dentry", 100, 0);
    uint32_t before = free_pages_in_ram(guest), given;
    struct objects objects = take_slabs(guest, &cache, 3);

    give_objects(guest, &cache, &objects);
    expect_slabs(guest, &cache, 0, 0, 3, NULL);
    given = kmem_cache_shrink(guest, &cache);
    expect_slabs(guest, &cache, 0, 0, 0, "all free slabs go");
    expect(given == 3u << cache_view(guest, cache.at).gfporder,
           .did = guest_last(guest), .expected = "the pages of three slabs",
           .seen = text("%u", given));
    expect_free_pages(guest, before, "free_pages()");
}

Test(slab, destroy_refuses_a_cache_in_use)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_SLAB);
    struct cache cache = create_plain(guest, "dentry", 100, 0);
    struct objects objects = take_objects(guest, &cache, GFP_KERNEL, 1);
    uint32_t result;

    fill(guest, &objects, 100);
    result = kmem_cache_destroy(guest, &cache);
    expect(result == 1, .did = guest_last(guest),
           .expected = "1: an object is in use", .seen = text("%u", result));
    expect_in_use(guest, &cache, 1, "nothing is lost");
    expect_filled(guest, &objects, 0, 1, 100);
    give_objects(guest, &cache, &objects);
    result = kmem_cache_destroy(guest, &cache);
    expect(result == 0 && find_cache(guest, "dentry") == 0,
           .did = guest_last(guest),
           .expected = "0, and the cache is off cache_chain",
           .seen = text("%u", result));
}

Test(slab, reports_a_double_free)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_SLAB);
    struct cache cache = create_plain(guest, "dentry", 100, SLAB_DEBUG_FREE);
    struct objects objects = take_objects(guest, &cache, GFP_KERNEL, 2);
    struct mistakes before = mistakes_of(guest);

    give_some(guest, &cache, &objects, 0, 1);
    expect_no_mistake(guest, &before);
    give_some(guest, &cache, &objects, 0, 1);
    expect_mistake(guest, &before, SLAB_DOUBLE_FREE, objects.at[0]);
    expect_in_use(guest, &cache, 1, "nothing else happens");
}

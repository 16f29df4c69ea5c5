/* Hidden tests of lab 2: where objects lie, and how many of them in a slab. */
#include <criterion/criterion.h>

#include "objects.h"

static const uint32_t small[] = {4,   5,   8,   12,  16,  17,  20,  24, 28,
                                 32,  33,  36,  40,  48,  60,  64,  65, 96,
                                 100, 128, 180, 256, 300, 400, 480, 500};

static const uint32_t large[] = {
    509,  512,  513,  600,  700,   1000,  1024,  1200,  1365,  1366,   1500,
    2000, 2048, 2049, 2700, 3000,  3500,  4000,  4096,  4097,  5000,   6000,
    7500, 8192, 8193, 9000, 12000, 16384, 32768, 40000, 65536, 100001, 131072};

#define NR_SMALL (sizeof(small) / sizeof(small[0]))
#define NR_LARGE (sizeof(large) / sizeof(large[0]))

static struct cache create_sized(struct guest *guest, uint32_t size,
                                 uint32_t flags)
{
    return create_plain(guest, text("%u, %x", size, flags), size, flags);
}

static void expect_objsize(struct guest *guest, const struct cache *cache)
{
    uint32_t expected = objsize_of(cache->wish.size, cache->wish.flags);
    uint32_t seen = cache_view(guest, cache->at).objsize;

    expect(seen == expected, .did = guest_last(guest),
           .expected =
               text("objects of %u bytes lie %u bytes apart, aligned to "
                    "%u",
                    cache->wish.size, expected,
                    alignment_of(cache->wish.size, cache->wish.flags)),
           .seen = text("objsize is %u", seen));
}

/* Takes objects of each size, whose addresses take_objects() looks at. */
static void expect_aligned(struct guest *guest, uint32_t flags)
{
    for (size_t i = 0; i < NR_SMALL + NR_LARGE; i++) {
        uint32_t size = i < NR_SMALL ? small[i] : large[i - NR_SMALL];
        struct cache cache = create_sized(guest, size, flags);
        struct objects objects;

        expect_objsize(guest, &cache);
        objects =
            take_objects(guest, &cache, GFP_KERNEL, size < PAGE_SIZE ? 50 : 3);
        give_objects(guest, &cache, &objects);
        kmem_cache_destroy(guest, &cache);
    }
}

Test(slab, objects_are_aligned)
{
    struct guest *guest = boot_slabs(&machine_64mb);

    expect_aligned(guest, 0);
    expect_aligned(guest, SLAB_HWCACHE_ALIGN);
}

/* As many objects as promised are in a slab, and all of them can be had. */
Test(slab, small_objects_are_packed_as_promised)
{
    static const uint32_t flags[] = {0, SLAB_HWCACHE_ALIGN, SLAB_RED_ZONE};
    struct guest *guest = boot_slabs(&machine_64mb);

    for (size_t i = 0; i < 3 * NR_SMALL; i++) {
        struct cache cache = create_sized(guest, small[i / 3], flags[i % 3]);
        struct cache_view view;
        uint32_t promised;

        if (objsize_of(small[i / 3], flags[i % 3]) >= OFF_SLAB_BYTES)
            continue;
        expect_objsize(guest, &cache);
        view = cache_view(guest, cache.at);
        promised =
            (slab_bytes(&view) - SIZEOF_SLAB) / (view.objsize + SIZEOF_BUFCTL) -
            1;
        expect(view.num >= promised, .did = guest_last(guest),
               .expected = text("at least %u objects of %u bytes in %u bytes",
                                promised, view.objsize, slab_bytes(&view)),
               .seen = text("%u", view.num),
               .hint = "what is not the descriptor's and the links' is for "
                       "objects");
        take_slabs(guest, &cache, 2);
    }
}

Test(slab, large_objects_fill_their_slabs)
{
    static const uint32_t flags[] = {0, SLAB_HWCACHE_ALIGN};
    struct guest *guest = boot_slabs(&machine_64mb);

    for (size_t i = 0; i < 2 * NR_LARGE; i++) {
        struct cache cache = create_sized(guest, large[i / 2], flags[i % 2]);
        struct cache_view view;
        struct objects objects;

        expect_objsize(guest, &cache);
        view = cache_view(guest, cache.at);
        expect(view.num == slab_bytes(&view) / view.objsize,
               .did = guest_last(guest),
               .expected = text("%u objects of %u bytes in %u bytes",
                                slab_bytes(&view) / view.objsize, view.objsize,
                                slab_bytes(&view)),
               .seen = text("%u", view.num),
               .hint = "from 512 bytes on, descriptors are off slab");
        objects = take_slabs(guest, &cache, 1);
        give_objects(guest, &cache, &objects);
        kmem_cache_shrink(guest, &cache);
    }
}

/* The order that is promised for large objects. */
static uint32_t order_for(uint32_t objsize)
{
    for (uint32_t order = 0;; order++) {
        uint32_t nbytes = PAGE_SIZE << order;

        if (objsize <= nbytes && (order >= 1 || nbytes % objsize <= nbytes / 8))
            return order;
    }
}

static void expect_order(struct guest *guest, uint32_t size, uint32_t order)
{
    struct cache cache = create_sized(guest, size, 0);
    struct cache_view view = cache_view(guest, cache.at);

    expect(view.gfporder == order, .did = guest_last(guest),
           .expected =
               text("slabs of 2^%u pages for objects of %u bytes", order, size),
           .seen = text("2^%u", view.gfporder),
           .hint = "the smallest order at which at most 1/8 is left over; "
                   "from order 1 on, the smallest that holds an object");
    take_objects(guest, &cache, GFP_KERNEL, 1);
}

Test(slab, slabs_are_as_small_as_promised)
{
    struct guest *guest = boot_slabs(&machine_64mb);

    for (size_t i = 0; i < NR_LARGE; i++)
        expect_order(guest, large[i], order_for(objsize_of(large[i], 0)));
    for (size_t i = 0; small[i] <= 200; i++)
        expect_order(guest, small[i], 0);
}

/* Every byte of every object is its owner's, of slabs full of them. */
Test(slab, objects_lie_on_nothing_else)
{
    static const uint32_t sizes[] = {4, 12, 36, 124, 252, 508, 512, 1364, 2730};
    struct guest *guest = boot_slabs(&machine_64mb);

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct cache cache = create_sized(guest, sizes[i], 0);
        uint32_t num = cache_view(guest, cache.at).num;
        struct objects objects = take_slabs(guest, &cache, 3);

        fill(guest, &objects, sizes[i]);
        expect_filled(guest, &objects, 0, objects.n, sizes[i]);
        give_some(guest, &cache, &objects, 0, num);
        expect_filled(guest, &objects, num, 2 * num, sizes[i]);
        expect_slabs(guest, &cache, 2, 0, 1, NULL);
        take_objects(guest, &cache, GFP_KERNEL, num);
        expect_filled(guest, &objects, num, 2 * num, sizes[i]);
        expect_slabs(guest, &cache, 3, 0, 0, NULL);
    }
}

/* kmem_cache_estimate(): the results go to probe_memory. */
static void estimate(struct guest *guest, uint32_t order, uint32_t objsize,
                     uint32_t flags, uint32_t *left_over, uint32_t *num)
{
    gaddr_t results = guest_symbol(guest, "probe_memory");
    static const uint32_t junk[] = {0xdeadbeef, 0xdeadbeef};
    struct call call = {
        .function = "kmem_cache_estimate",
        .args = {order, objsize, flags, results, results + 4},
        .shown = text("kmem_cache_estimate(%u, %u, %s, …)", order, objsize,
                      flags == 0 ? "0" : "CFLGS_OFF_SLAB"),
    };

    guest_write(guest, results, junk, sizeof(junk));
    guest_call(guest, &call, NULL);
    *left_over = guest_u32(guest, results);
    *num = guest_u32(guest, results + 4);
}

static void expect_estimate(struct guest *guest, uint32_t order,
                            uint32_t objsize)
{
    uint32_t nbytes = PAGE_SIZE << order, left, num, rest;
    uint32_t most = (nbytes - SIZEOF_SLAB) / (objsize + SIZEOF_BUFCTL);

    estimate(guest, order, objsize, CFLGS_OFF_SLAB, &left, &num);
    expect(num == nbytes / objsize && left == nbytes % objsize,
           .did = guest_last(guest),
           .expected = text("%u objects, %u bytes left over", nbytes / objsize,
                            nbytes % objsize),
           .seen = text("%u, %u", num, left));
    estimate(guest, order, objsize, 0, &left, &num);
    expect(num <= most && num + 1 >= most, .did = guest_last(guest),
           .expected = text("%u objects, or one less", most),
           .seen = text("%u", num));
    rest = nbytes - SIZEOF_SLAB - num * (objsize + SIZEOF_BUFCTL);
    expect(left <= rest && left + L1_CACHE_BYTES > rest,
           .did = guest_last(guest),
           .expected = text("%u bytes left over, or a little less because of "
                            "alignment",
                            rest),
           .seen = text("%u", left));
}

Test(slab, estimates_what_fits_into_a_slab)
{
    static const uint32_t objsizes[] = {4,   8,   32,   52,   100,
                                        256, 508, 1024, 3000, 4064};
    struct guest *guest = boot_slabs(&machine_8mb);

    for (uint32_t order = 0; order < 6; order++)
        for (size_t i = 0; i < sizeof(objsizes) / sizeof(objsizes[0]); i++)
            expect_estimate(guest, order, objsizes[i]);
}

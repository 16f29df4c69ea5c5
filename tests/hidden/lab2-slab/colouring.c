/*
 * Hidden tests of lab 2: colouring. The first object of a slab is the one with
 * the lowest address, once all of the slab's objects are in use.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "objects.h"

#define MAX_SLABS 400
#define HINT                                                                   \
    "colour_next counts up with each slab; what it adds to the offset of the " \
    "first object may not exceed what is left over"

/* How far into their slabs the first objects of n new slabs lie. */
static void first_objects(struct guest *guest, const struct cache *cache,
                          size_t n, uint32_t *offsets)
{
    struct cache_view view = cache_view(guest, cache->at);
    struct objects objects = take_slabs(guest, cache, n);

    for (size_t i = 0; i < n; i++) {
        struct objects slab = {objects.at + i * view.num, view.num};

        sort_objects(&slab);
        offsets[i] = slab.at[0] - slab_of(&view, slab.at[0]);
    }
}

/* The slabs before the first one's offset comes again: so many colours. */
static size_t expect_cycle(struct guest *guest, const uint32_t *offsets,
                           size_t n, uint32_t colour_off)
{
    size_t ncolours = 1;

    while (ncolours < n && offsets[ncolours] != offsets[0])
        ncolours++;
    for (size_t i = 0; i < n; i++) {
        uint32_t expected = offsets[0] + (uint32_t)(i % ncolours) * colour_off;

        expect(offsets[i] == expected, .did = guest_last(guest),
               .expected =
                   text("the first object of slab %zu is %u bytes into "
                        "it: %u colours, %u bytes apart",
                        i + 1, expected, (unsigned)ncolours, colour_off),
               .seen = text("%u bytes", offsets[i]), .hint = HINT);
    }
    return ncolours;
}

static void expect_colours(struct guest *guest, const struct wish *wish,
                           uint32_t colour_off)
{
    static uint32_t offsets[MAX_SLABS];
    struct cache cache = create(guest, wish);
    struct cache_view view = cache_view(guest, cache.at);
    uint32_t left = slab_bytes(&view) - view.num * view.objsize;
    size_t n, least, most = left / colour_off + 1;

    if (view.objsize < OFF_SLAB_BYTES) {
        left -= SIZEOF_SLAB + view.num * SIZEOF_BUFCTL;
        most = left / colour_off + 1;
        left -= left < L1_CACHE_BYTES ? left : L1_CACHE_BYTES - 1;
    }
    least = left / colour_off + 1;
    n = 2 * most + 1;
    expect(n <= MAX_SLABS, .did = guest_last(guest),
           .expected = "little is left over in a slab",
           .seen = text("%u objects of %u bytes in %u", view.num, view.objsize,
                        slab_bytes(&view)));
    first_objects(guest, &cache, n, offsets);
    n = expect_cycle(guest, offsets, n, colour_off);
    expect(n >= least && n <= most, .did = guest_last(guest),
           .expected = text("as many colours as there is room for: %zu", most),
           .seen = text("%zu", n), .hint = HINT);
}

static void expect_colours_off_slab(struct guest *guest)
{
    static const struct wish wishes[] = {
        {.name = "by 64", .size = 1500, .offset = 64},
        {.name = "by lines", .size = 1500, .flags = SLAB_HWCACHE_ALIGN},
        {.name = "by 200", .size = 600, .offset = 200},
        {.name = "by 96",
         .size = 2700,
         .offset = 96,
         .flags = SLAB_HWCACHE_ALIGN},
    };
    static const uint32_t steps[] = {64, 32, 200, 96};

    for (int i = 0; i < 4; i++)
        expect_colours(guest, &wishes[i], steps[i]);
}

static void expect_colours_on_slab(struct guest *guest)
{
    static const struct wish wishes[] = {
        {.name = "by 32", .size = 400, .offset = 32},
        {.name = "by words", .size = 300},
        {.name = "by 100", .size = 460, .offset = 100},
        {.name = "by 32, lines", .size = 320, .flags = SLAB_HWCACHE_ALIGN},
    };
    static const uint32_t steps[] = {32, 4, 100, 32};

    for (int i = 0; i < 4; i++)
        expect_colours(guest, &wishes[i], steps[i]);
}

/* 4096 bytes hold 8 of 512: there is no room for a second colour. */
static void expect_one_colour(struct guest *guest)
{
    static const struct wish wishes[] = {
        {.name = "no room", .size = 512},
        {.name = "pages", .size = 4096, .offset = 4096},
        {.name = "little room", .size = 1350, .offset = 64},
    };

    for (int i = 0; i < 3; i++) {
        uint32_t offset = wishes[i].offset;

        expect_colours(guest, &wishes[i], offset == 0 ? 4 : offset);
    }
}

Test(slab, colours_go_round)
{
    struct guest *guest = boot_slabs(&machine_64mb);

    expect_colours_off_slab(guest);
    expect_colours_on_slab(guest);
    expect_one_colour(guest);
}

/* take_slabs() looks at the alignment of each object. */
Test(slab, odd_offsets_keep_objects_aligned)
{
    static const struct wish wishes[] = {
        {.name = "by 6", .size = 700, .offset = 6},
        {.name = "by 33", .size = 300, .offset = 33},
        {.name = "by 1", .size = 1500, .offset = 1},
        {.name = "lines by 40",
         .size = 700,
         .offset = 40,
         .flags = SLAB_HWCACHE_ALIGN},
        {.name = "lines by 5",
         .size = 300,
         .offset = 5,
         .flags = SLAB_HWCACHE_ALIGN},
    };
    struct guest *guest = boot_slabs(&machine_64mb);

    for (int i = 0; i < 5; i++) {
        static uint32_t offsets[20];
        struct cache cache = create(guest, &wishes[i]);

        first_objects(guest, &cache, 20, offsets);
        expect(offsets[0] != offsets[1], .did = guest_last(guest),
               .expected = "slabs of different colours", .seen = "the same",
               .hint = HINT);
    }
}

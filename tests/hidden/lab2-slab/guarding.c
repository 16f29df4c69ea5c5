/* Hidden tests of lab 2: red zones and poison. */
#include <criterion/criterion.h>

#include "blocks.h"
#include "objects.h"

static void expect_word(struct guest *guest, gaddr_t at, uint32_t magic,
                        const char *where)
{
    expect(guest_u32(guest, at) == magic, .did = guest_last(guest),
           .expected = text("the word %s the object is 0x%08x", where, magic),
           .seen = text("0x%08x", guest_u32(guest, at)),
           .hint = "RED_MAGIC_USED while it is in use, RED_MAGIC_FREE while it "
                   "is free");
}

static void expect_red_zones(struct guest *guest, gaddr_t object, uint32_t size,
                             uint32_t magic)
{
    expect_word(guest, object - 4, magic, "before");
    expect_word(guest, object + size, magic, "behind");
}

Test(slab, red_zones_are_around_each_object)
{
    static const uint32_t sizes[] = {4, 100, 600, 2000, 5000};
    struct guest *guest = boot_slabs(&machine_64mb);

    for (int i = 0; i < 5; i++) {
        struct cache cache =
            create_plain(guest, text("red %d", i), sizes[i], SLAB_RED_ZONE);
        struct objects objects = take_slabs(guest, &cache, 1);

        fill(guest, &objects, sizes[i]);
        for (size_t j = 0; j < objects.n; j++)
            expect_red_zones(guest, objects.at[j], sizes[i], RED_MAGIC_USED);
        give_some(guest, &cache, &objects, 0, 1);
        expect_red_zones(guest, objects.at[0], sizes[i], RED_MAGIC_FREE);
        for (size_t j = 1; j < objects.n; j++)
            expect_red_zones(guest, objects.at[j], sizes[i], RED_MAGIC_USED);
        take_objects(guest, &cache, GFP_KERNEL, 1);
        expect_red_zones(guest, objects.at[0], sizes[i], RED_MAGIC_USED);
    }
}

/* One byte that is not the owner's, at an offset from the object. */
static void expect_overrun(struct guest *guest, const struct cache *cache,
                           int32_t offset)
{
    static const unsigned char byte = 0x33;
    struct objects objects = take_objects(guest, cache, GFP_KERNEL, 3);
    uint32_t inuse = cache_view(guest, cache->at).inuse;
    struct mistakes before = mistakes_of(guest);
    gaddr_t seen;

    give_some(guest, cache, &objects, 0, 1);
    expect_no_mistake(guest, &before);
    guest_write(guest, objects.at[1] + (gaddr_t)offset, &byte, 1);
    give_some(guest, cache, &objects, 1, 1);
    expect_mistake(guest, &before, SLAB_OVERRUN, objects.at[1]);
    expect_in_use(guest, cache, inuse - 2, "it is freed all the same");
    before = mistakes_of(guest);
    do {
        seen = kmem_cache_alloc(guest, cache, GFP_KERNEL);
        expect_object(guest, seen, NULL);
        inuse++;
    } while (seen != objects.at[1] && inuse < 1000);
    kmem_cache_free(guest, cache, objects.at[1]);
    give_some(guest, cache, &objects, 2, 1);
    expect_no_mistake(guest, &before);
}

Test(slab, writing_beyond_an_object_is_reported)
{
    static const uint32_t flags[] = {SLAB_RED_ZONE, SLAB_DEBUG};
    static const uint32_t sizes[] = {20, 800};
    struct guest *guest = boot_slabs(&machine_64mb);

    for (int i = 0; i < 4; i++) {
        uint32_t size = sizes[i / 2];
        struct cache cache =
            create_plain(guest, text("red %d", i), size, flags[i % 2]);

        expect_overrun(guest, &cache, -1);
        expect_overrun(guest, &cache, -4);
        expect_overrun(guest, &cache, (int32_t)size);
        expect_overrun(guest, &cache, (int32_t)size + 3);
    }
}

static void expect_no_red_zones(struct guest *guest)
{
    struct mistakes before = mistakes_of(guest);
    struct cache cache =
        create_plain(guest, "lines", 64, SLAB_RED_ZONE | SLAB_HWCACHE_ALIGN);
    struct cache red = create_plain(guest, "words", 64, SLAB_RED_ZONE);
    struct objects objects = take_slabs(guest, &cache, 1);

    expect(cache_view(guest, cache.at).objsize == 64 &&
               cache_view(guest, red.at).objsize == 64 + 8,
           .did = guest_last(guest),
           .expected = "objects 64 bytes apart, without red zones; 72 bytes "
                       "with",
           .seen = text("%u and %u", cache_view(guest, cache.at).objsize,
                        cache_view(guest, red.at).objsize),
           .hint = "SLAB_RED_ZONE is ignored with SLAB_HWCACHE_ALIGN");
    fill(guest, &objects, 64);
    give_objects(guest, &cache, &objects);
    expect_no_mistake(guest, &before);
    expect_filled(guest, &objects, 0, objects.n, 64);
}

static void expect_poisoned(struct guest *guest, gaddr_t object, uint32_t size)
{
    const char *hint = "POISON_BYTE, and POISON_END at the end";

    expect_bytes(guest, object, size - 1, POISON_BYTE, hint);
    expect_bytes(guest, object + size - 1, 1, POISON_END, hint);
}

Test(slab, free_objects_are_poisoned)
{
    static const uint32_t sizes[] = {8, 100, 512, 3000};
    struct guest *guest = boot_slabs(&machine_64mb);

    for (int i = 0; i < 8; i++) {
        uint32_t size = sizes[i / 2];
        struct cache cache =
            create_plain(guest, text("poison %d", i), size,
                         i % 2 == 0 ? SLAB_POISON : SLAB_DEBUG);
        struct objects objects = take_slabs(guest, &cache, 2);

        fill(guest, &objects, size);
        give_some(guest, &cache, &objects, 0, objects.n / 2 + 1);
        for (size_t j = 0; j <= objects.n / 2; j++)
            expect_poisoned(guest, objects.at[j], size);
        expect_filled(guest, &objects, objects.n / 2 + 1,
                      objects.n - objects.n / 2 - 1, size);
    }
}

/* All memory but one page is taken, so that a new slab must be in it. */
Test(slab, new_slabs_are_guarded)
{
    enum {
        SIZE = 504
    };
    struct guest *guest = boot_slabs(&machine_8mb);
    struct cache cache = create_plain(guest, "debug", SIZE, SLAB_DEBUG);
    struct objects objects = take_slabs(guest, &cache, 1);
    pfn_t page = (objects.at[0] - KERNEL_BASE) / PAGE_SIZE;
    static const char junk[PAGE_SIZE] = "left by somebody";

    give_objects(guest, &cache, &objects);
    kmem_cache_shrink(guest, &cache);
    exhaust(guest, ZONE_DMA);
    guest_write(guest, address_of(page), junk, sizeof(junk));
    free_pages(guest, page, 0);
    set_memalloc(guest, true);
    expect(kmem_cache_grow(guest, &cache, GFP_KERNEL) == 1,
           .did = guest_last(guest),
           .expected = "1: the page that it gave back is free, and so is the "
                       "descriptor",
           .seen = "0");
    for (size_t i = 0; i < objects.n; i++) {
        expect_poisoned(guest, objects.at[i], SIZE);
        expect_red_zones(guest, objects.at[i], SIZE, RED_MAGIC_FREE);
    }
}

/* Writes to a free object, then takes all there are: it is found once. */
static void expect_used_freed(struct guest *guest, const struct cache *cache,
                              uint32_t offset)
{
    static const unsigned char byte = 0x33;
    struct objects objects = take_slabs(guest, cache, 1), again;
    struct mistakes before = mistakes_of(guest);
    gaddr_t victim = objects.at[objects.n / 2];

    give_objects(guest, cache, &objects);
    expect_no_mistake(guest, &before);
    guest_write(guest, victim + offset, &byte, 1);
    again = take_objects(guest, cache, GFP_KERNEL, objects.n);
    expect_slabs(guest, cache, 1, 0, 0, "it is handed out all the same");
    expect_mistake(guest, &before, SLAB_USED_FREED, victim);
    before = mistakes_of(guest);
    give_objects(guest, cache, &again);
    again = take_objects(guest, cache, GFP_KERNEL, objects.n);
    expect_no_mistake(guest, &before);
    give_objects(guest, cache, &again);
    kmem_cache_destroy(guest, cache);
}

Test(slab, writing_after_the_free_is_reported)
{
    static const uint32_t sizes[] = {40, 1000};
    struct guest *guest = boot_slabs(&machine_64mb);

    for (int i = 0; i < 4; i++) {
        uint32_t size = sizes[i / 2];
        const uint32_t offsets[] = {0, 1, size / 2, size - 2, size - 1};

        for (int j = 0; j < 5; j++) {
            struct cache cache = create_plain(
                guest, "poison", size, i % 2 == 0 ? SLAB_POISON : SLAB_DEBUG);

            expect_used_freed(guest, &cache, offsets[j]);
        }
    }
}

static void expect_no_poison(struct guest *guest)
{
    struct mistakes before = mistakes_of(guest);
    struct cache cache = create(guest, &(struct wish){.name = "built",
                                                      .size = 96,
                                                      .flags = SLAB_POISON,
                                                      .ctor = "probe_ctor"});
    struct cache poisoned = create_plain(guest, "poisoned", 96, SLAB_POISON);
    struct objects objects = take_slabs(guest, &cache, 1);
    struct objects others = take_objects(guest, &poisoned, GFP_KERNEL, 1);

    give_objects(guest, &poisoned, &others);
    expect_poisoned(guest, others.at[0], 96);
    give_objects(guest, &cache, &objects);
    for (size_t i = 0; i < objects.n; i++)
        expect_bytes(guest, objects.at[i], 96, PROBE_FILL,
                     "what was constructed stays so");
    fill(guest, &objects, 96);
    take_objects(guest, &cache, GFP_KERNEL, objects.n);
    expect_no_mistake(guest, &before);
    expect_filled(guest, &objects, 0, objects.n, 96);
}

Test(slab, debugging_gives_way_to_alignment_and_constructors)
{
    struct guest *guest = boot_slabs(&machine_64mb);

    expect_no_red_zones(guest);
    expect_no_poison(guest);
}

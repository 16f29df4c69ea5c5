/* Hidden tests of lab 2: the general caches, kmalloc() and kfree(). */
#include <criterion/criterion.h>
#include <string.h>

#include "blocks.h"
#include "objects.h"

#define CHOICE_HINT "the smallest general cache whose objects are large enough"

/* Sizes around the borders of general caches, and what they come from. */
static const struct choice {
    uint32_t size, from;
} choices[] = {
    {0, 32},        {1, 32},        {31, 32},        {32, 32},
    {33, 64},       {64, 64},       {65, 128},       {128, 128},
    {129, 256},     {256, 256},     {257, 512},      {512, 512},
    {513, 1024},    {1024, 1024},   {1025, 2048},    {2048, 2048},
    {2049, 4096},   {4096, 4096},   {4097, 8192},    {8192, 8192},
    {8193, 16384},  {16384, 16384}, {16385, 32768},  {32768, 32768},
    {32769, 65536}, {65536, 65536}, {65537, 131072}, {131072, 131072},
};

#define NR_CHOICES (sizeof(choices) / sizeof(choices[0]))

static struct cache general(struct guest *guest, uint32_t size, bool dma)
{
    struct cache cache = {
        .at = general_cache(guest, size, dma),
        .wish = {.name = general_name(size, dma),
                 .size = size,
                 .flags = SLAB_HWCACHE_ALIGN},
    };

    expect(cache.at != 0, .did = "kmem_cache_sizes_init()",
           .expected = text("a cache \"%s\"", cache.wish.name), .seen = "none");
    return cache;
}

static gaddr_t find_general(struct guest *guest, uint32_t size,
                            uint32_t gfp_mask)
{
    struct call call = {
        .function = "kmem_find_general_cachep",
        .args = {size, gfp_mask},
        .shown =
            text("kmem_find_general_cachep(%u, %s)", size, gfp_text(gfp_mask)),
    };

    return guest_call(guest, &call, NULL);
}

Test(slab, finds_the_smallest_general_cache)
{
    static const uint32_t masks[] = {GFP_KERNEL, GFP_ATOMIC, GFP_DMA,
                                     GFP_KERNEL | GFP_DMA};
    struct guest *guest = boot_slabs(&machine_64mb);

    for (size_t i = 0; i < 4 * NR_CHOICES; i++) {
        const struct choice *choice = &choices[i / 4];
        bool dma = masks[i % 4] & GFP_DMA;
        struct cache expected = general(guest, choice->from, dma);
        gaddr_t seen = find_general(guest, choice->size, masks[i % 4]);

        expect(seen == expected.at, .did = guest_last(guest),
               .expected = text("\"%s\"", expected.wish.name),
               .seen =
                   seen == 0 ? "NULL" : text("\"%s\"", cache_name(guest, seen)),
               .hint = CHOICE_HINT);
    }
}

/* Each size: an object of the right cache, which goes back there. */
static void expect_every_size_served(struct guest *guest)
{
    for (size_t i = 0; i < NR_CHOICES; i++) {
        struct cache cache = general(guest, choices[i].from, false);
        uint32_t inuse = cache_view(guest, cache.at).inuse;
        gaddr_t object = kmalloc(guest, choices[i].size, GFP_KERNEL);

        expect_object(guest, object, NULL);
        expect(object % L1_CACHE_BYTES == 0, .did = guest_last(guest),
               .expected = "general caches are aligned to cache lines",
               .seen = text("0x%08x", object));
        expect_in_use(guest, &cache, inuse + 1, CHOICE_HINT);
        kfree(guest, object);
        expect_in_use(guest, &cache, inuse, "the page knows its cache");
    }
}

static void expect_more_refused(struct guest *guest)
{
    static const uint32_t sizes[] = {
        131073, 140000, 262144, 0x7fffffff, 0x80000000u, 0xffffff00u, ~0u};
    uint32_t left = free_pages_in_ram(guest);

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        expect_refused(guest, kmalloc(guest, sizes[i], GFP_KERNEL),
                       "no general cache is large enough");
        expect_refused(guest, kmalloc(guest, sizes[i], GFP_DMA),
                       "no general cache is large enough");
        expect_refused(guest, find_general(guest, sizes[i], GFP_KERNEL),
                       "no general cache is large enough");
    }
    expect_free_pages(guest, left, "NULL costs nothing");
    expect_object(guest, kmalloc(guest, MAX_OBJ_BYTES, GFP_KERNEL),
                  "128 K is not too much");
}

Test(slab, kmalloc_serves_up_to_128_kb)
{
    struct guest *guest = boot_slabs(&machine_64mb);

    expect_every_size_served(guest);
    expect_more_refused(guest);
}

Test(slab, kmalloc_objects_do_not_overlap)
{
    struct guest *guest = boot_slabs(&machine_64mb);

    for (uint32_t size = SMALLEST_BYTES; size <= MAX_OBJ_BYTES; size *= 2) {
        struct cache cache = general(guest, size, false);
        struct objects objects = take_objects(guest, &cache, GFP_KERNEL,
                                              size <= PAGE_SIZE ? 100 : 5);
        gaddr_t another;

        fill(guest, &objects, size);
        another = kmalloc(guest, size, GFP_KERNEL);
        expect_object(guest, another, NULL);
        guest_call(guest,
                   &(struct call){.function = "memset",
                                  .args = {another, 0, size},
                                  .shown = "writing to one more object"},
                   NULL);
        expect_filled(guest, &objects, 0, objects.n, size);
    }
}

/* On this machine half of all pages are below 16 MB, and half are not. */
static void expect_below_16_mb(void)
{
    static const uint32_t masks[] = {GFP_DMA, GFP_KERNEL | GFP_DMA,
                                     GFP_DMA | GFP_ATOMIC};
    static const struct machine machine_32mb = {.name = "32 MB", .ram_mb = 32};
    struct guest *guest = boot_slabs(&machine_32mb);

    for (uint32_t size = SMALLEST_BYTES; size <= MAX_OBJ_BYTES; size *= 2) {
        kfree(guest, kmalloc(guest, size, GFP_KERNEL));
        for (int i = 0; i < 3; i++) {
            gaddr_t object = kmalloc(guest, size, masks[i]);

            expect(object >= KERNEL_BASE &&
                       object + size <= KERNEL_BASE + (16u << 20),
                   .did = guest_last(guest),
                   .expected = "memory of ZONE_DMA: below 16 MB",
                   .seen = text("0x%08x", object),
                   .hint = "SLAB_CACHE_DMA becomes GFP_DMA when the cache asks "
                           "for pages");
        }
    }
}

/* SLAB_CACHE_DMA works without __GFP_DMA from the caller, too. */
static void expect_of_zone_dma(struct guest *guest)
{
    struct cache cache = create_plain(guest, "isa", 300, SLAB_CACHE_DMA);
    uint32_t normal = zone_view(guest, ZONE_NORMAL).free_pages;
    uint32_t dma = zone_view(guest, ZONE_DMA).free_pages, pages;
    struct objects objects = take_slabs(guest, &cache, 3);

    pages = 3u << cache_view(guest, cache.at).gfporder;
    expect_free(guest, ZONE_NORMAL, normal);
    expect_free(guest, ZONE_DMA, dma - pages);
    give_objects(guest, &cache, &objects);
    kmem_cache_shrink(guest, &cache);
    expect_free(guest, ZONE_DMA, dma);
    drain(guest, ZONE_DMA, 0);
    expect_refused(guest, kmem_cache_alloc(guest, &cache, GFP_ATOMIC),
                   "other zones will not do");
    expect_free(guest, ZONE_NORMAL, normal);
}

Test(slab, dma_caches_take_pages_of_zone_dma)
{
    expect_below_16_mb();
    expect_of_zone_dma(boot_slabs(&machine_64mb));
}

Test(slab, kfree_reports_memory_of_no_slab)
{
    struct guest *guest = boot_slabs(&machine_64mb);
    pfn_t pfn = alloc_pages(guest, GFP_KERNEL, 0);
    const gaddr_t foreign[] = {
        address_of(pfn),
        address_of(pfn) + 128,
        guest_symbol(guest, "probe_memory") + 64,
    };
    uint32_t left = free_pages_in_ram(guest);
    struct mistakes none = mistakes_of(guest);

    kfree(guest, 0);
    expect_no_mistake(guest, &none);
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        struct mistakes before = mistakes_of(guest);

        kfree(guest, foreign[i]);
        expect_mistake(guest, &before, SLAB_FOREIGN, foreign[i]);
        expect_free_pages(guest, left, "nothing else happens");
        expect(page_count(guest, pfn) == 1, .did = guest_last(guest),
               .expected = "the page keeps its user",
               .seen = text("count %d", page_count(guest, pfn)));
    }
}

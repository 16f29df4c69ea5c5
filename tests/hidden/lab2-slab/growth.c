/* Hidden tests of lab 2: when slabs are made, and which one gives an object. */
#include <criterion/criterion.h>

#include "objects.h"

#define DEMAND_HINT                                                            \
    "pages are taken only when an object is asked for and no slab has one "    \
    "free, and one slab at a time"

/* Sizes whose slabs are of one page, several pages, on and off slab. */
static const uint32_t sizes[] = {8, 60, 500, 1024, 3000, 8192, 32768};

#define NR_SIZES (sizeof(sizes) / sizeof(sizes[0]))

static struct cache create_sized(struct guest *guest, uint32_t size)
{
    return create_plain(guest, text("of %u", size), size, 0);
}

/* Takes objects one by one; after each, as many slabs as they fill. */
Test(slab, grows_by_one_slab_at_a_time)
{
    struct guest *guest = boot_slabs(&machine_64mb);
    uint32_t pages = pages_in_all(guest);

    for (size_t i = 0; i < NR_SIZES; i++) {
        struct cache cache = create_sized(guest, sizes[i]);
        uint32_t num = cache_view(guest, cache.at).num;

        expect_slabs(guest, &cache, 0, 0, 0, DEMAND_HINT);
        for (uint32_t slab = 0; slab < 3; slab++) {
            take_objects(guest, &cache, GFP_KERNEL, 1);
            expect_slabs(guest, &cache, slab + (num == 1), num > 1, 0,
                         DEMAND_HINT);
            if (num > 1)
                take_objects(guest, &cache, GFP_KERNEL, num - 1);
            expect_slabs(guest, &cache, slab + 1, 0, 0, DEMAND_HINT);
            expect_pages(guest, pages);
        }
    }
}

/* Objects go back one by one: the lists must be true after each. */
Test(slab, slabs_move_with_each_object)
{
    struct guest *guest = boot_slabs(&machine_64mb);
    struct cache cache = create_plain(guest, "mover", 900, 0);
    uint32_t num = cache_view(guest, cache.at).num;
    struct objects objects = take_slabs(guest, &cache, 2);

    expect(num > 2, .did = "kmem_cache_create(\"mover\", 900, …)",
           .expected = "several objects in a slab", .seen = text("%u", num));
    for (uint32_t i = 0; i < num; i++) {
        bool last = i == num - 1;

        give_some(guest, &cache, &objects, i, 1);
        expect_slabs(guest, &cache, 1, !last, last, NULL);
        expect_in_use(guest, &cache, 2 * num - i - 1, NULL);
    }
    for (uint32_t i = 0; i < num; i++) {
        bool last = i == num - 1;

        take_objects(guest, &cache, GFP_KERNEL, 1);
        expect_slabs(guest, &cache, 1 + last, !last, 0, NULL);
        expect_in_use(guest, &cache, num + i + 1, NULL);
    }
}

/*
 * Of three full slabs, one is emptied and one loses one object, in this order
 * or the other way round: that object is the next one to be given.
 */
static void expect_partial_first(size_t emptied, size_t partial,
                                 bool partial_is_first)
{
    struct guest *guest = boot_slabs(&machine_64mb);
    struct cache cache = create_plain(guest, "choosy", 200, 0);
    uint32_t num = cache_view(guest, cache.at).num;
    struct objects objects = take_slabs(guest, &cache, 3);
    size_t hole = partial * num + num / 2;
    gaddr_t seen;

    if (partial_is_first)
        give_some(guest, &cache, &objects, hole, 1);
    give_some(guest, &cache, &objects, emptied * num, num);
    if (!partial_is_first)
        give_some(guest, &cache, &objects, hole, 1);
    expect_slabs(guest, &cache, 1, 1, 1, NULL);
    seen = kmem_cache_alloc(guest, &cache, GFP_KERNEL);
    expect(seen == objects.at[hole], .did = guest_last(guest),
           .expected = text("0x%08x, the free object of the partial slab",
                            objects.at[hole]),
           .seen = text("0x%08x", seen),
           .hint = "partial slabs first, so that free ones can be given back");
    expect_slabs(guest, &cache, 2, 0, 1, NULL);
}

Test(slab, partial_slabs_give_before_free_ones)
{
    expect_partial_first(0, 2, false);
    expect_partial_first(2, 0, true);
}

Test(slab, grow_makes_one_free_slab)
{
    struct guest *guest = boot_slabs(&machine_64mb);
    struct cache cache = create_plain(guest, "grown", 100, 0);
    struct cache_view view = cache_view(guest, cache.at);
    uint32_t left = free_pages_in_ram(guest);

    for (uint32_t n = 1; n <= 3; n++) {
        uint32_t result =
            kmem_cache_grow(guest, &cache, n == 2 ? GFP_ATOMIC : GFP_KERNEL);

        expect(result == 1, .did = guest_last(guest),
               .expected = "1: a slab was made", .seen = text("%u", result));
        expect_slabs(guest, &cache, 0, 0, n,
                     "a slab begins with no object in "
                     "use");
        left -= 1u << view.gfporder;
        expect_free_pages(guest, left, "one slab");
    }
    take_objects(guest, &cache, GFP_KERNEL, 3 * view.num);
    expect_slabs(guest, &cache, 3, 0, 0, DEMAND_HINT);
}

/* Frames that have PG_slab, and how many there are. */
static uint32_t marked_frames(struct guest *guest)
{
    uint32_t nframes = (uint32_t)(guest_ram_bytes(guest) / PAGE_SIZE), n = 0;

    for (uint32_t pfn = 0; pfn < nframes; pfn++)
        n += (page_flags(guest, pfn) & PG_SLAB) != 0;
    return n;
}

static pfn_t frame_of(gaddr_t object)
{
    return (object - KERNEL_BASE) / PAGE_SIZE;
}

static void expect_marked(struct guest *guest)
{
    uint32_t pages = pages_in_slabs(guest), marked = marked_frames(guest);

    expect(marked == pages, .did = guest_last(guest),
           .expected = text("PG_slab is set in the %u pages of slabs", pages),
           .seen = text("in %u pages", marked),
           .hint = "SetPageSlab() for each of the 2^gfporder pages, "
                   "ClearPageSlab() before they go back");
}

Test(slab, pages_of_slabs_are_marked)
{
    struct guest *guest = boot_slabs(&machine_64mb);

    for (size_t i = 0; i < NR_SIZES; i++) {
        struct cache cache = create_sized(guest, sizes[i]);
        struct cache_view view = cache_view(guest, cache.at);
        struct objects objects = take_slabs(guest, &cache, 2);
        gaddr_t slab = slab_of(&view, objects.at[0]);

        for (gaddr_t at = slab; at < slab + slab_bytes(&view); at += PAGE_SIZE)
            expect(page_flags(guest, frame_of(at)) & PG_SLAB,
                   .did = guest_last(guest),
                   .expected = text("frame %ld has PG_slab", frame_of(at)),
                   .seen = "it has not");
        expect_marked(guest);
        give_objects(guest, &cache, &objects);
        kmem_cache_shrink(guest, &cache);
        expect_slabs(guest, &cache, 0, 0, 0, NULL);
        expect_marked(guest);
    }
}

/* Hidden tests of lab 2: what a slab is made of: pages, colour, objects. */
#include <criterion/criterion.h>

#include "blocks.h"
#include "objects.h"

/* The word before an object is not the constructor's. */
Test(slab, constructors_leave_red_zones_alone)
{
    struct guest *guest = boot_slabs(&machine_64mb);
    struct cache cache = create(
        guest, &(struct wish){"built", 100, 0, SLAB_DEBUG_FREE | SLAB_RED_ZONE,
                              "probe_ctor", "probe_dtor"});
    struct mistakes before = mistakes_of(guest);
    struct objects objects = take_slabs(guest, &cache, 1);

    for (size_t i = 0; i < objects.n; i++)
        expect_bytes(guest, objects.at[i], 100, PROBE_FILL,
                     "constructors get the object's own address");
    give_objects(guest, &cache, &objects);
    expect_no_mistake(guest, &before);
}

/* Colours a page apart: where a slab begins is not where its objects do. */
Test(slab, coloured_slabs_go_back_from_their_first_page)
{
    struct guest *guest = boot_slabs(&machine_64mb);
    struct wish wish = {.name = "pages", .size = 8200, .offset = PAGE_SIZE};
    struct cache cache = create(guest, &wish);
    uint32_t pages = pages_in_all(guest);
    struct cache_view view = cache_view(guest, cache.at);
    struct objects objects = take_slabs(guest, &cache, 4);

    fill(guest, &objects, wish.size);
    expect_filled(guest, &objects, 0, objects.n, wish.size);
    give_objects(guest, &cache, &objects);
    kmem_cache_shrink(guest, &cache);
    expect_pages(guest, pages);
    for (size_t i = 0; i < objects.n; i++) {
        pfn_t first = (slab_of(&view, objects.at[i]) - KERNEL_BASE) / PAGE_SIZE;

        for (pfn_t pfn = first; pfn < first + (1 << view.gfporder); pfn++)
            expect(!(page_flags(guest, pfn) & PG_SLAB),
                   .did = guest_last(guest),
                   .expected = "pages that went back have no PG_slab",
                   .seen = text("frame %ld has", pfn),
                   .hint = "the slab begins colouroff before its contents");
    }
}

/* Exactly 1/8 is not more than 1/8. */
Test(slab, an_eighth_of_a_slab_may_be_left_over)
{
    static const uint32_t sizes[] = {1792, 3584};
    struct guest *guest = boot_slabs(&machine_64mb);

    for (int i = 0; i < 2; i++) {
        struct cache cache =
            create_plain(guest, text("of %u", sizes[i]), sizes[i], 0);
        struct cache_view view = cache_view(guest, cache.at);

        expect(view.gfporder == 0 && view.num == PAGE_SIZE / sizes[i],
               .did = guest_last(guest),
               .expected = text("%u objects in one page, 512 bytes left over",
                                PAGE_SIZE / sizes[i]),
               .seen = text("%u in 2^%u pages", view.num, view.gfporder),
               .hint = "at most 1/8 of the slab may be left over");
        take_slabs(guest, &cache, 2);
    }
}

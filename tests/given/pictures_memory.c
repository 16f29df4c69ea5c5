/*
 * Pictures of physical memory: in states that are known, what they show; in
 * states that should not be, that they say so.
 */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "guest_internal.h"
#include "picturing.h"

static gaddr_t list_head(const struct scene *scene, enum zone_index zone,
                         unsigned order)
{
    return scene_symbol(scene, "contig_page_data") +
           (unsigned)zone * SIZEOF_ZONE + ZONE_FREE_AREA +
           order * SIZEOF_FREE_AREA + FREE_AREA_LIST;
}

static gaddr_t node_of(struct guest *guest, pfn_t pfn)
{
    return page_of(guest, pfn) + PAGE_LIST;
}

static struct picture memory_of(const struct scene *scene)
{
    struct picture picture;

    expect(picture_memory(scene, &picture), .did = "draw the memory",
           .expected = "a picture", .seen = "none");
    expect_modest(&picture);
    return picture;
}

/* The next number behind a ">" and before a "<". */
static uint32_t next_number(const char **at)
{
    while (**at != '\0' && !((*at)[0] == '>' && isdigit((*at)[1])))
        ++*at;
    if (**at == '\0')
        return ~0u;
    ++*at;
    return (uint32_t)strtoul(*at, NULL, 10);
}

/* The blocks of each order as the zone's table of the picture has them. */
static void table_of(const struct picture *picture, enum zone_index zone,
                     uint32_t *blocks)
{
    const char *at = strstr(picture->svg, text(">%s<", zone_name(zone)));

    expect(at != NULL, .did = "draw the memory", .expected = zone_name(zone),
           .seen = "it is not in the picture");
    at = strstr(at, ">pages<");
    for (unsigned order = 0; at != NULL && order < MAX_ORDER; order++) {
        expect(next_number(&at) == order, .did = "draw the free lists",
               .expected = text("a line for order %u", order),
               .seen = "another number");
        blocks[order] = next_number(&at);
        expect(next_number(&at) == blocks[order] << order,
               .did = "draw the free lists",
               .expected = text("%u pages", blocks[order] << order),
               .seen = "another number");
    }
}

/* Frames that are drawn in a colour, by the lengths of its strokes: of a
 * picture in which no row is drawn for several, 512 / per_row units each. */
static uint32_t drawn_in(const struct picture *picture, const char *fill,
                         uint32_t per_row)
{
    uint32_t units = 0;

    for (const char *at = picture->svg;
         (at = strstr(at, text("<path stroke='%s'", fill))) != NULL; at++)
        for (const char *run = at; *run != '/'; run++)
            if (*run == 'h' && run[-1] != 't')
                units += (uint32_t)strtoul(run + 1, NULL, 10);
    return units * per_row / STRIP_UNITS;
}

static unsigned long number_behind(const struct picture *picture,
                                   const char *words)
{
    const char *at = strstr(picture->svg, words);

    return at == NULL ? 0 : strtoul(at + strlen(words), NULL, 10);
}

/* Leaves free of a zone: a block of each order in `orders`, apart. */
static void leave_free(struct guest *guest, enum zone_index zone,
                       unsigned orders)
{
    struct blocks pages = exhaust(guest, zone);
    size_t from = 0;

    for (unsigned order = 0; order < MAX_ORDER; order++) {
        if (!(orders & 1u << order))
            continue;
        from = run_in(&pages, order, from + 1);
        give_back_some(guest, &pages, from, (size_t)1 << order);
        from += ((size_t)1 << order) + 1;
    }
}

Test(given, picture_counts_free_blocks_as_the_zone_does)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);
    struct scene scene = guest_scene(guest);
    const unsigned orders[] = {0x0a5, 0x1ff};
    struct picture picture;

    leave_free(guest, ZONE_DMA, orders[0]);
    leave_free(guest, ZONE_NORMAL, orders[1]);
    picture = memory_of(&scene);
    for (enum zone_index zone = ZONE_DMA; zone <= ZONE_NORMAL; zone++) {
        uint32_t blocks[MAX_ORDER] = {0};

        table_of(&picture, zone, blocks);
        for (unsigned order = 0; order < MAX_ORDER; order++)
            expect(blocks[order] == (orders[zone] >> order & 1),
                   .did = "leave a block of some orders free",
                   .expected =
                       text("%u of order %u", orders[zone] >> order & 1, order),
                   .seen = text("%u", blocks[order]));
    }
    expect_shows_not(&picture, ">! ");
    expect_shows_not(&picture, ">ZONE_HIGHMEM<");
    picture_free(&picture);
}

Test(given, picture_draws_each_frame_once)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct scene scene = guest_scene(guest);
    struct picture picture;
    uint32_t reserved = 0;

    /* No two rows are alike, so none stands for several. */
    leave_free(guest, ZONE_DMA, 0x38);
    for (pfn_t pfn = 0; pfn < 2048; pfn++)
        reserved += (page_flags(guest, pfn) & PG_RESERVED) != 0;
    picture = memory_of(&scene);
    expect_shows(&picture, text(">reserved: %u<", reserved));
    expect_shows(&picture,
                 text(">in use otherwise: %u<", 2048 - reserved - 56));
    expect(drawn_in(&picture, "#86c5e2", 32) == 8 &&
               drawn_in(&picture, "#62b1d6", 32) == 16 &&
               drawn_in(&picture, "#3f9bc8", 32) == 32,
           .did = "draw blocks of order 3, 4 and 5",
           .expected = "8, 16 and 32 frames",
           .seen = text("%u, %u, %u", drawn_in(&picture, "#86c5e2", 32),
                        drawn_in(&picture, "#62b1d6", 32),
                        drawn_in(&picture, "#3f9bc8", 32)));
    picture_free(&picture);
}

Test(given, picture_has_all_zones_and_tells_kinds_apart)
{
    struct guest *guest = guest_boot(&machine_1200mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    struct scene scene = guest_scene(guest);
    uaddr_t at = user_pages(proc, 64);
    struct picture before = memory_of(&scene), after;

    user_stamp(proc, at, 64, 1);
    after = memory_of(&scene);
    expect_shows(&after, ">ZONE_HIGHMEM<");
    expect_shows(&after, "896 to 1200 MB");
    expect(number_behind(&after, ">anonymous: ") ==
               number_behind(&before, ">anonymous: ") + 64,
           .did = guest_last(guest), .expected = "64 anonymous pages more",
           .seen = text("%lu", number_behind(&after, ">anonymous: ")));
    expect_shows(&after, ">page tables: ");
    expect_shows(&after, ">slab: ");
    expect_shows(&after, ">page cache: ");
    expect_shows(&after, ">task and its stack: 2<");
    expect_shows_not(&after, ">! ");
    picture_free(&before);
    picture_free(&after);
}

/* The worst that can be had: every other page is free. */
Test(given, picture_of_scattered_pages_stays_small)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);
    struct scene scene = guest_scene(guest);
    struct blocks pages = exhaust(guest, ZONE_NORMAL), some;
    uint32_t blocks[MAX_ORDER] = {0};
    struct picture picture;

    shuffle(&pages);
    some = pages;
    some.n /= 2;
    give_back(guest, &some);
    picture = memory_of(&scene);
    table_of(&picture, ZONE_NORMAL, blocks);
    expect(blocks[0] > 1000 && blocks[1] > 100, .did = guest_last(guest),
           .expected = "many small blocks",
           .seen = text("%u of order 0", blocks[0]));
    expect_shows_not(&picture, ">! ");
    picture_free(&picture);
}

Test(given, picture_names_what_is_wrong_with_a_free_list)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    const struct {
        uint32_t next;
        const char *says;
    } cases[] = {
        {node_of(guest, 1024), "comes back to one that it had"},
        {node_of(guest, 1025), "leads to what is no such block"},
        {0, "leads to what is no such block"},
        {4, "leads to what is no such block"},
        {0xfffffffcu, "leads to what is no such block"},
        {node_of(guest, 1024) + 2, "leads to what is no such block"},
        {node_of(guest, 512), "Frame 512 is on a free list, yet in use"},
    };
    struct blocks pages = exhaust(guest, ZONE_DMA), some = pages;

    some.n = 1;
    for (size_t i = 0; i < pages.n; i++)
        if (pages.pfns[i] == 1024)
            some.pfns = &pages.pfns[i];
    give_back(guest, &some);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene scene = copy_of(guest);
        struct picture picture;

        if (i == 1) /* a frame where no block of order 1 can begin */
            poke(&scene, list_head(&scene, ZONE_DMA, 1), cases[i].next);
        else
            poke(&scene, node_of(guest, 1024), cases[i].next);
        picture = memory_of(&scene);
        expect_shows(&picture, cases[i].says);
        expect_shows(&picture, ">! ");
        picture_free(&picture);
        drop_copy(&scene);
    }
}

/* Pages given back twice, or taken without count: not four billion of them. */
Test(given, picture_shows_less_than_nothing_free)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct scene scene = copy_of(guest);
    gaddr_t zone = scene_symbol(&scene, "contig_page_data");
    struct picture picture;

    poke(&scene, zone + ZONE_FREE_PAGES, (uint32_t)-1);
    poke(&scene, zone + ZONE_PAGES_LOW, (uint32_t)-3);
    picture = memory_of(&scene);
    expect_shows(&picture, "; -1 of 2048 are free;");
    expect_shows(&picture, "! zone->free_pages is -1, but");
    expect_shows(&picture, "low -3,");
    picture_free(&picture);
    drop_copy(&scene);
}

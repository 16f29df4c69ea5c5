/* Swap areas: each as a strip of slots. */
#include "picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_ROWS   40 /* of all areas */
#define FINEST      32
#define STRIP_X     96
#define USERS_BYTES 2          /* an element of swap_map[] */
#define MOST_SLOTS  (1u << 24) /* what a swap entry can name */

enum slot_kind {
    SLOT_FREE,
    SLOT_ONE,         /* in one page table */
    SLOT_TWO,         /* in two */
    SLOT_MORE,        /* in more, up to SWAP_MAP_MAX */
    SLOT_CACHED,      /* in the swap cache alone */
    SLOT_CACHED_USED, /* and in page tables, too */
    SLOT_BAD,
    SLOT_HEADER, /* slot 0 */
    SLOT_MIXED,
    NR_SLOT_KINDS,
};

static const struct ink inks[NR_SLOT_KINDS] = {
    [SLOT_FREE] = {"#e9eef2", false, 0, "free", 0},
    [SLOT_ONE] = {"#d9a3c3", false, '1', "out, one page table has it", 0},
    [SLOT_TWO] = {"#b8639a", true, '2', "out, two have it", 0},
    [SLOT_MORE] = {"#7f2d65", true, '3', "out, three or more", 0},
    [SLOT_CACHED] = {"#8ecdf0", false, 'c', "in the swap cache alone", 0},
    [SLOT_CACHED_USED] = {"#0072b2", true, 'C', "in the cache and page tables",
                          0},
    [SLOT_BAD] = {"#222222", true, 'B', "bad", 0},
    [SLOT_HEADER] = {"#8c8c8c", true, 'H', "header", 0},
    [SLOT_MIXED] = {"#c8c0b4", false, '*', "several in a place", 0},
};

struct swap_view {
    unsigned type;
    int prio;
    bool writable; /* its slots may be handed out */
    uint32_t max;
    int32_t nr_free, next; /* less than 0: miscounted */
    uint8_t *kinds;
    uint32_t counts[NR_SLOT_KINDS];
};

struct swaps {
    struct swap_view areas[MAX_SWAPFILES];
    size_t n;
};

/* --- reading -------------------------------------------------------------- */

static enum slot_kind kind_of(uint32_t slot, uint16_t users, bool cached)
{
    if (slot == 0)
        return SLOT_HEADER;
    if (users == SWAP_MAP_BAD)
        return SLOT_BAD;
    if (cached)
        return users > 1 ? SLOT_CACHED_USED : SLOT_CACHED;
    if (users == 0)
        return SLOT_FREE;
    return users == 1 ? SLOT_ONE : users == 2 ? SLOT_TWO : SLOT_MORE;
}

/* Tables of the kernel's, page by page: many slots, few translations. */
static void read_slots(const struct scene *scene, gaddr_t map, gaddr_t cache,
                       struct swap_view *view)
{
    uint16_t users[512];
    uint32_t pages[512];

    for (uint32_t slot = 0; slot < view->max; slot++) {
        uint32_t i = slot % 512;
        enum slot_kind kind;

        if (i == 0) {
            uint32_t left = view->max - slot < 512 ? view->max - slot : 512;

            scene_read(scene, map + slot * USERS_BYTES, users,
                       left * sizeof(users[0]));
            memset(pages, 0, sizeof(pages));
            if (cache != 0)
                scene_read(scene, cache + slot * 4, pages,
                           left * sizeof(pages[0]));
        }
        kind = kind_of(slot, users[i], pages[i] != 0);
        view->kinds[slot] = (uint8_t)kind;
        view->counts[kind]++;
    }
}

static bool read_area(const struct scene *scene, unsigned type,
                      struct swap_view *view)
{
    gaddr_t at = scene_symbol(scene, "swap_info") + type * SIZEOF_SWAP_INFO;
    uint32_t flags = scene_word(scene, at + SWAP_INFO_FLAGS);

    *view = (struct swap_view){
        .type = type,
        .prio = (int)scene_word(scene, at + SWAP_INFO_PRIO),
        .writable = flags & SWP_WRITEOK,
        .max = scene_word(scene, at + SWAP_INFO_MAX),
        .nr_free = (int32_t)scene_word(scene, at + SWAP_INFO_NR_FREE),
        .next = (int32_t)scene_word(scene, at + SWAP_INFO_NEXT),
    };
    if (!(flags & SWP_USED) || view->max == 0 || view->max > MOST_SLOTS)
        return false;
    view->kinds = calloc(view->max, 1);
    if (view->kinds == NULL)
        return false;
    read_slots(scene, scene_word(scene, at + SWAP_INFO_MAP),
               scene_word(scene, at + SWAP_INFO_CACHE), view);
    return true;
}

static void read_areas(const struct scene *scene, struct swaps *swaps)
{
    swaps->n = 0;
    if (scene_symbol(scene, "swap_info") == 0)
        return;
    for (unsigned type = 0; type < MAX_SWAPFILES; type++)
        swaps->n += read_area(scene, type, &swaps->areas[swaps->n]);
}

/* --- drawing -------------------------------------------------------------- */

static struct strip strip_of(const struct swap_view *view, uint32_t per_row)
{
    return (struct strip){
        .kinds = view->kinds,
        .n = view->max,
        .inks = inks,
        .ninks = NR_SLOT_KINDS,
        .mixed = SLOT_MIXED,
        .per_row = per_row,
    };
}

static size_t count_rows(const struct swaps *swaps, uint32_t per_row)
{
    size_t n = 0;

    for (size_t i = 0; i < swaps->n; i++) {
        struct strip strip = strip_of(&swaps->areas[i], per_row);

        n += strip_rows(&strip);
    }
    return n;
}

static unsigned draw_area(struct svg *svg, const struct swap_view *view,
                          uint32_t per_row, unsigned y)
{
    struct strip strip = strip_of(view, per_row);
    uint32_t free_slots = view->counts[SLOT_FREE];
    unsigned top = y;

    svg_text(svg, STRIP_X, y + 12, SVG_BOLD, "Area %u", view->type);
    svg_text(svg, STRIP_X + 60, y + 12, SVG_PLAIN,
             "%u slots of 4 KB, priority %d%s; %u are used, %u are free; the "
             "next one is looked for from %d on",
             view->max - 1, view->prio,
             view->writable ? "" : " (none is handed out)",
             view->max - free_slots - view->counts[SLOT_BAD] -
                 view->counts[SLOT_HEADER],
             free_slots, view->next);
    y += 18;
    if (view->nr_free != (int32_t)free_slots) {
        svg_text(svg, STRIP_X, y + 11, SVG_WRONG,
                 "! nr_free is %d, but %u slots are free in swap_map.",
                 view->nr_free, free_slots);
        y += 15;
    }
    return y + strip_draw(svg, &strip, STRIP_X, y) + 12 - top;
}

static unsigned draw_legend(struct svg *svg, const struct swaps *swaps,
                            unsigned y)
{
    unsigned n = 0;

    for (unsigned kind = 0; kind < SLOT_MIXED; kind++) {
        unsigned x = STRIP_X + n % 3 * 230, line = y + n / 3 * 19;
        uint32_t count = 0;

        for (size_t i = 0; i < swaps->n; i++)
            count += swaps->areas[i].counts[kind];
        if (count == 0)
            continue;
        ink_draw(svg, &inks[kind], x, line);
        svg_text(svg, x + 22, line + 11, SVG_PLAIN, "%s: %u", inks[kind].name,
                 count);
        n++;
    }
    return (n + 2) / 3 * 19;
}

static unsigned draw(struct svg *svg, const struct swaps *swaps,
                     uint32_t per_row)
{
    unsigned y = 26;

    svg_text(svg, STRIP_X, y, SVG_HEADING, "Swap: %zu area%s in use", swaps->n,
             swaps->n == 1 ? "" : "s");
    y += 17;
    svg_text(svg, STRIP_X, y, SVG_SMALL,
             "Each row is %u slots, by rising number. Rows that are alike are "
             "drawn once: ×3 is three of them.",
             per_row);
    y += 12;
    for (size_t i = 0; i < swaps->n; i++)
        y += draw_area(svg, &swaps->areas[i], per_row, y);
    return y + draw_legend(svg, swaps, y) + 8;
}

/* As fine as it fits. */
static char *draw_fitting(const struct swaps *swaps, const char *title,
                          size_t *nbytes)
{
    uint32_t per_row = FINEST;
    struct svg svg;
    unsigned height;

    while (count_rows(swaps, per_row) > MOST_ROWS && per_row < MOST_SLOTS)
        per_row *= 2;
    svg_begin(&svg, title);
    height = draw(&svg, swaps, per_row);
    while (svg.full && svg.bytes != NULL && per_row < MOST_SLOTS) {
        per_row *= 2;
        svg_again(&svg, title);
        height = draw(&svg, swaps, per_row);
    }
    return svg_end(&svg, height, nbytes);
}

bool picture_swap(const struct scene *scene, struct picture *out)
{
    static const char title[] = "Swap areas";
    struct swaps swaps;

    *out = (struct picture){.svg = NULL};
    read_areas(scene, &swaps);
    if (swaps.n > 0)
        out->svg = draw_fitting(&swaps, title, &out->nbytes);
    for (size_t i = 0; i < swaps.n; i++)
        free(swaps.areas[i].kinds);
    snprintf(out->title, sizeof(out->title), "%s", title);
    return out->svg != NULL;
}

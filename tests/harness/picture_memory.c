/* Physical memory: each zone as a strip of frames, with its free lists. */
#include "picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"

#define MOST_ROWS  44 /* of all zones; else more frames go into one */
#define FINEST     32 /* frames in a row */
#define STRIP_X    96
#define PANEL_X    660
#define PANEL_LINE 13
#define KINDS      (NR_FRAME_KINDS + 1) /* and several of them in one place */
#define MIXED      NR_FRAME_KINDS

static const struct ink inks[KINDS] = {
    {"#e3f1fa", false, '0', "order 0", 0},
    {"#c9e4f4", false, '1', "order 1", 1},
    {"#aad6ec", false, '2', "order 2", 2},
    {"#86c5e2", false, '3', "order 3", 3},
    {"#62b1d6", false, '4', "order 4", 4},
    {"#3f9bc8", false, '5', "order 5", 5},
    {"#2683b6", true, '6', "order 6", 6},
    {"#176a9e", true, '7', "order 7", 7},
    {"#0d5184", true, '8', "order 8", 8},
    {"#083863", true, '9', "order 9", 9},
    [FRAME_RESERVED] = {"#dcdcdc", false, 'R', "reserved", 0},
    [FRAME_KERNEL] = {"#8c8c8c", true, 'K', "in use otherwise", 0},
    [FRAME_SLAB] = {"#f0e442", false, 'S', "slab", 0},
    [FRAME_VMALLOC] = {"#b9975b", false, 'V', "vmalloc", 0},
    [FRAME_STACK] = {"#5c5c5c", true, 'T', "task and its stack", 0},
    [FRAME_TABLE] = {"#4b2e83", true, 'P', "page tables", 0},
    [FRAME_ANON] = {"#d55e00", true, 'A', "anonymous", 0},
    [FRAME_CACHE] = {"#e69f00", false, 'C', "page cache", 0},
    [FRAME_SWAP_CACHE] = {"#cc79a7", false, 'X', "swap cache", 0},
    [FRAME_WRONG] = {"#b00020", true, '!', "free, yet in use", 0},
    [MIXED] = {"#c8c0b4", false, '*', "several in a place", 0},
};

static struct strip strip_of(const struct frames *frames,
                             const struct zone_frames *zone, uint32_t per_row)
{
    return (struct strip){
        .kinds = frames->kinds + zone->start,
        .first = zone->start,
        .n = zone->n,
        .inks = inks,
        .ninks = KINDS,
        .mixed = MIXED,
        .per_row = per_row,
    };
}

/* Rows of all zones, with so many frames in each. */
static size_t count_rows(const struct frames *frames, uint32_t per_row)
{
    size_t n = 0;

    for (size_t i = 0; i < NR_ZONES; i++) {
        struct strip strip = strip_of(frames, &frames->zones[i], per_row);

        n += strip_rows(&strip);
    }
    return n;
}

static uint32_t fitting(const struct frames *frames)
{
    uint32_t per_row = FINEST;

    while (count_rows(frames, per_row) > MOST_ROWS && per_row < frames->n)
        per_row *= 2;
    return per_row;
}

/* --- a zone --------------------------------------------------------------- */

/* The free lists as a table; its height. */
static unsigned draw_panel(struct svg *svg, const struct zone_frames *zone,
                           unsigned y)
{
    unsigned top = y;

    svg_text(svg, PANEL_X, y + 10, SVG_SMALL, "order");
    svg_add(svg,
            "<text x='%u' y='%u' font-size='10' fill='%s' text-anchor='end'>"
            "blocks</text><text x='%u' y='%u' font-size='10' fill='%s' "
            "text-anchor='end'>pages</text>\n",
            PANEL_X + 72, y + 10, SVG_PALE, PANEL_X + 126, y + 10, SVG_PALE);
    y += 14;
    for (unsigned order = 0; order < MAX_ORDER; order++, y += 16) {
        ink_draw(svg, &inks[order], PANEL_X, y);
        svg_text(svg, PANEL_X + 72, y + 11, SVG_RIGHT, "%u",
                 zone->blocks[order]);
        svg_text(svg, PANEL_X + 126, y + 11, SVG_RIGHT, "%u",
                 zone->blocks[order] << order);
    }
    svg_text(svg, PANEL_X, y + 11, SVG_BOLD, "free");
    svg_text(svg, PANEL_X + 126, y + 11, SVG_RIGHT, "%u", zone->listed);
    return y + 18 - top;
}

/* What is wrong with it, line by line; the height. */
static unsigned draw_faults(struct svg *svg, const struct zone_frames *zone,
                            unsigned y)
{
    const struct zone_faults *faults = &zone->faults;
    unsigned top = y;

    if (faults->broken_list < MAX_ORDER) {
        svg_text(svg, STRIP_X, y + 11, SVG_WRONG,
                 "! After %u blocks the free list of order %u %s.",
                 faults->after, faults->broken_list,
                 faults->cyclic ? "comes back to one that it had"
                                : "leads to what is no such block");
        y += 15;
    }
    if (faults->wrong == 1) {
        svg_text(svg, STRIP_X, y + 11, SVG_WRONG,
                 "! Frame %u is on a free list, yet in use, or on it twice.",
                 faults->first_wrong);
        y += 15;
    } else if (faults->wrong > 1) {
        svg_text(
            svg, STRIP_X, y + 11, SVG_WRONG,
            "! %u frames, the first is %u, are on a free list, yet in use, "
            "or on it twice.",
            faults->wrong, faults->first_wrong);
        y += 15;
    }
    if (zone->free_pages != (int32_t)zone->listed) {
        svg_text(
            svg, STRIP_X, y + 11, SVG_WRONG,
            "! zone->free_pages is %d, but %u pages are on the free lists.",
            zone->free_pages, zone->listed);
        y += 15;
    }
    return y - top;
}

static unsigned draw_zone(struct svg *svg, const struct frames *frames,
                          enum zone_index index, uint32_t per_row, unsigned y)
{
    static const char *const names[] = {"ZONE_DMA", "ZONE_NORMAL",
                                        "ZONE_HIGHMEM"};
    const struct zone_frames *zone = &frames->zones[index];
    struct strip strip = strip_of(frames, zone, per_row);
    unsigned top = y, strip_height, panel_height;

    svg_text(svg, STRIP_X, y + 12, SVG_BOLD, "%s", names[index]);
    svg_text(svg, STRIP_X + 110, y + 12, SVG_PLAIN,
             "frames %u to %u, %u to %u MB; %d of %u are free; marks: min %d, "
             "low %d, high %d",
             zone->start, zone->start + zone->n - 1, zone->start >> 8,
             (zone->start + zone->n) >> 8, zone->free_pages, zone->n, zone->min,
             zone->low, zone->high);
    y += 18;
    y += draw_faults(svg, zone, y);
    strip_height = strip_draw(svg, &strip, STRIP_X, y);
    panel_height = draw_panel(svg, zone, y - 2);
    y += strip_height > panel_height ? strip_height : panel_height;
    return y + 14 - top;
}

/* --- the legend ----------------------------------------------------------- */

/* What the other frames are used for, and how many are: the height. */
static unsigned draw_legend(struct svg *svg, const struct frames *frames,
                            unsigned y)
{
    uint32_t counts[KINDS] = {0};
    unsigned n = 0;

    for (uint32_t pfn = 0; pfn < frames->n; pfn++)
        counts[frames->kinds[pfn]]++;
    svg_text(svg, STRIP_X, y + 11, SVG_BOLD, "Frames that are not free");
    y += 18;
    for (unsigned kind = FRAME_RESERVED; kind < MIXED; kind++) {
        unsigned x = STRIP_X + n % 3 * 230, line = y + n / 3 * 19;

        if (counts[kind] == 0)
            continue;
        ink_draw(svg, &inks[kind], x, line);
        svg_text(svg, x + 22, line + 11, SVG_PLAIN, "%s: %u", inks[kind].name,
                 counts[kind]);
        n++;
    }
    return 18 + (n + 2) / 3 * 19;
}

/* --- the whole ------------------------------------------------------------ */

static unsigned draw(struct svg *svg, const struct scene *scene,
                     const struct frames *frames, uint32_t per_row)
{
    unsigned y = 26;

    svg_text(svg, STRIP_X, y, SVG_HEADING,
             "Physical memory: %u MB, %u frames of 4 KB",
             (unsigned)(scene->ram_bytes >> 20), frames->n);
    y += 17;
    svg_text(svg, STRIP_X, y, SVG_SMALL,
             "Each row is %u frames (%u KB), by rising number. Rows that are "
             "alike are drawn once: ×3 is three of them.",
             per_row, per_row * 4);
    y += 12;
    for (enum zone_index index = ZONE_DMA; index < NR_ZONES; index++)
        if (frames->zones[index].n > 0)
            y += draw_zone(svg, frames, index, per_row, y);
    return y + draw_legend(svg, frames, y) + 8;
}

bool picture_memory(const struct scene *scene, struct picture *out)
{
    static const char title[] = "Physical memory";
    struct frames frames;
    struct svg svg;
    uint32_t per_row;
    unsigned height;

    *out = (struct picture){.svg = NULL};
    if (!frames_read(scene, &frames))
        return false;
    svg_begin(&svg, title);
    per_row = fitting(&frames);
    height = draw(&svg, scene, &frames, per_row);
    while (svg.full && svg.bytes != NULL && per_row < frames.n) {
        per_row *= 2;
        svg_again(&svg, title);
        height = draw(&svg, scene, &frames, per_row);
    }
    frames_free(&frames);
    snprintf(out->title, sizeof(out->title), "%s", title);
    out->svg = svg_end(&svg, height, &out->nbytes);
    return out->svg != NULL;
}

void picture_free(struct picture *picture)
{
    free(picture->svg);
    *picture = (struct picture){.svg = NULL};
}

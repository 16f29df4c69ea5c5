/*
 * An address space: a box for each area, and beside it what is in its pages.
 * A box is as high as there is something to say of it, so a gap of gigabytes
 * takes one line.
 */
#include "picture.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"
#include "space_view.h"

#define FIRST_AREAS 16 /* of too many, so many from the start */
#define LAST_AREAS  4  /* and from the end */
#define LINE        17
#define ADDRESS_X   84 /* where an address ends */
#define BOX_X       92
#define BOX_WIDTH   216
#define BAR_X       316
#define BAR_WIDTH   78
#define SAY_X       402
#define BOX_LEAST   34
#define LONGEST     46 /* a line's bytes before the last range, to fit */

static const struct ink states[NR_PAGE_STATES] = {
    [PAGE_ABSENT] = {"#ffffff", false, 0, "not there", 0},
    [PAGE_OUT] = {"#e8c8dc", false, 0, "swapped out", 0},
    [PAGE_HIDDEN] = {"#d8d8d8", false, 0, "no access", 0},
    [PAGE_ZERO] = {"#eeeeee", false, 0, "ZERO_PAGE", 0},
    [PAGE_RESERVED] = {"#dcdcdc", false, 0, "reserved", 0},
    [PAGE_ANON] = {"#d55e00", true, 0, "anonymous", 0},
    [PAGE_CACHE] = {"#e69f00", false, 0, "page cache", 0},
    [PAGE_SWAP_CACHE] = {"#cc79a7", false, 0, "swap cache", 0},
    [PAGE_BEYOND] = {"#b00020", true, 0, "no RAM!", 0},
};

/* A size as people say it. */
static const char *size_text(uint64_t npages, char *to, size_t size)
{
    if (npages >= 10 * 256)
        snprintf(to, size, "%u MB", (unsigned)(npages / 256));
    else
        snprintf(to, size, "%u KB", (unsigned)(npages * 4));
    return to;
}

static const char *plural(uint32_t n)
{
    return n == 1 ? "" : "s";
}

/* --- what is said of a run ------------------------------------------------ */

struct words {
    char text[200];
    size_t used;
};

__attribute__((format(printf, 2, 3))) static void say(struct words *words,
                                                      const char *format, ...)
{
    size_t room = sizeof(words->text) - words->used;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(words->text + words->used, room, format, args);
    va_end(args);
    words->used += n < 0 || (size_t)n >= room ? room - 1 : (size_t)n;
}

static void say_ranges(struct words *words, const struct page_run *run)
{
    size_t kept = run->nranges < RANGES_KEPT ? run->nranges : RANGES_KEPT;
    bool single =
        run->nranges == 1 && run->ranges[0].first == run->ranges[0].last;

    if (run->state == PAGE_OUT)
        say(words, ": slot%s", single ? " " : "s ");
    else
        say(words, ": frame%s", single ? " " : "s ");
    for (size_t i = 0; i < kept; i++) {
        uint32_t first = run->ranges[i].first, last = run->ranges[i].last;

        if (words->used > LONGEST) {
            kept = i;
            break;
        }
        say(words, "%s", i == 0 ? "" : ", ");
        if (run->state == PAGE_OUT)
            say(words, "%u:", run->type);
        say(words, first == last ? "%u" : "%u–%u", first, last);
    }
    if (run->nranges > kept)
        say(words, ", …");
}

/* Why it may not be written: the area says no, or the page is to be copied. */
static const char *writing(const struct page_run *run, const struct area *area)
{
    if (run->writable)
        return ", writable";
    if (area->flags & VM_WRITE)
        return area->flags & VM_SHARED ? ", not yet written"
                                       : ", a write copies it";
    return ", read-only";
}

static void say_run(struct words *words, const struct page_run *run,
                    const struct area *area)
{
    say(words, "%u page%s", run->npages, plural(run->npages));
    if (run->state == PAGE_ABSENT)
        return;
    if (run->state != PAGE_OUT && run->state != PAGE_HIDDEN)
        say(words, "%s", writing(run, area));
    say_ranges(words, run);
}

static void draw_users(struct svg *svg, const struct page_run *run, unsigned y)
{
    if (!run->shared || run->state == PAGE_ZERO || run->state == PAGE_RESERVED)
        return;
    svg_add(svg,
            "<text x='%u' y='%u' font-size='10' font-weight='bold' "
            "text-anchor='end'>",
            SVG_WIDTH - 10, y + 12);
    if (run->users == run->most_users)
        svg_add(svg, "%d users</text>\n", run->users);
    else
        svg_add(svg, "%d–%d users</text>\n", run->users, run->most_users);
}

static void draw_run(struct svg *svg, const struct page_run *run,
                     const struct area *area, unsigned y)
{
    const struct ink *ink = &states[run->state];
    struct words words = {.used = 0};

    say_run(&words, run, area);
    svg_add(svg,
            "<rect x='%d' y='%u' width='%d' height='15' fill='%s' "
            "stroke='#888'%s/>\n",
            BAR_X, y, BAR_WIDTH, ink->fill,
            run->state == PAGE_ABSENT ? " stroke-dasharray='2 2'" : "");
    svg_add(svg,
            "<text x='%d' y='%u' font-size='10' text-anchor='middle'%s>%s"
            "</text>\n",
            BAR_X + BAR_WIDTH / 2, y + 11, ink->pale ? " fill='#fff'" : "",
            ink->name);
    svg_text(svg, SAY_X, y + 12, SVG_PLAIN, "%s", words.text);
    draw_users(svg, run, y);
}

/* --- an area -------------------------------------------------------------- */

static const char *area_fill(uint32_t flags)
{
    if (flags & VM_SHARED)
        return "#e4f3ea";
    if (flags & VM_WRITE)
        return "#fdf0dc";
    return flags & (VM_READ | VM_EXEC) ? "#e3f1fa" : "#ffffff";
}

static void draw_rest(struct svg *svg, const struct area_pages *pages,
                      unsigned y)
{
    uint32_t present = 0;

    for (size_t i = PAGE_HIDDEN; i < NR_PAGE_STATES; i++)
        present += pages->counts[i];
    svg_text(svg, BAR_X, y + 12, SVG_SMALL,
             "… and so on. In all: %u in memory, %u swapped out, %u not there",
             present, pages->counts[PAGE_OUT], pages->counts[PAGE_ABSENT]);
}

/* The box at the left, with what mmap() was told. */
static void draw_box(struct svg *svg, const struct area *area, unsigned y,
                     unsigned height)
{
    uint32_t npages = (area->end - area->start) / PAGE_SIZE;
    uint32_t flags = area->flags;
    char size[24];

    svg_text(svg, ADDRESS_X, y + 12, SVG_RIGHT, "%08x", area->start);
    svg_rect(svg, (struct svg_box){BOX_X, y, BOX_WIDTH, height},
             area_fill(flags), "#444");
    svg_add(svg,
            "<text x='%d' y='%u' font-family='monospace' font-weight='bold'>"
            "%c%c%c%c</text>\n",
            BOX_X + 6, y + 14, flags & VM_READ ? 'r' : '-',
            flags & VM_WRITE ? 'w' : '-', flags & VM_EXEC ? 'x' : '-',
            flags & VM_MAYSHARE ? 's' : 'p');
    svg_text(svg, BOX_X + 42, y + 14, SVG_PLAIN, "%s",
             area->name[0] != '\0' ? area->name : "anonymous");
    svg_text(svg, BOX_X + 42, y + 28, SVG_SMALL, "%u page%s, %s", npages,
             plural(npages), size_text(npages, size, sizeof(size)));
}

static unsigned draw_broken_area(struct svg *svg, const struct area *area,
                                 unsigned y)
{
    svg_text(svg, BOX_X, y + 12, SVG_WRONG,
             "! An area that can't be: from %08x to %08x", area->start,
             area->end);
    return LINE + 2;
}

/* Its height. */
static unsigned draw_area(struct svg *svg, const struct space *space,
                          const struct area *area, unsigned y)
{
    struct area_pages pages;
    size_t kept;
    unsigned height;

    if (!area_is_sound(area))
        return draw_broken_area(svg, area, y);
    area_pages(space, area, &pages);
    kept = pages.nruns < RUNS_KEPT ? pages.nruns : RUNS_KEPT;
    height = (unsigned)(kept + (pages.nruns > kept)) * LINE;
    height = height < BOX_LEAST ? BOX_LEAST : height;
    draw_box(svg, area, y, height);
    for (size_t i = 0; i < kept; i++)
        draw_run(svg, &pages.runs[i], area, y + (unsigned)i * LINE + 1);
    if (pages.nruns > kept)
        draw_rest(svg, &pages, y + (unsigned)kept * LINE);
    return height;
}

/* --- between areas -------------------------------------------------------- */

/* Nothing, from one address to another: its height. */
static unsigned draw_gap(struct svg *svg, uint32_t from, uint32_t to,
                         unsigned y)
{
    char size[24];

    if (to < from) {
        svg_text(svg, BOX_X, y + 12, SVG_WRONG,
                 "! The next area begins before this one ends.");
        return LINE + 2;
    }
    if (to == from)
        return 0;
    svg_text(svg, ADDRESS_X, y + 12, SVG_RIGHT, "%08x", from);
    svg_line(svg, (struct svg_box){BOX_X, y, 0, LINE + 3}, "#666", true);
    svg_line(svg, (struct svg_box){BOX_X + BOX_WIDTH, y, 0, LINE + 3}, "#666",
             true);
    svg_text(svg, BOX_X + 42, y + 14, SVG_SMALL, "unused: %s",
             size_text((to - from) / PAGE_SIZE, size, sizeof(size)));
    return LINE + 3;
}

static unsigned draw_areas(struct svg *svg, const struct space *space,
                           unsigned y)
{
    uint32_t end = 0;
    unsigned top = y;

    for (size_t i = 0; i < space->nareas; i++) {
        const struct area *area = &space->areas[i];

        if (space->nareas > FIRST_AREAS + LAST_AREAS && i == FIRST_AREAS) {
            size_t left_out = space->nareas - FIRST_AREAS - LAST_AREAS;

            svg_text(svg, BOX_X, y + 14, SVG_SMALL, "… %zu more areas …",
                     left_out);
            y += LINE + 6;
            i += left_out;
            area = &space->areas[i];
        } else {
            y += draw_gap(svg, end, area->start, y);
        }
        y += draw_area(svg, space, area, y);
        end = area->end;
    }
    y += draw_gap(svg, end, USER_END, y);
    svg_text(svg, ADDRESS_X, y + 12, SVG_RIGHT, "%08x", USER_END);
    svg_rect(svg, (struct svg_box){BOX_X, y, BOX_WIDTH, 22}, "#5c5c5c", "#444");
    svg_add(svg,
            "<text x='%d' y='%u' fill='#fff'>the kernel: in every process"
            "</text>\n",
            BOX_X + 42, y + 15);
    return y + 22 - top;
}

/* --- the whole ------------------------------------------------------------ */

static unsigned draw_faults(struct svg *svg, const struct space *space,
                            unsigned y)
{
    unsigned top = y;

    if (space->endless) {
        svg_text(svg, BOX_X, y + 11, SVG_WRONG,
                 "! The list mm->mmap has no end.");
        y += 15;
    }
    if (space->map_count != (int32_t)space->nareas && !space->endless) {
        svg_text(svg, BOX_X, y + 11, SVG_WRONG,
                 "! mm->map_count is %d, but the list has %zu areas.",
                 space->map_count, space->nareas);
        y += 15;
    }
    if (space->rss != (int32_t)space->npresent) {
        svg_text(svg, BOX_X, y + 11, SVG_WRONG,
                 "! mm->rss is %d, but %u frames are mapped.", space->rss,
                 space->npresent);
        y += 15;
    }
    if (space->nstray > 0) {
        svg_text(svg, BOX_X, y + 11, SVG_WRONG,
                 "! Outside of the areas %u page-table entries are not empty, "
                 "the first for %08x.",
                 space->nstray, space->first_stray);
        y += 15;
    }
    return y - top;
}

static unsigned draw(struct svg *svg, const struct space *space,
                     const char *owner)
{
    unsigned y = 26;

    svg_text(svg, BOX_X, y, SVG_HEADING, "Address space: %s", owner);
    y += 17;
    svg_text(svg, BOX_X, y, SVG_SMALL,
             "%zu area%s, %d page%s of addresses, %u frame%s mapped; page "
             "directory in frame %u, %u page table%s",
             space->nareas, plural((uint32_t)space->nareas), space->total_vm,
             plural((uint32_t)space->total_vm), space->npresent,
             plural(space->npresent), space->pgd >> PAGE_SHIFT, space->ntables,
             plural(space->ntables));
    y += 8;
    y += draw_faults(svg, space, y);
    y += 6;
    y += draw_areas(svg, space, y);
    return y + 12;
}

bool picture_space(const struct scene *scene, gaddr_t mm, const char *owner,
                   struct picture *out)
{
    struct space space;
    struct svg svg;
    unsigned height;

    *out = (struct picture){.svg = NULL};
    if (!space_read(scene, mm, &space))
        return false;
    snprintf(out->title, sizeof(out->title), "Address space: %s", owner);
    svg_begin(&svg, out->title);
    height = draw(&svg, &space, owner);
    space_free(&space);
    out->svg = svg_end(&svg, height, &out->nbytes);
    return out->svg != NULL;
}

/*
 * Strips: many small things of a few kinds, in rows. A cell is one unit wide at
 * least; where several things share a cell and are not of one kind, the cell is
 * of the kind `mixed`.
 */
#include "picture.h"

#include <string.h>

#define ROW      14 /* heights */
#define FOLDED   20
#define GAP      2  /* between rows */
#define WIDE     12 /* of a run that is labelled, at least */
#define NO_LABEL '\0'

/* A row's cells, for drawing and for comparing. */
struct row {
    uint8_t cells[STRIP_UNITS];
    uint32_t ncells, width; /* width of one, in units */
};

static uint32_t things_per_cell(const struct strip *strip)
{
    return strip->per_row > STRIP_UNITS ? strip->per_row / STRIP_UNITS : 1;
}

static struct row row_at(const struct strip *strip, uint32_t start)
{
    uint32_t each = things_per_cell(strip);
    uint32_t left = strip->n - start;
    uint32_t n = left < strip->per_row ? left : strip->per_row;
    struct row row = {
        .ncells = (n + each - 1) / each,
        .width = each > 1 ? 1 : STRIP_UNITS / strip->per_row,
    };

    for (uint32_t i = 0; i < n; i++) {
        uint8_t *cell = &row.cells[i / each];
        uint8_t kind = strip->kinds[start + i];

        if (i % each == 0)
            *cell = kind;
        else if (*cell != kind)
            *cell = strip->mixed;
    }
    return row;
}

static bool same_rows(const struct row *a, const struct row *b)
{
    return a->ncells == b->ncells && memcmp(a->cells, b->cells, a->ncells) == 0;
}

/* How many rows from `start` on are like that one. */
static uint32_t count_alike(const struct strip *strip, uint32_t start,
                            const struct row *row)
{
    uint32_t n = 1;

    while (start + n * strip->per_row < strip->n) {
        struct row next = row_at(strip, start + n * strip->per_row);

        if (!same_rows(row, &next))
            break;
        n++;
    }
    return n;
}

size_t strip_rows(const struct strip *strip)
{
    size_t n = 0;

    for (uint32_t at = 0; at < strip->n; n++) {
        struct row row = row_at(strip, at);

        at += count_alike(strip, at, &row) * strip->per_row;
    }
    return n;
}

/* --- drawing -------------------------------------------------------------- */

/* Where a row is drawn. */
struct place {
    unsigned x, y, height;
    uint32_t first; /* number of its first thing */
};

static uint32_t run_end(const struct row *row, uint32_t start)
{
    uint32_t end = start + 1;

    while (end < row->ncells && row->cells[end] == row->cells[start])
        end++;
    return end;
}

/* All runs of one kind, as strokes of a path. */
static void draw_kind(struct svg *svg, const struct row *row, uint8_t kind,
                      const struct ink *ink, const struct place *place)
{
    bool begun = false;

    for (uint32_t i = 0, end; i < row->ncells; i = end) {
        end = run_end(row, i);
        if (row->cells[i] != kind)
            continue;
        if (!begun)
            svg_add(svg, "<path stroke='%s' stroke-width='%u' d='", ink->fill,
                    place->height);
        begun = true;
        svg_add(svg, "M%u %uh%u", place->x + i * row->width,
                place->y + place->height / 2, (end - i) * row->width);
    }
    if (begun)
        svg_add(svg, "'/>\n");
}

/* How wide the pieces of a run are, in cells, and where they begin to be. */
static uint32_t piece_cells(const struct strip *strip, const struct ink *ink)
{
    uint32_t cells = (1u << ink->block) / things_per_cell(strip);

    return ink->block == 0 || cells == 0 ? 1 : cells;
}

/* The end of the piece of the run [start, end) that begins at start. */
static uint32_t piece_end(const struct strip *strip, const struct row *row,
                          const struct place *place, uint32_t start,
                          uint32_t end)
{
    const struct ink *ink = &strip->inks[row->cells[start]];
    uint32_t cells = piece_cells(strip, ink);
    uint32_t from = place->first / things_per_cell(strip);
    uint32_t next;

    if (ink->block == 0)
        return end;
    next = (from + start) / cells * cells + cells - from;
    return next < end ? next : end;
}

/* White lines between blocks that are wide enough to be seen. */
static void draw_edges(struct svg *svg, const struct strip *strip,
                       const struct row *row, const struct place *place)
{
    bool begun = false;

    for (uint32_t i = 0, end, run; i < row->ncells; i = end) {
        run = run_end(row, i);
        end = piece_end(strip, row, place, i, run);
        if ((end - i) * row->width < 4 || end == row->ncells)
            continue;
        svg_add(svg, begun ? "M%u %uv%u" : "<path stroke='#fff' d='M%u %uv%u",
                place->x + end * row->width, place->y, place->height);
        begun = true;
    }
    if (begun)
        svg_add(svg, "'/>\n");
}

/* Writes the labels of the pieces with room for one: all dark, or all white,
 * each at its own place. */
static void draw_labels(struct svg *svg, const struct strip *strip,
                        const struct row *row, const struct place *place,
                        bool pale)
{
    bool begun = false;

    for (uint32_t i = 0, end; i < row->ncells; i = end) {
        const struct ink *ink = &strip->inks[row->cells[i]];

        end = piece_end(strip, row, place, i, run_end(row, i));
        if ((end - i) * row->width < WIDE || ink->label == NO_LABEL ||
            ink->pale != pale)
            continue;
        if (!begun)
            svg_add(svg, "<text y='%u' text-anchor='middle' font-size='10'%s>",
                    place->y + place->height / 2 + 4,
                    pale ? " fill='#fff'" : "");
        begun = true;
        svg_add(svg, "<tspan x='%u'>%c</tspan>",
                place->x + (i + end) * row->width / 2, ink->label);
    }
    if (begun)
        svg_add(svg, "</text>\n");
}

static void draw_row(struct svg *svg, const struct strip *strip,
                     const struct row *row, const struct place *place)
{
    for (size_t kind = 0; kind < strip->ninks; kind++)
        if (strip->inks[kind].fill != NULL)
            draw_kind(svg, row, (uint8_t)kind, &strip->inks[kind], place);
    draw_edges(svg, strip, row, place);
    draw_labels(svg, strip, row, place, false);
    draw_labels(svg, strip, row, place, true);
}

unsigned strip_draw(struct svg *svg, const struct strip *strip, unsigned x,
                    unsigned y)
{
    unsigned top = y;

    for (uint32_t at = 0; at < strip->n && !svg->full;) {
        struct row row = row_at(strip, at);
        uint32_t alike = count_alike(strip, at, &row);
        struct place place = {x, y, alike > 1 ? FOLDED : ROW,
                              strip->first + at};

        draw_row(svg, strip, &row, &place);
        svg_text(svg, x - 8, y + place.height / 2 + 4, SVG_RIGHT, "%u",
                 place.first);
        if (alike > 1)
            svg_text(svg, x + STRIP_UNITS + 6, y + place.height / 2 + 4,
                     SVG_BOLD, "×%u", alike);
        y += place.height + GAP;
        at += alike * strip->per_row;
    }
    return y - top;
}

void ink_draw(struct svg *svg, const struct ink *ink, unsigned x, unsigned y)
{
    svg_rect(svg, (struct svg_box){x, y, 16, 14}, ink->fill, "#888");
    if (ink->label != NO_LABEL)
        svg_add(svg,
                "<text x='%u' y='%u' text-anchor='middle' font-size='10'%s>"
                "%c</text>\n",
                x + 8, y + 11, ink->pale ? " fill='#fff'" : "", ink->label);
}

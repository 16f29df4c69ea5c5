/*
 * Pictures of a guest's memory, as SVG: drawn from RAM by the host, of whatever
 * is there. Every pointer and count is held against RAM's size, every walk is
 * cut, and a picture is SVG_BYTES at most: where there is more to show than
 * fits, neighbours are drawn together.
 *
 * The same RAM gives the same bytes.
 */
#ifndef HARNESS_PICTURE_H
#define HARNESS_PICTURE_H

#include "scene.h"
#include "svg.h"

struct picture {
    char title[80]; /* "Physical memory" */
    char *svg;      /* from malloc() */
    size_t nbytes;
};

/*
 * Each draws one picture: false if there is nothing to draw yet, or no memory
 * for it; *out is empty then.
 *
 * Physical memory by zone and order: free blocks, and what the other frames are
 * used for. From when zones and mem_map are described.
 */
bool picture_memory(const struct scene *scene, struct picture *out);

/*
 * An address space, an mm_struct: its areas in order, and for their pages what
 * the page tables say. `owner`: "process 5 (exam)"; the text is clean.
 */
bool picture_space(const struct scene *scene, gaddr_t mm, const char *owner,
                   struct picture *out);

/* The swap areas that are in use, by slot. False if there is none. */
bool picture_swap(const struct scene *scene, struct picture *out);

void picture_free(struct picture *picture);

/* --- parts that pictures share -------------------------------------------- */

/* What a frame, or a slot, can be. */
struct ink {
    const char *fill;
    bool pale;        /* writing on it is white */
    char label;       /* written on it where there is room; 0: nothing */
    const char *name; /* in the legend */
    unsigned block;   /* it comes in aligned blocks of 2^block; 0: in ones */
};

#define STRIP_UNITS 512 /* the width of a strip */

/*
 * A row after the other of frames or slots, one beside the other: `per_row` of
 * them make STRIP_UNITS. Rows that are alike are drawn once.
 */
struct strip {
    const uint8_t *kinds; /* of frame `first` and on; indices of inks[] */
    uint32_t first, n;
    const struct ink *inks;
    size_t ninks;
    uint8_t mixed;    /* the ink of a place with several kinds in it */
    uint32_t per_row; /* a power of two, at least 64 */
};

/* How many rows it has when those that are alike count once. */
size_t strip_rows(const struct strip *strip);

/* Draws it at x, y; its height. The numbers to the left of it take 92. */
unsigned strip_draw(struct svg *svg, const struct strip *strip, unsigned x,
                    unsigned y);

/* A square of the legend, with its label. */
void ink_draw(struct svg *svg, const struct ink *ink, unsigned x, unsigned y);

#endif

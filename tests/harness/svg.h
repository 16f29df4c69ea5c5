/*
 * Writing SVG: a picture 800 wide, of whole numbers and texts of ours. No
 * scripts, styles, ids or references: it stands by itself, in a page, in
 * print. Attributes are in single quotes, which JSON needn't escape.
 */
#ifndef HARNESS_SVG_H
#define HARNESS_SVG_H

#include <stdbool.h>
#include <stddef.h>

#define SVG_WIDTH 800
#define SVG_BYTES 65536 /* of a picture, at most */

#define SVG_INK  "#222"
#define SVG_PALE "#666"
#define SVG_RED  "#b00020"

struct svg {
    char *bytes; /* SVG_BYTES + 1 of them; NULL without memory */
    size_t used;
    size_t height_at[2]; /* where the height will go: it is known last */
    bool full;           /* it did not fit: of no use */
};

enum svg_style {
    SVG_PLAIN,
    SVG_BOLD,
    SVG_MONO,  /* addresses and frame numbers */
    SVG_RIGHT, /* mono, that ends at x */
    SVG_MIDDLE,
    SVG_WRONG, /* bold and red: what should not be */
    SVG_SMALL,
    SVG_HEADING,
};

/* `title` is what a screen reader says. */
void svg_begin(struct svg *svg, const char *title);

/* Ends it and returns the text, which the caller frees; NULL if it is full. */
char *svg_end(struct svg *svg, unsigned height, size_t *nbytes);

/* Starts again with the same memory, for a coarser drawing. */
void svg_again(struct svg *svg, const char *title);

__attribute__((format(printf, 2, 3))) void svg_add(struct svg *svg,
                                                   const char *format, ...);

/* A line of text, its baseline at y. The text must be clean (scene_name()). */
__attribute__((format(printf, 5, 6))) void svg_text(struct svg *svg, unsigned x,
                                                    unsigned y,
                                                    enum svg_style style,
                                                    const char *format, ...);

struct svg_box {
    unsigned x, y, width, height;
};
/* `stroke` may be NULL: none. */
void svg_rect(struct svg *svg, struct svg_box box, const char *fill,
              const char *stroke);
/* `dashed`: a thin line of dots. */
void svg_line(struct svg *svg, struct svg_box from_to, const char *stroke,
              bool dashed);

#endif

/* Writing SVG into a buffer of fixed size. */
#include "svg.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEIGHT_DIGITS 5 /* room for the height, which is known last */

static void add_list(struct svg *svg, const char *format, va_list args)
{
    size_t room = SVG_BYTES - svg->used;
    int n;

    if (svg->full)
        return;
    n = vsnprintf(svg->bytes + svg->used, room + 1, format, args);
    if (n < 0 || (size_t)n > room)
        svg->full = true;
    else
        svg->used += (size_t)n;
}

void svg_add(struct svg *svg, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_list(svg, format, args);
    va_end(args);
}

/* Leaves room for the height. */
static size_t add_height(struct svg *svg)
{
    size_t at = svg->used;

    svg_add(svg, "%0*d", HEIGHT_DIGITS, 0);
    return at;
}

void svg_again(struct svg *svg, const char *title)
{
    svg->used = 0;
    svg->full = svg->bytes == NULL;
    svg_add(svg, "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='",
            SVG_WIDTH);
    svg->height_at[0] = add_height(svg);
    svg_add(svg, "' viewBox='0 0 %d ", SVG_WIDTH);
    svg->height_at[1] = add_height(svg);
    svg_add(svg,
            "' font-family='sans-serif' font-size='11' fill='%s' role='img'>"
            "<title>%s</title>\n<rect width='100%%' height='100%%' "
            "fill='#fff'/>\n",
            SVG_INK, title);
}

void svg_begin(struct svg *svg, const char *title)
{
    svg->bytes = malloc(SVG_BYTES + 1);
    svg_again(svg, title);
}

char *svg_end(struct svg *svg, unsigned height, size_t *nbytes)
{
    char digits[16];
    char *bytes = svg->bytes;

    svg_add(svg, "</svg>\n");
    svg->bytes = NULL;
    if (svg->full || height > 99999) {
        free(bytes);
        return NULL;
    }
    snprintf(digits, sizeof(digits), "%0*u", HEIGHT_DIGITS, height);
    for (size_t i = 0; i < 2; i++)
        memcpy(bytes + svg->height_at[i], digits, HEIGHT_DIGITS);
    *nbytes = svg->used;
    return bytes;
}

void svg_text(struct svg *svg, unsigned x, unsigned y, enum svg_style style,
              const char *format, ...)
{
    static const char *const attributes[] = {
        [SVG_PLAIN] = "",
        [SVG_BOLD] = " font-weight='bold'",
        [SVG_MONO] = " font-family='monospace'",
        [SVG_RIGHT] = " font-family='monospace' text-anchor='end'",
        [SVG_MIDDLE] = " text-anchor='middle'",
        [SVG_WRONG] = " font-weight='bold' fill='" SVG_RED "'",
        [SVG_SMALL] = " font-size='10' fill='" SVG_PALE "'",
        [SVG_HEADING] = " font-size='15' font-weight='bold'",
    };
    va_list args;

    svg_add(svg, "<text x='%u' y='%u'%s>", x, y, attributes[style]);
    va_start(args, format);
    add_list(svg, format, args);
    va_end(args);
    svg_add(svg, "</text>\n");
}

void svg_rect(struct svg *svg, struct svg_box box, const char *fill,
              const char *stroke)
{
    svg_add(svg, "<rect x='%u' y='%u' width='%u' height='%u' fill='%s'", box.x,
            box.y, box.width, box.height, fill);
    if (stroke != NULL)
        svg_add(svg, " stroke='%s'", stroke);
    svg_add(svg, "/>\n");
}

void svg_line(struct svg *svg, struct svg_box from_to, const char *stroke,
              bool dashed)
{
    svg_add(svg, "<path d='M%u %uh%uv%u' stroke='%s' fill='none'%s/>\n",
            from_to.x, from_to.y, from_to.width, from_to.height, stroke,
            dashed ? " stroke-dasharray='2 3'" : "");
}

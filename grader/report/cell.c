/*
 * Text in cells. The texts are sanitised: no control characters are in them.
 */
#include "cell.h"

#include <string.h>

/*
 * Terminal columns of the UTF-8 character that begins with this byte: 0 for
 * a byte inside a character; from U+3000 on, where Chinese is, 2.
 */
static unsigned byte_columns(unsigned char byte)
{
    if ((byte & 0xc0) == 0x80) {
        return 0;
    }
    return byte >= 0xe3 ? 2 : 1;
}

unsigned cell_columns(const char *text, size_t nbytes)
{
    unsigned columns = 0;

    for (size_t i = 0; i < nbytes; i++) {
        columns += byte_columns((unsigned char)text[i]);
    }
    return columns;
}

/* The longest prefix, in bytes, that fits: whole characters only. */
static size_t fitting_prefix(const char *text, unsigned columns)
{
    unsigned used = 0;
    size_t nbytes = 0;

    while (text[nbytes] != '\0') {
        used += byte_columns((unsigned char)text[nbytes]);
        if (used > columns) {
            break;
        }
        nbytes++;
    }
    return nbytes;
}

void cell_print(FILE *out, const char *text, unsigned columns)
{
    unsigned width = cell_columns(text, strlen(text));

    if (width <= columns) {
        fprintf(out, "%s%*s", text, (int)(columns - width), "");
        return;
    }
    size_t nbytes = fitting_prefix(text, columns > 0 ? columns - 1 : 0);
    width = cell_columns(text, nbytes) + 1;
    fprintf(out, "%.*s…%*s", (int)nbytes, text,
            (int)(columns > width ? columns - width : 0), "");
}

void cell_print_last(FILE *out, const char *text, unsigned columns)
{
    if (cell_columns(text, strlen(text)) <= columns) {
        fprintf(out, "%s\n", text);
    } else {
        cell_print(out, text, columns);
        fputc('\n', out);
    }
}

void cell_print_right(FILE *out, const char *text, unsigned columns)
{
    unsigned width = cell_columns(text, strlen(text));

    if (width < columns) {
        fprintf(out, "%*s%s", (int)(columns - width), "", text);
    } else {
        cell_print(out, text, columns);
    }
}

/* The bytes of `line` (nbytes long) to print before a break at a space. */
static size_t break_line(const char *line, size_t nbytes, unsigned columns)
{
    size_t fits = fitting_prefix(line, columns);
    size_t end = fits;

    if (fits >= nbytes) {
        return nbytes;
    }
    while (end > 0 && line[end] != ' ') {
        end--;
    }
    if (end == 0) {
        end = strcspn(line, " \n"); /* a word too long for the line: whole */
    }
    return end;
}

void cell_print_wrapped(FILE *out, const char *text, unsigned indent,
                        unsigned columns)
{
    unsigned width = columns > indent ? columns - indent : 1;

    while (*text != '\0') {
        size_t nline = strcspn(text, "\n");
        size_t nbytes = break_line(text, nline, width);

        fprintf(out, "%.*s\n", (int)nbytes, text);
        text += nbytes;
        text += *text == ' ' || *text == '\n';
        fprintf(out, "%*s", *text != '\0' ? (int)indent : 0, "");
    }
}

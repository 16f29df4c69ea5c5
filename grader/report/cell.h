/*
 * Text in the cells of a terminal's table, in columns as a terminal counts
 * them: a Chinese character is two wide.
 */
#ifndef GRADER_CELL_H
#define GRADER_CELL_H

#include <stddef.h>
#include <stdio.h>

/* Columns that the first `nbytes` bytes of UTF-8 take. */
unsigned cell_columns(const char *text, size_t nbytes);

/* Prints a cell `columns` wide: padded, or cut with an ellipsis. */
void cell_print(FILE *out, const char *text, unsigned columns);

/* As cell_print(), for a line's last cell: no spaces behind it; newline. */
void cell_print_last(FILE *out, const char *text, unsigned columns);

/* As cell_print(), at the right of the cell. */
void cell_print_right(FILE *out, const char *text, unsigned columns);

/* Prints a text wrapped at spaces, each further line indented; newline. */
void cell_print_wrapped(FILE *out, const char *text, unsigned indent,
                        unsigned columns);

#endif

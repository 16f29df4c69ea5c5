/*
 * A CSV file of somebody else's that is filled in: cells are read, some are
 * replaced, and every other byte stays what it was: quotes, line ends, the
 * byte order mark, the separator (comma, semicolon or tab).
 */
#ifndef GRADER_CSV_SHEET_H
#define GRADER_CSV_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include "error.h"

struct csv_cell {
    size_t start, end; /* its bytes, quotes included */
    char *text;        /* without quotes */
    char *put;         /* what takes its place, or NULL */
};

struct csv_row {
    struct csv_cell *cells;
    size_t count;
    size_t line; /* from 1 */
};

struct csv_sheet {
    const char *bytes; /* borrowed */
    size_t nbytes;
    char separator;
    struct csv_row *rows; /* without blank lines; the first is the header */
    size_t count;
};

/*
 * USAGE, with the line, if it is no CSV in UTF-8, if a row has not as many
 * cells as the header, or if it is beyond 16 MiB, 20,000 rows or 1,000
 * columns. csv_sheet_clear() also after a failure.
 */
int csv_sheet_read(const char *bytes, size_t nbytes, struct csv_sheet *out,
                   struct error *err);
void csv_sheet_clear(struct csv_sheet *sheet);

const char *csv_sheet_text(const struct csv_sheet *sheet, size_t row,
                           size_t column);
size_t csv_sheet_columns(const struct csv_sheet *sheet);

/* A decimal number, also with a comma; false for anything else. */
bool csv_read_number(const char *text, double *out);

/* Puts a number into the cell; one that is there already stays as it is. */
int csv_sheet_put(struct csv_sheet *sheet, size_t row, size_t column,
                  double number, struct error *err);

/* The filled-in text, malloc'ed and NUL-terminated. */
int csv_sheet_write(const struct csv_sheet *sheet, char **text, size_t *nbytes,
                    struct error *err);

#endif

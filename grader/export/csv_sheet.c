/*
 * Reading a CSV file so that it can be written again: one pass, which notes of
 * each cell where its bytes are and what it says.
 */
#include "csv_sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "csv_write.h"

#define SHEET_BYTES_MAX (16 * 1024 * 1024)
#define ROWS_MAX        20000
#define COLUMNS_MAX     1000
#define BOM             "\xef\xbb\xbf"

struct reader {
    struct csv_sheet *sheet;
    size_t at;
    size_t line;
    struct error *err;
};

static int bad_line(const struct reader *reader, const char *what)
{
    return fail(reader->err, ERROR_USAGE, "the template, line %zu: %s",
                reader->line, what);
}

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "out of memory");
}

/* --- what it is ------------------------------------------------------------
 */

static int check_encoding(const char *bytes, size_t nbytes, struct error *err)
{
    json_t *text = NULL;

    if (nbytes == 0) {
        return fail(err, ERROR_USAGE, "the template is empty");
    }
    if (nbytes > SHEET_BYTES_MAX) {
        return fail(err, ERROR_USAGE, "the template is over %d MiB",
                    SHEET_BYTES_MAX / 1024 / 1024);
    }
    if (nbytes >= 2 && memcmp(bytes, "PK", 2) == 0) {
        return fail(err, ERROR_USAGE,
                    "the template is a spreadsheet or a zip file, not CSV: "
                    "take the file as it was downloaded");
    }
    text = memchr(bytes, '\0', nbytes) ? NULL : json_stringn(bytes, nbytes);
    if (!text) {
        return fail(err, ERROR_USAGE,
                    "the template is not UTF-8: take the file as it was "
                    "downloaded, or save it as “CSV UTF-8”");
    }
    json_decref(text);
    return 0;
}

/* The one of the three that is most often in the first line, out of quotes. */
static char find_separator(const char *bytes, size_t nbytes)
{
    static const char separators[] = ",;\t";
    size_t counts[sizeof(separators)] = {0};
    size_t most = 0;
    bool quoted = false;

    for (size_t i = 0; i < nbytes && (quoted || bytes[i] != '\n'); i++) {
        const char *found = strchr(separators, bytes[i]);
        quoted ^= bytes[i] == '"';
        if (!quoted && found && *found != '\0') {
            counts[found - separators]++;
        }
    }
    for (size_t k = 1; separators[k] != '\0'; k++) {
        most = counts[k] > counts[most] ? k : most;
    }
    return separators[most];
}

/* --- cells -----------------------------------------------------------------
 */

static bool is_at_end(const struct reader *reader)
{
    return reader->at >= reader->sheet->nbytes;
}

static char byte(const struct reader *reader)
{
    return is_at_end(reader) ? '\0' : reader->sheet->bytes[reader->at];
}

static bool is_end_of_cell(const struct reader *reader)
{
    return is_at_end(reader) || byte(reader) == reader->sheet->separator ||
           byte(reader) == '\r' || byte(reader) == '\n';
}

/* From the opening quote on; writes what it says to `text`. */
static int read_quoted(struct reader *reader, char *text)
{
    struct reader start = *reader;
    size_t n = 0;

    for (reader->at++; !is_at_end(reader); reader->at++) {
        char c = byte(reader);
        if (c == '"') {
            reader->at++;
            if (byte(reader) != '"') {
                text[n] = '\0';
                return is_end_of_cell(reader)
                           ? 0
                           : bad_line(reader, "there is something behind a "
                                              "cell's closing quote");
            }
        }
        reader->line += c == '\n';
        text[n++] = c;
    }
    return bad_line(&start, "a quote is never closed");
}

/* Bytes from here to the end of the cell, at most. */
static size_t cell_bound(const struct reader *reader)
{
    const char *bytes = reader->sheet->bytes;
    size_t end = reader->at;
    bool quoted = byte(reader) == '"';

    for (; end < reader->sheet->nbytes; end++) {
        bool quote = quoted && end > reader->at && bytes[end] == '"';
        if (quote && end + 1 < reader->sheet->nbytes && bytes[end + 1] == '"') {
            end++;
        } else if (quote ||
                   (!quoted && (bytes[end] == '\r' || bytes[end] == '\n' ||
                                bytes[end] == reader->sheet->separator))) {
            break;
        }
    }
    return end - reader->at;
}

static int read_cell(struct reader *reader, struct csv_cell *cell)
{
    size_t bound = cell_bound(reader);
    int rc = 0;

    *cell = (struct csv_cell){.start = reader->at, .text = malloc(bound + 1)};
    if (!cell->text) {
        return out_of_memory(reader->err);
    }
    if (byte(reader) == '"') {
        rc = read_quoted(reader, cell->text);
    } else {
        memcpy(cell->text, reader->sheet->bytes + reader->at, bound);
        cell->text[bound] = '\0';
        reader->at += bound;
    }
    cell->end = reader->at;
    return rc;
}

/* --- rows ------------------------------------------------------------------
 */

static void clear_row(struct csv_row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        free(row->cells[i].text);
        free(row->cells[i].put);
    }
    free(row->cells);
    *row = (struct csv_row){NULL, 0, 0};
}

static int grow_row(struct reader *reader, struct csv_row *row)
{
    struct csv_cell *grown =
        reallocarray(row->cells, row->count + 1, sizeof(*grown));

    if (!grown) {
        return out_of_memory(reader->err);
    }
    row->cells = grown;
    row->cells[row->count++] = (struct csv_cell){0, 0, NULL, NULL};
    return row->count > COLUMNS_MAX
               ? bad_line(reader, "over 1,000 columns: is this the sheet?")
               : 0;
}

/* One row, and the line end behind it. */
static int read_row(struct reader *reader, struct csv_row *row)
{
    bool more = true;
    int rc = 0;

    row->line = reader->line;
    while (rc == 0 && more) {
        rc = grow_row(reader, row);
        if (rc == 0) {
            rc = read_cell(reader, &row->cells[row->count - 1]);
        }
        more = byte(reader) == reader->sheet->separator && !is_at_end(reader);
        reader->at += more;
    }
    if (rc == 0 && byte(reader) == '\r') {
        reader->at++;
    }
    if (rc == 0 && byte(reader) == '\n') {
        reader->at++;
    }
    reader->line++;
    return rc;
}

static bool is_blank(const struct csv_row *row)
{
    return row->count == 1 && row->cells[0].text[0] == '\0';
}

static int add_row(struct reader *reader, struct csv_row *row)
{
    struct csv_sheet *sheet = reader->sheet;
    size_t columns = sheet->count > 0 ? sheet->rows[0].count : row->count;
    struct csv_row *grown = NULL;

    if (row->count != columns) {
        return fail(reader->err, ERROR_USAGE,
                    "the template, line %zu: %zu cells, but the header has "
                    "%zu",
                    row->line, row->count, columns);
    }
    if (sheet->count > ROWS_MAX) {
        return bad_line(reader, "over 20,000 rows: is this the sheet?");
    }
    grown = reallocarray(sheet->rows, sheet->count + 1, sizeof(*grown));
    if (!grown) {
        return out_of_memory(reader->err);
    }
    sheet->rows = grown;
    sheet->rows[sheet->count++] = *row;
    *row = (struct csv_row){NULL, 0, 0};
    return 0;
}

int csv_sheet_read(const char *bytes, size_t nbytes, struct csv_sheet *out,
                   struct error *err)
{
    struct reader reader = {out, 0, 1, err};
    size_t nbom = strlen(BOM);
    int rc = check_encoding(bytes, nbytes, err);

    *out = (struct csv_sheet){.bytes = bytes, .nbytes = nbytes};
    if (rc == 0 && nbytes >= nbom && memcmp(bytes, BOM, nbom) == 0) {
        reader.at = nbom;
    }
    if (rc == 0) {
        out->separator = find_separator(bytes + reader.at, nbytes - reader.at);
    }
    while (rc == 0 && !is_at_end(&reader)) {
        struct csv_row row = {NULL, 0, 0};
        rc = read_row(&reader, &row);
        if (rc == 0 && !is_blank(&row)) {
            rc = add_row(&reader, &row);
        }
        clear_row(&row);
    }
    if (rc == 0 && out->count == 0) {
        rc = fail(err, ERROR_USAGE, "the template is empty");
    }
    return rc;
}

void csv_sheet_clear(struct csv_sheet *sheet)
{
    for (size_t i = 0; i < sheet->count; i++) {
        clear_row(&sheet->rows[i]);
    }
    free(sheet->rows);
    *sheet = (struct csv_sheet){NULL, 0, '\0', NULL, 0};
}

const char *csv_sheet_text(const struct csv_sheet *sheet, size_t row,
                           size_t column)
{
    return sheet->rows[row].cells[column].text;
}

size_t csv_sheet_columns(const struct csv_sheet *sheet)
{
    return sheet->rows[0].count;
}

/* --- filling in ------------------------------------------------------------
 */

bool csv_read_number(const char *text, double *out)
{
    const size_t ndigits_max = 7; /* no product of two overflows */
    size_t whole = strspn(text, "0123456789");
    const char *point = text + whole;
    bool pointed = *point == '.' || *point == ',';
    size_t fraction = pointed ? strspn(point + 1, "0123456789") : 0;
    double unit = 1;

    if (whole == 0 || whole > ndigits_max || fraction > ndigits_max ||
        (pointed && fraction == 0) || point[pointed + fraction] != '\0') {
        return false;
    }
    *out = (double)strtoul(text, NULL, 10);
    for (size_t i = 1; i <= fraction; i++) {
        unit /= 10;
        *out += unit * (point[i] - '0');
    }
    return true;
}

int csv_sheet_put(struct csv_sheet *sheet, size_t row, size_t column,
                  double number, struct error *err)
{
    struct csv_cell *cell = &sheet->rows[row].cells[column];
    char text[CSV_NUMBER_BYTES];
    double there = 0;

    if (csv_read_number(cell->text, &there) &&
        csv_hundredths(there) == csv_hundredths(number)) {
        return 0;
    }
    csv_format_number(number, text);
    free(cell->put);
    if (asprintf(&cell->put,
                 sheet->bytes[cell->start] == '"' && cell->end > cell->start
                     ? "\"%s\""
                     : "%s",
                 text) < 0) {
        cell->put = NULL;
        return out_of_memory(err);
    }
    return 0;
}

int csv_sheet_write(const struct csv_sheet *sheet, char **text, size_t *nbytes,
                    struct error *err)
{
    FILE *out = open_memstream(text, nbytes);
    size_t written = 0;

    if (!out) {
        return out_of_memory(err);
    }
    for (size_t i = 0; i < sheet->count; i++) {
        for (size_t k = 0; k < sheet->rows[i].count; k++) {
            const struct csv_cell *cell = &sheet->rows[i].cells[k];
            if (!cell->put) {
                continue;
            }
            fwrite(sheet->bytes + written, 1, cell->start - written, out);
            fputs(cell->put, out);
            written = cell->end;
        }
    }
    fwrite(sheet->bytes + written, 1, sheet->nbytes - written, out);
    if (ferror(out) != 0 || fclose(out) != 0) {
        return out_of_memory(err);
    }
    return 0;
}

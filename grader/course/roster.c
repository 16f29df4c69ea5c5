/*
 * The roster: CSV through libcsv, fed line by line so that every sentence can
 * name the line. Encoding first (roster_encoding.c), then cells, then what all
 * rows together must be.
 */
#include "roster.h"

#include <csv.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include "folder.h"
#include "roster_parts.h"
#include "text.h"

#define BYTES_MAX    (8u << 20)
#define STUDENTS_MAX 20000
#define CELL_MAX     1000 /* bytes */
#define COLUMNS_MAX  200

/* The columns that mean something, in the order of struct student. */
enum column {
    ID,
    NAME,
    LOGIN,
    EMAIL,
    SECTION,
    NCOLUMNS
};

static const char *const column_names[NCOLUMNS] = {"id", "name", "login",
                                                   "email", "section"};

struct reader {
    const char *path;
    size_t line;            /* of what is fed to libcsv, from 1 */
    size_t row_line;        /* where the row began */
    bool row_ended;         /* during the last line */
    size_t ncells;          /* of the row so far */
    size_t nheader;         /* cells of the header; 0: it is still to come */
    size_t where[NCOLUMNS]; /* of the column, from 1; 0: there is none */
    char *cells[NCOLUMNS];  /* of the row */
    struct roster *roster;
    size_t *lines; /* of each student */
    size_t capacity;
    struct error *err;
    int rc; /* libcsv's callbacks return nothing */
};

static int out_of_memory(const struct reader *reader)
{
    return fail(reader->err, ERROR_INFRA,
                "can't read the roster %s: out of memory", reader->path);
}

/* --- the header ------------------------------------------------------------
 */

static int take_title(struct reader *reader, const char *text)
{
    for (size_t i = 0; i < NCOLUMNS; i++) {
        if (strcasecmp(text, column_names[i]) != 0) {
            continue;
        }
        if (reader->where[i] != 0) {
            return fail(reader->err, ERROR_USAGE,
                        "%s:%zu: the column '%s' is there twice (columns %zu "
                        "and %zu)",
                        reader->path, reader->row_line, column_names[i],
                        reader->where[i], reader->ncells);
        }
        reader->where[i] = reader->ncells;
    }
    return 0;
}

static int end_header(struct reader *reader)
{
    reader->nheader = reader->ncells;
    for (size_t i = ID; i <= NAME; i++) {
        if (reader->where[i] == 0) {
            return fail(reader->err, ERROR_USAGE,
                        "%s:%zu: the column '%s' is missing; the first line "
                        "has to name the columns, separated by commas: id, "
                        "name and, if there are any, login, email, section",
                        reader->path, reader->row_line, column_names[i]);
        }
    }
    return 0;
}

/* --- rows ------------------------------------------------------------------
 */

static int check_row(const struct reader *reader)
{
    if (reader->ncells != reader->nheader) {
        return fail(reader->err, ERROR_USAGE,
                    "%s:%zu: this row has %zu cells, and the first line has "
                    "%zu; put a text that has a comma in it into quotes",
                    reader->path, reader->row_line, reader->ncells,
                    reader->nheader);
    }
    for (size_t i = ID; i <= NAME; i++) {
        if (reader->cells[i][0] == '\0') {
            return fail(reader->err, ERROR_USAGE,
                        "%s:%zu: this student has no %s", reader->path,
                        reader->row_line, column_names[i]);
        }
    }
    if (reader->roster->count >= STUDENTS_MAX) {
        return fail(reader->err, ERROR_LIMIT,
                    "%s:%zu: the roster has more than %d students",
                    reader->path, reader->row_line, STUDENTS_MAX);
    }
    return 0;
}

static int grow(struct reader *reader)
{
    struct roster *roster = reader->roster;
    size_t capacity = reader->capacity ? 2 * reader->capacity : 64;

    if (roster->count < reader->capacity) {
        return 0;
    }
    struct student *students =
        reallocarray(roster->students, capacity, sizeof(*students));
    if (!students) {
        return out_of_memory(reader);
    }
    roster->students = students;
    size_t *lines = reallocarray(reader->lines, capacity, sizeof(*lines));
    if (!lines) {
        return out_of_memory(reader);
    }
    reader->lines = lines;
    reader->capacity = capacity;
    return 0;
}

static int fill_missing_cells(struct reader *reader)
{
    for (size_t i = 0; i < NCOLUMNS; i++) {
        if (!reader->cells[i]) {
            reader->cells[i] = strdup("");
        }
        if (!reader->cells[i]) {
            return out_of_memory(reader);
        }
    }
    return 0;
}

/* Spreadsheets leave rows of commas below the last one. */
static bool row_is_empty(const struct reader *reader)
{
    for (size_t i = 0; i < NCOLUMNS; i++) {
        if (reader->cells[i] && reader->cells[i][0] != '\0') {
            return false;
        }
    }
    return true;
}

static void drop_cells(struct reader *reader)
{
    for (size_t i = 0; i < NCOLUMNS; i++) {
        free(reader->cells[i]);
        reader->cells[i] = NULL;
    }
}

static int end_student(struct reader *reader)
{
    if (row_is_empty(reader)) {
        drop_cells(reader);
        return 0;
    }
    int rc = fill_missing_cells(reader);
    if (rc == 0) {
        rc = check_row(reader);
    }
    if (rc == 0) {
        rc = grow(reader);
    }
    if (rc != 0) {
        return rc;
    }
    reader->lines[reader->roster->count] = reader->row_line;
    reader->roster->students[reader->roster->count++] = (struct student){
        reader->cells[ID],    reader->cells[NAME],    reader->cells[LOGIN],
        reader->cells[EMAIL], reader->cells[SECTION],
    };
    memset(reader->cells, 0, sizeof(reader->cells));
    return 0;
}

/* A cell of a row: kept if it is of a column that means something. */
static int take_cell(struct reader *reader, const char *text, size_t nbytes)
{
    size_t i = 0;

    while (i < NCOLUMNS && reader->where[i] != reader->ncells) {
        i++;
    }
    if (i == NCOLUMNS) {
        return 0;
    }
    if (nbytes > CELL_MAX) {
        return fail(reader->err, ERROR_USAGE,
                    "%s:%zu: the %s has %zu bytes; at most %d make sense",
                    reader->path, reader->row_line, column_names[i], nbytes,
                    CELL_MAX);
    }
    if ((i == ID || i == LOGIN) && !text_is_clean(text, nbytes)) {
        return fail(reader->err, ERROR_USAGE,
                    "%s:%zu: the %s has a control character in it",
                    reader->path, reader->row_line, column_names[i]);
    }
    reader->cells[i] = text_sanitise_line(text, nbytes, 8 * CELL_MAX);
    return reader->cells[i] ? 0 : out_of_memory(reader);
}

/* --- libcsv ----------------------------------------------------------------
 */

static void strip(const char **text, size_t *nbytes)
{
    while (*nbytes > 0 && strchr(" \t", (*text)[0])) {
        ++*text;
        --*nbytes;
    }
    while (*nbytes > 0 && strchr(" \t", (*text)[*nbytes - 1])) {
        --*nbytes;
    }
}

static void on_cell(void *cell, size_t nbytes, void *context)
{
    struct reader *reader = context;
    const char *text = cell ? cell : "";

    reader->ncells++;
    if (reader->rc != 0) {
        return;
    }
    strip(&text, &nbytes);
    if (reader->ncells > COLUMNS_MAX) {
        reader->rc = fail(reader->err, ERROR_USAGE,
                          "%s:%zu: this row has more than %d cells",
                          reader->path, reader->row_line, COLUMNS_MAX);
    } else if (reader->nheader > 0) {
        reader->rc = take_cell(reader, text, nbytes);
    } else if (nbytes < CELL_MAX) {
        char title[CELL_MAX];
        snprintf(title, sizeof(title), "%.*s", (int)nbytes, text);
        reader->rc = take_title(reader, title);
    }
}

static void on_row(int terminator, void *context)
{
    struct reader *reader = context;

    (void)terminator;
    if (reader->rc == 0) {
        reader->rc =
            reader->nheader > 0 ? end_student(reader) : end_header(reader);
    }
    reader->ncells = 0;
    reader->row_ended = true;
}

/* The length of the line at `text`, its end included: \n, \r\n or \r. */
static size_t line_length(const char *text, size_t nbytes)
{
    size_t n = 0;

    while (n < nbytes && text[n] != '\n' && text[n] != '\r') {
        n++;
    }
    if (n + 1 < nbytes && text[n] == '\r' && text[n + 1] == '\n') {
        return n + 2;
    }
    return n < nbytes ? n + 1 : n;
}

static bool is_blank(const char *text, size_t nbytes)
{
    while (nbytes > 0 && strchr(" \t\r\n", text[nbytes - 1])) {
        nbytes--;
    }
    return nbytes == 0;
}

static int refuse_quotes(struct reader *reader, struct csv_parser *parser)
{
    if (csv_error(parser) == CSV_ENOMEM || csv_error(parser) == CSV_ETOOBIG) {
        return out_of_memory(reader);
    }
    return fail(reader->err, ERROR_USAGE,
                "%s:%zu: the quotes are not right: a text that has \" in it "
                "stands in quotes, with each \" doubled",
                reader->path, reader->line);
}

static int feed_lines(struct reader *reader, struct csv_parser *parser,
                      const char *text, size_t nbytes)
{
    bool between = true; /* no row is open */

    for (size_t at = 0; reader->rc == 0 && at < nbytes;) {
        size_t n = line_length(text + at, nbytes - at);
        reader->line++;
        if (between) {
            reader->row_line = reader->line;
        }
        reader->row_ended = false;
        if (csv_parse(parser, text + at, n, on_cell, on_row, reader) != n &&
            reader->rc == 0) {
            return refuse_quotes(reader, parser);
        }
        between = reader->row_ended || (between && is_blank(text + at, n));
        at += n;
    }
    if (reader->rc == 0 && csv_fini(parser, on_cell, on_row, reader) != 0) {
        return fail(reader->err, ERROR_USAGE,
                    "%s:%zu: a quote is opened in this row and never closed",
                    reader->path, reader->row_line);
    }
    return reader->rc;
}

static int parse(struct reader *reader, const char *text, size_t nbytes)
{
    struct csv_parser parser;

    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
        return out_of_memory(reader);
    }
    int rc = feed_lines(reader, &parser, text, nbytes);
    csv_free(&parser);
    if (rc == 0 && reader->roster->count == 0) {
        rc = fail(reader->err, ERROR_USAGE, "%s: the roster has no student",
                  reader->path);
    }
    return rc;
}

/* --- the module's functions ------------------------------------------------
 */

static int check_file(const char *path, struct error *err)
{
    struct stat status;

    if (stat(path, &status) < 0) {
        return fail_errno(err, ERROR_USAGE, "can't read the roster %s", path);
    }
    if (!S_ISREG(status.st_mode)) {
        return fail(err, ERROR_USAGE,
                    "can't read the roster %s: it is not a regular file", path);
    }
    if (status.st_size > (off_t)BYTES_MAX) {
        return fail(err, ERROR_LIMIT,
                    "can't read the roster %s: it has %lld bytes, and the "
                    "limit is %u",
                    path, (long long)status.st_size, BYTES_MAX);
    }
    return 0;
}

int roster_read(const char *path, struct roster *out, struct error *err)
{
    struct reader reader = {.path = path, .roster = out, .err = err};
    char *data = NULL;
    const char *text = NULL;
    size_t nbytes = 0;
    int rc = check_file(path, err);

    *out = (struct roster){NULL, 0};
    if (rc == 0) {
        rc = file_read(path, BYTES_MAX, &data, &nbytes, err);
    }
    if (rc == 0) {
        text = data;
        rc = roster_check_encoding(path, &text, &nbytes, err);
    }
    if (rc == 0) {
        rc = parse(&reader, text, nbytes);
    }
    if (rc == 0) {
        rc = roster_check_unique(path, out, reader.lines, err);
    }
    drop_cells(&reader);
    free(reader.lines);
    free(data);
    if (rc != 0) {
        roster_clear(out);
    }
    return rc;
}

void roster_clear(struct roster *roster)
{
    for (size_t i = 0; i < roster->count; i++) {
        struct student *student = &roster->students[i];
        free(student->id);
        free(student->name);
        free(student->login);
        free(student->email);
        free(student->section);
    }
    free(roster->students);
    *roster = (struct roster){NULL, 0};
}

const struct student *roster_find(const struct roster *roster, const char *id)
{
    for (size_t i = 0; i < roster->count; i++) {
        if (strcmp(roster->students[i].id, id) == 0) {
            return &roster->students[i];
        }
    }
    return NULL;
}

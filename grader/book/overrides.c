/*
 * Overrides: points given by hand, with a reason and a name.
 */
#include "book_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "moment.h"

#define POINTS_MAX 10000 /* hundredths: 100 points */

static bool is_blank(const char *text)
{
    while (text && isspace((unsigned char)*text)) {
        text++;
    }
    return !text || *text == '\0';
}

static int check(const struct override *override, struct error *err)
{
    if (is_blank(override->note)) {
        return fail(err, ERROR_USAGE,
                    "points given by hand need a note that says why");
    }
    if (is_blank(override->by)) {
        return fail(err, ERROR_USAGE,
                    "points given by hand need the name of who gives them");
    }
    if (!override->withdrawn && override->points > POINTS_MAX) {
        return fail(err, ERROR_USAGE, "a lab has at most 100 points");
    }
    return 0;
}

static int insert(struct book *book, const struct override *override,
                  struct error *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    int64_t at =
        override->at == MOMENT_NONE ? (int64_t)time(NULL) : override->at;
    int64_t points = override->withdrawn ? MOMENT_NONE : override->points;
    int rc = book_query(
        book, &statement, err,
        "INSERT INTO override (student, lab, points, note, author, at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        "ssmssi", override->student, override->lab, points, override->note,
        override->by, at);

    if (rc == 0) {
        rc = book_step(book, statement, &row, err);
    }
    sqlite3_finalize(statement);
    return rc;
}

int book_override(struct book *book, const struct override *overrides,
                  size_t count, struct error *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = check(&overrides[i], err);
    }
    if (rc == 0) {
        rc = book_begin(book, err);
    }
    if (rc != 0) {
        return rc;
    }
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = insert(book, &overrides[i], err);
    }
    return book_end(book, rc, err);
}

static int read_override(sqlite3_stmt *statement, struct override **out,
                         struct error *err)
{
    struct override *override = calloc(1, sizeof(*override));
    int rc = 0;

    if (!override) {
        return fail(err, ERROR_INFRA, "can't read the gradebook: no memory");
    }
    override->student = book_column_text(statement, 0, &rc, err);
    override->lab = book_column_text(statement, 1, &rc, err);
    override->points = (unsigned)sqlite3_column_int64(statement, 2);
    override->note = book_column_text(statement, 3, &rc, err);
    override->by = book_column_text(statement, 4, &rc, err);
    override->at = sqlite3_column_int64(statement, 5);
    if (rc != 0) {
        override_free(override);
        return rc;
    }
    *out = override;
    return 0;
}

int book_find_numbered(struct book *book, const char *student, const char *lab,
                       struct override **out, int64_t *number,
                       struct error *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    int rc = book_query(book, &statement, err,
                        "SELECT student, lab, points, note, author, at, id FROM"
                        " override WHERE student = ? AND lab = ?"
                        " ORDER BY id DESC LIMIT 1",
                        "ss", student, lab);

    *out = NULL;
    *number = 0;
    if (rc == 0) {
        rc = book_step(book, statement, &row, err);
    }
    if (rc == 0 && row) {
        *number = sqlite3_column_int64(statement, 6);
    }
    if (rc == 0 && row && sqlite3_column_type(statement, 2) != SQLITE_NULL) {
        rc = read_override(statement, out, err);
    }
    sqlite3_finalize(statement);
    return rc;
}

int book_find_override(struct book *book, const char *student, const char *lab,
                       struct override **out, struct error *err)
{
    int64_t number = 0;

    return book_find_numbered(book, student, lab, out, &number, err);
}

void override_free(struct override *override)
{
    if (!override) {
        return;
    }
    free(override->student);
    free(override->lab);
    free(override->note);
    free(override->by);
    free(override);
}

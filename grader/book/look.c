/*
 * Looks: what was seen of each student when a lab's submissions were last
 * looked at. Only who looked after a student's time was over, and saw nothing,
 * knows that nothing was handed in.
 */
#include "book_private.h"

#include <stdlib.h>
#include <string.h>

static const char *const words[] = {
    [LOOK_HANDED_IN] = "handed-in",
    [LOOK_MISSING] = "missing",
    [LOOK_AMBIGUOUS] = "ambiguous",
};

static int insert(struct book *book, const struct look *look, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    int rc = book_query(book, &statement, err,
                        "INSERT OR REPLACE INTO look"
                        " (student, lab, at, seen, note)"
                        " VALUES (?, ?, ?, ?, ?)",
                        "ssiss", look->student, look->lab, look->at,
                        words[look->seen], look->note);

    if (rc == 0) {
        rc = book_step(book, statement, &row, err);
    }
    sqlite3_finalize(statement);
    return rc;
}

int book_look(struct book *book, const struct look *looks, size_t count,
              struct error *err)
{
    int rc = book_begin(book, err);

    if (rc != 0) {
        return rc;
    }
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = insert(book, &looks[i], err);
    }
    return book_end(book, rc, err);
}

/* The table's CHECK lets no other word in. */
static enum look_seen seen_of(const char *word)
{
    enum look_seen seen = LOOK_HANDED_IN;

    while (seen < LOOK_AMBIGUOUS && word && strcmp(words[seen], word) != 0) {
        seen++;
    }
    return seen;
}

static int read_look(sqlite3_stmt *statement, struct look **out,
                     struct error *err)
{
    struct look *look = calloc(1, sizeof(*look));
    int rc = 0;

    if (!look) {
        return fail(err, ERROR_INFRA, "can't read the gradebook: no memory");
    }
    look->student = book_column_text(statement, 0, &rc, err);
    look->lab = book_column_text(statement, 1, &rc, err);
    look->at = sqlite3_column_int64(statement, 2);
    look->seen = seen_of((const char *)sqlite3_column_text(statement, 3));
    look->note = book_column_text(statement, 4, &rc, err);
    if (rc != 0) {
        look_free(look);
        return rc;
    }
    *out = look;
    return 0;
}

int book_find_look(struct book *book, const char *student, const char *lab,
                   struct look **out, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    int rc = book_query(book, &statement, err,
                        "SELECT student, lab, at, seen, note FROM look"
                        " WHERE student = ? AND lab = ?",
                        "ss", student, lab);

    *out = NULL;
    if (rc == 0) {
        rc = book_step(book, statement, &row, err);
    }
    if (rc == 0 && row) {
        rc = read_look(statement, out, err);
    }
    sqlite3_finalize(statement);
    return rc;
}

void look_free(struct look *look)
{
    if (!look) {
        return;
    }
    free(look->student);
    free(look->lab);
    free(look->note);
    free(look);
}

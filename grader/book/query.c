/*
 * SQL for the gradebook: statements, transactions, and what SQLite reports
 * turned into sentences that tell a person what to do.
 */
#include "book_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "moment.h"

/* The cause as the system says it: "No space left on device". */
static const char *system_cause(struct book *book)
{
    int number = sqlite3_system_errno(book->db);

    return number != 0 ? strerror(number) : sqlite3_errmsg(book->db);
}

int book_failed(struct book *book, struct error *err)
{
    const char *path = book->path;

    switch (sqlite3_errcode(book->db)) {
    case SQLITE_FULL:
        return fail(err, ERROR_INFRA,
                    "can't write the gradebook %s: the disk is full; what it "
                    "held before is kept",
                    path);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fail(err, ERROR_USAGE,
                    "the gradebook %s is locked by another program; end it "
                    "and try again",
                    path);
    case SQLITE_NOTADB:
        return fail(err, ERROR_USAGE,
                    "%s is not a gradebook: it is no SQLite file", path);
    case SQLITE_CORRUPT:
        return fail(err, ERROR_INFRA,
                    "the gradebook %s is damaged (%s); use a copy of it, or "
                    "save what can be saved with `sqlite3 %s .recover`",
                    path, sqlite3_errmsg(book->db), path);
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return fail(err, ERROR_INFRA,
                    "can't write the gradebook %s: it or its folder is "
                    "read-only",
                    path);
    case SQLITE_CANTOPEN:
        return fail(err, ERROR_INFRA, "can't open the gradebook %s: %s", path,
                    system_cause(book));
    case SQLITE_IOERR:
        return fail(err, ERROR_INFRA,
                    "can't read or write the gradebook %s: %s; what it held "
                    "before is kept",
                    path, system_cause(book));
    default:
        return fail(err, ERROR_INFRA, "the gradebook %s: %s", path,
                    sqlite3_errmsg(book->db));
    }
}

/* --- statements ------------------------------------------------------------
 */

static int bind_one(sqlite3_stmt *statement, int place, char type,
                    va_list *args)
{
    const char *text = NULL;
    int64_t number = 0;

    if (type == 's') {
        text = va_arg(*args, const char *);
        return text ? sqlite3_bind_text(statement, place, text, -1,
                                        SQLITE_STATIC)
                    : sqlite3_bind_null(statement, place);
    }
    number = va_arg(*args, int64_t);
    if (type == 'm' && number == MOMENT_NONE) {
        return sqlite3_bind_null(statement, place);
    }
    return sqlite3_bind_int64(statement, place, number);
}

int book_query(struct book *book, sqlite3_stmt **out, struct error *err,
               const char *sql, const char *types, ...)
{
    sqlite3_stmt *statement = NULL;
    va_list args;
    int rc = sqlite3_prepare_v2(book->db, sql, -1, &statement, NULL);

    va_start(args, types);
    for (int i = 0; rc == SQLITE_OK && types[i] != '\0'; i++) {
        rc = bind_one(statement, i + 1, types[i], &args);
    }
    va_end(args);
    if (rc != SQLITE_OK) {
        rc = book_failed(book, err);
        sqlite3_finalize(statement);
        return rc;
    }
    *out = statement;
    return 0;
}

int book_step(struct book *book, sqlite3_stmt *statement, bool *row,
              struct error *err)
{
    int rc = sqlite3_step(statement);

    *row = rc == SQLITE_ROW;
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : book_failed(book, err);
}

int book_execute(struct book *book, const char *sql, struct error *err)
{
    int rc = sqlite3_exec(book->db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? 0 : book_failed(book, err);
}

int book_number(struct book *book, const char *sql, int64_t otherwise,
                int64_t *out, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    int rc = book_query(book, &statement, err, sql, "");

    if (rc == 0) {
        rc = book_step(book, statement, &row, err);
    }
    if (rc == 0) {
        *out = row ? sqlite3_column_int64(statement, 0) : otherwise;
    }
    sqlite3_finalize(statement);
    return rc;
}

int64_t book_column_moment(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL
               ? MOMENT_NONE
               : sqlite3_column_int64(statement, column);
}

char *book_column_text(sqlite3_stmt *statement, int column, int *rc,
                       struct error *err)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    char *copy = text ? strdup((const char *)text) : NULL;

    if (*rc == 0 && text && !copy) {
        *rc = fail(err, ERROR_INFRA, "can't read the gradebook: out of memory");
    }
    return copy;
}

/* --- transactions ----------------------------------------------------------
 */

int book_begin(struct book *book, struct error *err)
{
    return book_execute(book, "BEGIN IMMEDIATE", err);
}

int book_end(struct book *book, int rc, struct error *err)
{
    if (rc == 0) {
        rc = book_execute(book, "COMMIT", err);
    }
    /* Some errors have rolled back by themselves. */
    if (rc != 0 && !sqlite3_get_autocommit(book->db)) {
        sqlite3_exec(book->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return rc;
}

/*
 * The gradebook's inside: its connection, and SQL with errors as sentences.
 * For the files of this room and their tests only.
 */
#ifndef GRADER_BOOK_PRIVATE_H
#define GRADER_BOOK_PRIVATE_H

#include <sqlite3.h>
#include "book.h"

#define BOOK_APPLICATION_ID 0x4d4d4742 /* "MMGB" */
#define BOOK_VERSION        3          /* of the tables; PRAGMA user_version */

struct book {
    sqlite3 *db;
    char *path;
    int lock; /* descriptor of PATH.lock, or -1 */
};

/* --- statements ------------------------------------------------------------
 */

/*
 * Prepares and binds: one letter of `types` a parameter, 's' a text or NULL,
 * 'i' an int64_t, 'm' the same, but MOMENT_NONE is NULL. Texts must outlive
 * the statement, which sqlite3_finalize() frees.
 */
int book_query(struct book *book, sqlite3_stmt **out, struct error *err,
               const char *sql, const char *types, ...);

/* The next row: *row says whether there is one. */
int book_step(struct book *book, sqlite3_stmt *statement, bool *row,
              struct error *err);

/* A statement without parameters and rows. */
int book_execute(struct book *book, const char *sql, struct error *err);

/* The first column of the first row, a number; `otherwise` if there is none. */
int book_number(struct book *book, const char *sql, int64_t otherwise,
                int64_t *out, struct error *err);

/* What SQLite has just reported, as a sentence. */
int book_failed(struct book *book, struct error *err);

int64_t book_column_moment(sqlite3_stmt *statement, int column);
/* A copy of the text, or NULL; *rc becomes INFRA when out of memory. */
char *book_column_text(sqlite3_stmt *statement, int column, int *rc,
                       struct error *err);

/* A transaction is open from begin to end; end() rolls back unless rc is 0. */
int book_begin(struct book *book, struct error *err);
int book_end(struct book *book, int rc, struct error *err);

/* As book_each(), of one student; NULL: of all. */
int book_visit(struct book *book, const char *student,
               int (*visit)(void *context, const struct attempt *attempt,
                            struct error *err),
               void *context, struct error *err);

/* As book_find_override(), with its number among all (1, 2, …); 0: none. */
int book_find_numbered(struct book *book, const char *student, const char *lab,
                       struct override **out, int64_t *number,
                       struct error *err);

/* --- opening ---------------------------------------------------------------
 */

/* One writer. USAGE that says who has it. */
int book_lock(struct book *book, struct error *err);
void book_unlock(struct book *book);

/* Creates the tables, or brings them up to BOOK_VERSION, all or nothing. */
int book_migrate(struct book *book, int64_t version, const char *course_id,
                 struct error *err);

#endif

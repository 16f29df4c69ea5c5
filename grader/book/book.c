/*
 * Opening the gradebook: lock, connect, look whether it is ours, bring its
 * tables up to date. Nothing is written to a file before it is known to be a
 * gradebook of this course, or new.
 */
#include "book_private.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "folder.h"
#include "text.h"

#define BUSY_MILLISECONDS 5000

/* --- connecting ------------------------------------------------------------
 */

static int configure(struct book *book, struct error *err)
{
    sqlite3_extended_result_codes(book->db, 0);
    sqlite3_busy_timeout(book->db, BUSY_MILLISECONDS);
    sqlite3_db_config(book->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return book_execute(book,
                        "PRAGMA trusted_schema = OFF;"
                        "PRAGMA cell_size_check = ON;"
                        "PRAGMA foreign_keys = ON;"
                        "PRAGMA synchronous = FULL",
                        err);
}

static int connect_to(struct book *book, const char *name, int flags,
                      struct error *err)
{
    int rc = sqlite3_open_v2(name, &book->db, flags, NULL);

    if (!book->db) {
        return fail(err, ERROR_INFRA, "can't open the gradebook %s: no memory",
                    book->path);
    }
    return rc == SQLITE_OK ? configure(book, err) : book_failed(book, err);
}

/* "file:PATH?immutable=1", with what has a meaning there escaped. */
static char *immutable_name(const char *path)
{
    char *name = NULL;
    size_t nbytes = 0;
    FILE *out = open_memstream(&name, &nbytes);

    if (!out) {
        return NULL;
    }
    fputs("file:", out);
    for (; *path != '\0'; path++) {
        if (strchr("%?#", *path)) {
            fprintf(out, "%%%02x", (unsigned)*path);
        } else {
            fputc(*path, out);
        }
    }
    fputs("?immutable=1", out);
    if (fclose(out) != 0) {
        free(name);
        return NULL;
    }
    return name;
}

/* True if a writer left, or is at work on, what is not in the file yet. */
static bool has_log(const char *path)
{
    struct stat status = {0};
    char *log = NULL;
    bool found = true;

    if (asprintf(&log, "%s-wal", path) >= 0) {
        found = stat(log, &status) == 0 && status.st_size > 0;
        free(log);
    }
    return found;
}

/*
 * In a folder that can't be written, SQLite can't make the files by which
 * readers of a WAL database keep out of a writer's way. There can be no writer
 * there, either: it is read as a file that never changes.
 */
static int connect_reader(struct book *book, struct error *err)
{
    char *name = NULL;
    int64_t tables = 0;
    int rc = connect_to(book, book->path, SQLITE_OPEN_READONLY, err);

    if (rc == 0) {
        rc = book_number(book, "SELECT count(*) FROM sqlite_schema", 0, &tables,
                         err);
    }
    if (rc != ERROR_INFRA || has_log(book->path) ||
        (sqlite3_errcode(book->db) != SQLITE_CANTOPEN &&
         sqlite3_errcode(book->db) != SQLITE_READONLY)) {
        return rc;
    }
    sqlite3_close_v2(book->db);
    book->db = NULL;
    name = immutable_name(book->path);
    rc = name ? connect_to(book, name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
                           err)
              : fail(err, ERROR_INFRA, "can't open the gradebook: no memory");
    free(name);
    return rc;
}

/* Made by us, so that others can't read the class's scores. */
static int make_file(const struct book *book, struct error *err)
{
    const mode_t mode = 0600;
    int fd = open(book->path, O_RDWR | O_CREAT | O_CLOEXEC, mode);

    if (fd < 0) {
        return fail_errno(err, ERROR_INFRA, "can't write the gradebook %s",
                          book->path);
    }
    close(fd);
    return 0;
}

static int connect_writer(struct book *book, struct error *err)
{
    int rc = book_lock(book, err);

    if (rc == 0) {
        rc = make_file(book, err);
    }
    return rc == 0 ? connect_to(book, book->path, SQLITE_OPEN_READWRITE, err)
                   : rc;
}

/* --- is it ours? -----------------------------------------------------------
 */

/* *version is 0 for a file without anything in it. */
static int identify(struct book *book, int64_t *version, struct error *err)
{
    int64_t application = 0;
    int64_t tables = 0;
    int rc = book_number(book, "PRAGMA application_id", 0, &application, err);

    if (rc == 0) {
        rc = book_number(book, "PRAGMA user_version", 0, version, err);
    }
    if (rc == 0) {
        rc = book_number(book, "SELECT count(*) FROM sqlite_schema", 0, &tables,
                         err);
    }
    if (rc != 0 || (application == 0 && *version == 0 && tables == 0)) {
        return rc;
    }
    if (application != BOOK_APPLICATION_ID || *version < 1) {
        return fail(err, ERROR_USAGE,
                    "%s is a database of another program, not a gradebook of "
                    "mmgrade's",
                    book->path);
    }
    if (*version > BOOK_VERSION) {
        return fail(err, ERROR_USAGE,
                    "the gradebook %s is of a newer mmgrade: its tables are "
                    "version %lld, this mmgrade knows them up to %d",
                    book->path, (long long)*version, BOOK_VERSION);
    }
    return 0;
}

/* A writer adds nothing to what is damaged. */
static int check_sound(struct book *book, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    int rc = book_query(book, &statement, err, "PRAGMA quick_check(1)", "");

    if (rc == 0) {
        rc = book_step(book, statement, &row, err);
    }
    if (rc == 0 && row) {
        const char *said = (const char *)sqlite3_column_text(statement, 0);
        if (!said || strcmp(said, "ok") != 0) {
            rc = fail(err, ERROR_INFRA,
                      "the gradebook %s is damaged (%s); use a copy of it, or "
                      "save what can be saved with `sqlite3 %s .recover`",
                      book->path, said ? said : "?", book->path);
        }
    }
    sqlite3_finalize(statement);
    return rc;
}

static int check_course(struct book *book, const char *course_id,
                        struct error *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    char *id = NULL;
    int rc =
        book_query(book, &statement, err, "SELECT id FROM course LIMIT 1", "");

    if (rc == 0) {
        rc = book_step(book, statement, &row, err);
    }
    if (rc == 0 && row) {
        id = book_column_text(statement, 0, &rc, err);
    }
    if (rc == 0 && (!id || strcmp(id, course_id) != 0)) {
        rc = fail(err, ERROR_USAGE,
                  "the gradebook %s is of the course '%s', not of '%s': give "
                  "each course its own",
                  book->path, id ? id : "?", course_id);
    }
    free(id);
    sqlite3_finalize(statement);
    return rc;
}

static int prepare_writer(struct book *book, const char *course_id,
                          struct error *err)
{
    int64_t version = 0;
    int rc = identify(book, &version, err);

    if (rc == 0) {
        rc = check_sound(book, err);
    }
    if (rc == 0 && version > 0) {
        rc = check_course(book, course_id, err);
    }
    if (rc == 0) {
        rc = book_execute(book, "PRAGMA journal_mode = WAL", err);
    }
    if (rc == 0 && version < BOOK_VERSION) {
        rc = book_migrate(book, version, course_id, err);
    }
    return rc;
}

static int prepare_reader(struct book *book, const char *course_id,
                          struct error *err)
{
    int64_t version = 0;
    int rc = identify(book, &version, err);

    if (rc == 0 && version == 0) {
        rc = fail(err, ERROR_USAGE, "%s is empty: nothing was graded yet",
                  book->path);
    }
    if (rc == 0) {
        rc = check_course(book, course_id, err);
    }
    if (rc == 0 && version < BOOK_VERSION) {
        rc = fail(err, ERROR_USAGE,
                  "the gradebook %s is of an older mmgrade, and was not "
                  "brought up to date",
                  book->path);
    }
    return rc;
}

/* --- the module's functions ------------------------------------------------
 */

static int check_place(const char *path, enum book_mode mode, struct error *err)
{
    if (path_is_folder(path)) {
        return fail(err, ERROR_USAGE, "%s is a folder, not a gradebook", path);
    }
    if (mode == BOOK_READ && access(path, F_OK) != 0) {
        return fail(err, ERROR_USAGE,
                    "there is no gradebook %s: nothing was graded yet "
                    "(`mmgrade batch` makes it)",
                    path);
    }
    return 0;
}

static int open_once(const char *path, const char *course_id,
                     enum book_mode mode, struct book **out, struct error *err)
{
    struct book *book = calloc(1, sizeof(*book));
    int rc = 0;

    if (!book) {
        return fail(err, ERROR_INFRA, "can't open the gradebook: no memory");
    }
    book->lock = -1;
    book->path = strdup(path);
    if (!book->path) {
        rc = fail(err, ERROR_INFRA, "can't open the gradebook: no memory");
    }
    if (rc == 0) {
        rc = mode == BOOK_WRITE ? connect_writer(book, err)
                                : connect_reader(book, err);
    }
    if (rc == 0) {
        rc = mode == BOOK_WRITE ? prepare_writer(book, course_id, err)
                                : prepare_reader(book, course_id, err);
    }
    if (rc != 0) {
        book_close(book);
        return rc;
    }
    *out = book;
    return 0;
}

/* Does a reader need tables that a writer has to make first? */
static bool is_outdated(const char *path)
{
    sqlite3 *db = NULL;
    struct book book = {.path = (char *)path, .lock = -1};
    struct error ignored = {0};
    int64_t application = 0;
    int64_t version = BOOK_VERSION;

    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK) {
        book.db = db;
        book_number(&book, "PRAGMA application_id", 0, &application, &ignored);
        book_number(&book, "PRAGMA user_version", BOOK_VERSION, &version,
                    &ignored);
    }
    sqlite3_close_v2(db);
    return application == BOOK_APPLICATION_ID && version >= 1 &&
           version < BOOK_VERSION;
}

int book_open(const char *path, const char *course_id, enum book_mode mode,
              struct book **out, struct error *err)
{
    int rc = check_place(path, mode, err);

    if (rc == 0 && mode == BOOK_READ && is_outdated(path)) {
        struct book *writer = NULL;
        rc = open_once(path, course_id, BOOK_WRITE, &writer, err);
        book_close(writer);
    }
    return rc == 0 ? open_once(path, course_id, mode, out, err) : rc;
}

void book_close(struct book *book)
{
    if (!book) {
        return;
    }
    sqlite3_close_v2(book->db);
    book_unlock(book);
    free(book->path);
    free(book);
}

/*
 * The gradebook's tables, as a list of steps: step N makes version N + 1 of
 * version N. A step that has been released is never edited.
 *
 * Triggers keep what has happened from being edited, by us or by hand; what was
 * seen last is no history, and has none.
 */
#include "book_private.h"

#include <stdio.h>
#include <time.h>

#define IMMUTABLE(table)                                                       \
    "CREATE TRIGGER " table "_is_not_updated BEFORE UPDATE ON " table          \
    " BEGIN SELECT RAISE(ABORT, 'a row of " table " never changes'); END;"     \
    "CREATE TRIGGER " table "_is_not_deleted BEFORE DELETE ON " table          \
    " BEGIN SELECT RAISE(ABORT, 'a row of " table " is never deleted'); END;"

static const char *const steps[BOOK_VERSION] = {
    /* 1: what was handed in, what came of it, what was decided by hand */
    "CREATE TABLE course ("
    "  id TEXT NOT NULL PRIMARY KEY,"
    "  created_at INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE attempt ("
    "  student TEXT NOT NULL,"
    "  lab TEXT NOT NULL,"
    "  number INTEGER NOT NULL CHECK (number >= 1),"
    "  submitted INTEGER,"
    "  kind TEXT CHECK (kind IN ('folder', 'git', 'archive')),"
    "  origin TEXT,"
    "  commit_id TEXT,"
    "  commit_time TEXT,"
    "  content_hash TEXT,"
    "  notes TEXT NOT NULL,"
    "  PRIMARY KEY (student, lab, number)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE grading ("
    "  student TEXT NOT NULL,"
    "  lab TEXT NOT NULL,"
    "  attempt INTEGER NOT NULL,"
    "  number INTEGER NOT NULL CHECK (number >= 1),"
    "  why TEXT NOT NULL CHECK (why IN ('first', 'retry', 'regrade')),"
    "  graded_at INTEGER NOT NULL,"
    "  outcome TEXT NOT NULL,"
    "  PRIMARY KEY (student, lab, attempt, number),"
    "  FOREIGN KEY (student, lab, attempt)"
    "    REFERENCES attempt (student, lab, number)"
    ") STRICT;"
    "CREATE TABLE override ("
    "  id INTEGER PRIMARY KEY,"
    "  student TEXT NOT NULL,"
    "  lab TEXT NOT NULL,"
    "  points INTEGER CHECK (points BETWEEN 0 AND 10000),"
    "  note TEXT NOT NULL CHECK (note <> ''),"
    "  author TEXT NOT NULL CHECK (author <> ''),"
    "  at INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX override_of ON override (student, lab);"
    "CREATE VIEW latest AS"
    "  SELECT a.student, a.lab, a.number AS attempt,"
    "    datetime(a.submitted, 'unixepoch') AS submitted,"
    "    datetime(g.graded_at, 'unixepoch') AS graded, g.number AS gradings,"
    "    g.outcome ->> '$.refused.reason' AS refused,"
    "    g.outcome ->> '$.build.status' AS build,"
    "    (SELECT count(*) FROM json_each(g.outcome, '$.record') AS line"
    "      WHERE line.value ->> '$.status' = 'pass') AS passed,"
    "    a.origin, a.commit_id, a.content_hash"
    "  FROM attempt AS a JOIN grading AS g"
    "    ON g.student = a.student AND g.lab = a.lab AND g.attempt = a.number"
    "  WHERE g.number = (SELECT max(number) FROM grading AS h"
    "    WHERE h.student = a.student AND h.lab = a.lab"
    "      AND h.attempt = a.number);" IMMUTABLE("course") IMMUTABLE("attempt")
        IMMUTABLE("grading") IMMUTABLE("override"),
    /* 2: what the scores were when they were last told */
    "CREATE TABLE telling ("
    "  id INTEGER PRIMARY KEY,"
    "  at INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE told ("
    "  telling INTEGER NOT NULL REFERENCES telling (id),"
    "  student TEXT NOT NULL,"
    "  lab TEXT NOT NULL,"
    "  points INTEGER,"
    "  attempt INTEGER NOT NULL,"
    "  grading INTEGER NOT NULL,"
    "  earned INTEGER NOT NULL,"
    "  due INTEGER NOT NULL,"
    "  days_late INTEGER NOT NULL,"
    "  penalty_percent INTEGER NOT NULL,"
    "  override INTEGER NOT NULL,"
    "  PRIMARY KEY (telling, student, lab)"
    ") STRICT, WITHOUT ROWID;" IMMUTABLE("telling") IMMUTABLE("told"),
    /* 3: what was seen when submissions were last looked at; replaced by the
       next look, so that no trigger keeps it */
    "CREATE TABLE look ("
    "  student TEXT NOT NULL,"
    "  lab TEXT NOT NULL,"
    "  at INTEGER NOT NULL,"
    "  seen TEXT NOT NULL"
    "    CHECK (seen IN ('handed-in', 'missing', 'ambiguous')),"
    "  note TEXT,"
    "  PRIMARY KEY (student, lab)"
    ") STRICT, WITHOUT ROWID;",
};

static int mark(struct book *book, struct error *err)
{
    char sql[96];

    snprintf(sql, sizeof(sql),
             "PRAGMA application_id = %d; PRAGMA user_version = %d",
             BOOK_APPLICATION_ID, BOOK_VERSION);
    return book_execute(book, sql, err);
}

static int enter_course(struct book *book, const char *course_id,
                        struct error *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    int rc = book_query(book, &statement, err,
                        "INSERT INTO course (id, created_at) VALUES (?, ?)",
                        "si", course_id, (int64_t)time(NULL));

    if (rc == 0) {
        rc = book_step(book, statement, &row, err);
    }
    sqlite3_finalize(statement);
    return rc;
}

int book_migrate(struct book *book, int64_t version, const char *course_id,
                 struct error *err)
{
    int rc = book_begin(book, err);

    if (rc != 0) {
        return rc;
    }
    for (int64_t step = version; rc == 0 && step < BOOK_VERSION; step++) {
        rc = book_execute(book, steps[step], err);
    }
    if (rc == 0 && version == 0) {
        rc = enter_course(book, course_id, err);
    }
    if (rc == 0) {
        rc = mark(book, err);
    }
    return book_end(book, rc, err);
}

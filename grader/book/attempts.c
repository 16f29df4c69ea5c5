/*
 * Attempts and their gradings: adding, grading again, reading all.
 */
#include "book_private.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "moment.h"

/* --- how much an outcome leaves undecided ----------------------------------
 */

#define ALL_UNDECIDED SIZE_MAX

static const char *word(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static bool is_undecided(const char *status)
{
    return strcmp(status, "not-run") == 0 || strcmp(status, "infra-error") == 0;
}

/* Has the list of a record's lines a verdict on that test? */
static bool decides(const json_t *lines, const char *test)
{
    for (size_t i = 1; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        if (strcmp(word(line, "test"), test) == 0) {
            return !is_undecided(word(line, "status"));
        }
    }
    return false;
}

/*
 * Tests without a verdict. A test that only `other` has, since it was added to
 * the lab later, counts as one of them.
 */
static size_t count_undecided(const json_t *outcome, const json_t *other)
{
    const json_t *refused = json_object_get(outcome, "refused");
    const json_t *lines = json_object_get(outcome, "record");
    const json_t *other_lines = json_object_get(other, "record");
    size_t count = 0;

    if (json_is_object(refused)) {
        bool students = strcmp(word(refused, "word"), "REJECTED") == 0 ||
                        strcmp(word(refused, "word"), "LIMIT") == 0;
        return students ? 0 : ALL_UNDECIDED;
    }
    if (!json_is_array(lines)) {
        return 0; /* the compiler has decided */
    }
    for (size_t i = 1; i < json_array_size(lines); i++) {
        count += is_undecided(word(json_array_get(lines, i), "status"));
    }
    for (size_t i = 1; i < json_array_size(other_lines); i++) {
        const char *test = word(json_array_get(other_lines, i), "test");
        count += decides(other_lines, test) && !decides(lines, test);
    }
    return count;
}

/* Does the later outcome take the place of the earlier? */
static bool says_more(const json_t *later, const json_t *earlier)
{
    size_t left = count_undecided(later, earlier);
    size_t was_left = count_undecided(earlier, later);

    /* The latest reason why nothing could be decided is the one to tell. */
    return left < was_left || (left == ALL_UNDECIDED && was_left == left &&
                               !json_equal(later, earlier));
}

/* --- adding ----------------------------------------------------------------
 */

static int insert_attempt(struct book *book, const struct attempt *attempt,
                          int64_t number, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    char *notes = attempt->notes ? json_dumps(attempt->notes, JSON_COMPACT)
                                 : strdup("[]");
    int rc = notes ? 0
                   : fail(err, ERROR_INFRA,
                          "can't write the gradebook: out of memory");

    if (rc == 0) {
        rc = book_query(
            book, &statement, err,
            "INSERT INTO attempt (student, lab, number, submitted, kind,"
            " origin, commit_id, commit_time, content_hash, notes)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            "ssimssssss", attempt->student, attempt->lab, number,
            attempt->submitted, attempt->kind, attempt->origin, attempt->commit,
            attempt->commit_time, attempt->content_hash, notes);
    }
    if (rc == 0) {
        rc = book_step(book, statement, &row, err);
    }
    sqlite3_finalize(statement);
    free(notes);
    return rc;
}

static int insert_grading(struct book *book, const struct attempt *attempt,
                          int64_t number, const char *why, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    char *outcome =
        json_dumps(attempt->outcome, JSON_COMPACT | JSON_REAL_PRECISION(6));
    int64_t at = attempt->graded_at == MOMENT_NONE ? (int64_t)time(NULL)
                                                   : attempt->graded_at;
    int rc = outcome ? 0
                     : fail(err, ERROR_INFRA,
                            "can't write the gradebook: out of memory");

    if (rc == 0) {
        rc = book_query(
            book, &statement, err,
            "INSERT INTO grading (student, lab, attempt, number, why,"
            " graded_at, outcome) SELECT ?1, ?2, ?3, 1 + ifnull(max(number),"
            " 0), ?4, ?5, ?6 FROM grading"
            " WHERE student = ?1 AND lab = ?2 AND attempt = ?3",
            "ssisis", attempt->student, attempt->lab, number, why, at, outcome);
    }
    if (rc == 0) {
        rc = book_step(book, statement, &row, err);
    }
    sqlite3_finalize(statement);
    free(outcome);
    return rc;
}

/*
 * The number of the attempt that it is the same as, 0 for none; and of the
 * student's latest. Texts are compared with IS, so that NULL equals NULL.
 *
 * An attempt of no known time counts rather than all before it (score.h), so
 * what is handed in after it is new, even if it is what was before.
 */
static int find_same(struct book *book, const struct attempt *attempt,
                     int64_t *same, int64_t *latest, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    int rc = book_query(
        book, &statement, err,
        "WITH mine AS (SELECT * FROM attempt WHERE student = ?1 AND lab = ?2)"
        " SELECT ifnull((SELECT max(number) FROM mine AS m"
        "   WHERE kind IS ?3 AND content_hash IS ?4"
        "     AND (?4 IS NOT NULL OR"
        "          (commit_id IS ?5 AND submitted IS ?6))"
        "     AND ((submitted = ?6 AND NOT EXISTS (SELECT 1 FROM mine AS later"
        "             WHERE later.number > m.number"
        "               AND later.submitted IS NULL))"
        "          OR number = (SELECT max(number) FROM mine))), 0),"
        " ifnull((SELECT max(number) FROM mine), 0)",
        "sssssm", attempt->student, attempt->lab, attempt->kind,
        attempt->content_hash, attempt->commit, attempt->submitted);

    if (rc == 0) {
        rc = book_step(book, statement, &row, err);
    }
    if (rc == 0) {
        *same = sqlite3_column_int64(statement, 0);
        *latest = sqlite3_column_int64(statement, 1);
    }
    sqlite3_finalize(statement);
    return rc;
}

/* The outcome of an attempt's latest grading. NULL: there is no such attempt.
 */
static int find_outcome(struct book *book, const struct attempt *attempt,
                        int64_t number, json_t **out, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    int rc = book_query(book, &statement, err,
                        "SELECT outcome FROM grading WHERE student = ? AND"
                        " lab = ? AND attempt = ? ORDER BY number DESC LIMIT 1",
                        "ssi", attempt->student, attempt->lab, number);

    *out = NULL;
    if (rc == 0) {
        rc = book_step(book, statement, &row, err);
    }
    if (rc == 0 && row) {
        *out = json_loads((const char *)sqlite3_column_text(statement, 0), 0,
                          NULL);
        rc = *out ? 0
                  : fail(err, ERROR_INFRA,
                         "the gradebook %s: an outcome is no JSON", book->path);
    }
    sqlite3_finalize(statement);
    return rc;
}

/*
 * A fault of ours kept it from being read, and nothing says when it was handed
 * in: it may be something else than what was refused before.
 */
static bool may_be_new(const struct attempt *attempt, const json_t *earlier)
{
    return !attempt->content_hash && !attempt->commit &&
           attempt->submitted == MOMENT_NONE &&
           count_undecided(attempt->outcome, NULL) == ALL_UNDECIDED &&
           count_undecided(earlier, NULL) == 0;
}

static int retry(struct book *book, const struct attempt *attempt,
                 int64_t number, const json_t *earlier, struct error *err)
{
    return !earlier || says_more(attempt->outcome, earlier)
               ? insert_grading(book, attempt, number, "retry", err)
               : 0;
}

static int add(struct book *book, const struct attempt *attempt,
               int64_t *number, struct error *err)
{
    json_t *earlier = NULL;
    int64_t same = 0;
    int64_t latest = 0;
    int rc = find_same(book, attempt, &same, &latest, err);

    if (rc == 0 && same > 0) {
        rc = find_outcome(book, attempt, same, &earlier, err);
    }
    if (rc == 0 && same > 0 && !(earlier && may_be_new(attempt, earlier))) {
        *number = same;
        rc = retry(book, attempt, same, earlier, err);
    } else if (rc == 0) {
        *number = latest + 1;
        rc = insert_attempt(book, attempt, *number, err);
        if (rc == 0) {
            rc = insert_grading(book, attempt, *number, "first", err);
        }
    }
    json_decref(earlier);
    return rc;
}

int book_add(struct book *book, const struct attempt *attempt, int64_t *number,
             struct error *err)
{
    int rc = book_begin(book, err);

    return rc == 0 ? book_end(book, add(book, attempt, number, err), err) : rc;
}

static int regrade(struct book *book, const struct attempt *attempt,
                   struct error *err)
{
    json_t *earlier = NULL;
    int rc = find_outcome(book, attempt, attempt->number, &earlier, err);

    if (rc == 0 && !earlier) {
        rc = fail(err, ERROR_USAGE, "%s has no attempt %lld in %s",
                  attempt->student, (long long)attempt->number, attempt->lab);
    }
    if (rc == 0 && count_undecided(attempt->outcome, NULL) <=
                       count_undecided(earlier, NULL)) {
        rc = insert_grading(book, attempt, attempt->number, "regrade", err);
    }
    json_decref(earlier);
    return rc;
}

int book_regrade(struct book *book, const struct attempt *attempt,
                 struct error *err)
{
    int rc = book_begin(book, err);

    return rc == 0 ? book_end(book, regrade(book, attempt, err), err) : rc;
}

/* --- reading ---------------------------------------------------------------
 */

static int read_json(struct book *book, sqlite3_stmt *statement, int column,
                     json_t **out, struct error *err)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);

    *out = text ? json_loads(text, 0, NULL) : NULL;
    return *out ? 0
                : fail(err, ERROR_INFRA,
                       "the gradebook %s: what was kept of an attempt is no "
                       "JSON",
                       book->path);
}

static int read_attempt(struct book *book, sqlite3_stmt *statement,
                        struct attempt *out, struct error *err)
{
    int rc = 0;

    *out = (struct attempt){
        .number = sqlite3_column_int64(statement, 2),
        .submitted = book_column_moment(statement, 3),
        .gradings = sqlite3_column_int64(statement, 10),
        .graded_at = sqlite3_column_int64(statement, 11),
    };
    out->student = book_column_text(statement, 0, &rc, err);
    out->lab = book_column_text(statement, 1, &rc, err);
    out->kind = book_column_text(statement, 4, &rc, err);
    out->origin = book_column_text(statement, 5, &rc, err);
    out->commit = book_column_text(statement, 6, &rc, err);
    out->commit_time = book_column_text(statement, 7, &rc, err);
    out->content_hash = book_column_text(statement, 8, &rc, err);
    if (rc == 0) {
        rc = read_json(book, statement, 9, &out->notes, err);
    }
    if (rc == 0) {
        rc = read_json(book, statement, 12, &out->outcome, err);
    }
    return rc;
}

int book_visit(struct book *book, const char *student,
               int (*visit)(void *context, const struct attempt *attempt,
                            struct error *err),
               void *context, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    int rc = book_query(
        book, &statement, err,
        "SELECT a.student, a.lab, a.number, a.submitted, a.kind, a.origin,"
        " a.commit_id, a.commit_time, a.content_hash, a.notes, g.number,"
        " g.graded_at, g.outcome FROM attempt AS a JOIN grading AS g"
        " ON g.student = a.student AND g.lab = a.lab AND g.attempt = a.number"
        " WHERE g.number = (SELECT max(number) FROM grading AS h WHERE"
        "  h.student = a.student AND h.lab = a.lab AND h.attempt = a.number)"
        " AND (?1 IS NULL OR a.student = ?1)"
        " ORDER BY a.student, a.lab, a.number",
        "s", student);

    if (rc == 0) {
        rc = book_step(book, statement, &row, err);
    }
    while (rc == 0 && row) {
        struct attempt attempt = {0};
        rc = read_attempt(book, statement, &attempt, err);
        if (rc == 0) {
            rc = visit(context, &attempt, err);
        }
        attempt_clear(&attempt);
        if (rc == 0) {
            rc = book_step(book, statement, &row, err);
        }
    }
    sqlite3_finalize(statement);
    return rc;
}

int book_each(struct book *book,
              int (*visit)(void *context, const struct attempt *attempt,
                           struct error *err),
              void *context, struct error *err)
{
    return book_visit(book, NULL, visit, context, err);
}

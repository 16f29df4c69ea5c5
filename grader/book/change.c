/*
 * Changes: what stands now against what was told last.
 *
 * Beside the points their grounds are kept (which attempt, which grading of it,
 * what it earned, due time, lateness, override), so that the reason for a
 * change is found by comparing and not guessed.
 */
#include "change.h"

#include <stdlib.h>
#include <string.h>
#include "book_private.h"
#include "moment.h"
#include "text.h"

#define WHY_BYTES_MAX 300

/* One row of `told`. */
struct told {
    char *student, *lab;
    bool has;
    unsigned points;
    int64_t attempt, grading; /* 0: none */
    unsigned earned;
    int64_t due;
    unsigned days_late, penalty_percent;
    int64_t override;
};

struct told_list {
    struct told *rows; /* by student and lab */
    size_t count;
};

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't compare scores: out of memory");
}

/* --- what was told ---------------------------------------------------------
 */

static void told_clear(struct told_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->rows[i].student);
        free(list->rows[i].lab);
    }
    free(list->rows);
}

static int add_row(sqlite3_stmt *statement, struct told_list *list,
                   struct error *err)
{
    struct told *grown =
        reallocarray(list->rows, list->count + 1, sizeof(*grown));
    int rc = 0;

    if (!grown) {
        return out_of_memory(err);
    }
    list->rows = grown;
    grown += list->count++;
    *grown = (struct told){
        .has = sqlite3_column_type(statement, 2) != SQLITE_NULL,
        .points = (unsigned)sqlite3_column_int64(statement, 2),
        .attempt = sqlite3_column_int64(statement, 3),
        .grading = sqlite3_column_int64(statement, 4),
        .earned = (unsigned)sqlite3_column_int64(statement, 5),
        .due = sqlite3_column_int64(statement, 6),
        .days_late = (unsigned)sqlite3_column_int64(statement, 7),
        .penalty_percent = (unsigned)sqlite3_column_int64(statement, 8),
        .override = sqlite3_column_int64(statement, 9),
    };
    grown->student = book_column_text(statement, 0, &rc, err);
    grown->lab = book_column_text(statement, 1, &rc, err);
    return rc;
}

static int read_told(struct book *book, int64_t telling, struct told_list *list,
                     struct error *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    int rc = book_query(book, &statement, err,
                        "SELECT student, lab, points, attempt, grading, earned,"
                        " due, days_late, penalty_percent, override FROM told"
                        " WHERE telling = ? ORDER BY student, lab",
                        "i", telling);

    if (rc == 0) {
        rc = book_step(book, statement, &row, err);
    }
    while (rc == 0 && row) {
        rc = add_row(statement, list, err);
        if (rc == 0) {
            rc = book_step(book, statement, &row, err);
        }
    }
    sqlite3_finalize(statement);
    return rc;
}

static int compare_told(const void *a, const void *b)
{
    const struct told *left = a;
    const struct told *right = b;
    int order = strcmp(left->student, right->student);

    return order != 0 ? order : strcmp(left->lab, right->lab);
}

static const struct told *find_told(const struct told_list *list,
                                    const char *student, const char *lab)
{
    const struct told key = {.student = (char *)student, .lab = (char *)lab};

    return list->count > 0 ? bsearch(&key, list->rows, list->count, sizeof(key),
                                     compare_told)
                           : NULL;
}

/* --- what stands -----------------------------------------------------------
 */

/* A row as changes_tell() writes it; texts are borrowed. */
static struct told row_of(const struct standings *standings, size_t student,
                          size_t lab)
{
    const struct standing *standing = standing_of(standings, student, lab);
    const struct standing_attempt *chosen = standing_chosen(standing);

    return (struct told){
        .student = standings->request.roster->students[student].id,
        .lab = standings->labs[lab]->name,
        .has = standing->decided,
        .points = standing->decided ? standing->points : 0,
        .attempt = chosen ? chosen->number : 0,
        .grading = chosen ? chosen->gradings : 0,
        .earned = chosen ? chosen->score.earned : 0,
        .due = standing->due,
        .days_late = standing->decision.days_late,
        .penalty_percent = standing->decision.penalty_percent,
        .override = standing->override_number,
    };
}

static bool same_points(const struct told *a, const struct told *b)
{
    return a->has == b->has && (!a->has || a->points == b->points);
}

static bool same_grounds(const struct told *a, const struct told *b)
{
    return a->attempt == b->attempt && a->grading == b->grading &&
           a->earned == b->earned && a->due == b->due &&
           a->days_late == b->days_late &&
           a->penalty_percent == b->penalty_percent &&
           a->override == b->override;
}

/* --- why -------------------------------------------------------------------
 */

struct reasons {
    FILE *out;
    const char *separator;
};

__attribute__((format(printf, 2, 3))) static void say(struct reasons *reasons,
                                                      const char *format, ...)
{
    va_list args;

    fputs(reasons->separator, reasons->out);
    reasons->separator = "; ";
    va_start(args, format);
    vfprintf(reasons->out, format, args);
    va_end(args);
}

static void say_override(struct reasons *reasons, const struct told *was,
                         const struct standing *standing)
{
    const struct override *override = standing->override;

    if (standing->override_number == was->override) {
        return;
    }
    if (override) {
        say(reasons, "given by hand by %s: %s", override->by, override->note);
    } else {
        say(reasons, "what was given by hand was withdrawn");
    }
}

static void say_attempt(struct reasons *reasons, const struct told *was,
                        const struct told *is)
{
    if (was->attempt == is->attempt && was->grading != is->grading) {
        say(reasons, "attempt %lld was graded again", (long long)is->attempt);
    } else if (was->attempt == 0 && is->attempt != 0) {
        say(reasons, "attempt %lld was graded", (long long)is->attempt);
    } else if (was->attempt != is->attempt) {
        say(reasons, "attempt %lld counts in place of attempt %lld",
            (long long)is->attempt, (long long)was->attempt);
    } else if (was->earned != is->earned) {
        say(reasons,
            "the points of the lab's tests were changed (%u earned, "
            "%u before)",
            is->earned, was->earned);
    }
}

/* Times are on the clocks of the zone. */
static void say_policy(struct reasons *reasons, const struct told *was,
                       const struct told *is, const char *zone)
{
    char before[MOMENT_BYTES];
    char now[MOMENT_BYTES];

    if (was->due != is->due) {
        moment_format_local(was->due, zone, before);
        moment_format_local(is->due, zone, now);
        say(reasons, "due %s, before %s", now, before);
    }
    if (was->penalty_percent != is->penalty_percent &&
        is->penalty_percent == 0) {
        say(reasons, "nothing off for lateness, before %u %%",
            was->penalty_percent);
    } else if (was->penalty_percent != is->penalty_percent) {
        say(reasons, "%u %% off for %u day%s late, before %u %%",
            is->penalty_percent, is->days_late, is->days_late == 1 ? "" : "s",
            was->penalty_percent);
    }
    if (!was->has && is->has && is->attempt == 0 && is->override == 0) {
        say(reasons, "nothing was handed in by the due time");
    }
}

/* An override that stands hides all else. */
static char *explain(const struct told *was, const struct told *is,
                     const struct standing *standing, const char *zone)
{
    char *raw = NULL;
    char *clean = NULL;
    size_t nbytes = 0;
    struct reasons reasons = {.out = open_memstream(&raw, &nbytes),
                              .separator = ""};

    if (!reasons.out) {
        return NULL;
    }
    say_override(&reasons, was, standing);
    if (!standing->override) {
        say_attempt(&reasons, was, is);
        say_policy(&reasons, was, is, zone);
    }
    if (!is->has && is->attempt != 0) {
        say(&reasons, "a fault of ours leaves it undecided");
    } else if (!is->has && standing->reason) {
        say(&reasons, "%s", standing->reason);
    }
    if (fclose(reasons.out) == 0) {
        clean = text_sanitise_line(raw, nbytes, WHY_BYTES_MAX);
    }
    free(raw);
    return clean;
}

/* --- comparing -------------------------------------------------------------
 */

static int add_change(struct changes *changes, const struct change *change,
                      struct error *err)
{
    struct change *grown =
        reallocarray(changes->changes, changes->count + 1, sizeof(*grown));

    if (!grown || !change->why) {
        changes->changes = grown ? grown : changes->changes;
        free(change->why);
        return out_of_memory(err);
    }
    changes->changes = grown;
    grown[changes->count++] = *change;
    return 0;
}

static int compare_standing(const struct standings *standings, size_t student,
                            size_t lab, const struct told_list *list,
                            struct changes *changes, struct error *err)
{
    struct told is = row_of(standings, student, lab);
    const struct told *was = find_told(list, is.student, is.lab);

    changes->pending = changes->pending || !was || !same_points(was, &is) ||
                       !same_grounds(was, &is);
    /* Who is new in the roster, and has nothing yet, has not changed. */
    if (!was && !is.has) {
        return 0;
    }
    if (was && same_points(was, &is)) {
        return 0;
    }
    const struct change change = {
        .student = &standings->request.roster->students[student],
        .lab = is.lab,
        .had = was && was->has,
        .has = is.has,
        .was = was ? was->points : 0,
        .is = is.points,
        .why = was ? explain(was, &is, standing_of(standings, student, lab),
                             standings->request.course->time_zone)
                   : strdup("new in the roster or in the course"),
    };
    return add_change(changes, &change, err);
}

/* How much is lost: what is no longer decided counts as all of it. */
static int loss(const struct change *change)
{
    int was = change->had ? (int)change->was : 0;
    int is = change->has ? (int)change->is : 0;

    return was - is;
}

/* The deepest drop first, the highest rise last; else as in the roster. */
static int compare_changes(const void *a, const void *b)
{
    const struct change *left = a;
    const struct change *right = b;
    int order = loss(right) - loss(left);

    if (order != 0) {
        return order;
    }
    if (left->student != right->student) {
        return left->student < right->student ? -1 : 1;
    }
    return strcmp(left->lab, right->lab);
}

static int find_telling(struct book *book, int64_t *telling, int64_t *at,
                        struct error *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    int rc =
        book_query(book, &statement, err,
                   "SELECT id, at FROM telling ORDER BY id DESC LIMIT 1", "");

    *telling = 0;
    if (rc == 0) {
        rc = book_step(book, statement, &row, err);
    }
    if (rc == 0 && row) {
        *telling = sqlite3_column_int64(statement, 0);
        *at = sqlite3_column_int64(statement, 1);
    }
    sqlite3_finalize(statement);
    return rc;
}

int changes_find(struct book *book, const struct standings *standings,
                 struct changes *out, struct error *err)
{
    size_t nlabs = standings->request.course->nlabs;
    size_t cells = standings->request.roster->count * nlabs;
    struct told_list list = {0};
    int64_t telling = 0;
    int rc = 0;

    *out = (struct changes){.since = MOMENT_NONE};
    rc = find_telling(book, &telling, &out->since, err);
    out->first = telling == 0;
    out->pending = telling == 0;
    if (rc == 0 && telling != 0) {
        rc = read_told(book, telling, &list, err);
    }
    for (size_t i = 0; rc == 0 && telling != 0 && i < cells; i++) {
        rc = compare_standing(standings, i / nlabs, i % nlabs, &list, out, err);
    }
    told_clear(&list);
    if (rc != 0) {
        changes_clear(out);
        return rc;
    }
    if (out->count > 1) {
        qsort(out->changes, out->count, sizeof(*out->changes), compare_changes);
    }
    return 0;
}

void changes_clear(struct changes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        free(changes->changes[i].why);
    }
    free(changes->changes);
    *changes = (struct changes){0};
}

/* --- telling ---------------------------------------------------------------
 */

static int write_row(struct book *book, int64_t telling, const struct told *row,
                     struct error *err)
{
    sqlite3_stmt *statement = NULL;
    bool more = false;
    int rc = book_query(
        book, &statement, err,
        "INSERT INTO told (telling, student, lab, points, attempt, grading,"
        " earned, due, days_late, penalty_percent, override)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "issmiiiiiii", telling, row->student, row->lab,
        row->has ? (int64_t)row->points : MOMENT_NONE, row->attempt,
        row->grading, (int64_t)row->earned, row->due, (int64_t)row->days_late,
        (int64_t)row->penalty_percent, row->override);

    if (rc == 0) {
        rc = book_step(book, statement, &more, err);
    }
    sqlite3_finalize(statement);
    return rc;
}

static int tell(struct book *book, const struct standings *standings,
                int64_t at, struct error *err)
{
    size_t nlabs = standings->request.course->nlabs;
    size_t cells = standings->request.roster->count * nlabs;
    sqlite3_stmt *statement = NULL;
    bool more = false;
    int64_t telling = 0;
    int rc = book_query(book, &statement, err,
                        "INSERT INTO telling (at) VALUES (?)", "i", at);

    if (rc == 0) {
        rc = book_step(book, statement, &more, err);
    }
    sqlite3_finalize(statement);
    telling = sqlite3_last_insert_rowid(book->db);
    for (size_t i = 0; rc == 0 && i < cells; i++) {
        struct told row = row_of(standings, i / nlabs, i % nlabs);
        rc = write_row(book, telling, &row, err);
    }
    return rc;
}

int changes_tell(struct book *book, const struct standings *standings,
                 int64_t at, struct error *err)
{
    int rc = book_begin(book, err);

    return rc == 0 ? book_end(book, tell(book, standings, at, err), err) : rc;
}

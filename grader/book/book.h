/*
 * The gradebook: SQLite, STRICT tables, WAL, one writer. Every attempt is kept;
 * nothing is ever changed but by a migration (PRAGMA user_version), and what a
 * lab's submissions looked like last is replaced by the next look. Scores
 * don't come from it: they follow from attempts, labs, policy and overrides
 * (score.h); what they were when they were last told is noted, to say what has
 * changed since (change.h). docs/gradebook.md.
 */
#ifndef GRADER_BOOK_H
#define GRADER_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include "error.h"
#include "grade.h"

struct book;

enum book_mode {
    BOOK_READ,  /* it must be there; others may be writing */
    BOOK_WRITE, /* created if it isn't there; one at a time */
};

/*
 * USAGE: not there, not a gradebook of mmgrade's or of this course, of a newer
 * mmgrade, locked by another process (which one, if that can be said). INFRA:
 * the folder can't be written, the disk is full or broken. A process that has
 * opened it for writing keeps others out until book_close() or its end,
 * whichever children it leaves; it must not open it twice.
 */
int book_open(const char *path, const char *course_id, enum book_mode mode,
              struct book **out, struct error *err);
void book_close(struct book *book);

/* One attempt: what a student handed in for a lab, and what came of it. */
struct attempt {
    int64_t number;   /* 1, 2, …, of the student in the lab */
    int64_t gradings; /* how often it was graded, as book_each() tells */
    char *student;    /* roster id */
    char *lab;
    int64_t submitted; /* moment.h; never moves on a re-grade */
    int64_t graded_at;
    char *kind, *origin, *commit, *commit_time, *content_hash; /* or NULL */
    json_t *notes;   /* list of texts */
    json_t *outcome; /* outcome.h */
};

/*
 * Adds an attempt in one transaction, and says which number it got. The same
 * again is no new attempt: of one kind, and the same files of the lab (or, if
 * it could not be read, the same commit or time) as the student's latest, or as
 * an earlier one that was handed in at the same known time, with none of no
 * known time since. So whoever goes back to an older version has handed in
 * anew, and who pushes something else has not. The outcome then takes the place
 * of one that left more undecided, and is dropped otherwise; *number is that
 * attempt's. But what a fault of ours kept from being read, at no known time,
 * is not the same as what was refused.
 */
int book_add(struct book *book, const struct attempt *attempt, int64_t *number,
             struct error *err);

/*
 * That attempt's outcome is replaced (a re-grade); the old one is kept. One
 * that leaves more undecided is dropped. USAGE if there is no such attempt.
 */
int book_regrade(struct book *book, const struct attempt *attempt,
                 struct error *err);

/* Calls back for every attempt, by student, lab and number; stops on non-0. */
int book_each(struct book *book,
              int (*visit)(void *context, const struct attempt *attempt,
                           struct error *err),
              void *context, struct error *err);

struct override {
    char *student, *lab;
    unsigned points; /* hundredths, in place of what the policy says */
    bool withdrawn;  /* the policy applies again; points say nothing */
    char *note, *by; /* both must say something */
    int64_t at;
};

/*
 * All of them or none. Of a student and lab the latest one counts; older ones
 * are kept. USAGE without note or name.
 */
int book_override(struct book *book, const struct override *overrides,
                  size_t count, struct error *err);
/*
 * The one that counts, or *out NULL (also if it was withdrawn). Freed with
 * override_free().
 */
int book_find_override(struct book *book, const char *student, const char *lab,
                       struct override **out, struct error *err);
void override_free(struct override *override);

enum look_seen {
    LOOK_HANDED_IN,
    LOOK_MISSING,
    LOOK_AMBIGUOUS, /* whose it is can't be said for sure */
};

/* What was seen of a student when a lab's submissions were looked at. */
struct look {
    char *student, *lab;
    int64_t at; /* when the look began */
    enum look_seen seen;
    char *note; /* what is ambiguous, or NULL */
};

/*
 * All of them or none. Each takes the place of what was seen of the student and
 * lab before.
 */
int book_look(struct book *book, const struct look *looks, size_t count,
              struct error *err);
/* The last one, or *out NULL. Freed with look_free(). */
int book_find_look(struct book *book, const char *student, const char *lab,
                   struct look **out, struct error *err);
void look_free(struct look *look);

/*
 * A grade made of an attempt, for outcome_apply() and result_json():
 * grade_free() frees it.
 */
int attempt_grade(const struct attempt *attempt, const char *root,
                  struct grade **out, struct error *err);
void attempt_clear(struct attempt *attempt);

#endif

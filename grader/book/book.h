/*
 * The gradebook: SQLite, STRICT tables, WAL, one writer. Every attempt is kept;
 * nothing is ever changed but by a migration (PRAGMA user_version). Scores are
 * not in it: they follow from attempts, labs, policy and overrides (score.h).
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
 * the folder can't be written, the disk is full or broken.
 */
int book_open(const char *path, const char *course_id, enum book_mode mode,
              struct book **out, struct error *err);
void book_close(struct book *book);

/* One attempt: what a student handed in for a lab, and what came of it. */
struct attempt {
    int64_t number; /* 1, 2, …, of the student in the lab */
    char *student;  /* roster id */
    char *lab;
    int64_t submitted; /* moment.h; never moves on a re-grade */
    int64_t graded_at;
    char *kind, *origin, *commit, *commit_time, *content_hash; /* or NULL */
    json_t *notes;   /* list of texts */
    json_t *outcome; /* outcome.h */
};

/*
 * Adds an attempt in one transaction, and says which number it got. The same
 * again (student, lab, kind, commit or content hash) is no new attempt: a
 * later outcome takes the place of one that was ungraded, and is dropped
 * otherwise; *number is that attempt's.
 */
int book_add(struct book *book, const struct attempt *attempt, int64_t *number,
             struct error *err);

/* That attempt's outcome is replaced (a re-grade); the old one is kept. */
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
    char *note, *by; /* both must say something */
    int64_t at;
};

/* The latest one counts; older ones are kept. */
int book_override(struct book *book, const struct override *override,
                  struct error *err);
/* The one that counts, or *out NULL. Freed with override_free(). */
int book_find_override(struct book *book, const char *student, const char *lab,
                       struct override **out, struct error *err);
void override_free(struct override *override);

/*
 * A grade made of an attempt, for outcome_apply() and result_json():
 * grade_free() frees it.
 */
int attempt_grade(const struct attempt *attempt, const char *root,
                  struct grade **out, struct error *err);
void attempt_clear(struct attempt *attempt);

#endif

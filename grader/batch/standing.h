/*
 * Where the gradebook stands as a run begins: which attempts there are, of
 * what files, graded under which key. Loaded before the workers start, who
 * look into it.
 */
#ifndef GRADER_STANDING_H
#define GRADER_STANDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "book.h"
#include "error.h"
#include "moment.h"
#include "seed.h"

/* The key under which it was made, in an outcome that batch keeps. */
#define OUTCOME_KEY "key"

struct standing_attempt {
    int64_t number;
    int64_t submitted;
    char *student, *lab;
    char *kind, *content_hash; /* or NULL */
    char key[SEED_HEX];        /* "": not known */
    bool decided;  /* nothing is left undecided by a fault of ours */
    bool latest;   /* of the student in the lab */
    char *refused; /* why the submission can't be graded, or NULL */
};

struct standing {
    struct standing_attempt *attempts; /* by student, lab and number */
    size_t count;
};

int standing_load(struct book *book, struct standing *out, struct error *err);
void standing_clear(struct standing *standing);

/* The student's latest attempt at the lab, or NULL. */
const struct standing_attempt *standing_latest(const struct standing *standing,
                                               const char *student,
                                               const char *lab);

/*
 * The attempt that this one is the same as, by the rule of book_add(), or
 * NULL. Of one that could not be read (no content hash) only the latest
 * attempt can be that, if it was refused with the same `reason`.
 */
const struct standing_attempt *standing_find(const struct standing *standing,
                                             const struct attempt *attempt,
                                             const char *reason);

#endif

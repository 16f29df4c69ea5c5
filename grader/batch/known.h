/*
 * Where the gradebook stands as a run begins: which attempts there are, of
 * what files, graded under which key. Loaded before the workers start, who
 * look into it.
 */
#ifndef GRADER_KNOWN_H
#define GRADER_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "book.h"
#include "error.h"
#include "moment.h"
#include "seed.h"

/* The key under which it was made, in an outcome that batch keeps. */
#define OUTCOME_KEY "key"

struct known_attempt {
    int64_t number;
    int64_t submitted;
    char *student, *lab;
    char *kind, *content_hash; /* or NULL */
    char key[SEED_HEX];        /* "": not known */
    bool decided;  /* nothing is left undecided by a fault of ours */
    bool latest;   /* of the student in the lab */
    char *refused; /* why the submission can't be graded, or NULL */
};

struct known {
    struct known_attempt *attempts; /* by student, lab and number */
    size_t count;
};

int known_load(struct book *book, struct known *out, struct error *err);
void known_clear(struct known *known);

/* The student's latest attempt at the lab, or NULL. */
const struct known_attempt *known_latest(const struct known *known,
                                         const char *student, const char *lab);

/*
 * The attempt that this one is the same as, by the rule of book_add(), or
 * NULL. Of one that could not be read (no content hash) only the latest
 * attempt can be that, if it was refused with the same `reason`.
 */
const struct known_attempt *known_find(const struct known *known,
                                       const struct attempt *attempt,
                                       const char *reason);

#endif

/*
 * Where the gradebook stands as a run begins: which attempts there are, of
 * what files, graded under which key. Loaded before the workers start, who
 * look into it.
 */
#ifndef GRADER_LEDGER_H
#define GRADER_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "book.h"
#include "error.h"
#include "moment.h"
#include "seed.h"

/* The key under which it was made, in an outcome that batch keeps. */
#define OUTCOME_KEY "key"

struct ledger_attempt {
    int64_t number;
    int64_t submitted;
    char *student, *lab;
    char *kind, *content_hash; /* or NULL */
    char key[SEED_HEX];        /* "": not known */
    bool decided;  /* nothing is left undecided by a fault of ours */
    bool latest;   /* of the student in the lab */
    char *refused; /* why the submission can't be graded, or NULL */
};

struct ledger {
    struct ledger_attempt *attempts; /* by student, lab and number */
    size_t count;
};

int ledger_load(struct book *book, struct ledger *out, struct error *err);
void ledger_clear(struct ledger *ledger);

/* The student's latest attempt at the lab, or NULL. */
const struct ledger_attempt *ledger_latest(const struct ledger *ledger,
                                           const char *student,
                                           const char *lab);

/*
 * The attempt that this one is the same as, by the rule of book_add(), or
 * NULL. Of one that could not be read (no content hash) only the latest
 * attempt can be that, if it was refused with the same `reason`.
 */
const struct ledger_attempt *ledger_find(const struct ledger *ledger,
                                         const struct attempt *attempt,
                                         const char *reason);

#endif

/*
 * One submission through one lab: read, build, run, score. What `grade`,
 * `verify` and `doctor` share.
 */
#ifndef GRADER_GRADE_H
#define GRADER_GRADE_H

#include <stdbool.h>
#include "build.h"
#include "error.h"
#include "kit.h"
#include "lab.h"
#include "record.h"
#include "result.h"
#include "sandbox.h"
#include "seed.h"
#include "submission.h"

/* Pointers are borrowed and must outlive the grade. */
struct grade_request {
    const struct kit *kit;
    struct submission_request source;
    const char *lab;
    enum sandbox_mode mode;
    unsigned jobs;             /* tests at a time; 0: cores */
    bool first_failure;        /* a lost test is the last one */
    const char *only;          /* a test's name, or NULL for all */
    const unsigned char *seed; /* 32 bytes, or NULL: derived from course_key */
    const unsigned char *course_key; /* 32 bytes (seed.h) */
    const char *work;                /* a private folder, exists, 0700 */
    /* Called before building and running with a sentence; may be NULL. */
    void (*progress)(void *context, const char *sentence);
    void *context;
};

/* A result and what it borrows. */
struct grade {
    struct lab *lab;
    struct submission *submission; /* NULL if it could not be read */
    struct build build;
    struct record record;
    bool read_failed;
    char *origin; /* what result.where points to, if that is not borrowed */
    struct result result;
};

/*
 * Reads lab and submission. A submission that can't be read is a grade too,
 * with result.refused set; USAGE for what makes no sense (no such lab, no
 * such folder), INFRA when out of memory.
 */
int grade_read(const struct grade_request *request, struct grade **out,
               struct error *err);

/*
 * Builds, runs and scores a grade that was read. Trouble of ours does not
 * fail: it is in result.refused, and the result is not graded. USAGE if
 * `only` names no test of the lab, or lab and test program disagree.
 */
int grade_run(const struct grade_request *request, struct grade *grade,
              struct error *err);

/* grade_read() and grade_run(). */
int grade_submission(const struct grade_request *request, struct grade **out,
                     struct error *err);

void grade_free(struct grade *grade);

#endif

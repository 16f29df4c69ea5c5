/*
 * A result: record + lab = points with reasons. The one internal format that
 * the table, JSON and all exports are made from. docs/result.md has the JSON.
 */
#ifndef GRADER_RESULT_H
#define GRADER_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <jansson.h>
#include "build.h"
#include "error.h"
#include "lab.h"
#include "record.h"
#include "submission.h"

/* Version of result.json's schema; raised when a field changes meaning. */
#define RESULT_SCHEMA "mmgrade/result/v1"

struct result {
    const struct lab *lab;               /* borrowed, as all below */
    const struct submission *submission; /* NULL if it could not be read */
    const struct build *build;           /* NULL if it came not so far */
    const struct record *record;         /* NULL if nothing ran */
    const char *where;    /* what was asked for; used if submission is NULL */
    struct error refused; /* kind NONE if it could be graded */
    bool sandboxed;
    /* computed by result_score() */
    unsigned score;    /* points earned */
    unsigned max;      /* 100 */
    bool graded;       /* false: an infra-error left points undecided */
    unsigned ungraded; /* points that could not be decided */
};

/* A pure function: fills the computed fields from the others. */
void result_score(struct result *result);

/* The verdict on the lab's i-th test, and its record line if there is one. */
enum test_status result_status(const struct result *result, size_t i);
const struct record_test *result_test(const struct result *result, size_t i);

/* Tests of the lab with that verdict. */
size_t result_count(const struct result *result, enum test_status status);

/*
 * Who reads it. Students are shown of a hidden test its title, verdict and
 * hint (TESTS.md, "Scores"); staff see everything.
 */
enum result_audience {
    RESULT_STUDENT,
    RESULT_STAFF,
};

bool result_shows_detail(const struct result *result, size_t i,
                         enum result_audience audience);

/*
 * Where the submission came from, sanitised, one line; malloc'ed. Students
 * learn a path's last name: the rest is about staff's machine.
 */
char *result_origin(const struct result *result, enum result_audience audience);

/*
 * The refusal's message, with the submission's path as the reader is told it;
 * not sanitised; malloc'ed.
 */
char *result_refusal(const struct result *result,
                     enum result_audience audience);

/* "2 tests fail, the first: …": why this score, in a line; malloc'ed. */
char *result_reason(const struct result *result, enum result_audience audience);

/* The JSON of docs/result.md; NULL when out of memory. */
json_t *result_json(const struct result *result, enum result_audience audience);

/* The human table, at most `columns` wide, colours if `colour`. */
struct table_style {
    unsigned columns;
    bool colour;
    enum result_audience audience;
};

/* Everything about one lab of one submission. 0, or -1 on a write error. */
int result_print_table(const struct result *result, FILE *out,
                       const struct table_style *style);

/* One line a result, for several submissions. 0, or -1. */
int result_print_scores(const struct result *const *results, size_t count,
                        FILE *out, const struct table_style *style);

#endif

/*
 * Reading a list of results as JSON (docs/result.md): what the formats have in
 * common. Internal to them.
 */
#ifndef GRADER_RESULTS_H
#define GRADER_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <jansson.h>
#include "error.h"

/* What became of a test, in the four words that test reports have. */
enum verdict {
    VERDICT_PASSED,
    VERDICT_FAILED,    /* points are lost: also of what was refused */
    VERDICT_UNDECIDED, /* a fault of ours: no points are lost */
    VERDICT_SKIPPED,   /* nobody asked for it (--only) */
};

#define VERDICTS 4

/* USAGE unless it is a list of results of the schema that we know. */
int results_check(const json_t *results, struct error *err);

/* Texts are "" and lists empty (NULL) where the key isn't there. */
const char *results_text(const json_t *object, const char *key);
json_int_t results_whole(const json_t *object, const char *key); /* else 0 */
/* Of an object {en, zh}: "zh" in Chinese, else in English. */
const char *results_localised(const json_t *object, const char *key,
                              const char *language);

/* True if it was refused for something the student answers for. */
bool results_refused(const json_t *result);

/* True if it was graded, and its score is less than that. */
bool results_below(const json_t *result, unsigned min_score);

/*
 * Of what did not build the compiler's first error, a line; else NULL.
 * malloc'ed.
 */
char *results_first_error(const json_t *result);

/* The verdict on one of a result's tests. */
enum verdict results_verdict(const json_t *result, const json_t *test);

/* Tests with each verdict: of one result, of all in the list. */
struct verdict_counts {
    size_t of[VERDICTS];
    size_t all;
    double seconds; /* that are known */
};
struct verdict_counts results_count(const json_t *result);
struct verdict_counts results_count_all(const json_t *results);

/* Points of all results in the list. */
struct point_sums {
    json_int_t score, max;
    json_int_t ungraded; /* that a fault of ours, or --only, left open */
};
struct point_sums results_sum(const json_t *results);

/* One of the tests: the k-th of the i-th result. */
struct one_test {
    const json_t *results, *result, *test;
    size_t i, k;
};

/*
 * A list of what `entry` makes of each test: all of the first result in their
 * order, then the next one's. NULL if it makes NULL of one.
 */
json_t *results_map(const json_t *results,
                    json_t *(*entry)(const struct one_test *at,
                                     const void *context),
                    const void *context);

/* "suite" and "test" of "suite::test"; `suite` is malloc'ed. */
char *results_suite(const json_t *test);
const char *results_test_name(const json_t *test);

/*
 * What tells the results apart: "lab1-buddy", of several submissions
 * "lab1-buddy, alice"; sanitised, malloc'ed, NULL when out of memory.
 */
char *results_title(const json_t *results, size_t i);

/* "87 of 100 points", "not graded". */
void results_print_score(FILE *out, const json_t *result);

/*
 * In plain lines what is known about a test that did not pass: for each failed
 * expectation what was done, expected, seen and the hint; the call that hangs;
 * else the lab's hint. Without the oops.
 */
void results_print_detail(FILE *out, const json_t *result, const json_t *test,
                          const char *language);

/* A detail as a malloc'ed text without a newline at the end. */
char *results_detail(const json_t *result, const json_t *test,
                     const char *language);

/*
 * Text that is written through a stream: open, print, close. close() is INFRA
 * if anything was lost.
 */
struct document {
    char *text;
    size_t nbytes;
    FILE *out;
};
int document_open(struct document *document, struct error *err);
int document_close(struct document *document, char **text, size_t *nbytes,
                   struct error *err);
/* As close(), without newlines at the end; NULL when out of memory. */
char *document_end(struct document *document);

#endif

/*
 * What the formats for platforms share besides results.h: what is said of a
 * result and a test in words.
 *
 * Students read what platforms show. So of a hidden test nothing is said but
 * its verdict and hint, also when the result is for staff, unless the caller
 * sees to it that students don't get the text.
 */
#ifndef GRADER_DETAIL_H
#define GRADER_DETAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>
#include "error.h"
#include "results.h"

struct detail_style {
    bool chinese;
    bool reveal;      /* students don't see it: all about hidden tests, too */
    size_t max_bytes; /* of a text; what is longer is cut, and says so */
};

/*
 * USAGE if the list is empty, or its results are of different submissions or
 * twice of the same lab: their points don't belong together.
 */
int detail_check_list(const json_t *results, struct error *err);

/* True for "zh", false for "en" or NULL; USAGE for another language. */
int detail_language(const char *language, bool *chinese, struct error *err);

/* As a new JSON string, sanitised: one line, and at most max_bytes. */
json_t *detail_line(const char *text, size_t max_bytes);

/* A test's title; the lab's stands before it if there are several results. */
json_t *detail_title(const struct one_test *at,
                     const struct detail_style *style);

bool detail_is_hidden(const json_t *test);

/* What happened in a test and what to think of; a JSON string, maybe "". */
json_t *detail_of_test(const struct one_test *at,
                       const struct detail_style *style);

/* Score, refusal, compiler's messages, notes; a JSON string. */
json_t *detail_of_result(const json_t *result,
                         const struct detail_style *style);

/* As detail_of_result(), of all results, one after the other. */
json_t *detail_of_results(const json_t *results,
                          const struct detail_style *style);

/* The document as text, with a newline at its end; takes it over. INFRA. */
int detail_dump(json_t *document, char **text, size_t *nbytes,
                struct error *err);

#endif

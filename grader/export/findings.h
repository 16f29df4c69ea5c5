/*
 * Findings: places in the student's own files where something is wrong, taken
 * from the compiler's messages and from the backtraces of crashes. Internal to
 * the formats that mark lines of code.
 */
#ifndef GRADER_FINDINGS_H
#define GRADER_FINDINGS_H

#include <stddef.h>
#include <jansson.h>
#include "error.h"

enum finding_kind {
    FINDING_BUILD_ERROR,
    FINDING_BUILD_WARNING,
    FINDING_CRASH,
};

struct finding {
    enum finding_kind kind;
    char *path;         /* one of the result's submission.files */
    unsigned line;      /* from 1; 0 if it concerns the whole file */
    unsigned column;    /* from 1; 0 if not known */
    char *text;         /* one line */
    const json_t *test; /* borrowed: the one that crashed; else NULL */
};

struct findings {
    struct finding *list;
    size_t count;
};

/*
 * Of one result, in the order in which they stand there; each once. INFRA when
 * out of memory. findings_free() in any case.
 */
int findings_collect(const json_t *result, struct findings *out,
                     struct error *err);
void findings_free(struct findings *findings);

#endif

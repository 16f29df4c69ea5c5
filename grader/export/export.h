/*
 * Formats that others read. All are made from results as JSON (docs/result.md)
 * or from a class (docs/class.md), never from anything else; so what a student
 * must not see is not in what they are given.
 */
#ifndef GRADER_EXPORT_H
#define GRADER_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>
#include "error.h"

/* What a format may need besides. Anything may be NULL. */
struct export_options {
    const char *language; /* "en" or "zh" */
    const char *now;      /* RFC 3339 */
    unsigned min_score;   /* for CI: what each result must reach; 0: nothing */
    /* Classroom 50; Canvas and Moodle: the header of the column to fill */
    const char *assignment;
    const char *classroom, *owner, *release, *review, *submission;
    const char *commit;          /* Classroom 50: where it can be seen */
    const char *assignment_type; /* Classroom 50: else "individual" */
    const char *visibility; /* Gradescope: of hidden tests; else "visible" */
    const char *lab;        /* of a class: this one alone */
    const char *template;   /* Canvas, Moodle: bytes of the teacher's sheet */
    size_t template_bytes;
    json_t *notes; /* a list that gets sentences about what was left out */
};

struct export_format {
    const char *name;    /* "junit" */
    const char *summary; /* for --help */
    bool of_class;       /* input is a class, not a list of results */
    /*
     * The text, malloc'ed, NUL-terminated; *nbytes its length. USAGE if an
     * option is missing or the template is of another kind. The input has
     * been checked (input.h).
     */
    int (*write)(const json_t *input, const struct export_options *options,
                 char **text, size_t *nbytes, struct error *err);
};

extern const struct export_format export_junit, export_ctrf, export_markdown,
    export_github, export_gitlab; /* of results, for CI */
extern const struct export_format export_gradescope, export_classroom50,
    export_prairielearn; /* of results, for platforms */
extern const struct export_format export_csv, export_canvas,
    export_moodle; /* of a class, for gradebooks */

/* NULL-terminated. */
extern const struct export_format *const export_formats[];
const struct export_format *export_find(const char *name);

#endif

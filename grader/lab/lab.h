/*
 * What a lab is: assignments/LAB/lab.yaml, read through libcyaml, and the
 * component it grades (assignments/components.yaml).
 */
#ifndef GRADER_LAB_H
#define GRADER_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include "error.h"

/* A text in the languages that students get. */
struct lab_text {
    char *en;
    char *zh;
};

enum lab_visibility {
    LAB_PUBLIC, /* in the handout; everything about it is shown */
    LAB_HIDDEN, /* students are shown title, verdict and hint */
};

struct lab_test {
    char *name; /* "buddy::aligned_to_order": Criterion suite::test */
    unsigned points;
    enum lab_visibility visibility;
    struct lab_text title;
    struct lab_text hint;
};

/*
 * A part of the kernel with a fixed contract (DESIGN.md, D4); or a component
 * that is made of such parts, to grade them together. Its files are theirs, in
 * their order, and so are its exports; it has no imports of its own.
 */
struct component {
    char *name;     /* "page_alloc" */
    char **files;   /* "mm/page_alloc.c", …; NULL-terminated */
    char **exports; /* symbols that it defines; NULL-terminated */
    char **imports; /* symbols it may use: services + uses' exports */
    bool module;    /* loaded while the kernel runs, not linked into it */
    struct component *parts; /* NULL: it is made of no others */
    size_t nparts;
};

struct lab {
    char *name; /* "lab1-buddy" */
    struct lab_text title;
    struct component component;
    char *suite; /* "buddy": build/tests/suites/LAB holds public and hidden */
    struct lab_test *tests;
    size_t ntests;
    unsigned total; /* sum of points, always 100 */
};

/*
 * Reads ROOT/assignments/NAME/lab.yaml. USAGE with file, line and column for
 * an unknown lab (listing those there are), an unknown or duplicate key, a
 * wrong type, a test without points, points that don't add up to 100.
 */
int lab_read(const char *root, const char *name, struct lab **out,
             struct error *err);
void lab_free(struct lab *lab);

/* The labs below ROOT/assignments, sorted; NULL-terminated, owned. */
int lab_list(const char *root, char ***out, struct error *err);
void lab_list_free(char **names);

#endif

/*
 * What `mmgrade export` does once its options are read.
 */
#ifndef GRADER_EXPORT_MAKE_H
#define GRADER_EXPORT_MAKE_H

#include "error.h"
#include "export.h"

/* Not a format: it is made of a lab. */
#define EXPORT_BUNDLE "gradescope-bundle"

struct export_request {
    char *const *files; /* NULL-terminated; none: the standard input */
    const char *course; /* course.yaml, in place of a class's file */
    const char *template;
    const char *out; /* NULL: the standard output */
    const char *kit, *from, *ref, *secret, *sandbox;
    struct export_options options;
};

/* Reads, writes; prints notes about what was left out on stderr. */
int export_make(const char *format, struct export_request *request,
                struct error *err);

int export_make_bundle(const struct export_request *request, struct error *err);

#endif

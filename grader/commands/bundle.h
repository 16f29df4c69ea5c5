/*
 * A Gradescope autograder: a zip with setup.sh and run_autograder at its root
 * (assignments/gradescope/), their settings, and the sources that setup.sh
 * builds there: of this lab alone.
 */
#ifndef GRADER_BUNDLE_H
#define GRADER_BUNDLE_H

#include <stddef.h>
#include "error.h"
#include "kit.h"

struct bundle_request {
    const struct kit *kit;
    const char *lab;
    const char *out;        /* the zip; must not exist */
    const char *from;       /* a git URL to take the kit from; NULL: inside */
    const char *ref;        /* its branch or tag, or NULL */
    const char *secret;     /* the course's secret file to put in, or NULL */
    const char *sandbox;    /* "bwrap" or "none" */
    const char *visibility; /* of hidden tests */
    const char *language;   /* "en" or "zh" */
};

/*
 * Writes the zip, all of it or nothing; the same kit and settings give the
 * same bytes. USAGE: no such lab, a kit without sources, a setting that a
 * shell could take for more than a text, a place that can't be written.
 */
int bundle_write(const struct bundle_request *request, size_t *nfiles,
                 struct error *err);

#endif

/*
 * A site of reports: a folder with the class page, for staff, and a page a
 * student.
 *
 *     DIR/index.html          staff alone: links everybody's page
 *     DIR/students/HEX.html   html_student_path(), as the data has it
 *
 * A site is of one audience, because both would use the same names: a folder
 * that has one kind doesn't take the other.
 */
#ifndef GRADER_SITE_H
#define GRADER_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <jansson.h>
#include "error.h"

#define SITE_MODE 0700 /* of its folders, unless somebody asks for another */

struct site {
    const char *folder;
    mode_t mode;        /* of folders that are made; those there keep theirs */
    const char *only;   /* this student's page alone; NULL: everybody's */
    const json_t *data; /* docs/class.md, "mmgrade/class/v1" */
    /* "mmgrade/student/v1" of the student with that id. */
    int (*student)(void *context, const char *id, json_t **out,
                   struct error *err);
    /* A page could not be made, and why; the others are. */
    void (*skipped)(void *context, const char *id, const struct error *why);
    void *context;
};

struct site_summary {
    size_t npages;   /* of students, that were written */
    size_t nskipped; /* their old pages are removed: they are not true now */
    size_t nremoved; /* pages of nobody in the class, by their names */
    bool indexed;    /* there is a class page */
    mode_t exposed;  /* bits of the folder's mode beyond `mode` */
};

/*
 * Each page is written whole or not at all, the class page after all others:
 * an old one stays until then. USAGE: `only` is not in the class, the folder is
 * of the other audience; INFRA: it can't be written.
 */
int site_write(const struct site *site, struct site_summary *summary,
               struct error *err);

#endif

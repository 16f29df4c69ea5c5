/*
 * The intake: which submission is whose. What is found in a course's source of
 * a lab is joined with the roster; what can't be joined for sure is listed,
 * never guessed. Nothing is unpacked but an LMS's own bulk download.
 */
#ifndef GRADER_INTAKE_H
#define GRADER_INTAKE_H

#include <stddef.h>
#include <stdint.h>
#include "course.h"
#include "error.h"
#include "roster.h"

/* One student's submission of a lab. */
struct intake_item {
    const struct student *student;
    char *where; /* for submission_request: folder, archive, git path or URL */
    char *ref;   /* or NULL */
    /*
     * When it was handed in, as the LMS says; MOMENT_NONE if nothing does (of
     * git it is the commit's time, known once it is read).
     */
    int64_t submitted;
};

struct intake {
    struct intake_item *items; /* in the roster's order */
    size_t count;
    char **missing;   /* ids of students without a submission */
    char **unknown;   /* sanitised names that are nobody's */
    char **ambiguous; /* sentences: what fits whom */
    /* By place in the roster: the one of these that may be about the student,
       or NULL. The list is NULL if nothing was read. */
    const char **doubts;
};

/*
 * `temporary`: an empty private folder for a bulk download that is a zip; its
 * entries are written there under numbers, within limits; also for loose files
 * beside those of others (Canvas, Blackboard). It has to stay until the items
 * have been read. NULL: nothing is written, and `where` is only to be shown.
 * USAGE if the source isn't there or is of another layout; REJECTED for a
 * hostile zip.
 */
int intake_read(const struct course_lab *lab, const struct roster *roster,
                const char *temporary, struct intake *out, struct error *err);
void intake_clear(struct intake *intake);

#endif

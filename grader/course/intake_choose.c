/*
 * One submission a student: of the pieces that are theirs the newest attempt.
 */
#include <stdlib.h>
#include <string.h>
#include "folder.h"
#include "intake_parts.h"
#include "source.h"

/* By student, and the newest first. */
static int compare_pieces(const void *a, const void *b)
{
    const struct piece *left = a, *right = b;

    if (left->student != right->student) {
        return left->student < right->student ? -1 : 1;
    }
    return left->attempt > right->attempt ? -1 : left->attempt < right->attempt;
}

/* The pieces are all of one student, the newest attempt first. */
static int choose(struct intake_job *job, const struct piece *pieces,
                  size_t count, struct error *err)
{
    const struct student *student = pieces[0].student;
    const struct fit fit = {.students = {student}, .count = 1};
    char *where = NULL;

    if (count > 1 && pieces[1].attempt == pieces[0].attempt) {
        return intake_ambiguous(job, &fit, err,
                                "%.100s (%.40s) has several submissions: %s, "
                                "%s",
                                student->name, student->id,
                                show(pieces[0].entry->name).text,
                                show(pieces[1].entry->name).text);
    }
    int rc =
        path_join(job->download->folder, pieces[0].entry->name, &where, err);
    return rc != 0
               ? rc
               : intake_add_item(job, student, where, pieces[0].submitted, err);
}

int intake_choose(struct intake_job *job, struct error *err)
{
    int rc = 0;

    if (job->npieces > 0) {
        qsort(job->pieces, job->npieces, sizeof(*job->pieces), compare_pieces);
    }
    for (size_t i = 0, end = 0; rc == 0 && i < job->npieces; i = end) {
        while (end < job->npieces &&
               job->pieces[end].student == job->pieces[i].student) {
            end++;
        }
        rc = choose(job, job->pieces + i, end - i, err);
    }
    return rc;
}

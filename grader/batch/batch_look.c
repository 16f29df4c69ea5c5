/*
 * What a run has seen of each student before it grades anything: also of those
 * whom it leaves out, so that nobody's work is taken for missing because it was
 * not run.
 */
#include "batch_parts.h"

#include <stdlib.h>

static void fill(const struct batch *batch, const struct intake *intake,
                 struct look *looks)
{
    const struct roster *roster = &batch->report->roster;

    for (size_t i = 0; i < roster->count; i++) {
        if (intake->doubts[i]) {
            looks[i].seen = LOOK_AMBIGUOUS;
            looks[i].note = (char *)intake->doubts[i];
        }
    }
    /* Who has something that is theirs for sure can be graded. */
    for (size_t i = 0; i < intake->count; i++) {
        struct look *look = &looks[intake->items[i].student - roster->students];
        look->seen = LOOK_HANDED_IN;
        look->note = NULL;
    }
}

int batch_note_looks(const struct batch *batch, size_t lab, int64_t began,
                     struct error *err)
{
    const struct intake *intake = &batch->report->intakes[lab];
    const struct roster *roster = &batch->report->roster;
    struct look *looks = NULL;
    int rc = 0;

    looks = calloc(roster->count + 1, sizeof(*looks));
    if (!looks) {
        return fail(err, ERROR_INFRA, "out of memory");
    }
    for (size_t i = 0; i < roster->count; i++) {
        looks[i] = (struct look){
            .student = roster->students[i].id,
            .lab = batch->report->labs[lab]->lab,
            .at = began,
            .seen = LOOK_MISSING,
        };
    }
    fill(batch, intake, looks);
    rc = book_look(batch->book, looks, roster->count, err);
    free(looks);
    return rc;
}

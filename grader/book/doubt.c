/*
 * No attempt in the gradebook is not yet nothing handed in: it may not have
 * been graded, may be somebody's who can't be told, or come since the last
 * look. Only a look after the student's time was over makes it a zero.
 */
#include "standing.h"

#include <stdio.h>
#include <stdlib.h>
#include "text.h"

#define REASON_BYTES_MAX 700

/* "" if nothing is in doubt. */
static const char *find_doubt(const struct standing_request *request,
                              int64_t due, const struct look *look)
{
    bool staff = request->audience == RESULT_STAFF;

    if (look && look->seen == LOOK_HANDED_IN) {
        return staff ? "handed in, but not graded yet: run mmgrade batch"
                     : "handed in, but not graded yet";
    }
    if (look && look->seen == LOOK_AMBIGUOUS) {
        return staff ? "it can't be said for sure which submission is theirs: "
                     : "it can't be said for sure which submission is yours; "
                       "please tell your teacher";
    }
    if (standing_was_over(request, due, request->now) &&
        !(look && standing_was_over(request, due, look->at))) {
        return staff ? "not looked at since its time was over: run mmgrade "
                       "batch"
                     : "not looked at since its time was over";
    }
    return "";
}

/* What is ambiguous names others and their files: for staff. */
static const char *find_note(const struct standing_request *request,
                             const struct look *look)
{
    bool told = request->audience == RESULT_STAFF && look &&
                look->seen == LOOK_AMBIGUOUS && look->note;

    return told ? look->note : "";
}

int standing_doubt(struct book *book, const struct standing_request *request,
                   const char *student, const char *lab,
                   struct standing *standing, struct error *err)
{
    struct look *look = NULL;
    char *raw = NULL;
    const char *doubt = NULL;
    int rc = book_find_look(book, student, lab, &look, err);

    if (rc != 0) {
        return rc;
    }
    doubt = find_doubt(request, standing->due, look);
    if (doubt[0] != '\0') {
        int nbytes = asprintf(&raw, "%s%s", doubt, find_note(request, look));
        standing->reason = nbytes < 0 ? NULL
                                      : text_sanitise_line(raw, (size_t)nbytes,
                                                           REASON_BYTES_MAX);
        if (!standing->reason) {
            rc = fail(err, ERROR_INFRA, "can't score: out of memory");
        }
        if (nbytes >= 0) {
            free(raw);
        }
    }
    look_free(look);
    return rc;
}

/*
 * One attempt: from a row of the gradebook to a grade that can be scored.
 */
#include "book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "attempt.h"

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't use an attempt: out of memory");
}

/* A copy, or NULL for NULL; *rc becomes INFRA when out of memory. */
static char *copy(const char *text, int *rc, struct error *err)
{
    char *made = text ? strdup(text) : NULL;

    if (text && !made) {
        *rc = out_of_memory(err);
    }
    return made;
}

/* The kinds are texts that last: submissions borrow theirs. */
static const char *lasting_kind(const char *kind)
{
    static const char *const kinds[] = {"folder", "git", "archive"};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i], kind) == 0) {
            return kinds[i];
        }
    }
    return NULL;
}

static int copy_notes(const json_t *notes, struct submission *submission,
                      struct error *err)
{
    size_t count = json_array_size(notes);
    int rc = 0;

    submission->notes = calloc(count + 1, sizeof(*submission->notes));
    if (!submission->notes) {
        return out_of_memory(err);
    }
    for (size_t i = 0; rc == 0 && i < count; i++) {
        const char *note = json_string_value(json_array_get(notes, i));
        submission->notes[i] = copy(note ? note : "", &rc, err);
        submission->nnotes += rc == 0;
    }
    return rc;
}

/* What was known of the submission when it was read; its files are gone. */
static int make_submission(const struct attempt *attempt,
                           struct submission **out, struct error *err)
{
    struct submission *submission = calloc(1, sizeof(*submission));
    const char *kind = lasting_kind(attempt->kind);
    int rc = 0;

    if (!submission) {
        return out_of_memory(err);
    }
    if (!kind ||
        strlen(attempt->content_hash) >= sizeof(submission->content_hash)) {
        submission_free(submission);
        return fail(err, ERROR_INFRA,
                    "can't use attempt %lld of %s in %s: its kind or its hash "
                    "is none",
                    (long long)attempt->number, attempt->student, attempt->lab);
    }
    submission->kind = kind;
    memcpy(submission->content_hash, attempt->content_hash,
           strlen(attempt->content_hash) + 1);
    submission->origin = copy(attempt->origin ? attempt->origin : "", &rc, err);
    submission->commit = copy(attempt->commit, &rc, err);
    submission->commit_time = copy(attempt->commit_time, &rc, err);
    if (rc == 0) {
        rc = copy_notes(attempt->notes, submission, err);
    }
    if (rc != 0) {
        submission_free(submission);
        return rc;
    }
    *out = submission;
    return 0;
}

int attempt_grade_with(const struct attempt *attempt, struct lab *lab,
                       struct grade **out, struct error *err)
{
    struct grade *grade = calloc(1, sizeof(*grade));
    int rc = 0;

    if (!grade) {
        return out_of_memory(err);
    }
    grade->origin = copy(attempt->origin ? attempt->origin : "", &rc, err);
    /* One that could not be read has neither kind nor hash. */
    if (rc == 0 && attempt->kind && attempt->content_hash) {
        rc = make_submission(attempt, &grade->submission, err);
    }
    if (rc != 0) {
        grade_free(grade);
        return rc;
    }
    grade->lab = lab;
    grade->read_failed = !grade->submission;
    grade->result = (struct result){
        .lab = lab,
        .submission = grade->submission,
        .where = grade->origin,
    };
    *out = grade;
    return 0;
}

int attempt_grade(const struct attempt *attempt, const char *root,
                  struct grade **out, struct error *err)
{
    struct lab *lab = NULL;
    int rc = lab_read(root, attempt->lab, &lab, err);

    if (rc == 0) {
        rc = attempt_grade_with(attempt, lab, out, err);
    }
    if (rc != 0) {
        lab_free(lab);
    }
    return rc;
}

void attempt_clear(struct attempt *attempt)
{
    free(attempt->student);
    free(attempt->lab);
    free(attempt->kind);
    free(attempt->origin);
    free(attempt->commit);
    free(attempt->commit_time);
    free(attempt->content_hash);
    json_decref(attempt->notes);
    json_decref(attempt->outcome);
    *attempt = (struct attempt){0};
}

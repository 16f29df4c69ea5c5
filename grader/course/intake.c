/*
 * The intake of a lab: its source's layout is asked whose each entry is; what
 * remains to be said is who is missing.
 */
#include "intake.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "component.h"
#include "intake_parts.h"
#include "source.h"
#include "text.h"

#define SENTENCE_BYTES 600

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't read the submissions: out of memory");
}

/* --- what is found ---------------------------------------------------------
 */

int intake_add_piece(struct intake_job *job, const struct piece *piece,
                     struct error *err)
{
    if (job->npieces == job->capacity) {
        size_t capacity = job->capacity ? 2 * job->capacity : 64;
        struct piece *grown =
            reallocarray(job->pieces, capacity, sizeof(*grown));
        if (!grown) {
            return out_of_memory(err);
        }
        job->pieces = grown;
        job->capacity = capacity;
    }
    job->pieces[job->npieces++] = *piece;
    return 0;
}

int intake_add_item(struct intake_job *job, const struct student *student,
                    char *where, int64_t submitted, struct error *err)
{
    struct intake *out = job->out;
    const char *ref = job->lab->source.ref;
    struct intake_item *grown =
        reallocarray(out->items, out->count + 1, sizeof(*grown));

    if (!grown) {
        free(where);
        return out_of_memory(err);
    }
    out->items = grown;
    grown[out->count++] = (struct intake_item){
        .student = student,
        .where = where,
        .ref = ref ? strdup(ref) : NULL,
        .submitted = submitted,
    };
    job->listed[student - job->roster->students] = true;
    return where && (!ref || grown[out->count - 1].ref) ? 0
                                                        : out_of_memory(err);
}

/* Adds the sentence, sanitised, to a NULL-terminated list. */
static int add_sentence(char ***list, const char *sentence, struct error *err)
{
    char *clean =
        text_sanitise_line(sentence, strlen(sentence), SENTENCE_BYTES);
    char *const words[] = {clean};
    int rc = clean ? words_append(list, words, 1, err) : out_of_memory(err);

    free(clean);
    return rc;
}

int intake_unknown(struct intake_job *job, const char *name, struct error *err,
                   const char *format, ...)
{
    char why[SENTENCE_BYTES];
    char sentence[2 * SENTENCE_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    snprintf(sentence, sizeof(sentence), "%s%s%s", show(name).text,
             why[0] ? ": " : "", why);
    job->nunknown++;
    return add_sentence(&job->out->unknown, sentence, err);
}

int intake_ambiguous(struct intake_job *job, const struct fit *fit,
                     struct error *err, const char *format, ...)
{
    char sentence[2 * SENTENCE_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    for (size_t i = 0; i < fit->count && i < FIT_MAX; i++) {
        job->listed[fit->students[i] - job->roster->students] = true;
    }
    job->nambiguous++;
    return add_sentence(&job->out->ambiguous, sentence, err);
}

int intake_join(struct intake_job *job, const struct fit *fit,
                const struct piece *piece, struct error *err)
{
    const char *name = piece->entry->name;
    struct piece joined = *piece;
    char names[SENTENCE_BYTES];

    if (fit->count == 0) {
        return intake_unknown(job, name, err, "%s", "");
    }
    if (fit->count > 1) {
        fit_names(fit, names, sizeof(names));
        return intake_ambiguous(job, fit, err, "%s fits %s", show(name).text,
                                names);
    }
    if (piece->entry->kind == DOWNLOAD_ODD) {
        return intake_ambiguous(job, fit, err,
                                "%s is neither a regular file nor a folder "
                                "and is not followed",
                                show(name).text);
    }
    joined.student = fit->students[0];
    return intake_add_piece(job, &joined, err);
}

/* --- all of it -------------------------------------------------------------
 */

static intake_layout *layout_of(enum course_layout layout)
{
    switch (layout) {
    case LAYOUT_GIT:
        return intake_git;
    case LAYOUT_FOLDER:
        return intake_folder;
    default:
        return NULL;
    }
}

static int add_missing(struct intake_job *job, struct error *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < job->roster->count; i++) {
        char *const words[] = {job->roster->students[i].id};
        if (!job->listed[i]) {
            rc = words_append(&job->out->missing, words, 1, err);
        }
    }
    return rc;
}

static int run_layout(struct intake_job *job, struct error *err)
{
    const struct course_source *source = &job->lab->source;
    intake_layout *layout = layout_of(source->layout);
    int rc = 0;

    if (!layout) {
        return fail(err, ERROR_INFRA, "the layout %s is not read yet",
                    course_layout_word(source->layout));
    }
    if (source->layout == LAYOUT_GIT) {
        return layout(job, err);
    }
    rc = download_open(source->where, &job->download, err);
    if (rc == 0) {
        rc = layout(job, err);
    }
    return rc == 0 ? intake_choose(job, err) : rc;
}

/* All three lists exist, also when they are empty. */
static int begin(struct intake_job *job, struct error *err)
{
    struct intake *out = job->out;
    int rc = words_append(&out->missing, NULL, 0, err);

    if (rc == 0) {
        rc = words_append(&out->unknown, NULL, 0, err);
    }
    if (rc == 0) {
        rc = words_append(&out->ambiguous, NULL, 0, err);
    }
    if (rc == 0) {
        job->listed = calloc(job->roster->count + 1, sizeof(*job->listed));
        rc = job->listed ? 0 : out_of_memory(err);
    }
    return rc == 0 ? matcher_open(job->roster, &job->matcher, err) : rc;
}

static int compare_items(const void *a, const void *b)
{
    const struct intake_item *left = a, *right = b;

    return left->student < right->student ? -1 : left->student > right->student;
}

int intake_read(const struct course_lab *lab, const struct roster *roster,
                const char *temporary, struct intake *out, struct error *err)
{
    struct intake_job job = {
        .lab = lab, .roster = roster, .temporary = temporary, .out = out};
    int rc = 0;

    *out = (struct intake){.count = 0};
    rc = begin(&job, err);
    if (rc == 0) {
        rc = run_layout(&job, err);
    }
    if (rc == 0) {
        rc = add_missing(&job, err);
    }
    if (out->count > 0) {
        qsort(out->items, out->count, sizeof(*out->items), compare_items);
    }
    matcher_close(job.matcher);
    download_close(job.download);
    free(job.pieces);
    free(job.listed);
    if (rc != 0) {
        intake_clear(out);
    }
    return rc;
}

void intake_clear(struct intake *intake)
{
    for (size_t i = 0; i < intake->count; i++) {
        free(intake->items[i].where);
        free(intake->items[i].ref);
    }
    free(intake->items);
    words_free(intake->missing);
    words_free(intake->unknown);
    words_free(intake->ambiguous);
    *intake = (struct intake){.count = 0};
}

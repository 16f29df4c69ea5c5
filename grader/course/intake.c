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
#include "gradescope_metadata.h"
#include "intake_parts.h"
#include "source.h"
#include "text.h"

#define SENTENCE_BYTES 600
#define FOLDERS_MAX    3 /* around all submissions */

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

int intake_unknown(struct intake_job *job, const char *name, const char *why,
                   struct error *err)
{
    char sentence[2 * SENTENCE_BYTES];

    snprintf(sentence, sizeof(sentence), "%s%s%s", show(name).text,
             why[0] ? ": " : "", why);
    return add_sentence(&job->out->unknown, sentence, err);
}

/*
 * The last sentence is about these students. Who of more than FIT_MAX the
 * others are isn't known: it may be anybody.
 */
static void doubt(struct intake_job *job, const struct fit *fit)
{
    const char **doubts = job->out->doubts;
    char *const *last = job->out->ambiguous;

    while (last[1]) {
        last++;
    }
    for (size_t i = 0; i < fit->count && i < FIT_MAX; i++) {
        size_t place = (size_t)(fit->students[i] - job->roster->students);
        job->listed[place] = true;
        doubts[place] = *last;
    }
    for (size_t i = 0; fit->count > FIT_MAX && i < job->roster->count; i++) {
        doubts[i] = doubts[i] ? doubts[i] : *last;
    }
}

int intake_ambiguous(struct intake_job *job, const struct fit *fit,
                     struct error *err, const char *format, ...)
{
    char sentence[2 * SENTENCE_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    int rc = add_sentence(&job->out->ambiguous, sentence, err);
    if (rc == 0) {
        doubt(job, fit);
    }
    return rc;
}

int intake_join(struct intake_job *job, const struct fit *fit,
                const struct piece *piece, struct error *err)
{
    const char *name = piece->entry->name;
    struct piece joined = *piece;
    char names[SENTENCE_BYTES];

    if (fit->count == 0) {
        return intake_unknown(job, name, "", err);
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

struct layout {
    intake_layout *run;
    const char *names; /* how it names what is in it; NULL: as staff like */
};

static const struct layout layouts[] = {
    [LAYOUT_GIT] = {intake_git, NULL},
    [LAYOUT_FOLDER] = {intake_folder, NULL},
    [LAYOUT_MOODLE] = {intake_moodle, "{Full name}_{N}_assignsubmission_file"},
    [LAYOUT_CANVAS] = {intake_canvas,
                       "{name}_{user id}_{attachment id}_{file}"},
    [LAYOUT_GRADESCOPE] = {intake_gradescope,
                           "submission_{id}, beside " GRADESCOPE_METADATA},
    [LAYOUT_BLACKBOARD] = {intake_blackboard,
                           "{Assignment}_{user}_attempt_{time}_{file}"},
    [LAYOUT_CLASSROOM] = {intake_classroom, "{assignment}-{login}"},
};

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

/* Makes the lists empty, which exist also when nothing is in them. */
static int clear(struct intake_job *job, struct error *err)
{
    struct intake *out = job->out;
    int rc = 0;

    intake_clear(out);
    job->npieces = job->nunderstood = 0;
    memset(job->listed, 0, job->roster->count * sizeof(*job->listed));
    out->doubts = calloc(job->roster->count + 1, sizeof(*out->doubts));
    rc = out->doubts ? words_append(&out->missing, NULL, 0, err)
                     : out_of_memory(err);
    if (rc == 0) {
        rc = words_append(&out->unknown, NULL, 0, err);
    }
    return rc == 0 ? words_append(&out->ambiguous, NULL, 0, err) : rc;
}

static bool found_anybody(const struct intake_job *job)
{
    return job->npieces > 0 || job->out->ambiguous[0];
}

/* Looks at the download, or in the folder that all is in. */
static int find_pieces(struct intake_job *job, intake_layout *run,
                       struct error *err)
{
    bool entered = true;
    size_t nentered = 0;
    int rc = run(job, err);

    while (rc == 0 && !found_anybody(job) && job->nunderstood == 0 &&
           nentered < FOLDERS_MAX) {
        rc = download_enter(job->download, &entered, err);
        if (rc != 0 || !entered) {
            break;
        }
        nentered++;
        rc = clear(job, err);
        rc = rc == 0 ? run(job, err) : rc;
    }
    if (rc != 0 || nentered == 0 || found_anybody(job) ||
        job->nunderstood > 0) {
        return rc;
    }
    /* In vain: what is told is what is at the top. */
    rc = download_leave(job->download, err);
    rc = rc == 0 ? clear(job, err) : rc;
    return rc == 0 ? run(job, err) : rc;
}

static int check_source(const struct intake_job *job, struct error *err)
{
    const struct course_source *source = &job->lab->source;

    if (source->ref && download_is_zip(job->download)) {
        return fail(err, ERROR_USAGE,
                    "%s: a branch (ref: %s) can't be had of repositories in a "
                    "zip; unpack it and name the folder",
                    source->where, source->ref);
    }
    return 0;
}

static int check_understood(const struct intake_job *job, struct error *err)
{
    const struct course_source *source = &job->lab->source;
    const char *names = layouts[source->layout].names;

    if (!names || job->nunderstood > 0 || found_anybody(job) ||
        download_entries(job->download)->count == 0) {
        return 0;
    }
    return fail(err, ERROR_USAGE,
                "nothing in %s is named as in the layout %s (%s); for %s the "
                "source may be another one, or its layout",
                source->where, course_layout_word(source->layout), names,
                job->lab->lab);
}

static int run_layout(struct intake_job *job, struct error *err)
{
    const struct course_source *source = &job->lab->source;
    intake_layout *run = layouts[source->layout].run;
    int rc = 0;

    if (source->layout == LAYOUT_GIT) {
        return run(job, err);
    }
    rc = download_open(source->where, &job->download, err);
    if (rc == 0) {
        rc = check_source(job, err);
    }
    if (rc == 0) {
        rc = find_pieces(job, run, err);
    }
    if (rc == 0) {
        rc = check_understood(job, err);
    }
    return rc == 0 ? intake_choose(job, err) : rc;
}

static int begin(struct intake_job *job, struct error *err)
{
    job->listed = calloc(job->roster->count + 1, sizeof(*job->listed));
    int rc = job->listed ? clear(job, err) : out_of_memory(err);

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
    free(intake->doubts);
    *intake = (struct intake){.count = 0};
}

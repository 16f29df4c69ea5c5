/*
 * What a run is about: first everything that can be wrong with course, roster
 * and kit; then, when the gradebook is open, who has handed in what.
 */
#include "batch_parts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "outcome.h"
#include "run.h"

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "out of memory");
}

/* --- what was asked for ----------------------------------------------------
 */

/* The labs in the order of the course, each once. */
static int choose_labs(const struct batch *batch, struct error *err)
{
    const char *const *labs = batch->options->labs;
    struct batch_report *report = batch->report;
    const struct course *course = report->course;
    size_t count = 0;
    int rc = 0;

    for (size_t i = 0; rc == 0 && labs[i]; i++) {
        rc = course_check_lab(course, "--lab", labs[i], err);
    }
    if (rc != 0) {
        return rc;
    }
    report->labs = calloc(course->nlabs + 1, sizeof(*report->labs));
    report->intakes = calloc(course->nlabs + 1, sizeof(*report->intakes));
    if (!report->labs || !report->intakes) {
        return out_of_memory(err);
    }
    for (size_t i = 0; i < course->nlabs; i++) {
        bool wanted = !labs[0];
        for (size_t k = 0; labs[k]; k++) {
            wanted |= strcmp(labs[k], course->labs[i].lab) == 0;
        }
        if (wanted) {
            report->labs[count++] = &course->labs[i];
        }
    }
    return 0;
}

static int check_students(const struct batch *batch, struct error *err)
{
    const char *const *only = batch->options->only;
    const struct batch_report *report = batch->report;

    for (size_t i = 0; only[i]; i++) {
        if (!roster_find(&report->roster, only[i])) {
            return fail(err, ERROR_USAGE,
                        "--only %s: %s has no student with that id", only[i],
                        report->course->roster);
        }
    }
    return 0;
}

/* Does each lab's test program agree with it? And what goes into its keys. */
static int look_at_labs(struct batch *batch, struct error *err)
{
    const struct batch_report *report = batch->report;
    int rc = 0;

    batch->surroundings =
        calloc(report->course->nlabs + 1, sizeof(*batch->surroundings));
    if (!batch->surroundings) {
        return out_of_memory(err);
    }
    for (size_t i = 0; rc == 0 && report->labs[i]; i++) {
        struct lab *lab = NULL;
        rc = lab_read(batch->kit.root, report->labs[i]->lab, &lab, err);
        if (rc == 0) {
            rc = run_check_names(&batch->kit, lab, err);
        }
        if (rc == 0) {
            rc = outcome_surroundings(&batch->kit, lab, batch->options->mode,
                                      batch->surroundings[i], err);
        }
        lab_free(lab);
    }
    return rc;
}

int batch_find_course(struct batch *batch, struct error *err)
{
    const struct batch_options *options = batch->options;
    struct batch_report *report = batch->report;
    int rc = kit_find(options->kit, &batch->kit, err);

    if (rc == 0) {
        rc = course_open(options->course, batch->kit.root, &report->course,
                         &report->roster, err);
    }
    if (rc == 0) {
        rc = choose_labs(batch, err);
    }
    if (rc == 0) {
        rc = check_students(batch, err);
    }
    if (rc == 0) {
        rc = seed_course_key(course_secret(report->course), batch->course_key,
                             err);
    }
    if (rc == 0 && options->mode == SANDBOX_BWRAP) {
        rc = sandbox_probe(err);
    }
    return rc == 0 ? look_at_labs(batch, err) : rc;
}

/* --- what there is ---------------------------------------------------------
 */

static int read_intake(struct batch *batch, size_t i, struct error *err)
{
    struct batch_report *report = batch->report;
    char *temporary = NULL;
    int rc = 0;

    if (asprintf(&temporary, "%s/intake-%zu", batch->place.work, i) < 0) {
        return out_of_memory(err);
    }
    if (mkdir(temporary, S_IRWXU) < 0) {
        rc = fail_errno(err, ERROR_INFRA, "can't create the folder %s",
                        temporary);
    }
    if (rc == 0) {
        rc = intake_read(report->labs[i], &report->roster, temporary,
                         &report->intakes[i], err);
    }
    free(temporary);
    return rc;
}

static bool is_wanted(const struct batch *batch, const struct intake_item *item,
                      const char *lab)
{
    const struct batch_options *options = batch->options;
    const char *id = item->student->id;
    bool wanted = !options->only[0];

    for (size_t i = 0; options->only[i]; i++) {
        wanted |= strcmp(options->only[i], id) == 0;
    }
    if (wanted && options->retry_infra) {
        const struct known_attempt *latest =
            known_latest(&batch->known, id, lab);
        wanted = latest && !latest->decided;
    }
    return wanted;
}

/* With --only, who is missing is of interest among those. */
static void forget_others(const struct batch *batch, struct intake *intake)
{
    const char *const *only = batch->options->only;
    size_t kept = 0;

    for (size_t i = 0; only[0] && intake->missing && intake->missing[i]; i++) {
        bool wanted = false;
        for (size_t k = 0; only[k]; k++) {
            wanted |= strcmp(only[k], intake->missing[i]) == 0;
        }
        if (wanted) {
            intake->missing[kept++] = intake->missing[i];
        } else {
            free(intake->missing[i]);
        }
    }
    if (only[0] && intake->missing) {
        intake->missing[kept] = NULL;
    }
}

static int plan_lab(struct batch *batch, size_t i, struct error *err)
{
    const struct intake *intake = &batch->report->intakes[i];
    struct job *grown = reallocarray(
        batch->jobs, batch->njobs + intake->count + 1, sizeof(*grown));

    if (!grown) {
        return out_of_memory(err);
    }
    batch->jobs = grown;
    for (size_t k = 0; k < intake->count; k++) {
        if (is_wanted(batch, &intake->items[k], batch->report->labs[i]->lab)) {
            grown[batch->njobs++] =
                (struct job){.item = &intake->items[k], .lab = i};
        }
    }
    return 0;
}

/*
 * The lab's intake could not be read, as `err` says. 0 if the others can go on:
 * nobody asked for this one by name, and it is no fault of ours.
 */
static int note_unread(struct batch *batch, size_t i, struct error *err)
{
    struct batch_report *report = batch->report;
    const struct course_lab *lab = report->labs[i];
    struct batch_unread *grown = NULL;

    if (err->kind == ERROR_INFRA) {
        return ERROR_INFRA;
    }
    err->kind = ERROR_USAGE; /* also a whole download that is refused */
    if (batch->options->labs[0]) {
        return ERROR_USAGE;
    }
    grown = reallocarray(report->unread, report->nunread + 1, sizeof(*grown));
    if (!grown) {
        return out_of_memory(err);
    }
    report->unread = grown;
    grown += report->nunread++;
    *grown = (struct batch_unread){
        .lab = lab,
        .why = strdup(err->message),
        .due = lab->due <= (int64_t)time(NULL),
    };
    place_log(&batch->place, "%s can't be graded: %s", lab->lab, err->message);
    return grown->why ? 0 : out_of_memory(err);
}

static int check_unread(const struct batch_report *report, size_t nlabs,
                        struct error *err)
{
    return report->nunread < nlabs
               ? 0
               : fail(err, ERROR_USAGE, "no lab can be graded; of %s: %s",
                      report->unread[0].lab->lab, report->unread[0].why);
}

int batch_plan(struct batch *batch, struct error *err)
{
    size_t nlabs = 0;
    int rc = 0;

    for (size_t i = 0; rc == 0 && batch->report->labs[i]; i++) {
        int64_t began = (int64_t)time(NULL);

        nlabs++;
        rc = read_intake(batch, i, err);
        if (rc != 0) {
            rc = note_unread(batch, i, err);
            continue;
        }
        rc = batch_note_looks(batch, i, began, err);
        forget_others(batch, &batch->report->intakes[i]);
        if (rc == 0) {
            rc = plan_lab(batch, i, err);
        }
    }
    batch->report->total = batch->njobs;
    return rc == 0 ? check_unread(batch->report, nlabs, err) : rc;
}

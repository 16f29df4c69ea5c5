/*
 * First everything that can be wrong with the whole is looked at, then the
 * place beside the gradebook is locked, then the gradebook is; only then are
 * submissions touched.
 */
#include "batch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "book.h"
#include "cache.h"
#include "folder.h"
#include "kit.h"
#include "outcome.h"
#include "place.h"
#include "pool.h"
#include "run.h"
#include "known.h"
#include "unit.h"

#define UNIT_SECONDS 1800 /* far above what compiler and tests may take */
#define TICK_MS      100

/* Where a unit is in the report. */
struct job {
    const struct intake_item *item;
    size_t lab; /* in report->labs */
};

struct batch {
    const struct batch_options *options;
    struct batch_report *report;
    struct kit kit;
    unsigned char course_key[SEED_BYTES];
    char (*surroundings)[SEED_HEX]; /* of each lab */
    struct place place;
    struct cache *cache;
    struct book *book;
    struct known known;
    struct job *jobs;
    size_t njobs;
    struct progress *progress;
};

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "out of memory");
}

static double now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
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

    for (size_t i = 0; labs[i]; i++) {
        if (!course_find_lab(course, labs[i])) {
            return fail(err, ERROR_USAGE, "--lab %s: %s has no such lab",
                        labs[i], course->path);
        }
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
    return course_check_students(report->course, &report->roster, err);
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

static int find_course(struct batch *batch, struct error *err)
{
    const struct batch_options *options = batch->options;
    struct batch_report *report = batch->report;
    int rc = kit_find(options->kit, &batch->kit, err);

    if (rc == 0) {
        rc =
            course_read(options->course, batch->kit.root, &report->course, err);
    }
    if (rc == 0) {
        rc = choose_labs(batch, err);
    }
    if (rc == 0) {
        rc = roster_read(report->course->roster, &report->roster, err);
    }
    if (rc == 0) {
        rc = check_students(batch, err);
    }
    if (rc == 0) {
        const char *secret = report->course->secret;
        rc = seed_course_key(secret ? secret : getenv("MMGRADE_SECRET"),
                             batch->course_key, err);
    }
    if (rc == 0 && options->mode == SANDBOX_BWRAP) {
        rc = sandbox_probe(err);
    }
    return rc == 0 ? look_at_labs(batch, err) : rc;
}

/* --- what there is ---------------------------------------------------------
 */

static int open_gradebook(struct batch *batch, struct error *err)
{
    const struct course *course = batch->report->course;
    int rc = place_open(course->gradebook, &batch->place, err);

    if (rc == 0) {
        rc = book_open(course->gradebook, course->id, BOOK_WRITE, &batch->book,
                       err);
    }
    if (rc == 0) {
        rc = known_load(batch->book, &batch->known, err);
    }
    if (rc == 0) {
        rc = cache_open(batch->place.cache, true, &batch->cache, err);
    }
    return rc;
}

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

static int plan(struct batch *batch, struct error *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && batch->report->labs[i]; i++) {
        rc = read_intake(batch, i, err);
        forget_others(batch, &batch->report->intakes[i]);
        if (rc == 0) {
            rc = plan_lab(batch, i, err);
        }
    }
    batch->report->total = batch->njobs;
    return rc;
}

/* --- units -----------------------------------------------------------------
 */

static struct unit make_unit(const struct batch *batch, size_t number)
{
    const struct job *job = &batch->jobs[number];

    return (struct unit){
        .kit = &batch->kit,
        .mode = batch->options->mode,
        .course_key = batch->course_key,
        .surroundings = batch->surroundings[job->lab],
        .cache = batch->cache,
        .known = &batch->known,
        .regrade = batch->options->regrade,
        .student = job->item->student->id,
        .lab = batch->report->labs[job->lab]->lab,
        .where = job->item->where,
        .ref = job->item->ref,
        .submitted = job->item->submitted,
    };
}

static void work(void *context, const struct pool_job *job)
{
    const struct batch *batch = context;
    struct unit unit = make_unit(batch, job->number);

    unit_work(&unit, job);
}

static int note(struct batch_report *report, const struct unit *unit,
                const struct unit_answer *answer, struct error *err)
{
    struct batch_note *grown = NULL;

    if (answer->state == PROGRESS_GRADED) {
        return 0;
    }
    grown = reallocarray(report->notes, report->nnotes + 1, sizeof(*grown));
    if (!grown) {
        return out_of_memory(err);
    }
    report->notes = grown;
    grown[report->nnotes++] = (struct batch_note){
        .student = unit->student,
        .lab = unit->lab,
        .state = answer->state,
        .reason = strdup(answer->reason ? answer->reason : ""),
    };
    return grown[report->nnotes - 1].reason ? 0 : out_of_memory(err);
}

/*
 * A fault of ours before it was known what was handed in. To somebody who has
 * an attempt that would be one more, which may well be the same: a server that
 * doesn't answer must not take the place of what was graded.
 */
static bool is_no_attempt(const struct batch *batch,
                          const struct unit_answer *answer)
{
    const struct attempt *attempt = &answer->attempt;
    const struct known_attempt *latest =
        known_latest(&batch->known, attempt->student, attempt->lab);

    return answer->state == PROGRESS_UNGRADED && !attempt->content_hash &&
           latest && (latest->decided || latest->content_hash);
}

/* What is there already, as it is, is not written again. */
static int write_book(const struct batch *batch, struct unit_answer *answer,
                      struct error *err)
{
    if (!answer->attempt.outcome || is_no_attempt(batch, answer)) {
        return 0;
    }
    if (answer->regrade) {
        return book_regrade(batch->book, &answer->attempt, err);
    }
    return book_add(batch->book, &answer->attempt, &answer->attempt.number,
                    err);
}

static void count(struct batch_report *report, const struct unit_answer *answer,
                  const struct pool_answer *from)
{
    report->done++;
    report->states[answer->state]++;
    report->sources[answer->source]++;
    if (answer->worker_kib > report->worker_kib) {
        report->worker_kib = answer->worker_kib;
    }
    if (from->child_kib > report->child_kib) {
        report->child_kib = from->child_kib;
    }
}

static void tell(const struct batch *batch, const struct unit *unit,
                 const struct unit_answer *answer, double seconds)
{
    const struct progress_unit line = {
        .student = unit->student,
        .lab = unit->lab,
        .state = answer->state,
        .source = answer->source,
        .has_score = answer->has_score,
        .score = answer->score,
        .max = answer->max,
        .reason = answer->reason,
        .seconds = seconds,
    };

    progress_unit(batch->progress, &line, now());
    place_log(&batch->place, "%s %s %s by %s, %u of %u, %.1f s: %s",
              unit->student, unit->lab, progress_state_word(answer->state),
              progress_source_word(answer->source), answer->score, answer->max,
              seconds, answer->reason ? answer->reason : "");
    if (answer->remark) {
        place_log(&batch->place, "%s %s: %s", unit->student, unit->lab,
                  answer->remark);
    }
}

static int done(void *context, size_t number, const struct pool_answer *from,
                struct error *err)
{
    struct batch *batch = context;
    struct unit unit = make_unit(batch, number);
    struct unit_answer answer = {0};
    int rc = unit_read_answer(&unit, from, &answer, err);

    if (rc == 0) {
        rc = write_book(batch, &answer, err);
    }
    if (rc == 0) {
        rc = note(batch->report, &unit, &answer, err);
    }
    if (rc == 0) {
        count(batch->report, &answer, from);
        tell(batch, &unit, &answer, from->seconds);
    }
    unit_answer_clear(&answer);
    return rc;
}

static void tick(void *context)
{
    const struct batch *batch = context;

    progress_tick(batch->progress, now());
}

/* --- the run ---------------------------------------------------------------
 */

static unsigned count_cores(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n > 0 ? (unsigned)n : 1;
}

static int run(struct batch *batch, struct error *err)
{
    const struct batch_options *options = batch->options;
    struct batch_report *report = batch->report;
    double began = now();
    const struct pool_options pool = {
        .workers = options->workers ? options->workers : count_cores(),
        .seconds = options->seconds ? options->seconds : UNIT_SECONDS,
        .folder = batch->place.work,
        .output = batch->place.log,
        .tick_ms = options->progress == PROGRESS_BAR ? TICK_MS : 0,
        .work = work,
        .done = done,
        .tick = tick,
        .context = batch,
    };
    int rc =
        progress_open(options->progress, options->progress_out, batch->njobs,
                      options->columns, began, &batch->progress, err);

    place_log(&batch->place, "a run of %zu units begins, process %ld",
              batch->njobs, (long)getpid());
    if (rc == 0) {
        rc = pool_run(&pool, batch->njobs, &report->signal_number, err);
    }
    progress_close(batch->progress);
    report->seconds = now() - began;
    report->batch_kib = unit_peak_kib();
    if (rc != 0) {
        place_log(&batch->place, "the run ends: %s", err->message);
    } else {
        place_log(&batch->place, "the run ends after %zu of %zu units%s",
                  report->done, report->total,
                  report->signal_number ? ", interrupted" : "");
    }
    return rc;
}

static void finish(struct batch *batch)
{
    book_close(batch->book);
    cache_close(batch->cache);
    known_clear(&batch->known);
    place_close(&batch->place);
    free(batch->surroundings);
    free(batch->jobs);
    kit_free(&batch->kit);
}

int batch_run(const struct batch_options *options, struct batch_report *report,
              struct error *err)
{
    struct batch batch = {
        .options = options,
        .report = report,
        .place = {.log = -1},
    };
    int rc = 0;

    *report = (struct batch_report){0};
    rc = find_course(&batch, err);
    if (rc == 0) {
        rc = open_gradebook(&batch, err);
    }
    if (rc == 0) {
        rc = plan(&batch, err);
    }
    if (rc == 0) {
        rc = run(&batch, err);
    }
    finish(&batch);
    return rc;
}

void batch_report_clear(struct batch_report *report)
{
    for (size_t i = 0; report->labs && report->labs[i]; i++) {
        intake_clear(&report->intakes[i]);
    }
    for (size_t i = 0; i < report->nnotes; i++) {
        free(report->notes[i].reason);
    }
    free(report->intakes);
    free(report->labs);
    free(report->notes);
    roster_clear(&report->roster);
    course_free(report->course);
    *report = (struct batch_report){0};
}

/*
 * First everything that can be wrong with the whole is looked at, then the
 * place beside the gradebook is locked, then the gradebook is; only then are
 * submissions touched.
 */
#include "batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "batch_parts.h"
#include "pool.h"
#include "unit.h"

#define UNIT_SECONDS 1800 /* far above what compiler and tests may take */
#define TICK_MS      100

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
 * The attempt in the gradebook that this one is, or NULL. What could not be
 * read is taken for what was read and graded last, at whatever time: our fault
 * must make no attempt, whose lateness would cost, of what may be the same
 * files. It may as well no longer be what was refused, and that decides no
 * zero, but at the same time.
 */
static const struct known_attempt *find_earlier(const struct batch *batch,
                                                const struct attempt *attempt)
{
    const struct known_attempt *latest = NULL;

    if (attempt->content_hash) {
        return known_find(&batch->known, attempt, NULL);
    }
    latest = known_latest(&batch->known, attempt->student, attempt->lab);
    if (latest && ((latest->content_hash && !latest->refused) ||
                   (attempt->submitted != MOMENT_NONE &&
                    attempt->submitted == latest->submitted))) {
        return latest;
    }
    return NULL;
}

static int say_kept(struct unit_answer *answer, struct error *err)
{
    char *reason = NULL;

    if (asprintf(&reason, "%s (what was graded before still counts)",
                 answer->reason ? answer->reason : "") < 0) {
        return out_of_memory(err);
    }
    free(answer->reason);
    answer->reason = reason;
    return 0;
}

/*
 * What is there already, as it is, is not written again; a fault of ours takes
 * no verdict's place.
 */
static int write_book(const struct batch *batch, struct unit_answer *answer,
                      struct error *err)
{
    struct attempt *attempt = &answer->attempt;
    const struct known_attempt *earlier = NULL;

    if (!attempt->outcome) {
        return 0;
    }
    if (answer->state == PROGRESS_UNGRADED) {
        earlier = find_earlier(batch, attempt);
    }
    if (earlier && earlier->decided) {
        return say_kept(answer, err);
    }
    if (earlier && earlier->content_hash && !attempt->content_hash) {
        return 0;
    }
    if (answer->regrade) {
        return book_regrade(batch->book, attempt, err);
    }
    return book_add(batch->book, attempt, &attempt->number, err);
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
    rc = batch_find_course(&batch, err);
    if (rc == 0) {
        rc = open_gradebook(&batch, err);
    }
    if (rc == 0) {
        rc = batch_plan(&batch, err);
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
    for (size_t i = 0; i < report->nunread; i++) {
        free(report->unread[i].why);
    }
    free(report->unread);
    free(report->intakes);
    free(report->labs);
    free(report->notes);
    roster_clear(&report->roster);
    course_free(report->course);
    *report = (struct batch_report){0};
}

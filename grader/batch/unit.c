/*
 * The worker's side: read, look where it stands, look into the cache, else
 * build and run. Whatever goes wrong here is told as a fault of ours of this
 * unit.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "folder.h"
#include "moment.h"
#include "outcome.h"
#include "source.h"
#include "text.h"
#include "unit_answer.h"

struct work {
    const struct unit *unit;
    const struct pool_job *job;
    struct grade_request request;
    struct grade *grade;
    struct unit_answer answer;
    char key[SEED_HEX]; /* "" for a submission that could not be read */
    char *folder;       /* to build and run in */
};

/* --- what was handed in ----------------------------------------------------
 */

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "out of memory");
}

/* Reading fetches and unpacks in $TMPDIR, which must go with the job. */
static int make_folders(struct work *work, struct error *err)
{
    char *temporary = NULL;
    int rc = path_join(work->job->folder, "tmp", &temporary, err);

    if (rc == 0) {
        rc = path_join(work->job->folder, "work", &work->folder, err);
    }
    if (rc == 0 &&
        (mkdir(temporary, S_IRWXU) < 0 || mkdir(work->folder, S_IRWXU) < 0)) {
        rc = fail_errno(err, ERROR_INFRA, "can't create a folder in %s",
                        work->job->folder);
    }
    if (rc == 0 && setenv("TMPDIR", temporary, 1) < 0) {
        rc = out_of_memory(err);
    }
    free(temporary);
    return rc;
}

static char *copy(const char *text, bool *failed)
{
    char *made = text ? strdup(text) : NULL;

    *failed |= text && !made;
    return made;
}

/* Of git, it was handed in when it was committed. */
static int64_t time_submitted(const struct unit *unit,
                              const struct submission *submission)
{
    struct error ignored = {0};
    int64_t moment = MOMENT_NONE;

    if (unit->submitted != MOMENT_NONE || !submission ||
        !submission->commit_time) {
        return unit->submitted;
    }
    return moment_parse(submission->commit_time, &moment, &ignored) == 0
               ? moment
               : MOMENT_NONE;
}

/* The attempt, but for its outcome. */
static int describe(const struct work *work, struct attempt *out,
                    struct error *err)
{
    const struct submission *submission = work->grade->submission;
    bool failed = false;

    out->submitted = time_submitted(work->unit, submission);
    out->origin = result_origin(&work->grade->result, RESULT_STAFF);
    out->notes = json_array();
    if (submission) {
        out->kind = copy(submission->kind, &failed);
        out->commit = copy(submission->commit, &failed);
        out->commit_time = copy(submission->commit_time, &failed);
        out->content_hash = copy(submission->content_hash, &failed);
    }
    for (size_t i = 0; submission && i < submission->nnotes; i++) {
        failed |= json_array_append_new(out->notes,
                                        json_string(submission->notes[i])) < 0;
    }
    return failed || !out->origin || !out->notes ? out_of_memory(err) : 0;
}

/* It is the instructor's, who made it of a pattern: no student's zero. */
static int check_address(const char *where, struct error *err)
{
    return source_is_remote(where) ? source_url_check(where, err) : 0;
}

static int read_submission(struct work *work, struct error *err)
{
    const struct unit *unit = work->unit;
    int rc = check_address(unit->where, err);

    work->request = (struct grade_request){
        .kit = unit->kit,
        .source = {.where = unit->where, .ref = unit->ref},
        .lab = unit->lab,
        .mode = unit->mode,
        .jobs = work->job->cores,
        .course_key = unit->course_key,
        .work = work->folder,
    };
    if (rc == 0) {
        rc = grade_read(&work->request, &work->grade, err);
    }
    if (rc == 0) {
        rc = describe(work, &work->answer.attempt, err);
    }
    if (rc == 0 && !work->grade->read_failed) {
        rc = outcome_key_within(unit->surroundings, &work->request, work->grade,
                                work->key, err);
    }
    return rc;
}

/* --- what comes of it ------------------------------------------------------
 */

/* The score and the reason, from a grade that has its outcome. */
static int take_result(struct work *work, struct error *err)
{
    const struct result *result = &work->grade->result;
    struct unit_answer *answer = &work->answer;

    answer->score = result->score;
    answer->max = result->max;
    answer->has_score = result->graded;
    answer->state = PROGRESS_GRADED;
    if (!result->graded) {
        answer->state = PROGRESS_UNGRADED;
    } else if (result->refused.kind != ERROR_NONE) {
        answer->state = PROGRESS_REFUSED;
    }
    answer->reason = result->refused.kind == ERROR_NONE
                         ? result_reason(result, RESULT_STAFF)
                         : strdup(result->refused.message);
    return answer->reason ? 0 : out_of_memory(err);
}

/* The outcome for the gradebook: with its key. */
static int take_outcome(struct work *work, json_t *outcome, struct error *err)
{
    struct attempt *attempt = &work->answer.attempt;

    attempt->outcome = outcome;
    attempt->graded_at = (int64_t)time(NULL);
    if (!outcome || (work->key[0] != '\0' &&
                     json_object_set_new(outcome, OUTCOME_KEY,
                                         json_string(work->key)) < 0)) {
        return out_of_memory(err);
    }
    return 0;
}

/* Remarks are for the log, where the first one is enough. */
static void remark(struct work *work, const char *sentence)
{
    if (!work->answer.remark) {
        work->answer.remark = strdup(sentence);
    }
}

/* Gives the grade what the cache has. A cache in trouble has nothing. */
static bool found_in_cache(struct work *work, const char *key, json_t **outcome)
{
    struct error err = {0};
    char *removed = NULL;
    int rc = cache_get(work->unit->cache, key, outcome, &removed, &err);

    if (rc == 0 && *outcome) {
        rc = outcome_apply(*outcome, work->grade, &err);
    }
    if (rc != 0 || removed) {
        remark(work, rc != 0 ? err.message : removed);
    }
    if (rc != 0 || !work->grade->result.graded) {
        json_decref(*outcome);
        *outcome = NULL;
    }
    free(removed);
    return *outcome != NULL;
}

/*
 * What is decided stays so, and goes into the cache; a fault of ours doesn't.
 * An outcome that can't be kept is one all the same.
 */
static int build_and_run(struct work *work, json_t **outcome, struct error *err)
{
    struct error trouble = {0};
    int rc = grade_run(&work->request, work->grade, err);

    if (rc != 0) {
        return rc;
    }
    *outcome = outcome_json(work->grade);
    if (!*outcome) {
        return out_of_memory(err);
    }
    if (work->grade->result.graded &&
        cache_put(work->unit->cache, work->key, *outcome, &trouble) != 0) {
        remark(work, trouble.message);
    }
    return 0;
}

/* From the cache, or else by running; never both at once for one key. */
static int make_outcome(struct work *work, struct error *err)
{
    json_t *outcome = NULL;
    int held = -1;
    int rc = 0;

    work->answer.source = SOURCE_CACHE;
    if (!found_in_cache(work, work->key, &outcome)) {
        held = cache_hold(work->unit->cache, work->key);
        if (!found_in_cache(work, work->key, &outcome)) {
            work->answer.source = SOURCE_RUN;
            rc = build_and_run(work, &outcome, err);
        }
        cache_release(held);
    }
    if (rc == 0) {
        rc = take_outcome(work, outcome, err);
    }
    return rc == 0 ? take_result(work, err) : rc;
}

/*
 * The gradebook has it. What the score was is in the cache, if at all; of other
 * tests than now it is what they are worth now.
 */
static int take_known(struct work *work, const struct known_attempt *known,
                      struct error *err)
{
    struct unit_answer *answer = &work->answer;
    bool same_key = strcmp(known->key, work->key) == 0;
    json_t *outcome = NULL;
    int rc = 0;

    answer->source = same_key ? SOURCE_BOOK : SOURCE_KEPT;
    if (known->key[0] != '\0' && found_in_cache(work, known->key, &outcome)) {
        rc = take_result(work, err);
    } else if (known->refused) {
        answer->state = PROGRESS_REFUSED;
        answer->reason = strdup(known->refused);
        rc = answer->reason ? 0 : out_of_memory(err);
    }
    json_decref(outcome);
    return rc;
}

/* What could not be read has its outcome already. */
static int take_refusal(struct work *work, struct error *err)
{
    int rc = take_outcome(work, outcome_json(work->grade), err);

    work->answer.source = SOURCE_RUN;
    return rc == 0 ? take_result(work, err) : rc;
}

static int decide(struct work *work, struct error *err)
{
    const struct unit *unit = work->unit;
    struct attempt *attempt = &work->answer.attempt;
    const struct known_attempt *known =
        known_find(unit->known, attempt, work->grade->result.refused.message);
    bool decided = known && known->decided;
    bool same_key = known && strcmp(known->key, work->key) == 0;

    if (decided && (same_key || !unit->regrade)) {
        return take_known(work, known, err);
    }
    if (decided) {
        work->answer.regrade = true;
        attempt->number = known->number;
    }
    return work->grade->read_failed ? take_refusal(work, err)
                                    : make_outcome(work, err);
}

/* --- the whole -------------------------------------------------------------
 */

long unit_peak_kib(void)
{
    FILE *status = fopen("/proc/self/status", "re");
    char line[256];
    long kib = 0;

    while (status && fgets(line, sizeof(line), status)) {
        if (sscanf(line, "VmHWM: %ld", &kib) == 1) {
            break;
        }
    }
    if (status) {
        fclose(status);
    }
    return kib;
}

void unit_work(const struct unit *unit, const struct pool_job *job)
{
    struct work work = {.unit = unit, .job = job};
    struct attempt *attempt = &work.answer.attempt;
    struct error err = {0};
    bool failed = false;
    int rc = 0;

    attempt->submitted = unit->submitted;
    attempt->student = copy(unit->student, &failed);
    attempt->lab = copy(unit->lab, &failed);
    rc = failed ? out_of_memory(&err) : make_folders(&work, &err);
    if (rc == 0) {
        rc = read_submission(&work, &err);
    }
    if (rc == 0) {
        rc = unit_write_attempt(job->answer, attempt, &err);
    }
    if (rc == 0) {
        rc = decide(&work, &err);
    }
    work.answer.worker_kib = unit_peak_kib();
    unit_write_outcome(job->answer, &work.answer, rc == 0 ? NULL : &err);
    free(work.folder);
    grade_free(work.grade);
    unit_answer_clear(&work.answer);
}

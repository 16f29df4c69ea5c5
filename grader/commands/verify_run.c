/*
 * Grading candidates in parallel: a process each, at most `jobs` at a time.
 * A process writes its verdicts to WORK/N.json, which the parent reads when
 * it has ended; one that crashes spoils nothing but its own candidate.
 */
#include "verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <jansson.h>
#include "folder.h"
#include "grade.h"

#define RESULT_BYTES_MAX (1024 * 1024)

struct pool {
    const struct verify_options *options;
    struct candidate_list *list;
    pid_t *pids; /* by candidate; 0: not running */
    size_t nstarted, ndone, nrunning;
};

static char verdict_letter(enum test_status status)
{
    static const char letters[] = {
        [TEST_PASS] = '.',
        [TEST_FAIL] = 'x',
        [TEST_TIMEOUT] = 'T',
        [TEST_CRASHED] = 'C',
        [TEST_NOT_IMPLEMENTED] = 's',
        [TEST_BUILD_FAILED] = '-',
        [TEST_NOT_RUN] = '-',
        [TEST_INFRA_ERROR] = '?',
    };

    return letters[status];
}

/* --- in the worker ---------------------------------------------------------
 */

/*
 * In a quick run, tests that were left out count as passed.
 */
static int write_outcome(const struct result *result, bool quick,
                         const char *path, struct error *err)
{
    size_t ntests = result->lab->ntests;
    unsigned score = result->score + (quick ? result->ungraded : 0);
    char *verdicts = calloc(ntests + 1, 1);
    char *reason = result_reason(result, RESULT_STAFF);
    json_t *json = NULL;
    char *text = NULL;
    int rc = 0;

    for (size_t i = 0; verdicts && i < ntests; i++) {
        enum test_status status = result_status(result, i);
        bool left_out = quick && status == TEST_NOT_RUN;
        verdicts[i] = left_out ? ' ' : verdict_letter(status);
    }
    if (verdicts && reason) {
        json = json_pack("{s:i, s:s, s:s}", "score", (int)score, "verdicts",
                         verdicts, "reason", reason);
    }
    text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    rc = text ? file_write(path, text, strlen(text), err)
              : fail(err, ERROR_INFRA, "out of memory");
    free(text);
    json_decref(json);
    free(reason);
    free(verdicts);
    return rc;
}

/* Paths of the i-th candidate's work folder and outcome. */
static int make_paths(const struct verify_options *options, size_t i,
                      char **folder, char **outcome, struct error *err)
{
    if (asprintf(folder, "%s/%zu", options->work, i) < 0) {
        *folder = NULL;
        return fail(err, ERROR_INFRA, "out of memory");
    }
    if (asprintf(outcome, "%s/%zu.json", options->work, i) < 0) {
        *outcome = NULL;
        return fail(err, ERROR_INFRA, "out of memory");
    }
    return 0;
}

/* True if a test was run and lost. */
static bool is_caught(const struct result *result)
{
    return result_count(result, TEST_FAIL) +
               result_count(result, TEST_TIMEOUT) +
               result_count(result, TEST_CRASHED) +
               result_count(result, TEST_NOT_IMPLEMENTED) >
           0;
}

/*
 * Grades it, and writes the outcome. With `only`, it is graded by that test
 * alone, and there is no outcome if that does not catch it.
 */
static int grade_candidate(const struct verify_options *options,
                           const struct candidate *candidate, const char *only,
                           const char *folder, const char *outcome,
                           struct error *err)
{
    bool quick = options->quick && candidate->kind == CANDIDATE_MUTANT;
    const struct grade_request request = {
        .kit = options->kit,
        .source = {.where = candidate->folder},
        .lab = options->lab->name,
        .mode = options->mode,
        .jobs = 1,
        .only = only,
        .first_failure = quick && !only,
        .course_key = options->course_key,
        .work = folder,
    };
    struct grade *grade = NULL;
    int rc = 0;

    if (mkdir(folder, S_IRWXU) < 0) {
        return fail_errno(err, ERROR_INFRA, "can't create %s", folder);
    }
    rc = grade_submission(&request, &grade, err);
    if (rc == 0 && (!only || is_caught(&grade->result))) {
        rc = write_outcome(&grade->result, quick, outcome, err);
    }
    if (rc == 0) {
        rc = folder_remove(folder, err);
    }
    grade_free(grade);
    return rc;
}

/* The worker's whole life. A failure's sentence goes where the outcome is. */
static int work(const struct verify_options *options,
                const struct candidate *candidate, size_t i)
{
    struct error err = {0};
    char *folder = NULL;
    char *outcome = NULL;
    int rc = make_paths(options, i, &folder, &outcome, &err);

    if (rc == 0 && options->quick && candidate->catcher) {
        rc = grade_candidate(options, candidate, candidate->catcher, folder,
                             outcome, &err);
    }
    if (rc == 0 && !path_is_file(outcome)) {
        rc = grade_candidate(options, candidate, NULL, folder, outcome, &err);
    }
    if (rc != 0 && outcome) {
        struct error ignored = {0};
        file_write(outcome, err.message, strlen(err.message), &ignored);
    }
    free(folder);
    free(outcome);
    return error_exit_code((enum error_kind)rc);
}

/* --- in the parent ---------------------------------------------------------
 */

static int read_verdicts(struct candidate *candidate, const char *text,
                         size_t nbytes, struct error *err)
{
    json_t *json = json_loadb(text, nbytes, 0, NULL);
    int score = 0;
    const char *verdicts = NULL;
    const char *reason = NULL;
    int rc = 0;

    if (!json || json_unpack(json, "{s:i, s:s, s:s}", "score", &score,
                             "verdicts", &verdicts, "reason", &reason) < 0) {
        rc = fail(err, ERROR_INFRA, "its process left no outcome");
    } else {
        candidate->score = (unsigned)score;
        candidate->verdicts = strdup(verdicts);
        candidate->reason = strdup(reason);
        if (!candidate->verdicts || !candidate->reason) {
            rc = fail(err, ERROR_INFRA, "out of memory");
        }
    }
    json_decref(json);
    return rc;
}

static void set_failure(struct candidate *candidate, const char *why)
{
    candidate->infra = true;
    candidate->failure = strdup(why);
}

/* Fills the candidate from what its process left. */
static void collect(const struct pool *pool, size_t i, int status)
{
    struct candidate *candidate = &pool->list->candidates[i];
    struct error err = {0};
    char *folder = NULL;
    char *outcome = NULL;
    char *text = NULL;
    size_t nbytes = 0;
    int rc = make_paths(pool->options, i, &folder, &outcome, &err);

    if (rc == 0 && !WIFEXITED(status)) {
        rc = fail(&err, ERROR_INFRA, "its process ended by signal %d",
                  WTERMSIG(status));
    }
    if (rc == 0) {
        rc = file_read(outcome, RESULT_BYTES_MAX, &text, &nbytes, &err);
    }
    if (rc == 0 && WEXITSTATUS(status) != 0) {
        rc = fail(&err, ERROR_INFRA, "%s", text);
    }
    if (rc == 0) {
        rc = read_verdicts(candidate, text, nbytes, &err);
    }
    if (rc == 0 && strchr(candidate->verdicts, '?')) {
        rc = fail(&err, ERROR_INFRA, "%s", candidate->reason);
    }
    if (rc != 0) {
        set_failure(candidate, err.message);
    }
    free(text);
    free(folder);
    free(outcome);
}

static void done(struct pool *pool, size_t i)
{
    pool->ndone++;
    if (pool->options->progress) {
        pool->options->progress(&pool->list->candidates[i], pool->ndone,
                                pool->list->count);
    }
}

static int start_next(struct pool *pool, struct error *err)
{
    size_t i = pool->nstarted++;
    const struct candidate *candidate = &pool->list->candidates[i];

    if (candidate->failure) {
        done(pool, i);
        return 0;
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) {
        return fail_errno(err, ERROR_INFRA, "can't start a process");
    }
    if (pid == 0) {
        _exit(work(pool->options, candidate, i));
    }
    pool->pids[i] = pid;
    pool->nrunning++;
    return 0;
}

static int await_one(struct pool *pool, struct error *err)
{
    int status = 0;
    pid_t pid = waitpid(-1, &status, 0);

    if (pid < 0 && errno != EINTR) {
        return fail_errno(err, ERROR_INFRA, "can't wait for a process");
    }
    for (size_t i = 0; pid > 0 && i < pool->nstarted; i++) {
        if (pool->pids[i] == pid) {
            pool->pids[i] = 0;
            pool->nrunning--;
            collect(pool, i, status);
            done(pool, i);
        }
    }
    return 0;
}

int verify_run(const struct verify_options *options,
               struct candidate_list *list, struct error *err)
{
    long ncores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t jobs =
        options->jobs > 0 ? options->jobs : (size_t)(ncores > 0 ? ncores : 1);
    struct pool pool = {.options = options, .list = list};
    struct error ignored = {0};
    int rc = 0;

    pool.pids = calloc(list->count, sizeof(*pool.pids));
    if (!pool.pids) {
        return fail(err, ERROR_INFRA, "out of memory");
    }
    while (rc == 0 && pool.ndone < list->count) {
        if (pool.nstarted < list->count && pool.nrunning < jobs) {
            rc = start_next(&pool, err);
        } else {
            rc = await_one(&pool, err);
        }
    }
    /* Those that still run work in a folder that the caller removes. */
    while (rc != 0 && pool.nrunning > 0 && await_one(&pool, &ignored) == 0) {
        continue;
    }
    free(pool.pids);
    return rc;
}

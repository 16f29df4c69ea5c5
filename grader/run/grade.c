/*
 * One submission through one lab. Each step fills a part of `struct grade`;
 * the first that fails leaves its reason in result.refused.
 */
#include "grade.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "folder.h"
#include "run.h"

static void say(const struct grade_request *request, const char *format,
                const char *what)
{
    char sentence[512];

    if (request->progress) {
        snprintf(sentence, sizeof(sentence), format, what);
        request->progress(request->context, sentence);
    }
}

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't grade: out of memory");
}

/* --- reading ---------------------------------------------------------------
 */

static int read_submission(const struct grade_request *request,
                           struct grade *grade, struct error *err)
{
    char *skeleton = NULL;
    int rc = path_join(request->kit->root, "skeleton", &skeleton, err);
    const struct submission_wanted wanted = {
        .lab_files = (const char *const *)grade->lab->component.files,
        .pristine = skeleton,
    };

    if (rc == 0) {
        rc =
            submission_read(&request->source, &wanted, &grade->submission, err);
    }
    free(skeleton);
    return rc;
}

/* The parts of the result that are known once lab and submission are. */
static void begin_result(const struct grade_request *request,
                         struct grade *grade)
{
    grade->result = (struct result){
        .lab = grade->lab,
        .submission = grade->submission,
        .where = request->source.where,
        .refused = grade->result.refused,
        .sandboxed = request->mode == SANDBOX_BWRAP,
    };
    result_score(&grade->result);
}

int grade_read(const struct grade_request *request, struct grade **out,
               struct error *err)
{
    struct grade *grade = calloc(1, sizeof(*grade));
    int rc = 0;

    if (!grade) {
        return out_of_memory(err);
    }
    rc = lab_read(request->kit->root, request->lab, &grade->lab, err);
    if (rc == 0) {
        rc = read_submission(request, grade, &grade->result.refused);
        if (rc == ERROR_USAGE) {
            *err = grade->result.refused;
        } else {
            grade->read_failed = rc != 0;
            rc = 0;
        }
    }
    if (rc != 0) {
        grade_free(grade);
        return rc;
    }
    begin_result(request, grade);
    *out = grade;
    return 0;
}

/* --- the record's first line -----------------------------------------------
 */

static int hash_suite(const struct grade_request *request, char **out,
                      struct error *err)
{
    char hex[SEED_HEX];
    char *path = NULL;
    int rc = 0;

    if (asprintf(&path, "%s/tests/suites/%s", request->kit->build,
                 request->lab) < 0) {
        return out_of_memory(err);
    }
    rc = seed_hash_file(path, hex, err);
    free(path);
    if (rc == 0) {
        *out = strdup(hex);
        rc = *out ? 0 : out_of_memory(err);
    }
    return rc;
}

static int begin_record(const struct grade_request *request,
                        struct grade *grade,
                        const unsigned char seed[SEED_BYTES], struct error *err)
{
    struct record *record = &grade->record;
    int rc = hash_suite(request, &record->suite_hash, err);

    seed_format(seed, record->seed);
    if (rc == 0) {
        rc = kit_ask(request->kit->cc, "--version", &record->toolchain, err);
    }
    if (rc == 0) {
        rc = kit_ask(request->kit->qemu, "--version", &record->qemu, err);
    }
    if (rc == 0) {
        record->lab = strdup(request->lab);
        record->content_hash = strdup(grade->submission->content_hash);
        rc = record->lab && record->content_hash ? 0 : out_of_memory(err);
    }
    return rc;
}

/* --- building and running --------------------------------------------------
 */

static int run_tests(const struct grade_request *request, struct grade *grade,
                     const unsigned char seed[SEED_BYTES], struct error *err)
{
    const struct run_options options = {
        .mode = request->mode,
        .jobs = request->jobs,
        .only = request->only,
        .first_failure = request->first_failure,
        .seed = seed,
    };

    say(request, request->only ? "running %s" : "running the tests of %s",
        request->only ? request->only : request->lab);
    int rc = run_suite(request->kit, grade->lab, &grade->build, &options,
                       request->work, &grade->record, err);
    if (rc == 0) {
        grade->result.record = &grade->record;
    }
    return rc;
}

static int build_and_run(const struct grade_request *request,
                         struct grade *grade,
                         const unsigned char seed[SEED_BYTES],
                         struct error *err)
{
    int rc = begin_record(request, grade, seed, err);

    if (rc == 0) {
        say(request, "building the kernel for %s", request->lab);
        rc =
            build_image(request->kit, grade->lab, grade->submission,
                        request->mode, request->work, seed, &grade->build, err);
    }
    if (rc == 0) {
        grade->result.build = &grade->build;
    }
    if (rc == 0 && grade->build.status == BUILD_OK) {
        rc = run_tests(request, grade, seed, err);
    }
    return rc;
}

/* What can be said before anything is built. */
static int check_request(const struct grade_request *request,
                         const struct grade *grade, struct error *err)
{
    bool found = !request->only;

    for (size_t i = 0; !found && i < grade->lab->ntests; i++) {
        found = strcmp(grade->lab->tests[i].name, request->only) == 0;
    }
    if (!found) {
        return fail(err, ERROR_USAGE,
                    "--only %s: %s has no such test; tests are named "
                    "suite::test, as in its table",
                    request->only, request->lab);
    }
    return run_check_names(request->kit, grade->lab, err);
}

int grade_run(const struct grade_request *request, struct grade *grade,
              struct error *err)
{
    unsigned char seed[SEED_BYTES];
    struct error *refused = &grade->result.refused;
    int rc = 0;

    if (grade->read_failed) {
        return 0;
    }
    rc = check_request(request, grade, err);
    if (rc == ERROR_USAGE) {
        return rc;
    }
    if (rc != 0) {
        *refused = *err;
    }
    if (rc == 0 && request->seed) {
        memcpy(seed, request->seed, sizeof(seed));
    } else if (rc == 0) {
        rc = seed_derive(request->course_key, grade->submission->content_hash,
                         request->lab, seed, refused);
    }
    if (rc == 0) {
        rc = build_and_run(request, grade, seed, refused);
    }
    result_score(&grade->result);
    return 0;
}

int grade_submission(const struct grade_request *request, struct grade **out,
                     struct error *err)
{
    struct grade *grade = NULL;
    int rc = grade_read(request, &grade, err);

    if (rc == 0) {
        rc = grade_run(request, grade, err);
    }
    if (rc != 0) {
        grade_free(grade);
        return rc;
    }
    *out = grade;
    return 0;
}

void grade_free(struct grade *grade)
{
    if (!grade) {
        return;
    }
    record_clear(&grade->record);
    build_free(&grade->build);
    submission_free(grade->submission);
    lab_free(grade->lab);
    free(grade->origin);
    free(grade);
}

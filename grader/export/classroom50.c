/*
 * Classroom 50's result.json, "classroom50/result/v1". Its schema knows no
 * other keys; scores are whole numbers. It has no word for a result that a
 * fault of ours left open, so there is none for that.
 */
#include "export.h"

#include <string.h>
#include "detail.h"
#include "moment.h"
#include "results.h"

#define TEST_BYTES_MAX 2000 /* what its own runner keeps of an output */
#define LINE_BYTES_MAX 2000

/* Texts that the schema demands and only whoever calls can know. */
static int check_options(const struct export_options *options,
                         struct error *err)
{
    const struct {
        const char *option, *value;
    } needed[] = {
        {"--classroom (or $CLASSROOM)", options->classroom},
        {"--assignment (or $ASSIGNMENT)", options->assignment},
        {"--owner (or $USERNAME)", options->owner},
        {"--submission (or $SUBMISSION_TAG)", options->submission},
        {"--commit (or $COMMIT_URL)", options->commit},
        {"--release (or $RELEASE_URL)", options->release},
    };

    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        if (!needed[i].value || !needed[i].value[0]) {
            return fail(err, ERROR_USAGE,
                        "Classroom 50 wants to be told %s; its runner sets "
                        "these for an autograder.py",
                        needed[i].option);
        }
    }
    if (strncmp(options->submission, "submit/", strlen("submit/")) != 0) {
        return fail(err, ERROR_USAGE,
                    "--submission is the tag, submit/TIME-COMMIT, not '%.200s'",
                    options->submission);
    }
    return 0;
}

static int find_type(const struct export_options *options, const char **type,
                     struct error *err)
{
    static const char *const types[] = {"individual", "group", "team", NULL};
    const char *wanted =
        options->assignment_type ? options->assignment_type : types[0];

    for (size_t i = 0; types[i]; i++) {
        if (strcmp(types[i], wanted) == 0) {
            *type = types[i];
            return 0;
        }
    }
    return fail(err, ERROR_USAGE,
                "the assignment's type is individual, group or team, not "
                "'%.100s'",
                wanted);
}

/* The commit's time as …Z; of what is no commit, now. */
static int find_time(const json_t *result, const struct export_options *options,
                     char when[MOMENT_BYTES], struct error *err)
{
    const json_t *submission = json_object_get(result, "submission");
    const char *time =
        json_string_value(json_object_get(submission, "commit_time"));
    int64_t moment = MOMENT_NONE;
    int rc = 0;

    time = time ? time : options->now;
    if (!time) {
        return fail(err, ERROR_USAGE,
                    "the time of the commit is not known: grade the git "
                    "repository, not a folder");
    }
    rc = moment_parse(time, &moment, err);
    if (rc == 0) {
        moment_format(moment, when);
    }
    return rc;
}

static json_t *test_entry(const struct one_test *at, const void *style)
{
    bool passed = results_verdict(at->result, at->test) == VERDICT_PASSED;

    return json_pack("{s:o, s:b, s:O, s:O, s:o}", "test-name",
                     detail_title(at, style), "passed", (int)passed, "score",
                     json_object_get(at->test, "points"), "max-score",
                     json_object_get(at->test, "max"), "output",
                     detail_of_test(at, style));
}

static json_t *line(const char *text)
{
    return detail_line(text, LINE_BYTES_MAX);
}

static json_t *make_document(const json_t *results,
                             const struct export_options *options,
                             const char *type, const char *when,
                             const struct detail_style *style)
{
    struct point_sums sums = results_sum(results);
    const char *review = options->review && options->review[0]
                             ? options->review
                             : options->commit;

    return json_pack(
        "{s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:I, s:I, s:o}",
        "schema", "classroom50/result/v1", "classroom",
        line(options->classroom), "assignment", line(options->assignment),
        "assignment_type", type, "owner", line(options->owner), "submission",
        line(options->submission), "commit", line(options->commit), "release",
        line(options->release), "review", line(review), "datetime", when,
        "score", sums.score, "max-score", sums.max, "tests",
        results_map(results, test_entry, style));
}

static int write_classroom50(const json_t *input,
                             const struct export_options *options, char **text,
                             size_t *nbytes, struct error *err)
{
    struct detail_style style = {.max_bytes = TEST_BYTES_MAX};
    struct point_sums sums = results_sum(input);
    char when[MOMENT_BYTES] = "";
    const char *type = NULL;
    int rc = detail_check_list(input, err);

    if (rc == 0) {
        rc = detail_language(options->language, &style.chinese, err);
    }
    if (rc == 0) {
        rc = check_options(options, err);
    }
    if (rc == 0) {
        rc = find_type(options, &type, err);
    }
    if (rc == 0) {
        rc = find_time(json_array_get(input, 0), options, when, err);
    }
    if (rc != 0) {
        return rc;
    }
    if (sums.ungraded > 0) {
        return fail(err, ERROR_INFRA,
                    "a fault of this machine left %lld points open; "
                    "Classroom 50 would take that for a zero, so there is no "
                    "result: grade again",
                    (long long)sums.ungraded);
    }
    return detail_dump(make_document(input, options, type, when, &style), text,
                       nbytes, err);
}

const struct export_format export_classroom50 = {
    .name = "classroom50",
    .summary = "result.json of a Classroom 50 submission",
    .write = write_classroom50,
};

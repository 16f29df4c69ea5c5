/*
 * CTRF, the Common Test Report Format (ctrf.io): one JSON document a run.
 *
 * Every key here is in its schema, which allows no others: our own things are
 * in `extra`. The words of status are passed, failed, skipped, pending, other;
 * what could not be decided is "other", our own word is in rawStatus.
 */
#include "export.h"

#include <stdlib.h>
#include <string.h>
#include "moment.h"
#include "results.h"

#define SPEC_VERSION "0.0.0" /* of the schema that this was written against */
#define MS           1000

static const char *const words[VERDICTS] = {
    [VERDICT_PASSED] = "passed",
    [VERDICT_FAILED] = "failed",
    [VERDICT_UNDECIDED] = "other",
    [VERDICT_SKIPPED] = "skipped",
};

static json_int_t milliseconds(double seconds)
{
    return (json_int_t)(seconds * MS + 0.5);
}

/* What went wrong; not of a test that passed. */
static int add_reason(json_t *json, const json_t *result, const json_t *test,
                      const char *language)
{
    const char *oops = results_text(test, "oops");
    char *detail = results_detail(result, test, language);
    int rc =
        detail ? json_object_set_new(json, "message", json_string(detail)) : -1;

    if (rc == 0 && *oops != '\0') {
        rc = json_object_set_new(json, "trace", json_string(oops));
    }
    free(detail);
    return rc;
}

static json_t *test_json(const struct one_test *at, const void *language)
{
    enum verdict verdict = results_verdict(at->result, at->test);
    double seconds = json_number_value(json_object_get(at->test, "seconds"));
    char *title = results_title(at->results, at->i);
    char *suite = results_suite(at->test);
    json_t *json = NULL;

    if (title && suite) {
        json = json_pack(
            "{s:s, s:s, s:I, s:s, s:[s, s], s:[s], s:{s:s, s:O*, s:O*}}",
            "name", results_test_name(at->test), "status", words[verdict],
            "duration", milliseconds(seconds), "rawStatus",
            results_text(at->test, "status"), "suite", title, suite, "tags",
            results_text(at->test, "visibility"), "extra", "title",
            results_localised(at->test, "title", language), "points",
            json_object_get(at->test, "points"), "max",
            json_object_get(at->test, "max"));
    }
    if (json && verdict != VERDICT_PASSED &&
        add_reason(json, at->result, at->test, language) < 0) {
        json_decref(json);
        json = NULL;
    }
    free(suite);
    free(title);
    return json;
}

/*
 * When the run began and ended, in milliseconds since 1970: it ended now, as
 * far as we know, and took at least the time of its tests.
 */
static int span(const char *now, double seconds, json_int_t *start,
                json_int_t *stop, struct error *err)
{
    int64_t moment = 0;
    int rc = now ? moment_parse(now, &moment, err) : 0;

    *start = (json_int_t)moment * MS;
    *stop = *start;
    if (now) {
        *start -= milliseconds(seconds);
    } else {
        *stop += milliseconds(seconds);
    }
    return rc;
}

static json_t *summary_json(const json_t *results, const char *now,
                            struct error *err)
{
    json_int_t start = 0, stop = 0;
    struct verdict_counts sum = results_count_all(results);

    if (span(now, sum.seconds, &start, &stop, err) != 0) {
        return NULL;
    }
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "tests",
        (json_int_t)sum.all, "passed", (json_int_t)sum.of[VERDICT_PASSED],
        "failed", (json_int_t)sum.of[VERDICT_FAILED], "skipped",
        (json_int_t)sum.of[VERDICT_SKIPPED], "pending", (json_int_t)0, "other",
        (json_int_t)sum.of[VERDICT_UNDECIDED], "suites",
        (json_int_t)json_array_size(results), "start", start, "stop", stop);
}

/* Scores of the results: what CTRF has no word for. */
static json_t *scores_json(const json_t *results)
{
    static const char *const keys[] = {"lab", "score", "max", "graded"};
    json_t *scores = json_array();
    const json_t *result = NULL;
    size_t i = 0;

    json_array_foreach(results, i, result)
    {
        json_t *score = json_object();
        for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
            json_t *value = json_object_get(result, keys[k]);
            if (value && json_object_set(score, keys[k], value) < 0) {
                json_decref(score);
                score = NULL;
            }
        }
        if (json_array_append_new(scores, score) < 0) {
            json_decref(scores);
            return NULL;
        }
    }
    return scores;
}

static int write_ctrf(const json_t *input, const struct export_options *options,
                      char **text, size_t *nbytes, struct error *err)
{
    int rc = results_check(input, err);
    json_t *summary = NULL, *json = NULL;

    if (rc != 0) {
        return rc;
    }
    *err = (struct error){0};
    summary = summary_json(input, options->now, err);
    if (!summary) {
        return err->kind != ERROR_NONE
                   ? (int)err->kind
                   : fail(err, ERROR_INFRA, "can't write CTRF: out of memory");
    }
    json = json_pack("{s:s, s:s, s:s, s:{s:{s:s}, s:o, s:o, s:{s:o}}}",
                     "reportFormat", "CTRF", "specVersion", SPEC_VERSION,
                     "generatedBy", "mmgrade", "results", "tool", "name",
                     "mmgrade", "summary", summary, "tests",
                     results_map(input, test_json, options->language), "extra",
                     "scores", scores_json(input));
    if (json && options->now &&
        json_object_set_new(json, "timestamp", json_string(options->now)) < 0) {
        json_decref(json);
        json = NULL;
    }
    *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
    json_decref(json);
    if (!*text) {
        return fail(err, ERROR_INFRA, "can't write CTRF: out of memory");
    }
    *nbytes = strlen(*text);
    return 0;
}

const struct export_format export_ctrf = {
    .name = "ctrf",
    .summary = "CTRF JSON, the Common Test Report Format",
    .write = write_ctrf,
};

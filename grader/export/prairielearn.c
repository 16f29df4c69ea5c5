/*
 * PrairieLearn's results.json of an external grader. A submission that does
 * not build, or can't be graded at all, is not gradable: that costs a student
 * no attempt. Nor does a fault of ours. The file is kept below PrairieLearn's
 * megabyte: what happened is told in fewer words until it fits.
 */
#include "export.h"

#include <stdlib.h>
#include <string.h>
#include "detail.h"
#include "results.h"

#define DOCUMENT_BYTES_MAX 1000000
#define OUTPUT_BYTES_MAX   32768

static bool is_gradable(const json_t *results)
{
    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *result = json_array_get(results, i);
        const char *built =
            results_text(json_object_get(result, "build"), "status");

        if (!json_is_null(json_object_get(result, "refused")) ||
            !json_is_true(json_object_get(result, "graded")) ||
            (built[0] && strcmp(built, "ok") != 0)) {
            return false;
        }
    }
    return true;
}

static json_t *test_entry(const struct one_test *at, const void *context)
{
    const struct detail_style *style = context;

    return json_pack(
        "{s:o, s:o, s:O, s:O, s:o}", "name", detail_title(at, style),
        "description",
        detail_line(results_text(at->test, "name"), style->max_bytes), "points",
        json_object_get(at->test, "points"), "max_points",
        json_object_get(at->test, "max"), "output", detail_of_test(at, style));
}

/* What was wrong with the format, a text for each result. */
static json_t *format_errors(const json_t *results,
                             const struct detail_style *style)
{
    json_t *list = json_array();

    for (size_t i = 0; list && i < json_array_size(results); i++) {
        if (json_array_append_new(
                list, detail_of_result(json_array_get(results, i), style)) <
            0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* `test_bytes` is how much may be said of each test. */
static json_t *make_document(const json_t *results, bool chinese,
                             size_t test_bytes)
{
    struct detail_style style = {.chinese = chinese,
                                 .max_bytes = OUTPUT_BYTES_MAX};
    struct detail_style brief = {.chinese = chinese, .max_bytes = test_bytes};
    struct point_sums sums = results_sum(results);

    if (!is_gradable(results)) {
        return json_pack("{s:b, s:o, s:[], s:[]}", "gradable", 0,
                         "format_errors", format_errors(results, &style),
                         "tests", "images");
    }
    return json_pack("{s:b, s:f, s:o, s:o, s:[]}", "gradable", 1, "score",
                     sums.max > 0 ? (double)sums.score / (double)sums.max : 0.0,
                     "output", detail_of_results(results, &style), "tests",
                     results_map(results, test_entry, &brief), "images");
}

static int write_prairielearn(const json_t *input,
                              const struct export_options *options, char **text,
                              size_t *nbytes, struct error *err)
{
    static const size_t sizes[] = {8192, 1024, 300};
    bool chinese = false;
    int rc = detail_check_list(input, err);

    if (rc == 0) {
        rc = detail_language(options->language, &chinese, err);
    }
    for (size_t i = 0; rc == 0 && i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        rc = detail_dump(make_document(input, chinese, sizes[i]), text, nbytes,
                         err);
        if (rc == 0 && *nbytes < DOCUMENT_BYTES_MAX) {
            return 0;
        }
        if (rc == 0) {
            free(*text);
            *text = NULL;
        }
    }
    return rc != 0 ? rc
                   : fail(err, ERROR_USAGE,
                          "so many tests don't fit into the megabyte that "
                          "PrairieLearn takes");
}

const struct export_format export_prairielearn = {
    .name = "prairielearn",
    .summary = "results.json of a PrairieLearn external grader",
    .write = write_prairielearn,
};

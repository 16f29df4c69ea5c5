/*
 * Gradescope's results.json.
 *
 * Students see every text of a test that is `visible`, and later those of
 * `after_due_date` and `after_published`. So what happened in a hidden test is
 * told only if hidden tests are `hidden`, which students never see; then
 * Gradescope shows them no total either. Texts are declared `text`: the
 * default of the topmost one would render HTML.
 *
 * A result that a fault of ours left open has no score, nor have the tests it
 * touches: Gradescope then reports a run that failed, not a zero.
 */
#include "export.h"

#include <string.h>
#include "detail.h"
#include "results.h"
#include "visibility.h"

#define TEST_BYTES_MAX   16384
#define OUTPUT_BYTES_MAX 65536
#define LINE_BYTES_MAX   200

struct context {
    const json_t *results;
    struct detail_style style;
    const char *hidden; /* visibility of hidden tests */
    bool graded;        /* no points are open */
};

const char *const gradescope_visibilities[] = {
    "visible", "after_due_date", "after_published", "hidden", NULL};

int gradescope_visibility(const char *word, const char **out, struct error *err)
{
    const char *wanted = word ? word : gradescope_visibilities[0];

    for (size_t i = 0; gradescope_visibilities[i]; i++) {
        if (strcmp(gradescope_visibilities[i], wanted) == 0) {
            *out = gradescope_visibilities[i];
            return 0;
        }
    }
    return fail(err, ERROR_USAGE,
                "--visibility is visible, after_due_date, after_published or "
                "hidden, not '%.100s'",
                wanted);
}

/* A text of the object as a line, or null. */
static json_t *line_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? detail_line(text, LINE_BYTES_MAX) : json_null();
}

/*
 * Adds score and status, unless the verdict is open. No test has a score if one
 * of them is open: Gradescope adds them up where there is no total.
 */
static int set_score(const struct context *context, json_t *entry,
                     const struct one_test *at)
{
    enum verdict verdict = results_verdict(at->result, at->test);

    if (verdict == VERDICT_UNDECIDED || verdict == VERDICT_SKIPPED) {
        return 0;
    }
    if (context->graded &&
        (json_object_set(entry, "score", json_object_get(at->test, "points")) <
             0 ||
         json_object_set(entry, "max_score", json_object_get(at->test, "max")) <
             0)) {
        return -1;
    }
    return json_object_set_new(
        entry, "status",
        json_string(verdict == VERDICT_PASSED ? "passed" : "failed"));
}

/* "3", of several results "2.3". */
static json_t *number(const struct one_test *at)
{
    return json_array_size(at->results) > 1
               ? json_sprintf("%zu.%zu", at->i + 1, at->k + 1)
               : json_sprintf("%zu", at->k + 1);
}

static json_t *test_entry(const struct one_test *at, const void *argument)
{
    const struct context *context = argument;
    bool hidden = detail_is_hidden(at->test);
    struct detail_style style = context->style;

    style.max_bytes = TEST_BYTES_MAX;
    style.reveal = strcmp(context->hidden, "hidden") == 0;
    json_t *entry = json_pack(
        "{s:o, s:s, s:o, s:o, s:s, s:[o, s], s:s}", "name",
        detail_title(at, &style), "name_format", "text", "number", number(at),
        "output", detail_of_test(at, &style), "output_format", "text", "tags",
        line_of(at->result, "lab"), hidden ? "hidden" : "public", "visibility",
        hidden ? context->hidden : "visible");
    if (entry && set_score(context, entry, at) < 0) {
        json_decref(entry);
        entry = NULL;
    }
    return entry;
}

/* What staff may want to know; Gradescope keeps it and shows it to nobody. */
static json_t *extra_data(const struct context *context)
{
    const json_t *first = json_array_get(context->results, 0);
    const json_t *submission = json_object_get(first, "submission");

    return json_pack("{s:b, s:o, s:o, s:o}", "graded", (int)context->graded,
                     "sandbox", line_of(first, "sandbox"), "commit",
                     line_of(submission, "commit"), "content_hash",
                     line_of(submission, "content_hash"));
}

static int write_gradescope(const json_t *input,
                            const struct export_options *options, char **text,
                            size_t *nbytes, struct error *err)
{
    struct context context = {.results = input};
    struct point_sums sums = results_sum(input);
    json_t *document = NULL;
    int rc = detail_check_list(input, err);

    if (rc == 0) {
        rc = gradescope_visibility(options->visibility, &context.hidden, err);
    }
    if (rc == 0) {
        rc = detail_language(options->language, &context.style.chinese, err);
    }
    if (rc != 0) {
        return rc;
    }
    context.graded = sums.ungraded == 0;
    context.style.max_bytes = OUTPUT_BYTES_MAX;
    document =
        json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "output",
                  detail_of_results(input, &context.style), "output_format",
                  "text", "test_output_format", "text", "test_name_format",
                  "text", "visibility", "visible", "stdout_visibility",
                  "hidden", "extra_data", extra_data(&context), "tests",
                  results_map(input, test_entry, &context));
    if (document && context.graded &&
        json_object_set_new(document, "score", json_integer(sums.score)) < 0) {
        json_decref(document);
        document = NULL;
    }
    return detail_dump(document, text, nbytes, err);
}

const struct export_format export_gradescope = {
    .name = "gradescope",
    .summary = "results.json of a Gradescope autograder",
    .write = write_gradescope,
};

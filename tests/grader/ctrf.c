/*
 * CTRF: what its specification demands. tests/exports/ctrf checks it against
 * the schema.
 */
#include "sample_results.h"

TestSuite(ctrf, .timeout = 60);

static json_t *load(char *text)
{
    json_t *json = json_loads(text, 0, NULL);

    cr_assert(json, "it is JSON:\n%s", text);
    free(text);
    return json;
}

static json_t *at(json_t *json, const char *key)
{
    json_t *found = json_object_get(json, key);

    cr_assert(found, "there is no key %s", key);
    return found;
}

static long long number(json_t *json, const char *key)
{
    cr_expect(json_is_integer(at(json, key)), "%s is an integer", key);
    return json_integer_value(at(json, key));
}

static void expect_text(json_t *json, const char *key, const char *wanted)
{
    const char *text = json_string_value(at(json, key));

    cr_expect(text && strcmp(text, wanted) == 0, "%s: expected '%s', got '%s'",
              key, wanted, text ? text : "no text");
}

Test(ctrf, document_says_what_it_is)
{
    struct export_options options = {.now = "2026-03-01T15:59:00Z"};
    json_t *json = load(text_of(&export_ctrf, &options, sample_of_all(), NULL));

    expect_text(json, "reportFormat", "CTRF");
    expect_text(json, "specVersion", "0.0.0");
    expect_text(json, "timestamp", "2026-03-01T15:59:00Z");
    expect_text(at(at(json, "results"), "tool"), "name", "mmgrade");
    json_decref(json);
}

Test(ctrf, summary_adds_up)
{
    struct export_options options = {.now = "2026-03-01T15:59:00Z"};
    json_t *json = load(text_of(&export_ctrf, &options, sample_of_all(),
                                sample_of_all(), NULL));
    json_t *summary = at(at(json, "results"), "summary");

    cr_expect_eq(number(summary, "tests"), 16);
    cr_expect_eq(number(summary, "passed"), 2);
    cr_expect_eq(number(summary, "failed"), 10);
    cr_expect_eq(number(summary, "skipped"), 2);
    cr_expect_eq(number(summary, "pending"), 0);
    cr_expect_eq(number(summary, "other"), 2);
    cr_expect_eq(number(summary, "stop"), 1772380740000);
    cr_expect_eq(number(summary, "start"), 1772380740000 - 2000);
    json_decref(json);
}

Test(ctrf, statuses_are_of_its_vocabulary)
{
    static const char *const wanted[] = {"passed",  "failed", "failed",
                                         "failed",  "failed", "failed",
                                         "skipped", "other"};
    struct export_options options = {0};
    json_t *json = load(text_of(&export_ctrf, &options, sample_of_all(), NULL));
    json_t *tests = at(at(json, "results"), "tests");

    cr_assert_eq(json_array_size(tests), 8);
    for (size_t i = 0; i < 8; i++) {
        expect_text(json_array_get(tests, i), "status", wanted[i]);
    }
    json_decref(json);
}

Test(ctrf, test_has_duration_suite_message_and_trace)
{
    struct export_options options = {.language = "zh"};
    json_t *json = load(text_of(&export_ctrf, &options, sample_of_all(), NULL));
    json_t *test = json_array_get(at(at(json, "results"), "tests"), 3);

    expect_text(test, "name", "crashes");
    cr_expect_eq(number(test, "duration"), 250);
    expect_text(test, "rawStatus", "crash");
    expect_text(at(test, "extra"), "title", "题");
    cr_expect_str_eq(json_string_value(json_array_get(at(test, "suite"), 0)),
                     "lab1-buddy");
    cr_expect_str_eq(json_string_value(json_array_get(at(test, "suite"), 1)),
                     "buddy");
    cr_expect(strstr(json_string_value(at(test, "message")), "seen      BUG"));
    cr_expect(strstr(json_string_value(at(test, "trace")), "expand+0x1c"));
    json_decref(json);
}

Test(ctrf, scores_are_extra)
{
    struct export_options options = {0};
    json_t *json = load(text_of(&export_ctrf, &options, sample_of_all(), NULL));
    json_t *scores = at(at(at(json, "results"), "extra"), "scores");

    expect_text(json_array_get(scores, 0), "lab", "lab1-buddy");
    cr_expect_eq(number(json_array_get(scores, 0), "score"), 10);
    json_decref(json);
}

Test(ctrf, time_that_is_none_is_refused)
{
    struct export_options options = {.now = "yesterday"};
    json_t *list = json_array();
    struct error err = {0};
    char *text = NULL;
    size_t nbytes = 0;

    cr_expect_eq(export_ctrf.write(list, &options, &text, &nbytes, &err),
                 ERROR_USAGE);
    cr_expect(strstr(err.message, "yesterday"), "%s", err.message);
    json_decref(list);
}

Test(ctrf, what_is_no_list_of_results_is_refused)
{
    expect_refusals(&export_ctrf);
}

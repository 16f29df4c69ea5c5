/*
 * PrairieLearn's results.json.
 */
#include "exporting.h"

TestSuite(prairielearn, .fini = forget);

static const struct export_options plain;

static json_t *export_one(json_t *result)
{
    return export_result(&export_prairielearn, result, &plain);
}

static bool is_gradable(const json_t *document)
{
    const json_t *gradable = json_object_get(document, "gradable");

    cr_assert(json_is_boolean(gradable), "gradable is no boolean");
    return json_is_true(gradable);
}

Test(prairielearn, score_is_from_0_to_1)
{
    json_t *document = export_one(make_result());

    cr_expect(is_gradable(document), "gradable");
    cr_expect(json_real_value(json_object_get(document, "score")) == 0.5, "");
    cr_expect(json_is_array(json_object_get(document, "images")), "images");
    json_decref(document);
}

Test(prairielearn, full_marks_are_1)
{
    json_t *result = make_result();
    json_t *tests = json_object_get(result, "tests");

    for (size_t i = 0; i < 3; i++) {
        json_t *test = json_array_get(tests, i);
        json_object_set(test, "points", json_object_get(test, "max"));
        json_object_set_new(test, "status", json_string("pass"));
    }
    json_object_set_new(result, "score", json_integer(100));
    json_t *document = export_one(result);
    cr_expect(json_real_value(json_object_get(document, "score")) == 1.0, "");
    json_decref(document);
}

Test(prairielearn, tests_have_the_keys_that_it_shows)
{
    json_t *document = export_one(make_result());
    const json_t *test = test_of(document, 0);

    cr_expect_str_eq(word(test, "name"), "It gives one", "");
    cr_expect_str_eq(word(test, "description"), "toy::one", "");
    cr_expect(whole(test, "points") == 0, "points");
    cr_expect(whole(test, "max_points") == 20, "max_points");
    cr_expect(strstr(word(test, "output"), "SEEN-PUBLIC"), "output");
    json_decref(document);
}

Test(prairielearn, nothing_of_a_hidden_test_is_told)
{
    json_decref(export_one(make_result()));
    expect_no_text("-HIDDEN");
    expect_text("Think two");
}

Test(prairielearn, what_does_not_build_costs_no_attempt)
{
    json_t *result = make_result();
    json_t *tests = json_object_get(result, "tests");

    json_object_set_new(
        result, "build",
        parse("{'status': 'build-failed', 'messages': 'toy.c:3: error'}"));
    for (size_t i = 0; i < 3; i++) {
        json_t *test = json_array_get(tests, i);
        json_object_set_new(test, "points", json_integer(0));
        json_object_set_new(test, "status", json_string("build-failed"));
    }
    json_object_set_new(result, "score", json_integer(0));
    json_t *document = export_one(result);
    const json_t *errors = json_object_get(document, "format_errors");
    cr_expect(!is_gradable(document), "not gradable");
    cr_expect(!json_object_get(document, "score"), "no score");
    cr_expect(json_is_array(errors) && json_array_size(errors) == 1, "errors");
    cr_expect(
        strstr(json_string_value(json_array_get(errors, 0)), "toy.c:3: error"),
        "the compiler's words");
    json_decref(document);
}

Test(prairielearn, refused_and_open_results_are_not_gradable)
{
    json_t *document = export_one(make_refused_result());

    cr_expect(!is_gradable(document), "refused");
    expect_text("it is hollow");
    json_decref(document);
    document = export_one(make_open_result());
    cr_expect(!is_gradable(document), "a fault of ours");
    cr_expect(!json_object_get(document, "score"), "no zero");
    expect_text("no fault of yours");
    json_decref(document);
}

/* A test for every point, each with more to say than fits. */
Test(prairielearn, stays_below_a_megabyte)
{
    json_t *result = make_result();
    json_t *tests = json_array();
    char *much = calloc(1, 30001);

    memset(much, 'y', 30000);
    for (size_t i = 0; i < 100; i++) {
        json_t *test =
            json_deep_copy(json_array_get(json_object_get(result, "tests"), 0));
        json_object_set_new(test, "max", json_integer(1));
        json_t *message = json_array_get(json_object_get(test, "messages"), 0);
        json_object_set_new(message, "seen", json_string(much));
        json_array_append_new(tests, test);
    }
    for (size_t i = 0; i < 150; i++) {
        json_array_append_new(tests,
                              json_deep_copy(json_array_get(tests, i % 100)));
    }
    json_object_set_new(result, "tests", tests);
    json_object_set_new(result, "score", json_integer(0));
    json_object_set_new(result, "max", json_integer(250));
    json_decref(export_one(result));
    cr_expect(text_bytes < 1000000, "%zu bytes", text_bytes);
    expect_text("bytes more]");
    free(much);
}

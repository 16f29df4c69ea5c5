/*
 * Gradescope's results.json: what its specification demands, and that students
 * see nothing of what they must not see.
 */
#include "exporting.h"

TestSuite(gradescope, .fini = forget);

static const struct export_options plain;

static json_t *export_one(json_t *result, const struct export_options *options)
{
    return export_result(&export_gradescope, result, options);
}

Test(gradescope, has_keys_and_words_of_the_specification)
{
    static const char *const known[] = {
        "score",      "max_score", "name",          "name_format",
        "number",     "output",    "output_format", "tags",
        "visibility", "status",    "extra_data",    NULL};
    json_t *document = export_one(make_result(), &plain);

    cr_expect(whole(document, "score") == 50, "score");
    cr_expect_str_eq(word(document, "output_format"), "text", "else HTML");
    cr_expect_str_eq(word(document, "test_output_format"), "text", "format");
    cr_expect_str_eq(word(document, "test_name_format"), "text", "format");
    cr_expect_str_eq(word(document, "visibility"), "visible", "visibility");
    cr_expect_str_eq(word(document, "stdout_visibility"), "hidden", "stdout");
    cr_expect(json_array_size(json_object_get(document, "tests")) == 3, "all");
    for (size_t i = 0; i < 3; i++) {
        const char *key = NULL;
        json_t *value = NULL;
        json_t *test = (json_t *)test_of(document, i);
        json_object_foreach(test, key, value)
        {
            size_t k = 0;
            while (known[k] && strcmp(known[k], key) != 0) {
                k++;
            }
            cr_expect(known[k], "an unknown key %s", key);
        }
        cr_expect_str_eq(word(test, "output_format"), "text", "format");
        cr_expect_str_eq(word(test, "name_format"), "text", "format");
        cr_expect(whole(test, "score") <= whole(test, "max_score"), "score");
    }
    json_decref(document);
}

Test(gradescope, scores_of_the_tests_add_up)
{
    json_t *document = export_one(make_result(), &plain);
    long long sum = 0;

    for (size_t i = 0; i < 3; i++) {
        sum += whole(test_of(document, i), "score");
    }
    cr_expect(sum == whole(document, "score"), "the sum is %lld", sum);
    cr_expect_str_eq(word(test_of(document, 0), "status"), "failed", "status");
    cr_expect_str_eq(word(test_of(document, 2), "status"), "passed", "status");
    cr_expect_str_eq(word(test_of(document, 0), "number"), "1", "number");
    json_decref(document);
}

Test(gradescope, public_test_tells_what_happened)
{
    json_t *document = export_one(make_result(), &plain);
    const char *output = word(test_of(document, 0), "output");

    cr_expect(strstr(output, "seen: SEEN-PUBLIC"), "got:\n%s", output);
    cr_expect(strstr(output, "Think one"), "got:\n%s", output);
    json_decref(document);
}

/* The results that this is made of are for staff. */
Test(gradescope, hidden_test_tells_verdict_and_hint_only)
{
    static const char *const words[] = {NULL, "visible", "after_due_date",
                                        "after_published"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct export_options options = {.visibility = words[i]};
        json_t *document = export_one(make_result(), &options);
        const json_t *test = test_of(document, 1);

        expect_no_text("-HIDDEN");
        cr_expect(strstr(word(test, "output"), "Think two"), "hint");
        cr_expect_str_eq(word(test, "visibility"),
                         words[i] ? words[i] : "visible", "visibility");
        cr_expect_str_eq(word(test_of(document, 0), "visibility"), "visible",
                         "public tests stay visible");
        json_decref(document);
    }
}

Test(gradescope, hidden_visibility_tells_instructors_everything)
{
    struct export_options options = {.visibility = "hidden"};
    json_t *document = export_one(make_result(), &options);
    const char *key = NULL;
    json_t *value = NULL;

    cr_expect_str_eq(word(test_of(document, 1), "visibility"), "hidden", "");
    cr_expect(strstr(word(test_of(document, 1), "output"), "OOPS-HIDDEN"),
              "got:\n%s", text);
    json_array_remove(json_object_get(document, "tests"), 1);
    json_object_foreach(document, key, value)
    {
        char *part = json_dumps(value, JSON_ENCODE_ANY);
        cr_expect(!strstr(part, "-HIDDEN"), "%s has it: %s", key, part);
        free(part);
    }
    json_decref(document);
}

Test(gradescope, unknown_visibility_is_a_usage_error)
{
    struct export_options options = {.visibility = "sometimes"};

    expect_trouble(export_input(&export_gradescope,
                                json_pack("[o]", make_result()), &options),
                   ERROR_USAGE, "not 'sometimes'");
}

Test(gradescope, fault_of_ours_has_no_score)
{
    json_t *document = export_one(make_open_result(), &plain);
    const json_t *open = test_of(document, 1);

    cr_expect(!json_object_get(document, "score"), "never a zero");
    cr_expect(!json_object_get(open, "score"), "nor for the test");
    cr_expect(!json_object_get(open, "status"), "no verdict");
    /* Without a total, Gradescope would add the others' up. */
    cr_expect(!json_object_get(test_of(document, 2), "score"),
              "nor for others");
    cr_expect(strcmp(word(test_of(document, 2), "status"), "passed") == 0,
              "but their verdicts");
    cr_expect(json_is_false(json_object_get(
                  json_object_get(document, "extra_data"), "graded")),
              "extra_data says so");
    cr_expect(strstr(word(document, "output"), "30 points are open"), "got: %s",
              word(document, "output"));
    json_decref(document);
}

Test(gradescope, refused_submission_is_a_zero_with_the_reason)
{
    json_t *document = export_one(make_refused_result(), &plain);

    cr_expect(whole(document, "score") == 0, "a zero");
    cr_expect(strstr(word(document, "output"), "Refused: it is hollow"),
              "got: %s", word(document, "output"));
    cr_expect_str_eq(word(test_of(document, 2), "status"), "failed", "");
    json_decref(document);
}

Test(gradescope, says_that_there_was_no_sandbox)
{
    json_t *result = make_result();

    json_object_set_new(result, "sandbox", json_string("none"));
    json_t *document = export_one(result, &plain);
    cr_expect_str_eq(word(json_object_get(document, "extra_data"), "sandbox"),
                     "none", "sandbox");
    expect_text("without a sandbox");
    json_decref(document);
}

Test(gradescope, speaks_chinese)
{
    struct export_options options = {.language = "zh"};
    json_t *document = export_one(make_result(), &options);

    cr_expect_str_eq(word(test_of(document, 0), "name"), "测试", "name");
    expect_text("实际：SEEN-PUBLIC");
    expect_text("玩具：50 / 100 分");
    json_decref(document);
    options.language = "de";
    expect_trouble(export_input(&export_gradescope,
                                json_pack("[o]", make_result()), &options),
                   ERROR_USAGE, "en or zh");
}

Test(gradescope, several_labs_are_summed_and_told_apart)
{
    cr_assert(export_input(&export_gradescope, make_two_results(), &plain) == 0,
              "%s", trouble.message);
    json_t *document = json_loads(text, 0, NULL);
    cr_expect(whole(document, "score") == 100, "the sum");
    cr_expect_str_eq(word(test_of(document, 3), "name"),
                     "The other: It gives one", "name");
    cr_expect_str_eq(word(test_of(document, 3), "number"), "2.1", "number");
    json_decref(document);
}

Test(gradescope, results_of_two_students_are_refused)
{
    json_t *list = make_two_results();
    json_t *submission = json_object_get(json_array_get(list, 1), "submission");

    json_object_set_new(submission, "origin", json_string("bob.git"));
    expect_trouble(export_input(&export_gradescope, list, &plain), ERROR_USAGE,
                   "different submissions ('alice.git' and 'bob.git')");
    expect_trouble(
        export_input(&export_gradescope,
                     json_pack("[o, o]", make_result(), make_result()), &plain),
        ERROR_USAGE, "two results of lab0-toy");
    expect_trouble(export_input(&export_gradescope, json_array(), &plain),
                   ERROR_USAGE, "no result");
}

Test(gradescope, hostile_texts_are_harmless_and_cut)
{
    json_t *result = make_result();
    json_t *test = json_array_get(json_object_get(result, "tests"), 0);
    json_t *message = json_array_get(json_object_get(test, "messages"), 0);
    char *huge = calloc(1, 200001);

    memset(huge, 'x', 200000);
    json_object_set_new(message, "did", json_string("a\x1b[31m\u202e"));
    json_object_set_new(message, "seen", json_string(huge));
    json_object_set_new(json_object_get(test, "title"), "en",
                        json_string("two\nlines\u2066"));
    json_t *document = export_one(result, &plain);
    expect_no_text("\u202e");
    expect_no_text("\\u001b");
    expect_no_text("\u2066");
    expect_text("bytes more]");
    cr_expect(strlen(word(test_of(document, 0), "output")) <= 16384, "cut");
    cr_expect(!strchr(word(test_of(document, 0), "name"), '\n'), "one line");
    json_decref(document);
    free(huge);
}

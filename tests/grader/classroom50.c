/*
 * Classroom 50's result.json: its schema, to the letter.
 */
#include "exporting.h"

TestSuite(classroom50, .fini = forget);

static struct export_options make_options(void)
{
    return (struct export_options){
        .classroom = "os",
        .assignment = "toy",
        .owner = "alice",
        .submission = "submit/2026-03-01T15-59-00Z-0123abc",
        .commit = "https://x.org/c",
        .release = "https://x.org/r",
    };
}

static json_t *export_one(json_t *result, const struct export_options *options)
{
    return export_result(&export_classroom50, result, options);
}

Test(classroom50, has_exactly_the_keys_of_the_schema)
{
    static const char *const keys[] = {
        "schema",     "classroom", "assignment", "assignment_type", "owner",
        "submission", "commit",    "release",    "review",          "datetime",
        "score",      "max-score", "tests"};
    struct export_options options = make_options();
    json_t *document = export_one(make_result(), &options);
    size_t count = sizeof(keys) / sizeof(keys[0]);

    for (size_t i = 0; i < count; i++) {
        cr_expect(json_object_get(document, keys[i]), "no %s", keys[i]);
    }
    cr_expect(json_object_size(document) == count, "another key in:\n%s", text);
    cr_expect_str_eq(word(document, "schema"), "classroom50/result/v1", "");
    cr_expect_str_eq(word(document, "assignment_type"), "individual", "");
    cr_expect(whole(document, "score") == 50, "score");
    cr_expect(whole(document, "max-score") == 100, "max-score");
    json_decref(document);
}

Test(classroom50, time_is_the_commits_in_utc)
{
    struct export_options options = make_options();
    json_t *document = export_one(make_result(), &options);

    cr_expect_str_eq(word(document, "datetime"), "2026-03-01T15:59:00Z", "");
    json_decref(document);
}

Test(classroom50, without_a_commit_the_time_is_now)
{
    struct export_options options = make_options();
    json_t *result = make_result();

    json_object_set_new(json_object_get(result, "submission"), "commit_time",
                        json_null());
    options.now = "2026-03-05T00:00:00Z";
    json_t *document = export_one(json_incref(result), &options);
    cr_expect_str_eq(word(document, "datetime"), "2026-03-05T00:00:00Z", "");
    json_decref(document);
    options.now = NULL;
    expect_trouble(
        export_input(&export_classroom50, json_pack("[o]", result), &options),
        ERROR_USAGE, "time of the commit is not known");
}

Test(classroom50, time_that_is_none_is_refused)
{
    struct export_options options = make_options();
    json_t *result = make_result();

    json_object_set_new(json_object_get(result, "submission"), "commit_time",
                        json_string("yesterday"));
    expect_trouble(
        export_input(&export_classroom50, json_pack("[o]", result), &options),
        ERROR_USAGE, "yesterday");
}

Test(classroom50, tests_have_names_and_whole_scores)
{
    struct export_options options = make_options();
    json_t *document = export_one(make_result(), &options);
    const json_t *test = test_of(document, 2);

    cr_expect_str_eq(word(test, "test-name"), "It ends", "");
    cr_expect(json_is_true(json_object_get(test, "passed")), "passed");
    cr_expect(whole(test, "score") == 50, "score");
    cr_expect(whole(test, "max-score") == 50, "max-score");
    cr_expect(json_is_false(json_object_get(test_of(document, 0), "passed")),
              "not passed");
    json_decref(document);
}

/* Releases are for students to see. */
Test(classroom50, nothing_of_a_hidden_test_is_told)
{
    struct export_options options = make_options();

    json_decref(export_one(make_result(), &options));
    expect_no_text("-HIDDEN");
    expect_text("SEEN-PUBLIC");
    expect_text("Think two");
}

Test(classroom50, review_is_the_commit_if_there_is_none)
{
    struct export_options options = make_options();
    json_t *document = export_one(make_result(), &options);

    cr_expect_str_eq(word(document, "review"), "https://x.org/c", "");
    json_decref(document);
    options.review = "https://x.org/d";
    document = export_one(make_result(), &options);
    cr_expect_str_eq(word(document, "review"), "https://x.org/d", "");
    json_decref(document);
}

Test(classroom50, every_missing_option_is_named)
{
    static const struct {
        size_t place;
        const char *said;
    } cases[] = {
        {offsetof(struct export_options, classroom), "--classroom"},
        {offsetof(struct export_options, assignment), "--assignment"},
        {offsetof(struct export_options, owner), "--owner"},
        {offsetof(struct export_options, submission), "--submission"},
        {offsetof(struct export_options, commit), "--commit"},
        {offsetof(struct export_options, release), "--release"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static const char *const nothing[] = {NULL, ""};
        for (size_t k = 0; k < 2; k++) {
            struct export_options options = make_options();
            memcpy((char *)&options + cases[i].place, &nothing[k],
                   sizeof(nothing[k]));
            expect_trouble(export_input(&export_classroom50,
                                        json_pack("[o]", make_result()),
                                        &options),
                           ERROR_USAGE, cases[i].said);
        }
    }
}

Test(classroom50, tag_and_type_are_checked)
{
    struct export_options options = make_options();

    options.submission = "v1.0";
    expect_trouble(export_input(&export_classroom50,
                                json_pack("[o]", make_result()), &options),
                   ERROR_USAGE, "not 'v1.0'");
    options = make_options();
    options.assignment_type = "solo";
    expect_trouble(export_input(&export_classroom50,
                                json_pack("[o]", make_result()), &options),
                   ERROR_USAGE, "not 'solo'");
    options.assignment_type = "group";
    json_t *document = export_one(make_result(), &options);
    cr_expect_str_eq(word(document, "assignment_type"), "group", "");
    json_decref(document);
}

Test(classroom50, fault_of_ours_is_no_result)
{
    struct export_options options = make_options();

    expect_trouble(export_input(&export_classroom50,
                                json_pack("[o]", make_open_result()), &options),
                   ERROR_INFRA, "left 30 points open");
}

Test(classroom50, refused_submission_is_a_zero)
{
    struct export_options options = make_options();
    json_t *document = export_one(make_refused_result(), &options);

    cr_expect(whole(document, "score") == 0, "a zero");
    cr_expect(whole(document, "max-score") == 100, "of 100");
    json_decref(document);
}

Test(classroom50, hostile_options_become_one_clean_line)
{
    struct export_options options = make_options();

    options.owner = "al\x1bice\n\u202e";
    json_t *document = export_one(make_result(), &options);
    cr_expect_str_eq(word(document, "owner"), "al\\x1bice\\x0a\\u{202e}", "");
    json_decref(document);
}

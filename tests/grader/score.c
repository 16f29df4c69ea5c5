/*
 * Scores, reasons and what each reader is shown.
 */
#include "result.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct lab_test lab_tests[] = {
    {.name = "s::a",
     .points = 50,
     .visibility = LAB_PUBLIC,
     .title = {"First title", "一"},
     .hint = {"First hint", "一"}},
    {.name = "s::b",
     .points = 30,
     .visibility = LAB_HIDDEN,
     .title = {"Second title", "二"},
     .hint = {"Second hint", "二"}},
    {.name = "s::c",
     .points = 20,
     .visibility = LAB_PUBLIC,
     .title = {"Third title", "三"},
     .hint = {"Third hint", "三"}},
};
static const struct lab lab = {
    .name = "lab9-test",
    .title = {"A lab", "实验"},
    .suite = "s",
    .tests = lab_tests,
    .ntests = 3,
    .total = 100,
};
static struct record_message message = {
    .did = "DID", .expected = "EXPECTED", .seen = "SEEN", .where = "WHERE"};

/* A fresh record of three tests with these statuses. */
static struct record_test record_tests[3];
static struct record record = {.tests = record_tests, .ntests = 3};
static struct build build = {.status = BUILD_OK, .messages = ""};

static struct result score(enum test_status a, enum test_status b,
                           enum test_status c)
{
    const enum test_status statuses[] = {a, b, c};
    struct result result = {.lab = &lab,
                            .where = "dir/student",
                            .build = &build,
                            .record = &record,
                            .sandboxed = true};

    for (size_t i = 0; i < 3; i++) {
        record_tests[i] = (struct record_test){
            .name = lab_tests[i].name,
            .status = statuses[i],
            .messages = &message,
            .nmessages = statuses[i] == TEST_FAIL,
        };
    }
    result_score(&result);
    return result;
}

static void expect_score(const struct result *result, unsigned points,
                         unsigned ungraded)
{
    cr_expect(result->score == points, "expected %u points, got %u", points,
              result->score);
    cr_expect(result->ungraded == ungraded,
              "expected %u undecided points, got %u", ungraded,
              result->ungraded);
    cr_expect(result->graded == (ungraded == 0), "graded");
    cr_expect(result->max == 100, "max");
}

static void expect_reason(const struct result *result, const char *part)
{
    char *reason = result_reason(result, RESULT_STUDENT);

    cr_assert_not_null(reason, "out of memory");
    cr_expect(strstr(reason, part), "expected a reason with '%s', got: %s",
              part, reason);
    free(reason);
}

Test(score, passing_tests_earn_their_points)
{
    struct result result = score(TEST_PASS, TEST_FAIL, TEST_PASS);

    expect_score(&result, 70, 0);
    result = score(TEST_PASS, TEST_PASS, TEST_PASS);
    expect_score(&result, 100, 0);
    expect_reason(&result, "all 3 tests pass");
}

Test(score, no_verdict_but_pass_earns_points)
{
    static const enum test_status zero[] = {TEST_FAIL, TEST_TIMEOUT,
                                            TEST_CRASHED, TEST_NOT_IMPLEMENTED,
                                            TEST_BUILD_FAILED};

    for (size_t i = 0; i < sizeof(zero) / sizeof(zero[0]); i++) {
        struct result result = score(zero[i], TEST_PASS, TEST_PASS);
        expect_score(&result, 50, 0);
    }
}

Test(score, fault_of_ours_is_never_a_zero)
{
    struct result result = score(TEST_PASS, TEST_INFRA_ERROR, TEST_NOT_RUN);

    expect_score(&result, 50, 50);
    expect_reason(&result, "a fault of this machine");
}

Test(score, test_without_a_line_is_undecided)
{
    struct result result = score(TEST_PASS, TEST_PASS, TEST_PASS);

    record.ntests = 2;
    result_score(&result);
    record.ntests = 3;
    expect_score(&result, 80, 20);
}

Test(score, order_of_the_record_does_not_matter)
{
    struct result result = score(TEST_PASS, TEST_FAIL, TEST_FAIL);
    struct record_test first = record_tests[0];

    record_tests[0] = record_tests[2];
    record_tests[2] = first;
    result_score(&result);
    expect_score(&result, 50, 0);
}

Test(score, refused_submission_scores_zero)
{
    struct result result = {.lab = &lab, .where = "x"};

    result.refused = (struct error){ERROR_REJECTED, "it is \033[31mbroken"};
    result_score(&result);
    expect_score(&result, 0, 0);
    expect_reason(&result, "refused: it is \\x1b[31mbroken");
    result.refused.kind = ERROR_LIMIT;
    result_score(&result);
    expect_score(&result, 0, 0);
}

Test(score, trouble_of_ours_leaves_all_points_undecided)
{
    struct result result = {.lab = &lab, .where = "x"};

    result.refused = (struct error){ERROR_INFRA, "no compiler"};
    result_score(&result);
    expect_score(&result, 0, 100);
    expect_reason(&result, "not graded: no compiler");
}

Test(score, failed_build_scores_zero_and_names_the_error)
{
    struct build broken = {.status = BUILD_FAILED,
                           .messages = "mm/a.c: In function 'f':\n"
                                       "mm/a.c:3:1: error: expected ';'\n"
                                       "mm/a.c:9:1: error: another\n"};
    struct result result = {.lab = &lab, .where = "x", .build = &broken};

    result_score(&result);
    expect_score(&result, 0, 0);
    cr_expect(result_status(&result, 1) == TEST_BUILD_FAILED, "verdict");
    expect_reason(&result, "does not build: mm/a.c:3:1: error: expected ';'");
}

Test(score, hang_names_the_call_of_a_public_test_only)
{
    struct result result = score(TEST_PASS, TEST_TIMEOUT, TEST_PASS);

    record_tests[1].hung_in = "secret(call)";
    expect_reason(&result, "1 test hangs");
    char *reason = result_reason(&result, RESULT_STUDENT);
    cr_expect(!strstr(reason, "secret"), "a hidden call is told: %s", reason);
    free(reason);
    reason = result_reason(&result, RESULT_STAFF);
    cr_expect(strstr(reason, "secret(call)"), "staff are told: %s", reason);
    free(reason);
    result = score(TEST_TIMEOUT, TEST_PASS, TEST_PASS);
    record_tests[0].hung_in = "__alloc_pages(3)";
    expect_reason(&result, "hangs, first in __alloc_pages(3)");
}

Test(score, crash_tells_the_first_line_of_the_oops)
{
    struct result result = score(TEST_CRASHED, TEST_PASS, TEST_PASS);

    record_tests[0].oops = "BUG in expand()\nand a backtrace";
    expect_reason(&result, "crashes the kernel, first BUG in expand()");
    char *reason = result_reason(&result, RESULT_STUDENT);
    cr_expect(!strstr(reason, "backtrace"), "only one line: %s", reason);
    free(reason);
}

/* --- who sees what ---------------------------------------------------------
 */

static char *dump(const struct result *result, enum result_audience audience)
{
    json_t *json = result_json(result, audience);
    char *text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;

    json_decref(json);
    cr_assert_not_null(text, "no JSON");
    return text;
}

Test(score, json_has_every_documented_key)
{
    static const char *const keys[] = {
        "schema", "audience", "submission", "lab",     "title", "score", "max",
        "graded", "ungraded", "refused",    "sandbox", "build", "tests"};
    struct result result = score(TEST_PASS, TEST_FAIL, TEST_FAIL);
    json_t *json = result_json(&result, RESULT_STUDENT);

    cr_assert_not_null(json, "no JSON");
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        cr_expect(json_object_get(json, keys[i]), "the key %s is missing",
                  keys[i]);
    }
    cr_expect(json_object_size(json) == sizeof(keys) / sizeof(keys[0]),
              "a key is not documented here");
    cr_expect_str_eq(json_string_value(json_object_get(json, "schema")),
                     "mmgrade/result/v1", "schema");
    cr_expect(json_integer_value(json_object_get(json, "score")) == 50,
              "score");
    cr_expect(json_array_size(json_object_get(json, "tests")) == 3, "tests");
    json_decref(json);
}

Test(score, json_for_students_keeps_hidden_tests_hidden)
{
    struct result result = score(TEST_PASS, TEST_FAIL, TEST_PASS);
    char *text = dump(&result, RESULT_STUDENT);

    cr_expect(!strstr(text, "SEEN"), "what a hidden test saw is told:\n%s",
              text);
    cr_expect(strstr(text, "Second hint"), "its hint is missing:\n%s", text);
    cr_expect(strstr(text, "Second title"), "its title is missing:\n%s", text);
    free(text);
    text = dump(&result, RESULT_STAFF);
    cr_expect(strstr(text, "SEEN"), "staff see everything:\n%s", text);
    free(text);
}

Test(score, json_for_students_has_a_paths_last_name_only)
{
    static const char *const origins[][2] = {
        {"/srv/in/lab1/bob.tar.gz", "bob.tar.gz"},
        {"in/bob/", "bob"},
        {"bob", "bob"},
        {".", "."},
        {"/", "/"},
        {"https://forge.example/bob/lab.git",
         "https://forge.example/bob/lab.git"},
        {"git@forge.example:bob/lab.git", "git@forge.example:bob/lab.git"},
    };

    for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
        struct result result = {.lab = &lab, .where = origins[i][0]};
        char *students = dump(&result, RESULT_STUDENT);
        char *staffs = dump(&result, RESULT_STAFF);
        char wanted[2][200];

        for (size_t k = 0; k < 2; k++) {
            snprintf(wanted[k], sizeof(wanted[k]), "\"origin\": \"%s\"",
                     origins[i][k]);
        }
        cr_expect(strstr(staffs, wanted[0]), "no %s in\n%s", wanted[0], staffs);
        cr_expect(strstr(students, wanted[1]), "no %s in\n%s", wanted[1],
                  students);
        free(students);
        free(staffs);
    }
}

Test(score, reason_for_students_has_a_paths_last_name_only)
{
    struct result result = {
        .lab = &lab,
        .where = "/srv/in/bob.zip",
        .refused = {ERROR_REJECTED, "can't read /srv/in/bob.zip: it is odd"},
    };
    char *students = dump(&result, RESULT_STUDENT);
    char *staffs = dump(&result, RESULT_STAFF);
    char *line = result_reason(&result, RESULT_STUDENT);

    cr_expect(strstr(students, "\"can't read bob.zip: it is odd\""), "%s",
              students);
    cr_expect(strstr(staffs, "can't read /srv/in/bob.zip: it"), "%s", staffs);
    cr_expect_str_eq(line, "refused: can't read bob.zip: it is odd", "a line");
    free(students);
    free(staffs);
    free(line);
}

Test(score, json_tells_why_it_was_refused)
{
    struct result result = {.lab = &lab, .where = "x\033[2J"};

    result.refused = (struct error){ERROR_REJECTED, "a \033 name"};
    result_score(&result);
    char *text = dump(&result, RESULT_STUDENT);
    cr_expect(strstr(text, "\"word\": \"REJECTED\""), "word:\n%s", text);
    cr_expect(!strstr(text, "\\u001b"), "an escape got through:\n%s", text);
    free(text);
}

static char *print(const struct result *result, enum result_audience audience,
                   unsigned columns)
{
    struct table_style style = {.columns = columns, .audience = audience};
    char *text = NULL;
    size_t nbytes = 0;
    FILE *out = open_memstream(&text, &nbytes);

    cr_assert(out && result_print_table(result, out, &style) == 0, "printing");
    fclose(out);
    return text;
}

Test(score, table_shows_what_a_public_test_saw)
{
    struct result result = score(TEST_FAIL, TEST_PASS, TEST_PASS);
    char *text = print(&result, RESULT_STUDENT, 100);

    cr_expect(strstr(text, "0/50"), "points:\n%s", text);
    cr_expect(strstr(text, "DID") && strstr(text, "EXPECTED") &&
                  strstr(text, "SEEN") && strstr(text, "WHERE") &&
                  strstr(text, "First hint"),
              "did, expected, seen, where and hint:\n%s", text);
    cr_expect(strstr(text, "50 of 100 points"), "the sum:\n%s", text);
    free(text);
}

Test(score, table_keeps_hidden_tests_hidden_unless_for_staff)
{
    struct result result = score(TEST_PASS, TEST_FAIL, TEST_PASS);
    char *text = print(&result, RESULT_STUDENT, 100);

    cr_expect(!strstr(text, "SEEN"), "what it saw is told:\n%s", text);
    cr_expect(strstr(text, "Second hint"), "its hint:\n%s", text);
    free(text);
    text = print(&result, RESULT_STAFF, 100);
    cr_expect(strstr(text, "SEEN"), "staff see it:\n%s", text);
    free(text);
}

Test(score, table_fits_the_terminal)
{
    struct result result = score(TEST_FAIL, TEST_FAIL, TEST_FAIL);
    struct record_message wordy = {
        .seen = "a sentence of many words that has to be broken into several "
                "lines, since no terminal is as wide as all that it says"};

    record_tests[0].messages = &wordy;
    char *text = print(&result, RESULT_STUDENT, 60);
    char *rest = text;
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        cr_expect(strlen(line) <= 60, "wider than 60 columns: %s", line);
    }
    free(text);
}

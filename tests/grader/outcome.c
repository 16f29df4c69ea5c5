/*
 * Outcomes: to JSON and back without loss, refused when they are of another
 * lab or damaged; and keys, which change with everything that a run depends
 * on and with nothing else.
 */
#include "outcome.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "running.h"

static struct lab_test tests[] = {
    {.name = "s::a", .points = 60, .visibility = LAB_PUBLIC},
    {.name = "s::b", .points = 40, .visibility = LAB_HIDDEN},
};
static struct lab lab = {.name = "lab9-test",
                         .suite = "s",
                         .tests = tests,
                         .ntests = 2,
                         .total = 100};

/* --- there and back --------------------------------------------------------
 */

static struct record_message message = {.did = "DID", .seen = "SEEN"};
static struct record_test run_tests[2];
static struct grade ran;
static struct error err;

static struct record make_record(void)
{
    run_tests[0] = (struct record_test){.name = "s::a",
                                        .status = TEST_PASS,
                                        .instructions = 123,
                                        .seconds = 0.25};
    run_tests[1] = (struct record_test){.name = "s::b",
                                        .status = TEST_CRASHED,
                                        .messages = &message,
                                        .nmessages = 1,
                                        .oops = "BUG in expand()\nbacktrace"};
    return (struct record){.lab = "lab9-test",
                           .content_hash = "c0ffee",
                           .suite_hash = "5e17",
                           .toolchain = "gcc 12",
                           .qemu = "QEMU 7",
                           .seed = "00",
                           .tests = run_tests,
                           .ntests = 2};
}

/* The outcome of a grade that ran: one test passed, one crashed. */
static json_t *make_outcome(void)
{
    ran = (struct grade){.lab = &lab, .record = make_record()};
    ran.build = (struct build){.status = BUILD_OK, .messages = "a warning"};
    ran.result = (struct result){.lab = &lab,
                                 .build = &ran.build,
                                 .record = &ran.record,
                                 .sandboxed = true};
    json_t *json = outcome_json(&ran);
    cr_assert_not_null(json, "out of memory");
    return json;
}

/* A grade that was read only; release() frees what it was given. */
static struct grade unread(const struct lab *of)
{
    struct grade grade = {.lab = (struct lab *)of};

    grade.result = (struct result){.lab = of, .where = "x"};
    return grade;
}

static void release(struct grade *grade)
{
    record_clear(&grade->record);
    build_free(&grade->build);
}

Test(outcome, comes_back_as_it_was)
{
    json_t *json = make_outcome();
    struct grade grade = unread(&lab);

    cr_assert(outcome_apply(json, &grade, &err) == 0, "%s", err.message);
    cr_expect(grade.result.score == 60 && grade.result.graded, "score %u",
              grade.result.score);
    cr_expect(grade.result.sandboxed, "sandbox");
    cr_expect_str_eq(grade.build.messages, "a warning", "messages");
    cr_assert(grade.record.ntests == 2, "tests");
    const struct record_test *crash = &grade.record.tests[1];
    cr_expect(crash->status == TEST_CRASHED && crash->nmessages == 1, "crash");
    cr_expect_str_eq(crash->oops, "BUG in expand()\nbacktrace", "oops");
    cr_expect_str_eq(crash->messages[0].did, "DID", "message");
    cr_expect(grade.record.tests[0].instructions == 123, "instructions");
    json_t *again = outcome_json(&grade);
    cr_expect(json_equal(json, again), "the same outcome comes out of it");
    json_decref(again);
    json_decref(json);
    release(&grade);
}

Test(outcome, refusal_comes_back)
{
    static const enum error_kind kinds[] = {ERROR_REJECTED, ERROR_LIMIT,
                                            ERROR_INFRA};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct grade refused = unread(&lab);
        struct grade grade = unread(&lab);
        refused.result.refused = (struct error){kinds[i], "a \033 in a name"};
        json_t *json = outcome_json(&refused);
        cr_assert(outcome_apply(json, &grade, &err) == 0, "%s", err.message);
        cr_expect(grade.result.refused.kind == kinds[i], "kind %d", kinds[i]);
        cr_expect_str_eq(grade.result.refused.message, "a \\x1b in a name",
                         "reason");
        cr_expect(grade.result.graded == (kinds[i] != ERROR_INFRA), "graded");
        json_decref(json);
        release(&grade);
    }
}

Test(outcome, failed_build_comes_back)
{
    struct grade broken = unread(&lab);
    struct grade grade = unread(&lab);

    broken.build = (struct build){.status = BUILD_FAILED,
                                  .messages = "mm/a.c:3: error: x"};
    broken.result.build = &broken.build;
    json_t *json = outcome_json(&broken);
    cr_assert(outcome_apply(json, &grade, &err) == 0, "%s", err.message);
    cr_expect(result_status(&grade.result, 0) == TEST_BUILD_FAILED, "status");
    cr_expect(grade.result.graded && grade.result.score == 0, "a zero");
    json_decref(json);
    release(&grade);
}

/* --- the lab as it is now --------------------------------------------------
 */

Test(outcome, new_weights_change_the_score)
{
    struct lab_test heavier[] = {{.name = "s::a", .points = 75},
                                 {.name = "s::b", .points = 25}};
    struct lab now = lab;
    json_t *json = make_outcome();

    now.tests = heavier;
    struct grade grade = unread(&now);
    cr_assert(outcome_apply(json, &grade, &err) == 0, "%s", err.message);
    cr_expect(grade.result.score == 75, "score %u", grade.result.score);
    json_decref(json);
    release(&grade);
}

Test(outcome, test_that_the_lab_got_since_is_not_run)
{
    struct lab_test more[] = {{.name = "s::new", .points = 10},
                              {.name = "s::b", .points = 30},
                              {.name = "s::a", .points = 60}};
    struct lab now = lab;
    json_t *json = make_outcome();

    now.tests = more;
    now.ntests = 3;
    struct grade grade = unread(&now);
    cr_assert(outcome_apply(json, &grade, &err) == 0, "%s", err.message);
    cr_expect(result_status(&grade.result, 0) == TEST_NOT_RUN, "not-run");
    cr_expect(result_status(&grade.result, 1) == TEST_CRASHED, "crash");
    cr_expect(grade.result.score == 60 && grade.result.ungraded == 10,
              "%u points, %u undecided", grade.result.score,
              grade.result.ungraded);
    cr_expect_str_eq(grade.record.tests[0].name, "s::new", "the lab's order");
    json_decref(json);
    release(&grade);
}

Test(outcome, test_that_the_lab_lost_is_left_out)
{
    struct lab_test fewer[] = {{.name = "s::b", .points = 100}};
    struct lab now = lab;
    json_t *json = make_outcome();

    now.tests = fewer;
    now.ntests = 1;
    struct grade grade = unread(&now);
    cr_assert(outcome_apply(json, &grade, &err) == 0, "%s", err.message);
    cr_expect(grade.record.ntests == 1, "one line");
    cr_expect(grade.result.score == 0 && grade.result.graded, "score");
    json_decref(json);
    release(&grade);
}

/* --- damage ----------------------------------------------------------------
 */

static void expect_refused(const json_t *json, const char *part)
{
    struct grade grade = unread(&lab);
    int rc = outcome_apply(json, &grade, &err);

    cr_expect(rc == ERROR_INFRA, "expected INFRA for '%s', got %d", part, rc);
    cr_expect(strstr(err.message, part), "expected '%s', got: %s", part,
              err.message);
    cr_expect(!grade.result.record && !grade.result.build &&
                  !grade.record.tests && !grade.build.messages,
              "the grade is as it was");
    release(&grade);
}

/* The good outcome with one key's value replaced. */
static void expect_refused_with(const char *key, json_t *value,
                                const char *part)
{
    json_t *json = make_outcome();

    cr_assert(json_object_set_new(json, key, value) == 0, "set");
    expect_refused(json, part);
    json_decref(json);
}

Test(outcome, what_is_none_is_refused)
{
    json_t *json = json_array();

    expect_refused(json, "schema");
    expect_refused(NULL, "schema");
    json_decref(json);
    expect_refused_with("schema", json_string("mmgrade/outcome/v2"), "schema");
    expect_refused_with("sandbox", json_string("docker"), "key");
    expect_refused_with("refused", json_string("no"), "key");
    expect_refused_with("refused", json_pack("{s:s}", "word", "MAYBE"),
                        "unknown word");
    expect_refused_with("build", json_pack("{s:s}", "status", "fine"),
                        "unknown status");
    expect_refused_with("record", json_object(), "key");
    expect_refused_with("record", json_array(), "empty");
    expect_refused_with("record", json_pack("[i]", 7), "schema");
    expect_refused_with("record", json_null(), "nothing of the tests");
}

Test(outcome, missing_key_is_refused)
{
    static const char *const keys[] = {"schema", "sandbox", "refused", "build",
                                       "record"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        json_t *json = make_outcome();
        json_object_del(json, keys[i]);
        expect_refused(json, "can't be used");
        json_decref(json);
    }
}

Test(outcome, bad_line_is_named)
{
    json_t *json = make_outcome();
    json_t *line = json_array_get(json_object_get(json, "record"), 2);

    json_object_set_new(line, "status", json_string("PASS"));
    expect_refused(json, "line 3");
    json_decref(json);
}

Test(outcome, other_lab_or_other_files_are_refused)
{
    struct submission other = {.content_hash = "decaf"};
    struct lab named = lab;
    json_t *json = make_outcome();
    struct grade grade = unread(&named);

    named.name = "lab8-other";
    cr_expect(outcome_apply(json, &grade, &err) == ERROR_INFRA, "another lab");
    cr_expect(strstr(err.message, "of lab9-test, not of lab8-other"), "%s",
              err.message);
    grade = unread(&lab);
    grade.submission = &other;
    cr_expect(outcome_apply(json, &grade, &err) == ERROR_INFRA, "other files");
    cr_expect(strstr(err.message, "other files"), "%s", err.message);
    json_decref(json);
}

/* --- keys ------------------------------------------------------------------
 */

TestSuite(outcome_key, .init = setup, .fini = teardown, .timeout = 60);

static const unsigned char course_key[SEED_BYTES] = {1};

/* What may differ between two keys, besides files. */
struct asked {
    const char *where; /* "half" */
    enum sandbox_mode mode;
    const char *only;
    const unsigned char *seed;
    bool first_failure;
};

static int ask_key(const struct asked *asked, char hex[SEED_HEX])
{
    struct kit kit = {0};
    char *root = inside("kit");
    char *where = inside(asked->where);
    struct grade *grade = NULL;
    int rc = kit_find(root, &kit, &err);
    struct grade_request request = {.kit = &kit,
                                    .source = {.where = where},
                                    .lab = "lab0-toy",
                                    .mode = asked->mode,
                                    .only = asked->only,
                                    .seed = asked->seed,
                                    .first_failure = asked->first_failure,
                                    .course_key = course_key};

    cr_assert(rc == 0, "%s", err.message);
    cr_assert(grade_read(&request, &grade, &err) == 0, "%s", err.message);
    rc = outcome_key(&request, grade, hex, &err);
    grade_free(grade);
    kit_free(&kit);
    free(where);
    free(root);
    return rc;
}

static void get_key(const struct asked *asked, char hex[SEED_HEX])
{
    cr_assert(ask_key(asked, hex) == 0, "%s", err.message);
    cr_assert(strlen(hex) == SEED_HEX - 1, "a key has 64 digits: %s", hex);
}

static const struct asked plain = {.where = "half"};

Test(outcome_key, is_the_same_for_the_same)
{
    char first[SEED_HEX], again[SEED_HEX];

    get_key(&plain, first);
    get_key(&plain, again);
    cr_expect_str_eq(first, again, "the same");
}

Test(outcome_key, changes_with_what_is_asked_for)
{
    static const unsigned char seed[SEED_BYTES] = {7};
    static const struct asked others[] = {
        {.where = "kit/reference"},
        {.where = "half", .mode = SANDBOX_NONE},
        {.where = "half", .only = "toy::gives_one"},
        {.where = "half", .seed = seed},
        {.where = "half", .first_failure = true},
    };
    char first[SEED_HEX], other[SEED_HEX];
    enum sandbox_mode mode = SANDBOX_BWRAP;

    get_key(&(struct asked){.where = "half", .mode = mode}, first);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct asked asked = others[i];
        asked.mode = i == 1 ? SANDBOX_NONE : mode;
        get_key(&asked, other);
        cr_expect(strcmp(first, other) != 0, "case %zu has the same key", i);
    }
}

Test(outcome_key, changes_with_every_file_of_the_image)
{
    static const char *const files[] = {
        "half/mm/toy.c",
        "kit/build/tests/suites/lab0-toy",
        "kit/build/initrd.img",
        "kit/build/kernel/given/boot/head.o",
        "kit/build/kernel/reference/mm/other.o",
        "kit/skeleton/include/toy.h",
        "kit/skeleton/mm/toy.c",
        "kit/skeleton/kernel.flags",
        "kit/skeleton/boot/kernel.lds",
    };
    char before[SEED_HEX], after[SEED_HEX];

    get_key(&plain, before);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        write_text(files[i], "another");
        get_key(&plain, after);
        cr_expect(strcmp(before, after) != 0, "%s doesn't count", files[i]);
        snprintf(before, sizeof(before), "%s", after);
    }
}

/* The lab's description with one text replaced by another. */
static void edit_lab(const char *from, const char *to)
{
    const char *path = "kit/assignments/lab0-toy/lab.yaml";
    char *whole = inside(path);
    char *text = NULL;
    char *edited = NULL;
    size_t nbytes = 0;

    cr_assert(file_read(whole, 1 << 20, &text, &nbytes, &err) == 0, "read");
    char *at = strstr(text, from);
    cr_assert_not_null(at, "there is no %s", from);
    cr_assert(asprintf(&edited, "%.*s%s%s", (int)(at - text), text, to,
                       at + strlen(from)) > 0,
              "asprintf");
    write_text(path, edited);
    free(edited);
    free(text);
    free(whole);
}

Test(outcome_key, changes_with_a_tests_name_but_not_with_its_points)
{
    char before[SEED_HEX], after[SEED_HEX];

    get_key(&plain, before);
    edit_lab("points: 60", "points: 70");
    edit_lab("points: 40", "points: 30");
    edit_lab("It gives one", "It always gives one");
    get_key(&plain, after);
    cr_expect_str_eq(before, after, "points and titles are no part of it");
    edit_lab("gives_two", "gives_three");
    get_key(&plain, after);
    cr_expect(strcmp(before, after) != 0, "names are");
}

Test(outcome_key, missing_file_is_a_fault_of_ours)
{
    char *suite = inside("kit/build/tests/suites/lab0-toy");
    char hex[SEED_HEX];

    cr_assert(unlink(suite) == 0, "unlink");
    cr_expect(ask_key(&plain, hex) == ERROR_INFRA, "INFRA");
    cr_expect(strstr(err.message, "lab0-toy"), "%s", err.message);
    free(suite);
}

Test(outcome_key, there_is_none_for_what_could_not_be_read)
{
    char hex[SEED_HEX];

    write_text("empty/README", "nothing of the lab");
    cr_expect(ask_key(&(struct asked){.where = "empty"}, hex) == ERROR_REJECTED,
              "REJECTED");
}

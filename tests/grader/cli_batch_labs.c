/*
 * mmgrade batch of a course with two labs, of which one can't be read: its
 * submissions aren't there yet, or never will be.
 */
#include <jansson.h>
#include "batching.h"

#define DUE_LONG_AGO "2026-03-01T23:59:00+08:00"
#define DUE_LATER    "2099-03-01T23:59:00+08:00"

/* The toy lab, and the same as lab1-late, whose submissions are in `where`. */
static void write_two_labs(const char *due, const char *where)
{
    char *text = NULL;

    cr_assert(asprintf(&text,
                       "id: toys\n"
                       "name: {en: Toys, zh: 玩具}\n"
                       "time_zone: Asia/Shanghai\n"
                       "roster: roster.csv\n"
                       "gradebook: grades/toys.db\n"
                       "labs:\n"
                       "  - lab: lab1-late\n"
                       "    due: %s\n"
                       "    source: {layout: folder, where: %s}\n"
                       "  - lab: lab0-toy\n"
                       "    due: " DUE_LONG_AGO "\n"
                       "    source: {layout: folder, where: work}\n",
                       due, where) > 0,
              "out of memory");
    write_text("course.yaml", text);
    free(text);
}

static void setup_labs(void)
{
    setup_class();
    char *kit = inside("kit");
    char *script = NULL;
    cr_assert(asprintf(&script,
                       "cd '%s' && cp -r assignments/lab0-toy "
                       "assignments/lab1-late && cp build/tests/suites/lab0-toy"
                       " build/tests/suites/lab1-late",
                       kit) > 0,
              "out of memory");
    run_tool((char *[]){"sh", "-c", script, NULL});
    free(script);
    free(kit);
}

TestSuite(cli_batch_labs, .init = setup_labs, .fini = teardown, .timeout = 120);

Test(cli_batch_labs, lab_that_is_still_to_come_is_a_note)
{
    write_two_labs(DUE_LATER, "later");
    expect_code(BATCH("-j", "1"), 0);
    expect_err("3/3 eve lab0-toy 0 of 100\n");
    expect_out("  --lab lab1-late  due " DUE_LATER
               "  can't read the submissions in ");
    expect_out("/later: No such file or directory\n");
    cr_expect(!strstr(out, "lab1-late, nothing handed in"), "%s", out);
    cr_expect(!strstr(err_text, "lab1-late"), "no error: %s", err_text);
    expect_attempts(3, 3);
}

Test(cli_batch_labs, lab_that_is_due_is_an_error_after_the_others)
{
    write_two_labs(DUE_LONG_AGO, "later");
    write_text("work/zoe.tar.gz", "this is no archive");
    expect_code(BATCH("-j", "1"), 1); /* the refused one alone: 2 */
    expect_out("3 graded, 1 refused, 0 ungraded");
    expect_out("  --lab lab1-late  was due " DUE_LONG_AGO);
    expect_err("mmgrade batch: lab1-late was due, and is not graded: can't "
               "read the submissions in ");
    expect_attempts(4, 4);
}

Test(cli_batch_labs, fault_of_ours_weighs_more_than_a_lab_that_is_due)
{
    write_two_labs(DUE_LONG_AGO, "later");
    hand_in("ben", TOY_SOURCE("one fault"));
    expect_code(BATCH("-j", "1"), 3);
    expect_err("lab1-late was due");
}

Test(cli_batch_labs, json_has_the_lab_apart_from_the_others)
{
    write_two_labs(DUE_LATER, "later");
    expect_code(BATCH("--progress=json"), 0);
    char *end = strstr(out, "{\"event\":\"end\"");
    json_t *json = json_loads(end ? end : out, 0, NULL);
    json_t *unread = json_array_get(json_object_get(json, "unread"), 0);
    json_t *labs = json_object_get(json, "labs");
    cr_expect_eq(json_array_size(labs), 1, "%s", end);
    cr_expect_str_eq(json_string_value(json_object_get(unread, "lab")),
                     "lab1-late", "%s", end);
    cr_expect_str_eq(json_string_value(json_object_get(unread, "due")),
                     "2099-03-01T15:59:00Z", "%s", end);
    cr_expect(json_is_false(json_object_get(unread, "is_due")), "%s", end);
    cr_expect(strstr(json_string_value(json_object_get(unread, "reason")),
                     "No such file"),
              "%s", end);
    json_decref(json);
}

Test(cli_batch_labs, lab_that_is_named_is_an_error_at_once)
{
    write_two_labs(DUE_LATER, "later");
    expect_code(BATCH("--lab", "lab1-late", "--lab", "lab0-toy"), 1);
    expect_err("can't read the submissions in");
    cr_expect(!strstr(err_text, "1/3"), "nothing was graded: %s", err_text);
    expect_attempts(0, 0);
    expect_code(BATCH("--lab", "lab0-toy"), 0);
    cr_expect(!strstr(out, "lab1-late"), "nobody asked: %s", out);
}

Test(cli_batch_labs, no_lab_at_all_is_an_error_at_once)
{
    write_two_labs(DUE_LATER, "later");
    run_tool((char *[]){"mv", inside("work"), inside("moved"), NULL});
    expect_code(BATCH("-j", "1"), 1);
    expect_err("no lab can be graded; of lab1-late: can't read the submissions "
               "in ");
    cr_expect_str_eq(out, "", "no report: %s", out);
}

/* The whole download is broken, which is no student's zero. */
Test(cli_batch_labs, broken_download_stops_nobody)
{
    write_text("all.zip", "PK\3\4 cut off");
    write_two_labs(DUE_LONG_AGO, "all.zip");
    expect_code(BATCH("-j", "1"), 1);
    expect_err("all.zip");
    expect_out("3 graded, 0 refused, 0 ungraded");
}

Test(cli_batch_labs, what_comes_later_is_graded_by_the_same_command)
{
    write_two_labs(DUE_LATER, "later");
    expect_code(BATCH("-j", "1"), 0);
    write_text("later/ann/mm/toy.c", TOY_SOURCE("one two"));
    expect_code(BATCH("-j", "1"), 0);
    expect_err("1/4 ann lab1-late 100 of 100");
    expect_out("lab1-late, nothing handed in by:\n  ben eve zoe\n");
}

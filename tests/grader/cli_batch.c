/*
 * mmgrade batch, as people run it, on a class of the toy lab.
 */
#include <jansson.h>
#include "batching.h"

TestSuite(cli_batch, .init = setup_class, .fini = teardown, .timeout = 120);

/* --- runs ------------------------------------------------------------------
 */

Test(cli_batch, class_is_graded_into_the_gradebook)
{
    expect_code(BATCH("-j", "1"), 0);
    expect_err("1/3 ann lab0-toy 100 of 100\n");
    expect_err("2/3 ben lab0-toy 60 of 100\n");
    expect_err("3/3 eve lab0-toy 0 of 100\n");
    expect_out("3 graded, 0 refused, 0 ungraded");
    expect_out("lab0-toy, nothing handed in by:\n  zoe\n");
    expect_attempts(3, 3);
    expect_not_there("grades/.mmgrade-work");
}

Test(cli_batch, second_run_has_nothing_to_do)
{
    expect_code(BATCH("-j", "2"), 0);
    expect_code(BATCH("-j", "2"), 0);
    expect_err("ann lab0-toy 100 of 100 (unchanged)\n");
    expect_out("run: 0, from the cache: 0, unchanged: 3");
    expect_attempts(3, 3);
}

Test(cli_batch, what_is_handed_in_again_is_graded_again)
{
    expect_code(BATCH("-j", "2"), 0);
    hand_in("ben", TOY_SOURCE("one two "));
    expect_code(BATCH("-j", "2"), 0);
    expect_err("ben lab0-toy 100 of 100\n");
    expect_out("run: 1, from the cache: 0, unchanged: 2");
    expect_attempts(4, 4);
}

Test(cli_batch, who_goes_back_has_handed_in_anew)
{
    expect_code(BATCH("--only", "ben"), 0);
    hand_in("ben", TOY_SOURCE("one two "));
    expect_code(BATCH("--only", "ben"), 0);
    hand_in("ben", TOY_SOURCE("one"));
    expect_code(BATCH("--only", "ben"), 0);
    expect_err("ben lab0-toy 60 of 100 (cached)\n");
    expect_attempts(3, 3);
}

Test(cli_batch, same_work_of_two_runs_once)
{
    hand_in("zoe", TOY_SOURCE("one"));
    expect_code(BATCH("-j", "4"), 0);
    expect_out("run: 3, from the cache: 1, unchanged: 0");
    expect_err("lab0-toy 60 of 100 (cached)\n");
    expect_attempts(4, 4);
}

Test(cli_batch, other_gradebook_is_filled_from_the_cache)
{
    expect_code(BATCH("-j", "2"), 0);
    write_course("grades/other.db");
    expect_code(BATCH("-j", "2"), 0);
    expect_out("run: 0, from the cache: 3, unchanged: 0");
}

Test(cli_batch, gradebook_is_enough_without_the_cache)
{
    expect_code(BATCH("-j", "2"), 0);
    char *cache = inside("grades/.mmgrade-cache");
    fixture_remove(cache);
    free(cache);
    expect_code(BATCH("-j", "2"), 0);
    expect_err("ann lab0-toy graded (unchanged)\n");
    expect_out("run: 0, from the cache: 0, unchanged: 3");
}

Test(cli_batch, one_student_can_be_graded_alone)
{
    expect_code(BATCH("--only", "ben", "--only", "zoe"), 0);
    expect_err("1/1 ben lab0-toy 60 of 100\n");
    expect_out("1 of 1 submissions");
    expect_out("nothing handed in by:\n  zoe\n");
    expect_attempts(1, 1);
}

Test(cli_batch, progress_as_json_is_all_that_is_on_stdout)
{
    size_t lines = 0;
    json_t *last = NULL;

    expect_code(BATCH("--progress=json"), 0);
    for (char *line = out; *line != '\0'; lines++) {
        char *end = strchr(line, '\n');
        cr_assert_not_null(end, "a line without end: %s", line);
        json_decref(last);
        last = json_loadb(line, (size_t)(end - line), 0, NULL);
        cr_assert_not_null(last, "no JSON: %s", line);
        line = end + 1;
    }
    cr_expect_eq(lines, 4, "three units and the end, got %zu", lines);
    cr_expect_str_eq(json_string_value(json_object_get(last, "event")), "end",
                     "");
    cr_expect_eq(json_integer_value(json_object_get(last, "graded")), 3, "");
    json_decref(last);
    cr_expect_str_eq(err_text, "", "stderr: %s", err_text);
}

Test(cli_batch, no_progress_leaves_the_report)
{
    expect_code(BATCH("--progress=none"), 0);
    cr_expect_str_eq(err_text, "", "stderr: %s", err_text);
    expect_out("3 of 3 submissions");
}

/* --- submissions in trouble ------------------------------------------------
 */

Test(cli_batch, bad_submission_is_a_result_and_stops_nobody)
{
    write_text("work/zoe.tar.gz", "this is no archive");
    expect_code(BATCH("-j", "2"), 2);
    expect_out("3 graded, 1 refused, 0 ungraded");
    expect_out("  zoe  lab0-toy  ");
    expect_attempts(4, 4);
    expect_code(BATCH("-j", "2"), 2);
    expect_out("run: 0, from the cache: 0, unchanged: 4");
    expect_attempts(4, 4);
}

Test(cli_batch, what_does_not_compile_is_a_zero_from_the_cache)
{
    hand_in("zoe", "int take(");
    hand_in("eve", "int take(");
    expect_code(BATCH("-j", "1"), 0);
    expect_err("eve lab0-toy 0 of 100\n");
    expect_err("zoe lab0-toy 0 of 100 (cached)\n");
}

Test(cli_batch, what_is_of_nobody_or_of_two_is_listed)
{
    write_text("work/mallory/mm/toy.c", TOY_SOURCE("one"));
    write_text("work/ann.zip", "a second one");
    expect_code(BATCH("-j", "2"), 0);
    expect_out("lab0-toy, of nobody in the roster:\n  mallory\n");
    expect_out("lab0-toy, whose they are can't be said for sure:\n");
    expect_out("ann.zip");
    expect_attempts(2, 2);
}

/* --- whom nobody has graded ------------------------------------------------
 */

static void expect_scores(const char *ann, const char *ben, const char *zoe)
{
    const char *const wanted[] = {ann, ben, zoe};

    expect_code(run("export", "csv", "--course", "course.yaml", NULL), 0);
    for (size_t i = 0; i < 3; i++) {
        expect_out(wanted[i]);
    }
}

Test(cli_batch, who_was_left_out_is_undecided)
{
    expect_code(BATCH("--only", "ann"), 0);
    expect_scores("\r\nann,Ann,,,,100,100,graded,",
                  "\r\nben,王伟,,,,,,ungraded,,,\"handed in, but not graded "
                  "yet: run mmgrade batch\"",
                  "\r\nzoe,王伟,,,,0,0,missing,");
    expect_code(run("score", "course.yaml", NULL), 0);
    expect_out("ben      王伟           ?       \n");
    expect_code(BATCH("-j", "2"), 0);
    expect_scores("\r\nann,Ann,,,,100,100,graded,",
                  "\r\nben,王伟,,,,60,60,graded,",
                  "\r\nzoe,王伟,,,,0,0,missing,");
}

Test(cli_batch, whose_work_is_ambiguous_is_undecided)
{
    write_text("work/ann.zip", "a second one");
    expect_code(BATCH("-j", "2"), 0);
    expect_scores("\r\nann,Ann,,,,,,ungraded,,,\"it can't be said for sure "
                  "which submission is theirs: Ann (ann) has handed in",
                  "\r\nben,王伟,,,,60,60,graded,",
                  "\r\nzoe,王伟,,,,0,0,missing,");
}

Test(cli_batch, look_while_there_was_time_decides_no_zero)
{
    expect_code(BATCH("-j", "2"), 0);
    char *path = inside("grades/toys.db");
    struct error err = {0};
    struct book *book = NULL;
    const struct look look = {
        .student = "zoe", .lab = "lab0-toy", .at = 1, .seen = LOOK_MISSING};
    cr_assert(book_open(path, "toys", BOOK_WRITE, &book, &err) == 0 &&
                  book_look(book, &look, 1, &err) == 0,
              "%s", err.message);
    book_close(book);
    free(path);
    expect_scores("\r\nann,Ann,,,,100,100,graded,",
                  "\r\nben,王伟,,,,60,60,graded,",
                  "\r\nzoe,王伟,,,,,,ungraded,,,not looked at since its "
                  "time was over: run mmgrade batch");
    expect_code(BATCH("-j", "2"), 0);
    expect_out("run: 0");
    expect_scores("\r\nann,Ann,,,,100,100,graded,",
                  "\r\nben,王伟,,,,60,60,graded,",
                  "\r\nzoe,王伟,,,,0,0,missing,");
}

/* --- the cache -------------------------------------------------------------
 */

/* The name of the cache's one entry. */
static char *find_entry(void)
{
    char *list = NULL;
    char *path = inside("grades/.mmgrade-cache");
    struct path_list files = {0};
    struct error err = {0};

    cr_assert(folder_walk(path, &files, &err) == 0, "%s", err.message);
    for (size_t i = 0; i < files.count; i++) {
        if (strcmp(files.paths[i], "lock") != 0) {
            list = fixture_path(path, files.paths[i]);
        }
    }
    path_list_free(&files);
    free(path);
    cr_assert_not_null(list, "the cache is empty");
    return list;
}

Test(cli_batch, damaged_entry_of_the_cache_is_run_again)
{
    expect_code(BATCH("--only", "ann"), 0);
    char *entry = find_entry();
    cr_assert(truncate(entry, 300) == 0, "truncate");
    write_course("grades/other.db");
    expect_code(BATCH("--only", "ann"), 0);
    expect_out("run: 1, from the cache: 0, unchanged: 0");
    char *log = NULL;
    read_output("grades/batch.log", &log);
    cr_expect_not_null(strstr(log, "was damaged, and is removed"), "%s", log);
    free(log);
    write_course("grades/third.db");
    expect_code(BATCH("--only", "ann"), 0);
    expect_out("run: 0, from the cache: 1, unchanged: 0");
    free(entry);
}

Test(cli_batch, other_tests_count_when_told)
{
    expect_code(BATCH("-j", "2"), 0);
    write_text("kit/build/initrd.img", "another ramdisk");
    expect_code(BATCH("-j", "2"), 0);
    expect_out("graded with other tests, tools or secret than now: 3;\n");
    expect_err("ben lab0-toy 60 of 100 (unchanged, graded with other tests, "
               "tools or secret)\n");
    expect_attempts(3, 3);
    expect_code(BATCH("-j", "2", "--regrade"), 0);
    expect_out("run: 3, from the cache: 0, unchanged: 0");
    expect_attempts(3, 6);
    expect_code(BATCH("-j", "2", "--regrade"), 0);
    expect_out("run: 0, from the cache: 0, unchanged: 3");
    expect_attempts(3, 6);
}

Test(cli_batch, points_of_other_tests_are_told_if_the_cache_has_them)
{
    expect_code(BATCH("--only", "ben"), 0);
    write_text("secret", "of this course alone");
    set_environment("MMGRADE_SECRET", "secret");
    expect_code(BATCH("--only", "ben"), 0);
    expect_err("1/1 ben lab0-toy 60 of 100 (unchanged, graded with other ");
    char *cache = inside("grades/.mmgrade-cache");
    fixture_remove(cache);
    free(cache);
    expect_code(BATCH("--only", "ben"), 0);
    expect_err("1/1 ben lab0-toy graded (unchanged, graded with other ");
}

/* --- usage -----------------------------------------------------------------
 */

Test(cli_batch, what_makes_no_sense_is_said)
{
    expect_code(BATCH("--lab", "lab7-moon"), 1);
    expect_err("--lab: the course has no lab 'lab7-moon'; its labs are: "
               "lab0-toy\n");
    expect_code(BATCH("--only", "mallory"), 1);
    expect_err("--only mallory: ");
    expect_err("has no student with that id");
    expect_code(BATCH("--progress", "loud"), 1);
    expect_err("--progress takes auto, bar, plain, json or none, not 'loud'");
    expect_code(BATCH("-j", "0"), 1);
    expect_code(run("batch", NULL), 1);
    expect_err("name the course: its course.yaml");
    expect_code(run("batch", "none.yaml", "--sandbox=none", NULL), 1);
    expect_err("none.yaml");
    expect_code(run("batch", "--help", NULL), 0);
    expect_out("--retry-infra");
    expect_not_there("grades");
}

Test(cli_batch, secret_that_others_can_read_is_told)
{
    char *path = inside("secret");

    write_text("secret", "of this very course");
    set_environment("MMGRADE_SECRET", "secret");
    cr_assert(chmod(path, 0644) == 0, "chmod");
    expect_code(BATCH("--only", "ben"), 0);
    expect_err("mmgrade batch: warning: not only its owner can read");
    free(path);
}

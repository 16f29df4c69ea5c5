/*
 * The command line: mmgrade is run as people run it, on a kit in miniature
 * (toy_kit.h), and judged by exit code, standard output and standard error.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "running.h"

TestSuite(cli, .init = setup, .fini = teardown, .timeout = 60);

/* --- help and usage --------------------------------------------------------
 */

Test(cli, help_is_on_stdout)
{
    expect_code(run("--help", NULL), 0);
    expect_out("grade");
    expect_out("doctor");
    cr_expect_str_eq(err_text, "", "nothing on stderr");
    expect_code(run("--version", NULL), 0);
    expect_out("mmgrade 0.");
}

Test(cli, every_command_has_help)
{
    static const char *const names[] = {
        "grade",  "batch",   "intake", "score", "report", "export", "ci",
        "verify", "handout", "show",   "check", "doctor", "help"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        expect_code(run(names[i], "--help", NULL), 0);
        expect_out("usage: mmgrade ");
        expect_out(names[i]);
        cr_expect_str_eq(err_text, "", "nothing on stderr");
    }
}

Test(cli, usage_errors_exit_1_with_a_sentence)
{
    static const struct {
        const char *words[5];
        const char *said;
    } cases[] = {
        {{NULL}, "name a command"},
        {{"grad"}, "there is no command 'grad'; the commands are: grade"},
        {{"help", "grad"}, "there is no command 'grad'"},
        {{"grade"}, "name a submission"},
        {{"grade", ""}, "the submission's name is empty"},
        {{"grade", "half", "--frob"}, "there is no option --frob"},
        {{"grade", "half", "-x"}, "there is no option -x"},
        {{"grade", "half", "--lab"}, "--lab needs a value"},
        {{"grade", "half", "--jobs", "0"}, "--jobs takes a whole number from"},
        {{"grade", "half", "--jobs", "2x"}, "not '2x'"},
        {{"grade", "half", "--min-score", "101"}, "from 0 to 100"},
        {{"grade", "half", "--seed", "zz"}, "64 hexadecimal digits"},
        {{"grade", "half", "--before", "tomorrow"},
         "--before: 'tomorrow' is not a time that can be read; write date, "},
        {{"grade", "half", "--sandbox", "docker"}, "bwrap or none"},
        {{"handout", "lab0-toy"}, "say with -o where"},
        {{"handout", "-o", "x"}, "name a lab"},
        {{"show", "memory"}, "say with -o in which folder"},
        {{"show", "nothing", "-o", "x"}, "name one of memory, space, swap"},
        {{"show", "memory", "swap", "-o", "x"}, "name one of memory"},
        {{"show", "--pid", "0", "-o", "x"}, "--pid takes a whole number from"},
        {{"show", "-o", "x", "--build", "nowhere"}, "no kernel in nowhere"},
        {{"doctor", "please"}, "takes no argument 'please'"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const *w = cases[i].words;
        expect_code(run(w[0], w[1], w[2], w[3], w[4], NULL), 1);
        expect_err(cases[i].said);
        cr_expect_str_eq(out, "", "nothing on stdout");
    }
}

Test(cli, unknown_lab_lists_the_labs)
{
    expect_code(GRADE("half", "--lab", "lab9"), 1);
    expect_err("there is no lab 'lab9'; the labs are: lab0-toy");
    expect_code(run("handout", "lab9", "-o", "h", NULL), 1);
    expect_err("lab0-toy");
}

Test(cli, missing_folder_is_a_usage_error)
{
    expect_code(GRADE("nowhere"), 1);
    expect_err("nowhere");
    cr_expect_str_eq(out, "", "no result for what isn't there");
}

Test(cli, place_without_a_kit_is_a_usage_error)
{
    expect_code(GRADE("half", "--kit", "half"), 1);
    expect_err("kit");
}

/* --- grading ---------------------------------------------------------------
 */

Test(cli, reference_scores_100_and_skeleton_0)
{
    expect_code(GRADE("kit/reference"), 0);
    expect_out("100 of 100 points");
    expect_code(GRADE("kit/skeleton"), 0);
    expect_out("0 of 100 points");
    expect_out("all 2 tests reach a function that is not written yet");
}

Test(cli, table_hides_hidden_tests_from_students)
{
    expect_code(GRADE("half"), 0);
    expect_out("60 of 100 points");
    expect_out("Think of two");
    cr_expect(!strstr(out, "SAW-two"), "a hidden test's details:\n%s", out);
    expect_code(GRADE("half", "--staff"), 0);
    expect_out("SAW-two");
}

Test(cli, works_in_the_sandbox)
{
    expect_code(run("grade", "half", NULL), 0);
    expect_out("60 of 100 points");
    expect_err("building the kernel for lab0-toy");
    cr_expect(!strstr(out, "without a sandbox"), "it was sandboxed:\n%s", out);
}

Test(cli, lack_of_a_sandbox_is_told)
{
    expect_code(GRADE("half"), 0);
    expect_out("without a sandbox");
}

/* The run's JSON; the caller drops it. */
static json_t *load_json(void)
{
    json_error_t cause;
    json_t *json = json_loads(out, 0, &cause);

    cr_assert_not_null(json, "%s in:\n%s", cause.text, out);
    return json;
}

Test(cli, json_is_an_object_for_one_and_an_array_for_several)
{
    expect_code(GRADE("half", "--json"), 0);
    json_t *one = load_json();
    cr_expect(json_integer_value(json_object_get(one, "score")) == 60,
              "score of an object:\n%s", out);
    json_decref(one);
    expect_code(GRADE("half", "kit/reference", "--json"), 0);
    json_t *two = load_json();
    cr_expect(json_array_size(two) == 2, "an array of two:\n%s", out);
    json_decref(two);
}

Test(cli, unreadable_submission_is_a_zero_with_a_reason)
{
    write_text("broken.tar.gz", "this is no archive");
    expect_code(GRADE("broken.tar.gz", "--json"), 2);
    json_t *json = load_json();
    const json_t *refused = json_object_get(json, "refused");
    cr_expect(json_integer_value(json_object_get(json, "score")) == 0,
              "score 0:\n%s", out);
    cr_expect(json_string_length(json_object_get(refused, "reason")) > 0,
              "a reason:\n%s", out);
    json_decref(json);
}

Test(cli, code_that_does_not_compile_scores_zero_with_the_message)
{
    write_text("bad/mm/toy.c", "int take(\n");
    expect_code(GRADE("bad"), 0);
    expect_out("mm/toy.c:1");
    expect_out("build-failed");
    expect_out("0 of 100 points");
}

Test(cli, min_score_decides_the_exit_code)
{
    expect_code(GRADE("half", "--min-score", "60"), 0);
    expect_code(GRADE("half", "--min-score", "61"), 4);
}

Test(cli, only_runs_one_test_and_leaves_the_rest_undecided)
{
    expect_code(GRADE("kit/reference", "--only", "toy::gives_two"), 0);
    expect_out("40 of 100 points, 60 undecided");
    expect_code(GRADE("half", "--only", "toy::none"), 1);
    expect_err("lab0-toy has no such test");
}

Test(cli, several_submissions_give_a_line_each)
{
    write_text("broken.zip", "PK no");
    expect_code(GRADE("half", "nowhere", "broken.zip", "kit/reference"), 1);
    expect_out("half        lab0-toy   60 of 100");
    expect_out("broken.zip  lab0-toy    0 of 100  refused");
    expect_out("reference   lab0-toy  100 of 100  all 2 tests pass");
    expect_err("nowhere");
}

Test(cli, hostile_names_do_not_reach_the_terminal)
{
    write_text("x\033[31m/mm/toy.c", TOY_SOURCE("one"));
    expect_code(run("grade", "--sandbox=none", "x\033[31m", NULL), 0);
    cr_expect(!strchr(out, 033) && !strchr(err_text, 033),
              "an escape got through");
    expect_code(GRADE("half", "--lab", "y\033[31m"), 1);
    cr_expect(!strchr(err_text, 033), "an escape got through");
}

/* --- trouble of ours -------------------------------------------------------
 */

Test(cli, missing_test_program_is_a_fault_and_not_a_zero)
{
    char *suite = inside("kit/build/tests/suites/lab0-toy");

    cr_assert(unlink(suite) == 0, "unlink");
    expect_code(GRADE("half", "--json"), 3);
    json_t *json = load_json();
    cr_expect(json_is_false(json_object_get(json, "graded")), "graded:\n%s",
              out);
    cr_expect(json_integer_value(json_object_get(json, "ungraded")) == 100,
              "all points are undecided:\n%s", out);
    json_decref(json);
    free(suite);
}

Test(cli, test_program_that_records_nothing_is_a_fault)
{
    write_text("mute/mm/toy.c", TOY_SOURCE("mute"));
    expect_code(GRADE("mute"), 3);
    expect_out("not graded");
}

/* Starts grading what hangs, waits until it does, and ends it by a signal. */
static void end_by(int signal_number)
{
    char *argv[] = {program, "grade", "--sandbox=none", "hang", NULL};
    char *pid_path = inside("kit/build/tests/suites/lab0-toy.pid");
    const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
    struct error err = {0};
    char *text = NULL;
    size_t nbytes = 0;

    unlink(pid_path);
    pid_t pid = start(argv);
    for (int i = 0; access(pid_path, F_OK) < 0 && i < 1000; i++) {
        nanosleep(&pause, NULL);
    }
    cr_assert(file_read(pid_path, 100, &text, &nbytes, &err) == 0, "%s",
              err.message);
    kill(pid, signal_number);
    int code = finish(pid);
    cr_expect(code == 1000 + signal_number,
              "expected its end by signal %d, got %d", signal_number, code);
    cr_expect(kill((pid_t)strtol(text, NULL, 10), 0) < 0 && errno == ESRCH,
              "the test program outlived it");
    free(text);
    free(pid_path);
}

Test(cli, signal_ends_everything_and_leaves_nothing)
{
    write_text("hang/mm/toy.c", TOY_SOURCE("hang"));
    end_by(SIGTERM);
    end_by(SIGINT);
}

/* --- what is written -------------------------------------------------------
 */

/* The seed in the record that grading `half` wrote to DIR. */
static char *seed_in(const char *dir)
{
    struct error err = {0};
    char path[200];
    char *text = NULL;
    size_t nbytes = 0;

    expect_code(GRADE("half", "-o", dir), 0);
    snprintf(path, sizeof(path), "%s/lab0-toy/record.jsonl", dir);
    char *full = inside(path);
    cr_assert(file_read(full, 1 << 20, &text, &nbytes, &err) == 0, "%s",
              err.message);
    char *seed = strstr(text, "\"seed\":\"");
    cr_assert_not_null(seed, "no seed in %s", text);
    char *copy = strndup(seed + strlen("\"seed\":\""), 64);
    free(text);
    free(full);
    return copy;
}

Test(cli, out_has_result_and_record)
{
    char *json = inside("o/lab0-toy/result.json");

    free(seed_in("o"));
    cr_expect(access(json, R_OK) == 0, "result.json is there");
    free(json);
    expect_code(GRADE("half", "kit/reference", "-o", "p"), 0);
    json = inside("p/2-reference/lab0-toy/result.json");
    cr_expect(access(json, R_OK) == 0, "a folder a submission");
    free(json);
}

Test(cli, seed_follows_submission_and_secret)
{
    char *first = seed_in("a");
    char *again = seed_in("b");

    cr_expect_str_eq(first, again, "the same submission, the same seed");
    write_text("secret", "of this very course");
    set_environment("MMGRADE_SECRET", "secret");
    char *other = seed_in("c");
    cr_expect_str_neq(first, other, "another secret, another seed");
    free(first);
    free(again);
    free(other);
}

#define MAKE_ONE "make one with `head -c 32 /dev/urandom >FILE`"

Test(cli, secret_that_is_none_is_a_usage_error)
{
    set_environment("MMGRADE_SECRET", "no-such-file");
    expect_code(GRADE("half"), 1);
    expect_err("MMGRADE_SECRET");
    expect_err("no-such-file: No such file or directory; " MAKE_ONE);
    set_environment("MMGRADE_SECRET", "secret");
    write_text("secret", "");
    expect_code(GRADE("half"), 1);
    expect_err("secret has 0 bytes, which is fewer than 16; " MAKE_ONE);
    write_text("secret", "fifteen letters");
    expect_code(GRADE("half"), 1);
    expect_err("15 bytes");
    write_text("secret", "sixteen letters.");
    expect_code(GRADE("half"), 0);
}

Test(cli, secret_that_others_can_read_is_told_once)
{
    char *path = inside("secret");

    write_text("secret", "of this very course");
    set_environment("MMGRADE_SECRET", "secret");
    cr_assert(chmod(path, 0640) == 0, "chmod");
    expect_code(GRADE("half", "half"), 0);
    expect_err("mmgrade grade: warning: not only its owner can read");
    char *first = strstr(err_text, "warning");
    cr_assert_not_null(first, "%s", err_text);
    cr_expect_null(strstr(first + 1, "warning"), "%s", err_text);
    cr_assert(chmod(path, 0600) == 0, "chmod");
    expect_code(GRADE("half"), 0);
    cr_expect_null(strstr(err_text, "warning"), "%s", err_text);
    free(path);
}

Test(cli, score_below_the_minimum_is_told)
{
    expect_code(GRADE("half", "--min-score", "60"), 0);
    cr_expect_str_eq(err_text, "");
    expect_code(GRADE("half", "--min-score", "61"), 4);
    cr_expect_str_eq(err_text, "mmgrade: lab0-toy: 60 of 100 points is below "
                               "--min-score 61\n");
    expect_code(GRADE("half", "kit/reference", "--min-score", "61"), 4);
    cr_expect_str_eq(err_text, "mmgrade: half: lab0-toy: 60 of 100 points is "
                               "below --min-score 61\n");
}

Test(cli, keep_leaves_the_work_and_wants_an_empty_folder)
{
    char *kernel = inside("work/1-lab0-toy/kernel");

    expect_code(GRADE("half", "--keep", "work"), 0);
    cr_expect(access(kernel, R_OK) == 0, "the kernel is kept");
    expect_code(GRADE("half", "--keep", "work"), 1);
    expect_err("not empty");
    free(kernel);
}

/* --- check, handout, verify, doctor ----------------------------------------
 */

Test(cli, check_finds_tests_without_points)
{
    expect_code(run("check", NULL), 0);
    write_text("kit/build/tests/suites/lab0-toy",
               "#!/usr/bin/sh\necho toy::gives_one\necho toy::new\n");
    expect_code(run("check", "lab0-toy", NULL), 1);
    expect_err("toy::gives_two");
}

Test(cli, handout_has_nothing_hidden)
{
    struct path_list files = {NULL, 0};
    struct error err = {0};
    char *handout = inside("h");
    char *yaml = NULL;

    expect_code(run("handout", "lab0-toy", "-o", "h", NULL), 0);
    cr_assert(folder_walk(handout, &files, &err) == 0, "%s", err.message);
    for (size_t i = 0; i < files.count; i++) {
        cr_expect(!strstr(files.paths[i], "hidden") &&
                      !strstr(files.paths[i], "reference") &&
                      !strstr(files.paths[i], "mutants"),
                  "%s is in the handout", files.paths[i]);
    }
    cr_expect(files.count == 11, "11 files, not %zu", files.count);
    read_output("h/mm/toy.c", &yaml);
    cr_expect(strstr(yaml, "stub"), "the student's file is the stub");
    read_output("h/README.md", &yaml);
    cr_expect_str_eq(yaml, "# The toy lab\n", "the lab's text is the README");
    read_output("h/assignments/lab0-toy/lab.yaml", &yaml);
    cr_expect(strstr(yaml, "gives_one") && !strstr(yaml, "gives_two"),
              "only public tests:\n%s", yaml);
    free(yaml);
    free(handout);
    path_list_free(&files);
}

Test(cli, handout_overwrites_nothing)
{
    expect_code(run("handout", "lab0-toy", "-o", "half", NULL), 1);
    expect_err("half is there already");
    write_text("h.tar.gz", "mine");
    expect_code(run("handout", "lab0-toy", "-o", "h.tar.gz", NULL), 1);
    expect_err("h.tar.gz is there already");
}

Test(cli, handout_archive_is_reproducible)
{
    struct error err = {0};
    char *data[2] = {NULL, NULL};
    size_t nbytes[2] = {0, 0};
    char *path = inside("h.tar.gz");

    for (int i = 0; i < 2; i++) {
        expect_code(run("handout", "lab0-toy", "-o", "h.tar.gz", NULL), 0);
        cr_assert(file_read(path, 1 << 20, &data[i], &nbytes[i], &err) == 0,
                  "%s", err.message);
        cr_assert(unlink(path) == 0, "unlink");
        sleep(1); /* a time in it would show */
    }
    cr_expect(nbytes[0] == nbytes[1] &&
                  memcmp(data[0], data[1], nbytes[0]) == 0,
              "both archives are the same");
    free(data[0]);
    free(data[1]);
    free(path);
}

#define VERIFY() run("verify", "--sandbox=none", NULL)

Test(cli, verify_proves_good_tests_and_names_weak_ones)
{
    expect_code(VERIFY(), 0);
    expect_out("lab0-toy: proven");
    expect_out("no mutant fails: toy::gives_one.");
}

Test(cli, verify_names_a_mutant_that_is_not_caught)
{
    write_text("kit/tests/mutants/toy/harmless.patch",
               "Bug: none at all.\n--- a/mm/toy.c\n+++ b/mm/toy.c\n"
               "@@ -3,3 +3,3 @@\n {\n-    return \"one two\";\n"
               "+    return \"two one\";\n }\n");
    expect_code(VERIFY(), 4);
    expect_out("mutant harmless scores 100: no test catches it (none at all.)");
}

Test(cli, verify_names_a_mutant_that_does_not_build_or_apply)
{
    write_text("kit/tests/mutants/toy/broken.patch",
               "Bug: syntax.\n--- a/mm/toy.c\n+++ b/mm/toy.c\n"
               "@@ -3,3 +3,3 @@\n {\n-    return \"one two\";\n"
               "+    return \"one two\"\n }\n");
    write_text("kit/tests/mutants/toy/stale.patch",
               "Bug: stale.\n--- a/mm/toy.c\n+++ b/mm/toy.c\n"
               "@@ -3,3 +3,3 @@\n {\n-    return \"three\";\n"
               "+    return \"one\";\n }\n");
    expect_code(VERIFY(), 4);
    expect_out("mutant broken does not build: mm/toy.c");
    expect_out("mutant stale was not graded: the patch does not apply");
}

Test(cli, quick_verify_ends_a_mutant_with_its_first_lost_test)
{
    write_text("kit/tests/mutants/toy/neither.patch",
               "Bug: three.\n--- a/mm/toy.c\n+++ b/mm/toy.c\n"
               "@@ -3,3 +3,3 @@\n {\n-    return \"one two\";\n"
               "+    return \"three\";\n }\n");
    expect_code(run("verify", "--sandbox=none", "--quick", NULL), 0);
    expect_out("mutant     neither       40  x \n");
    expect_out("mutant     one_only      60  .x\n");
}

Test(cli, quick_verify_tries_the_test_that_the_patch_names)
{
    static const char diff[] = "--- a/mm/toy.c\n+++ b/mm/toy.c\n"
                               "@@ -3,3 +3,3 @@\n {\n"
                               "-    return \"one two\";\n"
                               "+    return \"one\";\n }\n";
    char *text = NULL;

    cr_assert(asprintf(&text, "Bug: b.\nCaught by: toy::gives_two\n%s", diff) >
              0);
    write_text("kit/tests/mutants/toy/right.patch", text);
    free(text);
    cr_assert(asprintf(&text, "Bug: b.\nCaught by: toy::gives_one\n%s", diff) >
              0);
    write_text("kit/tests/mutants/toy/wrong.patch", text);
    free(text);
    expect_code(run("verify", "--sandbox=none", "--quick", NULL), 4);
    expect_out("mutant     right         60   x\n");
    expect_out("mutant     wrong         60  .x\n");
    expect_out(
        "mutant wrong is not caught by toy::gives_one, as its patch says");
    cr_expect(!strstr(out, "mutant right is"), "got:\n%s", out);
    expect_code(VERIFY(), 4);
    expect_out(
        "mutant wrong is not caught by toy::gives_one, as its patch says");
    cr_expect(!strstr(out, "mutant right is"), "got:\n%s", out);
}

Test(cli, verify_wants_the_bug_in_a_sentence)
{
    write_text("kit/tests/mutants/toy/odd.patch", "--- a/mm/toy.c\n");
    expect_code(VERIFY(), 1);
    expect_err("odd.patch:1: the first line must say the bug");
}

Test(cli, verify_names_a_reference_that_fails)
{
    write_text("kit/reference/mm/toy.c", TOY_SOURCE("one"));
    write_text("kit/tests/mutants/toy/one_only.patch",
               "Bug: nothing.\n--- a/mm/toy.c\n+++ b/mm/toy.c\n"
               "@@ -3,3 +3,3 @@\n {\n-    return \"one\";\n"
               "+    return \"two\";\n }\n");
    expect_code(VERIFY(), 4);
    expect_out("reference reference scores 60 instead of 100");
}

Test(cli, doctor_tries_everything_and_names_what_is_missing)
{
    char *object = inside("kit/build/kernel/given/boot/head.o");

    expect_code(run("doctor", NULL), 0);
    expect_out("the reference passes toy::gives_one");
    cr_assert(unlink(object) == 0, "unlink");
    expect_code(run("doctor", NULL), 3);
    expect_out("missing  kernel objects");
    expect_out("mend it with: make kernel");
    free(object);
}

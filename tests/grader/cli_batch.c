/*
 * mmgrade batch, as people run it, on a class of the toy lab. What its
 * submissions do is in toy_kit.h.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include "book.h"
#include "running.h"

#define BATCH(...)                                                             \
    run("batch", "course.yaml", "--sandbox=none", __VA_ARGS__, NULL)

static void write_course(const char *gradebook)
{
    char *text = NULL;

    cr_assert(asprintf(&text,
                       "id: toys\n"
                       "name: {en: Toys, zh: 玩具}\n"
                       "time_zone: Asia/Shanghai\n"
                       "roster: roster.csv\n"
                       "gradebook: %s\n"
                       "labs:\n"
                       "  - lab: lab0-toy\n"
                       "    due: 2026-03-01T23:59:00+08:00\n"
                       "    weight: 1\n"
                       "    source: {layout: folder, where: work}\n",
                       gradebook) > 0,
              "out of memory");
    write_text("course.yaml", text);
    free(text);
}

static void hand_in(const char *student, const char *source)
{
    char *path = fixture_path("work", student);
    char *file = fixture_path(path, "mm/toy.c");

    write_text(file, source);
    free(file);
    free(path);
}

/* Ann has all of it, Ben half, Eve nothing; Zoe has handed in nothing. */
static void setup_class(void)
{
    setup();
    write_course("grades/toys.db");
    write_text("roster.csv", "id,name\n"
                             "ann,Ann\n"
                             "ben,王伟\n"
                             "eve,\"<script>\"\n"
                             "zoe,王伟\n");
    hand_in("ann", TOY_SOURCE("one two"));
    hand_in("ben", TOY_SOURCE("one"));
    hand_in("eve", TOY_SOURCE("stub"));
}

TestSuite(cli_batch, .init = setup_class, .fini = teardown, .timeout = 120);

/* --- what a run leaves -----------------------------------------------------
 */

static void expect_not_there(const char *path)
{
    char *whole = inside(path);

    cr_expect(access(whole, F_OK) != 0, "%s is there", path);
    free(whole);
}

static void open_gate(void)
{
    write_text("kit/build/tests/suites/lab0-toy.open", "");
}

static int count_one(void *context, const struct attempt *attempt,
                     struct error *err)
{
    size_t *counts = context;

    (void)err;
    counts[0]++;
    counts[1] += (size_t)attempt->gradings;
    return 0;
}

/* Attempts in the gradebook, and how often they were graded in all. */
static void expect_attempts(size_t attempts, size_t gradings)
{
    char *path = inside("grades/toys.db");
    size_t counts[2] = {0, 0};
    struct error err = {0};
    struct book *book = NULL;

    cr_assert(book_open(path, "toys", BOOK_READ, &book, &err) == 0 &&
                  book_each(book, count_one, counts, &err) == 0,
              "%s", err.message);
    book_close(book);
    cr_expect(counts[0] == attempts && counts[1] == gradings,
              "expected %zu attempts, %zu gradings; got %zu, %zu", attempts,
              gradings, counts[0], counts[1]);
    free(path);
}

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
    expect_not_there("grades/work");
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
    char *cache = inside("grades/cache");
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

Test(cli_batch, worker_that_dies_is_a_fault_of_that_unit)
{
    hand_in("ben", TOY_SOURCE("one kills"));
    expect_code(BATCH("-j", "1"), 3);
    expect_err("2/3 ben lab0-toy ungraded: the process that graded it was "
               "ended by signal 9 (Killed)\n");
    expect_out("2 graded, 0 refused, 1 ungraded");
    expect_attempts(3, 3);
    expect_not_there("grades/work");
}

Test(cli_batch, faults_are_run_again_alone)
{
    hand_in("ben", TOY_SOURCE("one kills"));
    hand_in("eve", TOY_SOURCE("one fault"));
    expect_code(BATCH("-j", "1"), 3);
    expect_out("1 graded, 0 refused, 2 ungraded");
    expect_code(BATCH("-j", "1", "--retry-infra"), 3);
    expect_out("2 of 2 submissions");
    open_gate();
    expect_code(BATCH("-j", "1", "--retry-infra"), 0);
    expect_err("1/2 ben lab0-toy 60 of 100\n");
    expect_err("2/2 eve lab0-toy 60 of 100\n");
    expect_code(BATCH("-j", "1", "--retry-infra"), 0);
    expect_out("0 of 0 submissions");
    expect_code(BATCH("-j", "1"), 0);
    expect_out("run: 0, from the cache: 0, unchanged: 3");
}

/* --- submissions that can't be fetched -------------------------------------
 */

/* Everybody's is a repository; it has to have the branch `hand-in`. */
static void write_git_course(void)
{
    write_text("course.yaml", "id: toys\n"
                              "name: {en: Toys, zh: 玩具}\n"
                              "time_zone: Asia/Shanghai\n"
                              "roster: roster.csv\n"
                              "gradebook: grades/toys.db\n"
                              "policy: {attempt: best}\n"
                              "labs:\n"
                              "  - lab: lab0-toy\n"
                              "    due: 2026-03-01T23:59:00+08:00\n"
                              "    weight: 1\n"
                              "    source: {layout: git, where: 'work/{id}',\n"
                              "             ref: hand-in}\n");
}

static void git(const char *student, const char *commands)
{
    char *script = NULL;

    cr_assert(asprintf(&script,
                       "cd '%s/work/%s' && g() { git -c user.name=A -c "
                       "user.email=a@example.org \"$@\"; } && %s",
                       folder, student, commands) > 0,
              "out of memory");
    run_tool((char *[]){"sh", "-c", script, NULL});
    free(script);
}

Test(cli_batch, what_cannot_be_fetched_is_no_attempt_of_who_has_one)
{
    write_git_course();
    git("ann", "g init -q -b hand-in && g add -A && g commit -qm 1");
    expect_code(BATCH("--only", "ann"), 0);
    git("ann", "g branch -qm hand-in other");
    expect_code(BATCH("--only", "ann"), 3);
    expect_err("1/1 ann lab0-toy ungraded: unknown ref hand-in");
    expect_attempts(1, 1);
    git("ann", "g branch -qm other hand-in");
    expect_code(BATCH("--only", "ann"), 0);
    expect_err("100 of 100 (unchanged)");
}

Test(cli_batch, what_cannot_be_fetched_is_not_missing)
{
    write_git_course();
    git("ben", "g init -q -b other && g add -A && g commit -qm 1");
    expect_code(BATCH("--only", "ben"), 3);
    expect_attempts(1, 1);
    expect_code(run("score", "course.yaml", NULL), 0);
    expect_out("? not graded: a fault of ours");
    git("ben", "g branch -qm other hand-in");
    expect_code(BATCH("--only", "ben", "--retry-infra"), 0);
    expect_code(run("score", "course.yaml", NULL), 0);
    expect_out("none → 60");
}

/* --- the cache -------------------------------------------------------------
 */

/* The name of the cache's one entry. */
static char *find_entry(void)
{
    char *list = NULL;
    char *path = inside("grades/cache");
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
    expect_out("unchanged, but graded with other tests or tools than now: 3");
    expect_attempts(3, 3);
    expect_code(BATCH("-j", "2", "--regrade"), 0);
    expect_out("run: 3, from the cache: 0, unchanged: 0");
    expect_attempts(3, 6);
    expect_code(BATCH("-j", "2", "--regrade"), 0);
    expect_out("run: 0, from the cache: 0, unchanged: 3");
    expect_attempts(3, 6);
}

/* --- runs that are ended ---------------------------------------------------
 */

/* Starts a run that waits at Ben's, Ann being in the gradebook. */
static pid_t start_waiting(void)
{
    char *path = inside("kit/build/tests/suites/lab0-toy.pid");
    pid_t pid = 0;

    hand_in("ben", TOY_SOURCE("one waits"));
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid = start((char *[]){program, "batch", "course.yaml", "--sandbox=none",
                           "-j", "1", NULL});
    while (access(path, F_OK) != 0) {
        cr_assert(waitpid(pid, NULL, WNOHANG) == 0, "it has ended");
        usleep(1000);
    }
    free(path);
    return pid;
}

/* All descendants end by themselves; they are ours once mmgrade is gone. */
static void expect_no_process(void)
{
    pid_t pid = 0;

    do {
        pid = waitpid(-1, NULL, 0);
    } while (pid > 0 || errno == EINTR);
    cr_expect_eq(errno, ECHILD, "waitpid");
}

Test(cli_batch, run_that_is_killed_is_taken_up)
{
    pid_t pid = start_waiting();

    kill(pid, SIGKILL);
    expect_no_process(); /* or the test times out */
    expect_attempts(1, 1);
    open_gate();
    expect_code(BATCH("-j", "1"), 0);
    expect_err("1/3 ann lab0-toy 100 of 100 (unchanged)\n");
    expect_err("2/3 ben lab0-toy 60 of 100\n");
    expect_attempts(3, 3);
    expect_not_there("grades/work");
}

static void expect_clean_end(int signal_number, const char *name)
{
    pid_t pid = start_waiting();

    kill(pid, signal_number);
    expect_code(finish(pid), 1000 + signal_number);
    expect_no_process();
    expect_err(name);
    expect_err("after 1 of 3 submissions");
    expect_err("the same command goes on from there");
    expect_not_there("grades/work");
    expect_attempts(1, 1);
}

Test(cli_batch, interrupt_ends_a_run_cleanly)
{
    expect_clean_end(SIGINT, "interrupted (Interrupt)");
}

Test(cli_batch, hangup_ends_a_run_cleanly)
{
    expect_clean_end(SIGHUP, "interrupted (Hangup)");
}

Test(cli_batch, two_runs_do_not_write_one_gradebook)
{
    pid_t pid = start_waiting();

    expect_code(BATCH("-j", "1"), 1);
    expect_err("another `mmgrade batch` (process ");
    expect_err(") is at work in ");
    kill(pid, SIGKILL);
    expect_no_process();
}

/* --- places in trouble -----------------------------------------------------
 */

Test(cli_batch, place_that_cannot_be_written_is_told_first)
{
    write_text("file", "no folder");
    write_course("file/toys.db");
    expect_code(BATCH("-j", "1"), 3);
    expect_err("can't create the folder");
    cr_expect(!strstr(err_text, "1/3"), "nothing was graded: %s", err_text);
}

Test(cli_batch, foreign_gradebook_is_left_alone)
{
    char *text = NULL;

    write_text("grades/toys.db", "dear diary");
    expect_code(BATCH("-j", "1"), 1);
    expect_err("toys.db");
    read_output("grades/toys.db", &text);
    cr_expect_str_eq(text, "dear diary", "it was changed");
    free(text);
}

Test(cli_batch, gradebook_of_another_course_is_refused)
{
    expect_code(BATCH("-j", "1"), 0);
    run_tool((char *[]){"sed", "-i", "s/^id: toys/id: other/",
                        inside("course.yaml"), NULL});
    expect_code(BATCH("-j", "1"), 1);
    expect_err("toys");
}

/*
 * In a process with mounts of its own: grades/ on a disk of that many KiB, and
 * the commands, where $batch is a run. False if there can be no such mounts.
 */
static bool run_on_small_disk(unsigned kib, const char *commands)
{
    char options[64];
    char *script = NULL;
    pid_t pid = fork();
    int status = 0;

    cr_assert(pid >= 0, "fork");
    if (pid == 0) {
        snprintf(options, sizeof(options), "size=%uk", kib);
        if (unshare(CLONE_NEWNS) != 0 ||
            mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
            chdir(folder) != 0 || mkdir("grades", 0755) != 0 ||
            mount("none", "grades", "tmpfs", 0, options) != 0 ||
            asprintf(&script,
                     "batch='%s batch course.yaml --sandbox=none -j 1'\n%s",
                     program, commands) < 0) {
            _exit(77);
        }
        execl("/bin/sh", "sh", "-c", script, NULL);
        _exit(127);
    }
    cr_assert(waitpid(pid, &status, 0) == pid, "waitpid");
    return WIFEXITED(status) && WEXITSTATUS(status) != 77;
}

static void expect_text(const char *name, const char *part)
{
    char *text = NULL;

    read_output(name, &text);
    cr_expect(strstr(text, part), "expected in %s: %s\ngot:\n%s", name, part,
              text);
    free(text);
}

#define NO_MOUNTS "mounts of its own need root"

Test(cli_batch, full_disk_loses_nothing)
{
    if (!run_on_small_disk(400, "head -c 380000 /dev/zero >grades/ballast\n"
                                "$batch >out1 2>err1; echo $? >code1\n"
                                "rm grades/ballast\n"
                                "mount -o remount,size=20m grades\n"
                                "$batch >out2 2>err2; echo $? >code2\n")) {
        cr_skip_test(NO_MOUNTS);
    }
    expect_text("code1", "3\n");
    expect_text("err1", "No space left on device");
    expect_text("code2", "0\n");
    expect_text("out2", "3 graded, 0 refused, 0 ungraded");
}

Test(cli_batch, disk_that_gets_full_ends_the_run)
{
    if (!run_on_small_disk(600, "fill() { cat /dev/zero >grades/ballast; }\n"
                                "$batch --progress=json 2>err1 | {\n"
                                "    read line; fill 2>/dev/null; cat; }\n"
                                "rm grades/ballast\n"
                                "mount -o remount,size=20m grades\n"
                                "$batch >out2 2>err2; echo $? >code2\n")) {
        cr_skip_test(NO_MOUNTS);
    }
    expect_text("err1", "the disk is full; what it held before is kept\n");
    expect_text("err1", "1 of 3 submissions are in the gradebook");
    expect_text("code2", "0\n");
    expect_text("out2", "unchanged: 1");
    expect_text("out2", "3 graded, 0 refused, 0 ungraded");
}

Test(cli_batch, worker_that_fills_the_disk_costs_its_unit_alone)
{
    hand_in("ben", TOY_SOURCE("one fills"));
    if (!run_on_small_disk(4000, "$batch >out1 2>err1; echo $? >code1\n"
                                 "ls grades/work >left1 2>&1\n"
                                 ">kit/build/tests/suites/lab0-toy.open\n"
                                 "$batch >out2 2>err2; echo $? >code2\n")) {
        cr_skip_test(NO_MOUNTS);
    }
    expect_text("code1", "3\n");
    expect_text("err1", "1/3 ann lab0-toy 100 of 100\n");
    expect_text("err1", "2/3 ben lab0-toy ungraded: ");
    expect_text("err1", "3/3 eve lab0-toy 0 of 100\n");
    expect_text("left1", "No such file");
    expect_text("err2", "2/3 ben lab0-toy 60 of 100\n");
    expect_text("code2", "0\n");
}

/* --- usage -----------------------------------------------------------------
 */

Test(cli_batch, what_makes_no_sense_is_said)
{
    expect_code(BATCH("--lab", "lab7-moon"), 1);
    expect_err("--lab lab7-moon: ");
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

/* Where the gradebook lies beside the submissions, in a folder "work". */
Test(cli_batch, submissions_in_its_work_folder_are_left_alone)
{
    write_course("toys.db");
    expect_code(BATCH(NULL), 1);
    expect_err("work holds something else");
    for (const char *const *file =
             (const char *const[]){"work/ann/mm/toy.c", "work/ben/mm/toy.c",
                                   "work/eve/mm/toy.c", NULL};
         *file; file++) {
        char *path = inside(*file);
        cr_expect(access(path, F_OK) == 0, "%s is gone", *file);
        free(path);
    }
}

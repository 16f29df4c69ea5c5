/*
 * mmgrade batch where something of ours goes wrong: what can't be fetched or
 * graded is never a zero, and takes no verdict away.
 */
#include <criterion/criterion.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>
#include "batching.h"

TestSuite(cli_batch_faults, .init = setup_class, .fini = teardown,
          .timeout = 120);

/* Whoever looks into that folder fails: a process was there, and is gone. */
static void break_folder(const char *name)
{
    char *path = inside(name);
    char source[32];
    pid_t pid = fork();

    cr_assert(pid >= 0, "fork");
    if (pid == 0) {
        pause();
        _exit(0);
    }
    snprintf(source, sizeof(source), "/proc/%d/fdinfo", (int)pid);
    if (unshare(CLONE_NEWNS) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount(source, path, NULL, MS_BIND, NULL) != 0) {
        cr_skip_test("mounts of its own need root");
    }
    cr_assert(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid, "kill");
    free(path);
}

static void mend_folder(const char *name)
{
    char *path = inside(name);

    cr_assert(umount(path) == 0, "umount");
    free(path);
}

Test(cli_batch_faults, worker_that_dies_is_a_fault_of_that_unit)
{
    hand_in("ben", TOY_SOURCE("one kills"));
    expect_code(BATCH("-j", "1"), 3);
    expect_err("2/3 ben lab0-toy ungraded: the process that graded it was "
               "ended by signal 9 (Killed)\n");
    expect_out("2 graded, 0 refused, 1 ungraded");
    expect_attempts(3, 3);
    expect_not_there("grades/.mmgrade-work");
}

Test(cli_batch_faults, faults_are_run_again_alone)
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
                              "    due: 2020-03-01T23:59:00+08:00\n"
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

Test(cli_batch_faults, what_cannot_be_fetched_is_no_attempt_of_who_has_one)
{
    write_git_course();
    git("ann", "g init -q -b hand-in && g add -A && g commit -qm 1");
    expect_code(BATCH("--only", "ann"), 0);
    git("ann", "g branch -qm hand-in other");
    expect_code(BATCH("--only", "ann"), 3);
    expect_err("1/1 ann lab0-toy ungraded: unknown ref hand-in");
    expect_err(" (what was graded before still counts)\n");
    expect_attempts(1, 1);
    git("ann", "g branch -qm other hand-in");
    expect_code(BATCH("--only", "ann"), 0);
    expect_err("100 of 100 (unchanged)");
}

Test(cli_batch_faults, what_cannot_be_fetched_after_a_refusal_is_no_zero)
{
    write_git_course();
    git("ann", "g init -q -b hand-in && g commit -q --allow-empty -m 1");
    expect_code(BATCH("--only", "ann"), 2);
    expect_code(run("score", "course.yaml", NULL), 0);
    git("ann", "g branch -qm hand-in other");
    expect_code(BATCH("--only", "ann"), 3);
    expect_attempts(2, 2);
    expect_code(run("score", "course.yaml", NULL), 0);
    expect_out("0 → none");
    git("ann", "g branch -qm other hand-in && g add -A && g commit -qm 2");
    expect_code(BATCH("--only", "ann", "--retry-infra"), 0);
    expect_code(run("score", "course.yaml", NULL), 0);
    expect_out("none → 100");
}

Test(cli_batch_faults, what_cannot_be_fetched_is_not_missing)
{
    write_git_course();
    git("ben", "g init -q -b other && g add -A && g commit -qm 1");
    expect_code(BATCH("--only", "ben"), 3);
    expect_attempts(1, 1);
    expect_code(run("score", "course.yaml", NULL), 0);
    expect_out("ben      王伟           ?");
    git("ben", "g branch -qm other hand-in");
    expect_code(BATCH("--only", "ben", "--retry-infra"), 0);
    expect_code(run("score", "course.yaml", NULL), 0);
    expect_out("none → 60");
}

Test(cli_batch_faults, address_that_is_not_fetched_is_no_students_zero)
{
    char *yaml = inside("course.yaml");

    write_git_course();
    run_tool((char *[]){"sed", "-i", "s,work/{id},https://127.0.0.{id}/x,",
                        yaml, NULL});
    write_text("roster.csv", "id,name\n1,Ann\n");
    expect_code(BATCH(NULL), 3);
    expect_err("1/1 1 lab0-toy ungraded: can't fetch https://127.0.0.1/x: its "
               "host is this machine");
    expect_code(run("score", "course.yaml", NULL), 0);
    expect_out("? undecided: `mmgrade batch` says why");
    run_tool(
        (char *[]){"sed", "-i", "s,127.0.0.{id},127.0.0.1/{id},", yaml, NULL});
    expect_code(BATCH(NULL), 1);
    expect_err("course.yaml:11:27: can't fetch https://127.0.0.1/{id}/x: its "
               "host is this machine");
    free(yaml);
}

Test(cli_batch_faults, what_was_read_in_part_stays_when_it_cannot_be_fetched)
{
    write_git_course();
    hand_in("ann", TOY_SOURCE("one fault"));
    git("ann", "g init -q -b hand-in && g add -A && g commit -qm 1");
    expect_code(BATCH("--only", "ann"), 3);
    expect_attempts(1, 1);
    git("ann", "g branch -qm hand-in other");
    expect_code(BATCH("--only", "ann"), 3);
    expect_attempts(1, 1);
}

Test(cli_batch_faults, folder_that_cannot_be_read_is_that_units_fault)
{
    break_folder("work/ann");
    expect_code(BATCH("-j", "1"), 3);
    expect_err("1/3 ann lab0-toy ungraded: ");
    expect_err("2/3 ben lab0-toy 60 of 100\n");
    mend_folder("work/ann");
    expect_code(BATCH("-j", "1", "--retry-infra"), 0);
    expect_err("1/1 ann lab0-toy 100 of 100\n");
}

/* --- faults between two downloads that say when something was handed in -----
 */

/* Ann's, of that day in March, at noon. */
static void download(const char *day, const char *file, const char *source)
{
    char *metadata = NULL;

    cr_assert(asprintf(&metadata,
                       "submission_1:\n"
                       "  :submitters:\n"
                       "  - :name: Ann\n"
                       "    :sid: ann\n"
                       "  :created_at: 2026-03-%s 12:00:00.0 Z\n",
                       day) > 0,
              "out of memory");
    write_text("export/submission_metadata.yml", metadata);
    write_text(file, source);
    free(metadata);
}

#define TOY_FOLDER "export/submission_1/mm"
#define TOY_FILE   TOY_FOLDER "/toy.c"

static void write_gradescope_course(void)
{
    write_text("course.yaml",
               "id: toys\n"
               "name: {en: Toys, zh: 玩具}\n"
               "time_zone: Asia/Shanghai\n"
               "roster: roster.csv\n"
               "gradebook: grades/toys.db\n"
               "policy: {attempt: best, penalty_percent: 10}\n"
               "labs:\n"
               "  - lab: lab0-toy\n"
               "    due: 2026-03-10T23:59:00+08:00\n"
               "    weight: 1\n"
               "    source: {layout: gradescope, where: export}\n");
}

Test(cli_batch_faults, fault_between_two_downloads_leaves_nothing_open)
{
    write_gradescope_course();
    download("01", TOY_FILE, TOY_SOURCE("one"));
    expect_code(BATCH("--only", "ann"), 0);
    download("02", TOY_FILE, TOY_SOURCE("one two"));
    break_folder(TOY_FOLDER);
    expect_code(BATCH("--only", "ann"), 3);
    expect_err("can't open the folder mm: No such process (what was graded "
               "before still counts)\n");
    expect_attempts(1, 1);
    mend_folder(TOY_FOLDER);
    download("03", TOY_FILE, TOY_SOURCE("one") "\n");
    expect_code(BATCH("--only", "ann"), 0);
    expect_code(run("score", "course.yaml", NULL), 0);
    expect_out("Ann          60");
}

Test(cli_batch_faults, same_files_after_a_fault_are_not_late)
{
    write_gradescope_course();
    download("01", TOY_FILE, TOY_SOURCE("one two"));
    expect_code(BATCH("--only", "ann"), 0);
    download("12", TOY_FILE, TOY_SOURCE("one two"));
    break_folder(TOY_FOLDER);
    expect_code(BATCH("--only", "ann"), 3);
    mend_folder(TOY_FOLDER);
    expect_code(BATCH("--only", "ann"), 0);
    expect_err("100 of 100 (unchanged)");
    expect_attempts(1, 1);
}

Test(cli_batch_faults, fault_at_another_time_than_a_refusal_is_no_zero)
{
    write_gradescope_course();
    download("01", TOY_FOLDER "/notes.txt", "not yet\n");
    expect_code(BATCH("--only", "ann"), 2);
    download("02", TOY_FILE, TOY_SOURCE("one two"));
    break_folder(TOY_FOLDER);
    expect_code(BATCH("--only", "ann"), 3);
    expect_code(BATCH("--only", "ann"), 3);
    expect_attempts(2, 2);
    expect_code(run("score", "course.yaml", NULL), 0);
    expect_out("? undecided: `mmgrade batch` says why");
    mend_folder(TOY_FOLDER);
    expect_code(BATCH("--only", "ann"), 0);
    expect_code(run("score", "course.yaml", NULL), 0);
    expect_out("none → 100");
}

/* --- what was decided before ------------------------------------------------
 */

Test(cli_batch_faults, fault_of_ours_takes_no_verdict_away)
{
    char *gate = inside("kit/build/tests/suites/lab0-toy.open");

    hand_in("ann", TOY_SOURCE("one kills"));
    hand_in("ben", TOY_SOURCE("one fault"));
    open_gate();
    expect_code(BATCH("-j", "1"), 0);
    cr_assert(unlink(gate) == 0, "unlink");
    write_text("kit/build/initrd.img", "another ramdisk");
    expect_code(BATCH("-j", "1", "--regrade"), 3);
    expect_out("1 graded, 0 refused, 2 ungraded");
    expect_err("signal 9 (Killed) (what was graded before still counts)\n");
    expect_out(" (what was graded before still counts)\n");
    expect_attempts(3, 4);
    expect_code(run("score", "course.yaml", NULL), 0);
    expect_out("王伟         60");
    open_gate();
    expect_code(BATCH("-j", "1", "--regrade"), 0);
    expect_out("run: 2, from the cache: 0, unchanged: 1");
    expect_attempts(3, 6);
    free(gate);
}

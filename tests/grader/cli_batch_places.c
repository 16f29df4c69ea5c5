/*
 * mmgrade batch where its places are in trouble: gradebooks of others, and
 * disks that can't be written or are full.
 */
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include "batching.h"

TestSuite(cli_batch_places, .init = setup_class, .fini = teardown,
          .timeout = 120);

Test(cli_batch_places, place_that_cannot_be_written_is_told_first)
{
    write_text("file", "no folder");
    write_course("file/toys.db");
    expect_code(BATCH("-j", "1"), 3);
    expect_err("can't create the folder");
    cr_expect(!strstr(err_text, "1/3"), "nothing was graded: %s", err_text);
}

Test(cli_batch_places, foreign_gradebook_is_left_alone)
{
    char *text = NULL;

    write_text("grades/toys.db", "dear diary");
    expect_code(BATCH("-j", "1"), 1);
    expect_err("toys.db");
    read_output("grades/toys.db", &text);
    cr_expect_str_eq(text, "dear diary", "it was changed");
    free(text);
}

Test(cli_batch_places, gradebook_of_another_course_is_refused)
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

Test(cli_batch_places, full_disk_loses_nothing)
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

Test(cli_batch_places, disk_that_gets_full_ends_the_run)
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

Test(cli_batch_places, worker_that_fills_the_disk_costs_its_unit_alone)
{
    hand_in("ben", TOY_SOURCE("one fills"));
    if (!run_on_small_disk(4000, "$batch >out1 2>err1; echo $? >code1\n"
                                 "ls grades/.mmgrade-work >left1 2>&1\n"
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

/* Where the gradebook lies beside the submissions, in folders of any name. */
Test(cli_batch_places, folders_beside_the_gradebook_are_left_alone)
{
    char *text = NULL;

    write_course("toys.db");
    write_text("cache/notes", "mine");
    write_text("cache/notes.part", "mine, too");
    expect_code(BATCH("-j", "1"), 0);
    expect_err("1/3 ann lab0-toy 100 of 100\n");
    read_output("work/ann/mm/toy.c", &text);
    read_output("cache/notes.part", &text);
    cr_expect_str_eq(text, "mine, too", "it was changed");
    free(text);
}

Test(cli_batch_places, foreign_work_folder_is_not_emptied)
{
    char *text = NULL;

    write_text("grades/.mmgrade-work/diary", "dear diary");
    expect_code(BATCH("-j", "1"), 1);
    expect_err(".mmgrade-work holds something else ('diary')");
    read_output("grades/.mmgrade-work/diary", &text);
    cr_expect_str_eq(text, "dear diary", "it was changed");
    free(text);
}

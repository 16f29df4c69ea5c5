/*
 * Runs of mmgrade batch that are ended, and taken up again.
 */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include "batching.h"

TestSuite(cli_batch_ended, .init = setup_class, .fini = teardown,
          .timeout = 120);

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

Test(cli_batch_ended, run_that_is_killed_is_taken_up)
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
    expect_not_there("grades/.mmgrade-work");
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
    expect_not_there("grades/.mmgrade-work");
    expect_attempts(1, 1);
}

Test(cli_batch_ended, interrupt_ends_a_run_cleanly)
{
    expect_clean_end(SIGINT, "interrupted (Interrupt)");
}

Test(cli_batch_ended, hangup_ends_a_run_cleanly)
{
    expect_clean_end(SIGHUP, "interrupted (Hangup)");
}

Test(cli_batch_ended, two_runs_do_not_write_one_gradebook)
{
    pid_t pid = start_waiting();

    expect_code(BATCH("-j", "1"), 1);
    expect_err("another `mmgrade batch` (process ");
    expect_err(") is at work in ");
    kill(pid, SIGKILL);
    expect_no_process();
}

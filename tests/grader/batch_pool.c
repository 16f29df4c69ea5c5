/*
 * The pool of workers: answers, and workers that die, hang or can't be started.
 * What a worker does is a function of its job's number, below.
 */
#include "pool.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fixture.h"
#include "folder.h"

#define JOBS_MAX 8

static char *folder;

/* What done() was told of each job. */
static struct {
    bool done;
    enum pool_end end;
    char why[256];
    char answer[64];
    long nbytes;
} told[JOBS_MAX];

static void setup(void)
{
    folder = fixture_folder();
    memset(told, 0, sizeof(told));
}

static void teardown(void)
{
    fixture_remove(folder);
    free(folder);
}

TestSuite(batch_pool, .init = setup, .fini = teardown, .timeout = 60);

static int remember(void *context, size_t job, const struct pool_answer *answer,
                    struct error *err)
{
    (void)context;
    (void)err;
    cr_assert(job < JOBS_MAX, "a job that was never given: %zu", job);
    cr_expect(!told[job].done, "job %zu was done twice", job);
    told[job].done = true;
    told[job].end = answer->end;
    told[job].nbytes = (long)answer->nbytes;
    snprintf(told[job].why, sizeof(told[job].why), "%s", answer->why);
    snprintf(told[job].answer, sizeof(told[job].answer), "%s", answer->bytes);
    return 0;
}

static void say(const struct pool_job *job, const char *text)
{
    cr_assert(pool_write(job->answer, text, strlen(text)) == 0, "answer");
}

/* Runs `njobs` jobs of that kind, two at a time. */
static int run_jobs(void (*work)(void *context, const struct pool_job *job),
                    size_t njobs, unsigned seconds, int *signal_number)
{
    struct error err = {0};
    const struct pool_options options = {
        .workers = 2,
        .seconds = seconds,
        .folder = folder,
        .output = -1,
        .work = work,
        .done = remember,
    };
    int rc = pool_run(&options, njobs, signal_number, &err);

    cr_expect(rc == 0, "pool_run: %s", err.message);
    cr_expect(!folder_has_entries(folder), "a job's folder is left in %s",
              folder);
    cr_expect(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD,
              "a process is left");
    return rc;
}

static void expect_end(size_t job, enum pool_end end, const char *why)
{
    cr_expect(told[job].done, "job %zu was not done", job);
    cr_expect(told[job].end == end && strstr(told[job].why, why),
              "job %zu: expected end %d, '%s'; got %d, '%s'", job, (int)end,
              why, (int)told[job].end, told[job].why);
}

/* --- answers ---------------------------------------------------------------
 */

static void tell_number(void *context, const struct pool_job *job)
{
    char text[32];

    (void)context;
    snprintf(text, sizeof(text), "I am %zu", job->number);
    say(job, text);
}

Test(batch_pool, every_job_is_done_once_and_its_answer_is_its_own)
{
    int signal_number = 0;

    run_jobs(tell_number, JOBS_MAX, 30, &signal_number);
    for (size_t i = 0; i < JOBS_MAX; i++) {
        char wanted[32];
        snprintf(wanted, sizeof(wanted), "I am %zu", i);
        expect_end(i, POOL_ANSWERED, "");
        cr_expect_str_eq(told[i].answer, wanted, "job %zu", i);
    }
    cr_expect_eq(signal_number, 0, "no signal was sent");
}

Test(batch_pool, no_job_is_no_trouble)
{
    int signal_number = 0;

    run_jobs(tell_number, 0, 30, &signal_number);
    cr_expect(!told[0].done, "nothing was to be done");
}

static void fill_folder(void *context, const struct pool_job *job)
{
    (void)context;
    cr_assert(!folder_has_entries(job->folder), "the folder is not empty");
    fixture_write(job->folder, "a/b/c", "left", 4);
}

Test(batch_pool, folders_go_with_their_jobs)
{
    int signal_number = 0;

    run_jobs(fill_folder, 3, 30, &signal_number); /* which looks */
    expect_end(2, POOL_ANSWERED, "");
}

static void tell_cores(void *context, const struct pool_job *job)
{
    char text[32];

    (void)context;
    snprintf(text, sizeof(text), "%u", job->cores);
    say(job, text);
}

Test(batch_pool, a_lone_job_has_all_cores)
{
    int signal_number = 0;

    run_jobs(tell_cores, 1, 30, &signal_number);
    cr_expect_str_eq(told[0].answer, "2", "one job, two workers");
    memset(told, 0, sizeof(told));
    run_jobs(tell_cores, 2, 30, &signal_number);
    cr_expect_str_eq(told[0].answer, "1", "two jobs, two workers");
}

/* --- workers in trouble ----------------------------------------------------
 */

static void trouble(void *context, const struct pool_job *job)
{
    (void)context;
    say(job, "begun");
    switch (job->number) {
    case 0:
        raise(SIGKILL);
        break;
    case 1:
        _exit(7);
    case 2:
        abort();
    default:
        say(job, ", ended");
    }
}

Test(batch_pool, worker_that_dies_costs_its_job_alone)
{
    int signal_number = 0;

    run_jobs(trouble, 5, 30, &signal_number);
    expect_end(0, POOL_DIED, "signal 9 (Killed)");
    expect_end(1, POOL_DIED, "exit code 7");
    expect_end(2, POOL_DIED, "signal 6");
    expect_end(3, POOL_ANSWERED, "");
    expect_end(4, POOL_ANSWERED, "");
    cr_expect_str_eq(told[0].answer, "begun", "what it wrote is there");
    cr_expect_str_eq(told[4].answer, "begun, ended", "whole");
}

static void hang(void *context, const struct pool_job *job)
{
    (void)context;
    signal(SIGTERM, SIG_IGN);
    while (job->number == 0) {
        pause();
    }
}

Test(batch_pool, worker_that_hangs_is_ended)
{
    int signal_number = 0;

    run_jobs(hang, 3, 1, &signal_number);
    expect_end(0, POOL_TIMEOUT, "over 1 seconds");
    expect_end(1, POOL_ANSWERED, "");
    expect_end(2, POOL_ANSWERED, "");
}

/* A grandchild that nobody waits for, in a session of its own. */
static void leave_process(void *context, const struct pool_job *job)
{
    pid_t child = fork();

    (void)context;
    if (child == 0) {
        setsid();
        if (fork() == 0) {
            for (;;) {
                pause();
            }
        }
        _exit(0);
    }
    cr_assert(waitpid(child, NULL, 0) == child, "waitpid");
    if (job->number == 0) {
        raise(SIGKILL);
    }
}

Test(batch_pool, what_workers_leave_behind_is_ended)
{
    int signal_number = 0;

    run_jobs(leave_process, 3, 30, &signal_number); /* which looks */
    expect_end(0, POOL_DIED, "signal 9");
    expect_end(1, POOL_ANSWERED, "");
}

/* done(): with one worker nothing of the job may be there any more. */
static int expect_alone(void *context, size_t job,
                        const struct pool_answer *answer, struct error *err)
{
    cr_expect(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD,
              "a process of job %zu is left when it is done", job);
    cr_expect(!folder_has_entries(folder), "its folder is left");
    return remember(context, job, answer, err);
}

Test(batch_pool, what_a_dead_worker_leaves_is_ended_before_the_next)
{
    struct error err = {0};
    int signal_number = 0;
    const struct pool_options options = {
        .workers = 1,
        .seconds = 30,
        .folder = folder,
        .output = -1,
        .work = leave_process,
        .done = expect_alone,
    };

    cr_expect_eq(pool_run(&options, 2, &signal_number, &err), 0, "");
    cr_expect(told[0].done && told[1].done, "both are done");
}

Test(batch_pool, job_that_cannot_be_started_is_told)
{
    int signal_number = 0;

    fixture_write(folder, "1", "in the way", 10);
    fixture_write(folder, "2", "in the way", 10);
    fixture_write(folder, "3", "in the way", 10);
    run_jobs(tell_number, 4, 30, &signal_number);
    expect_end(0, POOL_ANSWERED, "");
    expect_end(1, POOL_NOT_STARTED, "can't create the folder");
    expect_end(3, POOL_NOT_STARTED, "File exists");
}

static void say_too_much(void *context, const struct pool_job *job)
{
    (void)context;
    cr_assert(ftruncate(job->answer, (off_t)POOL_ANSWER_BYTES_MAX + 1) == 0,
              "ftruncate");
}

Test(batch_pool, answer_that_is_too_long_is_none)
{
    int signal_number = 0;

    run_jobs(say_too_much, 1, 30, &signal_number);
    cr_expect_eq(told[0].nbytes, 0, "got %ld bytes", told[0].nbytes);
}

/* --- the end of a run ------------------------------------------------------
 */

static int refuse(void *context, size_t job, const struct pool_answer *answer,
                  struct error *err)
{
    remember(context, job, answer, err);
    return fail(err, ERROR_INFRA, "the gradebook is full");
}

static void wait_unless_first(void *context, const struct pool_job *job)
{
    (void)context;
    while (job->number > 0) {
        pause();
    }
}

Test(batch_pool, run_ends_when_an_answer_can_not_be_kept)
{
    struct error err = {0};
    int signal_number = 0;
    const struct pool_options options = {
        .workers = 2,
        .seconds = 30,
        .folder = folder,
        .output = -1,
        .work = wait_unless_first,
        .done = refuse,
    };

    cr_expect_eq(pool_run(&options, 5, &signal_number, &err), ERROR_INFRA, "");
    cr_expect_str_eq(err.message, "the gradebook is full", "");
    cr_expect(told[0].done && !told[1].done, "the others were in flight");
    cr_expect(!folder_has_entries(folder), "a job's folder is left");
}

static void interrupt_parent(void *context, const struct pool_job *job)
{
    (void)context;
    if (job->number == 1) {
        kill(getppid(), SIGINT);
    }
    while (job->number > 0) {
        pause();
    }
}

Test(batch_pool, signal_ends_workers_and_run)
{
    int signal_number = 0;
    sigset_t mask;

    run_jobs(interrupt_parent, 5, 30, &signal_number);
    cr_expect_eq(signal_number, SIGINT, "got signal %d", signal_number);
    cr_expect(!told[1].done && !told[2].done, "they never ended");
    sigprocmask(SIG_SETMASK, NULL, &mask);
    cr_expect(!sigismember(&mask, SIGINT), "the mask is what it was");
}

static int exits(pid_t pid)
{
    return kill(pid, 0) < 0 && errno == ESRCH;
}

/* Writes its own id into the file "pid" beside the jobs' folders, and waits. */
static void tell_pid(void *context, const struct pool_job *job)
{
    char text[32];

    (void)context;
    (void)job;
    snprintf(text, sizeof(text), "%ld", (long)getpid());
    fixture_write(folder, "pid.new", text, strlen(text));
    char *from = fixture_path(folder, "pid.new");
    char *to = fixture_path(folder, "pid");
    cr_assert(rename(from, to) == 0, "rename");
    free(from);
    free(to);
    for (;;) {
        pause();
    }
}

/* A pool in a process of its own; returns when its worker runs. */
static pid_t start_pool(pid_t *worker)
{
    char *path = fixture_path(folder, "pid");
    struct error err = {0};
    char *text = NULL;
    size_t nbytes = 0;
    int signal_number = 0;
    pid_t pool = fork();

    cr_assert(pool >= 0, "fork");
    if (pool == 0) {
        run_jobs(tell_pid, 1, 600, &signal_number);
        _exit(0);
    }
    while (file_read(path, 100, &text, &nbytes, &err) != 0) {
        usleep(1000);
    }
    *worker = (pid_t)atol(text);
    free(text);
    free(path);
    return pool;
}

Test(batch_pool, workers_end_with_a_parent_that_is_killed)
{
    pid_t worker = 0;
    pid_t pool = start_pool(&worker);

    cr_expect(kill(worker, 0) == 0, "there is a worker");
    kill(pool, SIGKILL);
    cr_assert(waitpid(pool, NULL, 0) == pool, "waitpid");
    for (int i = 0; i < 10000 && !exits(worker); i++) {
        usleep(1000);
        waitpid(worker, NULL, WNOHANG); /* if we are its subreaper */
    }
    cr_expect(exits(worker), "the worker lives on");
}

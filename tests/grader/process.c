/*
 * Running a child: what it is given, how it ends, what is left of it.
 */
#include "process.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "fixture.h"

static struct process_result result;
static struct error err;

static struct process_limits limits = {.wall_seconds = 10,
                                       .output_bytes = 4096};

static void teardown(void)
{
    free(result.output);
}

TestSuite(process, .fini = teardown, .timeout = 60);

/* Runs a line of shell; returns what process_run() does. */
static int run_shell(const char *line)
{
    char *argv[] = {"/bin/sh", "-c", (char *)line, NULL};
    char *envp[] = {"PATH=/usr/bin:/bin", "COLOUR=blue", NULL};

    return process_run(argv, envp, &limits, NULL, &result, &err);
}

static void expect_output(const char *line, const char *output)
{
    cr_assert(run_shell(line) == 0, "could not run: %s", err.message);
    cr_assert(strcmp(result.output, output) == 0,
              "`%s` should print \"%s\", printed \"%s\"", line, output,
              result.output);
}

Test(process, captures_both_outputs_in_order)
{
    expect_output("echo one; echo two >&2; echo three", "one\ntwo\nthree\n");
}

Test(process, reports_exit_status)
{
    cr_assert(run_shell("exit 42") == 0, "%s", err.message);
    cr_assert(result.end == PROCESS_EXITED && result.code == 42,
              "exit 42 was seen as end %d, code %d", result.end, result.code);
}

Test(process, reports_signal)
{
    cr_assert(run_shell("kill -SEGV $$") == 0, "%s", err.message);
    cr_assert(result.end == PROCESS_SIGNALLED && result.code == SIGSEGV,
              "SIGSEGV was seen as end %d, code %d", result.end, result.code);
}

Test(process, missing_program_is_an_error_with_its_name)
{
    char *argv[] = {"/nonexistent/program", NULL};
    char *envp[] = {NULL};

    cr_assert(process_run(argv, envp, &limits, NULL, &result, &err) ==
                  ERROR_INFRA,
              "must fail");
    cr_assert(strstr(err.message, "/nonexistent/program") != NULL &&
                  strstr(err.message, strerror(ENOENT)) != NULL,
              "saw: %s", err.message);
    cr_assert(result.output == NULL, "nothing to free after an error");
}

Test(process, environment_is_what_was_given)
{
    setenv("SECRET", "42", 1);
    expect_output("echo $COLOUR/$SECRET", "blue/\n");
}

Test(process, standard_input_is_empty)
{
    expect_output("cat; echo end", "end\n");
}

Test(process, other_descriptors_are_closed)
{
    int fd = open("/dev/null", O_RDONLY);

    cr_assert(fd > 2, "opened");
    /* ls itself opens the folder that it lists. */
    expect_output("ls /proc/self/fd | tr '\\n' ' '", "0 1 2 3 ");
    close(fd);
}

Test(process, kept_descriptor_is_open)
{
    int fds[2];
    char word[4] = "", script[64];
    /* dash knows descriptors of one digit only. */
    char *argv[] = {"/bin/bash", "-c", script, NULL};
    char *envp[] = {NULL};

    cr_assert(pipe2(fds, O_CLOEXEC) == 0, "pipe");
    snprintf(script, sizeof script, "echo abc >&%d", fds[1]);
    const int keep[] = {fds[1], -1};
    cr_assert(process_run(argv, envp, &limits, keep, &result, &err) == 0, "%s",
              err.message);
    cr_assert(read(fds[0], word, 3) == 3 && strcmp(word, "abc") == 0,
              "read \"%s\" from the kept pipe", word);
}

Test(process, ignored_signals_are_not_inherited)
{
    signal(SIGPIPE, SIG_IGN);
    expect_output("kill -PIPE $$; echo survived", "");
    cr_assert(result.end == PROCESS_SIGNALLED, "SIGPIPE must end it");
}

Test(process, output_over_the_limit_is_dropped_not_waited_for)
{
    cr_assert(run_shell("head -c 1000000 /dev/zero | tr '\\0' x; exit 3") == 0,
              "%s", err.message);
    cr_assert(result.noutput == limits.output_bytes && result.truncated,
              "kept %zu bytes", result.noutput);
    cr_assert(result.code == 3, "it ran to its end: %d", result.code);
}

Test(process, short_output_is_not_called_truncated)
{
    expect_output("echo", "\n");
    cr_assert(!result.truncated, "all of it was kept");
}

Test(process, wall_limit_ends_a_sleeper)
{
    struct process_limits one = {.wall_seconds = 1, .output_bytes = 100};
    char *argv[] = {"/bin/sleep", "50", NULL};
    char *envp[] = {NULL};

    cr_assert(process_run(argv, envp, &one, NULL, &result, &err) == 0, "%s",
              err.message);
    cr_assert(result.end == PROCESS_WALL_LIMIT, "ended by %d", result.end);
    cr_assert(result.seconds >= 1 && result.seconds < 5, "after %f s",
              result.seconds);
}

Test(process, wall_limit_ends_a_flood)
{
    struct process_limits one = {.wall_seconds = 1, .output_bytes = 100};
    char *argv[] = {"/usr/bin/yes", NULL};
    char *envp[] = {NULL};

    cr_assert(process_run(argv, envp, &one, NULL, &result, &err) == 0, "%s",
              err.message);
    cr_assert(result.end == PROCESS_WALL_LIMIT && result.seconds < 5,
              "ended by %d after %f s", result.end, result.seconds);
}

Test(process, grandchildren_do_not_outlive_it)
{
    char *folder = fixture_folder();
    char *file = fixture_path(folder, "late"), line[200];
    struct timespec pause = {.tv_sec = 2};

    snprintf(line, sizeof line, "(sleep 1; touch %s) & exit 0", file);
    cr_assert(run_shell(line) == 0, "%s", err.message);
    cr_assert(result.seconds < 0.9, "it was not waited for");
    nanosleep(&pause, NULL);
    cr_assert(access(file, F_OK) != 0, "the grandchild went on");
    fixture_remove(folder);
    free(folder);
    free(file);
}

Test(process, cpu_limit_ends_a_loop)
{
    limits.cpu_seconds = 1;
    cr_assert(run_shell("while :; do :; done") == 0, "%s", err.message);
    cr_assert(result.end == PROCESS_SIGNALLED &&
                  (result.code == SIGXCPU || result.code == SIGKILL),
              "end %d, code %d", result.end, result.code);
}

Test(process, file_size_is_limited)
{
    char *folder = fixture_folder();
    char line[200];

    limits.file_size = 4096;
    snprintf(line, sizeof line, "head -c 9999 /dev/zero >%s/f; wc -c <%s/f",
             folder, folder);
    cr_assert(run_shell(line) == 0, "%s", err.message);
    /* Before the number the shell may say that head was ended. */
    cr_assert(strstr(result.output, "4096\n") != NULL, "saw: %s",
              result.output);
    fixture_remove(folder);
    free(folder);
}

Test(process, memory_and_descriptors_are_limited)
{
    limits.address_space = (size_t)256 << 20;
    limits.descriptors = 64;
    expect_output("ulimit -v; ulimit -n; ulimit -c", "262144\n64\n0\n");
}

static const char *refuse(void *context)
{
    (void)context;
    errno = EPERM;
    return "asking nicely";
}

Test(process, failed_preparation_is_named)
{
    char *argv[] = {"/bin/true", NULL};
    char *envp[] = {NULL};
    struct process_spec spec = {
        .argv = argv, .envp = envp, .limits = &limits, .prepare = refuse};

    cr_assert(process_run_spec(&spec, &result, &err) == ERROR_INFRA,
              "must fail");
    cr_assert(strstr(err.message, "asking nicely") != NULL, "saw: %s",
              err.message);
}

Test(process, starts_in_the_folder_it_is_given)
{
    char *argv[] = {"/bin/pwd", NULL};
    char *envp[] = {NULL};
    struct process_spec spec = {
        .argv = argv, .envp = envp, .limits = &limits, .directory = "/usr"};

    cr_assert(process_run_spec(&spec, &result, &err) == 0, "%s", err.message);
    cr_assert(strcmp(result.output, "/usr\n") == 0, "was in %s", result.output);
}

Test(process, finds_programs_in_the_path)
{
    char *path;

    setenv("PATH", "/nonexistent:/usr/bin", 1);
    path = process_find("env");
    cr_assert(path != NULL && strcmp(path, "/usr/bin/env") == 0, "found %s",
              path ? path : "nothing");
    free(path);
    cr_assert(process_find("no-such-program") == NULL, "must not be found");
}

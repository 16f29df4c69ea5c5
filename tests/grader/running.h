/*
 * What the tests of the command line share: a kit in miniature (toy_kit.h) in
 * a folder of the test's own, and running mmgrade there as people run it.
 */
#ifndef TESTS_GRADER_RUNNING_H
#define TESTS_GRADER_RUNNING_H

#include <criterion/criterion.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fixture.h"
#include "folder.h"
#include "toy_kit.h"

#define ARGUMENTS_MAX 16
#define PROGRAM_BYTES 4096

static char *folder; /* removed at the end: kit/, tmp/ and what tests make */
static char program[PROGRAM_BYTES];

/* What the last run said. */
static char *out, *err_text;

/* --- running ---------------------------------------------------------------
 */

static inline char *inside(const char *name)
{
    return fixture_path(folder, name);
}

/* BUILD/mmgrade, seen from BUILD/tests/FLAVOUR/cli; or $MMGRADE_PROGRAM. */
static inline void find_program(void)
{
    const char *override = getenv("MMGRADE_PROGRAM");
    char path[PROGRAM_BYTES] = "";

    if (override) {
        snprintf(program, sizeof(program), "%s", override);
        return;
    }
    cr_assert(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0,
              "where is this test?");
    snprintf(program, sizeof(program), "%.4000s/mmgrade",
             dirname(dirname(dirname(path))));
    cr_assert(access(program, X_OK) == 0, "%s is not built", program);
}

static inline void redirect(const char *name, int to)
{
    char *path = inside(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (fd < 0 || dup2(fd, to) < 0) {
        _exit(126);
    }
    free(path);
}

/* Starts mmgrade in the folder. */
static inline pid_t start(char *const argv[])
{
    pid_t pid = fork();

    cr_assert(pid >= 0, "fork");
    if (pid == 0) {
        redirect("out", STDOUT_FILENO);
        redirect("err", STDERR_FILENO);
        if (chdir(folder) == 0) {
            execv(program, argv);
        }
        _exit(127);
    }
    return pid;
}

static inline void read_output(const char *name, char **text)
{
    struct error err = {0};
    char *path = inside(name);
    size_t nbytes = 0;

    free(*text);
    *text = NULL;
    cr_assert(file_read(path, 1 << 20, text, &nbytes, &err) == 0, "%s",
              err.message);
    free(path);
}

/* However it ends, its work folder is gone. */
static inline void expect_nothing_left(void)
{
    char *tmp = inside("tmp");

    cr_expect(!folder_has_entries(tmp), "mmgrade left something in %s", tmp);
    free(tmp);
}

/* Waits for mmgrade; its exit code, or 1000 + the signal that ended it. */
static inline int finish(pid_t pid)
{
    int status = 0;

    cr_assert(waitpid(pid, &status, 0) == pid, "waitpid");
    read_output("out", &out);
    read_output("err", &err_text);
    expect_nothing_left();
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* Runs mmgrade with these arguments (up to NULL). Its exit code. */
static inline int run(const char *first, ...)
{
    char *argv[ARGUMENTS_MAX + 2] = {program, (char *)first};
    size_t argc = 2;
    va_list args;

    va_start(args, first);
    for (char *word = first ? va_arg(args, char *) : NULL; word;
         word = va_arg(args, char *)) {
        cr_assert(argc <= ARGUMENTS_MAX, "too many arguments");
        argv[argc++] = word;
    }
    va_end(args);
    return finish(start(argv));
}

#define GRADE(...) run("grade", "--sandbox=none", "--quiet", __VA_ARGS__, NULL)

static inline void expect_code(int code, int wanted)
{
    cr_expect(code == wanted, "expected exit code %d, got %d\n%s\n%s", wanted,
              code, out, err_text);
}

static inline void expect_out(const char *part)
{
    cr_expect(strstr(out, part), "expected on stdout: %s\ngot:\n%s", part, out);
}

static inline void expect_err(const char *part)
{
    cr_expect(strstr(err_text, part), "expected on stderr: %s\ngot:\n%s", part,
              err_text);
}

/* --- the kit ---------------------------------------------------------------
 */

static inline void write_text(const char *path, const char *text)
{
    fixture_write(folder, path, text, strlen(text));
}

static inline void run_tool(char *const argv[])
{
    pid_t pid = fork();
    int status = 0;

    cr_assert(pid >= 0, "fork");
    if (pid == 0) {
        execvp(argv[0], argv);
        _exit(127);
    }
    cr_assert(waitpid(pid, &status, 0) == pid && status == 0, "%s failed",
              argv[0]);
}

static inline void compile(const char *source_name, const char *object_name)
{
    char *source = inside(source_name);
    char *object = inside(object_name);

    run_tool((char *[]){"gcc", "-m32", "-ffreestanding", "-fno-pic", "-fno-pie",
                        "-fno-asynchronous-unwind-tables",
                        "-fcf-protection=none", "-c", source, "-o", object,
                        NULL});
    free(source);
    free(object);
}

/* Started as root, the sandbox is an unprivileged user, who reads the kit. */
static inline void open_to_others(void)
{
    run_tool((char *[]){"chmod", "-R", "go+rX", folder, NULL});
}

static inline void set_environment(const char *name, const char *path)
{
    char *value = inside(path);

    cr_assert(setenv(name, value, 1) == 0, "setenv");
    free(value);
}

static inline void setup(void)
{
    find_program();
    folder = fixture_folder();
    for (size_t i = 0; i < sizeof(toy_files) / sizeof(toy_files[0]); i++) {
        char *path = fixture_path("kit", toy_files[i].path);
        write_text(path, toy_files[i].text);
        free(path);
    }
    char *suite = inside("kit/build/tests/suites/lab0-toy");
    cr_assert(chmod(suite, 0755) == 0, "chmod");
    free(suite);
    compile("kit/skeleton/boot/head.c", "kit/build/kernel/given/boot/head.o");
    write_text("half/mm/toy.c", TOY_SOURCE("one"));
    char *tmp = inside("tmp");
    cr_assert(mkdir(tmp, 0755) == 0, "mkdir");
    free(tmp);
    open_to_others();
    set_environment("MMGRADE_KIT", "kit");
    set_environment("TMPDIR", "tmp");
    unsetenv("MMGRADE_SECRET");
}

static inline void teardown(void)
{
    fixture_remove(folder);
    free(out);
    free(err_text);
}

#endif

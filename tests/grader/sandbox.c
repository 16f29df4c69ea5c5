/*
 * The sandbox: what can be seen and done in it, and what it says when it
 * can't be set up.
 */
#include "sandbox.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fixture.h"

static char *folder;
static struct process_result result;
static struct error err;
static struct sandbox_mount mounts[3];
static struct sandbox_spec spec;

static struct process_limits limits = {.wall_seconds = 20,
                                       .output_bytes = 4096};

static char *path_of(const char *name)
{
    return fixture_path(folder, name);
}

static void write_text(const char *name, const char *text)
{
    fixture_write(folder, name, text, strlen(text));
}

static void setup(void)
{
    char *in, *out;

    folder = fixture_folder();
    in = path_of("in");
    out = path_of("out");
    cr_assert(mkdir(in, 0755) == 0, "mkdir");
    cr_assert(sandbox_make_folder(SANDBOX_BWRAP, out, &err) == 0, "%s",
              err.message);
    write_text("in/given", "given text\n");
    write_text("beside", "not mounted\n");
    mounts[0] = (struct sandbox_mount){in, "/in", false};
    mounts[1] = (struct sandbox_mount){out, "/out", true};
    spec = (struct sandbox_spec){.mounts = mounts};
}

static void teardown(void)
{
    free(result.output);
    free((char *)mounts[0].host);
    free((char *)mounts[1].host);
    fixture_remove(folder);
    free(folder);
}

TestSuite(sandbox, .init = setup, .fini = teardown, .timeout = 60);

static void run_shell(const char *line)
{
    char *argv[] = {"/usr/bin/sh", "-c", (char *)line, NULL};

    cr_assert(sandbox_run(SANDBOX_BWRAP, &spec, argv, &limits, &result, &err) ==
                  0,
              "could not run: %s", err.message);
}

static void expect_output(const char *line, const char *output)
{
    run_shell(line);
    cr_assert(strcmp(result.output, output) == 0,
              "`%s` should print \"%s\", printed \"%s\"", line, output,
              result.output);
}

Test(sandbox, self_test_passes_here)
{
    cr_assert(sandbox_probe(&err) == 0, "%s", err.message);
}

Test(sandbox, missing_bubblewrap_is_explained)
{
    setenv("PATH", "/nonexistent", 1);
    cr_assert(sandbox_probe(&err) == ERROR_INFRA, "must fail");
    cr_assert(strstr(err.message, "apt-get install bubblewrap") != NULL &&
                  strstr(err.message, "--sandbox=none") != NULL,
              "saw: %s", err.message);
}

/* The probe's error where bwrap is this script. */
static void expect_explained(const char *script, const char *words)
{
    char *other, *program;

    /* Not below /tmp, over which root's sandboxes are staged. */
    setenv("TMPDIR", "/var/tmp", 1);
    other = fixture_folder();
    program = fixture_path(other, "bwrap");
    fixture_write(other, "bwrap", script, strlen(script));
    cr_assert(chmod(program, 0755) == 0 && chmod(other, 0755) == 0, "chmod");
    setenv("PATH", other, 1);
    cr_expect(sandbox_probe(&err) == ERROR_INFRA, "must fail");
    cr_expect(strstr(err.message, words) != NULL &&
                  strstr(err.message, "--sandbox=none") != NULL,
              "saw: %s", err.message);
    fixture_remove(other);
    free(other);
    free(program);
}

Test(sandbox, failing_bubblewrap_is_explained)
{
    expect_explained("#!/bin/sh\necho bwrap: No permissions >&2\nexit 1\n",
                     "No permissions");
}

Test(sandbox, silent_bubblewrap_is_explained)
{
    expect_explained("#!/bin/sh\nexit 7\n",
                     "in the sandbox: bwrap said nothing, exit status 7. ");
}

Test(sandbox, sees_what_is_mounted)
{
    expect_output("cat /in/given", "given text\n");
}

Test(sandbox, sees_nothing_else_of_the_host)
{
    expect_output("cd /; echo *; ls /tmp /dev /in",
                  "bin dev etc in lib lib32 lib64 out sbin tmp usr\n"
                  "/dev:\nnull\n\n/in:\ngiven\n\n/tmp:\n");
}

Test(sandbox, has_no_proc_unless_asked)
{
    expect_output("test -e /proc || echo none", "none\n");
}

Test(sandbox, read_only_mount_cannot_be_written)
{
    char *file = path_of("in/new");

    run_shell("echo x >/in/new");
    cr_assert(result.code != 0, "writing must fail");
    cr_assert(access(file, F_OK) != 0, "nothing was written");
    free(file);
}

Test(sandbox, root_cannot_be_written)
{
    run_shell("echo x >/new");
    cr_assert(result.code != 0, "writing must fail");
}

Test(sandbox, writable_mount_takes_files)
{
    char *made = path_of("out/made"), *copy = path_of("copy");
    char text[16] = "";
    FILE *f;

    run_shell("echo made >/out/made");
    cr_assert(result.code == 0, "saw: %s", result.output);
    cr_assert(sandbox_take_file(made, copy, 100, &err) == 0, "%s", err.message);
    f = fopen(copy, "r");
    cr_assert(f != NULL && fgets(text, sizeof text, f) != NULL, "readable");
    cr_assert(strcmp(text, "made\n") == 0, "copied \"%s\"", text);
    fclose(f);
    free(made);
    free(copy);
}

Test(sandbox, folder_only_root_can_enter_does_not_matter)
{
    cr_assert(chmod(folder, 0700) == 0, "chmod");
    expect_output("cat /in/given; echo y >/out/y && echo wrote",
                  "given text\nwrote\n");
}

Test(sandbox, is_not_root_outside)
{
    char *made = path_of("out/made");
    struct stat st;

    run_shell("touch /out/made");
    cr_assert(stat(made, &st) == 0, "made: %s", result.output);
    cr_assert(st.st_uid != 0, "files of the sandbox belong to root");
    free(made);
}

Test(sandbox, has_no_network)
{
    spec.with_proc = true;
    expect_output("sed -n '3,$s/:.*//p' /proc/net/dev", "    lo\n");
}

Test(sandbox, cannot_make_user_namespaces)
{
    run_shell("/usr/bin/unshare --user /usr/bin/true");
    cr_assert(result.code != 0, "must be refused");
}

Test(sandbox, nests_when_asked)
{
    spec.nest = spec.with_proc = true;
    expect_output("bwrap --unshare-all --ro-bind / / --proc /proc /bin/echo in",
                  "in\n");
}

Test(sandbox, starts_in_its_folder_with_its_environment)
{
    const char *const environment[] = {"PATH=/usr/bin", "WORD=yes", NULL};

    setenv("SECRET", "42", 1);
    spec.directory = "/in";
    spec.environment = environment;
    expect_output("pwd; echo $WORD/$SECRET", "/in\nyes/\n");
}

Test(sandbox, hides_a_kit_below_usr)
{
    const char *const hide[] = {"/usr/share", NULL};

    spec.hide = hide;
    expect_output("ls /usr/share", "");
}

Test(sandbox, signal_inside_is_a_signal)
{
    run_shell("kill -SEGV $$");
    cr_assert(result.end == PROCESS_SIGNALLED && result.code == 11,
              "end %d, code %d", result.end, result.code);
}

Test(sandbox, program_that_fails_is_no_fault_of_ours)
{
    run_shell("echo bwrap: oh no; exit 1");
    cr_assert(result.end == PROCESS_EXITED && result.code == 1,
              "end %d, code %d", result.end, result.code);
}

Test(sandbox, program_that_is_missing_is_a_fault_of_ours)
{
    char *argv[] = {"/usr/bin/no-such-program", NULL};

    cr_assert(sandbox_run(SANDBOX_BWRAP, &spec, argv, &limits, &result, &err) ==
                  ERROR_INFRA,
              "must fail");
    cr_assert(strstr(err.message, "no-such-program") != NULL, "saw: %s",
              err.message);
}

Test(sandbox, missing_mount_is_named)
{
    char *argv[] = {"/usr/bin/true", NULL};
    struct sandbox_mount none[] = {{"/nonexistent", "/x", false},
                                   {NULL, NULL, false}};

    spec.mounts = none;
    cr_assert(sandbox_run(SANDBOX_BWRAP, &spec, argv, &limits, &result, &err) ==
                  ERROR_INFRA,
              "must fail");
    cr_assert(strstr(err.message, "/nonexistent") != NULL, "saw: %s",
              err.message);
}

Test(sandbox, wall_limit_ends_all_inside)
{
    limits.wall_seconds = 1;
    run_shell("sleep 40 & sleep 50");
    cr_assert(result.end == PROCESS_WALL_LIMIT && result.seconds < 5,
              "end %d after %f s", result.end, result.seconds);
}

Test(sandbox, none_runs_with_host_paths)
{
    char *argv[] = {"/bin/cat", "given", NULL};

    spec.directory = "/in";
    cr_assert(sandbox_run(SANDBOX_NONE, &spec, argv, &limits, &result, &err) ==
                  0,
              "%s", err.message);
    cr_assert(strcmp(result.output, "given text\n") == 0, "saw: %s",
              result.output);
    cr_assert(sandbox_path(SANDBOX_NONE, &mounts[0]) == mounts[0].host,
              "host path");
    cr_assert(sandbox_path(SANDBOX_BWRAP, &mounts[0]) == mounts[0].guest,
              "guest path");
}

/* Taking files from where untrusted programs can write. */

static void expect_not_taken(const char *name)
{
    char *from = path_of(name), *to = path_of("copy");

    cr_assert(sandbox_take_file(from, to, 100, &err) == ERROR_REJECTED,
              "%s must be rejected", name);
    cr_assert(access(to, F_OK) != 0, "nothing was copied");
    free(from);
    free(to);
}

Test(sandbox, links_are_not_followed)
{
    /* To what could be taken: on the host this name leads to in/given. */
    run_shell("ln -s ../in/given /out/link");
    expect_not_taken("out/link");
}

Test(sandbox, fifos_are_not_waited_for)
{
    run_shell("mkfifo /out/fifo");
    expect_not_taken("out/fifo");
}

Test(sandbox, large_files_are_not_taken)
{
    run_shell("truncate -s 1T /out/large || truncate -s 1G /out/large");
    expect_not_taken("out/large");
}

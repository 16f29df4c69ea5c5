/*
 * The checks of `mmgrade doctor`. Each does on a small scale what grading
 * does, so a tool that is there but can't do it is found.
 */
#include "doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <archive.h>
#include <cyaml/cyaml.h>
#include <git2.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include "folder.h"
#include "grade.h"
#include "process.h"
#include "run.h"
#include "sandbox.h"
#include "seed.h"
#include "text.h"

#define LIST_BYTES_MAX (1024 * 1024)

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "out of memory");
}

/* Runs a program to its end. INFRA with its first line if it fails. */
static int run_program(char *const argv[], char **output, struct error *err)
{
    const struct process_limits limits = {
        .wall_seconds = 20,
        .output_bytes = 65536,
    };
    char *const envp[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", NULL};
    struct process_result result = {0};
    int rc = process_run(argv, envp, &limits, NULL, &result, err);

    if (rc == 0 && (result.end != PROCESS_EXITED || result.code != 0)) {
        char *line = text_sanitise_line(result.output,
                                        strcspn(result.output, "\n"), 300);
        rc = fail(err, ERROR_INFRA, "%s failed: %s", argv[0], line ? line : "");
        free(line);
    }
    if (rc == 0 && output) {
        *output = result.output;
        result.output = NULL;
    }
    free(result.output);
    return rc;
}

/* --- toolchain -------------------------------------------------------------
 */

static int check_compiler(struct doctor *doctor, char **detail,
                          struct error *err)
{
    return kit_ask(doctor->kit->cc, "--version", detail, err);
}

static const char probe_source[] = "int probe(int order)\n"
                                   "{\n"
                                   "    return 1 << order;\n"
                                   "}\n";

static int probe_paths(const struct doctor *doctor, const char *suffix,
                       char **out, struct error *err)
{
    if (asprintf(out, "%s/probe%s", doctor->work, suffix) < 0) {
        *out = NULL;
        return out_of_memory(err);
    }
    return 0;
}

static int check_kernel_compile(struct doctor *doctor, char **detail,
                                struct error *err)
{
    char *source = NULL;
    char *object = NULL;
    char *flags = NULL;
    int rc = probe_paths(doctor, ".c", &source, err);

    if (rc == 0) {
        rc = probe_paths(doctor, ".o", &object, err);
    }
    if (rc == 0 &&
        asprintf(&flags, "@%s/skeleton/kernel.flags", doctor->kit->root) < 0) {
        flags = NULL;
        rc = out_of_memory(err);
    }
    if (rc == 0) {
        rc = file_write(source, probe_source, strlen(probe_source), err);
    }
    if (rc == 0) {
        char *argv[] = {doctor->kit->cc,
                        flags,
                        "-m32",
                        "-ffreestanding",
                        "-c",
                        source,
                        "-o",
                        object,
                        NULL};
        rc = run_program(argv, NULL, err);
    }
    if (rc == 0) {
        *detail = strdup("compiles for a 32-bit kernel");
    }
    free(flags);
    free(object);
    free(source);
    return rc;
}

/* A tool of the toolchain does its work on what the compiler made. */
static int check_tool(struct doctor *doctor, const char *name,
                      const char *const options[2], char **detail,
                      struct error *err)
{
    char *tool = NULL;
    char *in = NULL;
    char *out = NULL;
    int rc = kit_tool(doctor->kit, name, &tool, err);

    if (rc == 0) {
        rc = probe_paths(doctor, ".o", &in, err);
    }
    if (rc == 0) {
        rc = probe_paths(doctor, name, &out, err);
    }
    if (rc == 0 && strcmp(name, "ld") == 0) {
        char *argv[] = {
            tool, (char *)options[0], (char *)options[1], "-r", in, "-o", out,
            NULL};
        rc = run_program(argv, NULL, err);
    } else if (rc == 0) {
        char *argv[] = {tool, (char *)options[0], in, out, NULL};
        rc = run_program(argv, NULL, err);
    }
    if (rc == 0) {
        rc = kit_ask(tool, "--version", detail, err);
    }
    free(out);
    free(in);
    free(tool);
    return rc;
}

static int check_ld(struct doctor *doctor, char **detail, struct error *err)
{
    const char *const options[] = {"-m", "elf_i386"};

    return check_tool(doctor, "ld", options, detail, err);
}

static int check_objcopy(struct doctor *doctor, char **detail,
                         struct error *err)
{
    const char *const options[] = {"--strip-all", NULL};

    return check_tool(doctor, "objcopy", options, detail, err);
}

static int check_patch(struct doctor *doctor, char **detail, struct error *err)
{
    char *path = process_find("patch");
    int rc = 0;

    (void)doctor;
    rc = path ? kit_ask(path, "--version", detail, err)
              : fail(err, ERROR_INFRA, "there is no `patch` in $PATH");
    free(path);
    return rc;
}

/* --- machine and sandbox ---------------------------------------------------
 */

static int check_qemu(struct doctor *doctor, char **detail, struct error *err)
{
    return kit_ask(doctor->kit->qemu, "--version", detail, err);
}

static int check_microvm(struct doctor *doctor, char **detail,
                         struct error *err)
{
    char *argv[] = {doctor->kit->qemu, "-M", "help", NULL};
    char *output = NULL;
    int rc = run_program(argv, &output, err);

    if (rc == 0 && !strstr(output, "microvm ")) {
        rc = fail(err, ERROR_INFRA, "%s does not have the machine microvm",
                  doctor->kit->qemu);
    }
    if (rc == 0) {
        *detail = strdup("the machine microvm is there");
    }
    free(output);
    return rc;
}

static int check_bwrap(struct doctor *doctor, char **detail, struct error *err)
{
    char *path = process_find("bwrap");
    int rc = 0;

    (void)doctor;
    rc = path ? kit_ask(path, "--version", detail, err)
              : fail(err, ERROR_INFRA, "there is no `bwrap` in $PATH");
    free(path);
    return rc;
}

static int check_sandbox(struct doctor *doctor, char **detail,
                         struct error *err)
{
    int rc = sandbox_probe(err);

    doctor->sandbox = rc == 0;
    if (rc == 0) {
        *detail = strdup("user namespaces work");
    }
    return rc;
}

static int check_libraries(struct doctor *doctor, char **detail,
                           struct error *err)
{
    int major = 0, minor = 0, revision = 0;

    (void)doctor;
    git_libgit2_version(&major, &minor, &revision);
    if (asprintf(detail, "libgit2 %d.%d.%d, %s, libcyaml %s, jansson %s, %s",
                 major, minor, revision, archive_version_string(),
                 cyaml_version_str, jansson_version_str(),
                 OpenSSL_version(OPENSSL_VERSION)) < 0) {
        *detail = NULL;
        return out_of_memory(err);
    }
    return 0;
}

/* --- what make builds ------------------------------------------------------
 */

static int check_given_objects(struct doctor *doctor, char **detail,
                               struct error *err)
{
    char *list = NULL;
    char *text = NULL;
    size_t nbytes = 0;
    size_t count = 0;
    int rc = path_join(doctor->kit->build, "kernel/given.list", &list, err);

    if (rc == 0) {
        rc = file_read(list, LIST_BYTES_MAX, &text, &nbytes, err);
    }
    char *rest = text;
    char *line = rc == 0 ? strsep(&rest, "\n") : NULL;
    for (; rc == 0 && line; line = strsep(&rest, "\n")) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/kernel/%s", doctor->kit->build, line);
        count += line[0] != '\0';
        if (line[0] != '\0' && !path_is_file(path)) {
            rc = fail(err, ERROR_INFRA, "%s is missing", path);
        }
    }
    if (rc == 0 && count == 0) {
        rc = fail(err, ERROR_INFRA, "%s is empty", list);
    }
    if (rc == 0 && asprintf(detail, "%zu objects", count) < 0) {
        *detail = NULL;
        rc = out_of_memory(err);
    }
    free(text);
    free(list);
    return rc;
}

static int check_labs(struct doctor *doctor, char **detail, struct error *err)
{
    char **names = NULL;
    size_t ntests = 0;
    size_t nlabs = 0;
    int rc = lab_list(doctor->kit->root, &names, err);

    for (; rc == 0 && names[nlabs]; nlabs++) {
        struct lab *lab = NULL;
        rc = lab_read(doctor->kit->root, names[nlabs], &lab, err);
        if (rc == 0) {
            rc = run_check_names(doctor->kit, lab, err);
            ntests += lab->ntests;
        }
        lab_free(lab);
    }
    if (rc == 0 && nlabs == 0) {
        rc = fail(err, ERROR_INFRA, "%s/assignments holds no lab",
                  doctor->kit->root);
    }
    if (rc == 0 && asprintf(detail, "%zu labs, %zu tests", nlabs, ntests) < 0) {
        *detail = NULL;
        rc = out_of_memory(err);
    }
    lab_list_free(names);
    return rc;
}

/* --- the boot --------------------------------------------------------------
 */

/* The reference through the first test of the first lab. */
static int boot_reference(const struct doctor *doctor, const char *lab_name,
                          char **detail, struct error *err)
{
    unsigned char key[SEED_BYTES] = {0};
    struct lab *lab = NULL;
    struct grade *grade = NULL;
    char *reference = NULL;
    int rc = path_join(doctor->kit->root, "reference", &reference, err);

    if (rc == 0) {
        rc = lab_read(doctor->kit->root, lab_name, &lab, err);
    }
    if (rc == 0) {
        const struct grade_request request = {
            .kit = doctor->kit,
            .source = {.where = reference},
            .lab = lab_name,
            .mode = doctor->sandbox ? SANDBOX_BWRAP : SANDBOX_NONE,
            .jobs = 1,
            .only = lab->tests[0].name,
            .seed = key,
            .work = doctor->work,
        };
        rc = grade_submission(&request, &grade, err);
    }
    if (rc == 0 && grade->result.refused.kind != ERROR_NONE) {
        rc = fail(err, ERROR_INFRA, "%s", grade->result.refused.message);
    }
    if (rc == 0 && grade->build.status != BUILD_OK) {
        rc = fail(err, ERROR_INFRA, "the reference does not build: %s",
                  grade->build.messages);
    }
    if (rc == 0 && result_status(&grade->result, 0) != TEST_PASS) {
        const struct record_test *test = result_test(&grade->result, 0);
        const char *seen =
            test && test->nmessages > 0 ? test->messages[0].seen : NULL;
        rc = fail(err, ERROR_INFRA, "the reference does not pass %s: %s%s%s",
                  lab->tests[0].name,
                  test_status_word(result_status(&grade->result, 0)),
                  seen ? ": " : "", seen ? seen : "");
    }
    if (rc == 0 &&
        asprintf(detail, "the reference passes %s", lab->tests[0].name) < 0) {
        *detail = NULL;
        rc = out_of_memory(err);
    }
    grade_free(grade);
    lab_free(lab);
    free(reference);
    return rc;
}

static int check_boot(struct doctor *doctor, char **detail, struct error *err)
{
    char **names = NULL;
    int rc = lab_list(doctor->kit->root, &names, err);

    if (rc == 0) {
        rc = boot_reference(doctor, names[0], detail, err);
    }
    lab_list_free(names);
    return rc;
}

const struct doctor_check doctor_checks[] = {
    {"compiler", "apt-get install gcc", check_compiler},
    {"32-bit kernel", "apt-get install gcc", check_kernel_compile},
    {"linker", "apt-get install binutils", check_ld},
    {"objcopy", "apt-get install binutils", check_objcopy},
    {"patch", "apt-get install patch", check_patch},
    {"QEMU", "apt-get install qemu-system-x86", check_qemu},
    {"QEMU's machine", "apt-get install qemu-system-x86 seabios",
     check_microvm},
    {"bubblewrap", "apt-get install bubblewrap", check_bwrap},
    {"sandbox",
     "bubblewrap and user namespaces (sysctl "
     "kernel.unprivileged_userns_clone=1), "
     "or grade with --sandbox=none",
     check_sandbox},
    {"libraries", "make", check_libraries},
    {"kernel objects", "make kernel", check_given_objects},
    {"labs and tests", "make", check_labs},
    {NULL, NULL, NULL},
};

const struct doctor_check doctor_boot_check = {"boot", NULL, check_boot};

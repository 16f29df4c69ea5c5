/*
 * Runs the test program in the judge's sandbox and reads what it recorded.
 *
 * The program writes one line a test to record.jsonl as the test ends, so
 * that whatever happens later, to it or to us, the lines that are there
 * count. A test without a line has no verdict: not-run if its turn never came
 * before the watchdog ended the program (or it was not asked for), otherwise
 * infra-error, which is never a zero.
 */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "folder.h"
#include "process.h"
#include "record_picture.h"
#include "seed.h"

#define MAX_RECORD_BYTES (64u << 20)
#define MAX_LIST_BYTES   (256u << 10)
#define MAX_ARGS         32 /* words of the program's command line */

/*
 * The watchdog: what starting takes at worst, and what a test may take, on a
 * machine with other work to do. Tests that hang end by their own CPU time long
 * before; one that shrinks a random sequence boots dozens of machines.
 */
#define BASE_SECONDS 60
#define TEST_SECONDS 20

/*
 * What the lab and the test program call their tests.
 */

static int program_path(const struct kit *kit, const struct lab *lab,
                        char **out, struct error *err)
{
    if (asprintf(out, "%s/tests/suites/%s", kit->build, lab->name) < 0) {
        *out = NULL;
        return fail(err, ERROR_INFRA,
                    "could not find the tests of %s: out of "
                    "memory",
                    lab->name);
    }
    if (access(*out, X_OK) == 0)
        return 0;
    fail_errno(err, ERROR_INFRA,
               "could not find the tests of %s (`make` builds them): %s",
               lab->name, *out);
    free(*out);
    *out = NULL;
    return ERROR_INFRA;
}

static const struct lab_test *find_in_lab(const struct lab *lab,
                                          const char *name)
{
    for (size_t i = 0; i < lab->ntests; i++) {
        if (strcmp(lab->tests[i].name, name) == 0)
            return &lab->tests[i];
    }
    return NULL;
}

/* Splits in place at newlines; the list's end is NULL. */
static int split_lines(char *text, char ***out, struct error *err)
{
    size_t count = 0, room = 2;
    char *rest = NULL;

    for (const char *c = text; *c != '\0'; c++)
        room += *c == '\n';
    *out = calloc(room, sizeof **out);
    if (*out == NULL)
        return fail(err, ERROR_INFRA, "could not list tests: out of memory");
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        (*out)[count++] = line;
    return 0;
}

static bool in_names(char *const *names, const char *name)
{
    for (; *names != NULL; names++) {
        if (strcmp(*names, name) == 0)
            return true;
    }
    return false;
}

static int compare_names(const struct lab *lab, char *const *names,
                         struct error *err)
{
    for (size_t i = 0; i < lab->ntests; i++) {
        if (!in_names(names, lab->tests[i].name))
            return fail(err, ERROR_USAGE,
                        "assignments/%s/lab.yaml gives points for %s, but no "
                        "such test exists in its test program. Correct the "
                        "name, or build the tests again (`make`).",
                        lab->name, lab->tests[i].name);
    }
    for (; *names != NULL; names++) {
        if (find_in_lab(lab, *names) == NULL)
            return fail(err, ERROR_USAGE,
                        "the test program of %s has %.200s, but "
                        "assignments/%s/lab.yaml gives no points for it. Add "
                        "it to `tests` there.",
                        lab->name, *names, lab->name);
    }
    return 0;
}

int run_check_names(const struct kit *kit, const struct lab *lab,
                    struct error *err)
{
    char *envp[] = {"PATH=/usr/bin", "LC_ALL=C", NULL};
    char *argv[] = {NULL, "--list", NULL};
    struct process_limits limits = {.wall_seconds = 30,
                                    .output_bytes = MAX_LIST_BYTES};
    struct process_result result = {0};
    char **names = NULL;
    int rc = program_path(kit, lab, &argv[0], err);

    if (rc == 0)
        rc = process_run(argv, envp, &limits, NULL, &result, err);
    if (rc == 0 && (result.end != PROCESS_EXITED || result.code != 0))
        rc = fail(err, ERROR_INFRA,
                  "could not list the tests: `%s --list` "
                  "failed: %.300s",
                  argv[0], result.output);
    if (rc == 0)
        rc = split_lines(result.output, &names, err);
    if (rc == 0)
        rc = compare_names(lab, names, err);
    free(names);
    free(result.output);
    free(argv[0]);
    return rc;
}

/*
 * Starting the program.
 */

/* Which mount is which. */
enum place {
    PLACE_PROGRAM,
    PLACE_IMAGE,
    PLACE_SYMBOLS,
    PLACE_INITRD,
    PLACE_OUT,
    PLACE_FIXED, /* from here on, what there may be */
    PLACE_END = PLACE_FIXED + 2,
};

struct judge {
    const struct kit *kit;
    const struct lab *lab;
    const struct run_options *options;
    char *program;
    char *initrd; /* the ramdisk with user programs */
    char *folder; /* WORK/run: the program may write to it */
    char *taken;  /* WORK/record.lines: what it wrote */
    struct sandbox_mount mounts[PLACE_END + 1];
    const struct sandbox_mount *qemu;   /* or NULL: the system's */
    const struct sandbox_mount *module; /* or NULL: there is none */
};

/* The ramdisk is part of the kit: no student's file is in it. */
static int find_initrd(struct judge *judge, struct error *err)
{
    int rc = path_join(judge->kit->build, "initrd.img", &judge->initrd, err);

    if (rc == 0 && access(judge->initrd, R_OK) != 0)
        rc = fail_errno(err, ERROR_INFRA,
                        "could not find the ramdisk with the user programs "
                        "(`make` builds it): %s",
                        judge->initrd);
    return rc;
}

static void add_mounts(struct judge *judge, const struct build *build)
{
    struct sandbox_mount *next = &judge->mounts[PLACE_FIXED];

    judge->mounts[PLACE_PROGRAM] =
        (struct sandbox_mount){judge->program, "/judge/suite", false};
    judge->mounts[PLACE_IMAGE] =
        (struct sandbox_mount){build->image, "/judge/kernel", false};
    judge->mounts[PLACE_SYMBOLS] =
        (struct sandbox_mount){build->symbols, "/judge/kernel.elf", false};
    judge->mounts[PLACE_INITRD] =
        (struct sandbox_mount){judge->initrd, "/judge/initrd", false};
    judge->mounts[PLACE_OUT] =
        (struct sandbox_mount){judge->folder, "/out", true};
    if (strncmp(judge->kit->qemu, "/usr/", strlen("/usr/")) != 0) {
        *next = (struct sandbox_mount){judge->kit->qemu, "/judge/qemu", false};
        judge->qemu = next++;
    }
    if (build->module != NULL) {
        *next = (struct sandbox_mount){build->module, "/judge/module", false};
        judge->module = next++;
    }
}

static int judge_open(struct judge *judge, const struct build *build,
                      const char *work, struct error *err)
{
    int rc = program_path(judge->kit, judge->lab, &judge->program, err);

    if (rc == 0)
        rc = find_initrd(judge, err);
    if (rc == 0)
        rc = path_join(work, "run", &judge->folder, err);
    if (rc == 0)
        rc = path_join(work, "record.lines", &judge->taken, err);
    if (rc == 0)
        rc = sandbox_make_folder(judge->options->mode, judge->folder, err);
    if (rc == 0 && access(judge->kit->qemu, X_OK) != 0)
        rc = fail_errno(err, ERROR_INFRA,
                        "could not find QEMU (%s): `sudo apt-get install "
                        "qemu-system-x86` installs it",
                        judge->kit->qemu);
    add_mounts(judge, build);
    return rc;
}

static void judge_close(struct judge *judge)
{
    free(judge->program);
    free(judge->initrd);
    free(judge->folder);
    free(judge->taken);
}

static const char *seen(const struct judge *judge, enum place place)
{
    return sandbox_path(judge->options->mode, &judge->mounts[place]);
}

static unsigned cores(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (unsigned)n : 1;
}

/* What may be left out, behind the words that are there. */
static void add_options(const struct judge *judge, const char **argv)
{
    const struct run_options *options = judge->options;

    while (*argv != NULL)
        argv++;
    if (judge->module != NULL) {
        *argv++ = "--module";
        *argv++ = sandbox_path(options->mode, judge->module);
    }
    if (options->first_failure) {
        *argv++ = "--first-failure";
    } else if (options->only != NULL) {
        *argv++ = "--only";
        *argv++ = options->only;
    }
}

static int run_program(const struct judge *judge, struct process_result *result,
                       struct error *err)
{
    const struct run_options *options = judge->options;
    const struct process_limits limits = {
        .wall_seconds =
            BASE_SECONDS + TEST_SECONDS * (unsigned)judge->lab->ntests,
        .descriptors = 1024,
        .output_bytes = MAX_LIST_BYTES,
    };
    const char *const hide[] = {judge->kit->root, judge->kit->build, NULL};
    const struct sandbox_spec spec = {
        .mounts = judge->mounts, .hide = hide, .with_proc = true, .nest = true};
    const char *qemu = judge->qemu != NULL
                           ? sandbox_path(options->mode, judge->qemu)
                           : judge->kit->qemu;
    char seed[SEED_HEX], jobs[16];

    seed_format(options->seed, seed);
    snprintf(jobs, sizeof jobs, "%u", options->jobs ? options->jobs : cores());
    const char *argv[MAX_ARGS] = {seen(judge, PLACE_PROGRAM),
                                  "--kernel",
                                  seen(judge, PLACE_IMAGE),
                                  "--symbols",
                                  seen(judge, PLACE_SYMBOLS),
                                  "--initrd",
                                  seen(judge, PLACE_INITRD),
                                  "--qemu",
                                  qemu,
                                  "--out",
                                  seen(judge, PLACE_OUT),
                                  "--seed",
                                  seed,
                                  "--jobs",
                                  jobs,
                                  "--sandbox",
                                  options->mode == SANDBOX_NONE ? "none"
                                                                : "bwrap"};
    add_options(judge, argv);
    return sandbox_run(options->mode, &spec, (char *const *)argv, &limits,
                       result, err);
}

/*
 * Reading what it recorded.
 */

/* The record's entry for a test, or NULL if the lab has no such test. */
static struct record_test *entry_of(struct record *record, const char *name)
{
    for (size_t i = 0; i < record->ntests; i++) {
        if (strcmp(record->tests[i].name, name) == 0)
            return &record->tests[i];
    }
    return NULL;
}

/* One entry a test of the lab, in its order, none with a verdict. */
static int make_entries(const struct lab *lab, enum test_status without_line,
                        const char *only, struct record *record,
                        struct error *err)
{
    record->tests = calloc(lab->ntests + 1, sizeof *record->tests);
    for (size_t i = 0; record->tests != NULL && i < lab->ntests; i++) {
        struct record_test *test = &record->tests[i];
        bool wanted = only == NULL || strcmp(only, lab->tests[i].name) == 0;
        test->name = strdup(lab->tests[i].name);
        if (test->name == NULL)
            return fail(err, ERROR_INFRA, "could not record: out of memory");
        test->status = wanted ? without_line : TEST_NOT_RUN;
        record->ntests++;
    }
    if (record->tests == NULL)
        return fail(err, ERROR_INFRA, "could not record: out of memory");
    return 0;
}

/*
 * A second line for a test would let the later one choose the verdict:
 * neither counts.
 */
static int enter_line(struct record *record, bool *entered, const char *line,
                      size_t nbytes, struct error *err)
{
    struct record_test test = {0};
    struct record_test *entry;
    int rc = record_parse_test(line, nbytes, &test, err);

    if (rc != 0)
        return rc;
    entry = entry_of(record, test.name);
    if (entry == NULL) {
        rc = fail(err, ERROR_INFRA,
                  "the test program recorded %.200s, which the lab doesn't "
                  "have",
                  test.name);
    } else if (entered[entry - record->tests]) {
        entry->status = TEST_INFRA_ERROR;
    } else {
        entered[entry - record->tests] = true;
        record_test_free(entry);
        *entry = test;
        return 0;
    }
    record_test_free(&test);
    return rc;
}

/* A last line without its newline was cut by the watchdog: it says nothing. */
static int enter_lines(struct record *record, const char *text, size_t nbytes,
                       struct error *err)
{
    bool *entered = calloc(record->ntests + 1, sizeof *entered);
    const char *end = text + nbytes;
    int rc = 0;

    if (entered == NULL)
        return fail(err, ERROR_INFRA, "could not record: out of memory");
    while (rc == 0 && text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        if (newline == NULL)
            break;
        rc = enter_line(record, entered, text, (size_t)(newline - text), err);
        text = newline + 1;
    }
    free(entered);
    return rc;
}

static int describe_end(const struct judge *judge,
                        const struct process_result *result, struct error *err)
{
    return fail(err, ERROR_INFRA,
                "the test program of %s ended with %s %d and recorded "
                "nothing: %.600s",
                judge->lab->name,
                result->end == PROCESS_EXITED ? "exit code" : "signal",
                result->code, result->output);
}

static int read_lines(const struct judge *judge,
                      const struct process_result *result,
                      struct record *record, struct error *err)
{
    char *from = NULL, *text = NULL;
    size_t nbytes = 0;
    int rc = path_join(judge->folder, "record.jsonl", &from, err);

    if (rc != 0)
        return rc;
    if (access(from, F_OK) == 0) {
        rc = sandbox_take_file(from, judge->taken, MAX_RECORD_BYTES, err);
        if (rc == ERROR_REJECTED)
            err->kind = rc = ERROR_INFRA;
        if (rc == 0)
            rc = file_read(judge->taken, MAX_RECORD_BYTES, &text, &nbytes, err);
    }
    if (rc == 0 && nbytes == 0 && result->end != PROCESS_WALL_LIMIT)
        rc = describe_end(judge, result, err);
    if (rc == 0)
        rc = enter_lines(record, text != NULL ? text : "", nbytes, err);
    if (rc == 0)
        rc = record_limit_pictures(record, err);
    free(text);
    free(from);
    return rc;
}

int run_suite(const struct kit *kit, const struct lab *lab,
              const struct build *build, const struct run_options *options,
              const char *work, struct record *record, struct error *err)
{
    struct judge judge = {.kit = kit, .lab = lab, .options = options};
    struct process_result result = {0};
    enum test_status without_line = TEST_INFRA_ERROR;
    int rc = judge_open(&judge, build, work, err);

    if (rc == 0)
        rc = run_program(&judge, &result, err);
    if (rc != 0)
        goto out;
    if (result.end == PROCESS_WALL_LIMIT || options->first_failure)
        without_line = TEST_NOT_RUN;
    rc = make_entries(lab, without_line, options->only, record, err);
    if (rc == 0)
        rc = read_lines(&judge, &result, record, err);
out:
    free(result.output);
    judge_close(&judge);
    return rc;
}

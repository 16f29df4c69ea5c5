/* The runner's side of the report: Criterion's hooks and record.jsonl. */
#include "record.h"

#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct record_totals totals;
static bool show_tests;

static const char *const option_names[] = {
    "MMTEST_KERNEL", "MMTEST_SYMBOLS", "MMTEST_QEMU",
    "MMTEST_OUT",    "MMTEST_SEED",    "MMTEST_SANDBOX",
    "MMTEST_GDB",    "MMTEST_INITRD",  "MMTEST_MODULE",
};

void harness_set_options(const struct options *options)
{
    const char *values[] = {
        options->kernel, options->symbols, options->qemu,
        options->out,    options->seed,    options->sandbox,
        options->gdb,    options->initrd,  options->module,
    };

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        if (values[i] != NULL)
            setenv(option_names[i], values[i], 1);
}

const struct options *harness_options(void)
{
    static struct options options;

    options = (struct options){
        .kernel = getenv(option_names[0]),
        .symbols = getenv(option_names[1]),
        .qemu = getenv(option_names[2]),
        .out = getenv(option_names[3]),
        .seed = getenv(option_names[4]),
        .sandbox = getenv(option_names[5]),
        .gdb = getenv(option_names[6]),
        .initrd = getenv(option_names[7]),
        .module = getenv(option_names[8]),
    };
    return &options;
}

const struct record_totals *record_totals(void)
{
    return &totals;
}

void record_show_tests(void)
{
    show_tests = true;
}

static void part_path(const char *test, char *path, size_t size)
{
    snprintf(path, size, "%s/%s.json", harness_options()->out, test);
}

void record_begin(void)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/record.jsonl", harness_options()->out);
    unlink(path);
}

void record_part_write(const char *test, const json_t *part)
{
    char path[4096];

    part_path(test, path, sizeof(path));
    if (json_dump_file(part, path, JSON_COMPACT | JSON_SORT_KEYS) != 0)
        fprintf(stderr, "%s: can't be written\n", path);
}

/* Appends a line in one write, so that a kill leaves whole lines. */
static void append(const json_t *line)
{
    char path[4096];
    char *dump = json_dumps(line, JSON_COMPACT | JSON_SORT_KEYS);
    char *whole = NULL;
    int length = dump == NULL ? -1 : asprintf(&whole, "%s\n", dump);
    int fd;

    snprintf(path, sizeof(path), "%s/record.jsonl", harness_options()->out);
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || length < 0 || write(fd, whole, (size_t)length) != length)
        fprintf(stderr, "%s: can't be written: %m\n", path);
    if (fd >= 0)
        close(fd);
    free(whole);
    free(dump);
}

static void show_line(const char *label, const json_t *message, const char *key)
{
    const char *value = json_string_value(json_object_get(message, key));

    if (value == NULL)
        return;
    printf("      %-9s", label);
    for (; *value != '\0'; value++) {
        putchar(*value);
        if (*value == '\n')
            printf("               ");
    }
    putchar('\n');
}

/* OUT/pictures/SUITE-TEST-N.svg */
static void picture_path(const char *test, size_t i, char *path, size_t size)
{
    const char *colons = strstr(test, "::");

    snprintf(path, size, "%s/pictures/%.*s-%s-%zu.svg", harness_options()->out,
             colons == NULL ? 0 : (int)(colons - test), test,
             colons == NULL ? test : colons + 2, i + 1);
}

/* Writes a test's pictures to files, and says where; those of an earlier run
 * go. */
static void show_pictures(const char *test, const json_t *line)
{
    const json_t *pictures = json_object_get(line, "pictures");
    char path[4096];

    snprintf(path, sizeof(path), "%s/pictures", harness_options()->out);
    if (json_array_size(pictures) > 0)
        mkdir(path, 0777);
    for (size_t i = 0; i < MAX_PICTURES; i++) {
        const json_t *picture = json_array_get(pictures, i);
        const char *svg = json_string_value(json_object_get(picture, "svg"));
        FILE *out;

        picture_path(test, i, path, sizeof(path));
        unlink(path);
        out = svg == NULL ? NULL : fopen(path, "we");
        if (out == NULL)
            continue;
        fputs(svg, out);
        if (fclose(out) == 0)
            printf("      %-9s%s\n", "picture", path);
    }
}

static void show(const char *test, const json_t *line)
{
    const char *status = json_string_value(json_object_get(line, "status"));
    const json_t *message =
        json_array_get(json_object_get(line, "messages"), 0);

    printf("%-15s %s\n", status, test);
    show_line("did", message, "did");
    show_line("expected", message, "expected");
    show_line("seen", message, "seen");
    show_line("look at", message, "hint");
    show_line("test", message, "where");
    show_line("hung in", line, "hung_in");
    show_line("oops", line, "oops");
    show_pictures(test, line);
    fflush(stdout);
}

/*
 * Completes a test's part with what the runner knows. A part that is missing
 * or does not agree with Criterion's verdict is a fault of ours.
 */
static json_t *complete(const char *test, bool passed, double seconds)
{
    char path[4096];
    json_t *line;
    const char *status;

    part_path(test, path, sizeof(path));
    line = json_load_file(path, 0, NULL);
    unlink(path);
    if (line == NULL)
        line = json_object();
    status = json_string_value(json_object_get(line, "status"));
    if (status == NULL || (strcmp(status, "pass") == 0) != passed)
        json_object_set_new(line, "status", json_string("infra-error"));
    json_object_set_new(line, "test", json_string(test));
    json_object_set_new(line, "seconds", json_real(seconds));
    return line;
}

static void finish(const struct criterion_test_stats *stats, bool passed)
{
    char test[512];
    json_t *line;

    snprintf(test, sizeof(test), "%s::%s", stats->test->category,
             stats->test->name);
    line = complete(test, passed, stats->elapsed_time);
    append(line);
    if (passed)
        totals.passed++;
    else
        totals.failed++;
    if (show_tests)
        show(test, line);
    json_decref(line);
}

/* After the tear-down, which is what writes a passing test's part. */
ReportHook(POST_FINI)
(struct criterion_test_stats *stats)
{
    if (stats->test_status != CR_STATUS_SKIPPED)
        finish(stats, stats->test_status == CR_STATUS_PASSED);
}

ReportHook(TEST_CRASH)
(struct criterion_test_stats *stats)
{
    finish(stats, false);
}

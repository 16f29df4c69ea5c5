/*
 * The program that every suite becomes: reads the command line, then lets
 * Criterion run the tests, each in a process of its own.
 */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <criterion/options.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record.h"

#define EXIT_USAGE    1
#define EXIT_CANT_RUN 3
#define QUIET         100 /* above every level of Criterion's logger */
#define TEST_SECONDS  300 /* Criterion's own backstop: shrinking takes long */

struct command_line {
    struct options options;
    const char *only;
    unsigned jobs;
    bool list, show, first_failure;
};

static const struct option long_options[] = {
    {"kernel", required_argument, NULL, 'k'},
    {"symbols", required_argument, NULL, 's'},
    {"initrd", required_argument, NULL, 'i'},
    {"module", required_argument, NULL, 'm'},
    {"qemu", required_argument, NULL, 'q'},
    {"out", required_argument, NULL, 'o'},
    {"seed", required_argument, NULL, 'r'},
    {"jobs", required_argument, NULL, 'j'},
    {"only", required_argument, NULL, 't'},
    {"sandbox", required_argument, NULL, 'b'},
    {"gdb", required_argument, NULL, 'g'},
    {"first-failure", no_argument, NULL, 'f'},
    {"list", no_argument, NULL, 'l'},
    {"show", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const char usage[] =
    "usage: %s --kernel IMAGE --symbols ELF --out DIR [--initrd FILE]\n"
    "          [--module FILE] [--qemu QEMU] [--seed HEX] [--jobs N]\n"
    "          [--only SUITE::TEST] [--sandbox bwrap|none] [--gdb PORT]\n"
    "          [--show] [--first-failure]\n"
    "       %s --list\n";

static bool parse(int argc, char **argv, struct command_line *line)
{
    int option;

    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (option) {
        case 'k':
            line->options.kernel = optarg;
            break;
        case 's':
            line->options.symbols = optarg;
            break;
        case 'i':
            line->options.initrd = optarg;
            break;
        case 'm':
            line->options.module = optarg;
            break;
        case 'q':
            line->options.qemu = optarg;
            break;
        case 'o':
            line->options.out = optarg;
            break;
        case 'r':
            line->options.seed = optarg;
            break;
        case 'j':
            line->jobs = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 't':
            line->only = optarg;
            break;
        case 'b':
            line->options.sandbox = optarg;
            break;
        case 'g':
            line->options.gdb = optarg;
            break;
        case 'f':
            line->first_failure = true;
            break;
        case 'l':
            line->list = true;
            break;
        case 'v':
            line->show = true;
            break;
        default:
            return false;
        }
    }
    return optind == argc && (line->list || (line->options.kernel != NULL &&
                                             line->options.symbols != NULL &&
                                             line->options.out != NULL));
}

static void list(struct criterion_test_set *tests, FILE *out)
{
    FOREACH_SET(struct criterion_suite_set * suite, tests->suites)
    {
        FOREACH_SET(struct criterion_test * test, suite->tests)
        fprintf(out, "%s::%s\n", test->category, test->name);
    }
}

static bool known(struct criterion_test_set *tests, const char *name)
{
    char full[512];

    FOREACH_SET(struct criterion_suite_set * suite, tests->suites)
    {
        FOREACH_SET(struct criterion_test * test, suite->tests)
        {
            snprintf(full, sizeof(full), "%s::%s", test->category, test->name);
            if (strcmp(full, name) == 0)
                return true;
        }
    }
    return false;
}

/* Criterion's pattern for one test is SUITE/TEST. */
static const char *pattern(const char *name)
{
    static char out[512];
    const char *colons = strstr(name, "::");

    snprintf(out, sizeof(out), "%.*s/%s", (int)(colons - name), name,
             colons + 2);
    return out;
}

static int run(struct criterion_test_set *tests, struct command_line *line)
{
    if (line->only != NULL && !known(tests, line->only)) {
        fprintf(stderr, "%s: no such test. The tests are:\n", line->only);
        list(tests, stderr);
        return EXIT_USAGE;
    }
    if (mkdir(line->options.out, 0700) != 0 &&
        access(line->options.out, W_OK) != 0) {
        fprintf(stderr, "%s: can't be written: %m\n", line->options.out);
        return EXIT_CANT_RUN;
    }
    harness_set_options(&line->options);
    record_begin();
    if (line->only != NULL)
        criterion_options.pattern = pattern(line->only);
    criterion_options.jobs = line->jobs;
    criterion_options.fail_fast = line->first_failure;
    criterion_options.timeout = line->options.gdb ? 0 : TEST_SECONDS;
    criterion_options.logging_threshold = QUIET;
    criterion_run_all_tests(tests);
    if (line->show) {
        const struct record_totals *totals = record_totals();

        printf("%u passed, %u failed\n", totals->passed, totals->failed);
        return totals->failed == 0 ? 0 : 2;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct command_line line = {
        .options = {.qemu = "qemu-system-i386", .seed = "0", .sandbox = "none"},
        .jobs = 0,
    };
    struct criterion_test_set *tests;
    int code = 0;

    if (!parse(argc, argv, &line)) {
        fprintf(stderr, usage, argv[0], argv[0]);
        return EXIT_USAGE;
    }
    tests = criterion_initialize();
    if (line.show)
        record_show_tests();
    if (line.list)
        list(tests, stdout);
    else
        code = run(tests, &line);
    criterion_finalize(tests);
    return code;
}

/*
 * mmgrade grade: submissions through labs. Here are its options; session.c
 * does the work.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "command.h"
#include "guard.h"
#include "session.h"

#define JOBS_MAX 256

enum long_option {
    OPTION_LAB = 256,
    OPTION_REF,
    OPTION_BEFORE,
    OPTION_JSON,
    OPTION_SANDBOX,
    OPTION_JOBS,
    OPTION_ONLY,
    OPTION_SEED,
    OPTION_MIN_SCORE,
    OPTION_KIT,
    OPTION_KEEP,
    OPTION_STAFF,
};

static const struct option long_options[] = {
    {"lab", required_argument, NULL, OPTION_LAB},
    {"ref", required_argument, NULL, OPTION_REF},
    {"before", required_argument, NULL, OPTION_BEFORE},
    {"json", no_argument, NULL, OPTION_JSON},
    {"out", required_argument, NULL, 'o'},
    {"sandbox", required_argument, NULL, OPTION_SANDBOX},
    {"jobs", required_argument, NULL, 'j'},
    {"only", required_argument, NULL, OPTION_ONLY},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"min-score", required_argument, NULL, OPTION_MIN_SCORE},
    {"kit", required_argument, NULL, OPTION_KIT},
    {"keep", required_argument, NULL, OPTION_KEEP},
    {"staff", no_argument, NULL, OPTION_STAFF},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static void add_lab(struct session_options *options, const char *lab)
{
    size_t n = 0;

    while (options->labs[n]) {
        if (strcmp(options->labs[n++], lab) == 0) {
            return;
        }
    }
    options->labs[n] = lab; /* as many places as there are arguments */
}

/* Options whose value has to make sense. */
static int take_checked(int option, const char *value,
                        struct session_options *options, struct error *err)
{
    switch (option) {
    case OPTION_SANDBOX:
        return command_sandbox(value, &options->mode, err);
    case 'j':
        return command_number("--jobs", value, 1, JOBS_MAX, &options->jobs,
                              err);
    case OPTION_SEED:
        options->seeded = true;
        return seed_parse(value, options->seed, err);
    case OPTION_MIN_SCORE:
        options->has_min_score = true;
        return command_number("--min-score", value, 0, 100, &options->min_score,
                              err);
    default:
        return fail(err, ERROR_USAGE, "bad option");
    }
}

static int take(int option, const char *value, struct session_options *options,
                struct error *err)
{
    switch (option) {
    case OPTION_LAB:
        add_lab(options, value);
        return 0;
    case OPTION_REF:
        options->ref = value;
        return 0;
    case OPTION_BEFORE:
        options->before = value;
        return 0;
    case OPTION_JSON:
        options->json = true;
        return 0;
    case 'o':
        options->out = value;
        return 0;
    case OPTION_ONLY:
        options->only = value;
        return 0;
    case OPTION_KIT:
        options->kit = value;
        return 0;
    case OPTION_KEEP:
        options->keep = value;
        return 0;
    case OPTION_STAFF:
        options->audience = RESULT_STAFF;
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    default:
        return take_checked(option, value, options, err);
    }
}

/* Parses, then grades under guard. */
static int parse_and_grade(int argc, char **argv,
                           struct session_options *options)
{
    struct error err = {0};
    int code = EXIT_FAULT;

    opterr = 0;
    for (int option = getopt_long(argc, argv, ":o:j:qh", long_options, NULL);
         option >= 0;
         option = getopt_long(argc, argv, ":o:j:qh", long_options, NULL)) {
        if (option == 'h') {
            return command_print_help(&command_grade, stdout);
        }
        if (option == '?' || option == ':') {
            return command_bad_option(&command_grade, option, argv);
        }
        if (take(option, optarg, options, &err) != 0) {
            return command_misused(&command_grade, "%s", err.message);
        }
    }
    options->submissions = argv + optind;
    if (!options->submissions[0]) {
        return command_misused(&command_grade, "name a submission: a folder, "
                                               "an archive or a git "
                                               "repository");
    }
    if (guard_run(options->keep, session_run, options, &code, &err) != 0) {
        return command_failed(&command_grade, &err);
    }
    return code;
}

static int run(int argc, char **argv)
{
    struct session_options options = {.mode = SANDBOX_BWRAP};
    int code = EXIT_FAULT;

    options.labs = calloc((size_t)argc + 1, sizeof(*options.labs));
    if (options.labs) {
        code = parse_and_grade(argc, argv, &options);
    }
    free(options.labs);
    return code;
}

const struct command command_grade = {
    .name = "grade",
    .arguments = "SUBMISSION… [OPTION…]",
    .summary = "Builds, boots and tests submissions, and says what they score",
    .help =
        "A submission is a folder, an archive (tar, tar.gz, tar.xz, zip), a "
        "git repository\nor its URL. Of several, a table of scores is "
        "printed.\n\n"
        "  --lab LAB        this lab (may be repeated); else all labs that it "
        "has files for\n"
        "  --ref REF        the branch, tag or commit of a git repository\n"
        "  --before TIME    the last commit not after it, as "
        "2026-03-01T23:59:00+08:00\n"
        "  --json           print results as JSON (docs/result.md): an object, "
        "of several an\n"
        "                   array\n"
        "  -o, --out DIR    write DIR/report.html, DIR/LAB/result.json and "
        "record.jsonl as\n"
        "                   well; of several submissions DIR/N-NAME/LAB/…\n"
        "  --min-score N    exit with 4 if a score is below N\n"
        "  --only TEST      run this test alone; the others' points stay "
        "undecided\n"
        "  --staff          show everything about hidden tests, too\n"
        "  -j, --jobs N     tests at a time; else as many as there are cores\n"
        "  --seed HEX       seed of the random tests; else from "
        "$MMGRADE_SECRET "
        "(a file),\n"
        "                   the submission and the lab\n"
        "  --sandbox MODE   bwrap, or none: run untrusted code without "
        "protection\n"
        "  --keep DIR       work in this empty folder and leave it for "
        "inspection\n"
        "  --kit DIR        the folder with skeleton/, assignments/ and "
        "build/\n"
        "  -q, --quiet      no progress on the standard error\n",
    .run = run,
};

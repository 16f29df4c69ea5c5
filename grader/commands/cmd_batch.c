/*
 * mmgrade batch: a class. Here are its options; batch_print.c
 * says at the end what came of it, grader/batch does the work.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "batch.h"
#include "batch_print.h"
#include "command.h"

#define JOBS_MAX 256

enum long_option {
    OPTION_LAB = 256,
    OPTION_ONLY,
    OPTION_RETRY_INFRA,
    OPTION_REGRADE,
    OPTION_PROGRESS,
    OPTION_SANDBOX,
    OPTION_KIT,
};

static const struct option long_options[] = {
    {"lab", required_argument, NULL, OPTION_LAB},
    {"jobs", required_argument, NULL, 'j'},
    {"only", required_argument, NULL, OPTION_ONLY},
    {"retry-infra", no_argument, NULL, OPTION_RETRY_INFRA},
    {"regrade", no_argument, NULL, OPTION_REGRADE},
    {"progress", required_argument, NULL, OPTION_PROGRESS},
    {"sandbox", required_argument, NULL, OPTION_SANDBOX},
    {"kit", required_argument, NULL, OPTION_KIT},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* As given; `labs` and `only` have room for as many as there are arguments. */
struct arguments {
    struct batch_options options;
    const char **labs, **only;
    size_t nlabs, nonly;
    bool help;
};

/* --- options ---------------------------------------------------------------
 */

/* A bar where it can be redrawn. */
static enum progress_mode usual_progress(void)
{
    const char *terminal = getenv("TERM");

    return isatty(STDERR_FILENO) == 1 && terminal &&
                   strcmp(terminal, "dumb") != 0
               ? PROGRESS_BAR
               : PROGRESS_PLAIN;
}

static int take_progress(const char *value, enum progress_mode *out,
                         struct error *err)
{
    if (strcmp(value, "auto") == 0) {
        *out = usual_progress();
    } else if (strcmp(value, "bar") == 0) {
        *out = PROGRESS_BAR;
    } else if (strcmp(value, "plain") == 0) {
        *out = PROGRESS_PLAIN;
    } else if (strcmp(value, "json") == 0) {
        *out = PROGRESS_JSON;
    } else if (strcmp(value, "none") == 0) {
        *out = PROGRESS_NONE;
    } else {
        return fail(err, ERROR_USAGE,
                    "--progress takes auto, bar, plain, json or none, not '%s'",
                    value);
    }
    return 0;
}

static int take(int option, const char *value, struct arguments *arguments,
                struct error *err)
{
    struct batch_options *options = &arguments->options;

    switch (option) {
    case OPTION_LAB:
        arguments->labs[arguments->nlabs++] = value;
        return 0;
    case OPTION_ONLY:
        arguments->only[arguments->nonly++] = value;
        return 0;
    case 'j':
        return command_number("--jobs", value, 1, JOBS_MAX, &options->workers,
                              err);
    case OPTION_RETRY_INFRA:
        options->retry_infra = true;
        return 0;
    case OPTION_REGRADE:
        options->regrade = true;
        return 0;
    case OPTION_PROGRESS:
        return take_progress(value, &options->progress, err);
    case OPTION_SANDBOX:
        return command_sandbox(value, &options->mode, err);
    case OPTION_KIT:
        options->kit = value;
        return 0;
    case 'h':
        arguments->help = true;
        return 0;
    default:
        return fail(err, ERROR_USAGE, "bad option");
    }
}

/* 0, or the exit code of a usage error, which was printed. */
static int parse(int argc, char **argv, struct arguments *arguments)
{
    struct error err = {0};

    opterr = 0;
    for (int option = getopt_long(argc, argv, ":j:h", long_options, NULL);
         option >= 0;
         option = getopt_long(argc, argv, ":j:h", long_options, NULL)) {
        if (option == '?' || option == ':') {
            return command_bad_option(&command_batch, option, argv);
        }
        if (take(option, optarg, arguments, &err) != 0) {
            return command_misused(&command_batch, "%s", err.message);
        }
    }
    return arguments->help ? 0
                           : command_course(&command_batch, argv + optind,
                                            &arguments->options.course);
}

/* --- the command -----------------------------------------------------------
 */

static unsigned terminal_columns(void)
{
    struct winsize size = {0};

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* Ends as a process that didn't take the signal would. */
static int interrupted(const struct batch_report *report)
{
    fprintf(stderr,
            "mmgrade batch: interrupted (%s) after %zu of %zu submissions, "
            "which are in the\ngradebook; the same command goes on from "
            "there.\n",
            strsignal(report->signal_number), report->done, report->total);
    fflush(NULL);
    signal(report->signal_number, SIG_DFL);
    raise(report->signal_number);
    return EXIT_FAULT;
}

static int failed(const struct batch_report *report, const struct error *err)
{
    int code = command_failed(&command_batch, err);

    if (report->done > 0) {
        fprintf(stderr,
                "mmgrade batch: %zu of %zu submissions are in the gradebook; "
                "the same command goes\non from there.\n",
                report->done, report->total);
    }
    return code;
}

/* Labs that are due, and whose submissions could not be read. */
static size_t tell_unread(const struct batch_report *report)
{
    size_t count = 0;

    for (size_t i = 0; i < report->nunread; i++) {
        const struct batch_unread *unread = &report->unread[i];
        struct error err = {0};
        if (unread->due) {
            fail(&err, ERROR_USAGE, "%s was due, and is not graded: %s",
                 unread->lab->lab, unread->why);
            command_failed(&command_batch, &err);
            count++;
        }
    }
    return count;
}

/* The worst of what there is. */
static int exit_code(const struct batch_report *report, size_t nunread)
{
    if (report->states[PROGRESS_UNGRADED] > 0) {
        return EXIT_FAULT;
    }
    if (nunread > 0) {
        return EXIT_USAGE;
    }
    return report->states[PROGRESS_REFUSED] > 0 ? EXIT_REFUSED : EXIT_GRADED;
}

static int grade(const struct batch_options *options)
{
    struct batch_report report = {0};
    struct error err = {0};
    int rc = 0;
    int code = EXIT_FAULT;

    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a failed write */
    rc = batch_run(options, &report, &err);
    command_warn_secret(&command_batch, course_secret(report.course));
    if (rc == 0 && options->progress == PROGRESS_JSON) {
        batch_print_json(&report);
    } else if (rc == 0) {
        batch_print(&report);
    }
    if (rc != 0) {
        code = failed(&report, &err);
    } else if (report.signal_number != 0) {
        code = interrupted(&report);
    } else {
        code = exit_code(&report, tell_unread(&report));
    }
    batch_report_clear(&report);
    return code;
}

static int run(int argc, char **argv)
{
    struct arguments arguments = {
        .options = {.mode = SANDBOX_BWRAP,
                    .progress = usual_progress(),
                    .progress_out = stderr,
                    .columns = terminal_columns},
    };
    size_t room = (size_t)argc + 1;
    int code = EXIT_FAULT;

    arguments.labs = calloc(room, sizeof(*arguments.labs));
    arguments.only = calloc(room, sizeof(*arguments.only));
    if (arguments.labs && arguments.only) {
        arguments.options.labs = arguments.labs;
        arguments.options.only = arguments.only;
        code = parse(argc, argv, &arguments);
        if (code == 0 && arguments.options.progress == PROGRESS_JSON) {
            arguments.options.progress_out = stdout;
        }
        if (code == 0) {
            code = arguments.help ? command_print_help(&command_batch, stdout)
                                  : grade(&arguments.options);
        }
    }
    free(arguments.labs);
    free(arguments.only);
    return code;
}

const struct command command_batch = {
    .name = "batch",
    .arguments = "COURSE.yaml [OPTION…]",
    .summary = "Grades a class into its gradebook; goes on where it was ended",
    .help =
        "Takes everybody's submissions from where the course file says, runs "
        "what is not\nin the gradebook or the cache yet, several at a time, "
        "and writes down what came\nof it. docs/batch.md says more.\n\n"
        "  --lab LAB        this lab of the course (may be repeated); else "
        "all\n"
        "  --only STUDENT   this student, by id (may be repeated)\n"
        "  -j, --jobs N     submissions at a time; else as many as there are "
        "cores\n"
        "  --retry-infra    only what a fault of ours left ungraded\n"
        "  --regrade        also what is graded, with other tests, tools or "
        "secret than now\n"
        "  --progress MODE  auto, bar (redrawn, on a terminal), plain (a line "
        "a submission),\n"
        "                   json (lines of JSON on the standard output), none\n"
        "  --sandbox MODE   bwrap, or none: run untrusted code without "
        "protection\n"
        "  --kit DIR        the folder with skeleton/, assignments/ and "
        "build/\n",
    .run = run,
};

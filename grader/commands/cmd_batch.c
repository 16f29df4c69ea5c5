/*
 * mmgrade batch: a class. Here are its options, and what is said at the end;
 * grader/batch does the work.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <jansson.h>
#include "batch.h"
#include "command.h"
#include "text.h"

#define JOBS_MAX     256
#define TEXT_BYTES   600
#define LINE_COLUMNS 79

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
    if (!arguments->help && argc - optind != 1) {
        return command_misused(&command_batch,
                               "name one course file, not %d: mmgrade batch "
                               "course.yaml",
                               argc - optind);
    }
    arguments->options.course = argv[optind];
    return 0;
}

/* --- what came of it -------------------------------------------------------
 */

/* Texts of students' are harmless by now; this is for the rest. */
static void print_text(const char *text)
{
    char *clean = text_sanitise_line(text, strlen(text), TEXT_BYTES);

    fputs(clean ? clean : "?", stdout);
    free(clean);
}

static void print_notes(const struct batch_report *report,
                        enum progress_state state, const char *title)
{
    if (report->states[state] == 0) {
        return;
    }
    printf("\n%s\n", title);
    for (size_t i = 0; i < report->nnotes; i++) {
        const struct batch_note *note = &report->notes[i];
        if (note->state != state) {
            continue;
        }
        printf("  ");
        print_text(note->student);
        printf("  %s  ", note->lab);
        print_text(note->reason);
        putchar('\n');
    }
}

/* Sentences, a line each. */
static void print_sentences(char *const *texts, const char *lab,
                            const char *title)
{
    if (!texts || !texts[0]) {
        return;
    }
    printf("\n%s, %s:\n", lab, title);
    for (size_t i = 0; texts[i]; i++) {
        fputs("  ", stdout);
        print_text(texts[i]);
        putchar('\n');
    }
}

/* Ids, as many on a line as it holds. */
static void print_ids(char *const *ids, const char *lab, const char *title)
{
    size_t used = LINE_COLUMNS;

    if (!ids || !ids[0]) {
        return;
    }
    printf("\n%s, %s:", lab, title);
    for (size_t i = 0; ids[i]; i++) {
        if (used + strlen(ids[i]) + 1 > LINE_COLUMNS) {
            fputs("\n ", stdout);
            used = 1;
        }
        putchar(' ');
        print_text(ids[i]);
        used += strlen(ids[i]) + 1;
    }
    putchar('\n');
}

static void print_intakes(const struct batch_report *report)
{
    for (size_t i = 0; report->labs[i]; i++) {
        const struct intake *intake = &report->intakes[i];
        const char *lab = report->labs[i]->lab;
        print_ids(intake->missing, lab, "nothing handed in by");
        print_sentences(intake->unknown, lab, "of nobody in the roster");
        print_sentences(intake->ambiguous, lab,
                        "whose they are can't be said for sure");
    }
}

static void print_totals(const struct batch_report *report)
{
    double seconds = report->seconds;

    printf("%zu of %zu submissions in %.*f s: %zu graded, %zu refused, %zu "
           "ungraded\n",
           report->done, report->total, seconds < 10 ? 1 : 0, seconds,
           report->states[PROGRESS_GRADED], report->states[PROGRESS_REFUSED],
           report->states[PROGRESS_UNGRADED]);
    printf("%zu ran, %zu came from the cache, %zu are unchanged\n",
           report->sources[SOURCE_RUN], report->sources[SOURCE_CACHE],
           report->sources[SOURCE_BOOK]);
    if (report->sources[SOURCE_KEPT] > 0) {
        printf("%zu are unchanged, but were graded with other tests or tools "
               "than there are now;\n--regrade grades them again\n",
               report->sources[SOURCE_KEPT]);
    }
}

static void print_report(const struct batch_report *report)
{
    print_totals(report);
    print_notes(report, PROGRESS_REFUSED,
                "refused, a zero each until something else is handed in:");
    print_notes(report, PROGRESS_UNGRADED,
                "ungraded, by a fault of this machine or of mmgrade; the same "
                "command\nruns these again:");
    print_intakes(report);
    printf("\ngradebook: ");
    print_text(report->course->gradebook);
    putchar('\n');
}

/* --- the same as JSON ------------------------------------------------------
 */

static json_t *texts_json(char *const *texts)
{
    json_t *list = json_array();

    for (size_t i = 0; list && texts && texts[i]; i++) {
        char *clean =
            text_sanitise_line(texts[i], strlen(texts[i]), TEXT_BYTES);
        json_array_append_new(list, json_string(clean ? clean : ""));
        free(clean);
    }
    return list;
}

static json_t *intakes_json(const struct batch_report *report)
{
    json_t *labs = json_array();

    for (size_t i = 0; labs && report->labs[i]; i++) {
        const struct intake *intake = &report->intakes[i];
        json_array_append_new(
            labs, json_pack("{s:s, s:o, s:o, s:o}", "lab", report->labs[i]->lab,
                            "missing", texts_json(intake->missing), "unknown",
                            texts_json(intake->unknown), "ambiguous",
                            texts_json(intake->ambiguous)));
    }
    return labs;
}

static void print_report_json(const struct batch_report *report)
{
    const size_t *states = report->states;
    const size_t *sources = report->sources;
    json_t *json = json_pack(
        "{s:s, s:I, s:I, s:b, s:f, s:I, s:I, s:I, s:{s:I, s:I, s:I, s:I},"
        " s:{s:I, s:I, s:I}, s:o}",
        "event", "end", "done", (json_int_t)report->done, "total",
        (json_int_t)report->total, "interrupted", report->signal_number != 0,
        "seconds", report->seconds, "graded",
        (json_int_t)states[PROGRESS_GRADED], "refused",
        (json_int_t)states[PROGRESS_REFUSED], "ungraded",
        (json_int_t)states[PROGRESS_UNGRADED], "sources", "run",
        (json_int_t)sources[SOURCE_RUN], "cache",
        (json_int_t)sources[SOURCE_CACHE], "book",
        (json_int_t)sources[SOURCE_BOOK], "kept",
        (json_int_t)sources[SOURCE_KEPT], "memory_kib", "batch",
        (json_int_t)report->batch_kib, "worker", (json_int_t)report->worker_kib,
        "program", (json_int_t)report->child_kib, "labs", intakes_json(report));

    if (json) {
        json_dumpf(json, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
        putchar('\n');
    }
    json_decref(json);
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

/* The worst of what there is. */
static int exit_code(const struct batch_report *report)
{
    if (report->states[PROGRESS_UNGRADED] > 0) {
        return EXIT_FAULT;
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
    if (rc == 0 && options->progress == PROGRESS_JSON) {
        print_report_json(&report);
    } else if (rc == 0) {
        print_report(&report);
    }
    if (rc != 0) {
        code = failed(&report, &err);
    } else if (report.signal_number != 0) {
        code = interrupted(&report);
    } else {
        code = exit_code(&report);
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
        "  --regrade        also what is graded, with other tests or tools "
        "than now\n"
        "  --progress MODE  auto, bar (redrawn, on a terminal), plain (a line "
        "a submission),\n"
        "                   json (lines of JSON on the standard output), none\n"
        "  --sandbox MODE   bwrap, or none: run untrusted code without "
        "protection\n"
        "  --kit DIR        the folder with skeleton/, assignments/ and "
        "build/\n",
    .run = run,
};

/*
 * mmgrade score: what everybody's work is worth, computed anew from what was
 * kept of it. Nothing is run.
 *
 * Scores are shown before they are noted as told: if showing fails, the next
 * `score` lists the same changes again.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "book.h"
#include "change.h"
#include "command.h"
#include "course.h"
#include "kit.h"
#include "moment.h"
#include "roster.h"
#include "score_table.h"
#include "text.h"

#define JSON_STYLE    (JSON_INDENT(2) | JSON_REAL_PRECISION(6))
#define POINTS_MAX    100
#define STRANGERS_MAX 5

enum long_option {
    OPTION_JSON = 256,
    OPTION_AUDIENCE,
    OPTION_AT,
    OPTION_OVERRIDE,
    OPTION_NOTE,
    OPTION_BY,
    OPTION_KIT,
};

static const struct option long_options[] = {
    {"json", no_argument, NULL, OPTION_JSON},
    {"audience", required_argument, NULL, OPTION_AUDIENCE},
    {"at", required_argument, NULL, OPTION_AT},
    {"override", required_argument, NULL, OPTION_OVERRIDE},
    {"note", required_argument, NULL, OPTION_NOTE},
    {"by", required_argument, NULL, OPTION_BY},
    {"kit", required_argument, NULL, OPTION_KIT},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct options {
    const char *course, *kit;
    bool json;
    enum result_audience audience;
    int64_t at; /* MOMENT_NONE: now */
    const char **overrides;
    size_t noverrides;
    const char *note, *by;
};

/* What a run needs. */
struct scoring {
    const struct options *options;
    struct kit kit;
    struct course *course;
    struct roster roster;
    int64_t now;
};

/* --- options ---------------------------------------------------------------
 */

static int take(int option, const char *value, struct options *options,
                struct error *err)
{
    switch (option) {
    case OPTION_JSON:
        options->json = true;
        return 0;
    case OPTION_AUDIENCE:
        return command_audience(value, &options->audience, err);
    case OPTION_AT:
        return command_moment("--at", value, &options->at, err);
    case OPTION_OVERRIDE:
        options->overrides[options->noverrides++] = value;
        return 0;
    case OPTION_NOTE:
        options->note = value;
        return 0;
    case OPTION_BY:
        options->by = value;
        return 0;
    case OPTION_KIT:
        options->kit = value;
        return 0;
    default:
        return fail(err, ERROR_USAGE, "bad option");
    }
}

/* --- overrides -------------------------------------------------------------
 */

/* "87", "87.5" or "87.25" in hundredths; "none" withdraws. */
static int parse_points(const char *text, struct override *override,
                        struct error *err)
{
    size_t whole = strspn(text, "0123456789");
    const char *fraction = text[whole] == '.' ? text + whole + 1 : "";
    size_t decimals = strspn(fraction, "0123456789");
    unsigned long points = 0;

    if (strcmp(text, "none") == 0) {
        override->withdrawn = true;
        return 0;
    }
    if (whole >= 1 && whole <= 3 && decimals <= 2 &&
        fraction[decimals] == '\0' && (text[whole] == '\0' || decimals > 0)) {
        points = strtoul(text, NULL, 10) * 100;
        points += decimals > 0
                      ? strtoul(fraction, NULL, 10) * (decimals == 1 ? 10 : 1)
                      : 0;
        if (points <= POINTS_MAX * 100) {
            override->points = (unsigned)points;
            return 0;
        }
    }
    return fail(err, ERROR_USAGE,
                "--override: points are a number from 0 to %d with at most "
                "two decimals, or none, not '%s'",
                POINTS_MAX, text);
}

/* STUDENT:LAB=POINTS. An id may have colons, a lab's name has none. */
static int parse_override(const struct scoring *scoring, char *text,
                          struct override *override, struct error *err)
{
    char *equals = strrchr(text, '=');
    char *colon = NULL;

    if (equals) {
        *equals = '\0';
        colon = strrchr(text, ':');
    }
    if (!colon) {
        return fail(err, ERROR_USAGE,
                    "--override takes STUDENT:LAB=POINTS, as 1001:%s=87.5",
                    scoring->course->labs[0].lab);
    }
    *colon = '\0';
    override->student = text;
    override->lab = colon + 1;
    if (!roster_find(&scoring->roster, override->student)) {
        return fail(err, ERROR_USAGE,
                    "--override: the roster has no student with the id '%s'",
                    override->student);
    }
    int rc =
        course_check_lab(scoring->course, "--override", override->lab, err);
    return rc == 0 ? parse_points(equals + 1, override, err) : rc;
}

/* Points into texts: a copy of each argument, cut up. */
static int parse_overrides(const struct scoring *scoring, char **texts,
                           struct override *overrides, struct error *err)
{
    const struct options *options = scoring->options;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < options->noverrides; i++) {
        texts[i] = strdup(options->overrides[i]);
        rc = texts[i] ? parse_override(scoring, texts[i], &overrides[i], err)
                      : fail(err, ERROR_INFRA, "out of memory");
    }
    return rc;
}

/* All of them, or none. */
static int write_overrides(const struct scoring *scoring,
                           struct override *overrides, struct error *err)
{
    const struct options *options = scoring->options;
    char *note = text_sanitise_line(options->note, strlen(options->note), 1000);
    char *by = text_sanitise_line(options->by, strlen(options->by), 200);
    struct book *book = NULL;
    int rc = note && by ? 0 : fail(err, ERROR_INFRA, "out of memory");

    for (size_t i = 0; i < options->noverrides; i++) {
        overrides[i].note = note;
        overrides[i].by = by;
        overrides[i].at = (int64_t)time(NULL);
    }
    if (rc == 0) {
        rc = book_open(scoring->course->gradebook, scoring->course->id,
                       BOOK_WRITE, &book, err);
    }
    if (rc == 0) {
        rc = book_override(book, overrides, options->noverrides, err);
    }
    book_close(book);
    free(by);
    free(note);
    return rc;
}

static int give_overrides(const struct scoring *scoring, struct error *err)
{
    size_t count = scoring->options->noverrides;
    struct override *overrides = calloc(count + 1, sizeof(*overrides));
    char **texts = calloc(count + 1, sizeof(*texts));
    int rc = overrides && texts ? 0 : fail(err, ERROR_INFRA, "out of memory");

    if (rc == 0) {
        rc = parse_overrides(scoring, texts, overrides, err);
    }
    if (rc == 0 && count > 0) {
        rc = write_overrides(scoring, overrides, err);
    }
    for (size_t i = 0; texts && i < count; i++) {
        free(texts[i]);
    }
    free(texts);
    free(overrides);
    return rc;
}

/* --- showing ---------------------------------------------------------------
 */

static int print_json(const struct standings *standings,
                      const struct changes *changes, struct error *err)
{
    json_t *class = NULL;
    json_t *list = NULL;
    int rc = standings_class(standings, &class, err);

    if (rc == 0 && changes) {
        list = score_changes_json(changes);
        if (json_object_set_new(class, "changes", list) < 0) {
            rc = fail(err, ERROR_INFRA, "can't score: out of memory");
        }
    }
    if (rc == 0 && json_dumpf(class, stdout, JSON_STYLE) != 0) {
        rc = fail(err, ERROR_INFRA, "can't write to the standard output");
    }
    json_decref(class);
    putchar('\n');
    return rc;
}

static void name_strangers(const struct standings *standings)
{
    size_t count = standings->nstrangers;

    if (count == 0) {
        return;
    }
    fprintf(stderr, "mmgrade score: not shown, since the roster has no such "
                    "student:");
    for (size_t i = 0; i < count && i < STRANGERS_MAX; i++) {
        char *clean = text_sanitise_line(standings->strangers[i],
                                         strlen(standings->strangers[i]), 100);
        fprintf(stderr, "%s %s", i > 0 ? "," : "", clean ? clean : "?");
        free(clean);
    }
    if (count > STRANGERS_MAX) {
        fprintf(stderr, " and %zu more", count - STRANGERS_MAX);
    }
    fputc('\n', stderr);
}

/* `changes` NULL: they are not for this reader. */
static int show(const struct scoring *scoring,
                const struct standings *standings,
                const struct changes *changes, struct error *err)
{
    struct table_style style = command_style(scoring->options->audience);
    int rc = 0;

    if (scoring->options->json) {
        rc = print_json(standings, changes, err);
    } else {
        score_table_print(standings, stdout, &style);
        if (changes) {
            score_changes_print(changes, scoring->course->time_zone, stdout,
                                &style);
        }
    }
    if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout))) {
        rc = fail(err, ERROR_INFRA, "can't write to the standard output");
    }
    name_strangers(standings);
    return rc;
}

/*
 * Notes that these scores were told. While somebody else writes, or where
 * nobody can, the next time tells the changes again: no reason to fail.
 */
static int remember(const struct scoring *scoring,
                    const struct standings *standings, struct error *err)
{
    struct book *book = NULL;
    int rc = book_open(scoring->course->gradebook, scoring->course->id,
                       BOOK_WRITE, &book, err);

    if (rc != 0) {
        char *clean = text_sanitise(err->message, strlen(err->message), 2000);
        fprintf(stderr,
                "mmgrade score: it is not noted that these scores were told, "
                "so that changes\nwill be listed again: %s\n",
                clean ? clean : "out of memory");
        free(clean);
        return 0;
    }
    rc = changes_tell(book, standings, scoring->now, err);
    book_close(book);
    return rc;
}

static int score_with(const struct scoring *scoring, struct book **book,
                      const struct standings *standings, struct error *err)
{
    struct changes changes = {0};
    bool lists = scoring->options->audience == RESULT_STAFF &&
                 scoring->options->at == MOMENT_NONE;
    int rc = lists ? changes_find(*book, standings, &changes, err) : 0;

    book_close(*book);
    *book = NULL;
    if (rc == 0) {
        rc = show(scoring, standings, lists ? &changes : NULL, err);
    }
    if (rc == 0 && lists && changes.pending) {
        rc = remember(scoring, standings, err);
    }
    changes_clear(&changes);
    return rc;
}

static int score(const struct scoring *scoring, struct error *err)
{
    const struct standing_request request = {
        .course = scoring->course,
        .roster = &scoring->roster,
        .root = scoring->kit.root,
        .audience = scoring->options->audience,
        .now = scoring->now,
    };
    struct standings standings = {0};
    struct book *book = NULL;
    int rc = book_open(scoring->course->gradebook, scoring->course->id,
                       BOOK_READ, &book, err);

    if (rc == 0) {
        rc = standings_make(book, &request, NULL, &standings, err);
    }
    if (rc == 0) {
        rc = score_with(scoring, &book, &standings, err);
        standings_clear(&standings);
    }
    book_close(book);
    return rc;
}

/* --- the command -----------------------------------------------------------
 */

static int open_and_score(struct scoring *scoring, struct error *err)
{
    const struct options *options = scoring->options;
    int rc = kit_find(options->kit, &scoring->kit, err);

    if (rc == 0) {
        rc = course_open(options->course, scoring->kit.root, &scoring->course,
                         &scoring->roster, err);
    }
    if (rc == 0) {
        rc = give_overrides(scoring, err);
    }
    return rc == 0 ? score(scoring, err) : rc;
}

static int check(const struct options *options)
{
    if (options->noverrides > 0 && (!options->note || !options->by)) {
        return command_misused(&command_score,
                               "--override needs --note TEXT (why) and "
                               "--by NAME (who decided it)");
    }
    if (options->noverrides == 0 && (options->note || options->by)) {
        return command_misused(&command_score,
                               "--note and --by are for --override");
    }
    return 0;
}

static int parse_and_score(int argc, char **argv, struct options *options)
{
    struct error err = {0};
    struct scoring scoring = {.options = options};
    int code = EXIT_GRADED;

    opterr = 0;
    for (int option = getopt_long(argc, argv, ":h", long_options, NULL);
         option >= 0;
         option = getopt_long(argc, argv, ":h", long_options, NULL)) {
        if (option == 'h') {
            return command_print_help(&command_score, stdout);
        }
        if (option == '?' || option == ':') {
            return command_bad_option(&command_score, option, argv);
        }
        if (take(option, optarg, options, &err) != 0) {
            return command_misused(&command_score, "%s", err.message);
        }
    }
    code = command_course(&command_score, argv + optind, &options->course);
    if (code == 0) {
        code = check(options);
    }
    if (code != 0) {
        return code;
    }
    scoring.now =
        options->at == MOMENT_NONE ? (int64_t)time(NULL) : options->at;
    if (open_and_score(&scoring, &err) != 0) {
        code = command_failed(&command_score, &err);
    }
    roster_clear(&scoring.roster);
    course_free(scoring.course);
    kit_free(&scoring.kit);
    return code;
}

static int run(int argc, char **argv)
{
    struct options options = {.audience = RESULT_STAFF, .at = MOMENT_NONE};
    int code = EXIT_FAULT;

    options.overrides = calloc((size_t)argc + 1, sizeof(*options.overrides));
    if (options.overrides) {
        code = parse_and_score(argc, argv, &options);
    }
    free(options.overrides);
    return code;
}

const struct command command_score = {
    .name = "score",
    .arguments = "COURSE.yaml [OPTION…]",
    .summary = "Scores a class anew from what was kept; runs nothing",
    .help =
        "Points of tests, weights, policy and extensions count as they are "
        "now. Whose score\nhas changed since the last `score` is listed with "
        "the reason, drops first.\n\n"
        "  --json           print the class as JSON (docs/class.md)\n"
        "  --audience WHO   staff (the default), or student: what students may "
        "see; lists no\n"
        "                   changes\n"
        "  --at TIME        as if it were that time, as "
        "2026-03-01T23:59:00+08:00: what students\n"
        "                   may see by then; changes are not listed and not "
        "noted\n"
        "  --override STUDENT:LAB=POINTS\n"
        "                   points given by hand, from 0 to 100; `none` lets "
        "the policy decide\n"
        "                   again; may be repeated: all or none are written\n"
        "  --note TEXT      why, and\n"
        "  --by NAME        who decided it: kept with the override\n"
        "  --kit DIR        the folder with skeleton/, assignments/ and "
        "build/\n",
    .run = run,
};

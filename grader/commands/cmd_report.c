/*
 * mmgrade report: a class's gradebook as a site of HTML pages.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "book.h"
#include "command.h"
#include "course.h"
#include "html.h"
#include "kit.h"
#include "moment.h"
#include "roster.h"
#include "score.h"
#include "seed.h"
#include "site.h"
#include "text.h"

#define JSON_STYLE JSON_INDENT(2)

enum long_option {
    OPTION_AUDIENCE = 256,
    OPTION_STUDENT,
    OPTION_AT,
    OPTION_MODE,
    OPTION_JSON,
    OPTION_KIT,
};

static const struct option long_options[] = {
    {"out", required_argument, NULL, 'o'},
    {"audience", required_argument, NULL, OPTION_AUDIENCE},
    {"student", required_argument, NULL, OPTION_STUDENT},
    {"at", required_argument, NULL, OPTION_AT},
    {"mode", required_argument, NULL, OPTION_MODE},
    {"json", no_argument, NULL, OPTION_JSON},
    {"kit", required_argument, NULL, OPTION_KIT},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct options {
    const char *course, *out, *student, *kit;
    enum result_audience audience;
    int64_t at; /* MOMENT_NONE: now */
    mode_t mode;
    bool json;
};

/* What a run needs; the context of site_write(). */
struct reporting {
    const struct options *options;
    struct kit kit;
    struct course *course;
    struct roster roster;
    struct book *book;
    int64_t now;
    json_t *class;
};

/* --- options ---------------------------------------------------------------
 */

/* Three octal digits, with which at least the owner can work. */
static int take_mode(const char *value, struct options *options,
                     struct error *err)
{
    const int octal = 8;

    if (strlen(value) == 3 && strspn(value, "01234567") == 3 &&
        value[0] == '7') {
        options->mode = (mode_t)strtoul(value, NULL, octal);
        return 0;
    }
    return fail(err, ERROR_USAGE,
                "--mode takes a folder's mode, as 700, 750 or 755, not '%s'",
                value);
}

static int take(int option, const char *value, struct options *options,
                struct error *err)
{
    switch (option) {
    case 'o':
        options->out = value;
        return 0;
    case OPTION_AUDIENCE:
        return command_audience(value, &options->audience, err);
    case OPTION_STUDENT:
        options->student = value;
        return 0;
    case OPTION_AT:
        return command_moment("--at", value, &options->at, err);
    case OPTION_MODE:
        return take_mode(value, options, err);
    case OPTION_JSON:
        options->json = true;
        return 0;
    case OPTION_KIT:
        options->kit = value;
        return 0;
    default:
        return fail(err, ERROR_USAGE, "bad option");
    }
}

/* --- the site --------------------------------------------------------------
 */

static int student_json(void *context, const char *id, json_t **out,
                        struct error *err)
{
    const struct reporting *reporting = context;

    return score_student(reporting->book, reporting->course, &reporting->roster,
                         reporting->kit.root, id, reporting->options->audience,
                         reporting->now, out, err);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* Tells the class page where each student's is. */
static int name_pages(struct reporting *reporting, struct error *err)
{
    const struct course *course = reporting->course;
    const json_t *students = json_object_get(reporting->class, "students");
    unsigned char bytes[SEED_BYTES];
    const unsigned char *key = course->secret ? bytes : NULL;
    int rc = key ? seed_course_key(course->secret, bytes, err) : 0;

    for (size_t i = 0; rc == 0 && i < json_array_size(students); i++) {
        json_t *student = json_array_get(students, i);
        char page[HTML_PATH_BYTES];

        rc = html_student_path(key, course->id, text_of(student, "id"), page,
                               err);
        if (rc == 0 &&
            json_object_set_new(student, "page", json_string(page)) < 0) {
            rc = fail(err, ERROR_INFRA, "out of memory");
        }
    }
    return rc;
}

static void tell_skipped(void *context, const char *id, const struct error *why)
{
    char *clean = text_sanitise_line(why->message, strlen(why->message), 2000);

    (void)context;
    fprintf(stderr, "mmgrade report: no page of %s: %s\n", id,
            clean ? clean : "out of memory");
    free(clean);
}

/* --- what was written ------------------------------------------------------
 */

static int print_json(const struct reporting *reporting,
                      const struct site_summary *summary)
{
    const struct options *options = reporting->options;
    json_t *students = json_object_get(reporting->class, "students");
    json_t *pages = json_array();
    json_t *json = NULL;
    int rc = 0;

    for (size_t i = 0; i < json_array_size(students); i++) {
        json_t *student = json_array_get(students, i);
        const char *id = text_of(student, "id");
        if (!options->student || strcmp(options->student, id) == 0) {
            json_array_append_new(pages,
                                  json_pack("{s:s, s:s}", "student", id, "page",
                                            text_of(student, "page")));
        }
    }
    json = json_pack("{s:s, s:s?, s:o, s:i, s:i}", "folder", options->out,
                     "index", summary->indexed ? "index.html" : NULL, "pages",
                     pages, "skipped", (int)summary->nskipped, "removed",
                     (int)summary->nremoved);
    rc = json ? json_dumpf(json, stdout, JSON_STYLE) : -1;
    putchar('\n');
    json_decref(json);
    return rc;
}

/* Students' pages are handed out one by one: this says which is whose. */
static void print_pages(const struct reporting *reporting)
{
    const struct options *options = reporting->options;
    const json_t *students = json_object_get(reporting->class, "students");

    for (size_t i = 0; i < json_array_size(students); i++) {
        const json_t *student = json_array_get(students, i);
        const char *id = text_of(student, "id");
        if (!options->student || strcmp(options->student, id) == 0) {
            printf("%s/%s  %s  %s\n", options->out, text_of(student, "page"),
                   id, text_of(student, "name"));
        }
    }
}

static void print_summary(const struct reporting *reporting,
                          const struct site_summary *summary)
{
    const char *out = reporting->options->out;

    if (reporting->options->audience == RESULT_STUDENT ||
        reporting->options->student) {
        print_pages(reporting);
    } else {
        printf("%s/index.html: the class, and pages of %zu student%s\n", out,
               summary->npages, summary->npages == 1 ? "" : "s");
    }
    if (summary->nremoved > 0) {
        printf("%zu page%s removed: of students who left the roster, or under "
               "an old name\n",
               summary->nremoved, summary->nremoved == 1 ? "" : "s");
    }
}

static void warn_guessable(const struct course *course)
{
    if (!course->secret) {
        fprintf(stderr, "mmgrade report: the course has no secret: who knows a "
                        "student's id can find the page\n");
    }
}

static void warn_exposed(const struct options *options,
                         const struct site_summary *summary)
{
    if (summary->exposed != 0) {
        fprintf(stderr,
                "mmgrade report: the folder %s was there and keeps its mode, "
                "so that others on\nthis machine may read it; if they must "
                "not: chmod %o %s\n",
                options->out, (unsigned)options->mode, options->out);
    }
}

static int report(struct reporting *reporting, struct error *err)
{
    const struct options *options = reporting->options;
    struct site_summary summary = {0};
    struct site site = {
        .folder = options->out,
        .mode = options->mode,
        .only = options->student,
        .student = student_json,
        .skipped = tell_skipped,
        .context = reporting,
    };
    int rc = score_class(reporting->book, reporting->course, &reporting->roster,
                         reporting->kit.root, options->audience, reporting->now,
                         &reporting->class, err);

    site.data = reporting->class;
    if (rc == 0) {
        rc = name_pages(reporting, err);
    }
    if (rc == 0) {
        rc = site_write(&site, &summary, err);
    }
    if (rc == 0 && options->json && print_json(reporting, &summary) != 0) {
        rc = fail(err, ERROR_INFRA, "can't write to the standard output");
    }
    if (rc == 0 && !options->json) {
        print_summary(reporting, &summary);
    }
    if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout))) {
        rc = fail(err, ERROR_INFRA, "can't write to the standard output");
    }
    if (rc == 0) {
        warn_guessable(reporting->course);
        warn_exposed(options, &summary);
    }
    if (rc == 0 && summary.nskipped > 0) {
        rc = fail(err, ERROR_INFRA, "%zu of the pages could not be made",
                  summary.nskipped);
    }
    return rc;
}

/* --- the command -----------------------------------------------------------
 */

static int open_and_report(struct reporting *reporting, struct error *err)
{
    const struct options *options = reporting->options;
    int rc = kit_find(options->kit, &reporting->kit, err);

    if (rc == 0) {
        rc = course_open(options->course, reporting->kit.root,
                         &reporting->course, &reporting->roster, err);
    }
    if (rc == 0) {
        command_warn_secret(&command_report, reporting->course->secret);
        rc = book_open(reporting->course->gradebook, reporting->course->id,
                       BOOK_READ, &reporting->book, err);
    }
    return rc == 0 ? report(reporting, err) : rc;
}

static int check(const struct options *options)
{
    if (!options->out || options->out[0] == '\0') {
        return command_misused(&command_report, "say with -o where to write "
                                                "it: a folder");
    }
    return 0;
}

static int run(int argc, char **argv)
{
    struct options options = {
        .audience = RESULT_STAFF, .at = MOMENT_NONE, .mode = SITE_MODE};
    struct reporting reporting = {.options = &options};
    struct error err = {0};
    int code = EXIT_GRADED;

    opterr = 0;
    for (int option = getopt_long(argc, argv, ":o:h", long_options, NULL);
         option >= 0;
         option = getopt_long(argc, argv, ":o:h", long_options, NULL)) {
        if (option == 'h') {
            return command_print_help(&command_report, stdout);
        }
        if (option == '?' || option == ':') {
            return command_bad_option(&command_report, option, argv);
        }
        if (take(option, optarg, &options, &err) != 0) {
            return command_misused(&command_report, "%s", err.message);
        }
    }
    code = command_course(&command_report, argv + optind, &options.course);
    if (code == 0) {
        code = check(&options);
    }
    if (code != 0) {
        return code;
    }
    reporting.now =
        options.at == MOMENT_NONE ? (int64_t)time(NULL) : options.at;
    if (open_and_report(&reporting, &err) != 0) {
        code = command_failed(&command_report, &err);
    }
    json_decref(reporting.class);
    book_close(reporting.book);
    roster_clear(&reporting.roster);
    course_free(reporting.course);
    kit_free(&reporting.kit);
    return code;
}

const struct command command_report = {
    .name = "report",
    .arguments = "COURSE.yaml -o DIR [OPTION…]",
    .summary = "Writes HTML pages of the class and of each student",
    .help =
        "Each page is one file that needs no network. The folder is for you "
        "alone (mode 700)\nunless you say otherwise. Pages of students who "
        "left the roster are removed.\n\n"
        "  -o, --out DIR    the folder; created if it isn't there\n"
        "  --audience WHO   staff (the default): DIR/index.html and a page a "
        "student; or\n"
        "                   student: what each may see, without a class page. "
        "It is listed\n"
        "                   which page is whose; give each student their own\n"
        "  --student ID     this student's page alone\n"
        "  --at TIME        as if it were that time, as "
        "2026-03-01T23:59:00+08:00\n"
        "  --mode MODE      of the folders that are made: 750 for a group, "
        "755 for a web\n"
        "                   server\n"
        "  --json           print as JSON which page is whose\n"
        "  --kit DIR        the folder with skeleton/, assignments/ and "
        "build/\n",
    .run = run,
};

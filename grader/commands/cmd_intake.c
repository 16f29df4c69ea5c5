/*
 * mmgrade intake: who of a course has handed in what. Nothing is fetched,
 * unpacked or graded.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "cell.h"
#include "command.h"
#include "component.h"
#include "course.h"
#include "intake.h"
#include "kit.h"
#include "moment.h"
#include "roster.h"
#include "seed.h"
#include "source.h"

#define SCHEMA       "mmgrade/intake/v1"
#define JSON_STYLE   (JSON_INDENT(2) | JSON_PRESERVE_ORDER)
#define ID_COLUMNS   14
#define NAME_COLUMNS 24
#define TIME_COLUMNS 25
#define INDENT       4

struct request {
    const char *course; /* path */
    const char *kit;
    char **labs; /* NULL-terminated; none: all */
    bool json;
};

struct listing {
    const struct request *request;
    struct kit kit;
    struct course *course;
    struct roster roster;
    json_t *labs; /* with --json */
};

/* --- as a table ------------------------------------------------------------
 */

/* Of a path in the course's folder what follows it. */
static const char *short_where(const struct course *course, const char *where)
{
    size_t n = strlen(course->folder);

    return strncmp(where, course->folder, n) == 0 && where[n] == '/'
               ? where + n + 1
               : where;
}

static void print_student(const struct student *student)
{
    printf("%*s", INDENT, "");
    cell_print(stdout, student->id, ID_COLUMNS);
    printf("  ");
}

/* Most layouts know no time at all: a dash is enough. */
static unsigned time_columns(const struct intake *intake)
{
    unsigned columns = 1;

    for (size_t i = 0; i < intake->count; i++) {
        if (intake->items[i].submitted != MOMENT_NONE) {
            columns = TIME_COLUMNS;
        }
    }
    return columns;
}

static void print_items(const struct listing *listing,
                        const struct intake *intake, unsigned columns)
{
    const unsigned ntime = time_columns(intake);
    const unsigned before =
        INDENT + ID_COLUMNS + 2 + NAME_COLUMNS + 2 + ntime + 2;
    const unsigned room = columns > before + ID_COLUMNS ? columns - before : 0;

    for (size_t i = 0; i < intake->count; i++) {
        const struct intake_item *item = &intake->items[i];
        char *where = source_origin(short_where(listing->course, item->where));
        char time[MOMENT_BYTES];
        moment_format_local(item->submitted, listing->course->time_zone, time);
        print_student(item->student);
        cell_print(stdout, item->student->name, NAME_COLUMNS);
        printf("  ");
        cell_print(stdout, time[0] ? time : "-", ntime);
        printf("  ");
        cell_print_last(stdout, where ? where : "?", room ? room : ID_COLUMNS);
        free(where);
    }
}

static size_t count(char *const *list)
{
    size_t n = 0;

    while (list[n]) {
        n++;
    }
    return n;
}

static void print_sentences(const char *title, char *const *list,
                            unsigned columns)
{
    if (list[0]) {
        printf("  %s\n", title);
    }
    for (size_t i = 0; list[i]; i++) {
        printf("%*s", INDENT, "");
        cell_print_wrapped(stdout, list[i], INDENT, columns - INDENT);
    }
}

static void print_missing(const struct listing *listing,
                          const struct intake *intake)
{
    if (intake->missing[0]) {
        printf("  missing\n");
    }
    for (size_t i = 0; intake->missing[i]; i++) {
        const struct student *student =
            roster_find(&listing->roster, intake->missing[i]);
        print_student(student);
        printf("%s\n", student->name);
    }
}

static void print_lab(const struct listing *listing,
                      const struct course_lab *lab, const struct intake *intake)
{
    unsigned columns = command_style(RESULT_STAFF).columns;
    const bool fetched =
        lab->source.layout == LAYOUT_GIT && source_is_remote(lab->source.where);
    /* Without a password, of a URL; sanitised, of a file. */
    char *where =
        source_origin(short_where(listing->course, lab->source.where));
    char due[MOMENT_BYTES];

    moment_format_local(lab->due, listing->course->time_zone, due);
    printf("\n%s, due %s, from %s (%s)\n", lab->lab, due, where ? where : "?",
           course_layout_word(lab->source.layout));
    free(where);
    if (intake->count > 0) {
        printf("  %s\n", fetched ? "addresses" : "handed in");
    }
    print_items(listing, intake, columns);
    print_missing(listing, intake);
    print_sentences("unknown: nobody's in the roster", intake->unknown,
                    columns);
    print_sentences("ambiguous: not graded until a person decides",
                    intake->ambiguous, columns);
    if (fetched) {
        printf("  %zu of %zu have an address, %zu ambiguous; what is there is "
               "seen when batch\n  fetches it\n",
               intake->count, listing->roster.count, count(intake->ambiguous));
        return;
    }
    printf("  %zu of %zu handed in, %zu missing, %zu unknown, %zu "
           "ambiguous\n",
           intake->count, listing->roster.count, count(intake->missing),
           count(intake->unknown), count(intake->ambiguous));
}

/* --- as JSON ---------------------------------------------------------------
 */

static json_t *texts_json(char *const *list)
{
    json_t *array = json_array();

    for (size_t i = 0; list[i]; i++) {
        json_array_append_new(array, json_string(list[i]));
    }
    return array;
}

static json_t *item_json(const struct intake_item *item)
{
    char *where = source_origin(item->where);
    char time[MOMENT_BYTES];

    moment_format(item->submitted, time);
    json_t *json =
        json_pack("{s:s, s:s, s:s?, s:s?, s:s?}", "id", item->student->id,
                  "name", item->student->name, "where", where, "ref", item->ref,
                  "submitted", time[0] ? time : NULL);
    free(where);
    return json;
}

static json_t *lab_json(const struct course_lab *lab,
                        const struct intake *intake)
{
    json_t *items = json_array();
    char due[MOMENT_BYTES];

    moment_format(lab->due, due);
    for (size_t i = 0; i < intake->count; i++) {
        json_array_append_new(items, item_json(&intake->items[i]));
    }
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "lab", lab->lab,
                     "due", due, "layout",
                     course_layout_word(lab->source.layout), "handed_in", items,
                     "missing", texts_json(intake->missing), "unknown",
                     texts_json(intake->unknown), "ambiguous",
                     texts_json(intake->ambiguous));
}

static int print_json(const struct listing *listing, struct error *err)
{
    json_t *json = json_pack("{s:s, s:s, s:i, s:O}", "schema", SCHEMA, "course",
                             listing->course->id, "students",
                             (int)listing->roster.count, "labs", listing->labs);
    int rc = 0;

    if (!json || json_dumpf(json, stdout, JSON_STYLE) < 0 ||
        putchar('\n') == EOF) {
        rc = fail(err, ERROR_INFRA, "can't write the list as JSON");
    }
    json_decref(json);
    return rc;
}

/* --- the command -----------------------------------------------------------
 */

static int list_lab(struct listing *listing, const struct course_lab *lab,
                    struct error *err)
{
    struct intake intake;
    int rc = intake_read(lab, &listing->roster, NULL, &intake, err);

    if (rc != 0) {
        return rc;
    }
    if (!listing->request->json) {
        print_lab(listing, lab, &intake);
    } else if (json_array_append_new(listing->labs, lab_json(lab, &intake)) <
               0) {
        rc = fail(err, ERROR_INFRA, "can't list: out of memory");
    }
    intake_clear(&intake);
    return rc;
}

static bool is_wanted(const struct request *request, const char *lab)
{
    bool wanted = !request->labs || !request->labs[0];

    for (size_t i = 0; request->labs && request->labs[i]; i++) {
        wanted = wanted || strcmp(request->labs[i], lab) == 0;
    }
    return wanted;
}

/* batch needs it; whoever has none yet may want the lists all the same. */
static int check_secret(const struct course *course)
{
    const char *secret = course_secret(course);
    unsigned char key[SEED_BYTES];
    struct error err = {0};

    command_warn_secret(&command_intake, secret);
    return seed_course_key(secret, key, &err) == 0
               ? EXIT_GRADED
               : command_failed(&command_intake, &err);
}

/* A lab that can't be listed does not stop the others; the worst code. */
static int list_labs(struct listing *listing)
{
    const struct course *course = listing->course;
    int code = check_secret(course);

    if (!listing->request->json) {
        printf("%s (%s)\n", course->name.en, course->id);
    }
    for (size_t i = 0; i < course->nlabs; i++) {
        struct error err = {0};
        if (!is_wanted(listing->request, course->labs[i].lab)) {
            continue;
        }
        if (list_lab(listing, &course->labs[i], &err) != 0) {
            int failed = command_failed(&command_intake, &err);
            code = failed > code ? failed : code;
        }
    }
    return code;
}

static int prepare(struct listing *listing, struct error *err)
{
    const struct request *request = listing->request;
    int rc = kit_find(request->kit, &listing->kit, err);

    if (rc == 0) {
        rc = course_open(request->course, listing->kit.root, &listing->course,
                         &listing->roster, err);
    }
    for (size_t i = 0; rc == 0 && request->labs && request->labs[i]; i++) {
        rc = course_check_lab(listing->course, "--lab", request->labs[i], err);
    }
    return rc;
}

static int list(const struct request *request)
{
    struct listing listing = {.request = request, .labs = json_array()};
    struct error err = {0};
    int code = EXIT_GRADED;
    int rc = prepare(&listing, &err);

    if (rc == 0) {
        code = list_labs(&listing);
    }
    if (rc == 0 && request->json) {
        rc = print_json(&listing, &err);
    }
    if (rc != 0) {
        code = command_failed(&command_intake, &err);
    }
    json_decref(listing.labs);
    roster_clear(&listing.roster);
    course_free(listing.course);
    kit_free(&listing.kit);
    return code;
}

/* Fills the request; the exit code if there is nothing more to do, else -1. */
static int parse(int argc, char **argv, struct request *request)
{
    static const struct option options[] = {
        {"lab", required_argument, NULL, 'l'},
        {"json", no_argument, NULL, 'j'},
        {"kit", required_argument, NULL, 'k'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct error err = {0};
    int code = 0;

    opterr = 0;
    for (int option = getopt_long(argc, argv, ":h", options, NULL); option >= 0;
         option = getopt_long(argc, argv, ":h", options, NULL)) {
        switch (option) {
        case 'l':
            if (words_append(&request->labs, &optarg, 1, &err) != 0) {
                return command_failed(&command_intake, &err);
            }
            break;
        case 'j':
            request->json = true;
            break;
        case 'k':
            request->kit = optarg;
            break;
        case 'h':
            return command_print_help(&command_intake, stdout);
        default:
            return command_bad_option(&command_intake, option, argv);
        }
    }
    code = command_course(&command_intake, argv + optind, &request->course);
    return code == 0 ? -1 : code;
}

static int run(int argc, char **argv)
{
    struct request request = {.json = false};
    int code = parse(argc, argv, &request);

    if (code < 0) {
        code = list(&request);
    }
    words_free(request.labs);
    return code;
}

const struct command command_intake = {
    .name = "intake",
    .arguments = "COURSE.yaml [--lab L]… [--json]",
    .summary = "Lists who of a course has handed in what, and who hasn't",
    .help =
        "Joins what is found in each lab's source (a folder, a bulk download "
        "of an LMS,\nrepositories) with the roster: what was handed in, who is "
        "missing, what is\nnobody's, and what could be several students'. "
        "Nothing is fetched, unpacked or\ngraded. docs/course.md describes "
        "course.yaml and the layouts.\n\n"
        "  --lab L     only this lab; can be given several times\n"
        "  --json      as JSON\n"
        "  --kit DIR   the kit (default: $MMGRADE_KIT, or where mmgrade is)\n",
    .run = run,
};

/*
 * From files, the standard input or a gradebook through a format to a file or
 * the standard output.
 */
#include "export_make.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "book.h"
#include "bundle.h"
#include "command.h"
#include "course.h"
#include "detail.h"
#include "folder.h"
#include "input.h"
#include "kit.h"
#include "moment.h"
#include "roster.h"
#include "score.h"
#include "text.h"

#define TEMPLATE_BYTES_MAX (16 * 1024 * 1024)
#define STDIN_NAME         "the standard input"

/* --- input -----------------------------------------------------------------
 */

static int read_stdin(char **data, size_t *nbytes, struct error *err)
{
    FILE *all = open_memstream(data, nbytes);
    char block[65536];
    size_t total = 0;
    size_t n = 0;

    if (!all) {
        return fail(err, ERROR_INFRA, "out of memory");
    }
    while (total <= INPUT_BYTES_MAX &&
           (n = fread(block, 1, sizeof(block), stdin)) > 0) {
        total += fwrite(block, 1, n, all);
    }
    bool bad = ferror(stdin) != 0 || ferror(all) != 0;
    if (fclose(all) != 0 || bad) {
        return fail(err, ERROR_INFRA, "can't read " STDIN_NAME);
    }
    return 0;
}

/* A file that isn't there, or can't be read, was named by whoever asked. */
static int read_named(const char *path, size_t max_bytes, char **data,
                      size_t *nbytes, struct error *err)
{
    if (file_read(path, max_bytes, data, nbytes, err) != 0) {
        err->kind = ERROR_USAGE;
        return ERROR_USAGE;
    }
    return 0;
}

/* Where the input comes from, if there is none. */
static int no_input(const struct export_format *format, struct error *err)
{
    if (format->of_class) {
        return fail(err, ERROR_USAGE,
                    "%s is made of a class: say --course COURSE.yaml, or name "
                    "a file of what `mmgrade score --json` printed",
                    format->name);
    }
    return fail(err, ERROR_USAGE,
                "%s is made of results: name a file of what `mmgrade grade "
                "--json` printed",
                format->name);
}

/* Nobody types JSON: a terminal is no input. */
static int read_input(const struct export_format *format, const char *path,
                      char **data, size_t *nbytes, struct error *err)
{
    int rc = 0;

    if (path) {
        return read_named(path, INPUT_BYTES_MAX, data, nbytes, err);
    }
    if (isatty(STDIN_FILENO) == 1) {
        return no_input(format, err);
    }
    rc = read_stdin(data, nbytes, err);
    return rc == 0 && *nbytes == 0 ? no_input(format, err) : rc;
}

static int read_results(const struct export_format *format, char *const *files,
                        json_t **out, struct error *err)
{
    size_t i = 0;
    int rc = 0;

    *out = json_array();
    if (!*out) {
        return fail(err, ERROR_INFRA, "out of memory");
    }
    do {
        char *data = NULL;
        size_t nbytes = 0;
        rc = read_input(format, files[i], &data, &nbytes, err);
        if (rc == 0) {
            rc = input_add_results(files[i] ? files[i] : STDIN_NAME, data,
                                   nbytes, *out, err);
        }
        free(data);
        i += files[i] != NULL;
    } while (rc == 0 && files[i]);
    return rc;
}

static int read_class_file(const struct export_format *format,
                           char *const *files, json_t **out, struct error *err)
{
    char *data = NULL;
    size_t nbytes = 0;
    int rc = 0;

    if (files[0] && files[1]) {
        return fail(err, ERROR_USAGE,
                    "this format is made of one class, not of '%.200s' and "
                    "'%.200s'",
                    files[0], files[1]);
    }
    rc = read_input(format, files[0], &data, &nbytes, err);
    if (rc == 0) {
        rc = input_read_class(files[0] ? files[0] : STDIN_NAME, data, nbytes,
                              out, err);
    }
    free(data);
    return rc;
}

/* The class as its gradebook has it now. */
static int read_gradebook(const struct export_request *request, json_t **out,
                          struct error *err)
{
    struct kit kit = {0};
    struct course *course = NULL;
    struct roster roster = {NULL, 0};
    struct book *book = NULL;
    int rc = kit_find(request->kit, &kit, err);

    if (rc == 0) {
        rc = course_open(request->course, kit.root, &course, &roster, err);
    }
    if (rc == 0) {
        rc = book_open(course->gradebook, course->id, BOOK_READ, &book, err);
    }
    if (rc == 0) {
        rc = score_class(book, course, &roster, kit.root, RESULT_STAFF,
                         (int64_t)time(NULL), out, err);
    }
    book_close(book);
    roster_clear(&roster);
    course_free(course);
    kit_free(&kit);
    return rc;
}

static int read_class(const struct export_format *format,
                      const struct export_request *request, json_t **out,
                      struct error *err)
{
    if (!request->course) {
        return read_class_file(format, request->files, out, err);
    }
    return request->files[0]
               ? fail(err, ERROR_USAGE,
                      "a class comes from --course or from '%.200s', not from "
                      "both",
                      request->files[0])
               : read_gradebook(request, out, err);
}

/* --- options ---------------------------------------------------------------
 */

/* What Classroom 50's runner tells an autograder. */
static void take_environment(struct export_options *options)
{
    const struct {
        const char **option, *variable;
    } places[] = {
        {&options->classroom, "CLASSROOM"},
        {&options->assignment, "ASSIGNMENT"},
        {&options->owner, "USERNAME"},
        {&options->submission, "SUBMISSION_TAG"},
        {&options->commit, "COMMIT_URL"},
        {&options->release, "RELEASE_URL"},
        {&options->review, "REVIEW_URL"},
        {&options->assignment_type, "MODE"},
    };

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const char *value = getenv(places[i].variable);
        if (!*places[i].option && value && value[0]) {
            *places[i].option = value;
        }
    }
}

static int check_options(const struct export_format *format,
                         const struct export_request *request,
                         struct error *err)
{
    bool chinese = false;

    if (!format->of_class && (request->course || request->template)) {
        return fail(err, ERROR_USAGE, "%s is made of results; it takes no --%s",
                    format->name, request->course ? "course" : "template");
    }
    return detail_language(request->options.language, &chinese, err);
}

/* --- output ----------------------------------------------------------------
 */

static void print_notes(const json_t *notes)
{
    for (size_t i = 0; i < json_array_size(notes); i++) {
        fprintf(stderr, "mmgrade export: %s\n",
                json_string_value(json_array_get(notes, i)));
    }
}

/* A folder, and what is in none, were typed: no fault of this machine. */
static int check_out(const char *path, struct error *err)
{
    const char *slash = strrchr(path, '/');
    char *above = slash ? strndup(path, (size_t)(slash - path) + 1) : NULL;
    struct stat status;
    int rc = 0;

    if (path_is_folder(path)) {
        rc = fail(err, ERROR_USAGE, "-o %s is a folder; name a file", path);
    } else if (above && stat(above, &status) < 0 &&
               (errno == ENOENT || errno == ENOTDIR)) {
        rc = fail_errno(err, ERROR_USAGE, "-o %s: %s", path, above);
    }
    free(above);
    return rc;
}

static int put(const char *path, const char *text, size_t nbytes,
               struct error *err)
{
    if (path) {
        return file_write(path, text, nbytes, err);
    }
    if (fwrite(text, 1, nbytes, stdout) != nbytes || fflush(stdout) != 0) {
        return fail_errno(err, ERROR_INFRA,
                          "can't write to the standard output");
    }
    return 0;
}

static int unknown_format(const char *name, struct error *err)
{
    char list[500] = "";
    size_t used = 0;

    for (size_t i = 0; export_formats[i] && used < sizeof(list); i++) {
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s, ",
                                 export_formats[i]->name);
    }
    return fail(err, ERROR_USAGE,
                "there is no format '%.100s'; the formats are: %s%s", name,
                list, EXPORT_BUNDLE);
}

static int convert(const struct export_format *format, const json_t *input,
                   const struct export_request *request, struct error *err)
{
    char *text = NULL;
    size_t nbytes = 0;
    int rc = format->write(input, &request->options, &text, &nbytes, err);

    if (rc == 0) {
        rc = put(request->out, text, nbytes, err);
    }
    free(text);
    return rc;
}

int export_make(const char *name, struct export_request *request,
                struct error *err)
{
    const struct export_format *format = export_find(name);
    struct export_options *options = &request->options;
    char now[MOMENT_BYTES];
    char *template = NULL;
    json_t *input = NULL;
    json_t *notes = json_array();
    int rc = format ? check_options(format, request, err)
                    : unknown_format(name, err);

    if (rc == 0 && request->out) {
        rc = check_out(request->out, err);
    }
    if (rc == 0 && request->template) {
        rc = read_named(request->template, TEMPLATE_BYTES_MAX, &template,
                        &options->template_bytes, err);
    }
    if (rc == 0) {
        rc = format->of_class
                 ? read_class(format, request, &input, err)
                 : read_results(format, request->files, &input, err);
    }
    if (rc == 0) {
        moment_format((int64_t)time(NULL), now);
        options->now = now;
        options->template = template;
        options->notes = notes;
        if (format == &export_classroom50) {
            take_environment(options);
        }
        rc = convert(format, input, request, err);
        print_notes(notes);
    }
    json_decref(notes);
    json_decref(input);
    free(template);
    return rc;
}

int export_make_bundle(const struct export_request *request, struct error *err)
{
    const struct export_options *options = &request->options;
    struct kit kit = {0};
    struct bundle_request bundle = {
        .kit = &kit,
        .lab = options->lab,
        .out = request->out,
        .from = request->from,
        .ref = request->ref,
        .secret = request->secret,
        .sandbox = request->sandbox ? request->sandbox : "bwrap",
        .visibility = options->visibility ? options->visibility : "visible",
        .language = options->language ? options->language : "en",
    };
    size_t nfiles = 0;
    int rc = 0;

    if (!options->lab || !request->out) {
        return fail(err, ERROR_USAGE,
                    "a bundle is of one lab, and a zip: say --lab LAB and -o "
                    "autograder.zip");
    }
    if (request->files[0]) {
        return fail(err, ERROR_USAGE,
                    "a bundle is not made of files ('%.200s')",
                    request->files[0]);
    }
    rc = kit_find(request->kit, &kit, err);
    if (rc == 0) {
        command_warn_secret(&command_export, request->secret);
        rc = bundle_write(&bundle, &nfiles, err);
    }
    if (rc == 0) {
        printf("%s: %zu files; upload it as the autograder of %s\n",
               request->out, nfiles, options->lab);
    }
    kit_free(&kit);
    return rc;
}

/*
 * Scores: a pure function of record, lab and refusal.
 *
 * A test that passed earns its points. A test that could not be decided
 * (a fault of ours, or not run because --only named another) earns none and
 * makes the result ungraded by its points: never a silent zero.
 */
#include "result.h"

#include <stdlib.h>
#include <string.h>
#include "folder.h"
#include "source.h"
#include "text.h"

#define REASON_BYTES_MAX 300
#define ORIGIN_BYTES_MAX 1000

/* A refusal for which the student answers, with a zero. */
static bool is_students_fault(const struct error *refused)
{
    return refused->kind == ERROR_REJECTED || refused->kind == ERROR_ABSENT ||
           refused->kind == ERROR_LIMIT;
}

const struct record_test *result_test(const struct result *result, size_t i)
{
    const char *name = result->lab->tests[i].name;

    for (size_t k = 0; result->record && k < result->record->ntests; k++) {
        if (strcmp(result->record->tests[k].name, name) == 0) {
            return &result->record->tests[k];
        }
    }
    return NULL;
}

enum test_status result_status(const struct result *result, size_t i)
{
    const struct record_test *test = NULL;

    if (result->refused.kind != ERROR_NONE) {
        return is_students_fault(&result->refused) ? TEST_NOT_RUN
                                                   : TEST_INFRA_ERROR;
    }
    if (result->build && result->build->status == BUILD_FAILED) {
        return TEST_BUILD_FAILED;
    }
    test = result_test(result, i);
    return test ? test->status : TEST_INFRA_ERROR;
}

size_t result_count(const struct result *result, enum test_status status)
{
    size_t count = 0;

    for (size_t i = 0; i < result->lab->ntests; i++) {
        count += result_status(result, i) == status;
    }
    return count;
}

void result_score(struct result *result)
{
    bool refused = is_students_fault(&result->refused);

    result->score = 0;
    result->max = result->lab->total;
    result->ungraded = 0;
    for (size_t i = 0; i < result->lab->ntests; i++) {
        unsigned points = result->lab->tests[i].points;

        switch (result_status(result, i)) {
        case TEST_PASS:
            result->score += points;
            break;
        case TEST_NOT_RUN:
            result->ungraded += refused ? 0 : points;
            break;
        case TEST_INFRA_ERROR:
            result->ungraded += points;
            break;
        default:
            break;
        }
    }
    result->graded = result->ungraded == 0;
}

bool result_shows_detail(const struct result *result, size_t i,
                         enum result_audience audience)
{
    return audience == RESULT_STAFF ||
           result->lab->tests[i].visibility == LAB_PUBLIC;
}

/* --- where it came from ----------------------------------------------------
 */

/* Of a path its last name; all of a URL. */
static void keep_last_name(char *origin)
{
    size_t n = strlen(origin);
    const char *name = NULL;

    while (n > 1 && origin[n - 1] == '/') {
        origin[--n] = '\0';
    }
    name = n > 1 ? path_base(origin) : origin;
    memmove(origin, name, strlen(name) + 1);
}

char *result_origin(const struct result *result, enum result_audience audience)
{
    const char *origin = result->where ? result->where : "";
    char *clean = NULL;

    if (result->submission) {
        origin = result->submission->origin;
    }
    clean = text_sanitise_line(origin, strlen(origin), ORIGIN_BYTES_MAX);
    if (clean && audience == RESULT_STUDENT && !source_is_remote(clean)) {
        keep_last_name(clean);
    }
    return clean;
}

/* `text`, with `told` wherever it has `path`. */
static void write_retold(FILE *out, const char *text, const char *path,
                         const char *told)
{
    const char *at = *path != '\0' ? strstr(text, path) : NULL;

    while (at) {
        fprintf(out, "%.*s%s", (int)(at - text), text, told);
        text = at + strlen(path);
        at = strstr(text, path);
    }
    fputs(text, out);
}

char *result_refusal(const struct result *result, enum result_audience audience)
{
    char *path = result_origin(result, RESULT_STAFF);
    char *told = result_origin(result, audience);
    char *text = NULL;
    size_t nbytes = 0;
    FILE *out = path && told ? open_memstream(&text, &nbytes) : NULL;

    if (out) {
        write_retold(out, result->refused.message, path, told);
        if (fclose(out) != 0) {
            free(text);
            text = NULL;
        }
    }
    free(told);
    free(path);
    return text;
}

/* --- the reason in a line --------------------------------------------------
 */

static int write_build_reason(FILE *out, const struct build *build)
{
    const char *line = NULL;
    size_t nbytes = 0;

    build_first_error(build->messages ? build->messages : "", &line, &nbytes);
    return fprintf(out, "does not build: %.*s", (int)nbytes, line);
}

/* The first test with that verdict whose details may be told, or -1. */
static ssize_t first_test(const struct result *result, enum test_status status,
                          enum result_audience audience, bool detailed)
{
    for (size_t i = 0; i < result->lab->ntests; i++) {
        if (result_status(result, i) == status &&
            (!detailed || result_shows_detail(result, i, audience))) {
            return (ssize_t)i;
        }
    }
    return -1;
}

/* The first line of an oops says what happened: "BUG in expand()". */
static const char *detail(const struct result *result, ssize_t i,
                          enum test_status status)
{
    const struct record_test *test =
        i < 0 ? NULL : result_test(result, (size_t)i);

    if (!test) {
        return NULL;
    }
    if (status == TEST_TIMEOUT) {
        return test->hung_in;
    }
    return status == TEST_CRASHED ? test->oops : NULL;
}

static void write_verdicts(FILE *out, const struct result *result,
                           enum result_audience audience)
{
    static const struct {
        enum test_status status;
        const char *one, *many, *joint;
    } kinds[] = {
        {TEST_TIMEOUT, "test hangs", "tests hang", "in "},
        {TEST_CRASHED, "test crashes the kernel", "tests crash the kernel", ""},
        {TEST_FAIL, "test fails", "tests fail", ""},
        {TEST_NOT_IMPLEMENTED, "test needs a function that is not written yet",
         "tests need functions that are not written yet", ""},
        {TEST_INFRA_ERROR, "test could not be run: a fault of this machine",
         "tests could not be run: a fault of this machine", ""},
        {TEST_NOT_RUN, "test was not run", "tests were not run", ""},
    };
    const char *separator = "";

    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        enum test_status status = kinds[k].status;
        size_t count = result_count(result, status);
        const char *what =
            detail(result, first_test(result, status, audience, true), status);

        if (count == 0) {
            continue;
        }
        fprintf(out, "%s%zu %s", separator, count,
                count == 1 ? kinds[k].one : kinds[k].many);
        if (what) {
            fprintf(out, ", first %s%.*s", kinds[k].joint,
                    (int)strcspn(what, "\n"), what);
        } else if (status == TEST_FAIL) {
            ssize_t i = first_test(result, status, audience, false);
            fprintf(out, ", first “%s”", result->lab->tests[i].title.en);
        }
        separator = "; ";
    }
}

static void write_reason(FILE *out, const struct result *result,
                         enum result_audience audience)
{
    size_t ntests = result->lab->ntests;

    if (result->refused.kind != ERROR_NONE) {
        char *refusal = result_refusal(result, audience);
        fprintf(out, "%s: %s",
                is_students_fault(&result->refused) ? "refused" : "not graded",
                refusal ? refusal : "out of memory");
        free(refusal);
    } else if (result->build && result->build->status == BUILD_FAILED) {
        write_build_reason(out, result->build);
    } else if (result_count(result, TEST_PASS) == ntests) {
        fprintf(out, "all %zu tests pass", ntests);
    } else if (result_count(result, TEST_NOT_IMPLEMENTED) == ntests) {
        fprintf(out, "all %zu tests reach a function that is not written yet",
                ntests);
    } else {
        write_verdicts(out, result, audience);
    }
}

char *result_reason(const struct result *result, enum result_audience audience)
{
    char *raw = NULL;
    char *clean = NULL;
    size_t nbytes = 0;
    FILE *out = open_memstream(&raw, &nbytes);

    if (!out) {
        return NULL;
    }
    write_reason(out, result, audience);
    if (fclose(out) == 0) {
        clean = text_sanitise_line(raw, nbytes, REASON_BYTES_MAX);
    }
    free(raw);
    return clean;
}

/*
 * Results as JSON, read for the formats. Everything a student wrote in them
 * was sanitised when it came in; each format still escapes it for itself.
 */
#include "results.h"

#include <stdlib.h>
#include <string.h>
#include "build.h"
#include "folder.h"
#include "result.h"
#include "text.h"

#define TITLE_BYTES_MAX 200

int results_check(const json_t *results, struct error *err)
{
    const json_t *result = NULL;
    size_t i = 0;

    if (!json_is_array(results)) {
        return fail(err, ERROR_USAGE, "this is no list of results");
    }
    json_array_foreach(results, i, result)
    {
        if (strcmp(results_text(result, "schema"), RESULT_SCHEMA) != 0) {
            return fail(err, ERROR_USAGE,
                        "element %zu is no result: its schema is '%s', not "
                        "'%s'",
                        i, results_text(result, "schema"), RESULT_SCHEMA);
        }
    }
    return 0;
}

const char *results_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

json_int_t results_whole(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

const char *results_localised(const json_t *object, const char *key,
                              const char *language)
{
    const json_t *both = json_object_get(object, key);
    bool chinese = language && strcmp(language, "zh") == 0;
    const char *text = results_text(both, chinese ? "zh" : "en");

    return *text != '\0' ? text : results_text(both, "en");
}

bool results_refused(const json_t *result)
{
    const json_t *refused = json_object_get(result, "refused");

    return json_is_object(refused) &&
           strcmp(results_text(refused, "word"), "INFRA") != 0;
}

bool results_below(const json_t *result, unsigned min_score)
{
    return json_is_true(json_object_get(result, "graded")) &&
           !json_is_object(json_object_get(result, "refused")) &&
           results_whole(result, "score") < (json_int_t)min_score;
}

char *results_first_error(const json_t *result)
{
    const json_t *build = json_object_get(result, "build");
    const char *line = NULL;
    size_t nbytes = 0;

    if (strcmp(results_text(build, "status"), "build-failed") != 0) {
        return NULL;
    }
    build_first_error(results_text(build, "messages"), &line, &nbytes);
    return strndup(line, nbytes);
}

enum verdict results_verdict(const json_t *result, const json_t *test)
{
    static const char *const lost[] = {"fail", "timeout", "crash",
                                       "not-implemented", "build-failed"};
    const char *status = results_text(test, "status");

    if (json_is_object(json_object_get(result, "refused"))) {
        return results_refused(result) ? VERDICT_FAILED : VERDICT_UNDECIDED;
    }
    if (strcmp(status, "pass") == 0) {
        return VERDICT_PASSED;
    }
    for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++) {
        if (strcmp(status, lost[i]) == 0) {
            return VERDICT_FAILED;
        }
    }
    return strcmp(status, "not-run") == 0 ? VERDICT_SKIPPED : VERDICT_UNDECIDED;
}

struct verdict_counts results_count(const json_t *result)
{
    struct verdict_counts counts = {0};
    const json_t *test = NULL;
    size_t i = 0;

    json_array_foreach(json_object_get(result, "tests"), i, test)
    {
        counts.of[results_verdict(result, test)]++;
        counts.all++;
        counts.seconds += json_number_value(json_object_get(test, "seconds"));
    }
    return counts;
}

struct verdict_counts results_count_all(const json_t *results)
{
    struct verdict_counts sum = {0};
    const json_t *result = NULL;
    size_t i = 0;

    json_array_foreach(results, i, result)
    {
        struct verdict_counts counts = results_count(result);
        for (size_t k = 0; k < VERDICTS; k++) {
            sum.of[k] += counts.of[k];
        }
        sum.all += counts.all;
        sum.seconds += counts.seconds;
    }
    return sum;
}

struct point_sums results_sum(const json_t *results)
{
    struct point_sums sums = {0};
    const json_t *result = NULL;
    size_t i = 0;

    json_array_foreach(results, i, result)
    {
        sums.score += results_whole(result, "score");
        sums.max += results_whole(result, "max");
        sums.ungraded += results_whole(result, "ungraded");
    }
    return sums;
}

json_t *results_map(const json_t *results,
                    json_t *(*entry)(const struct one_test *at,
                                     const void *context),
                    const void *context)
{
    json_t *list = json_array();
    struct one_test at = {.results = results};

    for (at.i = 0; list && at.i < json_array_size(results); at.i++) {
        at.result = json_array_get(results, at.i);
        const json_t *tests = json_object_get(at.result, "tests");

        for (at.k = 0; at.k < json_array_size(tests); at.k++) {
            at.test = json_array_get(tests, at.k);
            if (json_array_append_new(list, entry(&at, context)) < 0) {
                json_decref(list);
                return NULL;
            }
        }
    }
    return list;
}

char *results_suite(const json_t *test)
{
    const char *name = results_text(test, "name");
    const char *colons = strstr(name, "::");

    return strndup(name, colons ? (size_t)(colons - name) : 0);
}

const char *results_test_name(const json_t *test)
{
    const char *name = results_text(test, "name");
    const char *colons = strstr(name, "::");

    return colons ? colons + 2 : name;
}

/* True if there are results of another submission than that one. */
static bool has_others(const json_t *results, const char *origin)
{
    const json_t *result = NULL;
    size_t i = 0;

    json_array_foreach(results, i, result)
    {
        const json_t *submission = json_object_get(result, "submission");
        if (strcmp(results_text(submission, "origin"), origin) != 0) {
            return true;
        }
    }
    return false;
}

char *results_title(const json_t *results, size_t i)
{
    const json_t *result = json_array_get(results, i);
    const char *origin =
        results_text(json_object_get(result, "submission"), "origin");
    char *raw = NULL;
    char *clean = NULL;
    int n = 0;

    if (has_others(results, origin)) {
        n = asprintf(&raw, "%s, %s", results_text(result, "lab"),
                     path_base(origin));
    } else {
        n = asprintf(&raw, "%s", results_text(result, "lab"));
    }
    if (n < 0) {
        return NULL;
    }
    clean = text_sanitise_line(raw, (size_t)n, TITLE_BYTES_MAX);
    free(raw);
    return clean;
}

void results_print_score(FILE *out, const json_t *result)
{
    json_int_t score = results_whole(result, "score");
    json_int_t max = results_whole(result, "max");

    if (json_is_true(json_object_get(result, "graded"))) {
        fprintf(out, "%lld of %lld points", (long long)score, (long long)max);
    } else {
        fprintf(out, "not graded, at least %lld of %lld points",
                (long long)score, (long long)max);
    }
}

/* --- what went wrong in a test ---------------------------------------------
 */

/* "label     text", the text's further lines below its first. */
static void print_labelled(FILE *out, const char *label, const char *text)
{
    const char *rest = text;

    if (*text == '\0') {
        return;
    }
    fprintf(out, "%-10s", label);
    for (size_t n = strcspn(rest, "\n"); rest[n] == '\n';
         n = strcspn(rest, "\n")) {
        fprintf(out, "%.*s\n%10s", (int)n, rest, "");
        rest += n + 1;
    }
    fprintf(out, "%s\n", rest);
}

static void print_messages(FILE *out, const json_t *messages)
{
    static const char *const keys[] = {"did", "expected", "seen", "hint"};
    const json_t *message = NULL;
    size_t i = 0;

    json_array_foreach(messages, i, message)
    {
        for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
            print_labelled(out, keys[k], results_text(message, keys[k]));
        }
    }
}

/* The first that was not built tells of the error; the others refer to it. */
static void print_build(FILE *out, const json_t *result, const json_t *test)
{
    const json_t *other = NULL;
    char *error = results_first_error(result);
    size_t i = 0;

    json_array_foreach(json_object_get(result, "tests"), i, other)
    {
        if (strcmp(results_text(other, "status"), "build-failed") == 0) {
            break;
        }
    }
    print_labelled(out, "build",
                   !error || *error == '\0' ? "there is no kernel to test"
                   : other == test
                       ? error
                       : "there is no kernel to test: see the first test");
    free(error);
}

void results_print_detail(FILE *out, const json_t *result, const json_t *test,
                          const char *language)
{
    const json_t *refused = json_object_get(result, "refused");
    const json_t *messages = json_object_get(test, "messages");

    if (json_is_object(refused)) {
        print_labelled(out, "refused", results_text(refused, "reason"));
    } else if (strcmp(results_text(test, "status"), "build-failed") == 0) {
        print_build(out, result, test);
    } else if (json_array_size(messages) > 0) {
        print_messages(out, messages);
    } else {
        print_labelled(out, "hint", results_localised(test, "hint", language));
    }
    print_labelled(out, "hung in", results_text(test, "hung_in"));
}

char *results_detail(const json_t *result, const json_t *test,
                     const char *language)
{
    struct document document = {0};
    struct error ignored = {0};

    if (document_open(&document, &ignored) != 0) {
        return NULL;
    }
    results_print_detail(document.out, result, test, language);
    return document_end(&document);
}

/* --- documents -------------------------------------------------------------
 */

int document_open(struct document *document, struct error *err)
{
    *document = (struct document){0};
    document->out = open_memstream(&document->text, &document->nbytes);
    return document->out ? 0 : fail(err, ERROR_INFRA, "out of memory");
}

int document_close(struct document *document, char **text, size_t *nbytes,
                   struct error *err)
{
    bool lost = ferror(document->out) != 0;

    if (fclose(document->out) != 0 || lost) {
        free(document->text);
        return fail(err, ERROR_INFRA, "out of memory");
    }
    *text = document->text;
    *nbytes = document->nbytes;
    return 0;
}

char *document_end(struct document *document)
{
    struct error ignored = {0};
    char *text = NULL;
    size_t nbytes = 0;

    if (document_close(document, &text, &nbytes, &ignored) != 0) {
        return NULL;
    }
    while (nbytes > 0 && text[nbytes - 1] == '\n') {
        text[--nbytes] = '\0';
    }
    return text;
}

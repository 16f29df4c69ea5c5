/*
 * JUnit XML: a testsuite a result, a testcase a test.
 *
 * There is no one specification; this is what the consumers agree upon
 * (Jenkins, GitLab, GitHub's and Forgejo's actions): counts on both levels,
 * classname the suite, time in seconds, and in a testcase at most one of
 * failure, error and skipped. A test that loses points is a failure, whatever
 * the reason; an error is a fault of ours, which costs no points. GitLab drops
 * a second testcase of a name, so names are unique in the whole document.
 */
#include "export.h"

#include <stdlib.h>
#include <string.h>
#include <libxml/xmlwriter.h>
#include "results.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

struct writer {
    xmlTextWriterPtr xml;
    json_t *seen; /* names of testcases so far: "suite::name" */
    bool failed;
};

/* --- text that XML can hold ------------------------------------------------
 */

/*
 * Bytes of a sequence at `at` that XML 1.0 has no character for: C0 controls
 * but tab, newline and return, and U+FFFE and U+FFFF; or 0. JSON is valid
 * UTF-8, so there is nothing else.
 */
static size_t unfit(const unsigned char *at)
{
    if (at[0] < 0x20) {
        return at[0] != '\t' && at[0] != '\n' && at[0] != '\r';
    }
    return at[0] == 0xef && at[1] == 0xbf && at[2] >= 0xbe ? 3 : 0;
}

/* A malloc'ed copy with U+FFFD in the place of each such sequence. */
static char *fit(const char *text)
{
    size_t n = strlen(text), used = 0;
    char *copy = malloc(n * strlen(REPLACEMENT) + 1);

    for (size_t i = 0; copy && i < n;) {
        size_t bad = unfit((const unsigned char *)text + i);
        if (bad > 0) {
            memcpy(copy + used, REPLACEMENT, strlen(REPLACEMENT));
            used += strlen(REPLACEMENT);
            i += bad;
        } else {
            copy[used++] = text[i++];
        }
    }
    if (copy) {
        copy[used] = '\0';
    }
    return copy;
}

/* --- the writer ------------------------------------------------------------
 */

static void check(struct writer *writer, int rc)
{
    writer->failed = writer->failed || rc < 0;
}

static void start(struct writer *writer, const char *name)
{
    check(writer, xmlTextWriterStartElement(writer->xml, BAD_CAST name));
}

static void end(struct writer *writer)
{
    check(writer, xmlTextWriterEndElement(writer->xml));
}

static void attribute(struct writer *writer, const char *name,
                      const char *value)
{
    char *copy = fit(value);

    check(writer, copy ? xmlTextWriterWriteAttribute(writer->xml, BAD_CAST name,
                                                     BAD_CAST copy)
                       : -1);
    free(copy);
}

static void content(struct writer *writer, const char *text)
{
    char *copy = fit(text);

    check(writer,
          copy ? xmlTextWriterWriteString(writer->xml, BAD_CAST copy) : -1);
    free(copy);
}

static void number(struct writer *writer, const char *name, size_t value)
{
    check(writer, xmlTextWriterWriteFormatAttribute(writer->xml, BAD_CAST name,
                                                    "%zu", value));
}

static void seconds(struct writer *writer, double value)
{
    check(writer, xmlTextWriterWriteFormatAttribute(
                      writer->xml, BAD_CAST "time", "%.3f", value));
}

/* --- the document ----------------------------------------------------------
 */

static void write_counts(struct writer *writer,
                         const struct verdict_counts *counts)
{
    number(writer, "tests", counts->all);
    number(writer, "failures", counts->of[VERDICT_FAILED]);
    number(writer, "errors", counts->of[VERDICT_UNDECIDED]);
    number(writer, "skipped", counts->of[VERDICT_SKIPPED]);
    seconds(writer, counts->seconds);
}

static void write_property(struct writer *writer, const char *name,
                           const char *value)
{
    start(writer, "property");
    attribute(writer, "name", name);
    attribute(writer, "value", value);
    end(writer);
}

static void write_properties(struct writer *writer, const json_t *result)
{
    const json_t *submission = json_object_get(result, "submission");
    static const char *const numbers[] = {"score", "max", "ungraded"};
    char value[32];

    start(writer, "properties");
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        snprintf(value, sizeof(value), "%lld",
                 (long long)results_whole(result, numbers[i]));
        write_property(writer, numbers[i], value);
    }
    write_property(writer, "origin", results_text(submission, "origin"));
    if (json_is_string(json_object_get(submission, "commit"))) {
        write_property(writer, "commit", results_text(submission, "commit"));
    }
    end(writer);
}

/*
 * The testcase's name: the test's, with the result's title behind it if that
 * was there before, and a number if need be. malloc'ed; NULL: no memory.
 */
static char *unique_name(struct writer *writer, const char *suite,
                         const char *test, const char *title)
{
    char *name = strdup(test);

    for (unsigned again = 0; name; again++) {
        char *whole = NULL;
        bool seen = false;

        if (asprintf(&whole, "%s::%s", suite, name) < 0) {
            break;
        }
        seen = json_object_get(writer->seen, whole) != NULL;
        if (!seen) {
            check(writer,
                  json_object_set_new(writer->seen, whole, json_true()));
            free(whole);
            return name;
        }
        free(whole);
        free(name);
        if (asprintf(&name, again == 0 ? "%s [%s]" : "%s [%s] %u", test, title,
                     again + 1) < 0) {
            return NULL;
        }
    }
    free(name);
    return NULL;
}

static const char *element_of(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_FAILED:
        return "failure";
    case VERDICT_UNDECIDED:
        return "error";
    case VERDICT_SKIPPED:
        return "skipped";
    default:
        return NULL;
    }
}

/* What was not passed: why, in a line as attribute and whole as content. */
static void write_reason(struct writer *writer, const json_t *result,
                         const json_t *test, const char *language)
{
    const char *element = element_of(results_verdict(result, test));
    const char *oops = results_text(test, "oops");
    char *detail = results_detail(result, test, language);

    start(writer, element);
    attribute(writer, "message", results_localised(test, "title", language));
    attribute(writer, "type", results_text(test, "status"));
    if (detail) {
        content(writer, detail);
    }
    if (*oops != '\0') {
        content(writer, "\n\n");
        content(writer, oops);
    }
    end(writer);
    writer->failed = writer->failed || !detail;
    free(detail);
}

static void write_test(struct writer *writer, const json_t *result,
                       const json_t *test, const char *title,
                       const char *language)
{
    char *suite = results_suite(test);
    char *name =
        suite ? unique_name(writer, suite, results_test_name(test), title)
              : NULL;

    if (name) {
        start(writer, "testcase");
        attribute(writer, "classname", suite);
        attribute(writer, "name", name);
        seconds(writer, json_number_value(json_object_get(test, "seconds")));
        if (results_verdict(result, test) != VERDICT_PASSED) {
            write_reason(writer, result, test, language);
        }
        end(writer);
    }
    writer->failed = writer->failed || !name;
    free(name);
    free(suite);
}

/* The compiler's messages; GitLab shows them with the first testcase only. */
static void write_build(struct writer *writer, const json_t *result)
{
    const char *messages =
        results_text(json_object_get(result, "build"), "messages");

    if (*messages != '\0') {
        start(writer, "system-out");
        content(writer, messages);
        end(writer);
    }
}

/* UTC, but without the zone: the schema of Ant's reports allows none. */
static void write_timestamp(struct writer *writer, const char *now)
{
    char text[sizeof("2026-03-01T15:59:00")];

    snprintf(text, sizeof(text), "%s", now);
    attribute(writer, "timestamp", text);
}

static void write_suite(struct writer *writer, const json_t *results, size_t i,
                        const struct export_options *options)
{
    const json_t *result = json_array_get(results, i);
    struct verdict_counts counts = results_count(result);
    char *title = results_title(results, i);
    const json_t *test = NULL;
    size_t k = 0;

    if (!title) {
        writer->failed = true;
        return;
    }
    start(writer, "testsuite");
    attribute(writer, "name", title);
    write_counts(writer, &counts);
    if (options->now) {
        write_timestamp(writer, options->now);
    }
    write_properties(writer, result);
    json_array_foreach(json_object_get(result, "tests"), k, test)
    {
        write_test(writer, result, test, title, options->language);
    }
    write_build(writer, result);
    end(writer);
    free(title);
}

static void write_document(struct writer *writer, const json_t *results,
                           const struct export_options *options)
{
    struct verdict_counts sum = results_count_all(results);

    check(writer,
          xmlTextWriterStartDocument(writer->xml, "1.0", "UTF-8", NULL));
    start(writer, "testsuites");
    attribute(writer, "name", "mmgrade");
    write_counts(writer, &sum);
    for (size_t i = 0; i < json_array_size(results); i++) {
        write_suite(writer, results, i, options);
    }
    end(writer);
    check(writer, xmlTextWriterEndDocument(writer->xml));
}

static int write_junit(const json_t *input,
                       const struct export_options *options, char **text,
                       size_t *nbytes, struct error *err)
{
    int rc = results_check(input, err);
    xmlBufferPtr buffer = rc == 0 ? xmlBufferCreate() : NULL;
    struct writer writer = {.seen = json_object()};

    if (rc != 0) {
        goto out;
    }
    writer.xml = buffer ? xmlNewTextWriterMemory(buffer, 0) : NULL;
    if (!writer.xml || !writer.seen) {
        rc = fail(err, ERROR_INFRA, "out of memory");
        goto out;
    }
    check(&writer, xmlTextWriterSetIndent(writer.xml, 1));
    write_document(&writer, input, options);
    check(&writer, xmlTextWriterFlush(writer.xml));
    *nbytes = (size_t)xmlBufferLength(buffer);
    *text = writer.failed
                ? NULL
                : strndup((const char *)xmlBufferContent(buffer), *nbytes);
    rc = *text ? 0 : fail(err, ERROR_INFRA, "can't write JUnit XML");
out:
    xmlFreeTextWriter(writer.xml);
    if (buffer) {
        xmlBufferFree(buffer);
    }
    json_decref(writer.seen);
    return rc;
}

const struct export_format export_junit = {
    .name = "junit",
    .summary = "JUnit XML: test reports of Jenkins, GitLab and others",
    .write = write_junit,
};

/*
 * What the tests of export formats share: results and classes as JSON, and
 * writing them in a format.
 *
 * The result is of a lab with a public test that failed (its message says
 * SEEN-PUBLIC), a hidden one that failed (SEEN-HIDDEN, which only staff may
 * see) and a public one that passed: 50 of 100 points.
 */
#ifndef TESTS_GRADER_EXPORTING_H
#define TESTS_GRADER_EXPORTING_H

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "error.h"
#include "export.h"
#include "input.h"

static struct error trouble;
static char *text; /* what the format wrote; NULL after an error */
static size_t text_bytes;

/* Formats take 'single' quotes for "double" ones, to be read more easily. */
static inline json_t *parse(const char *format, ...)
{
    char *written = NULL;
    json_error_t where;
    va_list args;

    va_start(args, format);
    cr_assert(vasprintf(&written, format, args) >= 0, "out of memory");
    va_end(args);
    for (char *c = written; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    json_t *json = json_loads(written, 0, &where);
    cr_assert(json, "the test's JSON, column %d: %s\n%s", where.column,
              where.text, written);
    free(written);
    return json;
}

#define A_TEST(name, title, hint, visibility, points, max, status)             \
    "{'name': '" name "', 'title': {'en': '" title "', 'zh': '测试'},"       \
    "'hint': {'en': '" hint "', 'zh': '想想'}, 'visibility': '" visibility     \
    "', 'points': " points ", 'max': " max ", 'status': '" status "'"

static inline json_t *make_result(void)
{
    return parse(
        "{'schema': 'mmgrade/result/v1', 'audience': 'staff',"
        "'submission': {'kind': 'git', 'origin': 'alice.git',"
        "'commit': '0123abc', 'commit_time': '2026-03-01T23:59:00+08:00',"
        "'content_hash': 'ff00', 'notes': ['mm/x.c: not used']},"
        "'lab': 'lab0-toy', 'title': {'en': 'A toy', 'zh': '玩具'},"
        "'score': 50, 'max': 100, 'graded': true, 'ungraded': 0,"
        "'refused': null, 'sandbox': 'bwrap',"
        "'build': {'status': 'ok', 'messages': ''}, 'tests': [" //
        A_TEST("toy::one", "It gives one", "Think one", "public", "0", "20",
               "fail") ", 'messages': [{'did': 'take()', 'expected': 'one',"
                       "'seen': 'SEEN-PUBLIC', 'where': 'toy.c:1'}]}," //
        A_TEST("toy::two", "It gives two", "Think two", "hidden", "0", "30",
               "crash") ", 'messages': [{'did': 'DID-HIDDEN',"
                        "'seen': 'SEEN-HIDDEN'}], 'oops': 'OOPS-HIDDEN',"
                        "'hung_in': 'HUNG-HIDDEN'}," //
        A_TEST("toy::three", "It ends", "Think", "public", "50", "50",
               "pass") ", 'messages': []}]}");
}

/* A result in which a fault of ours left 30 points open. */
static inline json_t *make_open_result(void)
{
    json_t *result = make_result();
    json_t *test = json_array_get(json_object_get(result, "tests"), 1);

    json_object_set_new(test, "status", json_string("infra-error"));
    json_object_set_new(result, "graded", json_false());
    json_object_set_new(result, "ungraded", json_integer(30));
    return result;
}

/* A submission that was refused: a zero. */
static inline json_t *make_refused_result(void)
{
    json_t *result = make_result();
    json_t *tests = json_object_get(result, "tests");

    for (size_t i = 0; i < json_array_size(tests); i++) {
        json_t *test = json_array_get(tests, i);
        json_object_set_new(test, "status", json_string("not-run"));
        json_object_set_new(test, "points", json_integer(0));
        json_object_del(test, "messages");
        json_object_del(test, "oops");
        json_object_del(test, "hung_in");
    }
    json_object_set_new(result, "score", json_integer(0));
    json_object_set_new(
        result, "refused",
        parse("{'word': 'REJECTED', 'reason': 'it is hollow'}"));
    json_object_set_new(result, "build", json_null());
    return result;
}

static inline void forget(void)
{
    free(text);
    text = NULL;
    text_bytes = 0;
    trouble = (struct error){0};
}

/* Takes `input` over. Returns what write() does. */
static inline int export_input(const struct export_format *format,
                               json_t *input,
                               const struct export_options *options)
{
    forget();
    int rc = format->write(input, options, &text, &text_bytes, &trouble);

    json_decref(input);
    cr_assert(rc == 0 || (trouble.kind != ERROR_NONE && trouble.message[0]),
              "an error without a sentence");
    cr_assert(rc != 0 || (text && strlen(text) == text_bytes),
              "the text's length");
    return rc;
}

/* Of a single result; as JSON, to be freed. */
static inline json_t *export_result(const struct export_format *format,
                                    json_t *result,
                                    const struct export_options *options)
{
    json_error_t where;
    int rc = export_input(format, json_pack("[o]", result), options);

    cr_assert(rc == 0, "%s", trouble.message);
    json_t *json = json_loadb(text, text_bytes, 0, &where);
    cr_assert(json, "%s\n%s", where.text, text);
    return json;
}

static inline void expect_text(const char *part)
{
    cr_expect(text && strstr(text, part), "expected: %s\ngot:\n%s", part,
              text ? text : trouble.message);
}

static inline void expect_no_text(const char *part)
{
    cr_expect(text && !strstr(text, part), "not expected: %s\ngot:\n%s", part,
              text ? text : trouble.message);
}

static inline void expect_trouble(int rc, enum error_kind kind,
                                  const char *part)
{
    cr_expect(rc == (int)kind, "expected kind %d, got %d: %s", (int)kind, rc,
              trouble.message);
    cr_expect(strstr(trouble.message, part), "expected: %s\ngot: %s", part,
              trouble.message);
}

static inline long long whole(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    cr_assert(json_is_integer(value), "%s is no whole number in:\n%s", key,
              text);
    return json_integer_value(value);
}

static inline const char *word(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    cr_assert(value, "%s is no text in:\n%s", key, text);
    return value;
}

/* The n-th of the document's tests. */
static inline const json_t *test_of(const json_t *document, size_t n)
{
    return json_array_get(json_object_get(document, "tests"), n);
}

/* A second result of the same submission, of another lab. */
static inline json_t *make_two_results(void)
{
    json_t *other = make_result();

    json_object_set_new(other, "lab", json_string("lab1-other"));
    json_object_set_new(other, "title",
                        parse("{'en': 'The other', 'zh': '另'}"));
    return json_pack("[o, o]", make_result(), other);
}

/* --- classes ---------------------------------------------------------------
 */

#define A_LAB(points, state)                                                   \
    "{'lab': 'lab0-toy', 'state': '" state "', 'points': " points              \
    ", 'earned': 90, 'attempt': 1, 'attempts': 2, 'days_late': 1,"             \
    "'penalty_percent': 5, 'reason': 'fails, “twice”'}"

/* Three students; the third has no points yet. */
static inline json_t *make_class(void)
{
    return parse(
        "{'schema': 'mmgrade/class/v1', 'audience': 'staff',"
        "'course': {'id': 'os', 'name': {'en': 'OS', 'zh': '操作系统'}},"
        "'now': '2026-03-02T00:00:00Z',"
        "'labs': [{'lab': 'lab0-toy', 'title': {'en': 'A toy', 'zh': '玩具'},"
        "'max': 100, 'tests': []}], 'students': ["
        "{'id': 's1', 'name': 'Alice Ames', 'login': 'alice',"
        "'email': 'alice@x.org', 'section': 'A', 'total': 85.5, 'labs': "
        "[" A_LAB("85.5",
                  "graded") "]},"
                            "{'id': 's2', 'name': '李 明', 'login': 'liming',"
                            "'email': 'li@x.org', 'section': 'B', 'total': 0, "
                            "'labs': [" A_LAB(
                                "0",
                                "missing") "]},"
                                           "{'id': 's3', 'name': 'Carol Cole', "
                                           "'login': '',"
                                           "'email': '', 'section': '', "
                                           "'total': null, 'labs': [" A_LAB(
                                               "null", "ungraded") "]}]}");
}

static inline json_t *student_of(json_t *class, size_t n)
{
    return json_array_get(json_object_get(class, "students"), n);
}

#endif

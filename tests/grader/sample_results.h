/*
 * Results as docs/result.md has them, for the tests of formats: one of each
 * verdict, and texts that do their worst.
 */
#ifndef TESTS_GRADER_SAMPLE_RESULTS_H
#define TESTS_GRADER_SAMPLE_RESULTS_H

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "export.h"

/* What a text may try: XML, HTML, Markdown, workflow commands, links. */
#define EVIL                                                                   \
    "EVIL ]]>&amp;<script>alert(1)</script> | `x` ```\n"                       \
    "```\n~~~\n</details>\n<!-- EVIL\n"                                        \
    "::set-output name=score::100\n  ::error::EVIL\n##[set-output "            \
    "name=score]100 @everyone https://evil.example/ [EVIL](http://e.example) " \
    "%0A::warning::EVIL\n$HOME $(id) \\ \"quoted\" 'EVIL' 100%"

static inline json_t *sample_test(const char *name, const char *status)
{
    json_t *json = json_pack(
        "{s:s, s:{s:s, s:s}, s:s, s:i, s:i, s:s, s:{s:s, s:s}}", "name", name,
        "title", "en", name, "zh", "题", "visibility", "public", "points",
        strcmp(status, "pass") == 0 ? 10 : 0, "max", 10, "status", status,
        "hint", "en", "a hint", "zh", "提示");

    cr_assert(json, "a test");
    return json;
}

/* One that was run, and said this. */
static inline json_t *sample_run(const char *name, const char *status,
                                 const char *seen, const char *oops)
{
    json_t *json = sample_test(name, status);
    json_t *detail =
        json_pack("{s:i, s:f, s:[{s:s, s:s, s:s, s:s, s:s}], s:s?, s:n}",
                  "instructions", 1000, "seconds", 0.25, "messages", "did",
                  "alloc_pages(0)", "expected", "a page", "seen", seen, "hint",
                  "look", "where", "tests/x.c:1", "oops", oops, "hung_in");

    cr_assert(detail && json_object_update(json, detail) == 0, "a run");
    json_decref(detail);
    return json;
}

/* A result of lab1-buddy that was graded, with these tests (up to NULL). */
static inline json_t *sample_result(json_t *first, ...)
{
    json_t *json = json_pack(
        "{s:s, s:s, s:{s:s, s:s, s:n, s:n, s:s, s:[s], s:[]}, s:s,"
        " s:{s:s, s:s}, s:i, s:i, s:b, s:i, s:n, s:s, s:{s:s, s:s}, s:[]}",
        "schema", "mmgrade/result/v1", "audience", "student", "submission",
        "kind", "folder", "origin", "work/alice", "commit", "commit_time",
        "content_hash", "00", "files", "mm/page_alloc.c", "notes", "lab",
        "lab1-buddy", "title", "en", "The buddy allocator", "zh", "伙伴分配器",
        "score", 10, "max", 100, "graded", 1, "ungraded", 0, "refused",
        "sandbox", "bwrap", "build", "status", "ok", "messages", "", "tests");
    json_t *tests = json_object_get(json, "tests");
    va_list args;

    cr_assert(json, "a result");
    va_start(args, first);
    for (json_t *test = first; test; test = va_arg(args, json_t *)) {
        json_array_append_new(tests, test);
    }
    va_end(args);
    return json;
}

/* One test of each verdict. */
static inline json_t *sample_of_all(void)
{
    return sample_result(
        sample_run("buddy::passes", "pass", "", NULL),
        sample_run("buddy::fails", "fail", "NULL", NULL),
        sample_run("buddy::hangs", "timeout", "nothing", NULL),
        sample_run("buddy::crashes", "crash", "BUG",
                   "BUG in expand()\neip 00000000\nCall trace:\n"
                   "  printk+0x1 (given code)\n"
                   "  expand+0x1c (mm/page_alloc.c:88)\n"
                   "  rmqueue+0x2 (mm/page_alloc.c:120)"),
        sample_test("buddy::stub", "not-implemented"),
        sample_test("buddy::unbuilt", "build-failed"),
        sample_test("buddy::skipped", "not-run"),
        sample_test("buddy::broken", "infra-error"), NULL);
}

/* Sets result.build. */
static inline void set_build(json_t *result, const char *status,
                             const char *messages)
{
    json_object_set_new(
        result, "build",
        json_pack("{s:s, s:s}", "status", status, "messages", messages));
}

static inline void set_refused(json_t *result, const char *word,
                               const char *reason)
{
    json_object_set_new(
        result, "refused",
        json_pack("{s:s, s:s}", "word", word, "reason", reason));
}

static inline void set_origin(json_t *result, const char *origin)
{
    json_object_set_new(json_object_get(result, "submission"), "origin",
                        json_string(origin));
}

/* The format's text of these results (up to NULL), which are dropped. */
static inline char *text_of(const struct export_format *format,
                            const struct export_options *options, json_t *first,
                            ...)
{
    json_t *list = json_array();
    struct error err = {0};
    char *text = NULL;
    size_t nbytes = 0;
    va_list args;

    va_start(args, first);
    for (json_t *result = first; result; result = va_arg(args, json_t *)) {
        json_array_append_new(list, result);
    }
    va_end(args);
    cr_assert(format->write(list, options, &text, &nbytes, &err) == 0, "%s",
              err.message);
    cr_expect(strlen(text) == nbytes, "its length");
    json_decref(list);
    return text;
}

/* What is no list of results is refused in a sentence. */
static inline void expect_refusals(const struct export_format *format)
{
    static const char *const inputs[] = {"{}", "[{}]", "[1]",
                                         "[{\"schema\":\"mmgrade/class/v1\"}]"};

    for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
        json_t *input = json_loads(inputs[i], 0, NULL);
        struct export_options options = {0};
        struct error err = {0};
        char *text = NULL;
        size_t nbytes = 0;

        cr_expect(format->write(input, &options, &text, &nbytes, &err) ==
                      ERROR_USAGE,
                  "%s: %s", format->name, inputs[i]);
        cr_expect(err.message[0] != '\0', "a sentence");
        json_decref(input);
    }
}

#endif

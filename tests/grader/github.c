/*
 * GitHub annotations, read as its runner reads them (runner.h).
 */
#include "sample_results.h"

#include "runner.h"
#include "workflow.h"

TestSuite(github, .timeout = 60);

static const struct export_options no_options = {0};

static struct runner *annotate(json_t *result)
{
    char *text = text_of(&export_github, &no_options, result, NULL);
    struct runner *runner = runner_read(text);
    size_t nlines = 0;

    for (const char *c = text; *c != '\0'; c++) {
        nlines += *c == '\n';
    }
    cr_expect(runner->ncommands == nlines, "each line is a command:\n%s", text);
    free(text);
    return runner;
}

static void expect_property(const struct runner_command *command,
                            const char *name, const char *wanted)
{
    char value[RUNNER_TEXT];

    cr_expect(strcmp(runner_property(command, name, value), wanted) == 0,
              "%s: expected '%s', got '%s'", name, wanted, value);
}

/* The n-th command of that name. */
static const struct runner_command *nth(const struct runner *runner,
                                        const char *name, size_t n)
{
    for (size_t i = 0; i < runner->ncommands; i++) {
        if (strcmp(runner->commands[i].name, name) == 0 && n-- == 0) {
            return &runner->commands[i];
        }
    }
    cr_assert_fail("there is no such %s", name);
    return NULL;
}

/* A result of so many tests that fail. */
static json_t *failing(size_t n)
{
    json_t *result = sample_result(NULL);
    json_t *tests = json_object_get(result, "tests");

    for (size_t i = 0; i < n; i++) {
        json_array_append_new(tests, sample_test("buddy::x", "fail"));
    }
    return result;
}

Test(github, score_is_a_notice)
{
    struct runner *runner = annotate(sample_of_all());

    cr_expect_eq(runner_count(runner, "notice"), 1);
    cr_expect_str_eq(nth(runner, "notice", 0)->data, "10 of 100 points");
    expect_property(nth(runner, "notice", 0), "title", "lab1-buddy");
    free(runner);
}

Test(github, compiler_errors_are_at_their_lines)
{
    json_t *result = sample_result(sample_test("a::b", "build-failed"), NULL);
    struct runner *runner = NULL;

    set_build(result, "build-failed",
              "mm/page_alloc.c:86:31: error: expected ';', not ':'\n"
              "mm/page_alloc.c:7:1: warning: 'x' is not used\n"
              "include/mm.h:3:1: error: not theirs\n");
    runner = annotate(result);
    cr_expect_eq(runner_count(runner, "error"), 1, "none for each test");
    cr_expect_eq(runner_count(runner, "warning"), 1);
    expect_property(nth(runner, "error", 0), "file", "mm/page_alloc.c");
    expect_property(nth(runner, "error", 0), "line", "86");
    expect_property(nth(runner, "error", 0), "col", "31");
    expect_property(nth(runner, "error", 0), "title",
                    "lab1-buddy: does not build");
    cr_expect_str_eq(nth(runner, "error", 0)->data, "expected ';', not ':'");
    free(runner);
}

Test(github, crash_is_at_the_innermost_line_of_theirs)
{
    struct runner *runner = annotate(sample_of_all());

    expect_property(nth(runner, "error", 0), "file", "mm/page_alloc.c");
    expect_property(nth(runner, "error", 0), "line", "88");
    cr_expect_str_eq(nth(runner, "error", 0)->data, "BUG in expand()");
    cr_expect_eq(runner_count(runner, "error"), 6, "each test is told once");
    free(runner);
}

Test(github, build_error_without_a_place_is_told_all_the_same)
{
    json_t *result = sample_result(sample_test("a::b", "build-failed"), NULL);
    struct runner *runner = NULL;

    set_build(result, "build-failed", "the linker gave up");
    runner = annotate(result);
    cr_expect_eq(runner_count(runner, "error"), 1);
    cr_expect_str_eq(nth(runner, "error", 0)->data, "the linker gave up");
    free(runner);
}

Test(github, refusal_is_one_error)
{
    json_t *result = failing(3);
    struct runner *runner = NULL;

    set_refused(result, "REJECTED", "it is empty");
    runner = annotate(result);
    cr_expect_eq(runner_count(runner, "error"), 1);
    cr_expect_str_eq(nth(runner, "error", 0)->data, "it is empty");
    free(runner);
}

Test(github, ten_errors_are_shown)
{
    struct runner *runner = annotate(failing(10));

    cr_expect_eq(runner_count(runner, "error"), 10);
    cr_expect_str_eq(nth(runner, "error", 9)->data, "hint      a hint");
    free(runner);
}

Test(github, of_more_the_tenth_says_how_many)
{
    struct runner *runner = annotate(failing(25));

    cr_expect_eq(runner_count(runner, "error"), 10);
    cr_expect_str_eq(nth(runner, "error", 9)->data,
                     "and 16 more: see the job summary");
    free(runner);
}

Test(github, ten_warnings_are_shown)
{
    json_t *result = sample_result(NULL);
    struct runner *runner = NULL;
    char *messages = NULL;
    size_t nbytes = 0;
    FILE *out = open_memstream(&messages, &nbytes);

    for (size_t i = 0; i < 25; i++) {
        fprintf(out, "mm/page_alloc.c:%zu:1: warning: x\n", i + 1);
    }
    fclose(out);
    set_build(result, "ok", messages);
    free(messages);
    runner = annotate(result);
    cr_expect_eq(runner_count(runner, "warning"), 10);
    cr_expect_str_eq(nth(runner, "warning", 9)->data,
                     "and 16 more: see the job summary");
    free(runner);
}

Test(github, hostile_text_is_data_and_nothing_else)
{
    json_t *result =
        sample_result(sample_run("buddy::x", "fail", EVIL, NULL), NULL);
    struct runner *runner = NULL;

    json_object_set_new(json_array_get(json_object_get(result, "tests"), 0),
                        "title",
                        json_pack("{s:s, s:s}", "en", EVIL, "zh", EVIL));
    set_origin(result, EVIL);
    runner = annotate(result);
    cr_expect_eq(runner->ncommands, 2);
    expect_property(nth(runner, "error", 0), "title", "lab1-buddy: " EVIL);
    cr_expect_eq(runner_count(runner, "notice"), 1);
    cr_expect(strstr(nth(runner, "error", 0)->data, " %0A::warning::EVIL\n"),
              "%s", nth(runner, "error", 0)->data);
    free(runner);
}

Test(github, hostile_place_is_no_property)
{
    json_t *result = sample_result(NULL);
    json_t *submission = json_object_get(result, "submission");
    struct runner *runner = NULL;

    json_object_set_new(submission, "files",
                        json_pack("[s]", "mm/a,line=1::x%.c"));
    set_build(result, "build-failed",
              "mm/a,line=1::x%.c:5:1: error: ::error::");
    runner = annotate(result);
    expect_property(nth(runner, "error", 0), "file", "mm/a,line=1::x%.c");
    expect_property(nth(runner, "error", 0), "line", "5");
    cr_expect_str_eq(nth(runner, "error", 0)->data, "::error::");
    free(runner);
}

Test(github, long_detail_is_cut)
{
    char *much = calloc(1, 100001);
    struct runner *runner = NULL;

    memset(much, 'x', 100000);
    runner = annotate(
        sample_result(sample_run("buddy::x", "fail", much, NULL), NULL));
    cr_expect(strlen(nth(runner, "error", 0)->data) < 4100);
    cr_expect(strstr(nth(runner, "error", 0)->data, "bytes more]"));
    free(much);
    free(runner);
}

Test(github, what_is_no_list_of_results_is_refused)
{
    expect_refusals(&export_github);
}

/* --- quoting ---------------------------------------------------------------
 */

/* Quotes the text for a log, `defused` or raw between the stop commands. */
static char *quote(const char *text, bool defused, char *token)
{
    struct error err = {0};
    char *log = NULL;
    size_t nbytes = 0;
    FILE *out = open_memstream(&log, &nbytes);

    cr_assert(workflow_begin_quote(out, token, &err) == 0, "%s", err.message);
    if (defused) {
        workflow_print_defused(out, text);
    } else {
        fputs(text, out);
    }
    putc('\n', out);
    workflow_end_quote(out, token);
    fputs("::notice::after\n", out);
    fclose(out);
    return log;
}

Test(github, quoted_commands_have_no_effect)
{
    char token[WORKFLOW_TOKEN_BYTES];
    char *log = quote(EVIL, false, token);
    struct runner *runner = runner_read(log);

    cr_expect_eq(runner->nstops, 1);
    cr_expect_eq(runner->ncommands, 1, "only what comes after");
    cr_expect_str_eq(runner->commands[0].data, "after");
    free(runner);
    free(log);
}

Test(github, token_is_not_the_same_twice)
{
    char first[WORKFLOW_TOKEN_BYTES], second[WORKFLOW_TOKEN_BYTES];

    free(quote("", true, first));
    free(quote("", true, second));
    cr_expect_eq(strlen(first), 32);
    cr_expect_str_neq(first, second);
}

Test(github, defused_text_has_no_command_even_unquoted)
{
    static const char *const texts[] = {
        EVIL,
        "::error::x",
        "\t ::error::x\n",
        ":::error::x",
        "a ##[error]x",
        "##[error]x ##[error]y",
        "###[error]x",
        "x\n::error::x",
        "x\r::error::x",
        "##[##[error]",
        "::::error::x\n::x",
        " \n ::error::x",
        "\u00a0::error::x",
        "\u3000\u200b ::x::y",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char *log = NULL;
        size_t nbytes = 0;
        FILE *out = open_memstream(&log, &nbytes);
        struct runner *runner = NULL;

        workflow_print_defused(out, texts[i]);
        fclose(out);
        runner = runner_read(log);
        cr_expect(runner->ncommands == 0 && runner->nstops == 0,
                  "a command in: %s", log);
        free(runner);
        free(log);
    }
}

/*
 * The Markdown summary: what is in code stays in code, and it is never too
 * long. tests/exports/markdown has it rendered.
 */
#include "sample_results.h"

TestSuite(markdown, .timeout = 60);

static const struct export_options no_options = {0};

#define MIB ((size_t)1024 * 1024)

/* Length of the run of backticks at `at`. */
static size_t ticks(const char *at)
{
    return strspn(at, "`");
}

/* Length of the code span at `at`, within the n bytes of its line; or 0. */
static size_t span(const char *at, size_t n)
{
    size_t open = ticks(at);
    size_t end = open;

    while (end < n && ticks(at + end) != open) {
        end += ticks(at + end) > 0 ? ticks(at + end) : 1;
    }
    return open > 0 && end < n ? end + open : 0;
}

/* Copies a line without its spans; returns where the copy ends. */
static char *copy_line(char *to, const char *line, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t code = span(line + i, n - i);
        size_t run = ticks(line + i);
        if (code > 0) {
            i += code;
            continue;
        }
        /* A run that nothing closes is text, all of it. */
        run = run > 0 ? run : 1;
        memcpy(to, line + i, run);
        to += run;
        i += run;
    }
    *to++ = '\n';
    return to;
}

/*
 * What is left of Markdown if its code is taken out: fences and spans, as
 * CommonMark has them.
 */
static char *without_code(const char *text)
{
    char *rest = calloc(1, strlen(text) + 2);
    char *to = rest;
    size_t fence = 0;

    while (*text != '\0') {
        size_t n = strcspn(text, "\n");
        size_t run = ticks(text);
        if (fence > 0) {
            fence = run >= fence && run == n ? 0 : fence;
        } else if (run >= 3) {
            fence = run;
        } else {
            to = copy_line(to, text, n);
        }
        text += text[n] == '\n' ? n + 1 : n;
    }
    cr_expect(fence == 0, "a fence is left open");
    return rest;
}

static void expect_in(const char *text, const char *part)
{
    cr_expect(strstr(text, part), "expected: %s\ngot:\n%s", part, text);
}

static void expect_not_in(const char *text, const char *part)
{
    cr_expect(!strstr(text, part), "not expected: %s\ngot:\n%s", part, text);
}

Test(markdown, table_has_a_row_for_each_test)
{
    char *text = text_of(&export_markdown, &no_options, sample_of_all(), NULL);

    expect_in(text, "### ` lab1-buddy ` The buddy allocator\n\n"
                    "**10 of 100 points**\n\n");
    expect_in(text, "| test | verdict | points |\n| --- | --- | ---: |\n");
    expect_in(text, "| buddy\\:\\:passes | ✅ pass | 10 / 10 |\n");
    expect_in(text, "| buddy\\:\\:fails | ❌ fail | 0 / 10 |\n");
    expect_in(text, "| buddy\\:\\:broken | ⚠️ infra\\-error | 0 / 10 |\n");
    expect_in(text, "| **total** | | **10 / 100** |\n");
    free(text);
}

Test(markdown, what_failed_is_told_below)
{
    char *text = text_of(&export_markdown, &no_options, sample_of_all(), NULL);

    expect_in(text, "<details><summary>buddy::fails</summary>\n\n```text\n"
                    "did       alloc_pages(0)\nexpected  a page\n"
                    "seen      NULL\nhint      look\n```\n\n</details>\n");
    expect_in(text, "Call trace:");
    expect_not_in(text, "<summary>buddy::passes");
    expect_not_in(text, "<summary>buddy::skipped");
    free(text);
}

Test(markdown, it_speaks_chinese)
{
    struct export_options options = {.language = "zh"};
    char *text = text_of(&export_markdown, &options, sample_of_all(), NULL);

    expect_in(text, "| 测试 | 结果 | 分数 |");
    expect_in(text, "| 题 | ✅ pass | 10 / 10 |");
    free(text);
}

Test(markdown, several_results_have_a_table_of_scores_first)
{
    json_t *bob = sample_of_all();
    char *text = NULL;

    set_origin(bob, "work/bob");
    text = text_of(&export_markdown, &no_options, sample_of_all(), bob, NULL);
    expect_in(text, "| ` lab1-buddy, bob ` The buddy allocator | **10 of 100 "
                    "points** |");
    expect_in(text, "<summary><code>lab1-buddy, bob</code> buddy::fails");
    free(text);
}

Test(markdown, refusal_and_lack_of_a_grade_are_told)
{
    json_t *refused = sample_result(sample_test("a::b", "not-run"), NULL);
    json_t *open = sample_result(sample_test("a::b", "infra-error"), NULL);
    char *text = NULL;

    set_refused(refused, "REJECTED", "it is empty");
    json_object_set_new(open, "graded", json_false());
    text = text_of(&export_markdown, &no_options, refused, open, NULL);
    expect_in(text, "can't be graded:\n\n```text\nit is empty\n```");
    expect_in(text, "left points undecided");
    expect_in(text, "not graded, at least 10 of 100 points");
    free(text);
}

/* Rows of tests that were not run say nothing. */
Test(markdown, what_does_not_build_has_its_first_error_and_no_table)
{
    json_t *result = sample_result(sample_test("a::b", "build-failed"), NULL);
    char *text = NULL;

    set_build(result, "build-failed",
              "mm/x.c:1:2: warning: odd\n"
              "mm/x.c:3:1: error: no\nand more\n");
    text = text_of(&export_markdown, &no_options, result, NULL);
    expect_in(text, "points**\n\nThe submission does not build:\n\n```text\n"
                    "mm/x.c:3:1: error: no\n```\n\n<details>");
    expect_in(text, "and more");
    expect_not_in(text, "| test |");
    free(text);
    result = sample_result(sample_test("a::b", "not-run"), NULL);
    set_refused(result, "REJECTED", "it is empty");
    text = text_of(&export_markdown, &no_options, result, NULL);
    expect_not_in(text, "| test |");
    free(text);
}

/* What the compiler says is the student's. */
Test(markdown, first_error_is_in_code_only)
{
    json_t *result = sample_result(sample_test("a::b", "build-failed"), NULL);
    char *text = NULL;
    char *rest = NULL;

    set_build(result, "build-failed", "EVIL error: ``` </details> EVIL\n");
    text = text_of(&export_markdown, &no_options, result, NULL);
    rest = without_code(text);
    expect_in(text, "\n````text\nEVIL error:");
    expect_not_in(rest, "EVIL");
    free(rest);
    free(text);
}

Test(markdown, what_the_job_asks_for_is_told_below_it_only)
{
    struct export_options options = {.min_score = 11};
    json_t *open = sample_of_all();
    char *text = text_of(&export_markdown, &options, sample_of_all(), NULL);

    expect_in(text, "**10 of 100 points**; the job asks for at least 11\n\n");
    free(text);
    json_object_set_new(open, "graded", json_false());
    text = text_of(&export_markdown, &options, open, NULL);
    expect_not_in(text, "asks for");
    free(text);
    options.min_score = 10;
    text = text_of(&export_markdown, &options, sample_of_all(), NULL);
    expect_not_in(text, "asks for");
    free(text);
}

/* A result in which everything that a student can choose is hostile. */
static json_t *hostile(void)
{
    json_t *result =
        sample_result(sample_run("buddy::x", "fail", EVIL, EVIL), NULL);
    json_t *submission = json_object_get(result, "submission");

    set_build(result, "ok", EVIL);
    set_origin(result, EVIL);
    json_object_set_new(submission, "notes", json_pack("[s, s]", EVIL, "`"));
    return result;
}

Test(markdown, students_texts_are_in_code_only)
{
    char *text = text_of(&export_markdown, &no_options, hostile(), NULL);
    char *rest = without_code(text);

    expect_in(text, "EVIL");
    expect_not_in(rest, "EVIL");
    free(rest);
    free(text);
}

/* Of several results the title stands in HTML as well. */
Test(markdown, origin_is_harmless_in_html)
{
    json_t *other = hostile();
    char *text = NULL;
    char *rest = NULL;

    set_origin(other, "EVIL ``` </code></summary> @everyone | <b> ````");
    text = text_of(&export_markdown, &no_options, hostile(), other, NULL);
    rest = without_code(text);
    expect_not_in(rest, "evil.example");
    expect_not_in(rest, "@everyone");
    expect_not_in(rest, "<b>");
    expect_in(rest, "<code>lab1-buddy, summary&#62; @");
    free(rest);
    free(text);
}

Test(markdown, fence_is_longer_than_any_in_it)
{
    json_t *result = sample_result(NULL);
    char *text = NULL;

    set_build(result, "ok", "```\n``````````\n~~~~");
    text = text_of(&export_markdown, &no_options, result, NULL);
    expect_in(text, "\n```````````text\n```\n``````````\n~~~~\n"
                    "```````````\n");
    free(text);
}

Test(markdown, bars_do_not_make_cells)
{
    json_t *result = sample_result(sample_test("a::b|c", "fail"), NULL);
    json_t *other = sample_result(NULL);
    char *text = NULL;

    set_origin(other, "a|b");
    text = text_of(&export_markdown, &no_options, result, other, NULL);
    expect_in(text, "| a\\:\\:b\\|c | ❌ fail |");
    expect_in(text, "` lab1-buddy, a\\|b `");
    free(text);
}

Test(markdown, titles_are_text)
{
    json_t *result = sample_result(
        sample_test("*a* _b_ [c](d) <i>e</i> @f # ~g~ `h` &amp; www.i.jp",
                    "fail"),
        NULL);
    char *text = text_of(&export_markdown, &no_options, result, NULL);

    expect_in(text, "| \\*a\\* \\_b\\_ \\[c\\](d) &#60;i&#62;e&#60;/i&#62; "
                    "@\xe2\x81\xa0"
                    "f \\# \\~g\\~ \\`h\\` &#38;amp; www\\.i\\.jp |");
    expect_in(text, "<summary>*a* _b_ [c](d) &#60;i&#62;e&#60;/i&#62; ");
    free(text);
}

/* --- at most 1 MiB ---------------------------------------------------------
 */

static json_t *huge(size_t ntests, size_t nbytes)
{
    json_t *result = sample_result(NULL);
    json_t *tests = json_object_get(result, "tests");
    char *much = calloc(1, nbytes + 1);

    memset(much, 'x', nbytes);
    for (size_t i = 0; i < ntests; i++) {
        json_array_append_new(tests,
                              sample_run("buddy::x", "fail", much, NULL));
    }
    free(much);
    return result;
}

Test(markdown, it_is_at_most_1_mib_and_says_what_is_missing)
{
    json_t *other = huge(3, 10);
    char *text = NULL;
    char *rest = NULL;

    set_origin(other, "work/bob");
    text = text_of(&export_markdown, &no_options, huge(300, 4096), other, NULL);
    cr_expect(strlen(text) <= MIB, "%zu bytes", strlen(text));
    cr_expect(strlen(text) > MIB - 8192, "%zu bytes", strlen(text));
    expect_in(text, "Too long for a summary; all is in the JSON. Left out: ");
    expect_in(text, "### ` lab1-buddy, bob `");
    rest = without_code(text);
    free(rest);
    free(text);
}

Test(markdown, one_text_that_is_too_long_leaves_the_rest)
{
    json_t *result = huge(1, 2 * MIB);
    char *text = text_of(&export_markdown, &no_options, result, NULL);

    cr_expect(strlen(text) < 1024, "%zu bytes", strlen(text));
    expect_in(text, "Left out: 1.\n");
    free(text);
}

Test(markdown, what_is_no_list_of_results_is_refused)
{
    expect_refusals(&export_markdown);
}

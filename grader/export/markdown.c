/*
 * Markdown for a job's summary: GitHub's, which GitLab and Forgejo show alike.
 *
 * A text that a student may have written stands in code only, where nothing is
 * a link, a mention, HTML or a table's bar: in a span or a fence of more
 * backticks than any run in it. Other texts are escaped.
 *
 * GitHub takes 1 MiB of a step and drops all of it if there is more. So the
 * tables come first, then the tests that lost points, until the next does not
 * fit; a line says what was left out.
 */
#include "export.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "results.h"

#define SUMMARY_BYTES_MAX ((size_t)1024 * 1024)
#define RESERVE           512 /* for the line that says what was left out */
#define WORD_JOINER       "\xe2\x81\xa0" /* U+2060: "@" and it is no mention */
#define LINE_BREAK        "<br>"

/* What is in the reader's language. */
enum phrase {
    PHRASE_TITLE,
    PHRASE_TEST,
    PHRASE_VERDICT,
    PHRASE_POINTS,
    PHRASE_TOTAL,
    PHRASE_BUILD,
    PHRASE_REFUSED,
    PHRASE_UNBUILT,
    PHRASE_BELOW,
    PHRASE_UNGRADED,
    PHRASE_NOTES,
    PHRASE_CUT,
    PHRASE_COUNT,
};

static const char *const english[PHRASE_COUNT] = {
    [PHRASE_TITLE] = "Score",
    [PHRASE_TEST] = "test",
    [PHRASE_VERDICT] = "verdict",
    [PHRASE_POINTS] = "points",
    [PHRASE_TOTAL] = "total",
    [PHRASE_BUILD] = "Messages of the compiler and the linker",
    [PHRASE_REFUSED] = "The submission can't be graded:",
    [PHRASE_UNBUILT] = "The submission does not build:",
    [PHRASE_BELOW] = "; the job asks for at least",
    [PHRASE_UNGRADED] =
        "Not graded: a fault of the machine left points undecided.",
    [PHRASE_NOTES] = "Notes on the submission",
    [PHRASE_CUT] = "Too long for a summary; all is in the JSON. Left out:",
};

static const char *const chinese[PHRASE_COUNT] = {
    [PHRASE_TITLE] = "成绩",
    [PHRASE_TEST] = "测试",
    [PHRASE_VERDICT] = "结果",
    [PHRASE_POINTS] = "分数",
    [PHRASE_TOTAL] = "合计",
    [PHRASE_BUILD] = "编译器与链接器的消息",
    [PHRASE_REFUSED] = "该提交无法评分：",
    [PHRASE_UNBUILT] = "该提交无法编译：",
    [PHRASE_BELOW] = "，而要求至少为",
    [PHRASE_UNGRADED] = "未评分：机器故障使部分分数未定。",
    [PHRASE_NOTES] = "关于提交的说明",
    [PHRASE_CUT] = "更多内容见 JSON 结果：摘要过长，已略去：",
};

static const char *say(const char *language, enum phrase phrase)
{
    bool is_chinese = language && strcmp(language, "zh") == 0;

    return is_chinese ? chinese[phrase] : english[phrase];
}

/* --- escaping --------------------------------------------------------------
 */

/* What Markdown may take for something, within a line or at its beginning. */
#define SPECIAL "\\`*_{}[]#+-.!|~$:^"

/* A text in a line: what is special is escaped, newlines are breaks. */
static void put_text(FILE *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\n') {
            fputs(LINE_BREAK, out);
        } else if (*c == '@') {
            fputs("@" WORD_JOINER, out);
        } else if (strchr("<>&", *c)) {
            fprintf(out, "&#%d;", *c);
        } else {
            fprintf(out, strchr(SPECIAL, *c) ? "\\%c" : "%c", *c);
        }
    }
}

/* A text within HTML, where Markdown has no say. */
static void put_html(FILE *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '@') {
            fputs("@" WORD_JOINER, out);
        } else if (strchr("<>&\"'", *c)) {
            fprintf(out, "&#%d;", *c);
        } else {
            putc(*c == '\n' ? ' ' : *c, out);
        }
    }
}

static size_t longest_run(const char *text, char what)
{
    size_t longest = 0, run = 0;

    for (const char *c = text; *c != '\0'; c++) {
        run = *c == what ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static void put_times(FILE *out, char what, size_t times)
{
    while (times-- > 0) {
        putc(what, out);
    }
}

/*
 * Code in a line, also of a table, where a bar is escaped even in code. Blanks
 * are on both ends because one is taken off there again.
 */
static void put_code(FILE *out, const char *text)
{
    size_t ticks = longest_run(text, '`') + 1;

    put_times(out, '`', ticks);
    putc(' ', out);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '|') {
            fputs("\\|", out);
        } else {
            putc(*c == '\n' ? ' ' : *c, out);
        }
    }
    putc(' ', out);
    put_times(out, '`', ticks);
}

/* Code in lines of its own, with empty lines around. */
static void put_fence(FILE *out, const char *text)
{
    size_t n = strlen(text);
    size_t ticks = longest_run(text, '`') + 1;

    ticks = ticks < 3 ? 3 : ticks;
    putc('\n', out);
    put_times(out, '`', ticks);
    fprintf(out, "text\n%s%s", text, n > 0 && text[n - 1] == '\n' ? "" : "\n");
    put_times(out, '`', ticks);
    fputs("\n\n", out);
}

/* --- the parts -------------------------------------------------------------
 */

/* Which result it is: the words that tell it apart, and the lab's title. */
static void put_name(FILE *out, const json_t *results, size_t i,
                     const char *language)
{
    char *title = results_title(results, i);

    put_code(out, title ? title : "");
    putc(' ', out);
    put_text(out,
             results_localised(json_array_get(results, i), "title", language));
    free(title);
}

static void put_scores(FILE *out, const json_t *results, const char *language)
{
    const json_t *result = NULL;
    size_t i = 0;

    fprintf(out, "## %s\n\n| | %s |\n| --- | --- |\n",
            say(language, PHRASE_TITLE), say(language, PHRASE_POINTS));
    json_array_foreach(results, i, result)
    {
        fputs("| ", out);
        put_name(out, results, i, language);
        fputs(" | **", out);
        results_print_score(out, result);
        fputs("** |\n", out);
    }
    putc('\n', out);
}

static const char *mark_of(enum verdict verdict)
{
    static const char *const marks[VERDICTS] = {
        [VERDICT_PASSED] = "✅",
        [VERDICT_FAILED] = "❌",
        [VERDICT_UNDECIDED] = "⚠️",
        [VERDICT_SKIPPED] = "⏭️",
    };

    return marks[verdict];
}

static void put_row(FILE *out, const json_t *result, const json_t *test,
                    const char *language)
{
    json_int_t points = results_whole(test, "points");
    json_int_t max = results_whole(test, "max");

    fputs("| ", out);
    put_text(out, results_localised(test, "title", language));
    fprintf(out, " | %s ", mark_of(results_verdict(result, test)));
    put_text(out, results_text(test, "status"));
    fprintf(out, " | %lld / %lld |\n", (long long)points, (long long)max);
}

static void put_tests(FILE *out, const json_t *result, const char *language)
{
    const json_t *test = NULL;
    size_t i = 0;

    fprintf(out, "| %s | %s | %s |\n| --- | --- | ---: |\n",
            say(language, PHRASE_TEST), say(language, PHRASE_VERDICT),
            say(language, PHRASE_POINTS));
    json_array_foreach(json_object_get(result, "tests"), i, test)
    {
        put_row(out, result, test, language);
    }
    fprintf(out, "| **%s** | | **%lld / %lld** |\n\n",
            say(language, PHRASE_TOTAL),
            (long long)results_whole(result, "score"),
            (long long)results_whole(result, "max"));
}

static void put_notes(FILE *out, const json_t *submission, const char *language)
{
    const json_t *notes = json_object_get(submission, "notes");
    const json_t *note = NULL;
    size_t i = 0;

    if (json_array_size(notes) == 0) {
        return;
    }
    fprintf(out, "%s:\n\n", say(language, PHRASE_NOTES));
    json_array_foreach(notes, i, note)
    {
        const char *text = json_string_value(note);
        fputs("- ", out);
        put_code(out, text ? text : "");
        putc('\n', out);
    }
    putc('\n', out);
}

static void put_score(FILE *out, const json_t *result,
                      const struct export_options *options)
{
    fputs("**", out);
    results_print_score(out, result);
    fputs("**", out);
    if (results_below(result, options->min_score)) {
        fprintf(out, "%s %u", say(options->language, PHRASE_BELOW),
                options->min_score);
    }
    fputs("\n\n", out);
}

/*
 * A result's heading, what is to say of it as a whole, and its tests. If none
 * was run, why is all that there is to say.
 */
static void put_result(FILE *out, const json_t *results, size_t i,
                       const struct export_options *options)
{
    const char *language = options->language;
    const json_t *result = json_array_get(results, i);
    const json_t *submission = json_object_get(result, "submission");
    const json_t *refused = json_object_get(result, "refused");
    char *error = results_first_error(result);

    fputs("### ", out);
    put_name(out, results, i, language);
    fputs("\n\n", out);
    put_score(out, result, options);
    if (json_is_object(refused)) {
        fprintf(out, "%s\n", say(language, PHRASE_REFUSED));
        put_fence(out, results_text(refused, "reason"));
    } else if (error) {
        fprintf(out, "%s\n", say(language, PHRASE_UNBUILT));
        put_fence(out, error);
    } else {
        if (!json_is_true(json_object_get(result, "graded"))) {
            fprintf(out, "%s\n\n", say(language, PHRASE_UNGRADED));
        }
        put_tests(out, result, language);
    }
    free(error);
    put_notes(out, submission, language);
}

/*
 * Something that opens at a click; the blank line ends the HTML. Of several
 * results it says whose it is.
 */
static void begin_details(FILE *out, const json_t *results, size_t i,
                          const char *summary)
{
    char *title =
        json_array_size(results) > 1 ? results_title(results, i) : NULL;

    fputs("<details><summary>", out);
    if (title) {
        fputs("<code>", out);
        put_html(out, title);
        fputs("</code> ", out);
    }
    put_html(out, summary);
    fputs("</summary>\n", out);
    free(title);
}

static void end_details(FILE *out)
{
    fputs("</details>\n\n", out);
}

static void put_build(FILE *out, const json_t *results, size_t i,
                      const char *language)
{
    const json_t *result = json_array_get(results, i);
    const char *messages =
        results_text(json_object_get(result, "build"), "messages");

    if (*messages != '\0') {
        begin_details(out, results, i, say(language, PHRASE_BUILD));
        put_fence(out, messages);
        end_details(out);
    }
}

static void put_lost(FILE *out, const json_t *results, size_t i, size_t k,
                     const char *language)
{
    const json_t *result = json_array_get(results, i);
    const json_t *test = json_array_get(json_object_get(result, "tests"), k);
    const char *oops = results_text(test, "oops");
    char *detail = results_detail(result, test, language);

    begin_details(out, results, i, results_localised(test, "title", language));
    put_fence(out, detail ? detail : "");
    if (*oops != '\0') {
        put_fence(out, oops);
    }
    end_details(out);
    free(detail);
}

/* --- what fits -------------------------------------------------------------
 */

struct summary {
    FILE *out;
    const struct export_options *options;
    size_t used, most;
    size_t left_out; /* parts that did not fit */
};

/* Adds a part if it fits whole; takes the text. */
static void add_part(struct summary *summary, char *text, size_t nbytes)
{
    if (summary->used + nbytes > summary->most) {
        summary->left_out++;
    } else {
        fwrite(text, 1, nbytes, summary->out);
        summary->used += nbytes;
    }
    free(text);
}

/* Which part of a result. */
enum part {
    PART_SCORES,
    PART_RESULT,
    PART_BUILD,
    PART_TEST,
};

static int add(struct summary *summary, enum part part, const json_t *results,
               size_t i, size_t k, struct error *err)
{
    const char *language = summary->options->language;
    struct document document = {0};
    char *text = NULL;
    size_t nbytes = 0;
    int rc = document_open(&document, err);

    if (rc != 0) {
        return rc;
    }
    switch (part) {
    case PART_SCORES:
        put_scores(document.out, results, language);
        break;
    case PART_RESULT:
        put_result(document.out, results, i, summary->options);
        break;
    case PART_BUILD:
        put_build(document.out, results, i, language);
        break;
    case PART_TEST:
        put_lost(document.out, results, i, k, language);
        break;
    }
    rc = document_close(&document, &text, &nbytes, err);
    if (rc == 0) {
        add_part(summary, text, nbytes);
    }
    return rc;
}

/* Of a test that did not pass: unless nothing can be said of it alone. */
static bool is_told(const json_t *result, const json_t *test)
{
    enum verdict verdict = results_verdict(result, test);
    const char *status = results_text(test, "status");

    return (verdict == VERDICT_FAILED || verdict == VERDICT_UNDECIDED) &&
           !json_is_object(json_object_get(result, "refused")) &&
           strcmp(status, "build-failed") != 0;
}

static int add_details(struct summary *summary, const json_t *results, size_t i,
                       struct error *err)
{
    const json_t *result = json_array_get(results, i);
    const json_t *test = NULL;
    size_t k = 0;
    int rc = add(summary, PART_BUILD, results, i, 0, err);

    json_array_foreach(json_object_get(result, "tests"), k, test)
    {
        if (rc == 0 && is_told(result, test)) {
            rc = add(summary, PART_TEST, results, i, k, err);
        }
    }
    return rc;
}

static int add_all(struct summary *summary, const json_t *results,
                   struct error *err)
{
    size_t n = json_array_size(results);
    int rc = n > 1 ? add(summary, PART_SCORES, results, 0, 0, err) : 0;

    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = add(summary, PART_RESULT, results, i, 0, err);
    }
    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = add_details(summary, results, i, err);
    }
    if (summary->left_out > 0) {
        fprintf(summary->out, "%s %zu.\n",
                say(summary->options->language, PHRASE_CUT), summary->left_out);
    }
    return rc;
}

static int write_markdown(const json_t *input,
                          const struct export_options *options, char **text,
                          size_t *nbytes, struct error *err)
{
    struct document document = {0};
    struct summary summary = {.options = options,
                              .most = SUMMARY_BYTES_MAX - RESERVE};
    int rc = results_check(input, err);

    if (rc == 0) {
        rc = document_open(&document, err);
    }
    if (rc != 0) {
        return rc;
    }
    summary.out = document.out;
    rc = add_all(&summary, input, err);
    if (rc != 0) {
        fclose(document.out);
        free(document.text);
        return rc;
    }
    return document_close(&document, text, nbytes, err);
}

const struct export_format export_markdown = {
    .name = "markdown",
    .summary = "Markdown: a job's summary, at most 1 MiB",
    .write = write_markdown,
};

/*
 * Words for results and tests, in English and Chinese. Everything that goes
 * out passes the sanitiser again: what comes in may be anybody's JSON.
 */
#include "detail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "text.h"

#define TITLE_BYTES 300

/* A text in the two languages. */
struct words {
    const char *en, *zh;
};

static const char *say(const struct words *words,
                       const struct detail_style *style)
{
    return style->chinese ? words->zh : words->en;
}

static bool is_word(const json_t *object, const char *key, const char *word)
{
    return strcmp(results_text(object, key), word) == 0;
}

/* --- lists of results ------------------------------------------------------
 */

int detail_check_list(const json_t *results, struct error *err)
{
    const json_t *first = json_array_get(results, 0);
    const json_t *origin =
        json_object_get(json_object_get(first, "submission"), "origin");

    if (!first) {
        return fail(err, ERROR_USAGE, "there is no result to export");
    }
    for (size_t i = 1; i < json_array_size(results); i++) {
        const json_t *result = json_array_get(results, i);
        const json_t *other =
            json_object_get(json_object_get(result, "submission"), "origin");

        if (!json_equal(origin, other)) {
            return fail(err, ERROR_USAGE,
                        "these are results of different submissions ('%.200s' "
                        "and '%.200s'); this format takes those of one",
                        json_string_value(origin), json_string_value(other));
        }
        for (size_t k = 0; k < i; k++) {
            if (json_equal(
                    json_object_get(result, "lab"),
                    json_object_get(json_array_get(results, k), "lab"))) {
                return fail(err, ERROR_USAGE, "there are two results of %.200s",
                            results_text(result, "lab"));
            }
        }
    }
    return 0;
}

int detail_language(const char *language, bool *chinese, struct error *err)
{
    *chinese = language && strcmp(language, "zh") == 0;
    if (language && !*chinese && strcmp(language, "en") != 0) {
        return fail(err, ERROR_USAGE, "the language is en or zh, not '%s'",
                    language);
    }
    return 0;
}

/* The object's text of that key, in the language. */
static const char *pick(const json_t *object, const char *key,
                        const struct detail_style *style)
{
    return results_localised(object, key, style->chinese ? "zh" : "en");
}

json_t *detail_line(const char *text, size_t max_bytes)
{
    char *clean = text_sanitise_line(text, strlen(text), max_bytes);
    json_t *json = clean ? json_string(clean) : NULL;

    free(clean);
    return json;
}

json_t *detail_title(const struct one_test *at,
                     const struct detail_style *style)
{
    char *both = NULL;
    json_t *json = NULL;
    const char *title = pick(at->test, "title", style);

    if (json_array_size(at->results) == 1) {
        return detail_line(title, TITLE_BYTES);
    }
    if (asprintf(&both, "%s: %s", pick(at->result, "title", style), title) <
        0) {
        return NULL;
    }
    json = detail_line(both, TITLE_BYTES);
    free(both);
    return json;
}

/* --- verdicts --------------------------------------------------------------
 */

bool detail_is_hidden(const json_t *test)
{
    return !is_word(test, "visibility", "public");
}

static const char *sentence(const json_t *test,
                            const struct detail_style *style)
{
    static const struct {
        const char *status;
        struct words words;
    } sentences[] = {
        {"fail", {"It fails.", "未通过。"}},
        {"timeout", {"It hangs.", "超时，没有返回。"}},
        {"crash", {"It crashes the kernel.", "内核崩溃。"}},
        {"not-implemented",
         {"It reaches a function that is not written yet.",
          "用到了尚未编写的函数。"}},
        {"build-failed",
         {"There is no kernel to test: it does not build.",
          "编译失败，没有可以测试的内核。"}},
        {"not-run", {"It was not run.", "没有运行。"}},
        {"infra-error",
         {"It could not be run: a fault of this machine, which costs no "
          "points.",
          "未能运行：这是评分机器的故障，不会扣分。"}},
    };

    for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
        if (is_word(test, "status", sentences[i].status)) {
            return say(&sentences[i].words, style);
        }
    }
    return NULL;
}

/* --- writing texts ---------------------------------------------------------
 */

/* What was written, sanitised. */
static json_t *end_text(struct document *document, size_t max_bytes)
{
    char *text = document_end(document);
    char *clean = text ? text_sanitise(text, strlen(text), max_bytes) : NULL;
    json_t *json = clean ? json_string(clean) : NULL;

    free(clean);
    free(text);
    return json;
}

/* "label: text", if there is a text. */
static void put_labelled(FILE *out, const struct words *label, const char *text,
                         const struct detail_style *style)
{
    if (text[0]) {
        fprintf(out, style->chinese ? "%s：%s\n" : "%s: %s\n",
                say(label, style), text);
    }
}

static void put_messages(FILE *out, const json_t *test,
                         const struct detail_style *style)
{
    static const struct {
        const char *key;
        struct words label;
    } parts[] = {
        {"did", {"did", "操作"}},     {"expected", {"expected", "期望"}},
        {"seen", {"seen", "实际"}},   {"hint", {"hint", "提示"}},
        {"where", {"where", "位置"}},
    };
    const json_t *messages = json_object_get(test, "messages");

    for (size_t i = 0; i < json_array_size(messages); i++) {
        fputs(i > 0 ? "\n" : "", out);
        for (size_t k = 0; k < sizeof(parts) / sizeof(parts[0]); k++) {
            put_labelled(
                out, &parts[k].label,
                results_text(json_array_get(messages, i), parts[k].key), style);
        }
    }
}

static void put_test(FILE *out, const struct one_test *at,
                     const struct detail_style *style)
{
    static const struct words hung = {"the call that did not return",
                                      "没有返回的调用"};
    static const struct words hint = {"Think of", "提示"};
    const char *said = sentence(at->test, style);
    const char *oops = results_text(at->test, "oops");

    if (said) {
        fprintf(out, "%s\n", said);
    }
    if (results_verdict(at->result, at->test) == VERDICT_PASSED) {
        return;
    }
    if (!detail_is_hidden(at->test) || style->reveal) {
        put_messages(out, at->test, style);
        put_labelled(out, &hung, results_text(at->test, "hung_in"), style);
        fprintf(out, oops[0] ? "%s\n" : "%s", oops);
    }
    if (!results_refused(at->result)) {
        put_labelled(out, &hint, pick(at->test, "hint", style), style);
    }
}

json_t *detail_of_test(const struct one_test *at,
                       const struct detail_style *style)
{
    struct document document = {0};
    struct error ignored = {0};

    if (document_open(&document, &ignored) != 0) {
        return NULL;
    }
    put_test(document.out, at, style);
    return end_text(&document, style->max_bytes);
}

static void put_score(FILE *out, const json_t *result,
                      const struct detail_style *style)
{
    json_int_t ungraded = results_whole(result, "ungraded");

    fprintf(
        out,
        style->chinese ? "%s：%lld / %lld 分\n" : "%s: %lld of %lld points\n",
        pick(result, "title", style), (long long)results_whole(result, "score"),
        (long long)results_whole(result, "max"));
    if (ungraded > 0) {
        fprintf(out,
                style->chinese
                    ? "还没有评完：%lld 分未定，原因不在你。请教师重新评分。\n"
                    : "Not graded: %lld points are open, through no fault of "
                      "yours. Your instructor can have it graded again.\n",
                (long long)ungraded);
    }
}

static void put_summary(FILE *out, const json_t *result,
                        const struct detail_style *style)
{
    static const struct words refused = {"Refused", "无法评分"};
    static const struct words fault = {"What went wrong", "故障"};
    static const struct words failed = {"It does not build", "编译失败"};
    const json_t *build = json_object_get(result, "build");
    const json_t *notes =
        json_object_get(json_object_get(result, "submission"), "notes");

    put_score(out, result, style);
    put_labelled(out, results_refused(result) ? &refused : &fault,
                 results_text(json_object_get(result, "refused"), "reason"),
                 style);
    if (is_word(build, "status", "build-failed")) {
        put_labelled(out, &failed, results_text(build, "messages"), style);
    } else if (results_text(build, "messages")[0]) {
        fprintf(out, "%s\n", results_text(build, "messages"));
    }
    for (size_t i = 0; i < json_array_size(notes); i++) {
        fprintf(out, "- %s\n", json_string_value(json_array_get(notes, i)));
    }
    if (is_word(result, "sandbox", "none")) {
        fputs(style->chinese ? "（没有沙箱保护下运行。）\n"
                             : "(It was run without a sandbox.)\n",
              out);
    }
}

json_t *detail_of_result(const json_t *result, const struct detail_style *style)
{
    struct document document = {0};
    struct error ignored = {0};

    if (document_open(&document, &ignored) != 0) {
        return NULL;
    }
    put_summary(document.out, result, style);
    return end_text(&document, style->max_bytes);
}

json_t *detail_of_results(const json_t *results,
                          const struct detail_style *style)
{
    struct document document = {0};
    struct error ignored = {0};

    if (document_open(&document, &ignored) != 0) {
        return NULL;
    }
    for (size_t i = 0; i < json_array_size(results); i++) {
        fputs(i > 0 ? "\n" : "", document.out);
        put_summary(document.out, json_array_get(results, i), style);
    }
    return end_text(&document, style->max_bytes);
}

int detail_dump(json_t *document, char **text, size_t *nbytes,
                struct error *err)
{
    const size_t style = JSON_INDENT(2) | JSON_REAL_PRECISION(9);
    size_t n = document ? json_dumpb(document, NULL, 0, style) : 0;

    *text = n > 0 ? malloc(n + 2) : NULL;
    if (*text) {
        json_dumpb(document, *text, n, style);
        memcpy(*text + n, "\n", 2);
        *nbytes = n + 1;
    }
    json_decref(document);
    return *text ? 0 : fail(err, ERROR_INFRA, "out of memory");
}

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

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static json_int_t whole_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static bool is_word(const json_t *object, const char *key, const char *word)
{
    const char *text = text_of(object, key);

    return text && strcmp(text, word) == 0;
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
                            text_of(result, "lab"));
            }
        }
    }
    return 0;
}

void detail_sum(const json_t *results, struct detail_sums *out)
{
    *out = (struct detail_sums){0, 0, 0};
    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *result = json_array_get(results, i);
        out->score += whole_of(result, "score");
        out->max += whole_of(result, "max");
        out->ungraded += whole_of(result, "ungraded");
    }
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

const char *detail_pick(const json_t *languages,
                        const struct detail_style *style)
{
    return text_of(languages, style->chinese ? "zh" : "en");
}

json_t *detail_line(const char *text, size_t max_bytes)
{
    char *clean = text_sanitise_line(text, strlen(text), max_bytes);
    json_t *json = clean ? json_string(clean) : NULL;

    free(clean);
    return json;
}

json_t *detail_title(const json_t *results, const json_t *result,
                     const json_t *test, const struct detail_style *style)
{
    char *both = NULL;
    json_t *json = NULL;
    const char *title = detail_pick(json_object_get(test, "title"), style);

    if (json_array_size(results) == 1) {
        return detail_line(title, TITLE_BYTES);
    }
    if (asprintf(&both, "%s: %s",
                 detail_pick(json_object_get(result, "title"), style),
                 title) < 0) {
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

bool detail_passed(const json_t *test)
{
    return is_word(test, "status", "pass");
}

bool detail_is_refused(const json_t *result)
{
    const json_t *refused = json_object_get(result, "refused");

    return json_is_object(refused) && !is_word(refused, "word", "INFRA");
}

bool detail_is_undecided(const json_t *result, const json_t *test)
{
    return is_word(test, "status", "infra-error") ||
           (is_word(test, "status", "not-run") && !detail_is_refused(result));
}

static const char *verdict(const json_t *test, const struct detail_style *style)
{
    static const struct {
        const char *status;
        struct words words;
    } verdicts[] = {
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

    for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
        if (is_word(test, "status", verdicts[i].status)) {
            return say(&verdicts[i].words, style);
        }
    }
    return NULL;
}

/* --- writing texts ---------------------------------------------------------
 */

/* A text that grows, and is sanitised in the end. */
struct draft {
    FILE *out;
    char *bytes;
    size_t nbytes;
};

static bool draft_begin(struct draft *draft)
{
    draft->out = open_memstream(&draft->bytes, &draft->nbytes);
    return draft->out != NULL;
}

static json_t *draft_end(struct draft *draft, size_t max_bytes)
{
    char *clean = NULL;
    json_t *json = NULL;

    if (fclose(draft->out) == 0) {
        while (draft->nbytes > 0 && draft->bytes[draft->nbytes - 1] == '\n') {
            draft->nbytes--;
        }
        clean = text_sanitise(draft->bytes, draft->nbytes, max_bytes);
    }
    if (clean) {
        json = json_string(clean);
    }
    free(clean);
    free(draft->bytes);
    return json;
}

/* "label: text", if there is a text. */
static void put_labelled(FILE *out, const struct words *label, const char *text,
                         const struct detail_style *style)
{
    if (text && text[0]) {
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
            put_labelled(out, &parts[k].label,
                         text_of(json_array_get(messages, i), parts[k].key),
                         style);
        }
    }
}

json_t *detail_of_test(const json_t *result, const json_t *test,
                       const struct detail_style *style)
{
    static const struct words hung = {"the call that did not return",
                                      "没有返回的调用"};
    static const struct words hint = {"Think of", "提示"};
    struct draft draft = {NULL, NULL, 0};
    bool passed = detail_passed(test);
    const char *said = verdict(test, style);

    if (!draft_begin(&draft)) {
        return NULL;
    }
    if (said) {
        fprintf(draft.out, "%s\n", said);
    }
    if (!passed && (!detail_is_hidden(test) || style->reveal)) {
        put_messages(draft.out, test, style);
        put_labelled(draft.out, &hung, text_of(test, "hung_in"), style);
        if (text_of(test, "oops")) {
            fprintf(draft.out, "%s\n", text_of(test, "oops"));
        }
    }
    if (!passed && !detail_is_refused(result)) {
        put_labelled(draft.out, &hint,
                     detail_pick(json_object_get(test, "hint"), style), style);
    }
    return draft_end(&draft, style->max_bytes);
}

static void put_score(FILE *out, const json_t *result,
                      const struct detail_style *style)
{
    json_int_t ungraded = whole_of(result, "ungraded");

    fprintf(out,
            style->chinese ? "%s：%lld / %lld 分\n"
                           : "%s: %lld of %lld points\n",
            detail_pick(json_object_get(result, "title"), style),
            (long long)whole_of(result, "score"),
            (long long)whole_of(result, "max"));
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
    put_labelled(out, detail_is_refused(result) ? &refused : &fault,
                 text_of(json_object_get(result, "refused"), "reason"), style);
    if (is_word(build, "status", "build-failed")) {
        put_labelled(out, &failed, text_of(build, "messages"), style);
    } else if (text_of(build, "messages") && text_of(build, "messages")[0]) {
        fprintf(out, "%s\n", text_of(build, "messages"));
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
    struct draft draft = {NULL, NULL, 0};

    if (!draft_begin(&draft)) {
        return NULL;
    }
    put_summary(draft.out, result, style);
    return draft_end(&draft, style->max_bytes);
}

json_t *detail_of_results(const json_t *results,
                          const struct detail_style *style)
{
    struct draft draft = {NULL, NULL, 0};

    if (!draft_begin(&draft)) {
        return NULL;
    }
    for (size_t i = 0; i < json_array_size(results); i++) {
        fputs(i > 0 ? "\n" : "", draft.out);
        put_summary(draft.out, json_array_get(results, i), style);
    }
    return draft_end(&draft, style->max_bytes);
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

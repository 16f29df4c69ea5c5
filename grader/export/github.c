/*
 * GitHub annotations: a command a line, for a step's output.
 *
 * GitHub shows ten errors, ten warnings and ten notices of a step and drops
 * the rest without a word; so the tenth says how many more there are. Of each
 * result those come first that are about a line of the student's code.
 */
#include "export.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "findings.h"
#include "workflow.h"
#include "results.h"
#include "text.h"

#define DETAIL_BYTES_MAX 4000 /* an annotation holds 64 KB; people, less */

enum level {
    LEVEL_ERROR,
    LEVEL_WARNING,
    LEVEL_NOTICE,
};

#define LEVELS 3

static const char *const level_words[LEVELS] = {"error", "warning", "notice"};

/* Everything that is to be said is counted first and printed then. */
struct annotations {
    FILE *out; /* NULL while counting */
    unsigned min_score;
    const char *language;
    size_t wanted[LEVELS], printed[LEVELS];
};

struct annotation {
    enum level level;
    const struct finding *place; /* or NULL */
    const char *title, *text;
};

static void print_annotation(FILE *out, const struct annotation *what)
{
    fprintf(out, "::%s ", level_words[what->level]);
    if (what->place) {
        fputs("file=", out);
        workflow_print_property(out, what->place->path);
        if (what->place->line > 0) {
            fprintf(out, ",line=%u", what->place->line);
        }
        if (what->place->column > 0) {
            fprintf(out, ",col=%u", what->place->column);
        }
        putc(',', out);
    }
    fputs("title=", out);
    workflow_print_property(out, what->title);
    fputs("::", out);
    workflow_print_data(out, what->text);
    putc('\n', out);
}

static void say(struct annotations *all, const struct annotation *what)
{
    size_t most = WORKFLOW_ANNOTATIONS;
    size_t wanted = all->wanted[what->level];
    size_t printed = all->printed[what->level];
    char rest[100];
    struct annotation more = {
        .level = what->level, .title = "mmgrade", .text = rest};

    if (!all->out) {
        all->wanted[what->level]++;
        return;
    }
    if (printed >= most) {
        return;
    }
    all->printed[what->level]++;
    if (printed + 1 == most && wanted > most) {
        snprintf(rest, sizeof(rest), "and %zu more: see the job summary",
                 wanted - printed);
        print_annotation(all->out, &more);
    } else {
        print_annotation(all->out, what);
    }
}

/* --- what there is to say --------------------------------------------------
 */

static const char *title_of(const struct finding *found, const char *language)
{
    switch (found->kind) {
    case FINDING_BUILD_ERROR:
        return "does not build";
    case FINDING_BUILD_WARNING:
        return "compiler warning";
    default:
        return results_localised(found->test, "title", language);
    }
}

static int say_findings(struct annotations *all, const char *title,
                        const struct findings *findings, struct error *err)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *found = &findings->list[i];
        struct annotation what = {
            .level = found->kind == FINDING_BUILD_WARNING ? LEVEL_WARNING
                                                          : LEVEL_ERROR,
            .place = found,
            .text = found->text,
        };
        char *whole = NULL;

        if (asprintf(&whole, "%s: %s", title, title_of(found, all->language)) <
            0) {
            return fail(err, ERROR_INFRA, "out of memory");
        }
        what.title = whole;
        say(all, &what);
        free(whole);
    }
    return 0;
}

static bool is_found(const struct findings *findings, const json_t *test)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (findings->list[i].test == test) {
            return true;
        }
    }
    return false;
}

/* Where the result as a whole is an error: refused, or nothing to test. */
static bool whole_error(const json_t *result, const struct findings *findings,
                        const char **text)
{
    const json_t *refused = json_object_get(result, "refused");
    const json_t *build = json_object_get(result, "build");

    *text = NULL;
    if (json_is_object(refused)) {
        *text = results_text(refused, "reason");
        return true;
    }
    if (strcmp(results_text(build, "status"), "build-failed") == 0) {
        for (size_t i = 0; i < findings->count; i++) {
            if (findings->list[i].kind == FINDING_BUILD_ERROR) {
                return true; /* said, with its line */
            }
        }
        *text = results_text(build, "messages");
        return true;
    }
    return false;
}

static int say_test(struct annotations *all, const char *title,
                    const json_t *result, const json_t *test, struct error *err)
{
    const char *oops = results_text(test, "oops");
    char *whole_detail = results_detail(result, test, all->language);
    char *detail = whole_detail
                       ? text_sanitise(whole_detail, strlen(whole_detail),
                                       DETAIL_BYTES_MAX)
                       : NULL;
    char *whole = NULL;
    struct annotation what = {.level = LEVEL_ERROR};

    free(whole_detail);
    if (!detail ||
        asprintf(&whole, "%s: %s", title,
                 results_localised(test, "title", all->language)) < 0) {
        free(detail);
        return fail(err, ERROR_INFRA, "out of memory");
    }
    what.title = whole;
    what.text = *oops != '\0' && *detail == '\0' ? oops : detail;
    say(all, &what);
    free(whole);
    free(detail);
    return 0;
}

static int say_tests(struct annotations *all, const char *title,
                     const json_t *result, const struct findings *findings,
                     struct error *err)
{
    const json_t *test = NULL;
    size_t i = 0;
    int rc = 0;

    json_array_foreach(json_object_get(result, "tests"), i, test)
    {
        enum verdict verdict = results_verdict(result, test);
        bool bad = verdict == VERDICT_FAILED || verdict == VERDICT_UNDECIDED;

        if (rc == 0 && bad && !is_found(findings, test)) {
            rc = say_test(all, title, result, test, err);
        }
    }
    return rc;
}

static int say_score(struct annotations *all, const char *title,
                     const json_t *result, struct error *err)
{
    struct document score = {0};
    char *text = NULL;
    size_t nbytes = 0;
    int rc = document_open(&score, err);

    if (rc == 0) {
        results_print_score(score.out, result);
        rc = document_close(&score, &text, &nbytes, err);
    }
    if (rc == 0) {
        say(all, &(struct annotation){
                     .level = LEVEL_NOTICE, .title = title, .text = text});
        free(text);
    }
    return rc;
}

static void say_below(struct annotations *all, const char *title,
                      const json_t *result)
{
    char text[100];

    if (results_below(result, all->min_score)) {
        snprintf(text, sizeof(text), "%lld of %lld points is below %u",
                 (long long)results_whole(result, "score"),
                 (long long)results_whole(result, "max"), all->min_score);
        say(all, &(struct annotation){
                     .level = LEVEL_ERROR, .title = title, .text = text});
    }
}

static int say_result(struct annotations *all, const json_t *results, size_t i,
                      struct error *err)
{
    const json_t *result = json_array_get(results, i);
    struct findings findings = {0};
    char *title = results_title(results, i);
    const char *text = NULL;
    int rc = title ? findings_collect(result, &findings, err)
                   : fail(err, ERROR_INFRA, "out of memory");

    if (rc == 0) {
        rc = say_score(all, title, result, err);
    }
    if (rc == 0) {
        say_below(all, title, result);
        rc = say_findings(all, title, &findings, err);
    }
    if (rc == 0 && !whole_error(result, &findings, &text)) {
        rc = say_tests(all, title, result, &findings, err);
    }
    if (rc == 0 && text) {
        say(all, &(struct annotation){
                     .level = LEVEL_ERROR, .title = title, .text = text});
    }
    findings_free(&findings);
    free(title);
    return rc;
}

static int say_all(struct annotations *all, const json_t *results,
                   struct error *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < json_array_size(results); i++) {
        rc = say_result(all, results, i, err);
    }
    return rc;
}

static int write_github(const json_t *input,
                        const struct export_options *options, char **text,
                        size_t *nbytes, struct error *err)
{
    struct annotations all = {.language = options->language,
                              .min_score = options->min_score};
    struct document document = {0};
    int rc = results_check(input, err);

    if (rc == 0) {
        rc = say_all(&all, input, err);
    }
    if (rc == 0) {
        rc = document_open(&document, err);
    }
    if (rc != 0) {
        return rc;
    }
    all.out = document.out;
    rc = say_all(&all, input, err);
    if (rc != 0) {
        fclose(document.out);
        free(document.text);
        return rc;
    }
    return document_close(&document, text, nbytes, err);
}

const struct export_format export_github = {
    .name = "github",
    .summary = "GitHub annotations: workflow commands for a step's output",
    .write = write_github,
};

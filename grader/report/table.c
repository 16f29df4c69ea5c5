/*
 * Results for people: the table of a lab's tests with what went wrong below
 * it, and the score table of several submissions.
 *
 * Everything printed here was sanitised when it came in (record.c, build.c,
 * submission.c) or is sanitised by result.c; lab texts are the instructor's.
 */
#include "result.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "cell.h"
#include "text.h"

#define MIN_COLUMNS   60
#define LABEL_COLUMNS 10
#define INDENT        4

static void print_field(FILE *out, const char *label, const char *text,
                        unsigned columns)
{
    if (text && text[0] != '\0') {
        fprintf(out, "%*s%-*s", INDENT, "", LABEL_COLUMNS, label);
        cell_print_wrapped(out, text, INDENT + LABEL_COLUMNS, columns);
    }
}

/* --- one lab ---------------------------------------------------------------
 */

static const char *status_colour(enum test_status status)
{
    switch (status) {
    case TEST_PASS:
        return "\033[32m";
    case TEST_NOT_IMPLEMENTED:
    case TEST_NOT_RUN:
    case TEST_INFRA_ERROR:
        return "\033[33m";
    default:
        return "\033[31m";
    }
}

static void print_status(FILE *out, enum test_status status, unsigned columns,
                         bool colour)
{
    fputs(colour ? status_colour(status) : "", out);
    cell_print(out, test_status_word(status), columns);
    fputs(colour ? "\033[0m" : "", out);
}

static unsigned name_columns(const struct lab *lab)
{
    size_t longest = strlen("test");

    for (size_t i = 0; i < lab->ntests; i++) {
        size_t n = strlen(lab->tests[i].name);
        longest = n > longest ? n : longest;
    }
    return (unsigned)longest;
}

/* Did any test run? If not, it is worth showing that none did. */
static bool anything_ran(const struct result *result)
{
    return result_count(result, TEST_NOT_RUN) < result->lab->ntests;
}

/* The summary counts those that were not run; they get no line here. */
static void print_tests(const struct result *result, FILE *out,
                        const struct table_style *style)
{
    const unsigned status_columns = 15;
    const unsigned points_columns = 7;
    const unsigned gaps = 3 * 2;
    const unsigned least = 24; /* a title cut shorter than this says nothing */
    unsigned names = name_columns(result->lab);
    unsigned used = names + status_columns + points_columns + gaps;
    unsigned titles =
        style->columns > used + least ? style->columns - used : least;

    fprintf(out, "%-*s  %-*s  %*s  %s\n", (int)names, "test",
            (int)status_columns, "verdict", (int)points_columns, "points",
            "title");
    for (size_t i = 0; i < result->lab->ntests; i++) {
        const struct lab_test *test = &result->lab->tests[i];
        enum test_status status = result_status(result, i);

        if (status == TEST_NOT_RUN && anything_ran(result)) {
            continue;
        }
        fprintf(out, "%-*s  ", (int)names, test->name);
        print_status(out, status, status_columns, style->colour);
        fprintf(out, "  %3u/%-3u  ", status == TEST_PASS ? test->points : 0,
                test->points);
        cell_print_last(out, test->title.en, titles);
    }
}

static void print_message(FILE *out, const struct record_message *message,
                          unsigned columns)
{
    print_field(out, "did", message->did, columns);
    print_field(out, "expected", message->expected, columns);
    print_field(out, "seen", message->seen, columns);
    print_field(out, "where", message->where, columns);
    print_field(out, "hint", message->hint, columns);
}

static void print_failure(const struct result *result, size_t i, FILE *out,
                          const struct table_style *style)
{
    const struct lab_test *test = &result->lab->tests[i];
    const struct record_test *record = result_test(result, i);
    bool detailed = result_shows_detail(result, i, style->audience);

    fprintf(out, "\n%s: %s%s\n", test->name,
            test_status_word(result_status(result, i)),
            test->visibility == LAB_HIDDEN ? " (hidden test)" : "");
    print_field(out, "title", test->title.en, style->columns);
    if (record && detailed) {
        for (size_t k = 0; k < record->nmessages; k++) {
            print_message(out, &record->messages[k], style->columns);
        }
        print_field(out, "hung in", record->hung_in, style->columns);
        print_field(out, "oops", record->oops, style->columns);
    }
    /* The student can do nothing about a fault of ours. */
    if (result_status(result, i) != TEST_INFRA_ERROR) {
        print_field(out, "hint", test->hint.en, style->columns);
    }
}

static bool is_failure(enum test_status status)
{
    return status != TEST_PASS && status != TEST_NOT_RUN &&
           status != TEST_BUILD_FAILED;
}

static void print_summary(const struct result *result, FILE *out,
                          const struct table_style *style)
{
    char *reason = result_reason(result, style->audience);

    fprintf(out, "%s: %u of %u points", result->lab->name, result->score,
            result->max);
    if (result->ungraded > 0) {
        fprintf(out, ", %u undecided", result->ungraded);
    }
    fprintf(out, "\n%*s", INDENT, "");
    cell_print_wrapped(out, reason ? reason : "out of memory", INDENT,
                       style->columns);
    if (!result->sandboxed) {
        fprintf(out, "%*sThis was run without a sandbox (--sandbox=none).\n",
                INDENT, "");
    }
    free(reason);
}

static void print_head(const struct result *result, FILE *out, unsigned columns)
{
    const struct submission *submission = result->submission;
    char *origin = result_origin(result, RESULT_STAFF);

    fprintf(out, "%s: %s\n", result->lab->name, result->lab->title.en);
    fprintf(out, "%s", origin ? origin : "");
    if (submission && submission->commit) {
        fprintf(out, " at commit %.12s of %s", submission->commit,
                submission->commit_time ? submission->commit_time : "?");
    }
    fputc('\n', out);
    for (size_t i = 0; submission && i < submission->nnotes; i++) {
        print_field(out, "note", submission->notes[i], columns);
    }
    fputc('\n', out);
    free(origin);
}

/* A text of several lines and one empty line. */
static void print_block(FILE *out, const char *text)
{
    size_t n = strlen(text);

    while (n > 0 && text[n - 1] == '\n') {
        n--;
    }
    fprintf(out, "%.*s\n\n", (int)n, text);
}

int result_print_table(const struct result *result, FILE *out,
                       const struct table_style *style)
{
    struct table_style fitted = *style;

    if (fitted.columns < MIN_COLUMNS) {
        fitted.columns = MIN_COLUMNS;
    }
    print_head(result, out, fitted.columns);
    if (result->refused.kind == ERROR_NONE) {
        if (result->build && result->build->status == BUILD_FAILED) {
            print_block(out, result->build->messages);
        }
        print_tests(result, out, &fitted);
        for (size_t i = 0; i < result->lab->ntests; i++) {
            if (is_failure(result_status(result, i))) {
                print_failure(result, i, out, &fitted);
            }
        }
    }
    if (result->refused.kind == ERROR_NONE) {
        fputc('\n', out);
    }
    print_summary(result, out, &fitted);
    return ferror(out) ? -1 : 0;
}

/* --- several submissions ---------------------------------------------------
 */

/* The last part of a path: what tells one submission from the next. */
static char *short_name(const struct result *result)
{
    char *origin = result_origin(result, RESULT_STAFF);
    char *slash = NULL;

    if (!origin) {
        return NULL;
    }
    size_t n = strlen(origin);
    while (n > 1 && origin[n - 1] == '/') {
        origin[--n] = '\0';
    }
    slash = strrchr(origin, '/');
    if (slash && slash[1] != '\0') {
        memmove(origin, slash + 1, strlen(slash + 1) + 1);
    }
    return origin;
}

struct score_columns {
    unsigned name, lab, score;
};

static struct score_columns fit_scores(const struct result *const *results,
                                       size_t count)
{
    const unsigned widest_name = 40;
    struct score_columns fit = {
        .name = (unsigned)strlen("submission"),
        .lab = (unsigned)strlen("lab"),
        .score = (unsigned)strlen("100 of 100"),
    };

    for (size_t i = 0; i < count; i++) {
        char *name = short_name(results[i]);
        unsigned width = name ? cell_columns(name, strlen(name)) : 0;
        unsigned lab = (unsigned)strlen(results[i]->lab->name);

        fit.name = width > fit.name ? width : fit.name;
        fit.lab = lab > fit.lab ? lab : fit.lab;
        free(name);
    }
    fit.name = fit.name > widest_name ? widest_name : fit.name;
    return fit;
}

static void print_score(const struct result *result, FILE *out,
                        const struct score_columns *fit,
                        const struct table_style *style)
{
    char *name = short_name(result);
    char *reason = result_reason(result, style->audience);

    cell_print(out, name ? name : "", fit->name);
    fprintf(out, "  %-*s  ", (int)fit->lab, result->lab->name);
    if (result->graded) {
        fprintf(out, "%3u of %3u  ", result->score, result->max);
    } else {
        cell_print(out, "not graded", fit->score);
        fputs("  ", out);
    }
    cell_print_wrapped(out, reason ? reason : "",
                       fit->name + fit->lab + fit->score + 3 * 2,
                       style->columns);
    free(reason);
    free(name);
}

int result_print_scores(const struct result *const *results, size_t count,
                        FILE *out, const struct table_style *style)
{
    struct score_columns fit = fit_scores(results, count);

    fprintf(out, "%-*s  %-*s  %-*s  %s\n", (int)fit.name, "submission",
            (int)fit.lab, "lab", (int)fit.score, "score", "reason");
    for (size_t i = 0; i < count; i++) {
        print_score(results[i], out, &fit, style);
    }
    return ferror(out) ? -1 : 0;
}

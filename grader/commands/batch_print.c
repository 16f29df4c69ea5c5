/*
 * What came of a batch, for people and for programs.
 */
#include "batch_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "moment.h"
#include "text.h"

#define TEXT_BYTES   600
#define LINE_COLUMNS 79

/* --- what came of it -------------------------------------------------------
 */

/* Texts of students' are harmless by now; this is for the rest. */
static void print_text(const char *text)
{
    char *clean = text_sanitise_line(text, strlen(text), TEXT_BYTES);

    fputs(clean ? clean : "?", stdout);
    free(clean);
}

static void print_notes(const struct batch_report *report,
                        enum progress_state state, const char *title)
{
    if (report->states[state] == 0) {
        return;
    }
    printf("\n%s\n", title);
    for (size_t i = 0; i < report->nnotes; i++) {
        const struct batch_note *note = &report->notes[i];
        if (note->state != state) {
            continue;
        }
        printf("  ");
        print_text(note->student);
        printf("  %s  ", note->lab);
        print_text(note->reason);
        putchar('\n');
    }
}

/* Sentences, a line each. */
static void print_sentences(char *const *texts, const char *lab,
                            const char *title)
{
    if (!texts || !texts[0]) {
        return;
    }
    printf("\n%s, %s:\n", lab, title);
    for (size_t i = 0; texts[i]; i++) {
        fputs("  ", stdout);
        print_text(texts[i]);
        putchar('\n');
    }
}

/* Ids, as many on a line as it holds. */
static void print_ids(char *const *ids, const char *lab, const char *title)
{
    size_t used = LINE_COLUMNS;

    if (!ids || !ids[0]) {
        return;
    }
    printf("\n%s, %s:", lab, title);
    for (size_t i = 0; ids[i]; i++) {
        if (used + strlen(ids[i]) + 1 > LINE_COLUMNS) {
            fputs("\n ", stdout);
            used = 1;
        }
        putchar(' ');
        print_text(ids[i]);
        used += strlen(ids[i]) + 1;
    }
    putchar('\n');
}

static void print_intakes(const struct batch_report *report)
{
    for (size_t i = 0; report->labs[i]; i++) {
        const struct intake *intake = &report->intakes[i];
        const char *lab = report->labs[i]->lab;
        print_ids(intake->missing, lab, "nothing handed in by");
        print_sentences(intake->unknown, lab, "of nobody in the roster");
        print_sentences(intake->ambiguous, lab,
                        "whose they are can't be said for sure");
    }
}

/* Those that are due are an error, too: cmd_batch.c. */
static void print_unread(const struct batch_report *report)
{
    char due[MOMENT_BYTES];

    if (report->nunread > 0) {
        printf("\nnot graded, since what was handed in could not be read (the "
               "same command grades\nit once it can; --lab LAB: nothing "
               "else):\n");
    }
    for (size_t i = 0; i < report->nunread; i++) {
        const struct batch_unread *unread = &report->unread[i];
        moment_format_local(unread->lab->due, report->course->time_zone, due);
        printf("  --lab %s  %s %s  ", unread->lab->lab,
               unread->due ? "was due" : "due", due);
        print_text(unread->why);
        putchar('\n');
    }
}

static void print_totals(const struct batch_report *report)
{
    double seconds = report->seconds;

    printf("%zu of %zu submissions in %.*f s: %zu graded, %zu refused, %zu "
           "ungraded\n",
           report->done, report->total, seconds < 10 ? 1 : 0, seconds,
           report->states[PROGRESS_GRADED], report->states[PROGRESS_REFUSED],
           report->states[PROGRESS_UNGRADED]);
    printf("run: %zu, from the cache: %zu, unchanged: %zu\n",
           report->sources[SOURCE_RUN], report->sources[SOURCE_CACHE],
           report->sources[SOURCE_BOOK]);
    if (report->sources[SOURCE_KEPT] > 0) {
        printf("unchanged, but graded with other tests, tools or secret than "
               "now: %zu;\n--regrade grades them again\n",
               report->sources[SOURCE_KEPT]);
    }
}

void batch_print(const struct batch_report *report)
{
    print_totals(report);
    print_notes(report, PROGRESS_REFUSED,
                "refused, a zero each until something else is handed in:");
    print_notes(report, PROGRESS_UNGRADED,
                "ungraded, by a fault of this machine or of mmgrade; the same "
                "command runs these\nagain (--retry-infra: nothing else):");
    print_intakes(report);
    print_unread(report);
    printf("\ngradebook: ");
    print_text(report->course->gradebook);
    putchar('\n');
}

/* --- the same as JSON ------------------------------------------------------
 */

static json_t *text_json(const char *text)
{
    char *clean = text_sanitise_line(text, strlen(text), TEXT_BYTES);
    json_t *json = json_string(clean ? clean : "");

    free(clean);
    return json;
}

static json_t *texts_json(char *const *texts)
{
    json_t *list = json_array();

    for (size_t i = 0; list && texts && texts[i]; i++) {
        json_array_append_new(list, text_json(texts[i]));
    }
    return list;
}

static json_t *unread_json(const struct batch_report *report)
{
    json_t *list = json_array();
    char due[MOMENT_BYTES];

    for (size_t i = 0; list && i < report->nunread; i++) {
        const struct batch_unread *unread = &report->unread[i];
        moment_format(unread->lab->due, due);
        json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:o}", "lab",
                                              unread->lab->lab, "due", due,
                                              "is_due", unread->due, "reason",
                                              text_json(unread->why)));
    }
    return list;
}

static bool is_unread(const struct batch_report *report,
                      const struct course_lab *lab)
{
    bool found = false;

    for (size_t i = 0; i < report->nunread; i++) {
        found |= report->unread[i].lab == lab;
    }
    return found;
}

static json_t *intakes_json(const struct batch_report *report)
{
    json_t *labs = json_array();

    for (size_t i = 0; labs && report->labs[i]; i++) {
        const struct intake *intake = &report->intakes[i];
        if (is_unread(report, report->labs[i])) {
            continue;
        }
        json_array_append_new(
            labs, json_pack("{s:s, s:o, s:o, s:o}", "lab", report->labs[i]->lab,
                            "missing", texts_json(intake->missing), "unknown",
                            texts_json(intake->unknown), "ambiguous",
                            texts_json(intake->ambiguous)));
    }
    return labs;
}

void batch_print_json(const struct batch_report *report)
{
    const size_t *states = report->states;
    const size_t *sources = report->sources;
    json_t *json = json_pack(
        "{s:s, s:I, s:I, s:b, s:f, s:I, s:I, s:I, s:{s:I, s:I, s:I, s:I},"
        " s:{s:I, s:I, s:I}, s:o, s:o}",
        "event", "end", "done", (json_int_t)report->done, "total",
        (json_int_t)report->total, "interrupted", report->signal_number != 0,
        "seconds", report->seconds, "graded",
        (json_int_t)states[PROGRESS_GRADED], "refused",
        (json_int_t)states[PROGRESS_REFUSED], "ungraded",
        (json_int_t)states[PROGRESS_UNGRADED], "sources", "run",
        (json_int_t)sources[SOURCE_RUN], "cache",
        (json_int_t)sources[SOURCE_CACHE], "book",
        (json_int_t)sources[SOURCE_BOOK], "kept",
        (json_int_t)sources[SOURCE_KEPT], "memory_kib", "batch",
        (json_int_t)report->batch_kib, "worker", (json_int_t)report->worker_kib,
        "program", (json_int_t)report->child_kib, "labs", intakes_json(report),
        "unread", unread_json(report));

    if (json) {
        json_dumpf(json, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
        putchar('\n');
    }
    json_decref(json);
}

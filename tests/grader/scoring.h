/*
 * What the tests of a class's scores share: two students and two labs of the
 * kit in miniature, handing in, and asking for scores.
 */
#ifndef TESTS_GRADER_SCORING_H
#define TESTS_GRADER_SCORING_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "booking.h"
#include "running.h"
#include "score.h"

#define DUE 1000000
#define DAY 86400

static struct student students[] = {
    {"s1", "Ann", "ann", "ann@example.org", "A"},
    {"s2", "Bob", "", "", ""},
};
static const struct roster roster = {students, 2};
static struct course_lab course_labs[] = {
    {.lab = "lab0-toy", .due = DUE, .weight = 1},
    {.lab = "lab1-more", .due = DUE + 10 * DAY, .weight = 2},
};
static struct course_extension extensions[1];
static struct course course;
static struct book *book;
static struct error err;
static json_t *json; /* what was asked for last */
static char *root;

static inline void setup_class(void)
{
    setup();
    root = inside("kit");
    char *path = inside("grades.db");
    book = open_book(path, BOOK_WRITE);
    free(path);
    for (size_t i = 0; i < sizeof(toy_files) / sizeof(toy_files[0]); i++) {
        if (strcmp(toy_files[i].path, "assignments/lab0-toy/lab.yaml") == 0) {
            write_text("kit/assignments/lab1-more/lab.yaml", toy_files[i].text);
        }
    }
    course = (struct course){
        .id = "os2026",
        .name = {"Operating systems", "操作系统"},
        .time_zone = "Asia/Shanghai",
        .labs = course_labs,
        .nlabs = 2,
        .policy = {.attempt = ATTEMPT_LAST,
                   .grace_minutes = 10,
                   .penalty_percent = 15,
                   .cap_percent = 100,
                   .max_days = 30},
        .extensions = extensions,
        .visibility = VISIBLE_AFTER_DUE,
    };
}

static inline void teardown_class(void)
{
    json_decref(json);
    book_close(book);
    free(root);
    teardown();
}

/* --- asking ----------------------------------------------------------------
 */

static inline void ask_class(enum result_audience audience, int64_t now)
{
    json_decref(json);
    cr_assert(score_class(book, &course, &roster, root, audience, now, &json,
                          &err) == 0,
              "%s", err.message);
}

static inline void ask_student(const char *id, enum result_audience audience,
                               int64_t now)
{
    json_decref(json);
    cr_assert(score_student(book, &course, &roster, root, id, audience, now,
                            &json, &err) == 0,
              "%s", err.message);
}

static inline const json_t *student_json(size_t i)
{
    return json_array_get(json_object_get(json, "students"), i);
}

/* The student's lab in the class. */
static inline const json_t *cell(size_t student, size_t lab)
{
    return json_array_get(json_object_get(student_json(student), "labs"), lab);
}

/* The value under the key, as JSON text: "85.5", "\"graded\"", "null". */
static inline void expect_value(const json_t *object, const char *key,
                                const char *wanted)
{
    char *text =
        json_dumps(json_object_get(object, key),
                   JSON_ENCODE_ANY | JSON_REAL_PRECISION(6) | JSON_COMPACT);

    cr_expect(text && strcmp(text, wanted) == 0, "%s: expected %s, got %s", key,
              wanted, text ? text : "nothing");
    free(text);
}

static inline char *dump(void)
{
    char *text = json_dumps(json, JSON_INDENT(1) | JSON_ENSURE_ASCII);

    cr_assert_not_null(text, "no JSON");
    return text;
}

static inline void expect_nowhere(const char *part)
{
    char *text = dump();

    cr_expect(!strstr(text, part), "'%s' is told:\n%s", part, text);
    free(text);
}

static inline void expect_somewhere(const char *part)
{
    char *text = dump();

    cr_expect(strstr(text, part), "'%s' is not told:\n%s", part, text);
    free(text);
}

/* An attempt of the student's at the first lab: one passes, two as said. */
static inline void hand_in(const char *student, const char *hash,
                           int64_t submitted, const char *two)
{
    add_to(book, an_archive(student, hash, submitted,
                            toy_outcome(hash, "pass", two)));
}

/* What a look at the first lab's submissions saw of the student. */
static inline void see(const char *student, enum look_seen seen,
                       const char *note, int64_t at)
{
    look_at(book, student, at, seen, note);
}

/* A look at both labs at that time found nothing of the student's. */
static inline void see_nothing(const char *student, int64_t at)
{
    const struct look more = {.student = (char *)student,
                              .lab = "lab1-more",
                              .at = at,
                              .seen = LOOK_MISSING};

    see(student, LOOK_MISSING, NULL, at);
    cr_assert(book_look(book, &more, 1, &err) == 0, "%s", err.message);
}

static inline void give(const char *student, unsigned points, bool withdrawn)
{
    const struct override override = {.student = (char *)student,
                                      .lab = "lab0-toy",
                                      .points = points,
                                      .withdrawn = withdrawn,
                                      .note = "oral exam",
                                      .by = "Dr. Wu",
                                      .at = DUE};

    cr_assert(book_override(book, &override, 1, &err) == 0, "%s", err.message);
}

#endif

/*
 * What the tests of the gradebook share: outcomes, attempts and a gradebook in
 * a folder of the test's own.
 */
#ifndef TESTS_GRADER_BOOKING_H
#define TESTS_GRADER_BOOKING_H

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "book_private.h"
#include "moment.h"

/*
 * The outcome of a run of the lab on that content: what became of
 * toy::gives_one and toy::gives_two (toy_kit.h).
 */
static inline json_t *lab_outcome(const char *lab, const char *hash,
                                  const char *one, const char *two)
{
    json_t *json = json_pack(
        "{s:s, s:s, s:n, s:{s:s, s:s}, s:[{s:s, s:s, s:s, s:s, s:s, s:s, s:s},"
        " {s:s, s:s, s:[{s:s}]}, {s:s, s:s, s:[{s:s}]}]}",
        "schema", "mmgrade/outcome/v1", "sandbox", "bwrap", "refused", "build",
        "status", "ok", "messages", "", "record", "schema", "mmgrade/record/v1",
        "lab", lab, "content_hash", hash, "suite_hash", "5e17", "toolchain",
        "gcc", "qemu", "QEMU", "seed", "00", "test", "toy::gives_one", "status",
        one, "messages", "seen", "SAW-one", "test", "toy::gives_two", "status",
        two, "messages", "seen", "SAW-two");

    cr_assert_not_null(json, "no outcome");
    return json;
}

static inline json_t *toy_outcome(const char *hash, const char *one,
                                  const char *two)
{
    return lab_outcome("lab0-toy", hash, one, two);
}

static inline json_t *refused_outcome(const char *word, const char *reason)
{
    json_t *json =
        json_pack("{s:s, s:s, s:{s:s, s:s}, s:n, s:n}", "schema",
                  "mmgrade/outcome/v1", "sandbox", "bwrap", "refused", "word",
                  word, "reason", reason, "build", "record");

    cr_assert_not_null(json, "no outcome");
    return json;
}

static inline json_t *broken_outcome(void)
{
    json_t *json = json_pack(
        "{s:s, s:s, s:n, s:{s:s, s:s}, s:n}", "schema", "mmgrade/outcome/v1",
        "sandbox", "bwrap", "refused", "build", "status", "build-failed",
        "messages", "mm/toy.c:3:1: error: SECRET-FREE\n", "record");

    cr_assert_not_null(json, "no outcome");
    return json;
}

/* An archive with that content. Texts are borrowed; the outcome is not. */
static inline struct attempt an_archive(const char *student, const char *hash,
                                        int64_t submitted, json_t *outcome)
{
    return (struct attempt){.student = (char *)student,
                            .lab = "lab0-toy",
                            .submitted = submitted,
                            .graded_at = 5000,
                            .kind = "archive",
                            .origin = "work.zip",
                            .content_hash = (char *)hash,
                            .outcome = outcome};
}

/* Adds it, gives the outcome up, and says which number it got. */
static inline int64_t add_to(struct book *book, struct attempt attempt)
{
    struct error err = {0};
    int64_t number = 0;

    cr_assert(book_add(book, &attempt, &number, &err) == 0, "%s", err.message);
    json_decref(attempt.outcome);
    return number;
}

/* What a look at the toy lab's submissions saw of the student. */
static inline void look_at(struct book *book, const char *student, int64_t at,
                           enum look_seen seen, const char *note)
{
    const struct look look = {.student = (char *)student,
                              .lab = "lab0-toy",
                              .at = at,
                              .seen = seen,
                              .note = (char *)note};
    struct error err = {0};

    cr_assert(book_look(book, &look, 1, &err) == 0, "%s", err.message);
}

static inline struct book *open_book(const char *path, enum book_mode mode)
{
    struct book *book = NULL;
    struct error err = {0};

    cr_assert(book_open(path, "os2026", mode, &book, &err) == 0, "%s",
              err.message);
    return book;
}

/* One line an attempt: student, number, gradings, how many tests passed. */
static inline int list_attempt(void *context, const struct attempt *attempt,
                               struct error *ignored)
{
    FILE *out = context;
    const json_t *refused = json_object_get(attempt->outcome, "refused");
    const json_t *lines = json_object_get(attempt->outcome, "record");
    int passed = 0;

    (void)ignored;
    for (size_t i = 1; i < json_array_size(lines); i++) {
        const json_t *status =
            json_object_get(json_array_get(lines, i), "status");
        passed += strcmp(json_string_value(status), "pass") == 0;
    }
    fprintf(out, "%s #%lld g%lld ", attempt->student,
            (long long)attempt->number, (long long)attempt->gradings);
    if (json_is_object(refused)) {
        fprintf(out, "%s\n",
                json_string_value(json_object_get(refused, "reason")));
    } else {
        fprintf(out, "%d at %lld\n", passed, (long long)attempt->submitted);
    }
    return 0;
}

static inline char *list(struct book *book)
{
    struct error err = {0};
    char *text = NULL;
    size_t nbytes = 0;
    FILE *out = open_memstream(&text, &nbytes);

    cr_assert_not_null(out, "no memory");
    cr_assert(book_each(book, list_attempt, out, &err) == 0, "%s", err.message);
    fclose(out);
    return text;
}

static inline void expect_list(struct book *book, const char *wanted)
{
    char *text = list(book);

    cr_expect_str_eq(text, wanted, "expected:\n%s\ngot:\n%s", wanted, text);
    free(text);
}

static inline int64_t pass_both(struct book *book, const char *student,
                                const char *hash, int64_t submitted)
{
    return add_to(book, an_archive(student, hash, submitted,
                                   toy_outcome(hash, "pass", "pass")));
}

#endif

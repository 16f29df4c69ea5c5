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
 * The outcome of a run of lab0-toy (toy_kit.h) on that content: what became of
 * toy::gives_one and toy::gives_two.
 */
static inline json_t *toy_outcome(const char *hash, const char *one,
                                  const char *two)
{
    json_t *json = json_pack(
        "{s:s, s:s, s:n, s:{s:s, s:s}, s:[{s:s, s:s, s:s, s:s, s:s, s:s, s:s},"
        " {s:s, s:s, s:[{s:s}]}, {s:s, s:s, s:[{s:s}]}]}",
        "schema", "mmgrade/outcome/v1", "sandbox", "bwrap", "refused", "build",
        "status", "ok", "messages", "", "record", "schema", "mmgrade/record/v1",
        "lab", "lab0-toy", "content_hash", hash, "suite_hash", "5e17",
        "toolchain", "gcc", "qemu", "QEMU", "seed", "00", "test",
        "toy::gives_one", "status", one, "messages", "seen", "SAW-one", "test",
        "toy::gives_two", "status", two, "messages", "seen", "SAW-two");

    cr_assert_not_null(json, "no outcome");
    return json;
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

static inline struct book *open_book(const char *path, enum book_mode mode)
{
    struct book *book = NULL;
    struct error err = {0};

    cr_assert(book_open(path, "os2026", mode, &book, &err) == 0, "%s",
              err.message);
    return book;
}

#endif

/*
 * What the tests of mmgrade batch share: a class of the toy lab, running it,
 * and what a run leaves. What its submissions do is in toy_kit.h.
 */
#ifndef TESTS_GRADER_BATCHING_H
#define TESTS_GRADER_BATCHING_H

#include <criterion/criterion.h>
#include <string.h>
#include "book.h"
#include "running.h"

#define BATCH(...)                                                             \
    run("batch", "course.yaml", "--sandbox=none", __VA_ARGS__, NULL)

static inline void write_course(const char *gradebook)
{
    char *text = NULL;

    cr_assert(asprintf(&text,
                       "id: toys\n"
                       "name: {en: Toys, zh: 玩具}\n"
                       "time_zone: Asia/Shanghai\n"
                       "roster: roster.csv\n"
                       "gradebook: %s\n"
                       "labs:\n"
                       "  - lab: lab0-toy\n"
                       "    due: 2020-03-01T23:59:00+08:00\n"
                       "    weight: 1\n"
                       "    source: {layout: folder, where: work}\n",
                       gradebook) > 0,
              "out of memory");
    write_text("course.yaml", text);
    free(text);
}

static inline void hand_in(const char *student, const char *source)
{
    char *path = fixture_path("work", student);
    char *file = fixture_path(path, "mm/toy.c");

    write_text(file, source);
    free(file);
    free(path);
}

/* Ann has all of it, Ben half, Eve nothing; Zoe has handed in nothing. */
static inline void setup_class(void)
{
    setup();
    write_course("grades/toys.db");
    write_text("roster.csv", "id,name\n"
                             "ann,Ann\n"
                             "ben,王伟\n"
                             "eve,\"<script>\"\n"
                             "zoe,王伟\n");
    hand_in("ann", TOY_SOURCE("one two"));
    hand_in("ben", TOY_SOURCE("one"));
    hand_in("eve", TOY_SOURCE("stub"));
}

/* --- what a run leaves -----------------------------------------------------
 */

static inline void expect_not_there(const char *path)
{
    char *whole = inside(path);

    cr_expect(access(whole, F_OK) != 0, "%s is there", path);
    free(whole);
}

static inline void open_gate(void)
{
    write_text("kit/build/tests/suites/lab0-toy.open", "");
}

static inline int count_one(void *context, const struct attempt *attempt,
                            struct error *err)
{
    size_t *counts = context;

    (void)err;
    counts[0]++;
    counts[1] += (size_t)attempt->gradings;
    return 0;
}

/* Attempts in the gradebook, and how often they were graded in all. */
static inline void expect_attempts(size_t attempts, size_t gradings)
{
    char *path = inside("grades/toys.db");
    size_t counts[2] = {0, 0};
    struct error err = {0};
    struct book *book = NULL;

    cr_assert(book_open(path, "toys", BOOK_READ, &book, &err) == 0 &&
                  book_each(book, count_one, counts, &err) == 0,
              "%s", err.message);
    book_close(book);
    cr_expect(counts[0] == attempts && counts[1] == gradings,
              "expected %zu attempts, %zu gradings; got %zu, %zu", attempts,
              gradings, counts[0], counts[1]);
    free(path);
}

#endif

/*
 * What the tests of commands on a course share: the kit in miniature
 * (running.h) with a course of one lab and three students, of whom the first
 * was late, the second lost points and the third has handed in nothing.
 */
#ifndef TESTS_GRADER_TEACHING_H
#define TESTS_GRADER_TEACHING_H

#include "booking.h"
#include "running.h"

/* 2026-03-01T16:00:00Z */
#define DUE 1772380800

static const char course_yaml[] =
    "id: os2026\n"
    "name: {en: Operating systems, zh: 操作系统}\n"
    "time_zone: Asia/Shanghai\n"
    "roster: roster.csv\n"
    "gradebook: grades.db\n"
    "labs:\n"
    "  - lab: lab0-toy\n"
    "    due: 2026-03-02T00:00:00+08:00\n"
    "    source: {layout: folder, where: work}\n"
    "policy:\n"
    "  penalty_percent: 10\n"
    "visibility: never\n";
static const char roster_csv[] = "id,name,login\n"
                                 "1001,Ann Li,ann\n"
                                 "1002,张三,zhang\n"
                                 "1003,=HYPERLINK(1),bob\n";

static char *path; /* of the gradebook */

/* That it gave one, and what became of gives_two. */
static inline void hand_in(const char *student, const char *hash,
                           int64_t submitted, const char *two)
{
    struct book *book = open_book(path, BOOK_WRITE);

    add_to(book, an_archive(student, hash, submitted,
                            toy_outcome(hash, "pass", two)));
    book_close(book);
}

/* Somebody looked after the due time. */
static inline void see(const char *student, enum look_seen seen,
                       const char *note)
{
    struct book *book = open_book(path, BOOK_WRITE);

    look_at(book, student, DUE + 86400, seen, note);
    book_close(book);
}

static inline void setup_course(void)
{
    setup();
    path = inside("grades.db");
    write_text("course.yaml", course_yaml);
    write_text("roster.csv", roster_csv);
    hand_in("1001", "h1", DUE + 3600, "pass");
    hand_in("1002", "h2", DUE, "fail");
    see("1003", LOOK_MISSING, NULL);
}

static inline void teardown_course(void)
{
    free(path);
    teardown();
}

#endif

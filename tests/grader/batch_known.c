/*
 * Where a gradebook stands: a student's attempts at a lab are found among
 * those of many.
 */
#include "known.h"

#include <criterion/criterion.h>
#include "booking.h"
#include "fixture.h"

#define STUDENTS 50

static char *folder;
static struct book *book;
static struct known known;
static struct error err;

static void setup(void)
{
    folder = fixture_folder();
    char *path = fixture_path(folder, "grades.db");
    book = open_book(path, BOOK_WRITE);
    free(path);
}

static void teardown(void)
{
    known_clear(&known);
    book_close(book);
    fixture_remove(folder);
}

TestSuite(batch_known, .init = setup, .fini = teardown, .timeout = 60);

static void load(void)
{
    known_clear(&known);
    cr_assert(known_load(book, &known, &err) == 0, "%s", err.message);
}

static int64_t latest(const char *student, const char *lab)
{
    const struct known_attempt *found = known_latest(&known, student, lab);

    cr_expect(!found || (strcmp(found->student, student) == 0 &&
                         strcmp(found->lab, lab) == 0),
              "somebody else's was found for %s", student);
    return found ? found->number : 0;
}

static void hand_in(const char *student, const char *lab, const char *hash,
                    int64_t submitted)
{
    struct attempt attempt =
        an_archive(student, hash, submitted, toy_outcome(hash, "pass", "fail"));

    attempt.lab = (char *)lab;
    add_to(book, attempt);
}

Test(batch_known, empty_gradebook_has_nothing)
{
    load();
    cr_expect_eq(latest("ann", "lab0-toy"), 0, "none");
}

Test(batch_known, latest_attempt_is_found_among_many)
{
    char student[16];

    for (int i = 0; i < STUDENTS; i++) {
        snprintf(student, sizeof(student), "s%d", i);
        hand_in(student, "lab0-toy", "h1", 100);
        hand_in(student, i % 2 ? "lab0-toy" : "lab1-more", "h2", 200);
    }
    load();
    for (int i = 0; i < STUDENTS; i++) {
        snprintf(student, sizeof(student), "s%d", i);
        cr_expect_eq(latest(student, "lab0-toy"), i % 2 ? 2 : 1, "%s", student);
        cr_expect_eq(latest(student, "lab1-more"), i % 2 ? 0 : 1, "%s",
                     student);
    }
    cr_expect_eq(latest("s", "lab0-toy"), 0, "before all");
    cr_expect_eq(latest("s10x", "lab0-toy"), 0, "among them");
    cr_expect_eq(latest("张", "lab0-toy"), 0, "behind all");
}

Test(batch_known, attempt_is_known_by_its_files_and_time)
{
    struct attempt again = an_archive("ben", "h1", 100, NULL);

    hand_in("ann", "lab0-toy", "h1", 100);
    hand_in("ben", "lab0-toy", "h1", 100);
    hand_in("ben", "lab0-toy", "h2", 200);
    hand_in("eve", "lab0-toy", "h1", 100);
    load();
    const struct known_attempt *found = known_find(&known, &again, NULL);
    cr_assert_not_null(found, "it is there");
    cr_expect_str_eq(found->student, "ben", "his");
    cr_expect_eq(found->number, 1, "the first");
    again.submitted = 300;
    cr_expect_null(known_find(&known, &again, NULL), "gone back to");
}

/*
 * What is in the gradebook: attempts, what is a new one, gradings, overrides.
 */
#include "book.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "booking.h"
#include "fixture.h"

static char *folder;
static char *path; /* FOLDER/grades.db */
static struct error err;

static void setup(void)
{
    folder = fixture_folder();
    path = fixture_path(folder, "grades.db");
}

static void teardown(void)
{
    free(path);
    fixture_remove(folder);
}

TestSuite(book, .init = setup, .fini = teardown, .timeout = 60);

/* --- what is in it ---------------------------------------------------------
 */

Test(book, keeps_what_was_added)
{
    struct book *book = open_book(path, BOOK_WRITE);

    cr_expect(pass_both(book, "bob", "b1", 100) == 1, "the first is 1");
    cr_expect(pass_both(book, "ann", "a1", 200) == 1, "of each student");
    cr_expect(pass_both(book, "ann", "a2", 300) == 2, "the next is 2");
    book_close(book);
    book = open_book(path, BOOK_READ);
    expect_list(book, "ann #1 g1 2 at 200\nann #2 g1 2 at 300\n"
                      "bob #1 g1 2 at 100\n");
    book_close(book);
}

static int expect_whole(void *context, const struct attempt *attempt,
                        struct error *ignored)
{
    const struct attempt *wanted = context;

    (void)ignored;
    cr_expect_str_eq(attempt->student, wanted->student, "student");
    cr_expect_str_eq(attempt->lab, wanted->lab, "lab");
    cr_expect_str_eq(attempt->kind, wanted->kind, "kind");
    cr_expect_str_eq(attempt->origin, wanted->origin, "origin");
    cr_expect_str_eq(attempt->commit, wanted->commit, "commit");
    cr_expect_str_eq(attempt->commit_time, wanted->commit_time, "its time");
    cr_expect_str_eq(attempt->content_hash, wanted->content_hash, "hash");
    cr_expect(attempt->submitted == wanted->submitted, "submitted");
    cr_expect(attempt->graded_at == wanted->graded_at, "graded at");
    cr_expect(json_equal(attempt->notes, wanted->notes), "notes");
    cr_expect(json_equal(attempt->outcome, wanted->outcome), "outcome");
    return 0;
}

Test(book, gives_back_every_field)
{
    struct book *book = open_book(path, BOOK_WRITE);
    int64_t number = 0;
    struct attempt attempt = {
        .student = "张三 '); DROP TABLE attempt; --",
        .lab = "lab0-toy",
        .submitted = -5,
        .graded_at = 1LL << 40,
        .kind = "git",
        .origin = "https://example.org/a.git",
        .commit = "c0ffee",
        .commit_time = "2026-03-01T00:00:00Z",
        .content_hash = "h",
        .notes = json_pack("[s, s]", "one", "“two”"),
        .outcome = toy_outcome("h", "pass", "fail"),
    };

    cr_assert(book_add(book, &attempt, &number, &err) == 0, "%s", err.message);
    cr_assert(book_each(book, expect_whole, &attempt, &err) == 0, "%s",
              err.message);
    json_decref(attempt.notes);
    json_decref(attempt.outcome);
    book_close(book);
}

static int stop(void *context, const struct attempt *attempt,
                struct error *failed)
{
    (void)attempt;
    ++*(int *)context;
    return fail(failed, ERROR_USAGE, "enough");
}

Test(book, each_stops_where_it_is_told)
{
    struct book *book = open_book(path, BOOK_WRITE);
    int seen = 0;

    pass_both(book, "ann", "a1", 1);
    pass_both(book, "ann", "a2", 2);
    cr_expect(book_each(book, stop, &seen, &err) == ERROR_USAGE, "its code");
    cr_expect(seen == 1, "called %d times", seen);
    cr_expect_str_eq(err.message, "enough", "its sentence");
    book_close(book);
}

/* --- the same again --------------------------------------------------------
 */

Test(book, same_files_are_no_new_attempt_and_keep_their_time)
{
    struct book *book = open_book(path, BOOK_WRITE);
    struct attempt pushed =
        an_archive("ann", "a1", 100, toy_outcome("a1", "pass", "pass"));

    pushed.kind = "git";
    pushed.commit = "c1";
    cr_expect(add_to(book, pushed) == 1, "new");
    /* Another commit, later, with the same files of the lab. */
    pushed.commit = "c2";
    pushed.submitted = 900;
    pushed.outcome = toy_outcome("a1", "fail", "fail");
    cr_expect(add_to(book, pushed) == 1, "the same attempt");
    expect_list(book, "ann #1 g1 2 at 100\n");
    book_close(book);
}

Test(book, other_files_or_another_kind_are_a_new_attempt)
{
    struct book *book = open_book(path, BOOK_WRITE);
    struct attempt folder_of_it =
        an_archive("ann", "a1", 100, toy_outcome("a1", "pass", "fail"));

    pass_both(book, "ann", "a1", 100);
    folder_of_it.kind = "folder";
    cr_expect(add_to(book, folder_of_it) == 2, "a folder");
    cr_expect(pass_both(book, "ann", "a2", 100) == 3, "other files");
    book_close(book);
}

Test(book, going_back_to_older_files_is_a_new_attempt)
{
    struct book *book = open_book(path, BOOK_WRITE);

    pass_both(book, "ann", "a1", 100);
    pass_both(book, "ann", "a2", 200);
    cr_expect(pass_both(book, "ann", "a1", 300) == 3, "handed in anew");
    /* An older download, graded once more: known by its time. */
    cr_expect(pass_both(book, "ann", "a2", 200) == 2, "known");
    expect_list(book, "ann #1 g1 2 at 100\nann #2 g1 2 at 200\n"
                      "ann #3 g1 2 at 300\n");
    book_close(book);
}

Test(book, what_could_not_be_read_is_the_same_at_the_same_time)
{
    struct book *book = open_book(path, BOOK_WRITE);
    struct attempt unreadable = {.student = "ann",
                                 .lab = "lab0-toy",
                                 .submitted = 100,
                                 .origin = "a.zip"};

    unreadable.outcome = refused_outcome("REJECTED", "truncated");
    cr_expect(add_to(book, unreadable) == 1, "new");
    unreadable.outcome = refused_outcome("REJECTED", "truncated");
    cr_expect(add_to(book, unreadable) == 1, "the same");
    unreadable.submitted = 200;
    unreadable.outcome = refused_outcome("REJECTED", "a bomb");
    cr_expect(add_to(book, unreadable) == 2, "another time");
    unreadable.submitted = MOMENT_NONE;
    unreadable.outcome = refused_outcome("REJECTED", "x");
    cr_expect(add_to(book, unreadable) == 3, "no time");
    unreadable.outcome = refused_outcome("REJECTED", "x");
    cr_expect(add_to(book, unreadable) == 3, "no time again");
    book_close(book);
}

/* It may be something else by now, and what is undecided is no zero. */
Test(book, fault_after_a_refusal_of_no_known_time_is_new)
{
    struct book *book = open_book(path, BOOK_WRITE);
    struct attempt unreadable = {
        .student = "ann", .lab = "lab0-toy", .submitted = MOMENT_NONE};

    unreadable.outcome = refused_outcome("REJECTED", "truncated");
    cr_expect(add_to(book, unreadable) == 1, "new");
    unreadable.outcome = refused_outcome("INFRA", "no net");
    cr_expect(add_to(book, unreadable) == 2, "nobody knows what it is");
    unreadable.outcome = refused_outcome("INFRA", "no disk");
    cr_expect(add_to(book, unreadable) == 2, "nobody knows it again");
    expect_list(book, "ann #1 g1 truncated\nann #2 g2 no disk\n");
    unreadable.outcome = refused_outcome("REJECTED", "truncated");
    cr_expect(add_to(book, unreadable) == 2, "it is decided");
    expect_list(book, "ann #1 g1 truncated\nann #2 g3 truncated\n");
    unreadable.student = "bob";
    unreadable.submitted = 100;
    unreadable.outcome = refused_outcome("REJECTED", "a bomb");
    cr_expect(add_to(book, unreadable) == 1, "new");
    unreadable.outcome = refused_outcome("INFRA", "no disk");
    cr_expect(add_to(book, unreadable) == 1, "the same, by its time");
    expect_list(book, "ann #1 g1 truncated\nann #2 g3 truncated\n"
                      "bob #1 g1 a bomb\n");
    book_close(book);
}

Test(book, what_comes_after_one_of_no_known_time_is_new)
{
    struct book *book = open_book(path, BOOK_WRITE);
    struct attempt unreadable = {.student = "ann",
                                 .lab = "lab0-toy",
                                 .submitted = MOMENT_NONE,
                                 .outcome = refused_outcome("INFRA", "no net")};

    pass_both(book, "ann", "a1", 100);
    add_to(book, unreadable);
    cr_expect(pass_both(book, "ann", "a1", 100) == 3, "it counts again");
    cr_expect(pass_both(book, "ann", "a1", 100) == 3, "the same");
    expect_list(book, "ann #1 g1 2 at 100\nann #2 g1 no net\n"
                      "ann #3 g1 2 at 100\n");
    book_close(book);
}

Test(book, verdict_takes_the_place_of_a_fault_of_ours)
{
    struct book *book = open_book(path, BOOK_WRITE);
    struct attempt attempt =
        an_archive("ann", "a1", 100, refused_outcome("INFRA", "no QEMU"));

    add_to(book, attempt);
    expect_list(book, "ann #1 g1 no QEMU\n");
    attempt.outcome = refused_outcome("INFRA", "disk full");
    add_to(book, attempt);
    expect_list(book, "ann #1 g2 disk full\n");
    attempt.outcome = refused_outcome("INFRA", "disk full");
    add_to(book, attempt);
    expect_list(book, "ann #1 g2 disk full\n");
    attempt.outcome = toy_outcome("a1", "pass", "infra-error");
    add_to(book, attempt);
    expect_list(book, "ann #1 g3 1 at 100\n");
    /* Less is known by this than before. */
    attempt.outcome = refused_outcome("INFRA", "no QEMU");
    add_to(book, attempt);
    attempt.outcome = toy_outcome("a1", "infra-error", "pass");
    add_to(book, attempt);
    expect_list(book, "ann #1 g3 1 at 100\n");
    attempt.outcome = toy_outcome("a1", "pass", "pass");
    add_to(book, attempt);
    expect_list(book, "ann #1 g4 2 at 100\n");
    /* A verdict stays. */
    attempt.outcome = toy_outcome("a1", "fail", "fail");
    add_to(book, attempt);
    expect_list(book, "ann #1 g4 2 at 100\n");
    book_close(book);
}

Test(book, verdict_on_a_test_that_the_lab_got_since_is_taken)
{
    struct book *book = open_book(path, BOOK_WRITE);
    json_t *older = toy_outcome("a1", "pass", "pass");

    json_array_remove(json_object_get(older, "record"), 2);
    add_to(book, an_archive("ann", "a1", 100, older));
    pass_both(book, "ann", "a1", 100);
    expect_list(book, "ann #1 g2 2 at 100\n");
    book_close(book);
}

Test(book, regrade_is_kept_beside_what_was_before)
{
    struct book *book = open_book(path, BOOK_WRITE);
    struct attempt attempt =
        an_archive("ann", "a1", 100, toy_outcome("a1", "fail", "pass"));
    int64_t gradings = 0;

    pass_both(book, "ann", "a1", 100);
    attempt.number = 1;
    attempt.submitted = 777;
    cr_assert(book_regrade(book, &attempt, &err) == 0, "%s", err.message);
    expect_list(book, "ann #1 g2 1 at 100\n");
    cr_assert(book_number(book, "SELECT count(*) FROM grading", 0, &gradings,
                          &err) == 0,
              "%s", err.message);
    cr_expect(gradings == 2, "both are there: %lld", (long long)gradings);
    attempt.number = 2;
    cr_expect(book_regrade(book, &attempt, &err) == ERROR_USAGE, "no such");
    cr_expect(strstr(err.message, "ann has no attempt 2"), "%s", err.message);
    json_decref(attempt.outcome);
    book_close(book);
}

Test(book, regrade_that_decides_less_does_not_count)
{
    struct book *book = open_book(path, BOOK_WRITE);
    struct attempt attempt =
        an_archive("ann", "a1", 100, toy_outcome("a1", "pass", "infra-error"));

    pass_both(book, "ann", "a1", 100);
    attempt.number = 1;
    cr_assert(book_regrade(book, &attempt, &err) == 0, "%s", err.message);
    json_decref(attempt.outcome);
    attempt.outcome = refused_outcome("INFRA", "no QEMU");
    cr_assert(book_regrade(book, &attempt, &err) == 0, "%s", err.message);
    json_decref(attempt.outcome);
    expect_list(book, "ann #1 g1 2 at 100\n");
    attempt.outcome = toy_outcome("a1", "fail", "fail");
    cr_assert(book_regrade(book, &attempt, &err) == 0, "%s", err.message);
    json_decref(attempt.outcome);
    expect_list(book, "ann #1 g2 0 at 100\n");
    book_close(book);
}

Test(book, rows_are_never_changed)
{
    static const char *const edits[] = {
        "UPDATE attempt SET submitted = 0",   "DELETE FROM attempt",
        "UPDATE grading SET graded_at = 0",   "DELETE FROM grading",
        "UPDATE override SET points = 10000", "DELETE FROM override",
        "UPDATE course SET id = 'x'",
    };
    struct book *book = open_book(path, BOOK_WRITE);
    const struct override override = {.student = "ann",
                                      .lab = "lab0-toy",
                                      .points = 100,
                                      .note = "n",
                                      .by = "b"};

    pass_both(book, "ann", "a1", 100);
    cr_assert(book_override(book, &override, 1, &err) == 0, "%s", err.message);
    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
        cr_expect(book_execute(book, edits[i], &err) != 0, "%s", edits[i]);
        cr_expect(strstr(err.message, "never"), "%s: %s", edits[i],
                  err.message);
    }
    book_close(book);
}

/* --- overrides -------------------------------------------------------------
 */

static unsigned points_by_hand(struct book *book, const char *student)
{
    struct override *found = NULL;
    unsigned points = 99999;

    cr_assert(book_find_override(book, student, "lab0-toy", &found, &err) == 0,
              "%s", err.message);
    if (found) {
        points = found->points;
    }
    override_free(found);
    return points;
}

Test(book, latest_override_counts_until_it_is_withdrawn)
{
    struct book *book = open_book(path, BOOK_WRITE);
    struct override override = {.student = "ann",
                                .lab = "lab0-toy",
                                .points = 5000,
                                .note = "an oral exam",
                                .by = "Dr. Wu",
                                .at = 7};

    cr_expect(points_by_hand(book, "ann") == 99999, "none");
    cr_assert(book_override(book, &override, 1, &err) == 0, "%s", err.message);
    override.points = 6025;
    cr_assert(book_override(book, &override, 1, &err) == 0, "%s", err.message);
    cr_expect(points_by_hand(book, "ann") == 6025, "the latest");
    cr_expect(points_by_hand(book, "bob") == 99999, "of ann alone");
    struct override *found = NULL;
    cr_assert(book_find_override(book, "ann", "lab0-toy", &found, &err) == 0,
              "%s", err.message);
    cr_expect_str_eq(found->note, "an oral exam", "note");
    cr_expect_str_eq(found->by, "Dr. Wu", "by");
    cr_expect(found->at == 7, "at");
    override_free(found);
    override.withdrawn = true;
    cr_assert(book_override(book, &override, 1, &err) == 0, "%s", err.message);
    cr_expect(points_by_hand(book, "ann") == 99999, "withdrawn");
    book_close(book);
}

Test(book, override_needs_a_note_a_name_and_possible_points)
{
    static const struct override bad[] = {
        {"ann", "lab0-toy", 1, false, NULL, "by", 1},
        {"ann", "lab0-toy", 1, false, " \t", "by", 1},
        {"ann", "lab0-toy", 1, false, "note", NULL, 1},
        {"ann", "lab0-toy", 1, false, "note", "", 1},
        {"ann", "lab0-toy", 10001, false, "note", "by", 1},
    };
    struct book *book = open_book(path, BOOK_WRITE);

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_expect(book_override(book, &bad[i], 1, &err) == ERROR_USAGE,
                  "case %zu", i);
    }
    cr_expect(points_by_hand(book, "ann") == 99999, "nothing was written");
    book_close(book);
}

Test(book, overrides_of_one_call_are_written_all_or_none)
{
    struct override both[] = {
        {"ann", "lab0-toy", 1000, false, "note", "by", 1},
        {"bob", "lab0-toy", 2000, false, "note", "by", 1},
    };
    struct book *book = open_book(path, BOOK_WRITE);

    cr_assert(book_execute(book,
                           "CREATE TRIGGER full BEFORE INSERT ON override"
                           " WHEN NEW.student = 'bob'"
                           " BEGIN SELECT RAISE(ABORT, 'no'); END",
                           &err) == 0,
              "%s", err.message);
    cr_expect(book_override(book, both, 2, &err) == ERROR_INFRA, "refused");
    cr_expect(points_by_hand(book, "ann") == 99999, "none was written");
    cr_assert(book_execute(book, "DROP TRIGGER full", &err) == 0, "%s",
              err.message);
    cr_assert(book_override(book, both, 2, &err) == 0, "%s", err.message);
    cr_expect(points_by_hand(book, "ann") == 1000, "the first");
    cr_expect(points_by_hand(book, "bob") == 2000, "the second");
    book_close(book);
}

Test(book, attempt_without_an_outcome_leaves_nothing_behind)
{
    struct book *book = open_book(path, BOOK_WRITE);
    struct attempt attempt = an_archive("ann", "a1", 1, NULL);
    int64_t number = 0;

    cr_expect(book_add(book, &attempt, &number, &err) != 0, "refused");
    cr_assert(book_number(book, "SELECT count(*) FROM attempt", 7, &number,
                          &err) == 0,
              "%s", err.message);
    cr_expect(number == 0, "%lld rows are left", (long long)number);
    cr_expect(pass_both(book, "ann", "a1", 1) == 1, "it goes on");
    book_close(book);
}

/*
 * What has changed in a class's scores since they were last told.
 */
#include "change.h"
#include "scoring.h"
#include "standing.h"

TestSuite(class_changes, .init = setup_class, .fini = teardown_class,
          .timeout = 60);

static struct changes changes;

/* Finds changes at that time; *told is the list as text; then tells all. */
static char *tell(int64_t now)
{
    const struct standing_request request = {.course = &course,
                                             .roster = &roster,
                                             .root = root,
                                             .audience = RESULT_STAFF,
                                             .now = now};
    struct standings standings = {0};
    char *text = NULL;
    size_t nbytes = 0;
    FILE *lines = open_memstream(&text, &nbytes);

    cr_assert(standings_make(book, &request, NULL, &standings, &err) == 0, "%s",
              err.message);
    cr_assert(changes_find(book, &standings, &changes, &err) == 0, "%s",
              err.message);
    for (size_t i = 0; i < changes.count; i++) {
        const struct change *change = &changes.changes[i];
        fprintf(lines, "%s %s %d>%d %s\n", change->student->id, change->lab,
                change->had ? (int)change->was : -1,
                change->has ? (int)change->is : -1, change->why);
    }
    fclose(lines);
    if (changes.pending) {
        cr_assert(changes_tell(book, &standings, now, &err) == 0, "%s",
                  err.message);
    }
    changes_clear(&changes);
    standings_clear(&standings);
    return text;
}

static void expect_told(int64_t now, const char *wanted)
{
    char *text = tell(now);

    cr_expect_str_eq(text, wanted, "expected:\n%s\ngot:\n%s", wanted, text);
    free(text);
}

/* Replaces a text in the first lab's description. */
static void edit_lab(const char *from, const char *to)
{
    char *path = inside("kit/assignments/lab0-toy/lab.yaml");
    char *text = NULL;
    size_t nbytes = 0;

    cr_assert(file_read(path, 1 << 20, &text, &nbytes, &err) == 0, "read");
    char *at = strstr(text, from);
    cr_assert(at && strlen(from) == strlen(to), "edit");
    memcpy(at, to, strlen(to));
    write_text("kit/assignments/lab0-toy/lab.yaml", text);
    free(text);
    free(path);
}

Test(class_changes, first_telling_has_no_changes_and_the_second_none)
{
    hand_in("s1", "h1", DUE, "pass");
    expect_told(DUE, "");
    expect_told(DUE + 1, "");
}

Test(class_changes, new_attempt_is_a_change)
{
    expect_told(DUE, "");
    hand_in("s1", "h1", DUE, "fail");
    expect_told(DUE, "s1 lab0-toy -1>6000 attempt 1 was graded\n");
    hand_in("s1", "h2", DUE, "pass");
    expect_told(DUE, "s1 lab0-toy 6000>10000 attempt 2 counts in place of "
                     "attempt 1\n");
}

Test(class_changes, changed_points_of_tests_change_scores_without_a_run)
{
    hand_in("s1", "h1", DUE, "fail");
    hand_in("s2", "h2", DUE, "pass");
    expect_told(DUE, "");
    edit_lab("points: 60", "points: 55");
    edit_lab("points: 40", "points: 45");
    expect_told(DUE, "s1 lab0-toy 6000>5500 the points of the lab's tests were "
                     "changed (55 earned, 60 before)\n");
}

Test(class_changes, changed_policy_and_extension_are_named)
{
    hand_in("s1", "h1", DUE + DAY, "pass");
    expect_told(DUE, "");
    course.policy.penalty_percent = 20;
    expect_told(DUE, "s1 lab0-toy 8500>8000 20 % off for 1 day late, before "
                     "15 %\n");
    extensions[0] =
        (struct course_extension){.student = "s1", .due = DUE + DAY};
    course.nextensions = 1;
    expect_told(
        DUE,
        "s1 lab0-toy 8000>10000 due 1970-01-13T21:46:40+08:00, "
        "before 1970-01-12T21:46:40+08:00; nothing off for lateness, before "
        "20 %\n");
}

Test(class_changes, regrade_is_named)
{
    struct attempt again = an_archive("s1", "h1", DUE, NULL);

    hand_in("s1", "h1", DUE, "pass");
    expect_told(DUE, "");
    again.number = 1;
    again.outcome = toy_outcome("h1", "fail", "pass");
    cr_assert(book_regrade(book, &again, &err) == 0, "%s", err.message);
    json_decref(again.outcome);
    expect_told(DUE, "s1 lab0-toy 10000>4000 attempt 1 was graded again\n");
}

Test(class_changes, override_is_named_and_so_is_its_end)
{
    hand_in("s1", "h1", DUE, "fail");
    expect_told(DUE, "");
    give("s1", 7000, false);
    expect_told(DUE, "s1 lab0-toy 6000>7000 given by hand by Dr. Wu: oral "
                     "exam\n");
    /* It hides what happens below it. */
    edit_lab("points: 60", "points: 55");
    edit_lab("points: 40", "points: 45");
    expect_told(DUE, "");
    give("s1", 0, true);
    expect_told(DUE, "s1 lab0-toy 7000>5500 what was given by hand was "
                     "withdrawn\n");
}

Test(class_changes, drops_come_first_the_deepest_of_them_first)
{
    hand_in("s1", "h1", DUE, "pass");
    hand_in("s2", "h2", DUE, "fail");
    expect_told(DUE, "");
    give("s2", 9000, false);
    give("s1", 5000, false);
    char *text = tell(DUE);
    cr_expect(strncmp(text, "s1 lab0-toy 10000>5000", 22) == 0 &&
                  strstr(text, "s2 lab0-toy 6000>9000"),
              "%s", text);
    free(text);
    give("s2", 8000, false);
    give("s1", 1000, false);
    text = tell(DUE);
    cr_expect(strncmp(text, "s1 lab0-toy 5000>1000", 21) == 0 &&
                  strstr(text, "s2 lab0-toy 9000>8000"),
              "%s", text);
    free(text);
}

Test(class_changes, nothing_handed_in_in_time_is_a_change)
{
    expect_told(DUE, "");
    see_nothing("s1", DUE + 601);
    see_nothing("s2", DUE + 601);
    expect_told(DUE + 601,
                "s1 lab0-toy -1>0 nothing was handed in by the due time\n"
                "s2 lab0-toy -1>0 nothing was handed in by the due time\n");
}

Test(class_changes, zero_that_was_none_is_named)
{
    see_nothing("s1", DUE + 601);
    expect_told(DUE + 601, "");
    see("s1", LOOK_HANDED_IN, NULL, DUE + 700);
    expect_told(DUE + 700, "s1 lab0-toy 0>-1 handed in, but not graded yet: "
                           "run mmgrade batch\n");
}

Test(class_changes, what_was_told_is_kept)
{
    int64_t tellings = 0;

    expect_told(DUE, "");
    expect_told(DUE, "");
    hand_in("s1", "h1", DUE, "pass");
    free(tell(DUE));
    cr_assert(book_number(book, "SELECT count(*) FROM telling", 0, &tellings,
                          &err) == 0,
              "%s", err.message);
    cr_expect(tellings == 2, "only what differs: %lld", (long long)tellings);
}

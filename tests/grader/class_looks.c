/*
 * Scores where the gradebook has no attempt: a zero only for who was looked for
 * after the time was over, and had handed in nothing.
 */
#include "scoring.h"

TestSuite(class_looks, .init = setup_class, .fini = teardown_class,
          .timeout = 60);

static void expect_ungraded(size_t student, const char *reason)
{
    expect_value(cell(student, 0), "state", "\"ungraded\"");
    expect_value(cell(student, 0), "points", "null");
    expect_value(cell(student, 0), "attempts", "0");
    expect_value(cell(student, 0), "reason", reason);
    expect_value(student_json(student), "total", "null");
}

Test(class_looks, handed_in_but_not_graded_is_no_zero)
{
    see("s1", LOOK_HANDED_IN, NULL, DUE + 601);
    see("s2", LOOK_MISSING, NULL, DUE + 601);
    ask_class(RESULT_STAFF, DUE + DAY);
    expect_ungraded(0, "\"handed in, but not graded yet: run mmgrade batch\"");
    expect_value(cell(1, 0), "state", "\"missing\"");
    expect_value(cell(1, 0), "points", "0");
    expect_value(cell(1, 0), "reason", "null");
    expect_value(student_json(1), "total", "0");
    ask_class(RESULT_STAFF, DUE); /* nor is it missing while there is time */
    expect_ungraded(0, "\"handed in, but not graded yet: run mmgrade batch\"");
    expect_value(cell(1, 0), "points", "null");
}

Test(class_looks, graded_after_all_is_graded)
{
    see("s1", LOOK_HANDED_IN, NULL, DUE);
    hand_in("s1", "h1", DUE, "fail");
    ask_class(RESULT_STAFF, DUE + DAY);
    expect_value(cell(0, 0), "state", "\"graded\"");
    expect_value(cell(0, 0), "points", "60");
}

Test(class_looks, ambiguous_is_no_zero_and_tells_staff_what_it_is)
{
    see("s1", LOOK_AMBIGUOUS, "li\033[2J.zip fits Ann and Bob", DUE + 601);
    ask_class(RESULT_STAFF, DUE + DAY);
    expect_ungraded(0,
                    "\"it can't be said for sure which submission is theirs: "
                    "li\\\\x1b[2J.zip fits Ann and Bob\"");
    ask_student("s1", RESULT_STUDENT, DUE + DAY);
    expect_somewhere("it can't be said for sure which submission is yours");
    expect_nowhere("Bob");
    expect_nowhere("fits");
}

Test(class_looks, students_are_not_told_what_to_run)
{
    see("s1", LOOK_HANDED_IN, NULL, DUE);
    ask_class(RESULT_STUDENT, DUE + DAY);
    expect_ungraded(0, "\"handed in, but not graded yet\"");
    expect_ungraded(1, "\"not looked at since its time was over\"");
}

Test(class_looks, never_looked_at_is_no_zero)
{
    ask_class(RESULT_STAFF, DUE + 600);
    expect_value(cell(0, 0), "state", "\"missing\"");
    expect_value(cell(0, 0), "points", "null");
    ask_class(RESULT_STAFF, DUE + 601);
    expect_ungraded(0, "\"not looked at since its time was over: run mmgrade "
                       "batch\"");
}

Test(class_looks, looked_at_while_there_was_time_is_no_zero)
{
    see("s1", LOOK_MISSING, NULL, DUE + 600);
    ask_class(RESULT_STAFF, DUE + 601);
    expect_ungraded(0, "\"not looked at since its time was over: run mmgrade "
                       "batch\"");
    see("s1", LOOK_MISSING, NULL, DUE + 601);
    ask_class(RESULT_STAFF, DUE + 601);
    expect_value(cell(0, 0), "state", "\"missing\"");
    expect_value(cell(0, 0), "points", "0");
}

Test(class_looks, extension_counts_for_when_it_was_looked)
{
    extensions[0] =
        (struct course_extension){.student = "s1", .due = DUE + DAY};
    course.nextensions = 1;
    see("s1", LOOK_MISSING, NULL, DUE + 601);
    see("s2", LOOK_MISSING, NULL, DUE + 601);
    ask_class(RESULT_STAFF, DUE + DAY);
    expect_value(cell(0, 0), "state", "\"missing\"");
    expect_value(cell(0, 0), "points", "null");
    expect_value(cell(1, 0), "points", "0");
    ask_class(RESULT_STAFF, DUE + DAY + 601);
    expect_ungraded(0, "\"not looked at since its time was over: run mmgrade "
                       "batch\"");
}

Test(class_looks, next_look_takes_the_place_of_the_last)
{
    see("s1", LOOK_HANDED_IN, NULL, DUE);
    see("s1", LOOK_AMBIGUOUS, "two", DUE + 1);
    see("s1", LOOK_MISSING, NULL, DUE + 601);
    ask_class(RESULT_STAFF, DUE + DAY);
    expect_value(cell(0, 0), "state", "\"missing\"");
    expect_value(cell(0, 0), "points", "0");
}

Test(class_looks, override_counts_for_whom_nobody_looked)
{
    give("s1", 5000, false);
    ask_class(RESULT_STAFF, DUE + DAY);
    expect_value(cell(0, 0), "points", "50");
    expect_value(student_json(0), "total", "50");
}

/* All of a look or none. */
Test(class_looks, look_that_fails_leaves_the_last_one)
{
    struct look looks[] = {
        {"s1", "lab0-toy", DUE + 601, LOOK_MISSING, NULL},
        {"s2", "lab0-toy", DUE + 601, LOOK_MISSING, NULL},
    };

    cr_assert(book_execute(book,
                           "CREATE TRIGGER full BEFORE INSERT ON look"
                           " WHEN NEW.student = 's2'"
                           " BEGIN SELECT RAISE(ABORT, 'no more'); END",
                           &err) == 0,
              "%s", err.message);
    cr_expect(book_look(book, looks, 2, &err) == ERROR_INFRA, "%s",
              err.message);
    ask_class(RESULT_STAFF, DUE + DAY);
    expect_value(cell(0, 0), "state", "\"ungraded\"");
}

/*
 * Scores of a class and of a student: what students may see, and when.
 */
#include "scoring.h"

TestSuite(class_students, .init = setup_class, .fini = teardown_class,
          .timeout = 60);

Test(class_students, students_see_nothing_of_hidden_tests_before_their_time)
{
    hand_in("s1", "h1", DUE, "fail");
    give("s1", 7700, false);
    ask_student("s1", RESULT_STUDENT, DUE + 600);
    const json_t *lab = json_array_get(
        json_object_get(json_object_get(json, "student"), "labs"), 0);
    expect_value(lab, "state", "\"concealed\"");
    expect_value(lab, "points", "null");
    expect_value(lab, "earned", "null");
    expect_value(lab, "attempt", "null");
    expect_value(lab, "override", "null");
    expect_value(lab, "reason", "null");
    expect_value(lab, "statuses", "[\"pass\",\"concealed\"]");
    expect_value(json_object_get(json, "student"), "total", "null");
    expect_nowhere("gives_two");
    expect_nowhere("It gives two");
    expect_nowhere("Think of two");
    expect_nowhere("SAW-two");
    expect_nowhere("\"points\": 77");
    expect_somewhere("SAW-one");
    const json_t *result = json_object_get(lab, "result");
    expect_value(result, "score", "60");
    expect_value(result, "max", "60");
}

Test(class_students, students_see_verdicts_but_no_messages_after_it)
{
    hand_in("s1", "h1", DUE, "fail");
    give("s1", 7700, false);
    ask_student("s1", RESULT_STUDENT, DUE + 601);
    const json_t *lab = json_array_get(
        json_object_get(json_object_get(json, "student"), "labs"), 0);
    expect_value(lab, "state", "\"graded\"");
    expect_value(lab, "points", "77");
    expect_value(lab, "override", "{\"points\":77}");
    expect_value(lab, "statuses", "[\"pass\",\"fail\"]");
    expect_somewhere("Think of two");
    expect_somewhere("SAW-one");
    expect_nowhere("SAW-two");
    expect_nowhere("oral exam");
    expect_nowhere("Dr. Wu");
}

Test(class_students, staff_see_everything_at_any_time)
{
    course.visibility = VISIBLE_NEVER;
    hand_in("s1", "h1", DUE, "fail");
    ask_student("s1", RESULT_STAFF, DUE - DAY);
    expect_value(json, "schema", "\"mmgrade/student/v1\"");
    expect_somewhere("SAW-two");
    expect_somewhere("gives_two");
}

Test(class_students, visibility_follows_a_students_own_due_time)
{
    extensions[0] =
        (struct course_extension){.student = "s1", .due = DUE + DAY};
    course.nextensions = 1;
    hand_in("s1", "h1", DUE, "fail");
    hand_in("s2", "h2", DUE, "fail");
    ask_class(RESULT_STUDENT, DUE + 601);
    expect_value(cell(0, 0), "state", "\"concealed\"");
    expect_value(cell(1, 0), "state", "\"graded\"");
    /* One of them may not know yet what it is about. */
    expect_nowhere("Think of two");
    ask_class(RESULT_STUDENT, DUE + DAY + 601);
    expect_value(cell(0, 0), "state", "\"graded\"");
}

Test(class_students, visibility_is_always_or_never_if_the_course_says_so)
{
    hand_in("s1", "h1", DUE, "fail");
    see_nothing("s2", DUE + 1000LL * DAY);
    course.visibility = VISIBLE_ALWAYS;
    ask_class(RESULT_STUDENT, 0);
    expect_value(cell(0, 0), "state", "\"graded\"");
    course.visibility = VISIBLE_NEVER;
    ask_class(RESULT_STUDENT, DUE + 1000LL * DAY);
    expect_value(cell(0, 0), "state", "\"concealed\"");
    expect_value(cell(1, 0), "state", "\"missing\"");
    expect_value(cell(1, 0), "points", "null");
    expect_nowhere("gives_two");
}

/* Which attempt is the best one depends on hidden tests. */
Test(class_students, concealed_attempt_is_the_last_also_if_the_best_counts)
{
    course.policy.attempt = ATTEMPT_BEST;
    hand_in("s1", "h1", DUE - 20, "pass");
    hand_in("s1", "h2", DUE - 10, "fail");
    ask_class(RESULT_STUDENT, DUE);
    expect_value(cell(0, 0), "submitted", "\"1970-01-12T13:46:30Z\"");
    expect_value(cell(0, 0), "attempts", "2");
}

Test(class_students, students_are_told_at_once_why_it_was_not_run)
{
    add_to(book, an_archive("s1", "h1", DUE, broken_outcome()));
    add_to(book,
           an_archive("s2", "h2", DUE, refused_outcome("LIMIT", "too large")));
    ask_class(RESULT_STUDENT, DUE);
    expect_value(cell(0, 0), "state", "\"concealed\"");
    expect_value(cell(0, 0), "reason",
                 "\"does not build: mm/toy.c:3:1: error: SECRET-FREE\"");
    expect_value(cell(1, 0), "reason", "\"refused: too large\"");
}

Test(class_students, unknown_student_is_named)
{
    json_t *none = NULL;

    cr_expect(score_student(book, &course, &roster, root, "s9", RESULT_STAFF, 0,
                            &none, &err) == ERROR_USAGE,
              "USAGE");
    cr_expect(strstr(err.message, "'s9'") && !none, "%s", err.message);
}

Test(class_students, outcome_that_is_damaged_is_a_fault_not_a_score)
{
    json_t *none = NULL;

    add_to(book,
           an_archive("s1", "h1", DUE, toy_outcome("other", "pass", "pass")));
    cr_expect(score_class(book, &course, &roster, root, RESULT_STAFF, DUE,
                          &none, &err) == ERROR_INFRA,
              "INFRA");
    cr_expect(strstr(err.message, "other files") && !none, "%s", err.message);
}

/*
 * Scores of a class on the kit in miniature: points, lateness, totals, and
 * which attempt counts.
 */
#include "scoring.h"

TestSuite(class, .init = setup_class, .fini = teardown_class, .timeout = 60);

Test(class, has_every_documented_key)
{
    static const char *const top[] = {"schema", "audience", "course",
                                      "now",    "labs",     "students"};
    static const char *const lab[] = {"lab",    "title", "due",
                                      "weight", "max",   "tests"};
    static const char *const student[] = {"id",      "name",  "login", "email",
                                          "section", "total", "labs"};
    static const char *const cells[] = {
        "lab",      "state",     "points", "earned",    "attempt",
        "attempts", "submitted", "due",    "days_late", "penalty_percent",
        "override", "statuses",  "reason"};
    const struct {
        const json_t *object;
        const char *const *keys;
        size_t count;
    } * level;

    hand_in("s1", "h1", DUE, "fail");
    ask_class(RESULT_STAFF, DUE);
    const json_t *first_lab = json_array_get(json_object_get(json, "labs"), 0);
#define LEVEL(object, keys)                                                    \
    {                                                                          \
        object, keys, sizeof(keys) / sizeof(keys[0])                           \
    }
    const __typeof__(*level) levels[] = {
        LEVEL(json, top), LEVEL(first_lab, lab),
        LEVEL(student_json(0), student), LEVEL(cell(0, 0), cells)};
#undef LEVEL
    for (level = levels; level < levels + 4; level++) {
        for (size_t i = 0; i < level->count; i++) {
            cr_expect(json_object_get(level->object, level->keys[i]),
                      "the key %s is missing", level->keys[i]);
        }
        cr_expect(json_object_size(level->object) == level->count,
                  "a key is not documented");
    }
    expect_value(json, "schema", "\"mmgrade/class/v1\"");
    expect_value(json, "audience", "\"staff\"");
    expect_value(json, "now", "\"1970-01-12T13:46:40Z\"");
}

Test(class, graded_attempt_has_points_and_a_reason)
{
    hand_in("s1", "h1", DUE, "fail");
    ask_class(RESULT_STAFF, DUE);
    expect_value(cell(0, 0), "state", "\"graded\"");
    expect_value(cell(0, 0), "points", "60");
    expect_value(cell(0, 0), "earned", "60");
    expect_value(cell(0, 0), "attempt", "1");
    expect_value(cell(0, 0), "statuses", "[\"pass\",\"fail\"]");
    expect_value(cell(0, 0), "submitted", "\"1970-01-12T13:46:40Z\"");
    cr_expect(strstr(json_string_value(json_object_get(cell(0, 0), "reason")),
                     "1 test fails"),
              "reason");
}

Test(class, lateness_costs_and_is_told)
{
    hand_in("s1", "h1", DUE + 11 * 60, "pass");
    ask_class(RESULT_STAFF, DUE + DAY);
    expect_value(cell(0, 0), "points", "85");
    expect_value(cell(0, 0), "earned", "100");
    expect_value(cell(0, 0), "days_late", "1");
    expect_value(cell(0, 0), "penalty_percent", "15");
}

Test(class, extension_moves_one_students_due_time)
{
    extensions[0] = (struct course_extension){
        .student = "s1", .lab = "lab0-toy", .due = DUE + DAY};
    course.nextensions = 1;
    hand_in("s1", "h1", DUE + DAY, "pass");
    hand_in("s2", "h2", DUE + DAY, "pass");
    ask_class(RESULT_STAFF, DUE + DAY);
    expect_value(cell(0, 0), "points", "100");
    expect_value(cell(0, 0), "due", "\"1970-01-13T13:46:40Z\"");
    expect_value(cell(1, 0), "points", "85");
}

Test(class, missing_is_a_zero_once_its_time_is_over)
{
    ask_class(RESULT_STAFF, DUE + 600);
    expect_value(cell(0, 0), "state", "\"missing\"");
    expect_value(cell(0, 0), "points", "null");
    expect_value(cell(0, 0), "attempts", "0");
    expect_value(cell(0, 0), "statuses", "null");
    expect_value(student_json(0), "total", "null");
    see_nothing("s1", DUE + 601);
    ask_class(RESULT_STAFF, DUE + 601);
    expect_value(cell(0, 0), "points", "0");
    expect_value(student_json(0), "total", "0");
}

Test(class, total_is_the_weighted_mean_of_what_is_due_or_done)
{
    hand_in("s1", "h1", DUE, "pass");
    ask_class(RESULT_STAFF, DUE + 601);
    expect_value(student_json(0), "total", "100");
    struct attempt more = an_archive(
        "s1", "m1", DUE, lab_outcome("lab1-more", "m1", "pass", "fail"));
    more.lab = "lab1-more";
    add_to(book, more);
    ask_class(RESULT_STAFF, DUE + 601);
    /* (100 + 2 * 60) / 3 */
    expect_value(student_json(0), "total", "73.33");
    see_nothing("s2", DUE + 11 * DAY);
    ask_class(RESULT_STAFF, DUE + 11 * DAY);
    expect_value(student_json(1), "total", "0");
}

Test(class, refused_is_a_zero_with_its_reason)
{
    add_to(book, (struct attempt){
                     .student = "s1",
                     .lab = "lab0-toy",
                     .submitted = DUE,
                     .origin = "a.zip",
                     .outcome = refused_outcome("REJECTED", "truncated")});
    ask_class(RESULT_STAFF, DUE);
    expect_value(cell(0, 0), "state", "\"refused\"");
    expect_value(cell(0, 0), "points", "0");
    expect_value(cell(0, 0), "reason", "\"refused: truncated\"");
}

Test(class, fault_of_ours_is_never_a_zero)
{
    add_to(book, an_archive("s1", "h1", DUE,
                            toy_outcome("h1", "pass", "infra-error")));
    add_to(book,
           an_archive("s2", "h2", DUE, refused_outcome("INFRA", "no QEMU")));
    ask_class(RESULT_STAFF, DUE + DAY);
    for (size_t i = 0; i < 2; i++) {
        expect_value(cell(i, 0), "state", "\"ungraded\"");
        expect_value(cell(i, 0), "points", "null");
        expect_value(student_json(i), "total", "null");
    }
}

Test(class, fault_of_ours_after_a_refusal_is_no_zero)
{
    struct attempt unread = {
        .student = "s1", .lab = "lab0-toy", .submitted = MOMENT_NONE};

    unread.outcome = refused_outcome("REJECTED", "truncated");
    add_to(book, unread);
    unread.outcome = refused_outcome("INFRA", "no net");
    add_to(book, unread);
    for (size_t i = 0; i < 2; i++) {
        course.policy.attempt = i == 0 ? ATTEMPT_LAST : ATTEMPT_BEST;
        ask_class(RESULT_STAFF, DUE + DAY);
        expect_value(cell(0, 0), "state", "\"ungraded\"");
        expect_value(cell(0, 0), "points", "null");
        expect_value(student_json(0), "total", "null");
    }
    unread.outcome = refused_outcome("REJECTED", "truncated");
    add_to(book, unread);
    ask_class(RESULT_STAFF, DUE + DAY);
    expect_value(cell(0, 0), "state", "\"refused\"");
    expect_value(cell(0, 0), "points", "0");
}

Test(class, fault_of_ours_is_over_once_it_was_read)
{
    struct attempt unread = {
        .student = "s1", .lab = "lab0-toy", .submitted = MOMENT_NONE};

    course.policy.attempt = ATTEMPT_BEST;
    hand_in("s1", "h1", DUE - 20, "pass");
    unread.outcome = refused_outcome("INFRA", "no net");
    add_to(book, unread);
    ask_class(RESULT_STAFF, DUE);
    expect_value(cell(0, 0), "points", "100"); /* nothing is worth more */
    hand_in("s1", "h2", DUE - 10, "fail");
    course.policy.attempt = ATTEMPT_LAST;
    ask_class(RESULT_STAFF, DUE);
    expect_value(cell(0, 0), "points", "60");
    expect_value(cell(0, 0), "attempt", "3");

    unread.student = "s2";
    unread.submitted = DUE - 30;
    unread.outcome = refused_outcome("INFRA", "no memory");
    add_to(book, unread);
    hand_in("s2", "h3", DUE - 30, "fail");
    course.policy.attempt = ATTEMPT_BEST;
    ask_class(RESULT_STAFF, DUE);
    expect_value(cell(1, 0), "state", "\"graded\"");
    expect_value(cell(1, 0), "points", "60");
    expect_value(cell(1, 0), "attempt", "2");
}

Test(class, best_attempt_counts_if_the_policy_says_so)
{
    hand_in("s1", "h1", DUE - 20, "pass");
    hand_in("s1", "h2", DUE - 10, "fail");
    ask_class(RESULT_STAFF, DUE);
    expect_value(cell(0, 0), "points", "60");
    expect_value(cell(0, 0), "attempt", "2");
    course.policy.attempt = ATTEMPT_BEST;
    ask_class(RESULT_STAFF, DUE);
    expect_value(cell(0, 0), "points", "100");
    expect_value(cell(0, 0), "attempt", "1");
    expect_value(cell(0, 0), "attempts", "2");
}

Test(class, override_counts_in_place_of_anything)
{
    hand_in("s1", "h1", DUE + DAY, "fail");
    give("s1", 8725, false);
    give("s2", 5000, false);
    ask_class(RESULT_STAFF, DUE);
    expect_value(cell(0, 0), "points", "87.25");
    expect_value(cell(0, 0), "earned", "60");
    expect_value(cell(0, 0), "override",
                 "{\"points\":87.25,\"note\":\"oral exam\",\"by\":\"Dr. "
                 "Wu\",\"at\":\"1970-01-12T13:46:40Z\"}");
    expect_value(cell(1, 0), "state", "\"missing\"");
    expect_value(cell(1, 0), "points", "50");
    give("s1", 0, true);
    ask_class(RESULT_STAFF, DUE);
    expect_value(cell(0, 0), "points", "51");
    expect_value(cell(0, 0), "override", "null");
}

Test(class, attempts_of_strangers_are_left_out)
{
    hand_in("nobody", "h1", DUE, "pass");
    struct attempt dropped =
        an_archive("s1", "x", DUE, toy_outcome("x", "pass", "pass"));
    dropped.lab = "lab7-dropped";
    add_to(book, dropped);
    ask_class(RESULT_STAFF, DUE);
    cr_expect(json_array_size(json_object_get(json, "students")) == 2, "two");
    expect_nowhere("nobody");
    expect_nowhere("lab7-dropped");
}

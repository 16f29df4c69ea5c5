/*
 * The policy at its edges: lateness to the second, caps, and which attempt
 * counts, also when a fault of ours leaves something undecided.
 */
#include "score.h"

#include <criterion/criterion.h>
#include "moment.h"

#define DUE    1000000
#define MINUTE 60
#define DAY    86400

/* A usual one: ten minutes of grace, 10 % a day, 50 % at most, 7 days. */
static const struct course_policy usual = {.attempt = ATTEMPT_LAST,
                                           .grace_minutes = 10,
                                           .penalty_percent = 10,
                                           .cap_percent = 50,
                                           .max_days = 7};

static struct score_decision decide(const struct course_policy *policy,
                                    const struct score_attempt *attempts,
                                    size_t count)
{
    struct score_decision decision = {0};

    score_decide(policy, DUE, attempts, count, &decision);
    return decision;
}

/* A single attempt that earned 80. */
static struct score_decision hand_in(const struct course_policy *policy,
                                     int64_t submitted)
{
    struct score_attempt attempt = {.earned = 80, .submitted = submitted};

    return decide(policy, &attempt, 1);
}

static void expect_late(const struct course_policy *policy, int64_t after,
                        unsigned days, unsigned penalty)
{
    struct score_decision got = hand_in(policy, DUE + after);

    cr_expect(got.days_late == days && got.penalty_percent == penalty,
              "%lld s late: expected %u days and %u %%, got %u and %u",
              (long long)after, days, penalty, got.days_late,
              got.penalty_percent);
    cr_expect(got.points == 80 * (100 - penalty), "%lld s late: %u points",
              (long long)after, got.points);
    cr_expect(got.decided && got.chosen == 0, "decided");
}

/* --- lateness --------------------------------------------------------------
 */

Test(policy, in_time_costs_nothing)
{
    expect_late(&usual, -DAY, 0, 0);
    expect_late(&usual, -1, 0, 0);
    expect_late(&usual, 0, 0, 0);
}

Test(policy, grace_costs_nothing_to_its_last_second)
{
    expect_late(&usual, 1, 0, 0);
    expect_late(&usual, 10 * MINUTE, 0, 0);
    expect_late(&usual, 10 * MINUTE + 1, 1, 10);
}

Test(policy, without_grace_a_second_begins_a_day)
{
    struct course_policy strict = usual;

    strict.grace_minutes = 0;
    expect_late(&strict, 0, 0, 0);
    expect_late(&strict, 1, 1, 10);
}

Test(policy, days_begin_at_the_due_time)
{
    expect_late(&usual, DAY, 1, 10);
    expect_late(&usual, DAY + 1, 2, 20);
    expect_late(&usual, 2 * DAY, 2, 20);
    expect_late(&usual, 2 * DAY + 1, 3, 30);
}

Test(policy, penalty_stops_at_the_cap)
{
    expect_late(&usual, 5 * DAY, 5, 50);
    expect_late(&usual, 6 * DAY, 6, 50);
    expect_late(&usual, 7 * DAY, 7, 50);
}

Test(policy, nothing_is_left_after_the_last_day)
{
    struct course_policy today = usual;

    expect_late(&usual, 7 * DAY + 1, 8, 100);
    expect_late(&usual, 400 * DAY, 400, 100);
    today.max_days = 0;
    expect_late(&today, 10 * MINUTE, 0, 0);
    expect_late(&today, 10 * MINUTE + 1, 1, 100);
}

Test(policy, penalties_never_exceed_the_whole)
{
    struct course_policy harsh = {
        .penalty_percent = 60, .cap_percent = 100, .max_days = COURSE_DAYS_MAX};

    expect_late(&harsh, 1, 1, 60);
    expect_late(&harsh, DAY + 1, 2, 100);
    expect_late(&harsh, (int64_t)COURSE_DAYS_MAX * DAY, COURSE_DAYS_MAX, 100);
}

Test(policy, no_penalty_costs_nothing_however_late)
{
    struct course_policy kind = {.cap_percent = 100,
                                 .max_days = COURSE_DAYS_MAX};

    expect_late(&kind, 300 * (int64_t)DAY, 300, 0);
}

Test(policy, lateness_is_counted_right_at_the_end_of_time)
{
    struct score_decision got = hand_in(&usual, INT64_MAX);

    cr_expect(got.points == 0 && got.penalty_percent == 100, "too late");
    got = hand_in(&usual, INT64_MIN + 1);
    cr_expect(got.points == 8000 && got.days_late == 0, "in time");
}

Test(policy, unknown_time_is_in_time)
{
    struct score_decision got = hand_in(&usual, MOMENT_NONE);

    cr_expect(got.points == 8000 && got.days_late == 0, "%u", got.points);
}

Test(policy, points_are_whole_hundredths)
{
    struct course_policy odd = {
        .penalty_percent = 33, .cap_percent = 100, .max_days = 9};
    struct score_attempt attempt = {.earned = 77, .submitted = DUE + 1};
    struct score_decision got = decide(&odd, &attempt, 1);

    cr_expect(got.points == 5159, "77 less 33 %% is 51.59, got %u", got.points);
}

/* --- which attempt counts --------------------------------------------------
 */

static void expect_chosen(enum course_attempt which,
                          const struct score_attempt *attempts, size_t count,
                          size_t chosen, unsigned points)
{
    struct course_policy policy = usual;

    policy.attempt = which;
    struct score_decision got = decide(&policy, attempts, count);
    cr_expect(got.chosen == chosen && got.points == points,
              "expected attempt %zu with %u, got %zu with %u", chosen, points,
              got.chosen, got.points);
    cr_expect(got.decided, "decided");
}

Test(policy, nothing_handed_in_is_nothing_for_sure)
{
    struct score_decision got = decide(&usual, NULL, 0);

    cr_expect(got.chosen == 0 && got.points == 0 && got.decided, "nothing");
    cr_expect(got.days_late == 0 && got.penalty_percent == 0, "not late");
}

Test(policy, last_attempt_counts_also_if_it_is_worse)
{
    const struct score_attempt attempts[] = {
        {.earned = 90, .submitted = DUE - 20},
        {.earned = 30, .submitted = DUE - 10},
    };

    expect_chosen(ATTEMPT_LAST, attempts, 2, 1, 3000);
    expect_chosen(ATTEMPT_BEST, attempts, 2, 0, 9000);
}

Test(policy, last_is_by_time_then_by_number)
{
    const struct score_attempt graded_later[] = {
        {.earned = 90, .submitted = DUE - 10},
        {.earned = 30, .submitted = DUE - 20},
    };
    const struct score_attempt at_once[] = {
        {.earned = 90, .submitted = DUE},
        {.earned = 30, .submitted = DUE},
    };
    const struct score_attempt unknown[] = {
        {.earned = 90, .submitted = DUE},
        {.earned = 30, .submitted = MOMENT_NONE},
    };

    expect_chosen(ATTEMPT_LAST, graded_later, 2, 0, 9000);
    expect_chosen(ATTEMPT_LAST, at_once, 2, 1, 3000);
    expect_chosen(ATTEMPT_LAST, unknown, 2, 1, 3000);
}

Test(policy, best_is_after_the_penalty)
{
    const struct score_attempt attempts[] = {
        {.earned = 85, .submitted = DUE},
        {.earned = 100, .submitted = DUE + DAY + 1},
        {.earned = 94, .submitted = DUE + DAY},
    };

    expect_chosen(ATTEMPT_BEST, attempts, 3, 0, 8500);
}

Test(policy, of_two_best_the_less_late_then_the_earlier_counts)
{
    const struct score_attempt attempts[] = {
        {.earned = 100, .submitted = DUE + DAY},
        {.earned = 90, .submitted = DUE - 1},
        {.earned = 90, .submitted = DUE},
    };

    expect_chosen(ATTEMPT_BEST, attempts, 3, 1, 9000);
}

Test(policy, attempt_that_is_too_late_takes_nothing_away)
{
    const struct score_attempt attempts[] = {
        {.earned = 60, .submitted = DUE},
        {.earned = 100, .submitted = DUE + 8 * DAY},
    };

    expect_chosen(ATTEMPT_LAST, attempts, 2, 0, 6000);
    expect_chosen(ATTEMPT_BEST, attempts, 2, 0, 6000);
    /* Alone it is the one that counts, as nothing. */
    expect_chosen(ATTEMPT_LAST, attempts + 1, 1, 0, 0);
    expect_chosen(ATTEMPT_BEST, attempts + 1, 1, 0, 0);
}

/* --- undecided -------------------------------------------------------------
 */

static bool is_decided(enum course_attempt which,
                       const struct score_attempt *attempts, size_t count)
{
    struct course_policy policy = usual;

    policy.attempt = which;
    return decide(&policy, attempts, count).decided;
}

Test(policy, last_is_undecided_by_its_own_fault_only)
{
    const struct score_attempt attempts[] = {
        {.earned = 10, .ungraded = 90, .submitted = DUE - 2},
        {.earned = 50, .ungraded = 0, .submitted = DUE - 1},
    };
    const struct score_attempt reversed[] = {attempts[1], attempts[0]};

    cr_expect(is_decided(ATTEMPT_LAST, attempts, 2), "the last is graded");
    cr_expect(!is_decided(ATTEMPT_LAST, attempts, 1), "the only one is not");
    /* The second by number, but the first by time. */
    cr_expect(is_decided(ATTEMPT_LAST, reversed, 2), "the last by time is");
}

Test(policy, best_is_undecided_while_another_may_become_better)
{
    struct score_attempt attempts[] = {
        {.earned = 50, .submitted = DUE},
        {.earned = 10, .ungraded = 41, .submitted = DUE},
    };

    cr_expect(!is_decided(ATTEMPT_BEST, attempts, 2), "51 is more than 50");
    attempts[1].ungraded = 40;
    cr_expect(is_decided(ATTEMPT_BEST, attempts, 2), "50 is not");
    attempts[0].ungraded = 1;
    cr_expect(!is_decided(ATTEMPT_BEST, attempts, 2), "its own fault");
}

Test(policy, penalty_decides_what_a_fault_could_not_change)
{
    const struct score_attempt late[] = {
        {.earned = 90, .submitted = DUE},
        {.ungraded = 100, .submitted = DUE + DAY},
    };
    const struct score_attempt too_late[] = {
        {.ungraded = 100, .submitted = DUE + 8 * DAY},
    };

    cr_expect(is_decided(ATTEMPT_BEST, late, 2), "at most 90 after a day");
    cr_expect(is_decided(ATTEMPT_LAST, too_late, 1), "nothing in any case");
    cr_expect(is_decided(ATTEMPT_BEST, too_late, 1), "nothing in any case");
}

Test(policy, undecided_points_are_a_lower_bound)
{
    struct score_attempt attempt = {
        .earned = 40, .ungraded = 20, .submitted = DUE + DAY};
    struct score_decision got = decide(&usual, &attempt, 1);

    cr_expect(!got.decided && got.points == 3600, "%u", got.points);
}

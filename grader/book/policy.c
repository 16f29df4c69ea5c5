/*
 * The policy: which attempt counts, and what lateness costs. Pure: no clock,
 * no time zone; moments are seconds, and a day has 86,400 of them also when
 * clocks are put forward.
 *
 * Earned points and penalties are whole numbers, so that points are whole
 * hundredths without rounding.
 */
#include "score.h"

#include "moment.h"

#define SECONDS_PER_DAY    86400
#define SECONDS_PER_MINUTE 60
#define WHOLE              100 /* per cent */

/* One attempt under the policy. */
struct judged {
    unsigned days_late;
    unsigned penalty_percent;
    unsigned points; /* hundredths: at least */
    unsigned most;   /* if all that is undecided were passed */
};

/* Days begun after the due time; 0 within the grace. */
static uint64_t count_days(const struct course_policy *policy, int64_t due,
                           int64_t submitted)
{
    int64_t grace = (int64_t)policy->grace_minutes * SECONDS_PER_MINUTE;
    uint64_t seconds = 0;

    if (submitted == MOMENT_NONE || submitted <= due + grace) {
        return 0;
    }
    seconds = (uint64_t)submitted - (uint64_t)due;
    return (seconds + SECONDS_PER_DAY - 1) / SECONDS_PER_DAY;
}

static unsigned find_penalty(const struct course_policy *policy, uint64_t days)
{
    uint64_t percent = 0;
    uint64_t cap = policy->cap_percent < WHOLE ? policy->cap_percent : WHOLE;

    if (days > policy->max_days) {
        return WHOLE;
    }
    percent = days * policy->penalty_percent;
    return (unsigned)(percent < cap ? percent : cap);
}

static struct judged judge(const struct course_policy *policy, int64_t due,
                           const struct score_attempt *attempt)
{
    uint64_t days = count_days(policy, due, attempt->submitted);
    unsigned penalty = find_penalty(policy, days);

    return (struct judged){
        .days_late = days < UINT32_MAX ? (unsigned)days : UINT32_MAX,
        .penalty_percent = penalty,
        .points = attempt->earned * (WHOLE - penalty),
        .most = (attempt->earned + attempt->ungraded) * (WHOLE - penalty),
    };
}

static bool is_void(const struct judged *judged)
{
    return judged->penalty_percent == WHOLE;
}

/* Was b handed in after a? b has the higher number. */
static bool is_later(const struct score_attempt *a,
                     const struct score_attempt *b)
{
    return a->submitted == MOMENT_NONE || b->submitted == MOMENT_NONE ||
           b->submitted >= a->submitted;
}

/* Is b, the later one, worth more than a? */
static bool is_better(const struct judged *a, const struct judged *b)
{
    return b->points > a->points ||
           (b->points == a->points && b->days_late < a->days_late);
}

/* Does b, with the higher number, count rather than a? */
static bool replaces(const struct course_policy *policy, int64_t due,
                     const struct score_attempt *a,
                     const struct score_attempt *b)
{
    struct judged judged_a = judge(policy, due, a);
    struct judged judged_b = judge(policy, due, b);

    if (is_void(&judged_a) != is_void(&judged_b)) {
        return is_void(&judged_a);
    }
    return policy->attempt == ATTEMPT_BEST ? is_better(&judged_a, &judged_b)
                                           : is_later(a, b);
}

/*
 * Could a fault of ours that is put right change the points? Of the last
 * attempt only its own; of the best any that might then be worth more.
 */
static bool is_decided(const struct course_policy *policy, int64_t due,
                       const struct score_attempt *attempts, size_t count,
                       size_t chosen)
{
    struct judged counts = judge(policy, due, &attempts[chosen]);

    if (policy->attempt == ATTEMPT_LAST) {
        return counts.most == counts.points;
    }
    for (size_t i = 0; i < count; i++) {
        if (judge(policy, due, &attempts[i]).most > counts.points) {
            return false;
        }
    }
    return true;
}

void score_decide(const struct course_policy *policy, int64_t due,
                  const struct score_attempt *attempts, size_t count,
                  struct score_decision *out)
{
    struct judged judged = {0};
    size_t chosen = 0;

    if (count == 0) {
        *out = (struct score_decision){.chosen = 0, .decided = true};
        return;
    }
    for (size_t i = 1; i < count; i++) {
        if (replaces(policy, due, &attempts[chosen], &attempts[i])) {
            chosen = i;
        }
    }
    judged = judge(policy, due, &attempts[chosen]);
    *out = (struct score_decision){
        .chosen = chosen,
        .days_late = judged.days_late,
        .penalty_percent = judged.penalty_percent,
        .points = judged.points,
        .decided = is_decided(policy, due, attempts, count, chosen),
    };
}

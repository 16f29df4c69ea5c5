/*
 * Scores: a pure function of attempts, labs, policy and overrides. Points are
 * whole hundredths, rounded half up.
 */
#ifndef GRADER_SCORE_H
#define GRADER_SCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include "book.h"
#include "course.h"
#include "roster.h"

/* What the policy looks at. */
struct score_attempt {
    unsigned earned;   /* points of 100 */
    unsigned ungraded; /* points that a fault of ours left undecided */
    int64_t submitted; /* MOMENT_NONE: not known, which is in time */
};

struct score_decision {
    size_t chosen;            /* which attempt counts; `count`: none */
    unsigned days_late;       /* of it; begun, from the due time on */
    unsigned penalty_percent; /* 100 if it is too late to count at all */
    unsigned points;          /* hundredths; at least, if not decided */
    bool decided; /* false: a fault of ours could change the points */
};

/*
 * `attempts` in the order of their numbers. Without any: no points, decided.
 *
 * - Up to the due time and the grace nothing is lost. After it each day begun
 *   since the due time costs the penalty, in all at most the cap.
 * - An attempt of which nothing is left by that, or which is later than
 *   max_days, doesn't count if another does.
 * - The last attempt is the one that was handed in last; of two at the same
 *   time, or if one's time is not known, the one with the higher number.
 * - The best is the one with the most points after the penalty; of two, the
 *   one that is less late, then the earlier one.
 */
void score_decide(const struct course_policy *policy, int64_t due,
                  const struct score_attempt *attempts, size_t count,
                  struct score_decision *out);

/*
 * The whole class as JSON: docs/class.md, "mmgrade/class/v1". `now` decides
 * what students may see by date. NULL in *out and an error otherwise.
 */
int score_class(struct book *book, const struct course *course,
                const struct roster *roster, const char *root,
                enum result_audience audience, int64_t now, json_t **out,
                struct error *err);

/*
 * One student as JSON, "mmgrade/student/v1": as in the class, and with the
 * whole result of each lab's attempt that counts.
 */
int score_student(struct book *book, const struct course *course,
                  const struct roster *roster, const char *root,
                  const char *student, enum result_audience audience,
                  int64_t now, json_t **out, struct error *err);

#endif

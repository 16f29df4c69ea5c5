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
    unsigned earned; /* points of 100 */
    bool graded;     /* false: a fault of ours left points undecided */
    int64_t submitted;
};

struct score_decision {
    size_t chosen; /* which attempt counts; as many as there are: none */
    unsigned days_late;
    unsigned penalty_percent;
    unsigned points; /* hundredths */
    bool decided;    /* false: nothing of it is known for sure yet */
};

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

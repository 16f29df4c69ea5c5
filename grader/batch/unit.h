/*
 * A unit of a batch: a student's submission of a lab. What a worker does with
 * it, and how it tells the parent.
 *
 * An answer is two lines of JSON. The first says what was handed in, and is
 * written before anything is built, so that it is there also if the worker
 * doesn't live to write the second, which says what came of it.
 */
#ifndef GRADER_UNIT_H
#define GRADER_UNIT_H

#include <stdbool.h>
#include <stdint.h>
#include "book.h"
#include "cache.h"
#include "error.h"
#include "grade.h"
#include "pool.h"
#include "progress.h"
#include "known.h"

/* What a worker needs; borrowed. */
struct unit {
    const struct kit *kit;
    enum sandbox_mode mode;
    const unsigned char *course_key;
    const char *surroundings; /* of the lab: outcome.h */
    const struct cache *cache;
    const struct known *known; /* what the gradebook has */
    bool regrade;              /* also if only the tests have changed */
    const char *student, *lab;
    const char *where, *ref; /* struct submission_request */
    int64_t submitted;       /* as the LMS says, or MOMENT_NONE */
};

/* What came of it. Owned; unit_answer_clear(). */
struct unit_answer {
    struct attempt attempt; /* student and lab, too */
    bool regrade;           /* the outcome replaces one; else it is added */
    enum progress_source source;
    enum progress_state state;
    bool has_score;
    unsigned score, max;
    char *reason; /* why this score; or NULL */
    char *remark; /* for the log: the cache was damaged, …; or NULL */
    long worker_kib;
};

/* In the worker: grades with the job's folder and cores, and answers. */
void unit_work(const struct unit *unit, const struct pool_job *job);

/*
 * In the parent: what a worker has answered. Of one that died half way it is
 * an attempt with a fault of ours. INFRA: out of memory.
 */
int unit_read_answer(const struct unit *unit, const struct pool_answer *from,
                     struct unit_answer *out, struct error *err);
void unit_answer_clear(struct unit_answer *answer);

/* The most memory that this process had, so far. */
long unit_peak_kib(void);

#endif

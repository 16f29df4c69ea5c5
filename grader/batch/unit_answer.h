/*
 * The lines of a worker's answer; for unit.c.
 */
#ifndef GRADER_UNIT_ANSWER_H
#define GRADER_UNIT_ANSWER_H

#include "unit.h"

/* The first line: what was handed in. */
int unit_write_attempt(int fd, const struct attempt *attempt,
                       struct error *err);

/*
 * The second one: what came of it; or, with `trouble`, why nothing did. What
 * can't be written is as if the worker had died.
 */
void unit_write_outcome(int fd, const struct unit_answer *answer,
                        const struct error *trouble);

#endif

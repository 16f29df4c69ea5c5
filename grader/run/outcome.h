/*
 * An outcome: what building and running gave, as JSON. All of a grade that is
 * expensive, and nothing of it that depends on weights or on who handed it in;
 * so it is what the cache keeps, and the gradebook. docs/record.md.
 *
 *     {"schema": "mmgrade/outcome/v1", "sandbox": "bwrap",
 *      "refused": null or {"word", "reason"},
 *      "build": null or {"status", "messages"},
 *      "record": null or [first line, line of a test, …]}
 */
#ifndef GRADER_OUTCOME_H
#define GRADER_OUTCOME_H

#include "grade.h"

#define OUTCOME_SCHEMA "mmgrade/outcome/v1"

/* NULL when out of memory. */
json_t *outcome_json(const struct grade *grade);

/*
 * Gives a grade that was read (grade_read()), or made of what the gradebook
 * keeps, its outcome, and scores it with the lab as it is now: a test that
 * the lab got since is not-run, one that it lost is left out. INFRA if the
 * JSON is not an outcome of that lab and of those files; the grade is then as
 * it was.
 */
int outcome_apply(const json_t *outcome, struct grade *grade,
                  struct error *err);

/*
 * The key under which the same outcome may be used again: SHA-256 over the
 * content hash, the lab's and its tests' names, the test program, every object
 * and file that goes into the image, toolchain, QEMU, mmgrade itself, sandbox
 * mode, seed and the tests asked for. REJECTED for a submission that could not
 * be read: it has no content.
 */
int outcome_key(const struct grade_request *request, const struct grade *grade,
                char hex[SEED_HEX], struct error *err);

/*
 * The same in two steps, for many submissions: what all of a lab have in
 * common costs some megabytes of reading and asking the tools for their
 * versions, the rest nothing. outcome_key() is both.
 */
int outcome_surroundings(const struct kit *kit, const struct lab *lab,
                         enum sandbox_mode mode, char hex[SEED_HEX],
                         struct error *err);
int outcome_key_within(const char surroundings[SEED_HEX],
                       const struct grade_request *request,
                       const struct grade *grade, char hex[SEED_HEX],
                       struct error *err);

#endif

/*
 * A call of `mmgrade grade`: its options, and all that it does in its work
 * folder. Prints, as commands do; cmd_grade.c has the command line.
 */
#ifndef GRADER_SESSION_H
#define GRADER_SESSION_H

#include <stdbool.h>
#include "result.h"
#include "sandbox.h"
#include "seed.h"

struct session_options {
    char **submissions; /* NULL-terminated */
    const char **labs;  /* NULL-terminated; none: all with files */
    const char *ref, *before, *only, *kit, *out, *keep;
    enum sandbox_mode mode;
    enum result_audience audience;
    bool json, quiet, seeded, has_min_score;
    unsigned jobs, min_score;
    unsigned char seed[SEED_BYTES];
};

/*
 * Grades in the folder `work` what the options (a struct session_options, for
 * guard_run()) ask for, prints and writes the results. The exit code.
 */
int session_run(const char *work, void *argument);

#endif

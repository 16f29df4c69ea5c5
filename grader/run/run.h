/*
 * Runs a lab's test program on a kernel image, in the sandbox, and collects
 * the record lines that it writes.
 */
#ifndef GRADER_RUN_H
#define GRADER_RUN_H

#include "build.h"
#include "error.h"
#include "kit.h"
#include "lab.h"
#include "record.h"
#include "sandbox.h"

struct run_options {
    enum sandbox_mode mode;
    unsigned jobs;             /* tests at a time; 0: cores */
    const char *only;          /* a test's name, or NULL for all */
    bool first_failure;        /* a lost test is the last one */
    const unsigned char *seed; /* 32 bytes */
};

/*
 * Fills the record's tests: one for every test of the lab, in the lab's
 * order; those without a line become not-run or infra-error.
 */
int run_suite(const struct kit *kit, const struct lab *lab,
              const struct build *build, const struct run_options *options,
              const char *work, struct record *record, struct error *err);

/* ERROR_USAGE if lab.yaml and the test program disagree about the tests. */
int run_check_names(const struct kit *kit, const struct lab *lab,
                    struct error *err);

#endif

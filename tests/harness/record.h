/*
 * The record: OUT/record.jsonl, one line a test, appended as the test ends.
 *
 * A test runs in a process of its own and leaves a part, OUT/SUITE::TEST.json;
 * when Criterion says that the test has ended, its runner's hook completes the
 * part and appends it. Criterion's own writers are not used: they do not
 * escape what they are given.
 */
#ifndef HARNESS_RECORD_H
#define HARNESS_RECORD_H

#include <jansson.h>

/* What the runner was told, handed to the tests' processes as environment. */
struct options {
    const char *kernel;  /* image that QEMU boots */
    const char *symbols; /* its ELF file with symbols */
    const char *initrd;  /* ramdisk with user programs, or NULL */
    const char *module;  /* object for load_module(), or NULL */
    const char *qemu;    /* the binary */
    const char *out;     /* folder for the record */
    const char *seed;    /* hexadecimal */
    const char *sandbox; /* "bwrap" or "none" */
    const char *gdb;     /* port for QEMU's gdb stub, or NULL */
};

/* The options, in a test's process too. */
const struct options *harness_options(void);
void harness_set_options(const struct options *options);

/* Removes the record of an earlier run from the folder. */
void record_begin(void);

#define MAX_PICTURES 4 /* of a test */

/* Writes a test's part. Called in the test's process. */
void record_part_write(const char *test, const json_t *part);

/* The last run's totals, for the runner's exit and summary. */
struct record_totals {
    unsigned passed, failed;
};
const struct record_totals *record_totals(void);

/* Should each test be shown on the terminal as it ends, and its pictures go to
 * OUT/pictures? */
void record_show_tests(void);

#endif

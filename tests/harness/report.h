/*
 * What a test has to say: claims that did not hold, and other ways to end.
 *
 * Each function here that ends the test writes what it knows to
 * OUT/SUITE::TEST.json first, where the runner's hook picks it up. The texts
 * are built by text() and belong to the test's process.
 */
#ifndef HARNESS_REPORT_H
#define HARNESS_REPORT_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A claim about the kernel that turned out wrong, for a person to read. */
struct claim {
    const char *did;      /* "alloc_pages(GFP_KERNEL, 3)" */
    const char *expected; /* "a frame that is a multiple of 8" */
    const char *seen;     /* "frame 1003" */
    const char *hint;     /* the concept to look at; may be NULL */
};

/* printf into a string that lives as long as the test. */
__attribute__((format(printf, 1, 2))) char *text(const char *format, ...);

/*
 * `n` things of `size` bytes, all zero, and one more; without memory the test
 * ends as an error of ours. The caller frees them.
 */
void *allocate(size_t n, size_t size);

/*
 * expect(page % 8 == 0, .did = …, .expected = …, .seen = …): ends the test as
 * failed unless the condition holds. The texts are built only then.
 */
#define expect(condition, ...)                                                 \
    do {                                                                       \
        if (!(condition))                                                      \
            report_fail(__FILE__, __LINE__, (struct claim){__VA_ARGS__});      \
    } while (0)

/* How a run of the guest ended. */
enum outcome {
    OUTCOME_PASS,
    OUTCOME_FAIL,
    OUTCOME_TIMEOUT,
    OUTCOME_CRASH,
    OUTCOME_NOT_IMPLEMENTED,
    OUTCOME_INFRA_ERROR,
};

/* All that is known about how it ended; strings may be NULL. */
struct verdict {
    enum outcome outcome;
    struct claim claim;
    const char *where;   /* "tests/hidden/lab1-buddy.c:88" */
    const char *oops;    /* symbolised text */
    const char *hung_in; /* the call that did not return */
};

__attribute__((noreturn)) void report_fail(const char *file, int line,
                                           struct claim claim);

/* Ends the test (or the attempt, see report_try) with any other verdict. */
__attribute__((noreturn)) void report_verdict(const struct verdict *verdict);

/* Ends the test: the machine it runs on is at fault, not the student. */
__attribute__((noreturn, format(printf, 1, 2))) void
report_infra(const char *format, ...);

/* Counts guest instructions spent in measured calls. */
void report_add_instructions(uint64_t n);

/* Counts a machine that is booted. */
void report_add_machine(void);

/*
 * Runs attempt(context); returns PASS if it returned, else how it ended,
 * and the test goes on. For the shrinking of random sequences.
 */
struct verdict report_try(void (*attempt)(void *context), void *context);

/* Something to be done at the end of the test, whatever its verdict. */
void report_at_end(void (*cleanup)(void));

/* Draws at most `max` pictures of what the failed test looked at: how many. */
struct picture;
typedef size_t (*report_drawing_t)(struct picture *out, size_t max);

/* What draws them, if the test fails. */
void report_draw_by(report_drawing_t draw);

/* Set-up and tear-down of every test: TestSuite(x, .init, .fini). */
void report_begin(void);
void report_end(void);

/* Declares the suite of a file of tests. */
#define SUITE(name) TestSuite(name, .init = report_begin, .fini = report_end)

/* The running test's name, "suite::test". */
const char *report_test_name(void);

#endif

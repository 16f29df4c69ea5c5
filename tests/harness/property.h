/*
 * Properties: random sequences of operations, checked against a model on the
 * host, shrunk when one fails.
 *
 * The sequence follows from the seed of the run and the test's name: the same
 * for a re-run of the same submission, unknown to the student beforehand.
 */
#ifndef HARNESS_PROPERTY_H
#define HARNESS_PROPERTY_H

#include <stddef.h>
#include <stdint.h>

/* A generator of pseudo-random numbers. */
struct random {
    uint64_t state;
};

uint64_t random_next(struct random *random);
/* Uniform in [0, bound). */
uint32_t random_below(struct random *random, uint32_t bound);

/* One operation; what it means is the property's affair. */
struct operation {
    uint32_t kind;
    uint32_t a, b;
};

struct property {
    size_t length; /* of a sequence */
    struct operation (*generate)(struct random *random);
    /*
     * Runs a sequence in a fresh machine, ending as tests do (expect) when
     * the kernel and the model disagree. Must accept any subsequence. The
     * machine of the sequence before has been ended.
     */
    void (*run)(const struct operation *operations, size_t n);
    const char *(*describe)(const struct operation *operation);
};

/* The random numbers of the running test, from the seed of the run. */
struct random random_of_test(void);

/*
 * Runs the property. If it fails, removes operations as long as it still
 * fails (delta debugging: Zeller and Hildebrandt, 2002), within a budget of
 * machines, and ends the test with what is left, written out.
 */
void property_check(const struct property *property);

#endif

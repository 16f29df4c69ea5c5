/* Random sequences and their shrinking. */
#include "property.h"

#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "record.h"
#include "report.h"

#define BUDGET         48 /* machines for shrinking */
#define BUDGET_TIMEOUT 6  /* if each of them hangs */
#define SHOWN          16 /* operations that are written out */

/* splitmix64: Steele, Lea, Flood, 2014. */
uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint32_t random_below(struct random *random, uint32_t bound)
{
    return (uint32_t)((random_next(random) >> 32) * bound >> 32);
}

/* FNV-1a over the seed and the name, to start from. */
static uint64_t hash(uint64_t state, const char *bytes)
{
    for (; *bytes != '\0'; bytes++)
        state = (state ^ (unsigned char)*bytes) * 0x100000001b3u;
    return state;
}

struct random random_of_test(void)
{
    uint64_t state = hash(0xcbf29ce484222325u, harness_options()->seed);

    return (struct random){hash(state, report_test_name())};
}

struct sequence {
    const struct property *property;
    struct operation *operations;
    size_t n;
};

static void attempt(void *context)
{
    const struct sequence *sequence = context;

    guest_end_all();
    sequence->property->run(sequence->operations, sequence->n);
}

/* `from` without the chunk [start, end). */
static struct sequence without(const struct sequence *from, size_t start,
                               size_t end)
{
    struct sequence out = {from->property, NULL, from->n - (end - start)};

    out.operations = allocate(out.n, sizeof(*out.operations));
    memcpy(out.operations, from->operations, start * sizeof(*out.operations));
    memcpy(out.operations + start, from->operations + end,
           (from->n - end) * sizeof(*out.operations));
    return out;
}

/* Tries to drop one chunk of `size`; true if it still fails without it. */
static bool drop_one(struct sequence *sequence, size_t size, size_t start,
                     struct verdict *verdict)
{
    size_t end = start + size < sequence->n ? start + size : sequence->n;
    struct sequence smaller = without(sequence, start, end);
    struct verdict next = report_try(attempt, &smaller);

    if (next.outcome != verdict->outcome) {
        free(smaller.operations);
        return false;
    }
    free(sequence->operations);
    *sequence = smaller;
    *verdict = next;
    return true;
}

static void shrink(struct sequence *sequence, struct verdict *verdict)
{
    int budget = verdict->outcome == OUTCOME_TIMEOUT ? BUDGET_TIMEOUT : BUDGET;

    for (size_t size = (sequence->n + 1) / 2; size > 0; size /= 2) {
        for (size_t start = 0; start < sequence->n && budget > 0; budget--)
            if (!drop_one(sequence, size, start, verdict))
                start += size;
        if (budget == 0)
            break;
    }
}

static const char *written_out(const struct sequence *sequence)
{
    size_t n = sequence->n < SHOWN ? sequence->n : SHOWN;
    const char *out = text("%zu operations:", sequence->n);

    if (sequence->n > SHOWN)
        out = text("%s … (the last %d)", out, SHOWN);
    for (size_t i = sequence->n - n; i < sequence->n; i++)
        out = text("%s\n%s", out,
                   sequence->property->describe(&sequence->operations[i]));
    return out;
}

void property_check(const struct property *property)
{
    struct random random = random_of_test();
    struct sequence sequence = {property, NULL, property->length};
    struct verdict verdict;

    sequence.operations = allocate(sequence.n, sizeof(*sequence.operations));
    for (size_t i = 0; i < sequence.n; i++)
        sequence.operations[i] = property->generate(&random);
    verdict = report_try(attempt, &sequence);
    if (verdict.outcome != OUTCOME_PASS &&
        verdict.outcome != OUTCOME_INFRA_ERROR &&
        verdict.outcome != OUTCOME_NOT_IMPLEMENTED) {
        shrink(&sequence, &verdict);
        verdict.claim.did = text("%s\nin the end: %s", written_out(&sequence),
                                 verdict.claim.did);
        /* Once more, so that pictures show how this one ends. */
        if (verdict.outcome == OUTCOME_TIMEOUT ||
            report_try(attempt, &sequence).outcome != verdict.outcome)
            guest_end_all();
    }
    free(sequence.operations);
    if (verdict.outcome != OUTCOME_PASS)
        report_verdict(&verdict);
}

/*
 * The gradebook's attempts without what they weigh: of an outcome is kept
 * whether it decides everything, and its key.
 */
#include "ledger.h"

#include <stdlib.h>
#include <string.h>

static const char *word(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static bool says(const json_t *object, const char *key, const char *wanted)
{
    return strcmp(word(object, key), wanted) == 0;
}

/* Every test that the outcome is about has a verdict, or none needs one. */
static bool is_decided(const json_t *outcome)
{
    const json_t *refused = json_object_get(outcome, "refused");
    const json_t *lines = json_object_get(outcome, "record");
    bool decided = true;

    if (json_is_object(refused)) {
        return says(refused, "word", "REJECTED") ||
               says(refused, "word", "LIMIT");
    }
    for (size_t i = 1; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        decided &= !says(line, "status", "not-run") &&
                   !says(line, "status", "infra-error");
    }
    return decided;
}

/* The reason of a refusal that is a zero, or NULL. */
static const char *refusal(const json_t *outcome)
{
    const json_t *refused = json_object_get(outcome, "refused");

    return json_is_object(refused) && is_decided(outcome)
               ? word(refused, "reason")
               : NULL;
}

static bool same_text(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static bool same_place(const struct ledger_attempt *attempt,
                       const char *student, const char *lab)
{
    return strcmp(attempt->student, student) == 0 &&
           strcmp(attempt->lab, lab) == 0;
}

static char *copy(const char *text, bool *failed)
{
    char *made = text ? strdup(text) : NULL;

    *failed |= text && !made;
    return made;
}

static int add(void *context, const struct attempt *attempt, struct error *err)
{
    struct ledger *ledger = context;
    const char *key = word(attempt->outcome, OUTCOME_KEY);
    struct ledger_attempt *grown =
        reallocarray(ledger->attempts, ledger->count + 1, sizeof(*grown));
    bool failed = false;

    if (!grown) {
        return fail(err, ERROR_INFRA, "out of memory");
    }
    ledger->attempts = grown;
    struct ledger_attempt *added = &grown[ledger->count++];
    *added = (struct ledger_attempt){
        .number = attempt->number,
        .submitted = attempt->submitted,
        .student = copy(attempt->student, &failed),
        .lab = copy(attempt->lab, &failed),
        .kind = copy(attempt->kind, &failed),
        .content_hash = copy(attempt->content_hash, &failed),
        .refused = copy(refusal(attempt->outcome), &failed),
        .decided = is_decided(attempt->outcome),
        .latest = true,
    };
    if (strlen(key) < sizeof(added->key)) {
        memcpy(added->key, key, strlen(key) + 1);
    }
    if (failed) {
        return fail(err, ERROR_INFRA, "out of memory");
    }
    if (ledger->count > 1 &&
        same_place(added - 1, added->student, added->lab)) {
        added[-1].latest = false;
    }
    return 0;
}

int ledger_load(struct book *book, struct ledger *out, struct error *err)
{
    *out = (struct ledger){0};
    return book_each(book, add, out, err);
}

void ledger_clear(struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->count; i++) {
        free(ledger->attempts[i].student);
        free(ledger->attempts[i].lab);
        free(ledger->attempts[i].kind);
        free(ledger->attempts[i].content_hash);
        free(ledger->attempts[i].refused);
    }
    free(ledger->attempts);
    *ledger = (struct ledger){0};
}

const struct ledger_attempt *ledger_latest(const struct ledger *ledger,
                                           const char *student, const char *lab)
{
    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_attempt *attempt = &ledger->attempts[i];
        if (attempt->latest && same_place(attempt, student, lab)) {
            return attempt;
        }
    }
    return NULL;
}

/* One that was read: of the same files, and still or again handed in. */
static bool same_content(const struct ledger_attempt *known,
                         const struct attempt *attempt)
{
    bool same_time = known->submitted == attempt->submitted &&
                     known->submitted != MOMENT_NONE;

    return same_text(known->kind, attempt->kind) &&
           same_text(known->content_hash, attempt->content_hash) &&
           (known->latest || same_time);
}

static bool same_refusal(const struct ledger_attempt *known,
                         const struct attempt *attempt, const char *reason)
{
    return !attempt->content_hash && !known->content_hash && known->latest &&
           known->submitted == attempt->submitted &&
           same_text(known->refused, reason);
}

const struct ledger_attempt *ledger_find(const struct ledger *ledger,
                                         const struct attempt *attempt,
                                         const char *reason)
{
    const struct ledger_attempt *found = NULL;

    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_attempt *known = &ledger->attempts[i];
        if (same_place(known, attempt->student, attempt->lab) &&
            (same_content(known, attempt) ||
             same_refusal(known, attempt, reason))) {
            found = known;
        } else if (same_place(known, attempt->student, attempt->lab) &&
                   known->submitted == MOMENT_NONE) {
            found = NULL; /* it counts rather than those before it */
        }
    }
    return found;
}

/*
 * The gradebook's attempts without what they weigh: of an outcome is kept
 * whether it decides everything, and its key.
 */
#include "known.h"

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

/* As the gradebook sorts: bytes, as SQLite's BINARY compares them. */
static int compare_place(const struct known_attempt *attempt,
                         const char *student, const char *lab)
{
    int order = strcmp(attempt->student, student);

    return order != 0 ? order : strcmp(attempt->lab, lab);
}

/* The student's attempts at the lab; *count may be 0. */
static const struct known_attempt *find_place(const struct known *known,
                                              const char *student,
                                              const char *lab, size_t *count)
{
    size_t first = 0;
    size_t end = known->count;

    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (compare_place(&known->attempts[middle], student, lab) < 0) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    while (end < known->count &&
           compare_place(&known->attempts[end], student, lab) == 0) {
        end++;
    }
    *count = end - first;
    return *count > 0 ? &known->attempts[first] : NULL;
}

static char *copy(const char *text, bool *failed)
{
    char *made = text ? strdup(text) : NULL;

    *failed |= text && !made;
    return made;
}

static int add(void *context, const struct attempt *attempt, struct error *err)
{
    struct known *known = context;
    const char *key = word(attempt->outcome, OUTCOME_KEY);
    struct known_attempt *grown =
        reallocarray(known->attempts, known->count + 1, sizeof(*grown));
    bool failed = false;

    if (!grown) {
        return fail(err, ERROR_INFRA, "out of memory");
    }
    known->attempts = grown;
    struct known_attempt *added = &grown[known->count++];
    *added = (struct known_attempt){
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
    if (known->count > 1 &&
        compare_place(added - 1, added->student, added->lab) == 0) {
        added[-1].latest = false;
    }
    return 0;
}

int known_load(struct book *book, struct known *out, struct error *err)
{
    *out = (struct known){0};
    return book_each(book, add, out, err);
}

void known_clear(struct known *known)
{
    for (size_t i = 0; i < known->count; i++) {
        free(known->attempts[i].student);
        free(known->attempts[i].lab);
        free(known->attempts[i].kind);
        free(known->attempts[i].content_hash);
        free(known->attempts[i].refused);
    }
    free(known->attempts);
    *known = (struct known){0};
}

const struct known_attempt *known_latest(const struct known *known,
                                         const char *student, const char *lab)
{
    size_t count = 0;
    const struct known_attempt *own = find_place(known, student, lab, &count);

    return count > 0 ? &own[count - 1] : NULL;
}

/* One that was read: of the same files, and still or again handed in. */
static bool same_content(const struct known_attempt *candidate,
                         const struct attempt *attempt)
{
    bool same_time = candidate->submitted == attempt->submitted &&
                     candidate->submitted != MOMENT_NONE;

    return same_text(candidate->kind, attempt->kind) &&
           same_text(candidate->content_hash, attempt->content_hash) &&
           (candidate->latest || same_time);
}

static bool same_refusal(const struct known_attempt *candidate,
                         const struct attempt *attempt, const char *reason)
{
    return !attempt->content_hash && !candidate->content_hash &&
           candidate->latest && candidate->submitted == attempt->submitted &&
           same_text(candidate->refused, reason);
}

const struct known_attempt *known_find(const struct known *known,
                                       const struct attempt *attempt,
                                       const char *reason)
{
    const struct known_attempt *found = NULL;
    size_t count = 0;
    const struct known_attempt *own =
        find_place(known, attempt->student, attempt->lab, &count);

    for (size_t i = 0; i < count; i++) {
        if (same_content(&own[i], attempt) ||
            same_refusal(&own[i], attempt, reason)) {
            found = &own[i];
        } else if (own[i].submitted == MOMENT_NONE) {
            found = NULL; /* it counts rather than those before it */
        }
    }
    return found;
}

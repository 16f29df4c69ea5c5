/*
 * Matching: a sorted table of all folded texts of all students.
 */
#include "match.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fold.h"

#define WORDS_MAX 12 /* of a name */

struct key {
    char *fold;
    enum match_by by;
    const struct student *student;
};

struct matcher {
    struct key *keys;
    size_t count, capacity;
};

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't compare names: out of memory");
}

/* Takes `fold` over, also after an error. Texts without letters don't count. */
static int add_key(struct matcher *matcher, const struct student *student,
                   enum match_by by, char *fold, struct error *err)
{
    if (fold[0] == '\0') {
        free(fold);
        return 0;
    }
    if (matcher->count == matcher->capacity) {
        size_t capacity = matcher->capacity ? 2 * matcher->capacity : 256;
        struct key *grown =
            reallocarray(matcher->keys, capacity, sizeof(*grown));
        if (!grown) {
            free(fold);
            return out_of_memory(err);
        }
        matcher->keys = grown;
        matcher->capacity = capacity;
    }
    matcher->keys[matcher->count++] = (struct key){fold, by, student};
    return 0;
}

static int add_text(struct matcher *matcher, const struct student *student,
                    enum match_by by, const char *text, struct error *err)
{
    char *fold = NULL;
    int rc = fold_text(text, strlen(text), &fold, err);

    return rc != 0 ? rc : add_key(matcher, student, by, fold, err);
}

/* "Lee, Ann" as "Ann Lee", malloc'ed; *out stays NULL for other names. */
static int turn_at_comma(const char *name, size_t nbytes, char **out,
                         struct error *err)
{
    const char *comma = memchr(name, ',', nbytes);
    size_t nbefore = comma ? (size_t)(comma - name) : 0;

    *out = NULL;
    if (!comma || memchr(comma + 1, ',', nbytes - nbefore - 1)) {
        return 0;
    }
    if (asprintf(out, "%.*s %.*s", (int)(nbytes - nbefore - 1), comma + 1,
                 (int)nbefore, name) < 0) {
        *out = NULL;
        return out_of_memory(err);
    }
    return 0;
}

static int add_name_without_comma(struct matcher *matcher,
                                  const struct student *student,
                                  struct error *err)
{
    char *turned = NULL;
    int rc = turn_at_comma(student->name, strlen(student->name), &turned, err);

    if (rc == 0 && turned) {
        rc = add_text(matcher, student, MATCH_NAME, turned, err);
    }
    free(turned);
    return rc;
}

/* The name from `middle` on, and then what stands before. */
static int add_turned(struct matcher *matcher, const struct student *student,
                      const char *middle, struct error *err)
{
    char *turned = NULL, *fold = NULL;
    const char *name = student->name;

    if (asprintf(&turned, "%s %.*s", middle, (int)(middle - name), name) < 0) {
        return out_of_memory(err);
    }
    int rc = fold_letters(turned, strlen(turned), &fold, err);
    free(turned);
    return rc != 0 ? rc : add_key(matcher, student, MATCH_SORTABLE, fold, err);
}

static int add_sortable(struct matcher *matcher, const struct student *student,
                        struct error *err)
{
    const char *at = student->name;
    int rc = add_turned(matcher, student, at, err);

    for (size_t i = 1; rc == 0 && i < WORDS_MAX; i++) {
        at = strchr(at, ' ');
        if (!at) {
            break;
        }
        at += strspn(at, " ");
        rc = add_turned(matcher, student, at, err);
    }
    return rc;
}

static int add_student(struct matcher *matcher, const struct student *student,
                       struct error *err)
{
    const struct {
        enum match_by by;
        const char *text;
    } texts[] = {
        {MATCH_ID, student->id},
        {MATCH_LOGIN, student->login},
        {MATCH_EMAIL, student->email},
        {MATCH_NAME, student->name},
    };
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < sizeof(texts) / sizeof(*texts); i++) {
        rc = add_text(matcher, student, texts[i].by, texts[i].text, err);
    }
    if (rc == 0) {
        rc = add_name_without_comma(matcher, student, err);
    }
    return rc != 0 ? rc : add_sortable(matcher, student, err);
}

static int compare_keys(const void *a, const void *b)
{
    const struct key *left = a, *right = b;
    int order = strcmp(left->fold, right->fold);

    if (order != 0) {
        return order;
    }
    /* Students lie in one array: their order is the roster's. */
    return left->student < right->student ? -1 : left->student > right->student;
}

int matcher_open(const struct roster *roster, struct matcher **out,
                 struct error *err)
{
    struct matcher *matcher = calloc(1, sizeof(*matcher));
    int rc = matcher ? 0 : out_of_memory(err);

    for (size_t i = 0; rc == 0 && i < roster->count; i++) {
        rc = add_student(matcher, &roster->students[i], err);
    }
    if (rc != 0) {
        matcher_close(matcher);
        return rc;
    }
    if (matcher->count > 0) {
        qsort(matcher->keys, matcher->count, sizeof(*matcher->keys),
              compare_keys);
    }
    *out = matcher;
    return 0;
}

void matcher_close(struct matcher *matcher)
{
    if (!matcher) {
        return;
    }
    for (size_t i = 0; i < matcher->count; i++) {
        free(matcher->keys[i].fold);
    }
    free(matcher->keys);
    free(matcher);
}

/* The first key that is not before `fold`. */
static size_t lower_bound(const struct matcher *matcher, const char *fold)
{
    size_t low = 0, high = matcher->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(matcher->keys[middle].fold, fold) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void find_fold(const struct matcher *matcher, const char *fold,
                      unsigned by, struct fit *out)
{
    for (size_t i = lower_bound(matcher, fold);
         i < matcher->count && strcmp(matcher->keys[i].fold, fold) == 0; i++) {
        if (matcher->keys[i].by & by) {
            fit_add(out, matcher->keys[i].student);
        }
    }
}

static int find_name_without_comma(const struct matcher *matcher,
                                   const char *text, size_t nbytes,
                                   struct fit *out, struct error *err)
{
    char *turned = NULL, *fold = NULL;
    int rc = turn_at_comma(text, nbytes, &turned, err);

    if (rc == 0 && turned) {
        rc = fold_text(turned, strlen(turned), &fold, err);
    }
    if (fold) {
        find_fold(matcher, fold, MATCH_NAME, out);
    }
    free(fold);
    free(turned);
    return rc;
}

int matcher_find(const struct matcher *matcher, const char *text, size_t nbytes,
                 unsigned by, struct fit *out, struct error *err)
{
    const unsigned plain = MATCH_ID | MATCH_LOGIN | MATCH_EMAIL | MATCH_NAME;
    char *fold = NULL;
    int rc = 0;

    *out = (struct fit){.count = 0};
    if (by & plain) {
        rc = fold_text(text, nbytes, &fold, err);
        if (rc == 0) {
            find_fold(matcher, fold, by & plain, out);
        }
        free(fold);
    }
    if (rc == 0 && (by & MATCH_NAME)) {
        rc = find_name_without_comma(matcher, text, nbytes, out, err);
    }
    if (rc == 0 && (by & MATCH_SORTABLE)) {
        rc = fold_letters(text, nbytes, &fold, err);
        if (rc == 0) {
            find_fold(matcher, fold, MATCH_SORTABLE, out);
            free(fold);
        }
    }
    return rc;
}

void fit_add(struct fit *fit, const struct student *student)
{
    for (size_t i = 0; i < fit->count && i < FIT_MAX; i++) {
        if (fit->students[i] == student) {
            return;
        }
    }
    if (fit->count < FIT_MAX) {
        fit->students[fit->count] = student;
    }
    fit->count++;
}

void fit_names(const struct fit *fit, char *text, size_t capacity)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < fit->count && i < FIT_MAX; i++) {
        const char *between = i == 0                ? ""
                              : i + 1 == fit->count ? " and "
                                                    : ", ";
        int n = snprintf(text + used, capacity - used, "%s%.60s (%.40s)",
                         between, fit->students[i]->name, fit->students[i]->id);
        used += (size_t)n;
        if (used >= capacity) {
            return;
        }
    }
    if (fit->count > FIT_MAX) {
        snprintf(text + used, capacity - used, " and others");
    }
}

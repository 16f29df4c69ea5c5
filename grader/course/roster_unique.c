/*
 * Ids and logins of a roster are unique: sorted by their folds, those that
 * are the same to a person stand side by side.
 */
#include "roster_parts.h"

#include <stdlib.h>
#include <string.h>
#include "fold.h"

struct key {
    char *fold;
    const char *text;
    size_t line;
};

static int compare_keys(const void *a, const void *b)
{
    const struct key *left = a, *right = b;
    int order = strcmp(left->fold, right->fold);

    if (order != 0) {
        return order;
    }
    return left->line < right->line ? -1 : left->line > right->line;
}

static int check_pairs(const char *path, const char *what,
                       const struct key *keys, size_t count, struct error *err)
{
    for (size_t i = 1; i < count; i++) {
        const struct key *a = &keys[i - 1], *b = &keys[i];
        if (strcmp(a->fold, b->fold) != 0) {
            continue;
        }
        if (strcmp(a->text, b->text) == 0) {
            return fail(err, ERROR_USAGE,
                        "%s:%zu: the %s '%s' is already that of line %zu", path,
                        b->line, what, b->text, a->line);
        }
        return fail(err, ERROR_USAGE,
                    "%s:%zu: the %s '%s' looks like '%s' of line %zu: they "
                    "differ only in case, blanks or forms of characters",
                    path, b->line, what, b->text, a->text, a->line);
    }
    return 0;
}

/* What a student is called in the column. */
static const char *text_of(const struct student *student, int login)
{
    return login ? student->login : student->id;
}

static int check_column(const char *path, const struct roster *roster,
                        const size_t *lines, int login, struct error *err)
{
    struct key *keys = calloc(roster->count, sizeof(*keys));
    size_t nkeys = 0;
    int rc = 0;

    if (!keys) {
        return fail(err, ERROR_INFRA, "can't read the roster %s: out of memory",
                    path);
    }
    for (size_t i = 0; rc == 0 && i < roster->count; i++) {
        const char *text = text_of(&roster->students[i], login);
        if (text[0] == '\0') {
            continue;
        }
        keys[nkeys] = (struct key){NULL, text, lines[i]};
        rc = fold_text(text, strlen(text), &keys[nkeys].fold, err);
        nkeys += rc == 0;
    }
    if (rc == 0 && nkeys > 0) {
        qsort(keys, nkeys, sizeof(*keys), compare_keys);
        rc = check_pairs(path, login ? "login" : "id", keys, nkeys, err);
    }
    for (size_t i = 0; i < nkeys; i++) {
        free(keys[i].fold);
    }
    free(keys);
    return rc;
}

int roster_check_unique(const char *path, const struct roster *roster,
                        const size_t *lines, struct error *err)
{
    int rc = check_column(path, roster, lines, 0, err);

    return rc != 0 ? rc : check_column(path, roster, lines, 1, err);
}

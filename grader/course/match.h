/*
 * Which students a text fits: by what the roster has of them, folded (fold.h).
 */
#ifndef GRADER_MATCH_H
#define GRADER_MATCH_H

#include <stddef.h>
#include "error.h"
#include "roster.h"

/* What of a student a text may be; a set. */
enum match_by {
    MATCH_ID = 1,
    MATCH_LOGIN = 2,
    MATCH_EMAIL = 4,
    MATCH_NAME = 8, /* "Lee, Ann" and "Ann Lee" are the same */
    /* Letters of the name with any number of its last words put first. */
    MATCH_SORTABLE = 16,
};

#define FIT_MAX 5

/* The students whom a text fits. */
struct fit {
    const struct student *students[FIT_MAX]; /* the first of them */
    size_t count;                            /* may be more than FIT_MAX */
};

struct matcher;

/* The roster must live as long. INFRA when out of memory. */
int matcher_open(const struct roster *roster, struct matcher **out,
                 struct error *err);
void matcher_close(struct matcher *matcher);

int matcher_find(const struct matcher *matcher, const char *text, size_t nbytes,
                 unsigned by, struct fit *out, struct error *err);

/* Adds a student to those who fit, once. */
void fit_add(struct fit *fit, const struct student *student);

/* "Ann Lee (2026001) and Ann Lee (2026017)", cut short if there are many. */
void fit_names(const struct fit *fit, char *text, size_t capacity);

#endif

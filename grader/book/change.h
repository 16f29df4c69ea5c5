/*
 * What has changed since scores were last told: whose, from what to what, and
 * why. The gradebook keeps what was told (tables telling and told).
 */
#ifndef GRADER_CHANGE_H
#define GRADER_CHANGE_H

#include "standing.h"

struct change {
    const struct student *student;
    const char *lab;
    bool had, has;    /* points that were, are decided */
    unsigned was, is; /* hundredths */
    char *why;        /* a line; "" if it can't be said */
};

struct changes {
    struct change *changes; /* drops first, the deepest first of all */
    size_t count;
    bool first;    /* nothing was told before: then there are none */
    int64_t since; /* when it was */
    bool pending;  /* what stands is not what was told, in points or grounds */
};

/* `standings` are of all students, and for staff. */
int changes_find(struct book *book, const struct standings *standings,
                 struct changes *out, struct error *err);
void changes_clear(struct changes *changes);

/* Notes all standings as told at that moment, in one transaction. */
int changes_tell(struct book *book, const struct standings *standings,
                 int64_t at, struct error *err);

#endif

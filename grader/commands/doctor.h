/*
 * What a machine needs to grade, checked one by one by doing it.
 */
#ifndef GRADER_DOCTOR_H
#define GRADER_DOCTOR_H

#include <stdbool.h>
#include "error.h"
#include "kit.h"

struct doctor {
    const struct kit *kit;
    const char *work; /* a private folder */
    bool sandbox;     /* set by the sandbox's check */
};

struct doctor_check {
    const char *what;
    const char *remedy; /* the command that mends it; NULL: what is said does */
    /* *detail: what was found, malloc'ed, may stay NULL. */
    int (*run)(struct doctor *doctor, char **detail, struct error *err);
};

/* In the order in which they make sense; ends with what == NULL. */
extern const struct doctor_check doctor_checks[];

/* Boots the reference through one test: only if the others were fine. */
extern const struct doctor_check doctor_boot_check;

#endif

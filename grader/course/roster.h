/*
 * The roster: who is in the class. A CSV file in UTF-8 (a BOM is tolerated)
 * with a header line: id and name, and optionally login, email, section;
 * other columns are left alone.
 */
#ifndef GRADER_ROSTER_H
#define GRADER_ROSTER_H

#include <stddef.h>
#include "error.h"

/* Texts are sanitised, one line each; "" for a column that isn't there. */
struct student {
    char *id; /* unique; not empty */
    char *name;
    char *login; /* unique if not empty; "" : the id serves */
    char *email;
    char *section;
};

struct roster {
    struct student *students; /* in the order of the file */
    size_t count;
};

/*
 * USAGE with file and line: a missing column, a duplicate id or login, bytes
 * that are not UTF-8 (with what to do about it), a row with another number of
 * cells, no student at all. Over 20,000 students or 8 MiB: LIMIT.
 */
int roster_read(const char *path, struct roster *out, struct error *err);
void roster_clear(struct roster *roster);

/* By id; NULL if there is none. */
const struct student *roster_find(const struct roster *roster, const char *id);

#endif

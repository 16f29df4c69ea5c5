/*
 * The steps of reading a roster beside its cells. Internal to it.
 */
#ifndef GRADER_ROSTER_PARTS_H
#define GRADER_ROSTER_PARTS_H

#include "roster.h"

/*
 * Skips a BOM. USAGE, with what to do about it, for bytes that are not UTF-8
 * and for columns that are separated by something else than commas.
 */
int roster_check_encoding(const char *path, const char **text, size_t *nbytes,
                          struct error *err);

/*
 * USAGE that names both lines if two ids, or two logins, are the same or
 * differ only in case, blanks or the way in which a character is composed.
 */
int roster_check_unique(const char *path, const struct roster *roster,
                        const size_t *lines, struct error *err);

#endif

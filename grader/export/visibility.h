/*
 * When Gradescope shows hidden tests: gradescope.c.
 */
#ifndef GRADER_VISIBILITY_H
#define GRADER_VISIBILITY_H

#include "error.h"

/* The words of --visibility; NULL-terminated, the default first. */
extern const char *const gradescope_visibilities[];

/* Sets *out to the word (NULL: the default); USAGE if there is no such. */
int gradescope_visibility(const char *word, const char **out,
                          struct error *err);

#endif

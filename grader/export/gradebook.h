/*
 * What the gradebook formats share: a class's points, and whose row is whose
 * in a sheet that somebody's learning platform made.
 */
#ifndef GRADER_GRADEBOOK_H
#define GRADER_GRADEBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <jansson.h>
#include "csv_sheet.h"
#include "error.h"
#include "export.h"

/* "" for a key that isn't there or isn't a text. */
const char *gradebook_text(const json_t *object, const char *key);

/* The place of options->lab in the class; USAGE if it has no such lab. */
int gradebook_find_lab(const json_t *class, const char *lab, size_t *out,
                       struct error *err);

/* A student's points in the k-th lab; false if there are none (yet). */
bool gradebook_points(const json_t *student, size_t k, double *out);

/*
 * The points on a scale to `max` (of the sheet) in place of the lab's own;
 * whole hundredths, half up.
 */
double gradebook_scale(const json_t *class, size_t k, double points,
                       double max);

/* Adds a sanitised sentence to options->notes, if somebody wants them. */
__attribute__((format(printf, 2, 3))) void
gradebook_note(const struct export_options *options, const char *format, ...);

/*
 * Says for each row from `first` on which student it is about: whose[row] is
 * an index into the class's students, or -1. Looks at the columns [from, to)
 * by their content, whatever their headers say: ids, logins and addresses,
 * which must agree; names only where there is nothing else. What can't be told
 * for sure is noted, and so are students without a row. USAGE if it is nobody.
 * whose has as many places as the sheet has rows; the caller frees it.
 */
int gradebook_match(const struct csv_sheet *sheet, size_t first, size_t from,
                    size_t to, const json_t *class,
                    const struct export_options *options, ssize_t **whose,
                    struct error *err);

#endif

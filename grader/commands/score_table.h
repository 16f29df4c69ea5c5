/*
 * The scores of a class for people: students × labs, and what has changed.
 */
#ifndef GRADER_SCORE_TABLE_H
#define GRADER_SCORE_TABLE_H

#include <stdio.h>
#include "change.h"
#include "result.h"
#include "standing.h"

void score_table_print(const struct standings *standings, FILE *out,
                       const struct table_style *style);

/* Since when is told on the clocks of the zone. */
void score_changes_print(const struct changes *changes, const char *zone,
                         FILE *out, const struct table_style *style);

/* [{student, lab, was, points, why}]; NULL when out of memory. */
json_t *score_changes_json(const struct changes *changes);

#endif

/*
 * What is said at the end of `mmgrade batch`, on the standard output.
 */
#ifndef GRADER_BATCH_PRINT_H
#define GRADER_BATCH_PRINT_H

#include "batch.h"

/* How many of each kind, who has to be looked at, who is missing… */
void batch_print(const struct batch_report *report);

/* The same as a line of JSON: docs/batch.md. */
void batch_print_json(const struct batch_report *report);

#endif

/*
 * Grades of many attempts at one lab, which is read once. For this room.
 */
#ifndef GRADER_ATTEMPT_H
#define GRADER_ATTEMPT_H

#include "book.h"

/*
 * As attempt_grade(), with a lab that the caller has read. The grade owns it:
 * whoever wants to keep it sets grade->lab to NULL before grade_free().
 */
int attempt_grade_with(const struct attempt *attempt, struct lab *lab,
                       struct grade **out, struct error *err);

#endif

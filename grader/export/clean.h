/*
 * Texts in JSON that may be anybody's, made harmless before a format has them.
 */
#ifndef GRADER_CLEAN_H
#define GRADER_CLEAN_H

#include <jansson.h>
#include "error.h"

/*
 * Sanitises all texts within, keys aside, as text_sanitise() does; those that
 * mmgrade wrote stay as they are. INFRA when out of memory.
 */
int clean_texts(json_t *json, struct error *err);

#endif

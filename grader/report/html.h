/*
 * HTML reports: one self-contained file each, no network, English and Chinese.
 * The page (grader/report/page/) is the same for all; its data is JSON in it,
 * shown by its script through textContent only.
 */
#ifndef GRADER_HTML_H
#define GRADER_HTML_H

#include <jansson.h>
#include "error.h"

/*
 * Writes the page for a class (docs/class.md), a student, or a list of
 * results (docs/result.md), whichever `data` is, to PATH (file_write()).
 */
int html_write(const json_t *data, const char *path, struct error *err);

#define HTML_PATH_BYTES 64

/*
 * The file of a student's page in a site, "students/HEX.html": it says nothing
 * about who it is. The class page links it. HEX is half of
 *
 *     HMAC-SHA-256(key, "page", NUL, course's id, NUL, student's id)
 *
 * with the key of the course's secret (seed.h, SEED_BYTES); nobody can compute
 * it without. `key` NULL: half of SHA-256(course's id, NUL, student's id).
 */
int html_student_path(const unsigned char *key, const char *course_id,
                      const char *student, char path[HTML_PATH_BYTES],
                      struct error *err);

#endif

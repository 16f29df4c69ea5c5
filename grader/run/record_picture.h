/*
 * The pictures of a record: SVG that the test program drew from a guest's
 * memory, to be shown in a page. They are untrusted, and illustrate a verdict:
 * one that can't be shown is left out with a note, and never changes it.
 */
#ifndef GRADER_RECORD_PICTURE_H
#define GRADER_RECORD_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include "error.h"
#include "record.h"

struct json_t;

#define PICTURES_MAX      4
#define PICTURE_BYTES_MAX 65536
/* Of all pictures of a record; docs/record.md. */
#define PICTURES_BYTES_MAX (2 * 1024 * 1024)

/*
 * True if the text is one SVG element of shapes and texts: elements and
 * attributes of a short list, no styles, no references, no scripts, no
 * comments or entities but &lt; &gt; &amp;, well nested, valid UTF-8 without
 * control characters but newlines.
 */
bool picture_is_safe(const char *svg, size_t nbytes);

/* Reads the key "pictures" of a test's line. INFRA if it has a wrong type. */
int record_read_pictures(const struct json_t *object, struct record_test *test,
                         struct error *err);

/*
 * Leaves pictures out, from the record's end, until all have at most
 * PICTURES_BYTES_MAX: those of the first tests stay. 0 or INFRA.
 */
int record_limit_pictures(struct record *record, struct error *err);

/* The list as it stands in the JSON; NULL when out of memory. */
struct json_t *record_pictures_json(const struct record_test *test);

void record_free_pictures(struct record_test *test);

#endif

/*
 * What exports are made from: JSON from a file or a pipe, so anybody's. It is
 * read here, and what is not as docs/result.md and docs/class.md say is
 * refused with a sentence that names the place.
 */
#ifndef GRADER_INPUT_H
#define GRADER_INPUT_H

#include <stddef.h>
#include <jansson.h>
#include "error.h"

#define INPUT_BYTES_MAX (64 * 1024 * 1024)

#define CLASS_SCHEMA "mmgrade/class/v1"

/*
 * Adds the results in `text` (one, or a list of them) to `list`. `name` says
 * in messages where the text is from. USAGE if they are not results. What they
 * say is sanitised (clean.h).
 */
int input_add_results(const char *name, const char *text, size_t nbytes,
                      json_t *list, struct error *err);

/* The class in `text`; the caller owns *out. USAGE if it is none. */
int input_read_class(const char *name, const char *text, size_t nbytes,
                     json_t **out, struct error *err);

/* USAGE if it is not a class as docs/class.md says. */
int input_check_class(const char *name, const json_t *json, struct error *err);

#endif

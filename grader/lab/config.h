/*
 * Configuration files: YAML, read through libcyaml's schemas.
 *
 * libcyaml checks keys and types, but names positions badly (a wrong key is
 * reported where the key before it ended), so the text is also composed with
 * libyaml, and a place in the file is found by its path: "tests[3].points"
 * is the key `points` of the third entry of `tests`.
 */
#ifndef GRADER_CONFIG_H
#define GRADER_CONFIG_H

#include "error.h"

struct config;
struct cyaml_schema_value;

/*
 * Reads and composes the file. USAGE with line and column for bad YAML.
 * `manual`: the page that describes it, "docs/lab.md"; kept by reference.
 */
int config_open(const char *path, const char *manual, struct config **out,
                struct error *err);
void config_close(struct config *config);

/*
 * Fills a structure as the schema says. Unknown keys, keys given twice,
 * missing keys, wrong types and aliases are USAGE. The caller frees *out with
 * config_free().
 */
int config_load(const struct config *config,
                const struct cyaml_schema_value *schema, void **out,
                struct error *err);
void config_free(const struct cyaml_schema_value *schema, void *data);

/* USAGE, "FILE:LINE:COLUMN: sentence", for the place with that path. */
__attribute__((format(printf, 4, 5))) int
config_fail(const struct config *config, const char *place, struct error *err,
            const char *format, ...);

/* Where that is, "FILE:LINE:COLUMN", malloc'ed; NULL: out of memory. */
char *config_place(const struct config *config, const char *place);

#endif

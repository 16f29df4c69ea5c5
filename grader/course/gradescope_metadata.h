/*
 * submission_metadata.yml: what Gradescope tells about an export.
 */
#ifndef GRADER_GRADESCOPE_METADATA_H
#define GRADER_GRADESCOPE_METADATA_H

#include <stddef.h>
#include <stdint.h>
#include "error.h"

#define GRADESCOPE_METADATA "submission_metadata.yml"

/* Texts may be NULL. */
struct gradescope_person {
    char *name, *sid, *email;
};

struct gradescope_submission {
    char *folder; /* "submission_123456" */
    struct gradescope_person *persons;
    size_t npersons;
    int64_t created; /* or MOMENT_NONE */
};

struct gradescope {
    struct gradescope_submission *submissions;
    size_t count;
};

/* USAGE with line and column for what is not YAML. */
int gradescope_parse(const char *text, size_t nbytes, struct gradescope *out,
                     struct error *err);
void gradescope_free(struct gradescope *gradescope);

/* NULL if there is none. */
const struct gradescope_submission *
gradescope_find(const struct gradescope *gradescope, const char *folder);

#endif

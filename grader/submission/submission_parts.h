/*
 * The steps of reading a submission, internal to it:
 *
 *      source ─ select ─▶ lab files ─ notes ─▶ sentences ─ hash ─▶ submission
 *
 * and confine: all of that in a process of its own.
 */
#ifndef GRADER_SUBMISSION_PARTS_H
#define GRADER_SUBMISSION_PARTS_H

#include "source.h"
#include "submission.h"

/* Where the lab's files are in the source. */
struct selection {
    char *root;   /* "" or "folder/"; NULL: the files are loose */
    char **paths; /* for each lab file its path in the source, or NULL */
    size_t count; /* of lab files */
};

/* REJECTED if none is there, or for a choice that only a person can make. */
int selection_find(struct source *source, const char *const *lab_files,
                   struct selection *out, struct error *err);
void selection_free(struct selection *selection);

/* Adds a sanitised sentence; INFRA when out of memory. */
__attribute__((format(printf, 3, 4))) int
submission_note(struct submission *submission, struct error *err,
                const char *format, ...);

/* Adds what was not used and why, and what is missing. */
int submission_add_notes(struct submission *submission, struct source *source,
                         const struct submission_wanted *wanted,
                         const struct selection *selection, struct error *err);

/* All of submission_read() but the process; `temporary` as in source.h. */
int submission_read_here(const struct submission_request *request,
                         const struct submission_wanted *wanted,
                         const char *temporary, struct submission **out,
                         struct error *err);

/*
 * The same in a child process with limits on memory, CPU and wall time, so
 * that a parser of hostile bytes that crashes or loops is only an error. The
 * caller must have no other threads. INFRA if the child ends without a word.
 */
int submission_read_confined(const struct submission_request *request,
                             const struct submission_wanted *wanted,
                             const char *temporary, unsigned seconds,
                             struct submission **out, struct error *err);

/* The child's answer as bytes, and back. */
int submission_pack(const struct submission *submission,
                    const struct error *err, unsigned char **bytes,
                    size_t *nbytes);
/* Returns the packed error's kind; INFRA for bytes that make no sense. */
int submission_unpack(const unsigned char *bytes, size_t nbytes,
                      struct submission **out, struct error *err);

#endif

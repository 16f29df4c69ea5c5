/*
 * A submission: what a student handed in, read as data.
 *
 * Sources (folder, git, archive) yield paths and bytes; nothing is checked
 * out, unpacked or executed. submission_read() finds the root (the top, or
 * one folder down), picks the lab's files, and says what it made of the rest.
 */
#ifndef GRADER_SUBMISSION_H
#define GRADER_SUBMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include "error.h"

/* One regular file: a relative path with '/' and its content. Owned. */
struct file {
    char *path;
    unsigned char *data;
    size_t size;
};

struct file_list {
    struct file *files;
    size_t count;
};

void file_list_free(struct file_list *list);

/* What the caller asks for. Pointers are borrowed. */
struct submission_request {
    const char *where;  /* folder, archive, git path or URL */
    const char *ref;    /* branch, tag or commit; NULL: HEAD */
    const char *before; /* RFC 3339 time with zone: last commit not after */
};

/* Which files matter. Pointers are borrowed. */
struct submission_wanted {
    const char *const *lab_files; /* "mm/page_alloc.c", … NULL-terminated */
    const char *pristine;         /* the skeleton folder on this machine */
};

struct submission {
    const char *kind;       /* "folder", "git" or "archive" */
    char *origin;           /* `where`, sanitised */
    char *commit;           /* full commit id, or NULL */
    char *commit_time;      /* RFC 3339 UTC, or NULL */
    char content_hash[65];  /* SHA-256 over the lab files' paths and bytes */
    struct file_list files; /* the lab files that are present */
    /*
     * Sanitised sentences: what was not used and why, which files are missing
     * (the skeleton's are used).
     */
    char **notes;
    size_t nnotes;
};

/*
 * Reads a submission within the limits of submission_limits.h. Errors: USAGE
 * for a path that doesn't exist, an unknown ref or a bad time; REJECTED for
 * hostile, broken, empty or ambiguous ones; LIMIT; INFRA for I/O trouble of
 * ours.
 * On success the caller owns *out and frees it with submission_free().
 */
int submission_read(const struct submission_request *request,
                    const struct submission_wanted *wanted,
                    struct submission **out, struct error *err);

void submission_free(struct submission *submission);

#endif

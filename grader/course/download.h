/*
 * A download: the submissions of a lab as an LMS gives them, in a folder or a
 * zip. It lists its entries at the top, and those in them, and hands out what
 * one student's submission is made of.
 *
 * Names are of students' choice. In a folder no symbolic link is followed. Of
 * a zip nothing is unpacked under a name in it: a file is written under a
 * number, and several become a tar under a number, which is then read as any
 * archive that a student hands in.
 */
#ifndef GRADER_DOWNLOAD_H
#define GRADER_DOWNLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include "error.h"

enum download_kind {
    DOWNLOAD_FILE,
    DOWNLOAD_FOLDER,
    DOWNLOAD_ODD, /* a link, device, …: not to be used */
};

struct download_entry {
    char *name; /* one component, bytes as they are; not always unique */
    enum download_kind kind;
};

struct download_list {
    struct download_entry *entries; /* by name */
    size_t count, capacity;
};

struct download;

/*
 * USAGE if it isn't there or is neither a folder nor a zip; REJECTED for a zip
 * that is damaged, encrypted or not made by an honest program; LIMIT for over
 * 100,000 entries.
 */
int download_open(const char *where, struct download **out, struct error *err);
void download_close(struct download *download);

/* Without hidden files and what operating systems leave. */
const struct download_list *download_entries(const struct download *download);

/* The name that it was opened with. */
const char *download_where(const struct download *download);
bool download_is_zip(const struct download *download);

/*
 * Many programs put everything into one folder. If the only entry is one, goes
 * into it: then its entries are the download's. *entered says so. Names and
 * entries that were given out before become invalid.
 */
int download_enter(struct download *download, bool *entered, struct error *err);
/* Undoes all download_enter(). */
int download_leave(struct download *download, struct error *err);

/* What is in the entry; the caller frees it with download_list_free(). */
int download_children(struct download *download, const char *name,
                      struct download_list *out, struct error *err);
void download_list_free(struct download_list *list);

/*
 * A regular file that is an entry. ABSENT if there is none of that name; LIMIT
 * if it has more bytes. The caller frees *data.
 */
int download_read(struct download *download, const char *name, size_t max_bytes,
                  char **data, size_t *nbytes, struct error *err);

struct download_part {
    char *path; /* "ENTRY" or "ENTRY/CHILD" */
    char *name; /* of the file in the submission; of a folder NULL: what is
                   in it stands at the top */
};

/* A submission, and where it can be read: for submission_request. */
struct download_taking {
    struct download_part *parts;
    size_t nparts;
    bool packed; /* in: several files, or one that is no archive */
    char *where; /* out, owned by the caller */
};

/*
 * `temporary`: where numbered files are written, at most 8 MiB a submission
 * and a byte more, so that a larger one is refused when it is read. NULL: none
 * is written, and `where` is only to be shown. LIMIT for over 4 GiB in all.
 */
int download_take(struct download *download, const char *temporary,
                  struct download_taking *takings, size_t count,
                  struct error *err);

/* ---- for its parts ---- */

int download_list_add(struct download_list *list, const char *name,
                      enum download_kind kind, struct error *err);
void download_list_sort(struct download_list *list);
bool download_ignores(const char *name);

#endif

/*
 * A download: the submissions of a lab as an LMS gives them, in a folder. It
 * lists its entries at the top, and those in them.
 *
 * Their names are of students' choice. Symbolic links are never followed.
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
    char *name; /* one component, bytes as they are */
    enum download_kind kind;
};

struct download {
    char *folder;
    struct download_entry *entries; /* by name */
    size_t count;
};

/*
 * Lists a folder. Hidden files and what operating systems leave are passed
 * over; if all is in one folder, that is taken. USAGE if it isn't there,
 * LIMIT for over 100,000 entries.
 */
int download_open(const char *where, struct download **out, struct error *err);
void download_close(struct download *download);

#endif

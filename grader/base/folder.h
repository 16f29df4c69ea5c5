/*
 * Files and folders of ours: the installation, the work folder, the output.
 * Never used on a submission (submission.h reads those as data).
 */
#ifndef GRADER_FOLDER_H
#define GRADER_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include "error.h"

/* "A/B", malloc'ed; INFRA and NULL in *out when out of memory. */
int path_join(const char *a, const char *b, char **out, struct error *err);

/* The last name in a path, within it: of the text alone, nothing is opened. */
const char *path_base(const char *path);

/* True for a regular file, a folder (links followed). */
bool path_is_file(const char *path);
bool path_is_folder(const char *path);

/* The whole file, NUL-terminated, refused when over max_bytes. INFRA. */
int file_read(const char *path, size_t max_bytes, char **data, size_t *nbytes,
              struct error *err);

/* Writes beside PATH, fsyncs, renames: a reader sees all or nothing. */
int file_write(const char *path, const char *data, size_t nbytes,
               struct error *err);

/* Creates the folder and those above it that are missing (mode 0755). */
int folder_make(const char *path, struct error *err);

/* Removes the folder and all in it; links are removed, not followed. */
int folder_remove(const char *path, struct error *err);

/* True if the folder exists and has an entry. */
bool folder_has_entries(const char *path);

/* Relative paths, sorted by byte value. */
struct path_list {
    char **paths;
    size_t count;
};

/* Adds the regular files below ROOT; a link or device in it is INFRA. */
int folder_walk(const char *root, struct path_list *list, struct error *err);
int path_list_add(struct path_list *list, const char *path, struct error *err);
void path_list_free(struct path_list *list);

#endif

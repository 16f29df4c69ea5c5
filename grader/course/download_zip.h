/*
 * A zip's members, for what lists and takes them. Internal to downloads.
 */
#ifndef GRADER_DOWNLOAD_ZIP_H
#define GRADER_DOWNLOAD_ZIP_H

#include <archive.h>
#include "download_parts.h"

struct download_zip {
    char *where;
    const unsigned char *bytes; /* mapped */
    size_t nbytes;
    struct download_list members; /* with whole plain paths */
};

/* Called for each member; may inflate it. */
typedef int zip_visit(void *context, struct archive *archive, const char *path,
                      enum download_kind kind, struct error *err);

int zip_walk(const struct download_zip *zip, zip_visit *visit, void *context,
             struct error *err);

/* Without "." and empty components, malloc'ed; REJECTED for ".." and "/…". */
int zip_plain_path(const char *raw, char **out, struct error *err);

/* The current member's bytes: all, or as many as there is room for. */
int zip_inflate(const struct download_zip *zip, struct archive *archive,
                char *buffer, size_t capacity, size_t *nbytes,
                struct error *err);

bool zip_has_folder(const struct download_zip *zip, const char *path);

/* REJECTED, with libarchive's reason. */
int zip_refuse(const struct download_zip *zip, struct archive *archive,
               struct error *err);

#endif

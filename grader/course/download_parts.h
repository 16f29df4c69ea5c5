/*
 * Parts of a download, internal to it: the zip, and packing into a tar.
 */
#ifndef GRADER_DOWNLOAD_PARTS_H
#define GRADER_DOWNLOAD_PARTS_H

#include <stdint.h>
#include "download.h"
#include "submission_limits.h"

#define DOWNLOAD_ENTRIES_MAX 100000
#define DOWNLOAD_TOTAL_BYTES (4ull << 30)
/* A submission with more is cut here, and refused when it is read. */
#define DOWNLOAD_CUT_BYTES (LIMIT_ARCHIVE_BYTES + 1)

/* --- a zip ---------------------------------------------------------------- */

struct download_zip;

int download_zip_open(const char *where, struct download_zip **out,
                      struct error *err);
void download_zip_close(struct download_zip *zip);

/* Adds what is directly in the folder `prefix`: "" or "a/b/". */
int download_zip_list(const struct download_zip *zip, const char *prefix,
                      struct download_list *out, struct error *err);

/* As download_read(), with the whole path. */
int download_zip_read(const struct download_zip *zip, const char *path,
                      size_t max_bytes, char **data, size_t *nbytes,
                      struct error *err);

/* As download_take(); paths of parts are whole. */
int download_zip_take(const struct download_zip *zip, const char *temporary,
                      struct download_taking *takings, size_t count,
                      struct error *err);

/* --- a tar that is written ------------------------------------------------ */

struct pack;

int pack_open(const char *path, struct pack **out, struct error *err);
int pack_file(struct pack *pack, const char *name, const void *data,
              size_t nbytes, struct error *err);
/* A folder, or what isn't to be used, so that whoever reads it says so. */
int pack_other(struct pack *pack, const char *name, enum download_kind kind,
               struct error *err);
/* Makes the tar too long to be read. */
void pack_spoil(struct pack *pack);
/* Writes the end and frees it; *nbytes: how large it is. */
int pack_close(struct pack *pack, uint64_t *nbytes, struct error *err);

#endif

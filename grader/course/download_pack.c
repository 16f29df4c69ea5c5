/*
 * Packing loose files into a tar: their names are data in it and nothing else.
 */
#include "download_parts.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct pack {
    struct archive *archive;
    char *path;
    uint64_t nbytes; /* of the files in it */
    bool spoilt;
};

static int refuse(const struct pack *pack, struct error *err)
{
    const char *why = archive_error_string(pack->archive);

    return fail(err, ERROR_INFRA, "can't write %s: %s", pack->path,
                why ? why : "out of memory");
}

int pack_open(const char *path, struct pack **out, struct error *err)
{
    struct pack *pack = calloc(1, sizeof(*pack));

    if (!pack) {
        return fail(err, ERROR_INFRA, "can't write %s: out of memory", path);
    }
    *out = pack;
    pack->path = strdup(path);
    pack->archive = archive_write_new();
    if (!pack->path || !pack->archive) {
        return fail(err, ERROR_INFRA, "can't write %s: out of memory", path);
    }
    /* GNU's tar takes names of any length and bytes. */
    if (archive_write_set_format_gnutar(pack->archive) != ARCHIVE_OK ||
        archive_write_open_filename(pack->archive, path) != ARCHIVE_OK) {
        return refuse(pack, err);
    }
    return 0;
}

static int write_entry(struct pack *pack, struct archive_entry *entry,
                       const void *data, size_t nbytes, struct error *err)
{
    int status = archive_write_header(pack->archive, entry);

    if (status == ARCHIVE_FATAL || status == ARCHIVE_FAILED) {
        return refuse(pack, err);
    }
    if (nbytes > 0 &&
        archive_write_data(pack->archive, data, nbytes) != (la_ssize_t)nbytes) {
        return refuse(pack, err);
    }
    return 0;
}

/* Adds an entry; past the limit on bytes only says that there are too many. */
static int add(struct pack *pack, const char *name, unsigned type,
               const void *data, size_t nbytes, struct error *err)
{
    struct archive_entry *entry = NULL;

    pack->nbytes += nbytes;
    if (pack->spoilt || pack->nbytes > LIMIT_ARCHIVE_BYTES) {
        pack->spoilt = true;
        return 0;
    }
    entry = archive_entry_new();
    if (!entry) {
        return refuse(pack, err);
    }
    archive_entry_copy_pathname(entry, name);
    archive_entry_set_filetype(entry, type);
    archive_entry_set_perm(entry, type == AE_IFDIR ? 0755 : 0644);
    archive_entry_set_size(entry, (la_int64_t)nbytes);
    if (type == AE_IFLNK) {
        archive_entry_copy_symlink(entry, "somewhere");
    }
    int rc = write_entry(pack, entry, data, nbytes, err);
    archive_entry_free(entry);
    return rc;
}

int pack_file(struct pack *pack, const char *name, const void *data,
              size_t nbytes, struct error *err)
{
    return add(pack, name, AE_IFREG, data, nbytes, err);
}

int pack_other(struct pack *pack, const char *name, enum download_kind kind,
               struct error *err)
{
    return add(pack, name, kind == DOWNLOAD_FOLDER ? AE_IFDIR : AE_IFLNK, "", 0,
               err);
}

void pack_spoil(struct pack *pack)
{
    pack->spoilt = true;
}

static int finish(struct pack *pack, uint64_t *nbytes, struct error *err)
{
    struct stat status;

    if (archive_write_close(pack->archive) != ARCHIVE_OK) {
        return refuse(pack, err);
    }
    if (pack->spoilt && truncate(pack->path, DOWNLOAD_CUT_BYTES) < 0) {
        return fail_errno(err, ERROR_INFRA, "can't write %s", pack->path);
    }
    if (stat(pack->path, &status) < 0) {
        return fail_errno(err, ERROR_INFRA, "can't write %s", pack->path);
    }
    *nbytes = (uint64_t)status.st_size;
    return 0;
}

int pack_close(struct pack *pack, uint64_t *nbytes, struct error *err)
{
    int rc = 0;

    *nbytes = 0;
    if (!pack) {
        return 0;
    }
    if (pack->archive && pack->path) {
        rc = finish(pack, nbytes, err);
    }
    archive_write_free(pack->archive);
    free(pack->path);
    free(pack);
    return rc;
}

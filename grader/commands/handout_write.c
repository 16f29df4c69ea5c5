/*
 * Writing a handout: a folder, or a reproducible .tar.gz by libarchive. Both
 * are written under another name first and renamed when complete.
 */
#include "handout.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <archive.h>
#include <archive_entry.h>
#include "folder.h"

#define FILE_BYTES_MAX  (16 * 1024 * 1024)
#define MODE_FILE       0644
#define MODE_EXECUTABLE 0755

/* The file's bytes; the caller frees *data. */
static int read_content(const struct handout_file *file, char **data,
                        size_t *nbytes, struct error *err)
{
    if (file->source) {
        return file_read(file->source, FILE_BYTES_MAX, data, nbytes, err);
    }
    *data = strdup(file->content);
    if (!*data) {
        return fail(err, ERROR_INFRA, "out of memory");
    }
    *nbytes = strlen(*data);
    return 0;
}

static mode_t mode_of(const struct handout_file *file)
{
    return file->executable ? MODE_EXECUTABLE : MODE_FILE;
}

/* "PATH without slashes at its end" + suffix, malloc'ed. */
static int with_suffix(const char *path, const char *suffix, char **out,
                       struct error *err)
{
    size_t n = strlen(path);

    while (n > 1 && path[n - 1] == '/') {
        n--;
    }
    if (asprintf(out, "%.*s%s", (int)n, path, suffix) < 0) {
        *out = NULL;
        return fail(err, ERROR_INFRA, "out of memory");
    }
    return 0;
}

/* `-o` named a place where nothing can be made: whoever asked can mend it. */
static int bad_place(int rc, struct error *err)
{
    if (rc == ERROR_INFRA) {
        err->kind = rc = ERROR_USAGE;
    }
    return rc;
}

/* --- a folder --------------------------------------------------------------
 */

static int write_into(const char *folder, const struct handout_file *file,
                      struct error *err)
{
    char *path = NULL;
    char *data = NULL;
    size_t nbytes = 0;
    int rc = path_join(folder, file->path, &path, err);

    if (rc == 0) {
        char *slash = strrchr(path, '/');
        *slash = '\0';
        rc = folder_make(path, err);
        *slash = '/';
    }
    if (rc == 0) {
        rc = read_content(file, &data, &nbytes, err);
    }
    if (rc == 0) {
        rc = file_write(path, data, nbytes, err);
    }
    if (rc == 0 && chmod(path, mode_of(file)) < 0) {
        rc = fail_errno(err, ERROR_INFRA, "can't write %s", path);
    }
    free(data);
    free(path);
    return rc;
}

int handout_write_folder(const struct handout *handout, const char *folder,
                         struct error *err)
{
    struct error ignored = {0};
    char *partial = NULL;
    int rc = 0;

    if (folder_has_entries(folder) || path_is_file(folder)) {
        return fail(err, ERROR_USAGE,
                    "%s is there already and not an empty folder; name "
                    "another, or remove it first",
                    folder);
    }
    rc = with_suffix(folder, ".part", &partial, err);
    if (rc == 0 && path_is_folder(partial)) {
        rc = folder_remove(partial, err); /* of a run that was cut off */
    }
    if (rc == 0) {
        rc = bad_place(folder_make(partial, err), err);
    }
    for (size_t i = 0; rc == 0 && i < handout->count; i++) {
        rc = write_into(partial, &handout->files[i], err);
    }
    if (rc == 0 && rename(partial, folder) < 0) {
        rc = fail_errno(err, ERROR_INFRA, "can't write %s", folder);
    }
    if (rc != 0 && partial) {
        folder_remove(partial, &ignored);
    }
    free(partial);
    return rc;
}

/* --- an archive ------------------------------------------------------------
 */

static int archive_failed(struct archive *archive, const char *path,
                          struct error *err)
{
    const char *reason = archive_error_string(archive);

    return fail(err, ERROR_INFRA, "can't write %s: %s", path,
                reason ? reason : "unknown reason");
}

/* "lab1" of "out/lab1.tar.gz": the folder that everything is below. */
static char *archive_prefix(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t n = strlen(name);
    size_t nsuffix = strlen(".tar.gz");

    return strndup(name, n > nsuffix ? n - nsuffix : n);
}

static int write_member(struct archive *archive, const char *prefix,
                        const struct handout_file *file, const char *path,
                        struct error *err)
{
    struct archive_entry *entry = archive_entry_new();
    char *member = NULL;
    char *data = NULL;
    size_t nbytes = 0;
    int rc = path_join(prefix, file->path, &member, err);

    if (rc == 0) {
        rc = read_content(file, &data, &nbytes, err);
    }
    if (rc == 0 && !entry) {
        rc = fail(err, ERROR_INFRA, "out of memory");
    }
    if (rc == 0) {
        archive_entry_set_pathname(entry, member);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, mode_of(file));
        archive_entry_set_size(entry, (la_int64_t)nbytes);
        archive_entry_set_mtime(entry, 0, 0);
        if (archive_write_header(archive, entry) != ARCHIVE_OK ||
            archive_write_data(archive, data, nbytes) != (ssize_t)nbytes) {
            rc = archive_failed(archive, path, err);
        }
    }
    archive_entry_free(entry);
    free(data);
    free(member);
    return rc;
}

static int open_archive(struct archive *archive, const char *path,
                        struct error *err)
{
    if (archive_write_set_format_pax_restricted(archive) != ARCHIVE_OK ||
        archive_write_add_filter_gzip(archive) != ARCHIVE_OK ||
        archive_write_set_options(archive, "gzip:!timestamp") != ARCHIVE_OK ||
        archive_write_open_filename(archive, path) != ARCHIVE_OK) {
        return archive_failed(archive, path, err);
    }
    return 0;
}

static int write_members(const struct handout *handout, const char *path,
                         const char *prefix, struct error *err)
{
    struct archive *archive = archive_write_new();
    int rc = archive ? bad_place(open_archive(archive, path, err), err)
                     : fail(err, ERROR_INFRA, "out of memory");

    for (size_t i = 0; rc == 0 && i < handout->count; i++) {
        rc = write_member(archive, prefix, &handout->files[i], path, err);
    }
    if (rc == 0 && archive_write_close(archive) != ARCHIVE_OK) {
        rc = archive_failed(archive, path, err);
    }
    archive_write_free(archive);
    return rc;
}

int handout_write_archive(const struct handout *handout, const char *path,
                          struct error *err)
{
    char *partial = NULL;
    char *prefix = archive_prefix(path);
    int rc = 0;

    if (access(path, F_OK) == 0) {
        rc =
            fail(err, ERROR_USAGE,
                 "%s is there already; name another, or remove it first", path);
        goto out;
    }
    rc = prefix ? with_suffix(path, ".part", &partial, err)
                : fail(err, ERROR_INFRA, "out of memory");
    if (rc == 0) {
        rc = write_members(handout, partial, prefix, err);
    }
    if (rc == 0 && rename(partial, path) < 0) {
        rc = fail_errno(err, ERROR_INFRA, "can't write %s", path);
    }
    if (rc != 0 && partial) {
        unlink(partial);
    }
out:
    free(prefix);
    free(partial);
    return rc;
}

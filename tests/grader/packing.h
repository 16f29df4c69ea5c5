/*
 * What the tests of archives share: making them with libarchive, and patching
 * its output into what it would never write.
 */
#ifndef TESTS_GRADER_PACKING_H
#define TESTS_GRADER_PACKING_H

#include <archive.h>
#include <archive_entry.h>
#include "reading.h"

static char *folder;
static char *where; /* the archive that a test makes */

static inline void set_up(void)
{
    folder = fixture_folder();
    where = fixture_path(folder, "submission");
}

static inline void tear_down(void)
{
    fixture_remove(folder);
    free(folder);
    free(where);
}

/* ---- making archives ---- */

enum shape {
    TAR,
    TAR_GZ,
    TAR_XZ,
    ZIP,
    TAR_GZ_GZ
};

static inline struct archive *make(enum shape shape)
{
    struct archive *archive = archive_write_new();
    int status = shape == ZIP ? archive_write_set_format_zip(archive)
                              : archive_write_set_format_pax(archive);

    if (shape == TAR_GZ || shape == TAR_GZ_GZ) {
        status |= archive_write_add_filter_gzip(archive);
    }
    if (shape == TAR_GZ_GZ) {
        status |= archive_write_add_filter_gzip(archive);
    }
    if (shape == TAR_XZ) {
        status |= archive_write_add_filter_xz(archive);
    }
    archive_write_set_bytes_in_last_block(archive, 1);
    status |= archive_write_open_filename(archive, where);
    cr_assert_eq(status, ARCHIVE_OK, "can't write %s", where);
    return archive;
}

static inline void finish(struct archive *archive)
{
    cr_assert_eq(archive_write_close(archive), ARCHIVE_OK, "can't finish: %s",
                 archive_error_string(archive));
    archive_write_free(archive);
}

/* Adds and frees the entry. */
static inline void add_entry(struct archive *archive,
                             struct archive_entry *entry, const char *data,
                             size_t size)
{
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)size);
    cr_assert_eq(archive_write_header(archive, entry), ARCHIVE_OK,
                 "can't add: %s", archive_error_string(archive));
    if (size) {
        cr_assert_eq(archive_write_data(archive, data, size), (la_ssize_t)size,
                     "can't add data");
    }
    archive_entry_free(entry);
}

static inline struct archive_entry *entry_of(const char *name, unsigned type)
{
    struct archive_entry *entry = archive_entry_new();

    archive_entry_copy_pathname(entry, name);
    archive_entry_set_filetype(entry, type);
    return entry;
}

static inline void add_file(struct archive *archive, const char *name,
                            const char *text)
{
    add_entry(archive, entry_of(name, AE_IFREG), text, strlen(text));
}

static inline void make_honest(enum shape shape, const char *name)
{
    struct archive *archive = make(shape);

    add_file(archive, name, SOLUTION);
    finish(archive);
}

struct bytes {
    unsigned char *data;
    size_t size;
};

static inline struct bytes read_back(void)
{
    struct file file = {0};
    struct error err = {0};

    cr_assert_eq(source_read_whole(where, 64u << 20, &file, &err), 0, "%s",
                 err.message);
    free(file.path);
    return (struct bytes){file.data, file.size};
}

static inline void write_back(struct bytes bytes)
{
    fixture_write(folder, "submission", bytes.data, bytes.size);
    free(bytes.data);
}

/* Calls `patch` on each place of the zip's headers of this signature. */
static inline void patch_zip(const char *signature,
                             void (*patch)(unsigned char *header))
{
    struct bytes bytes = read_back();
    int npatched = 0;

    for (size_t i = 0; i + 46 < bytes.size; i++) {
        if (memcmp(bytes.data + i, signature, 4) == 0) {
            patch(bytes.data + i);
            npatched++;
        }
    }
    cr_assert_gt(npatched, 0, "nothing to patch");
    write_back(bytes);
}

#define LOCAL   "PK\3\4"
#define CENTRAL "PK\1\2"

#endif

/*
 * An archive (tar, tar.gz, tar.xz, zip) as a source.
 *
 * Streamed through libarchive once; what the members hold is counted while it
 * is inflated and kept in memory (LIMIT_TOTAL_BYTES at most). Only the four
 * formats are enabled, by the file's first bytes: libarchive's "all" filters
 * start programs such as lrzip. Any return but OK refuses the archive.
 */
#include "source.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One decompressor and libarchive's own client layer. */
#define MAX_FILTERS 2

struct archive_source {
    struct source base;
    struct file_list kept; /* the regular files that are not ignored */
    size_t ninflated;      /* bytes of members so far */
    size_t nmembers;
    const char *where;
};

static int archive_file_read(struct source *source, const char *path,
                             struct file *out, struct error *err)
{
    struct archive_source *self = (struct archive_source *)source;

    for (size_t i = 0; i < self->kept.count; i++) {
        const struct file *file = &self->kept.files[i];
        if (strcmp(file->path, path) != 0) {
            continue;
        }
        out->path = strdup(path);
        out->data = malloc(file->size + 1);
        if (!out->path || !out->data) {
            free(out->path);
            free(out->data);
            break;
        }
        memcpy(out->data, file->data, file->size);
        out->size = file->size;
        return 0;
    }
    *out = (struct file){0};
    return fail(err, ERROR_INFRA, "can't read %s from the archive",
                show(path).text);
}

static void archive_close(struct source *source)
{
    struct archive_source *self = (struct archive_source *)source;

    file_list_free(&self->kept);
    free(self);
}

static const struct source_class archive_class = {
    .kind = "archive",
    .lookup = source_lookup_listed,
    .read = archive_file_read,
    .close = archive_close,
};

static int check_kind(struct archive_entry *entry, const char *name,
                      struct error *err)
{
    const char *what = NULL;

    if (archive_entry_symlink(entry)) {
        what = "a symbolic link";
    } else if (archive_entry_hardlink(entry)) {
        what = "a hard link";
    } else if (archive_entry_is_encrypted(entry)) {
        what = "encrypted";
    } else if (archive_entry_filetype(entry) != AE_IFREG &&
               archive_entry_filetype(entry) != AE_IFDIR) {
        what = "a device, FIFO or other special file";
    }
    if (what) {
        return fail(err, ERROR_REJECTED,
                    "the archive's member %s is %s; hand in regular files "
                    "and folders only",
                    show(name).text, what);
    }
    if (archive_entry_size_is_set(entry) &&
        archive_entry_size(entry) > (la_int64_t)LIMIT_FILE_BYTES) {
        return fail(err, ERROR_LIMIT,
                    "the archive's member %s has %lld bytes, and the limit "
                    "is %u; leave build products out (make clean)",
                    show(name).text, (long long)archive_entry_size(entry),
                    LIMIT_FILE_BYTES);
    }
    return 0;
}

static int refuse(struct archive_source *self, struct archive *archive,
                  struct error *err)
{
    const char *reason = archive_error_string(archive);

    if (reason && strcmp(reason, "Unrecognized archive format") == 0) {
        return fail(err, ERROR_REJECTED,
                    "can't read %s: it is not a tar, tar.gz, tar.xz or zip "
                    "archive",
                    show(self->where).text);
    }
    return fail(err, ERROR_REJECTED,
                "can't read the archive %s: %s; it is damaged, cut off or "
                "made in an unusual way: make it again and compare the sizes",
                show(self->where).text, show(reason ? reason : "?").text);
}

/* Inflates the current member into `data` (LIMIT_FILE_BYTES + 1 of room). */
static int inflate_member(struct archive_source *self, struct archive *archive,
                          const char *name, struct file *out, struct error *err)
{
    size_t capacity = LIMIT_FILE_BYTES + 1;

    out->data = malloc(capacity);
    if (!out->data) {
        return fail(err, ERROR_INFRA, "can't read the archive: out of memory");
    }
    while (out->size < capacity) {
        la_ssize_t n = archive_read_data(archive, out->data + out->size,
                                         capacity - out->size);
        if (n < 0) {
            return refuse(self, archive, err);
        }
        if (n == 0) {
            break;
        }
        out->size += (size_t)n;
    }
    self->ninflated += out->size;
    if (out->size > LIMIT_FILE_BYTES || self->ninflated > LIMIT_TOTAL_BYTES) {
        return fail(err, ERROR_LIMIT,
                    "the archive's member %s inflates over the limits (%u "
                    "bytes a file, %u in all); leave build products out "
                    "(make clean)",
                    show(name).text, LIMIT_FILE_BYTES, LIMIT_TOTAL_BYTES);
    }
    return 0;
}

/* Takes over file->data. */
static int keep(struct archive_source *self, const char *name,
                struct file *file, struct error *err)
{
    struct file *grown =
        reallocarray(self->kept.files, self->kept.count + 1, sizeof(*grown));
    if (!grown) {
        return fail(err, ERROR_INFRA, "can't read the archive: out of memory");
    }
    self->kept.files = grown;
    struct file *kept = &grown[self->kept.count++];
    *kept = *file;
    kept->path = strdup(name);
    unsigned char *shrunk = realloc(file->data, file->size + 1);
    if (shrunk) {
        kept->data = shrunk;
    }
    *file = (struct file){0};
    return kept->path ? 0
                      : fail(err, ERROR_INFRA,
                             "can't read the archive: out of memory");
}

static int read_member(struct archive_source *self, struct archive *archive,
                       struct archive_entry *entry, struct error *err)
{
    char name[LIMIT_PATH_BYTES] = "";
    struct file file = {0};
    bool is_folder = archive_entry_filetype(entry) == AE_IFDIR;
    int rc = archive_name_check(archive_entry_pathname(entry), name, err);

    if (!rc) {
        rc = check_kind(entry, name, err);
    }
    if (rc || !*name) { /* "./" is the top folder itself */
        return rc;
    }
    rc = inflate_member(self, archive, name, &file, err);
    if (!rc) {
        rc = entry_list_add(&self->base.entries, name,
                            is_folder ? ENTRY_FOLDER : ENTRY_FILE, err);
    }
    if (!rc && !is_folder && !source_path_ignored(name)) {
        rc = keep(self, name, &file, err);
    }
    free(file.data);
    return rc;
}

/* Limits that hold for the archive as a whole, checked at each header. */
static int check_progress(struct archive_source *self, struct archive *archive,
                          struct error *err)
{
    if (++self->nmembers > LIMIT_ARCHIVE_ENTRIES) {
        return fail(err, ERROR_LIMIT,
                    "the archive %s has more than %d members; hand in the "
                    "lab's folder alone",
                    show(self->where).text, LIMIT_ARCHIVE_ENTRIES);
    }
    if (archive_filter_bytes(archive, 0) > (la_int64_t)LIMIT_INFLATED_BYTES) {
        return fail(err, ERROR_LIMIT,
                    "the archive %s inflates to more than %u bytes",
                    show(self->where).text, LIMIT_INFLATED_BYTES);
    }
    if (archive_filter_count(archive) > MAX_FILTERS) {
        return fail(err, ERROR_REJECTED,
                    "the archive %s is compressed more than once",
                    show(self->where).text);
    }
    return 0;
}

/* A tar ends with an empty block; the header's place stays before it. */
static bool tar_ends_early(struct archive *archive)
{
    return archive_format(archive) != ARCHIVE_FORMAT_ZIP &&
           archive_filter_bytes(archive, 0) <=
               archive_read_header_position(archive);
}

static int read_members(struct archive_source *self, struct archive *archive,
                        struct error *err)
{
    struct archive_entry *entry = NULL;
    int status = archive_read_next_header(archive, &entry);

    for (; status == ARCHIVE_OK;
         status = archive_read_next_header(archive, &entry)) {
        int rc = check_progress(self, archive, err);
        if (!rc) {
            rc = read_member(self, archive, entry, err);
        }
        if (rc) {
            return rc;
        }
    }
    if (status != ARCHIVE_EOF) {
        return refuse(self, archive, err);
    }
    if (self->nmembers == 0) {
        return fail(err, ERROR_REJECTED, "the archive %s is empty",
                    show(self->where).text);
    }
    if (tar_ends_early(archive)) {
        return fail(err, ERROR_REJECTED,
                    "the archive %s is cut off: its end mark is missing; "
                    "hand it in again",
                    show(self->where).text);
    }
    return 0;
}

/* What is ignored has been checked; now it is taken off the list. */
static void drop_ignored(struct entry_list *list)
{
    size_t nkept = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (source_path_ignored(list->entries[i].path)) {
            free(list->entries[i].path);
        } else {
            list->entries[nkept++] = list->entries[i];
        }
    }
    list->count = nkept;
}

/* Enables the one format and filter that the first bytes announce. */
static int enable_format(struct archive *archive, const struct file *file,
                         struct error *err)
{
    const unsigned char *bytes = file->data;
    int status = ARCHIVE_OK;

    if (file->size >= 4 && memcmp(bytes, "PK", 2) == 0) {
        int rc = source_zip_check(bytes, file->size, err);
        if (rc) {
            return rc;
        }
        status = archive_read_support_format_zip_seekable(archive);
    } else {
        status = archive_read_support_format_tar(archive);
        if (file->size >= 2 && memcmp(bytes, "\x1f\x8b", 2) == 0) {
            status |= archive_read_support_filter_gzip(archive);
        } else if (file->size >= 6 && memcmp(bytes,
                                             "\xfd"
                                             "7zXZ",
                                             6) == 0) {
            status |= archive_read_support_filter_xz(archive);
        }
    }
    if (status != ARCHIVE_OK) {
        return fail(err, ERROR_INFRA,
                    "can't read %s: libarchive lacks its format",
                    show(file->path).text);
    }
    return 0;
}

static int read_bytes(struct archive_source *self, const struct file *file,
                      struct error *err)
{
    struct archive *archive = archive_read_new();
    if (!archive) {
        return fail(err, ERROR_INFRA, "can't read the archive: out of memory");
    }
    int rc = enable_format(archive, file, err);
    if (!rc && archive_read_open_memory(archive, file->data, file->size) !=
                   ARCHIVE_OK) {
        rc = refuse(self, archive, err);
    }
    if (!rc) {
        rc = read_members(self, archive, err);
    }
    if (!rc) {
        rc = archive_names_check(&self->base.entries, err);
    }
    drop_ignored(&self->base.entries);
    archive_read_free(archive);
    return rc;
}

/* libarchive converts names to the locale's characters: give it UTF-8. */
static int read_bytes_utf8(struct archive_source *self, const struct file *file,
                           struct error *err)
{
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!utf8) {
        return fail_errno(err, ERROR_INFRA,
                          "can't read the archive: no C.UTF-8 locale");
    }
    locale_t before = uselocale(utf8);
    int rc = read_bytes(self, file, err);
    uselocale(before);
    freelocale(utf8);
    return rc;
}

int source_archive_open(const char *path, struct source **out,
                        struct error *err)
{
    struct file file = {0};
    struct archive_source *self = calloc(1, sizeof(*self));
    if (!self) {
        return fail(err, ERROR_INFRA, "can't read the archive: out of memory");
    }
    self->base.class = &archive_class;
    self->base.folder = -1;
    self->where = path;
    int rc = source_read_whole(path, LIMIT_ARCHIVE_BYTES, &file, err);
    if (!rc && file.size == 0) {
        rc = fail(err, ERROR_REJECTED, "the archive %s is empty (0 bytes)",
                  show(path).text);
    }
    if (!rc) {
        rc = read_bytes_utf8(self, &file, err);
    }
    self->where = NULL;
    free(file.data);
    free(file.path);
    if (rc) {
        source_close(&self->base);
        return rc;
    }
    *out = &self->base;
    return 0;
}

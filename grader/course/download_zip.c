/*
 * A bulk download as a zip: its members, and what they hold.
 *
 * The zip is mapped, its headers are compared as those of a student's zip are
 * (source_zip_check()), and libarchive lists it. Members are compared by
 * their plain paths, without "." and empty components; ".." and a leading
 * slash refuse the zip, because nobody could say whose such a member is.
 * Whatever else is odd in a name or kind concerns one student only: it is
 * passed on in the tar that is made of the submission.
 */
#include "download_zip.h"

#include <archive_entry.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "source.h"

#define END_RECORD_BYTES 22 /* of the smallest zip */

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't read the zip: out of memory");
}

/* --- walking ---------------------------------------------------------------
 */

int zip_refuse(const struct download_zip *zip, struct archive *archive,
               struct error *err)
{
    const char *why = archive_error_string(archive);

    return fail(err, ERROR_REJECTED,
                "can't read %s: %s; download it again, or unpack it and name "
                "the folder",
                zip->where, show(why ? why : "?").text);
}

int zip_plain_path(const char *raw, char **out, struct error *err)
{
    char *path = NULL;
    size_t n = 0;

    if (raw[0] == '/') {
        return fail(err, ERROR_REJECTED,
                    "the zip's member %s has an absolute path; no LMS makes "
                    "such a download",
                    show(raw).text);
    }
    path = malloc(strlen(raw) + 2);
    if (!path) {
        return out_of_memory(err);
    }
    for (const char *part = raw; *part;) {
        size_t length = strcspn(part, "/");
        if (length == 2 && memcmp(part, "..", 2) == 0) {
            free(path);
            return fail(err, ERROR_REJECTED,
                        "the zip's member %s has \"..\" in its path; no LMS "
                        "makes such a download",
                        show(raw).text);
        }
        if (length > 0 && !(length == 1 && *part == '.')) {
            n += (size_t)snprintf(path + n, length + 2, "%s%.*s",
                                  n > 0 ? "/" : "", (int)length, part);
        }
        part += length + (part[length] == '/');
    }
    path[n] = '\0';
    *out = path;
    return 0;
}

static enum download_kind kind_of(struct archive_entry *entry)
{
    if (archive_entry_symlink(entry) || archive_entry_hardlink(entry)) {
        return DOWNLOAD_ODD;
    }
    switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
        return DOWNLOAD_FILE;
    case AE_IFDIR:
        return DOWNLOAD_FOLDER;
    default:
        return DOWNLOAD_ODD;
    }
}

static int visit_members(const struct download_zip *zip,
                         struct archive *archive, zip_visit *visit,
                         void *context, struct error *err)
{
    struct archive_entry *entry = NULL;
    int status = archive_read_next_header(archive, &entry);

    /* A warning is about one name, which is none that anybody has then. */
    for (; status == ARCHIVE_OK || status == ARCHIVE_WARN;
         status = archive_read_next_header(archive, &entry)) {
        const char *raw = archive_entry_pathname(entry);
        char *path = NULL;
        int rc = zip_plain_path(raw ? raw : "?", &path, err);
        if (rc == 0 && archive_entry_is_encrypted(entry)) {
            rc = fail(err, ERROR_REJECTED,
                      "%s: its member %s is encrypted; make it without a "
                      "password",
                      zip->where, show(path).text);
        }
        if (rc == 0 && path[0] != '\0') {
            rc = visit(context, archive, path, kind_of(entry), err);
        }
        free(path);
        if (rc != 0) {
            return rc;
        }
    }
    return status == ARCHIVE_EOF ? 0 : zip_refuse(zip, archive, err);
}

static int walk(const struct download_zip *zip, zip_visit *visit, void *context,
                struct error *err)
{
    struct archive *archive = archive_read_new();
    int rc = 0;

    if (!archive) {
        return out_of_memory(err);
    }
    if (archive_read_support_format_zip_seekable(archive) != ARCHIVE_OK ||
        archive_read_open_memory(archive, zip->bytes, zip->nbytes) !=
            ARCHIVE_OK) {
        rc = zip_refuse(zip, archive, err);
    } else {
        rc = visit_members(zip, archive, visit, context, err);
    }
    archive_read_free(archive);
    return rc;
}

/* libarchive converts names to the locale's characters: give it UTF-8. */
int zip_walk(const struct download_zip *zip, zip_visit *visit, void *context,
             struct error *err)
{
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);

    if (!utf8) {
        return fail_errno(err, ERROR_INFRA,
                          "can't read the zip: no C.UTF-8 locale");
    }
    locale_t before = uselocale(utf8);
    int rc = walk(zip, visit, context, err);
    uselocale(before);
    freelocale(utf8);
    return rc;
}

int zip_inflate(const struct download_zip *zip, struct archive *archive,
                char *buffer, size_t capacity, size_t *nbytes,
                struct error *err)
{
    *nbytes = 0;
    while (*nbytes < capacity) {
        la_ssize_t n =
            archive_read_data(archive, buffer + *nbytes, capacity - *nbytes);
        if (n < 0) {
            return zip_refuse(zip, archive, err);
        }
        if (n == 0) {
            break;
        }
        *nbytes += (size_t)n;
    }
    return 0;
}

/* --- opening ---------------------------------------------------------------
 */

static int add_member(void *context, struct archive *archive, const char *path,
                      enum download_kind kind, struct error *err)
{
    struct download_zip *zip = context;

    (void)archive;
    return download_list_add(&zip->members, path, kind, err);
}

static int map(struct download_zip *zip, struct error *err)
{
    struct stat status;
    int fd = open(zip->where, O_RDONLY | O_CLOEXEC);
    void *bytes = NULL;
    int rc = 0;

    if (fd < 0 || fstat(fd, &status) < 0) {
        rc = fail_errno(err, ERROR_USAGE, "can't read the submissions in %s",
                        zip->where);
    } else if (status.st_size < END_RECORD_BYTES) {
        rc = fail(err, ERROR_REJECTED,
                  "can't read the submissions in %s: it is empty or cut off",
                  zip->where);
    } else {
        zip->nbytes = (size_t)status.st_size;
        bytes = mmap(NULL, zip->nbytes, PROT_READ, MAP_PRIVATE, fd, 0);
        if (bytes == MAP_FAILED) {
            rc = fail_errno(err, ERROR_INFRA, "can't read %s", zip->where);
        } else {
            zip->bytes = bytes;
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    return rc;
}

static int check(const struct download_zip *zip, struct error *err)
{
    struct error why = {0};

    if (memcmp(zip->bytes, "PK", 2) != 0) {
        return fail(err, ERROR_USAGE,
                    "can't read the submissions in %s: it is neither a folder "
                    "nor a zip",
                    zip->where);
    }
    if (source_zip_check(zip->bytes, zip->nbytes, &why) != 0) {
        return fail(err, why.kind,
                    "%s: %.700s; or unpack it and name the folder", zip->where,
                    why.message);
    }
    return 0;
}

int download_zip_open(const char *where, struct download_zip **out,
                      struct error *err)
{
    struct download_zip *zip = calloc(1, sizeof(*zip));
    int rc = 0;

    if (!zip) {
        return out_of_memory(err);
    }
    zip->where = strdup(where);
    rc = zip->where ? map(zip, err) : out_of_memory(err);
    if (rc == 0) {
        rc = check(zip, err);
    }
    if (rc == 0) {
        rc = zip_walk(zip, add_member, zip, err);
    }
    if (rc != 0) {
        download_zip_close(zip);
        return rc;
    }
    download_list_sort(&zip->members);
    *out = zip;
    return 0;
}

void download_zip_close(struct download_zip *zip)
{
    if (!zip) {
        return;
    }
    if (zip->bytes) {
        munmap((void *)zip->bytes, zip->nbytes);
    }
    download_list_free(&zip->members);
    free(zip->where);
    free(zip);
}

/* --- listing ---------------------------------------------------------------
 */

/* The first member whose path is not before `path`. */
static size_t lower_bound(const struct download_zip *zip, const char *path)
{
    size_t low = 0, high = zip->members.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(zip->members.entries[middle].name, path) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Sorts; a folder remains once, and a file of its name with it makes it odd. */
static void merge(struct download_list *list)
{
    size_t nkept = 0;

    download_list_sort(list);
    for (size_t i = 0; i < list->count; i++) {
        struct download_entry *entry = &list->entries[i];
        struct download_entry *last = &list->entries[nkept - (nkept > 0)];
        bool again =
            nkept > 0 && strcmp(last->name, entry->name) == 0 &&
            (last->kind != DOWNLOAD_FILE || entry->kind != DOWNLOAD_FILE);
        if (!again) {
            list->entries[nkept++] = *entry;
            continue;
        }
        if (last->kind != entry->kind) {
            last->kind = DOWNLOAD_ODD;
        }
        free(entry->name);
    }
    list->count = nkept;
}

int download_zip_list(const struct download_zip *zip, const char *prefix,
                      struct download_list *out, struct error *err)
{
    size_t nprefix = strlen(prefix);
    int rc = 0;

    for (size_t i = lower_bound(zip, prefix); rc == 0 && i < zip->members.count;
         i++) {
        const struct download_entry *member = &zip->members.entries[i];
        if (strncmp(member->name, prefix, nprefix) != 0) {
            break;
        }
        const char *slash = strchr(member->name + nprefix, '/');
        char *name = slash ? strndup(member->name + nprefix,
                                     (size_t)(slash - member->name) - nprefix)
                           : strdup(member->name + nprefix);
        const struct download_entry *last =
            out->count > 0 ? &out->entries[out->count - 1] : NULL;
        if (!name) {
            return out_of_memory(err);
        }
        if (!(slash && last && last->kind == DOWNLOAD_FOLDER &&
              strcmp(last->name, name) == 0)) {
            rc = download_list_add(out, name,
                                   slash ? DOWNLOAD_FOLDER : member->kind, err);
        }
        free(name);
    }
    merge(out);
    return rc;
}

bool zip_has_folder(const struct download_zip *zip, const char *path)
{
    size_t n = strlen(path);

    for (size_t i = lower_bound(zip, path); i < zip->members.count; i++) {
        const struct download_entry *member = &zip->members.entries[i];
        if (strncmp(member->name, path, n) != 0) {
            break;
        }
        if (member->name[n] == '/' ||
            (member->name[n] == '\0' && member->kind == DOWNLOAD_FOLDER)) {
            return true;
        }
    }
    return false;
}

/* --- reading one -----------------------------------------------------------
 */

struct reading {
    const struct download_zip *zip;
    const char *path;
    char *data;
    size_t max_bytes, nbytes;
    bool found;
};

static int read_member(void *context, struct archive *archive, const char *path,
                       enum download_kind kind, struct error *err)
{
    struct reading *reading = context;

    if (strcmp(path, reading->path) != 0 || kind != DOWNLOAD_FILE) {
        return 0;
    }
    if (reading->found) {
        return fail(err, ERROR_REJECTED, "the zip %s has two members named %s",
                    reading->zip->where, show(path).text);
    }
    reading->found = true;
    return zip_inflate(reading->zip, archive, reading->data,
                       reading->max_bytes + 1, &reading->nbytes, err);
}

int download_zip_read(const struct download_zip *zip, const char *path,
                      size_t max_bytes, char **data, size_t *nbytes,
                      struct error *err)
{
    struct reading reading = {.zip = zip, .path = path, .max_bytes = max_bytes};
    int rc = 0;

    reading.data = malloc(max_bytes + 1);
    if (!reading.data) {
        return out_of_memory(err);
    }
    rc = zip_walk(zip, read_member, &reading, err);
    if (rc == 0 && !reading.found) {
        rc = fail(err, ERROR_ABSENT, "there is no file %s in the zip %s",
                  show(path).text, zip->where);
    }
    if (rc == 0 && reading.nbytes > max_bytes) {
        rc = fail(err, ERROR_LIMIT, "%s in the zip %s has over %zu bytes",
                  show(path).text, zip->where, max_bytes);
    }
    if (rc != 0) {
        free(reading.data);
        return rc;
    }
    *data = reading.data;
    *nbytes = reading.nbytes;
    return 0;
}

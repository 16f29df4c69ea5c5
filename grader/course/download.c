/*
 * Downloads: folders and zips alike.
 */
#include "download.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "download_parts.h"
#include "folder.h"
#include "source.h"

struct download {
    char *where;
    int folder;               /* the folder's descriptor, or -1 */
    struct download_zip *zip; /* or NULL */
    char *prefix;             /* what was entered: "" or "submissions/" */
    struct download_list list;
};

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't list the submissions: out of memory");
}

/* --- lists -----------------------------------------------------------------
 */

bool download_ignores(const char *name)
{
    return name[0] == '.' || strcmp(name, "__MACOSX") == 0 ||
           strcmp(name, "Thumbs.db") == 0 || strcmp(name, "desktop.ini") == 0;
}

int download_list_add(struct download_list *list, const char *name,
                      enum download_kind kind, struct error *err)
{
    if (list->count >= DOWNLOAD_ENTRIES_MAX) {
        return fail(err, ERROR_LIMIT, "the submissions are more than %d files",
                    DOWNLOAD_ENTRIES_MAX);
    }
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        struct download_entry *grown =
            reallocarray(list->entries, capacity, sizeof(*grown));
        if (!grown) {
            return out_of_memory(err);
        }
        list->entries = grown;
        list->capacity = capacity;
    }
    struct download_entry *entry = &list->entries[list->count];
    *entry = (struct download_entry){strdup(name), kind};
    if (!entry->name) {
        return out_of_memory(err);
    }
    list->count++;
    return 0;
}

static int compare_entries(const void *a, const void *b)
{
    const struct download_entry *left = a, *right = b;

    return strcmp(left->name, right->name);
}

void download_list_sort(struct download_list *list)
{
    if (list->count > 0) {
        qsort(list->entries, list->count, sizeof(*list->entries),
              compare_entries);
    }
}

void download_list_free(struct download_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->entries[i].name);
    }
    free(list->entries);
    *list = (struct download_list){.count = 0};
}

/* --- folders ---------------------------------------------------------------
 */

static enum download_kind kind_at(int folder, const char *name)
{
    struct stat status;

    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
        return DOWNLOAD_ODD;
    }
    if (S_ISDIR(status.st_mode)) {
        return DOWNLOAD_FOLDER;
    }
    return S_ISREG(status.st_mode) ? DOWNLOAD_FILE : DOWNLOAD_ODD;
}

/* `path` is below the download's folder, with the prefix; "" for itself. */
static int list_folder(const struct download *download, const char *path,
                       struct download_list *out, struct error *err)
{
    int fd = path[0] ? source_open_beneath(download->folder, path,
                                           O_RDONLY | O_DIRECTORY)
                     : openat(download->folder, ".",
                              O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    int rc = 0;

    if (!folder) {
        rc = fail_errno(err, ERROR_INFRA, "can't read the submissions in %s/%s",
                        download->where, path);
        if (fd >= 0) {
            close(fd);
        }
        return rc;
    }
    errno = 0;
    for (struct dirent *entry = readdir(folder); rc == 0 && entry;
         entry = readdir(folder)) {
        if (strcmp(entry->d_name, ".") != 0 &&
            strcmp(entry->d_name, "..") != 0) {
            rc = download_list_add(out, entry->d_name,
                                   kind_at(dirfd(folder), entry->d_name), err);
        }
        errno = 0;
    }
    if (rc == 0 && errno != 0) { /* the rest would be missing */
        rc = fail_errno(err, ERROR_INFRA, "can't read the submissions in %s/%s",
                        download->where, path);
    }
    closedir(folder);
    return rc;
}

/* --- both ------------------------------------------------------------------
 */

static int list_any(const struct download *download, const char *path,
                    struct download_list *out, struct error *err)
{
    char *prefix = NULL;
    int rc = 0;

    if (!download->zip) {
        rc = list_folder(download, path, out, err);
    } else if (asprintf(&prefix, "%s%s", path, path[0] ? "/" : "") < 0) {
        return out_of_memory(err);
    } else {
        rc = download_zip_list(download->zip, prefix, out, err);
        free(prefix);
    }
    download_list_sort(out);
    return rc;
}

/* Entries anew, after the prefix has changed. */
static int list_entries(struct download *download, struct error *err)
{
    struct download_list *list = &download->list;
    char path[LIMIT_PATH_BYTES];
    size_t nkept = 0;
    int rc = 0;

    download_list_free(list);
    snprintf(path, sizeof(path), "%s", download->prefix);
    if (path[0]) {
        path[strlen(path) - 1] = '\0'; /* the slash */
    }
    rc = list_any(download, path, list, err);
    for (size_t i = 0; i < list->count; i++) {
        if (download_ignores(list->entries[i].name)) {
            free(list->entries[i].name);
        } else {
            list->entries[nkept++] = list->entries[i];
        }
    }
    list->count = nkept;
    return rc;
}

static int open_place(struct download *download, struct error *err)
{
    struct stat status;
    const char *where = download->where;

    if (stat(where, &status) < 0) {
        return fail_errno(err, ERROR_USAGE, "can't read the submissions in %s",
                          where);
    }
    if (S_ISREG(status.st_mode)) {
        return download_zip_open(where, &download->zip, err);
    }
    if (!S_ISDIR(status.st_mode)) {
        return fail(err, ERROR_USAGE,
                    "can't read the submissions in %s: it is neither a folder "
                    "nor a zip",
                    where);
    }
    download->folder = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return download->folder >= 0
               ? 0
               : fail_errno(err, ERROR_USAGE,
                            "can't read the submissions in %s", where);
}

int download_open(const char *where, struct download **out, struct error *err)
{
    struct download *download = calloc(1, sizeof(*download));
    int rc = 0;

    if (!download) {
        return out_of_memory(err);
    }
    download->folder = -1;
    download->where = strdup(where);
    download->prefix = strdup("");
    rc = download->where && download->prefix ? open_place(download, err)
                                             : out_of_memory(err);
    if (rc == 0) {
        rc = list_entries(download, err);
    }
    if (rc != 0) {
        download_close(download);
        return rc;
    }
    *out = download;
    return 0;
}

void download_close(struct download *download)
{
    if (!download) {
        return;
    }
    if (download->folder >= 0) {
        close(download->folder);
    }
    download_zip_close(download->zip);
    download_list_free(&download->list);
    free(download->where);
    free(download->prefix);
    free(download);
}

const struct download_list *download_entries(const struct download *download)
{
    return &download->list;
}

const char *download_where(const struct download *download)
{
    return download->where;
}

bool download_is_zip(const struct download *download)
{
    return download->zip != NULL;
}

int download_enter(struct download *download, bool *entered, struct error *err)
{
    const struct download_list *list = &download->list;
    char *prefix = NULL;

    *entered = false;
    if (list->count != 1 || list->entries[0].kind != DOWNLOAD_FOLDER ||
        strlen(download->prefix) + strlen(list->entries[0].name) + 2 >
            LIMIT_PATH_BYTES) {
        return 0;
    }
    if (asprintf(&prefix, "%s%s/", download->prefix, list->entries[0].name) <
        0) {
        return out_of_memory(err);
    }
    free(download->prefix);
    download->prefix = prefix;
    *entered = true;
    return list_entries(download, err);
}

int download_leave(struct download *download, struct error *err)
{
    download->prefix[0] = '\0';
    return list_entries(download, err);
}

/* The path with what was entered in front, malloc'ed. */
static int whole_path(const struct download *download, const char *path,
                      char **out, struct error *err)
{
    if (asprintf(out, "%s%s", download->prefix, path) < 0) {
        *out = NULL;
        return out_of_memory(err);
    }
    return 0;
}

int download_children(struct download *download, const char *name,
                      struct download_list *out, struct error *err)
{
    char *path = NULL;
    int rc = whole_path(download, name, &path, err);

    *out = (struct download_list){.count = 0};
    if (rc == 0) {
        rc = list_any(download, path, out, err);
    }
    free(path);
    return rc;
}

/* As download_read(), with the whole path, of a folder. */
static int read_file(const struct download *download, const char *path,
                     size_t max_bytes, char **data, size_t *nbytes,
                     struct error *err)
{
    struct file file = {0};
    int rc = 0;

    if (source_kind_beneath(download->folder, path) != ENTRY_FILE) {
        return fail(err, ERROR_ABSENT, "there is no file %s", path);
    }
    rc = source_read_beneath(download->folder, path, max_bytes, &file, err);
    free(file.path);
    *data = (char *)file.data;
    *nbytes = file.size;
    return rc;
}

int download_read(struct download *download, const char *name, size_t max_bytes,
                  char **data, size_t *nbytes, struct error *err)
{
    char *path = NULL;
    int rc = whole_path(download, name, &path, err);

    *data = NULL;
    if (rc == 0 && download->zip) {
        rc = download_zip_read(download->zip, path, max_bytes, data, nbytes,
                               err);
    } else if (rc == 0) {
        rc = read_file(download, path, max_bytes, data, nbytes, err);
    }
    free(path);
    return rc;
}

/* --- taking ----------------------------------------------------------------
 */

static int pack_part(const struct download *download,
                     const struct download_part *part, struct pack *pack,
                     struct error *err)
{
    char *data = NULL;
    size_t nbytes = 0;
    int rc = read_file(download, part->path, LIMIT_ARCHIVE_BYTES, &data,
                       &nbytes, err);

    if (rc == ERROR_LIMIT) {
        pack_spoil(pack);
        rc = 0;
    } else if (rc == 0) {
        rc = pack_file(pack, part->name, data, nbytes, err);
    }
    free(data);
    return rc;
}

static int pack_parts(const struct download *download,
                      const struct download_taking *taking, struct error *err)
{
    struct pack *pack = NULL;
    struct error ignored = {0};
    uint64_t nbytes = 0;
    int rc = pack_open(taking->where, &pack, err);

    for (size_t i = 0; rc == 0 && i < taking->nparts; i++) {
        rc = pack_part(download, &taking->parts[i], pack, err);
    }
    return rc == 0 ? pack_close(pack, &nbytes, err)
                   : (pack_close(pack, &nbytes, &ignored), rc);
}

/* Of a folder most is used where it is. */
static int take_from_folder(const struct download *download,
                            const char *temporary,
                            struct download_taking *taking, size_t number,
                            struct error *err)
{
    bool written = taking->packed && temporary;
    int n = written ? asprintf(&taking->where, "%s/%zu.tar", temporary, number)
                    : asprintf(&taking->where, "%s/%s", download->where,
                               taking->parts[0].path);

    if (n < 0) {
        taking->where = NULL;
        return out_of_memory(err);
    }
    return written ? pack_parts(download, taking, err) : 0;
}

static int make_whole(const struct download *download,
                      struct download_taking *taking, struct error *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < taking->nparts; i++) {
        char *path = NULL;
        rc = whole_path(download, taking->parts[i].path, &path, err);
        if (rc == 0) {
            free(taking->parts[i].path);
            taking->parts[i].path = path;
        }
    }
    return rc;
}

int download_take(struct download *download, const char *temporary,
                  struct download_taking *takings, size_t count,
                  struct error *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = make_whole(download, &takings[i], err);
    }
    if (rc == 0 && download->zip) {
        return download_zip_take(download->zip, temporary, takings, count, err);
    }
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = take_from_folder(download, temporary, &takings[i], i + 1, err);
    }
    return rc;
}

/*
 * Files and folders of ours: small helpers over POSIX and fts(3).
 */
#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int path_join(const char *a, const char *b, char **out, struct error *err)
{
    if (asprintf(out, "%s/%s", a, b) < 0) {
        *out = NULL;
        return fail(err, ERROR_INFRA, "%s/%s: out of memory", a, b);
    }
    return 0;
}

const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

bool path_is_file(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

bool path_is_folder(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Reads from `fd` until its end or `capacity` bytes. */
static ssize_t read_up_to(int fd, char *data, size_t capacity)
{
    size_t nread = 0;

    while (nread < capacity) {
        ssize_t n = read(fd, data + nread, capacity - nread);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -1;
        }
        if (n == 0) {
            break;
        }
        nread += (size_t)n;
    }
    return (ssize_t)nread;
}

static int read_descriptor(int fd, const char *path, size_t max_bytes,
                           char **data, size_t *nbytes, struct error *err)
{
    struct stat status;

    if (fstat(fd, &status) < 0) {
        return fail_errno(err, ERROR_INFRA, "can't read %s", path);
    }
    if (!S_ISREG(status.st_mode)) {
        return fail(err, ERROR_INFRA, "can't read %s: not a regular file",
                    path);
    }
    if ((unsigned long long)status.st_size > max_bytes) {
        return fail(err, ERROR_INFRA, "can't read %s: over %zu bytes", path,
                    max_bytes);
    }
    char *buffer = malloc((size_t)status.st_size + 1);
    if (!buffer) {
        return fail(err, ERROR_INFRA, "can't read %s: out of memory", path);
    }
    ssize_t nread = read_up_to(fd, buffer, (size_t)status.st_size);
    if (nread < 0) {
        free(buffer);
        return fail_errno(err, ERROR_INFRA, "can't read %s", path);
    }
    buffer[nread] = '\0';
    *data = buffer;
    *nbytes = (size_t)nread;
    return 0;
}

int file_read(const char *path, size_t max_bytes, char **data, size_t *nbytes,
              struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        return fail_errno(err, ERROR_INFRA, "can't read %s", path);
    }
    int rc = read_descriptor(fd, path, max_bytes, data, nbytes, err);
    close(fd);
    return rc;
}

/* Writes all bytes and makes them durable. -1 with errno. */
static int write_durably(int fd, const char *data, size_t nbytes)
{
    while (nbytes > 0) {
        ssize_t n = write(fd, data, nbytes);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -1;
        }
        data += n;
        nbytes -= (size_t)n;
    }
    return fsync(fd);
}

int file_write(const char *path, const char *data, size_t nbytes,
               struct error *err)
{
    const mode_t mode = 0644;
    char *temporary = NULL;
    int rc = 0;
    int fd = -1;

    if (asprintf(&temporary, "%s.%ld.part", path, (long)getpid()) < 0) {
        return fail(err, ERROR_INFRA, "can't write %s: out of memory", path);
    }
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0 || write_durably(fd, data, nbytes) < 0) {
        rc = fail_errno(err, ERROR_INFRA, "can't write %s", path);
    }
    if (fd >= 0 && close(fd) < 0 && rc == 0) {
        rc = fail_errno(err, ERROR_INFRA, "can't write %s", path);
    }
    if (rc == 0 && rename(temporary, path) < 0) {
        rc = fail_errno(err, ERROR_INFRA, "can't write %s", path);
    }
    if (rc != 0 && fd >= 0) {
        unlink(temporary);
    }
    free(temporary);
    return rc;
}

int folder_make(const char *path, struct error *err)
{
    const mode_t mode = 0755;
    char *partial = strdup(path);
    int rc = 0;

    if (!partial) {
        return fail(err, ERROR_INFRA, "%s: out of memory", path);
    }
    for (char *slash = partial + 1; rc == 0; slash++) {
        slash = strchrnul(slash, '/');
        char kept = *slash;
        *slash = '\0';
        if (mkdir(partial, mode) < 0 && !path_is_folder(partial)) {
            rc = fail_errno(err, ERROR_INFRA, "can't create the folder %s",
                            partial);
        }
        *slash = kept;
        if (kept == '\0') {
            break;
        }
    }
    free(partial);
    return rc;
}

static int remove_entry(const FTSENT *entry)
{
    switch (entry->fts_info) {
    case FTS_D:
        /* So that a folder made unreadable can still be emptied. */
        return chmod(entry->fts_accpath, S_IRWXU);
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        errno = entry->fts_errno;
        return -1;
    default:
        return remove(entry->fts_accpath);
    }
}

int folder_remove(const char *path, struct error *err)
{
    char *const roots[] = {(char *)path, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
    int rc = 0;

    if (!walk) {
        return fail_errno(err, ERROR_INFRA, "can't remove %s", path);
    }
    for (FTSENT *entry = fts_read(walk); entry; entry = fts_read(walk)) {
        if (remove_entry(entry) < 0) {
            rc = fail_errno(err, ERROR_INFRA, "can't remove %s",
                            entry->fts_path);
        }
    }
    fts_close(walk);
    return rc;
}

bool folder_has_entries(const char *path)
{
    DIR *folder = opendir(path);
    bool found = false;

    if (!folder) {
        return false;
    }
    for (struct dirent *entry = readdir(folder); entry && !found;
         entry = readdir(folder)) {
        found =
            strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    closedir(folder);
    return found;
}

int path_list_add(struct path_list *list, const char *path, struct error *err)
{
    char **grown =
        reallocarray(list->paths, list->count + 1, sizeof(*list->paths));

    if (!grown) {
        return fail(err, ERROR_INFRA, "%s: out of memory", path);
    }
    list->paths = grown;
    list->paths[list->count] = strdup(path);
    if (!list->paths[list->count]) {
        return fail(err, ERROR_INFRA, "%s: out of memory", path);
    }
    list->count++;
    return 0;
}

void path_list_free(struct path_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->paths[i]);
    }
    free(list->paths);
    *list = (struct path_list){NULL, 0};
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_entry(const FTSENT *entry, const char *root,
                     struct path_list *list, struct error *err)
{
    switch (entry->fts_info) {
    case FTS_D:
    case FTS_DP:
        return 0;
    case FTS_F:
        return path_list_add(list, entry->fts_path + strlen(root) + 1, err);
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        errno = entry->fts_errno;
        return fail_errno(err, ERROR_INFRA, "can't read %s", entry->fts_path);
    default:
        return fail(err, ERROR_INFRA,
                    "can't read %s: neither a regular file nor a folder",
                    entry->fts_path);
    }
}

int folder_walk(const char *root, struct path_list *list, struct error *err)
{
    char *const roots[] = {(char *)root, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    int rc = 0;

    if (!walk) {
        return fail_errno(err, ERROR_INFRA, "can't read the folder %s", root);
    }
    FTSENT *entry = fts_read(walk);
    while (entry && rc == 0) {
        rc = add_entry(entry, root, list, err);
        entry = fts_read(walk);
    }
    fts_close(walk);
    if (list->count > 0) {
        qsort(list->paths, list->count, sizeof(*list->paths), compare_paths);
    }
    return rc;
}

/*
 * A plain folder as a source.
 *
 * Walked breadth first with descriptors, never with paths from the top, so a
 * symbolic link that appears while we look can't lead anywhere. Every entry
 * is looked at with fstatat(AT_SYMLINK_NOFOLLOW) before it is opened, because
 * opening alone can block (FIFO) or do something (device).
 */
#include "source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum entry_kind kind_of_mode(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return ENTRY_FILE;
    case S_IFDIR:
        return ENTRY_FOLDER;
    case S_IFLNK:
        return ENTRY_SYMLINK;
    default:
        return ENTRY_SPECIAL;
    }
}

/* Opens one component; the caller knows that it is one. */
static int open_component(int folder, const char *name, int flags)
{
    struct stat status;

    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
        return -1;
    }
    if (S_ISLNK(status.st_mode)) {
        errno = ELOOP;
        return -1;
    }
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
        errno = ENXIO;
        return -1;
    }
    return openat(folder, name,
                  flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/*
 * Opens the folder that `path`'s last component is in and points *name at
 * that component, inside `copy`.
 */
static int open_parent(int folder, char *copy, char **name)
{
    int at = dup(folder);

    *name = copy;
    for (char *slash = strchr(copy, '/'); slash && at >= 0;
         slash = strchr(*name, '/')) {
        *slash = '\0';
        int next = open_component(at, *name, O_RDONLY | O_DIRECTORY);
        int saved = errno;
        close(at);
        errno = saved;
        at = next;
        *name = slash + 1;
    }
    return at;
}

int source_open_beneath(int folder, const char *path, int flags)
{
    char copy[LIMIT_PATH_BYTES];
    size_t nbytes = strlen(path) + 1;
    char *name = NULL;

    if (nbytes > sizeof(copy)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(copy, path, nbytes);
    int parent = open_parent(folder, copy, &name);
    if (parent < 0) {
        return -1;
    }
    int fd = open_component(parent, name, flags);
    int saved = errno;
    close(parent);
    errno = saved;
    return fd;
}

enum entry_kind source_kind_beneath(int folder, const char *path)
{
    char copy[LIMIT_PATH_BYTES];
    size_t nbytes = strlen(path) + 1;
    char *name = NULL;
    struct stat status;

    if (nbytes > sizeof(copy)) {
        errno = ENAMETOOLONG;
        return ENTRY_ABSENT;
    }
    memcpy(copy, path, nbytes);
    int parent = open_parent(folder, copy, &name);
    if (parent < 0) {
        return ENTRY_ABSENT;
    }
    int rc = fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW);
    int saved = errno;
    close(parent);
    errno = saved;
    return rc < 0 ? ENTRY_ABSENT : kind_of_mode(status.st_mode);
}

/* Reads up to `capacity` bytes; the file may be shorter or longer by now. */
static ssize_t read_all(int fd, unsigned char *data, size_t capacity)
{
    size_t nread = 0;

    while (nread < capacity) {
        ssize_t n = read(fd, data + nread, capacity - nread);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? -1 : (ssize_t)nread;
        }
        nread += (size_t)n;
    }
    return (ssize_t)nread;
}

static int read_regular(int fd, const char *path, size_t max_bytes,
                        struct file *out, struct error *err)
{
    struct stat status;

    if (fstat(fd, &status) < 0) {
        return fail_errno(err, ERROR_INFRA, "can't read %s", show(path).text);
    }
    if (!S_ISREG(status.st_mode)) {
        return fail(err, ERROR_REJECTED, "can't read %s: it is %s, not a file",
                    show(path).text,
                    entry_kind_word(kind_of_mode(status.st_mode)));
    }
    if ((unsigned long long)status.st_size > max_bytes) {
        return fail(err, ERROR_LIMIT,
                    "can't read %s: it has %llu bytes, and the limit is %zu",
                    show(path).text, (unsigned long long)status.st_size,
                    max_bytes);
    }
    out->data = malloc((size_t)status.st_size + 1);
    if (!out->data) {
        return fail(err, ERROR_INFRA, "can't read %s: out of memory",
                    show(path).text);
    }
    ssize_t n = read_all(fd, out->data, (size_t)status.st_size);
    if (n < 0) {
        return fail_errno(err, ERROR_INFRA, "can't read %s", show(path).text);
    }
    out->size = (size_t)n;
    return 0;
}

/* ELOOP and ENXIO are open_component()'s: a link or a special file. */
static int refuse_open(const char *path, struct error *err)
{
    if (errno == ELOOP) {
        return fail(err, ERROR_REJECTED,
                    "can't read %s: a symbolic link is not followed",
                    show(path).text);
    }
    if (errno == ENXIO) {
        return fail(err, ERROR_REJECTED,
                    "can't read %s: it is a special file (FIFO, socket or "
                    "device)",
                    show(path).text);
    }
    return fail_errno(err, ERROR_INFRA, "can't read %s", show(path).text);
}

/* Reads and closes `fd`. */
static int read_opened(int fd, const char *path, size_t max_bytes,
                       struct file *out, struct error *err)
{
    *out = (struct file){0};
    int rc = read_regular(fd, path, max_bytes, out, err);
    close(fd);
    if (!rc) {
        out->path = strdup(path);
        if (!out->path) {
            rc = fail(err, ERROR_INFRA, "can't read %s: out of memory",
                      show(path).text);
        }
    }
    if (rc) {
        free(out->data);
        *out = (struct file){0};
    }
    return rc;
}

int source_read_beneath(int folder, const char *path, size_t max_bytes,
                        struct file *out, struct error *err)
{
    int fd = source_open_beneath(folder, path, O_RDONLY);

    return fd < 0 ? refuse_open(path, err)
                  : read_opened(fd, path, max_bytes, out, err);
}

int source_read_whole(const char *path, size_t max_bytes, struct file *out,
                      struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    return fd < 0 ? refuse_open(path, err)
                  : read_opened(fd, path, max_bytes, out, err);
}

static int folder_read(struct source *source, const char *path,
                       struct file *out, struct error *err)
{
    return source_read_beneath(source->folder, path, LIMIT_FILE_BYTES, out,
                               err);
}

static void folder_close(struct source *source)
{
    free(source);
}

static const struct source_class folder_class = {
    .kind = "folder",
    .lookup = source_lookup_listed,
    .read = folder_read,
    .close = folder_close,
};

/* Adds the entry `name` of the folder `prefix` (open as `fd`). */
static int add_entry(struct source *source, int fd, const char *prefix,
                     const char *name, struct error *err)
{
    char path[LIMIT_PATH_BYTES];
    struct stat status;
    int n = snprintf(path, sizeof(path), "%s%s%s", prefix, *prefix ? "/" : "",
                     name);

    if ((size_t)n >= sizeof(path) || source_depth(path) > LIMIT_DEPTH) {
        return fail(err, ERROR_LIMIT,
                    "can't read %s: more than %d folders deep, or a path "
                    "over %d bytes",
                    show(path).text, LIMIT_DEPTH, LIMIT_PATH_BYTES);
    }
    if (source_path_ignored(path)) {
        return 0;
    }
    if (source->entries.count >= LIMIT_ENTRIES) {
        return fail(err, ERROR_LIMIT,
                    "can't read the folder: it has more than %d entries; "
                    "hand in the lab's folder alone",
                    LIMIT_ENTRIES);
    }
    if (fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
        return fail_errno(err, ERROR_INFRA, "can't read %s", show(path).text);
    }
    return entry_list_add(&source->entries, path, kind_of_mode(status.st_mode),
                          err);
}

/* Lists one folder; what it has is added at the end of the list. */
static int list_folder(struct source *source, const char *prefix,
                       struct error *err)
{
    int fd = *prefix ? source_open_beneath(source->folder, prefix,
                                           O_RDONLY | O_DIRECTORY)
                     : openat(source->folder, ".", O_RDONLY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (!folder) {
        int rc = fail_errno(err, ERROR_INFRA, "can't open the folder %s",
                            show(*prefix ? prefix : ".").text);
        if (fd >= 0) {
            close(fd);
        }
        return rc;
    }
    int rc = 0;
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(folder);
        if (!entry) {
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 ||
            strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        rc = add_entry(source, fd, prefix, entry->d_name, err);
        if (rc) {
            goto out;
        }
    }
    if (errno) {
        rc = fail_errno(err, ERROR_INFRA, "can't list the folder %s",
                        show(*prefix ? prefix : ".").text);
    }
out:
    closedir(folder);
    return rc;
}

static int compare_paths(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;

    return strcmp(left->path, right->path);
}

int source_folder_open(const char *path, struct source **out, struct error *err)
{
    struct source *source = calloc(1, sizeof(*source));
    if (!source) {
        return fail(err, ERROR_INFRA, "can't read %s: out of memory",
                    show(path).text);
    }
    source->class = &folder_class;
    source->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = source->folder < 0
                 ? fail_errno(err, ERROR_INFRA, "can't open the folder %s",
                              show(path).text)
                 : list_folder(source, "", err);

    for (size_t i = 0; !rc && i < source->entries.count; i++) {
        if (source->entries.entries[i].kind == ENTRY_FOLDER) {
            rc = list_folder(source, source->entries.entries[i].path, err);
        }
    }
    if (rc) {
        source_close(source);
        return rc;
    }
    if (source->entries.count) {
        qsort(source->entries.entries, source->entries.count,
              sizeof(*source->entries.entries), compare_paths);
    }
    *out = source;
    return 0;
}

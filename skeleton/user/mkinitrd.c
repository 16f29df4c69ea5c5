/*
 * mkinitrd OUT [ROOTDIR] PATH=FILE...: writes the ramdisk that the kernel
 * unpacks into its root, a cpio archive ("newc"). In it are the folders and
 * device nodes below, everything in ROOTDIR, and each FILE at PATH, executable.
 *
 * This is a program of the host. The same files make the same bytes: entries
 * are sorted and belong to root, and their time is 0. A folder comes before
 * what it holds, because its name is the beginning of theirs.
 */
#include <archive.h>
#include <archive_entry.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_ENTRIES  1024
#define MODE_FOLDER  0755
#define MODE_FILE    0644
#define MODE_PROGRAM 0755
#define MODE_DEVICE  0666
#define CHUNK_SIZE   65536

struct item {
    char *path;   /* in the ramdisk, without a slash in front */
    char *source; /* the host's file; NULL: there are no contents */
    unsigned int mode;
    unsigned int major, minor; /* of a device */
};

static struct item items[MAX_ENTRIES];
static size_t item_count;

__attribute__((noreturn, format(printf, 1, 2))) static void
fail(const char *format, ...)
{
    va_list args;

    fprintf(stderr, "mkinitrd: ");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(EXIT_FAILURE);
}

static char *copy(const char *text)
{
    char *same = strdup(text);

    if (same == NULL)
        fail("out of memory");
    return same;
}

static struct item *add(const char *path, const char *source, unsigned int mode)
{
    struct item *item = &items[item_count];

    if (item_count == MAX_ENTRIES)
        fail("%s: over %d entries", path, MAX_ENTRIES);
    item_count++;
    item->path = copy(path);
    item->source = source != NULL ? copy(source) : NULL;
    item->mode = mode;
    return item;
}

static void add_device(const char *path, unsigned int major, unsigned int minor)
{
    struct item *item = add(path, NULL, S_IFCHR | MODE_DEVICE);

    item->major = major;
    item->minor = minor;
}

/* What is in every ramdisk. */
static void add_skeleton(void)
{
    static const char *const folders[] = {"bin", "dev", "etc", "proc", "tmp"};

    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        add(folders[i], NULL, S_IFDIR | MODE_FOLDER);
    add_device("dev/null", 1, 3);
    add_device("dev/zero", 1, 5);
    add_device("dev/tty", 5, 0);
    add_device("dev/console", 5, 1);
}

static bool is_there(const char *path, size_t length)
{
    for (size_t i = 0; i < item_count; i++)
        if (strncmp(items[i].path, path, length) == 0 &&
            items[i].path[length] == '\0')
            return true;
    return false;
}

/* The folders on the way to the path that aren't there yet. */
static void add_parents(const char *path)
{
    const char *slash = path;

    while ((slash = strchr(slash, '/')) != NULL) {
        char parent[PATH_MAX];
        size_t length = (size_t)(slash - path);

        snprintf(parent, sizeof(parent), "%.*s", (int)length, path);
        if (!is_there(path, length))
            add(parent, NULL, S_IFDIR | MODE_FOLDER);
        slash++;
    }
}

static void add_file(const char *path, const char *source, unsigned int mode)
{
    if (is_there(path, strlen(path)))
        fail("/%s: given twice", path);
    add_parents(path);
    add(path, source, S_IFREG | mode);
}

/* Everything in the host's folder; `path` is "" or ends with a slash. */
static void add_tree(const char *folder, const char *path)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    if (dir == NULL)
        fail("%s: %s", folder, strerror(errno));
    while ((entry = readdir(dir)) != NULL) {
        char source[PATH_MAX], target[PATH_MAX];
        struct stat status;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (snprintf(source, sizeof(source), "%s/%s", folder, entry->d_name) >=
                (int)sizeof(source) ||
            snprintf(target, sizeof(target), "%s%s/", path, entry->d_name) >=
                (int)sizeof(target))
            fail("%s/%s: name too long", folder, entry->d_name);
        if (stat(source, &status) < 0)
            fail("%s: %s", source, strerror(errno));
        if (S_ISDIR(status.st_mode)) {
            add_parents(target);
            add_tree(source, target);
        } else {
            target[strlen(target) - 1] = '\0';
            add_file(target, source, MODE_FILE);
        }
    }
    closedir(dir);
}

/* PATH=FILE */
static void add_argument(const char *argument)
{
    const char *equals = strchr(argument, '=');
    char path[PATH_MAX];

    while (*argument == '/')
        argument++;
    if (equals == NULL || equals <= argument || equals[1] == '\0')
        fail("%s: not PATH=FILE", argument);
    if (snprintf(path, sizeof(path), "%.*s", (int)(equals - argument),
                 argument) >= (int)sizeof(path))
        fail("%s: name too long", argument);
    add_file(path, equals + 1, MODE_PROGRAM);
}

static int by_path(const void *a, const void *b)
{
    const struct item *left = a, *right = b;

    return strcmp(left->path, right->path);
}

static void write_contents(struct archive *archive, int fd, const char *source)
{
    static char chunk[CHUNK_SIZE];
    ssize_t nbytes;

    while ((nbytes = read(fd, chunk, sizeof(chunk))) > 0)
        if (archive_write_data(archive, chunk, (size_t)nbytes) != nbytes)
            fail("%s: %s", source, archive_error_string(archive));
    if (nbytes < 0)
        fail("%s: %s", source, strerror(errno));
}

/* The header, then the file's bytes if it has any. */
static void write_item(struct archive *archive, const struct item *item,
                       size_t number)
{
    struct archive_entry *entry = archive_entry_new();
    struct stat status = {.st_size = 0};
    int fd = -1;

    if (entry == NULL)
        fail("out of memory");
    if (item->source != NULL) {
        fd = open(item->source, O_RDONLY);
        if (fd < 0 || fstat(fd, &status) < 0)
            fail("%s: %s", item->source, strerror(errno));
    }
    archive_entry_set_pathname(entry, item->path);
    archive_entry_set_mode(entry, item->mode);
    archive_entry_set_size(entry, status.st_size);
    archive_entry_set_mtime(entry, 0, 0);
    archive_entry_set_nlink(entry, S_ISDIR(item->mode) ? 2 : 1);
    archive_entry_set_ino(entry, (la_int64_t)number);
    archive_entry_set_rdevmajor(entry, item->major);
    archive_entry_set_rdevminor(entry, item->minor);
    if (archive_write_header(archive, entry) != ARCHIVE_OK)
        fail("/%s: %s", item->path, archive_error_string(archive));
    if (fd >= 0) {
        write_contents(archive, fd, item->source);
        close(fd);
    }
    archive_entry_free(entry);
}

static void write_archive(const char *path)
{
    struct archive *archive = archive_write_new();

    if (archive == NULL)
        fail("out of memory");
    if (archive_write_set_format_cpio_newc(archive) != ARCHIVE_OK ||
        archive_write_open_filename(archive, path) != ARCHIVE_OK)
        fail("%s: %s", path, archive_error_string(archive));
    for (size_t i = 0; i < item_count; i++)
        write_item(archive, &items[i], i + 1);
    if (archive_write_close(archive) != ARCHIVE_OK)
        fail("%s: %s", path, archive_error_string(archive));
    archive_write_free(archive);
}

int main(int argc, char **argv)
{
    int at = 2;

    if (argc < 2) {
        fprintf(stderr, "usage: mkinitrd OUT [ROOTDIR] PATH=FILE...\n");
        return EXIT_FAILURE;
    }
    add_skeleton();
    if (argc > 2 && strchr(argv[2], '=') == NULL) {
        add_tree(argv[2], "");
        at = 3;
    }
    for (; at < argc; at++)
        add_argument(argv[at]);
    qsort(items, item_count, sizeof(items[0]), by_path);
    write_archive(argv[1]);
    for (size_t i = 0; i < item_count; i++) {
        free(items[i].path);
        free(items[i].source);
    }
    return EXIT_SUCCESS;
}

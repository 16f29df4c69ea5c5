/*
 * ls [-l] [PATH...]: the files in folders, by name; -l: a line each, with type
 * and permissions, links, size (of a device: its numbers) and name.
 */
#include <dirent.h>
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE     256
#define SCREEN_WIDTH  80
#define COLUMN_GAP    2
#define MODE_TEXT     11 /* -rwxrwxrwx and its end */
#define PERMISSIONS   9
#define FIRST_ROOM    32
#define NUMBERS_WIDTH 4

static bool detailed;

struct names {
    char **list;
    size_t count, room;
};

static char type_letter(unsigned int mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return 'd';
    case S_IFCHR:
        return 'c';
    case S_IFBLK:
        return 'b';
    case S_IFIFO:
        return 'p';
    case S_IFLNK:
        return 'l';
    case S_IFSOCK:
        return 's';
    default:
        return '-';
    }
}

static void format_mode(unsigned int mode, char text[MODE_TEXT])
{
    text[0] = type_letter(mode);
    for (int i = 0; i < PERMISSIONS; i++) {
        bool allowed = mode >> (PERMISSIONS - 1 - i) & 1;

        text[1 + i] = allowed ? "rwx"[i % 3] : '-';
    }
    text[1 + PERMISSIONS] = '\0';
}

static void print_details(const struct stat *status, const char *name)
{
    char mode[MODE_TEXT];

    format_mode(status->st_mode, mode);
    printf("%s %3u ", mode, status->st_nlink);
    if (S_ISCHR(status->st_mode) || S_ISBLK(status->st_mode))
        printf("%*u, %*u ", NUMBERS_WIDTH, major(status->st_rdev),
               NUMBERS_WIDTH, minor(status->st_rdev));
    else
        printf("%10lu ", status->st_size);
    puts(name);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add(struct names *names, const char *name)
{
    if (names->count == names->room) {
        size_t room = names->room > 0 ? 2 * names->room : FIRST_ROOM;
        char **larger = realloc(names->list, room * sizeof(*larger));

        if (larger == NULL)
            err(EXIT_FAILURE, "%s", name);
        names->list = larger;
        names->room = room;
    }
    names->list[names->count] = strdup(name);
    if (names->list[names->count++] == NULL)
        err(EXIT_FAILURE, "%s", name);
}

/* Everything but files that begin with a dot. */
static int read_names(const char *path, struct names *names)
{
    DIR *dir = opendir(path);
    struct dirent *entry;

    if (dir == NULL)
        return -1;
    while ((entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.')
            add(names, entry->d_name);
    closedir(dir);
    qsort(names->list, names->count, sizeof(*names->list), by_name);
    return 0;
}

/* In columns on a terminal, otherwise one a line. */
static void print_names(const struct names *names)
{
    size_t width = 0, columns = 1;

    for (size_t i = 0; i < names->count; i++)
        if (strlen(names->list[i]) + COLUMN_GAP > width)
            width = strlen(names->list[i]) + COLUMN_GAP;
    if (isatty(STDOUT_FILENO) && width > 0 && width < SCREEN_WIDTH)
        columns = SCREEN_WIDTH / width;
    for (size_t i = 0; i < names->count; i++) {
        if (i % columns == columns - 1 || i == names->count - 1)
            puts(names->list[i]);
        else
            printf("%-*s", (int)width, names->list[i]);
    }
}

static int print_all_details(const char *path, const struct names *names)
{
    char file[PATH_SIZE];
    struct stat status;
    int rc = 0;

    for (size_t i = 0; i < names->count; i++) {
        snprintf(file, sizeof(file), "%s/%s", path, names->list[i]);
        if (stat(file, &status) < 0) {
            warn("%s", file);
            rc = -1;
            continue;
        }
        print_details(&status, names->list[i]);
    }
    return rc;
}

static int list(const char *path)
{
    struct names names = {NULL, 0, 0};
    struct stat status;
    int rc = 0;

    if (stat(path, &status) < 0) {
        warn("%s", path);
        return -1;
    }
    if (!S_ISDIR(status.st_mode)) {
        if (detailed)
            print_details(&status, path);
        else
            puts(path);
        return 0;
    }
    if (read_names(path, &names) < 0) {
        warn("%s", path);
        return -1;
    }
    if (detailed)
        rc = print_all_details(path, &names);
    else
        print_names(&names);
    for (size_t i = 0; i < names.count; i++)
        free(names.list[i]);
    free(names.list);
    return rc;
}

int main(int argc, char **argv)
{
    int at = 1, code = EXIT_SUCCESS;
    bool several;

    if (argc > 1 && argv[1][0] == '-') {
        if (strcmp(argv[1], "-l") != 0)
            usage("[-l] [PATH...]");
        detailed = true;
        at = 2;
    }
    if (at == argc)
        return list(".") == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    for (several = argc - at > 1; at < argc; at++) {
        if (several)
            printf("%s:\n", argv[at]);
        if (list(argv[at]) < 0)
            code = EXIT_FAILURE;
    }
    return code;
}

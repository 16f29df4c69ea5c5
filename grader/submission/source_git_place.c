/*
 * A repository on this machine: looks it over before libgit2 sees any of it.
 *
 * libgit2 opens objects by path and follows symbolic links and alternates, so
 * a repository could lend itself objects from anywhere that we can read. The
 * object folder is therefore walked first: folders and regular files only.
 */
#include "source_git.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool has(const char *folder, const char *name, bool folder_wanted)
{
    struct stat status;
    char path[4096];
    int n = snprintf(path, sizeof(path), "%s/%s", folder, name);

    return (size_t)n < sizeof(path) && stat(path, &status) == 0 &&
           (!folder_wanted || S_ISDIR(status.st_mode));
}

static bool is_bare(const char *path)
{
    return has(path, "HEAD", false) && has(path, "objects", true) &&
           has(path, "refs", true);
}

bool source_is_git(const char *path)
{
    char dot_git[4096];
    struct stat status;
    int n = snprintf(dot_git, sizeof(dot_git), "%s/.git", path);

    return is_bare(path) ||
           ((size_t)n < sizeof(dot_git) && lstat(dot_git, &status) == 0);
}

static int refuse_entry(const char *name, enum entry_kind kind,
                        struct error *err)
{
    return fail(err, ERROR_REJECTED,
                "can't read the git repository: %s is %s; hand in a clone "
                "(git clone --no-local)",
                show(name).text, entry_kind_word(kind));
}

/* Checks one folder of objects; adds to *count. */
static int check_objects_in(const struct repo_place *place, const char *name,
                            size_t *count, struct error *err)
{
    int fd = source_open_beneath(place->folder, name, O_RDONLY | O_DIRECTORY);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    int rc = 0;

    if (!folder) {
        rc = fail_errno(err, ERROR_REJECTED,
                        "can't read the git repository's %s", name);
        if (fd >= 0) {
            close(fd);
        }
        return rc;
    }
    for (struct dirent *entry = readdir(folder); !rc && entry;
         entry = readdir(folder)) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        enum entry_kind kind = source_kind_beneath(fd, entry->d_name);
        if (kind != ENTRY_FILE && kind != ENTRY_FOLDER) {
            rc = refuse_entry(entry->d_name, kind, err);
        } else if (++*count > LIMIT_GIT_OBJECTS) {
            rc = fail(err, ERROR_LIMIT,
                      "can't read the git repository: more than %d loose "
                      "objects; run git gc",
                      LIMIT_GIT_OBJECTS);
        }
    }
    closedir(folder);
    return rc;
}

static int check_alternates(const struct repo_place *place, struct error *err)
{
    static const char *const names[] = {"objects/info/alternates",
                                        "objects/info/http-alternates"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (source_kind_beneath(place->folder, names[i]) != ENTRY_ABSENT) {
            return fail(err, ERROR_REJECTED,
                        "can't read the git repository: it borrows objects "
                        "from another one (%s); hand in a full clone (git "
                        "repack -a -d, then remove that file)",
                        names[i]);
        }
    }
    return 0;
}

/* The object folder, pack/, info/ and the 256 folders of loose objects. */
static int check_objects(const struct repo_place *place, struct error *err)
{
    char name[32];
    size_t count = 0;
    enum entry_kind kind = source_kind_beneath(place->folder, "objects");

    if (kind != ENTRY_FOLDER) {
        return refuse_entry("objects", kind, err);
    }
    int rc = check_objects_in(place, "objects", &count, err);
    if (!rc) {
        rc = check_alternates(place, err);
    }
    count = 0;
    for (int i = -1; !rc && i < 256; i++) {
        snprintf(name, sizeof(name), i < 0 ? "objects/pack" : "objects/%02x",
                 (unsigned)i);
        if (source_kind_beneath(place->folder, name) == ENTRY_FOLDER) {
            rc = check_objects_in(place, name, &count, err);
        }
    }
    return rc;
}

static int open_dot_git(const char *path, struct repo_place *place,
                        struct error *err)
{
    int top = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (top < 0) {
        return fail_errno(err, ERROR_INFRA, "can't open the folder %s",
                          show(path).text);
    }
    enum entry_kind kind = source_kind_beneath(top, ".git");
    if (kind == ENTRY_ABSENT) {
        place->folder = top;
        return 0;
    }
    place->work_tree = top;
    if (kind != ENTRY_FOLDER) {
        return fail(err, ERROR_REJECTED,
                    "can't read the git repository %s: its .git is %s, which "
                    "leads elsewhere; hand in the repository itself",
                    show(path).text, entry_kind_word(kind));
    }
    place->folder = source_open_beneath(top, ".git", O_RDONLY | O_DIRECTORY);
    return place->folder < 0 ? fail_errno(err, ERROR_INFRA,
                                          "can't open %s/.git", show(path).text)
                             : 0;
}

int repo_place_open(const char *path, struct repo_place *out, struct error *err)
{
    *out = (struct repo_place){.folder = -1, .work_tree = -1};
    int rc = open_dot_git(path, out, err);

    if (!rc) {
        rc = check_objects(out, err);
    }
    if (!rc && asprintf(&out->objects, "%s%s/objects", path,
                        out->work_tree < 0 ? "" : "/.git") < 0) {
        out->objects = NULL;
        rc = fail(err, ERROR_INFRA, "can't open %s: out of memory",
                  show(path).text);
    }
    if (rc) {
        repo_place_close(out);
    }
    return rc;
}

void repo_place_close(struct repo_place *place)
{
    if (place->folder >= 0) {
        close(place->folder);
    }
    if (place->work_tree >= 0) {
        close(place->work_tree);
    }
    free(place->objects);
    *place = (struct repo_place){.folder = -1, .work_tree = -1};
}

/*
 * Finds the installation and the programs that it works with.
 */
#include "kit.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <limits.h>
#include "folder.h"
#include "process.h"

#define QEMU_NAME "qemu-system-i386"
/* Where Debian has the binary behind /usr/bin's shell wrapper. */
#define QEMU_REAL "/usr/libexec/" QEMU_NAME

static const char *environment(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value != NULL && *value != '\0' ? value : otherwise;
}

/* The folder of this program, ROOT/build; NULL if that can't be read. */
static char *own_folder(void)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);

    if (n <= 0)
        return NULL;
    path[n] = '\0';
    return strdup(dirname(path));
}

/* ROOT and ROOT/build below `place`, or from where this program is. */
static int find_folders(const char *place, struct kit *out, struct error *err)
{
    char above[PATH_MAX];

    if (place == NULL) {
        out->build = own_folder();
        snprintf(above, sizeof above, "%s/..", out->build ? out->build : "");
        place = above;
    }
    out->root = realpath(place, NULL);
    if (out->root == NULL)
        return fail_errno(err, ERROR_USAGE, "could not find the kit at %s",
                          place);
    return out->build != NULL ? 0
                              : path_join(out->root, "build", &out->build, err);
}

/* A kit without these is none; the rest is named when it is missed. */
static int check_root(const char *root, struct error *err)
{
    static const char *const rooms[] = {"skeleton", "assignments", NULL};

    for (size_t i = 0; rooms[i] != NULL; i++) {
        char *path = NULL;
        bool there;
        int rc = path_join(root, rooms[i], &path, err);
        if (rc != 0)
            return rc;
        there = path_is_folder(path);
        free(path);
        if (!there)
            return fail(err, ERROR_USAGE,
                        "%s is not mmgrade's kit: it has no folder %s. Give "
                        "the repository's folder with --kit or $MMGRADE_KIT.",
                        root, rooms[i]);
    }
    return 0;
}

/* The program's path, or its name where there is none. */
static char *locate(const char *name)
{
    char *path = process_find(name);
    return path != NULL ? path : strdup(name);
}

static bool is_script(const char *path)
{
    char magic[2] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool script = fd >= 0 && read(fd, magic, sizeof magic) == sizeof magic &&
                  memcmp(magic, "#!", sizeof magic) == 0;

    if (fd >= 0)
        close(fd);
    return script;
}

static char *locate_qemu(void)
{
    char *path = locate(environment("MMGRADE_QEMU", QEMU_NAME));

    if (path != NULL && access(QEMU_REAL, X_OK) == 0 &&
        getenv("MMGRADE_QEMU") == NULL && (path[0] != '/' || is_script(path))) {
        free(path);
        return strdup(QEMU_REAL);
    }
    return path;
}

static char *locate_cc(const char *prefix)
{
    char name[256];

    snprintf(name, sizeof name, "%sgcc", prefix);
    return locate(environment("MMGRADE_CC", name));
}

int kit_find(const char *override, struct kit *out, struct error *err)
{
    const char *place =
        override != NULL ? override : environment("MMGRADE_KIT", NULL);
    int rc;

    memset(out, 0, sizeof *out);
    rc = find_folders(place, out, err);
    if (rc == 0)
        rc = check_root(out->root, err);
    if (rc != 0)
        goto out;
    out->cross_compile = strdup(environment("CROSS_COMPILE", ""));
    out->cc = out->cross_compile ? locate_cc(out->cross_compile) : NULL;
    out->qemu = locate_qemu();
    if (out->cc == NULL || out->qemu == NULL)
        rc = fail(err, ERROR_INFRA, "could not find the kit: out of memory");
out:
    if (rc != 0)
        kit_free(out);
    return rc;
}

void kit_free(struct kit *kit)
{
    free(kit->root);
    free(kit->build);
    free(kit->cross_compile);
    free(kit->cc);
    free(kit->qemu);
    memset(kit, 0, sizeof *kit);
}

int kit_tool(const struct kit *kit, const char *name, char **out,
             struct error *err)
{
    char full[256];

    snprintf(full, sizeof full, "%s%s", kit->cross_compile, name);
    *out = process_find(full);
    if (*out == NULL)
        return fail(err, ERROR_INFRA,
                    "could not find %s, which links kernels: `sudo apt-get "
                    "install binutils%s` installs it.",
                    full, kit->cross_compile[0] ? "-i686-linux-gnu" : "");
    return 0;
}

int kit_ask(const char *program, const char *argument, char **line,
            struct error *err)
{
    char *path = process_find(program);
    char *argv[] = {path, (char *)argument, NULL};
    char *envp[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", NULL};
    struct process_limits limits = {.wall_seconds = 10, .output_bytes = 4096};
    struct process_result result;
    int rc;

    *line = NULL;
    if (path == NULL)
        return fail(err, ERROR_INFRA, "could not find the program %s", program);
    rc = process_run(argv, envp, &limits, NULL, &result, err);
    if (rc == 0 && (result.end != PROCESS_EXITED || result.code != 0))
        rc = fail(err, ERROR_INFRA, "`%s %s` failed: %.200s", path, argument,
                  result.output);
    if (rc == 0) {
        *line = strndup(result.output, strcspn(result.output, "\n"));
        if (*line == NULL)
            rc =
                fail(err, ERROR_INFRA, "could not ask %s: out of memory", path);
    }
    free(result.output);
    free(path);
    return rc;
}

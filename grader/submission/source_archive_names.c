/*
 * Names of an archive's members: each alone, and all together.
 *
 * Nothing is ever written under these names. They are checked so that the
 * same archive means the same files to everyone, whatever their file system.
 */
#include "source.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "text.h"

/* A member's name without "." and empty components: NAME[LIMIT_PATH_BYTES]. */
static int plain_name(const char *raw, char *name, struct error *err)
{
    size_t n = 0, depth = 0;

    for (const char *part = raw; *part;) {
        size_t length = strcspn(part, "/");
        if (length == 2 && memcmp(part, "..", 2) == 0) {
            return fail(err, ERROR_REJECTED,
                        "the archive's member %s has \"..\" in its path",
                        show(raw).text);
        }
        if (length > 0 && !(length == 1 && *part == '.')) {
            if (++depth > LIMIT_DEPTH || n + length + 2 > LIMIT_PATH_BYTES) {
                return fail(err, ERROR_LIMIT,
                            "the archive's member %s is more than %d folders "
                            "deep, or its path is over %d bytes",
                            show(raw).text, LIMIT_DEPTH, LIMIT_PATH_BYTES);
            }
            if (n > 0) {
                name[n++] = '/';
            }
            memcpy(name + n, part, length);
            n += length;
        }
        part += length + (part[length] == '/');
    }
    name[n] = '\0';
    return 0;
}

int archive_name_check(const char *raw, char *name, struct error *err)
{
    if (!raw || !text_is_clean(raw, strlen(raw))) {
        return fail(err, ERROR_REJECTED,
                    "the archive's member %s has a name with control "
                    "characters or bytes that are not UTF-8; rename it, or "
                    "make the archive with tar",
                    show(raw ? raw : "?").text);
    }
    if (raw[0] == '/' || strchr(raw, '\\')) {
        return fail(err, ERROR_REJECTED,
                    "the archive's member %s has %s in its name; make the "
                    "archive with relative paths and /",
                    show(raw).text,
                    raw[0] == '/' ? "an absolute path" : "a backslash");
    }
    return plain_name(raw, name, err);
}

static int compare_caseless(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    int order = strcasecmp(left->path, right->path);

    return order ? order : strcmp(left->path, right->path);
}

static int check_pair(const struct entry *a, const struct entry *b,
                      struct error *err)
{
    if (strcasecmp(a->path, b->path) != 0) {
        return 0;
    }
    bool same = strcmp(a->path, b->path) == 0;
    if (same && a->kind == ENTRY_FOLDER && b->kind == ENTRY_FOLDER) {
        return 0;
    }
    return fail(err, ERROR_REJECTED,
                same ? "the archive has two members named %s (%s)"
                     : "the archive's members %s and %s differ only in "
                       "upper and lower case",
                show(a->path).text, show(b->path).text);
}

/* REJECTED if a regular file's name is also a folder of another's path. */
static int check_above(const struct entry_list *list, const struct entry *file,
                       struct error *err)
{
    size_t n = strlen(file->path);

    for (size_t i = 0; i < list->count; i++) {
        const char *path = list->entries[i].path;
        if (strncmp(path, file->path, n) == 0 && path[n] == '/') {
            return fail(err, ERROR_REJECTED,
                        "the archive's member %s is a file, and %s lies in "
                        "it",
                        show(file->path).text, show(path).text);
        }
    }
    return 0;
}

int archive_names_check(struct entry_list *list, struct error *err)
{
    int rc = 0;

    if (list->count) {
        qsort(list->entries, list->count, sizeof(*list->entries),
              compare_caseless);
    }
    for (size_t i = 0; !rc && i < list->count; i++) {
        if (i > 0) {
            rc = check_pair(&list->entries[i - 1], &list->entries[i], err);
        }
        if (!rc && list->entries[i].kind == ENTRY_FILE) {
            rc = check_above(list, &list->entries[i], err);
        }
    }
    return rc;
}

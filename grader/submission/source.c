/*
 * What all sources share: the list of entries, and names.
 */
#include "source.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

int entry_list_add(struct entry_list *list, const char *path,
                   enum entry_kind kind, struct error *err)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        struct entry *grown =
            reallocarray(list->entries, capacity, sizeof(*grown));
        if (!grown) {
            return fail(err, ERROR_INFRA, "can't list files: out of memory");
        }
        list->entries = grown;
        list->capacity = capacity;
    }
    struct entry *entry = &list->entries[list->count];
    *entry = (struct entry){.path = strdup(path), .kind = kind};
    if (!entry->path) {
        return fail(err, ERROR_INFRA, "can't list files: out of memory");
    }
    list->count++;
    return 0;
}

void source_close(struct source *source)
{
    if (!source) {
        return;
    }
    for (size_t i = 0; i < source->entries.count; i++) {
        free(source->entries.entries[i].path);
    }
    free(source->entries.entries);
    free(source->commit);
    free(source->commit_time);
    if (source->folder >= 0) {
        close(source->folder);
    }
    source->class->close(source);
}

/* True if `above` is a folder on the way to `path`. */
static bool is_above(const char *above, const char *path)
{
    size_t n = strlen(above);

    return strncmp(above, path, n) == 0 && path[n] == '/';
}

int source_lookup_listed(struct source *source, const char *path,
                         enum entry_kind *out, struct error *err)
{
    *out = ENTRY_ABSENT;
    const char *variant = NULL;

    for (size_t i = 0; i < source->entries.count; i++) {
        const struct entry *entry = &source->entries.entries[i];
        if (strcmp(entry->path, path) == 0) {
            *out = entry->kind;
        } else if (strcasecmp(entry->path, path) == 0) {
            variant = entry->path;
        } else if (entry->kind == ENTRY_SYMLINK &&
                   is_above(entry->path, path)) {
            return fail(err, ERROR_REJECTED,
                        "can't use %s: %s is a symbolic link; hand in the "
                        "folder itself",
                        show(path).text, show(entry->path).text);
        }
    }
    if (*out != ENTRY_ABSENT && variant) {
        return fail(err, ERROR_REJECTED,
                    "can't choose between %s and %s, which differ only in "
                    "upper and lower case; keep one of them",
                    show(path).text, show(variant).text);
    }
    return 0;
}

bool source_path_ignored(const char *path)
{
    static const char *const ignored[] = {".git", "build", "__MACOSX"};

    for (const char *part = path; part; part = strchr(part, '/')) {
        part += *part == '/';
        size_t n = strcspn(part, "/");
        for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++) {
            if (strlen(ignored[i]) == n && memcmp(part, ignored[i], n) == 0) {
                return true;
            }
        }
    }
    return false;
}

size_t source_depth(const char *path)
{
    size_t depth = 1;

    for (; *path; path++) {
        depth += *path == '/';
    }
    return depth;
}

struct shown show(const char *name)
{
    struct shown shown = {"?"};
    char *text = text_sanitise_line(name, strlen(name), LIMIT_SHOWN_BYTES);

    if (text) {
        snprintf(shown.text, sizeof(shown.text), "%s", text);
    }
    free(text);
    return shown;
}

bool source_is_remote(const char *where)
{
    const char *colon = strchr(where, ':');

    if (!colon || where[0] == '/' ||
        strncmp(where, "file://", strlen("file://")) == 0) {
        return false;
    }
    if (strncmp(colon, "://", 3) == 0 || strncmp(colon, "::", 2) == 0) {
        return true;
    }
    /* "host:path", the way scp(1) writes it. */
    return access(where, F_OK) != 0 && !memchr(where, '/', colon - where);
}

char *source_origin(const char *where)
{
    const char *host = strstr(where, "://");
    const char *at = host ? strchr(host + 3, '@') : NULL;
    char *plain = NULL;
    int n = 0;

    if (at && at < host + 3 + strcspn(host + 3, "/")) {
        n = asprintf(&plain, "%.*s%s", (int)(host + 3 - where), where, at + 1);
    } else {
        n = asprintf(&plain, "%s", where);
    }
    if (n < 0) {
        return NULL;
    }
    char *origin = text_sanitise_line(plain, (size_t)n, LIMIT_PATH_BYTES);
    free(plain);
    return origin;
}

const char *entry_kind_word(enum entry_kind kind)
{
    switch (kind) {
    case ENTRY_ABSENT:
        return "absent";
    case ENTRY_FILE:
        return "a regular file";
    case ENTRY_FOLDER:
        return "a folder";
    case ENTRY_SYMLINK:
        return "a symbolic link";
    case ENTRY_GITLINK:
        return "a submodule";
    case ENTRY_ODD_MODE:
        return "a file with an odd mode in git";
    case ENTRY_SPECIAL:
        break;
    }
    return "a special file (FIFO, socket or device)";
}

/*
 * Looking a path up in a commit's tree.
 *
 * Component by component, each tree scanned from end to end in its raw form:
 * libgit2 would take one of two entries of the same name without a word, and
 * rounds odd modes to proper ones.
 */
#include "source_git.h"

#include <string.h>
#include <strings.h>

bool repo_tree_next(const char **at, const char *end,
                    struct repo_tree_entry *out)
{
    const char *name = memchr(*at, ' ', (size_t)(end - *at));
    const char *zero = name ? memchr(name, '\0', (size_t)(end - name)) : NULL;

    if (!zero || end - zero < 1 + GIT_OID_RAWSZ || zero == name + 1) {
        return false;
    }
    out->mode = 0;
    for (const char *digit = *at; digit < name; digit++) {
        if (*digit < '0' || *digit > '7' || name - *at > 6) {
            return false;
        }
        out->mode = out->mode << 3 | (unsigned)(*digit - '0');
    }
    out->name = name + 1;
    git_oid_fromraw(&out->id, (const unsigned char *)zero + 1);
    *at = zero + 1 + GIT_OID_RAWSZ;
    return true;
}

enum entry_kind repo_kind_of_mode(unsigned mode)
{
    switch (mode) {
    case GIT_FILEMODE_BLOB:
    case GIT_FILEMODE_BLOB_EXECUTABLE:
        return ENTRY_FILE;
    case GIT_FILEMODE_TREE:
        return ENTRY_FOLDER;
    case GIT_FILEMODE_LINK:
        return ENTRY_SYMLINK;
    case GIT_FILEMODE_COMMIT:
        return ENTRY_GITLINK;
    default:
        return ENTRY_ODD_MODE;
    }
}

static int refuse_name(const char *path, const char *found, bool same,
                       struct error *err)
{
    return fail(err, ERROR_REJECTED,
                same ? "can't choose: the git tree has two entries named %s "
                       "on the way to %s"
                     : "can't choose: the git tree has %s, which differs only "
                       "in upper and lower case from what leads to %s",
                show(found).text, show(path).text);
}

/*
 * Finds the component name[0, n) of `path` in a raw tree. *out has mode 0 if
 * it isn't there.
 */
static int scan_tree(const struct repo_object *tree, const char *name, size_t n,
                     const char *path, struct repo_tree_entry *out,
                     struct error *err)
{
    const char *at = tree->data;
    const char *end = at + tree->size;
    const char *variant = NULL;
    struct repo_tree_entry entry;

    *out = (struct repo_tree_entry){0};
    while (at < end) {
        if (!repo_tree_next(&at, end, &entry)) {
            return fail(err, ERROR_REJECTED,
                        "can't read the git repository: the tree on the way "
                        "to %s is malformed",
                        show(path).text);
        }
        if (strlen(entry.name) != n || strncasecmp(entry.name, name, n) != 0) {
            continue;
        }
        if (strncmp(entry.name, name, n) != 0) {
            variant = entry.name;
        } else if (out->name) {
            return refuse_name(path, entry.name, true, err);
        } else {
            *out = entry;
        }
    }
    return out->name && variant ? refuse_name(path, variant, false, err) : 0;
}

/* What is in the way of going on with `path` behind the entry. */
static int refuse_way(const struct repo_tree_entry *entry, const char *path,
                      struct error *err)
{
    enum entry_kind kind = repo_kind_of_mode(entry->mode);

    return fail(err, ERROR_REJECTED,
                "can't use %s of the git repository: what leads to it is %s",
                show(path).text, entry_kind_word(kind));
}

int repo_tree_find(const struct repo_store *store, const git_oid *root,
                   const char *path, struct repo_tree_entry *out,
                   struct error *err)
{
    struct repo_tree_entry entry = {.mode = GIT_FILEMODE_TREE, .id = *root};
    const char *name = path;
    int rc = 0;

    for (size_t n = 0; !rc && *name; name += n + (name[n] == '/')) {
        struct repo_object tree;
        n = strcspn(name, "/");
        git_oid id = entry.id;
        rc = repo_object_read(store, &id, GIT_OBJECT_TREE,
                              LIMIT_GIT_OBJECT_BYTES, &tree, err);
        if (rc) {
            break;
        }
        rc = scan_tree(&tree, name, n, path, &entry, err);
        entry.name = NULL;
        repo_object_free(&tree);
        bool last = name[n] == '\0';
        enum entry_kind kind = repo_kind_of_mode(entry.mode);
        if (rc || last || entry.mode == 0) {
            break;
        }
        if (kind == ENTRY_FILE) {
            entry.mode = 0; /* a file where a folder is wanted: absent */
            break;
        }
        if (kind != ENTRY_FOLDER) {
            rc = refuse_way(&entry, path, err);
        }
    }
    *out = entry;
    return rc;
}

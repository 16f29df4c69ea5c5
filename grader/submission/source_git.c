/*
 * A git repository as a source: blobs of one commit's tree.
 *
 * Paths are looked up exactly (source_git_tree.c). The listing (for loose
 * files and notes) goes breadth first and just stops at its limit, so a huge
 * folder beside the lab costs nothing.
 */
#include "source_git.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_TREES 2000 /* folders that the listing looks into */

struct git_source {
    struct source base;
    struct repo_place place;
    struct repo_store store;
    git_oid tree;
};

int repo_begin(struct error *err)
{
    static const int levels[] = {
        GIT_CONFIG_LEVEL_PROGRAMDATA,
        GIT_CONFIG_LEVEL_SYSTEM,
        GIT_CONFIG_LEVEL_XDG,
        GIT_CONFIG_LEVEL_GLOBAL,
    };
    const size_t window = 32u << 20;
    int rc = git_libgit2_init();

    for (size_t i = 0; rc >= 0 && i < sizeof(levels) / sizeof(*levels); i++) {
        rc = git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
    }
    if (rc >= 0) {
        rc = git_libgit2_opts(GIT_OPT_SET_TEMPLATE_PATH, "");
    }
    /* Packs are mapped piece by piece: they may exceed LIMIT_READ_MEMORY. */
    if (rc >= 0) {
        rc = git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, window);
    }
    if (rc >= 0) {
        rc = git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, 8 * window);
    }
    return rc >= 0 ? 0
                   : fail(err, ERROR_INFRA,
                          "can't start libgit2; is it "
                          "installed properly?");
}

void repo_end(void)
{
    git_libgit2_shutdown();
}

static int git_lookup(struct source *source, const char *path,
                      enum entry_kind *out, struct error *err)
{
    struct repo_tree_entry entry;
    struct git_source *self = (struct git_source *)source;
    int rc = repo_tree_find(&self->store, &self->tree, path, &entry, err);

    *out = rc || entry.mode == 0 ? ENTRY_ABSENT : repo_kind_of_mode(entry.mode);
    return rc;
}

static int git_read(struct source *source, const char *path, struct file *out,
                    struct error *err)
{
    struct git_source *self = (struct git_source *)source;
    struct repo_object blob = {0};
    struct repo_tree_entry entry;
    int rc = repo_tree_find(&self->store, &self->tree, path, &entry, err);

    *out = (struct file){0};
    if (!rc) {
        rc = repo_object_read(&self->store, &entry.id, GIT_OBJECT_BLOB,
                              LIMIT_FILE_BYTES, &blob, err);
    }
    if (rc) {
        return rc;
    }
    out->path = strdup(path);
    if (!out->path) {
        repo_object_free(&blob);
        return fail(err, ERROR_INFRA, "can't read %s: out of memory",
                    show(path).text);
    }
    out->data = (unsigned char *)blob.data;
    out->size = blob.size;
    return 0;
}

static void git_close(struct source *source)
{
    struct git_source *self = (struct git_source *)source;

    repo_store_close(&self->store);
    repo_place_close(&self->place);
    free(self);
    repo_end();
}

static const struct source_class git_class = {
    .kind = "git",
    .lookup = git_lookup,
    .read = git_read,
    .close = git_close,
};

/* Adds the entries of one tree; *ids gets their ids, in step. */
static int list_tree(struct git_source *self, const struct repo_object *tree,
                     const char *prefix, git_oid *ids, struct error *err)
{
    const char *at = tree->data;
    const char *end = at + tree->size;
    struct entry_list *list = &self->base.entries;
    struct repo_tree_entry entry;
    char path[LIMIT_PATH_BYTES];

    while (at < end && repo_tree_next(&at, end, &entry)) {
        int n = snprintf(path, sizeof(path), "%s%s%s", prefix,
                         *prefix ? "/" : "", entry.name);
        if ((size_t)n >= sizeof(path) || source_path_ignored(path)) {
            continue;
        }
        if (list->count >= LIMIT_ENTRIES) {
            list->cut = true;
            return 0;
        }
        git_oid_cpy(&ids[list->count], &entry.id);
        int rc = entry_list_add(list, path, repo_kind_of_mode(entry.mode), err);
        if (rc) {
            return rc;
        }
    }
    return 0;
}

/* Lists the tree at `path`; one that can't be read is left out, not fatal. */
static int list_folder(struct git_source *self, const char *path,
                       const git_oid *id, git_oid *ids, struct error *err)
{
    struct error ignored;
    struct repo_object tree;

    if (repo_object_read(&self->store, id, GIT_OBJECT_TREE,
                         LIMIT_GIT_OBJECT_BYTES, &tree, &ignored)) {
        self->base.entries.cut = true;
        return 0;
    }
    int rc = list_tree(self, &tree, path, ids, err);
    repo_object_free(&tree);
    return rc;
}

static int list_all(struct git_source *self, struct error *err)
{
    struct entry_list *list = &self->base.entries;
    git_oid *ids = calloc(LIMIT_ENTRIES, sizeof(*ids));
    struct repo_object top;
    size_t ntrees = 0;

    if (!ids) {
        return fail(err, ERROR_INFRA, "can't list files: out of memory");
    }
    int rc = repo_object_read(&self->store, &self->tree, GIT_OBJECT_TREE,
                              LIMIT_GIT_OBJECT_BYTES, &top, err);
    if (!rc) {
        rc = list_tree(self, &top, "", ids, err);
    }
    repo_object_free(&top);
    for (size_t i = 0; !rc && i < list->count; i++) {
        const char *path = list->entries[i].path;
        if (list->entries[i].kind != ENTRY_FOLDER) {
            continue;
        }
        if (source_depth(path) >= LIMIT_DEPTH || ++ntrees > LIMIT_TREES) {
            list->cut = true;
            continue;
        }
        rc = list_folder(self, path, &ids[i], ids, err);
    }
    free(ids);
    return rc;
}

static int choose_commit(struct git_source *self, const char *ref,
                         const char *before, struct error *err)
{
    git_oid tip;
    struct repo_choice choice;
    int rc = repo_store_open(&self->place, &self->store, err);

    if (!rc) {
        rc = repo_ref_resolve(&self->place, &self->store, ref, &tip, err);
    }
    if (!rc) {
        rc = repo_choose(&self->store, &tip, before, &choice, err);
    }
    if (rc) {
        return rc;
    }
    self->tree = choice.tree;
    self->base.commit = strdup(git_oid_tostr_s(&choice.commit));
    if (!self->base.commit) {
        return fail(err, ERROR_INFRA, "can't read a commit: out of memory");
    }
    return repo_time_print(choice.committed, &self->base.commit_time, err);
}

/* A file:// URL's path, any other `where` itself. */
static const char *local_path(const char *where)
{
    static const char scheme[] = "file://";

    return strncmp(where, scheme, strlen(scheme)) == 0 ? where + strlen(scheme)
                                                       : where;
}

/* Fetches if `where` is remote; then reads what is on this machine. */
static int open_place(struct git_source *self,
                      const struct submission_request *request,
                      const char *temporary, struct error *err)
{
    static const struct repo_caps caps = {LIMIT_GIT_OBJECTS, LIMIT_GIT_RECEIVED,
                                          LIMIT_GIT_SECONDS};
    const char *path = local_path(request->where), *ref = request->ref;
    int rc = 0;

    if (temporary) {
        const char *found = NULL;
        rc = source_url_check(request->where, err);
        if (!rc) {
            rc = repo_fetch(request->where, ref, &caps, temporary, &found, err);
        }
        if (rc) {
            return rc;
        }
        path = temporary;
        ref = found ? found : ref;
    }
    rc = repo_place_open(path, &self->place, err);
    if (rc) {
        return rc;
    }
    rc = choose_commit(self, ref, request->before, err);
    if (!rc && !request->ref && !request->before) {
        self->base.folder = self->place.work_tree;
        self->place.work_tree = -1;
    }
    return rc;
}

int source_git_open(const struct submission_request *request,
                    const char *temporary, struct source **out,
                    struct error *err)
{
    struct git_source *self = calloc(1, sizeof(*self));
    if (!self) {
        return fail(err, ERROR_INFRA,
                    "can't read a git repository: out of "
                    "memory");
    }
    self->base.class = &git_class;
    self->base.folder = -1;
    self->place.folder = self->place.work_tree = -1;
    int rc = repo_begin(err);
    if (rc) {
        free(self);
        return rc;
    }
    rc = open_place(self, request, temporary, err);
    if (!rc) {
        rc = list_all(self, err);
    }
    if (rc) {
        source_close(&self->base);
        return rc;
    }
    *out = &self->base;
    return 0;
}

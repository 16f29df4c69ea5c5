/*
 * The parts of reading a git repository: where it is (place), what its names
 * mean (refs), getting one from a remote (fetch), choosing a commit.
 *
 * A repository is never opened as one: libgit2 gets the folder of packs alone;
 * references and loose objects are read here. So no config, hook, filter,
 * attribute, alternate, include or work tree of the submission's has any
 * effect.
 */
#ifndef GRADER_SOURCE_GIT_H
#define GRADER_SOURCE_GIT_H

#include <git2.h>
#include "source.h"

/* A repository on this machine, looked over: no links, no alternates. */
struct repo_place {
    int folder;    /* the .git folder, or the bare repository */
    int work_tree; /* the folder that .git is in, or -1 */
    char *objects; /* path of its object folder */
};

int repo_place_open(const char *path, struct repo_place *out,
                    struct error *err);
void repo_place_close(struct repo_place *place);

/* A repository's objects: its packs, and loose ones below `folder`. */
struct repo_store {
    git_odb *packs;
    int folder; /* borrowed: the place's */
};

/* The place has to outlive the store; close it also after an error. */
int repo_store_open(const struct repo_place *place, struct repo_store *out,
                    struct error *err);
void repo_store_close(struct repo_store *store);

/* An object; there is a NUL behind its data. */
struct repo_object {
    git_object_t type;
    size_t size;
    char *data;
};

/*
 * Reads the object after looking at its size and type. REJECTED if it is
 * missing, broken, not what its id says or of another type; LIMIT if over
 * max_bytes.
 */
int repo_object_read(const struct repo_store *store, const git_oid *id,
                     git_object_t type, size_t max_bytes,
                     struct repo_object *out, struct error *err);
void repo_object_free(struct repo_object *object);

/* The object's type, from its header alone. */
int repo_object_kind(const struct repo_store *store, const git_oid *id,
                     git_object_t *out, struct error *err);
/* Finds an object by 7 to 40 digits; USAGE if there are several. */
int repo_object_find(const struct repo_store *store, const char *digits,
                     bool *found, git_oid *out, struct error *err);

/*
 * The object that `ref` (NULL: HEAD) names; it may be a tag. USAGE for an
 * unknown or ambiguous name, REJECTED for a broken or empty repository.
 */
int repo_ref_resolve(const struct repo_place *place,
                     const struct repo_store *store, const char *ref,
                     git_oid *out, struct error *err);

/* One entry of a raw tree: "MODE NAME\0" and 20 bytes of id. */
struct repo_tree_entry {
    unsigned mode; /* 0: absent */
    const char *name;
    git_oid id;
};

/* Reads the entry at *at and moves behind it; false if it is malformed. */
bool repo_tree_next(const char **at, const char *end,
                    struct repo_tree_entry *out);
enum entry_kind repo_kind_of_mode(unsigned mode);
/*
 * The entry at `path` below the tree `root`; its name is NULL. Errors as
 * those of struct source_class's lookup.
 */
int repo_tree_find(const struct repo_store *store, const git_oid *root,
                   const char *path, struct repo_tree_entry *out,
                   struct error *err);

/* A commit: what is needed of it. */
struct repo_choice {
    git_oid commit, tree;
    int64_t committed; /* seconds since 1970 */
};

/*
 * Peels `tip` to a commit and, if `before` isn't NULL, goes back along first
 * parents to the last one whose committer time is not after it.
 */
int repo_choose(const struct repo_store *store, const git_oid *tip,
                const char *before, struct repo_choice *out, struct error *err);

/* RFC 3339 with zone to seconds since 1970; USAGE. */
int repo_time_parse(const char *text, int64_t *out, struct error *err);
/* RFC 3339 in UTC, malloc'ed. */
int repo_time_print(int64_t seconds, char **out, struct error *err);

struct repo_caps {
    size_t objects;
    size_t bytes;
    unsigned seconds;
};

/*
 * Fetches what `ref` names into a new bare repository at `folder` (exists,
 * empty). *found is the reference it is under there, NULL if `ref` is a
 * commit id and all branches were fetched. The URL is not checked here.
 */
int repo_fetch(const char *url, const char *ref, const struct repo_caps *caps,
               const char *folder, const char **found, struct error *err);

/* True for 7 to 40 hexadecimal digits. */
bool repo_is_commit_id(const char *text);

/* A sentence with libgit2's reason; its kind follows the reason's class. */
__attribute__((format(printf, 2, 3))) int repo_refuse(struct error *err,
                                                      const char *format, ...);

/* Starts libgit2 with every search path emptied. Balanced by repo_end(). */
int repo_begin(struct error *err);
void repo_end(void);

#endif

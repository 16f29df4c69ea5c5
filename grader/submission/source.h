/*
 * A source: where a submission's files come from (folder, git, archive).
 *
 * Internal to reading submissions. A source lists its entries when opened and
 * gives a file's bytes on demand. Paths are relative, with '/', without "."
 * and ".." components. Nothing is executed, followed, checked out or
 * unpacked; submission_limits.h bounds everything.
 */
#ifndef GRADER_SOURCE_H
#define GRADER_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include "error.h"
#include "submission_limits.h"
#include "submission.h"

enum entry_kind {
    ENTRY_ABSENT,
    ENTRY_FILE,
    ENTRY_FOLDER,
    ENTRY_SYMLINK,
    ENTRY_GITLINK,  /* a submodule */
    ENTRY_ODD_MODE, /* git: neither 100644 nor 100755 */
    ENTRY_SPECIAL,  /* FIFO, socket, device */
};

struct entry {
    char *path;
    enum entry_kind kind;
};

struct entry_list {
    struct entry *entries;
    size_t count, capacity;
    bool cut; /* incomplete: over a limit, or a tree is missing (git only) */
};

struct source;

struct source_class {
    const char *kind; /* "folder", "git", "archive" */
    /*
     * What is at `path`. REJECTED if that can't be said for sure: a symbolic
     * link above it, two entries of that name, or names that differ only in
     * upper and lower case.
     */
    int (*lookup)(struct source *source, const char *path, enum entry_kind *out,
                  struct error *err);
    /*
     * The bytes of the regular file at `path`; LIMIT if over the bounds of
     * submission_limits.h.
     */
    int (*read)(struct source *source, const char *path, struct file *out,
                struct error *err);
    /* Frees what the class owns; source_close() frees the rest. */
    void (*close)(struct source *source);
};

struct source {
    const struct source_class *class;
    struct entry_list entries; /* without ignored ones, see below */
    char *commit, *commit_time;
    /* The folder that is read, or a git repository's work tree; or -1. */
    int folder;
};

int source_folder_open(const char *path, struct source **out,
                       struct error *err);
int source_archive_open(const char *path, struct source **out,
                        struct error *err);
/*
 * `temporary` is an empty private folder for what comes from a remote; NULL
 * if `where` is on this machine.
 */
int source_git_open(const struct submission_request *request,
                    const char *temporary, struct source **out,
                    struct error *err);
/* Closes and frees; accepts NULL. */
void source_close(struct source *source);

/* True for a folder with .git in it or a bare repository. */
bool source_is_git(const char *path);
/* True for "scheme://…", "helper::…" and "host:path" that isn't a file. */
bool source_is_remote(const char *where);
/* REJECTED unless a URL that may be fetched: https or ssh, not loopback. */
int source_url_check(const char *url, struct error *err);
/* The same as far as the text tells: no name server is asked. */
int source_url_check_text(const char *url, struct error *err);

/* ---- for the sources ---- */

/* INFRA when out of memory. The path is copied. */
int entry_list_add(struct entry_list *list, const char *path,
                   enum entry_kind kind, struct error *err);
/* lookup() for a source whose list is complete. */
int source_lookup_listed(struct source *source, const char *path,
                         enum entry_kind *out, struct error *err);

/* True if a component is ".git", "build" or "__MACOSX": never of interest. */
bool source_path_ignored(const char *path);

/* How many components the path has. */
size_t source_depth(const char *path);

/*
 * A member's name without "." and empty components into
 * NAME[LIMIT_PATH_BYTES]; "" for the top. REJECTED or LIMIT for one that isn't
 * a plain relative path of clean UTF-8.
 */
int archive_name_check(const char *raw, char *name, struct error *err);
/* Sorts; REJECTED for duplicates, case variants, files that are folders. */
int archive_names_check(struct entry_list *list, struct error *err);

/*
 * Reads the regular file at `path` below `folder` without following any
 * symbolic link and without blocking on what isn't a file.
 */
int source_read_beneath(int folder, const char *path, size_t max_bytes,
                        struct file *out, struct error *err);
/* As source_read_beneath(), for the submission itself (links followed). */
int source_read_whole(const char *path, size_t max_bytes, struct file *out,
                      struct error *err);
/* What is at `path` below `folder`; errno is set for ENTRY_ABSENT. */
enum entry_kind source_kind_beneath(int folder, const char *path);
/* As openat(2), refusing symbolic links in every component: ELOOP. */
int source_open_beneath(int folder, const char *path, int flags);

/* Compares an archive's headers: REJECTED if a zip has two names a member. */
int source_zip_check(const unsigned char *bytes, size_t nbytes,
                     struct error *err);

/* A name of the student's in a sentence of ours: sanitised, cut short. */
struct shown {
    char text[LIMIT_SHOWN_BYTES + 1];
};
struct shown show(const char *name);

/* Where it came from, without a password; malloc'ed, NULL: no memory. */
char *source_origin(const char *where);

/* "a regular file", "a symbolic link", … */
const char *entry_kind_word(enum entry_kind kind);

#endif

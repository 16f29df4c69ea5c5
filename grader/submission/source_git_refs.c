/*
 * What a name means in a repository: HEAD, branches, tags, commit ids.
 *
 * Read by hand, because libgit2 would want to open the repository for it, and
 * with it its config. The files are tiny: a reference holds 40 hexadecimal
 * digits or "ref: NAME"; packed-refs has a line "ID NAME" for each.
 */
#include "source_git.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_DIGITS       40
#define SHORT_ID_DIGITS 7
#define LOOSE_REF_BYTES 4096

bool repo_is_commit_id(const char *text)
{
    size_t n = strspn(text, "0123456789abcdefABCDEF");

    return text[n] == '\0' && n >= SHORT_ID_DIGITS && n <= ID_DIGITS;
}

static bool is_valid_name(const char *name)
{
    int valid = 0;

    return git_reference_name_is_valid(&valid, name) == 0 && valid;
}

static int broken_ref(const char *name, struct error *err)
{
    return fail(err, ERROR_REJECTED,
                "can't read the git repository: its reference %s is broken",
                show(name).text);
}

/* Reads a small file of the repository as text; *text NULL if it's absent. */
static int read_text(const struct repo_place *place, const char *name,
                     size_t max_bytes, char **text, struct error *err)
{
    struct file file = {0};
    enum entry_kind kind = source_kind_beneath(place->folder, name);

    *text = NULL;
    if (kind == ENTRY_ABSENT && errno == ELOOP) {
        kind = ENTRY_SYMLINK;
    }
    if (kind == ENTRY_ABSENT || kind == ENTRY_FOLDER) {
        return 0;
    }
    if (kind != ENTRY_FILE) {
        return fail(err, ERROR_REJECTED,
                    "can't read the git repository: %s is, or lies behind, "
                    "%s",
                    show(name).text, entry_kind_word(kind));
    }
    int rc = source_read_beneath(place->folder, name, max_bytes, &file, err);
    free(file.path);
    if (!rc) {
        file.data[file.size] = '\0'; /* there is room: see read_regular() */
        *text = (char *)file.data;
    }
    return rc;
}

/* Looks `name` up in packed-refs. */
static int find_packed(const struct repo_place *place, const char *name,
                       bool *found, git_oid *out, struct error *err)
{
    char *text = NULL, *rest = NULL;
    int rc = read_text(place, "packed-refs", LIMIT_GIT_REFS_BYTES, &text, err);

    if (rc || !text) {
        return rc;
    }
    for (char *line = strtok_r(text, "\n", &rest); line && !*found;
         line = strtok_r(NULL, "\n", &rest)) {
        if (strlen(line) > ID_DIGITS && line[ID_DIGITS] == ' ' &&
            strcmp(line + ID_DIGITS + 1, name) == 0) {
            *found = git_oid_fromstrn(out, line, ID_DIGITS) == 0;
        }
    }
    free(text);
    return 0;
}

/* Follows symbolic references. *found stays false for an unknown name. */
static int find_ref(const struct repo_place *place, const char *name,
                    bool *found, git_oid *out, struct error *err)
{
    char target[LOOSE_REF_BYTES + 1];
    char *text = NULL;

    *found = false;
    snprintf(target, sizeof(target), "%s", name);
    for (int links = 0; links <= LIMIT_GIT_LINKS; links++) {
        if (!is_valid_name(target)) {
            return broken_ref(target, err);
        }
        int rc = read_text(place, target, LOOSE_REF_BYTES, &text, err);
        if (rc || !text) {
            return rc ? rc : find_packed(place, target, found, out, err);
        }
        text[strcspn(text, "\r\n")] = '\0';
        if (strncmp(text, "ref: ", 5) != 0) {
            *found = strlen(text) == ID_DIGITS &&
                     git_oid_fromstrn(out, text, ID_DIGITS) == 0;
            free(text);
            return *found ? 0 : broken_ref(target, err);
        }
        snprintf(target, sizeof(target), "%s",
                 text + 5 + strspn(text + 5, " "));
        free(text);
    }
    return broken_ref(name, err);
}

static int find_head(const struct repo_place *place, git_oid *out,
                     struct error *err)
{
    bool found = false;
    int rc = find_ref(place, "HEAD", &found, out, err);

    if (!rc && !found) {
        return fail(err, ERROR_REJECTED,
                    "can't grade the git repository: its branch has no "
                    "commits yet; commit, or name another one with --ref");
    }
    return rc;
}

/* Branch, tag or branch of the remote, in this order; two: ambiguous. */
static int find_short_name(const struct repo_place *place, const char *ref,
                           bool *found, git_oid *out, struct error *err)
{
    static const char *const prefixes[] = {"refs/heads/", "refs/tags/",
                                           "refs/remotes/origin/"};
    char first[LOOSE_REF_BYTES] = "", name[LOOSE_REF_BYTES];
    git_oid id;

    *found = false;
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
        bool here = false;
        int n = snprintf(name, sizeof(name), "%s%s", prefixes[i], ref);
        if ((size_t)n >= sizeof(name) || !is_valid_name(name)) {
            return 0;
        }
        int rc = find_ref(place, name, &here, &id, err);
        if (rc) {
            return rc;
        }
        if (here && *found && i == 1 && !git_oid_equal(&id, out)) {
            return fail(err, ERROR_USAGE,
                        "%s is ambiguous: choose --ref %s or --ref %s",
                        show(ref).text, show(first).text, show(name).text);
        }
        if (here && !*found) {
            *found = true;
            git_oid_cpy(out, &id);
            memcpy(first, name, sizeof(first));
        }
    }
    return 0;
}

int repo_ref_resolve(const struct repo_place *place,
                     const struct repo_store *store, const char *ref,
                     git_oid *out, struct error *err)
{
    bool found = false;
    int rc = 0;

    if (!ref || strcmp(ref, "HEAD") == 0) {
        return find_head(place, out, err);
    }
    if (strlen(ref) == ID_DIGITS) {
        rc = repo_object_find(store, ref, &found, out, err);
    }
    if (!rc && !found && strncmp(ref, "refs/", 5) == 0 && is_valid_name(ref)) {
        rc = find_ref(place, ref, &found, out, err);
    }
    if (!rc && !found) {
        rc = find_short_name(place, ref, &found, out, err);
    }
    if (!rc && !found) {
        rc = repo_object_find(store, ref, &found, out, err);
    }
    if (!rc && !found) {
        return fail(err, ERROR_USAGE,
                    "unknown ref %s: the git repository has no branch, tag "
                    "or commit of that name (git branch --all, git tag)",
                    show(ref).text);
    }
    return rc;
}

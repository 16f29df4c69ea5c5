/*
 * Choosing the commit that is graded.
 *
 * --before T: starting at the branch's tip, first parents are followed until
 * a commit's committer time is not after T. First parents are the branch as
 * its owner saw it; a merged side branch may have been written elsewhere.
 * The committer time, not the author time: a rebase keeps the latter.
 *
 * Commits are parsed here: libgit2's own parser would need a repository. The
 * headers wanted are the first lines, in this fixed order:
 *
 *      tree ID / parent ID … / author … / committer NAME <MAIL> SECONDS ZONE
 */
#include "source_git.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ID_DIGITS 40

struct commit {
    git_oid tree, parent;
    bool has_parent;
    int64_t committed;
};

/* If the line at *at is "WORD ID", reads the id and goes to the next line. */
static bool take_id(const char **at, const char *word, git_oid *out)
{
    size_t n = strlen(word);

    if (strncmp(*at, word, n) != 0 || (*at)[n] != ' ' ||
        strcspn(*at + n + 1, "\n") != ID_DIGITS ||
        git_oid_fromstrn(out, *at + n + 1, ID_DIGITS) < 0) {
        return false;
    }
    *at += n + 1 + ID_DIGITS;
    *at += **at == '\n';
    return true;
}

/* If the line at *at begins with `word`, goes to its end; NULL if not. */
static const char *take_line(const char **at, const char *word)
{
    const char *line = *at;

    if (strncmp(line, word, strlen(word)) != 0) {
        return NULL;
    }
    *at += strcspn(*at, "\n");
    const char *end = *at;
    *at += **at == '\n';
    return end;
}

/* The SECONDS of "committer NAME <MAIL> SECONDS ZONE" that ends at `end`. */
static bool parse_seconds(const char *line, const char *end, int64_t *out)
{
    const char *mail_end = end;
    char *rest = NULL;

    while (mail_end > line && *mail_end != '>') {
        mail_end--;
    }
    if (*mail_end != '>' || mail_end[1] != ' ' || mail_end[2] < '0' ||
        mail_end[2] > '9') {
        return false;
    }
    errno = 0;
    *out = strtoll(mail_end + 2, &rest, 10);
    return errno == 0 && rest <= end;
}

static bool parse_commit(const char *text, struct commit *out)
{
    const char *at = text;
    git_oid another;

    if (!take_id(&at, "tree", &out->tree)) {
        return false;
    }
    out->has_parent = take_id(&at, "parent", &out->parent);
    while (take_id(&at, "parent", &another)) {
    }
    if (!take_line(&at, "author ")) {
        return false;
    }
    const char *line = at, *end = take_line(&at, "committer ");
    return end && parse_seconds(line, end, &out->committed);
}

static int read_commit(const struct repo_store *store, const git_oid *id,
                       struct commit *out, struct error *err)
{
    struct repo_object object;
    int rc = repo_object_read(store, id, GIT_OBJECT_COMMIT,
                              LIMIT_GIT_OBJECT_BYTES, &object, err);

    if (!rc && !parse_commit(object.data, out)) {
        rc = fail(err, ERROR_REJECTED,
                  "can't read the git repository: commit %s is malformed",
                  git_oid_tostr_s(id));
    }
    repo_object_free(&object);
    return rc;
}

/* Replaces a tag's id by that of what it points at. */
static int peel_once(const struct repo_store *store, git_oid *id,
                     struct error *err)
{
    struct repo_object object;
    int rc = repo_object_read(store, id, GIT_OBJECT_TAG, LIMIT_GIT_OBJECT_BYTES,
                              &object, err);
    const char *at = object.data;

    if (!rc && !take_id(&at, "object", id)) {
        rc = fail(err, ERROR_REJECTED,
                  "can't read the git repository: tag %s is malformed",
                  git_oid_tostr_s(id));
    }
    repo_object_free(&object);
    return rc;
}

static int peel(const struct repo_store *store, git_oid *id, struct error *err)
{
    for (int links = 0; links <= LIMIT_GIT_LINKS; links++) {
        git_object_t type = GIT_OBJECT_INVALID;
        int rc = repo_object_kind(store, id, &type, err);
        if (rc || type != GIT_OBJECT_TAG) {
            return rc;
        }
        rc = peel_once(store, id, err);
        if (rc) {
            return rc;
        }
    }
    return fail(err, ERROR_REJECTED,
                "can't read the git repository: tags of tags without end");
}

static int none_before(const char *before, const struct commit *oldest,
                       struct error *err)
{
    char *time = NULL;
    int rc = repo_time_print(oldest->committed, &time, err);

    if (!rc) {
        rc = fail(err, ERROR_REJECTED,
                  "can't grade the git repository: the branch has no commit "
                  "at or before %s; its first is of %s",
                  show(before).text, time);
    }
    free(time);
    return rc;
}

int repo_choose(const struct repo_store *store, const git_oid *tip,
                const char *before, struct repo_choice *out, struct error *err)
{
    struct commit commit = {0};
    git_oid id = *tip;
    int64_t limit = INT64_MAX;
    int rc = before ? repo_time_parse(before, &limit, err) : 0;

    if (!rc) {
        rc = peel(store, &id, err);
    }
    for (int n = 0; !rc && n < LIMIT_GIT_COMMITS; n++) {
        rc = read_commit(store, &id, &commit, err);
        if (!rc && commit.committed <= limit) {
            *out = (struct repo_choice){id, commit.tree, commit.committed};
            return 0;
        }
        if (!rc && !commit.has_parent) {
            return none_before(before, &commit, err);
        }
        id = commit.parent;
    }
    return rc ? rc
              : fail(err, ERROR_LIMIT,
                     "can't grade the git repository: more than %d commits "
                     "after %s",
                     LIMIT_GIT_COMMITS, show(before).text);
}

/*
 * Getting a repository from a remote: a new bare repository, one reference,
 * no tags, no redirects, no proxy, and caps on objects, bytes and time.
 *
 * The caps are checked in libgit2's progress callback, which it calls as
 * bytes come in. A remote that sends nothing at all never reaches it; that is
 * ended from outside (submission_confine.h).
 */
#include "source_git.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FETCHED          "refs/submission/tip"
#define FETCHED_BRANCHES "+refs/heads/*:refs/submission/heads/*"
#define SPEC_BYTES       1024

enum over {
    OVER_NOTHING,
    OVER_OBJECTS,
    OVER_BYTES,
    OVER_TIME,
};

struct fetch {
    const char *url;
    const struct repo_caps *caps;
    time_t deadline;
    enum over over;
    bool asked; /* credentials are offered once */
};

static int on_progress(const git_indexer_progress *progress, void *context)
{
    struct fetch *fetch = context;

    if (progress->total_objects > fetch->caps->objects) {
        fetch->over = OVER_OBJECTS;
    } else if (progress->received_bytes > fetch->caps->bytes) {
        fetch->over = OVER_BYTES;
    } else if (time(NULL) > fetch->deadline) {
        fetch->over = OVER_TIME;
    }
    return fetch->over == OVER_NOTHING ? 0 : -1;
}

static int on_sideband(const char *text, int nbytes, void *context)
{
    struct fetch *fetch = context;

    (void)text;
    (void)nbytes;
    if (time(NULL) > fetch->deadline) {
        fetch->over = OVER_TIME;
    }
    return fetch->over == OVER_NOTHING ? 0 : -1;
}

/* Only the user's ssh agent; there are no redirects it could be sent to. */
static int on_credentials(git_credential **out, const char *url,
                          const char *user, unsigned allowed, void *context)
{
    struct fetch *fetch = context;

    (void)url;
    if (fetch->asked || !(allowed & GIT_CREDENTIAL_SSH_KEY)) {
        return GIT_EAUTH;
    }
    fetch->asked = true;
    return git_credential_ssh_key_from_agent(out, user ? user : "git");
}

static int refuse_fetch(const struct fetch *fetch, struct error *err)
{
    char *origin = source_origin(fetch->url);
    struct shown url = show(origin ? origin : "the repository");

    free(origin);
    switch (fetch->over) {
    case OVER_OBJECTS:
        return fail(err, ERROR_LIMIT,
                    "can't fetch %s: it has more than %zu objects", url.text,
                    fetch->caps->objects);
    case OVER_BYTES:
        return fail(err, ERROR_LIMIT,
                    "can't fetch %s: it sends more than %zu bytes", url.text,
                    fetch->caps->bytes);
    case OVER_TIME:
        return fail(err, ERROR_INFRA,
                    "can't fetch %s: it took more than %u seconds; try "
                    "again, or grade a clone",
                    url.text, fetch->caps->seconds);
    case OVER_NOTHING:
        break;
    }
    return repo_refuse(err, "can't fetch %s", url.text);
}

static const git_remote_head *find_head(const git_remote_head **heads,
                                        size_t nheads, const char *prefix,
                                        const char *name)
{
    size_t n = strlen(prefix);

    for (size_t i = 0; i < nheads; i++) {
        if (strncmp(heads[i]->name, prefix, n) == 0 &&
            strcmp(heads[i]->name + n, name) == 0) {
            return heads[i];
        }
    }
    return NULL;
}

/* The remote's full name for `ref`, or NULL in *out for a commit id. */
static int choose_remote_ref(git_remote *remote, const struct fetch *fetch,
                             const char *ref, const char **out,
                             struct error *err)
{
    const git_remote_head **heads = NULL;
    size_t nheads = 0;

    if (git_remote_ls(&heads, &nheads, remote) < 0) {
        return refuse_fetch(fetch, err);
    }
    const char *name = ref ? ref : "HEAD";
    const git_remote_head *exact = find_head(heads, nheads, "", name);
    const git_remote_head *branch =
        find_head(heads, nheads, "refs/heads/", name);
    const git_remote_head *tag = find_head(heads, nheads, "refs/tags/", name);
    if (!exact && branch && tag && !git_oid_equal(&branch->oid, &tag->oid)) {
        return fail(
            err, ERROR_USAGE, "%s is ambiguous: choose --ref %s or --ref %s",
            show(name).text, show(branch->name).text, show(tag->name).text);
    }
    const git_remote_head *found = exact ? exact : branch ? branch : tag;
    *out = found ? found->name : NULL;
    if (found || (ref && repo_is_commit_id(ref))) {
        return 0;
    }
    if (!ref || nheads == 0) {
        return fail(err, ERROR_REJECTED,
                    "can't grade the git repository: it has no commits yet");
    }
    return fail(err, ERROR_USAGE,
                "unknown ref %s: the git repository has no branch, tag or "
                "commit of that name (git ls-remote)",
                show(ref).text);
}

/* A server need not give a commit by its id, so branches are asked for. */
static int download(git_remote *remote, struct fetch *fetch, const char *name,
                    const git_fetch_options *options, const char **found,
                    struct error *err)
{
    char spec[SPEC_BYTES];
    char *specs[] = {spec};
    const git_strarray list = {specs, 1};
    int n = name ? snprintf(spec, sizeof(spec), "+%s:" FETCHED, name)
                 : snprintf(spec, sizeof(spec), "%s", FETCHED_BRANCHES);

    if ((size_t)n >= sizeof(spec)) {
        return fail(err, ERROR_REJECTED,
                    "can't fetch: the reference's name %s is too long",
                    show(name).text);
    }
    if (git_remote_fetch(remote, &list, options, NULL) < 0) {
        return refuse_fetch(fetch, err);
    }
    *found = name ? FETCHED : NULL;
    return 0;
}

static int connect_and_download(git_remote *remote, struct fetch *fetch,
                                const char *ref, const char **found,
                                struct error *err)
{
    git_fetch_options options;
    git_remote_connect_options connect;
    const char *name = NULL;

    if (git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION) < 0 ||
        git_remote_connect_options_init(
            &connect, GIT_REMOTE_CONNECT_OPTIONS_VERSION) < 0) {
        return fail(err, ERROR_INFRA, "can't fetch: libgit2 is too old");
    }
    options.callbacks.transfer_progress = on_progress;
    options.callbacks.sideband_progress = on_sideband;
    options.callbacks.credentials = on_credentials;
    options.callbacks.payload = fetch;
    options.prune = GIT_FETCH_NO_PRUNE;
    options.update_fetchhead = 0;
    options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
    options.proxy_opts.type = GIT_PROXY_NONE;
    options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
    connect.callbacks = options.callbacks;
    connect.proxy_opts = options.proxy_opts;
    connect.follow_redirects = options.follow_redirects;
    git_error_clear();
    if (git_remote_connect_ext(remote, GIT_DIRECTION_FETCH, &connect) < 0) {
        return refuse_fetch(fetch, err);
    }
    int rc = choose_remote_ref(remote, fetch, ref, &name, err);
    return rc ? rc : download(remote, fetch, name, &options, found, err);
}

int repo_fetch(const char *url, const char *ref, const struct repo_caps *caps,
               const char *folder, const char **found, struct error *err)
{
    struct fetch fetch = {
        .url = url,
        .caps = caps,
        .deadline = time(NULL) + (time_t)caps->seconds,
    };
    git_repository *repository = NULL;
    git_remote *remote = NULL;
    int rc = 0;

    if (git_repository_init(&repository, folder, 1) < 0) {
        rc = fail(err, ERROR_INFRA,
                  "can't make a temporary git repository in %s", folder);
    } else if (git_remote_create_anonymous(&remote, repository, url) < 0) {
        rc = refuse_fetch(&fetch, err);
    } else {
        rc = connect_and_download(remote, &fetch, ref, found, err);
    }
    git_remote_free(remote);
    git_repository_free(repository);
    return rc;
}

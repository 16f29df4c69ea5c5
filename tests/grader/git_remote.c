/*
 * Remote git repositories: addresses that are refused, fetching within limits.
 */
#include "committing.h"

#include <dirent.h>
#include <sys/stat.h>
#include "source_git.h"

/*
 * libgit2's configuration reader (a local fetch opens one) leaks its regexes.
 */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);

const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}

const char *__lsan_default_suppressions(void)
{
    return "leak:libpcre2\n";
}

TestSuite(git, .init = set_up, .fini = tear_down, .timeout = 60);

static void expect_url_refused(const char *url, const char *part)
{
    const struct submission_request request = {.where = url};
    const struct submission_wanted wanted = wanted_one();
    struct submission *out = NULL;
    struct error err = {0};
    int rc = submission_read(&request, &wanted, &out, &err);

    cr_assert_eq(rc, ERROR_REJECTED, "%s: expected REJECTED, got %s: %s", url,
                 error_word((enum error_kind)rc), err.message);
    cr_assert_not_null(strstr(err.message, part), "%s: \"%s\" should say %s",
                       url, err.message, part);
}

Test(git, rejects_transports_that_run_or_hide_things)
{
    expect_url_refused("ext::sh -c touch% /tmp/x", "");
    expect_url_refused("ext::sh", "transport is not allowed");
    expect_url_refused("fd::3", "transport is not allowed");
    expect_url_refused("http://example.org/x", "transport is not allowed");
    expect_url_refused("git://example.org/x", "transport is not allowed");
    expect_url_refused("ftp://example.org/x", "transport is not allowed");
}

Test(git, rejects_option_as_address)
{
    expect_url_refused("--upload-pack=touch /tmp/x", "may not begin with -");
    expect_url_refused("ssh://-oProxyCommand=touch/x", "no proper host");
    expect_url_refused("file://-x/y", "begins with file:///");
}

Test(git, rejects_loopback_addresses)
{
    static const char *const urls[] = {
        "https://localhost/x",       "https://a.localhost/x",
        "https://127.0.0.1/x",       "https://127.1/x",
        "https://2130706433/x",      "https://0.0.0.0/x",
        "https://[::1]/x",           "https://[::ffff:127.0.0.1]:443/x",
        "https://169.254.169.254/x", "ssh://git@127.0.0.1:22/x",
        "git@localhost:x.git",       "https://user:pw@localhost/x",
    };

    for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
        expect_url_refused(urls[i], "its host is this machine");
    }
}

Test(git, password_is_not_in_the_message)
{
    const struct submission_request request = {
        .where = "https://me:hunter2@localhost/x"};
    const struct submission_wanted wanted = wanted_one();
    struct submission *out = NULL;
    struct error err = {0};

    submission_read(&request, &wanted, &out, &err);
    cr_assert_null(strstr(err.message, "hunter2"), "%s", err.message);
}

static size_t count_entries(const char *path)
{
    DIR *list = opendir(path);
    size_t n = 0;

    while (readdir(list)) {
        n++;
    }
    closedir(list);
    return n - 2; /* . and .. */
}

Test(git, failed_fetch_leaves_nothing_behind)
{
    const struct submission_request request = {
        .where = "https://no-such-host.invalid/x.git"};
    const struct submission_wanted wanted = wanted_one();
    struct submission *out = NULL;
    struct error err = {0};
    char *temporary = fixture_path(folder, "temporary");

    cr_assert_eq(mkdir(temporary, 0700), 0, "can't make a folder");
    setenv("TMPDIR", temporary, 1);
    int rc = submission_read(&request, &wanted, &out, &err);
    cr_assert_eq(rc, ERROR_INFRA, "no network is a fault of ours, not %s: %s",
                 error_word((enum error_kind)rc), err.message);
    cr_assert_eq(count_entries(temporary), 0, "something was left behind");
    unsetenv("TMPDIR");
    free(temporary);
}

/* Fetches `where` into a new folder, past the check of the URL. */
static int fetch(const char *ref, const struct repo_caps *caps,
                 struct repo_place *place, const char **found,
                 struct error *err)
{
    char *url = NULL;
    char *target = fixture_path(folder, "fetched");

    cr_assert_eq(mkdir(target, 0700), 0, "can't make a folder");
    cr_assert_gt(asprintf(&url, "file://%s", where), 0, "memory");
    cr_assert_eq(repo_begin(err), 0, "%s", err->message);
    int rc = repo_fetch(url, ref, caps, target, found, err);
    if (!rc) {
        cr_assert_eq(repo_place_open(target, place, err), 0, "%s",
                     err->message);
    }
    repo_end();
    free(url);
    free(target);
    return rc;
}

static const struct repo_caps wide = {1000, 1u << 20, 60};

static void expect_fetched(const char *ref, const char *found_as, git_oid id)
{
    struct repo_place place;
    struct error err = {0};
    const char *found = NULL;
    struct repo_store store;
    git_oid got;

    cr_assert_eq(fetch(ref, &wide, &place, &found, &err), 0, "%s", err.message);
    cr_assert_eq(found == NULL, found_as == NULL, "found as %s", found);
    cr_assert_eq(repo_store_open(&place, &store, &err), 0, "%s", err.message);
    int rc = repo_ref_resolve(&place, &store, found ? found : ref, &got, &err);
    cr_assert_eq(rc, 0, "%s", err.message);
    cr_assert(git_oid_equal(&got, &id), "got %s", git_oid_tostr_s(&got));
    repo_store_close(&store);
    repo_place_close(&place);
}

Test(git, fetches_head)
{
    expect_fetched(NULL, "the tip", set_head(tree_of(SOLUTION)));
}

Test(git, fetches_branch)
{
    set_head(tree_of(SOLUTION));
    git_oid id = commit_at(tree_of("int b;\n"), NULL, NEW_YEAR, NEW_YEAR);
    set_ref("refs/heads/late", id);
    expect_fetched("late", "the tip", id);
}

Test(git, fetches_branches_for_a_commit_id)
{
    char ref[HEX];
    git_oid first = commit_at(tree_of("int a;\n"), NULL, NEW_YEAR, NEW_YEAR);
    git_oid second =
        commit_at(tree_of("int b;\n"), &first, NEW_YEAR + DAY, NEW_YEAR);

    set_ref("refs/heads/master", second);
    set_ref("HEAD", second);
    git_oid_tostr(ref, sizeof(ref), &first);
    expect_fetched(ref, NULL, first);
}

static void expect_fetch_refused(const char *ref, const struct repo_caps *caps,
                                 enum error_kind kind, const char *part)
{
    struct repo_place place;
    struct error err = {0};
    const char *found = NULL;
    int rc = fetch(ref, caps, &place, &found, &err);

    cr_assert_eq(rc, (int)kind, "expected %s, got %s: %s", error_word(kind),
                 error_word((enum error_kind)rc), err.message);
    cr_assert_not_null(strstr(err.message, part), "\"%s\" should say %s",
                       err.message, part);
}

Test(git, fetch_of_an_unknown_ref_is_a_usage_error)
{
    set_head(tree_of(SOLUTION));
    expect_fetch_refused("no-such", &wide, ERROR_USAGE, "unknown ref no-such");
}

Test(git, fetch_stops_at_too_many_objects)
{
    const struct repo_caps caps = {3, 1u << 20, 60};

    set_head(tree_of(SOLUTION)); /* a commit, two trees, a blob */
    expect_fetch_refused(NULL, &caps, ERROR_LIMIT, "more than 3 objects");
}

Test(git, fetch_stops_at_too_many_bytes)
{
    const struct repo_caps caps = {1000, 20, 60};

    set_head(tree_of(SOLUTION));
    expect_fetch_refused(NULL, &caps, ERROR_LIMIT, "more than 20 bytes");
}

Test(git, fetch_of_an_empty_repository_is_refused)
{
    expect_fetch_refused(NULL, &wide, ERROR_REJECTED, "no commits yet");
}

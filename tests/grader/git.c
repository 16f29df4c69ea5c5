/*
 * Git repositories as submissions: choosing the commit, and what looks odd
 * and yet is read, without running anything.
 */
#include "committing.h"

#include <sys/stat.h>

TestSuite(git, .init = set_up, .fini = tear_down, .timeout = 60);

/* ---- choosing the commit ---- */

Test(git, reads_head_of_a_bare_repository)
{
    git_oid id = set_head(tree_of(SOLUTION));
    struct submission *submission = expect_read(where);

    expect_content(submission, SOLUTION);
    cr_assert_str_eq(submission->kind, "git", "it is a repository");
    cr_assert_str_eq(submission->commit, git_oid_tostr_s(&id), "the commit");
    cr_assert_str_eq(submission->commit_time, "2025-01-01T00:00:00Z", "got %s",
                     submission->commit_time);
    submission_free(submission);
}

/* Starts again with a work tree. */
static void make_work_tree(void)
{
    git_repository_free(repository);
    fixture_remove(where);
    make_repository(false);
}

Test(git, reads_the_commit_not_the_work_tree)
{
    make_work_tree();
    set_head(tree_of(SOLUTION));
    write_text(where, LAB_FILE, "int draft;\n");
    struct submission *submission = expect_read(where);

    expect_content(submission, SOLUTION);
    cr_assert_eq(count_notes(submission, "changes that are not committed"), 1,
                 "the difference is noted");
    submission_free(submission);
}

Test(git, work_tree_that_is_committed_is_not_noted)
{
    make_work_tree();
    set_head(tree_of(SOLUTION));
    write_text(where, LAB_FILE, SOLUTION);
    struct submission *submission = expect_read(where);

    cr_assert_eq(submission->nnotes, 0, "noted: %s",
                 submission->nnotes ? submission->notes[0] : "");
    submission_free(submission);
}

Test(git, reads_a_file_url)
{
    char *url = NULL;

    set_head(tree_of(SOLUTION));
    cr_assert_gt(asprintf(&url, "file://%s", where), 0, "memory");
    struct submission *submission = expect_read(url);
    expect_content(submission, SOLUTION);
    submission_free(submission);
    free(url);
}

Test(git, reads_one_folder_down_and_has_the_hash_of_a_folder)
{
    write_text(folder, "plain/" LAB_FILE, SOLUTION);
    set_head(TREE({"40000", "lab", tree_of(SOLUTION)}));
    char *plain = fixture_path(folder, "plain");
    struct submission *committed = expect_read(where);
    struct submission *open = expect_read(plain);

    expect_content(committed, SOLUTION);
    cr_assert_str_eq(committed->content_hash, open->content_hash,
                     "the same content, the same hash");
    submission_free(committed);
    submission_free(open);
    free(plain);
}

/* A branch, a tag and an annotated tag, each of its own content. */
static git_oid make_refs(void)
{
    char text[256], id[HEX];

    set_head(tree_of("int head;\n"));
    set_ref("refs/heads/late",
            commit_at(tree_of("int branch;\n"), NULL, NEW_YEAR, NEW_YEAR));
    git_oid tagged = commit_at(tree_of("int tag;\n"), NULL, NEW_YEAR, NEW_YEAR);
    set_ref("refs/tags/v1", tagged);
    git_oid_tostr(id, sizeof(id), &tagged);
    int n = snprintf(text, sizeof(text),
                     "object %s\ntype commit\ntag v2\n"
                     "tagger A <a@b> 1 +0000\n\nx\n",
                     id);
    set_ref("refs/tags/v2", write_object(GIT_OBJECT_TAG, text, (size_t)n));
    return tagged;
}

Test(git, chooses_branch_and_tags)
{
    make_refs();
    expect_at(NULL, NULL, "int head;\n");
    expect_at("late", NULL, "int branch;\n");
    expect_at("refs/heads/late", NULL, "int branch;\n");
    expect_at("v1", NULL, "int tag;\n");
    expect_at("v2", NULL, "int tag;\n");
}

Test(git, chooses_commit_by_full_and_short_id)
{
    char id[HEX];
    git_oid tagged = make_refs();

    git_oid_tostr(id, sizeof(id), &tagged);
    expect_at(id, NULL, "int tag;\n");
    id[10] = '\0';
    expect_at(id, NULL, "int tag;\n");
}

Test(git, follows_symbolic_head_into_packed_refs)
{
    char text[128];
    git_oid id = commit_at(tree_of(SOLUTION), NULL, NEW_YEAR, NEW_YEAR);

    snprintf(text, sizeof(text),
             "# pack-refs with: peeled\n%s refs/heads/packed\n",
             git_oid_tostr_s(&id));
    write_text(where, "packed-refs", text);
    write_text(where, "HEAD", "ref: refs/heads/packed\n");
    expect_at(NULL, NULL, SOLUTION);
    expect_at("packed", NULL, SOLUTION);
}

Test(git, unknown_ref_is_a_usage_error)
{
    set_head(tree_of(SOLUTION));
    expect_refused_at("no-such", NULL, ERROR_USAGE, "unknown ref no-such");
    expect_refused_at("../../../etc/passwd", NULL, ERROR_USAGE, "unknown ref");
    expect_refused_at("master~1", NULL, ERROR_USAGE, "unknown ref master~1");
    expect_refused_at("deadbeefdeadbeefdeadbeefdeadbeefdeadbeef", NULL,
                      ERROR_USAGE, "unknown ref deadbeef");
}

Test(git, branch_and_tag_of_a_name_are_ambiguous)
{
    make_refs();
    set_ref("refs/tags/late", set_head(tree_of("int other;\n")));
    expect_refused_at("late", NULL, ERROR_USAGE,
                      "--ref refs/heads/late or --ref refs/tags/late");
    expect_at("refs/heads/late", NULL, "int branch;\n");
}

Test(git, repository_without_commits_is_refused)
{
    expect_refused(where, ERROR_REJECTED, "no commits yet");
}

Test(git, folder_that_is_no_repository_has_no_refs)
{
    char *plain = fixture_path(folder, "plain");

    write_text(plain, LAB_FILE, SOLUTION);
    const struct submission_request request = {plain, "main", NULL};
    const struct submission_wanted wanted = wanted_one();
    expect_refused_as(&request, &wanted, ERROR_USAGE, "not a git repository");
    free(plain);
}

/* Three commits, a day apart; the author's times are all the first's. */
static void make_history(void)
{
    git_oid first =
        commit_at(tree_of("int first;\n"), NULL, NEW_YEAR, NEW_YEAR);
    git_oid second =
        commit_at(tree_of("int second;\n"), &first, NEW_YEAR + DAY, NEW_YEAR);
    git_oid third = commit_at(tree_of("int third;\n"), &second,
                              NEW_YEAR + 2 * DAY, NEW_YEAR);
    set_ref("refs/heads/master", third);
    set_ref("HEAD", third);
}

Test(git, before_takes_the_last_commit_that_is_not_after)
{
    make_history();
    expect_at(NULL, "2025-01-02T23:59:59Z", "int second;\n");
    expect_at("master", "2025-01-02T00:00:00Z", "int second;\n");
    expect_at(NULL, "2025-01-01T23:59:59Z", "int first;\n");
    expect_at(NULL, "2026-01-01T00:00:00Z", "int third;\n");
}

Test(git, before_minds_the_zone)
{
    make_history();
    expect_at(NULL, "2025-01-02T08:00:00+08:00", "int second;\n");
    expect_at(NULL, "2025-01-02T07:59:59+08:00", "int first;\n");
    expect_at(NULL, "2025-01-01T19:00:00-05:00", "int second;\n");
}

Test(git, before_the_first_commit_is_refused)
{
    make_history();
    expect_refused_at(NULL, "2024-12-31T23:59:59Z", ERROR_REJECTED,
                      "its first is of 2025-01-01T00:00:00Z");
}

Test(git, before_that_is_no_time_is_a_usage_error)
{
    static const char *const bad[] = {
        "yesterday",
        "2025-01-01",
        "2025-01-01T00:00:00", /* no zone */
        "2025-02-30T00:00:00Z",
        "2025-01-01T24:00:00Z",
        "2025-01-01T00:00:00+8",
        "2025-01-01T00:00:00Zjunk",
        "2025-01-01T00:00:00+24:00",
        "",
    };

    make_history();
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        const struct submission_request request = {where, NULL, bad[i]};
        const struct submission_wanted wanted = wanted_one();
        struct submission *out = NULL;
        struct error err = {0};
        int rc = submission_read(&request, &wanted, &out, &err);
        cr_assert_eq(rc, ERROR_USAGE, "%s was taken for a time: %d", bad[i],
                     rc);
        cr_assert_not_null(strstr(err.message, "like 2025-11-22T23:59:59"),
                           "%s: %s", bad[i], err.message);
    }
}

Test(git, before_follows_first_parents_alone)
{
    char text[1024], ours[HEX], theirs[HEX], root[HEX];
    git_oid main = commit_at(tree_of("int main;\n"), NULL, NEW_YEAR, NEW_YEAR);
    git_oid side =
        commit_at(tree_of("int side;\n"), NULL, NEW_YEAR + DAY, NEW_YEAR + DAY);
    git_oid merged = tree_of("int merged;\n");

    git_oid_tostr(ours, sizeof(ours), &main);
    git_oid_tostr(theirs, sizeof(theirs), &side);
    git_oid_tostr(root, sizeof(root), &merged);
    int n =
        snprintf(text, sizeof(text),
                 "tree %s\nparent %s\nparent %s\nauthor A <a@b> %lld "
                 "+0000\ncommitter A <a@b> %lld +0000\n\nmerge\n",
                 root, ours, theirs, NEW_YEAR + 3 * DAY, NEW_YEAR + 3 * DAY);
    set_ref("HEAD", write_object(GIT_OBJECT_COMMIT, text, (size_t)n));
    expect_at(NULL, NULL, "int merged;\n");
    expect_at(NULL, "2025-01-03T00:00:00Z", "int main;\n");
}

/* ---- graded normally, and nothing is run ---- */

Test(git, hooks_config_and_includes_have_no_effect)
{
    char *witness = fixture_path(folder, "witness"), *config = NULL;
    char *fifo = fixture_path(folder, "fifo");

    /* Whoever reads the included FIFO waits for ever. */
    cr_assert_eq(mkfifo(fifo, 0600), 0, "can't make a FIFO");
    set_head(tree_of(SOLUTION));
    cr_assert_gt(asprintf(&config,
                          "[core]\n\trepositoryformatversion = 99\n"
                          "\tfsmonitor = touch %s\n\thooksPath = %s\n"
                          "[include]\n\tpath = %s\n",
                          witness, folder, fifo),
                 0, "memory");
    write_text(where, "config", config);
    write_text(folder, "post-checkout", "#!/bin/sh\ntouch witness\n");
    expect_at(NULL, NULL, SOLUTION);
    cr_assert_neq(access(witness, F_OK), 0, "something was run");
    free(witness);
    free(config);
    free(fifo);
}

Test(git, filters_and_line_endings_leave_bytes_alone)
{
    static const char mixed[] = "a\r\nb\n$Id$\n";
    git_oid mm = TREE({"100644", "page_alloc.c", blob(mixed)});
    git_oid attributes = blob("* text eol=crlf ident filter=evil\n");

    set_head(
        TREE({"100644", ".gitattributes", attributes}, {"40000", "mm", mm}));
    expect_at(NULL, NULL, mixed);
}

Test(git, submodules_are_never_updated)
{
    git_oid mm = TREE({"100644", "page_alloc.c", blob(SOLUTION)});
    git_oid modules = blob("[submodule \"x\"]\n\tpath = x\n\turl = ext::sh\n"
                           "\tupdate = !touch witness\n");

    set_head(TREE({"100644", ".gitmodules", modules}, {"40000", "mm", mm},
                  {"160000", "x", made_up_id()}));
    expect_at(NULL, NULL, SOLUTION);
}

Test(git, lookalike_of_dot_git_is_harmless)
{
    git_oid mm = TREE({"100644", "page_alloc.c", blob(SOLUTION)});
    git_oid lure = TREE({"100644", "config", blob("[core]\n")});

    set_head(TREE({"40000", ".g\xe2\x80\x8cit", lure}, {"40000", "mm", mm}));
    expect_at(NULL, NULL, SOLUTION);
}

/* A raw tree of `count` blobs that aren't there. */
static git_oid huge_tree(size_t count)
{
    size_t entry = strlen("100644 file000000") + 1 + GIT_OID_RAWSZ;
    char *bytes = malloc(count * entry);
    git_oid id = made_up_id();

    for (size_t i = 0; i < count; i++) {
        char *at = bytes + i * entry;
        snprintf(at, entry, "100644 file%06zu", i);
        memcpy(at + entry - GIT_OID_RAWSZ, id.id, GIT_OID_RAWSZ);
    }
    id = write_object(GIT_OBJECT_TREE, bytes, count * entry);
    free(bytes);
    return id;
}

Test(git, huge_folder_beside_the_lab_costs_nothing)
{
    git_oid mm = TREE({"100644", "page_alloc.c", blob(SOLUTION)});

    set_head(TREE({"40000", "huge", huge_tree(25000)},
                  {"40000", "larger", huge_tree(100000)}, {"40000", "mm", mm}));
    expect_at(NULL, NULL, SOLUTION);
}

Test(git, huge_unrelated_blob_is_never_read)
{
    git_oid mm = TREE({"100644", "page_alloc.c", blob(SOLUTION)});
    git_oid id = made_up_id();

    write_loose(id, "blob 536870912\0", 15, "and not even there");
    set_head(TREE({"100644", "huge.bin", id}, {"40000", "mm", mm}));
    expect_at(NULL, NULL, SOLUTION);
}

Test(git, missing_unrelated_objects_do_not_matter)
{
    git_oid mm = TREE({"100644", "page_alloc.c", blob(SOLUTION)});

    set_head(TREE({"100644", "gone.txt", made_up_id()}, {"40000", "mm", mm},
                  {"40000", "nowhere", made_up_id()}));
    expect_at(NULL, NULL, SOLUTION);
}

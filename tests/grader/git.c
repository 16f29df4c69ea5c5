/*
 * Git repositories as submissions: choosing the commit, and the hostile ones
 * of THREATS.md's list. Objects are written raw, so that trees and commits
 * can be what git itself would never write.
 */
#include "reading.h"

#include <dirent.h>
#include <git2.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "source_git.h"

#define HEX (GIT_OID_HEXSZ + 1)

/* Times of commits: 1 January 2025 and days after it. */
#define NEW_YEAR 1735689600ll
#define DAY      86400ll

/* libgit2's configuration reader (a local fetch opens one) leaks its regexes.
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

static char *folder;
static char *where; /* the repository: bare, or its work tree */
static git_repository *repository;

static void make_repository(bool bare)
{
    cr_assert_eq(git_repository_init(&repository, where, bare), 0,
                 "can't make a repository");
}

static void set_up(void)
{
    git_libgit2_init();
    folder = fixture_folder();
    where = fixture_path(folder, "repository");
    make_repository(true);
}

static void tear_down(void)
{
    git_repository_free(repository);
    git_libgit2_shutdown();
    fixture_remove(folder);
    free(folder);
    free(where);
}

TestSuite(git, .init = set_up, .fini = tear_down, .timeout = 60);

/* ---- making repositories ---- */

static git_oid write_object(git_object_t type, const void *bytes, size_t n)
{
    git_odb *odb = NULL;
    git_oid id;

    cr_assert_eq(git_repository_odb(&odb, repository), 0, "no odb");
    cr_assert_eq(git_odb_write(&id, odb, bytes, n, type), 0, "can't write");
    git_odb_free(odb);
    return id;
}

static git_oid blob(const char *text)
{
    return write_object(GIT_OBJECT_BLOB, text, strlen(text));
}

struct node {
    const char *mode, *name;
    git_oid id;
};

static git_oid tree(const struct node *nodes, size_t count)
{
    char bytes[4096];
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        n += (size_t)sprintf(bytes + n, "%s %s", nodes[i].mode, nodes[i].name) +
             1;
        memcpy(bytes + n, nodes[i].id.id, GIT_OID_RAWSZ);
        n += GIT_OID_RAWSZ;
    }
    return write_object(GIT_OBJECT_TREE, bytes, n);
}

#define TREE(...)                                                              \
    tree((const struct node[]){__VA_ARGS__},                                   \
         sizeof((const struct node[]){__VA_ARGS__}) / sizeof(struct node))

static git_oid commit_at(git_oid root, const git_oid *parent, int64_t committed,
                         int64_t authored)
{
    char text[1024], id[HEX], line[HEX + 16] = "";

    git_oid_tostr(id, sizeof(id), &root);
    if (parent) {
        char parent_id[HEX];
        git_oid_tostr(parent_id, sizeof(parent_id), parent);
        snprintf(line, sizeof(line), "parent %s\n", parent_id);
    }
    int n = snprintf(text, sizeof(text),
                     "tree %s\n%sauthor A <a@b> %lld +0800\n"
                     "committer A <a@b> %lld +0800\n\nwork\n",
                     id, line, (long long)authored, (long long)committed);
    return write_object(GIT_OBJECT_COMMIT, text, (size_t)n);
}

static void set_ref(const char *name, git_oid id)
{
    char text[HEX + 1], path[256];

    git_oid_tostr(text, HEX, &id);
    strcat(text, "\n");
    snprintf(path, sizeof(path), "%s%s",
             git_repository_is_bare(repository) ? "" : ".git/", name);
    write_text(where, path, text);
}

/* HEAD and master. */
static git_oid set_head(git_oid root)
{
    git_oid id = commit_at(root, NULL, NEW_YEAR, NEW_YEAR);

    set_ref("HEAD", id);
    set_ref("refs/heads/master", id);
    return id;
}

static git_oid tree_with(const char *mode, git_oid id)
{
    git_oid mm = TREE({mode, "page_alloc.c", id});

    return TREE({"40000", "mm", mm});
}

static git_oid tree_of(const char *text)
{
    return tree_with("100644", blob(text));
}

/* Writes a loose object by hand: its name need not fit its content. */
static void write_loose(git_oid id, const char *header, size_t nheader,
                        const char *text)
{
    unsigned char raw[1024], packed[1024];
    char hex[HEX], path[128];
    uLongf npacked = sizeof(packed);
    size_t n = strlen(text);

    memcpy(raw, header, nheader);
    memcpy(raw + nheader, text, n);
    cr_assert_eq(compress(packed, &npacked, raw, nheader + n), Z_OK, "zlib");
    git_oid_tostr(hex, sizeof(hex), &id);
    snprintf(path, sizeof(path), "objects/%.2s/%s", hex, hex + 2);
    char *full = fixture_path(where, path);
    unlink(full); /* objects are read-only */
    free(full);
    fixture_write(where, path, packed, npacked);
}

static git_oid made_up_id(void)
{
    git_oid id;

    git_oid_fromstr(&id, "1234567890123456789012345678901234567890");
    return id;
}

static struct submission *read_at(const char *ref, const char *before)
{
    const struct submission_request request = {where, ref, before};
    const struct submission_wanted wanted = wanted_one();

    return expect_read_as(&request, &wanted);
}

static void expect_at(const char *ref, const char *before, const char *text)
{
    struct submission *submission = read_at(ref, before);

    expect_content(submission, text);
    submission_free(submission);
}

static void expect_refused_at(const char *ref, const char *before,
                              enum error_kind kind, const char *part)
{
    const struct submission_request request = {where, ref, before};
    const struct submission_wanted wanted = wanted_one();

    expect_refused_as(&request, &wanted, kind, part);
}

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
        cr_assert_not_null(strstr(err.message, "with its zone"), "%s: %s",
                           bad[i], err.message);
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

/* ---- hostile trees ---- */

Test(git, rejects_symlink_blob)
{
    set_head(tree_with("120000", blob("/etc/passwd")));
    expect_refused(where, ERROR_REJECTED, "a symbolic link");
}

Test(git, rejects_symlink_above_the_file)
{
    set_head(TREE({"120000", "mm", blob("/tmp")}));
    expect_refused(where, ERROR_REJECTED, "a symbolic link");
}

Test(git, rejects_gitlink_named_like_the_file)
{
    set_head(tree_with("160000", made_up_id()));
    expect_refused(where, ERROR_REJECTED, "a submodule");
}

Test(git, rejects_gitlink_above_the_file)
{
    set_head(TREE({"160000", "mm", made_up_id()}));
    expect_refused(where, ERROR_REJECTED, "a submodule");
}

Test(git, rejects_folder_named_like_the_file)
{
    set_head(tree_with("40000", TREE({"100644", "x", blob(SOLUTION)})));
    expect_refused(where, ERROR_REJECTED, "it is a folder");
}

Test(git, rejects_odd_mode)
{
    set_head(tree_with("100664", blob(SOLUTION)));
    expect_refused(where, ERROR_REJECTED, "odd mode");
}

Test(git, reads_executable_file)
{
    set_head(tree_with("100755", blob(SOLUTION)));
    expect_at(NULL, NULL, SOLUTION);
}

Test(git, rejects_duplicate_entry)
{
    git_oid mm = TREE({"100644", "page_alloc.c", blob(SOLUTION)},
                      {"100644", "page_alloc.c", blob("int second;\n")});

    set_head(TREE({"40000", "mm", mm}));
    expect_refused(where, ERROR_REJECTED, "two entries named page_alloc.c");
}

Test(git, rejects_duplicate_folder)
{
    git_oid mm = TREE({"100644", "page_alloc.c", blob(SOLUTION)});
    git_oid other = TREE({"100644", "page_alloc.c", blob("int x;\n")});

    set_head(TREE({"40000", "mm", mm}, {"40000", "mm", other}));
    expect_refused(where, ERROR_REJECTED, "two entries named mm");
}

Test(git, rejects_case_variant)
{
    git_oid mm = TREE({"100644", "Page_alloc.c", blob("int x;\n")},
                      {"100644", "page_alloc.c", blob(SOLUTION)});

    set_head(TREE({"40000", "mm", mm}));
    expect_refused(where, ERROR_REJECTED, "upper and lower case");
}

Test(git, rejects_missing_object)
{
    set_head(tree_with("100644", made_up_id()));
    expect_refused(where, ERROR_REJECTED,
                   "1234567890123456789012345678901234"
                   "567890");
}

/* Replaces the blob that the commit names by one of this header and text. */
static void expect_forgery_refused(const char *header, size_t nheader,
                                   const char *text)
{
    char hex[HEX];
    git_oid id = blob(SOLUTION);

    git_oid_tostr(hex, sizeof(hex), &id);
    set_head(tree_with("100644", id));
    write_loose(id, header, nheader, text);
    expect_refused(where, ERROR_REJECTED, hex);
}

Test(git, rejects_hash_mismatch)
{
    expect_forgery_refused("blob 11\0", 8, "int forged\n");
}

Test(git, rejects_size_that_says_too_little)
{
    expect_forgery_refused("blob 3\0", 7, SOLUTION SOLUTION SOLUTION);
}

Test(git, rejects_more_content_than_its_name_covers)
{
    git_oid id = blob("int");

    set_head(tree_with("100644", id));
    write_loose(id, "blob 3\0", 7, SOLUTION);
    expect_refused(where, ERROR_REJECTED, "its size is not what it says");
}

Test(git, rejects_size_that_says_too_much)
{
    expect_forgery_refused("blob 900\0", 9, SOLUTION);
}

Test(git, rejects_size_that_would_take_all_memory)
{
    git_oid id = made_up_id();

    set_head(tree_with("100644", id));
    write_loose(id, "blob 1000000000000\0", 19, "x");
    expect_refused(where, ERROR_LIMIT, "has 1000000000000 bytes");
}

Test(git, rejects_blob_that_is_a_tree)
{
    set_head(tree_with("100644", tree_of(SOLUTION)));
    expect_refused(where, ERROR_REJECTED, "is a tree and should be a blob");
}

Test(git, rejects_malformed_tree)
{
    static const char *const bad[] = {"100644 page_alloc.c", "junk",
                                      "9 x\0aaaaaaaaaaaaaaaaaaaa",
                                      "100644page_alloc.c"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        git_oid mm = write_object(GIT_OBJECT_TREE, bad[i], strlen(bad[i]) + 1);
        set_head(TREE({"40000", "mm", mm}));
        expect_refused(where, ERROR_REJECTED, "malformed");
    }
}

Test(git, rejects_malformed_commit)
{
    static const char *const bad[] = {"", "tree x\n", "hello",
                                      "tree 1234567890123456789012345678901234"
                                      "567890\nauthor A <a@b> 1 +0000\n"
                                      "committer A <a@b> soon +0000\n\n"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        set_ref("HEAD",
                write_object(GIT_OBJECT_COMMIT, bad[i], strlen(bad[i])));
        expect_refused(where, ERROR_REJECTED, "is malformed");
    }
}

Test(git, rejects_lfs_pointer)
{
    set_head(tree_of("version https://git-lfs.github.com/spec/v1\n"
                     "oid sha256:00\nsize 3\n"));
    expect_refused(where, ERROR_REJECTED, "Git LFS");
}

/* ---- hostile repositories ---- */

static void link_in_repository(const char *target, const char *name)
{
    char *path = fixture_path(where, name);

    cr_assert_eq(symlink(target, path), 0, "can't make the link %s", path);
    free(path);
}

static void move_in_repository(const char *from, const char *to)
{
    char *source = fixture_path(where, from);
    char *target = fixture_path(folder, to);

    cr_assert_eq(rename(source, target), 0, "can't move %s", source);
    free(source);
    free(target);
}

Test(git, rejects_alternates)
{
    set_head(tree_of(SOLUTION));
    write_text(where, "objects/info/alternates", "/home/other/.git/objects\n");
    expect_refused(where, ERROR_REJECTED, "borrows objects");
}

Test(git, rejects_dot_git_file)
{
    char *lure = fixture_path(folder, "lure");

    set_head(tree_of(SOLUTION));
    write_text(lure, ".git", "gitdir: ../repository\n");
    expect_refused(lure, ERROR_REJECTED, "leads elsewhere");
    free(lure);
}

Test(git, rejects_dot_git_symlink)
{
    char *lure = fixture_path(folder, "lure");
    char *dot_git = fixture_path(lure, ".git");

    set_head(tree_of(SOLUTION));
    write_text(lure, "readme", "");
    cr_assert_eq(symlink(where, dot_git), 0, "can't make the link");
    expect_refused(lure, ERROR_REJECTED, "leads elsewhere");
    free(lure);
    free(dot_git);
}

Test(git, rejects_symlinked_objects_folder)
{
    set_head(tree_of(SOLUTION));
    move_in_repository("objects", "elsewhere");
    link_in_repository("../elsewhere", "objects");
    expect_refused(where, ERROR_REJECTED, "objects is a symbolic link");
}

Test(git, rejects_symlinked_loose_folder)
{
    char name[] = "objects/xx";
    git_oid id = blob(SOLUTION);

    set_head(tree_with("100644", id));
    memcpy(name + 8, git_oid_tostr_s(&id), 2);
    move_in_repository(name, "elsewhere");
    link_in_repository("../../elsewhere", name);
    expect_refused(where, ERROR_REJECTED, "is a symbolic link");
}

Test(git, rejects_symlinked_pack)
{
    set_head(tree_of(SOLUTION));
    link_in_repository("/etc/passwd", "objects/pack/pack-0.pack");
    expect_refused(where, ERROR_REJECTED, "pack-0.pack is a symbolic link");
}

Test(git, rejects_fifo_among_objects)
{
    char *path = fixture_path(where, "objects/pack/pack-0.idx");

    set_head(tree_of(SOLUTION));
    cr_assert_eq(mkfifo(path, 0600), 0, "can't make a FIFO");
    free(path);
    expect_refused(where, ERROR_REJECTED, "pack-0.idx is a special file");
}

Test(git, rejects_more_than_20000_loose_objects)
{
    char name[64];

    set_head(tree_of(SOLUTION));
    for (int i = 0; i <= LIMIT_GIT_OBJECTS; i++) {
        snprintf(name, sizeof(name), "objects/aa/%038x", (unsigned)i);
        fixture_write(where, name, "", 0);
    }
    expect_refused(where, ERROR_LIMIT, "more than 20000 loose objects");
}

Test(git, rejects_symlinked_head)
{
    char *head = fixture_path(where, "HEAD");

    set_head(tree_of(SOLUTION));
    unlink(head);
    free(head);
    link_in_repository("refs/heads/master", "HEAD");
    expect_refused(where, ERROR_REJECTED, "a symbolic link");
}

Test(git, rejects_symlinked_refs)
{
    set_head(tree_of(SOLUTION));
    write_text(where, "HEAD", "ref: refs/heads/master\n");
    move_in_repository("refs/heads", "elsewhere");
    link_in_repository("../../elsewhere", "refs/heads");
    expect_refused(where, ERROR_REJECTED, "lies behind, a symbolic link");
}

Test(git, rejects_symbolic_reference_without_end)
{
    write_text(where, "HEAD", "ref: refs/heads/a\n");
    write_text(where, "refs/heads/a", "ref: refs/heads/b\n");
    write_text(where, "refs/heads/b", "ref: refs/heads/a\n");
    expect_refused(where, ERROR_REJECTED, "is broken");
}

Test(git, rejects_reference_to_a_file_outside)
{
    write_text(folder, "secret", "1234567890123456789012345678901234567890\n");
    write_text(where, "HEAD", "ref: refs/../../secret\n");
    expect_refused(where, ERROR_REJECTED, "is broken");
}

Test(git, rejects_tags_of_tags_without_end)
{
    char text[256];
    git_oid id = set_head(tree_of(SOLUTION));

    for (int i = 0; i < 10; i++) {
        int n = snprintf(text, sizeof(text),
                         "object %s\ntype tag\ntag t%d\n"
                         "tagger A <a@b> 1 +0000\n\n",
                         git_oid_tostr_s(&id), i);
        id = write_object(GIT_OBJECT_TAG, text, (size_t)n);
    }
    set_ref("refs/tags/deep", id);
    expect_refused_at("deep", NULL, ERROR_REJECTED, "tags of tags");
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
        sprintf(at, "100644 file%06zu", i);
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

/* ---- remotes ---- */

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

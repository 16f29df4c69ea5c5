/*
 * Hostile git repositories, those of THREATS.md's list: their trees, objects,
 * files and references.
 */
#include "committing.h"

#include <sys/stat.h>

TestSuite(git, .init = set_up, .fini = tear_down, .timeout = 60);

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
    write_text(where, "objects/info/alternates",
               "/nowhere/other.git/objects\n");
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

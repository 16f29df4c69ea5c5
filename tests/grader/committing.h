/*
 * What the tests of git repositories share: making them. Objects are written
 * raw, so that trees and commits can be what git itself would never write.
 */
#ifndef TESTS_GRADER_COMMITTING_H
#define TESTS_GRADER_COMMITTING_H

#include <git2.h>
#include <stdint.h>
#include <unistd.h>
#include <zlib.h>
#include "reading.h"

#define HEX (GIT_OID_HEXSZ + 1)

/* Times of commits: 1 January 2025 and days after it. */
#define NEW_YEAR 1735689600ll
#define DAY      86400ll

static char *folder;
static char *where; /* the repository: bare, or its work tree */
static git_repository *repository;

static inline void make_repository(bool bare)
{
    cr_assert_eq(git_repository_init(&repository, where, bare), 0,
                 "can't make a repository");
}

static inline void set_up(void)
{
    git_libgit2_init();
    folder = fixture_folder();
    where = fixture_path(folder, "repository");
    make_repository(true);
}

static inline void tear_down(void)
{
    git_repository_free(repository);
    git_libgit2_shutdown();
    fixture_remove(folder);
    free(folder);
    free(where);
}

/* ---- making repositories ---- */

static inline git_oid write_object(git_object_t type, const void *bytes,
                                   size_t n)
{
    git_odb *odb = NULL;
    git_oid id;

    cr_assert_eq(git_repository_odb(&odb, repository), 0, "no odb");
    cr_assert_eq(git_odb_write(&id, odb, bytes, n, type), 0, "can't write");
    git_odb_free(odb);
    return id;
}

static inline git_oid blob(const char *text)
{
    return write_object(GIT_OBJECT_BLOB, text, strlen(text));
}

struct node {
    const char *mode, *name;
    git_oid id;
};

static inline git_oid tree(const struct node *nodes, size_t count)
{
    char bytes[4096];
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        n += (size_t)snprintf(bytes + n, sizeof(bytes) - n, "%s %s",
                              nodes[i].mode, nodes[i].name) +
             1;
        cr_assert_leq(n + GIT_OID_RAWSZ, sizeof(bytes), "too large a tree");
        memcpy(bytes + n, nodes[i].id.id, GIT_OID_RAWSZ);
        n += GIT_OID_RAWSZ;
    }
    return write_object(GIT_OBJECT_TREE, bytes, n);
}

#define TREE(...)                                                              \
    tree((const struct node[]){__VA_ARGS__},                                   \
         sizeof((const struct node[]){__VA_ARGS__}) / sizeof(struct node))

static inline git_oid commit_at(git_oid root, const git_oid *parent,
                                int64_t committed, int64_t authored)
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

static inline void set_ref(const char *name, git_oid id)
{
    char text[HEX + 1], path[256];

    snprintf(text, sizeof(text), "%s\n", git_oid_tostr_s(&id));
    snprintf(path, sizeof(path), "%s%s",
             git_repository_is_bare(repository) ? "" : ".git/", name);
    write_text(where, path, text);
}

/* HEAD and master. */
static inline git_oid set_head(git_oid root)
{
    git_oid id = commit_at(root, NULL, NEW_YEAR, NEW_YEAR);

    set_ref("HEAD", id);
    set_ref("refs/heads/master", id);
    return id;
}

static inline git_oid tree_with(const char *mode, git_oid id)
{
    git_oid mm = TREE({mode, "page_alloc.c", id});

    return TREE({"40000", "mm", mm});
}

static inline git_oid tree_of(const char *text)
{
    return tree_with("100644", blob(text));
}

/* Writes a loose object by hand: its name need not fit its content. */
static inline void write_loose(git_oid id, const char *header, size_t nheader,
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

static inline git_oid made_up_id(void)
{
    git_oid id;

    git_oid_fromstr(&id, "1234567890123456789012345678901234567890");
    return id;
}

static inline struct submission *read_at(const char *ref, const char *before)
{
    const struct submission_request request = {where, ref, before};
    const struct submission_wanted wanted = wanted_one();

    return expect_read_as(&request, &wanted);
}

static inline void expect_at(const char *ref, const char *before,
                             const char *text)
{
    struct submission *submission = read_at(ref, before);

    expect_content(submission, text);
    submission_free(submission);
}

static inline void expect_refused_at(const char *ref, const char *before,
                                     enum error_kind kind, const char *part)
{
    const struct submission_request request = {where, ref, before};
    const struct submission_wanted wanted = wanted_one();

    expect_refused_as(&request, &wanted, kind, part);
}

#endif

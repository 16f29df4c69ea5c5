/*
 * Reading a submission: which source it is, and the steps from there to a
 * struct submission. See submission_parts.h.
 */
#include "submission.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "source_git.h"
#include "submission_parts.h"

/* So that no other hash of ours can be mistaken for a content hash. */
#define HASH_DOMAIN  "mmgrade/content/v1"
#define SHA256_BYTES 32

#define FILE_SCHEME "file://"
#define LFS_POINTER "version https://git-lfs.github.com/spec/"

void file_list_free(struct file_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->files[i].path);
        free(list->files[i].data);
    }
    free(list->files);
    *list = (struct file_list){0};
}

void submission_free(struct submission *submission)
{
    if (!submission) {
        return;
    }
    for (size_t i = 0; i < submission->nnotes; i++) {
        free(submission->notes[i]);
    }
    free(submission->notes);
    free(submission->origin);
    free(submission->commit);
    free(submission->commit_time);
    file_list_free(&submission->files);
    free(submission);
}

static bool hash_file(EVP_MD_CTX *context, const struct file *file)
{
    unsigned char size[8];

    for (int i = 0; i < 8; i++) {
        size[i] = (unsigned char)((uint64_t)file->size >> (56 - 8 * i));
    }
    return EVP_DigestUpdate(context, file->path, strlen(file->path) + 1) &&
           EVP_DigestUpdate(context, size, sizeof(size)) &&
           EVP_DigestUpdate(context, file->data, file->size);
}

static int compare_files(const void *a, const void *b)
{
    const struct file *left = a, *right = b;

    return strcmp(left->path, right->path);
}

/* DOMAIN \0, then for each file, by path: PATH \0, size (8 bytes), bytes. */
static int hash_content(struct submission *submission, struct error *err)
{
    unsigned char digest[SHA256_BYTES];
    unsigned ndigest = 0;
    struct file_list *list = &submission->files;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) &&
                EVP_DigestUpdate(context, HASH_DOMAIN, sizeof(HASH_DOMAIN));

    qsort(list->files, list->count, sizeof(*list->files), compare_files);
    for (size_t i = 0; good && i < list->count; i++) {
        good = hash_file(context, &list->files[i]);
    }
    good = good && EVP_DigestFinal_ex(context, digest, &ndigest) &&
           ndigest == SHA256_BYTES;
    EVP_MD_CTX_free(context);
    if (!good) {
        return fail(err, ERROR_INFRA, "can't compute a SHA-256 hash");
    }
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        snprintf(submission->content_hash + 2 * i,
                 sizeof(submission->content_hash) - 2 * i, "%02x", digest[i]);
    }
    return 0;
}

static int check_lab_file(struct source *source, const char *path,
                          struct error *err)
{
    enum entry_kind kind = ENTRY_ABSENT;
    int rc = source->class->lookup(source, path, &kind, err);

    if (!rc && kind != ENTRY_FILE) {
        return fail(err, ERROR_REJECTED,
                    "can't use %s: it is %s and has to be a regular file",
                    show(path).text, entry_kind_word(kind));
    }
    return rc;
}

static bool is_lfs_pointer(const struct file *file)
{
    size_t n = strlen(LFS_POINTER);

    return file->size >= n && memcmp(file->data, LFS_POINTER, n) == 0;
}

/* Reads one lab file; its path becomes the lab's. */
static int take_file(struct source *source, const char *path,
                     const char *lab_file, struct file_list *list,
                     struct error *err)
{
    struct file *file = &list->files[list->count];
    int rc = check_lab_file(source, path, err);

    if (!rc) {
        rc = source->class->read(source, path, file, err);
    }
    if (rc) {
        return rc;
    }
    list->count++;
    free(file->path);
    file->path = strdup(lab_file);
    if (!file->path) {
        return fail(err, ERROR_INFRA, "can't read %s: out of memory",
                    show(path).text);
    }
    if (is_lfs_pointer(file)) {
        return fail(err, ERROR_REJECTED,
                    "can't use %s: it is a pointer to a Git LFS file, not "
                    "the file; commit the text itself (git lfs untrack)",
                    show(path).text);
    }
    return 0;
}

static int take_files(struct submission *submission, struct source *source,
                      const struct selection *selection,
                      const char *const *lab_files, struct error *err)
{
    struct file_list *list = &submission->files;
    size_t nbytes = 0;
    int rc = 0;

    list->files = calloc(selection->count + 1, sizeof(*list->files));
    if (!list->files) {
        return fail(err, ERROR_INFRA, "can't read files: out of memory");
    }
    for (size_t i = 0; !rc && i < selection->count; i++) {
        if (!selection->paths[i]) {
            continue;
        }
        rc = take_file(source, selection->paths[i], lab_files[i], list, err);
        nbytes += rc ? 0 : list->files[list->count - 1].size;
        if (!rc && nbytes > LIMIT_TOTAL_BYTES) {
            rc = fail(err, ERROR_LIMIT,
                      "the lab's files have more than %u bytes together",
                      LIMIT_TOTAL_BYTES);
        }
    }
    return rc;
}

/* From an open source to a submission. */
static int digest_source(struct source *source,
                         const struct submission_wanted *wanted,
                         struct submission *submission, struct error *err)
{
    struct selection selection = {0};
    int rc = selection_find(source, wanted->lab_files, &selection, err);

    if (!rc) {
        rc = take_files(submission, source, &selection, wanted->lab_files, err);
    }
    if (!rc) {
        rc = hash_content(submission, err);
    }
    if (!rc) {
        rc = submission_add_notes(submission, source, wanted, &selection, err);
    }
    selection_free(&selection);
    submission->kind = source->class->kind;
    submission->commit = source->commit;
    submission->commit_time = source->commit_time;
    source->commit = source->commit_time = NULL;
    return rc;
}

/* Opens what is on this machine. */
static int open_local(const struct submission_request *request,
                      struct source **out, struct error *err)
{
    const char *where = request->where;
    struct stat status;

    if (strncmp(where, FILE_SCHEME, strlen(FILE_SCHEME)) == 0) {
        where += strlen(FILE_SCHEME);
    }
    if (stat(where, &status) < 0) {
        return fail_errno(err, ERROR_USAGE, "can't read the submission %s",
                          show(request->where).text);
    }
    if (S_ISDIR(status.st_mode) && source_is_git(where)) {
        return source_git_open(request, NULL, out, err);
    }
    if (where != request->where) {
        return fail(err, ERROR_USAGE, "can't read %s: not a git repository",
                    show(request->where).text);
    }
    if (request->ref || request->before) {
        return fail(err, ERROR_USAGE,
                    "can't choose a commit of %s: not a git repository, so "
                    "--ref and --before have no meaning",
                    show(where).text);
    }
    if (S_ISDIR(status.st_mode)) {
        return source_folder_open(where, out, err);
    }
    if (S_ISREG(status.st_mode)) {
        return source_archive_open(where, out, err);
    }
    return fail(err, ERROR_REJECTED,
                "can't read the submission %s: neither a folder nor a file",
                show(where).text);
}

int submission_read_here(const struct submission_request *request,
                         const struct submission_wanted *wanted,
                         const char *temporary, struct submission **out,
                         struct error *err)
{
    struct source *source = NULL;
    struct submission *submission = calloc(1, sizeof(*submission));
    int rc = 0;

    if (submission) {
        submission->origin = source_origin(request->where);
    }
    if (!submission || !submission->origin) {
        rc = fail(err, ERROR_INFRA, "can't read the submission: out of memory");
        goto out;
    }
    rc = temporary ? source_git_open(request, temporary, &source, err)
                   : open_local(request, &source, err);
    if (!rc) {
        rc = digest_source(source, wanted, submission, err);
    }
out:
    source_close(source);
    if (rc) {
        submission_free(submission);
        return rc;
    }
    *out = submission;
    return 0;
}

static int make_temporary(char **out, struct error *err)
{
    const char *parent = getenv("TMPDIR");

    if (!parent || parent[0] != '/') {
        parent = "/tmp";
    }
    if (asprintf(out, "%s/mmgrade-git-XXXXXX", parent) < 0) {
        *out = NULL;
        return fail(err, ERROR_INFRA, "can't fetch: out of memory");
    }
    if (!mkdtemp(*out)) {
        int rc = fail_errno(err, ERROR_INFRA,
                            "can't make a temporary folder in %s", parent);
        free(*out);
        *out = NULL;
        return rc;
    }
    return 0;
}

/* Refuses what makes no sense before anything is opened. */
static int check_request(const struct submission_request *request,
                         const struct submission_wanted *wanted,
                         struct error *err)
{
    const char *where = request->where;
    size_t n = strlen(FILE_SCHEME);
    int64_t before = 0;

    if (!where || !*where) {
        return fail(err, ERROR_USAGE,
                    "the submission's name is empty; name a folder, an archive "
                    "or a git repository");
    }
    if (!wanted->lab_files || !wanted->lab_files[0]) {
        return fail(err, ERROR_USAGE, "there are no files to look for");
    }
    if (where[0] == '-') {
        return fail(err, ERROR_REJECTED,
                    "can't read the submission %s: a name may not begin with "
                    "-; write ./%s for a file of this name",
                    show(where).text, show(where).text);
    }
    if (strncmp(where, FILE_SCHEME, n) == 0 && where[n] != '/') {
        return fail(err, ERROR_REJECTED,
                    "can't read the submission %s: a file URL begins with "
                    "file:/// and has no host",
                    show(where).text);
    }
    return request->before ? repo_time_parse(request->before, &before, err) : 0;
}

int submission_read(const struct submission_request *request,
                    const struct submission_wanted *wanted,
                    struct submission **out, struct error *err)
{
    char *temporary = NULL;
    int rc = check_request(request, wanted, err);

    *out = NULL;
    if (rc) {
        return rc;
    }
    if (!source_is_remote(request->where)) {
        return submission_read_confined(request, wanted, NULL,
                                        LIMIT_READ_SECONDS, out, err);
    }
    rc = make_temporary(&temporary, err);
    if (!rc) {
        struct error unremoved = {0};
        rc = submission_read_confined(request, wanted, temporary,
                                      LIMIT_READ_SECONDS + LIMIT_GIT_SECONDS,
                                      out, err);
        if (folder_remove(temporary, &unremoved) && !rc) {
            submission_free(*out);
            *out = NULL;
            *err = unremoved;
            rc = (int)unremoved.kind;
        }
    }
    free(temporary);
    return rc;
}

/*
 * A submission or an error as bytes, for the pipe from the reading process:
 *
 *      kind of error (4 bytes), message,
 *      and for no error: kind, origin, commit, time, hash, files, notes
 *
 * A text or a file's content is its length (8 bytes, of this machine; all
 * ones for NULL) and its bytes; a list is its count and its items. The
 * reading process has parsed hostile bytes, so nothing it says is believed
 * without a check of its bounds.
 */
#include "submission_parts.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IS_NULL UINT64_MAX

static void put_bytes(FILE *out, const void *bytes, size_t nbytes)
{
    uint64_t length = bytes ? nbytes : IS_NULL;

    fwrite(&length, sizeof(length), 1, out);
    if (bytes && nbytes) {
        fwrite(bytes, 1, nbytes, out);
    }
}

static void put_text(FILE *out, const char *text)
{
    put_bytes(out, text, text ? strlen(text) : 0);
}

static void put_submission(FILE *out, const struct submission *submission)
{
    uint64_t nfiles = submission->files.count, nnotes = submission->nnotes;

    put_text(out, submission->kind);
    put_text(out, submission->origin);
    put_text(out, submission->commit);
    put_text(out, submission->commit_time);
    put_text(out, submission->content_hash);
    fwrite(&nfiles, sizeof(nfiles), 1, out);
    for (size_t i = 0; i < nfiles; i++) {
        put_text(out, submission->files.files[i].path);
        put_bytes(out, submission->files.files[i].data,
                  submission->files.files[i].size);
    }
    fwrite(&nnotes, sizeof(nnotes), 1, out);
    for (size_t i = 0; i < nnotes; i++) {
        put_text(out, submission->notes[i]);
    }
}

int submission_pack(const struct submission *submission,
                    const struct error *err, unsigned char **bytes,
                    size_t *nbytes)
{
    uint32_t kind = submission ? ERROR_NONE : err->kind;
    FILE *out = open_memstream((char **)bytes, nbytes);

    if (!out) {
        return -1;
    }
    fwrite(&kind, sizeof(kind), 1, out);
    put_text(out, submission ? "" : err->message);
    if (submission) {
        put_submission(out, submission);
    }
    int bad = ferror(out);
    return fclose(out) || bad ? -1 : 0;
}

struct reader {
    const unsigned char *at;
    size_t left;
    bool bad;
};

static void get(struct reader *in, void *out, size_t nbytes)
{
    if (in->bad || nbytes > in->left) {
        in->bad = true;
        memset(out, 0, nbytes);
        return;
    }
    memcpy(out, in->at, nbytes);
    in->at += nbytes;
    in->left -= nbytes;
}

/* NUL-terminated; NULL for NULL and after an error. */
static char *get_bytes(struct reader *in, size_t *nbytes)
{
    uint64_t length = 0;

    get(in, &length, sizeof(length));
    if (nbytes) {
        *nbytes = 0;
    }
    if (in->bad || length == IS_NULL || length > in->left) {
        in->bad = in->bad || length != IS_NULL;
        return NULL;
    }
    char *bytes = malloc((size_t)length + 1);
    if (!bytes) {
        in->bad = true;
        return NULL;
    }
    get(in, bytes, (size_t)length);
    bytes[length] = '\0';
    if (nbytes) {
        *nbytes = (size_t)length;
    }
    return bytes;
}

/* As get_bytes(), but NULL is an error, too. */
static char *get_wanted(struct reader *in, size_t *nbytes)
{
    char *bytes = get_bytes(in, nbytes);

    in->bad = in->bad || !bytes;
    return bytes;
}

/* A count of items that take at least 8 bytes each. */
static size_t get_count(struct reader *in)
{
    uint64_t count = 0;

    get(in, &count, sizeof(count));
    if (count > in->left / sizeof(uint64_t)) {
        in->bad = true;
    }
    return in->bad ? 0 : (size_t)count;
}

/* The class's own constant, so that nobody needs to free it. */
static const char *get_kind(struct reader *in)
{
    static const char *const kinds[] = {"folder", "git", "archive"};
    const char *found = NULL;
    char *kind = get_wanted(in, NULL);

    for (size_t i = 0; kind && i < sizeof(kinds) / sizeof(*kinds); i++) {
        found = strcmp(kind, kinds[i]) == 0 ? kinds[i] : found;
    }
    in->bad = in->bad || !found;
    free(kind);
    return found;
}

static void get_lists(struct reader *in, struct submission *out)
{
    size_t nfiles = get_count(in);
    out->files.files = calloc(nfiles + 1, sizeof(*out->files.files));
    in->bad = in->bad || !out->files.files;
    while (!in->bad && out->files.count < nfiles) {
        struct file *file = &out->files.files[out->files.count++];
        file->path = get_wanted(in, NULL);
        file->data = (unsigned char *)get_wanted(in, &file->size);
    }
    size_t nnotes = get_count(in);
    out->notes = calloc(nnotes + 1, sizeof(*out->notes));
    in->bad = in->bad || !out->notes;
    while (!in->bad && out->nnotes < nnotes) {
        out->notes[out->nnotes++] = get_wanted(in, NULL);
    }
}

static void get_submission(struct reader *in, struct submission *out)
{
    size_t nhash = 0;

    out->kind = get_kind(in);
    out->origin = get_wanted(in, NULL);
    out->commit = get_bytes(in, NULL);
    out->commit_time = get_bytes(in, NULL);
    char *hash = get_wanted(in, &nhash);
    in->bad = in->bad || nhash != sizeof(out->content_hash) - 1;
    if (!in->bad) {
        memcpy(out->content_hash, hash, nhash + 1);
    }
    free(hash);
    get_lists(in, out);
    in->bad = in->bad || in->left != 0;
}

int submission_unpack(const unsigned char *bytes, size_t nbytes,
                      struct submission **out, struct error *err)
{
    struct reader in = {bytes, nbytes, false};
    struct submission *submission = NULL;
    uint32_t kind = 0;

    get(&in, &kind, sizeof(kind));
    char *message = get_wanted(&in, NULL);
    if (!in.bad && kind > ERROR_NONE && kind <= ERROR_INFRA) {
        int rc = fail(err, (enum error_kind)kind, "%s", message);
        free(message);
        return rc;
    }
    free(message);
    submission = in.bad || kind ? NULL : calloc(1, sizeof(*submission));
    if (submission) {
        get_submission(&in, submission);
    }
    if (!submission || in.bad) {
        submission_free(submission);
        return fail(err, ERROR_INFRA,
                    "can't read the submission: the reading process gave no "
                    "proper answer");
    }
    *out = submission;
    return 0;
}

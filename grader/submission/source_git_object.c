/*
 * Objects of a repository by id, looked at before they are read.
 *
 * Packs are libgit2's. Loose objects are read here, because libgit2 1.5 (its
 * issue 7177) copies past its buffer when one says it is smaller than it is,
 * and because this way no loose object is opened through a link. One is a
 * zlib stream of
 *
 *      TYPE SIZE \0 content            named by the SHA-1 of all that
 */
#include "source_git.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <git2/odb_backend.h>
#include <git2/sys/odb_backend.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define PACK_PRIORITY 1
#define HEADER_BYTES  64 /* "commit 18446744073709551615" and some */
#define CHUNK_BYTES   16384
/* Of zlib's stream: it may be a little longer than what it holds. */
#define MAX_PACKED_BYTES (2 * (size_t)LIMIT_FILE_BYTES)

struct inflater {
    z_stream stream;
    int fd;
    size_t nread; /* packed bytes so far */
    bool ended;
    unsigned char chunk[CHUNK_BYTES];
};

int repo_refuse(struct error *err, const char *format, ...)
{
    const git_error *last = git_error_last(); /* can be NULL */
    enum error_kind kind = ERROR_REJECTED;
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (last && last->klass == GIT_ERROR_NOMEMORY) {
        kind = ERROR_LIMIT;
    } else if (last &&
               (last->klass == GIT_ERROR_OS || last->klass == GIT_ERROR_NET ||
                last->klass == GIT_ERROR_SSL || last->klass == GIT_ERROR_SSH ||
                last->klass == GIT_ERROR_HTTP)) {
        kind = ERROR_INFRA;
    }
    return fail(
        err, kind, "%s: %s", text,
        show(last && last->message ? last->message : "no reason given").text);
}

int repo_store_open(const struct repo_place *place, struct repo_store *out,
                    struct error *err)
{
    git_odb_backend *backend = NULL;

    *out = (struct repo_store){.folder = place->folder};
    git_error_clear();
    if (git_odb_new(&out->packs) < 0 ||
        git_odb_backend_pack(&backend, place->objects) < 0) {
        return repo_refuse(err, "can't open the git repository's objects");
    }
    if (git_odb_add_backend(out->packs, backend, PACK_PRIORITY) < 0) {
        backend->free(backend);
        return repo_refuse(err, "can't open the git repository's objects");
    }
    return 0;
}

void repo_store_close(struct repo_store *store)
{
    git_odb_free(store->packs);
    store->packs = NULL;
}

void repo_object_free(struct repo_object *object)
{
    free(object->data);
    *object = (struct repo_object){0};
}

static int refuse_object(const git_oid *id, const char *why, struct error *err)
{
    return fail(err, ERROR_REJECTED,
                "can't read object %s of the git repository: %s",
                git_oid_tostr_s(id), why);
}

static int over_limit(const git_oid *id, size_t size, size_t max_bytes,
                      struct error *err)
{
    return fail(err, ERROR_LIMIT,
                "object %s of the git repository has %zu bytes, and the limit "
                "is %zu",
                git_oid_tostr_s(id), size, max_bytes);
}

/*
 * Inflates until `out` is full (returns 0), or the stream ends (*nbytes is
 * less, or the stream says so). Non-zero for bytes that aren't zlib's.
 */
static int inflate_some(struct inflater *in, void *out, size_t nbytes,
                        size_t *ngot)
{
    int status = in->ended ? Z_STREAM_END : Z_OK;

    in->stream.next_out = out;
    in->stream.avail_out = (uInt)nbytes;
    while (status == Z_OK && in->stream.avail_out > 0) {
        if (in->stream.avail_in == 0) {
            ssize_t n = read(in->fd, in->chunk, sizeof(in->chunk));
            if (n <= 0 || (in->nread += (size_t)n) > MAX_PACKED_BYTES) {
                return -1;
            }
            in->stream.next_in = in->chunk;
            in->stream.avail_in = (uInt)n;
        }
        status = inflate(&in->stream, Z_NO_FLUSH);
    }
    in->ended = status == Z_STREAM_END;
    *ngot = nbytes - in->stream.avail_out;
    return status == Z_OK || status == Z_STREAM_END ? 0 : -1;
}

/* Reads "TYPE SIZE\0" byte by byte, so that nothing of the content is taken. */
static bool read_header(struct inflater *in, struct repo_object *out)
{
    char header[HEADER_BYTES] = "";
    char *end = NULL;
    size_t n = 0, got = 1;

    do {
        if (inflate_some(in, header + n, 1, &got) || got == 0) {
            return false;
        }
    } while (header[n++] != '\0' && n < sizeof(header));
    char *space = strchr(header, ' ');
    if (header[n - 1] != '\0' || !space || space[1] < '0' || space[1] > '9') {
        return false;
    }
    *space = '\0';
    errno = 0;
    out->size = strtoul(space + 1, &end, 10);
    out->type = git_object_string2type(header);
    return errno == 0 && *end == '\0' && git_object_typeisloose(out->type);
}

/* The content: exactly the size that was said, and the stream's end. */
static int read_content(struct inflater *in, const git_oid *id,
                        struct repo_object *out, struct error *err)
{
    size_t got = 0;
    git_oid computed;

    out->data = malloc(out->size + 1);
    if (!out->data) {
        return fail(err, ERROR_INFRA, "can't read an object: out of memory");
    }
    /* One byte more is asked for: there may be none. */
    if (inflate_some(in, out->data, out->size + 1, &got) || got != out->size) {
        return refuse_object(id, "its size is not what it says", err);
    }
    out->data[out->size] = '\0';
    if (git_odb_hash(&computed, out->data, out->size, out->type) < 0 ||
        !git_oid_equal(&computed, id)) {
        return refuse_object(id, "its content does not fit its name", err);
    }
    return 0;
}

/* max_bytes 0: the header alone. */
static int read_loose_from(int fd, const git_oid *id, size_t max_bytes,
                           struct repo_object *out, struct error *err)
{
    struct inflater *in = calloc(1, sizeof(*in));
    int rc = 0;

    if (!in || inflateInit(&in->stream) != Z_OK) {
        free(in);
        return fail(err, ERROR_INFRA, "can't read an object: out of memory");
    }
    in->fd = fd;
    if (!read_header(in, out)) {
        rc = refuse_object(id, "it is malformed", err);
    } else if (max_bytes > 0 && out->size > max_bytes) {
        rc = over_limit(id, out->size, max_bytes, err);
    } else if (max_bytes > 0) {
        rc = read_content(in, id, out, err);
    }
    inflateEnd(&in->stream);
    free(in);
    return rc;
}

/* *found is false if there is no loose object of this id. */
static int read_loose(const struct repo_store *store, const git_oid *id,
                      size_t max_bytes, bool *found, struct repo_object *out,
                      struct error *err)
{
    char hex[GIT_OID_HEXSZ + 1], path[GIT_OID_HEXSZ + 16];

    git_oid_tostr(hex, sizeof(hex), id);
    snprintf(path, sizeof(path), "objects/%.2s/%s", hex, hex + 2);
    int fd = source_open_beneath(store->folder, path, O_RDONLY);
    *found = fd >= 0;
    if (fd < 0) {
        return errno == ENOENT ? 0 : refuse_object(id, strerror(errno), err);
    }
    int rc = read_loose_from(fd, id, max_bytes, out, err);
    close(fd);
    return rc;
}

static int read_packed(const struct repo_store *store, const git_oid *id,
                       size_t max_bytes, struct repo_object *out,
                       struct error *err)
{
    git_odb_object *object = NULL;

    git_error_clear();
    if (git_odb_read_header(&out->size, &out->type, store->packs, id) < 0) {
        return repo_refuse(err, "can't read object %s of the git repository",
                           git_oid_tostr_s(id));
    }
    if (max_bytes == 0) {
        return 0;
    }
    if (out->size > max_bytes) {
        return over_limit(id, out->size, max_bytes, err);
    }
    if (git_odb_read(&object, store->packs, id) < 0) {
        return repo_refuse(err, "can't read object %s of the git repository",
                           git_oid_tostr_s(id));
    }
    int rc = 0;
    if (git_odb_object_size(object) != out->size ||
        git_odb_object_type(object) != out->type) {
        rc = refuse_object(id, "its size is not what it says", err);
    } else if (!(out->data = malloc(out->size + 1))) {
        rc = fail(err, ERROR_INFRA, "can't read an object: out of memory");
    } else {
        memcpy(out->data, git_odb_object_data(object), out->size);
        out->data[out->size] = '\0';
    }
    git_odb_object_free(object);
    return rc;
}

static int read_any(const struct repo_store *store, const git_oid *id,
                    size_t max_bytes, struct repo_object *out,
                    struct error *err)
{
    bool found = false;

    *out = (struct repo_object){0};
    int rc = read_loose(store, id, max_bytes, &found, out, err);
    if (!rc && !found) {
        rc = read_packed(store, id, max_bytes, out, err);
    }
    if (rc) {
        repo_object_free(out);
    }
    return rc;
}

int repo_object_kind(const struct repo_store *store, const git_oid *id,
                     git_object_t *out, struct error *err)
{
    struct repo_object header;
    int rc = read_any(store, id, 0, &header, err);

    *out = rc ? GIT_OBJECT_INVALID : header.type;
    return rc;
}

int repo_object_read(const struct repo_store *store, const git_oid *id,
                     git_object_t type, size_t max_bytes,
                     struct repo_object *out, struct error *err)
{
    git_object_t found = GIT_OBJECT_INVALID;
    int rc = repo_object_kind(store, id, &found, err);

    *out = (struct repo_object){0};
    if (!rc && found != type) {
        rc = fail(err, ERROR_REJECTED,
                  "object %s of the git repository is a %s and should be a %s",
                  git_oid_tostr_s(id), git_object_type2string(found),
                  git_object_type2string(type));
    }
    if (!rc) {
        rc = read_any(store, id, max_bytes, out, err);
    }
    if (!rc && out->type != type) {
        rc = refuse_object(id, "it changed while it was read", err);
        repo_object_free(out);
    }
    return rc;
}

/* Counts the loose objects whose id begins so; *out is the last of them. */
static size_t find_loose(const struct repo_store *store, const char *prefix,
                         git_oid *out)
{
    char path[32], hex[GIT_OID_HEXSZ + 1];
    size_t count = 0;

    snprintf(path, sizeof(path), "objects/%.2s", prefix);
    int fd = source_open_beneath(store->folder, path, O_RDONLY | O_DIRECTORY);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (!folder) {
        return 0; /* no object begins so: git makes folders as needed */
    }
    for (struct dirent *entry = readdir(folder); entry;
         entry = readdir(folder)) {
        int n = snprintf(hex, sizeof(hex), "%.2s%s", prefix, entry->d_name);
        if (n == GIT_OID_HEXSZ && repo_is_commit_id(hex) &&
            strncmp(hex, prefix, strlen(prefix)) == 0) {
            count++;
            git_oid_fromstr(out, hex);
        }
    }
    closedir(folder);
    return count;
}

int repo_object_find(const struct repo_store *store, const char *digits,
                     bool *found, git_oid *out, struct error *err)
{
    char prefix[GIT_OID_HEXSZ + 1];
    git_oid short_id, packed;
    size_t n = strlen(digits);

    *found = false;
    if (!repo_is_commit_id(digits) ||
        git_oid_fromstrn(&short_id, digits, n) < 0) {
        return 0;
    }
    git_oid_tostr(prefix, n + 1, &short_id); /* lower case */
    size_t nloose = find_loose(store, prefix, out);
    int status = git_odb_exists_prefix(&packed, store->packs, &short_id, n);
    bool is_packed = status == 0;
    if (status == GIT_EAMBIGUOUS || nloose > 1 ||
        (is_packed && nloose == 1 && !git_oid_equal(&packed, out))) {
        return fail(err, ERROR_USAGE,
                    "%s is ambiguous: several objects begin so; give more "
                    "digits",
                    show(digits).text);
    }
    if (is_packed) {
        git_oid_cpy(out, &packed);
    }
    *found = is_packed || nloose == 1;
    return 0;
}

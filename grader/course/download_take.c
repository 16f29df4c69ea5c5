/*
 * Taking submissions out of a zip. Members are read in the order of the zip,
 * once for each batch of submissions, because a tar of several files stays
 * open until the last of them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "download_zip.h"
#include "source.h"

#define BATCH 64 /* submissions that are open at a time */

/* A part, found by its path. */
struct key {
    const struct download_part *part;
    size_t output;
};

struct output {
    struct download_taking *taking;
    struct pack *pack; /* NULL: the one member as it is */
    bool done;         /* that member was written */
};

struct taker {
    const struct download_zip *zip;
    struct output outputs[BATCH];
    size_t noutputs;
    struct key *keys; /* by path */
    size_t nkeys;
    char *buffer; /* DOWNLOAD_CUT_BYTES */
    uint64_t nwritten;
};

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't read the zip: out of memory");
}

static int compare_keys(const void *a, const void *b)
{
    const struct key *left = a, *right = b;

    return strcmp(left->part->path, right->part->path);
}

/* --- writing ---------------------------------------------------------------
 */

static int write_file(const char *path, const char *data, size_t nbytes,
                      struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int rc = 0;

    if (fd < 0) {
        return fail_errno(err, ERROR_INFRA, "can't write %s", path);
    }
    while (rc == 0 && nbytes > 0) {
        ssize_t n = write(fd, data, nbytes);
        if (n < 0) {
            rc = fail_errno(err, ERROR_INFRA, "can't write %s", path);
        } else {
            data += n;
            nbytes -= (size_t)n;
        }
    }
    if (close(fd) < 0 && rc == 0) {
        rc = fail_errno(err, ERROR_INFRA, "can't write %s", path);
    }
    return rc;
}

/* A member in a tar, under the name that it has in the submission. */
static int pack_member(struct pack *pack, const struct download_part *part,
                       const char *path, enum download_kind kind,
                       const char *data, size_t nbytes, struct error *err)
{
    size_t n = strlen(part->path);
    const char *name = path[n] == '/' ? path + n + 1 : part->name;

    if (!name || !*name) {
        return 0; /* the folder itself */
    }
    if (kind != DOWNLOAD_FILE) {
        return pack_other(pack, name, kind, err);
    }
    if (nbytes >= DOWNLOAD_CUT_BYTES) {
        pack_spoil(pack);
        return 0;
    }
    return pack_file(pack, name, data, nbytes, err);
}

static int put(struct taker *taker, const struct key *key, const char *path,
               enum download_kind kind, size_t nbytes, struct error *err)
{
    struct output *output = &taker->outputs[key->output];

    if (output->pack) {
        return pack_member(output->pack, key->part, path, kind, taker->buffer,
                           nbytes, err);
    }
    if (kind != DOWNLOAD_FILE || output->done) {
        return fail(err, ERROR_REJECTED,
                    "the zip %s has several members named %s, or one that is "
                    "not a regular file",
                    taker->zip->where, show(path).text);
    }
    output->done = true;
    taker->nwritten += nbytes;
    return write_file(output->taking->where, taker->buffer, nbytes, err);
}

/* --- reading ---------------------------------------------------------------
 */

/* The first key with exactly the first `n` bytes of `path`; or nkeys. */
static size_t find_key(const struct taker *taker, const char *path, size_t n)
{
    size_t low = 0, high = taker->nkeys;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *other = taker->keys[middle].part->path;
        int order = strncmp(other, path, n);
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle; /* also longer ones: they come after it */
        }
    }
    return low;
}

static bool is_key(const struct taker *taker, size_t i, const char *path,
                   size_t n)
{
    return i < taker->nkeys &&
           strncmp(taker->keys[i].part->path, path, n) == 0 &&
           taker->keys[i].part->path[n] == '\0';
}

/* The member belongs to the parts with its path, or with one above it. */
static int take_member(void *context, struct archive *archive, const char *path,
                       enum download_kind kind, struct error *err)
{
    struct taker *taker = context;
    bool inflated = false;
    size_t nbytes = 0;
    int rc = 0;

    for (const char *end = path; rc == 0 && end; end = strchr(end, '/')) {
        end = strchrnul(end + 1, '/');
        size_t n = (size_t)(end - path);
        for (size_t i = find_key(taker, path, n);
             rc == 0 && is_key(taker, i, path, n); i++) {
            if (kind == DOWNLOAD_FILE && !inflated) {
                rc = zip_inflate(taker->zip, archive, taker->buffer,
                                 DOWNLOAD_CUT_BYTES, &nbytes, err);
                inflated = true;
            }
            if (rc == 0) {
                rc = put(taker, &taker->keys[i], path, kind, nbytes, err);
            }
        }
    }
    return rc;
}

/* --- a batch ---------------------------------------------------------------
 */

static int add_keys(struct taker *taker, size_t output, struct error *err)
{
    const struct download_taking *taking = taker->outputs[output].taking;
    struct key *grown = reallocarray(taker->keys, taker->nkeys + taking->nparts,
                                     sizeof(*grown));

    if (!grown) {
        return out_of_memory(err);
    }
    taker->keys = grown;
    for (size_t i = 0; i < taking->nparts; i++) {
        grown[taker->nkeys++] = (struct key){&taking->parts[i], output};
    }
    return 0;
}

static int begin_output(struct taker *taker, const char *temporary,
                        struct download_taking *taking, size_t number,
                        struct error *err)
{
    struct output *output = &taker->outputs[taker->noutputs];
    bool tar =
        taking->packed || zip_has_folder(taker->zip, taking->parts[0].path);
    int n = temporary ? asprintf(&taking->where, "%s/%zu%s", temporary, number,
                                 tar ? ".tar" : "")
                      : asprintf(&taking->where, "%s/%s", taker->zip->where,
                                 taking->parts[0].path);

    if (n < 0) {
        taking->where = NULL;
        return out_of_memory(err);
    }
    if (!temporary) {
        return 0;
    }
    *output = (struct output){.taking = taking};
    int rc = tar ? pack_open(taking->where, &output->pack, err) : 0;
    taker->noutputs++;
    return rc != 0 ? rc : add_keys(taker, taker->noutputs - 1, err);
}

/* Closes what is open; the first error is the one that is told. */
static int end_batch(struct taker *taker, int rc, struct error *err)
{
    for (size_t i = 0; i < taker->noutputs; i++) {
        struct error why = {0};
        uint64_t nbytes = 0;
        if (pack_close(taker->outputs[i].pack, &nbytes, &why) != 0 && rc == 0) {
            *err = why;
            rc = (int)why.kind;
        }
        taker->nwritten += nbytes;
    }
    free(taker->keys);
    taker->keys = NULL;
    taker->nkeys = taker->noutputs = 0;
    if (rc == 0 && taker->nwritten > DOWNLOAD_TOTAL_BYTES) {
        rc = fail(err, ERROR_LIMIT,
                  "the submissions in %s have over %llu bytes together",
                  taker->zip->where, DOWNLOAD_TOTAL_BYTES);
    }
    return rc;
}

int download_zip_take(const struct download_zip *zip, const char *temporary,
                      struct download_taking *takings, size_t count,
                      struct error *err)
{
    struct taker taker = {.zip = zip};
    int rc = 0;

    taker.buffer = malloc(DOWNLOAD_CUT_BYTES);
    if (!taker.buffer) {
        return out_of_memory(err);
    }
    for (size_t first = 0; rc == 0 && first < count; first += BATCH) {
        for (size_t i = first; rc == 0 && i < count && i < first + BATCH; i++) {
            rc = begin_output(&taker, temporary, &takings[i], i + 1, err);
        }
        if (rc == 0 && taker.nkeys > 0) {
            qsort(taker.keys, taker.nkeys, sizeof(*taker.keys), compare_keys);
            rc = zip_walk(zip, take_member, &taker, err);
        }
        rc = end_batch(&taker, rc, err);
    }
    free(taker.buffer);
    return rc;
}

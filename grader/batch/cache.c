/*
 * Entries are written beside their place and renamed, so what a reader can
 * meet is an entry that was whole once: the checksum is against disks, and
 * people who edit.
 *
 * Keys are held by locks on a byte each of one file, which is empty: the first
 * digits of the key are the place. Such locks belong to a process: children
 * don't inherit them, and the kernel lets go of them when it ends.
 */
#include "cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/evp.h>
#include "folder.h"
#include "outcome.h"

#define CACHE_SCHEMA    "mmgrade/cache/v1"
#define ENTRY_BYTES_MAX ((size_t)64 << 20)
#define LOCK_NAME       "lock"
#define PART            ".part" /* file_write()'s, while it writes */
#define PLACE_DIGITS    15      /* of a key; always fits an off_t */

struct cache {
    char *folder;
};

/* --- the folder ------------------------------------------------------------
 */

/* KEY….part; whatever else is there was not made here. */
static bool is_part(const char *name)
{
    size_t n = strlen(name);

    return strspn(name, "0123456789abcdef") == SEED_HEX - 1 &&
           n > strlen(PART) && strcmp(name + n - strlen(PART), PART) == 0;
}

/* A process that was killed while it wrote can't have removed its part. */
static int sweep_parts(const char *folder, struct error *err)
{
    DIR *entries = opendir(folder);
    int rc = 0;

    if (!entries) {
        return fail_errno(err, ERROR_INFRA, "can't read the cache %s", folder);
    }
    for (struct dirent *entry = readdir(entries); entry && rc == 0;
         entry = readdir(entries)) {
        if (is_part(entry->d_name) &&
            unlinkat(dirfd(entries), entry->d_name, 0) < 0) {
            rc = fail_errno(err, ERROR_INFRA, "can't remove %s/%s", folder,
                            entry->d_name);
        }
    }
    closedir(entries);
    return rc;
}

int cache_open(const char *folder, bool sweep, struct cache **out,
               struct error *err)
{
    struct cache *cache = NULL;

    if (mkdir(folder, S_IRWXU) < 0 && errno != EEXIST) {
        return fail_errno(err, ERROR_INFRA, "can't create the cache %s",
                          folder);
    }
    if (sweep && sweep_parts(folder, err) != 0) {
        return err->kind;
    }
    cache = calloc(1, sizeof(*cache));
    if (cache) {
        cache->folder = strdup(folder);
    }
    if (!cache || !cache->folder) {
        free(cache);
        return fail(err, ERROR_INFRA, "out of memory");
    }
    *out = cache;
    return 0;
}

void cache_close(struct cache *cache)
{
    if (cache) {
        free(cache->folder);
        free(cache);
    }
}

/* --- entries ---------------------------------------------------------------
 */

/* SHA-256 of key and body, so that an entry can't stand under another key. */
static int checksum(const char *key, const char *body, size_t nbytes,
                    char hex[SEED_HEX], struct error *err)
{
    unsigned char digest[SEED_BYTES];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = context &&
                EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(context, key, strlen(key)) == 1 &&
                EVP_DigestUpdate(context, body, nbytes) == 1 &&
                EVP_DigestFinal_ex(context, digest, NULL) == 1;

    EVP_MD_CTX_free(context);
    if (!done) {
        return fail(err, ERROR_INFRA,
                    "can't compute a SHA-256: libcrypto "
                    "failed");
    }
    seed_format(digest, hex);
    return 0;
}

/* The header line for that body; malloc'ed. */
static int make_header(const char *key, const char *body, size_t nbytes,
                       char **out, struct error *err)
{
    char sum[SEED_HEX];
    int rc = checksum(key, body, nbytes, sum, err);

    if (rc == 0 && asprintf(out, CACHE_SCHEMA " %s %s\n", key, sum) < 0) {
        *out = NULL;
        rc = fail(err, ERROR_INFRA, "out of memory");
    }
    return rc;
}

/* The outcome that a whole entry's bytes hold; NULL in *out if damaged. */
static int parse_entry(const char *key, const char *text, size_t nbytes,
                       json_t **out, struct error *err)
{
    const char *newline = memchr(text, '\n', nbytes);
    const char *body = newline ? newline + 1 : text + nbytes;
    size_t nbody = nbytes - (size_t)(body - text);
    char *header = NULL;
    int rc = make_header(key, body, nbody, &header, err);

    if (rc == 0 && strlen(header) == (size_t)(body - text) &&
        memcmp(header, text, strlen(header)) == 0) {
        *out = json_loadb(body, nbody, JSON_REJECT_DUPLICATES, NULL);
    }
    free(header);
    if (*out) {
        const char *schema = json_string_value(json_object_get(*out, "schema"));
        if (!schema || strcmp(schema, OUTCOME_SCHEMA) != 0) {
            json_decref(*out);
            *out = NULL;
        }
    }
    return rc;
}

static int remove_damaged(const char *path, char **removed, struct error *err)
{
    if (unlink(path) < 0 && errno != ENOENT) {
        return fail_errno(err, ERROR_INFRA,
                          "can't remove the damaged entry %s of the cache",
                          path);
    }
    if (asprintf(removed, "the cache's entry %s was damaged, and is removed",
                 path) < 0) {
        *removed = NULL;
    }
    return 0;
}

int cache_get(const struct cache *cache, const char key[SEED_HEX], json_t **out,
              char **removed, struct error *err)
{
    char *path = NULL;
    char *text = NULL;
    size_t nbytes = 0;
    int rc = path_join(cache->folder, key, &path, err);

    *out = NULL;
    *removed = NULL;
    if (rc == 0 && access(path, F_OK) != 0) {
        free(path);
        return 0;
    }
    if (rc == 0) {
        rc = file_read(path, ENTRY_BYTES_MAX, &text, &nbytes, err);
    }
    if (rc == 0) {
        rc = parse_entry(key, text, nbytes, out, err);
    }
    if (rc == 0 && !*out) {
        rc = remove_damaged(path, removed, err);
    }
    free(text);
    free(path);
    return rc;
}

int cache_put(const struct cache *cache, const char key[SEED_HEX],
              const json_t *outcome, struct error *err)
{
    char *body = json_dumps(outcome, JSON_COMPACT);
    char *header = NULL;
    char *path = NULL;
    char *text = NULL;
    int rc = body ? make_header(key, body, strlen(body), &header, err)
                  : fail(err, ERROR_INFRA, "out of memory");

    if (rc == 0) {
        rc = path_join(cache->folder, key, &path, err);
    }
    if (rc == 0 && asprintf(&text, "%s%s", header, body) < 0) {
        text = NULL;
        rc = fail(err, ERROR_INFRA, "out of memory");
    }
    if (rc == 0) {
        rc = file_write(path, text, strlen(text), err);
    }
    free(text);
    free(path);
    free(header);
    free(body);
    return rc;
}

/* --- holding a key ---------------------------------------------------------
 */

/* Where in the lock's file the key is. */
static off_t place_of(const char *key)
{
    char digits[PLACE_DIGITS + 1] = "";

    strncpy(digits, key, PLACE_DIGITS);
    return (off_t)strtoull(digits, NULL, 16);
}

int cache_hold(const struct cache *cache, const char key[SEED_HEX])
{
    struct error ignored = {0};
    struct flock lock = {
        .l_type = F_WRLCK,
        .l_whence = SEEK_SET,
        .l_start = place_of(key),
        .l_len = 1,
    };
    char *path = NULL;
    int fd = -1;

    if (path_join(cache->folder, LOCK_NAME, &path, &ignored) == 0) {
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    }
    free(path);
    while (fd >= 0 && fcntl(fd, F_SETLKW, &lock) < 0) {
        if (errno != EINTR) {
            close(fd);
            fd = -1;
        }
    }
    return fd;
}

void cache_release(int held)
{
    if (held >= 0) {
        close(held);
    }
}

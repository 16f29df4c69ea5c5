/*
 * Seeds and hashes: SHA-256 from libcrypto.
 */
#include "seed.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <openssl/evp.h>

#define DEFAULT_SECRET "mmgrade"
#define SECRET_HINT    "make one with `head -c 32 /dev/urandom >FILE`"

static int crypto_failed(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't compute a SHA-256: libcrypto failed");
}

static int hash_stream(FILE *in, EVP_MD_CTX *context, size_t *total,
                       struct error *err)
{
    char block[65536];
    size_t nbytes = fread(block, 1, sizeof(block), in);

    while (nbytes > 0) {
        if (EVP_DigestUpdate(context, block, nbytes) != 1) {
            return crypto_failed(err);
        }
        *total += nbytes;
        nbytes = fread(block, 1, sizeof(block), in);
    }
    return 0;
}

/* The file's digest and, in *total, its size. */
static int hash_file(const char *path, unsigned char digest[SEED_BYTES],
                     size_t *total, struct error *err)
{
    FILE *in = NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int rc = 0;

    if (!context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
        rc = crypto_failed(err);
        goto out;
    }
    in = fopen(path, "rbe");
    if (!in) {
        rc = fail_errno(err, ERROR_INFRA, "can't read %s", path);
        goto out;
    }
    rc = hash_stream(in, context, total, err);
    if (rc == 0 && ferror(in)) {
        rc = fail_errno(err, ERROR_INFRA, "can't read %s", path);
    }
    if (rc == 0 && EVP_DigestFinal_ex(context, digest, NULL) != 1) {
        rc = crypto_failed(err);
    }
out:
    if (in) {
        fclose(in);
    }
    EVP_MD_CTX_free(context);
    return rc;
}

static int hash_secret(const char *path, unsigned char key[SEED_BYTES],
                       struct error *err)
{
    struct error cause = {0};
    size_t nbytes = 0;

    if (hash_file(path, key, &nbytes, &cause) == 0 &&
        nbytes < SECRET_BYTES_MIN) {
        fail(&cause, ERROR_USAGE, "%s has %zu bytes, which is fewer than %d",
             path, nbytes, SECRET_BYTES_MIN);
    }
    if (cause.kind == ERROR_NONE) {
        return 0;
    }
    return fail(err, ERROR_USAGE,
                "the course's secret ($MMGRADE_SECRET, or secret in "
                "course.yaml): %.800s; " SECRET_HINT,
                cause.message);
}

int seed_course_key(const char *path, unsigned char key[SEED_BYTES],
                    struct error *err)
{
    if (path && path[0] != '\0') {
        return hash_secret(path, key, err);
    }
    if (EVP_Digest(DEFAULT_SECRET, strlen(DEFAULT_SECRET), key, NULL,
                   EVP_sha256(), NULL) != 1) {
        return crypto_failed(err);
    }
    return 0;
}

bool seed_secret_is_open(const char *path)
{
    struct stat status;

    return path && stat(path, &status) == 0 && S_ISREG(status.st_mode) &&
           (status.st_mode & (S_IRWXG | S_IRWXO)) != 0;
}

int seed_derive(const unsigned char key[SEED_BYTES], const char *content_hash,
                const char *lab, unsigned char seed[SEED_BYTES],
                struct error *err)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int rc = 0;

    if (!context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1 ||
        EVP_DigestUpdate(context, key, SEED_BYTES) != 1 ||
        EVP_DigestUpdate(context, content_hash, strlen(content_hash) + 1) !=
            1 ||
        EVP_DigestUpdate(context, lab, strlen(lab)) != 1 ||
        EVP_DigestFinal_ex(context, seed, NULL) != 1) {
        rc = crypto_failed(err);
    }
    EVP_MD_CTX_free(context);
    return rc;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = NULL;

    if (c >= 'A' && c <= 'F') {
        c = (char)(c - 'A' + 'a');
    }
    found = c != '\0' ? strchr(digits, c) : NULL;
    return found ? (int)(found - digits) : -1;
}

int seed_parse(const char *hex, unsigned char seed[SEED_BYTES],
               struct error *err)
{
    bool well_formed = strlen(hex) == SEED_HEX - 1;

    for (size_t i = 0; well_formed && i < SEED_BYTES; i++) {
        int high = hex_digit(hex[2 * i]);
        int low = hex_digit(hex[2 * i + 1]);
        well_formed = high >= 0 && low >= 0;
        seed[i] = (unsigned char)(high << 4 | low);
    }
    if (!well_formed) {
        return fail(err, ERROR_USAGE,
                    "--seed %s: a seed is %d hexadecimal digits, as in a "
                    "result's record",
                    hex, SEED_HEX - 1);
    }
    return 0;
}

void seed_format(const unsigned char seed[SEED_BYTES], char hex[SEED_HEX])
{
    for (size_t i = 0; i < SEED_BYTES; i++) {
        snprintf(hex + 2 * i, 3, "%02x", seed[i]);
    }
}

int seed_hash_file(const char *path, char hex[SEED_HEX], struct error *err)
{
    unsigned char digest[SEED_BYTES];
    size_t nbytes = 0;
    int rc = hash_file(path, digest, &nbytes, err);

    if (rc == 0) {
        seed_format(digest, hex);
    }
    return rc;
}

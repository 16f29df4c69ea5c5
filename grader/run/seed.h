/*
 * Seeds of the random tests. TESTS.md, "Properties": the same when a
 * submission is graded again, unknown to the student.
 *
 *   key  = SHA-256(bytes of the course's secret file)
 *   seed = SHA-256(key, content hash as text, NUL, lab's name)
 *
 * Without a secret file the key is SHA-256("mmgrade"): everyone can compute
 * it, so a real course gives its own file in $MMGRADE_SECRET.
 */
#ifndef GRADER_SEED_H
#define GRADER_SEED_H

#include <stdbool.h>
#include "error.h"

#define SEED_BYTES 32
#define SEED_HEX   (2 * SEED_BYTES + 1) /* with the NUL */

#define SECRET_BYTES_MIN 16

/*
 * `path` NULL or "": the documented default. USAGE if it can't be read or has
 * fewer bytes than SECRET_BYTES_MIN; says how to make one.
 */
int seed_course_key(const char *path, unsigned char key[SEED_BYTES],
                    struct error *err);

/* True for a file that others than its owner may read or change. */
bool seed_secret_is_open(const char *path);

int seed_derive(const unsigned char key[SEED_BYTES], const char *content_hash,
                const char *lab, unsigned char seed[SEED_BYTES],
                struct error *err);

/* USAGE unless `hex` is exactly 64 hexadecimal digits. */
int seed_parse(const char *hex, unsigned char seed[SEED_BYTES],
               struct error *err);
void seed_format(const unsigned char seed[SEED_BYTES], char hex[SEED_HEX]);

/* SHA-256 of a file's bytes as text. INFRA if it can't be read. */
int seed_hash_file(const char *path, char hex[SEED_HEX], struct error *err);

#endif

/*
 * HTML reports: the page's template with style, data and script put into it.
 *
 * The data is JSON in a <script type="application/json">, which a browser
 * doesn't run and ends only at "</script": no `<` is left in it. The page's
 * policy allows its own style and script, by their hashes, and nothing else:
 * no network, no other script, and (trusted types) no text that becomes markup.
 */
#include "html.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include "folder.h"
#include "page.h"
#include "seed.h"

#define DIGEST_BYTES 32
#define BASE64_BYTES (4 * ((DIGEST_BYTES + 2) / 3) + 1)
#define JSON_STYLE   (JSON_COMPACT | JSON_REAL_PRECISION(6))

/* A browser shows more only with pain, and nobody reads it. */
#define DATA_BYTES_MAX ((size_t)64 << 20)

/* Half of a SHA-256 names a student's page: no two collide. */
#define NAME_BYTES   16
#define NAME_PURPOSE "page" /* the key's other use is seeds */

static const char policy[] =
    "default-src 'none'; script-src 'sha256-%s'; style-src 'sha256-%s'; "
    "img-src data:; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'";

/* --- text that grows -------------------------------------------------------
 */

struct buffer {
    char *bytes;
    size_t used, capacity;
    bool failed; /* out of memory */
};

static void put(struct buffer *buffer, const char *bytes, size_t n)
{
    if (buffer->failed) {
        return;
    }
    if (n > buffer->capacity - buffer->used) {
        size_t capacity = (buffer->used + n) * 2;
        char *grown = realloc(buffer->bytes, capacity);
        if (!grown) {
            buffer->failed = true;
            return;
        }
        buffer->bytes = grown;
        buffer->capacity = capacity;
    }
    memcpy(buffer->bytes + buffer->used, bytes, n);
    buffer->used += n;
}

/* --- data ------------------------------------------------------------------
 */

/*
 * True for what markup is made of, and for control characters that change how
 * the file's source is read: DEL, C1, line separators, bidirectional ones.
 * (JSON escapes C0 itself.)
 */
static bool is_escaped(uint32_t point)
{
    return point == '<' || point == '>' || point == '&' ||
           (point >= 0x7f && point <= 0x9f) || point == 0x61c ||
           point == 0x200e || point == 0x200f ||
           (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069) || point == 0xfeff;
}

/* The point of up to three bytes at `text`; jansson gives valid UTF-8. */
static uint32_t decode(const char *text, size_t *nbytes)
{
    const unsigned char *bytes = (const unsigned char *)text;

    if (bytes[0] >= 0xc2 && bytes[0] <= 0xdf) {
        *nbytes = 2;
        return (bytes[0] & 0x1fu) << 6 | (bytes[1] & 0x3fu);
    }
    if (bytes[0] >= 0xe0 && bytes[0] <= 0xef) {
        *nbytes = 3;
        return (bytes[0] & 0x0fu) << 12 | (bytes[1] & 0x3fu) << 6 |
               (bytes[2] & 0x3fu);
    }
    *nbytes = 1; /* ASCII, or a byte of four that are copied one by one */
    return bytes[0] < 0x80 ? bytes[0] : 0;
}

/* Such characters stand in JSON only within texts, where \uXXXX means them. */
static void put_data(struct buffer *buffer, const char *json)
{
    const char *kept = json;

    while (*json != '\0') {
        size_t nbytes = 0;
        uint32_t point = decode(json, &nbytes);
        if (is_escaped(point)) {
            char escape[8];
            int n = snprintf(escape, sizeof(escape), "\\u%04x", point);
            put(buffer, kept, (size_t)(json - kept));
            put(buffer, escape, (size_t)n);
            kept = json + nbytes;
        }
        json += nbytes;
    }
    put(buffer, kept, (size_t)(json - kept));
}

/* Whether page.js knows it: a class, a student, a result or a list of them. */
static bool is_report(const json_t *data)
{
    static const char *const schemas[] = {
        "mmgrade/class/v1", "mmgrade/student/v1", "mmgrade/result/v1"};
    const char *schema = json_string_value(json_object_get(data, "schema"));

    for (size_t i = 0; schema && i < sizeof(schemas) / sizeof(schemas[0]);
         i++) {
        if (strcmp(schema, schemas[i]) == 0) {
            return true;
        }
    }
    return json_is_array(data);
}

/* --- the page --------------------------------------------------------------
 */

/* What a policy calls a text by: base64 of its SHA-256. */
static int hash(const char *bytes, size_t nbytes, char text[BASE64_BYTES],
                struct error *err)
{
    unsigned char digest[DIGEST_BYTES];

    if (EVP_Digest(bytes, nbytes, digest, NULL, EVP_sha256(), NULL) != 1) {
        return fail(err, ERROR_INFRA,
                    "can't compute a SHA-256: libcrypto failed");
    }
    EVP_EncodeBlock((unsigned char *)text, digest, DIGEST_BYTES);
    return 0;
}

static int put_policy(struct buffer *buffer, struct error *err)
{
    char script[BASE64_BYTES], style[BASE64_BYTES];
    char text[sizeof(policy) + sizeof(script) + sizeof(style)];
    int rc = hash(page_script, page_script_bytes, script, err);

    if (rc == 0) {
        rc = hash(page_style, page_style_bytes, style, err);
    }
    if (rc == 0) {
        int n = snprintf(text, sizeof(text), policy, script, style);
        put(buffer, text, (size_t)n);
    }
    return rc;
}

/* The template from *at up to the mark, which is passed over. */
static void put_template(struct buffer *buffer, size_t *at, const char *mark)
{
    const char *rest = page_html + *at;
    size_t nrest = page_html_bytes - *at;
    const char *found = memmem(rest, nrest, mark, strlen(mark));
    size_t nbytes = found ? (size_t)(found - rest) : nrest;

    put(buffer, rest, nbytes);
    *at += found ? nbytes + strlen(mark) : nbytes;
}

static int put_page(struct buffer *buffer, const char *json, struct error *err)
{
    size_t at = 0;
    int rc = 0;

    put_template(buffer, &at, "@POLICY@");
    rc = put_policy(buffer, err);
    put_template(buffer, &at, "@STYLE@");
    put(buffer, page_style, page_style_bytes);
    put_template(buffer, &at, "@DATA@");
    put_data(buffer, json);
    put_template(buffer, &at, "@SCRIPT@");
    put(buffer, page_script, page_script_bytes);
    put(buffer, page_html + at, page_html_bytes - at);
    return rc;
}

int html_write(const json_t *data, const char *path, struct error *err)
{
    struct buffer buffer = {0};
    char *json = NULL;
    int rc = 0;

    if (!is_report(data)) {
        return fail(err, ERROR_INFRA,
                    "can't write %s: the data is no class, student or list "
                    "of results",
                    path);
    }
    json = json_dumps(data, JSON_STYLE);
    if (json && strlen(json) > DATA_BYTES_MAX) {
        rc = fail(err, ERROR_LIMIT,
                  "can't write %s: its data is %zu MiB, and at most %zu make "
                  "a page that a browser can show",
                  path, strlen(json) >> 20, DATA_BYTES_MAX >> 20);
    } else if (json) {
        rc = put_page(&buffer, json, err);
    }
    if (rc == 0 && (!json || buffer.failed)) {
        rc = fail(err, ERROR_INFRA, "can't write %s: out of memory", path);
    }
    if (rc == 0) {
        rc = file_write(path, buffer.bytes, buffer.used, err);
    }
    free(json);
    free(buffer.bytes);
    return rc;
}

/* --- names of students' pages ----------------------------------------------
 */

static bool hash_name(const unsigned char *key, const struct buffer *named,
                      unsigned char digest[DIGEST_BYTES])
{
    const unsigned char *bytes = (const unsigned char *)named->bytes;

    return key ? HMAC(EVP_sha256(), key, SEED_BYTES, bytes, named->used, digest,
                      NULL) != NULL
               : EVP_Digest(bytes, named->used, digest, NULL, EVP_sha256(),
                            NULL) == 1;
}

int html_student_path(const unsigned char *key, const char *course_id,
                      const char *student, char path[HTML_PATH_BYTES],
                      struct error *err)
{
    unsigned char digest[DIGEST_BYTES] = {0};
    struct buffer named = {0};
    char hex[2 * NAME_BYTES + 1];
    int rc = 0;

    if (key) {
        put(&named, NAME_PURPOSE, sizeof(NAME_PURPOSE));
    }
    put(&named, course_id, strlen(course_id) + 1); /* no id has a NUL */
    put(&named, student, strlen(student));
    if (named.failed) {
        rc = fail(err, ERROR_INFRA, "out of memory");
    } else if (!hash_name(key, &named, digest)) {
        rc =
            fail(err, ERROR_INFRA, "can't compute a SHA-256: libcrypto failed");
    }
    free(named.bytes);
    for (size_t i = 0; i < NAME_BYTES; i++) {
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
    snprintf(path, 64, "students/%s.html", hex);
    return rc;
}

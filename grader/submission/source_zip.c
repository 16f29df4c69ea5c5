/*
 * A zip says each member's name twice: in the central directory at the end
 * and before the member itself. Programs differ in which they believe, so an
 * archive whose names disagree shows different files to different people. It
 * is refused here, before libarchive (which does not compare) reads it.
 *
 *      local header, data │ local header, data │ … │ central: entries │ end
 *            ▲──────────────────────────────────────── offset ┘
 *
 * Only layouts that leave no choice are accepted: one end record, exactly at
 * the end; the central directory exactly before it; no ZIP64, which a file
 * below LIMIT_ARCHIVE_BYTES doesn't need.
 */
#include "source.h"

#include <stdint.h>
#include <string.h>

#define LOCAL_BYTES   30
#define CENTRAL_BYTES 46
#define END_BYTES     22
#define LOCATOR_BYTES 20
#define ENCRYPTED     1u /* bit 0 of the flags */

struct zip {
    const unsigned char *bytes;
    size_t nbytes;
    size_t end;     /* place of the end record */
    size_t central; /* place of the first central entry */
    unsigned nmembers;
};

static unsigned read16(const unsigned char *at)
{
    return (unsigned)at[0] | (unsigned)at[1] << 8;
}

static uint32_t read32(const unsigned char *at)
{
    return read16(at) | (uint32_t)read16(at + 2) << 16;
}

static int damaged(struct error *err, const char *what)
{
    return fail(err, ERROR_REJECTED,
                "can't read the zip archive: %s; it is damaged, cut off or "
                "made in an unusual way: make it again",
                what);
}

/* Finds the last end record: the one that libarchive takes, too. */
static int find_end(struct zip *zip, struct error *err)
{
    size_t at = zip->nbytes < END_BYTES ? 0 : zip->nbytes - END_BYTES + 1;
    const unsigned char *bytes = zip->bytes;

    while (at > 0 && memcmp(bytes + at - 1, "PK\5\6", 4) != 0) {
        at--;
    }
    if (at == 0) {
        return damaged(err, "its end record is missing");
    }
    zip->end = at - 1;
    bytes += zip->end;
    if (zip->end + END_BYTES + read16(bytes + 20) != zip->nbytes) {
        return damaged(err, "something follows its end record");
    }
    zip->nmembers = read16(bytes + 10);
    zip->central = read32(bytes + 16);
    if (zip->end >= LOCATOR_BYTES &&
        memcmp(bytes - LOCATOR_BYTES, "PK\6\7", 4) == 0) {
        return damaged(err, "it is a ZIP64 archive");
    }
    if (read32(bytes + 4) != 0 || read16(bytes + 8) != zip->nmembers) {
        return damaged(err, "it is one of several parts");
    }
    if ((uint64_t)zip->central + read32(bytes + 12) != zip->end) {
        return damaged(err, "its table of contents is not where it says");
    }
    return 0;
}

/* Compares the central entry (bounds are checked) with its local header. */
static int compare_names(const struct zip *zip, const unsigned char *entry,
                         struct error *err)
{
    size_t nname = read16(entry + 28), local = read32(entry + 42);
    const unsigned char *name = entry + CENTRAL_BYTES;

    if ((read16(entry + 8) & ENCRYPTED) != 0) {
        return fail(err, ERROR_REJECTED,
                    "the zip archive is encrypted; make it without a "
                    "password");
    }
    if (local + LOCAL_BYTES + nname > zip->central ||
        memcmp(zip->bytes + local, "PK\3\4", 4) != 0) {
        return damaged(err, "a member is not where its table says");
    }
    if (read16(zip->bytes + local + 26) != nname ||
        memcmp(zip->bytes + local + LOCAL_BYTES, name, nname) != 0) {
        return fail(err, ERROR_REJECTED,
                    "the zip archive has a member with two different names; "
                    "make it again with a common program");
    }
    return 0;
}

int source_zip_check(const unsigned char *bytes, size_t nbytes,
                     struct error *err)
{
    struct zip zip = {.bytes = bytes, .nbytes = nbytes};
    int rc = find_end(&zip, err);
    size_t at = zip.central;

    for (unsigned i = 0; !rc && i < zip.nmembers; i++) {
        const unsigned char *entry = bytes + at;
        if (at + CENTRAL_BYTES > zip.end || memcmp(entry, "PK\1\2", 4) != 0) {
            return damaged(err, "its table of contents is broken");
        }
        size_t length = CENTRAL_BYTES + (size_t)read16(entry + 28) +
                        read16(entry + 30) + read16(entry + 32);
        if (at + length > zip.end) {
            return damaged(err, "its table of contents is broken");
        }
        rc = compare_names(&zip, entry, err);
        at += length;
    }
    if (!rc && zip.nmembers == 0) {
        return fail(err, ERROR_REJECTED, "the zip archive is empty");
    }
    if (!rc && at != zip.end) {
        return damaged(err, "its table of contents has more than it says");
    }
    return rc;
}

/*
 * The sanitiser: decodes UTF-8 one code point at a time and copies, replaces
 * (bad bytes) or escapes (control characters) it.
 *
 * A decoded point is written whole or not at all, so a cut never splits a
 * character or an escape. While copying, the last place is remembered at
 * which the final "… [N bytes more]" would still fit.
 */
#include "text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Room that the longest "… [N bytes more]" takes. */
#define CUT_RESERVE 40

struct sink {
    char *bytes;
    size_t used;
    size_t max;
    size_t cut_used; /* where to cut: place in the output… */
    size_t cut_read; /* …and in the input */
    bool full;
};

/* How many continuation bytes follow `lead`; -1 if it starts nothing. */
static int continuation_bytes(unsigned char lead)
{
    if (lead < 0x80) {
        return 0;
    }
    if (lead >= 0xc2 && lead <= 0xdf) {
        return 1;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        return 2;
    }
    return lead >= 0xf0 && lead <= 0xf4 ? 3 : -1;
}

/* True if `point` needs exactly 1 + `more` bytes and is a character. */
static bool is_proper(uint32_t point, int more)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};

    return point >= least[more] && point <= 0x10ffff &&
           !(point >= 0xd800 && point <= 0xdfff);
}

/* Decodes one point; returns its length in bytes, 0 if the bytes are bad. */
static size_t decode(const unsigned char *bytes, size_t nbytes, uint32_t *point)
{
    static const unsigned char lead_mask[] = {0x7f, 0x1f, 0x0f, 0x07};
    int more = continuation_bytes(bytes[0]);

    if (more < 0 || (size_t)more >= nbytes) {
        return 0;
    }
    *point = bytes[0] & lead_mask[more];
    for (int i = 1; i <= more; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            return 0;
        }
        *point = *point << 6 | (bytes[i] & 0x3f);
    }
    return is_proper(*point, more) ? (size_t)more + 1 : 0;
}

/* Unicode's line separators are taken along: they break lines as C1 does. */
static bool is_bidirectional_control(uint32_t point)
{
    return point == 0x061c || point == 0x200e || point == 0x200f ||
           (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069);
}

static bool is_control(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point <= 0x9f) ||
           is_bidirectional_control(point);
}

static void put(struct sink *sink, const char *piece, size_t n, size_t read)
{
    if (sink->full || sink->used + n > sink->max) {
        sink->full = true;
        return;
    }
    memcpy(sink->bytes + sink->used, piece, n);
    sink->used += n;
    if (sink->used + CUT_RESERVE <= sink->max) {
        sink->cut_used = sink->used;
        sink->cut_read = read;
    }
}

static void put_escape(struct sink *sink, uint32_t point, size_t read)
{
    char escape[16];
    int n = snprintf(escape, sizeof(escape),
                     point < 0x80 ? "\\x%02x" : "\\u{%x}", (unsigned)point);

    put(sink, escape, (size_t)n, read);
}

static void cut(struct sink *sink, size_t nbytes)
{
    sink->used = sink->cut_used;
    if (sink->max < CUT_RESERVE) {
        return;
    }
    int n = snprintf(sink->bytes + sink->used, CUT_RESERVE + 1,
                     "… [%zu bytes more]", nbytes - sink->cut_read);
    sink->used += (size_t)n;
}

static char *sanitise(const char *text, size_t nbytes, size_t max_bytes,
                      bool one_line)
{
    const unsigned char *bytes = (const unsigned char *)text;
    /* An escape is at most 8 bytes (\u{2069}) and needs at least one. */
    size_t most = nbytes < SIZE_MAX / 8 ? nbytes * 8 : SIZE_MAX;
    struct sink sink = {.max = max_bytes};

    sink.bytes = malloc((most < max_bytes ? most : max_bytes) + 1);
    if (!sink.bytes) {
        return NULL;
    }
    for (size_t i = 0; i < nbytes && !sink.full;) {
        uint32_t point = 0;
        size_t n = decode(bytes + i, nbytes - i, &point);
        bool kept = !one_line && (point == '\n' || point == '\t');
        if (n == 0) {
            i++;
            put(&sink, REPLACEMENT, strlen(REPLACEMENT), i);
        } else if (is_control(point) && !kept) {
            i += n;
            put_escape(&sink, point, i);
        } else {
            i += n;
            put(&sink, text + i - n, n, i);
        }
    }
    if (sink.full) {
        cut(&sink, nbytes);
    }
    sink.bytes[sink.used] = '\0';
    return sink.bytes;
}

char *text_sanitise(const char *bytes, size_t nbytes, size_t max_bytes)
{
    return sanitise(bytes, nbytes, max_bytes, false);
}

char *text_sanitise_line(const char *bytes, size_t nbytes, size_t max_bytes)
{
    return sanitise(bytes, nbytes, max_bytes, true);
}

bool text_is_clean(const char *bytes, size_t nbytes)
{
    for (size_t i = 0; i < nbytes;) {
        uint32_t point = 0;
        size_t n = decode((const unsigned char *)bytes + i, nbytes - i, &point);
        if (n == 0 || is_control(point)) {
            return false;
        }
        i += n;
    }
    return true;
}

void text_add_name(char *list, size_t nbytes, const char *name)
{
    size_t used = strlen(list);

    snprintf(list + used, nbytes - used, "%s%s", used > 0 ? ", " : "", name);
}

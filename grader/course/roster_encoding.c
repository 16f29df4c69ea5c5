/*
 * Is a roster a UTF-8 text with commas? Office programs save others by
 * default, so the sentences say how to get this one.
 */
#include "roster_parts.h"

#include <stdbool.h>
#include <string.h>
#include <utf8proc.h>

#define BOM       "\xef\xbb\xbf"
#define BOM_BYTES 3
#define SAVE_AS                                                                \
    "save it as UTF-8: in Excel as \"CSV UTF-8 (comma delimited)\", in "       \
    "LibreOffice with the character set \"Unicode (UTF-8)\""

/*
 * Of one without a byte order mark each digit, comma and Latin letter has a
 * zero byte; no more than names need be without.
 */
static bool is_utf16(const char *text, size_t nbytes)
{
    size_t nzeros = 0;

    for (size_t i = 0; i < nbytes; i++) {
        nzeros += text[i] == '\0';
    }
    return nzeros > nbytes / 8 ||
           (nbytes >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 ||
                            memcmp(text, "\xfe\xff", 2) == 0));
}

/* The number of the line, from 1, that has the byte at `at`. */
static size_t line_of(const char *text, size_t at)
{
    size_t line = 1;

    for (size_t i = 0; i < at; i++) {
        line += text[i] == '\n' || (text[i] == '\r' && text[i + 1] != '\n');
    }
    return line;
}

/* Where the first bytes are that are not UTF-8; `nbytes` if all are. */
static size_t find_bad(const char *text, size_t nbytes)
{
    size_t at = 0;

    while (at < nbytes) {
        utf8proc_int32_t point = 0;
        utf8proc_ssize_t n =
            utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                             (utf8proc_ssize_t)(nbytes - at), &point);
        if (n <= 0 || point == 0) {
            return at;
        }
        at += (size_t)n;
    }
    return at;
}

/* A first line without comma that has another separator's character. */
static const char *other_separator(const char *text, size_t nbytes)
{
    size_t n = 0;

    while (n < nbytes && text[n] != '\n' && text[n] != '\r') {
        n++;
    }
    if (memchr(text, ',', n)) {
        return NULL;
    }
    if (memchr(text, ';', n)) {
        return "semicolons";
    }
    return memchr(text, '\t', n) ? "tabs" : NULL;
}

int roster_check_encoding(const char *path, const char **text, size_t *nbytes,
                          struct error *err)
{
    if (is_utf16(*text, *nbytes)) {
        return fail(err, ERROR_USAGE,
                    "can't read the roster %s: it is in UTF-16; " SAVE_AS,
                    path);
    }
    if (*nbytes >= BOM_BYTES && memcmp(*text, BOM, BOM_BYTES) == 0) {
        *text += BOM_BYTES;
        *nbytes -= BOM_BYTES;
    }
    size_t bad = find_bad(*text, *nbytes);
    if (bad < *nbytes) {
        return fail(err, ERROR_USAGE,
                    "%s:%zu: this line has bytes that are not UTF-8, as in "
                    "Latin-1 or GB 18030; " SAVE_AS,
                    path, line_of(*text, bad));
    }
    const char *separator = other_separator(*text, *nbytes);
    if (separator) {
        return fail(err, ERROR_USAGE,
                    "%s:1: the columns are separated by %s; save it with "
                    "commas (in LibreOffice: \"Edit filter settings\"; in "
                    "Excel: the list separator of the region's settings)",
                    path, separator);
    }
    return 0;
}

/*
 * RFC 3339: 2026-03-01T23:59:00+08:00. A fraction of a second may follow the
 * seconds and is dropped; T and Z may be small letters.
 */
#include "moment.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* A pattern of the fixed part: '0' stands for any digit. */
#define DATE_TIME  "0000-00-00T00:00:00"
#define DATE_BYTES (sizeof(DATE_TIME) - 1)
#define ZONE       "00:00"
#define ZONE_BYTES (sizeof(ZONE) - 1)

#define SHOWN_BYTES 60 /* of a wrong text in a sentence */
#define EXAMPLES    "2025-11-22T23:59:59+08:00 or 2025-11-22T15:59:59Z"

static bool matches(const char *text, const char *pattern)
{
    for (; *pattern; text++, pattern++) {
        bool same = *pattern == '0' ? isdigit((unsigned char)*text)
                                    : toupper((unsigned char)*text) == *pattern;
        if (!same) {
            return false;
        }
    }
    return true;
}

/* The number that the `n` digits at `text` write. */
static int digits(const char *text, int n)
{
    int value = 0;

    for (int i = 0; i < n; i++) {
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

/* Seconds east of UTC; false if `text` isn't exactly a zone. */
static bool parse_zone(const char *text, int *offset)
{
    *offset = 0;
    if (strcasecmp(text, "Z") == 0) {
        return true;
    }
    if ((*text != '+' && *text != '-') || !matches(text + 1, ZONE) ||
        text[1 + ZONE_BYTES] != '\0') {
        return false;
    }
    int hours = digits(text + 1, 2), minutes = digits(text + 4, 2);
    *offset = (hours * 60 + minutes) * 60 * (*text == '-' ? -1 : 1);
    return hours < 24 && minutes < 60;
}

/* `count`: timegm() or mktime(). */
static bool parse_date(const char *text, time_t (*count)(struct tm *),
                       int64_t *out)
{
    struct tm tm = {
        .tm_year = digits(text, 4) - 1900,
        .tm_mon = digits(text + 5, 2) - 1,
        .tm_mday = digits(text + 8, 2),
        .tm_hour = digits(text + 11, 2),
        .tm_min = digits(text + 14, 2),
        .tm_sec = digits(text + 17, 2),
        .tm_isdst = -1,
    };
    struct tm given = tm;

    /* 30 February becomes a day in March: then the fields differ. */
    *out = count(&tm);
    return given.tm_mon == tm.tm_mon && given.tm_mday == tm.tm_mday &&
           given.tm_hour == tm.tm_hour && given.tm_min == tm.tm_min &&
           given.tm_sec == tm.tm_sec;
}

static int refuse(const char *text, const char *why, struct error *err)
{
    return fail(
        err, ERROR_USAGE,
        "'%.*s' is not a time with its zone: %s; write it like " EXAMPLES,
        SHOWN_BYTES, text, why);
}

int moment_parse(const char *text, int64_t *out, struct error *err)
{
    int offset = 0;

    if (!matches(text, DATE_TIME)) {
        return fail(
            err, ERROR_USAGE,
            "'%.*s' is not a time that can be read; write date, time of "
            "day and zone, like " EXAMPLES,
            SHOWN_BYTES, text);
    }
    const char *zone = text + DATE_BYTES;
    if (*zone == '.' && isdigit((unsigned char)zone[1])) {
        zone += 1 + strspn(zone + 1, "0123456789");
    }
    if (*zone == '\0') {
        return refuse(text, "the zone is missing", err);
    }
    if (!parse_zone(zone, &offset)) {
        return refuse(text, "what follows the seconds is no zone", err);
    }
    if (!parse_date(text, timegm, out)) {
        return refuse(text, "there is no such day or hour", err);
    }
    *out -= offset;
    return 0;
}

/* Sets TZ, or unsets it for NULL; false if out of memory. */
static bool set_zone(const char *zone)
{
    int rc = zone ? setenv("TZ", zone, 1) : unsetenv("TZ");

    tzset();
    return rc == 0;
}

/* As set_zone(); *kept is for leave_zone(). */
static bool enter_zone(const char *zone, char **kept)
{
    const char *before = getenv("TZ");

    *kept = before ? strdup(before) : NULL;
    if ((*kept || !before) && set_zone(zone)) {
        return true;
    }
    free(*kept);
    return false;
}

static bool leave_zone(char *kept)
{
    bool done = set_zone(kept);

    free(kept);
    return done;
}

int moment_parse_local(const char *text, const char *zone, int64_t *out,
                       struct error *err)
{
    char *kept = NULL;

    if (!enter_zone(zone, &kept)) {
        return fail(err, ERROR_INFRA, "can't read a time: out of memory");
    }
    bool proper = matches(text, DATE_TIME) && text[DATE_BYTES] == '\0' &&
                  parse_date(text, mktime, out);
    if (!leave_zone(kept)) {
        return fail(err, ERROR_INFRA, "can't read a time: out of memory");
    }
    return proper ? 0
                  : fail(err, ERROR_USAGE,
                         "'%.*s' is no time like 2025-11-22T23:59:59",
                         SHOWN_BYTES, text);
}

void moment_format(int64_t moment, char text[MOMENT_BYTES])
{
    time_t time = (time_t)moment;
    struct tm tm;

    if (moment == MOMENT_NONE || !gmtime_r(&time, &tm) ||
        strftime(text, MOMENT_BYTES, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0) {
        text[0] = '\0';
    }
}

void moment_format_local(int64_t moment, const char *zone,
                         char text[MOMENT_BYTES])
{
    time_t time = (time_t)moment;
    struct tm tm;
    char *kept = NULL;

    moment_format(moment, text);
    if (text[0] == '\0' || !enter_zone(zone, &kept)) {
        return;
    }
    /* strftime() writes +0800. */
    if (localtime_r(&time, &tm) &&
        strftime(text, MOMENT_BYTES - 1, "%Y-%m-%dT%H:%M:%S%z", &tm) > 2) {
        char *minutes = text + strlen(text) - 2;
        memmove(minutes + 1, minutes, 3);
        *minutes = ':';
    }
    leave_zone(kept);
}

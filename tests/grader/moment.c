/*
 * Moments: RFC 3339 in and out, and the clocks of a time zone.
 */
#include "moment.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct error err;

static int64_t parsed(const char *text)
{
    int64_t moment = 0;

    cr_assert_eq(moment_parse(text, &moment, &err), 0, "%s: %s", text,
                 err.message);
    return moment;
}

static void expect_refused(const char *text, const char *part)
{
    int64_t moment = 0;

    cr_expect_eq(moment_parse(text, &moment, &err), ERROR_USAGE,
                 "%s has to be refused", text);
    cr_expect(strstr(err.message, part), "%s: \"%s\" should say \"%s\"", text,
              err.message, part);
}

Test(moment, zone_is_subtracted)
{
    cr_expect_eq(parsed("1970-01-01T00:00:00Z"), 0, "the beginning");
    cr_expect_eq(parsed("2026-03-01T23:59:00+08:00"), 1772380740, "Shanghai");
    cr_expect_eq(parsed("2026-03-01T15:59:00Z"), 1772380740, "UTC");
    cr_expect_eq(parsed("2026-03-01t07:59:00.999-08:00"), 1772380740,
                 "fraction dropped, small t");
    cr_expect_eq(parsed("2024-02-29T00:00:00z"), 1709164800, "leap day");
}

Test(moment, what_is_wrong_is_said)
{
    expect_refused("2026-03-01T23:59:00", "the zone is missing");
    expect_refused("2026-03-01T23:59:00 CST", "no zone");
    expect_refused("2026-03-01T23:59:00+8", "no zone");
    expect_refused("2026-03-01T23:59:00+24:00", "no zone");
    expect_refused("2026-03-01T23:59:00+08:00x", "no zone");
    expect_refused("2026-02-29T00:00:00Z", "no such day");
    expect_refused("2026-13-01T00:00:00Z", "no such day");
    expect_refused("2026-03-01T24:00:00Z", "no such day");
    expect_refused("2026-03-01",
                   "not a time that can be read; write date, time of day "
                   "and zone, like 2025-11-22T23:59:59+08:00 or ");
    expect_refused("1 March 2026",
                   "not a time that can be read; write date, time of day "
                   "and zone, like 2025-11-22T23:59:59+08:00 or ");
    expect_refused("", "not a time that can be read; write date, time of day "
                       "and zone, like 2025-11-22T23:59:59+08:00 or ");
}

Test(moment, format_is_utc_and_comes_back)
{
    char text[MOMENT_BYTES];

    moment_format(1772380740, text);
    cr_expect_str_eq(text, "2026-03-01T15:59:00Z", "format");
    cr_expect_eq(parsed(text), 1772380740, "back");
    moment_format(-1, text);
    cr_expect_str_eq(text, "1969-12-31T23:59:59Z", "before the beginning");
}

Test(moment, format_of_what_no_calendar_has_is_empty)
{
    char text[MOMENT_BYTES];

    moment_format(MOMENT_NONE, text);
    cr_expect_str_eq(text, "", "none");
    moment_format(INT64_MAX, text);
    cr_expect_str_eq(text, "", "the last");
}

static int64_t local(const char *text, const char *zone)
{
    int64_t moment = 0;

    cr_assert_eq(moment_parse_local(text, zone, &moment, &err), 0, "%s: %s",
                 text, err.message);
    return moment;
}

Test(moment, clocks_of_a_zone_are_read_with_summer_time)
{
    cr_expect_eq(local("2026-03-01T23:59:00", "Asia/Shanghai"), 1772380740,
                 "Shanghai");
    cr_expect_eq(local("2026-01-15T12:00:00", "Europe/Berlin"),
                 parsed("2026-01-15T12:00:00+01:00"), "winter");
    cr_expect_eq(local("2026-07-15T12:00:00", "Europe/Berlin"),
                 parsed("2026-07-15T12:00:00+02:00"), "summer");
}

static void expect_shown(const char *moment, const char *zone,
                         const char *wanted)
{
    char text[MOMENT_BYTES];

    moment_format_local(parsed(moment), zone, text);
    cr_expect_str_eq(text, wanted, "in %s expected %s, got %s", zone, wanted,
                     text);
}

Test(moment, is_shown_on_the_clocks_of_a_zone)
{
    char text[MOMENT_BYTES];

    expect_shown("2026-11-25T15:59:00Z", "Asia/Shanghai",
                 "2026-11-25T23:59:00+08:00");
    expect_shown("2026-01-15T11:00:00Z", "Europe/Berlin",
                 "2026-01-15T12:00:00+01:00");
    expect_shown("2026-07-15T11:00:00Z", "America/St_Johns",
                 "2026-07-15T08:30:00-02:30");
    expect_shown("2026-07-15T11:00:00Z", "UTC", "2026-07-15T11:00:00+00:00");
    moment_format_local(MOMENT_NONE, "Asia/Shanghai", text);
    cr_expect_str_eq(text, "", "not known");
}

Test(moment, showing_leaves_the_zone_of_the_process)
{
    cr_assert_eq(setenv("TZ", "America/New_York", 1), 0, "setenv");
    expect_shown("2026-11-25T15:59:00Z", "Asia/Shanghai",
                 "2026-11-25T23:59:00+08:00");
    cr_expect_str_eq(getenv("TZ"), "America/New_York", "as before");
}

Test(moment, local_time_leaves_the_zone_of_the_process)
{
    int64_t moment = 0;

    cr_assert_eq(setenv("TZ", "America/New_York", 1), 0, "setenv");
    local("2026-03-01T23:59:00", "Asia/Shanghai");
    cr_expect_str_eq(getenv("TZ"), "America/New_York", "as before");
    cr_assert_eq(unsetenv("TZ"), 0, "unsetenv");
    local("2026-03-01T23:59:00", "Asia/Shanghai");
    cr_expect_null(getenv("TZ"), "as before");
    cr_expect_eq(
        moment_parse_local("2026-02-30T00:00:00", "UTC", &moment, &err),
        ERROR_USAGE, "no such day");
    cr_expect_eq(
        moment_parse_local("2026-02-28T00:00:00Z", "UTC", &moment, &err),
        ERROR_USAGE, "a zone is too much");
}

/*
 * Progress: lines, JSON and the bar, with a clock of the test's own.
 */
#include "progress.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct progress *progress;
static FILE *stream;
static char *text; /* what was written since it was last looked at */
static size_t nbytes;
static unsigned columns;

static unsigned ask_columns(void)
{
    return columns;
}

static void begin(enum progress_mode mode, size_t total)
{
    struct error err = {0};

    columns = 100;
    stream = open_memstream(&text, &nbytes);
    cr_assert_not_null(stream, "open_memstream");
    cr_assert(progress_open(mode, stream, total, ask_columns, 1000, &progress,
                            &err) == 0,
              "%s", err.message);
}

static void end(void)
{
    progress_close(progress);
    if (stream) {
        fclose(stream);
    }
    free(text);
    stream = NULL;
    text = NULL;
}

TestSuite(batch_progress, .fini = end, .timeout = 60);

/* What is new; valid until the next one. */
static const char *written(void)
{
    fflush(stream);
    return text;
}

static void forget(void)
{
    fflush(stream);
    rewind(stream);
    memset(text, 0, nbytes);
}

static const struct progress_unit good = {
    .student = "s2026017",
    .lab = "lab1-buddy",
    .has_score = true,
    .score = 87,
    .max = 100,
    .seconds = 1.25,
};

static struct progress_unit
with(enum progress_state state, enum progress_source source, const char *reason)
{
    struct progress_unit unit = good;

    unit.state = state;
    unit.source = source;
    unit.reason = reason;
    return unit;
}

/* --- lines -----------------------------------------------------------------
 */

Test(batch_progress, plain_lines_say_who_and_what)
{
    struct progress_unit cached = with(PROGRESS_GRADED, SOURCE_CACHE, NULL);
    struct progress_unit same = with(PROGRESS_GRADED, SOURCE_BOOK, NULL);
    struct progress_unit refused =
        with(PROGRESS_REFUSED, SOURCE_RUN, "it is no archive");
    struct progress_unit ungraded =
        with(PROGRESS_UNGRADED, SOURCE_RUN, "it died");

    begin(PROGRESS_PLAIN, 60);
    progress_unit(progress, &good, 1001);
    progress_unit(progress, &cached, 1001);
    progress_unit(progress, &same, 1001);
    progress_unit(progress, &refused, 1001);
    progress_unit(progress, &ungraded, 1001);
    cr_expect_str_eq(written(),
                     "1/60 s2026017 lab1-buddy 87 of 100\n"
                     "2/60 s2026017 lab1-buddy 87 of 100 (cached)\n"
                     "3/60 s2026017 lab1-buddy 87 of 100 (unchanged)\n"
                     "4/60 s2026017 lab1-buddy refused: it is no archive\n"
                     "5/60 s2026017 lab1-buddy ungraded: it died\n",
                     "got:\n%s", text);
}

Test(batch_progress, names_cannot_write_to_the_terminal)
{
    struct progress_unit unit =
        with(PROGRESS_REFUSED, SOURCE_RUN, "a\nb\033[2J\xff");

    unit.student = "s1\r\033]0;x\007";
    begin(PROGRESS_PLAIN, 1);
    progress_unit(progress, &unit, 1001);
    for (const char *c = written(); *c != '\0'; c++) {
        cr_expect((unsigned char)*c >= ' ' || (*c == '\n' && c[1] == '\0'),
                  "a control byte, %d", *c);
    }
    cr_expect_not_null(strstr(text, "\\x1b[2J"), "shown escaped: %s", text);
}

Test(batch_progress, json_lines_are_json)
{
    struct progress_unit unit =
        with(PROGRESS_UNGRADED, SOURCE_RUN, "\"no\"\n\xff");

    unit.has_score = false;
    begin(PROGRESS_JSON, 2);
    progress_unit(progress, &good, 1001);
    json_t *json = json_loads(written(), 0, NULL);
    cr_assert_not_null(json, "%s", text);
    cr_expect_eq(json_integer_value(json_object_get(json, "score")), 87, "");
    cr_expect_str_eq(json_string_value(json_object_get(json, "source")), "run",
                     "");
    json_decref(json);
    forget();
    progress_unit(progress, &unit, 1001);
    json = json_loads(written(), 0, NULL);
    cr_assert_not_null(json, "%s", text);
    cr_expect(json_is_null(json_object_get(json, "score")), "no score");
    cr_expect_eq(json_integer_value(json_object_get(json, "done")), 2, "");
    json_decref(json);
}

Test(batch_progress, none_takes_all_calls)
{
    begin(PROGRESS_NONE, 3);
    cr_expect_null(progress, "");
    progress_unit(progress, &good, 1001);
    progress_tick(progress, 1001);
    progress_clear(progress);
    cr_expect_eq(strlen(written()), 0, "it wrote: %s", text);
}

/* --- the bar ---------------------------------------------------------------
 */

Test(batch_progress, bar_says_how_far_and_how_long)
{
    struct progress_unit refused = with(PROGRESS_REFUSED, SOURCE_RUN, "");
    struct progress_unit ungraded = with(PROGRESS_UNGRADED, SOURCE_RUN, "");

    begin(PROGRESS_BAR, 8);
    progress_unit(progress, &good, 1010);
    progress_unit(progress, &refused, 1020);
    forget();
    progress_unit(progress, &ungraded, 1030);
    cr_expect_str_eq(written(),
                     "\r[#########...............] 3/8  1 refused  1 ungraded"
                     "  6.0/min  ETA 0:50\033[K",
                     "got %s", text);
    forget();
    progress_clear(progress);
    cr_expect_str_eq(written(), "\r\033[K", "gone");
}

Test(batch_progress, bar_is_narrower_than_any_terminal)
{
    begin(PROGRESS_BAR, 1000);
    for (columns = 2; columns < 130; columns++) {
        forget();
        progress_clear(progress);
        forget();
        progress_tick(progress, 1000 + columns);
        size_t drawn = strlen(written()) - strlen("\r\033[K");
        cr_expect(drawn < columns, "%zu characters in %u columns: %s", drawn,
                  columns, text);
    }
}

Test(batch_progress, unknown_width_is_eighty)
{
    begin(PROGRESS_BAR, 1000);
    columns = 0;
    progress_tick(progress, 1001);
    cr_expect(strlen(written()) < 80 + strlen("\r\033[K"), "%s", text);
    cr_expect_not_null(strstr(text, "] 0/1000"), "with a bar: %s", text);
}

Test(batch_progress, bar_is_drawn_ten_times_a_second_at_most)
{
    size_t times = 0;

    begin(PROGRESS_BAR, 2000);
    for (int i = 0; i < 1000; i++) {
        progress_unit(progress, &good, 1000 + i / 1000.0);
    }
    for (const char *c = written(); *c != '\0'; c++) {
        times += *c == '\r';
    }
    cr_expect(times >= 5 && times <= 11, "drawn %zu times in a second", times);
}

Test(batch_progress, what_stands_there_is_not_written_again)
{
    begin(PROGRESS_BAR, 10);
    progress_tick(progress, 1000);
    forget();
    progress_tick(progress, 1000.5);
    cr_expect_eq(strlen(written()), 0, "it wrote %s", text);
}

/* --- estimates -------------------------------------------------------------
 */

static void expect_estimate(double now, double seconds, double rate)
{
    double got_seconds = 0;
    double got_rate = 0;

    progress_estimate(progress, now, &got_seconds, &got_rate);
    cr_expect(got_seconds > seconds - 0.5 && got_seconds < seconds + 0.5 &&
                  got_rate > rate - 0.05 && got_rate < rate + 0.05,
              "at %.0f: expected %.1f s, %.1f/min; got %.1f s, %.1f/min", now,
              seconds, rate, got_seconds, got_rate);
}

Test(batch_progress, nothing_is_promised_before_the_first_unit)
{
    begin(PROGRESS_BAR, 10);
    expect_estimate(1005, -1, -1);
}

Test(batch_progress, rate_is_that_of_the_last_units)
{
    begin(PROGRESS_PLAIN, 200);
    for (int i = 0; i < 100; i++) { /* a resume: all known */
        progress_unit(progress, &good, 1000 + i / 100.0);
    }
    for (int i = 1; i <= 50; i++) { /* then one in ten seconds */
        progress_unit(progress, &good, 1001 + 10 * i);
    }
    expect_estimate(1501, 500, 6);
}

Test(batch_progress, run_that_stands_still_shows_it)
{
    begin(PROGRESS_PLAIN, 20);
    for (int i = 1; i <= 10; i++) {
        progress_unit(progress, &good, 1000 + i);
    }
    expect_estimate(1010, 10, 60);
    expect_estimate(1020, 20, 30);
}

/*
 * The sanitiser: what students wrote is harmless on a terminal and a page.
 */
#include "text.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void expect_text(const char *bytes, size_t n, const char *expected)
{
    char *text = text_sanitise(bytes, n, 1000);

    cr_assert_str_eq(text, expected, "expected \"%s\", got \"%s\"", expected,
                     text);
    free(text);
}

Test(text, keeps_plain_text_and_chinese)
{
    expect_text("a 伙伴\n\tb", strlen("a 伙伴\n\tb"), "a 伙伴\n\tb");
}

Test(text, escapes_terminal_controls)
{
    expect_text("\x1b[2J\r\x07", 6, "\\x1b[2J\\x0d\\x07");
}

Test(text, escapes_delete_and_c1)
{
    expect_text("\x7f\xc2\x9b", 3, "\\x7f\\u{9b}");
}

Test(text, escapes_nul_within)
{
    expect_text("a\0b", 3, "a\\x00b");
}

Test(text, escapes_bidirectional_controls)
{
    expect_text("\xe2\x80\xae"
                "x"
                "\xe2\x81\xa9"
                "\xd8\x9c",
                9, "\\u{202e}x\\u{2069}\\u{61c}");
}

Test(text, escapes_unicode_line_separators)
{
    expect_text("\xe2\x80\xa8", 3, "\\u{2028}");
}

Test(text, replaces_bytes_that_are_not_utf8)
{
    expect_text("\xff"
                "a\xc3",
                3,
                "\xef\xbf\xbd"
                "a\xef\xbf\xbd");
}

Test(text, replaces_overlong_encodings_byte_by_byte)
{
    expect_text("\xc0\xaf", 2, "\xef\xbf\xbd\xef\xbf\xbd");
    expect_text("\xe0\x80\xaf", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

Test(text, replaces_surrogates_and_points_beyond_unicode)
{
    expect_text("\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    expect_text("\xf4\x90\x80\x80", 4,
                "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

Test(text, line_form_escapes_newlines_and_tabs)
{
    char *text = text_sanitise_line("a\nb\tc", 5, 100);

    cr_assert_str_eq(text, "a\\x0ab\\x09c", "got \"%s\"", text);
    free(text);
}

Test(text, long_text_is_cut_and_says_how_much_is_missing)
{
    char bytes[500];

    memset(bytes, 'x', sizeof(bytes));
    char *text = text_sanitise(bytes, sizeof(bytes), 100);
    cr_assert_leq(strlen(text), 100, "cut to %zu bytes", strlen(text));
    cr_assert_str_eq(text + 60, "… [440 bytes more]", "got \"%s\"", text);
    free(text);
}

Test(text, cut_never_splits_a_character)
{
    char bytes[300];

    for (size_t i = 0; i < sizeof(bytes); i += 3) {
        memcpy(bytes + i, "伙", 3);
    }
    for (size_t max = 0; max < 120; max++) {
        char *text = text_sanitise(bytes, sizeof(bytes), max);
        cr_assert_leq(strlen(text), max, "%zu bytes, not %zu", strlen(text),
                      max);
        cr_assert(text_is_clean(text, strlen(text)), "max %zu splits: %s", max,
                  text);
        free(text);
    }
}

Test(text, text_that_just_fits_is_whole)
{
    char *text = text_sanitise("0123456789", 10, 10);

    cr_assert_str_eq(text, "0123456789", "got \"%s\"", text);
    free(text);
}

Test(text, sanitised_text_is_clean_and_stays_the_same)
{
    char bytes[256];

    for (int i = 0; i < 256; i++) {
        bytes[i] = (char)i;
    }
    char *once = text_sanitise_line(bytes, sizeof(bytes), 4096);
    cr_assert(text_is_clean(once, strlen(once)), "not clean: %s", once);
    char *twice = text_sanitise_line(once, strlen(once), 4096);
    cr_assert_str_eq(twice, once, "sanitising again changes the text");
    free(once);
    free(twice);
}

Test(text, clean_means_utf8_without_controls)
{
    cr_assert(text_is_clean("mm/伙伴.c", strlen("mm/伙伴.c")),
              "a Chinese name is clean");
    cr_assert_not(text_is_clean("a\nb", 3), "a newline is not clean");
    cr_assert_not(text_is_clean("\xff", 1), "bad UTF-8 is not clean");
    cr_assert_not(text_is_clean("\xe2\x80\xae", 3), "bidi is not clean");
}

Test(text, names_are_added_while_there_is_room)
{
    char list[12] = "";

    text_add_name(list, sizeof(list), "lab1");
    cr_expect_str_eq(list, "lab1", "%s", list);
    text_add_name(list, sizeof(list), "lab2");
    cr_expect_str_eq(list, "lab1, lab2", "%s", list);
    text_add_name(list, sizeof(list), "lab3");
    text_add_name(list, sizeof(list), "lab4");
    cr_expect_str_eq(list, "lab1, lab2,", "cut where it is full: %s", list);
}

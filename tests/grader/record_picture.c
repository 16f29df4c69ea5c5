/*
 * Pictures in a record: which SVG is shown, and what becomes of the rest. They
 * are drawn from what a guest's memory holds, so hostile ones are part of it.
 */
#include "record_picture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "fixture.h"
#include "result.h"

#define SVG(inside)                                                            \
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 800   90'>" inside   \
    "</svg>\n"

static struct record_test test;
static struct error err;

static void teardown(void)
{
    record_test_free(&test);
}

TestSuite(record_picture, .fini = teardown);

static bool is_safe(const char *svg)
{
    return picture_is_safe(svg, strlen(svg));
}

/* Reads a line with these pictures, as JSON. */
static int parse(const char *pictures)
{
    char *line = NULL;
    int rc = 0;

    cr_assert(asprintf(&line,
                       "{\"test\":\"a::b\",\"status\":\"fail\","
                       "\"pictures\":%s}",
                       pictures) > 0,
              "out of memory");
    record_test_free(&test);
    rc = record_parse_test(line, strlen(line), &test, &err);
    free(line);
    return rc;
}

/* A list of one picture with this SVG. */
static char *list_of(const char *svg)
{
    json_t *list =
        json_pack("[{s:s, s:s}]", "title", "Physical memory", "svg", svg);
    char *text = json_dumps(list, 0);

    json_decref(list);
    cr_assert_not_null(text, "a picture as JSON");
    return text;
}

Test(record_picture, shapes_and_texts_are_shown)
{
    static const char *const good[] = {
        SVG(""),
        SVG("<title>Physical memory</title>"),
        SVG("<rect x='1' y='2' width='100%' height='3' fill='#fff'/>\n"),
        SVG("<path d='M1 2h3M4 5h6' stroke='#444' stroke-width='14'/>"),
        SVG("<g fill='red'><text x='1' y='2'>a <tspan x='3'>×2</tspan>"
            "</text></g>"),
        SVG("<text>1 &lt; 2 &amp; 3 &gt; 2, \"quoted\" on='x'</text>"),
        "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>",
        "<svg role='img'/>",
    };

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        cr_expect(is_safe(good[i]), "it is shown: %s", good[i]);
    }
}

Test(record_picture, what_could_do_more_is_not_shown)
{
    static const char *const bad[] = {
        "",
        "<html>",
        "<svg>",
        " <svg x='1'></svg>",
        SVG("<script>alert(1)</script>"),
        SVG("<SCRIPT>alert(1)</SCRIPT>"),
        SVG("<rect onclick='alert(1)'/>"),
        SVG("<rect x='1' onload ='alert(1)'/>"),
        SVG("<rect\nonload='alert(1)'/>"),
        SVG("<rect/onload='alert(1)'/>"),
        SVG("<rect x='1'onload='alert(1)'/>"),
        SVG("<a href='javascript:alert(1)'>x</a>"),
        SVG("<text href='x'>x</text>"),
        SVG("<text xlink:href='x'>x</text>"),
        SVG("<image x='1'/>"),
        SVG("<use x='1'/>"),
        SVG("<foreignObject></foreignObject>"),
        SVG("<style>@import 'x';</style>"),
        SVG("<animate attributeName='x'/>"),
        SVG("<rect style='fill:red'/>"),
        SVG("<rect class='x'/>"),
        SVG("<rect id='x'/>"),
        SVG("<rect fill='url(#x)'/>"),
        SVG("<rect fill='url(http://x)'/>"),
        SVG("<rect fill=red/>"),
        SVG("<rect fill='a&#x22;b'/>"),
        SVG("<rect fill='a<b'/>"),
        SVG("<rect fill=\"a'/>"),
        SVG("<!-- x -->"),
        SVG("<![CDATA[x]]>"),
        SVG("<?xml-stylesheet href='x'?>"),
        SVG("<text>&nbsp;</text>"),
        SVG("<text>&lt</text>"),
        SVG("<text>\x1b[2J</text>"),
        SVG("<text>\xff</text>"),
        SVG("<text>\xe2\x80\xae</text>"),
        SVG("<text></g>"),
        SVG("<text>"),
        SVG("</svg><script>"),
        SVG("") "<p>",
        SVG("") SVG(""),
        "<svg xmlns='http://elsewhere'></svg>",
        "<svg x='1'",
        "<svg x='1",
        "<svg x",
        "<svg ",
        "<svg x='1'><",
        "<svg x='1'></",
        "<svg x='1'>&",
        SVG("<g><g><g><g><g><g><g><g></g></g></g></g></g></g></g></g>"),
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_expect(!is_safe(bad[i]), "it is not shown: %s", bad[i]);
    }
    cr_expect(!picture_is_safe("<svg x='1\0'></svg>", 19),
              "a zero byte is not shown");
}

Test(record_picture, every_cut_of_a_picture_is_refused)
{
    static const char whole[] =
        SVG("<g><text x='1' y='2' fill='#fff'>a&lt;b<tspan x='3'>×</tspan>"
            "</text><rect width='100%'/></g>");
    size_t n = strlen(whole) - 1; /* the newline need not be there */

    cr_assert(is_safe(whole), "the whole of it is shown");
    for (size_t cut = 0; cut < n; cut++) {
        char *part = malloc(cut + 1); /* so that ASan sees a byte too much */

        cr_assert_not_null(part, "out of memory");
        memcpy(part, whole, cut);
        cr_expect(!picture_is_safe(part, cut), "the first %zu bytes are not",
                  cut);
        free(part);
    }
}

Test(record_picture, a_large_one_is_not_shown)
{
    char *svg = malloc(PICTURE_BYTES_MAX + 100);
    size_t n = strlen("<svg x='1'>");

    cr_assert_not_null(svg, "out of memory");
    memset(svg, ' ', PICTURE_BYTES_MAX + 100);
    memcpy(svg, "<svg x='1'>", n);
    memcpy(svg + PICTURE_BYTES_MAX - 6, "</svg>", 6);
    cr_expect(picture_is_safe(svg, PICTURE_BYTES_MAX), "64 KiB are shown");
    memset(svg + PICTURE_BYTES_MAX - 6, ' ', 6);
    memcpy(svg + PICTURE_BYTES_MAX - 5, "</svg>", 6);
    cr_expect(!picture_is_safe(svg, PICTURE_BYTES_MAX + 1),
              "a byte more is not");
    free(svg);
}

Test(record_picture, pictures_of_a_line_are_read)
{
    char *list = list_of(SVG("<rect x='1'/>"));

    cr_assert(parse(list) == 0, "%s", err.message);
    cr_assert(test.npictures == 1, "one picture, not %zu", test.npictures);
    cr_expect_str_eq(test.pictures[0].title, "Physical memory", "title");
    cr_expect_str_eq(test.pictures[0].svg, SVG("<rect x='1'/>"), "svg");
    cr_expect_null(test.pictures[0].note, "no note");
    free(list);
}

Test(record_picture, one_that_is_not_safe_leaves_a_note_and_the_verdict)
{
    char *list = list_of(SVG("<script>alert(1)</script>"));

    cr_assert(parse(list) == 0, "%s", err.message);
    cr_expect(test.status == TEST_FAIL, "the verdict stays");
    cr_assert(test.npictures == 1, "one entry, not %zu", test.npictures);
    cr_expect_null(test.pictures[0].svg, "no picture");
    cr_expect(strstr(test.pictures[0].note, "left out"), "a note: %s",
              test.pictures[0].note);
    free(list);
}

Test(record_picture, the_first_four_are_kept)
{
    cr_assert(parse("[{\"title\":\"1\",\"note\":\"n\"},"
                    "{\"title\":\"2\",\"note\":\"n\"},"
                    "{\"title\":\"3\",\"note\":\"n\"},"
                    "{\"title\":\"4\",\"note\":\"n\"},"
                    "{\"title\":\"5\",\"note\":\"n\"}]") == 0,
              "%s", err.message);
    cr_assert(test.npictures == 4, "four, not %zu", test.npictures);
    cr_expect_str_eq(test.pictures[3].title, "4", "the fourth");
}

Test(record_picture, titles_and_notes_are_sanitised)
{
    cr_assert(parse("[{\"title\":\"a\\u001b[2J\\n\",\"note\":\"\\u202e\"}]") ==
                  0,
              "%s", err.message);
    cr_expect(!strpbrk(test.pictures[0].title, "\x1b\n"), "title: %s",
              test.pictures[0].title);
    cr_expect(!strstr(test.pictures[0].note, "\xe2\x80\xae"), "note: %s",
              test.pictures[0].note);
}

Test(record_picture, wrong_types_are_a_fault_of_ours)
{
    static const char *const bad[] = {
        "{}",
        "7",
        "[7]",
        "[{}]",
        "[{\"title\":7,\"note\":\"n\"}]",
        "[{\"title\":\"t\"}]",
        "[{\"title\":\"t\",\"svg\":7}]",
        "[{\"title\":\"t\",\"svg\":null}]",
        "[{\"title\":\"t\",\"note\":[]}]",
        "[{\"svg\":\"<svg x='1'></svg>\"}]",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_expect(parse(bad[i]) == ERROR_INFRA, "refused: %s", bad[i]);
        cr_expect(strstr(err.message, "'pictures'"), "named: %s", err.message);
    }
}

/* A record of `n` tests that have a picture of 60000 bytes each. */
static struct record *large_record(size_t n)
{
    struct record *record = calloc(1, sizeof(*record));

    cr_assert_not_null(record, "out of memory");
    record->tests = calloc(n, sizeof(*record->tests));
    record->ntests = n;
    for (size_t i = 0; i < n; i++) {
        struct record_picture *picture = calloc(1, sizeof(*picture));

        cr_assert_not_null(picture, "out of memory");
        picture->svg = malloc(60001);
        memset(picture->svg, ' ', 60000);
        picture->svg[60000] = '\0';
        record->tests[i].pictures = picture;
        record->tests[i].npictures = 1;
    }
    return record;
}

Test(record_picture, a_record_keeps_those_of_its_first_tests)
{
    size_t most = PICTURES_BYTES_MAX / 60000;
    struct record *record = large_record(100);

    cr_assert(record_limit_pictures(record, &err) == 0, "%s", err.message);
    for (size_t i = 0; i < 100; i++) {
        bool is_kept = record->tests[i].pictures[0].svg != NULL;
        bool is_noted = record->tests[i].pictures[0].note != NULL;

        cr_expect(is_kept == (i < most) && is_noted != is_kept, "test %zu", i);
    }
    record_free(record);
}

/* --- in a result -----------------------------------------------------------
 */

static struct lab_test lab_tests[] = {
    {.name = "a::b", .points = 50, .visibility = LAB_PUBLIC},
    {.name = "a::c", .points = 50, .visibility = LAB_HIDDEN},
};

static struct record_picture drawn = {.title = "T", .svg = SVG("")};
static struct record_test results[] = {
    {.name = "a::b", .status = TEST_FAIL, .pictures = &drawn, .npictures = 1},
    {.name = "a::c", .status = TEST_FAIL, .pictures = &drawn, .npictures = 1},
};

/* The pictures of the i-th test as this audience sees them; or NULL. */
static json_t *shown(json_t *result, size_t i)
{
    return json_object_get(json_array_get(json_object_get(result, "tests"), i),
                           "pictures");
}

Test(record_picture, students_see_those_of_public_tests_only)
{
    struct lab lab = {.name = (char *)"lab",
                      .title = {.en = (char *)"L", .zh = (char *)"L"},
                      .tests = lab_tests,
                      .ntests = 2,
                      .total = 100};
    struct record record = {.tests = results, .ntests = 2};
    struct result result = {.lab = &lab, .record = &record, .where = "w"};
    json_t *student = NULL;
    json_t *staff = NULL;

    for (size_t i = 0; i < 2; i++) {
        lab_tests[i].title = lab_tests[i].hint = lab.title;
    }
    result_score(&result);
    student = result_json(&result, RESULT_STUDENT);
    staff = result_json(&result, RESULT_STAFF);
    cr_assert(student && staff, "out of memory");
    cr_expect(json_array_size(shown(student, 0)) == 1, "a public test's");
    cr_expect_null(shown(student, 1), "not a hidden test's");
    cr_expect(json_array_size(shown(staff, 1)) == 1, "staff see all");
    cr_expect_str_eq(json_string_value(json_object_get(
                         json_array_get(shown(student, 0), 0), "svg")),
                     drawn.svg, "the picture itself");
    json_decref(student);
    json_decref(staff);
}

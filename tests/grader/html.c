/*
 * HTML reports: whatever is in the data, it stays data; the page loads nothing;
 * what can't be written leaves no trace.
 */
#include "html.h"
#include "seed.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "fixture.h"
#include "folder.h"
#include "page.h"

#define PAGE_BYTES_MAX ((size_t)128 << 20)
#define DATA_BEGIN     "<script type=\"application/json\" id=\"data\">"

static char *folder;
static char *path; /* FOLDER/page.html */

static void setup(void)
{
    folder = fixture_folder();
    path = fixture_path(folder, "page.html");
}

static void teardown(void)
{
    fixture_remove(folder);
    free(path);
    free(folder);
}

TestSuite(html, .init = setup, .fini = teardown, .timeout = 60);

/* A class of one student of that name. */
static json_t *class_of(json_t *name)
{
    json_t *data = json_pack("{s:s, s:[{s:o}]}", "schema", "mmgrade/class/v1",
                             "students", "name", name);

    cr_assert_not_null(data);
    return data;
}

static json_t *class_of_text(const char *name, size_t nbytes)
{
    return class_of(json_stringn(name, nbytes));
}

static char *read_page(void)
{
    struct error err = {0};
    char *text = NULL;
    size_t nbytes = 0;

    cr_assert_eq(file_read(path, PAGE_BYTES_MAX, &text, &nbytes, &err), 0, "%s",
                 err.message);
    cr_assert_eq(strlen(text), nbytes, "a NUL is in the page");
    return text;
}

static char *write_page(const json_t *data)
{
    struct error err = {0};

    cr_assert_eq(html_write(data, path, &err), 0, "%s", err.message);
    return read_page();
}

/* The text from the n-th `begin` on up to `end`, malloc'ed. */
static char *between(const char *page, const char *begin, const char *end)
{
    const char *from = strstr(page, begin);

    cr_assert_not_null(from, "no %s in the page", begin);
    from += strlen(begin);
    const char *to = strstr(from, end);
    cr_assert_not_null(to, "no %s in the page", end);
    return strndup(from, (size_t)(to - from));
}

static char *data_of(const char *page)
{
    return between(page, DATA_BEGIN, "</script>");
}

/* --- data ------------------------------------------------------------------
 */

static const struct {
    const char *what, *bytes;
    size_t nbytes;
} hostile[] = {
#define HOSTILE(what, text)                                                    \
    {                                                                          \
        what, text, sizeof(text) - 1                                           \
    }
    HOSTILE("the script's end", "</script><script>alert(1)</script>"),
    HOSTILE("the same in capitals", "</SCRIPT ><SCRIPT>alert(1)"),
    HOSTILE("a comment", "<!--<script>"),
    HOSTILE("an attribute", "\"><img src=x onerror=alert(1)>&lt;"),
    HOSTILE("a mark of the template", "@SCRIPT@ @DATA@ @POLICY@"),
    HOSTILE("line separators", "a\xe2\x80\xa8"
                               "b\xe2\x80\xa9"
                               "c"),
    HOSTILE("bidirectional", "\xe2\x80\xaegnp.exe\xe2\x81\xa6 \xd8\x9c"),
    HOSTILE("C1 and DEL", "\xc2\x9b"
                          "2J\x7f"),
    HOSTILE("C0", "\x1b[2J\r\n\t\x01"),
    HOSTILE("NUL", "a\0b"),
    HOSTILE("a backslash at the end", "\\"),
    HOSTILE("Chinese and beyond", "\xe4\xbc\x99\xe4\xbc\xb4 \xf0\x90\x8d\x88"),
};

Test(html, hostile_names_stay_data)
{
    for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
        json_t *data = class_of_text(hostile[i].bytes, hostile[i].nbytes);
        char *page = write_page(data);
        char *text = data_of(page);
        json_t *again = json_loads(text, JSON_ALLOW_NUL, NULL);

        cr_expect(json_equal(data, again), "%s: it is another text now: %s",
                  hostile[i].what, text);
        cr_expect_null(strpbrk(text, "<>&\x7f\x1b\r\n"),
                       "%s: a byte that means something: %s", hostile[i].what,
                       text);
        json_decref(again);
        json_decref(data);
        free(text);
        free(page);
    }
}

/* Somebody who looks at the file's source is not deceived, either. */
Test(html, no_invisible_character_is_in_the_source)
{
    static const char *const invisible[] = {
        "\xe2\x80\xa8", "\xe2\x80\xae", "\xe2\x81\xa6", "\xd8\x9c",
        "\xc2\x9b",     "\xe2\x80\x8f", "\xef\xbb\xbf"};

    for (size_t i = 0; i < sizeof(invisible) / sizeof(invisible[0]); i++) {
        json_t *data = class_of_text(invisible[i], strlen(invisible[i]));
        char *page = write_page(data);

        cr_expect_null(strstr(page, invisible[i]), "character %zu", i);
        json_decref(data);
        free(page);
    }
}

Test(html, takes_a_student_a_result_and_a_list)
{
    static const char *const good[] = {"{\"schema\": \"mmgrade/student/v1\"}",
                                       "{\"schema\": \"mmgrade/result/v1\"}",
                                       "[]",
                                       "[{\"schema\": \"mmgrade/result/v1\"}]"};

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        json_t *data = json_loads(good[i], 0, NULL);
        free(write_page(data));
        json_decref(data);
    }
}

Test(html, refuses_what_is_no_report)
{
    static const char *const bad[] = {
        "{}", "{\"schema\": \"mmgrade/class/v2\"}", "{\"schema\": 1}",
        "\"mmgrade/class/v1\""};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        json_t *data = json_loads(bad[i], JSON_DECODE_ANY, NULL);
        struct error err = {0};
        cr_expect_eq(html_write(data, path, &err), ERROR_INFRA, "%s", bad[i]);
        cr_expect(strstr(err.message, path), "names the file: %s", err.message);
        json_decref(data);
    }
    cr_expect_not(folder_has_entries(folder), "nothing is written");
}

/* --- the page --------------------------------------------------------------
 */

static void expect_allowed(const char *page, const char *directive,
                           const char *text)
{
    unsigned char digest[32];
    char base64[48], expected[128];

    EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL);
    EVP_EncodeBlock((unsigned char *)base64, digest, sizeof(digest));
    snprintf(expected, sizeof(expected), "%s 'sha256-%s';", directive, base64);
    cr_expect(strstr(page, expected), "not in the page: %s", expected);
}

Test(html, policy_allows_its_own_style_and_script_alone)
{
    json_t *data = json_array();
    char *page = write_page(data);
    char *style = between(page, "<style>", "</style>");
    char *script = between(page, "<script>", "</script>");
    char *policy = between(page,
                           "http-equiv=\"Content-Security-Policy\" "
                           "content=\"",
                           "\"");

    expect_allowed(page, "script-src", script);
    expect_allowed(page, "style-src", style);
    cr_expect_eq(strncmp(policy, "default-src 'none'; ", 20), 0, "%s", policy);
    cr_expect_null(strstr(policy, "unsafe"), "%s", policy);
    cr_expect_null(strpbrk(policy, "*@"), "%s", policy);
    free(policy);
    free(script);
    free(style);
    free(page);
    json_decref(data);
}

/* The browser's tests see that nothing is loaded; here, that nothing could. */
Test(html, parts_have_no_way_to_make_markup_or_to_load)
{
    static const char *const words[] = {
        "innerHTML",      "outerHTML",  "insertAdjacentHTML",
        "document.write", "DOMParser",  "eval(",
        "Function(",      "import(",    "fetch(",
        "XMLHttp",        "sendBeacon", "WebSocket",
        "https:",         "url(",       "@import",
        "</script",       "</style",    "<!--",
        "srcdoc"};
    const char *const parts[] = {page_script, page_style, page_html};
    const size_t sizes[] = {page_script_bytes, page_style_bytes,
                            page_html_bytes};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        bool markup = words[i][0] == '<'; /* the template's own */
        for (size_t part = 0; part < (markup ? 2 : 3); part++) {
            cr_expect_null(
                memmem(parts[part], sizes[part], words[i], strlen(words[i])),
                "part %zu has %s", part, words[i]);
        }
    }
}

Test(html, same_data_gives_the_same_bytes)
{
    json_t *data = class_of(json_string("A"));
    char *first = write_page(data);
    char *second = write_page(data);

    cr_expect_str_eq(first, second);
    free(second);
    free(first);
    json_decref(data);
}

/* --- what can't be written -------------------------------------------------
 */

Test(html, too_much_data_is_over_the_limit)
{
    size_t nbytes = (size_t)65 << 20;
    char *text = malloc(nbytes + 1);
    struct error err = {0};

    memset(text, 'x', nbytes);
    text[nbytes] = '\0';
    json_t *data = class_of(json_string_nocheck(text));
    cr_expect_eq(html_write(data, path, &err), ERROR_LIMIT, "%s", err.message);
    cr_expect(strstr(err.message, "65 MiB"), "%s", err.message);
    cr_expect_not(folder_has_entries(folder), "nothing is written");
    json_decref(data);
    free(text);
}

Test(html, unwritable_place_is_an_error_that_names_it)
{
    static const char *const places[] = {"nowhere/page.html", "file/page.html"};
    json_t *data = json_array();

    fixture_write(folder, "file", "x", 1);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        char *place = fixture_path(folder, places[i]);
        struct error err = {0};
        cr_expect_eq(html_write(data, place, &err), ERROR_INFRA);
        cr_expect(strstr(err.message, place), "%s", err.message);
        free(place);
    }
    json_decref(data);
}

/* As on a full disk: a part of the page is written, then no more. */
Test(html, full_disk_leaves_the_page_that_was_there)
{
    struct rlimit small = {.rlim_cur = 1024, .rlim_max = RLIM_INFINITY};
    struct rlimit before;
    json_t *data = json_array();
    struct error err = {0};

    fixture_write(folder, "page.html", "the old page", 12);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    setrlimit(RLIMIT_FSIZE, &small);
    cr_expect_eq(html_write(data, path, &err), ERROR_INFRA);
    setrlimit(RLIMIT_FSIZE, &before);
    char *page = read_page();
    cr_expect_str_eq(page, "the old page");
    struct path_list names = {NULL, 0};
    cr_assert_eq(folder_walk(folder, &names, &err), 0, "%s", err.message);
    cr_expect_eq(names.count, 1, "no part of a page is left");
    path_list_free(&names);
    free(page);
    json_decref(data);
}

/* --- names of students' pages ----------------------------------------------
 */

static void expect_names(const char *course, const char *student,
                         const char *other_course, const char *other, bool same)
{
    char a[64] = "", b[64] = "";
    struct error err = {0};

    cr_assert_eq(html_student_path(NULL, course, student, a, &err), 0);
    cr_assert_eq(html_student_path(NULL, other_course, other, b, &err), 0);
    cr_expect_eq(strcmp(a, b) == 0, same, "%s and %s", a, b);
}

Test(html, student_path_is_the_students_alone)
{
    expect_names("os", "1", "os", "1", true);
    expect_names("os", "1", "os", "2", false);
    expect_names("os", "1", "os1", "", false);
    expect_names("os", "1", "db", "1", false);
}

Test(html, student_path_says_nothing_and_stays_in_its_folder)
{
    static const char *const ids[] = {"20260001", "../../etc/passwd", "",
                                      "\xe4\xbc\x99", "a b/c\"<"};

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        char name[64] = "";
        struct error err = {0};
        cr_assert_eq(html_student_path(NULL, "os", ids[i], name, &err), 0);
        cr_expect_eq(strncmp(name, "students/", 9), 0, "%s", name);
        cr_expect_eq(strspn(name + 9, "0123456789abcdef"), 32, "%s", name);
        cr_expect_str_eq(name + 9 + 32, ".html");
    }
}

/* HMAC-SHA-256 of "page\0os\0" "1", by Python's hmac. */
Test(html, student_path_is_by_the_courses_key)
{
    unsigned char key[SEED_BYTES] = {0}, other[SEED_BYTES] = {1};
    char plain[64], keyed[64], otherwise[64];
    struct error err = {0};

    cr_assert_eq(html_student_path(NULL, "os", "1", plain, &err), 0);
    cr_assert_eq(html_student_path(key, "os", "1", keyed, &err), 0);
    cr_assert_eq(html_student_path(other, "os", "1", otherwise, &err), 0);
    cr_expect_str_eq(keyed, "students/6fc6cb9577af12c4059a44f45b2ef42e.html");
    cr_expect_str_neq(keyed, plain);
    cr_expect_str_neq(keyed, otherwise);
}

/*
 * mmgrade report, as people run it: a course of three students on the toy kit,
 * with a gradebook that the test fills.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "booking.h"
#include "html.h"
#include "running.h"
#include "seed.h"

#define PAGE_BYTES_MAX (1 << 20)
#define HOSTILE        "</script><script>alert(1)</script>"

static const char course_yaml[] = "id: os2026\n"
                                  "name: {en: A course, zh: 课程}\n"
                                  "time_zone: Asia/Shanghai\n"
                                  "secret: course.key\n"
                                  "roster: roster.csv\n"
                                  "gradebook: book.sqlite\n"
                                  "labs:\n"
                                  "  - lab: lab0-toy\n"
                                  "    due: 2026-03-01T23:59:00+08:00\n"
                                  "    source: {layout: folder, where: work}\n";

static const char roster_csv[] = "id,name\n"
                                 "1001,Ann\n"
                                 "1002," HOSTILE "\n"
                                 "1003,Cleo\n";

static void setup_course(void)
{
    setup();
    write_text("course.yaml", course_yaml);
    write_text("roster.csv", roster_csv);
    write_text("course.key", "a secret that is long");
    char *key = inside("course.key");
    cr_assert(chmod(key, 0600) == 0, "chmod");
    free(key);
    write_text("work/readme", "");
    char *path = inside("book.sqlite");
    struct book *book = open_book(path, BOOK_WRITE);
    add_to(book,
           an_archive("1001", "aa", 1000, toy_outcome("aa", "pass", "fail")));
    add_to(book,
           an_archive("1002", "bb", 1000, toy_outcome("bb", "pass", "pass")));
    look_at(book, "1003", 1772380740 + 3600, LOOK_MISSING, NULL);
    book_close(book);
    free(path);
}

TestSuite(cli_report, .init = setup_course, .fini = teardown, .timeout = 60);

#define REPORT(...) run("report", "course.yaml", __VA_ARGS__, NULL)

/* The file's text; NULL if it isn't there. */
static char *page(const char *name)
{
    struct error err = {0};
    char *path = inside(name);
    char *text = NULL;
    size_t nbytes = 0;

    if (path_is_file(path)) {
        cr_assert(file_read(path, PAGE_BYTES_MAX, &text, &nbytes, &err) == 0,
                  "%s", err.message);
    }
    free(path);
    return text;
}

/* `secret` NULL: as in a course without one. */
static void name_page(const char *secret, const char *id,
                      char name[HTML_PATH_BYTES])
{
    struct error err = {0};
    unsigned char key[SEED_BYTES];
    char *path = secret ? inside(secret) : NULL;

    cr_assert(
        (!path || seed_course_key(path, key, &err) == 0) &&
            html_student_path(path ? key : NULL, "os2026", id, name, &err) == 0,
        "%s", err.message);
    free(path);
}

static char *student_page(const char *site, const char *id)
{
    char name[64] = "";

    name_page("course.key", id, name);
    char *path = fixture_path(site, name);
    char *text = page(path);
    free(path);
    return text;
}

static void expect_in(const char *text, const char *part, bool wanted)
{
    cr_assert_not_null(text, "there is no page");
    cr_expect((strstr(text, part) != NULL) == wanted, "%s in the page: %s",
              wanted ? "not" : "it is", part);
}

Test(cli_report, staff_get_the_class_and_every_student)
{
    expect_code(REPORT("-o", "site"), 0);
    expect_out("site/index.html: the class, and pages of 3 students");
    cr_expect_str_eq(err_text, "", "nothing on stderr");
    char *class = page("site/index.html");
    char *ann = student_page("site", "1001");
    expect_in(class, "\"name\":\"Ann\"", true);
    expect_in(ann, "SAW-two", true);
    expect_in(ann, "mmgrade/student/v1", true);
    free(ann);
    free(class);
}

Test(cli_report, site_is_private)
{
    struct stat status;
    char *path = inside("site");

    expect_code(REPORT("-o", "site"), 0);
    cr_assert(stat(path, &status) == 0, "%s", path);
    cr_expect((status.st_mode & 0777) == 0700, "mode %o", status.st_mode);
    free(path);
}

Test(cli_report, mode_opens_it)
{
    struct stat status;
    char *path = inside("site");

    expect_code(REPORT("-o", "site", "--mode", "755"), 0);
    cr_assert(stat(path, &status) == 0, "%s", path);
    cr_expect((status.st_mode & 0777) == 0755, "mode %o", status.st_mode);
    free(path);
}

Test(cli_report, folder_that_others_can_read_is_told)
{
    char *path = inside("site");

    cr_assert(mkdir(path, 0755) == 0 && chmod(path, 0755) == 0, "mkdir");
    expect_code(REPORT("-o", "site"), 0);
    expect_err("chmod 700 site");
    free(path);
}

Test(cli_report, students_get_no_class_and_no_hidden_detail)
{
    expect_code(REPORT("-o", "site", "--audience", "student"), 0);
    cr_expect_null(page("site/index.html"), "a class page for students");
    expect_out("1001  Ann");
    expect_out("1003  Cleo");
    char *ann = student_page("site", "1001");
    expect_in(ann, "SAW-two", false);
    expect_in(ann, "1002", false);
    free(ann);
}

Test(cli_report, hostile_names_are_escaped_in_every_page)
{
    expect_code(REPORT("-o", "site"), 0);
    char *class = page("site/index.html");
    char *student = student_page("site", "1002");
    expect_in(class, HOSTILE, false);
    expect_in(class, "\\u003c/script\\u003e", true);
    expect_in(student, HOSTILE, false);
    free(student);
    free(class);
}

/* Standard output is a full disk. */
Test(cli_report, full_disk_is_a_fault)
{
    char *command = NULL;
    int status = 0;

    cr_assert(asprintf(&command,
                       "cd '%s' && '%s' report course.yaml -o site >/dev/full "
                       "2>full",
                       folder, program) > 0,
              "memory");
    status = system(command);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 3, "exit code");
    char *said = page("full");
    expect_in(said, "can't write to the standard output", true);
    free(said);
    free(command);
}

Test(cli_report, one_student)
{
    expect_code(REPORT("-o", "site", "--student", "1001"), 0);
    expect_out("1001  Ann");
    cr_expect_null(student_page("site", "1002"), "another student's page");
    expect_code(REPORT("-o", "site", "--student", "9"), 1);
    expect_err("no student '9'");
}

Test(cli_report, json_says_which_page_is_whose)
{
    expect_code(REPORT("-o", "site", "--json"), 0);
    json_t *json = json_loads(out, 0, NULL);
    json_t *pages = json_object_get(json, "pages");
    cr_assert(json_array_size(pages) == 3, "%s", out);
    char name[HTML_PATH_BYTES];
    name_page("course.key", "1001", name);
    cr_expect_str_eq(
        json_string_value(json_object_get(json_array_get(pages, 0), "page")),
        name);
    json_decref(json);
}

/* Who fills in the marks needs no secret. */
Test(cli_report, pages_alone_need_the_secret)
{
    char *key = inside("course.key");

    cr_assert(unlink(key) == 0, "unlink");
    expect_code(run("score", "course.yaml", "--json", NULL), 0);
    expect_code(run("export", "csv", "--course", "course.yaml", NULL), 0);
    expect_code(run("report", "course.yaml", "-o", "site", NULL), 1);
    expect_err("course.key");
    free(key);
}

/* From a course without a secret to one with it. */
Test(cli_report, secret_decides_the_names_of_pages)
{
    char *yaml = strdup(course_yaml);
    char *line = strstr(yaml, "secret: ");
    char plain[64], old[100];

    name_page(NULL, "1001", plain);
    snprintf(old, sizeof(old), "site/%s", plain);
    memmove(line, strchr(line, '\n') + 1, strlen(strchr(line, '\n') + 1) + 1);
    write_text("course.yaml", yaml);
    expect_code(REPORT("-o", "site"), 0);
    expect_err("has no secret");
    char *before = page(old);
    cr_expect_not_null(before, "%s", old);

    write_text("course.yaml", course_yaml);
    expect_code(REPORT("-o", "site"), 0);
    cr_expect_null(strstr(err_text, "secret"), "%s", err_text);
    expect_out("3 pages removed");
    cr_expect_null(page(old), "%s is still there", old);
    char *after = student_page("site", "1001");
    cr_expect_not_null(after, "no page by the keyed name");
    free(after);
    free(before);
    free(yaml);
}

Test(cli_report, secret_that_is_not_there_is_a_usage_error)
{
    char *path = inside("course.key");

    cr_assert(unlink(path) == 0, "unlink");
    expect_code(REPORT("-o", "site"), 1);
    expect_err("course.key");
    free(path);
}

Test(cli_report, secret_that_others_can_read_is_told)
{
    char *path = inside("course.key");

    cr_assert(chmod(path, 0644) == 0, "chmod");
    expect_code(REPORT("-o", "site"), 0);
    expect_err("warning: not only its owner can read the course's secret");
    free(path);
}

Test(cli_report, usage_errors_write_nothing)
{
    static const struct {
        const char *words[4];
        const char *said;
    } cases[] = {
        {{NULL}, "name the course"},
        {{"course.yaml"}, "say with -o where"},
        {{"course.yaml", "-o"}, "-o needs a value"},
        {{"course.yaml", "-o", ""}, "say with -o where"},
        {{"course.yaml", "more.yaml", "-o", "s"}, "not 'more.yaml'"},
        {{"nowhere.yaml", "-o", "s"}, "nowhere.yaml"},
        {{"course.yaml", "-o", "s", "--audience=all"}, "staff or student"},
        {{"course.yaml", "-o", "s", "--mode=888"}, "not '888'"},
        {{"course.yaml", "-o", "s", "--mode=077"}, "not '077'"},
        {{"course.yaml", "-o", "s", "--at=yesterday"}, "--at: "},
        {{"course.yaml", "-o", "s", "--frob"}, "no option --frob"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const *w = cases[i].words;
        expect_code(run("report", w[0], w[1], w[2], w[3], NULL), 1);
        expect_err(cases[i].said);
        cr_expect_str_eq(out, "", "nothing on stdout");
    }
    char *path = inside("s");
    cr_expect(access(path, F_OK) != 0, "%s was made", path);
    free(path);
}

Test(cli_report, missing_gradebook_is_a_usage_error)
{
    char *path = inside("book.sqlite");

    cr_assert(unlink(path) == 0, "unlink");
    expect_code(REPORT("-o", "site"), 1);
    expect_err("book.sqlite");
    free(path);
}

Test(cli_report, unwritable_place_is_a_fault)
{
    write_text("file", "x");
    expect_code(REPORT("-o", "file/site"), 3);
    expect_err("can't create the folder file");
}

Test(cli_report, audiences_are_not_mixed)
{
    expect_code(REPORT("-o", "site"), 0);
    expect_code(REPORT("-o", "site", "--audience", "student"), 1);
    expect_err("name another folder");
}

/* mmgrade grade --out: the same page, of results. */
Test(cli_report, grade_writes_a_report_as_well)
{
    expect_code(GRADE("half", "-o", "o"), 0);
    char *text = page("o/report.html");
    expect_in(text, "\"lab\":\"lab0-toy\"", true);
    expect_in(text, "SAW-two", false);
    free(text);
    expect_code(GRADE("half", "kit/reference", "-o", "p", "--staff"), 0);
    text = page("p/report.html");
    expect_in(text, "SAW-two", true);
    free(text);
}

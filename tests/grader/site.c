/*
 * A site of reports: which pages are written, which are removed, and who may
 * read the folder.
 */
#include "site.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "fixture.h"
#include "folder.h"
#include "html.h"
#include "seed.h"

static char *parent;
static char *folder; /* PARENT/a/site; not there at first */
static json_t *data;
static struct site site;
static struct site_summary summary;
static struct error err;
static char said[1200];
static const unsigned char *key; /* of the course, or NULL */

static int student(void *context, const char *id, json_t **out,
                   struct error *why)
{
    (void)context;
    if (strcmp(id, "broken") == 0) {
        return fail(why, ERROR_INFRA, "the gradebook is broken");
    }
    *out = json_pack("{s:s, s:{s:s}}", "schema", "mmgrade/student/v1",
                     "student", "id", id);
    if (strcmp(id, "huge") == 0) {
        size_t nbytes = (size_t)65 << 20;
        char *text = malloc(nbytes);
        memset(text, 'x', nbytes);
        json_object_set_new(*out, "text", json_stringn(text, nbytes));
        free(text);
    }
    return 0;
}

static void skipped(void *context, const char *id, const struct error *why)
{
    (void)context;
    snprintf(said, sizeof(said), "%s: %s", id, why->message);
}

/* The class: ids are words, and the audience as given. */
static void make_class(const char *audience, const char *ids)
{
    char *words = strdup(ids);
    char *rest = NULL;
    json_t *students = json_array();

    for (char *id = strtok_r(words, " ", &rest); id;
         id = strtok_r(NULL, " ", &rest)) {
        char page[HTML_PATH_BYTES];
        cr_assert_eq(html_student_path(key, "os", id, page, &err), 0);
        json_array_append_new(students,
                              json_pack("{s:s, s:s}", "id", id, "page", page));
    }
    json_decref(data);
    data = json_pack("{s:s, s:s, s:{s:s}, s:o}", "schema", "mmgrade/class/v1",
                     "audience", audience, "course", "id", "os", "students",
                     students);
    site.data = data;
    free(words);
}

static void setup(void)
{
    parent = fixture_folder();
    folder = fixture_path(parent, "a/site");
    key = NULL;
    site = (struct site){.folder = folder,
                         .mode = SITE_MODE,
                         .student = student,
                         .skipped = skipped};
    make_class("staff", "ann bob");
}

static void teardown(void)
{
    json_decref(data);
    fixture_remove(parent);
    free(folder);
    free(parent);
}

TestSuite(site, .init = setup, .fini = teardown, .timeout = 60);

static void expect_written(void)
{
    cr_assert_eq(site_write(&site, &summary, &err), 0, "%s", err.message);
}

static void expect_refused(int kind, const char *words)
{
    cr_assert_eq(site_write(&site, &summary, &err), kind, "%s", err.message);
    cr_expect(strstr(err.message, words), "not \"%s\" in: %s", words,
              err.message);
}

static bool is_there(const char *name)
{
    char *path = fixture_path(folder, name);
    bool there = path_is_file(path);

    free(path);
    return there;
}

static bool has_page(const char *id)
{
    char name[64];

    cr_assert_eq(html_student_path(key, "os", id, name, &err), 0);
    return is_there(name);
}

static void expect_mode(const char *name, mode_t mode)
{
    char *path = fixture_path(folder, name);
    struct stat status = {0};

    cr_assert_eq(stat(path, &status), 0, "%s", path);
    cr_expect_eq(status.st_mode & 07777, mode, "%s: mode %o", path,
                 status.st_mode & 07777);
    free(path);
}

Test(site, has_a_page_for_staff_and_one_a_student)
{
    expect_written();
    cr_expect(is_there("index.html"));
    cr_expect(has_page("ann"));
    cr_expect(has_page("bob"));
    cr_expect_eq(summary.npages, 2);
    cr_expect(summary.indexed);
}

Test(site, students_get_no_class_page)
{
    make_class("student", "ann bob");
    expect_written();
    cr_expect_not(is_there("index.html"));
    cr_expect(has_page("ann"));
    cr_expect_not(summary.indexed);
}

Test(site, folder_is_private_unless_asked_otherwise)
{
    expect_written();
    expect_mode(".", 0700);
    expect_mode("students", 0700);
    expect_mode("..", 0755);
    cr_expect_eq(summary.exposed, 0);
}

Test(site, mode_is_what_was_asked_for_whatever_the_umask)
{
    umask(077);
    site.mode = 0750;
    expect_written();
    expect_mode(".", 0750);
    expect_mode("students", 0750);
}

/* /tmp or a web server's folder must not lose its mode. */
Test(site, folder_that_was_there_keeps_its_mode_and_that_is_told)
{
    fixture_write(folder, "mine.txt", "x", 1);
    cr_assert_eq(chmod(folder, 0755), 0);
    expect_written();
    expect_mode(".", 0755);
    cr_expect_eq(summary.exposed, 055, "%o", summary.exposed);
    cr_expect(is_there("mine.txt"));
}

Test(site, audiences_are_not_mixed)
{
    expect_written();
    make_class("student", "ann bob");
    expect_refused(ERROR_USAGE, "has pages for staff");
    cr_expect(is_there("index.html"));
}

Test(site, audiences_are_not_mixed_the_other_way)
{
    make_class("student", "ann bob");
    expect_written();
    make_class("staff", "ann bob");
    expect_refused(ERROR_USAGE, "has pages for students");
    cr_expect_not(is_there("index.html"));
}

Test(site, who_left_loses_the_page)
{
    fixture_write(folder, "students/notes.html", "x", 1);
    fixture_write(folder, "index.html", "x", 1);
    expect_written();
    make_class("staff", "bob");
    expect_written();
    cr_expect_not(has_page("ann"));
    cr_expect(has_page("bob"));
    cr_expect_eq(summary.nremoved, 1);
    cr_expect(is_there("students/notes.html"), "a file of somebody else's");
}

/* The course was given a secret: nobody may find the old pages any more. */
Test(site, names_from_before_the_key_are_removed)
{
    static const unsigned char secret[SEED_BYTES] = {1, 2, 3};

    expect_written();
    key = secret;
    make_class("staff", "ann bob");
    expect_written();
    cr_expect(has_page("ann"));
    cr_expect(has_page("bob"));
    cr_expect_eq(summary.nremoved, 2);
    key = NULL;
    cr_expect_not(has_page("ann"));
    cr_expect_not(has_page("bob"));
}

Test(site, one_student_alone)
{
    site.only = "bob";
    expect_written();
    cr_expect_not(has_page("ann"));
    cr_expect(has_page("bob"));
    site.only = "ann";
    expect_written();
    cr_expect(has_page("bob"), "others' pages stay");
}

Test(site, unknown_student_is_a_usage_error)
{
    site.only = "eve";
    expect_refused(ERROR_USAGE, "no student 'eve'");
    cr_expect_not(path_is_folder(folder), "nothing is written");
}

Test(site, page_that_is_too_large_does_not_stop_the_others)
{
    make_class("staff", "ann huge bob");
    char name[64];
    cr_assert_eq(html_student_path(key, "os", "huge", name, &err), 0);
    fixture_write(folder, "index.html", "x", 1);
    fixture_write(folder, name, "the old page", 12);
    expect_written();
    cr_expect(has_page("bob"));
    cr_expect_not(has_page("huge"), "an old page would be wrong");
    cr_expect_eq(summary.nskipped, 1);
    cr_expect(strstr(said, "huge: can't write"), "%s", said);
}

static void expect_index(const char *words)
{
    char *path = fixture_path(folder, "index.html");
    char *text = NULL;
    size_t nbytes = 0;

    cr_assert_eq(file_read(path, 1 << 20, &text, &nbytes, &err), 0, "%s",
                 err.message);
    cr_expect(strstr(text, words), "not \"%s\" in: %s", words, text);
    free(text);
    free(path);
}

/* It would link pages that aren't there. */
Test(site, class_page_stays_until_all_others_are_there)
{
    fixture_write(folder, "index.html", "the old page", 12);
    make_class("staff", "ann broken");
    expect_refused(ERROR_INFRA, "the gradebook is broken");
    expect_index("the old page");
    make_class("staff", "ann bob");
    expect_written();
    expect_index("mmgrade/class/v1");
}

Test(site, unfinished_site_is_one_for_staff)
{
    make_class("staff", "ann broken");
    expect_refused(ERROR_INFRA, "the gradebook is broken");
    cr_expect(has_page("ann"));
    expect_index("has not finished");
    make_class("student", "ann bob");
    expect_refused(ERROR_USAGE, "has pages for staff");
    make_class("staff", "ann bob");
    expect_written();
    expect_index("mmgrade/class/v1");
}

Test(site, fault_of_a_student_is_told)
{
    make_class("staff", "ann broken");
    expect_refused(ERROR_INFRA, "the gradebook is broken");
}

Test(site, unwritable_folder_is_an_error_that_names_it)
{
    fixture_write(parent, "a", "x", 1); /* a file where a folder should be */
    expect_refused(ERROR_INFRA, "can't create the folder");
    cr_expect(strstr(err.message, parent), "%s", err.message);
}

Test(site, file_in_place_of_the_students_folder_is_an_error)
{
    fixture_write(folder, "students", "x", 1);
    expect_refused(ERROR_INFRA, "students");
}

Test(site, class_without_students_has_a_class_page)
{
    make_class("staff", "");
    expect_written();
    cr_expect(is_there("index.html"));
    cr_expect_eq(summary.npages, 0);
}

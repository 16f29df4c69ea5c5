/*
 * course.yaml: what is read from good files, and the sentence with its place
 * for each kind of bad one.
 */
#include "course.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "fixture.h"
#include "moment.h"
#include "roster.h"

static char *root; /* removed at the end: a kit, and the course in class/ */
static struct course *course;
static struct error err;

/* Six lines. */
#define HEAD                                                                   \
    "id: os2026\n"                                                             \
    "name: {en: OS, zh: 操作系统}\n"                                       \
    "time_zone: Asia/Shanghai\n"                                               \
    "roster: roster.csv\n"                                                     \
    "gradebook: book/grades.db\n"                                              \
    "labs:\n"

#define DUE "2026-03-15T23:59:00+08:00"

/* Three lines. */
#define LAB(name, due, layout, where)                                          \
    "  - lab: " name "\n"                                                      \
    "    due: " due "\n"                                                       \
    "    source: {layout: " layout ", where: \"" where "\"}\n"

#define ONE LAB("lab1-buddy", DUE, "folder", "work")
#define TWO LAB("lab2-slab", DUE, "folder", "work")

#define GOOD HEAD ONE

static void write_text(const char *path, const char *text)
{
    fixture_write(root, path, text, strlen(text));
}

static void setup(void)
{
    root = fixture_folder();
    write_text("assignments/lab1-buddy/lab.yaml", "not read here\n");
    write_text("assignments/lab2-slab/lab.yaml", "not read here\n");
}

static void teardown(void)
{
    course_free(course);
    fixture_remove(root);
    free(root);
}

TestSuite(course, .init = setup, .fini = teardown);

static int read_text(const char *yaml)
{
    char *path = fixture_path(root, "class/course.yaml");

    write_text("class/course.yaml", yaml);
    course_free(course);
    int rc = course_read(path, root, &course, &err);
    free(path);
    return rc;
}

static void expect_read(const char *yaml)
{
    cr_assert_eq(read_text(yaml), 0, "%s\nshould be read: %s", yaml,
                 err.message);
}

/* The file is refused with a USAGE sentence that has `part` in it. */
static void expect_refused(const char *yaml, const char *part)
{
    int rc = read_text(yaml);

    cr_assert(rc == ERROR_USAGE, "read:\n%s\nexpected USAGE, got %d (%s)", yaml,
              rc, rc ? err.message : "accepted");
    cr_assert(strstr(err.message, part),
              "read:\n%s\nexpected a message with: %s\ngot: %s", yaml, part,
              err.message);
}

static int64_t moment(const char *text)
{
    int64_t out = 0;

    cr_assert_eq(moment_parse(text, &out, &err), 0, "%s", err.message);
    return out;
}

/* --- good ones -------------------------------------------------------------
 */

Test(course, everything_is_read)
{
    char *folder = fixture_path(root, "class");
    char *where = NULL;

    expect_read(
        "id: os-2026_a\nname: {en: OS, zh: 操作系统}\n"
        "time_zone: America/Argentina/Buenos_Aires\nsecret: /srv/secret.key\n"
        "roster: roster.csv\ngradebook: book/grades.db\nlabs:\n"
        "  - lab: lab2-slab\n    due: 2026-03-15T23:59:00+08:00\n"
        "    weight: 3\n    source:\n      layout: classroom\n"
        "      where: repos\n      ref: main\n      assignment: week-2\n" ONE
        "policy: {attempt: best, grace_minutes: 10, penalty_percent: 20,\n"
        "         cap_percent: 60, max_days: 3}\n"
        "extensions:\n  - {student: '7', due: " DUE ", note: ill}\n"
        "visibility: never\n");
    cr_expect_str_eq(course->id, "os-2026_a", "id");
    cr_expect_str_eq(course->name.zh, "操作系统", "name");
    cr_expect_str_eq(course->folder, folder, "folder");
    cr_expect_str_eq(course->secret, "/srv/secret.key", "absolute path");
    cr_expect(strstr(course->roster, "/class/roster.csv"), "relative path");
    cr_expect(course->gradebook[0] == '/', "absolute");
    cr_assert_eq(course->nlabs, 2, "two labs");
    cr_expect_str_eq(course->labs[0].lab, "lab2-slab", "in order");
    cr_expect_eq(course->labs[0].due, moment(DUE), "due");
    cr_expect_eq(course->labs[0].weight, 3, "weight");
    cr_expect_eq(course->labs[0].source.layout, LAYOUT_CLASSROOM, "layout");
    cr_expect_str_eq(course->labs[0].source.ref, "main", "ref");
    cr_expect_str_eq(course->labs[0].source.assignment, "week-2", "name");
    where = fixture_path(folder, "repos");
    cr_expect_str_eq(course->labs[0].source.where, where, "where");
    cr_expect_eq(course->policy.attempt, ATTEMPT_BEST, "attempt");
    cr_expect_eq(course->policy.grace_minutes, 10, "grace");
    cr_expect_eq(course->policy.penalty_percent, 20, "penalty");
    cr_expect_eq(course->policy.cap_percent, 60, "cap");
    cr_expect_eq(course->policy.max_days, 3, "days");
    cr_expect_eq(course->visibility, VISIBLE_NEVER, "visibility");
    cr_expect_str_eq(course->extensions[0].note, "ill", "note");
    free(where);
    free(folder);
}

Test(course, what_is_left_out_has_a_harmless_value)
{
    expect_read(GOOD);
    cr_expect_null(course->secret, "no secret");
    cr_expect_eq(course->labs[0].weight, 1, "weight 1");
    cr_expect_eq(course->policy.attempt, ATTEMPT_LAST, "the last");
    cr_expect_eq(course->policy.penalty_percent, 0, "no penalty");
    cr_expect_eq(course->policy.cap_percent, 100, "no cap");
    cr_expect_eq(course->policy.max_days, COURSE_DAYS_MAX, "no last day");
    cr_expect_eq(course->visibility, VISIBLE_AFTER_DUE, "after due");
    cr_expect_eq(course->nextensions, 0, "none");
    expect_read(GOOD "policy: {penalty_percent: 5}\n");
    cr_expect_eq(course->policy.penalty_percent, 5, "penalty");
    cr_expect_eq(course->policy.cap_percent, 100, "no cap");
}

Test(course, every_layout_is_known)
{
    static const struct {
        const char *word;
        enum course_layout layout;
    } layouts[] = {
        {"folder", LAYOUT_FOLDER},         {"moodle", LAYOUT_MOODLE},
        {"canvas", LAYOUT_CANVAS},         {"gradescope", LAYOUT_GRADESCOPE},
        {"blackboard", LAYOUT_BLACKBOARD}, {"classroom", LAYOUT_CLASSROOM},
    };

    for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
        char yaml[1000];
        snprintf(yaml, sizeof(yaml),
                 HEAD "  - lab: lab1-buddy\n    due: " DUE "\n"
                      "    source: {layout: %s, where: x}\n",
                 layouts[i].word);
        expect_read(yaml);
        cr_expect_eq(course->labs[0].source.layout, layouts[i].layout, "%s",
                     layouts[i].word);
        cr_expect_str_eq(course_layout_word(layouts[i].layout), layouts[i].word,
                         "and back");
    }
}

Test(course, git_pattern_may_be_a_url_or_a_path)
{
    static const char *const urls[] = {
        "https://git.example.edu/{login}.git",
        "ssh://git@host/{id}",
        "git@host:{login}/lab.git",
        "file:///srv/{login}.git",
        "/srv/{login}.git",
    };
    char yaml[1000];

    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        snprintf(yaml, sizeof(yaml),
                 HEAD "  - lab: lab1-buddy\n    due: " DUE "\n"
                      "    source: {layout: git, where: \"%s\"}\n",
                 urls[i]);
        expect_read(yaml);
        cr_expect_str_eq(course->labs[0].source.where, urls[i], "as it is");
    }
    expect_read(HEAD LAB("lab1-buddy", DUE, "git", "repos/{login}.git"));
    cr_expect(strstr(course->labs[0].source.where, "/class/repos/{login}.git"),
              "%s", course->labs[0].source.where);
}

Test(course, git_pattern_has_a_transport_that_is_fetched)
{
    expect_refused(
        HEAD LAB("lab1-buddy", DUE, "git", "http://git.example.edu/{login}"),
        "course.yaml:9:27: can't fetch http://git.example.edu/{login}: its "
        "transport is not allowed; use https://HOST/PATH, ");
    expect_refused(HEAD LAB("lab1-buddy", DUE, "git", "git://host/{login}"),
                   "its transport is not allowed");
    expect_refused(HEAD LAB("lab1-buddy", DUE, "git", "ext::sh%20{login}"),
                   "its transport is not allowed");
}

Test(course, git_pattern_has_a_host_that_is_fetched_from)
{
    static const struct {
        const char *pattern, *said;
    } cases[] = {
        {"https://localhost/{login}.git", "its host is this machine"},
        {"https://git.localhost/{login}.git", "its host is this machine"},
        {"https://127.1:3000/{login}.git", "its host is this machine"},
        {"ssh://git@[::1]/{login}.git", "its host is this machine"},
        {"git@127.0.0.1:{login}.git", "its host is this machine"},
        {"https://169.254.169.254/{id}", "its host is this machine"},
        {"https:///{login}.git", "it has no proper host"},
        {"ssh://-oProxyCommand=x/{id}", "it has no proper host"},
        {"https://host/a b/{login}", "that is not a git URL"},
    };
    char yaml[1000];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(yaml, sizeof(yaml),
                 HEAD "  - lab: lab1-buddy\n    due: " DUE "\n"
                      "    source: {layout: git, where: \"%s\"}\n",
                 cases[i].pattern);
        expect_refused(yaml, cases[i].said);
    }
    /* Here it depends on the student; and names are not looked up. */
    expect_read(HEAD LAB("lab1-buddy", DUE, "git", "https://127.0.0.{id}/x"));
    expect_read(HEAD LAB("lab1-buddy", DUE, "git", "https://a.invalid/{id}"));
}

Test(course, path_may_be_given_in_any_way)
{
    char *linked = fixture_path(root, "class/linked.yaml");

    expect_read(GOOD);
    cr_assert_eq(chdir(root), 0, "chdir");
    course_free(course);
    course = NULL;
    cr_assert_eq(course_read("class/course.yaml", root, &course, &err), 0, "%s",
                 err.message);
    cr_expect_eq(course->path[0], '/', "absolute: %s", course->path);
    cr_assert_eq(chdir("class"), 0, "chdir");
    course_free(course);
    course = NULL;
    cr_assert_eq(course_read("course.yaml", root, &course, &err), 0, "%s",
                 err.message);
    cr_expect(strstr(course->roster, "/class/roster.csv"), "%s",
              course->roster);
    free(linked);
}

/* --- keys ------------------------------------------------------------------
 */

Test(course, unknown_key_is_named_where_it_stands)
{
    expect_refused(GOOD "semester: 2\n",
                   "course.yaml:10:1: the key 'semester' is not known here; "
                   "check its spelling against docs/course.md");
    expect_refused(GOOD "policy: {penalty: 2}\n",
                   "course.yaml:10:10: the key 'penalty' is not known");
    expect_refused(GOOD "extensions:\n  - {student: a, due: " DUE ", why: x}\n",
                   "the key 'why' is not known");
}

Test(course, key_given_twice_is_refused)
{
    expect_refused(GOOD "id: other\n",
                   "course.yaml:10:1: the key 'id' is given twice");
}

Test(course, missing_key_is_named)
{
    expect_refused("id: a\nname: {en: a, zh: b}\n", "is missing here");
    expect_refused(HEAD "  - lab: lab1-buddy\n    due: " DUE "\n",
                   "course.yaml:7:5: the key 'source' is missing here");
    expect_refused("id: a\nname: {en: a}\n", "the key 'zh' is missing");
}

Test(course, text_that_is_not_yaml_is_named_with_line)
{
    expect_refused("id: [a\nname: b\n", "course.yaml:2:5: this is not YAML");
    expect_refused("", "course.yaml:1:1: the file is empty");
}

/* --- values ----------------------------------------------------------------
 */

Test(course, odd_ids_are_refused)
{
    expect_refused("id: os/2026\n" GOOD, "the key 'id' is given twice");
    static const char *const bad[] = {"a/b", "..", "-a", "_a", "a b", "课"};
    char yaml[1000];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(yaml, sizeof(yaml), "id: \"%s\"\n%s", bad[i],
                 &GOOD[strlen("id: os2026\n")]);
        expect_refused(yaml, "course.yaml:1:1: '");
    }
}

Test(course, unknown_lab_lists_those_there_are)
{
    expect_refused(HEAD LAB("lab9", DUE, "folder", "x"),
                   "course.yaml:7:5: there is no lab 'lab9'; the labs are: "
                   "lab1-buddy, lab2-slab");
    expect_refused(HEAD LAB("../x", DUE, "folder", "x"), "there is no lab");
}

Test(course, lab_twice_is_refused)
{
    expect_refused(HEAD ONE TWO ONE,
                   "course.yaml:13:5: the lab 'lab1-buddy' is already listed "
                   "as lab 1");
}

Test(course, time_without_zone_is_refused)
{
    expect_refused(HEAD LAB("lab1-buddy", "2026-03-15T23:59:00", "folder", "x"),
                   "course.yaml:8:5: '2026-03-15T23:59:00' is not a time with "
                   "its zone: the zone is missing");
    expect_refused(HEAD LAB("lab1-buddy", "2026-03-15", "folder", "x"),
                   "course.yaml:8:5: ");
    expect_refused(
        HEAD LAB("lab1-buddy", "2026-02-30T00:00:00Z", "folder", "x"),
        "no such day");
}

Test(course, unknown_time_zone_is_refused)
{
    static const char *const bad[] = {
        "Asia/Peking", "CST8",
        "/etc/passwd", "../../../etc/passwd",
        "Asia",        "posixrules/../UTC",
        "UTC ",        "+08:00",
    };
    char yaml[1000];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(yaml, sizeof(yaml),
                 "time_zone: \"%s\"\nid: a\nname: {en: a, zh: b}\n"
                 "roster: r\ngradebook: g\nlabs:\n" ONE,
                 bad[i]);
        expect_refused(yaml, "course.yaml:1:1: there is no time zone");
    }
}

Test(course, machine_without_time_zones_is_at_fault)
{
    cr_assert_eq(setenv("TZDIR", "/nonexistent", 1), 0, "setenv");
    cr_expect_eq(read_text(GOOD), ERROR_INFRA, "not the file's fault");
    cr_expect(strstr(err.message, "install the package tzdata"), "%s",
              err.message);
}

Test(course, numbers_must_be_whole_and_in_range)
{
    static const char *const bad[] = {
        "-1",  "-0", "0.5",  ".nan", ".inf",       "1e2",
        "101", "x",  "0x10", "1 0",  "4294967297", "\"\\e[2J\"",
    };
    char yaml[1000];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(yaml, sizeof(yaml), GOOD "policy:\n  penalty_percent: %s\n",
                 bad[i]);
        expect_refused(yaml, "course.yaml:11:3: penalty_percent is a whole "
                             "number from 0 to 100, not '");
    }
    expect_refused(GOOD "policy:\n  cap_percent: 101\n", ":11:3: cap_percent");
    expect_refused(GOOD "policy:\n  grace_minutes: -5\n", ":11:3: grace_");
    expect_refused(GOOD "policy:\n  max_days: 36501\n", ":11:3: max_days");
}

Test(course, weight_must_be_a_whole_number_from_1)
{
    static const char *const bad[] = {"0", "-1", "1.5", ".inf", "1001"};
    char yaml[1000];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(yaml, sizeof(yaml), GOOD "    weight: %s\n", bad[i]);
        expect_refused(yaml, "course.yaml:10:5: a weight is a whole number "
                             "from 1 to 1000");
    }
}

Test(course, unknown_words_list_those_there_are)
{
    expect_refused(HEAD LAB("lab1-buddy", DUE, "svn", "x"),
                   "course.yaml:9:14: 'svn' is not one of: git, folder, "
                   "moodle, canvas, gradescope, blackboard, classroom");
    expect_refused(GOOD "policy: {attempt: first}\n",
                   "course.yaml:10:10: 'first' is not one of: last, best");
    expect_refused(GOOD "visibility: later\n",
                   "course.yaml:10:1: 'later' is not one of: always, "
                   "after-due, never");
}

Test(course, keys_of_a_source_must_go_together)
{
    expect_refused(HEAD "  - lab: lab1-buddy\n    due: " DUE "\n    source:\n"
                        "      layout: folder\n      where: x\n"
                        "      ref: main\n",
                   "course.yaml:12:7: ref is for the layouts git and "
                   "classroom");
    expect_refused(HEAD "  - lab: lab1-buddy\n    due: " DUE "\n    source:\n"
                        "      layout: moodle\n      where: x\n"
                        "      assignment: y\n",
                   "course.yaml:12:7: assignment is for the layouts "
                   "classroom and blackboard");
}

Test(course, git_pattern_must_name_the_student)
{
    expect_refused(HEAD LAB("lab1-buddy", DUE, "git", "https://host/lab1.git"),
                   "the pattern has no {login} or {id}");
    expect_refused(HEAD LAB("lab1-buddy", DUE, "git", "https://host/{user}/x"),
                   "'{user}' in the pattern is neither {login} nor {id}");
    expect_refused(HEAD LAB("lab1-buddy", DUE, "git", "https://host/{login"),
                   "'{login' in the pattern");
}

Test(course, control_characters_are_refused)
{
    expect_refused(HEAD LAB("lab1-buddy", DUE, "folder", "x\\ny"),
                   "the text has a control character");
    expect_refused("id: a\nname: {en: \"\\e[2J\", zh: b}\n"
                   "time_zone: UTC\nroster: r\ngradebook: g\nlabs:\n" ONE,
                   "course.yaml:2:8: the text has a control character");
}

/* --- extensions ------------------------------------------------------------
 */

#define EXTENSION(student, lab, due)                                           \
    "  - student: \"" student "\"\n    lab: " lab "\n    due: " due "\n"

#define LATER  "2026-03-22T23:59:00+08:00"
#define LATEST "2026-03-29T23:59:00+08:00"

Test(course, extension_moves_the_students_time_alone)
{
    expect_read(HEAD ONE TWO
                "extensions:\n" EXTENSION("7", "lab1-buddy", LATER));
    cr_expect_eq(course_due(course, &course->labs[0], "7"), moment(LATER),
                 "extended");
    cr_expect_eq(course_due(course, &course->labs[1], "7"), moment(DUE),
                 "another lab");
    cr_expect_eq(course_due(course, &course->labs[0], "8"), moment(DUE),
                 "another student");
    cr_expect_eq(course_find_lab(course, "lab2-slab"), &course->labs[1],
                 "find");
    cr_expect_null(course_find_lab(course, "lab3"), "not there");
}

Test(course, extension_for_all_labs_never_shortens_one)
{
    expect_read(HEAD ONE LAB(
        "lab2-slab", LATEST, "folder",
        "x") "extensions:\n  - student: \"7\"\n    due: " LATER "\n");
    cr_expect_eq(course_due(course, &course->labs[0], "7"), moment(LATER),
                 "extended");
    cr_expect_eq(course_due(course, &course->labs[1], "7"), moment(LATEST),
                 "it was later anyway");
}

Test(course, extension_that_makes_no_sense_is_refused)
{
    expect_refused(GOOD "extensions:\n" EXTENSION("7", "lab2-slab", LATER),
                   "course.yaml:12:5: the course has no lab 'lab2-slab'");
    expect_refused(GOOD "extensions:\n" EXTENSION("7", "lab1-buddy",
                                                  "2026-03-01T00:00:00Z"),
                   "course.yaml:13:5: the extension ends before lab1-buddy is "
                   "due");
    expect_refused(GOOD "extensions:\n" EXTENSION("7", "lab1-buddy", LATER)
                       EXTENSION("7", "lab1-buddy", LATEST),
                   "course.yaml:14:5: the student '7' has an extension for "
                   "lab1-buddy already");
    expect_refused(GOOD "extensions:\n" EXTENSION("7", "lab1-buddy", "soon"),
                   "course.yaml:13:5: 'soon' is not a time");
}

Test(course, extension_must_be_a_students_of_the_roster)
{
    struct student students[] = {{"7", "Ann", "", "", ""}};
    const struct roster roster = {students, 1};

    expect_read(GOOD "extensions:\n" EXTENSION("7", "lab1-buddy", LATER));
    cr_expect_eq(course_check_students(course, &roster, &err), 0, "%s",
                 err.message);
    students[0].id = "8";
    cr_expect_eq(course_check_students(course, &roster, &err), ERROR_USAGE,
                 "nobody's");
    cr_expect(strstr(err.message, "course.yaml:11:5: the roster has no student "
                                  "with the id '7'"),
              "%s", err.message);
}

/* --- the file --------------------------------------------------------------
 */

Test(course, file_that_can_not_be_read_is_usage)
{
    cr_expect_eq(course_read("/nonexistent/course.yaml", root, &course, &err),
                 ERROR_USAGE, "not there");
    cr_expect(strstr(err.message, "No such file"), "%s", err.message);
    cr_expect_eq(course_read(root, root, &course, &err), ERROR_USAGE,
                 "a folder");
    cr_expect(strstr(err.message, "name the course.yaml in it"), "%s",
              err.message);
    cr_expect_eq(course_read("/dev/null", root, &course, &err), ERROR_USAGE,
                 "a device");
}

Test(course, large_file_is_refused)
{
    const size_t nbytes = (1u << 20) + 1;
    char *path = fixture_path(root, "large.yaml");
    char *text = malloc(nbytes);

    cr_assert_not_null(text, "memory");
    memset(text, '#', nbytes);
    fixture_write(root, "large.yaml", text, nbytes);
    cr_expect_eq(course_read(path, root, &course, &err), ERROR_USAGE, "large");
    free(text);
    free(path);
}

/* Tests are run in the repository's folder. */
Test(course, example_is_read_and_fits_its_roster)
{
    struct roster roster = {NULL, 0};

    cr_assert_eq(
        course_read("assignments/course.example.yaml", ".", &course, &err), 0,
        "%s", err.message);
    cr_expect_eq(course->nlabs, 4, "its labs");
    cr_assert_eq(roster_read(course->roster, &roster, &err), 0, "%s",
                 err.message);
    cr_expect_eq(course_check_students(course, &roster, &err), 0, "%s",
                 err.message);
    roster_clear(&roster);
}

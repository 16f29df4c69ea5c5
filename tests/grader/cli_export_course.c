/*
 * mmgrade export of a class, from a course's gradebook.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>
#include "teaching.h"

TestSuite(cli_export_course, .init = setup_course, .fini = teardown_course,
          .timeout = 60);

Test(cli_export_course, table_of_the_gradebook)
{
    expect_code(run("export", "csv", "--course", "course.yaml", NULL), 0);
    expect_out("\r\n1001,Ann Li,ann,,,90,90,graded,100,1,");
    expect_out("\r\n1002,张三,zhang,,,60,60,graded,60,0,");
    expect_out("\r\n1003,'=HYPERLINK(1),bob,,,0,0,missing,");
}

Test(cli_export_course, what_is_undecided_is_left_empty)
{
    see("1003", LOOK_AMBIGUOUS, "a.zip fits two");
    write_text("moodle.csv", "I,N,Id,G,M,C\n参与者1,Ann,1001,,10,是\n"
                             "参与者3,=HYPERLINK(1),1003,,10,是\n");
    expect_code(run("export", "csv", "--course", "course.yaml", NULL), 0);
    expect_out("\r\n1003,'=HYPERLINK(1),bob,,,,,ungraded,");
    expect_out("which submission is theirs: a.zip fits two");
    expect_code(run("export", "canvas", "--course", "course.yaml", NULL), 0);
    expect_out("1003,bob,,\r\n");
    expect_code(run("export", "moodle", "--course", "course.yaml", "--template",
                    "moodle.csv", NULL),
                0);
    expect_out("参与者3,=HYPERLINK(1),1003,,10,是\n");
}

Test(cli_export_course, sheets_of_platforms)
{
    write_text("moodle.csv", "I,N,Id,G,M,C\n参与者1,Ann,1001,,10,是\n"
                             "参与者2,Z,1002,,10,是\n");
    expect_code(run("export", "moodle", "--course", "course.yaml", "--template",
                    "moodle.csv", NULL),
                0);
    expect_out("参与者1,Ann,1001,9,10,是\n参与者2,Z,1002,6,10,是\n");
    expect_err("=HYPERLINK(1) (1003) has no line in it");
    expect_code(run("export", "canvas", "--course", "course.yaml", NULL), 0);
    expect_out("Section,A toy\r\n");
    expect_out("\r\nAnn Li,,1001,ann,,90\r\n");
}

/* What `score` prints is what export reads. */
Test(cli_export_course, class_that_score_printed_gives_the_same)
{
    char *whole = NULL;

    expect_code(run("score", "course.yaml", "--json", NULL), 0);
    write_text("class.json", out);
    expect_code(run("export", "csv", "class.json", NULL), 0);
    whole = strdup(out);
    expect_code(run("export", "csv", "--course", "course.yaml", NULL), 0);
    cr_expect_str_eq(whole, out, "they differ:\n%s\n%s", whole, out);
    free(whole);
}

Test(cli_export_course, extension_for_a_stranger_exits_1)
{
    char *text = NULL;

    cr_assert(asprintf(&text,
                       "%sextensions:\n  - {student: '9', due: "
                       "2026-03-20T00:00:00Z}\n",
                       course_yaml) > 0,
              "memory");
    write_text("course.yaml", text);
    free(text);
    expect_code(run("export", "csv", "--course", "course.yaml", NULL), 1);
    expect_err("the roster has no student with the id '9'");
    cr_expect_str_eq(out, "", "nothing on stdout");
}

Test(cli_export_course, course_in_trouble)
{
    cr_assert(unlink(path) == 0, "unlink");
    expect_code(run("export", "csv", "--course", "course.yaml", NULL), 1);
    expect_err("grades.db");
    write_text("grades.db", "this is no gradebook at all");
    expect_code(run("export", "csv", "--course", "course.yaml", NULL), 1);
    expect_err("grades.db");
    write_text("roster.csv", "id,name\n1,A\n1,B\n");
    expect_code(run("export", "csv", "--course", "course.yaml", NULL), 1);
    expect_err("roster.csv");
    write_text("course.yaml", "id: [\n");
    expect_code(run("export", "csv", "--course", "course.yaml", NULL), 1);
    expect_err("course.yaml");
}

/*
 * Canvas's gradebook: a new one, and one of its own that is filled in.
 */
#include "exporting.h"

static json_t *notes;

static void begin(void)
{
    notes = json_array();
}

static void end(void)
{
    json_decref(notes);
    forget();
}

TestSuite(canvas, .init = begin, .fini = end);

#define HEADER "Student,ID,SIS User ID,SIS Login ID,Section"
#define SHEET                                                                  \
    HEADER ",Essay (11),A toy (12),Current Score\r\n"                          \
           "    Points Possible,,,,,10.00,100.00,(read only)\r\n"              \
           "\"Ames, Alice\",901,s1,alice,A,7.00,,70.00\r\n"                    \
           "\"李 明\",902,s2,liming,B,,50.00,\"=1+1\"\r\n"                   \
           "\"Cole, Carol\",903,s3,,,8,12,80.00\r\n"

static int fill(const char *template, const char *lab, const char *column)
{
    struct export_options options = {.template = template,
                                     .template_bytes = strlen(template),
                                     .lab = lab,
                                     .assignment = column,
                                     .notes = notes};

    json_array_clear(notes);
    return export_input(&export_canvas, make_class(), &options);
}

static void expect_note(const char *part)
{
    char *all = json_dumps(notes, 0);

    cr_expect(strstr(all, part), "expected a note: %s\ngot: %s", part, all);
    free(all);
}

static void expect_filled(int rc, const char *expected)
{
    cr_assert(rc == 0, "%s", trouble.message);
    cr_expect_str_eq(text, expected, "expected:\n%s\ngot:\n%s", expected, text);
}

/* --- a new one -------------------------------------------------------------
 */

Test(canvas, new_sheet_has_the_columns_of_an_import)
{
    struct export_options options = {0};

    expect_filled(export_input(&export_canvas, make_class(), &options),
                  HEADER ",A toy\r\n"
                         "\"    Points Possible\",,,,,100\r\n"
                         "Alice Ames,,s1,alice,A,85.5\r\n"
                         "李 明,,s2,liming,B,0\r\n"
                         "Carol Cole,,s3,,,\r\n");
}

Test(canvas, new_sheet_takes_title_with_id)
{
    struct export_options options = {.lab = "lab0-toy",
                                     .assignment = "Lab 1 (4711)"};

    cr_assert(export_input(&export_canvas, make_class(), &options) == 0, "");
    expect_text("Section,Lab 1 (4711)\r\n");
    options = (struct export_options){.language = "zh"};
    cr_assert(export_input(&export_canvas, make_class(), &options) == 0, "");
    expect_text("Section,玩具\r\n");
}

Test(canvas, new_sheet_keeps_formulas_out)
{
    struct export_options options = {0};
    json_t *class = make_class();

    json_object_set_new(student_of(class, 0), "name", json_string("=1,2"));
    cr_assert(export_input(&export_canvas, class, &options) == 0, "");
    expect_text("\r\n\"'=1,2\",,s1,");
}

/* --- a template ------------------------------------------------------------
 */

Test(canvas, fills_in_the_labs_column_and_nothing_else)
{
    expect_filled(fill(SHEET, NULL, NULL),
                  HEADER ",Essay (11),A toy (12),Current Score\r\n"
                         "    Points Possible,,,,,10.00,100.00,(read only)\r\n"
                         "\"Ames, Alice\",901,s1,alice,A,7.00,85.5,70.00\r\n"
                         "\"李 明\",902,s2,liming,B,,0,\"=1+1\"\r\n"
                         "\"Cole, Carol\",903,s3,,,8,12,80.00\r\n");
    cr_expect(json_array_size(notes) == 0, "nothing to note");
}

Test(canvas, scales_to_points_possible)
{
    cr_assert(fill(SHEET, "lab0-toy", "Essay") == 0, "%s", trouble.message);
    expect_text("901,s1,alice,A,8.55,");
    expect_text("902,s2,liming,B,0,50.00");
}

Test(canvas, column_is_found_by_lab_or_title_with_or_without_id)
{
    static const char *const headers[] = {"lab0-toy", "LAB0-TOY (3)", "玩具",
                                          "a toy"};

    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        char *template = NULL;
        cr_assert(asprintf(&template,
                           HEADER ",%s\n    Points Possible,,,,,100\n"
                                  "A,1,s1,,,\n",
                           headers[i]) > 0,
                  "memory");
        cr_assert(fill(template, NULL, NULL) == 0, "%s", trouble.message);
        expect_text("A,1,s1,,,85.5\n");
        free(template);
    }
}

Test(canvas, excused_and_unassigned_stay)
{
    cr_assert(fill(HEADER ",A toy\n    Points Possible,,,,,100\n"
                          "A,1,s1,,,EX\nB,2,s2,,,N/A\n",
                   NULL, NULL) == 0,
              "%s", trouble.message);
    expect_text("A,1,s1,,,EX\nB,2,s2,,,N/A\n");
}

Test(canvas, other_forms_of_the_sheet)
{
    cr_assert(fill("\xef\xbb\xbfLastName;FirstName;ID;SIS Login ID;Section;"
                   "A toy\n;;;;;Manual Posting\n"
                   "    Points Possible;;;;;10,00\nAmes;Alice;1;alice;A;\n",
                   NULL, NULL) == 0,
              "%s", trouble.message);
    expect_text("Ames;Alice;1;alice;A;8.55\n");
    expect_text(";;;;;Manual Posting\n");
}

Test(canvas, who_is_nobody_or_has_no_line_is_noted)
{
    cr_assert(fill(HEADER ",A toy\n    Points Possible,,,,,100\n"
                          "\"Ames, Alice\",1,s1,alice,A,\n"
                          "\"Doe, Jo\",2,s9,jo,A,33\n",
                   NULL, NULL) == 0,
              "%s", trouble.message);
    expect_text("jo,A,33\n");
    expect_note("line 4 (Doe, Jo, 2) is nobody of this class");
    expect_note("李 明 (s2) has no line");
}

/* An id that says one thing and a login that says another. */
Test(canvas, contradiction_is_left_and_noted)
{
    cr_assert(fill(HEADER ",A toy\n    Points Possible,,,,,100\n"
                          "A,1,s1,liming,A,1\nB,2,s3,,A,\n",
                   NULL, NULL) == 0,
              "%s", trouble.message);
    expect_text("s1,liming,A,1\n");
    expect_note("line 3 (A, 1) fits more than one student");
}

Test(canvas, two_lines_of_one_student_are_left_and_noted)
{
    cr_assert(fill(HEADER ",A toy\n    Points Possible,,,,,100\n"
                          "A,1,s1,,A,1\nB,2,,alice,A,2\nC,3,s2,,A,\n",
                   NULL, NULL) == 0,
              "%s", trouble.message);
    expect_text("A,1,s1,,A,1\nB,2,,alice,A,2\nC,3,s2,,A,0\n");
    expect_note("line 3");
    expect_note("line 4");
}

/* Canvas without the right to see SIS ids. */
Test(canvas, names_count_where_nothing_else_is_there)
{
    cr_assert(fill("Student,ID,SIS Login ID,Section,A toy\n"
                   "    Points Possible,,,,100\n\"Ames, Alice\",901,,A,\n",
                   NULL, NULL) == 0,
              "%s", trouble.message);
    expect_text("\"Ames, Alice\",901,,A,85.5\n");
}

Test(canvas, same_name_twice_is_nobodys)
{
    struct export_options options = {
        .template = "Student,ID,Section,A toy\n    Points Possible,,,100\n"
                    "Alice Ames,1,A,\nCarol Cole,2,A,\n",
        .notes = notes};
    json_t *class = make_class();

    options.template_bytes = strlen(options.template);
    json_object_set_new(student_of(class, 1), "name",
                        json_string("Alice Ames"));
    json_object_set_new(
        json_array_get(json_object_get(student_of(class, 2), "labs"), 0),
        "points", json_integer(7));
    cr_assert(export_input(&export_canvas, class, &options) == 0, "%s",
              trouble.message);
    expect_text("Alice Ames,1,A,\nCarol Cole,2,A,7\n");
    expect_note("fits more than one student");
}

/* A line whose id is nobody's is another person, whatever the name. */
Test(canvas, name_beside_a_foreign_id_is_another_person)
{
    cr_assert(fill(HEADER ",A toy\n    Points Possible,,,,,100\n"
                          "Alice Ames,1,s77,,A,5\n李 明,2,s2,,B,\n",
                   NULL, NULL) == 0,
              "%s", trouble.message);
    expect_text("s77,,A,5\n");
    expect_note("is nobody of this class");
}

Test(canvas, templates_that_are_refused)
{
    static const struct {
        const char *template, *lab, *column, *said;
    } cases[] = {
        {"Name,Mail\nA,B\n", NULL, NULL, "not a gradebook that Canvas"},
        {HEADER ",A toy\nA,1,s1,,,\n", NULL, NULL, "no row “Points Possible”"},
        {SHEET, "lab0-toy", "Quiz", "no column for Quiz"},
        {SHEET, "lab0-toy", "Current Score", "can't be filled in"},
        {SHEET, NULL, "nowhere", "no column for nowhere"},
        {SHEET, "lab7", NULL, "no lab 'lab7'"},
        {HEADER ",A toy,lab0-toy\n    Points Possible,,,,,1,1\n"
                "A,1,s1,,,,\n",
         NULL, NULL, "both fit"},
        {HEADER ",A toy\n    Points Possible,,,,,100\nX,1,s77,,,\n", NULL, NULL,
         "no line of the template is about a student"},
        {HEADER ",Essay\n    Points Possible,,,,,100\nX,1,s1,,,\n", NULL, NULL,
         "its columns are: Essay"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect_trouble(fill(cases[i].template, cases[i].lab, cases[i].column),
                       ERROR_USAGE, cases[i].said);
    }
}

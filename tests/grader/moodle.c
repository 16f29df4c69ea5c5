/*
 * Moodle's grading worksheet, filled in whatever language it is in.
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

TestSuite(moodle, .init = begin, .fini = end);

static int fill_class(json_t *class, const char *template, const char *column)
{
    struct export_options options = {.template = template,
                                     .template_bytes = strlen(template),
                                     .assignment = column,
                                     .notes = notes};

    json_array_clear(notes);
    return export_input(&export_moodle, class, &options);
}

static int fill(const char *template, const char *column)
{
    return fill_class(make_class(), template, column);
}

static void expect_filled(int rc, const char *expected)
{
    cr_assert(rc == 0, "%s", trouble.message);
    cr_expect_str_eq(text, expected, "expected:\n%s\ngot:\n%s", expected, text);
}

static void expect_note(const char *part)
{
    char *all = json_dumps(notes, 0);

    cr_expect(strstr(all, part), "expected a note: %s\ngot: %s", part, all);
    free(all);
}

#define ENGLISH                                                                \
    "Identifier,\"Full name\",\"ID number\",\"Email address\",Status,Grade,"   \
    "\"Maximum grade\",\"Grade can be changed\","                              \
    "\"Last modified (submission)\",\"Last modified (grade)\","                \
    "\"Feedback comments\"\r\n"

Test(moodle, fills_in_the_grades_and_nothing_else)
{
    expect_filled(
        fill("\xef\xbb\xbf" ENGLISH
             "\"Participant 17\",\"Alice Ames\",s1,alice@x.org,"
             "\"Submitted for grading\",,100.00,Yes,\"Monday, 2 March\",-,\r\n"
             "\"Participant 4\",\"李 明\",s2,LI@x.org,\"No submission\",50.00,"
             "100.00,Yes,-,-,\"Line 1\r\nLine 2\"\r\n",
             NULL),
        "\xef\xbb\xbf" ENGLISH
        "\"Participant 17\",\"Alice Ames\",s1,alice@x.org,"
        "\"Submitted for grading\",85.5,100.00,Yes,\"Monday, 2 March\",-,\r\n"
        "\"Participant 4\",\"李 明\",s2,LI@x.org,\"No submission\",0,"
        "100.00,Yes,-,-,\"Line 1\r\nLine 2\"\r\n");
    expect_note("Carol Cole (s3) has no line");
}

Test(moodle, german_worksheet_with_commas_in_numbers)
{
    expect_filled(
        fill("ID,\"Vollständiger Name\",E-Mail-Adresse,Status,Bewertung,"
             "Bestwertung,\"Bewertung kann geändert werden\",\"Zuletzt "
             "geändert (Bewertung)\"\n"
             "Teilnehmer/in17,\"Alice Ames\",alice@x.org,Abgegeben,,"
             "\"10,00\",Ja,-\n"
             "Teilnehmer/in4,\"Li Ming\",li@x.org,Abgegeben,\"7,50\","
             "\"10,00\",Ja,-\n",
             NULL),
        "ID,\"Vollständiger Name\",E-Mail-Adresse,Status,Bewertung,"
        "Bestwertung,\"Bewertung kann geändert werden\",\"Zuletzt "
        "geändert (Bewertung)\"\n"
        "Teilnehmer/in17,\"Alice Ames\",alice@x.org,Abgegeben,8.55,"
        "\"10,00\",Ja,-\n"
        "Teilnehmer/in4,\"Li Ming\",li@x.org,Abgegeben,\"0\","
        "\"10,00\",Ja,-\n");
}

Test(moodle, chinese_worksheet_by_names_alone)
{
    expect_filled(fill("编号,姓名,状态,成绩,最高分,成绩可更改,最后修改\n"
                       "参与者17,Alice Ames,已提交,,100,是,-\n"
                       "参与者4,李 明,已提交,,100,是,-\n",
                       NULL),
                  "编号,姓名,状态,成绩,最高分,成绩可更改,最后修改\n"
                  "参与者17,Alice Ames,已提交,85.5,100,是,-\n"
                  "参与者4,李 明,已提交,0,100,是,-\n");
}

/* All have full marks: the grades look like a maximum, too. */
Test(moodle, equal_grades_are_not_the_maximum)
{
    cr_assert(fill("I,N,Cutoff,G,M,C\nP 1,Alice Ames,,100,100,Y\n"
                   "P 2,李 明,,100,100,Y\n",
                   NULL) == 0,
              "%s", trouble.message);
    expect_text("P 1,Alice Ames,,85.5,100,Y\n");
    expect_text("P 2,李 明,,0,100,Y\n");
}

#define TWO_PAIRS                                                              \
    "I,N,House,Room,Status,G,M,C\nP 1,Alice Ames,,12,x,,100,Y\n"               \
    "P 2,李 明,,12,x,,100,Y\n"

Test(moodle, doubtful_column_has_to_be_named)
{
    expect_trouble(fill(TWO_PAIRS, NULL), ERROR_USAGE,
                   "“House” or “G”; name it with --assignment");
    cr_assert(fill(TWO_PAIRS, "G") == 0, "%s", trouble.message);
    expect_text("P 1,Alice Ames,,12,x,85.5,100,Y\n");
    expect_trouble(fill(TWO_PAIRS, "Status"), ERROR_USAGE,
                   "“Status” is not one of grades");
    expect_trouble(fill(TWO_PAIRS, "H"), ERROR_USAGE, "no column “H”");
}

Test(moodle, two_students_of_one_name_are_told_by_their_ids)
{
    json_t *class = make_class();

    json_object_set_new(student_of(class, 1), "name",
                        json_string("Alice Ames"));
    cr_assert(fill_class(class,
                         "I,N,Id,G,M,C\nP 1,Alice Ames,s1,,100,Y\n"
                         "P 2,Alice Ames,s2,,100,Y\n",
                         NULL) == 0,
              "%s", trouble.message);
    expect_text("P 1,Alice Ames,s1,85.5,100,Y\n");
    expect_text("P 2,Alice Ames,s2,0,100,Y\n");
}

/* Groups are numbered like students, who share them. */
Test(moodle, group_column_is_no_id)
{
    json_t *class = make_class();

    json_object_set_new(student_of(class, 0), "id", json_string("1"));
    cr_assert(fill_class(class,
                         "I,N,Group,G,M,C\nP 1,Alice Ames,2,,100,Y\n"
                         "P 2,李 明,1,,100,Y\nP 3,Jo,1,,100,Y\n",
                         NULL) == 0,
              "%s", trouble.message);
    expect_text("P 1,Alice Ames,2,85.5,100,Y\n");
    expect_text("P 2,李 明,1,0,100,Y\n");
    expect_text("P 3,Jo,1,,100,Y\n");
}

static json_t *make_numbered_class(void)
{
    json_t *class = make_class();

    json_object_set_new(student_of(class, 0), "id", json_string("1"));
    return class;
}

/* A column of numbers that happen to be ids: the names know better. */
Test(moodle, id_beside_somebody_elses_name_is_left_and_noted)
{
    cr_assert(fill_class(make_numbered_class(),
                         "I,N,Group,G,M,C\nP 1,Alice Ames,1,,100,Y\n"
                         "P 2,李 明,2,,100,Y\n",
                         NULL) == 0,
              "%s", trouble.message);
    expect_text("P 1,Alice Ames,1,85.5,100,Y\n");
    expect_trouble(fill_class(make_numbered_class(),
                              "I,N,Group,G,M,C\nP 1,Alice Ames,2,,100,Y\n"
                              "P 2,李 明,1,,100,Y\n",
                              NULL),
                   ERROR_USAGE, "no line of the template");
    expect_note("line 3 (李 明, 1) fits more than one student");
}

Test(moodle, undecided_points_leave_the_grade_as_it_was)
{
    cr_assert(
        fill("I,N,G,M,C\nP 1,Alice Ames,,100,Y\nP 2,Carol Cole,44,100,Y\n",
             NULL) == 0,
        "%s", trouble.message);
    expect_text("P 2,Carol Cole,44,100,Y\n");
}

Test(moodle, grade_above_the_maximum_is_noted)
{
    json_t *class = make_class();

    json_object_set_new(
        json_array_get(json_object_get(student_of(class, 0), "labs"), 0),
        "points", json_integer(120));
    cr_assert(fill_class(class, "I,N,G,M,C\nP 1,Alice Ames,,100,Y\n", NULL) ==
                  0,
              "%s", trouble.message);
    expect_text("P 1,Alice Ames,120,100,Y\n");
    expect_note("line 2: Moodle passes over grades");
}

Test(moodle, sheets_that_are_refused)
{
    static const struct {
        const char *template, *said;
    } cases[] = {
        {"I,N,G,M,C\n", "not a grading worksheet"},
        {"N,G,M\nAlice Ames,,100\n", "not a grading worksheet"},
        {"I,N,G,M,C\nP 1,A,,100,Y\nQ 2,B,,100,Y\n", "not a grading worksheet"},
        {"I,N,G,Scale,C\nP 1,Alice Ames,,\"Bad\nGood\",Y\n",
         "no column of grades"},
        {"I,N,G,M,C\nP 1,Alice Ames,,100,Y\nP 2,B,,50,Y\n",
         "no column of grades"},
        {"I,Status,G,M,C\nP 1,Submitted,,100,Y\n", "marked blind"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect_trouble(fill(cases[i].template, NULL), ERROR_USAGE,
                       cases[i].said);
    }
}

Test(moodle, needs_a_worksheet_and_a_lab)
{
    struct export_options options = {0};
    json_t *class = make_class();
    json_t *labs = json_object_get(class, "labs");

    expect_trouble(export_input(&export_moodle, make_class(), &options),
                   ERROR_USAGE, "name it with --template");
    json_array_append_new(labs, parse("{'lab': 'lab1', 'max': 100}"));
    expect_trouble(export_input(&export_moodle, class, &options), ERROR_USAGE,
                   "say with --lab");
}

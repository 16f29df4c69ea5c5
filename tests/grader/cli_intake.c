/*
 * The command line: mmgrade intake, on the kit in miniature.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>
#include "running.h"

#define COURSE                                                                 \
    "id: os2026\nname: {en: Operating Systems, zh: 操作系统}\n"            \
    "time_zone: Asia/Shanghai\nroster: roster.csv\ngradebook: b/grades.db\n"   \
    "labs:\n  - lab: lab0-toy\n    due: 2026-03-15T23:59:00+08:00\n"

#define FOLDER "    source: {layout: folder, where: work}\n"

static void write_class(void)
{
    write_text("class/course.yaml", COURSE FOLDER);
    write_text("class/roster.csv", "id,name,login\n2026001,Ann Lee,ann\n"
                                   "2026002,王小明,\n2026003,Zoë,zoe\n");
    write_text("class/work/ann/mm/toy.c", "int ann;\n");
    write_text("class/work/2026003.zip", "PK");
    write_text("class/work/zoe.zip", "PK");
    write_text("class/work/\x1b[2Jx.zip", "PK");
}

static void setup_class(void)
{
    setup();
    write_class();
}

TestSuite(cli_intake, .init = setup_class, .fini = teardown, .timeout = 60);

#define INTAKE "intake", "--kit", "kit", "class/course.yaml"

Test(cli_intake, lists_who_is_there_missing_unknown_and_ambiguous)
{
    expect_code(run(INTAKE, NULL), 0);
    expect_out("Operating Systems (os2026)");
    expect_out("lab0-toy, due 2026-03-15T23:59:00+08:00, from work (folder)");
    expect_out("2026001         Ann Lee");
    expect_out("work/ann\n");
    expect_out("  missing\n    2026002         王小明\n");
    expect_out("\\x1b[2Jx.zip");
    expect_out("Zoë (2026003) has handed in several submissions: 2026003.zip, "
               "zoe.zip");
    expect_out("1 of 3 handed in, 1 missing, 1 unknown, 1 ambiguous\n");
    cr_expect(!strchr(out, '\x1b'), "no escape reaches the terminal");
    cr_expect_str_eq(err_text, "", "nothing on stderr");
}

Test(cli_intake, json_has_the_same)
{
    expect_code(run(INTAKE, "--json", NULL), 0);
    json_t *json = json_loads(out, 0, NULL);
    cr_assert_not_null(json, "JSON: %s", out);
    json_t *lab = json_array_get(json_object_get(json, "labs"), 0);
    json_t *item = json_array_get(json_object_get(lab, "handed_in"), 0);
    cr_expect_str_eq(json_string_value(json_object_get(json, "schema")),
                     "mmgrade/intake/v1", "schema");
    cr_expect_str_eq(json_string_value(json_object_get(item, "id")), "2026001",
                     "id");
    cr_expect(json_is_null(json_object_get(item, "submitted")), "not known");
    cr_expect_eq(json_array_size(json_object_get(lab, "missing")), 1,
                 "missing");
    cr_expect_eq(json_array_size(json_object_get(lab, "unknown")), 1,
                 "unknown");
    cr_expect_eq(json_array_size(json_object_get(lab, "ambiguous")), 1,
                 "ambiguous");
    json_decref(json);
}

Test(cli_intake, password_in_an_address_is_not_shown)
{
    write_text("class/course.yaml",
               COURSE "    source: {layout: git, where: "
                      "\"https://me:hunter2@git.example/{id}.git\"}\n");
    expect_code(run(INTAKE, NULL), 0);
    expect_out("  addresses\n");
    expect_out("  3 of 3 have an address, 0 ambiguous; what is there is seen "
               "when batch\n");
    cr_expect(!strstr(out, "handed in"), "nobody has yet: %s", out);
    expect_out("from https://git.example/{id}.git (git)");
    expect_out("https://git.example/2026001.git");
    cr_expect(!strstr(out, "hunter2"), "%s", out);
    expect_code(run(INTAKE, "--json", NULL), 0);
    cr_expect(!strstr(out, "hunter2"), "%s", out);
}

Test(cli_intake, what_makes_no_sense_exits_1_with_a_sentence)
{
    static const struct {
        const char *words[5];
        const char *said;
    } cases[] = {
        {{"intake"}, "name the course: its course.yaml"},
        {{"intake", "a", "b"}, "takes one course, not 'b' as well"},
        {{"intake", "--kit", "kit", "nowhere.yaml"}, "No such file"},
        {{"intake", "--kit", "kit", "class"}, "name the course.yaml in it"},
        {{"intake", "--frob"}, "there is no option --frob"},
        {{"intake", "--lab"}, "--lab needs a value"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const *w = cases[i].words;
        expect_code(run(w[0], w[1], w[2], w[3], w[4], NULL), 1);
        expect_err(cases[i].said);
        cr_expect_str_eq(out, "", "nothing on stdout");
    }
    expect_code(run(INTAKE, "--lab", "lab9", NULL), 1);
    expect_err("--lab: the course has no lab 'lab9'; its labs are: lab0-toy\n");
}

Test(cli_intake, other_files_than_a_course_are_told_so)
{
    expect_code(run("intake", "--kit", "kit", "class/roster.csv", NULL), 1);
    expect_err("roster.csv:1:1: expected a block of keys, found a single "
               "value: this is no file as described in docs/course.md\n");
    write_text("class/course.yaml", "id: os2026\nname: Systems\n");
    expect_code(run(INTAKE, NULL), 1);
    expect_err("found a single value\n");
}

Test(cli_intake, repositories_on_disk_are_looked_for)
{
    write_text("class/course.yaml",
               COURSE "    source: {layout: git, where: \"work/{login}\"}\n");
    expect_code(run(INTAKE, NULL), 0);
    expect_out("1 of 3 handed in, 2 missing");
}

Test(cli_intake, secret_that_is_not_there_is_told_beside_the_list)
{
    write_text("class/course.yaml", "secret: key\n" COURSE FOLDER);
    expect_code(run(INTAKE, NULL), 1);
    expect_err("the course's secret");
    expect_out("1 of 3 handed in");
    write_text("class/key", "of this course alone");
    expect_code(run(INTAKE, NULL), 0);
    set_environment("MMGRADE_SECRET", "nowhere");
    expect_code(run(INTAKE, NULL), 0);
    write_text("class/course.yaml", COURSE FOLDER);
    expect_code(run(INTAKE, NULL), 1);
    expect_err("nowhere");
}

Test(cli_intake, extension_for_a_stranger_exits_1)
{
    write_text("class/course.yaml",
               COURSE FOLDER "extensions:\n  - {student: '9', due: "
                             "2026-03-20T00:00:00Z}\n");
    expect_code(run(INTAKE, NULL), 1);
    expect_err("course.yaml:11:6: the roster has no student with the id '9'");
}

Test(cli_intake, lab_without_its_source_does_not_stop_the_others)
{
    write_text("kit/assignments/lab1-other/lab.yaml", "not read here\n");
    write_text("class/course.yaml",
               COURSE "    source: {layout: moodle, where: nowhere}\n"
                      "  - lab: lab1-other\n"
                      "    due: 2026-03-15T23:59:00+08:00\n" FOLDER);
    expect_code(run(INTAKE, NULL), 1);
    expect_err("can't read the submissions in");
    expect_out("lab1-other, due");
    expect_code(run(INTAKE, "--lab", "lab1-other", NULL), 0);
    expect_code(run(INTAKE, "--json", NULL), 1);
    expect_out("\"lab1-other\"");
}

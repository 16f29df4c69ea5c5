/*
 * The command line with more than one lab: which of them a submission is
 * graded for, and what a submission in trouble is told.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include "running.h"

/* A lab of one test, which passes if the kernel has the word "fine". */
static const struct toy_file second_lab[] = {
    {"assignments/components.yaml",
     "services: []\ncomponents:\n"
     "  - {name: toy, files: [mm/toy.c], exports: [take], uses: []}\n"
     "  - {name: other, files: [mm/other.c], exports: [give], uses: []}\n"},
    {"assignments/lab1-other/lab.yaml", "title: {en: Another, zh: 另}\n"
                                        "component: other\nsuite: other\n"
                                        "tests:\n  - name: works\n"
                                        "    points: 100\n"
                                        "    visibility: hidden\n"
                                        "    title: {en: Works, zh: 一}\n"
                                        "    hint: {en: Work, zh: 一}\n"},
    {"skeleton/mm/other.c", "int give(void);\nint give(void)\n{\n"
                            "    return 0;\n}\n"},
    {"build/tests/suites/lab1-other",
     "#!/usr/bin/sh\n"
     "[ \"$1\" != --list ] || { echo other::works; exit; }\n"
     "while [ $# -gt 0 ]; do\n"
     "    case $1 in --kernel) kernel=$2;; --out) out=$2;; esac\n"
     "    shift\n"
     "done\n"
     "status=fail\n"
     "grep -q fine $kernel && status=pass\n"
     "printf '{\"test\":\"other::works\",\"status\":\"%s\"}\\n' $status \\\n"
     "    >>$out/record.jsonl\n"},
};

#define FINE                                                                   \
    "const char *give(void);\n"                                                \
    "const char *give(void)\n"                                                 \
    "{\n"                                                                      \
    "    return \"fine\";\n"                                                   \
    "}\n"

static void setup_labs(void)
{
    setup();
    for (size_t i = 0; i < sizeof(second_lab) / sizeof(second_lab[0]); i++) {
        char *path = fixture_path("kit", second_lab[i].path);
        write_text(path, second_lab[i].text);
        free(path);
    }
    char *suite = inside("kit/build/tests/suites/lab1-other");
    cr_assert(chmod(suite, 0755) == 0, "chmod");
    free(suite);
    compile("kit/reference/mm/toy.c", "kit/build/kernel/reference/mm/toy.o");
}

TestSuite(cli_labs, .init = setup_labs, .fini = teardown, .timeout = 60);

static void expect_not_out(const char *part)
{
    cr_expect(!strstr(out, part), "expected not on stdout: %s\ngot:\n%s", part,
              out);
}

Test(cli_labs, labs_without_a_file_are_left_out)
{
    expect_code(GRADE("half"), 0);
    expect_out("60 of 100 points");
    expect_not_out("lab1-other");
}

Test(cli_labs, every_lab_with_a_file_is_graded)
{
    write_text("both/mm/toy.c", TOY_SOURCE("one"));
    write_text("both/mm/other.c", FINE);
    expect_code(GRADE("both"), 0);
    expect_out("both        lab0-toy     60 of 100");
    expect_out("both        lab1-other  100 of 100");
}

Test(cli_labs, lab_that_is_named_is_graded_without_a_file)
{
    expect_code(GRADE("half", "--lab", "lab1-other", "--json"), 2);
    expect_out("none of the lab's files is in the submission");
}

Test(cli_labs, lab_in_trouble_is_not_left_out)
{
    write_text("twice/mm/toy.c", TOY_SOURCE("one two"));
    write_text("twice/a/b/other.c", FINE);
    write_text("twice/c/d/other.c", FINE);
    expect_code(GRADE("twice"), 2);
    expect_out("lab0-toy    100 of 100");
    expect_out("can't choose between 2 files that may be mm/other.c");
}

Test(cli_labs, submission_that_cannot_be_read_is_refused_once)
{
    write_text("broken.tar.gz", "this is no archive");
    expect_code(GRADE("broken.tar.gz", "--json"), 2);
    json_t *json = json_loads(out, 0, NULL);
    cr_assert(json_is_object(json), "one result:\n%s", out);
    json_decref(json);
    expect_out("\"lab\": \"none\"");
    expect_out("\"max\": 0");
}

/* Of a lab that is named, the result is that lab's. */
Test(cli_labs, submission_that_is_refused_for_one_lab_is_refused_there)
{
    write_text("twice/a/b/other.c", FINE);
    write_text("twice/c/d/other.c", FINE);
    expect_code(GRADE("twice", "--json"), 2);
    expect_out("\"lab\": \"lab1-other\"");
    write_text("empty/README", "nothing yet");
    expect_code(GRADE("empty", "--lab", "lab1-other", "--json"), 2);
    expect_out("\"lab\": \"lab1-other\"");
    expect_out("\"max\": 100");
}

Test(cli_labs, submission_without_any_file_is_refused_once)
{
    write_text("empty/README", "nothing yet");
    expect_code(GRADE("empty", "half"), 2);
    expect_out(
        "empty       none        0 of   0  refused: no lab's file is in it");
    expect_out("half        lab0-toy   60 of 100");
    expect_not_out("lab1-other");
}

/* One more lab, of both components together, with the second one's tests. */
static void add_whole(void)
{
    write_text("kit/assignments/components.yaml",
               "services: []\ncomponents:\n"
               "  - {name: toy, files: [mm/toy.c], exports: [take], uses: []}\n"
               "  - {name: other, files: [mm/other.c], exports: [give], uses: "
               "[]}\n"
               "  - {name: whole, components: [toy, other]}\n");
    write_text("kit/assignments/lab9-whole/lab.yaml",
               "title: {en: All, zh: 全}\ncomponent: whole\nsuite: other\n"
               "tests:\n  - name: works\n    points: 100\n"
               "    visibility: hidden\n    title: {en: Works, zh: 一}\n"
               "    hint: {en: Work, zh: 一}\n");
    write_text("kit/build/tests/suites/lab9-whole", second_lab[3].text);
    char *suite = inside("kit/build/tests/suites/lab9-whole");
    cr_assert(chmod(suite, 0755) == 0, "chmod");
    free(suite);
}

Test(cli_labs, whole_needs_all_files)
{
    add_whole();
    write_text("both/mm/toy.c", TOY_SOURCE("one"));
    write_text("both/mm/other.c", FINE);
    expect_code(GRADE("half"), 0);
    expect_not_out("lab9-whole");
    expect_code(GRADE("both"), 0);
    expect_out("both        lab9-whole  100 of 100");
}

Test(cli_labs, whole_that_is_named_takes_the_skeletons_files)
{
    add_whole();
    expect_code(GRADE("half", "--lab", "lab9-whole"), 0);
    expect_out("mm/other.c: not in the submission, the skeleton's is used");
    expect_out("0 of 100 points");
}

Test(cli_labs, whole_is_not_handed_out)
{
    add_whole();
    expect_code(run("handout", "lab9-whole", "-o", "handed", NULL), 1);
}

/*
 * Candidates: how mutants and variants of a component with several files
 * become submissions. (What becomes of one-file components, and of the
 * verdicts, is in cli.c.)
 */
#include "verify.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fixture.h"
#include "folder.h"

#define UPPER "int upper(void)\n{\n    return 1;\n}\n"
#define LOWER "int lower(void)\n{\n    return 2;\n}\n"
#define TITLE "title: {en: A, zh: B}\n"

static char *root, *work; /* removed at the end */
static struct kit kit;
static struct lab *lab;
static struct candidate_list list;
static struct error err;

static void write_text(const char *path, const char *text)
{
    fixture_write(root, path, text, strlen(text));
}

static void setup(void)
{
    root = fixture_folder();
    work = fixture_folder();
    write_text("assignments/components.yaml",
               "services: []\ncomponents:\n  - name: pair\n"
               "    files: [mm/upper.c, mm/lower.c]\n"
               "    exports: [upper, lower]\n    uses: []\n");
    write_text("assignments/lab0-pair/lab.yaml",
               TITLE "component: pair\nsuite: pair\ntests:\n  - name: one\n"
                     "    points: 100\n    visibility: public\n    " TITLE
                     "    hint: {en: A, zh: B}\n");
    write_text("skeleton/mm/upper.c", "int upper(void);\n");
    write_text("reference/mm/upper.c", UPPER);
    write_text("reference/mm/lower.c", LOWER);
    cr_assert(kit_find(root, &kit, &err) == 0, "%s", err.message);
    cr_assert(lab_read(root, "lab0-pair", &lab, &err) == 0, "%s", err.message);
}

static void teardown(void)
{
    verify_free(&list);
    lab_free(lab);
    kit_free(&kit);
    fixture_remove(root);
    fixture_remove(work);
    free(root);
    free(work);
}

TestSuite(verify, .init = setup, .fini = teardown, .timeout = 60);

/* The third candidate: the one after reference and skeleton. */
static const struct candidate *prepare(void)
{
    cr_assert(verify_prepare(&kit, lab, false, work, &list, &err) == 0, "%s",
              err.message);
    cr_assert(list.count == 3, "expected 3 candidates, got %zu", list.count);
    return &list.candidates[2];
}

static void expect_usage(const char *part)
{
    cr_assert(verify_prepare(&kit, lab, false, work, &list, &err) ==
                  ERROR_USAGE,
              "must be USAGE");
    cr_assert(strstr(err.message, part),
              "expected a sentence with: %s\ngot: %s", part, err.message);
}

static void expect_file(const struct candidate *candidate, const char *file,
                        const char *part)
{
    char *path = fixture_path(candidate->folder, file);
    char *text = NULL;
    size_t nbytes = 0;

    cr_assert(file_read(path, 1 << 20, &text, &nbytes, &err) == 0, "%s",
              err.message);
    cr_expect(strstr(text, part), "expected in %s: %s\ngot:\n%s", file, part,
              text);
    free(text);
    free(path);
}

Test(verify, patch_changes_the_file_that_it_names)
{
    write_text("tests/mutants/pair/off_by_one.patch",
               "Bug: three instead of two.\n--- a/mm/lower.c\n"
               "+++ b/mm/lower.c\n@@ -2,3 +2,3 @@\n {\n-    return 2;\n"
               "+    return 3;\n }\n");
    const struct candidate *mutant = prepare();

    cr_expect_null(mutant->failure, "it applies: %s", mutant->failure);
    expect_file(mutant, "mm/lower.c", "return 3;");
    expect_file(mutant, "mm/upper.c", "return 1;");
}

Test(verify, patch_that_names_no_file_of_the_component_is_a_failure)
{
    write_text("tests/mutants/pair/lost.patch",
               "Bug: three instead of two.\n--- lower.c\n+++ lower.c\n"
               "@@ -2,3 +2,3 @@\n {\n-    return 2;\n+    return 3;\n }\n");
    const struct candidate *mutant = prepare();

    cr_assert_not_null(mutant->failure, "there is no lower.c at the top");
    cr_expect(strstr(mutant->failure, "the patch does not apply"), "saw: %s",
              mutant->failure);
}

Test(verify, variant_folder_replaces_the_files_it_has)
{
    write_text("tests/variants/pair/other/lower.c",
               "/*\n * Two is one and one.\n */\nint lower(void)\n{\n"
               "    return 1 + 1;\n}\n");
    const struct candidate *variant = prepare();

    cr_expect(variant->kind == CANDIDATE_VARIANT, "a variant");
    cr_expect_str_eq(variant->name, "other", "the folder's name");
    cr_expect_str_eq(variant->idea, "Two is one and one.", "its idea");
    expect_file(variant, "mm/lower.c", "1 + 1");
    expect_file(variant, "mm/upper.c", "return 1;");
}

Test(verify, idea_is_in_the_first_file_by_name)
{
    write_text("tests/variants/pair/both/upper.c", "/* Second. */\n" UPPER);
    write_text("tests/variants/pair/both/lower.c", "/* First. */\n" LOWER);
    const struct candidate *variant = prepare();

    cr_expect_str_eq(variant->idea, "First.", "lower.c is before upper.c");
    expect_file(variant, "mm/upper.c", "Second.");
    expect_file(variant, "mm/lower.c", "First.");
}

Test(verify, variant_file_that_replaces_nothing_is_a_usage_error)
{
    write_text("tests/variants/pair/odd/lower.c", "/* Odd. */\n" LOWER);
    write_text("tests/variants/pair/odd/middle.c", "/* Odd. */\n");
    expect_usage("odd/middle.c: the component pair has no file of this name");
}

Test(verify, single_file_is_no_variant_of_several)
{
    write_text("tests/variants/pair/single.c", "/* One. */\n" LOWER);
    expect_usage("single.c: the component pair has several files; its variants "
                 "are folders");
}

Test(verify, variant_folder_must_say_its_idea)
{
    write_text("tests/variants/pair/mute/lower.c", LOWER);
    expect_usage("mute/lower.c:1: the first comment must say");
}

Test(verify, folders_are_told_apart_by_their_whole_name)
{
    write_text("tests/variants/pair/eager/lower.c", "/* A. */\n" LOWER);
    write_text("tests/variants/pair/eager2/upper.c", "/* B. */\n" UPPER);
    cr_assert(verify_prepare(&kit, lab, false, work, &list, &err) == 0, "%s",
              err.message);
    cr_assert(list.count == 4, "two variants, not %zu", list.count - 2);
    expect_file(&list.candidates[2], "mm/upper.c", "int upper");
    expect_file(&list.candidates[3], "mm/upper.c", "/* B. */");
}

/* The lab grades two components together; the second one has a variant. */
static void make_whole(void)
{
    write_text("assignments/components.yaml",
               "services: []\ncomponents:\n"
               "  - {name: up, files: [mm/upper.c], exports: [upper]}\n"
               "  - {name: down, files: [mm/lower.c], exports: [lower]}\n"
               "  - {name: pair, components: [up, down]}\n");
    write_text("tests/variants/down/other_way.c", "/* Counts. */\n" LOWER);
    lab_free(lab);
    lab = NULL;
    cr_assert(lab_read(root, "lab0-pair", &lab, &err) == 0, "%s", err.message);
}

Test(verify, variants_of_parts_are_those_of_the_whole)
{
    make_whole();
    const struct candidate *variant = prepare();

    cr_expect_str_eq(variant->name, "down-other_way", "part and idea");
    expect_file(variant, "mm/lower.c", "Counts.");
    expect_file(variant, "mm/upper.c", "return 1;");
}

Test(verify, variants_of_parts_take_time)
{
    make_whole();
    cr_assert(verify_prepare(&kit, lab, true, work, &list, &err) == 0, "%s",
              err.message);
    cr_expect(list.count == 2, "reference and skeleton, not %zu", list.count);
}

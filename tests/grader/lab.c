/*
 * lab.yaml and components.yaml: what is read from good files, and the
 * sentence with its place for each kind of bad one.
 */
#include "lab.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "component.h"
#include "fixture.h"

static const char components[] = "services: [printk, panic]\n"
                                 "components:\n"
                                 "  - name: page_alloc\n"
                                 "    files: [mm/page_alloc.c]\n"
                                 "    exports: [__alloc_pages]\n"
                                 "    uses: []\n"
                                 "  - name: slab\n"
                                 "    files: [mm/slab.c]\n"
                                 "    exports: [kmalloc]\n"
                                 "    uses: [page_alloc]\n";

#define HEAD                                                                   \
    "title: {en: Slab, zh: 板}\n"                                             \
    "component: slab\n"                                                        \
    "suite: slab\n"                                                            \
    "tests:\n"

#define TEST(name, points)                                                     \
    "  - name: " name "\n"                                                     \
    "    points: " points "\n"                                                 \
    "    visibility: hidden\n"                                                 \
    "    title: {en: A, zh: B}\n"                                              \
    "    hint: {en: C, zh: D}\n"

#define GOOD HEAD TEST("one", "60") TEST("two", "40")

static char *root; /* removed at the end */
static struct lab *lab;
static struct error err;

static void write_text(const char *path, const char *text)
{
    fixture_write(root, path, text, strlen(text));
}

static void setup(void)
{
    root = fixture_folder();
    write_text("assignments/components.yaml", components);
}

static void teardown(void)
{
    lab_free(lab);
    fixture_remove(root);
}

TestSuite(lab, .init = setup, .fini = teardown);

static int read_text(const char *yaml)
{
    write_text("assignments/lab2-slab/lab.yaml", yaml);
    return lab_read(root, "lab2-slab", &lab, &err);
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

Test(lab, reads_tests_in_order)
{
    cr_assert(read_text(GOOD) == 0, "%s", err.message);
    cr_expect_str_eq(lab->name, "lab2-slab", "name");
    cr_expect_str_eq(lab->title.zh, "板", "Chinese title");
    cr_expect_str_eq(lab->suite, "slab", "suite");
    cr_assert(lab->ntests == 2, "two tests are read, not %zu", lab->ntests);
    cr_expect_str_eq(lab->tests[0].name, "slab::one", "suite::test");
    cr_expect(lab->tests[0].points == 60, "points of the first test");
    cr_expect(lab->tests[1].visibility == LAB_HIDDEN, "visibility");
    cr_expect_str_eq(lab->tests[1].hint.en, "C", "hint");
    cr_expect(lab->total == 100, "total");
}

Test(lab, imports_are_services_and_exports_of_used_components)
{
    static const char *const wanted[] = {"printk", "panic", "__alloc_pages"};

    cr_assert(read_text(GOOD) == 0, "%s", err.message);
    cr_expect_str_eq(lab->component.files[0], "mm/slab.c", "file");
    cr_expect(!lab->component.files[1], "one file only");
    cr_expect_str_eq(lab->component.exports[0], "kmalloc", "export");
    for (size_t i = 0; i < 3; i++) {
        cr_expect_str_eq(lab->component.imports[i], wanted[i], "import %zu", i);
    }
    cr_expect(!lab->component.imports[3], "three imports only");
}

Test(lab, unknown_key_is_named_where_it_stands)
{
    expect_refused(HEAD "  - name: one\n    points: 100\n"
                        "    visibility: hidden\n    title: {en: A, zh: B}\n"
                        "    hint: {en: C, zh: D}\n    poits: 3\n",
                   "lab.yaml:10:5: the key 'poits' is not known");
}

Test(lab, duplicate_key_is_named_where_the_second_stands)
{
    expect_refused(GOOD "suite: again\n",
                   "lab.yaml:15:1: the key 'suite' is given twice");
}

Test(lab, wrong_type_is_named_with_line)
{
    expect_refused("title: Slab\n", "lab.yaml:1:1: expected a block of keys");
    expect_refused("title: {en: A, zh: B}\ncomponent: slab\nsuite: slab\n"
                   "tests: many\n",
                   "lab.yaml:4:1: expected a list, found a single value");
}

Test(lab, test_without_points_is_refused)
{
    expect_refused(
        HEAD TEST("one",
                  "60") "  - name: two\n    visibility: hidden\n"
                        "    title: {en: A, zh: B}\n    hint: {en: C, zh: D}\n",
        "lab.yaml:10:5: the key 'points' is missing");
}

Test(lab, points_that_are_not_whole_numbers_are_refused)
{
    static const char *const bad[] = {
        HEAD TEST("one", "three"), HEAD TEST("one", "-3"),
        HEAD TEST("one", "3.5"),   HEAD TEST("one", "0"),
        HEAD TEST("one", "1e2"),   HEAD TEST("one", "0x64"),
        HEAD TEST("one", "101"),   HEAD TEST("one", "4294967396"),
        HEAD TEST("one", ".nan"),
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        expect_refused(bad[i], "lab.yaml:6:5: ");
    }
}

Test(lab, points_must_add_up)
{
    expect_refused(HEAD TEST("one", "60") TEST("two", "39"),
                   "lab.yaml:4:1: the points of the 2 tests add up to 99");
}

Test(lab, test_listed_twice_is_refused)
{
    expect_refused(HEAD TEST("one", "60") TEST("one", "40"),
                   "lab.yaml:10:5: the test 'one' is already listed");
}

Test(lab, odd_names_are_refused)
{
    expect_refused(HEAD TEST("a::b", "100"), "can't be a test's name");
    expect_refused(HEAD TEST("a b", "100"), "can't be a test's name");
    expect_refused("title: {en: A, zh: B}\ncomponent: slab\n"
                   "suite: ../slab\ntests:\n" TEST("one", "100"),
                   "lab.yaml:3:1: '../slab' can't be a suite's name");
}

Test(lab, bad_visibility_is_refused)
{
    expect_refused(HEAD "  - name: one\n    points: 100\n"
                        "    visibility: secret\n    title: {en: A, zh: B}\n"
                        "    hint: {en: C, zh: D}\n",
                   "lab.yaml:7:5: 'secret' is not one of the words");
}

Test(lab, unknown_component_is_refused)
{
    expect_refused("title: {en: A, zh: B}\ncomponent: slob\nsuite: slab\n"
                   "tests:\n" TEST("one", "100"),
                   "lab.yaml:2:1: there is no component 'slob'");
}

Test(lab, alias_is_refused)
{
    expect_refused("title: &t {en: A, zh: B}\ncomponent: slab\nsuite: slab\n"
                   "tests:\n  - name: one\n    points: 100\n"
                   "    visibility: hidden\n    title: *t\n"
                   "    hint: {en: C, zh: D}\n",
                   "alias");
}

Test(lab, text_that_is_not_yaml_is_named_with_line)
{
    expect_refused("title: {en: A\ncomponent: [\n", "this is not YAML");
    expect_refused("", "the file is empty");
    expect_refused(GOOD "---\nmore: 1\n", "more than one YAML document");
}

Test(lab, component_file_outside_the_skeleton_is_refused)
{
    write_text("assignments/components.yaml",
               "services: []\ncomponents:\n  - name: slab\n"
               "    files: [mm/../../slab.c]\n    exports: [kmalloc]\n"
               "    uses: []\n");
    expect_refused(GOOD, "components.yaml:4:13: 'mm/../../slab.c' is not");
}

Test(lab, component_that_uses_an_unknown_one_is_refused)
{
    write_text("assignments/components.yaml",
               "services: []\ncomponents:\n  - name: slab\n"
               "    files: [mm/slab.c]\n    exports: [kmalloc]\n"
               "    uses: [buddy]\n");
    expect_refused(GOOD, "components.yaml:6:12: there is no component "
                         "'buddy'");
}

Test(lab, component_described_twice_is_refused)
{
    write_text("assignments/components.yaml",
               "services: []\ncomponents:\n"
               "  - {name: slab, files: [a.c], exports: [a], uses: []}\n"
               "  - {name: slab, files: [b.c], exports: [b], uses: []}\n");
    expect_refused(GOOD, "components.yaml:4:6: the component 'slab' is "
                         "described twice");
}

Test(lab, unknown_lab_lists_those_there_are)
{
    write_text("assignments/lab1-buddy/lab.yaml", GOOD);
    write_text("assignments/lab2-slab/lab.yaml", GOOD);
    write_text("assignments/samples/README.md", "not a lab");
    cr_assert(lab_read(root, "lab3", &lab, &err) == ERROR_USAGE,
              "an unknown lab is a usage error");
    cr_expect(strstr(err.message, "lab1-buddy, lab2-slab"),
              "the message lists both labs: %s", err.message);
    cr_expect(!strstr(err.message, "samples"),
              "a folder without lab.yaml is no lab: %s", err.message);
}

Test(lab, name_can_not_leave_the_assignments)
{
    write_text("lab.yaml", GOOD);
    cr_expect(lab_read(root, "..", &lab, &err) == ERROR_USAGE, "..");
    cr_expect(lab_read(root, "../assignments", &lab, &err) == ERROR_USAGE,
              "../assignments");
    cr_expect(lab_read(root, "", &lab, &err) == ERROR_USAGE, "empty name");
}

/* --- components that are made of others ------------------------------------
 */

#define WHOLE(parts)                                                           \
    "  - {name: whole, components: [" parts "]}\n"                             \
    "  - {name: m, module: true, files: [m.c], exports: [m], uses: []}\n"      \
    "  - {name: n, module: true, files: [n.c], exports: [n], uses: []}\n"

/* lab2-slab grades a component described by these lines behind the others. */
static int read_whole(const char *lines)
{
    char *text = NULL;
    int n = asprintf(&text, "%s%s", components, lines);

    cr_assert(n >= 0, "memory");
    write_text("assignments/components.yaml", text);
    free(text);
    write_text("assignments/lab2-slab/lab.yaml",
               "title: {en: All, zh: 全}\ncomponent: whole\nsuite: all\n"
               "tests:\n" TEST("one", "100"));
    return lab_read(root, "lab2-slab", &lab, &err);
}

static void expect_whole_refused(const char *lines, const char *part)
{
    cr_assert(read_whole(lines) == ERROR_USAGE, "must be USAGE: %s", lines);
    cr_expect(strstr(err.message, part), "expected: %s\ngot: %s", part,
              err.message);
}

Test(lab, whole_has_files_and_exports_of_its_parts)
{
    const struct component *whole;

    cr_assert(read_whole(WHOLE("slab, page_alloc")) == 0, "%s", err.message);
    whole = &lab->component;
    cr_expect_str_eq(whole->name, "whole", "name");
    cr_assert(component_nfiles(whole) == 2, "two files");
    cr_expect_str_eq(whole->files[0], "mm/slab.c", "in the order of the parts");
    cr_expect_str_eq(whole->files[1], "mm/page_alloc.c", "second file");
    cr_expect_str_eq(whole->exports[1], "__alloc_pages", "second export");
    cr_expect(!whole->exports[2], "two exports");
    cr_expect(!whole->imports[0], "no imports: parts have theirs");
    cr_expect(!whole->module, "no module");
    cr_expect(component_module(whole) == 2, "nor is a part one");
}

Test(lab, one_part_may_be_a_module)
{
    cr_assert(read_whole(WHOLE("slab, m, page_alloc")) == 0, "%s", err.message);
    cr_expect_str_eq(lab->component.files[1], "m.c", "it has a file");
    cr_expect(!lab->component.module, "the whole is linked into the kernel");
    cr_expect(component_module(&lab->component) == 1, "but for this one");
    cr_expect(component_part(&lab->component, 1)->module, "which is a module");
}

Test(lab, parts_keep_their_own_rules)
{
    const struct component *slab, *page_alloc;

    cr_assert(read_whole(WHOLE("slab, page_alloc")) == 0, "%s", err.message);
    cr_assert(component_count(&lab->component) == 2, "two parts");
    slab = component_part(&lab->component, 0);
    page_alloc = component_part(&lab->component, 1);
    cr_expect_str_eq(slab->files[0], "mm/slab.c", "file");
    cr_expect_str_eq(slab->imports[2], "__alloc_pages", "what it uses");
    cr_expect(!page_alloc->imports[2], "it uses nobody, so services alone");
    cr_expect_str_eq(page_alloc->exports[0], "__alloc_pages", "export");
    cr_expect(!page_alloc->exports[1], "its own exports alone");
}

Test(lab, component_without_parts_is_its_own_part)
{
    cr_assert(read_text(GOOD) == 0, "%s", err.message);
    cr_expect(component_count(&lab->component) == 1, "one");
    cr_expect(component_part(&lab->component, 0) == &lab->component, "itself");
}

Test(lab, whole_of_what_can_not_be_a_part_is_refused)
{
    expect_whole_refused(WHOLE("slab, slob"),
                         "components.yaml:11:38: there is no component 'slob'");
    expect_whole_refused(WHOLE("slab, slab"), "it is one already");
    expect_whole_refused(WHOLE("m, slab, n"), "it is its second module");
    expect_whole_refused(WHOLE("slab, whole"), "it is made of others itself");
    expect_whole_refused(WHOLE("slab"), "components.yaml:11:");
}

Test(lab, whole_with_keys_of_a_part_is_refused)
{
    expect_whole_refused("  - name: whole\n    files: [a.c]\n"
                         "    components: [slab, page_alloc]\n",
                         "components.yaml:11:5: the component 'whole' is made "
                         "of others");
    expect_whole_refused("  - name: whole\n    files: [a.c]\n    uses: []\n",
                         "components.yaml:11:5: the key 'exports' is missing");
}

/* --- the linker script -----------------------------------------------------
 */

static int check_script(const char *script)
{
    int rc = read_text(GOOD);

    cr_assert(rc == 0, "%s", err.message);
    write_text("skeleton/boot/kernel.lds", script);
    return component_check_script(root, &lab->component, &err);
}

Test(lab, script_that_demands_every_export_is_right)
{
    cr_expect(check_script("ASSERT(DEFINED(kmalloc),\n"
                           "       \"mm/slab.c: kmalloc is missing\")\n") == 0,
              "also with folded lines: %s", err.message);
}

Test(lab, export_that_the_script_forgets_is_named_with_its_line)
{
    cr_assert(check_script("ASSERT(DEFINED(kfree), \"mm/slab.c: kfree is "
                           "missing\")\n") == ERROR_USAGE,
              "must be USAGE");
    cr_expect(strstr(err.message,
                     "add: ASSERT(DEFINED(kmalloc), \"mm/slab.c: kmalloc is "
                     "missing\")"),
              "the line to add, got: %s", err.message);
}

Test(lab, script_must_name_a_file_of_the_component)
{
    cr_expect(
        check_script("ASSERT(DEFINED(kmalloc), \"mm/page_alloc.c: kmalloc "
                     "is missing\")\n") == ERROR_USAGE,
        "kmalloc is not in mm/page_alloc.c");
}

/* --- modules ---------------------------------------------------------------
 */

/* A module's services are held against ksyms.c, others' exports against
 * kernel.lds, also if they are parts. */
Test(lab, parts_are_checked_by_their_own_rules)
{
    const char *script = "ASSERT(DEFINED(kmalloc), \"mm/slab.c: kmalloc is "
                         "missing\")\n"
                         "ASSERT(DEFINED(__alloc_pages), \"mm/page_alloc.c: "
                         "__alloc_pages is missing\")\n";

    cr_assert(read_whole(WHOLE("slab, page_alloc, m")) == 0, "%s", err.message);
    write_text("skeleton/boot/kernel.lds", script);
    write_text("skeleton/kernel/ksyms.c", "EXPORT_SYMBOL(memset);\n");
    cr_assert(component_check_script(root, &lab->component, &err) ==
                  ERROR_USAGE,
              "must be USAGE");
    cr_expect(strstr(err.message, "add: EXPORT_SYMBOL("), "the line, got: %s",
              err.message);
    write_text("skeleton/boot/kernel.lds", strchr(script, '\n') + 1);
    cr_assert(component_check_script(root, &lab->component, &err) ==
                  ERROR_USAGE,
              "must be USAGE");
    cr_expect(strstr(err.message, "add: ASSERT(DEFINED(kmalloc)"),
              "the line, got: %s", err.message);
}

/* A kit whose component slab is a module. */
static int read_module(const char *ksyms)
{
    int rc;

    write_text("assignments/components.yaml",
               "services: [memset]\n"
               "components:\n"
               "  - name: slab\n"
               "    module: true\n"
               "    files: [mm/slab.c]\n"
               "    exports: [kmalloc]\n"
               "    uses: []\n"
               "    services: [__this_module, printk]\n");
    rc = read_text(GOOD);
    cr_assert(rc == 0, "%s", err.message);
    write_text("skeleton/kernel/ksyms.c", ksyms);
    return component_check_script(root, &lab->component, &err);
}

Test(lab, module_has_its_own_services)
{
    cr_expect(read_module("EXPORT_SYMBOL(printk);\n") == 0, "%s", err.message);
    cr_expect(lab->component.module, "it is a module");
    cr_assert(lab->component.imports[2] == NULL, "two imports");
    cr_expect_str_eq(lab->component.imports[1], "printk", "not memset");
}

Test(lab, service_that_the_kernel_does_not_export_is_named)
{
    cr_assert(read_module("EXPORT_SYMBOL(memset);\n") == ERROR_USAGE,
              "must be USAGE");
    cr_expect(strstr(err.message, "add: EXPORT_SYMBOL(printk);"),
              "the line to add, got: %s", err.message);
}

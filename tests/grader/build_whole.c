/*
 * Building a component that is made of two: mm/one.c and mm/two.c.
 */
#include "building.h"

TestSuite(build_whole, .init = setup, .fini = teardown, .timeout = 120);

static char *two_files[] = {"mm/two.c", NULL};
static char *two_exports[] = {"other", NULL};
static char *two_imports[] = {"service", NULL};
static char *all_files[] = {"mm/one.c", "mm/two.c", NULL};
static char *all_exports[] = {"take", "give", "other", NULL};
static char *no_imports[] = {NULL};
static struct component parts[2];

static bool second_is_module;

static void build_whole(const char *one, const char *two)
{
    struct file sources[] = {
        {"mm/one.c", (unsigned char *)one, strlen(one)},
        {"mm/two.c", (unsigned char *)two, strlen(two)},
    };
    struct submission submission = {.kind = "folder", .files = {sources, 2}};
    char *work = path_of("work");
    int rc;

    parts[0] = lab.component;
    parts[1] = (struct component){.name = "two",
                                  .files = two_files,
                                  .exports = two_exports,
                                  .imports = two_imports,
                                  .module = second_is_module};
    lab.component = (struct component){.name = "whole",
                                       .files = all_files,
                                       .exports = all_exports,
                                       .imports = no_imports,
                                       .parts = parts,
                                       .nparts = 2};
    rc = build_image(&kit, &lab, &submission, mode, work, seed, &build, &err);
    free(work);
    cr_assert(rc == 0, "an error of ours: %s", err.message);
}

Test(build_whole, whole_is_linked_without_the_reference)
{
    /* The reference's two.o defines other() as well. */
    build_whole(GOOD "static int helper(void) { return 1; }\n"
                     "int mine(void);\nint mine(void) { return helper(); }\n",
                "int other(void);\nint other(void) { return 3; }\n"
                "int mine(void);\nint mine(void) { return 4; }\n");
    cr_assert(build.status == BUILD_OK, "helpers of one name don't clash: %s",
              build.messages);
    cr_expect(has_symbol(build.symbols, "other"), "the second part is in");
    cr_expect(has_symbol(build.symbols, "take"), "the first part is in");
}

Test(build_whole, part_of_a_whole_keeps_its_rules)
{
    build_whole(GOOD, "int take(int n);\nint other(void);\n"
                      "int other(void) { return take(3); }\n");
    cr_assert(build.status == BUILD_FAILED, "mm/two.c may not call take()");
    cr_expect(strstr(build.messages, "mm/two.c: \"take\" is used") != NULL,
              "its file is blamed: %s", build.messages);
}

Test(build_whole, every_part_of_a_whole_that_is_wrong_is_named)
{
    build_whole("int take(int n);\nint take(int n) { return n; }\n",
                "int another(void);\nint another(void) { return 1; }\n");
    cr_assert(build.status == BUILD_FAILED, "give() and other() are missing");
    cr_expect(strstr(build.messages, "mm/one.c: ") != NULL &&
                  strstr(build.messages, "mm/two.c: ") != NULL,
              "both files are blamed: %s", build.messages);
}

Test(build_whole, part_that_is_a_module_is_an_object_of_its_own)
{
    second_is_module = true;
    write_text("head.c", "int take(int n);\nvoid start(void) { take(1); }\n");
    make_object("head.c", "kit/build/kernel/given/boot/head.o");
    build_whole(GOOD, "int other(void);\nint other(void) { return 3; }\n");
    cr_assert(build.status == BUILD_OK, "it builds: %s", build.messages);
    cr_assert(build.module != NULL, "there is a module");
    cr_expect(has_symbol(build.module, "other"), "which is the second part");
    cr_expect(!has_symbol(build.module, "take"), "and not the first");
    cr_expect(has_symbol(build.symbols, "take"), "that is in the kernel");
    cr_expect(!has_symbol(build.symbols, "other"), "the module is not");
}

Test(build_whole, module_that_breaks_its_rules_is_named)
{
    second_is_module = true;
    build_whole(GOOD, "int take(int n);\nint other(void);\n"
                      "int other(void) { return take(3); }\n");
    cr_assert(build.status == BUILD_FAILED, "mm/two.c may not call take()");
    cr_expect(strstr(build.messages, "mm/two.c: \"take\" is used") != NULL,
              "its file is blamed: %s", build.messages);
}

/*
 * The handout of a kernel with several labs: which of mm/ is source, which is
 * an object of ours, and what becomes of a bad `-o`. (Its other contents are
 * checked in cli.c.)
 */
#include "handout.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fixture.h"

#define TITLE "title: {en: A, zh: B}\n"

static char *root; /* removed at the end */
static struct kit kit;
static struct handout handout;
static struct error err;

static void write_text(const char *path, const char *text)
{
    fixture_write(root, path, text, strlen(text));
}

static void write_lab(const char *name, const char *component)
{
    char path[200], text[500];

    snprintf(path, sizeof(path), "assignments/%s/lab.yaml", name);
    snprintf(text, sizeof(text),
             TITLE "component: %s\nsuite: %s\ntests:\n  - name: one\n"
                   "    points: 100\n    visibility: public\n    " TITLE
                   "    hint: {en: A, zh: B}\n",
             component, component);
    write_text(path, text);
}

/* Labs one and two, and a third component that has no lab yet. */
static void setup(void)
{
    static const char *const names[] = {"one", "two", "three"};

    root = fixture_folder();
    write_text("assignments/components.yaml",
               "services: []\ncomponents:\n"
               "  - {name: one, files: [mm/one.c], exports: [a], uses: []}\n"
               "  - {name: two, files: [mm/two.c], exports: [b], uses: []}\n"
               "  - {name: three, files: [mm/three.c], exports: [c], uses: "
               "[]}\n");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[200];
        snprintf(path, sizeof(path), "skeleton/mm/%s.c", names[i]);
        write_text(path, "stub\n");
        snprintf(path, sizeof(path), "reference/mm/%s.c", names[i]);
        write_text(path, "solution\n");
        snprintf(path, sizeof(path), "build/kernel/handout/mm/%s.o", names[i]);
        write_text(path, "object\n");
    }
    write_lab("lab1-one", "one");
    write_lab("lab2-two", "two");
    write_text("skeleton/kernel/main.c", "given\n");
    write_text("tests/harness/guest.c", "given\n");
    write_text("tests/show/show.c", "given\n");
    cr_assert(kit_find(root, &kit, &err) == 0, "%s", err.message);
}

static void teardown(void)
{
    handout_free(&handout);
    kit_free(&kit);
    fixture_remove(root);
    free(root);
}

TestSuite(handout, .init = setup, .fini = teardown, .timeout = 60);

static void list(char *first, char *second)
{
    char *labs[] = {first, second, NULL};

    cr_assert(handout_list(&kit, labs, &handout, &err) == 0, "%s", err.message);
}

static bool has(const char *path)
{
    for (size_t i = 0; i < handout.count; i++) {
        if (strcmp(handout.files[i].path, path) == 0) {
            return true;
        }
    }
    return false;
}

Test(handout, other_components_are_objects)
{
    list("lab1-one", NULL);
    cr_expect(has("mm/one.c") && !has("given/mm/one.o"), "students write one");
    cr_expect(!has("mm/two.c") && has("given/mm/two.o"), "lab 2 gives two");
    cr_expect(!has("mm/three.c") && has("given/mm/three.o"),
              "a component without a lab is given, too");
    cr_expect(has("kernel/main.c"), "given sources stay sources");
}

Test(handout, several_labs_have_their_sources)
{
    list("lab1-one", "lab2-two");
    cr_expect(has("mm/one.c") && has("mm/two.c"), "both are written");
    cr_expect(!has("given/mm/one.o") && !has("given/mm/two.o"),
              "and neither is given");
    cr_expect(has("given/mm/three.o"), "the third is");
}

Test(handout, no_solution_is_in_it)
{
    list("lab1-one", NULL);
    for (size_t i = 0; i < handout.count; i++) {
        const char *source = handout.files[i].source;
        cr_expect(!source || !strstr(source, "/reference/"), "%s is from %s",
                  handout.files[i].path, source);
    }
}

Test(handout, object_that_is_not_built_is_our_fault)
{
    char *labs[] = {"lab1-one", NULL};
    char *object = fixture_path(root, "build/kernel/handout/mm/two.o");

    cr_assert(unlink(object) == 0, "unlink");
    cr_assert(handout_list(&kit, labs, &handout, &err) == ERROR_INFRA,
              "must be INFRA");
    cr_expect(strstr(err.message, "`make kernel` builds it"), "saw: %s",
              err.message);
    free(object);
}

Test(handout, place_where_nothing_can_be_made_is_a_usage_error)
{
    char *folder = fixture_path(root, "skeleton/kernel/main.c/handout");
    char *archive = fixture_path(root, "nowhere/handout.tar.gz");

    list("lab1-one", NULL);
    cr_expect(handout_write_folder(&handout, folder, &err) == ERROR_USAGE,
              "a file is in the way: %s", err.message);
    cr_expect(handout_write_archive(&handout, archive, &err) == ERROR_USAGE,
              "there is no such folder: %s", err.message);
    free(folder);
    free(archive);
}

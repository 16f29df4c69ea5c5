/*
 * lab.yaml: schemas for libcyaml, checks that a schema
 * can't express, and the move into the structures of lab.h.
 */
#include "lab.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cyaml/cyaml.h>
#include "component.h"
#include "config.h"
#include "folder.h"
#include "text.h"

#define POINTS_PER_LAB 100
#define TEXT_MAX       2000 /* bytes of a title or hint */
#define NAME_MAX_BYTES 100
#define ENTRIES_MAX    1000 /* tests, components, symbols */

/* --- the files as libcyaml fills them --------------------------------------
 */

struct test_entry {
    char *name;
    char *points; /* a text, because libcyaml takes "3.5" for 3 */
    enum lab_visibility visibility;
    struct lab_text title;
    struct lab_text hint;
};

struct lab_file {
    struct lab_text title;
    char *component;
    char *suite;
    struct test_entry *tests;
    unsigned ntests;
};

static const cyaml_strval_t visibilities[] = {
    {"public", LAB_PUBLIC},
    {"hidden", LAB_HIDDEN},
};

static const cyaml_schema_field_t text_fields[] = {
    CYAML_FIELD_STRING_PTR("en", CYAML_FLAG_POINTER, struct lab_text, en, 1,
                           TEXT_MAX),
    CYAML_FIELD_STRING_PTR("zh", CYAML_FLAG_POINTER, struct lab_text, zh, 1,
                           TEXT_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t test_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct test_entry, name,
                           1, NAME_MAX_BYTES),
    CYAML_FIELD_STRING_PTR("points", CYAML_FLAG_POINTER, struct test_entry,
                           points, 1, NAME_MAX_BYTES),
    CYAML_FIELD_ENUM("visibility", CYAML_FLAG_STRICT, struct test_entry,
                     visibility, visibilities, CYAML_ARRAY_LEN(visibilities)),
    CYAML_FIELD_MAPPING("title", CYAML_FLAG_DEFAULT, struct test_entry, title,
                        text_fields),
    CYAML_FIELD_MAPPING("hint", CYAML_FLAG_DEFAULT, struct test_entry, hint,
                        text_fields),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t test_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct test_entry, test_fields),
};

static const cyaml_schema_field_t lab_fields[] = {
    CYAML_FIELD_MAPPING("title", CYAML_FLAG_DEFAULT, struct lab_file, title,
                        text_fields),
    CYAML_FIELD_STRING_PTR("component", CYAML_FLAG_POINTER, struct lab_file,
                           component, 1, NAME_MAX_BYTES),
    CYAML_FIELD_STRING_PTR("suite", CYAML_FLAG_POINTER, struct lab_file, suite,
                           1, NAME_MAX_BYTES),
    CYAML_FIELD_SEQUENCE_COUNT("tests", CYAML_FLAG_POINTER, struct lab_file,
                               tests, ntests, &test_schema, 1, ENTRIES_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t lab_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct lab_file, lab_fields),
};

/* --- checks ----------------------------------------------------------------
 */

/* A C identifier: what suites and tests are called. */
static bool is_identifier(const char *name)
{
    bool valid = isalpha((unsigned char)name[0]) || name[0] == '_';

    for (const char *c = name; valid && *c != '\0'; c++) {
        valid = isalnum((unsigned char)*c) || *c == '_';
    }
    return valid;
}

/* A lab's name is a folder's name, chosen by whoever calls: no path in it. */
static bool is_lab_name(const char *name)
{
    bool valid = isalnum((unsigned char)name[0]);

    for (const char *c = name; valid && *c != '\0'; c++) {
        valid = isalnum((unsigned char)*c) || strchr("._-", *c);
    }
    return valid;
}

/* Points: a whole number from 1 to 100, in decimal. */
static int read_points(const struct config *config, size_t index,
                       const char *text, unsigned *points, struct error *err)
{
    size_t ndigits = strspn(text, "0123456789");
    char place[64];

    *points = 0;
    if (ndigits > 0 && ndigits <= 3 && text[ndigits] == '\0') {
        *points = (unsigned)strtoul(text, NULL, 10);
    }
    if (*points == 0 || *points > POINTS_PER_LAB) {
        snprintf(place, sizeof(place), "tests[%zu].points", index + 1);
        return config_fail(config, place, err,
                           "'%s' are no points; a test gives a whole number "
                           "of points from 1 to %d",
                           text, POINTS_PER_LAB);
    }
    return 0;
}

static int check_test_name(const struct config *config,
                           const struct lab_file *file, size_t index,
                           struct error *err)
{
    const char *name = file->tests[index].name;
    char place[64];

    snprintf(place, sizeof(place), "tests[%zu].name", index + 1);
    if (!is_identifier(name)) {
        return config_fail(config, place, err,
                           "'%s' can't be a test's name, which is a C "
                           "identifier without its suite",
                           name);
    }
    for (size_t i = 0; i < index; i++) {
        if (strcmp(file->tests[i].name, name) == 0) {
            return config_fail(config, place, err,
                               "the test '%s' is already listed as test %zu",
                               name, i + 1);
        }
    }
    return 0;
}

/* --- from file to struct lab -----------------------------------------------
 */

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't read the labs: out of memory");
}

/* Takes the text over from the structure that libcyaml filled. */
static struct lab_text take_text(struct lab_text *from)
{
    struct lab_text text = *from;

    *from = (struct lab_text){NULL, NULL};
    return text;
}

static int add_test(const struct config *config, struct lab_file *file,
                    size_t index, struct lab *lab, struct error *err)
{
    struct test_entry *entry = &file->tests[index];
    struct lab_test *test = &lab->tests[index];
    int rc = check_test_name(config, file, index, err);

    if (rc == 0) {
        rc = read_points(config, index, entry->points, &test->points, err);
    }
    if (rc != 0) {
        return rc;
    }
    if (asprintf(&test->name, "%s::%s", file->suite, entry->name) < 0) {
        test->name = NULL;
        return out_of_memory(err);
    }
    test->visibility = entry->visibility;
    test->title = take_text(&entry->title);
    test->hint = take_text(&entry->hint);
    lab->ntests = index + 1;
    lab->total += test->points;
    return 0;
}

static int add_tests(const struct config *config, struct lab_file *file,
                     struct lab *lab, struct error *err)
{
    int rc = 0;

    if (!is_identifier(file->suite)) {
        return config_fail(config, "suite", err,
                           "'%s' can't be a suite's name, which is a C "
                           "identifier",
                           file->suite);
    }
    lab->tests = calloc(file->ntests, sizeof(*lab->tests));
    if (!lab->tests) {
        return out_of_memory(err);
    }
    for (size_t i = 0; rc == 0 && i < file->ntests; i++) {
        rc = add_test(config, file, i, lab, err);
    }
    if (rc == 0 && lab->total != POINTS_PER_LAB) {
        rc = config_fail(config, "tests", err,
                         "the points of the %zu tests add up to %u instead of "
                         "%d",
                         lab->ntests, lab->total, POINTS_PER_LAB);
    }
    return rc;
}

/* --- the module's functions ------------------------------------------------
 */

static int read_file(const char *assignments, const char *path, struct lab *lab,
                     struct error *err)
{
    struct config *config = NULL;
    struct lab_file *file = NULL;
    int rc = config_open(path, "docs/lab.md", &config, err);

    if (rc == 0) {
        rc = config_load(config, &lab_schema, (void **)&file, err);
    }
    if (rc == 0) {
        rc = add_tests(config, file, lab, err);
    }
    if (rc == 0) {
        rc = component_read(assignments, config, file->component,
                            &lab->component, err);
    }
    if (rc == 0) {
        lab->title = take_text(&file->title);
        lab->suite = strdup(file->suite);
        rc = lab->suite ? 0 : out_of_memory(err);
    }
    config_free(&lab_schema, file);
    config_close(config);
    return rc;
}

static int unknown_lab(const char *root, const char *name, struct error *err)
{
    char **names = NULL;
    char list[512] = "";
    int rc = lab_list(root, &names, err);

    if (rc != 0) {
        return rc;
    }
    for (size_t i = 0; names[i]; i++) {
        text_add_name(list, sizeof(list), names[i]);
    }
    lab_list_free(names);
    return fail(err, ERROR_USAGE, "there is no lab '%s'; the labs are: %s",
                name, list[0] ? list : "none");
}

int lab_read(const char *root, const char *name, struct lab **out,
             struct error *err)
{
    struct lab *lab = NULL;
    char *assignments = NULL;
    char *path = NULL;
    int rc = path_join(root, "assignments", &assignments, err);

    if (rc == 0 && asprintf(&path, "%s/%s/lab.yaml", assignments, name) < 0) {
        path = NULL;
        rc = out_of_memory(err);
    }
    if (rc == 0 && (!is_lab_name(name) || !path_is_file(path))) {
        rc = unknown_lab(root, name, err);
    }
    if (rc == 0) {
        lab = calloc(1, sizeof(*lab));
        rc = lab ? 0 : out_of_memory(err);
    }
    if (rc == 0) {
        lab->name = strdup(name);
        rc = lab->name ? read_file(assignments, path, lab, err)
                       : out_of_memory(err);
    }
    if (rc == 0) {
        *out = lab;
        lab = NULL;
    }
    lab_free(lab);
    free(path);
    free(assignments);
    return rc;
}

static void free_text(struct lab_text *text)
{
    free(text->en);
    free(text->zh);
}

void lab_list_free(char **names)
{
    words_free(names);
}

void lab_free(struct lab *lab)
{
    if (!lab) {
        return;
    }
    for (size_t i = 0; i < lab->ntests; i++) {
        free(lab->tests[i].name);
        free_text(&lab->tests[i].title);
        free_text(&lab->tests[i].hint);
    }
    free(lab->tests);
    component_free(&lab->component);
    free_text(&lab->title);
    free(lab->suite);
    free(lab->name);
    free(lab);
}

/* Adds the folder's name if it holds a lab.yaml. */
static int add_if_lab(const char *assignments, const char *name, char ***names,
                      struct error *err)
{
    char *path = NULL;
    int rc = 0;

    if (asprintf(&path, "%s/%s/lab.yaml", assignments, name) < 0) {
        return out_of_memory(err);
    }
    if (is_lab_name(name) && path_is_file(path)) {
        char *const word[] = {(char *)name};
        rc = words_append(names, word, 1, err);
    }
    free(path);
    return rc;
}

static int list_folder(const char *assignments, char ***names,
                       struct error *err)
{
    struct dirent **entries = NULL;
    int count = scandir(assignments, &entries, NULL, alphasort);
    int rc = 0;

    if (count < 0) {
        return fail_errno(err, ERROR_INFRA, "can't read the folder %s",
                          assignments);
    }
    for (int i = 0; i < count; i++) {
        if (rc == 0) {
            rc = add_if_lab(assignments, entries[i]->d_name, names, err);
        }
        free(entries[i]);
    }
    free(entries);
    return rc;
}

int lab_list(const char *root, char ***out, struct error *err)
{
    char *assignments = NULL;
    char **names = NULL;
    int rc = path_join(root, "assignments", &assignments, err);

    if (rc == 0) {
        rc = words_append(&names, NULL, 0, err);
    }
    if (rc == 0) {
        rc = list_folder(assignments, &names, err);
    }
    if (rc == 0) {
        *out = names;
        names = NULL;
    }
    lab_list_free(names);
    free(assignments);
    return rc;
}

/*
 * course.yaml: the labs and where their submissions are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "course_parts.h"
#include "text.h"

#define WEIGHT_MAX 1000

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't read the course: out of memory");
}

static const struct word layouts[] = {
    {"git", LAYOUT_GIT},
    {"folder", LAYOUT_FOLDER},
    {"moodle", LAYOUT_MOODLE},
    {"canvas", LAYOUT_CANVAS},
    {"gradescope", LAYOUT_GRADESCOPE},
    {"blackboard", LAYOUT_BLACKBOARD},
    {"classroom", LAYOUT_CLASSROOM},
    {NULL, 0},
};

const char *course_layout_word(enum course_layout layout)
{
    return layouts[layout].text;
}

static int check_lab_exists(const struct course_reader *reader,
                            const char *place, const char *name,
                            struct error *err)
{
    char list[512] = "";
    char **names = NULL;
    bool found = false;
    int rc = lab_list(reader->root, &names, err);

    if (rc != 0) {
        return rc;
    }
    for (size_t i = 0; names[i]; i++) {
        found = found || strcmp(names[i], name) == 0;
        text_add_name(list, sizeof(list), names[i]);
    }
    lab_list_free(names);
    return found ? 0
                 : config_fail(reader->config, place, err,
                               "there is no lab '%s'; the labs are: %s", name,
                               list[0] ? list : "none");
}

static int check_lab_name(const struct course_reader *reader, size_t i,
                          struct error *err)
{
    const char *name = reader->file->labs[i].lab;
    char place[PLACE_BYTES];

    snprintf(place, sizeof(place), "labs[%zu].lab", i + 1);
    for (size_t j = 0; j < i; j++) {
        if (strcmp(reader->course->labs[j].lab, name) == 0) {
            return config_fail(reader->config, place, err,
                               "the lab '%s' is already listed as lab %zu",
                               name, j + 1);
        }
    }
    return check_lab_exists(reader, place, name, err);
}

static int add_source(const struct course_reader *reader, size_t i,
                      struct course_source *source, struct error *err)
{
    struct source_entry *entry = &reader->file->labs[i].source;
    char place[PLACE_BYTES];
    int layout = 0;
    int rc = 0;

    snprintf(place, sizeof(place), "labs[%zu].source.layout", i + 1);
    rc = course_word(reader->config, place, entry->layout, layouts, &layout,
                     err);
    if (rc == 0) {
        source->layout = (enum course_layout)layout;
        snprintf(place, sizeof(place), "labs[%zu].source", i + 1);
        rc = course_check_source(reader->config, place, entry, source->layout,
                                 err);
    }
    if (rc == 0) {
        rc = course_where(reader->course->folder, entry->where, source->layout,
                          &source->where, err);
    }
    if (rc == 0) {
        source->ref = entry->ref;
        source->assignment = entry->assignment;
        entry->ref = entry->assignment = NULL;
        source->time_zone = strdup(reader->course->time_zone);
        rc = source->time_zone ? 0 : out_of_memory(err);
    }
    return rc;
}

static int add_lab(const struct course_reader *reader, size_t i,
                   struct error *err)
{
    struct course_lab *lab = &reader->course->labs[i];
    struct lab_entry *entry = &reader->file->labs[i];
    char place[PLACE_BYTES];
    int rc = check_lab_name(reader, i, err);

    if (rc == 0) {
        reader->course->nlabs = i + 1;
        snprintf(place, sizeof(place), "labs[%zu].due", i + 1);
        rc = course_moment(reader->config, place, entry->due, &lab->due, err);
    }
    if (rc == 0) {
        struct number weight = {"a weight", 1, WEIGHT_MAX, 1};
        snprintf(place, sizeof(place), "labs[%zu].weight", i + 1);
        rc = course_number(reader->config, place, entry->weight, &weight, err);
        lab->weight = weight.value;
    }
    if (rc == 0) {
        rc = add_source(reader, i, &lab->source, err);
    }
    if (rc == 0) {
        lab->lab = entry->lab;
        entry->lab = NULL;
    }
    return rc;
}

int course_add_labs(const struct course_reader *reader, struct error *err)
{
    struct course *course = reader->course;
    int rc = 0;

    course->labs = calloc(reader->file->nlabs, sizeof(*course->labs));
    if (!course->labs) {
        return out_of_memory(err);
    }
    for (size_t i = 0; rc == 0 && i < reader->file->nlabs; i++) {
        rc = add_lab(reader, i, err);
    }
    return rc;
}

const struct course_lab *course_find_lab(const struct course *course,
                                         const char *lab)
{
    for (size_t i = 0; i < course->nlabs; i++) {
        if (strcmp(course->labs[i].lab, lab) == 0) {
            return &course->labs[i];
        }
    }
    return NULL;
}

int course_check_lab(const struct course *course, const char *option,
                     const char *lab, struct error *err)
{
    char list[512] = "";

    if (course_find_lab(course, lab)) {
        return 0;
    }
    for (size_t i = 0; i < course->nlabs; i++) {
        text_add_name(list, sizeof(list), course->labs[i].lab);
    }
    return fail(err, ERROR_USAGE,
                "%s: the course has no lab '%.100s'; its labs are: %s", option,
                lab, list);
}

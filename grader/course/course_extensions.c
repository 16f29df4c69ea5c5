/*
 * course.yaml: extensions, and when a student's work is due.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "course_parts.h"
#include "roster.h"

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't read the course: out of memory");
}

static bool same_lab(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Only one a student and lab, for a lab of the course, and later than it. */
static int check_extension(const struct course_reader *reader, size_t i,
                           int64_t due, struct error *err)
{
    const struct extension_entry *all = reader->file->extensions;
    const struct course_lab *lab = NULL;
    char place[PLACE_BYTES];

    snprintf(place, sizeof(place), "extensions[%zu].lab", i + 1);
    if (all[i].lab) {
        lab = course_find_lab(reader->course, all[i].lab);
    }
    if (all[i].lab && !lab) {
        return config_fail(reader->config, place, err,
                           "the course has no lab '%s'", all[i].lab);
    }
    snprintf(place, sizeof(place), "extensions[%zu].due", i + 1);
    if (lab && due < lab->due) {
        return config_fail(reader->config, place, err,
                           "the extension ends before %s is due", lab->lab);
    }
    snprintf(place, sizeof(place), "extensions[%zu].student", i + 1);
    for (size_t j = 0; j < i; j++) {
        /* What was added has given its texts away; compare with those. */
        const struct course_extension *other = &reader->course->extensions[j];
        if (strcmp(other->student, all[i].student) == 0 &&
            same_lab(other->lab, all[i].lab)) {
            return config_fail(reader->config, place, err,
                               "the student '%s' has an extension for %s "
                               "already, at %s",
                               all[i].student, all[i].lab ? all[i].lab : "all",
                               other->place);
        }
    }
    return 0;
}

static int add_extension(const struct course_reader *reader, size_t i,
                         struct error *err)
{
    struct extension_entry *entry = &reader->file->extensions[i];
    struct course_extension *extension = &reader->course->extensions[i];
    char place[PLACE_BYTES];
    int rc = 0;

    snprintf(place, sizeof(place), "extensions[%zu].due", i + 1);
    rc = course_moment(reader->config, place, entry->due, &extension->due, err);
    if (rc == 0) {
        rc = check_extension(reader, i, extension->due, err);
    }
    if (rc == 0) {
        snprintf(place, sizeof(place), "extensions[%zu].note", i + 1);
        rc = course_clean(reader->config, place, entry->note, err);
    }
    if (rc != 0) {
        return rc;
    }
    extension->student = entry->student;
    extension->lab = entry->lab;
    extension->note = entry->note;
    *entry = (struct extension_entry){.due = entry->due};
    reader->course->nextensions = i + 1;
    snprintf(place, sizeof(place), "extensions[%zu].student", i + 1);
    extension->place = config_place(reader->config, place);
    return extension->place ? 0 : out_of_memory(err);
}

int course_add_extensions(const struct course_reader *reader, struct error *err)
{
    struct course *course = reader->course;
    unsigned count = reader->file->nextensions;
    int rc = 0;

    course->extensions = calloc(count + 1, sizeof(*course->extensions));
    if (!course->extensions) {
        return out_of_memory(err);
    }
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = add_extension(reader, i, err);
    }
    return rc;
}

int course_check_students(const struct course *course,
                          const struct roster *roster, struct error *err)
{
    for (size_t i = 0; i < course->nextensions; i++) {
        const struct course_extension *extension = &course->extensions[i];
        if (!roster_find(roster, extension->student)) {
            return fail(err, ERROR_USAGE,
                        "%s: the roster has no student with the id '%s'",
                        extension->place, extension->student);
        }
    }
    return 0;
}

int64_t course_due(const struct course *course, const struct course_lab *lab,
                   const char *student)
{
    int64_t due = lab->due;

    for (size_t i = 0; i < course->nextensions; i++) {
        const struct course_extension *extension = &course->extensions[i];
        if (strcmp(extension->student, student) == 0 &&
            (!extension->lab || strcmp(extension->lab, lab->lab) == 0) &&
            extension->due > due) {
            due = extension->due;
        }
    }
    return due;
}

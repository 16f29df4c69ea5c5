/*
 * course.yaml as libcyaml fills it: texts, checked and understood in course.c.
 * Numbers and words are texts as well, because libcyaml takes "3.5" for 3 and
 * does not say which words there are.
 */
#ifndef GRADER_COURSE_FILE_H
#define GRADER_COURSE_FILE_H

#include "lab.h"

struct cyaml_schema_value;

/* What may be left out is NULL then. */
struct source_entry {
    char *layout;
    char *where;
    char *ref;
    char *assignment;
};

struct lab_entry {
    char *lab;
    char *due;
    char *weight;
    struct source_entry source;
};

struct policy_entry {
    char *attempt;
    char *grace_minutes;
    char *penalty_percent;
    char *cap_percent;
    char *max_days;
};

struct extension_entry {
    char *student;
    char *lab;
    char *due;
    char *note;
};

struct course_file {
    char *id;
    struct lab_text name;
    char *time_zone;
    char *secret;
    char *roster;
    char *gradebook;
    struct lab_entry *labs;
    unsigned nlabs;
    struct policy_entry *policy;
    struct extension_entry *extensions;
    unsigned nextensions;
    char *visibility;
};

extern const struct cyaml_schema_value course_file_schema;

#endif

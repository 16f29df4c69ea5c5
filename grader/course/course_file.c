/*
 * The schema of course.yaml: which keys there are, and which must be there.
 */
#include "course_file.h"

#include <cyaml/cyaml.h>

#define TEXT_MAX    2000 /* bytes */
#define ENTRIES_MAX 5000 /* labs, extensions */

#define REQUIRED CYAML_FLAG_POINTER
#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

/* A text under the key of the same name as the member. */
#define TEXT(flags, type, member)                                              \
    CYAML_FIELD_STRING_PTR(#member, flags, struct type, member, 1, TEXT_MAX)

static const cyaml_schema_field_t name_fields[] = {
    TEXT(REQUIRED, lab_text, en),
    TEXT(REQUIRED, lab_text, zh),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t source_fields[] = {
    TEXT(REQUIRED, source_entry, layout),
    TEXT(REQUIRED, source_entry, where),
    TEXT(OPTIONAL, source_entry, ref),
    TEXT(OPTIONAL, source_entry, assignment),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t lab_fields[] = {
    TEXT(REQUIRED, lab_entry, lab),
    TEXT(REQUIRED, lab_entry, due),
    TEXT(OPTIONAL, lab_entry, weight),
    CYAML_FIELD_MAPPING("source", CYAML_FLAG_DEFAULT, struct lab_entry, source,
                        source_fields),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t lab_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct lab_entry, lab_fields),
};

static const cyaml_schema_field_t policy_fields[] = {
    TEXT(OPTIONAL, policy_entry, attempt),
    TEXT(OPTIONAL, policy_entry, grace_minutes),
    TEXT(OPTIONAL, policy_entry, penalty_percent),
    TEXT(OPTIONAL, policy_entry, cap_percent),
    TEXT(OPTIONAL, policy_entry, max_days),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t extension_fields[] = {
    TEXT(REQUIRED, extension_entry, student),
    TEXT(OPTIONAL, extension_entry, lab),
    TEXT(REQUIRED, extension_entry, due),
    TEXT(OPTIONAL, extension_entry, note),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t extension_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct extension_entry,
                        extension_fields),
};

static const cyaml_schema_field_t course_fields[] = {
    TEXT(REQUIRED, course_file, id),
    CYAML_FIELD_MAPPING("name", CYAML_FLAG_DEFAULT, struct course_file, name,
                        name_fields),
    TEXT(REQUIRED, course_file, time_zone),
    TEXT(OPTIONAL, course_file, secret),
    TEXT(REQUIRED, course_file, roster),
    TEXT(REQUIRED, course_file, gradebook),
    CYAML_FIELD_SEQUENCE_COUNT("labs", CYAML_FLAG_POINTER, struct course_file,
                               labs, nlabs, &lab_schema, 1, ENTRIES_MAX),
    CYAML_FIELD_MAPPING_PTR("policy", OPTIONAL, struct course_file, policy,
                            policy_fields),
    CYAML_FIELD_SEQUENCE_COUNT("extensions", OPTIONAL, struct course_file,
                               extensions, nextensions, &extension_schema, 0,
                               ENTRIES_MAX),
    TEXT(OPTIONAL, course_file, visibility),
    CYAML_FIELD_END,
};

const struct cyaml_schema_value course_file_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct course_file, course_fields),
};

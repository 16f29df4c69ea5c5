/*
 * A class as a table for spreadsheets: a row a student, five columns a lab.
 * With a byte order mark, without which Excel takes UTF-8 for the encoding of
 * the machine it runs on.
 */
#include "export.h"

#include <stdio.h>
#include <string.h>
#include "csv_write.h"
#include "gradebook.h"

/* What is told of each lab; the first column bears the lab's name alone. */
static const struct {
    const char *suffix, *key;
} lab_columns[] = {
    {"", "points"},
    {" state", "state"},
    {" before policy", "earned"},
    {" days late", "days_late"},
    {" why", "reason"},
};

#define LAB_COLUMNS (sizeof(lab_columns) / sizeof(lab_columns[0]))

static const char *const student_columns[] = {"id", "name", "login", "email",
                                              "section"};

#define STUDENT_COLUMNS (sizeof(student_columns) / sizeof(student_columns[0]))

/* The labs of which the table is: [from, to). */
struct range {
    size_t from, to;
};

static void put(struct csv_writer *writer, const json_t *value)
{
    if (json_is_number(value)) {
        csv_number(writer, json_number_value(value));
    } else if (json_is_string(value)) {
        csv_text(writer, json_string_value(value));
    } else {
        csv_blank(writer);
    }
}

/* How late is not known if nothing says when it was handed in. */
static bool is_known(const json_t *lab, const char *key)
{
    return strcmp(key, "days_late") != 0 ||
           json_integer_value(json_object_get(lab, key)) > 0 ||
           json_is_string(json_object_get(lab, "submitted"));
}

static void put_lab(struct csv_writer *writer, const json_t *lab)
{
    for (size_t i = 0; i < LAB_COLUMNS; i++) {
        const char *key = lab_columns[i].key;
        put(writer, is_known(lab, key) ? json_object_get(lab, key) : NULL);
    }
}

static void put_header(struct csv_writer *writer, const json_t *class,
                       const struct range *range)
{
    const json_t *labs = json_object_get(class, "labs");
    char header[300];

    for (size_t i = 0; i < STUDENT_COLUMNS; i++) {
        csv_text(writer, student_columns[i]);
    }
    csv_text(writer, "total");
    for (size_t k = range->from; k < range->to; k++) {
        for (size_t i = 0; i < LAB_COLUMNS; i++) {
            snprintf(header, sizeof(header), "%.200s%s",
                     gradebook_text(json_array_get(labs, k), "lab"),
                     lab_columns[i].suffix);
            csv_text(writer, header);
        }
    }
    csv_end_row(writer);
}

static void put_student(struct csv_writer *writer, const json_t *student,
                        const struct range *range)
{
    const json_t *labs = json_object_get(student, "labs");

    for (size_t i = 0; i < STUDENT_COLUMNS; i++) {
        put(writer, json_object_get(student, student_columns[i]));
    }
    put(writer, json_object_get(student, "total"));
    for (size_t k = range->from; k < range->to; k++) {
        put_lab(writer, json_array_get(labs, k));
    }
    csv_end_row(writer);
}

static int write_csv(const json_t *input, const struct export_options *options,
                     char **text, size_t *nbytes, struct error *err)
{
    const json_t *students = json_object_get(input, "students");
    struct range range = {0, json_array_size(json_object_get(input, "labs"))};
    struct csv_writer writer;
    int rc = 0;

    if (options->lab) {
        rc = gradebook_find_lab(input, options->lab, &range.from, err);
        range.to = range.from + 1;
    }
    if (rc == 0) {
        rc = csv_begin(&writer, true, err);
    }
    if (rc != 0) {
        return rc;
    }
    put_header(&writer, input, &range);
    for (size_t i = 0; i < json_array_size(students); i++) {
        put_student(&writer, json_array_get(students, i), &range);
    }
    return csv_finish(&writer, text, nbytes, err);
}

const struct export_format export_csv = {
    .name = "csv",
    .summary = "a table of the class, for a spreadsheet",
    .of_class = true,
    .write = write_csv,
};

/*
 * Moodle's offline grading worksheet of one assignment.
 *
 * Moodle takes back only the worksheet that it gave out: it knows its columns
 * by headers in the language of whoever uploads it, and people by its own
 * identifier. So that file is filled in. Which column is which, is told by
 * what is in it, in any language:
 *
 *     identifier       one word and a number in all rows: "Participant 123"
 *     maximum grade    the same number in all rows
 *     grade            the column before that: empty, or numbers up to it
 *     who it is        the columns between identifier and grade
 *
 * Several pairs of the kind of the last two are possible where a profile
 * field holds numbers; then --assignment names the grade's header.
 */
#include "export.h"

#include <stdlib.h>
#include <string.h>
#include "csv_sheet.h"
#include "gradebook.h"

#define NONE ((size_t)-1)

struct filling {
    const json_t *class;
    const struct export_options *options;
    struct csv_sheet sheet;
    size_t lab;
    size_t identifier;
    size_t grade;
    double maximum;
    ssize_t *whose;
};

/* --- which column is which -------------------------------------------------
 */

/* Bytes of a text without the digits at its end; 0 if it has none there. */
static size_t word_length(const char *text)
{
    size_t n = strlen(text);
    size_t word = n;

    while (word > 0 && text[word - 1] >= '0' && text[word - 1] <= '9') {
        word--;
    }
    return word < n ? word : 0;
}

static bool is_identifier(const struct csv_sheet *sheet, size_t column)
{
    const char *first = csv_sheet_text(sheet, 1, column);
    size_t word = word_length(first);

    if (word == 0) {
        return false;
    }
    for (size_t row = 2; row < sheet->count; row++) {
        const char *text = csv_sheet_text(sheet, row, column);
        if (word_length(text) != word || strncmp(text, first, word) != 0) {
            return false;
        }
    }
    return true;
}

static int find_identifier(struct filling *filling, struct error *err)
{
    for (size_t i = 0; i < csv_sheet_columns(&filling->sheet); i++) {
        if (filling->sheet.count > 1 && is_identifier(&filling->sheet, i)) {
            filling->identifier = i;
            return 0;
        }
    }
    return fail(err, ERROR_USAGE,
                "the template is not a grading worksheet of Moodle's: no "
                "column has “Participant” (in whatever language) and a number "
                "in all lines");
}

/* True if all rows have the same number above 0 in it. */
static bool is_maximum(const struct csv_sheet *sheet, size_t column,
                       double *maximum)
{
    for (size_t row = 1; row < sheet->count; row++) {
        double number = 0;
        if (!csv_read_number(csv_sheet_text(sheet, row, column), &number) ||
            number <= 0 || (row > 1 && number != *maximum)) {
            return false;
        }
        *maximum = number;
    }
    return true;
}

static bool is_grade(const struct csv_sheet *sheet, size_t column,
                     double *maximum)
{
    if (column + 1 >= csv_sheet_columns(sheet) ||
        !is_maximum(sheet, column + 1, maximum)) {
        return false;
    }
    for (size_t row = 1; row < sheet->count; row++) {
        const char *text = csv_sheet_text(sheet, row, column);
        double number = 0;
        if (text[0] != '\0' &&
            (!csv_read_number(text, &number) || number > *maximum)) {
            return false;
        }
    }
    return true;
}

static int take_grade(struct filling *filling, size_t column, struct error *err)
{
    if (!is_grade(&filling->sheet, column, &filling->maximum)) {
        return fail(err, ERROR_USAGE,
                    "the template's column “%.150s” is not one of grades with "
                    "the maximum in the column behind it (mmgrade fills in "
                    "points, not scales)",
                    csv_sheet_text(&filling->sheet, 0, column));
    }
    filling->grade = column;
    return 0;
}

static int find_named(struct filling *filling, struct error *err)
{
    const char *wanted = filling->options->assignment;

    for (size_t i = 0; i < csv_sheet_columns(&filling->sheet); i++) {
        if (strcmp(csv_sheet_text(&filling->sheet, 0, i), wanted) == 0) {
            return take_grade(filling, i, err);
        }
    }
    return fail(err, ERROR_USAGE, "the template has no column “%.150s”",
                wanted);
}

/*
 * Of columns side by side the last one: where all have full marks, the grades
 * themselves look like a maximum of the column before them.
 */
static int find_grade(struct filling *filling, struct error *err)
{
    const struct csv_sheet *sheet = &filling->sheet;
    size_t found = NONE;
    double ignored = 0;

    if (filling->options->assignment) {
        return find_named(filling, err);
    }
    for (size_t i = filling->identifier + 1; i < csv_sheet_columns(sheet);
         i++) {
        if (!is_grade(sheet, i, &ignored) || is_grade(sheet, i + 1, &ignored)) {
            continue;
        }
        if (found != NONE) {
            return fail(err, ERROR_USAGE,
                        "the grade may be in the template's columns “%.150s” "
                        "or “%.150s”; name it with --assignment HEADER",
                        csv_sheet_text(sheet, 0, found),
                        csv_sheet_text(sheet, 0, i));
        }
        found = i;
    }
    if (found == NONE) {
        return fail(err, ERROR_USAGE,
                    "the template has no column of grades with a maximum "
                    "behind it: is it a worksheet of an assignment that is "
                    "graded in points?");
    }
    return take_grade(filling, found, err);
}

/* --- filling in ------------------------------------------------------------
 */

static int fill_rows(struct filling *filling, struct error *err)
{
    const json_t *students = json_object_get(filling->class, "students");
    int rc = 0;

    for (size_t row = 1; rc == 0 && row < filling->sheet.count; row++) {
        double points = 0;
        if (filling->whose[row] < 0 ||
            !gradebook_points(
                json_array_get(students, (size_t)filling->whose[row]),
                filling->lab, &points)) {
            continue;
        }
        points = gradebook_scale(filling->class, filling->lab, points,
                                 filling->maximum);
        if (points < 0 || points > filling->maximum) {
            gradebook_note(filling->options,
                           "line %zu: Moodle passes over grades that are not "
                           "from 0 to the maximum",
                           filling->sheet.rows[row].line);
        }
        rc = csv_sheet_put(&filling->sheet, row, filling->grade, points, err);
    }
    return rc;
}

static int match(struct filling *filling, struct error *err)
{
    int rc = gradebook_match(&filling->sheet, 1, filling->identifier + 1,
                             filling->grade, filling->class, filling->options,
                             &filling->whose, err);

    if (rc != ERROR_USAGE) {
        return rc;
    }
    return fail(err, ERROR_USAGE,
                "no line of the template is about a student of this class: "
                "neither id, login, address nor name of anybody is in it. If "
                "the assignment is marked blind, reveal the identities in "
                "Moodle and download the worksheet again");
}

static int find_lab(struct filling *filling, struct error *err)
{
    const json_t *labs = json_object_get(filling->class, "labs");

    if (filling->options->lab) {
        return gradebook_find_lab(filling->class, filling->options->lab,
                                  &filling->lab, err);
    }
    return json_array_size(labs) == 1
               ? 0
               : fail(err, ERROR_USAGE,
                      "a worksheet of Moodle's is of one assignment: say with "
                      "--lab of which lab");
}

static int write_moodle(const json_t *input,
                        const struct export_options *options, char **text,
                        size_t *nbytes, struct error *err)
{
    struct filling filling = {.class = input, .options = options};
    int rc = find_lab(&filling, err);

    if (rc == 0 && !options->template) {
        rc = fail(err, ERROR_USAGE,
                  "Moodle takes back only a worksheet of its own: download it "
                  "(“Download grading worksheet”) and name it with "
                  "--template");
    }
    if (rc == 0) {
        rc = csv_sheet_read(options->template, options->template_bytes,
                            &filling.sheet, err);
    }
    if (rc == 0) {
        rc = find_identifier(&filling, err);
    }
    if (rc == 0) {
        rc = find_grade(&filling, err);
    }
    if (rc == 0) {
        rc = match(&filling, err);
    }
    if (rc == 0) {
        rc = fill_rows(&filling, err);
    }
    if (rc == 0) {
        rc = csv_sheet_write(&filling.sheet, text, nbytes, err);
    }
    free(filling.whose);
    csv_sheet_clear(&filling.sheet);
    return rc;
}

const struct export_format export_moodle = {
    .name = "moodle",
    .summary = "fills in a grading worksheet that Moodle gave out",
    .of_class = true,
    .write = write_moodle,
};

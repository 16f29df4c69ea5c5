/*
 * Canvas's gradebook CSV.
 *
 * With a template, which is the gradebook as Canvas exports it, a column a lab
 * is filled in; a column is told by its header, "Title (id)", of which the
 * title may stand alone. What Canvas calculates is "(read only)" in the row of
 * points possible, and stays as it is; so do EX (excused) and N/A (not
 * assigned). Without a template the sheet has the columns that an import needs;
 * Canvas then finds people by SIS ids or logins, and makes assignments that it
 * doesn't have. No byte order mark there: one before a quote would make the
 * file malformed for Canvas.
 */
#include "export.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "csv_sheet.h"
#include "csv_write.h"
#include "detail.h"
#include "gradebook.h"
#include "results.h"

#define POINTS_POSSIBLE "    Points Possible"
#define NONE            ((size_t)-1)

/* --- a new sheet -----------------------------------------------------------
 */

/* The title of the k-th lab's column. */
static const char *title_of(const json_t *class,
                            const struct export_options *options, size_t k)
{
    const json_t *lab = json_array_get(json_object_get(class, "labs"), k);

    return options->assignment
               ? options->assignment
               : results_localised(lab, "title", options->language);
}

static void put_header(struct csv_writer *writer, const json_t *class,
                       const struct export_options *options, size_t from,
                       size_t to)
{
    static const char *const columns[] = {"Student", "ID", "SIS User ID",
                                          "SIS Login ID", "Section"};
    const json_t *labs = json_object_get(class, "labs");

    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        csv_text(writer, columns[i]);
    }
    for (size_t k = from; k < to; k++) {
        csv_text(writer, title_of(class, options, k));
    }
    csv_end_row(writer);
    csv_text(writer, POINTS_POSSIBLE);
    for (size_t i = 1; i < sizeof(columns) / sizeof(columns[0]); i++) {
        csv_blank(writer);
    }
    for (size_t k = from; k < to; k++) {
        csv_number(writer, json_number_value(json_object_get(
                               json_array_get(labs, k), "max")));
    }
    csv_end_row(writer);
}

static void put_student(struct csv_writer *writer, const json_t *student,
                        size_t from, size_t to)
{
    csv_text(writer, gradebook_text(student, "name"));
    csv_blank(writer); /* Canvas's own number, which we don't know */
    csv_text(writer, gradebook_text(student, "id"));
    csv_text(writer, gradebook_text(student, "login"));
    csv_text(writer, gradebook_text(student, "section"));
    for (size_t k = from; k < to; k++) {
        double points = 0;
        if (gradebook_points(student, k, &points)) {
            csv_number(writer, points);
        } else {
            csv_blank(writer);
        }
    }
    csv_end_row(writer);
}

static int write_new(const json_t *class, const struct export_options *options,
                     size_t from, size_t to, char **text, size_t *nbytes,
                     struct error *err)
{
    const json_t *students = json_object_get(class, "students");
    struct csv_writer writer;
    int rc = csv_begin(&writer, false, err);

    if (rc != 0) {
        return rc;
    }
    put_header(&writer, class, options, from, to);
    for (size_t i = 0; i < json_array_size(students); i++) {
        put_student(&writer, json_array_get(students, i), from, to);
    }
    return csv_finish(&writer, text, nbytes, err);
}

/* --- a template ------------------------------------------------------------
 */

struct filling {
    const json_t *class;
    const struct export_options *options;
    struct csv_sheet sheet;
    size_t nidentity; /* columns that say who it is: up to Section */
    size_t points_row;
    ssize_t *whose;
};

static int find_identity(struct filling *filling, struct error *err)
{
    const struct csv_sheet *sheet = &filling->sheet;
    size_t columns = csv_sheet_columns(sheet);
    bool one_name =
        columns > 1 && strcmp(csv_sheet_text(sheet, 0, 0), "Student") == 0;
    bool two_names =
        columns > 2 && strcmp(csv_sheet_text(sheet, 0, 0), "LastName") == 0;
    size_t id = one_name ? 1 : 2;

    for (size_t i = id; (one_name || two_names) && i < columns; i++) {
        if (strcmp(csv_sheet_text(sheet, 0, i), "Section") == 0 &&
            strcmp(csv_sheet_text(sheet, 0, id), "ID") == 0) {
            filling->nidentity = i + 1;
            return 0;
        }
    }
    return fail(err, ERROR_USAGE,
                "the template is not a gradebook that Canvas exported: its "
                "header doesn't begin with Student, ID, …, Section");
}

static int find_points_row(struct filling *filling, struct error *err)
{
    for (size_t row = 1; row < filling->sheet.count; row++) {
        const char *text = csv_sheet_text(&filling->sheet, row, 0);
        if (strcmp(text + strspn(text, " "), "Points Possible") == 0) {
            filling->points_row = row;
            return 0;
        }
    }
    return fail(err, ERROR_USAGE,
                "the template has no row “Points Possible”: export the "
                "gradebook from Canvas again, and change nothing in it");
}

/* Bytes of a header without " (12345)" at its end. */
static size_t bare_length(const char *header)
{
    size_t n = strlen(header);
    size_t ndigits = 0;
    size_t bare = n;

    if (n > 0 && header[n - 1] == ')') {
        for (bare = n - 1;
             bare > 0 && header[bare - 1] >= '0' && header[bare - 1] <= '9';
             bare--) {
            ndigits++;
        }
    }
    if (ndigits > 0 && bare > 1 && header[bare - 1] == '(' &&
        header[bare - 2] == ' ') {
        return bare - 2;
    }
    return n;
}

static bool header_fits(const char *header, const char *title)
{
    size_t bare = bare_length(header);

    return strcasecmp(header, title) == 0 ||
           (strlen(title) == bare && strncasecmp(header, title, bare) == 0);
}

/* Does it fit what was asked for, or one of the lab's own names? */
static bool column_fits(const struct filling *filling, size_t k,
                        const char *header)
{
    const json_t *lab =
        json_array_get(json_object_get(filling->class, "labs"), k);
    const json_t *title = json_object_get(lab, "title");

    if (filling->options->assignment) {
        return header_fits(header, filling->options->assignment);
    }
    return header_fits(header, gradebook_text(lab, "lab")) ||
           header_fits(header, gradebook_text(title, "en")) ||
           header_fits(header, gradebook_text(title, "zh"));
}

/* The lab's column, or NONE. */
static int find_column(const struct filling *filling, size_t k, size_t *out,
                       struct error *err)
{
    const struct csv_sheet *sheet = &filling->sheet;

    *out = NONE;
    for (size_t i = filling->nidentity; i < csv_sheet_columns(sheet); i++) {
        const char *header = csv_sheet_text(sheet, 0, i);
        if (!column_fits(filling, k, header)) {
            continue;
        }
        if (*out != NONE) {
            return fail(err, ERROR_USAGE,
                        "the columns “%.150s” and “%.150s” of the template "
                        "both fit; say with --lab and --assignment which",
                        csv_sheet_text(sheet, 0, *out), header);
        }
        *out = i;
    }
    return 0;
}

/* A column without a number there is read-only, or none of an assignment. */
static int read_maximum(const struct filling *filling, size_t column,
                        double *maximum, struct error *err)
{
    const char *text =
        csv_sheet_text(&filling->sheet, filling->points_row, column);

    if (!csv_read_number(text, maximum)) {
        return fail(err, ERROR_USAGE,
                    "the template's column “%.150s” can't be filled in: its "
                    "points possible are “%.60s”",
                    csv_sheet_text(&filling->sheet, 0, column), text);
    }
    return 0;
}

static bool is_kept(const char *text)
{
    return strcasecmp(text, "EX") == 0 || strcasecmp(text, "N/A") == 0;
}

static int fill_column(struct filling *filling, size_t k, size_t column,
                       struct error *err)
{
    const json_t *students = json_object_get(filling->class, "students");
    double maximum = 0;
    int rc = read_maximum(filling, column, &maximum, err);

    for (size_t row = filling->points_row + 1;
         rc == 0 && row < filling->sheet.count; row++) {
        double points = 0;
        if (filling->whose[row] < 0 ||
            is_kept(csv_sheet_text(&filling->sheet, row, column)) ||
            !gradebook_points(
                json_array_get(students, (size_t)filling->whose[row]), k,
                &points)) {
            continue;
        }
        if (maximum > 0) {
            points = gradebook_scale(filling->class, k, points, maximum);
        }
        rc = csv_sheet_put(&filling->sheet, row, column, points, err);
    }
    return rc;
}

static int no_column(const struct filling *filling, const char *title,
                     struct error *err)
{
    const struct csv_sheet *sheet = &filling->sheet;
    char list[500] = "";
    size_t used = 0;

    for (size_t i = filling->nidentity;
         i < csv_sheet_columns(sheet) && used < sizeof(list); i++) {
        used +=
            (size_t)snprintf(list + used, sizeof(list) - used, "%s%.80s",
                             used > 0 ? "; " : "", csv_sheet_text(sheet, 0, i));
    }
    return fail(err, ERROR_USAGE,
                "the template has no column for %.200s; name it with --lab "
                "and --assignment; its columns are: %s",
                title, list);
}

static int fill_columns(struct filling *filling, size_t from, size_t to,
                        struct error *err)
{
    const json_t *labs = json_object_get(filling->class, "labs");
    size_t nfilled = 0;
    int rc = 0;

    for (size_t k = from; rc == 0 && k < to; k++) {
        const char *lab = gradebook_text(json_array_get(labs, k), "lab");
        size_t column = NONE;

        rc = find_column(filling, k, &column, err);
        if (rc == 0 && column == NONE && to - from > 1) {
            gradebook_note(filling->options, "%s has no column in the template",
                           lab);
        } else if (rc == 0 && column == NONE) {
            rc = no_column(filling,
                           filling->options->assignment
                               ? filling->options->assignment
                               : lab,
                           err);
        } else if (rc == 0) {
            rc = fill_column(filling, k, column, err);
            nfilled++;
        }
    }
    return rc == 0 && nfilled == 0 ? no_column(filling, "any lab", err) : rc;
}

static int fill_in(struct filling *filling, size_t from, size_t to, char **text,
                   size_t *nbytes, struct error *err)
{
    const struct export_options *options = filling->options;
    int rc = csv_sheet_read(options->template, options->template_bytes,
                            &filling->sheet, err);

    if (rc == 0) {
        rc = find_identity(filling, err);
    }
    if (rc == 0) {
        rc = find_points_row(filling, err);
    }
    if (rc == 0) {
        rc = gradebook_match(&filling->sheet, filling->points_row + 1, 0,
                             filling->nidentity, filling->class, options,
                             &filling->whose, err);
    }
    if (rc == 0) {
        rc = fill_columns(filling, from, to, err);
    }
    if (rc == 0) {
        rc = csv_sheet_write(&filling->sheet, text, nbytes, err);
    }
    free(filling->whose);
    csv_sheet_clear(&filling->sheet);
    return rc;
}

static int write_canvas(const json_t *input,
                        const struct export_options *options, char **text,
                        size_t *nbytes, struct error *err)
{
    struct filling filling = {.class = input, .options = options};
    size_t from = 0;
    size_t to = json_array_size(json_object_get(input, "labs"));
    bool chinese = false;
    int rc = detail_language(options->language, &chinese, err);

    if (rc == 0 && options->lab) {
        rc = gradebook_find_lab(input, options->lab, &from, err);
        to = from + 1;
    }
    if (rc == 0 && options->assignment && to - from != 1) {
        rc = fail(err, ERROR_USAGE,
                  "--assignment names one column; say with --lab of which lab "
                  "it is");
    }
    if (rc != 0) {
        return rc;
    }
    return options->template
               ? fill_in(&filling, from, to, text, nbytes, err)
               : write_new(input, options, from, to, text, nbytes, err);
}

const struct export_format export_canvas = {
    .name = "canvas",
    .summary = "a gradebook to import into Canvas; fills in an exported one",
    .of_class = true,
    .write = write_canvas,
};

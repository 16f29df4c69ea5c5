/*
 * Whose row is whose.
 *
 * A column is one of ids, logins or addresses if no two rows have the same
 * text in it and it says something of at least one student; which of the
 * three, is what fits most rows. All such columns must agree on a row, and a
 * name must not be that of somebody else. Names alone count in sheets that have
 * no such column, and in rows where these are empty: a name that is there
 * beside an id that is nobody's is another person.
 */
#include "gradebook.h"

#include <stdlib.h>
#include <string.h>

#define NOBODY    (-1)
#define AMBIGUOUS (-2)

enum kind {
    KIND_ID,
    KIND_LOGIN,
    KIND_EMAIL,
    KIND_NAME,
    KINDS,
    KIND_NONE = KINDS,
};

struct matching {
    const struct csv_sheet *sheet;
    size_t first, from, to;
    const json_t *students;
    const struct export_options *options;
    json_t *index[KINDS]; /* of a key: the student's place, or AMBIGUOUS */
    enum kind *kinds;     /* of each column */
    struct error *err;
};

/* --- keys ------------------------------------------------------------------
 */

/* Case matters in ids only; blanks count once, and not at the ends. */
static char *make_key(const char *text, enum kind kind)
{
    char *key = malloc(strlen(text) + 1);
    size_t n = 0;

    for (const char *c = text; key && *c != '\0'; c++) {
        bool blank = *c == ' ' || *c == '\t' || *c == '\n' || *c == '\r';
        if (blank && (n == 0 || key[n - 1] == ' ')) {
            continue;
        }
        key[n] = blank ? ' ' : *c;
        if (kind != KIND_ID && *c >= 'A' && *c <= 'Z') {
            key[n] = (char)(*c - 'A' + 'a');
        }
        n++;
    }
    if (key) {
        n -= n > 0 && key[n - 1] == ' ';
        key[n] = '\0';
    }
    return key;
}

/* "Last, First" as "First Last"; NULL if it has no comma. */
static char *flip_name(const char *name)
{
    const char *comma = strchr(name, ',');
    char *flipped = NULL;

    if (!comma || asprintf(&flipped, "%s %.*s", comma + 1, (int)(comma - name),
                           name) < 0) {
        return NULL;
    }
    return flipped;
}

static int add_key(json_t *index, const char *text, enum kind kind,
                   size_t student)
{
    char *key = make_key(text, kind);
    const json_t *there = key ? json_object_get(index, key) : NULL;
    int rc = key ? 0 : -1;

    if (key && key[0] && !there) {
        rc = json_object_set_new(index, key, json_integer((json_int_t)student));
    } else if (there && json_integer_value(there) != (json_int_t)student) {
        rc = json_object_set_new(index, key, json_integer(AMBIGUOUS));
    }
    free(key);
    return rc;
}

static int build_index(struct matching *matching)
{
    static const char *const keys[KINDS] = {"id", "login", "email", "name"};
    int rc = 0;

    for (size_t kind = 0; kind < KINDS; kind++) {
        matching->index[kind] = json_object();
        rc |= matching->index[kind] ? 0 : -1;
    }
    for (size_t i = 0; rc == 0 && i < json_array_size(matching->students);
         i++) {
        const json_t *student = json_array_get(matching->students, i);
        for (size_t kind = 0; rc == 0 && kind < KINDS; kind++) {
            rc = add_key(matching->index[kind],
                         gradebook_text(student, keys[kind]), (enum kind)kind,
                         i);
        }
    }
    return rc == 0 ? 0 : fail(matching->err, ERROR_INFRA, "out of memory");
}

static ssize_t look_up(const struct matching *matching, enum kind kind,
                       const char *text)
{
    char *key = make_key(text, kind);
    const json_t *found =
        key ? json_object_get(matching->index[kind], key) : NULL;
    ssize_t student = found ? (ssize_t)json_integer_value(found) : NOBODY;
    char *flipped =
        kind == KIND_NAME && student == NOBODY ? flip_name(text) : NULL;

    free(key);
    if (flipped) {
        key = make_key(flipped, kind);
        found = key ? json_object_get(matching->index[kind], key) : NULL;
        student = found ? (ssize_t)json_integer_value(found) : NOBODY;
        free(key);
        free(flipped);
    }
    return student;
}

/* --- columns ---------------------------------------------------------------
 */

/* True if no two rows have the same text in it, empty ones left aside. */
static bool is_distinct(const struct matching *matching, size_t column)
{
    json_t *seen = json_object();
    bool distinct = seen != NULL;

    for (size_t row = matching->first; distinct && row < matching->sheet->count;
         row++) {
        char *key =
            make_key(csv_sheet_text(matching->sheet, row, column), KIND_EMAIL);
        distinct = key && (!key[0] || !json_object_get(seen, key)) &&
                   json_object_set_new(seen, key, json_true()) == 0;
        free(key);
    }
    json_decref(seen);
    return distinct;
}

static size_t count_fits(const struct matching *matching, size_t column,
                         enum kind kind)
{
    size_t count = 0;

    for (size_t row = matching->first; row < matching->sheet->count; row++) {
        count +=
            look_up(matching, kind,
                    csv_sheet_text(matching->sheet, row, column)) != NOBODY;
    }
    return count;
}

static void find_kinds(struct matching *matching)
{
    for (size_t column = matching->from; column < matching->to; column++) {
        size_t most = 0;

        matching->kinds[column] = KIND_NONE;
        for (size_t kind = 0; kind < KINDS; kind++) {
            size_t fits = count_fits(matching, column, (enum kind)kind);
            if (fits > most) {
                most = fits;
                matching->kinds[column] = (enum kind)kind;
            }
        }
        if (matching->kinds[column] != KIND_NAME &&
            !is_distinct(matching, column)) {
            matching->kinds[column] = KIND_NONE;
        }
    }
}

/* --- rows ------------------------------------------------------------------
 */

/* A second opinion: two that differ make it ambiguous. */
static ssize_t agree(ssize_t one, ssize_t other)
{
    if (one == NOBODY || one == other) {
        return other;
    }
    return other == NOBODY ? one : AMBIGUOUS;
}

static bool is_strong(enum kind kind)
{
    return kind == KIND_ID || kind == KIND_LOGIN || kind == KIND_EMAIL;
}

static ssize_t whose_row(const struct matching *matching, size_t row)
{
    ssize_t strong = NOBODY;
    ssize_t name = NOBODY;
    bool identified = false;

    for (size_t column = matching->from; column < matching->to; column++) {
        const char *text = csv_sheet_text(matching->sheet, row, column);
        enum kind kind = matching->kinds[column];

        if (kind == KIND_NONE || text[strspn(text, " ")] == '\0') {
            continue;
        }
        ssize_t found = look_up(matching, kind, text);
        if (is_strong(kind)) {
            identified = true;
            strong = agree(strong, found);
        } else {
            name = agree(name, found);
        }
    }
    if (strong >= 0 && name >= 0 && strong != name) {
        return AMBIGUOUS;
    }
    return identified ? strong : name;
}

/* What a row is called in a note: its first texts. */
static void note_row(const struct matching *matching, size_t row,
                     const char *what)
{
    const struct csv_sheet *sheet = matching->sheet;
    size_t second = matching->from + 1;
    bool two = second < matching->to;

    gradebook_note(matching->options, "line %zu (%.80s%s%.80s) %s",
                   sheet->rows[row].line,
                   csv_sheet_text(sheet, row, matching->from), two ? ", " : "",
                   two ? csv_sheet_text(sheet, row, second) : "", what);
}

/* Two rows of one student: neither is filled in. */
static void drop_doubles(const struct matching *matching, ssize_t *whose,
                         ssize_t *row_of)
{
    for (size_t row = matching->first; row < matching->sheet->count; row++) {
        ssize_t student = whose[row];

        if (student < 0) {
            continue;
        }
        if (row_of[student] == NOBODY) {
            row_of[student] = (ssize_t)row;
            continue;
        }
        if (row_of[student] >= 0) {
            whose[row_of[student]] = AMBIGUOUS;
        }
        row_of[student] = AMBIGUOUS;
        whose[row] = AMBIGUOUS;
    }
}

static size_t report(const struct matching *matching, ssize_t *whose,
                     const ssize_t *row_of)
{
    size_t matched = 0;

    for (size_t row = matching->first; row < matching->sheet->count; row++) {
        matched += whose[row] >= 0;
        if (whose[row] == NOBODY) {
            note_row(matching, row, "is nobody of this class; left as it was");
        } else if (whose[row] == AMBIGUOUS) {
            note_row(matching, row,
                     "fits more than one student, or one that another line "
                     "fits as well; left as it was");
        }
    }
    for (size_t i = 0; i < json_array_size(matching->students); i++) {
        const json_t *student = json_array_get(matching->students, i);
        if (row_of[i] == NOBODY) {
            gradebook_note(matching->options, "%s (%s) has no line in it",
                           gradebook_text(student, "name"),
                           gradebook_text(student, "id"));
        }
    }
    return matched;
}

static int match_rows(struct matching *matching, ssize_t *whose,
                      ssize_t *row_of)
{
    size_t count = json_array_size(matching->students);

    find_kinds(matching);
    for (size_t i = 0; i < count; i++) {
        row_of[i] = NOBODY;
    }
    for (size_t row = 0; row < matching->sheet->count; row++) {
        whose[row] = row < matching->first ? NOBODY : whose_row(matching, row);
    }
    drop_doubles(matching, whose, row_of);
    if (report(matching, whose, row_of) > 0) {
        return 0;
    }
    return fail(matching->err, ERROR_USAGE,
                "no line of the template is about a student of this class: "
                "neither id, login, address nor name of anybody is in it");
}

int gradebook_match(const struct csv_sheet *sheet, size_t first, size_t from,
                    size_t to, const json_t *class,
                    const struct export_options *options, ssize_t **whose,
                    struct error *err)
{
    struct matching matching = {
        .sheet = sheet,
        .first = first,
        .from = from,
        .to = to,
        .students = json_object_get(class, "students"),
        .options = options,
        .kinds = calloc(csv_sheet_columns(sheet), sizeof(enum kind)),
        .err = err,
    };
    ssize_t *row_of =
        calloc(json_array_size(matching.students) + 1, sizeof(*row_of));
    int rc = build_index(&matching);

    *whose = calloc(sheet->count, sizeof(**whose));
    if (rc == 0 && (!matching.kinds || !row_of || !*whose)) {
        rc = fail(err, ERROR_INFRA, "out of memory");
    }
    if (rc == 0) {
        rc = match_rows(&matching, *whose, row_of);
    }
    for (size_t kind = 0; kind < KINDS; kind++) {
        json_decref(matching.index[kind]);
    }
    free(matching.kinds);
    free(row_of);
    if (rc != 0) {
        free(*whose);
        *whose = NULL;
    }
    return rc;
}

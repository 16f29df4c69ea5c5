/*
 * The table of `mmgrade score`. A cell is the points and a mark, which the
 * legend below the table explains if it was used.
 */
#include "score_table.h"

#include <stdlib.h>
#include <string.h>
#include "cell.h"
#include "moment.h"

#define GAP          2
#define POINTS_BYTES 32
#define POINTS_WIDTH 6  /* "100.00" */
#define NAME_MIN     8  /* columns */
#define NAME_MAX     24 /* columns */
#define ID_MAX       16 /* columns */
#define HEAD_MAX     12 /* columns */

/* Why a cell is not simply the points of a submission in time. */
enum mark {
    MARK_NONE,
    MARK_LATE,
    MARK_UNDATED,
    MARK_HAND,
    MARK_REFUSED,
    MARK_UNGRADED,
    MARK_CONCEALED,
    MARK_MISSING,
    MARK_AWAITED,
    MARK_END,
};

static const struct {
    char sign;
    const char *meaning;
} marks[MARK_END] = {
    [MARK_NONE] = {' ', ""},
    [MARK_LATE] = {'L', "late"},
    [MARK_UNDATED] = {'~', "nobody knows when: counts as in time"},
    [MARK_HAND] = {'*', "given by hand"},
    [MARK_REFUSED] = {'!', "can't be graded: refused"},
    [MARK_UNGRADED] = {'?', "undecided: `mmgrade batch` says why"},
    [MARK_CONCEALED] = {'#', "not to be seen by students yet"},
    [MARK_MISSING] = {'-', "nothing handed in"},
    [MARK_AWAITED] = {'.', "nothing handed in, and still time"},
};

struct layout {
    unsigned id, name;
    unsigned *labs; /* one a lab */
    char **heads;   /* "lab1" */
    bool used[MARK_END];
};

/* Lateness costs something, and nothing says when it was handed in. */
static bool is_undated(const struct course_policy *policy,
                       const struct standing *standing)
{
    return policy->penalty_percent > 0 &&
           standing_chosen(standing)->score.submitted == MOMENT_NONE;
}

static enum mark mark_of(const struct course_policy *policy,
                         const struct standing *standing)
{
    if (standing->override) {
        return MARK_HAND;
    }
    switch (standing->state) {
    case STANDING_MISSING:
        return standing->awaited ? MARK_AWAITED : MARK_MISSING;
    case STANDING_REFUSED:
        return MARK_REFUSED;
    case STANDING_UNGRADED:
        return MARK_UNGRADED;
    case STANDING_CONCEALED:
        return MARK_CONCEALED;
    case STANDING_GRADED:
        break;
    }
    if (standing->decision.days_late > 0) {
        return MARK_LATE;
    }
    return is_undated(policy, standing) ? MARK_UNDATED : MARK_NONE;
}

static void format_points(unsigned points, char text[POINTS_BYTES])
{
    if (points % 100 == 0) {
        snprintf(text, POINTS_BYTES, "%u", points / 100);
    } else {
        snprintf(text, POINTS_BYTES, "%u.%02u", points / 100, points % 100);
    }
}

/* --- widths ----------------------------------------------------------------
 */

static unsigned widest(unsigned at_least, unsigned at_most, const char *text)
{
    unsigned width = cell_columns(text, strlen(text));

    width = width > at_least ? width : at_least;
    return width < at_most ? width : at_most;
}

/* "lab1" of "lab1-buddy", unless another lab's name begins so, too. */
static char *make_head(const struct course *course, size_t lab)
{
    const char *name = course->labs[lab].lab;
    size_t nbytes = strcspn(name, "-");

    for (size_t i = 0; i < course->nlabs; i++) {
        const char *other = course->labs[i].lab;
        if (i != lab && strcspn(other, "-") == nbytes &&
            strncmp(other, name, nbytes) == 0) {
            return strdup(name);
        }
    }
    return strndup(name, nbytes);
}

static void layout_clear(struct layout *layout, size_t nlabs)
{
    for (size_t i = 0; layout->heads && i < nlabs; i++) {
        free(layout->heads[i]);
    }
    free(layout->heads);
    free(layout->labs);
}

static bool lay_out(const struct standings *standings, unsigned columns,
                    struct layout *layout)
{
    const struct course *course = standings->request.course;
    const struct roster *roster = standings->request.roster;
    unsigned used = 0;

    layout->id = (unsigned)strlen("student");
    layout->name = NAME_MIN;
    layout->labs = calloc(course->nlabs + 1, sizeof(*layout->labs));
    layout->heads = calloc(course->nlabs + 1, sizeof(*layout->heads));
    if (!layout->labs || !layout->heads) {
        return false;
    }
    for (size_t i = 0; i < course->nlabs; i++) {
        layout->heads[i] = make_head(course, i);
        if (!layout->heads[i]) {
            return false;
        }
        layout->labs[i] = widest(POINTS_WIDTH, HEAD_MAX, layout->heads[i]);
        used += GAP + layout->labs[i];
    }
    for (size_t i = 0; i < roster->count; i++) {
        layout->id = widest(layout->id, ID_MAX, roster->students[i].id);
        layout->name = widest(layout->name, NAME_MAX, roster->students[i].name);
    }
    used += layout->id + GAP + GAP + POINTS_WIDTH;
    if (used + layout->name > columns) {
        unsigned left = columns > used ? columns - used : 0;
        layout->name = left > NAME_MIN ? left : NAME_MIN;
    }
    return true;
}

/* --- rows ------------------------------------------------------------------
 */

static void print_head(const struct standings *standings,
                       const struct layout *layout, FILE *out)
{
    cell_print(out, "student", layout->id);
    fprintf(out, "%*s", GAP, "");
    cell_print(out, "name", layout->name);
    for (size_t i = 0; i < standings->request.course->nlabs; i++) {
        fprintf(out, "%*s", GAP - 1, "");
        cell_print_right(out, layout->heads[i], layout->labs[i]);
        fputc(' ', out);
    }
    fprintf(out, "%*s", GAP - 1, "");
    cell_print_right(out, "total", POINTS_WIDTH);
    fputc('\n', out);
}

static void print_points(bool known, unsigned points, unsigned width, FILE *out)
{
    char text[POINTS_BYTES] = "";

    if (known) {
        format_points(points, text);
    }
    fprintf(out, "%*s", GAP - 1, "");
    cell_print_right(out, text, width);
}

static void print_student(const struct standings *standings, size_t student,
                          struct layout *layout, FILE *out)
{
    const struct student *who = &standings->request.roster->students[student];
    unsigned total = 0;
    bool known = standing_total(standings, student, &total);

    cell_print(out, who->id, layout->id);
    fprintf(out, "%*s", GAP, "");
    cell_print(out, who->name, layout->name);
    for (size_t i = 0; i < standings->request.course->nlabs; i++) {
        const struct standing *standing = standing_of(standings, student, i);
        enum mark mark = mark_of(&standings->request.course->policy, standing);
        print_points(standing->decided, standing->points, layout->labs[i], out);
        fputc(marks[mark].sign, out);
        layout->used[mark] = true;
    }
    print_points(known, total, POINTS_WIDTH, out);
    fputc('\n', out);
}

/* Adds up what is decided, for a mean. */
struct sum {
    uint64_t points;
    unsigned count;
};

static void print_mean(const struct sum *sum, unsigned width, FILE *out)
{
    uint64_t count = sum->count;

    print_points(count > 0,
                 count > 0 ? (unsigned)((2 * sum->points + count) / (2 * count))
                           : 0,
                 width, out);
}

static struct sum sum_lab(const struct standings *standings, size_t lab)
{
    struct sum sum = {0};

    for (size_t i = 0; i < standings->request.roster->count; i++) {
        const struct standing *standing = standing_of(standings, i, lab);
        sum.points += standing->decided ? standing->points : 0;
        sum.count += standing->decided;
    }
    return sum;
}

static struct sum sum_totals(const struct standings *standings)
{
    struct sum sum = {0};

    for (size_t i = 0; i < standings->request.roster->count; i++) {
        unsigned total = 0;
        if (standing_total(standings, i, &total)) {
            sum.points += total;
            sum.count++;
        }
    }
    return sum;
}

static void print_means(const struct standings *standings,
                        const struct layout *layout, FILE *out)
{
    struct sum totals = sum_totals(standings);

    cell_print(out, "mean", layout->id);
    fprintf(out, "%*s", GAP, "");
    cell_print(out, "with 0s", layout->name);
    for (size_t i = 0; i < standings->request.course->nlabs; i++) {
        struct sum sum = sum_lab(standings, i);
        print_mean(&sum, layout->labs[i], out);
        fputc(' ', out);
    }
    print_mean(&totals, POINTS_WIDTH, out);
    fputc('\n', out);
}

static void print_legend(const struct layout *layout, FILE *out)
{
    const char *separator = "";

    for (int i = MARK_NONE + 1; i < MARK_END; i++) {
        if (layout->used[i]) {
            fprintf(out, "%s%c %s", separator, marks[i].sign, marks[i].meaning);
            separator = "   ";
        }
    }
    if (separator[0] != '\0') {
        fputc('\n', out);
    }
}

void score_table_print(const struct standings *standings, FILE *out,
                       const struct table_style *style)
{
    const struct roster *roster = standings->request.roster;
    struct layout layout = {0};

    if (lay_out(standings, style->columns, &layout)) {
        print_head(standings, &layout, out);
        for (size_t i = 0; i < roster->count; i++) {
            print_student(standings, i, &layout, out);
        }
        print_means(standings, &layout, out);
        print_legend(&layout, out);
    } else {
        fprintf(out, "out of memory\n");
    }
    layout_clear(&layout, standings->request.course->nlabs);
}

/* --- changes ---------------------------------------------------------------
 */

static void format_side(bool known, unsigned points, char text[POINTS_BYTES])
{
    if (known) {
        format_points(points, text);
    } else {
        snprintf(text, POINTS_BYTES, "none");
    }
}

static void print_change(const struct change *change, unsigned id, unsigned lab,
                         FILE *out, unsigned columns)
{
    char was[POINTS_BYTES];
    char is[POINTS_BYTES];

    format_side(change->had, change->was, was);
    format_side(change->has, change->is, is);
    fprintf(out, "%*s", GAP, "");
    cell_print(out, change->student->id, id);
    fprintf(out, "%*s", GAP, "");
    cell_print(out, change->lab, lab);
    fprintf(out, "%*s", GAP, "");
    cell_print_right(out, was, POINTS_WIDTH);
    fputs(" → ", out);
    cell_print(out, is, POINTS_WIDTH);
    fprintf(out, "%*s", GAP, "");
    cell_print_wrapped(out, change->why[0] != '\0' ? change->why : "?",
                       id + lab + 4 * GAP + 2 * POINTS_WIDTH + 3, columns);
}

void score_changes_print(const struct changes *changes, const char *zone,
                         FILE *out, const struct table_style *style)
{
    unsigned id = 0;
    unsigned lab = 0;
    char since[MOMENT_BYTES];

    if (changes->first) {
        return;
    }
    moment_format_local(changes->since, zone, since);
    if (changes->count == 0) {
        fprintf(out, "\nNo score has changed since %s.\n", since);
        return;
    }
    fprintf(out, "\n%zu score%s changed since %s:\n", changes->count,
            changes->count == 1 ? " has" : "s have", since);
    for (size_t i = 0; i < changes->count; i++) {
        id = widest(id, ID_MAX, changes->changes[i].student->id);
        lab = widest(lab, NAME_MAX, changes->changes[i].lab);
    }
    for (size_t i = 0; i < changes->count; i++) {
        print_change(&changes->changes[i], id, lab, out, style->columns);
    }
}

static json_t *side_json(bool known, unsigned points)
{
    if (!known) {
        return json_null();
    }
    return points % 100 == 0 ? json_integer(points / 100)
                             : json_real(points / 100.0);
}

json_t *score_changes_json(const struct changes *changes)
{
    json_t *list = json_array();

    for (size_t i = 0; list && i < changes->count; i++) {
        const struct change *change = &changes->changes[i];
        json_t *json = json_pack(
            "{s:s, s:s, s:o, s:o, s:s}", "student", change->student->id, "lab",
            change->lab, "was", side_json(change->had, change->was), "points",
            side_json(change->has, change->is), "why", change->why);
        if (json_array_append_new(list, json) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

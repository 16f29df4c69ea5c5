/*
 * The rate is that of the last units, not of all: after a resume the first
 * ones take no time, and would promise that for the rest. Time since the last
 * unit counts, so a run that stands still shows it.
 */
#include "progress.h"

#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "text.h"

#define WINDOW          32 /* units that the rate is of */
#define REDRAW_SECONDS  0.1
#define DEFAULT_COLUMNS 80
#define BAR_CELLS       24
#define BAR_CELLS_MIN   6
#define LINE_BYTES      256
#define TEXT_BYTES      300
#define DAY_SECONDS     86400

struct progress {
    enum progress_mode mode;
    FILE *out;
    unsigned (*columns)(void);
    size_t total, done;
    size_t refused, ungraded;
    double began;
    double ends[WINDOW]; /* of the last units; a ring */
    double drawn;        /* when the bar was, last */
    bool shown;          /* the bar is on the terminal: */
    char line[LINE_BYTES];
};

const char *progress_source_word(enum progress_source source)
{
    static const char *const words[] = {
        [SOURCE_RUN] = "run",
        [SOURCE_CACHE] = "cache",
        [SOURCE_BOOK] = "book",
        [SOURCE_KEPT] = "kept",
    };

    return words[source];
}

const char *progress_state_word(enum progress_state state)
{
    static const char *const words[] = {
        [PROGRESS_GRADED] = "graded",
        [PROGRESS_REFUSED] = "refused",
        [PROGRESS_UNGRADED] = "ungraded",
    };

    return words[state];
}

/* --- the bar ---------------------------------------------------------------
 */

void progress_estimate(const struct progress *progress, double now,
                       double *seconds, double *rate)
{
    size_t count = progress->done < WINDOW ? progress->done : WINDOW;
    double since = progress->began;

    *seconds = -1;
    *rate = -1;
    if (progress->done >= WINDOW) {
        /* The oldest in the window only says when its successors began. */
        since = progress->ends[progress->done % WINDOW];
        count--;
    }
    if (count > 0 && now > since) {
        *rate = (double)count / (now - since) * 60;
        *seconds = (double)(progress->total - progress->done) / *rate * 60;
    }
}

/* "3:07" or "1:02:09". */
static void format_time(double seconds, char *text, size_t nbytes)
{
    if (seconds < 0 || seconds > DAY_SECONDS) {
        snprintf(text, nbytes, "-");
        return;
    }
    unsigned whole = (unsigned)seconds;
    whole += whole < seconds; /* rounded up */
    if (whole < 3600) {
        snprintf(text, nbytes, "%u:%02u", whole / 60, whole % 60);
    } else {
        snprintf(text, nbytes, "%u:%02u:%02u", whole / 3600, whole / 60 % 60,
                 whole % 60);
    }
}

/* What stands behind the bar. */
static void format_numbers(const struct progress *progress, double now,
                           char *text, size_t nbytes)
{
    char left[32], rate_text[32] = "-";
    double seconds = 0;
    double rate = 0;

    progress_estimate(progress, now, &seconds, &rate);
    format_time(seconds, left, sizeof(left));
    if (rate >= 0) {
        snprintf(rate_text, sizeof(rate_text), rate < 10 ? "%.1f" : "%.0f",
                 rate);
    }
    snprintf(text, nbytes, "%zu/%zu  %zu refused  %zu ungraded  %s/min  ETA %s",
             progress->done, progress->total, progress->refused,
             progress->ungraded, rate_text, left);
}

static void format_cells(const struct progress *progress, size_t cells,
                         char *text)
{
    size_t full =
        progress->total > 0 ? cells * progress->done / progress->total : cells;

    text[0] = '[';
    memset(text + 1, '#', full);
    memset(text + 1 + full, '.', cells - full);
    memcpy(text + 1 + cells, "] ", 3);
}

/* Never as wide as the terminal, whose cursor would go to the next line. */
static void format_line(const struct progress *progress, double now,
                        char line[LINE_BYTES])
{
    char numbers[LINE_BYTES - BAR_CELLS - 4], cells[BAR_CELLS + 4] = "";
    unsigned columns = progress->columns ? progress->columns() : 0;
    size_t width = columns > 1 ? columns - 1 : DEFAULT_COLUMNS - 1;
    size_t ncells = 0;

    format_numbers(progress, now, numbers, sizeof(numbers));
    if (width > strlen(numbers) + 3 + BAR_CELLS_MIN) {
        ncells = width - strlen(numbers) - 3;
        ncells = ncells < BAR_CELLS ? ncells : BAR_CELLS;
        format_cells(progress, ncells, cells);
    }
    snprintf(line, LINE_BYTES, "%s%s", cells, numbers);
    if (width < strlen(line)) {
        line[width] = '\0';
    }
}

/* What stands there already is not written again. */
static void draw(struct progress *progress, double now)
{
    char line[LINE_BYTES];

    format_line(progress, now, line);
    if (!progress->shown || strcmp(line, progress->line) != 0) {
        fprintf(progress->out, "\r%s\033[K", line);
        fflush(progress->out);
        memcpy(progress->line, line, sizeof(line));
    }
    progress->drawn = now;
    progress->shown = true;
}

void progress_tick(struct progress *progress, double now)
{
    if (progress && progress->mode == PROGRESS_BAR &&
        (!progress->shown || now - progress->drawn >= REDRAW_SECONDS)) {
        draw(progress, now);
    }
}

void progress_clear(struct progress *progress)
{
    if (progress && progress->shown) {
        fputs("\r\033[K", progress->out);
        fflush(progress->out);
        progress->shown = false;
    }
}

/* --- lines -----------------------------------------------------------------
 */

static char *clean(const char *text)
{
    return text_sanitise_line(text ? text : "", text ? strlen(text) : 0,
                              TEXT_BYTES);
}

static const char *source_remark(enum progress_source source)
{
    static const char *const remarks[] = {
        [SOURCE_RUN] = "",
        [SOURCE_CACHE] = " (cached)",
        [SOURCE_BOOK] = " (unchanged)",
        [SOURCE_KEPT] =
            " (unchanged, graded with other tests, tools or secret)",
    };

    return remarks[source];
}

static void print_line(const struct progress *progress,
                       const struct progress_unit *unit)
{
    char *student = clean(unit->student);
    char *lab = clean(unit->lab);
    char *reason = clean(unit->reason);

    fprintf(progress->out, "%zu/%zu %s %s ", progress->done, progress->total,
            student ? student : "", lab ? lab : "");
    if (unit->state != PROGRESS_GRADED) {
        fprintf(progress->out, "%s: %s", progress_state_word(unit->state),
                reason ? reason : "");
    } else if (unit->has_score) {
        fprintf(progress->out, "%u of %u", unit->score, unit->max);
    } else {
        fputs("graded", progress->out);
    }
    fprintf(progress->out, "%s\n", source_remark(unit->source));
    fflush(progress->out);
    free(student);
    free(lab);
    free(reason);
}

static void print_json(const struct progress *progress,
                       const struct progress_unit *unit)
{
    char *student = clean(unit->student);
    char *lab = clean(unit->lab);
    char *reason = clean(unit->reason);
    json_t *score = unit->has_score ? json_integer(unit->score) : json_null();
    json_t *json =
        json_pack("{s:s, s:I, s:I, s:s?, s:s?, s:s, s:s, s:o, s:i, s:s?, s:f}",
                  "event", "unit", "done", (json_int_t)progress->done, "total",
                  (json_int_t)progress->total, "student", student, "lab", lab,
                  "state", progress_state_word(unit->state), "source",
                  progress_source_word(unit->source), "score", score, "max",
                  (int)unit->max, "reason", reason && *reason ? reason : NULL,
                  "seconds", unit->seconds);

    if (json) {
        json_dumpf(json, progress->out, JSON_COMPACT | JSON_REAL_PRECISION(6));
        fputc('\n', progress->out);
        fflush(progress->out);
    }
    json_decref(json);
    free(student);
    free(lab);
    free(reason);
}

void progress_unit(struct progress *progress, const struct progress_unit *unit,
                   double now)
{
    if (!progress) {
        return;
    }
    progress->ends[progress->done % WINDOW] = now;
    progress->done++;
    progress->refused += unit->state == PROGRESS_REFUSED;
    progress->ungraded += unit->state == PROGRESS_UNGRADED;
    if (progress->mode == PROGRESS_PLAIN) {
        print_line(progress, unit);
    } else if (progress->mode == PROGRESS_JSON) {
        print_json(progress, unit);
    } else {
        progress_tick(progress, now);
    }
}

int progress_open(enum progress_mode mode, FILE *out, size_t total,
                  unsigned (*columns)(void), double now,
                  struct progress **progress, struct error *err)
{
    *progress = NULL;
    if (mode == PROGRESS_NONE) {
        return 0;
    }
    *progress = calloc(1, sizeof(**progress));
    if (!*progress) {
        return fail(err, ERROR_INFRA, "out of memory");
    }
    **progress = (struct progress){
        .mode = mode,
        .out = out,
        .columns = columns,
        .total = total,
        .began = now,
    };
    return 0;
}

void progress_close(struct progress *progress)
{
    progress_clear(progress);
    free(progress);
}

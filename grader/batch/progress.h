/*
 * How far a run is: one line that is redrawn on a terminal, a line a unit of
 * work off it, or JSON lines for programs. Knows nothing of clocks: whoever
 * calls gives the moment, in seconds of a clock that never goes back.
 */
#ifndef GRADER_PROGRESS_H
#define GRADER_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "error.h"

enum progress_mode {
    PROGRESS_NONE,
    PROGRESS_PLAIN,
    PROGRESS_BAR,
    PROGRESS_JSON,
};

/* How a unit came out. */
enum progress_state {
    PROGRESS_GRADED,
    PROGRESS_REFUSED,  /* the submission can't be graded: a zero */
    PROGRESS_UNGRADED, /* a fault of ours */
};

/* Where its outcome is from. */
enum progress_source {
    SOURCE_RUN,
    SOURCE_CACHE, /* the same work under the same conditions ran before */
    SOURCE_BOOK,  /* it is in the gradebook, and nothing has changed */
    SOURCE_KEPT,  /* in there, but tests, tools or secret have changed */
};

/* "run", "cache", "book", "kept"; "graded", "refused", "ungraded". */
const char *progress_source_word(enum progress_source source);
const char *progress_state_word(enum progress_state state);

/* A unit that is done. Texts may be NULL; they are sanitised here. */
struct progress_unit {
    const char *student, *lab;
    enum progress_state state;
    enum progress_source source;
    bool has_score;
    unsigned score, max;
    const char *reason;
    double seconds;
};

struct progress;

/*
 * `columns` is asked before each drawing of the bar; NULL: 80. NULL in *out
 * for PROGRESS_NONE, which all functions accept.
 */
int progress_open(enum progress_mode mode, FILE *out, size_t total,
                  unsigned (*columns)(void), double now,
                  struct progress **progress, struct error *err);
void progress_close(struct progress *progress);

void progress_unit(struct progress *progress, const struct progress_unit *unit,
                   double now);

/* Redraws the bar if it is time to. */
void progress_tick(struct progress *progress, double now);

/* Takes the bar off the terminal. */
void progress_clear(struct progress *progress);

/*
 * Seconds until the rest is done at the rate of late, and that rate, units a
 * minute; both < 0 if nothing can be said yet.
 */
void progress_estimate(const struct progress *progress, double now,
                       double *seconds, double *rate);

#endif

/*
 * A class through its labs: who handed in what, what of it has to be run, and
 * into the gradebook with it. docs/batch.md.
 *
 * This process is the gradebook's only writer; workers (unit.h) read, build
 * and run. A unit is in the gradebook or it isn't; so whenever the run ends,
 * the next one goes on where it was.
 */
#ifndef GRADER_BATCH_H
#define GRADER_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "course.h"
#include "error.h"
#include "intake.h"
#include "progress.h"
#include "roster.h"
#include "sandbox.h"

struct batch_options {
    const char *course;      /* course.yaml */
    const char *const *labs; /* NULL-terminated; none: all of the course */
    const char *const *only; /* ids of students; none: all */
    const char *kit;         /* or NULL */
    enum sandbox_mode mode;
    unsigned workers; /* at a time; 0: cores */
    unsigned seconds; /* that a unit may take; 0: half an hour */
    bool retry_infra; /* only what a fault of ours left undecided */
    bool regrade;     /* also what only tests, tools or secret changed for */
    enum progress_mode progress;
    FILE *progress_out;
    unsigned (*columns)(void); /* of the terminal, for the bar */
};

/* A unit that somebody has to look at. */
struct batch_note {
    const char *student, *lab; /* borrowed from roster and course */
    enum progress_state state;
    char *reason;
};

/* A lab whose submissions could not be read: the others were graded. */
struct batch_unread {
    const struct course_lab *lab; /* borrowed from the course */
    char *why;
    bool due; /* the instructor's mistake; else they may be still to come */
};

/* What came of it; filled as far as the run came. */
struct batch_report {
    struct course *course;
    struct roster roster;
    const struct course_lab **labs; /* asked for, NULL-terminated */
    struct intake *intakes;         /* of each */
    struct batch_unread *unread;    /* of those labs; their intakes are empty */
    size_t nunread;
    size_t total, done;
    size_t states[PROGRESS_UNGRADED + 1]; /* by enum progress_state */
    size_t sources[SOURCE_KEPT + 1];      /* by enum progress_source */
    struct batch_note *notes;             /* refused and ungraded ones */
    size_t nnotes;
    int signal_number; /* that ended the run, or 0 */
    double seconds;
    long batch_kib;  /* peak memory of this process, */
    long worker_kib; /* of a worker, */
    long child_kib;  /* of a program that a worker ran */
};

/*
 * USAGE: course file, roster, options that make no sense; somebody else is at
 * it; no lab's submissions can be read, or not those of one in `labs`. INFRA:
 * no sandbox, the gradebook can't be written… A unit in trouble is no error.
 * *report is for batch_report_clear() in any case.
 */
int batch_run(const struct batch_options *options, struct batch_report *report,
              struct error *err);
void batch_report_clear(struct batch_report *report);

#endif

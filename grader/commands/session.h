/*
 * A session: a call of `mmgrade grade` or `mmgrade ci`. Grading is one thing
 * (session_grade.c), showing what came out another: session.c for `grade`,
 * ci.c for `ci`. Prints, as commands do.
 */
#ifndef GRADER_SESSION_H
#define GRADER_SESSION_H

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <jansson.h>
#include "command.h"
#include "grade.h"
#include "kit.h"
#include "result.h"
#include "sandbox.h"
#include "seed.h"

#define SESSION_JSON_STYLE (JSON_INDENT(2) | JSON_REAL_PRECISION(6))

struct session_options {
    char **submissions; /* NULL-terminated */
    const char **labs;  /* NULL-terminated; none: all with files */
    const char *ref, *before, *only, *kit, *out, *keep;
    enum sandbox_mode mode;
    enum result_audience audience;
    bool json, quiet, seeded, has_min_score;
    unsigned jobs, min_score;
    unsigned char seed[SEED_BYTES];
    /* Says what is wrong with one submission; the others go on. */
    int (*failed)(const struct session_options *options,
                  const struct error *err);
};

/* The run: what was asked for, what it needs, what came out. */
struct session {
    const struct session_options *options;
    const char *work;
    struct kit kit;
    unsigned char course_key[SEED_BYTES];
    char **all_labs; /* if the options name none */
    struct grade **grades;
    size_t ngrades;
    unsigned nfolders; /* work folders made so far */
    char *name;        /* of the submission at hand, if there are several */
    bool misused;      /* a submission was asked for that makes no sense */
};

/*
 * Grades in the folder session->work what session->options ask for. One that
 * makes no sense does not stop the others. session_free() in any case.
 */
int session_grade(struct session *session, struct error *err);
void session_free(struct session *session);

/* The worst of what happened, in the order in which it matters. */
int session_exit_code(const struct session *session);

/*
 * Says on stderr of each result that is below --min-score so; of each that was
 * refused or that a fault of ours left open, why.
 */
void session_tell_below(const struct session *session);
void session_tell_refused(const struct session *session);

/*
 * The last part of where a submission came from, as a name that is safe on a
 * terminal and in a path; malloc'ed, NULL when out of memory.
 */
char *session_safe_name(const char *where);

/* The list of results (docs/result.md); NULL when out of memory. */
json_t *session_json(const struct session *session);
/* What stands for it in a file: the result itself if there is one. */
const json_t *session_outermost(const json_t *results);

/*
 * OUT/report.html. One that would be too large for a browser is left out, and
 * said to be: the results are there.
 */
int session_write_report(const struct session *session, const json_t *results,
                         struct error *err);

/* Whole tables of one submission, a line a result of several. */
int session_print_tables(const struct session *session, FILE *out,
                         const struct table_style *style, struct error *err);

/*
 * All of `mmgrade grade` in the folder `work`; `argument` is a struct
 * session_options, for guard_run(). The exit code.
 */
int session_run(const char *work, void *argument);

/* --- the command line ------------------------------------------------------
 */

/* A command of sessions: `grade`, `ci`. */
struct session_command {
    const struct command *command;
    /* What it takes besides: at most SESSION_OWN_MAX, the last one empty. */
    const struct option *own;
    /* Takes one of those; USAGE if its value makes no sense. */
    int (*take)(int option, const char *value, struct session_options *options,
                struct error *err);
    const char *submission; /* what to name, if none is named */
    /* The work, for guard_run(); `argument` is the options. */
    int (*run)(const char *work, void *argument);
};

#define SESSION_OWN     512 /* own options have values from here on */
#define SESSION_OWN_MAX 8

/*
 * Parses the command line into options, which hold the defaults and may be the
 * first member of a larger struct, and runs the command. The exit code.
 */
int session_main(int argc, char **argv, const struct session_command *command,
                 struct session_options *options);

#endif

/*
 * A pool of worker processes: a process a job, so that one that crashes, hangs
 * or eats memory costs that job alone.
 *
 * A job is a number. Workers answer through a file in memory, which holds what
 * they wrote also when they die half way, and which needs no disk. They are in
 * process groups of their own (a terminal's Ctrl-C is for the parent), and the
 * kernel ends them with the parent, however that ends.
 */
#ifndef GRADER_POOL_H
#define GRADER_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include "error.h"

#define POOL_ANSWER_BYTES_MAX ((size_t)64 << 20)

enum pool_end {
    POOL_ANSWERED, /* it returned */
    POOL_DIED,     /* by a signal, or it exited without returning */
    POOL_TIMEOUT,  /* we ended it */
    POOL_NOT_STARTED,
};

/* What came of a job. Valid during done(). */
struct pool_answer {
    enum pool_end end;
    char why[256];     /* but for POOL_ANSWERED: a sentence */
    const char *bytes; /* what it wrote, NUL-terminated; "" if nothing */
    size_t nbytes;
    double seconds;
    long child_kib; /* the largest process that it waited for, or itself */
};

/* A job as the worker sees it. */
struct pool_job {
    size_t number;
    const char *folder; /* private, empty, removed when the worker is gone */
    unsigned cores;     /* that it may keep busy; 1 and up */
    int answer;         /* descriptor to write to */
};

struct pool_options {
    unsigned workers;   /* at a time; 1 and up */
    unsigned seconds;   /* a job's, on the wall clock */
    const char *folder; /* exists, private; the jobs' folders are made in it */
    int output;         /* where workers' stdout and stderr go; -1: /dev/null */
    unsigned tick_ms;   /* at least so often tick() is called; 0: never */
    /* In the worker; what it still runs at the end is ended. */
    void (*work)(void *context, const struct pool_job *job);
    /* In this process, when worker and folder are gone. Not 0 ends the run. */
    int (*done)(void *context, size_t job, const struct pool_answer *answer,
                struct error *err);
    void (*tick)(void *context); /* may be NULL */
    void *context;
};

/*
 * Runs the jobs 0 … njobs-1 in that order. SIGINT, SIGTERM, SIGHUP or SIGQUIT
 * end all workers and the run: 0 is returned, with the signal in
 * *signal_number (else 0). What done() returned, if that was not 0.
 *
 * Takes over this process's children while it runs: any that it didn't start
 * are ended.
 */
int pool_run(const struct pool_options *options, size_t njobs,
             int *signal_number, struct error *err);

/* Writes it all; -1 with errno. For the worker's answer. */
int pool_write(int fd, const void *bytes, size_t nbytes);

#endif

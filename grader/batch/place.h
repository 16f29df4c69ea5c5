/*
 * What a run keeps beside the gradebook, in its folder:
 *
 *     .mmgrade-cache/  outcomes (cache.h)
 *     .mmgrade-work/   private; gone when a run ends, or cleaned by the next
 *     batch.log        a line for whatever happened; locked while a run is at
 *                      it
 */
#ifndef GRADER_PLACE_H
#define GRADER_PLACE_H

#include "error.h"

struct place {
    char *folder;
    char *cache;
    char *works;    /* of this run and of those that were killed */
    char *work;     /* this run's, in it */
    char *log_path; /* batch.log */
    int log;        /* descriptor */
};

/*
 * Makes the folder and what is in it, and takes the lock. USAGE if another
 * run is at work there (which, if that can be said); INFRA if the folder can't
 * be written. The place is closed with place_close() in any case.
 */
int place_open(const char *gradebook, struct place *out, struct error *err);

/* Removes .mmgrade-work/ and lets go of the lock. */
void place_close(struct place *place);

/* A line with the time in front. Sanitised; best effort. */
__attribute__((format(printf, 2, 3))) void place_log(const struct place *place,
                                                     const char *format, ...);

#endif

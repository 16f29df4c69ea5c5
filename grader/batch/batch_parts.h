/*
 * A run of a batch, for this room: what all of its parts share.
 */
#ifndef GRADER_BATCH_PARTS_H
#define GRADER_BATCH_PARTS_H

#include "batch.h"
#include "book.h"
#include "cache.h"
#include "kit.h"
#include "known.h"
#include "place.h"
#include "seed.h"

/* Where a unit is in the report. */
struct job {
    const struct intake_item *item;
    size_t lab; /* in report->labs */
};

struct batch {
    const struct batch_options *options;
    struct batch_report *report;
    struct kit kit;
    unsigned char course_key[SEED_BYTES];
    char (*surroundings)[SEED_HEX]; /* of each lab */
    struct place place;
    struct cache *cache;
    struct book *book;
    struct known known;
    struct job *jobs;
    size_t njobs;
    struct progress *progress;
};

/* Course, roster, kit and options, looked at before anything is touched. */
int batch_find_course(struct batch *batch, struct error *err);

/* The intakes, and of them the units that are wanted. */
int batch_plan(struct batch *batch, struct error *err);

/*
 * Into the gradebook: what was seen of everybody in the lab's intake, by the
 * look that began then.
 */
int batch_note_looks(const struct batch *batch, size_t lab, int64_t began,
                     struct error *err);

#endif

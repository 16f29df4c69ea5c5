/*
 * The parts of course.yaml, and its values one at a time. Internal to reading
 * a course. `place` is that of config_fail().
 */
#ifndef GRADER_COURSE_PARTS_H
#define GRADER_COURSE_PARTS_H

#include "config.h"
#include "course.h"
#include "course_file.h"

/* What is read, and what becomes of it. */
struct course_reader {
    const char *root; /* of the kit */
    struct config *config;
    struct course_file *file;
    struct course *course;
};

#define PLACE_BYTES 64 /* of a place in the file, "labs[3].source.where" */

/* Add what the file says to the course, taking its texts over. */
int course_add_labs(const struct course_reader *reader, struct error *err);
int course_add_extensions(const struct course_reader *reader,
                          struct error *err);

/* --- values --------------------------------------------------------------- */

/* A table of words ends with one whose text is NULL. */
struct word {
    const char *text;
    int value;
};

/* USAGE that lists the words if `text` is none of them. */
int course_word(const struct config *config, const char *place,
                const char *text, const struct word *words, int *out,
                struct error *err);

struct number {
    const char *what; /* "a weight" */
    unsigned min, max;
    unsigned value; /* in: if it is left out; out: what is there */
};

/* A whole decimal number; `text` is NULL if it was left out. */
int course_number(const struct config *config, const char *place,
                  const char *text, struct number *number, struct error *err);

int course_moment(const struct config *config, const char *place,
                  const char *text, int64_t *out, struct error *err);

/* USAGE for a text with control characters. NULL is fine. */
int course_clean(const struct config *config, const char *place,
                 const char *text, struct error *err);

/* USAGE unless this machine knows a time zone of that name. */
int course_check_zone(const struct config *config, const char *place,
                      const char *name, struct error *err);

/* Do the keys of a source go together, and is a git pattern one? */
int course_check_source(const struct config *config, const char *place,
                        const struct source_entry *entry,
                        enum course_layout layout, struct error *err);

/* Absolute paths of course.yaml and the folder that it is in; malloc'ed. */
int course_locate(const char *path, char **file, char **folder,
                  struct error *err);

/* The path seen from the folder; malloc'ed. */
int course_path(const char *folder, const char *path, char **out,
                struct error *err);

/* As course_path(); a git pattern that is a URL stays what it is. */
int course_where(const char *folder, const char *where,
                 enum course_layout layout, char **out, struct error *err);

#endif

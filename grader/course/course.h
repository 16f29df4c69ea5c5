/*
 * A course: course.yaml, read through libcyaml. docs/course.md describes it.
 * Paths in it are relative to its folder; here they are absolute.
 */
#ifndef GRADER_COURSE_H
#define GRADER_COURSE_H

#include <stddef.h>
#include <stdint.h>
#include "error.h"
#include "lab.h"

struct roster;

/* How the work of one lab is laid out on disk, or where it is fetched. */
enum course_layout {
    LAYOUT_GIT,        /* a URL a student, with {login} or {id} in it */
    LAYOUT_FOLDER,     /* a folder: archives or folders named by id or login */
    LAYOUT_MOODLE,     /* bulk downloads, as a zip or unpacked */
    LAYOUT_CANVAS,     /* … */
    LAYOUT_GRADESCOPE, /* … */
    LAYOUT_BLACKBOARD, /* … */
    LAYOUT_CLASSROOM,  /* repositories {assignment}-{login} */
};

struct course_source {
    enum course_layout layout;
    char *where; /* LAYOUT_GIT: the pattern; else a path */
    char *ref;   /* git, classroom: the branch; NULL: HEAD */
    /*
     * What all names in it begin with: "lab1" of "lab1-ann" (classroom),
     * "Lab 1" of "Lab 1_ann_attempt_…" (Blackboard). NULL: found out.
     */
    char *assignment;
    char *time_zone; /* of times without one: the course's */
};

struct course_lab {
    char *lab;       /* "lab1-buddy" */
    int64_t due;     /* moment.h */
    unsigned weight; /* of its score in the course's total; 1 and up */
    struct course_source source;
};

enum course_attempt {
    ATTEMPT_LAST,
    ATTEMPT_BEST,
};

#define COURSE_DAYS_MAX 36500

/* GRADER.md, "Configuration". */
struct course_policy {
    enum course_attempt attempt;
    unsigned grace_minutes;   /* after the due time that cost nothing */
    unsigned penalty_percent; /* of the points earned, a day begun */
    unsigned cap_percent;     /* the most that lateness costs */
    unsigned max_days;        /* later than that counts as nothing; without
                                 it in the file COURSE_DAYS_MAX */
};

struct course_extension {
    char *student; /* roster id */
    char *lab;     /* NULL: all labs */
    int64_t due;   /* in place of the lab's */
    char *note;    /* why; for staff; or NULL */
    char *place;   /* "course.yaml:31:5", for course_check_students() */
};

/* When students see verdicts of hidden tests, and with them the score. */
enum course_visibility {
    VISIBLE_ALWAYS,
    VISIBLE_AFTER_DUE, /* their own due time, extension and grace included */
    VISIBLE_NEVER,
};

struct course {
    char *path;   /* of course.yaml */
    char *folder; /* that it is in */
    char *id;     /* "os2026": letters, digits, - and _ */
    struct lab_text name;
    char *time_zone; /* IANA name, for showing times: "Asia/Shanghai" */
    char *secret;    /* file, or NULL: seed.h */
    char *roster;
    char *gradebook; /* SQLite file; place.h says what is beside it */
    struct course_lab *labs;
    size_t nlabs;
    struct course_policy policy;
    struct course_extension *extensions;
    size_t nextensions;
    enum course_visibility visibility;
};

/*
 * USAGE with file, line and column for whatever makes no sense: an unknown or
 * duplicate key, a lab that the kit (`root`) doesn't have, a negative penalty,
 * a time without zone, a student's extension for no lab of the course…
 */
int course_read(const char *path, const char *root, struct course **out,
                struct error *err);
void course_free(struct course *course);

/*
 * Its secret file, else that of $MMGRADE_SECRET, else NULL (seed.h); `course`
 * may be NULL.
 */
const char *course_secret(const struct course *course);

/* The course's lab of that name, or NULL. */
const struct course_lab *course_find_lab(const struct course *course,
                                         const char *lab);

/*
 * USAGE that lists the course's labs if it has none of that name; `option`
 * ("--lab") is where the name was given.
 */
int course_check_lab(const struct course *course, const char *option,
                     const char *lab, struct error *err);

/* "git", "folder", …: the word for it in course.yaml. */
const char *course_layout_word(enum course_layout layout);

/*
 * Is each student with an extension in the roster? USAGE with the place in
 * course.yaml of the first who isn't.
 */
int course_check_students(const struct course *course,
                          const struct roster *roster, struct error *err);

/*
 * All that belongs together: course_read(), its roster, and whether they agree.
 * On failure *course and *roster are as far as it came; both are freed as ever.
 */
int course_open(const char *path, const char *root, struct course **course,
                struct roster *roster, struct error *err);

/*
 * When the work is due for this student, an extension considered: the latest
 * of the lab's time and those of the student's extensions for it.
 */
int64_t course_due(const struct course *course, const struct course_lab *lab,
                   const char *student);

#endif

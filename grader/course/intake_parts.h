/*
 * The steps of an intake, internal to it:
 *
 *      download ─▶ entries ─ layout: whose? ─▶ pieces ─ choose ─▶ items
 *
 * A layout understands the names of a download's entries and adds a piece for
 * the student whose an entry is. Of all pieces of a student intake_choose()
 * makes one submission, or says why it can't.
 */
#ifndef GRADER_INTAKE_PARTS_H
#define GRADER_INTAKE_PARTS_H

#include <stdbool.h>
#include "download.h"
#include "intake.h"
#include "match.h"

/* Something handed in by a student. */
struct piece {
    const struct student *student;
    const struct download_entry *entry;
    const char *file;  /* the name it had before the LMS, in the entry's name;
                          NULL: the entry is all of a submission */
    int64_t attempt;   /* pieces of one attempt have the same; newer is more */
    int64_t submitted; /* or MOMENT_NONE */
};

struct intake_job {
    const struct course_lab *lab;
    const struct roster *roster;
    const char *temporary;
    struct matcher *matcher;
    struct download *download; /* NULL for LAYOUT_GIT */
    struct piece *pieces;
    size_t npieces, capacity;
    bool *listed; /* students that a sentence is about, by place in the roster:
                     they are not missing */
    size_t nunderstood; /* entries that are named as the layout names them */
    struct intake *out;
};

/*
 * A layout: adds pieces and sentences for all entries. Called again with the
 * entries of a folder if it joins nothing and all is in that folder.
 */
typedef int intake_layout(struct intake_job *job, struct error *err);

intake_layout intake_git; /* makes the items itself */
intake_layout intake_folder;
intake_layout intake_moodle;
intake_layout intake_canvas;
intake_layout intake_gradescope;
intake_layout intake_blackboard;
intake_layout intake_classroom;

int intake_add_piece(struct intake_job *job, const struct piece *piece,
                     struct error *err);

/* Adds the item; takes `where` over, also after an error. */
int intake_add_item(struct intake_job *job, const struct student *student,
                    char *where, int64_t submitted, struct error *err);

/* Adds a name that is nobody's, sanitised, and why, or "". */
int intake_unknown(struct intake_job *job, const char *name, const char *why,
                   struct error *err);

/* Adds a sentence on what can't be decided; the students are not missing. */
__attribute__((format(printf, 4, 5))) int
intake_ambiguous(struct intake_job *job, const struct fit *fit,
                 struct error *err, const char *format, ...);

/*
 * A piece for the one student who fits; for nobody or several a sentence that
 * shows the entry's name.
 */
int intake_join(struct intake_job *job, const struct fit *fit,
                const struct piece *piece, struct error *err);

/* From pieces to items. */
int intake_choose(struct intake_job *job, struct error *err);

/*
 * The length of a name without the ending of an archive that can be read
 * (".tar.gz", ".zip", …); all of it if it has none.
 */
size_t intake_stem(const char *name);

/* How many digits the text begins with. */
size_t intake_digits(const char *text);

/*
 * Texts "ASSIGNMENT⟨separator⟩PERSON", one for each entry (NULL: the entry is
 * not of the layout). Where the person begins in each, or NULL, into persons.
 *
 * An assignment's name and a login may both have the separator in them, so
 * the assignment is that of course.yaml, or the lab's name, or else what most
 * texts agree on that have a known login behind it. If nothing is agreed on,
 * *agreed is false.
 */
int intake_split(const struct intake_job *job, char separator,
                 char *const *texts, const char **persons, bool *agreed,
                 struct error *err);

/* For texts of which intake_split() made nothing. */
int intake_not_split(struct intake_job *job, const struct piece *piece,
                     const char *text, char separator, struct error *err);

#endif

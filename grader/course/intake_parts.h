/*
 * The steps of an intake, internal to it:
 *
 *      source ─ download ─▶ entries ─ layout: whose? ─▶ pieces ─ choose ─▶
 * items
 *
 * A download is what an LMS gives for a lab, or a folder made by hand: its
 * entries at the top. A layout understands an entry's name and adds a piece
 * for the student whose it is. Of all pieces of a student intake_choose()
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
    unsigned version;  /* of the same file; newer is more */
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
    size_t nunknown, nambiguous;
    struct intake *out;
};

/* A layout: adds pieces and sentences for all entries. */
typedef int intake_layout(struct intake_job *job, struct error *err);

intake_layout intake_git; /* makes the items itself */
intake_layout intake_folder;

int intake_add_piece(struct intake_job *job, const struct piece *piece,
                     struct error *err);

/* Adds the item; takes `where` over, also after an error. */
int intake_add_item(struct intake_job *job, const struct student *student,
                    char *where, int64_t submitted, struct error *err);

/* Adds a name that is nobody's, sanitised, with what there is to say. */
__attribute__((format(printf, 4, 5))) int
intake_unknown(struct intake_job *job, const char *name, struct error *err,
               const char *format, ...);

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

#endif

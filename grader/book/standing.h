/*
 * Where everybody stands: for each student and lab the attempts, the one that
 * counts, and the points. What the class, a student's page and the changes are
 * made from. For this room.
 */
#ifndef GRADER_STANDING_H
#define GRADER_STANDING_H

#include "attempt.h"
#include "score.h"

/* One attempt, scored with the lab as it is now. */
struct standing_attempt {
    int64_t number, gradings;
    struct score_attempt score;
    bool refused;               /* by the student's fault: a zero */
    bool unread;                /* by a fault of ours nobody knows what it is */
    bool plain;                 /* its reason says nothing of any test */
    char *reason;               /* for the audience */
    enum test_status *statuses; /* of each of the lab's tests */
};

enum standing_state {
    STANDING_MISSING,
    STANDING_GRADED,
    STANDING_REFUSED,
    STANDING_UNGRADED,
    STANDING_CONCEALED,
};

/* One student in one lab. */
struct standing {
    struct standing_attempt *attempts; /* by number */
    size_t count;
    int64_t due;                    /* this student's */
    struct score_decision decision; /* decision.chosen: count if none */
    struct override *override;      /* the one that counts, or NULL */
    int64_t override_number;        /* 0: none */
    enum standing_state state;
    /* Of UNGRADED without an attempt, for the audience; or NULL. */
    char *reason;
    bool awaited; /* missing, and there is still time; no part of the total */
    bool decided; /* points are what counts */
    unsigned points; /* hundredths */
};

/* What is asked for. Pointers are borrowed and must outlive the standings. */
struct standing_request {
    const struct course *course;
    const struct roster *roster;
    const char *root;
    enum result_audience audience;
    int64_t now;
};

struct standings {
    struct standing_request request;
    struct lab **labs;          /* in the course's order */
    struct standing *standings; /* students × labs, roster's order */
    char **strangers; /* ids with attempts that are not in the roster */
    size_t nstrangers;
};

/* `student` NULL: all; else only this one's are filled in. */
int standings_make(struct book *book, const struct standing_request *request,
                   const char *student, struct standings *out,
                   struct error *err);
void standings_clear(struct standings *standings);

struct standing *standing_of(const struct standings *standings, size_t student,
                             size_t lab);

/* The attempt that counts (or, concealed, that was handed in last), or NULL. */
const struct standing_attempt *standing_chosen(const struct standing *standing);

/* May students see what became of hidden tests? The moment is the request's. */
bool standing_is_visible(const struct standing_request *request, int64_t due);

/* Was the student's time, with the grace, over at that moment? */
bool standing_was_over(const struct standing_request *request, int64_t due,
                       int64_t moment);

/*
 * Of a student without an attempt, whose due time is known: why that is not
 * known to be nothing, in standing->reason; NULL if it is.
 */
int standing_doubt(struct book *book, const struct standing_request *request,
                   const char *student, const char *lab,
                   struct standing *standing, struct error *err);

/*
 * The weighted mean of a student's labs, in hundredths, half up. False if one
 * is undecided, or none counts yet.
 */
bool standing_total(const struct standings *standings, size_t student,
                    unsigned *out);

/* The class as JSON: score_class() of what stands. */
int standings_class(const struct standings *standings, json_t **out,
                    struct error *err);

#endif

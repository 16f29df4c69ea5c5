/*
 * Where everybody stands. The gradebook's attempts come by in one pass; of each
 * only what a score needs is kept, since an outcome is large.
 */
#include "standing.h"

#include <stdlib.h>
#include <string.h>
#include "book_private.h"
#include "moment.h"
#include "outcome.h"

#define SECONDS_PER_MINUTE 60

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't score: out of memory");
}

struct standing *standing_of(const struct standings *standings, size_t student,
                             size_t lab)
{
    return &standings
                ->standings[student * standings->request.course->nlabs + lab];
}

const struct standing_attempt *standing_chosen(const struct standing *standing)
{
    return standing->decision.chosen < standing->count
               ? &standing->attempts[standing->decision.chosen]
               : NULL;
}

bool standing_was_over(const struct standing_request *request, int64_t due,
                       int64_t moment)
{
    int64_t grace =
        (int64_t)request->course->policy.grace_minutes * SECONDS_PER_MINUTE;

    return moment > due + grace;
}

/* Is the student's own time over? */
static bool is_over(const struct standing_request *request, int64_t due)
{
    return standing_was_over(request, due, request->now);
}

bool standing_is_visible(const struct standing_request *request, int64_t due)
{
    switch (request->course->visibility) {
    case VISIBLE_ALWAYS:
        return true;
    case VISIBLE_AFTER_DUE:
        return is_over(request, due);
    case VISIBLE_NEVER:
        break;
    }
    return false;
}

/* --- one attempt -----------------------------------------------------------
 */

static int score_attempt(const struct standings *standings,
                         const struct result *result,
                         struct standing_attempt *attempt, struct error *err)
{
    size_t ntests = result->lab->ntests;

    attempt->score.earned = result->score;
    attempt->score.ungraded = result->ungraded;
    attempt->refused =
        result->refused.kind != ERROR_NONE && result->ungraded == 0;
    attempt->unread = !result->submission && result->ungraded > 0;
    attempt->plain = result->refused.kind != ERROR_NONE ||
                     (result->build && result->build->status == BUILD_FAILED);
    attempt->reason = result_reason(result, standings->request.audience);
    attempt->statuses = calloc(ntests + 1, sizeof(*attempt->statuses));
    if (!attempt->reason || !attempt->statuses) {
        return out_of_memory(err);
    }
    for (size_t i = 0; i < ntests; i++) {
        attempt->statuses[i] = result_status(result, i);
    }
    return 0;
}

static int add_attempt(const struct standings *standings, struct lab *lab,
                       const struct attempt *attempt, struct standing *standing,
                       struct error *err)
{
    struct standing_attempt *grown =
        reallocarray(standing->attempts, standing->count + 1, sizeof(*grown));
    struct grade *grade = NULL;
    int rc = 0;

    if (!grown) {
        return out_of_memory(err);
    }
    standing->attempts = grown;
    grown += standing->count++;
    *grown = (struct standing_attempt){
        .number = attempt->number,
        .gradings = attempt->gradings,
        .score = {.submitted = attempt->submitted},
    };
    rc = attempt_grade_with(attempt, lab, &grade, err);
    if (rc == 0) {
        rc = outcome_apply(attempt->outcome, grade, err);
    }
    if (rc == 0) {
        rc = score_attempt(standings, &grade->result, grown, err);
    }
    if (grade) {
        grade->lab = NULL;
        grade_free(grade);
    }
    return rc;
}

/* Remembers whose attempts are nobody's; they come sorted by student. */
static int add_stranger(struct standings *standings, const char *student,
                        struct error *err)
{
    size_t count = standings->nstrangers;
    char **grown = NULL;

    if (count > 0 && strcmp(standings->strangers[count - 1], student) == 0) {
        return 0;
    }
    grown = reallocarray(standings->strangers, count + 1, sizeof(*grown));
    if (!grown) {
        return out_of_memory(err);
    }
    standings->strangers = grown;
    grown[count] = strdup(student);
    standings->nstrangers += grown[count] != NULL;
    return grown[count] ? 0 : out_of_memory(err);
}

static int visit(void *context, const struct attempt *attempt,
                 struct error *err)
{
    struct standings *standings = context;
    const struct course *course = standings->request.course;
    const struct roster *roster = standings->request.roster;
    const struct student *student = roster_find(roster, attempt->student);

    if (!student) {
        return add_stranger(standings, attempt->student, err);
    }
    for (size_t i = 0; i < course->nlabs; i++) {
        if (strcmp(course->labs[i].lab, attempt->lab) == 0) {
            size_t who = (size_t)(student - roster->students);
            return add_attempt(standings, standings->labs[i], attempt,
                               standing_of(standings, who, i), err);
        }
    }
    return 0; /* of a lab that the course had once */
}

/* --- deciding --------------------------------------------------------------
 */

/*
 * Has it been read since? Then a fault of ours that kept it from being read
 * leaves nothing open: it was what was read, or nobody can say that there ever
 * was anything else.
 */
static bool is_superseded(const struct standing *standing, size_t i)
{
    const struct standing_attempt *attempt = &standing->attempts[i];

    for (size_t k = i + 1; attempt->unread && k < standing->count; k++) {
        const struct standing_attempt *later = &standing->attempts[k];
        if (!later->unread &&
            (attempt->score.submitted == MOMENT_NONE ||
             attempt->score.submitted == later->score.submitted)) {
            return true;
        }
    }
    return false;
}

static int decide(const struct standings *standings, struct standing *standing,
                  bool visible, struct error *err)
{
    struct course_policy policy = standings->request.course->policy;
    struct score_attempt *attempts =
        calloc(standing->count + 1, sizeof(*attempts));
    size_t *places = calloc(standing->count + 1, sizeof(*places));
    size_t count = 0;

    if (!attempts || !places) {
        free(attempts);
        free(places);
        return out_of_memory(err);
    }
    for (size_t i = 0; i < standing->count; i++) {
        if (!is_superseded(standing, i)) {
            places[count] = i;
            attempts[count++] = standing->attempts[i].score;
        }
    }
    /* Which one is the best tells of hidden tests; which is last doesn't. */
    if (!visible) {
        policy.attempt = ATTEMPT_LAST;
    }
    score_decide(&policy, standing->due, attempts, count, &standing->decision);
    places[count] = standing->count; /* none */
    standing->decision.chosen = places[standing->decision.chosen];
    free(places);
    free(attempts);
    return 0;
}

static enum standing_state find_state(const struct standing *standing,
                                      bool visible)
{
    const struct standing_attempt *chosen = standing_chosen(standing);

    if (!chosen) {
        return standing->reason ? STANDING_UNGRADED : STANDING_MISSING;
    }
    if (!visible) {
        return STANDING_CONCEALED;
    }
    if (!standing->decision.decided) {
        return STANDING_UNGRADED;
    }
    return chosen->refused ? STANDING_REFUSED : STANDING_GRADED;
}

static int settle(struct book *book, const struct standings *standings,
                  const char *student, size_t lab, struct standing *standing,
                  struct error *err)
{
    const struct standing_request *request = &standings->request;
    const struct course_lab *course_lab = &request->course->labs[lab];
    bool visible = true;
    int rc = 0;

    standing->due = course_due(request->course, course_lab, student);
    visible = request->audience == RESULT_STAFF ||
              standing_is_visible(request, standing->due);
    rc = decide(standings, standing, visible, err);
    if (rc == 0 && visible) {
        rc = book_find_numbered(book, student, course_lab->lab,
                                &standing->override, &standing->override_number,
                                err);
    }
    if (rc == 0 && standing->count == 0) {
        rc = standing_doubt(book, request, student, course_lab->lab, standing,
                            err);
    }
    standing->state = find_state(standing, visible);
    standing->awaited = standing->state == STANDING_MISSING &&
                        !standing->override && !is_over(request, standing->due);
    standing->decided =
        visible && !standing->awaited &&
        (standing->override ||
         (standing->decision.decided && standing->state != STANDING_UNGRADED));
    standing->points = standing->override ? standing->override->points
                                          : standing->decision.points;
    return rc;
}

bool standing_total(const struct standings *standings, size_t student,
                    unsigned *out)
{
    const struct course *course = standings->request.course;
    uint64_t sum = 0;
    uint64_t weights = 0;

    for (size_t i = 0; i < course->nlabs; i++) {
        const struct standing *standing = standing_of(standings, student, i);
        if (standing->awaited) {
            continue;
        }
        if (!standing->decided) {
            return false;
        }
        sum += (uint64_t)standing->points * course->labs[i].weight;
        weights += course->labs[i].weight;
    }
    if (weights == 0) {
        return false;
    }
    *out = (unsigned)((2 * sum + weights) / (2 * weights));
    return true;
}

/* --- all of it -------------------------------------------------------------
 */

static int read_labs(struct standings *standings, struct error *err)
{
    const struct course *course = standings->request.course;
    int rc = 0;

    standings->labs = calloc(course->nlabs + 1, sizeof(*standings->labs));
    standings->standings =
        calloc(standings->request.roster->count * course->nlabs + 1,
               sizeof(*standings->standings));
    if (!standings->labs || !standings->standings) {
        return out_of_memory(err);
    }
    for (size_t i = 0; rc == 0 && i < course->nlabs; i++) {
        rc = lab_read(standings->request.root, course->labs[i].lab,
                      &standings->labs[i], err);
    }
    return rc;
}

int standings_make(struct book *book, const struct standing_request *request,
                   const char *student, struct standings *out,
                   struct error *err)
{
    const struct roster *roster = request->roster;
    int rc = 0;

    *out = (struct standings){.request = *request};
    rc = read_labs(out, err);
    if (rc == 0) {
        rc = book_visit(book, student, visit, out, err);
    }
    for (size_t i = 0; rc == 0 && i < roster->count; i++) {
        const char *id = roster->students[i].id;
        if (student && strcmp(student, id) != 0) {
            continue;
        }
        for (size_t k = 0; rc == 0 && k < request->course->nlabs; k++) {
            rc = settle(book, out, id, k, standing_of(out, i, k), err);
        }
    }
    if (rc != 0) {
        standings_clear(out);
    }
    return rc;
}

static void clear_standing(struct standing *standing)
{
    for (size_t i = 0; i < standing->count; i++) {
        free(standing->attempts[i].reason);
        free(standing->attempts[i].statuses);
    }
    free(standing->attempts);
    free(standing->reason);
    override_free(standing->override);
}

void standings_clear(struct standings *standings)
{
    size_t nlabs = standings->request.course->nlabs;
    size_t count = standings->request.roster->count * nlabs;

    for (size_t i = 0; standings->standings && i < count; i++) {
        clear_standing(&standings->standings[i]);
    }
    for (size_t i = 0; standings->labs && i < nlabs; i++) {
        lab_free(standings->labs[i]);
    }
    for (size_t i = 0; i < standings->nstrangers; i++) {
        free(standings->strangers[i]);
    }
    free(standings->strangers);
    free(standings->standings);
    free(standings->labs);
    *standings = (struct standings){.request = standings->request};
}

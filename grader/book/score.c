/*
 * The class and its students as JSON: docs/class.md describes each key.
 *
 * What a student must not see is left out here, not by those who read the JSON:
 * while a lab is concealed, hidden tests have no name, title, hint or verdict,
 * and a result is one of the public tests alone.
 */
#include "score.h"

#include <stdlib.h>
#include <string.h>
#include "book_private.h"
#include "moment.h"
#include "outcome.h"
#include "standing.h"

#define CLASS_SCHEMA   "mmgrade/class/v1"
#define STUDENT_SCHEMA "mmgrade/student/v1"
#define CONCEALED      "concealed"

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't score: out of memory");
}

static json_t *text_json(const struct lab_text *text)
{
    return json_pack("{s:s, s:s}", "en", text->en, "zh", text->zh);
}

/* Hundredths as a number with at most two decimals. */
static json_t *points_json(unsigned points)
{
    return points % 100 == 0 ? json_integer(points / 100)
                             : json_real(points / 100.0);
}

static json_t *moment_json(int64_t moment)
{
    char text[MOMENT_BYTES];

    if (moment == MOMENT_NONE) {
        return json_null();
    }
    moment_format(moment, text);
    return json_string(text);
}

/* --- labs ------------------------------------------------------------------
 */

/* A hidden test of which nothing may be told but that it is there. */
static json_t *concealed_json(const struct lab_test *test, size_t number)
{
    char name[32];

    snprintf(name, sizeof(name), "hidden-%zu", number);
    return json_pack("{s:s, s:{s:s, s:s}, s:{s:s, s:s}, s:s, s:i}", "name",
                     name, "title", "en", "A hidden test", "zh", "隐藏测试",
                     "hint", "en", "", "zh", "", "visibility", "hidden", "max",
                     (int)test->points);
}

static json_t *test_json(const struct lab_test *test)
{
    return json_pack("{s:s, s:o, s:o, s:s, s:i}", "name", test->name, "title",
                     text_json(&test->title), "hint", text_json(&test->hint),
                     "visibility",
                     test->visibility == LAB_PUBLIC ? "public" : "hidden",
                     "max", (int)test->points);
}

static json_t *tests_json(const struct lab *lab, bool visible)
{
    json_t *tests = json_array();
    size_t nhidden = 0;

    for (size_t i = 0; tests && i < lab->ntests; i++) {
        const struct lab_test *test = &lab->tests[i];
        nhidden += test->visibility == LAB_HIDDEN;
        if (json_array_append_new(tests,
                                  visible || test->visibility == LAB_PUBLIC
                                      ? test_json(test)
                                      : concealed_json(test, nhidden)) < 0) {
            json_decref(tests);
            return NULL;
        }
    }
    return tests;
}

/* Is the lab visible to everybody of whom the JSON tells? */
static bool is_visible(const struct standings *standings, const char *only,
                       size_t lab)
{
    const struct standing_request *request = &standings->request;
    const struct roster *roster = request->roster;
    bool visible = true;

    for (size_t i = 0; i < roster->count; i++) {
        if (!only || strcmp(only, roster->students[i].id) == 0) {
            visible = visible &&
                      standing_is_visible(request,
                                          standing_of(standings, i, lab)->due);
        }
    }
    return request->audience == RESULT_STAFF || visible;
}

static json_t *labs_json(const struct standings *standings, const char *only)
{
    const struct course *course = standings->request.course;
    json_t *labs = json_array();

    for (size_t i = 0; labs && i < course->nlabs; i++) {
        const struct lab *lab = standings->labs[i];
        json_t *json = json_pack(
            "{s:s, s:o, s:o, s:i, s:i, s:o}", "lab", lab->name, "title",
            text_json(&lab->title), "due", moment_json(course->labs[i].due),
            "weight", (int)course->labs[i].weight, "max", (int)lab->total,
            "tests", tests_json(lab, is_visible(standings, only, i)));
        if (json_array_append_new(labs, json) < 0) {
            json_decref(labs);
            return NULL;
        }
    }
    return labs;
}

/* --- a student's lab -------------------------------------------------------
 */

static const char *state_word(enum standing_state state)
{
    switch (state) {
    case STANDING_MISSING:
        return "missing";
    case STANDING_GRADED:
        return "graded";
    case STANDING_REFUSED:
        return "refused";
    case STANDING_UNGRADED:
        return "ungraded";
    case STANDING_CONCEALED:
        break;
    }
    return CONCEALED;
}

static json_t *statuses_json(const struct standing *standing,
                             const struct lab *lab)
{
    const struct standing_attempt *chosen = standing_chosen(standing);
    json_t *statuses = chosen ? json_array() : json_null();

    for (size_t i = 0; statuses && chosen && i < lab->ntests; i++) {
        bool told = standing->state != STANDING_CONCEALED ||
                    lab->tests[i].visibility == LAB_PUBLIC;
        if (json_array_append_new(
                statuses,
                json_string(told ? test_status_word(chosen->statuses[i])
                                 : CONCEALED)) < 0) {
            json_decref(statuses);
            return NULL;
        }
    }
    return statuses;
}

static json_t *override_json(const struct override *override,
                             enum result_audience audience)
{
    if (!override) {
        return json_null();
    }
    if (audience == RESULT_STUDENT) {
        return json_pack("{s:o}", "points", points_json(override->points));
    }
    return json_pack("{s:o, s:s, s:s, s:o}", "points",
                     points_json(override->points), "note", override->note,
                     "by", override->by, "at", moment_json(override->at));
}

static json_t *reason_json(const struct standing *standing)
{
    const struct standing_attempt *chosen = standing_chosen(standing);
    bool told =
        chosen && (standing->state != STANDING_CONCEALED || chosen->plain);

    if (standing->reason) {
        return json_string(standing->reason);
    }
    return told ? json_string(chosen->reason) : json_null();
}

static json_t *standing_json(const struct standings *standings, size_t student,
                             size_t lab)
{
    const struct standing *standing = standing_of(standings, student, lab);
    const struct standing_attempt *chosen = standing_chosen(standing);
    bool told = chosen && standing->state != STANDING_CONCEALED;

    return json_pack(
        "{s:s, s:s, s:o, s:o, s:o, s:i, s:o, s:o, s:I, s:i, s:o, s:o, s:o}",
        "lab", standings->labs[lab]->name, "state", state_word(standing->state),
        "points",
        standing->decided ? points_json(standing->points) : json_null(),
        "earned", told ? json_integer(chosen->score.earned) : json_null(),
        "attempt", told ? json_integer(chosen->number) : json_null(),
        "attempts", (int)standing->count, "submitted",
        moment_json(chosen ? chosen->score.submitted : MOMENT_NONE), "due",
        moment_json(standing->due), "days_late",
        (json_int_t)standing->decision.days_late, "penalty_percent",
        (int)standing->decision.penalty_percent, "override",
        override_json(standing->override, standings->request.audience),
        "statuses", statuses_json(standing, standings->labs[lab]), "reason",
        reason_json(standing));
}

static json_t *standings_json(const struct standings *standings, size_t student)
{
    json_t *labs = json_array();

    for (size_t i = 0; labs && i < standings->request.course->nlabs; i++) {
        if (json_array_append_new(labs, standing_json(standings, student, i)) <
            0) {
            json_decref(labs);
            return NULL;
        }
    }
    return labs;
}

static int student_json(const struct standings *standings, size_t i,
                        json_t **out, struct error *err)
{
    const struct student *student = &standings->request.roster->students[i];
    unsigned total = 0;
    bool known = standing_total(standings, i, &total);

    *out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "id", student->id,
                     "name", student->name, "login", student->login, "email",
                     student->email, "section", student->section, "total",
                     known ? points_json(total) : json_null(), "labs",
                     standings_json(standings, i));
    return *out ? 0 : out_of_memory(err);
}

/* --- the class -------------------------------------------------------------
 */

/* What both documents begin with; `only` NULL: it tells of all. */
static json_t *head_json(const struct standings *standings, const char *schema,
                         const char *only)
{
    const struct standing_request *request = &standings->request;

    return json_pack(
        "{s:s, s:s, s:{s:s, s:o, s:s}, s:o, s:o}", "schema", schema, "audience",
        request->audience == RESULT_STAFF ? "staff" : "student", "course", "id",
        request->course->id, "name", text_json(&request->course->name),
        "time_zone", request->course->time_zone, "now",
        moment_json(request->now), "labs", labs_json(standings, only));
}

int standings_class(const struct standings *standings, json_t **out,
                    struct error *err)
{
    const struct roster *roster = standings->request.roster;
    json_t *class = head_json(standings, CLASS_SCHEMA, NULL);
    json_t *students = json_array();
    int rc = class && students ? 0 : out_of_memory(err);

    for (size_t i = 0; rc == 0 && i < roster->count; i++) {
        json_t *student = NULL;
        rc = student_json(standings, i, &student, err);
        if (rc == 0 && json_array_append_new(students, student) < 0) {
            rc = out_of_memory(err);
        }
    }
    if (rc == 0 && json_object_set(class, "students", students) < 0) {
        rc = out_of_memory(err);
    }
    json_decref(students);
    if (rc != 0) {
        json_decref(class);
        return rc;
    }
    *out = class;
    return 0;
}

int score_class(struct book *book, const struct course *course,
                const struct roster *roster, const char *root,
                enum result_audience audience, int64_t now, json_t **out,
                struct error *err)
{
    const struct standing_request request = {
        .course = course,
        .roster = roster,
        .root = root,
        .audience = audience,
        .now = now,
    };
    struct standings standings = {0};
    int rc = standings_make(book, &request, NULL, &standings, err);

    *out = NULL;
    if (rc == 0) {
        rc = standings_class(&standings, out, err);
        standings_clear(&standings);
    }
    return rc;
}

/* --- one student -----------------------------------------------------------
 */

/* The results of the attempts that count, as they come by. */
struct results {
    const struct standings *standings;
    size_t student;
    json_t *labs; /* of the student's JSON */
};

/* The lab as a student knows it while it is concealed. */
static int make_public(const struct lab *lab, struct lab *out,
                       struct error *err)
{
    *out = *lab;
    out->ntests = 0;
    out->total = 0;
    out->tests = calloc(lab->ntests + 1, sizeof(*out->tests));
    if (!out->tests) {
        return out_of_memory(err);
    }
    for (size_t i = 0; i < lab->ntests; i++) {
        if (lab->tests[i].visibility == LAB_PUBLIC) {
            out->tests[out->ntests++] = lab->tests[i];
            out->total += lab->tests[i].points;
        }
    }
    return 0;
}

static int make_result(const struct results *results, size_t lab,
                       const struct attempt *attempt, json_t **out,
                       struct error *err)
{
    const struct standings *standings = results->standings;
    const struct standing *standing =
        standing_of(standings, results->student, lab);
    struct lab shown = {0};
    struct grade *grade = NULL;
    int rc = attempt_grade_with(attempt, standings->labs[lab], &grade, err);

    if (rc == 0) {
        rc = outcome_apply(attempt->outcome, grade, err);
    }
    if (rc == 0 && standing->state == STANDING_CONCEALED) {
        rc = make_public(grade->lab, &shown, err);
        grade->result.lab = &shown;
    }
    if (rc == 0) {
        result_score(&grade->result);
        *out = result_json(&grade->result, standings->request.audience);
        rc = *out ? 0 : out_of_memory(err);
    }
    free(shown.tests);
    if (grade) {
        grade->lab = NULL;
        grade_free(grade);
    }
    return rc;
}

static int add_result(void *context, const struct attempt *attempt,
                      struct error *err)
{
    const struct results *results = context;
    const struct course *course = results->standings->request.course;
    json_t *result = NULL;
    size_t lab = 0;
    int rc = 0;

    while (lab < course->nlabs &&
           strcmp(course->labs[lab].lab, attempt->lab) != 0) {
        lab++;
    }
    if (lab == course->nlabs) {
        return 0;
    }
    const struct standing_attempt *chosen =
        standing_chosen(standing_of(results->standings, results->student, lab));
    if (!chosen || chosen->number != attempt->number) {
        return 0;
    }
    rc = make_result(results, lab, attempt, &result, err);
    if (rc == 0 && json_object_set_new(json_array_get(results->labs, lab),
                                       "result", result) < 0) {
        rc = out_of_memory(err);
    }
    return rc;
}

static int add_results(struct book *book, const struct standings *standings,
                       size_t student, json_t *labs, struct error *err)
{
    struct results results = {standings, student, labs};

    for (size_t i = 0; i < json_array_size(labs); i++) {
        if (json_object_set_new(json_array_get(labs, i), "result",
                                json_null()) < 0) {
            return out_of_memory(err);
        }
    }
    return book_visit(book, standings->request.roster->students[student].id,
                      add_result, &results, err);
}

static int make_student(struct book *book, const struct standings *standings,
                        size_t student, json_t **out, struct error *err)
{
    const char *id = standings->request.roster->students[student].id;
    json_t *document = head_json(standings, STUDENT_SCHEMA, id);
    json_t *json = NULL;
    int rc = document ? student_json(standings, student, &json, err)
                      : out_of_memory(err);

    if (rc == 0) {
        rc = add_results(book, standings, student,
                         json_object_get(json, "labs"), err);
    }
    if (rc == 0 && json_object_set(document, "student", json) < 0) {
        rc = out_of_memory(err);
    }
    json_decref(json);
    if (rc != 0) {
        json_decref(document);
        return rc;
    }
    *out = document;
    return 0;
}

int score_student(struct book *book, const struct course *course,
                  const struct roster *roster, const char *root,
                  const char *student, enum result_audience audience,
                  int64_t now, json_t **out, struct error *err)
{
    const struct standing_request request = {
        .course = course,
        .roster = roster,
        .root = root,
        .audience = audience,
        .now = now,
    };
    const struct student *found = roster_find(roster, student);
    struct standings standings = {0};
    int rc = 0;

    *out = NULL;
    if (!found) {
        return fail(err, ERROR_USAGE,
                    "the roster has no student with the id '%s'", student);
    }
    rc = standings_make(book, &request, student, &standings, err);
    if (rc == 0) {
        rc = make_student(book, &standings, (size_t)(found - roster->students),
                          out, err);
        standings_clear(&standings);
    }
    return rc;
}

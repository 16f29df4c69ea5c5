/*
 * Outcomes: a grade's expensive part to JSON and back.
 *
 * What is read back was checked when it was made, but it has been on a disk
 * since: it is checked again, whole, before the grade is touched.
 */
#include "outcome.h"

#include <stdlib.h>
#include <string.h>
#include "text.h"

#define REASON_BYTES_MAX   2000
#define MESSAGES_BYTES_MAX (128 * 1024) /* build.c cuts at half of it */

/* --- writing ---------------------------------------------------------------
 */

static json_t *refused_json(const struct result *result)
{
    char *reason = NULL;
    json_t *json = NULL;

    if (result->refused.kind == ERROR_NONE) {
        return json_null();
    }
    reason = text_sanitise(result->refused.message,
                           strlen(result->refused.message), REASON_BYTES_MAX);
    if (reason) {
        json = json_pack("{s:s, s:s}", "word", error_word(result->refused.kind),
                         "reason", reason);
    }
    free(reason);
    return json;
}

static json_t *build_json(const struct result *result)
{
    if (!result->build) {
        return json_null();
    }
    return json_pack("{s:s, s:s}", "status",
                     result->build->status == BUILD_OK ? "ok" : "build-failed",
                     "messages",
                     result->build->messages ? result->build->messages : "");
}

json_t *outcome_json(const struct grade *grade)
{
    const struct result *result = &grade->result;

    return json_pack(
        "{s:s, s:s, s:o, s:o, s:o}", "schema", OUTCOME_SCHEMA, "sandbox",
        result->sandboxed ? "bwrap" : "none", "refused", refused_json(result),
        "build", build_json(result), "record",
        result->record ? record_json(result->record) : json_null());
}

/* --- reading ---------------------------------------------------------------
 */

/* What an outcome says; owned. */
struct outcome {
    struct error refused;
    struct build build;
    struct record record;
    bool built, ran, sandboxed;
};

static void outcome_clear(struct outcome *outcome)
{
    build_free(&outcome->build);
    record_clear(&outcome->record);
}

static int not_an_outcome(struct error *err, const char *why)
{
    return fail(err, ERROR_INFRA, "what was kept of a run can't be used: %s",
                why);
}

/* The word under `key`, or "" if there is none. */
static const char *word(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* True if `key` is there: null, or else of that type. */
static bool has(const json_t *object, const char *key, json_type type)
{
    const json_t *value = json_object_get(object, key);

    return value && (json_is_null(value) || json_typeof(value) == type);
}

static int read_refused(const json_t *json, struct outcome *outcome,
                        struct error *err)
{
    static const enum error_kind kinds[] = {ERROR_REJECTED, ERROR_LIMIT,
                                            ERROR_INFRA, ERROR_USAGE};
    char *reason = NULL;

    if (json_is_null(json)) {
        return 0;
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(word(json, "word"), error_word(kinds[i])) == 0) {
            outcome->refused.kind = kinds[i];
        }
    }
    if (outcome->refused.kind == ERROR_NONE) {
        return not_an_outcome(err, "'refused' has an unknown word");
    }
    reason = text_sanitise(word(json, "reason"), strlen(word(json, "reason")),
                           sizeof(outcome->refused.message) - 1);
    if (!reason) {
        return not_an_outcome(err, "out of memory");
    }
    memcpy(outcome->refused.message, reason, strlen(reason) + 1);
    free(reason);
    return 0;
}

static int read_build(const json_t *json, struct outcome *outcome,
                      struct error *err)
{
    const char *status = word(json, "status");
    const char *messages = word(json, "messages");

    if (json_is_null(json)) {
        return 0;
    }
    if (strcmp(status, "ok") != 0 && strcmp(status, "build-failed") != 0) {
        return not_an_outcome(err, "'build' has an unknown status");
    }
    outcome->built = true;
    outcome->build.status = strcmp(status, "ok") == 0 ? BUILD_OK : BUILD_FAILED;
    outcome->build.messages =
        text_sanitise(messages, strlen(messages), MESSAGES_BYTES_MAX);
    return outcome->build.messages ? 0 : not_an_outcome(err, "out of memory");
}

/* Does it belong to this lab and to these files? */
static int check_record(const struct outcome *outcome,
                        const struct grade *grade, struct error *err)
{
    const struct record *record = &outcome->record;

    if (strcmp(record->lab, grade->lab->name) != 0) {
        return fail(err, ERROR_INFRA,
                    "what was kept of a run can't be used: it is of %s, not "
                    "of %s",
                    record->lab, grade->lab->name);
    }
    if (grade->submission &&
        strcmp(record->content_hash, grade->submission->content_hash) != 0) {
        return not_an_outcome(err, "it is of other files");
    }
    return 0;
}

/* One that was neither refused nor ended by the compiler has run. */
static int check_whole(const struct outcome *outcome, struct error *err)
{
    bool ended = outcome->refused.kind != ERROR_NONE ||
                 (outcome->built && outcome->build.status == BUILD_FAILED);

    if (!ended && !outcome->ran) {
        return not_an_outcome(err, "it says nothing of the tests");
    }
    return 0;
}

static int read_record(const json_t *json, const struct grade *grade,
                       struct outcome *outcome, struct error *err)
{
    struct error cause = {0};

    if (json_is_null(json)) {
        return 0;
    }
    if (record_from_json(json, &outcome->record, &cause) != 0) {
        return not_an_outcome(err, cause.message);
    }
    outcome->ran = true;
    return check_record(outcome, grade, err);
}

static int read_outcome(const json_t *json, const struct grade *grade,
                        struct outcome *outcome, struct error *err)
{
    const char *sandbox = word(json, "sandbox");
    int rc = 0;

    if (strcmp(word(json, "schema"), OUTCOME_SCHEMA) != 0) {
        return not_an_outcome(err, "its schema is not " OUTCOME_SCHEMA);
    }
    if ((strcmp(sandbox, "bwrap") != 0 && strcmp(sandbox, "none") != 0) ||
        !has(json, "refused", JSON_OBJECT) ||
        !has(json, "build", JSON_OBJECT) || !has(json, "record", JSON_ARRAY)) {
        return not_an_outcome(err, "a key is missing or of another type");
    }
    outcome->sandboxed = strcmp(sandbox, "bwrap") == 0;
    rc = read_refused(json_object_get(json, "refused"), outcome, err);
    if (rc == 0) {
        rc = read_build(json_object_get(json, "build"), outcome, err);
    }
    if (rc == 0) {
        rc = read_record(json_object_get(json, "record"), grade, outcome, err);
    }
    return rc == 0 ? check_whole(outcome, err) : rc;
}

/* --- the lab as it is now --------------------------------------------------
 */

/* Moves the record's line for that test, if there is one, to *out. */
static void take_test(struct record *record, const char *name,
                      struct record_test *out)
{
    for (size_t i = 0; i < record->ntests; i++) {
        struct record_test *test = &record->tests[i];

        if (test->name && strcmp(test->name, name) == 0) {
            *out = *test;
            *test = (struct record_test){0};
            return;
        }
    }
}

/* One line for each test of the lab, in its order. */
static int fit_record(const struct lab *lab, struct record *record,
                      struct error *err)
{
    struct record_test *tests = calloc(lab->ntests + 1, sizeof(*tests));
    size_t count = 0;

    for (; tests && count < lab->ntests; count++) {
        struct record_test *test = &tests[count];

        take_test(record, lab->tests[count].name, test);
        if (!test->name) {
            test->name = strdup(lab->tests[count].name);
            test->status = TEST_NOT_RUN;
        }
        if (!test->name) {
            break;
        }
    }
    for (size_t i = 0; i < record->ntests; i++) {
        record_test_free(&record->tests[i]);
    }
    free(record->tests);
    record->tests = tests;
    record->ntests = count;
    return tests && count == lab->ntests ? 0
                                         : not_an_outcome(err, "out of memory");
}

int outcome_apply(const json_t *json, struct grade *grade, struct error *err)
{
    struct outcome outcome = {0};
    int rc = read_outcome(json, grade, &outcome, err);

    if (rc == 0 && outcome.ran) {
        rc = fit_record(grade->lab, &outcome.record, err);
    }
    if (rc != 0) {
        outcome_clear(&outcome);
        return rc;
    }
    build_free(&grade->build);
    record_clear(&grade->record);
    grade->build = outcome.build;
    grade->record = outcome.record;
    grade->result.build = outcome.built ? &grade->build : NULL;
    grade->result.record = outcome.ran ? &grade->record : NULL;
    grade->result.refused = outcome.refused;
    grade->result.sandboxed = outcome.sandboxed;
    result_score(&grade->result);
    return 0;
}

/*
 * result.json: docs/result.md describes each key. Keys stand in the order in
 * which they are described; a run that is repeated differs in `seconds` only.
 */
#include "result.h"

#include <stdlib.h>
#include <string.h>
#include "record_picture.h"
#include "text.h"

#define REASON_BYTES_MAX 2000

static json_t *text_json(const struct lab_text *text)
{
    return json_pack("{s:s, s:s}", "en", text->en, "zh", text->zh);
}

/* A text or null. */
static json_t *maybe(const char *text)
{
    return text ? json_string(text) : json_null();
}

/* A sanitised text. */
static json_t *sanitised(const char *text)
{
    char *clean = text_sanitise(text, strlen(text), REASON_BYTES_MAX);
    json_t *json = clean ? json_string(clean) : NULL;

    free(clean);
    return json;
}

static json_t *notes_json(const struct submission *submission)
{
    json_t *notes = json_array();

    for (size_t i = 0; notes && i < submission->nnotes; i++) {
        if (json_array_append_new(notes, json_string(submission->notes[i])) <
            0) {
            json_decref(notes);
            return NULL;
        }
    }
    return notes;
}

static json_t *files_json(const struct submission *submission)
{
    json_t *files = json_array();

    for (size_t i = 0; files && i < submission->files.count; i++) {
        if (json_array_append_new(
                files, json_string(submission->files.files[i].path)) < 0) {
            json_decref(files);
            return NULL;
        }
    }
    return files;
}

static json_t *submission_json(const struct result *result,
                               enum result_audience audience)
{
    const struct submission *submission = result->submission;
    char *origin = result_origin(result, audience);
    json_t *json = NULL;

    if (origin && !submission) {
        json = json_pack("{s:n, s:s, s:n, s:n, s:n, s:[], s:[]}", "kind",
                         "origin", origin, "commit", "commit_time",
                         "content_hash", "files", "notes");
    } else if (origin) {
        json = json_pack(
            "{s:s, s:s, s:o, s:o, s:s, s:o, s:o}", "kind", submission->kind,
            "origin", origin, "commit", maybe(submission->commit),
            "commit_time", maybe(submission->commit_time), "content_hash",
            submission->content_hash, "files", files_json(submission), "notes",
            notes_json(submission));
    }
    free(origin);
    return json;
}

static json_t *refused_json(const struct result *result,
                            enum result_audience audience)
{
    char *reason = NULL;
    json_t *json = NULL;

    if (result->refused.kind == ERROR_NONE) {
        return json_null();
    }
    reason = result_refusal(result, audience);
    json = json_pack("{s:s, s:o}", "word", error_word(result->refused.kind),
                     "reason", reason ? sanitised(reason) : NULL);
    free(reason);
    return json;
}

static json_t *build_json(const struct result *result)
{
    const struct build *build = result->build;

    if (!build) {
        return json_null();
    }
    return json_pack("{s:s, s:s}", "status",
                     build->status == BUILD_OK ? "ok" : "build-failed",
                     "messages", build->messages ? build->messages : "");
}

/* What happened in the test; for a hidden one only when staff read it. */
static int set_detail(json_t *json, const struct record_test *test)
{
    if (json_object_set_new(json, "instructions",
                            json_integer((json_int_t)test->instructions)) < 0 ||
        json_object_set_new(json, "seconds", json_real(test->seconds)) < 0 ||
        json_object_set_new(json, "messages", record_messages_json(test)) < 0 ||
        json_object_set_new(json, "oops", maybe(test->oops)) < 0 ||
        json_object_set_new(json, "hung_in", maybe(test->hung_in)) < 0 ||
        json_object_set_new(json, "pictures", record_pictures_json(test)) < 0) {
        return -1;
    }
    return 0;
}

static json_t *test_json(const struct result *result, size_t i,
                         enum result_audience audience)
{
    const struct lab_test *test = &result->lab->tests[i];
    const struct record_test *record = result_test(result, i);
    enum test_status status = result_status(result, i);
    json_t *json = json_pack(
        "{s:s, s:o, s:s, s:i, s:i, s:s, s:o}", "name", test->name, "title",
        text_json(&test->title), "visibility",
        test->visibility == LAB_PUBLIC ? "public" : "hidden", "points",
        status == TEST_PASS ? (int)test->points : 0, "max", (int)test->points,
        "status", test_status_word(status), "hint", text_json(&test->hint));

    if (json && record && result_shows_detail(result, i, audience) &&
        set_detail(json, record) < 0) {
        json_decref(json);
        json = NULL;
    }
    return json;
}

static json_t *tests_json(const struct result *result,
                          enum result_audience audience)
{
    json_t *tests = json_array();

    for (size_t i = 0; tests && i < result->lab->ntests; i++) {
        if (json_array_append_new(tests, test_json(result, i, audience)) < 0) {
            json_decref(tests);
            return NULL;
        }
    }
    return tests;
}

json_t *result_json(const struct result *result, enum result_audience audience)
{
    return json_pack(
        "{s:s, s:s, s:o, s:s, s:o, s:i, s:i, s:b, s:i, s:o, s:s, s:o, s:o}",
        "schema", RESULT_SCHEMA, "audience",
        audience == RESULT_STAFF ? "staff" : "student", "submission",
        submission_json(result, audience), "lab", result->lab->name, "title",
        text_json(&result->lab->title), "score", (int)result->score, "max",
        (int)result->max, "graded", (int)result->graded, "ungraded",
        (int)result->ungraded, "refused", refused_json(result, audience),
        "sandbox", result->sandboxed ? "bwrap" : "none", "build",
        build_json(result), "tests", tests_json(result, audience));
}

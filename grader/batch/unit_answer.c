/*
 * Writing and reading answers. They come from a process of ours, but one that
 * may have been ended in the middle of a line: what isn't whole is not there.
 */
#include "unit_answer.h"

#include <stdlib.h>
#include <string.h>
#include "outcome.h"
#include "text.h"

#define REASON_BYTES_MAX 1000

/* --- writing ---------------------------------------------------------------
 */

/* Takes the reference. */
static int write_line(int fd, json_t *json, struct error *err)
{
    char *text =
        json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    int rc = 0;

    if (!text) {
        rc = fail(err, ERROR_INFRA, "out of memory");
    } else if (pool_write(fd, text, strlen(text)) < 0 ||
               pool_write(fd, "\n", 1) < 0) {
        rc = fail_errno(err, ERROR_INFRA, "can't write an answer");
    }
    free(text);
    json_decref(json);
    return rc;
}

int unit_write_attempt(int fd, const struct attempt *attempt, struct error *err)
{
    return write_line(
        fd,
        json_pack("{s:I, s:s?, s:s?, s:s?, s:s?, s:s?, s:O?}", "submitted",
                  (json_int_t)attempt->submitted, "kind", attempt->kind,
                  "origin", attempt->origin, "commit", attempt->commit,
                  "commit_time", attempt->commit_time, "content_hash",
                  attempt->content_hash, "notes", attempt->notes),
        err);
}

void unit_write_outcome(int fd, const struct unit_answer *answer,
                        const struct error *trouble)
{
    const struct attempt *attempt = &answer->attempt;
    struct error ignored = {0};
    json_t *json = NULL;

    if (trouble) {
        char *why = text_sanitise(trouble->message, strlen(trouble->message),
                                  REASON_BYTES_MAX);
        json = json_pack("{s:s?}", "trouble", why ? why : "out of memory");
        free(why);
    } else {
        json = json_pack(
            "{s:I, s:b, s:i, s:i, s:b, s:I, s:I, s:s?, s:I, s:I, s:O?}",
            "number", (json_int_t)attempt->number, "regrade", answer->regrade,
            "source", (int)answer->source, "state", (int)answer->state,
            "has_score", answer->has_score, "score", (json_int_t)answer->score,
            "max", (json_int_t)answer->max, "reason", answer->reason,
            "graded_at", (json_int_t)attempt->graded_at, "worker_kib",
            (json_int_t)answer->worker_kib, "outcome", attempt->outcome);
    }
    if (json && answer->remark) {
        json_object_set_new(json, "remark", json_string(answer->remark));
    }
    write_line(fd, json, &ignored);
}

/* --- reading ---------------------------------------------------------------
 */

/* The next whole line as an object, or NULL. Moves *text behind it. */
static json_t *read_line(const char **text)
{
    const char *newline = strchr(*text, '\n');
    json_t *json = NULL;

    if (newline) {
        json = json_loadb(*text, (size_t)(newline - *text),
                          JSON_REJECT_DUPLICATES, NULL);
        *text = newline + 1;
    }
    return json;
}

static char *copy(const char *text, bool *failed)
{
    char *made = text ? strdup(text) : NULL;

    *failed |= text && !made;
    return made;
}

static char *copy_text(const json_t *json, const char *key, bool *failed)
{
    return copy(json_string_value(json_object_get(json, key)), failed);
}

static json_int_t number(const json_t *json, const char *key)
{
    return json_integer_value(json_object_get(json, key));
}

/* False if it is none, or there is no memory for it. */
static bool read_attempt(const json_t *json, struct attempt *out)
{
    json_t *notes = json_object_get(json, "notes");
    bool failed = false;

    if (!json_is_integer(json_object_get(json, "submitted"))) {
        return false;
    }
    out->submitted = number(json, "submitted");
    out->kind = copy_text(json, "kind", &failed);
    out->origin = copy_text(json, "origin", &failed);
    out->commit = copy_text(json, "commit", &failed);
    out->commit_time = copy_text(json, "commit_time", &failed);
    out->content_hash = copy_text(json, "content_hash", &failed);
    out->notes = json_is_array(notes) ? json_incref(notes) : NULL;
    return !failed;
}

static bool read_result(const json_t *json, struct unit_answer *out)
{
    json_t *outcome = json_object_get(json, "outcome");
    json_int_t source = number(json, "source");
    json_int_t state = number(json, "state");
    bool failed = false;

    if (!json_is_integer(json_object_get(json, "state")) || state < 0 ||
        state > PROGRESS_UNGRADED || source < 0 || source > SOURCE_KEPT) {
        return false;
    }
    out->source = (enum progress_source)source;
    out->state = (enum progress_state)state;
    out->attempt.number = number(json, "number");
    out->attempt.graded_at = number(json, "graded_at");
    out->attempt.outcome =
        json_is_object(outcome) ? json_incref(outcome) : NULL;
    out->regrade = json_is_true(json_object_get(json, "regrade"));
    out->has_score = json_is_true(json_object_get(json, "has_score"));
    out->score = (unsigned)number(json, "score");
    out->max = (unsigned)number(json, "max");
    out->worker_kib = (long)number(json, "worker_kib");
    out->reason = copy_text(json, "reason", &failed);
    return !failed;
}

/* A fault of ours: ungraded, and to be run again. */
static int set_fault(const struct unit *unit, const char *why,
                     struct unit_answer *out, struct error *err)
{
    const char *sandbox = unit->mode == SANDBOX_BWRAP ? "bwrap" : "none";

    free(out->reason);
    out->reason = text_sanitise_line(why, strlen(why), REASON_BYTES_MAX);
    json_decref(out->attempt.outcome);
    out->attempt.outcome = json_pack(
        "{s:s, s:s, s:{s:s, s:s?}, s:n, s:n}", "schema", OUTCOME_SCHEMA,
        "sandbox", sandbox, "refused", "word", error_word(ERROR_INFRA),
        "reason", out->reason, "build", "record");
    out->attempt.graded_at = MOMENT_NONE; /* now */
    out->source = SOURCE_RUN;
    out->state = PROGRESS_UNGRADED;
    out->has_score = false;
    out->regrade = false;
    return out->attempt.outcome && out->reason
               ? 0
               : fail(err, ERROR_INFRA, "out of memory");
}

/* Why there is no result, given that there is none. */
static const char *why_none(const struct pool_answer *from,
                            const json_t *second)
{
    const char *trouble = json_string_value(json_object_get(second, "trouble"));

    if (from->end != POOL_ANSWERED) {
        return from->why;
    }
    return trouble ? trouble
                   : "the process that graded it said nothing that makes sense";
}

int unit_read_answer(const struct unit *unit, const struct pool_answer *from,
                     struct unit_answer *out, struct error *err)
{
    const char *text = from->bytes;
    json_t *first = read_line(&text);
    json_t *second = NULL;
    bool failed = false;
    int rc = 0;

    *out = (struct unit_answer){.attempt = {.submitted = unit->submitted}};
    out->attempt.student = copy(unit->student, &failed);
    out->attempt.lab = copy(unit->lab, &failed);
    if (read_attempt(first, &out->attempt)) {
        second = read_line(&text);
    } else {
        second = json_incref(first); /* there may be only trouble to tell */
    }
    out->remark = copy_text(second, "remark", &failed);
    if (failed) {
        rc = fail(err, ERROR_INFRA, "out of memory");
    } else if (from->end != POOL_ANSWERED || !read_result(second, out)) {
        rc = set_fault(unit, why_none(from, second), out, err);
    }
    json_decref(first);
    json_decref(second);
    return rc;
}

void unit_answer_clear(struct unit_answer *answer)
{
    attempt_clear(&answer->attempt);
    free(answer->reason);
    free(answer->remark);
    *answer = (struct unit_answer){0};
}

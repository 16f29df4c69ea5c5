/* A test's own side of the report; record.c is the runner's. */
#include "report.h"

#include <criterion/criterion.h>
#include <criterion/internal/test.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "picture.h"
#include "record.h"

#define LINE_BYTES (250 * 1024) /* of 256 KB that a record's line may have */

static struct {
    jmp_buf *attempt; /* where a verdict goes while report_try() runs */
    struct verdict verdict;
    uint64_t instructions, machines;
    void (*cleanup)(void);
    report_drawing_t draw;
} report;

void *allocate(size_t n, size_t size)
{
    void *out = calloc(n + 1, size);

    if (out == NULL)
        report_infra("no memory for %zu times %zu bytes", n, size);
    return out;
}

const char *report_test_name(void)
{
    return text("%s::%s", criterion_current_test->category,
                criterion_current_test->name);
}

static char *ascii(const char *from)
{
    char *out = text("%s", from);

    for (char *at = out; *at != '\0'; at++)
        if (*at != '\n' && (*at < ' ' || *at > '~'))
            *at = '?';
    return out;
}

static void set_text(json_t *object, const char *key, const char *value)
{
    json_t *string = value == NULL ? NULL : json_string(value);

    /* Names in debug information are the student's: not always UTF-8. */
    if (value != NULL && string == NULL)
        string = json_string(ascii(value));
    if (string != NULL)
        json_object_set_new(object, key, string);
}

static const char *outcome_word(enum outcome outcome)
{
    static const char *const words[] = {
        [OUTCOME_PASS] = "pass",
        [OUTCOME_FAIL] = "fail",
        [OUTCOME_TIMEOUT] = "timeout",
        [OUTCOME_CRASH] = "crash",
        [OUTCOME_NOT_IMPLEMENTED] = "not-implemented",
        [OUTCOME_INFRA_ERROR] = "infra-error",
    };

    return words[outcome];
}

static json_t *report_json(void)
{
    const struct verdict *verdict = &report.verdict;
    json_t *object = json_object(), *message = json_object();

    set_text(object, "status", outcome_word(verdict->outcome));
    json_object_set_new(object, "instructions",
                        json_integer((json_int_t)report.instructions));
    json_object_set_new(object, "machines",
                        json_integer((json_int_t)report.machines));
    set_text(message, "did", verdict->claim.did);
    set_text(message, "expected", verdict->claim.expected);
    set_text(message, "seen", verdict->claim.seen);
    set_text(message, "hint", verdict->claim.hint);
    set_text(message, "where", verdict->where);
    if (json_object_size(message) > 0)
        json_object_set_new(object, "messages", json_pack("[O]", message));
    set_text(object, "oops", verdict->oops);
    set_text(object, "hung_in", verdict->hung_in);
    json_decref(message);
    return object;
}

static void write_report(void)
{
    json_t *object = report_json();

    record_part_write(report_test_name(), object);
    json_decref(object);
}

/* --- pictures --------------------------------------------------------------
 */

static bool is_illustrated(const struct verdict *verdict)
{
    return report.draw != NULL && (verdict->outcome == OUTCOME_FAIL ||
                                   verdict->outcome == OUTCOME_CRASH);
}

/* A picture that would make the line too long is a note. */
static void add_picture(json_t *object, json_t *pictures,
                        const struct picture *picture)
{
    json_t *entry = json_object();

    set_text(entry, "title", picture->title);
    set_text(entry, "svg", picture->svg);
    json_array_append(pictures, entry);
    if (json_dumpb(object, NULL, 0, JSON_COMPACT) > LINE_BYTES) {
        json_object_del(entry, "svg");
        set_text(entry, "note",
                 "left out: the record's line would be too long");
    }
    json_decref(entry);
}

/*
 * The report again, with pictures: what is drawn from a guest that went astray
 * must not cost the verdict, which has been written by now.
 */
static void illustrate_report(void)
{
    struct picture drawn[MAX_PICTURES];
    size_t n = report.draw(drawn, MAX_PICTURES);
    json_t *object = report_json(), *pictures = json_array();

    json_object_set(object, "pictures", pictures);
    for (size_t i = 0; i < n; i++) {
        add_picture(object, pictures, &drawn[i]);
        picture_free(&drawn[i]);
    }
    if (n > 0)
        record_part_write(report_test_name(), object);
    json_decref(pictures);
    json_decref(object);
}

/* --- verdicts --------------------------------------------------------------
 */

void report_verdict(const struct verdict *verdict)
{
    report.verdict = *verdict;
    if (report.attempt != NULL)
        longjmp(*report.attempt, 1);
    write_report();
    if (is_illustrated(verdict))
        illustrate_report();
    cr_assert_fail("%s", outcome_word(verdict->outcome));
    abort();
}

void report_fail(const char *file, int line, struct claim claim)
{
    struct verdict verdict = {
        .outcome = OUTCOME_FAIL,
        .claim = claim,
        .where = text("%s:%d", file, line),
    };

    report_verdict(&verdict);
}

void report_infra(const char *format, ...)
{
    struct verdict verdict = {.outcome = OUTCOME_INFRA_ERROR};
    char *seen = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&seen, format, args) < 0)
        abort();
    va_end(args);
    verdict.claim.seen = seen;
    report_verdict(&verdict);
}

void report_add_instructions(uint64_t n)
{
    report.instructions += n;
}

void report_add_machine(void)
{
    report.machines++;
}

struct verdict report_try(void (*attempt)(void *context), void *context)
{
    jmp_buf here, *outer = report.attempt;
    struct verdict verdict;

    if (setjmp(here) == 0) {
        report.attempt = &here;
        attempt(context);
    }
    verdict = report.verdict;
    report.verdict = (struct verdict){.outcome = OUTCOME_PASS};
    report.attempt = outer;
    return verdict;
}

void report_begin(void)
{
    report.verdict = (struct verdict){.outcome = OUTCOME_PASS};
}

void report_at_end(void (*cleanup)(void))
{
    report.cleanup = cleanup;
}

void report_draw_by(report_drawing_t draw)
{
    report.draw = draw;
}

void report_end(void)
{
    if (report.cleanup != NULL)
        report.cleanup();
    if (report.verdict.outcome == OUTCOME_PASS)
        write_report();
}

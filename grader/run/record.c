/*
 * Records: parsing of single lines, which come from the test program that
 * quotes the guest, and the whole file.
 *
 * A line is JSON of at most LINE_BYTES_MAX bytes. Known keys must have their
 * type; keys that are not known are passed over, so that a newer test program
 * can say more. Every text is cut to its limit and sanitised.
 */
#include "record.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "folder.h"
#include "record_picture.h"
#include "text.h"

#define RECORD_SCHEMA  "mmgrade/record/v1"
#define LINE_BYTES_MAX (256 * 1024)
#define FILE_BYTES_MAX (64 * 1024 * 1024)
#define NAME_BYTES_MAX 200
#define TEXT_BYTES_MAX 4096
#define OOPS_BYTES_MAX 16384
#define MESSAGES_MAX   32
#define SECONDS_MAX    1e6

static const struct {
    enum test_status status;
    const char *word;
} status_words[] = {
    {TEST_PASS, "pass"},
    {TEST_FAIL, "fail"},
    {TEST_TIMEOUT, "timeout"},
    {TEST_CRASHED, "crash"},
    {TEST_NOT_IMPLEMENTED, "not-implemented"},
    {TEST_BUILD_FAILED, "build-failed"},
    {TEST_NOT_RUN, "not-run"},
    {TEST_INFRA_ERROR, "infra-error"},
};

#define NSTATUS_WORDS (sizeof(status_words) / sizeof(status_words[0]))

const char *test_status_word(enum test_status status)
{
    for (size_t i = 0; i < NSTATUS_WORDS; i++) {
        if (status_words[i].status == status) {
            return status_words[i].word;
        }
    }
    return "unknown";
}

int test_status_parse(const char *word, enum test_status *out)
{
    for (size_t i = 0; i < NSTATUS_WORDS; i++) {
        if (strcmp(status_words[i].word, word) == 0) {
            *out = status_words[i].status;
            return 0;
        }
    }
    return -1;
}

/* --- reading ---------------------------------------------------------------
 */

static int bad_line(struct error *err, const char *key, const char *wanted)
{
    return fail(err, ERROR_INFRA,
                "a line of the record can't be used: '%s' must be %s", key,
                wanted);
}

/* A sanitised copy of a text; *out stays NULL if the key is absent or null. */
static int read_text(const json_t *object, const char *key, size_t max_bytes,
                     char **out, struct error *err)
{
    const json_t *value = json_object_get(object, key);

    if (!value || json_is_null(value)) {
        return 0;
    }
    if (!json_is_string(value)) {
        return bad_line(err, key, "a text");
    }
    *out = text_sanitise(json_string_value(value), json_string_length(value),
                         max_bytes);
    return *out ? 0 : fail(err, ERROR_INFRA, "out of memory");
}

static int read_message(const json_t *object, struct record_message *message,
                        struct error *err)
{
    const struct {
        const char *key;
        char **text;
    } texts[] = {
        {"did", &message->did},     {"expected", &message->expected},
        {"seen", &message->seen},   {"hint", &message->hint},
        {"where", &message->where},
    };
    int rc = 0;

    if (!json_is_object(object)) {
        return bad_line(err, "messages", "a list of objects");
    }
    for (size_t i = 0; rc == 0 && i < sizeof(texts) / sizeof(texts[0]); i++) {
        rc =
            read_text(object, texts[i].key, TEXT_BYTES_MAX, texts[i].text, err);
    }
    return rc;
}

/* The first MESSAGES_MAX messages; more would say nothing new. */
static int read_messages(const json_t *object, struct record_test *test,
                         struct error *err)
{
    const json_t *messages = json_object_get(object, "messages");
    size_t count = json_array_size(messages);
    int rc = 0;

    if (messages && !json_is_array(messages)) {
        return bad_line(err, "messages", "a list of objects");
    }
    if (count == 0) {
        return 0;
    }
    count = count < MESSAGES_MAX ? count : MESSAGES_MAX;
    test->messages = calloc(count, sizeof(*test->messages));
    if (!test->messages) {
        return fail(err, ERROR_INFRA, "out of memory");
    }
    test->nmessages = count;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = read_message(json_array_get(messages, i), &test->messages[i], err);
    }
    return rc;
}

static int read_whole_number(const json_t *object, const char *key,
                             uint64_t *out, struct error *err)
{
    const json_t *number = json_object_get(object, key);

    if (!number) {
        return 0;
    }
    if (!json_is_integer(number) || json_integer_value(number) < 0) {
        return bad_line(err, key, "a whole number from 0");
    }
    *out = (uint64_t)json_integer_value(number);
    return 0;
}

static int read_numbers(const json_t *object, struct record_test *test,
                        struct error *err)
{
    const json_t *seconds = json_object_get(object, "seconds");
    int rc =
        read_whole_number(object, "instructions", &test->instructions, err);

    if (rc == 0) {
        rc = read_whole_number(object, "machines", &test->machines, err);
    }
    if (rc == 0 && seconds) {
        double value = json_number_value(seconds);
        if (!json_is_number(seconds) || !isfinite(value) || value < 0 ||
            value > SECONDS_MAX) {
            return bad_line(err, "seconds", "a number from 0");
        }
        test->seconds = value;
    }
    return rc;
}

static int read_identity(const json_t *object, struct record_test *test,
                         struct error *err)
{
    const json_t *name = json_object_get(object, "test");
    const char *status = json_string_value(json_object_get(object, "status"));

    if (!json_is_string(name) || json_string_length(name) == 0 ||
        json_string_length(name) > NAME_BYTES_MAX ||
        !text_is_clean(json_string_value(name), json_string_length(name))) {
        return bad_line(err, "test", "a test's name");
    }
    if (!status || test_status_parse(status, &test->status) != 0) {
        return bad_line(err, "status", "one of the words of docs/record.md");
    }
    test->name = strdup(json_string_value(name));
    return test->name ? 0 : fail(err, ERROR_INFRA, "out of memory");
}

static int load_line(const char *line, size_t nbytes, json_t **out,
                     struct error *err)
{
    json_error_t cause;

    if (nbytes > LINE_BYTES_MAX) {
        return fail(err, ERROR_INFRA,
                    "a line of the record can't be used: it has %zu bytes, "
                    "more than %d",
                    nbytes, LINE_BYTES_MAX);
    }
    *out = json_loadb(line, nbytes, JSON_REJECT_DUPLICATES, &cause);
    if (!*out) {
        return fail(err, ERROR_INFRA,
                    "a line of the record can't be used: it is not JSON (%s)",
                    cause.text);
    }
    if (!json_is_object(*out)) {
        json_decref(*out);
        *out = NULL;
        return fail(err, ERROR_INFRA,
                    "a line of the record can't be used: it is not an object");
    }
    return 0;
}

static int read_test(const json_t *object, struct record_test *out,
                     struct error *err)
{
    struct record_test test = {0};
    int rc = read_identity(object, &test, err);

    if (rc == 0) {
        rc = read_numbers(object, &test, err);
    }
    if (rc == 0) {
        rc = read_messages(object, &test, err);
    }
    if (rc == 0) {
        rc = read_text(object, "oops", OOPS_BYTES_MAX, &test.oops, err);
    }
    if (rc == 0) {
        rc = read_text(object, "hung_in", TEXT_BYTES_MAX, &test.hung_in, err);
    }
    if (rc == 0) {
        rc = record_read_pictures(object, &test, err);
    }
    if (rc != 0) {
        record_test_free(&test);
        return rc;
    }
    *out = test;
    return 0;
}

int record_parse_test(const char *line, size_t nbytes, struct record_test *out,
                      struct error *err)
{
    json_t *object = NULL;
    int rc = load_line(line, nbytes, &object, err);

    if (rc == 0) {
        rc = read_test(object, out, err);
    }
    json_decref(object);
    return rc;
}

static int read_header(const json_t *object, struct record *record,
                       struct error *err)
{
    char *schema = NULL;
    char *seed = NULL;
    int rc = 0;
    const struct {
        const char *key;
        char **text;
    } texts[] = {
        {"schema", &schema},
        {"lab", &record->lab},
        {"content_hash", &record->content_hash},
        {"suite_hash", &record->suite_hash},
        {"toolchain", &record->toolchain},
        {"qemu", &record->qemu},
        {"seed", &seed},
    };

    for (size_t i = 0; rc == 0 && i < sizeof(texts) / sizeof(texts[0]); i++) {
        rc =
            read_text(object, texts[i].key, TEXT_BYTES_MAX, texts[i].text, err);
        if (rc == 0 && !*texts[i].text) {
            rc = bad_line(err, texts[i].key, "given");
        }
    }
    if (rc == 0 && strcmp(schema, RECORD_SCHEMA) != 0) {
        rc = bad_line(err, "schema", RECORD_SCHEMA);
    }
    if (rc == 0 && strlen(seed) >= sizeof(record->seed)) {
        rc = bad_line(err, "seed", "64 hexadecimal digits");
    }
    if (rc == 0) {
        memcpy(record->seed, seed, strlen(seed) + 1);
    }
    free(schema);
    free(seed);
    return rc;
}

/* Adds what a line holds: the first one is the header. */
static int add_object(const json_t *object, bool first, struct record *record,
                      struct error *err)
{
    struct record_test *grown = NULL;

    if (first) {
        return read_header(object, record, err);
    }
    grown =
        reallocarray(record->tests, record->ntests + 1, sizeof(*record->tests));
    if (!grown) {
        return fail(err, ERROR_INFRA, "out of memory");
    }
    record->tests = grown;
    int rc = read_test(object, &grown[record->ntests], err);
    record->ntests += rc == 0;
    return rc;
}

static int add_line(const char *line, size_t nbytes, bool first,
                    struct record *record, struct error *err)
{
    json_t *object = NULL;
    int rc = load_line(line, nbytes, &object, err);

    if (rc == 0) {
        rc = add_object(object, first, record, err);
    }
    json_decref(object);
    return rc;
}

int record_from_json(const json_t *lines, struct record *record,
                     struct error *err)
{
    size_t nlines = json_array_size(lines);
    struct error cause = {0};
    int rc = 0;

    *record = (struct record){0};
    if (nlines == 0) {
        return fail(err, ERROR_INFRA, "the record is empty");
    }
    for (size_t i = 0; rc == 0 && i < nlines; i++) {
        rc = add_object(json_array_get(lines, i), i == 0, record, &cause);
        if (rc != 0) {
            fail(err, ERROR_INFRA, "line %zu: %s", i + 1, cause.message);
        }
    }
    if (rc != 0) {
        record_clear(record);
    }
    return rc;
}

int record_read(const char *path, struct record **out, struct error *err)
{
    struct record *record = calloc(1, sizeof(*record));
    struct error cause = {0};
    char *text = NULL;
    size_t nbytes = 0;
    size_t number = 1;
    int rc = 0;

    if (!record) {
        return fail(err, ERROR_INFRA, "can't read %s: out of memory", path);
    }
    rc = file_read(path, FILE_BYTES_MAX, &text, &nbytes, err);
    for (char *line = text; rc == 0 && line < text + nbytes; number++) {
        size_t length = strcspn(line, "\n");
        rc = add_line(line, length, number == 1, record, &cause);
        if (rc != 0) {
            fail(err, ERROR_INFRA, "%s, line %zu: %s", path, number,
                 cause.message);
        }
        line += length + 1;
    }
    if (rc == 0 && number == 1) {
        rc = fail(err, ERROR_INFRA, "can't use %s: the record is empty", path);
    }
    free(text);
    if (rc != 0) {
        record_free(record);
        return rc;
    }
    *out = record;
    return 0;
}

/* --- writing ---------------------------------------------------------------
 */

/* Sets a key to a text, unless that is NULL. 0 or -1 (out of memory). */
static int set_text(json_t *object, const char *key, const char *text)
{
    return text ? json_object_set_new(object, key, json_string(text)) : 0;
}

static json_t *message_json(const struct record_message *message)
{
    json_t *object = json_object();

    if (!object || set_text(object, "did", message->did) < 0 ||
        set_text(object, "expected", message->expected) < 0 ||
        set_text(object, "seen", message->seen) < 0 ||
        set_text(object, "hint", message->hint) < 0 ||
        set_text(object, "where", message->where) < 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

json_t *record_messages_json(const struct record_test *test)
{
    json_t *array = json_array();

    for (size_t i = 0; array && i < test->nmessages; i++) {
        if (json_array_append_new(array, message_json(&test->messages[i])) <
            0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

static json_t *test_json(const struct record_test *test)
{
    json_t *object =
        json_pack("{s:s, s:s, s:I, s:I, s:f}", "test", test->name, "status",
                  test_status_word(test->status), "instructions",
                  (json_int_t)test->instructions, "machines",
                  (json_int_t)test->machines, "seconds", test->seconds);

    if (!object ||
        (test->nmessages > 0 &&
         json_object_set_new(object, "messages", record_messages_json(test)) <
             0) ||
        set_text(object, "oops", test->oops) < 0 ||
        set_text(object, "hung_in", test->hung_in) < 0 ||
        (test->npictures > 0 &&
         json_object_set_new(object, "pictures", record_pictures_json(test)) <
             0)) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static json_t *header_json(const struct record *record)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "schema",
                     RECORD_SCHEMA, "lab", record->lab, "content_hash",
                     record->content_hash, "suite_hash", record->suite_hash,
                     "toolchain", record->toolchain, "qemu", record->qemu,
                     "seed", record->seed);
}

json_t *record_json(const struct record *record)
{
    json_t *lines = json_array();
    int rc = lines ? json_array_append_new(lines, header_json(record)) : -1;

    for (size_t i = 0; rc == 0 && i < record->ntests; i++) {
        rc = json_array_append_new(lines, test_json(&record->tests[i]));
    }
    if (rc != 0) {
        json_decref(lines);
        return NULL;
    }
    return lines;
}

/* One object on one line. 0 or -1. */
static int write_line(FILE *out, const json_t *object)
{
    int rc = json_dumpf(object, out, JSON_COMPACT | JSON_REAL_PRECISION(6));

    return rc == 0 && fputc('\n', out) != EOF ? 0 : -1;
}

static int write_lines(const struct record *record, FILE *out)
{
    json_t *lines = record_json(record);
    int rc = lines ? 0 : -1;

    for (size_t i = 0; rc == 0 && i < json_array_size(lines); i++) {
        rc = write_line(out, json_array_get(lines, i));
    }
    json_decref(lines);
    return rc;
}

int record_write(const struct record *record, const char *path,
                 struct error *err)
{
    char *text = NULL;
    size_t nbytes = 0;
    FILE *out = open_memstream(&text, &nbytes);
    int rc = out ? write_lines(record, out) : -1;

    if (out && fclose(out) != 0) {
        rc = -1;
    }
    rc = rc == 0
             ? file_write(path, text, nbytes, err)
             : fail(err, ERROR_INFRA, "can't write %s: out of memory", path);
    free(text);
    return rc;
}

/* --- freeing ---------------------------------------------------------------
 */

void record_test_free(struct record_test *test)
{
    for (size_t i = 0; i < test->nmessages; i++) {
        struct record_message *message = &test->messages[i];
        free(message->did);
        free(message->expected);
        free(message->seen);
        free(message->hint);
        free(message->where);
    }
    free(test->messages);
    record_free_pictures(test);
    free(test->name);
    free(test->oops);
    free(test->hung_in);
    *test = (struct record_test){0};
}

void record_clear(struct record *record)
{
    for (size_t i = 0; i < record->ntests; i++) {
        record_test_free(&record->tests[i]);
    }
    free(record->tests);
    free(record->lab);
    free(record->content_hash);
    free(record->suite_hash);
    free(record->toolchain);
    free(record->qemu);
    *record = (struct record){0};
}

void record_free(struct record *record)
{
    if (record) {
        record_clear(record);
        free(record);
    }
}

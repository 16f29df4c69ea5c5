/*
 * A record: what happened, immutable. One JSON object a line; the first line
 * describes the run, each further line a test. docs/record.md has the format.
 */
#ifndef GRADER_RECORD_H
#define GRADER_RECORD_H

#include <stddef.h>
#include <stdint.h>
#include "error.h"
#include "lab.h"

struct json_t;

enum test_status {
    TEST_PASS,
    TEST_FAIL,
    TEST_TIMEOUT,
    TEST_CRASHED,         /* the guest: oops, panic, BUG, triple fault */
    TEST_NOT_IMPLEMENTED, /* a stub was hit */
    TEST_BUILD_FAILED,
    TEST_NOT_RUN,
    TEST_INFRA_ERROR, /* ours: ungraded, can be retried, never a zero */
};

/* "pass", "fail", …, "not-implemented", …: the words used in JSON. */
const char *test_status_word(enum test_status status);
int test_status_parse(const char *word, enum test_status *out);

/* One failed expectation. Any string may be NULL; all are sanitised. */
struct record_message {
    char *did, *expected, *seen, *hint, *where;
};

/* What memory looked like when the test failed (record_picture.h). */
struct record_picture {
    char *title;
    char *svg;  /* safe to be shown; or NULL, and */
    char *note; /* why it was left out */
};

struct record_test {
    char *name;
    enum test_status status;
    uint64_t instructions; /* guest instructions spent in measured calls */
    uint64_t machines;     /* that were booted */
    double seconds;        /* varies; left out when records are compared */
    struct record_message *messages;
    size_t nmessages;
    char *oops;    /* text: what, registers, symbolised backtrace; or NULL */
    char *hung_in; /* the call that did not return; or NULL */
    struct record_picture *pictures;
    size_t npictures;
};

struct record {
    char *lab;
    char *content_hash; /* struct submission */
    char *suite_hash;   /* SHA-256 of the test program's file */
    char *toolchain;    /* first line of CC --version */
    char *qemu;         /* first line of QEMU --version */
    char seed[65];
    struct record_test *tests;
    size_t ntests;
};

/*
 * Parses one test line (untrusted: lengths, types and numbers are checked,
 * strings sanitised and capped). ERROR_INFRA if it is not one.
 */
int record_parse_test(const char *line, size_t nbytes, struct record_test *out,
                      struct error *err);

/* Writes the whole record to PATH (temporary file, fsync, rename). */
int record_write(const struct record *record, const char *path,
                 struct error *err);
int record_read(const char *path, struct record **out, struct error *err);

/* The record as a list of its lines; NULL when out of memory. */
struct json_t *record_json(const struct record *record);

/*
 * The other way, with the checks of record_read(): ERROR_INFRA, and `record`
 * is empty, if that is not the list of a record's lines.
 */
int record_from_json(const struct json_t *lines, struct record *record,
                     struct error *err);

/* The test's messages as they stand in the JSON; NULL when out of memory. */
struct json_t *record_messages_json(const struct record_test *test);

void record_test_free(struct record_test *test);
/* Frees what the record owns, and the record itself as well. */
void record_clear(struct record *record);
void record_free(struct record *record);

#endif

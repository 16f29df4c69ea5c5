/*
 * Gradescope's metadata:
 *
 *      submission_123456:
 *        :submitters:
 *        - :name: Ann Lee
 *          :sid: '2026001'
 *          :email: ann@example.edu
 *        :created_at: 2026-03-01 15:59:00.123456000 Z
 *        :results: …       as much as Gradescope likes
 *
 * Read as a stream of events, because results make it long; all that is not
 * wanted is passed over. Keys begin with a colon, as Ruby writes symbols, or
 * not.
 */
#include "gradescope_metadata.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>
#include "moment.h"

#define DEPTH_MAX 64
#define KEY_BYTES 40

/* Where a text stands: the keys above it. */
enum level {
    TOP = 1,
    SUBMISSION = 2,
    PERSONS = 3,
    PERSON = 4
};

struct reader {
    struct gradescope *out;
    struct error *err;
    size_t depth; /* of open mappings and lists */
    bool mapping[DEPTH_MAX + 1];
    bool value[DEPTH_MAX + 1];           /* the next is one, not a key */
    char keys[DEPTH_MAX + 1][KEY_BYTES]; /* the last one */
};

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA,
                "can't read " GRADESCOPE_METADATA ": out of memory");
}

/* --- what is wanted --------------------------------------------------------
 */

static int add_submission(struct reader *reader, const char *folder)
{
    struct gradescope *out = reader->out;
    struct gradescope_submission *grown =
        reallocarray(out->submissions, out->count + 1, sizeof(*grown));

    if (!grown) {
        return out_of_memory(reader->err);
    }
    out->submissions = grown;
    grown[out->count] = (struct gradescope_submission){.folder = strdup(folder),
                                                       .created = MOMENT_NONE};
    return grown[out->count++].folder ? 0 : out_of_memory(reader->err);
}

static int add_person(struct reader *reader)
{
    struct gradescope_submission *submission =
        &reader->out->submissions[reader->out->count - 1];
    struct gradescope_person *grown = reallocarray(
        submission->persons, submission->npersons + 1, sizeof(*grown));

    if (!grown) {
        return out_of_memory(reader->err);
    }
    submission->persons = grown;
    grown[submission->npersons++] =
        (struct gradescope_person){NULL, NULL, NULL};
    return 0;
}

/* "2026-03-01 15:59:00.123 Z" or "… -08:00", as RFC 3339 has it. */
static int64_t parse_time(const char *text)
{
    struct error ignored = {0};
    int64_t moment = MOMENT_NONE;
    char copy[64];
    size_t n = 0;

    for (const char *c = text; *c && n + 1 < sizeof(copy); c++) {
        if (*c != ' ') {
            copy[n++] = *c;
        } else if (n == 10) {
            copy[n++] = 'T';
        }
    }
    copy[n] = '\0';
    return moment_parse(copy, &moment, &ignored) == 0 ? moment : MOMENT_NONE;
}

static int set_text(struct reader *reader, char **to, const char *text)
{
    char *copy = strdup(text);

    if (!copy) {
        return out_of_memory(reader->err);
    }
    free(*to);
    *to = copy;
    return 0;
}

static bool in_persons(const struct reader *reader)
{
    return strcmp(reader->keys[SUBMISSION], "submitters") == 0 &&
           !reader->mapping[PERSONS];
}

static int take_value(struct reader *reader, const char *text)
{
    struct gradescope *out = reader->out;
    struct gradescope_submission *submission =
        out->count > 0 ? &out->submissions[out->count - 1] : NULL;
    struct gradescope_person *person =
        submission && submission->npersons > 0
            ? &submission->persons[submission->npersons - 1]
            : NULL;
    const char *key = reader->keys[reader->depth];

    /* A time is a text, or an object of Ruby's with the text in it. */
    if (submission && strcmp(reader->keys[SUBMISSION], "created_at") == 0 &&
        (reader->depth == SUBMISSION ||
         (reader->depth == PERSONS && strcmp(key, "utc") == 0))) {
        submission->created = parse_time(text);
    }
    if (reader->depth != PERSON || !person || !in_persons(reader)) {
        return 0;
    }
    if (strcmp(key, "name") == 0) {
        return set_text(reader, &person->name, text);
    }
    if (strcmp(key, "sid") == 0) {
        return set_text(reader, &person->sid, text);
    }
    return strcmp(key, "email") == 0 ? set_text(reader, &person->email, text)
                                     : 0;
}

/* --- the stream ------------------------------------------------------------
 */

static int take_key(struct reader *reader, const char *text)
{
    text += text[0] == ':';
    snprintf(reader->keys[reader->depth], KEY_BYTES, "%s", text);
    return reader->depth == TOP ? add_submission(reader, text) : 0;
}

static int take_scalar(struct reader *reader, const char *text)
{
    size_t depth = reader->depth;
    bool value = !reader->mapping[depth] || reader->value[depth];

    if (depth == 0) {
        return 0;
    }
    reader->value[depth] = reader->mapping[depth] && !reader->value[depth];
    return value ? take_value(reader, text) : take_key(reader, text);
}

static int open_level(struct reader *reader, bool mapping)
{
    size_t depth = reader->depth;

    if (depth >= DEPTH_MAX) {
        return fail(reader->err, ERROR_USAGE,
                    GRADESCOPE_METADATA " is nested deeper than %d", DEPTH_MAX);
    }
    if (reader->mapping[depth] && !reader->value[depth]) {
        reader->keys[depth][0] = '\0'; /* a key that is no text */
        reader->value[depth] = true;
    } else {
        reader->value[depth] = false;
    }
    reader->depth = ++depth;
    reader->mapping[depth] = mapping;
    reader->value[depth] = false;
    reader->keys[depth][0] = '\0';
    return depth == PERSON && mapping && reader->out->count > 0 &&
                   in_persons(reader)
               ? add_person(reader)
               : 0;
}

static int take_event(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return take_scalar(reader, (const char *)event->data.scalar.value);
    case YAML_ALIAS_EVENT:
        return take_scalar(reader, "");
    case YAML_MAPPING_START_EVENT:
        return open_level(reader, true);
    case YAML_SEQUENCE_START_EVENT:
        return open_level(reader, false);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        reader->depth--;
        return 0;
    default:
        return 0;
    }
}

static int refuse(const yaml_parser_t *parser, struct error *err)
{
    if (parser->error == YAML_MEMORY_ERROR) {
        return out_of_memory(err);
    }
    return fail(err, ERROR_USAGE,
                GRADESCOPE_METADATA ":%zu:%zu: this is not YAML: %s",
                parser->problem_mark.line + 1, parser->problem_mark.column + 1,
                parser->problem ? parser->problem : "unknown reason");
}

int gradescope_parse(const char *text, size_t nbytes, struct gradescope *out,
                     struct error *err)
{
    struct reader *reader = calloc(1, sizeof(*reader));
    yaml_parser_t parser;
    bool ended = false;
    int rc = 0;

    *out = (struct gradescope){NULL, 0};
    if (!reader || !yaml_parser_initialize(&parser)) {
        free(reader);
        return out_of_memory(err);
    }
    reader->out = out;
    reader->err = err;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, nbytes);
    while (rc == 0 && !ended) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            rc = refuse(&parser, err);
            break;
        }
        rc = take_event(reader, &event);
        ended = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    free(reader);
    if (rc != 0) {
        gradescope_free(out);
    }
    return rc;
}

void gradescope_free(struct gradescope *gradescope)
{
    for (size_t i = 0; i < gradescope->count; i++) {
        struct gradescope_submission *submission = &gradescope->submissions[i];
        for (size_t j = 0; j < submission->npersons; j++) {
            free(submission->persons[j].name);
            free(submission->persons[j].sid);
            free(submission->persons[j].email);
        }
        free(submission->persons);
        free(submission->folder);
    }
    free(gradescope->submissions);
    *gradescope = (struct gradescope){NULL, 0};
}

const struct gradescope_submission *
gradescope_find(const struct gradescope *gradescope, const char *folder)
{
    for (size_t i = 0; i < gradescope->count; i++) {
        if (strcmp(gradescope->submissions[i].folder, folder) == 0) {
            return &gradescope->submissions[i];
        }
    }
    return NULL;
}

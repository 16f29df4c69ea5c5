/*
 * YAML through libcyaml: one sentence with file, line and column an error.
 *
 * libcyaml logs an error as a line ("Load: Unexpected key: poits") and a
 * backtrace, innermost first ("in mapping field 'tests' (line: 4 …"). The
 * backtrace is turned into a path, and the path into a position by walking
 * the document that libyaml composed from the same bytes.
 */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cyaml/cyaml.h>
#include <yaml.h>
#include "folder.h"

#define CONFIG_BYTES_MAX (1024 * 1024)
#define PLACE_MAX        256
#define LOG_LINE_MAX     256

struct config {
    char *path;
    const char *manual;
    char *text;
    size_t nbytes;
    yaml_document_t document;
};

/* What libcyaml said, gathered line by line. */
struct log {
    char message[LOG_LINE_MAX];
    char place[PLACE_MAX];
    bool in_new_mapping; /* innermost: a mapping before its first key */
};

static int compose(struct config *config, struct error *err)
{
    yaml_parser_t parser;
    int rc = 0;

    if (!yaml_parser_initialize(&parser)) {
        return fail(err, ERROR_INFRA, "can't read %s: out of memory",
                    config->path);
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)config->text,
                                 config->nbytes);
    if (!yaml_parser_load(&parser, &config->document)) {
        rc = fail(err, ERROR_USAGE, "%s:%zu:%zu: this is not YAML: %s",
                  config->path, parser.problem_mark.line + 1,
                  parser.problem_mark.column + 1,
                  parser.problem ? parser.problem : "unknown reason");
    } else if (!yaml_document_get_root_node(&config->document)) {
        yaml_document_delete(&config->document);
        rc = fail(err, ERROR_USAGE, "%s:1:1: the file is empty", config->path);
    }
    yaml_parser_delete(&parser);
    return rc;
}

int config_open(const char *path, const char *manual, struct config **out,
                struct error *err)
{
    struct config *config = calloc(1, sizeof(*config));
    int rc = 0;

    if (!config) {
        return fail(err, ERROR_INFRA, "can't read %s: out of memory", path);
    }
    config->manual = manual;
    config->path = strdup(path);
    if (!config->path) {
        rc = fail(err, ERROR_INFRA, "can't read %s: out of memory", path);
    }
    if (rc == 0) {
        rc = file_read(path, CONFIG_BYTES_MAX, &config->text, &config->nbytes,
                       err);
    }
    if (rc == 0) {
        rc = compose(config, err);
    }
    if (rc != 0) {
        free(config->text);
        free(config->path);
        free(config);
        return rc;
    }
    *out = config;
    return 0;
}

void config_close(struct config *config)
{
    if (!config) {
        return;
    }
    yaml_document_delete(&config->document);
    free(config->text);
    free(config->path);
    free(config);
}

/*
 * The pair of a mapping with this key: the last one, so that of a key that is
 * given twice the second is found. NULL if there is none.
 */
static const yaml_node_pair_t *find_pair(yaml_document_t *document,
                                         const yaml_node_t *mapping,
                                         const char *key, size_t nkey)
{
    const yaml_node_pair_t *found = NULL;

    for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
         pair < mapping->data.mapping.pairs.top; pair++) {
        const yaml_node_t *name = yaml_document_get_node(document, pair->key);
        if (name && name->type == YAML_SCALAR_NODE &&
            name->data.scalar.length == nkey &&
            memcmp(name->data.scalar.value, key, nkey) == 0) {
            found = pair;
        }
    }
    return found;
}

/* The n-th entry of a sequence, counted from 1; NULL if there is none. */
static yaml_node_t *find_entry(yaml_document_t *document,
                               const yaml_node_t *sequence, size_t n)
{
    const yaml_node_item_t *first = sequence->data.sequence.items.start;
    size_t count = (size_t)(sequence->data.sequence.items.top - first);

    if (n == 0 || n > count) {
        return NULL;
    }
    return yaml_document_get_node(document, first[n - 1]);
}

/*
 * Takes one step of a path, "key" or "[n]", and moves *place behind it.
 * Returns the node that it leads to (NULL: the path ends here) and its mark.
 */
static yaml_node_t *step(yaml_document_t *document, yaml_node_t *node,
                         const char **place, yaml_mark_t *mark)
{
    yaml_node_t *next = NULL;

    *place += **place == '.';
    if (**place == '[' && node->type == YAML_SEQUENCE_NODE) {
        char *end = NULL;
        next = find_entry(document, node, strtoul(*place + 1, &end, 10));
        *place = *end == ']' ? end + 1 : end;
        *mark = next ? next->start_mark : *mark;
    } else if (node->type == YAML_MAPPING_NODE) {
        size_t nkey = strcspn(*place, ".[");
        const yaml_node_pair_t *pair = find_pair(document, node, *place, nkey);
        *place += nkey;
        if (pair) {
            *mark = yaml_document_get_node(document, pair->key)->start_mark;
            next = yaml_document_get_node(document, pair->value);
        }
    }
    return next;
}

/* The position of a place: as far as its path leads. */
static yaml_mark_t find_place(const struct config *config, const char *place)
{
    /* libyaml's getters take a non-const document and change nothing. */
    yaml_document_t *document = (yaml_document_t *)&config->document;
    yaml_node_t *node = yaml_document_get_root_node(document);
    yaml_mark_t mark = node->start_mark;

    while (node && *place != '\0') {
        node = step(document, node, &place, &mark);
    }
    return mark;
}

int config_fail(const struct config *config, const char *place,
                struct error *err, const char *format, ...)
{
    char sentence[sizeof(err->message)];
    yaml_mark_t mark = find_place(config, place);
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    return fail(err, ERROR_USAGE, "%s:%zu:%zu: %s", config->path, mark.line + 1,
                mark.column + 1, sentence);
}

char *config_place(const struct config *config, const char *place)
{
    yaml_mark_t mark = find_place(config, place);
    char *text = NULL;

    if (asprintf(&text, "%s:%zu:%zu", config->path, mark.line + 1,
                 mark.column + 1) < 0) {
        return NULL;
    }
    return text;
}

/* Puts a step in front of the path: the backtrace is innermost first. */
static void prepend(struct log *log, const char *step_text)
{
    char joined[2 * PLACE_MAX];
    bool dot = log->place[0] != '\0' && log->place[0] != '[';

    snprintf(joined, sizeof(joined), "%s%s%s", step_text, dot ? "." : "",
             log->place);
    snprintf(log->place, sizeof(log->place), "%.*s", PLACE_MAX - 1, joined);
}

static void log_frame(struct log *log, const char *line)
{
    char name[PLACE_MAX - 8];
    char step_text[PLACE_MAX];

    if (sscanf(line, "  in mapping field '%247[^']'", name) == 1) {
        prepend(log, name);
    } else if (sscanf(line, "  in sequence entry '%247[^']'", name) == 1) {
        snprintf(step_text, sizeof(step_text), "[%s]", name);
        prepend(log, step_text);
    } else if (log->place[0] == '\0') {
        log->in_new_mapping = true;
    }
}

/* libcyaml's log function: once a line. */
static void log_line(cyaml_log_t level, void *context, const char *format,
                     va_list args)
{
    struct log *log = context;
    char line[LOG_LINE_MAX];

    (void)level;
    vsnprintf(line, sizeof(line), format, args);
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "  in ", 5) == 0) {
        log_frame(log, line);
    } else if (log->message[0] == '\0' && !strstr(line, "Backtrace")) {
        const char *text = strncmp(line, "Load: ", 6) == 0 ? line + 6 : line;
        snprintf(log->message, sizeof(log->message), "%s", text);
    }
}

/* The rest of `text` after `prefix`, or NULL. */
static const char *after(const char *text, const char *prefix)
{
    size_t n = strlen(prefix);

    return strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

/* Cuts the last step off: of "tests[1].name" remains "tests[1]". */
static void drop_last_step(char *place)
{
    char *dot = strrchr(place, '.');

    *(dot ? dot : place) = '\0';
}

/* "SEQUENCE_START" and "STRING" are libcyaml's words; these are a reader's. */
static const char *kind_word(const char *kind)
{
    static const struct {
        const char *kind, *word;
    } words[] = {
        {"SEQUENCE", "a list"}, {"MAPPING", "a block of keys"},
        {"STRING", "a text"},   {"UINT", "a number"},
        {"ENUM", "a word"},     {"SCALAR", "a single value"},
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (after(kind, words[i].kind)) {
            return words[i].word;
        }
    }
    return kind;
}

/* Errors about a key: unknown, given twice, missing. 0 if it is none. */
static int explain_key(const struct config *config, struct log *log,
                       struct error *err)
{
    const char *key = after(log->message, "Unexpected key: ");
    char place[PLACE_MAX + LOG_LINE_MAX + 1];

    if (key) {
        snprintf(place, sizeof(place), "%s%s%.*s", log->place,
                 log->place[0] ? "." : "", LOG_LINE_MAX - 1, key);
        return config_fail(config, place, err,
                           "the key '%s' is not known here; check its "
                           "spelling against %s",
                           key, config->manual);
    }
    key = after(log->message, "Mapping field already seen: ");
    if (key) {
        return config_fail(config, log->place, err,
                           "the key '%s' is given twice", key);
    }
    key = after(log->message, "Missing required mapping field: ");
    if (key) {
        if (!log->in_new_mapping) {
            drop_last_step(log->place);
        }
        return config_fail(config, log->place, err,
                           "the key '%s' is missing here", key);
    }
    return 0;
}

/* Errors about a value. 0 if it is none. */
static int explain_value(const struct config *config, const struct log *log,
                         struct error *err)
{
    const char *value = after(log->message, "Invalid ENUM value: ");
    char wanted[32];
    char got[32];

    if (value) {
        return config_fail(config, log->place, err,
                           "'%s' is not one of the words that are allowed "
                           "here",
                           value);
    }
    if (after(log->message, "STRING length < ")) {
        return config_fail(config, log->place, err,
                           "the text must not be empty");
    }
    if (sscanf(log->message, "Expecting %31[^,], got event: %31s", wanted,
               got) == 2) {
        bool whole = log->place[0] == '\0'; /* of the file itself */
        return config_fail(config, log->place, err, "expected %s, found %s%s%s",
                           kind_word(wanted), kind_word(got),
                           whole ? ": this is no file as described in " : "",
                           whole ? config->manual : "");
    }
    return 0;
}

static int explain(const struct config *config, cyaml_err_t code,
                   struct log *log, struct error *err)
{
    int rc = 0;

    if (code == CYAML_ERR_ALIAS) {
        return config_fail(config, log->place, err,
                           "after this place an alias (*name) is used, which "
                           "is not allowed; write the value out");
    }
    rc = explain_key(config, log, err);
    if (rc == 0) {
        rc = explain_value(config, log, err);
    }
    if (rc == 0) {
        rc = config_fail(config, log->place, err, "%s",
                         log->message[0] ? log->message : cyaml_strerror(code));
    }
    return rc;
}

int config_load(const struct config *config,
                const struct cyaml_schema_value *schema, void **out,
                struct error *err)
{
    struct log log = {0};
    cyaml_config_t options = {
        .log_fn = log_line,
        .log_ctx = &log,
        .log_level = CYAML_LOG_WARNING,
        .mem_fn = cyaml_mem,
        .flags = CYAML_CFG_NO_ALIAS,
    };
    cyaml_err_t code =
        cyaml_load_data((const uint8_t *)config->text, config->nbytes, &options,
                        schema, out, NULL);

    if (code != CYAML_OK) {
        *out = NULL;
        return explain(config, code, &log, err);
    }
    if (log.message[0] != '\0') {
        config_free(schema, *out);
        *out = NULL;
        return config_fail(config, "", err,
                           "the file holds more than one YAML document");
    }
    return 0;
}

void config_free(const struct cyaml_schema_value *schema, void *data)
{
    const cyaml_config_t options = {.mem_fn = cyaml_mem};

    if (data && cyaml_free(&options, schema, data, 0) != CYAML_OK) {
        abort(); /* the schema is not the one that it was loaded with */
    }
}

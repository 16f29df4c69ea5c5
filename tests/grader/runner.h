/*
 * How a CI runner takes commands from a step's output, as GitHub's runner
 * documents and does it: a line that begins with "::NAME" after blanks, or has
 * "##[NAME" anywhere; nothing between stop-commands and its token.
 */
#ifndef TESTS_GRADER_RUNNER_H
#define TESTS_GRADER_RUNNER_H

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNNER_TEXT 8192

struct runner_command {
    char name[64];
    char properties[RUNNER_TEXT]; /* as they stand there, escaped */
    char data[RUNNER_TEXT];       /* unescaped */
};

/* What a runner made of an output. */
struct runner {
    struct runner_command commands[64];
    size_t ncommands;
    char token[64]; /* while commands are stopped */
    size_t nstops;
};

static inline void runner_unescape(char *text)
{
    static const struct {
        const char *escape;
        char byte;
    } escapes[] = {
        {"%0D", '\r'}, {"%0A", '\n'}, {"%3A", ':'}, {"%2C", ','}, {"%25", '%'}};
    char *to = text;

    for (char *from = text; *from != '\0'; to++) {
        size_t i = 0;
        while (i < 5 && strncmp(from, escapes[i].escape, 3) != 0) {
            i++;
        }
        *to = i < 5 ? escapes[i].byte : *from;
        from += i < 5 ? 3 : 1;
    }
    *to = '\0';
}

/* The value of "name=" in a command's properties, unescaped; "" if none. */
static inline const char *runner_property(const struct runner_command *command,
                                          const char *name, char *value)
{
    const char *at = command->properties;

    *value = '\0';
    while (*at != '\0') {
        size_t n = strcspn(at, ",");
        size_t k = strlen(name);
        if (n > k && strncmp(at, name, k) == 0 && at[k] == '=') {
            snprintf(value, RUNNER_TEXT, "%.*s", (int)(n - k - 1), at + k + 1);
            runner_unescape(value);
        }
        at += at[n] == ',' ? n + 1 : n;
    }
    return value;
}

static inline bool runner_knows(const struct runner *runner, const char *name)
{
    static const char *const known[] = {
        "add-mask", "add-path",   "debug",         "echo",       "endgroup",
        "error",    "group",      "notice",        "save-state", "set-env",
        "warning",  "set-output", "stop-commands", "add-matcher"};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(name, known[i]) == 0) {
            return true;
        }
    }
    return runner->token[0] != '\0' && strcmp(name, runner->token) == 0;
}

/* Splits "NAME PROPERTIES" at `info` and data; false if it is no command. */
static inline bool runner_split(const struct runner *runner, const char *info,
                                size_t n, const char *data,
                                struct runner_command *command)
{
    size_t name = 0;

    while (name < n && info[name] != ' ') {
        name++;
    }
    if (name >= sizeof(command->name)) {
        return false;
    }
    snprintf(command->name, sizeof(command->name), "%.*s", (int)name, info);
    snprintf(command->properties, sizeof(command->properties), "%.*s",
             name < n ? (int)(n - name - 1) : 0, info + name + (name < n));
    snprintf(command->data, sizeof(command->data), "%s", data);
    return runner_knows(runner, command->name);
}

static inline bool runner_parse(const struct runner *runner, const char *line,
                                struct runner_command *command)
{
    const char *start = line;
    const char *end = NULL;

    /* Unicode's blanks are passed over as well; here, all but ASCII. */
    while (*start == ' ' || *start == '\t' || (unsigned char)*start >= 0x80) {
        start++;
    }
    if (strncmp(start, "::", 2) == 0 && (end = strstr(start + 2, "::"))) {
        return runner_split(runner, start + 2, (size_t)(end - start - 2),
                            end + 2, command);
    }
    start = strstr(line, "##[");
    end = start ? strchr(start, ']') : NULL;
    return end && runner_split(runner, start + 3, (size_t)(end - start - 3),
                               end + 1, command);
}

static inline void runner_take(struct runner *runner, const char *line)
{
    struct runner_command command;

    if (!runner_parse(runner, line, &command)) {
        return;
    }
    if (runner->token[0] != '\0') {
        if (strcmp(command.name, runner->token) == 0) {
            runner->token[0] = '\0';
        }
        return;
    }
    if (strcmp(command.name, "stop-commands") == 0) {
        snprintf(runner->token, sizeof(runner->token), "%.63s", command.data);
        runner->nstops++;
        return;
    }
    runner_unescape(command.data);
    cr_assert(runner->ncommands < 64, "too many commands");
    runner->commands[runner->ncommands++] = command;
}

/* Reads an output line by line, as it would arrive. */
static inline struct runner *runner_read(const char *output)
{
    struct runner *runner = calloc(1, sizeof(*runner));
    char *copy = strdup(output);
    char *rest = copy;

    cr_assert(runner && copy, "memory");
    while (rest) {
        char *line = strsep(&rest, "\n\r");
        runner_take(runner, line);
    }
    free(copy);
    return runner;
}

static inline size_t runner_count(const struct runner *runner, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < runner->ncommands; i++) {
        count += strcmp(runner->commands[i].name, name) == 0;
    }
    return count;
}

#endif

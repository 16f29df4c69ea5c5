/*
 * Command lines of the shell: pipelines with ; or & behind each. They are
 * parsed one at a time, so that what one does to a variable the next one sees.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#define LINE_SIZE    512
#define WORDS_SIZE   2048
#define MAX_WORDS    64
#define MAX_COMMANDS 16

struct command {
    char *words[MAX_WORDS + 1]; /* up to NULL */
    int count;
    char *input, *output; /* redirection: names of files, or NULL */
    bool append;
};

struct pipeline {
    struct command commands[MAX_COMMANDS];
    int count;
    bool background;
    const char *text; /* as it was typed: [text, text + length) */
    size_t length;
};

/* Begin with a line in `at` and `status`, what $? stands for. */
struct parser {
    const char *at;
    int status;
    const char *error;      /* what is wrong with the line; NULL: nothing */
    char words[WORDS_SIZE]; /* of the pipeline, one after the other */
    size_t used;
};

/* The next pipeline, good until the next call. False at the end or an error. */
bool parse_pipeline(struct parser *parser, struct pipeline *pipeline);

#endif

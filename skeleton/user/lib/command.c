/*
 * Parsing command lines. Characters become tokens: operators and words. In a
 * word quotes and backslashes are taken away, $NAME, $? and $$ replaced; the
 * result is one word whatever it contains. Everything has a limit, and what
 * goes beyond is an error of the line. The first error is kept.
 */
#include <command.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum token {
    TOKEN_WORD,
    TOKEN_PIPE,
    TOKEN_INPUT,
    TOKEN_OUTPUT,
    TOKEN_APPEND,
    TOKEN_SEMICOLON,
    TOKEN_AMPERSAND,
    TOKEN_END,
    TOKEN_ERROR,
};

static enum token fail(struct parser *parser, const char *error)
{
    if (parser->error == NULL)
        parser->error = error;
    return TOKEN_ERROR;
}

static void put(struct parser *parser, char character)
{
    if (parser->used < WORDS_SIZE)
        parser->words[parser->used++] = character;
    else
        fail(parser, "line too long");
}

static void put_text(struct parser *parser, const char *text)
{
    while (*text != '\0')
        put(parser, *text++);
}

static bool in_name(char character)
{
    return isalnum(character) || character == '_';
}

/* After a $: what it stands for. A $ before anything else is itself. */
static void expand(struct parser *parser)
{
    char text[LINE_SIZE];
    size_t length = 0;
    const char *value;

    if (*parser->at == '?' || *parser->at == '$') {
        snprintf(text, sizeof(text), "%d",
                 *parser->at++ == '?' ? parser->status : getpid());
        put_text(parser, text);
        return;
    }
    while (in_name(parser->at[length]) && length + 1 < sizeof(text))
        length++;
    if (length == 0) {
        put(parser, '$');
        return;
    }
    snprintf(text, sizeof(text), "%.*s", (int)length, parser->at);
    parser->at += length;
    value = getenv(text);
    if (value != NULL)
        put_text(parser, value);
}

static void read_quoted(struct parser *parser, char quote)
{
    while (*parser->at != quote) {
        char character = *parser->at;

        if (character == '\0') {
            fail(parser, "a quote isn't closed");
            return;
        }
        parser->at++;
        if (quote == '"' && character == '$')
            expand(parser);
        else if (quote == '"' && character == '\\' && *parser->at != '\0')
            put(parser, *parser->at++);
        else
            put(parser, character);
    }
    parser->at++;
}

static enum token read_word(struct parser *parser, char **word)
{
    *word = parser->words + parser->used;
    while (*parser->at != '\0' && strchr(" \t\n|<>;&", *parser->at) == NULL) {
        char character = *parser->at++;

        if (character == '\'' || character == '"')
            read_quoted(parser, character);
        else if (character == '$')
            expand(parser);
        else if (character == '\\' && *parser->at != '\0')
            put(parser, *parser->at++);
        else
            put(parser, character);
    }
    put(parser, '\0');
    return parser->error == NULL ? TOKEN_WORD : TOKEN_ERROR;
}

static enum token next_token(struct parser *parser, char **word)
{
    while (isspace(*parser->at))
        parser->at++;
    switch (*parser->at) {
    case '\0':
    case '#':
        return TOKEN_END;
    case '|':
        parser->at++;
        if (*parser->at == '|')
            return fail(parser, "there is no ||");
        return TOKEN_PIPE;
    case '<':
        parser->at++;
        return TOKEN_INPUT;
    case '>':
        parser->at++;
        if (*parser->at != '>')
            return TOKEN_OUTPUT;
        parser->at++;
        return TOKEN_APPEND;
    case ';':
        parser->at++;
        return TOKEN_SEMICOLON;
    case '&':
        parser->at++;
        if (*parser->at == '&')
            return fail(parser, "there is no &&");
        return TOKEN_AMPERSAND;
    default:
        return read_word(parser, word);
    }
}

/* --- pipelines --- */

static enum token add_word(struct parser *parser, struct command *command,
                           char *word)
{
    if (command->count == MAX_WORDS)
        return fail(parser, "too many words");
    command->words[command->count++] = word;
    return TOKEN_WORD;
}

static enum token redirect(struct parser *parser, struct command *command,
                           enum token direction)
{
    char *name;

    if (next_token(parser, &name) != TOKEN_WORD)
        return fail(parser, "the name of a file is missing");
    if (direction == TOKEN_INPUT) {
        command->input = name;
    } else {
        command->output = name;
        command->append = direction == TOKEN_APPEND;
    }
    return TOKEN_WORD;
}

/* Returns the token that ends the command. */
static enum token parse_command(struct parser *parser, struct command *command)
{
    enum token token;
    char *word;

    memset(command, 0, sizeof(*command));
    do {
        token = next_token(parser, &word);
        if (token == TOKEN_WORD)
            token = add_word(parser, command, word);
        else if (token == TOKEN_INPUT || token == TOKEN_OUTPUT ||
                 token == TOKEN_APPEND)
            token = redirect(parser, command, token);
    } while (token == TOKEN_WORD);
    if (token != TOKEN_ERROR && command->count == 0 &&
        command->output == NULL && command->input == NULL)
        return fail(parser, "a command is missing");
    return token;
}

/* Commands with | between them. Returns the token that ends the last. */
static enum token parse_commands(struct parser *parser,
                                 struct pipeline *pipeline)
{
    enum token token;

    do {
        if (pipeline->count == MAX_COMMANDS)
            return fail(parser, "too many commands");
        token = parse_command(parser, &pipeline->commands[pipeline->count]);
        pipeline->count++;
    } while (token == TOKEN_PIPE);
    return token;
}

bool parse_pipeline(struct parser *parser, struct pipeline *pipeline)
{
    enum token token;

    while (isspace(*parser->at))
        parser->at++;
    if (*parser->at == '\0' || *parser->at == '#')
        return false;
    pipeline->count = 0;
    pipeline->text = parser->at;
    parser->used = 0;
    token = parse_commands(parser, pipeline);
    pipeline->background = token == TOKEN_AMPERSAND;
    pipeline->length = parser->at - pipeline->text;
    if (token == TOKEN_AMPERSAND || token == TOKEN_SEMICOLON)
        pipeline->length--;
    while (pipeline->length > 0 &&
           isspace(pipeline->text[pipeline->length - 1]))
        pipeline->length--;
    return token != TOKEN_ERROR;
}

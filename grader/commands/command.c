/*
 * What the commands share: errors, help, numbers, the terminal.
 */
#include "command.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "moment.h"
#include "seed.h"
#include "text.h"

#define DEFAULT_COLUMNS 100

/* The message with everything that a student chose made harmless. */
static void print_sanitised(FILE *out, const char *message)
{
    char *clean = text_sanitise(message, strlen(message), 4096);

    fprintf(out, "%s\n", clean ? clean : "out of memory");
    free(clean);
}

int command_failed(const struct command *command, const struct error *err)
{
    fprintf(stderr, "mmgrade %s: ", command->name);
    print_sanitised(stderr, err->message);
    return error_exit_code(err->kind);
}

void command_warn_secret(const struct command *command, const char *path)
{
    char *clean = NULL;

    if (!seed_secret_is_open(path)) {
        return;
    }
    clean = text_sanitise_line(path, strlen(path), 1000);
    fprintf(stderr,
            "mmgrade %s: warning: not only its owner can read the course's "
            "secret; `chmod 600 %s`\n",
            command->name, clean ? clean : "");
    free(clean);
}

int command_misused(const struct command *command, const char *format, ...)
{
    struct error err = {.kind = ERROR_USAGE};
    va_list args;

    va_start(args, format);
    vsnprintf(err.message, sizeof(err.message), format, args);
    va_end(args);
    command_failed(command, &err);
    fprintf(stderr, "`mmgrade %s --help` lists what it takes.\n",
            command->name);
    return EXIT_USAGE;
}

int command_bad_option(const struct command *command, int result,
                       char *const *argv)
{
    /* A long option, whole, is behind us; of a short one the letter is. */
    const char *word = argv[optind - 1];

    if (result == ':') {
        return command_misused(command, "%s needs a value", word);
    }
    if (optopt != 0 && strncmp(word, "--", 2) != 0) {
        return command_misused(command, "there is no option -%c", optopt);
    }
    return command_misused(command, "there is no option %s%s", word,
                           strchr(word, '=') ? ", or it takes no value" : "");
}

int command_course(const struct command *command, char *const *words,
                   const char **course)
{
    *course = words[0];
    if (!words[0]) {
        return command_misused(command, "name the course: its course.yaml");
    }
    return words[1]
               ? command_misused(command, "takes one course, not '%s' as well",
                                 words[1])
               : 0;
}

int command_print_help(const struct command *command, FILE *out)
{
    fprintf(out, "usage: mmgrade %s %s\n\n%s.\n\n%s", command->name,
            command->arguments, command->summary, command->help);
    return EXIT_GRADED;
}

int command_number(const char *option, const char *text, unsigned min,
                   unsigned max, unsigned *out, struct error *err)
{
    const size_t ndigits_max = 9; /* always fits an unsigned */
    size_t ndigits = strspn(text, "0123456789");
    unsigned long value = 0;

    if (ndigits > 0 && ndigits <= ndigits_max && text[ndigits] == '\0') {
        value = strtoul(text, NULL, 10);
        if (value >= min && value <= max) {
            *out = (unsigned)value;
            return 0;
        }
    }
    return fail(err, ERROR_USAGE,
                "%s takes a whole number from %u to %u, "
                "not '%s'",
                option, min, max, text);
}

int command_sandbox(const char *text, enum sandbox_mode *out, struct error *err)
{
    if (strcmp(text, "bwrap") == 0) {
        *out = SANDBOX_BWRAP;
        return 0;
    }
    if (strcmp(text, "none") == 0) {
        *out = SANDBOX_NONE;
        return 0;
    }
    return fail(err, ERROR_USAGE, "--sandbox takes bwrap or none, not '%s'",
                text);
}

int command_audience(const char *text, enum result_audience *out,
                     struct error *err)
{
    if (strcmp(text, "staff") == 0) {
        *out = RESULT_STAFF;
        return 0;
    }
    if (strcmp(text, "student") == 0) {
        *out = RESULT_STUDENT;
        return 0;
    }
    return fail(err, ERROR_USAGE, "--audience takes staff or student, not '%s'",
                text);
}

int command_moment(const char *option, const char *text, int64_t *out,
                   struct error *err)
{
    struct error cause = {0};

    if (moment_parse(text, out, &cause) != 0) {
        return fail(err, ERROR_USAGE, "%s: %s", option, cause.message);
    }
    return 0;
}

struct table_style command_style(enum result_audience audience)
{
    struct winsize size = {0};
    bool terminal = isatty(STDOUT_FILENO) == 1;
    const char *no_colour = getenv("NO_COLOR");
    struct table_style style = {
        .columns = DEFAULT_COLUMNS,
        .colour = terminal && (!no_colour || no_colour[0] == '\0'),
        .audience = audience,
    };

    if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
        size.ws_col > 0) {
        style.columns = size.ws_col;
    }
    return style;
}

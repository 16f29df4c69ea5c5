/*
 * The command line: a table of commands, one file a command (cmd_NAME.c).
 * Only these files and main.c print or exit.
 */
#ifndef GRADER_COMMAND_H
#define GRADER_COMMAND_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "error.h"
#include "result.h"

/* Exit codes; docs/commands.md. */
enum exit_code {
    EXIT_GRADED = 0,      /* graded, whatever the score */
    EXIT_USAGE = 1,       /* asked for something that makes no sense */
    EXIT_REFUSED = 2,     /* a submission can't be graded: a zero with reason */
    EXIT_FAULT = 3,       /* a fault of ours or of this machine */
    EXIT_NOT_REACHED = 4, /* below --min-score; `verify` found a hole */
};

struct command {
    const char *name;
    const char *arguments; /* what follows the name, for the usage line */
    const char *summary;   /* one line */
    const char *help;      /* the options, and what one should know */
    /* argv[0] is the command's name. Returns the exit code. */
    int (*run)(int argc, char **argv);
};

extern const struct command command_grade;
extern const struct command command_ci;
extern const struct command command_batch;
extern const struct command command_check;
extern const struct command command_handout;
extern const struct command command_verify;
extern const struct command command_intake;
extern const struct command command_score;
extern const struct command command_show;
extern const struct command command_report;
extern const struct command command_doctor;
extern const struct command command_export;
extern const struct command command_help;

/* The commands in the order in which help lists them; NULL-terminated. */
extern const struct command *const commands[];

/* Prints "mmgrade COMMAND: sentence" and returns the exit code for it. */
int command_failed(const struct command *command, const struct error *err);

/* As command_failed() for a usage error, with a pointer to --help. */
__attribute__((format(printf, 2, 3))) int
command_misused(const struct command *command, const char *format, ...);

/*
 * For getopt_long()'s '?' and ':' (its own messages are off): says which
 * option is unknown or lacks its value.
 */
int command_bad_option(const struct command *command, int result,
                       char *const *argv);

/*
 * The course of a command that takes one course.yaml: of the words that are no
 * options. 0, or the exit code of a usage error, which was printed.
 */
int command_course(const struct command *command, char *const *words,
                   const char **course);

/*
 * Warns on stderr if others than its owner can read or change the course's
 * secret: whoever needs one says so once. NULL if there is none.
 */
void command_warn_secret(const struct command *command, const char *path);

/* What --help prints: usage, summary, help. Returns EXIT_GRADED. */
int command_print_help(const struct command *command, FILE *out);

/* A whole decimal number from min to max. USAGE that names `option`. */
int command_number(const char *option, const char *text, unsigned min,
                   unsigned max, unsigned *out, struct error *err);

/* "bwrap" or "none". USAGE otherwise. */
int command_sandbox(const char *text, enum sandbox_mode *out,
                    struct error *err);

/* "staff" or "student", of --audience. USAGE otherwise. */
int command_audience(const char *text, enum result_audience *out,
                     struct error *err);

/* A moment, as moment_parse() reads it. USAGE that names `option`. */
int command_moment(const char *option, const char *text, int64_t *out,
                   struct error *err);

/* Width and colours for tables on stdout; NO_COLOR turns colours off. */
struct table_style command_style(enum result_audience audience);

#endif

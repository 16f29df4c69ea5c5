/*
 * Errors of the library files: a kind and a sentence.
 *
 * A function that can fail takes a `struct error *` last and returns 0 or the
 * (non-zero) kind. The sentence says what was tried, on what, and why it
 * failed, ready to be shown to a person. Only main.c and cmd_*.c print it.
 */
#ifndef GRADER_ERROR_H
#define GRADER_ERROR_H

#include <stdarg.h>

enum error_kind {
    ERROR_NONE = 0,
    ERROR_USAGE,    /* the caller asked for something that makes no sense */
    ERROR_REJECTED, /* the submission can't be graded */
    ERROR_ABSENT,   /* the same, because it has no file of the lab */
    ERROR_LIMIT,    /* the submission is over a limit: also can't be graded */
    ERROR_INFRA,    /* a fault of ours or of this machine: never a zero */
};

struct error {
    enum error_kind kind;
    char message[1024]; /* sanitised by whoever prints it (text.h) */
};

/*
 * Records kind and message in `err` and returns kind, so that a call site is
 * one line: `return fail(err, ERROR_USAGE, "%s: no such lab", name);`.
 */
__attribute__((format(printf, 3, 4))) int
fail(struct error *err, enum error_kind kind, const char *format, ...);

/* As fail(), with ": " and strerror(errno) at the end. */
__attribute__((format(printf, 3, 4))) int
fail_errno(struct error *err, enum error_kind kind, const char *format, ...);

/*
 * The process exit code for a kind: 0 none, 1 usage, 2 rejected, absent or
 * limit, 3 infra.
 */
int error_exit_code(enum error_kind kind);

/*
 * "USAGE", "REJECTED" (also for ABSENT), "LIMIT", "INFRA": the word used in
 * result.json.
 */
const char *error_word(enum error_kind kind);

#endif

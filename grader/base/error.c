/*
 * Errors of the library files: recording them, and what they mean outside.
 */
#include "error.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

int fail(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    err->kind = kind;
    vsnprintf(err->message, sizeof(err->message), format, arguments);
    va_end(arguments);
    return (int)kind;
}

int fail_errno(struct error *err, enum error_kind kind, const char *format, ...)
{
    int saved = errno;
    va_list arguments;

    va_start(arguments, format);
    err->kind = kind;
    vsnprintf(err->message, sizeof(err->message), format, arguments);
    va_end(arguments);

    size_t used = strlen(err->message);
    snprintf(err->message + used, sizeof(err->message) - used, ": %s",
             strerror(saved));
    return (int)kind;
}

int error_exit_code(enum error_kind kind)
{
    switch (kind) {
    case ERROR_NONE:
        return 0;
    case ERROR_USAGE:
        return 1;
    case ERROR_REJECTED:
    case ERROR_ABSENT:
    case ERROR_LIMIT:
        return 2;
    case ERROR_INFRA:
        break;
    }
    return 3;
}

const char *error_word(enum error_kind kind)
{
    switch (kind) {
    case ERROR_NONE:
        return "NONE";
    case ERROR_USAGE:
        return "USAGE";
    case ERROR_REJECTED:
    case ERROR_ABSENT:
        return "REJECTED";
    case ERROR_LIMIT:
        return "LIMIT";
    case ERROR_INFRA:
        break;
    }
    return "INFRA";
}

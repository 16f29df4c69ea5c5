/* Error messages. */
#include <err.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_SIZE 256

/* In one piece: several processes of a pipeline may complain at once. */
static void complain(const char *format, va_list args, const char *reason)
{
    char message[MESSAGE_SIZE];

    vsnprintf(message, sizeof(message), format, args);
    dprintf(STDERR_FILENO, "%s: %s%s%s\n", program_name, message,
            reason != NULL ? ": " : "", reason != NULL ? reason : "");
}

void warn(const char *format, ...)
{
    const char *reason = strerror(errno);
    va_list args;

    va_start(args, format);
    complain(format, args, reason);
    va_end(args);
}

void warnx(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    complain(format, args, NULL);
    va_end(args);
}

void err(int code, const char *format, ...)
{
    const char *reason = strerror(errno);
    va_list args;

    va_start(args, format);
    complain(format, args, reason);
    va_end(args);
    exit(code);
}

void errx(int code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    complain(format, args, NULL);
    va_end(args);
    exit(code);
}

void usage(const char *text)
{
    dprintf(STDERR_FILENO, "usage: %s %s\n", program_name, text);
    exit(EXIT_FAILURE);
}

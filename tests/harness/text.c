/* Texts for messages. Apart from report.c: programs without tests use it. */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

char *text(const char *format, ...)
{
    char *out = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&out, format, args) < 0)
        abort();
    va_end(args);
    return out;
}

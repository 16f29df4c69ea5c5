/* The console: formatted text on COM1. */
#include <kernel.h>

#include <uart.h>

#define LINE_BYTES 256

void printk(const char *format, ...)
{
    char line[LINE_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    for (const char *at = line; *at != '\0'; at++) {
        if (*at == '\n')
            uart_put(COM1, '\r');
        uart_put(COM1, *at);
    }
}

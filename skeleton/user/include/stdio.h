/*
 * Formatted output, and reading line by line. Output has no buffer: a call
 * writes at once, so that what parent and child print comes in the order in
 * which they print it.
 */
#ifndef STDIO_H
#define STDIO_H

#include <stdarg.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Conversions: d i u x X o c s p %, with - and 0, width and precision (numbers
 * or *), and hh h l ll z. Return the length of the whole text, or -1.
 */
int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int dprintf(int fd, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int snprintf(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int vdprintf(int fd, const char *format, va_list args);
int vsnprintf(char *buffer, size_t size, const char *format, va_list args);
int puts(const char *text);
int putchar(int character);

/* A file that is read. */
typedef struct file FILE;
extern FILE *const stdin;

/* The mode can only be "r". NULL with errno set. */
FILE *fopen(const char *path, const char *mode);
int fclose(FILE *file);
int fileno(FILE *file);
/*
 * Reads a line with its newline into *line, which is on the heap and grows;
 * begin with NULL and 0. Returns its length, or -1 at the end.
 */
ssize_t getline(char **line, size_t *size, FILE *file);

#endif

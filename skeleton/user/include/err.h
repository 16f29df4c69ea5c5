/*
 * Error messages on standard error: "PROGRAM: TEXT: what errno means". Those
 * with an x leave errno out; err and errx end the program.
 */
#ifndef ERR_H
#define ERR_H

void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void warnx(const char *format, ...) __attribute__((format(printf, 1, 2)));
__attribute__((noreturn)) void err(int code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
__attribute__((noreturn)) void errx(int code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "usage: PROGRAM TEXT", and the end. */
__attribute__((noreturn)) void usage(const char *text);

/* argv[0] without its folder. */
extern const char *program_name;

#endif

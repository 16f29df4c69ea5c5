/* The heap, the environment, numbers, sorting. */
#ifndef STDLIB_H
#define STDLIB_H

#include <stddef.h>

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1

void *malloc(size_t nbytes);
void *calloc(size_t count, size_t nbytes);
void *realloc(void *memory, size_t nbytes);
void free(void *memory);

__attribute__((noreturn)) void exit(int code);
char *getenv(const char *name);
/* The texts are copied. 0, or -1 if there is no memory. */
int setenv(const char *name, const char *value, int overwrite);

/* Base 0 takes 0x for 16 and a leading 0 for 8. */
unsigned long strtoul(const char *text, char **end, int base);
void qsort(void *items, size_t count, size_t size,
           int (*compare)(const void *a, const void *b));

#endif

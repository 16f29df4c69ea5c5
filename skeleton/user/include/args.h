/* Command lines, for programs that take numbers or names of files. */
#ifndef ARGS_H
#define ARGS_H

#include <stdio.h>

/* The number; a message and the end if it isn't one from min to max. */
unsigned long number_argument(const char *text, unsigned long min,
                              unsigned long max);

/*
 * Opens the files with these names (up to NULL; standard input, named "-", if
 * there are none) and calls use() on each. Returns the program's exit code: 1
 * if a file couldn't be opened or use() returned nonzero.
 */
int for_each_input(char **names, int (*use)(FILE *file, const char *name));

#endif

/* Reading a line from a terminal, with the usual keys. */
#ifndef LINEEDIT_H
#define LINEEDIT_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Lets the user edit a line; arrow keys up and down go through earlier ones.
 * Returns its length (no newline is in it), 0 after Ctrl-C, -1 at the end of
 * the input or Ctrl-D on an empty line. Longer lines than size - 1 can't be
 * typed. The terminal is only while it edits in the mode that this needs.
 */
ssize_t edit_line(const char *prompt, char *line, size_t size);

#endif

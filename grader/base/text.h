/*
 * One sanitiser for everything that a student wrote or chose: names, paths,
 * console output, compiler diagnostics.
 */
#ifndef GRADER_TEXT_H
#define GRADER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Returns a malloc'ed copy of `bytes` that is safe on a terminal and in a
 * page: valid UTF-8 (bad bytes become U+FFFD), no NUL, C0 (but newline and
 * tab), C1, DEL or bidirectional control characters (these are shown as
 * \x1b or \u{202e}), at most `max_bytes` long with a final "… [N bytes more]"
 * when cut. NULL only when out of memory. The caller frees it.
 */
char *text_sanitise(const char *bytes, size_t nbytes, size_t max_bytes);

/* As text_sanitise(), but newlines and tabs are escaped too: one line. */
char *text_sanitise_line(const char *bytes, size_t nbytes, size_t max_bytes);

/*
 * Appends ", name", or `name` if there is none yet, to the text in `list`, of
 * `nbytes` with the NUL: as much as there is room for.
 */
void text_add_name(char *list, size_t nbytes, const char *name);

/* True if the bytes are valid UTF-8 without any control character. */
bool text_is_clean(const char *bytes, size_t nbytes);

#endif

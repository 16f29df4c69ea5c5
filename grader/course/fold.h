/*
 * Text without what people and systems write in different ways: upper and
 * lower case, composed and decomposed characters, wide and narrow forms, runs
 * of blanks. Two texts are the same to a person if their folds are equal.
 */
#ifndef GRADER_FOLD_H
#define GRADER_FOLD_H

#include <stddef.h>
#include "error.h"

/*
 * The fold of the first `nbytes` of `text`, malloc'ed: NFKC with case folded,
 * blanks made one and dropped at both ends. Bytes that are not UTF-8 become
 * U+FFFD. INFRA when out of memory.
 */
int fold_text(const char *text, size_t nbytes, char **out, struct error *err);

/* The same with everything dropped but letters, marks and digits. */
int fold_letters(const char *text, size_t nbytes, char **out,
                 struct error *err);

#endif

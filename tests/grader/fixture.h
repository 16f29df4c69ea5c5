/*
 * Temporary folders for tests: made, filled, removed.
 *
 * Anything that goes wrong here is the test's environment and ends it with a
 * failed assertion.
 */
#ifndef TESTS_GRADER_FIXTURE_H
#define TESTS_GRADER_FIXTURE_H

#include <stddef.h>

/*
 * A new private folder below $TMPDIR or /tmp. The caller removes it and
 * frees the name.
 */
char *fixture_folder(void);

/* Removes the folder with all in it; links are removed, not followed. */
void fixture_remove(const char *folder);

/* Writes DIR/PATH, making the folders on the way. */
void fixture_write(const char *dir, const char *path, const void *bytes,
                   size_t n);

/* "DIR/PATH", malloc'ed. */
char *fixture_path(const char *dir, const char *path);

#endif

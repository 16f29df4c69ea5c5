/*
 * Times of commits, and the one before which a commit must lie.
 */
#include "source_git.h"

#include <string.h>

#include "moment.h"

int repo_time_parse(const char *text, int64_t *out, struct error *err)
{
    return moment_parse(text, out, err);
}

int repo_time_print(int64_t seconds, char **out, struct error *err)
{
    char text[MOMENT_BYTES];

    *out = NULL;
    moment_format(seconds, text);
    if (text[0] == '\0') {
        return fail(err, ERROR_REJECTED,
                    "can't read the git repository: a commit's time is out "
                    "of range");
    }
    *out = strdup(text);
    return *out ? 0 : fail(err, ERROR_INFRA, "can't print: out of memory");
}

/*
 * The options that `mmgrade grade` and `mmgrade ci` share.
 */
#include "session.h"

#include <string.h>

#define JOBS_MAX 256

static void add_lab(struct session_options *options, const char *lab)
{
    size_t n = 0;

    while (options->labs[n]) {
        if (strcmp(options->labs[n++], lab) == 0) {
            return;
        }
    }
    options->labs[n] = lab; /* as many places as there are arguments */
}

/* Options whose value has to make sense. */
static int take_checked(int option, const char *value,
                        struct session_options *options, struct error *err)
{
    switch (option) {
    case SESSION_SANDBOX:
        return command_sandbox(value, &options->mode, err);
    case 'j':
        return command_number("--jobs", value, 1, JOBS_MAX, &options->jobs,
                              err);
    case SESSION_SEED:
        options->seeded = true;
        return seed_parse(value, options->seed, err);
    case SESSION_MIN_SCORE:
        options->has_min_score = true;
        return command_number("--min-score", value, 0, 100, &options->min_score,
                              err);
    default:
        return fail(err, ERROR_USAGE, "bad option");
    }
}

int session_take(int option, const char *value, struct session_options *options,
                 struct error *err)
{
    int64_t moment = 0;

    switch (option) {
    case SESSION_LAB:
        add_lab(options, value);
        return 0;
    case SESSION_REF:
        options->ref = value;
        return 0;
    case SESSION_BEFORE:
        options->before = value;
        return command_moment("--before", value, &moment, err);
    case 'o':
        options->out = value;
        return 0;
    case SESSION_ONLY:
        options->only = value;
        return 0;
    case SESSION_KIT:
        options->kit = value;
        return 0;
    case SESSION_KEEP:
        options->keep = value;
        return 0;
    case SESSION_STAFF:
        options->audience = RESULT_STAFF;
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    default:
        return take_checked(option, value, options, err);
    }
}

/*
 * The command line of `mmgrade grade` and `mmgrade ci`: the options that both
 * have, and running what was asked for.
 */
#include "session.h"

#include <stdlib.h>
#include <string.h>
#include "guard.h"

#define JOBS_MAX      256
#define SHORT_OPTIONS ":o:j:qh"

enum shared_option {
    OPTION_LAB = 256,
    OPTION_REF,
    OPTION_BEFORE,
    OPTION_SANDBOX,
    OPTION_ONLY,
    OPTION_SEED,
    OPTION_MIN_SCORE,
    OPTION_KIT,
    OPTION_KEEP,
    OPTION_STAFF,
};

static const struct option shared[] = {
    {"lab", required_argument, NULL, OPTION_LAB},
    {"ref", required_argument, NULL, OPTION_REF},
    {"before", required_argument, NULL, OPTION_BEFORE},
    {"out", required_argument, NULL, 'o'},
    {"sandbox", required_argument, NULL, OPTION_SANDBOX},
    {"jobs", required_argument, NULL, 'j'},
    {"only", required_argument, NULL, OPTION_ONLY},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"min-score", required_argument, NULL, OPTION_MIN_SCORE},
    {"kit", required_argument, NULL, OPTION_KIT},
    {"keep", required_argument, NULL, OPTION_KEEP},
    {"staff", no_argument, NULL, OPTION_STAFF},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
};

#define SHARED (sizeof(shared) / sizeof(shared[0]))

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
    case OPTION_SANDBOX:
        return command_sandbox(value, &options->mode, err);
    case 'j':
        return command_number("--jobs", value, 1, JOBS_MAX, &options->jobs,
                              err);
    case OPTION_SEED:
        options->seeded = true;
        return seed_parse(value, options->seed, err);
    case OPTION_MIN_SCORE:
        options->has_min_score = true;
        return command_number("--min-score", value, 0, 100, &options->min_score,
                              err);
    default:
        return fail(err, ERROR_USAGE, "bad option");
    }
}

static int take_shared(int option, const char *value,
                       struct session_options *options, struct error *err)
{
    int64_t moment = 0;

    switch (option) {
    case OPTION_LAB:
        add_lab(options, value);
        return 0;
    case OPTION_REF:
        options->ref = value;
        return 0;
    case OPTION_BEFORE:
        options->before = value;
        return command_moment("--before", value, &moment, err);
    case 'o':
        options->out = value;
        return 0;
    case OPTION_ONLY:
        options->only = value;
        return 0;
    case OPTION_KIT:
        options->kit = value;
        return 0;
    case OPTION_KEEP:
        options->keep = value;
        return 0;
    case OPTION_STAFF:
        options->audience = RESULT_STAFF;
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    default:
        return take_checked(option, value, options, err);
    }
}

/* The shared options and the command's own, ended by an empty one. */
static void join_options(const struct session_command *command,
                         struct option *all)
{
    size_t n = 0;

    memcpy(all, shared, sizeof(shared));
    while (n < SESSION_OWN_MAX && command->own[n].name) {
        all[SHARED + n] = command->own[n];
        n++;
    }
    all[SHARED + n] = (struct option){0};
}

static int parse_and_run(int argc, char **argv,
                         const struct session_command *command,
                         struct session_options *options)
{
    struct option all[SHARED + SESSION_OWN_MAX + 1];
    struct error err = {0};
    int code = EXIT_FAULT;
    int option = 0;

    join_options(command, all);
    opterr = 0;
    while ((option = getopt_long(argc, argv, SHORT_OPTIONS, all, NULL)) >= 0) {
        if (option == 'h') {
            return command_print_help(command->command, stdout);
        }
        if (option == '?' || option == ':') {
            return command_bad_option(command->command, option, argv);
        }
        if ((option < SESSION_OWN ? take_shared : command->take)(
                option, optarg, options, &err) != 0) {
            return command_misused(command->command, "%s", err.message);
        }
    }
    options->submissions = argv + optind;
    if (!options->submissions[0]) {
        return command_misused(command->command, "name a submission: %s",
                               command->submission);
    }
    if (guard_run(options->keep, command->run, options, &code, &err) != 0) {
        return options->failed(options, &err);
    }
    return code;
}

int session_main(int argc, char **argv, const struct session_command *command,
                 struct session_options *options)
{
    struct error err = {0};
    int code = EXIT_FAULT;

    options->labs = calloc((size_t)argc + 1, sizeof(*options->labs));
    if (!options->labs) {
        fail(&err, ERROR_INFRA, "out of memory");
        return options->failed(options, &err);
    }
    code = parse_and_run(argc, argv, command, options);
    free(options->labs);
    return code;
}

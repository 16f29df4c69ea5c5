/*
 * mmgrade ci: `grade` for a job of GitHub, GitLab or Forgejo. Here are its
 * options; ci.c does the work.
 */
#include "ci.h"

#include <string.h>
#include "detail.h"

#define OUT_DEFAULT "mmgrade-results"

enum ci_option {
    OPTION_PLATFORM = SESSION_OWN,
    OPTION_LANGUAGE,
};

static const struct option own_options[] = {
    {"platform", required_argument, NULL, OPTION_PLATFORM},
    {"language", required_argument, NULL, OPTION_LANGUAGE},
    {NULL, 0, NULL, 0},
};

static int take_platform(const char *word, enum ci_platform *out,
                         struct error *err)
{
    static const struct {
        const char *word;
        enum ci_platform platform;
    } platforms[] = {
        {"github", CI_GITHUB},
        {"gitlab", CI_GITLAB},
        {"forgejo", CI_FORGEJO},
        {"none", CI_NONE},
    };

    if (strcmp(word, "auto") == 0) {
        *out = ci_detect();
        return 0;
    }
    for (size_t i = 0; i < sizeof(platforms) / sizeof(platforms[0]); i++) {
        if (strcmp(word, platforms[i].word) == 0) {
            *out = platforms[i].platform;
            return 0;
        }
    }
    return fail(err, ERROR_USAGE,
                "--platform takes auto, github, gitlab, forgejo or none, not "
                "'%s'",
                word);
}

static int take(int option, const char *value, struct session_options *session,
                struct error *err)
{
    struct ci_options *options = (struct ci_options *)session;
    bool chinese = false;

    switch (option) {
    case OPTION_PLATFORM:
        return take_platform(value, &options->platform, err);
    case OPTION_LANGUAGE:
        options->language = value;
        return detail_language(value, &chinese, err);
    default:
        return fail(err, ERROR_USAGE, "bad option");
    }
}

static int failed(const struct session_options *session,
                  const struct error *err)
{
    const struct ci_options *options = (const struct ci_options *)session;

    return ci_failed(options->platform, err);
}

static int run(int argc, char **argv)
{
    static const struct session_command ci = {
        .command = &command_ci,
        .own = own_options,
        .take = take,
        .submission = "the folder that the job has checked out",
        .run = ci_run,
    };
    struct ci_options options = {
        .session = {.mode = SANDBOX_BWRAP,
                    .out = OUT_DEFAULT,
                    .failed = failed},
        .platform = ci_detect(),
        .language = "en",
    };

    return session_main(argc, argv, &ci, &options.session);
}

const struct command command_ci = {
    .name = "ci",
    .arguments = "SUBMISSION… [OPTION…]",
    .summary = "Grades in a CI job: summary, annotations, reports, exit code",
    .help =
        "Grades as `mmgrade grade` does, prints the tables in a group of the "
        "job's log and\nwrites into --out result.json, junit.xml, ctrf.json, "
        "summary.md,\ngl-code-quality.json and report.html. On GitHub it also "
        "makes "
        "annotations, appends to\n$GITHUB_STEP_SUMMARY and sets the step's "
        "outputs score, max and graded. Nothing\nthat a submission contains is "
        "taken for a command. docs/ci.md has the rest.\n\n"
        "  --platform P     github, gitlab, forgejo, none; else (auto) what "
        "the environment\n"
        "                   says\n"
        "  -o, --out DIR    where the files go; else mmgrade-results\n"
        "  --language L     of titles and hints: en or zh\n"
        "  --lab LAB, --ref REF, --before TIME, --min-score N, --only TEST, "
        "--staff,\n"
        "  --jobs N, --seed HEX, --sandbox MODE, --keep DIR, --kit DIR, "
        "--quiet\n"
        "                   as `mmgrade grade --help` says\n",
    .run = run,
};

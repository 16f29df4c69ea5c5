/*
 * mmgrade grade: submissions through labs. Here are its options; session.c
 * does the work.
 */
#include "session.h"

#define OPTION_JSON SESSION_OWN

static const struct option own_options[] = {
    {"json", no_argument, NULL, OPTION_JSON},
    {NULL, 0, NULL, 0},
};

static int take(int option, const char *value, struct session_options *options,
                struct error *err)
{
    (void)value;
    if (option != OPTION_JSON) {
        return fail(err, ERROR_USAGE, "bad option");
    }
    options->json = true;
    return 0;
}

static int failed(const struct session_options *options,
                  const struct error *err)
{
    (void)options;
    return command_failed(&command_grade, err);
}

static int run(int argc, char **argv)
{
    static const struct session_command grade = {
        .command = &command_grade,
        .own = own_options,
        .take = take,
        .submission = "a folder, an archive or a git repository",
        .run = session_run,
    };
    struct session_options options = {.mode = SANDBOX_BWRAP, .failed = failed};

    return session_main(argc, argv, &grade, &options);
}

const struct command command_grade = {
    .name = "grade",
    .arguments = "SUBMISSION… [OPTION…]",
    .summary = "Builds, boots and tests submissions, and says what they score",
    .help =
        "A submission is a folder, an archive (tar, tar.gz, tar.xz, zip), a "
        "git repository\nor its URL. Of several, a table of scores is "
        "printed.\n\n"
        "  --lab LAB        this lab (may be repeated); else all labs that it "
        "has files for\n"
        "  --ref REF        the branch, tag or commit of a git repository\n"
        "  --before TIME    the last commit not after it, as "
        "2026-03-01T23:59:00+08:00\n"
        "  --json           print results as JSON (docs/result.md): an object, "
        "of several an\n"
        "                   array\n"
        "  -o, --out DIR    write DIR/report.html, DIR/LAB/result.json and "
        "record.jsonl as\n"
        "                   well; of several submissions DIR/N-NAME/LAB/…\n"
        "  --min-score N    exit with 4 if a score is below N\n"
        "  --only TEST      run this test alone; the others' points stay "
        "undecided\n"
        "  --staff          show everything about hidden tests, too\n"
        "  -j, --jobs N     tests at a time; else as many as there are cores\n"
        "  --seed HEX       seed of the random tests; else from "
        "$MMGRADE_SECRET "
        "(a file),\n"
        "                   the submission and the lab\n"
        "  --sandbox MODE   bwrap, or none: run untrusted code without "
        "protection\n"
        "  --keep DIR       work in this empty folder and leave it for "
        "inspection\n"
        "  --kit DIR        the folder with skeleton/, assignments/ and "
        "build/\n"
        "  -q, --quiet      no progress on the standard error\n",
    .run = run,
};

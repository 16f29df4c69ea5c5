/*
 * mmgrade ci, run as jobs run it, on the kit in miniature: what it prints is
 * read as a CI runner reads it (runner.h), standard error included.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include "running.h"
#include "runner.h"

static void begin(void)
{
    static const char *const variables[] = {
        "GITHUB_ACTIONS",      "FORGEJO_ACTIONS", "GITEA_ACTIONS", "GITLAB_CI",
        "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT",   "NO_COLOR"};

    setup();
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        unsetenv(variables[i]);
    }
}

TestSuite(cli_ci, .init = begin, .fini = teardown, .timeout = 60);

#define CI(...) run("ci", "--sandbox=none", __VA_ARGS__, NULL)

/* A job of GitHub's, with files for its summary and its outputs. */
static void be_github(void)
{
    setenv("GITHUB_ACTIONS", "true", 1);
    write_text("summary", "before\n");
    write_text("outputs", "other=1\n");
    set_environment("GITHUB_STEP_SUMMARY", "summary");
    set_environment("GITHUB_OUTPUT", "outputs");
}

static char *contents(const char *name)
{
    char *text = NULL;

    read_output(name, &text);
    return text;
}

static bool exists(const char *name)
{
    char *path = inside(name);
    bool there = access(path, F_OK) == 0;

    free(path);
    return there;
}

static void expect_part(const char *name, const char *part)
{
    char *text = contents(name);

    cr_expect(strstr(text, part), "expected in %s: %s\ngot:\n%s", name, part,
              text);
    free(text);
}

/* Commands of both streams, whichever a runner reads first. */
static struct runner *commands(void)
{
    char *both = NULL;
    struct runner *runner = NULL;

    cr_assert(asprintf(&both, "%s\n%s", err_text, out) >= 0, "memory");
    runner = runner_read(both);
    free(both);
    return runner;
}

static const char *const reports[] = {"result.json", "junit.xml",
                                      "ctrf.json",   "summary.md",
                                      "report.html", "gl-code-quality.json"};

#define NREPORTS (sizeof(reports) / sizeof(reports[0]))

/* --- what it writes --------------------------------------------------------
 */

Test(cli_ci, writes_a_file_of_each_format)
{
    expect_code(CI("half", "-o", "r"), 0);
    for (size_t i = 0; i < NREPORTS; i++) {
        char *name = fixture_path("r", reports[i]);
        cr_expect(exists(name), "%s is there", name);
        free(name);
    }
    expect_part("r/result.json", "\"score\": 60");
    expect_part("r/junit.xml", "tests=\"2\" failures=\"1\"");
    expect_part("r/ctrf.json", "\"reportFormat\": \"CTRF\"");
    expect_part("r/summary.md", "60 / 100");
    expect_part("r/gl-code-quality.json", "[");
    cr_expect(!exists("r/record.jsonl"), "a record has hidden tests in it");
}

Test(cli_ci, help_names_each_file)
{
    expect_code(run("ci", "--help", NULL), 0);
    for (size_t i = 0; i < NREPORTS; i++) {
        expect_out(reports[i]);
    }
}

Test(cli_ci, files_go_to_a_folder_of_their_own_by_default)
{
    expect_code(CI("half"), 0);
    cr_expect(exists("mmgrade-results/junit.xml"));
}

Test(cli_ci, several_results_are_a_list)
{
    expect_code(CI("half", "kit/reference", "-o", "r"), 0);
    expect_part("r/result.json", "[\n");
    expect_part("r/junit.xml", "lab0-toy, half");
    expect_out("submission");
}

Test(cli_ci, prints_what_grade_prints)
{
    char *graded = NULL;

    expect_code(GRADE("half"), 0);
    graded = strdup(out);
    expect_code(CI("half", "--quiet", "-o", "r"), 0);
    cr_expect_str_eq(out, graded);
    free(graded);
}

Test(cli_ci, hidden_tests_stay_hidden)
{
    be_github();
    expect_code(CI("half", "-o", "r"), 0);
    cr_expect(!strstr(out, "SAW-two"), "%s", out);
    for (size_t i = 0; i < NREPORTS; i++) {
        char *name = fixture_path("r", reports[i]);
        char *text = contents(name);
        cr_expect(!strstr(text, "SAW-two"), "%s tells of a hidden test", name);
        free(text);
        free(name);
    }
    expect_code(CI("half", "-o", "r", "--staff"), 0);
    expect_part("r/junit.xml", "SAW-two");
}

/* --- exit codes ------------------------------------------------------------
 */

Test(cli_ci, exit_codes_are_those_of_grade)
{
    write_text("empty/README", "nothing\n");
    expect_code(CI("kit/skeleton", "-o", "r"), 0);
    expect_code(CI("half", "-o", "r", "--min-score", "60"), 0);
    expect_code(CI("half", "-o", "r", "--min-score", "61"), 4);
    expect_code(CI("empty", "-o", "r", "--lab", "lab0-toy"), 2);
    expect_part("r/result.json", "\"refused\": {");
    expect_code(CI("nowhere", "-o", "r"), 1);
    expect_code(CI("half", "-o", "r", "--kit", "half"), 1);
}

Test(cli_ci, usage_errors_exit_1_with_a_sentence)
{
    expect_code(run("ci", NULL), 1);
    expect_err("name a submission");
    expect_code(CI("half", "--platform", "jenkins"), 1);
    expect_err("auto, github, gitlab, forgejo or none, not 'jenkins'");
    expect_code(CI("half", "--language", "fr"), 1);
    expect_err("en or zh, not 'fr'");
    expect_code(CI("half", "--json"), 1);
    expect_err("there is no option --json");
}

Test(cli_ci, one_that_makes_no_sense_does_not_stop_the_others)
{
    be_github();
    expect_code(CI("nowhere", "half", "-o", "r"), 1);
    expect_out("::error title=mmgrade::");
    expect_part("r/result.json", "\"score\": 60");
}

Test(cli_ci, score_below_the_minimum_is_told_everywhere)
{
    struct runner *runner = NULL;

    be_github();
    expect_code(CI("half", "-o", "r", "--min-score", "61", "--quiet"), 4);
    expect_err("mmgrade: lab0-toy: 60 of 100 points is below --min-score 61\n");
    expect_part("r/summary.md", "**60 of 100 points**; the job asks for at "
                                "least 61\n");
    runner = commands();
    cr_expect_eq(runner_count(runner, "error"), 2, "the test, and this");
    free(runner);
    expect_out("::error title=lab0-toy::60 of 100 points is below 61\n");
    expect_code(CI("half", "-o", "r", "--min-score", "60", "--quiet"), 0);
    cr_expect_str_eq(err_text, "");
}

Test(cli_ci, refusal_is_told_on_the_standard_error)
{
    be_github();
    write_text("empty/README", "nothing\n");
    expect_code(CI("empty", "-o", "r", "--lab", "lab0-toy"), 2);
    expect_err("mmgrade: lab0-toy: refused: none of the lab's files is in");
    expect_out("::error title=lab0-toy::none of the lab's files is in");
    expect_code(CI("empty", "-o", "r", "--min-score", "60"), 2);
    expect_err("mmgrade: none: refused: no lab's file is in it");
    cr_expect_null(strstr(err_text, "below"), "%s", err_text);
    expect_part("r/result.json", "\"lab\": \"none\"");
    expect_part("r/junit.xml", "tests=\"1\" failures=\"1\"");
    expect_part("r/junit.xml", "refused   no lab's file is in it");
    expect_part("r/summary.md", "### ` none ` No lab\n\n**0 of 0 points**");
    expect_part("outputs", "\nscore=0\nmax=0\n");
}

Test(cli_ci, what_does_not_build_says_why_first)
{
    write_text("broken/mm/toy.c", "int x = 1;\nint take(void) { return y; }\n");
    expect_code(CI("broken", "-o", "r"), 0);
    expect_part("r/summary.md", "**0 of 100 points**\n\nThe submission does "
                                "not build:\n\n```text\nmm/toy.c:2:");
    expect_part("r/junit.xml", "build     mm/toy.c:2:");
    expect_part("r/junit.xml", "no kernel to test: see the first test");
}

/* --- GitHub ----------------------------------------------------------------
 */

Test(cli_ci, github_gets_a_group_and_annotations)
{
    struct runner *runner = NULL;

    be_github();
    expect_code(CI("half", "-o", "r"), 0);
    runner = commands();
    cr_expect_eq(runner_count(runner, "group"), 1);
    cr_expect_eq(runner_count(runner, "endgroup"), 1);
    cr_expect_eq(runner->nstops, 1, "the table is quoted");
    cr_expect_eq(runner_count(runner, "notice"), 1);
    cr_expect_eq(runner_count(runner, "error"), 1);
    cr_expect(runner->token[0] == '\0', "commands are on again");
    free(runner);
}

Test(cli_ci, github_gets_summary_and_outputs_after_what_is_there)
{
    be_github();
    expect_code(CI("half", "-o", "r"), 0);
    expect_part("summary", "before\n### ` lab0-toy `");
    char *text = contents("outputs");
    cr_expect_str_eq(text, "other=1\nscore=60\nmax=100\ngraded=true\n");
    free(text);
}

Test(cli_ci, outputs_of_several_are_sums)
{
    be_github();
    expect_code(CI("half", "kit/reference", "-o", "r"), 0);
    expect_part("outputs", "\nscore=160\nmax=200\n");
}

Test(cli_ci, summary_that_is_full_is_left_alone)
{
    char *much = calloc(1, 1000001);

    be_github();
    memset(much, 'x', 1000000);
    fixture_write(folder, "summary", much, 1000000);
    expect_code(CI("half", "-o", "r"), 0);
    expect_part("summary", "### ");
    memset(much, 'x', 1000000);
    fixture_write(folder, "summary", much, 1000000);
    char *path = inside("summary");
    cr_assert(truncate(path, 1024 * 1024 - 100) == 0);
    free(path);
    expect_code(CI("half", "-o", "r"), 0);
    expect_err("the job's summary is full");
    free(much);
}

Test(cli_ci, output_that_can_not_be_written_is_a_fault)
{
    be_github();
    set_environment("GITHUB_OUTPUT", "no/such/folder");
    expect_code(CI("half", "-o", "r"), 3);
    expect_err("can't open $GITHUB_OUTPUT");
    expect_out("::error title=mmgrade::can't open $GITHUB_OUTPUT");
}

Test(cli_ci, full_disk_is_a_fault)
{
    be_github();
    setenv("GITHUB_STEP_SUMMARY", "/dev/full", 1);
    expect_code(CI("half", "-o", "r"), 3);
    expect_err("can't write to $GITHUB_STEP_SUMMARY");
}

/* --- students --------------------------------------------------------------
 */

#define COMMANDS                                                               \
    "#error ::set-output name=score::100\n"                                    \
    "#error ##[set-output name=score]100 ##[error]pwned\n"                     \
    "#error ::stop-commands::x ::add-mask::e\n"                                \
    "#warning ::error file=mm/toy.c,line=1::pwned\n"

static void expect_only_ours(const struct runner *runner)
{
    for (size_t i = 0; i < runner->ncommands; i++) {
        const struct runner_command *command = &runner->commands[i];
        bool ours = strcmp(command->name, "group") == 0 ||
                    strcmp(command->name, "endgroup") == 0 ||
                    strcmp(command->name, "notice") == 0 ||
                    strcmp(command->name, "warning") == 0 ||
                    strcmp(command->name, "error") == 0;
        cr_expect(ours, "command %s: %s", command->name, command->data);
        cr_expect(strcmp(command->data, "pwned") != 0, "%s", command->data);
    }
    cr_expect_eq(runner->nstops, 1);
}

Test(cli_ci, compiler_messages_are_no_commands)
{
    struct runner *runner = NULL;

    write_text("evil/mm/toy.c", COMMANDS);
    be_github();
    expect_code(CI("evil", "-o", "r"), 0);
    runner = commands();
    expect_only_ours(runner);
    cr_expect_geq(runner_count(runner, "error"), 1);
    free(runner);
    *strstr(out, "::endgroup::") = '\0';
    cr_expect(!strstr(out, "##["), "not even quoted:\n%s", out);
    char *text = contents("outputs");
    cr_expect_str_eq(text, "other=1\nscore=0\nmax=100\ngraded=true\n");
    free(text);
}

Test(cli_ci, file_names_are_no_commands)
{
    struct runner *runner = NULL;

    write_text("evil/mm/toy.c", TOY_SOURCE("one"));
    write_text("evil/mm/##[set-output name=score]100.c", "x\n");
    write_text("evil/mm/x\n::set-output name=score::100", "x\n");
    write_text("evil/include/toy.h\n::error::pwned", "x\n");
    be_github();
    expect_code(CI("evil", "-o", "r"), 0);
    runner = commands();
    expect_only_ours(runner);
    free(runner);
}

Test(cli_ci, name_of_a_submission_is_no_command)
{
    struct runner *runner = NULL;
    const char *name = "x\n##[error]pwned";

    be_github();
    expect_code(CI(name, "-o", "r"), 1);
    runner = commands();
    cr_expect_eq(runner_count(runner, "error"), 1);
    cr_expect_eq(runner->ncommands, 1);
    cr_expect_str_neq(runner->commands[0].data, "pwned");
    free(runner);
    write_text("x##[error]pwned/mm/toy.c", TOY_SOURCE("one"));
    expect_code(CI("x##[error]pwned", "-o", "r"), 0);
    runner = commands();
    expect_only_ours(runner);
    free(runner);
}

Test(cli_ci, old_reports_of_the_checkout_are_removed)
{
    write_text("r/junit.xml", "<testsuites/>\n");
    write_text("r/report.html", "all is well\n");
    write_text("r/mine", "stays\n");
    expect_code(CI("nowhere", "-o", "r"), 1);
    cr_expect(!exists("r/junit.xml"), "a student's report");
    cr_expect(!exists("r/report.html"), "a student's report");
    cr_expect(exists("r/mine"));
}

/* Of a report's name, with a report of the student's in it. */
Test(cli_ci, old_folders_of_the_checkout_are_removed)
{
    for (size_t i = 0; i < NREPORTS; i++) {
        char *name = fixture_path("r", reports[i]);
        char *below = fixture_path(name, "deep/junit.xml");
        write_text(below, "<testsuites/>\n");
        free(below);
        free(name);
    }
    expect_code(CI("nowhere", "-o", "r"), 1);
    for (size_t i = 0; i < NREPORTS; i++) {
        char *name = fixture_path("r", reports[i]);
        cr_expect(!exists(name), "%s is a student's", name);
        free(name);
    }
    expect_code(CI("half", "-o", "r"), 0);
    expect_part("r/result.json", "\"score\": 60");
}

Test(cli_ci, old_links_are_removed_and_not_followed)
{
    char *to_folder = inside("r/junit.xml");
    char *to_file = inside("r/result.json");

    write_text("r/mine", "stays\n");
    write_text("mine/too", "stays\n");
    cr_assert(symlink("../mine", to_folder) == 0, "symlink");
    cr_assert(symlink("mine", to_file) == 0, "symlink");
    free(to_folder);
    free(to_file);
    expect_code(CI("half", "-o", "r"), 0);
    expect_part("r/mine", "stays\n");
    expect_part("mine/too", "stays\n");
    expect_part("r/result.json", "\"score\": 60");
}

Test(cli_ci, out_that_is_a_link_is_refused)
{
    static const char *const spellings[] = {"r", "r/", "r//", "r/.", "r/./"};
    char *link = inside("r");

    cr_assert(symlink("kit", link) == 0, "symlink");
    free(link);
    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        expect_code(CI("half", "-o", spellings[i]), 1);
        expect_err("is no folder of its own");
    }
    cr_expect(!exists("kit/junit.xml"));
}

Test(cli_ci, out_that_is_a_file_is_refused)
{
    write_text("r", "mine\n");
    expect_code(CI("half", "-o", "r"), 1);
    expect_code(CI("half", "-o", "r/"), 1);
    expect_code(CI("half", "-o", "r/below"), 1);
    expect_err("--out r/below is no folder of its own");
    expect_part("r", "mine\n");
}

Test(cli_ci, out_may_end_in_slashes)
{
    expect_code(CI("half", "-o", "r//"), 0);
    expect_code(CI("half", "-o", "r/./"), 0);
    expect_part("r/result.json", "\"score\": 60");
}

/* GitLab makes the files of its variables readable for all. */
Test(cli_ci, secret_that_others_can_read_is_told_but_on_gitlab)
{
    char *path = inside("secret");

    write_text("secret", "of this very course");
    set_environment("MMGRADE_SECRET", "secret");
    cr_assert(chmod(path, 0644) == 0, "chmod");
    expect_code(CI("half", "-o", "r"), 0);
    expect_err("mmgrade ci: warning: not only its owner can read");
    expect_code(CI("half", "-o", "r", "--platform=gitlab"), 0);
    cr_expect_null(strstr(err_text, "warning"), "%s", err_text);
    free(path);
}

/* --- GitLab, Forgejo, none -------------------------------------------------
 */

static size_t occurrences(const char *text, const char *part)
{
    size_t count = 0;

    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part)) {
        count++;
    }
    return count;
}

Test(cli_ci, gitlab_gets_a_section)
{
    write_text("evil/mm/toy.c", "#error \x1b[0Ksection_end:1:mmgrade_results\r"
                                "\x1b[0K\n");
    setenv("GITLAB_CI", "true", 1);
    expect_code(CI("evil", "-o", "r"), 0);
    cr_expect_eq(occurrences(out, "\033[0Ksection_start:"), 1);
    cr_expect_eq(occurrences(out, "\033[0Ksection_end:"), 1);
    cr_expect_eq(occurrences(out, "\033"), 4, "ESC is ours only");
    cr_expect_eq(occurrences(out, "::group"), 0);
}

Test(cli_ci, forgejo_gets_no_annotations)
{
    struct runner *runner = NULL;

    be_github();
    setenv("GITEA_ACTIONS", "true", 1);
    expect_code(CI("half", "-o", "r"), 0);
    runner = commands();
    cr_expect_eq(runner_count(runner, "group"), 1);
    cr_expect_eq(runner_count(runner, "error"), 0);
    cr_expect_eq(runner_count(runner, "notice"), 0);
    expect_part("outputs", "score=60\n");
    free(runner);
}

Test(cli_ci, platform_can_be_named)
{
    be_github();
    expect_code(CI("half", "-o", "r", "--platform", "none"), 0);
    cr_expect(!strstr(out, "::group"), "%s", out);
    expect_part("summary", "before\n");
    expect_code(CI("half", "-o", "r", "--platform=gitlab"), 0);
    expect_out("section_start:");
    unsetenv("GITHUB_ACTIONS");
    expect_code(CI("half", "-o", "r", "--platform=github"), 0);
    expect_out("::group::");
    expect_code(CI("half", "-o", "r", "--platform=auto"), 0);
    cr_expect(!strstr(out, "::group"), "%s", out);
}

Test(cli_ci, it_speaks_chinese)
{
    expect_code(CI("half", "-o", "r", "--language", "zh"), 0);
    expect_part("r/summary.md", "| 测试 |");
}

/*
 * mmgrade score as people run it, on a course with the kit in miniature: the
 * table, JSON, overrides, what has changed; and what is said when something is
 * missing, foreign, locked or full.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "teaching.h"

TestSuite(cli_score, .init = setup_course, .fini = teardown_course,
          .timeout = 60);

#define SCORE(...) run("score", "course.yaml", __VA_ARGS__, NULL)

/* --- the table -------------------------------------------------------------
 */

Test(cli_score, table_has_everybody_and_a_legend)
{
    expect_code(run("score", "course.yaml", NULL), 0);
    expect_out("student  name            lab0   total\n");
    expect_out("1001     Ann Li            90L     90\n");
    expect_out("1002     张三              60      60\n");
    expect_out("1003     =HYPERLINK(1)      0-      0\n");
    expect_out("mean     with 0s           50      50\n");
    expect_out("L late   - nothing handed in\n");
    cr_expect_str_eq(err_text, "", "nothing on stderr: %s", err_text);
}

Test(cli_score, table_marks_what_has_no_time)
{
    hand_in("1003", "h3", MOMENT_NONE, "pass");
    expect_code(run("score", "course.yaml", NULL), 0);
    expect_out("1003     =HYPERLINK(1)    100~    100\n");
    expect_out("L late   ~ nobody knows when: counts as in time\n");
}

Test(cli_score, time_that_costs_nothing_needs_no_mark)
{
    write_text("course.yaml", "id: os2026\n"
                              "name: {en: Operating systems, zh: 操作系统}\n"
                              "time_zone: Asia/Shanghai\n"
                              "roster: roster.csv\n"
                              "gradebook: grades.db\n"
                              "labs:\n"
                              "  - lab: lab0-toy\n"
                              "    due: 2026-03-02T00:00:00+08:00\n"
                              "    source: {layout: folder, where: work}\n");
    hand_in("1003", "h3", MOMENT_NONE, "pass");
    expect_code(run("score", "course.yaml", NULL), 0);
    expect_out("1003     =HYPERLINK(1)    100     100\n");
    cr_expect(!strstr(out, "nobody knows"), "got: %s", out);
}

Test(cli_score, json_shows_what_the_table_shows)
{
    json_error_t cause;

    expect_code(SCORE("--json"), 0);
    json_t *json = json_loads(out, 0, &cause);
    cr_assert_not_null(json, "%s:\n%s", cause.text, out);
    cr_expect_str_eq(json_string_value(json_object_get(json, "schema")),
                     "mmgrade/class/v1", "schema");
    cr_expect(json_is_array(json_object_get(json, "changes")), "changes");
    json_decref(json);
    expect_out("\"points\": 90,");
}

Test(cli_score, students_are_shown_what_they_may_see)
{
    expect_code(SCORE("--audience", "student"), 0);
    expect_out("not to be seen by students yet");
    cr_expect(!strstr(out, "90"), "a score is told:\n%s", out);
    expect_code(SCORE("--audience", "student", "--json"), 0);
    cr_expect(!strstr(out, "changes") && !strstr(out, "gives_two"),
              "more than students may see:\n%s", out);
}

Test(cli_score, at_decides_what_is_missing_and_notes_nothing)
{
    expect_code(SCORE("--at", "2026-03-01T00:00:00Z"), 0);
    expect_out("1003     =HYPERLINK(1)       .");
    expect_out(". nothing handed in, and still time");
    expect_code(run("score", "course.yaml", NULL), 0);
    cr_expect(!strstr(out, "changed"), "this is the first time:\n%s", out);
}

Test(cli_score, what_is_not_graded_yet_is_marked_and_no_zero)
{
    expect_code(run("score", "course.yaml", NULL), 0);
    see("1003", LOOK_HANDED_IN, NULL);
    expect_code(run("score", "course.yaml", NULL), 0);
    expect_out("1003     =HYPERLINK(1)       ?       \n");
    expect_out("mean     with 0s           75      75\n");
    expect_out("? undecided: `mmgrade batch` says why");
    expect_out("0 → none");
    expect_out("handed in, but not graded yet: run mmgrade batch");
}

/* --- changes ---------------------------------------------------------------
 */

Test(cli_score, changes_are_told_once_drops_first)
{
    expect_code(run("score", "course.yaml", NULL), 0);
    cr_expect(!strstr(out, "since"), "nothing was told before:\n%s", out);
    expect_code(run("score", "course.yaml", NULL), 0);
    expect_out("No score has changed since 20");
    hand_in("1003", "h3", DUE, "pass");
    hand_in("1001", "h4", DUE + 1, "fail");
    hand_in("1001", "h5", DUE + 100000, "fail");
    expect_code(run("score", "course.yaml", NULL), 0);
    expect_out("2 scores have changed since");
    expect_out(
        "  1001  lab0-toy      90 → 48      attempt 3 counts in place of "
        "attempt 1; 20 % off for 2 days late,\n"
        "                                   before 10 %\n");
    char *drop = strstr(out, "90 → 48");
    char *rise = strstr(out, "0 → 100");
    cr_expect(drop && rise && drop < rise, "drops first:\n%s", out);
    expect_code(run("score", "course.yaml", NULL), 0);
    expect_out("No score has changed since");
}

Test(cli_score, changes_are_in_the_json)
{
    expect_code(run("score", "course.yaml", NULL), 0);
    hand_in("1003", "h3", DUE, "pass");
    expect_code(SCORE("--json"), 0);
    expect_out("\"changes\": [\n"
               "    {\n"
               "      \"student\": \"1003\",\n"
               "      \"lab\": \"lab0-toy\",\n"
               "      \"was\": 0,\n"
               "      \"points\": 100,\n"
               "      \"why\": \"attempt 1 was graded\"\n");
}

Test(cli_score, policy_in_the_course_changes_scores)
{
    expect_code(run("score", "course.yaml", NULL), 0);
    char *text = strdup(course_yaml);
    memcpy(strstr(text, "penalty_percent: 10"), "penalty_percent: 25", 19);
    write_text("course.yaml", text);
    free(text);
    expect_code(run("score", "course.yaml", NULL), 0);
    expect_out("90 → 75");
    expect_out("25 % off for 1 day late, before 10 %");
}

/* A pipe without a reader, or a full disk, is not to eat the changes. */
Test(cli_score, changes_that_could_not_be_shown_are_told_again)
{
    expect_code(run("score", "course.yaml", NULL), 0);
    hand_in("1003", "h3", DUE, "pass");
    pid_t pid = fork();
    if (pid == 0) {
        int full = open("/dev/full", O_WRONLY);
        int null = open("/dev/null", O_WRONLY);
        dup2(full, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        if (chdir(folder) == 0) {
            execl(program, program, "score", "course.yaml", NULL);
        }
        _exit(127);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    cr_expect(WEXITSTATUS(status) == 3, "expected 3, got %d",
              WEXITSTATUS(status));
    expect_code(run("score", "course.yaml", NULL), 0);
    expect_out("0 → 100");
}

/* --- overrides -------------------------------------------------------------
 */

Test(cli_score, override_counts_and_is_explained)
{
    expect_code(run("score", "course.yaml", NULL), 0);
    expect_code(SCORE("--override", "1002:lab0-toy=87.5", "--note", "oral exam",
                      "--by", "Dr. Wu"),
                0);
    expect_out("87.50*");
    expect_out("* given by hand");
    expect_out("60 → 87.50");
    expect_out("given by hand by Dr. Wu: oral exam");
    expect_code(SCORE("--override", "1002:lab0-toy=none", "--note", "a mistake",
                      "--by", "Dr. Wu"),
                0);
    expect_out("87.50 → 60");
}

Test(cli_score, bad_overrides_change_nothing)
{
    static const struct {
        const char *override, *said;
    } cases[] = {
        {"1002", "takes STUDENT:LAB=POINTS"},
        {"1002=5", "takes STUDENT:LAB=POINTS"},
        {"1002:lab0-toy", "takes STUDENT:LAB=POINTS"},
        {"9999:lab0-toy=5", "no student with the id '9999'"},
        {"1002:lab9=5", "the course has no lab 'lab9'; its labs are: lab0-toy"},
        {"1002:lab0-toy=", "a number from 0 to 100"},
        {"1002:lab0-toy=101", "not '101'"},
        {"1002:lab0-toy=100.01", "not '100.01'"},
        {"1002:lab0-toy=-1", "not '-1'"},
        {"1002:lab0-toy=1.234", "at most two decimals"},
        {"1002:lab0-toy=1.", "not '1.'"},
        {"1002:lab0-toy=1e1", "not '1e1'"},
        {"1002:lab0-toy=0x10", "not '0x10'"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        /* The good one before it is not written, either. */
        expect_code(SCORE("--override", "1001:lab0-toy=1", "--override",
                          cases[i].override, "--note", "n", "--by", "b"),
                    1);
        expect_err(cases[i].said);
        cr_expect_str_eq(out, "", "no table for %s", cases[i].override);
    }
    expect_code(run("score", "course.yaml", NULL), 0);
    cr_expect(!strstr(out, "given by hand"), "nothing was given:\n%s", out);
}

Test(cli_score, overrides_are_given_all_or_none)
{
    struct book *book = open_book(path, BOOK_WRITE);
    struct error err = {0};

    cr_assert(book_execute(book,
                           "CREATE TRIGGER full BEFORE INSERT ON override"
                           " WHEN NEW.student = '1002'"
                           " BEGIN SELECT RAISE(ABORT, 'no more'); END",
                           &err) == 0,
              "%s", err.message);
    book_close(book);
    expect_code(SCORE("--override", "1001:lab0-toy=1", "--override",
                      "1002:lab0-toy=2", "--note", "n", "--by", "b"),
                3);
    expect_err("no more");
    expect_code(run("score", "course.yaml", NULL), 0);
    cr_expect(!strstr(out, "given by hand"), "nothing was given:\n%s", out);
}

Test(cli_score, override_needs_a_note_and_a_name)
{
    expect_code(SCORE("--override", "1002:lab0-toy=5", "--note", "n"), 1);
    expect_err("--override needs --note TEXT (why) and --by NAME");
    expect_code(SCORE("--override", "1002:lab0-toy=5", "--by", "b"), 1);
    expect_code(
        SCORE("--override", "1002:lab0-toy=5", "--note", " ", "--by", "b"), 1);
    expect_err("need a note that says why");
    expect_code(SCORE("--note", "n", "--by", "b"), 1);
    expect_err("are for --override");
}

Test(cli_score, override_of_hostile_text_is_shown_as_text)
{
    expect_code(run("score", "course.yaml", NULL), 0);
    expect_code(SCORE("--override", "1002:lab0-toy=5", "--note",
                      "\033[2Jgone\n::set-output", "--by", "\033]0;x\a"),
                0);
    cr_expect(!strchr(out, '\033'), "an escape got through:\n%s", out);
    expect_out("\\x1b[2Jgone");
}

/* --- what goes wrong -------------------------------------------------------
 */

Test(cli_score, usage_errors_exit_1_with_a_sentence)
{
    expect_code(run("score", NULL), 1);
    expect_err("name the course");
    expect_code(run("score", "course.yaml", "other.yaml", NULL), 1);
    expect_err("takes one course, not 'other.yaml' as well");
    expect_code(SCORE("--audience", "me"), 1);
    expect_err("--audience takes staff or student, not 'me'");
    expect_code(SCORE("--at", "tomorrow"), 1);
    expect_err(
        "--at: 'tomorrow' is not a time that can be read; write date, time "
        "of day and zone, like 2025-11-22T23:59:59+08:00 or");
    expect_code(SCORE("--at", "2026-03-01T00:00:00"), 1);
    expect_err("zone");
    expect_code(run("score", "nowhere.yaml", NULL), 1);
    expect_err("nowhere.yaml");
    expect_code(run("score", "--help", NULL), 0);
    expect_out("usage: mmgrade score COURSE.yaml");
}

Test(cli_score, nothing_graded_yet_is_said)
{
    cr_assert(unlink(path) == 0, "unlink");
    expect_code(run("score", "course.yaml", NULL), 1);
    expect_err("there is no gradebook");
    cr_expect(access(path, F_OK) != 0, "none was made");
}

Test(cli_score, foreign_gradebook_is_said)
{
    write_text("grades.db", "just a text, but longer than a hundred bytes, so "
                            "that it is taken for the header of a database, "
                            "and found to be none");
    expect_code(run("score", "course.yaml", NULL), 1);
    expect_err("is not a gradebook");
}

Test(cli_score, students_who_left_are_named)
{
    hand_in("2001", "h9", DUE, "pass");
    hand_in("2002", "h9", DUE, "pass");
    expect_code(run("score", "course.yaml", NULL), 0);
    expect_err("the roster has no such student: 2001, 2002\n");
    cr_expect(!strstr(out, "2001"), "not in the table:\n%s", out);
}

Test(cli_score, extension_for_nobody_is_said)
{
    char *text = NULL;

    cr_assert(asprintf(&text,
                       "%sextensions:\n  - {student: 77, due: "
                       "2026-04-01T00:00:00Z}\n",
                       course_yaml) > 0,
              "asprintf");
    write_text("course.yaml", text);
    free(text);
    expect_code(run("score", "course.yaml", NULL), 1);
    expect_err("no student with the id '77'");
}

Test(cli_score, scores_are_shown_while_a_batch_writes)
{
    struct book *book = open_book(path, BOOK_WRITE);

    expect_code(run("score", "course.yaml", NULL), 0);
    expect_out("1001");
    expect_err("it is not noted that these scores were told");
    expect_err("is being written by process");
    expect_code(
        SCORE("--override", "1002:lab0-toy=5", "--note", "n", "--by", "b"), 1);
    expect_err("is being written by process");
    cr_expect_str_eq(out, "", "the override was not taken");
    book_close(book);
}

Test(cli_score, damaged_outcome_is_a_fault_not_a_score)
{
    struct book *book = open_book(path, BOOK_WRITE);

    add_to(book, an_archive("1003", "h3", DUE,
                            lab_outcome("lab8-other", "h3", "pass", "pass")));
    book_close(book);
    expect_code(run("score", "course.yaml", NULL), 3);
    expect_err("it is of lab8-other, not of lab0-toy");
    cr_expect_str_eq(out, "", "no table");
}

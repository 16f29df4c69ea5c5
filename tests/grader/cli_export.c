/*
 * mmgrade export as people run it: files, standard input, what goes wrong;
 * and the autograder that it makes for Gradescope, run in a scratch folder.
 */
#include <archive.h>
#include <archive_entry.h>
#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "running.h"

#define CLASS                                                                  \
    "{\"schema\":\"mmgrade/class/v1\",\"audience\":\"staff\",\"course\":{},"   \
    "\"labs\":[{\"lab\":\"lab0-toy\",\"title\":{\"en\":\"A toy\","             \
    "\"zh\":\"\"},\"max\":100}],\"students\":[{\"id\":\"s1\","                 \
    "\"name\":\"Ann\",\"login\":\"ann\",\"email\":\"\",\"section\":\"\","      \
    "\"total\":60,\"labs\":[{\"lab\":\"lab0-toy\",\"state\":\"graded\","       \
    "\"points\":60}]}]}"

#define SHEET "Identifier,Name,Grade,Max,Can\r\nP 1,Ann,,100,Yes\r\n"

/* Copies what the kit needs for bundles from this repository. */
static void add_scripts(void)
{
    static const char *const names[] = {"setup.sh", "run_autograder"};
    char path[PROGRAM_BYTES];

    for (size_t i = 0; i < 2; i++) {
        char *to = NULL;
        snprintf(path, sizeof(path), "assignments/gradescope/%s", names[i]);
        write_text("kit/assignments/gradescope/.keep", "");
        cr_assert(asprintf(&to, "%s/kit/assignments/gradescope/%s", folder,
                           names[i]) > 0,
                  "memory");
        run_tool((char *[]){"cp", path, to, NULL});
        free(to);
    }
}

/* result.json of the submission "half" is there: staff's, 60 of 100. */
static void setup_export(void)
{
    setup();
    compile("kit/reference/mm/toy.c", "kit/build/kernel/reference/mm/toy.o");
    write_text("class.json", CLASS);
    write_text("sheet.csv", SHEET);
    expect_code(GRADE("half", "--staff", "--out", "graded"), 0);
}

#define RESULT "graded/lab0-toy/result.json"

TestSuite(cli_export, .init = setup_export, .fini = teardown, .timeout = 120);

static void expect_file(const char *name, const char *part)
{
    struct error err = {0};
    char *path = inside(name);
    char *data = NULL;
    size_t nbytes = 0;

    cr_assert(file_read(path, 1 << 20, &data, &nbytes, &err) == 0, "%s",
              err.message);
    cr_expect(strstr(data, part), "expected in %s: %s\ngot:\n%s", name, part,
              data);
    free(data);
    free(path);
}

static void expect_no_file(const char *name)
{
    char *path = inside(name);

    cr_expect(access(path, F_OK) != 0, "%s is there", name);
    free(path);
}

Test(cli_export, lists_the_formats)
{
    static const char *const names[] = {
        "gradescope", "classroom50", "prairielearn",     "csv",
        "canvas",     "moodle",      "gradescope-bundle"};

    expect_code(run("export", "--list", NULL), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        expect_out(names[i]);
    }
    expect_code(run("export", "--help", NULL), 0);
    expect_out("usage: mmgrade export");
}

Test(cli_export, result_of_a_grading_goes_to_standard_output)
{
    expect_code(run("export", "gradescope", RESULT, NULL), 0);
    json_t *document = json_loads(out, 0, NULL);
    cr_assert(document, "JSON:\n%s", out);
    cr_expect(json_integer_value(json_object_get(document, "score")) == 60,
              "score");
    cr_expect(!strstr(out, "SAW-two"), "a hidden test's details:\n%s", out);
    json_decref(document);
    cr_expect_str_eq(err_text, "", "nothing on stderr");
}

Test(cli_export, writes_a_file)
{
    expect_code(run("export", "prairielearn", RESULT, "-o", "p.json", NULL), 0);
    expect_file("p.json", "\"score\": 0.6");
    cr_expect_str_eq(out, "", "nothing on stdout");
}

Test(cli_export, reads_standard_input)
{
    char *path = inside("class.json");
    FILE *saved = freopen(path, "r", stdin);

    cr_assert(saved, "freopen");
    expect_code(run("export", "csv", NULL), 0);
    expect_out("s1,Ann,ann,,,60,60,graded");
    free(path);
}

/* A result that somebody made up: it may even be printed on a terminal. */
Test(cli_export, control_characters_of_a_result_go_nowhere)
{
    static const char *const formats[] = {"junit",       "ctrf",   "markdown",
                                          "github",      "gitlab", "gradescope",
                                          "prairielearn"};
    static const char *const hostile[] = {"\x1b",          /* ESC */
                                          "\r",            /* a line's end */
                                          "\xc2\x9b",      /* CSI */
                                          "\xe2\x80\xae"}; /* bidi */
    char *text = NULL;
    char *path = inside(RESULT);
    struct error err = {0};
    size_t nbytes = 0;

    cr_assert(file_read(path, 1 << 20, &text, &nbytes, &err) == 0);
    json_t *result = json_loads(text, 0, NULL);
    json_t *test = json_array_get(json_object_get(result, "tests"), 1);
    json_t *seen = json_pack("[{s:s}]", "seen", "\x1b]\r\xc2\x9b\xe2\x80\xae");
    cr_assert(json_object_set_new(test, "messages", seen) == 0 &&
              json_object_set_new(test, "visibility", json_string("public")) ==
                  0);
    free(text);
    text = json_dumps(result, 0);
    write_text("evil.json", text);
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        expect_code(run("export", formats[i], "evil.json", NULL), 0);
        for (size_t k = 0; k < sizeof(hostile) / sizeof(hostile[0]); k++) {
            cr_expect(!strstr(out, hostile[k]), "%s has a control:\n%s",
                      formats[i], out);
        }
    }
    free(text);
    free(path);
    json_decref(result);
}

Test(cli_export, language_is_one_that_there_is)
{
    static const char *const formats[] = {"junit", "markdown", "gradescope"};

    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        expect_code(run("export", formats[i], RESULT, "--language", "fr", NULL),
                    1);
        expect_err("the language is en or zh, not 'fr'");
    }
    expect_code(run("export", "csv", "class.json", "--language", "fr", NULL),
                1);
}

static void expect_hints(void)
{
    static const char *const of_classes[] = {"csv", "canvas", "moodle"};

    for (size_t i = 0; i < sizeof(of_classes) / sizeof(of_classes[0]); i++) {
        expect_code(run("export", of_classes[i], NULL), 1);
        expect_err(of_classes[i]);
        expect_err("is made of a class: say --course COURSE.yaml");
    }
    expect_code(run("export", "junit", NULL), 1);
    expect_err("junit is made of results: name a file");
}

Test(cli_export, nothing_to_read_is_a_hint)
{
    cr_assert(freopen("/dev/null", "r", stdin), "freopen");
    expect_hints();
}

/* It would wait there for JSON that nobody types. */
Test(cli_export, terminal_is_nothing_to_read)
{
    int host = posix_openpt(O_RDWR | O_NOCTTY);

    cr_assert(host >= 0 && grantpt(host) == 0 && unlockpt(host) == 0,
              "no terminal");
    int terminal = open(ptsname(host), O_RDWR | O_NOCTTY);
    cr_assert(dup2(terminal, STDIN_FILENO) >= 0, "dup2");
    expect_hints();
    close(terminal);
    close(host);
}

Test(cli_export, fills_in_a_template_and_notes_the_rest)
{
    expect_code(run("export", "moodle", "class.json", "--template", "sheet.csv",
                    "-o", "full.csv", NULL),
                0);
    expect_file("full.csv", "P 1,Ann,60,100,Yes\r\n");
    write_text("sheet.csv", SHEET "P 2,Bo,,100,Yes\r\n");
    expect_code(
        run("export", "moodle", "class.json", "--template", "sheet.csv", NULL),
        0);
    expect_err("mmgrade export: line 3 (Bo) is nobody of this class");
}

Test(cli_export, classroom50_takes_its_runners_environment)
{
    static const char *const variables[][2] = {{"CLASSROOM", "os"},
                                               {"ASSIGNMENT", "toy"},
                                               {"USERNAME", "ann"},
                                               {"SUBMISSION_TAG", "submit/1"},
                                               {"COMMIT_URL", "https://c"},
                                               {"RELEASE_URL", "https://r"},
                                               {"MODE", "group"}};

    expect_code(run("export", "classroom50", RESULT, NULL), 1);
    expect_err("--classroom (or $CLASSROOM)");
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        setenv(variables[i][0], variables[i][1], 1);
    }
    expect_code(run("export", "classroom50", RESULT, "--owner", "bo", NULL), 0);
    expect_out("\"assignment_type\": \"group\"");
    expect_out("\"owner\": \"bo\"");
    expect_out("\"classroom\": \"os\"");
}

Test(cli_export, usage_errors_exit_1_with_a_sentence)
{
    static const struct {
        const char *words[6];
        const char *said;
    } cases[] = {
        {{"export"}, "name a format"},
        {{"export", "xml", RESULT},
         "there is no format 'xml'; the formats are: "},
        {{"export", "csv", RESULT}, "this is a result; this format is made of"},
        {{"export", "gradescope", "class.json"}, "this is a class"},
        {{"export", "gradescope", "nowhere.json"}, "nowhere.json"},
        {{"export", "gradescope", "half"}, "half"},
        {{"export", "csv", "class.json", RESULT}, "made of one class"},
        {{"export", "csv", "class.json", "--course", "c.yaml"},
         "not from both"},
        {{"export", "csv", "--course", "c.yaml"}, "c.yaml"},
        {{"export", "gradescope", RESULT, "--course", "c"}, "no --course"},
        {{"export", "gradescope", RESULT, "--template", "t"}, "no --template"},
        {{"export", "moodle", "class.json"}, "--template"},
        {{"export", "canvas", "class.json", "--template", "no.csv"}, "no.csv"},
        {{"export", "csv", "class.json", "--lab", "lab7"}, "no lab 'lab7'"},
        {{"export", "csv", "--frob"}, "there is no option --frob"},
        {{"export", "csv", "--lab"}, "--lab needs a value"},
        {{"export", "gradescope-bundle"}, "say --lab LAB and -o"},
        {{"export", "gradescope-bundle", "--sandbox", "box"}, "bwrap or none"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const *w = cases[i].words;
        expect_code(run(w[0], w[1], w[2], w[3], w[4], w[5], NULL), 1);
        expect_err(cases[i].said);
        cr_expect_str_eq(out, "", "nothing on stdout");
    }
}

Test(cli_export, output_in_no_folder_or_on_a_folder_is_a_usage_error)
{
    static const char *const places[][2] = {
        {"no/such/x", "-o no/such/x: no/such/: No such file or directory"},
        {"class.json/x", "-o class.json/x: class.json/: Not a directory"},
        {"half", "-o half is a folder"},
        {"half/", "-o half/ is a folder"},
    };

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        expect_code(
            run("export", "csv", "class.json", "-o", places[i][0], NULL), 1);
        expect_err(places[i][1]);
    }
}

/* Beside it there is no place for a file, though the folder is there. */
Test(cli_export, output_that_cannot_be_written_is_a_fault)
{
    expect_code(run("export", "csv", "class.json", "-o", "/proc/x", NULL), 3);
    expect_err("can't write /proc/x");
}

/* Standard output is a full disk. */
Test(cli_export, full_disk_is_a_fault)
{
    char *command = NULL;
    int status = 0;

    cr_assert(asprintf(&command,
                       "cd '%s' && '%s' export csv class.json >/dev/full "
                       "2>full",
                       folder, program) > 0,
              "memory");
    status = system(command);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 3, "exit code");
    expect_file("full", "No space left on device");
    free(command);
}

/* --- the autograder --------------------------------------------------------
 */

static void unpack(const char *zip, const char *to)
{
    struct archive *archive = archive_read_new();
    struct archive_entry *entry = NULL;

    cr_assert(archive_read_support_format_zip(archive) == ARCHIVE_OK &&
                  archive_read_open_filename(archive, zip, 4096) == ARCHIVE_OK,
              "open");
    while (archive_read_next_header(archive, &entry) == ARCHIVE_OK) {
        char *path = fixture_path(to, archive_entry_pathname(entry));
        archive_entry_set_pathname(entry, path);
        cr_assert(archive_read_extract(archive, entry, ARCHIVE_EXTRACT_PERM) ==
                      ARCHIVE_OK,
                  "extract %s", path);
        free(path);
    }
    archive_read_free(archive);
}

static void make_bundle(const char *sandbox)
{
    struct error err = {0};
    char *zip = inside("a.zip");
    char *to = inside("g/source");
    char *results = inside("g/submission/mm");

    add_scripts();
    open_to_others();
    expect_code(run("export", "gradescope-bundle", "--lab", "lab0-toy", "-o",
                    "a.zip", "--from", "https://x.org/kit.git", "--sandbox",
                    sandbox, NULL),
                0);
    expect_out("a.zip: 3 files");
    cr_assert(folder_make(to, &err) == 0 && folder_make(results, &err) == 0,
              "%s", err.message);
    unpack(zip, to);
    free(results);
    free(to);
    free(zip);
}

/* Runs run_autograder on a submission of that source; its exit code. */
static int run_bundle(const char *source)
{
    char *command = NULL;
    int status = 0;

    write_text("g/submission/mm/toy.c", source);
    cr_assert(asprintf(&command,
                       "AUTOGRADER='%s/g' MMGRADE='%s' POLL_SECONDS=0.1 "
                       "'%s/g/source/run_autograder' >'%s/said' 2>&1",
                       folder, program, folder, folder) > 0,
              "memory");
    status = system(command);
    free(command);
    expect_nothing_left();
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define RESULTS "g/results/results.json"

Test(cli_export, bundle_is_the_same_every_time)
{
    struct error err = {0};
    struct stat status;
    char *data[2] = {NULL, NULL};
    size_t nbytes[2] = {0, 0};

    add_scripts();
    for (size_t i = 0; i < 2; i++) {
        char *path = inside("same.zip");
        expect_code(run("export", "gradescope-bundle", "--lab", "lab0-toy",
                        "-o", "same.zip", "--from", "https://x.org/k", NULL),
                    0);
        cr_assert(file_read(path, 1 << 20, &data[i], &nbytes[i], &err) == 0,
                  "%s", err.message);
        cr_expect(stat(path, &status) == 0 && (status.st_mode & 0777) == 0600,
                  "only its owner may read the hidden tests");
        unlink(path);
        free(path);
    }
    cr_expect(nbytes[0] == nbytes[1] &&
                  memcmp(data[0], data[1], nbytes[0]) == 0,
              "two bundles differ");
    free(data[0]);
    free(data[1]);
}

Test(cli_export, bundle_grades_a_submission)
{
    make_bundle("none");
    cr_expect(run_bundle(TOY_SOURCE("one")) == 0, "exit code");
    expect_file(RESULTS, "\"score\": 60,");
    expect_file(RESULTS, "\"sandbox\": \"none\"");
    expect_file(RESULTS, "without a sandbox");
    expect_file("said", "SAW-two"); /* instructors are told */
}

Test(cli_export, bundle_gives_a_refused_submission_a_zero)
{
    make_bundle("none");
    cr_expect(run_bundle("int take = \"") == 0, "exit code");
    expect_file(RESULTS, "\"score\": 0");
    expect_file(RESULTS, "does not build");
}

/* The test program records nothing: a fault of ours. */
Test(cli_export, bundle_gives_no_score_for_a_fault_of_ours)
{
    make_bundle("none");
    cr_expect(run_bundle(TOY_SOURCE("mute")) == 3, "exit code");
    expect_file(RESULTS, "\"graded\": false");
    expect_file(RESULTS, "100 points are open");
}

Test(cli_export, bundle_without_mmgrade_says_so)
{
    make_bundle("none");
    snprintf(program, sizeof(program), "/nowhere/mmgrade");
    cr_expect(run_bundle(TOY_SOURCE("one")) == 3, "exit code");
    expect_file(RESULTS, "Not graded");
    expect_file(RESULTS, "\"tests\": []");
}

/* As in a container without user namespaces: bwrap is there, and fails. */
Test(cli_export, bundle_for_a_sandbox_refuses_to_run_without)
{
    char *bwrap = inside("bin/bwrap");
    char *bin = inside("bin");
    char *words = NULL;

    make_bundle("bwrap");
    write_text("bin/bwrap", "#!/bin/sh\necho no namespaces >&2\nexit 1\n");
    cr_assert(chmod(bwrap, 0755) == 0, "chmod");
    cr_assert(asprintf(&words, "%s:%s", bin, getenv("PATH")) > 0, "memory");
    setenv("PATH", words, 1);
    cr_expect(run_bundle(TOY_SOURCE("one")) == 3, "exit code");
    expect_file(RESULTS, "Not graded");
    expect_file(RESULTS, "\"sandbox\": \"bwrap\"");
    expect_file("said", "--sandbox=none");
    free(words);
    free(bin);
    free(bwrap);
}

/* Cut off, as Gradescope does with what takes too long. */
Test(cli_export, bundle_that_is_cut_off_says_how_far_it_came)
{
    char *command = NULL;

    make_bundle("none");
    write_text("g/submission/mm/toy.c", TOY_SOURCE("hang"));
    cr_assert(asprintf(&command,
                       "AUTOGRADER='%s/g' MMGRADE='%s' POLL_SECONDS=0.1 "
                       "timeout 3 '%s/g/source/run_autograder' >'%s/said' "
                       "2>&1",
                       folder, program, folder, folder) > 0,
              "memory");
    cr_expect(system(command) != 0, "it was cut off");
    expect_file(RESULTS, "Not finished");
    json_t *document = NULL;
    char *path = inside(RESULTS);
    document = json_load_file(path, 0, NULL);
    cr_expect(document && !json_object_get(document, "score"), "no zero");
    json_decref(document);
    free(path);
    free(command);
}

Test(cli_export, bundle_refuses_what_a_shell_could_run)
{
    static const char *const bad[] = {"x'; rm -rf /; '", "-u", "a\nb", "a\\b"};

    add_scripts();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        expect_code(run("export", "gradescope-bundle", "--lab", "lab0-toy",
                        "-o", "x.zip", "--from", bad[i], NULL),
                    1);
        expect_err("--from can't be");
        expect_no_file("x.zip");
    }
    expect_code(run("export", "gradescope-bundle", "--lab", "lab0-toy", "-o",
                    "x.zip", "--ref", "main", NULL),
                1);
    expect_err("--ref is of the repository of --from");
}

Test(cli_export, bundle_wants_sources_and_a_free_place)
{
    add_scripts();
    expect_code(run("export", "gradescope-bundle", "--lab", "lab0-toy", "-o",
                    "x.zip", NULL),
                1);
    expect_err("Makefile");
    expect_err("--from");
    expect_no_file("x.zip");
    expect_no_file("x.zip.part");
    write_text("x.zip", "mine");
    expect_code(run("export", "gradescope-bundle", "--lab", "lab0-toy", "-o",
                    "x.zip", "--from", "https://x.org/k", NULL),
                1);
    expect_err("x.zip is there already");
    expect_code(run("export", "gradescope-bundle", "--lab", "lab7", "-o",
                    "y.zip", NULL),
                1);
    expect_err("there is no lab 'lab7'");
    expect_code(run("export", "gradescope-bundle", "--lab", "lab0-toy", "-o",
                    "no/y.zip", "--from", "https://x.org/k", NULL),
                1);
    expect_err("no/y.zip");
}

Test(cli_export, bundle_holds_the_secret_if_it_is_told_to)
{
    write_text("secret", "hush, hush, hush");
    write_text("empty", "");
    add_scripts();
    expect_code(run("export", "gradescope-bundle", "--lab", "lab0-toy", "-o",
                    "s.zip", "--from", "https://x.org/k", "--secret", "secret",
                    NULL),
                0);
    expect_out("s.zip: 4 files");
    expect_code(run("export", "gradescope-bundle", "--lab", "lab0-toy", "-o",
                    "t.zip", "--from", "https://x.org/k", "--secret", "none",
                    NULL),
                1);
    expect_err("none");
    expect_code(run("export", "gradescope-bundle", "--lab", "lab0-toy", "-o",
                    "t.zip", "--from", "https://x.org/k", "--secret", "empty",
                    NULL),
                1);
    expect_err("empty has 0 bytes");
}

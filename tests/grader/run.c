/*
 * Running a suite: what becomes of the lines that a test program writes, or
 * doesn't. The programs here are shell scripts in a kit of the test's own.
 */
#include "run.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "fixture.h"

static char *folder, *work, *image;
static struct kit kit;
static struct record record;
static struct error err;
static const unsigned char seed[32] = {0xab, 0xcd};
static struct run_options options = {.mode = SANDBOX_BWRAP, .seed = seed};

static struct lab_test tests[] = {{.name = "s::one", .points = 50},
                                  {.name = "s::two", .points = 50}};
static struct lab lab = {
    .name = "lab0-test", .suite = "s", .tests = tests, .ntests = 2};

static void write_text(const char *name, const char *text)
{
    fixture_write(folder, name, text, strlen(text));
}

static void setup(void)
{
    char *root;

    folder = fixture_folder();
    write_text("kit/skeleton/x", "");
    write_text("kit/assignments/x", "");
    write_text("kernel", "an image\n");
    write_text("work/x", "");
    work = fixture_path(folder, "work");
    image = fixture_path(folder, "kernel");
    root = fixture_path(folder, "kit");
    cr_assert(kit_find(root, &kit, &err) == 0, "%s", err.message);
    free(root);
    cr_assert(chmod(image, 0644) == 0, "chmod");
}

static void teardown(void)
{
    record_clear(&record);
    kit_free(&kit);
    fixture_remove(folder);
    free(folder);
    free(work);
    free(image);
}

TestSuite(run, .init = setup, .fini = teardown, .timeout = 60);

static void write_program(const char *script)
{
    static const char name[] = "kit/build/tests/suites/lab0-test";
    char *path = fixture_path(folder, name), *text = NULL;

    cr_assert(asprintf(&text,
                       "#!/usr/bin/bash\n"
                       "pass() { echo '{\"test\":\"'$1'\",\"status\":\"pass\"}'"
                       " >>/out/record.jsonl; }\n%s\n",
                       script) > 0,
              "out of memory");
    write_text(name, text);
    cr_assert(chmod(path, 0755) == 0, "chmod");
    free(path);
    free(text);
}

static int run(const char *script)
{
    struct build build = {.image = image, .symbols = image};

    write_program(script);
    write_text("kit/build/initrd.img", "ramdisk");
    return run_suite(&kit, &lab, &build, &options, work, &record, &err);
}

static void expect_statuses(enum test_status one, enum test_status two)
{
    cr_assert(record.ntests == 2, "%zu tests", record.ntests);
    cr_assert(strcmp(record.tests[0].name, "s::one") == 0 &&
                  strcmp(record.tests[1].name, "s::two") == 0,
              "the lab's order");
    cr_assert(record.tests[0].status == one && record.tests[1].status == two,
              "expected %s and %s, saw %s and %s", test_status_word(one),
              test_status_word(two), test_status_word(record.tests[0].status),
              test_status_word(record.tests[1].status));
}

static void expect_our_fault(const char *script, const char *words)
{
    cr_assert(run(script) == ERROR_INFRA, "must be INFRA");
    cr_assert(strstr(err.message, words) != NULL,
              "expected \"%s\" in the sentence, saw: %s", words, err.message);
}

Test(run, lines_are_put_in_the_labs_order)
{
    cr_assert(run("pass s::two; pass s::one") == 0, "%s", err.message);
    expect_statuses(TEST_PASS, TEST_PASS);
}

Test(run, program_gets_what_the_contract_says)
{
    options.jobs = 3;
    options.only = "s::one";
    cr_assert(run("[ \"$*\" = \"--kernel /judge/kernel --symbols "
                  "/judge/kernel.elf --initrd /judge/initrd --qemu $8 "
                  "--out /out --seed "
                  "abcd000000000000000000000000000000000000000000000000000000"
                  "000000 --jobs 3 --sandbox bwrap --only s::one\" ] || "
                  "{ echo \"$*\"; exit 3; }\n"
                  "[ \"$(cat $2 $4)\" = $'an image\\nan image' ] && "
                  "pass s::one") == 0,
              "%s", err.message);
    expect_statuses(TEST_PASS, TEST_NOT_RUN);
}

Test(run, test_without_a_line_is_our_fault)
{
    cr_assert(run("pass s::one") == 0, "%s", err.message);
    expect_statuses(TEST_PASS, TEST_INFRA_ERROR);
}

Test(run, crash_keeps_what_was_recorded)
{
    cr_assert(run("pass s::one; kill -SEGV $$") == 0, "%s", err.message);
    expect_statuses(TEST_PASS, TEST_INFRA_ERROR);
}

Test(run, second_line_for_a_test_takes_its_verdict)
{
    cr_assert(run("pass s::one; pass s::two; pass s::one") == 0, "%s",
              err.message);
    expect_statuses(TEST_INFRA_ERROR, TEST_PASS);
}

Test(run, cut_last_line_does_not_count)
{
    cr_assert(run("pass s::one; printf '{\"test\":\"s::two\",\"status\":"
                  "\"pass\"}' >>/out/record.jsonl") == 0,
              "%s", err.message);
    expect_statuses(TEST_PASS, TEST_INFRA_ERROR);
}

Test(run, program_that_records_nothing_is_an_error)
{
    expect_our_fault("echo no QEMU here; exit 3",
                     "exit code 3 and recorded nothing: no QEMU here");
}

Test(run, unknown_test_is_an_error)
{
    expect_our_fault("pass s::one; pass s::three", "s::three");
}

Test(run, broken_line_is_an_error)
{
    expect_our_fault("pass s::one; echo nonsense >>/out/record.jsonl", "");
}

Test(run, link_instead_of_a_record_is_an_error)
{
    expect_our_fault("ln -s /etc/passwd /out/record.jsonl", "record.jsonl");
}

Test(run, missing_program_is_an_error)
{
    struct build build = {.image = image, .symbols = image};

    cr_assert(run_suite(&kit, &lab, &build, &options, work, &record, &err) ==
                  ERROR_INFRA,
              "must be INFRA");
    cr_assert(strstr(err.message, "suites/lab0-test") != NULL, "saw: %s",
              err.message);
}

Test(run, missing_ramdisk_is_an_error)
{
    struct build build = {.image = image, .symbols = image};

    write_program("pass s::one");
    cr_assert(run_suite(&kit, &lab, &build, &options, work, &record, &err) ==
                  ERROR_INFRA,
              "must be INFRA");
    cr_assert(strstr(err.message, "initrd.img") != NULL, "saw: %s",
              err.message);
}

Test(run, program_is_told_where_the_ramdisk_is)
{
    cr_assert(run("while [ $# -gt 1 ]; do\n"
                  "    [ $1 = --initrd ] && grep -q ramdisk $2 && pass s::one\n"
                  "    shift\n"
                  "done") == 0,
              "%s", err.message);
    expect_statuses(TEST_PASS, TEST_INFRA_ERROR);
}

Test(run, program_cannot_see_the_kit)
{
    char *line = NULL;
    cr_assert(asprintf(&line, "[ -e %s ] || pass s::one", kit.root) > 0,
              "out of memory");
    cr_assert(run(line) == 0, "%s", err.message);
    expect_statuses(TEST_PASS, TEST_INFRA_ERROR);
    free(line);
}

/* Names. */

static int check_names(const char *script)
{
    write_program(script);
    return run_check_names(&kit, &lab, &err);
}

Test(run, equal_names_pass)
{
    cr_assert(check_names("echo s::two; echo s::one") == 0, "%s", err.message);
}

Test(run, points_without_a_test_are_an_error)
{
    cr_assert(check_names("echo s::one") == ERROR_USAGE, "must be USAGE");
    cr_assert(strstr(err.message, "gives points for s::two") != NULL, "saw: %s",
              err.message);
}

Test(run, test_without_points_is_an_error)
{
    cr_assert(check_names("echo s::one; echo s::two; echo s::three") ==
                  ERROR_USAGE,
              "must be USAGE");
    cr_assert(strstr(err.message, "has s::three") != NULL, "saw: %s",
              err.message);
}

Test(run, program_that_cannot_list_is_our_fault)
{
    cr_assert(check_names("exit 1") == ERROR_INFRA, "must be INFRA");
}

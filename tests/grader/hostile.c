/*
 * Ring-0 attacks: what a submission's code may do once it runs in the guest.
 *
 * Each attack is a patch on the reference (tests/hostile/page_alloc), graded by
 * mmgrade as a student's would be. None may gain a point by it, cost another
 * test its verdict, or show a student what the host asked.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

#define PATH_BYTES 4096

static char *folder;
static char root[PATH_BYTES];
static char program[PATH_BYTES];

static void setup(void)
{
    char self[PATH_BYTES] = "";

    cr_assert(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0,
              "where is this test?");
    snprintf(root, sizeof(root), "%s",
             dirname(dirname(dirname(dirname(self)))));
    snprintf(program, sizeof(program), "%.4000s/build/mmgrade", root);
    if (getenv("MMGRADE_PROGRAM")) {
        snprintf(program, sizeof(program), "%s", getenv("MMGRADE_PROGRAM"));
        cr_assert(setenv("MMGRADE_KIT", root, 1) == 0, "setenv");
    }
    folder = fixture_folder();
}

static void teardown(void)
{
    fixture_remove(folder);
    free(folder);
}

TestSuite(hostile, .init = setup, .fini = teardown);

static int run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Our own fixed words and paths only: a shell is fine here. */
static int run(const char *format, ...)
{
    char command[3 * PATH_BYTES];
    va_list args;
    int status;

    va_start(args, format);
    vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Grades what is in the folder, on one test, or on all for only == NULL. */
static json_t *grade_folder(const char *only)
{
    char path[PATH_BYTES];
    json_t *result;

    run("%s grade --lab lab1-buddy --json --staff %s %s %s/s "
        ">%s/result 2>%s/errors",
        program, only == NULL ? "" : "--only", only == NULL ? "" : only, folder,
        folder, folder);
    snprintf(path, sizeof(path), "%s/result", folder);
    result = json_load_file(path, 0, NULL);
    cr_assert(result != NULL, "mmgrade gave no result");
    return result;
}

static json_t *grade(const char *attack, const char *only)
{
    cr_assert(run("mkdir -p %s/s/mm && cp %s/reference/mm/page_alloc.c "
                  "%s/s/mm/ && patch -s -d %s/s -p1 "
                  "<%s/tests/hostile/page_alloc/%s.patch",
                  folder, root, folder, folder, root, attack) == 0,
              "the patch %s no longer applies to the reference", attack);
    return grade_folder(only);
}

static const json_t *test_of(const json_t *result, const char *name)
{
    const json_t *tests = json_object_get(result, "tests");
    const json_t *test;
    size_t i;

    json_array_foreach(tests, i, test)
    {
        if (strcmp(json_string_value(json_object_get(test, "name")), name) == 0)
            return test;
    }
    cr_assert_fail("the result has no test %s", name);
    return NULL;
}

static const char *text_of(const json_t *test, const char *key)
{
    const char *value = json_string_value(json_object_get(test, key));

    return value == NULL ? "" : value;
}

static void expect_status(const char *attack, const char *status)
{
    json_t *result = grade(attack, "buddy::aligned_to_order");
    const json_t *test = test_of(result, "buddy::aligned_to_order");

    cr_assert_str_eq(text_of(test, "status"), status,
                     "%s: the verdict is %s, not %s", attack,
                     text_of(test, "status"), status);
    json_decref(result);
}

Test(hostile, printed_verdicts_gain_and_cost_nothing)
{
    json_t *result = grade("prints-verdicts", NULL);
    char *dump = json_dumps(result, 0);

    cr_assert_eq(json_integer_value(json_object_get(result, "score")), 100,
                 "a right solution that prints lost points");
    cr_assert_null(strstr(dump, "::set-output"),
                   "the guest's console is in the result");
    free(dump);
    json_decref(result);
}

Test(hostile, printing_instead_of_working_gains_nothing)
{
    json_t *result;

    run("mkdir -p %s/s/mm && sed 's/STUB(.*);/printk(\"PASS 100\\\\n\");/' "
        "%s/skeleton/mm/page_alloc.c >%s/s/mm/page_alloc.c",
        folder, root, folder);
    result = grade_folder(NULL);
    cr_assert_eq(json_integer_value(json_object_get(result, "score")), 0,
                 "functions that only print PASS scored %lld",
                 json_integer_value(json_object_get(result, "score")));
    cr_assert_eq(json_integer_value(json_object_get(result, "ungraded")), 0,
                 "%lld points are undecided",
                 json_integer_value(json_object_get(result, "ungraded")));
    json_decref(result);
}

Test(hostile, one_frame_for_ever_gains_next_to_nothing)
{
    json_t *result = grade("hands-out-one-frame-for-ever", NULL);

    cr_assert_lt(json_integer_value(json_object_get(result, "score")), 40,
                 "an allocator that only keeps the counters scored %lld",
                 json_integer_value(json_object_get(result, "score")));
    json_decref(result);
}

Test(hostile, console_flood_is_a_timeout)
{
    expect_status("floods-console", "timeout");
}

Test(hostile, hang_with_interrupts_off_names_the_call)
{
    json_t *result =
        grade("hangs-with-interrupts-off", "buddy::aligned_to_order");
    const json_t *test = test_of(result, "buddy::aligned_to_order");

    cr_assert_str_eq(text_of(test, "status"), "timeout", "verdict: %s",
                     text_of(test, "status"));
    cr_assert_str_eq(text_of(test, "hung_in"), "alloc_pages(GFP_KERNEL, 0)",
                     "hung in: %s", text_of(test, "hung_in"));
    json_decref(result);
}

Test(hostile, frames_that_do_not_exist_never_become_our_fault)
{
    json_t *result = grade("grows-the-zone", NULL);

    cr_assert_eq(json_integer_value(json_object_get(result, "ungraded")), 0,
                 "%lld points are undecided",
                 json_integer_value(json_object_get(result, "ungraded")));
    cr_assert_lt(json_integer_value(json_object_get(result, "score")), 60,
                 "scored %lld",
                 json_integer_value(json_object_get(result, "score")));
    json_decref(result);
}

Test(hostile, halted_processor_is_a_timeout)
{
    expect_status("halts", "timeout");
}

Test(hostile, triple_fault_is_a_crash)
{
    expect_status("triple-faults", "crash");
}

Test(hostile, stack_overflow_is_reported_with_its_function)
{
    json_t *result = grade("overflows-the-stack", "buddy::aligned_to_order");
    const json_t *test = test_of(result, "buddy::aligned_to_order");

    cr_assert_str_eq(text_of(test, "status"), "crash", "verdict: %s",
                     text_of(test, "status"));
    cr_assert_not_null(strstr(text_of(test, "oops"), "double fault"),
                       "the oops does not say double fault: %s",
                       text_of(test, "oops"));
    cr_assert_not_null(strstr(text_of(test, "oops"), "__alloc_pages+"),
                       "the oops does not name the function: %s",
                       text_of(test, "oops"));
    json_decref(result);
}

Test(hostile, oops_costs_its_own_tests_alone)
{
    json_t *result = grade("writes-to-null-at-order-3", NULL);
    const json_t *test = test_of(result, "buddy::aligned_to_order");
    const char *oops = text_of(test, "oops");

    cr_assert_str_eq(text_of(test, "status"), "crash", "verdict: %s",
                     text_of(test, "status"));
    cr_assert_not_null(strstr(oops, "(mm/page_alloc.c:"),
                       "no file and line in the oops: %s", oops);
    cr_assert_not_null(strstr(oops, "alloc_pages+"), "no backtrace: %s", oops);
    cr_assert_gt(json_integer_value(json_object_get(result, "score")), 40,
                 "other tests suffered");
    json_decref(result);
}

Test(hostile, bytes_on_the_agents_line_fail_the_test)
{
    expect_status("talks-on-the-agents-line", "fail");
}

Test(hostile, replies_sent_ahead_fail_the_test)
{
    expect_status("sends-replies-ahead", "fail");
}

Test(hostile, rewritten_code_fails_the_test)
{
    expect_status("rewrites-given-code", "fail");
}

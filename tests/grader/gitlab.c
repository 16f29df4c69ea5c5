/*
 * GitLab's Code Quality report: each of its documented constraints.
 */
#include "sample_results.h"

TestSuite(gitlab, .timeout = 60);

static const struct export_options no_options = {0};

/* The report on one result with these messages of the build. */
static json_t *report_on(const char *messages)
{
    json_t *result = sample_result(NULL);
    json_t *report = NULL;
    char *text = NULL;

    set_build(result, "build-failed", messages);
    text = text_of(&export_gitlab, &no_options, result, NULL);
    cr_expect(text[0] == '[', "one array, without a byte order mark");
    report = json_loads(text, 0, NULL);
    cr_assert(json_is_array(report), "it is JSON:\n%s", text);
    free(text);
    return report;
}

static const char *text_at(const json_t *report, size_t i, const char *key)
{
    const char *text =
        json_string_value(json_object_get(json_array_get(report, i), key));

    return text ? text : "";
}

static const json_t *location(const json_t *report, size_t i)
{
    return json_object_get(json_array_get(report, i), "location");
}

static const char *path_at(const json_t *report, size_t i)
{
    const char *path =
        json_string_value(json_object_get(location(report, i), "path"));

    return path ? path : "";
}

static json_int_t line_at(const json_t *report, size_t i)
{
    const json_t *lines = json_object_get(location(report, i), "lines");

    return json_integer_value(json_object_get(lines, "begin"));
}

Test(gitlab, finding_has_all_that_is_required)
{
    json_t *report =
        report_on("mm/page_alloc.c: In function 'expand':\n"
                  "mm/page_alloc.c:86:31: error: expected ';'\n"
                  "mm/page_alloc.c:90:1: warning: 'x' is not used\n"
                  "mm/page_alloc.c:91:1: note: declared here\n");

    cr_assert_eq(json_array_size(report), 2);
    cr_expect_str_eq(text_at(report, 0, "description"),
                     "lab1-buddy: expected ';'");
    cr_expect_str_eq(text_at(report, 0, "check_name"), "mmgrade/build-error");
    cr_expect_str_eq(text_at(report, 0, "severity"), "blocker");
    cr_expect_str_eq(text_at(report, 1, "severity"), "minor");
    cr_expect_str_eq(path_at(report, 0), "mm/page_alloc.c");
    cr_expect_eq(line_at(report, 0), 86);
    cr_expect_eq(strlen(text_at(report, 0, "fingerprint")), 64);
    json_decref(report);
}

Test(gitlab, fingerprints_are_unique)
{
    json_t *report = report_on("mm/page_alloc.c:8:3: error: expected ';'\n"
                               "mm/page_alloc.c:9:3: error: expected ';'\n");

    cr_assert_eq(json_array_size(report), 2);
    cr_expect_str_neq(text_at(report, 0, "fingerprint"),
                      text_at(report, 1, "fingerprint"));
    json_decref(report);
}

Test(gitlab, fingerprint_stays_when_lines_move)
{
    json_t *before = report_on("mm/page_alloc.c:8:3: error: expected ';'\n");
    json_t *after = report_on("mm/page_alloc.c:99:7: error: expected ';'\n");

    cr_expect_str_eq(text_at(before, 0, "fingerprint"),
                     text_at(after, 0, "fingerprint"));
    json_decref(before);
    json_decref(after);
}

Test(gitlab, same_finding_twice_is_one)
{
    json_t *report = report_on("mm/page_alloc.c:8:3: error: expected ';'\n"
                               "mm/page_alloc.c:8:3: error: expected ';'\n");

    cr_expect_eq(json_array_size(report), 1);
    json_decref(report);
}

Test(gitlab, only_the_students_own_files_are_marked)
{
    json_t *report =
        report_on("include/mm.h:8:3: error: in a given header\n"
                  "mm/slab.c:8:3: error: of another lab\n"
                  "./mm/page_alloc.c:8:3: error: another name\n"
                  "/etc/passwd:1:1: error: nonsense\n"
                  "mm/page_alloc.c.evil:1:1: error: begins like ours\n"
                  "../mm/page_alloc.c:1:1: error: above\n");

    cr_expect_eq(json_array_size(report), 0);
    json_decref(report);
}

Test(gitlab, finding_without_a_line_is_at_the_first)
{
    json_t *report = report_on("mm/page_alloc.c: expand is missing\n");

    cr_assert_eq(json_array_size(report), 1);
    cr_expect_eq(line_at(report, 0), 1);
    json_decref(report);
}

Test(gitlab, line_that_is_no_number_is_not_believed)
{
    json_t *report =
        report_on("mm/page_alloc.c:99999999999999999999:1: error: far\n"
                  "mm/page_alloc.c:0:0: error: zero\n"
                  "mm/page_alloc.c:-5:1: error: below\n");

    for (size_t i = 0; i < json_array_size(report); i++) {
        cr_expect(line_at(report, i) == 1, "line %lld",
                  (long long)line_at(report, i));
    }
    json_decref(report);
}

Test(gitlab, crash_is_marked_in_the_innermost_line_of_theirs)
{
    char *text = text_of(&export_gitlab, &no_options, sample_of_all(), NULL);
    json_t *report = json_loads(text, 0, NULL);

    cr_assert_eq(json_array_size(report), 1);
    cr_expect_eq(line_at(report, 0), 88);
    cr_expect_str_eq(text_at(report, 0, "severity"), "critical");
    cr_expect_str_eq(text_at(report, 0, "description"),
                     "lab1-buddy: BUG in expand() (buddy::crashes: "
                     "buddy::crashes)");
    json_decref(report);
    free(text);
}

Test(gitlab, nothing_found_is_an_empty_list)
{
    char *text =
        text_of(&export_gitlab, &no_options,
                sample_result(sample_test("a::b", "pass"), NULL), NULL);

    cr_expect_str_eq(text, "[]");
    free(text);
}

Test(gitlab, what_is_no_list_of_results_is_refused)
{
    expect_refusals(&export_gitlab);
}

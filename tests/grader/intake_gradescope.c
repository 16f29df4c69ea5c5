/*
 * The intake of an export of Gradescope, whose metadata say whose is what.
 */
#include "handing.h"

TestSuite(intake_gradescope, .init = set_up, .fini = tear_down, .timeout = 60);

#define EXPORT "assignment_77_export/"

static const char metadata[] =
    "---\n"
    "submission_1:\n"
    "  :submitters:\n"
    "  - :name: Ann Lee\n"
    "    :sid: '2026001'\n"
    "    :email: someone@example.edu\n"
    "  :created_at: 2026-03-01 15:59:00.123456000 Z\n"
    "  :score: 10.0\n"
    "  :results:\n"
    "    tests: [{name: submitters, output: ':sid: 2026002'}]\n"
    "  :history:\n"
    "  - :id: 5\n"
    "    :submitters:\n"
    "    - :name: Zoe\n"
    "      :sid: '2026005'\n"
    "submission_2:\n"
    "  :submitters:\n"
    "  - :name: Bob\n"
    "    :sid: ''\n"
    "    :email: BOB@example.edu\n"
    "  - :name: Wei Zhang\n"
    "    :sid: 2026004\n"
    "  :created_at: 2026-03-01 15:59:00.5 -08:00\n"
    "submission_3:\n"
    "  :submitters:\n"
    "  - :name: 王小明\n"
    "    :sid: '999'\n"
    "submission_4:\n"
    "  :submitters:\n"
    "  - :name: Mallory\n"
    "    :sid: '666'\n";

Test(intake_gradescope, gradescope_metadata_says_whose_a_folder_is)
{
    hand(EXPORT "submission_metadata.yml", metadata);
    hand(EXPORT "submission_1/" LAB_FILE, "int ann;\n");
    hand_archive(EXPORT "submission_2/lab1.zip", "int pair;\n");
    hand(EXPORT "submission_3/page_alloc.c", "int wang;\n");
    hand(EXPORT "submission_4/page_alloc.c", "int m;\n");
    hand(EXPORT "submission_5/page_alloc.c", "int nobody;\n");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        expect_download(LAYOUT_GRADESCOPE, shape);
        cr_expect_eq(found.count, 3, "Ann and a group, not %zu", found.count);
        expect_work("2026001", "int ann;\n");
        expect_work("2026002", "int pair;\n");
        expect_work("2026004", "int pair;\n");
        cr_expect_eq(item_of("2026001")->submitted, 1772380740, "UTC");
        cr_expect_eq(item_of("2026002")->submitted, 1772380740 + 8 * 3600,
                     "another zone");
        expect_list("ambiguous", found.ambiguous, 1,
                    "submission_3 is of 王小明 (999), who has the name of "
                    "王小明 (2026006) but another id");
        expect_list("unknown", found.unknown, 2, "submission_4: of Mallory");
        expect_list("unknown", found.unknown, 2, "submission_5: not in");
        expect_missing("2026003 2026005");
    }
}

Test(intake_gradescope, gradescope_newest_of_several_counts)
{
    hand("submission_metadata.yml",
         "submission_1:\n"
         "  :submitters:\n"
         "  - :name: Ann Lee\n"
         "    :sid: ann\n"
         "  :created_at: !ruby/object:ActiveSupport::TimeWithZone\n"
         "    utc: &1 2026-03-02 10:00:00.000000000 Z\n"
         "    zone: UTC\n"
         "submission_2:\n"
         "  :submitters:\n"
         "  - :name: Ann Lee\n"
         "    :sid: ann\n"
         "  :created_at: 2026-03-01 10:00:00.000000000 Z\n");
    hand("submission_1/page_alloc.c", "int new;\n");
    hand("submission_2/page_alloc.c", "int old;\n");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        expect_download(LAYOUT_GRADESCOPE, shape);
        cr_assert_eq(found.count, 1, "one");
        expect_work("2026001", "int new;\n");
    }
}

Test(intake_gradescope, gradescope_without_good_metadata_is_refused)
{
    hand("submission_1/page_alloc.c", "int a;\n");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        cr_expect_eq(read_download(LAYOUT_GRADESCOPE, shape), ERROR_USAGE,
                     "no metadata");
        cr_expect(strstr(err.message, "submission_metadata.yml"), "%s",
                  err.message);
    }
    hand("submission_metadata.yml", "a: [b\nc: d\n");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        cr_expect_eq(read_download(LAYOUT_GRADESCOPE, shape), ERROR_USAGE,
                     "not YAML");
        cr_expect(strstr(err.message, "submission_metadata.yml:2:"), "%s",
                  err.message);
    }
}

Test(intake_gradescope, gradescope_metadata_of_odd_shape_joins_nobody)
{
    static const char *const odd[] = {
        "[]\n",
        "a\n",
        "- submission_1\n",
        "submission_1: [x]\n",
        "submission_1:\n  submitters: ann\n",
        "submission_1:\n  submitters:\n  - - sid: ann\n",
        "submission_1:\n  submitters:\n  - x\n  - a:\n      sid: ann\n",
        "submission_1:\n  submitters:\n    a:\n      sid: ann\n",
        "submission_1:\n  ? [submitters]\n  :\n  - sid: ann\n",
        "? [submission_1]\n:\n  submitters:\n  - sid: ann\n",
        "submission_1:\n  x:\n    submitters:\n    - sid: ann\n",
        "submission_1:\n  submitters:\n  - sid: *nobody\n",
    };

    hand("submission_1/page_alloc.c", "int a;\n");
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        hand("submission_metadata.yml", odd[i]);
        int rc = read_download(LAYOUT_GRADESCOPE, UNPACKED);
        cr_expect(rc == 0 || rc == ERROR_USAGE, "%s", err.message);
        cr_expect(!strstr(err.message, "not YAML"), "%s: %s", odd[i],
                  err.message);
        cr_expect_eq(found.count, 0, "nobody's: %s", odd[i]);
    }
}

/*
 * The intake of a classroom's repositories, which are named
 * ASSIGNMENT-LOGIN.
 */
#include "handing.h"

TestSuite(intake_classroom, .init = set_up, .fini = tear_down, .timeout = 60);

Test(intake_classroom, classroom_assignment_is_what_all_names_agree_on)
{
    class_students[2].login = "b"; /* the end of zoe-b */
    hand("week-1-ann/" LAB_FILE, "int ann;\n");
    hand("week-1-zoe-b/" LAB_FILE, "int zoe;\n");
    hand("week-1-bob_roe/" LAB_FILE, "int bob;\n");
    hand("week-1-mallory-b/" LAB_FILE, "int m;\n");
    hand("other-ann/" LAB_FILE, "int other;\n");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        expect_download(LAYOUT_CLASSROOM, shape);
        expect_work("2026001", "int ann;\n");
        expect_work("2026005", "int zoe;\n");
        expect_work("2026002", "int bob;\n");
        cr_expect_null(item_of("2026003"), "b has nothing");
        expect_list("unknown", found.unknown, 2, "week-1-mallory-b");
        expect_list("unknown", found.unknown, 2, "other-ann");
    }
}

Test(intake_classroom, classroom_assignment_may_be_the_labs_name_or_be_given)
{
    hand("lab1-buddy-ann/" LAB_FILE, "int ann;\n");
    expect_download(LAYOUT_CLASSROOM, UNPACKED);
    expect_work("2026001", "int ann;\n");
    forget();
    hand("week-1-zoe-b/" LAB_FILE, "int zoe;\n");
    lab.source.assignment = "week-1";
    expect_download(LAYOUT_CLASSROOM, ZIPPED);
    expect_work("2026005", "int zoe;\n");
    lab.source.assignment = "week-2";
    cr_expect_eq(read_download(LAYOUT_CLASSROOM, ZIPPED), ERROR_USAGE,
                 "nothing is of week-2");
}

Test(intake_classroom, classroom_with_one_repository_is_not_guessed)
{
    hand("week-1-ann/" LAB_FILE, "int ann;\n");
    expect_download(LAYOUT_CLASSROOM, UNPACKED);
    cr_expect_eq(found.count, 0, "the assignment could be week-1 or other");
    expect_list("ambiguous", found.ambiguous, 1, "write the assignment's name");
    expect_missing("2026002 2026003 2026004 2026005 2026006");
}

Test(intake_classroom, classroom_names_that_do_not_agree_are_not_guessed)
{
    hand("week-1-ann/" LAB_FILE, "int ann;\n");
    hand("week-1-bob_roe/" LAB_FILE, "int bob;\n");
    hand("week-2-wzhang/" LAB_FILE, "int wei;\n");
    hand("week-2-weiz/" LAB_FILE, "int zhang;\n");
    expect_download(LAYOUT_CLASSROOM, UNPACKED);
    cr_expect_eq(found.count, 0, "which of the two weeks is it?");
    expect_list("ambiguous", found.ambiguous, 4, "week-2-weiz may be of Wei");
}

Test(intake_classroom, classroom_branch_goes_with_the_repositories)
{
    lab.source.ref = "main";
    hand("lab1-buddy-ann/.git/HEAD", "ref: refs/heads/main\n");
    hand_archive("lab1-buddy-ann/old.zip", "int old;\n");
    expect_download(LAYOUT_CLASSROOM, UNPACKED);
    cr_assert_eq(found.count, 1, "Ann");
    cr_expect_str_eq(found.items[0].ref, "main", "branch");
    cr_expect(strstr(found.items[0].where, "lab1-buddy-ann"), "where");
    cr_expect(!strstr(found.items[0].where, "old.zip"), "the repository");
    cr_expect_eq(read_download(LAYOUT_CLASSROOM, ZIPPED), ERROR_USAGE,
                 "a zip has no branches");
}

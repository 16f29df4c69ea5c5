/*
 * The intake of what Moodle, Canvas and Blackboard name: whose is what,
 * unpacked and as a zip.
 */
#include "handing.h"

TestSuite(intake_platforms, .init = set_up, .fini = tear_down, .timeout = 60);

/* --- Moodle ----------------------------------------------------------------
 */

Test(intake_platforms, moodle_folders_are_joined_by_full_name)
{
    hand_archive("Ann Lee_1234567_assignsubmission_file/lab1.zip",
                 "int ann;\n");
    hand("bob  ROE_1234568_assignsubmission_file_/" LAB_FILE, "int bob;\n");
    hand("王小明_1234569_assignsubmission_file/page_alloc.c", "int wang;\n");
    /* decomposed: e and a diaeresis */
    hand_archive("Zoe\xcc\x88 van der Berg_1_assignsubmission_file/a.tar.gz",
                 "int zoe;\n");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        expect_download(LAYOUT_MOODLE, shape);
        expect_work("2026001", "int ann;\n");
        expect_work("2026002", "int bob;\n");
        expect_work("2026005", "int zoe;\n");
        expect_work("2026006", "int wang;\n");
        expect_missing("2026003 2026004");
        expect_list("unknown", found.unknown, 0, "");
    }
}

Test(intake_platforms, moodle_name_may_have_the_family_name_first)
{
    class_students[1].name = "Roe, Bob";
    hand("Lee, Ann_1_assignsubmission_file/page_alloc.c", "int ann;\n");
    hand("Bob Roe_2_assignsubmission_file/page_alloc.c", "int bob;\n");
    hand("Roe Bob_3_assignsubmission_file/page_alloc.c", "int other;\n");
    expect_download(LAYOUT_MOODLE, UNPACKED);
    expect_work("2026001", "int ann;\n");
    expect_work("2026002", "int bob;\n");
    expect_list("unknown", found.unknown, 1, "Roe Bob_3");
}

Test(intake_platforms, moodle_without_folders_is_files_side_by_side)
{
    hand_archive("Ann Lee_11_assignsubmission_file_lab1_final.zip",
                 "int ann;\n");
    hand("Bob Roe_12_assignsubmission_file_page_alloc.c", "int bob;\n");
    hand("Bob Roe_12_assignsubmission_file_notes.txt", "notes");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        expect_download(LAYOUT_MOODLE, shape);
        expect_work("2026001", "int ann;\n");
        expect_work("2026002", "int bob;\n");
    }
}

Test(intake_platforms, moodle_namesakes_are_ambiguous)
{
    hand_archive("Wei Zhang_11_assignsubmission_file/lab1.zip", "int a;\n");
    hand_archive("Wei Zhang_12_assignsubmission_file/lab1.zip", "int b;\n");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        expect_download(LAYOUT_MOODLE, shape);
        cr_expect_eq(found.count, 0, "no guess");
        expect_list("ambiguous", found.ambiguous, 2,
                    "Wei Zhang_11_assignsubmission_file fits Wei Zhang "
                    "(2026003) and Wei Zhang (2026004)");
        expect_missing("2026001 2026002 2026005 2026006");
        for (size_t i = 0; i < class_roster.count; i++) {
            bool doubted = i == 2 || i == 3;
            cr_expect_eq(found.doubts[i] != NULL, doubted, "student %zu", i);
        }
        cr_expect_str_eq(found.doubts[2], found.ambiguous[1], "the sentence");
    }
}

/* Not all of them are named, and none of them is missing for sure. */
Test(intake_platforms, many_namesakes_leave_nobody_sure)
{
    for (size_t i = 0; i < class_roster.count; i++) {
        class_students[i].name = "Wei Zhang";
    }
    hand_archive("Wei Zhang_11_assignsubmission_file/lab1.zip", "int a;\n");
    expect_download(LAYOUT_MOODLE, UNPACKED);
    expect_list("ambiguous", found.ambiguous, 1, " and others");
    for (size_t i = 0; i < class_roster.count; i++) {
        cr_expect_not_null(found.doubts[i], "student %zu", i);
    }
}

Test(intake_platforms, moodle_namesakes_are_told_apart_by_an_id_in_the_name)
{
    hand_archive("2026003_11_assignsubmission_file/lab1.zip", "int a;\n");
    hand_archive("weiz_12_assignsubmission_file/lab1.zip", "int b;\n");
    expect_download(LAYOUT_MOODLE, UNPACKED);
    expect_work("2026003", "int a;\n");
    expect_work("2026004", "int b;\n");
}

Test(intake_platforms, moodle_online_texts_and_strangers_are_listed)
{
    hand("Ann Lee_11_assignsubmission_onlinetext/onlinetext.html", "<p>");
    hand_archive("Mallory_12_assignsubmission_file/lab1.zip", "int m;\n");
    hand("grades.csv", "a,b");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        expect_download(LAYOUT_MOODLE, shape);
        cr_expect_eq(found.count, 0, "nobody");
        expect_list("unknown", found.unknown, 3, "a text typed into Moodle");
        expect_list("unknown", found.unknown, 3, "Mallory_12");
    }
}

/* A student can choose a file's name, and often the name shown. */
Test(intake_platforms, moodle_name_chosen_to_look_like_anothers_is_not_anothers)
{
    hand_archive("Mallory_11_assignsubmission_file_Ann "
                 "Lee_12_assignsubmission_file_x.zip",
                 "int m;\n");
    hand_archive("Bob Roe_13_assignsubmission_file_x_14_assignsubmission_file/"
                 "x.zip",
                 "int m;\n");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        expect_download(LAYOUT_MOODLE, shape);
        cr_expect_eq(found.count, 0, "neither Ann's nor Bob's");
        expect_list("unknown", found.unknown, 2, "Mallory_11");
    }
}

Test(intake_platforms, attachments_that_need_a_choice_are_ambiguous)
{
    hand_archive("Ann Lee_11_assignsubmission_file/lab1.zip", "int a;\n");
    hand("Ann Lee_11_assignsubmission_file/page_alloc.c", "int b;\n");
    hand_archive("Bob Roe_12_assignsubmission_file_a.zip", "int a;\n");
    hand_archive("Bob Roe_12_assignsubmission_file_b.zip", "int b;\n");
    hand_archive("王小明_13_assignsubmission_file_a.zip", "int a;\n");
    hand("王小明_13_assignsubmission_file_page_alloc.c", "int b;\n");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        expect_download(LAYOUT_MOODLE, shape);
        cr_expect_eq(found.count, 0, "no guess");
        expect_list("ambiguous", found.ambiguous, 3,
                    "Ann Lee (2026001) has handed in an archive and sources");
        expect_list("ambiguous", found.ambiguous, 3,
                    "王小明 (2026006) has handed in an archive and sources");
        expect_list("ambiguous", found.ambiguous, 3,
                    "several archives: a.zip, b.zip");
    }
}

/* --- Canvas ----------------------------------------------------------------
 */

Test(intake_platforms, canvas_files_are_joined_by_sortable_name)
{
    hand_archive("leeann_LATE_4711_990001_lab1.zip", "int ann;\n");
    hand_archive("roebob_4712_990002_my_lab_1_final.tar.gz", "int bob;\n");
    hand_archive("vanderbergzoë_4713_990003_lab1.zip", "int zoe;\n");
    hand_archive("王小明_4714_990004_lab1.zip", "int wang;\n");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        expect_download(LAYOUT_CANVAS, shape);
        expect_work("2026001", "int ann;\n");
        expect_work("2026002", "int bob;\n");
        expect_work("2026005", "int zoe;\n");
        expect_work("2026006", "int wang;\n");
        expect_missing("2026003 2026004");
    }
}

Test(intake_platforms, canvas_number_of_the_roster_tells_namesakes_apart)
{
    hand_archive("zhangwei_2026003_990001_lab1.zip", "int a;\n");
    hand_archive("zhangwei_2026004_990002_lab1.zip", "int b;\n");
    hand_archive("2026001_4711_990003_lab1.zip", "int renamed;\n");
    expect_download(LAYOUT_CANVAS, UNPACKED);
    expect_work("2026001", "int renamed;\n");
    expect_work("2026003", "int a;\n");
    expect_work("2026004", "int b;\n");
}

Test(intake_platforms, canvas_number_and_name_must_agree)
{
    hand_archive("zhangwei_77_990001_lab1.zip", "int a;\n");
    hand_archive("leeann_2026002_990002_lab1.zip", "int b;\n");
    expect_download(LAYOUT_CANVAS, UNPACKED);
    cr_expect_eq(found.count, 0, "no guess");
    expect_list("ambiguous", found.ambiguous, 2,
                "zhangwei_77_990001_lab1.zip fits Wei Zhang (2026003) and Wei "
                "Zhang (2026004)");
    expect_list("ambiguous", found.ambiguous, 2,
                "the number 2026002 and the name are not those of one student: "
                "Ann Lee (2026001) and Bob Roe (2026002)");
    expect_missing("2026005 2026006");
}

Test(intake_platforms, canvas_newest_version_of_a_file_counts)
{
    hand_archive("leeann_1_11_lab1.zip", "int old;\n");
    hand_archive("leeann_1_12_lab1-2.zip", "int older;\n");
    hand_archive("leeann_LATE_1_13_lab1-10.zip", "int new;\n");
    hand("roebob_2_14_page_alloc.c", "int old;\n");
    hand("roebob_2_15_page_alloc-1.c", "int new;\n");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        expect_download(LAYOUT_CANVAS, shape);
        expect_work("2026001", "int new;\n");
        expect_work("2026002", "int new;\n");
    }
}

Test(intake_platforms, canvas_name_chosen_to_look_like_anothers_is_not_anothers)
{
    hand_archive("mallory_9_99_leeann_1_11_lab1.zip", "int m;\n");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        expect_download(LAYOUT_CANVAS, shape);
        cr_expect_eq(found.count, 0, "not Ann's");
        expect_list("unknown", found.unknown, 1, "mallory_9_99_leeann");
    }
}

/* --- Blackboard ------------------------------------------------------------
 */

Test(intake_platforms, blackboard_newest_attempt_counts)
{
    hand_archive("Lab 1_ann_attempt_2026-03-01-10-00-00_lab1.zip",
                 "int old;\n");
    hand_archive("Lab 1_ann_attempt_2026-03-01-23-59-00_lab1.zip",
                 "int new;\n");
    hand("Lab 1_ann_attempt_2026-03-01-23-59-00.txt", "Name: Ann Lee (ann)");
    hand("Lab 1_bob_roe_attempt_2026-03-02-08-00-00_page_alloc.c",
         "int bob;\n");
    hand("Lab 1_bob_roe_attempt_2026-03-02-08-00-00_notes.txt", "notes");
    hand("Lab 1_bob_roe_attempt_2026-03-02-08-00-00.txt", "Name: Bob");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        expect_download(LAYOUT_BLACKBOARD, shape);
        expect_work("2026001", "int new;\n");
        expect_work("2026002", "int bob;\n");
        cr_expect_eq(item_of("2026001")->submitted, 1772380740,
                     "23:59 in Shanghai is 15:59 in UTC");
        expect_list("unknown", found.unknown, 0, "");
        expect_missing("2026003 2026004 2026005 2026006");
    }
}

Test(intake_platforms,
     blackboard_name_chosen_to_look_like_anothers_is_not_anothers)
{
    hand_archive("Lab 1_bob_roe_attempt_2026-03-01-10-00-00_x.zip",
                 "int bob;\n");
    hand_archive("Lab 1_weiz_attempt_2026-03-01-10-00-00_Lab 1_ann_attempt_"
                 "2026-03-01-11-00-00_x.zip",
                 "int wei;\n");
    expect_download(LAYOUT_BLACKBOARD, UNPACKED);
    cr_expect_null(item_of("2026001"), "not Ann's");
    expect_work("2026004", "int wei;\n");
}

Test(intake_platforms, blackboard_time_that_is_none_is_listed)
{
    hand_archive("Lab 1_ann_attempt_2026-02-30-10-00-00_lab1.zip", "int a;\n");
    hand_archive("Lab 1_weiz_attempt_2026-02-28-10-00-00_lab1.zip", "int b;\n");
    expect_download(LAYOUT_BLACKBOARD, UNPACKED);
    expect_list("unknown", found.unknown, 1, "there is no such time");
    cr_expect_eq(found.count, 1, "the other is fine");
}

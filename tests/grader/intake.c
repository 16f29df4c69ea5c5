/*
 * The intake: whose is what, in each layout, unpacked and as a zip.
 */
#include "handing.h"

#include <sys/stat.h>

TestSuite(intake, .init = set_up, .fini = tear_down, .timeout = 60);

/* --- folders of archives ---------------------------------------------------
 */

Test(intake, folder_has_archives_and_folders_by_id_or_login)
{
    hand_archive("2026001.tar.gz", "int ann;\n");
    hand("bob_roe/" LAB_FILE, "int bob;\n");
    hand_archive("2026006.zip", "int wang;\n");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        expect_download(LAYOUT_FOLDER, shape);
        cr_assert_eq(found.count, 3, "three, not %zu", found.count);
        cr_expect_str_eq(found.items[1].student->id, "2026002", "in order");
        cr_expect_eq(found.items[0].submitted, MOMENT_NONE, "no time known");
        expect_work("2026001", "int ann;\n");
        expect_work("2026002", "int bob;\n");
        expect_work("2026006", "int wang;\n");
        expect_missing("2026003 2026004 2026005");
        expect_list("unknown", found.unknown, 0, "");
        expect_list("ambiguous", found.ambiguous, 0, "");
    }
}

Test(intake, names_fit_whatever_their_case_and_blanks)
{
    hand_archive("ANN.TGZ", "int ann;\n");
    hand_archive(" Bob_Roe .zip", "int bob;\n");
    /* full-width digits */
    hand_archive("２０２６００３.tar", "int wei;\n");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        expect_download(LAYOUT_FOLDER, shape);
        expect_work("2026001", "int ann;\n");
        expect_work("2026002", "int bob;\n");
        expect_work("2026003", "int wei;\n");
    }
}

Test(intake, two_of_one_student_are_never_chosen_from)
{
    hand_archive("2026001.zip", "int one;\n");
    hand_archive("ann.zip", "int two;\n");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        expect_download(LAYOUT_FOLDER, shape);
        cr_expect_null(item_of("2026001"), "no guess");
        expect_list("ambiguous", found.ambiguous, 1,
                    "Ann Lee (2026001) has handed in several submissions: "
                    "2026001.zip, ann.zip");
        expect_missing("2026002 2026003 2026004 2026005 2026006");
    }
}

Test(intake, one_name_of_two_students_is_never_guessed)
{
    class_students[4].login = "2026001"; /* Zoë's login is Ann's id */
    hand_archive("2026001.zip", "int who;\n");
    expect_download(LAYOUT_FOLDER, UNPACKED);
    cr_expect_eq(found.count, 0, "no guess");
    expect_list("ambiguous", found.ambiguous, 1,
                "2026001.zip fits Ann Lee (2026001) and Zoë van der Berg "
                "(2026005)");
    expect_missing("2026002 2026003 2026004 2026006");
}

Test(intake, what_is_nobodys_is_listed)
{
    hand_archive("mallory.zip", "int m;\n");
    hand("2026001.pdf", "a report");
    hand(".DS_Store", "noise");
    hand("__MACOSX/2026001", "noise");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        expect_download(LAYOUT_FOLDER, shape);
        cr_expect_eq(found.count, 0, "nobody");
        expect_list("unknown", found.unknown, 2, "mallory.zip");
        expect_list("unknown", found.unknown, 2, "2026001.pdf");
    }
}

Test(intake, archive_in_a_students_folder_is_found)
{
    hand_archive("2026001/final::version.zip", "int ann;\n");
    hand("2026001/report.pdf", "a report");
    hand_archive("2026002/one.zip", "int one;\n");
    hand_archive("2026002/two.zip", "int two;\n");
    hand("wzhang/" LAB_FILE, "int wei;\n");
    hand_archive("wzhang/old.zip", "int old;\n");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        expect_download(LAYOUT_FOLDER, shape);
        expect_work("2026001", "int ann;\n");
        expect_work("2026003", "int wei;\n");
        expect_list("ambiguous", found.ambiguous, 1,
                    "Bob Roe (2026002) has handed in several archives: "
                    "one.zip, two.zip");
    }
}

Test(intake, folder_around_all_is_entered)
{
    hand_archive("lab1/submissions/ann.zip", "int ann;\n");
    hand_archive("lab1/submissions/bob_roe.zip", "int bob;\n");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        expect_download(LAYOUT_FOLDER, shape);
        expect_work("2026001", "int ann;\n");
        expect_work("2026002", "int bob;\n");
    }
}

Test(intake, folder_of_a_stranger_is_not_looked_into)
{
    hand("mallory/" LAB_FILE, "int m;\n");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        expect_download(LAYOUT_FOLDER, shape);
        expect_list("unknown", found.unknown, 1, "mallory");
        cr_expect_eq(count_of(found.missing), class_roster.count, "all");
    }
}

Test(intake, nothing_yet_means_that_all_are_missing)
{
    char *path = fixture_path(folder, "empty");

    cr_assert_eq(mkdir(path, 0700), 0, "mkdir");
    free(path);
    for (enum course_layout layout = LAYOUT_FOLDER; layout <= LAYOUT_CLASSROOM;
         layout++) {
        if (layout != LAYOUT_GRADESCOPE) {
            cr_assert_eq(read_at(layout, "empty"), 0, "%s", err.message);
            cr_expect_eq(count_of(found.missing), class_roster.count, "all");
        }
    }
}

/* --- git -------------------------------------------------------------------
 */

static int read_git(const char *pattern)
{
    lab.source.layout = LAYOUT_GIT;
    lab.source.where = (char *)pattern;
    intake_clear(&found);
    int rc = intake_read(&lab, &class_roster, NULL, &found, &err);
    lab.source.where = NULL;
    return rc;
}

Test(intake, git_pattern_is_filled_in_for_everybody)
{
    lab.source.ref = "main";
    cr_assert_eq(read_git("https://git.example.edu/{login}/os-{id}.git"), 0,
                 "%s", err.message);
    cr_assert_eq(found.count, class_roster.count, "all of them");
    cr_expect_str_eq(found.items[1].where,
                     "https://git.example.edu/bob_roe/os-2026002.git", "URL");
    cr_expect_str_eq(found.items[1].ref, "main", "branch");
    cr_expect_str_eq(found.items[5].where,
                     "https://git.example.edu/2026006/os-2026006.git",
                     "without a login the id serves");
}

Test(intake, git_repository_of_this_machine_that_is_not_there_is_missing)
{
    char *pattern = fixture_path(folder, "{login}.git");
    char *url = NULL;

    write_text(folder, "ann.git/HEAD", "ref: refs/heads/main\n");
    cr_assert_eq(read_git(pattern), 0, "%s", err.message);
    cr_assert_eq(found.count, 1, "Ann's alone");
    cr_expect_str_eq(found.items[0].student->id, "2026001", "Ann");
    expect_missing("2026002 2026003 2026004 2026005 2026006");
    cr_assert_geq(asprintf(&url, "file://%s", pattern), 0, "memory");
    cr_assert_eq(read_git(url), 0, "%s", err.message);
    cr_expect_eq(found.count, 1, "also as a URL");
    free(url);
    free(pattern);
}

Test(intake, git_folder_that_is_not_there_is_no_class_without_work)
{
    char *pattern = fixture_path(folder, "unmounted/{login}.git");

    cr_expect_eq(read_git(pattern), ERROR_USAGE, "a typing error, or a disk");
    cr_expect(strstr(err.message, "unmounted"), "got: %s", err.message);
    free(pattern);
}

Test(intake, login_that_would_change_a_url_is_not_put_in)
{
    static const char *const hostile[] = {
        "../root",
        "a/b",
        "ann@evil.example",
        "a b",
        "a%2f",
        "a?b",
        "a#b",
        "-oProxyCommand=x",
        ".",
        "..",
        ".git",
        "a\\b",
        "a:b",
        "用户",
    };

    for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
        class_students[0].login = (char *)hostile[i];
        cr_assert_eq(read_git("https://git.example.edu/{login}.git"), 0, "%s",
                     err.message);
        cr_expect_null(item_of("2026001"), "'%s' is not put in", hostile[i]);
        expect_list("ambiguous", found.ambiguous, 1,
                    "can't stand in a repository's address");
        expect_missing("");
        cr_assert_eq(read_git("https://git.example.edu/{id}.git"), 0, "%s",
                     err.message);
        cr_expect_not_null(item_of("2026001"), "the id is fine");
    }
}

/* --- Moodle ----------------------------------------------------------------
 */

Test(intake, moodle_folders_are_joined_by_full_name)
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

Test(intake, moodle_name_may_have_the_family_name_first)
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

Test(intake, moodle_without_folders_is_files_side_by_side)
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

Test(intake, moodle_namesakes_are_ambiguous)
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
    }
}

Test(intake, moodle_namesakes_are_told_apart_by_an_id_in_the_name)
{
    hand_archive("2026003_11_assignsubmission_file/lab1.zip", "int a;\n");
    hand_archive("weiz_12_assignsubmission_file/lab1.zip", "int b;\n");
    expect_download(LAYOUT_MOODLE, UNPACKED);
    expect_work("2026003", "int a;\n");
    expect_work("2026004", "int b;\n");
}

Test(intake, moodle_online_texts_and_strangers_are_listed)
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
Test(intake, moodle_name_chosen_to_look_like_anothers_is_not_anothers)
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

Test(intake, attachments_that_need_a_choice_are_ambiguous)
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

Test(intake, canvas_files_are_joined_by_sortable_name)
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

Test(intake, canvas_number_of_the_roster_tells_namesakes_apart)
{
    hand_archive("zhangwei_2026003_990001_lab1.zip", "int a;\n");
    hand_archive("zhangwei_2026004_990002_lab1.zip", "int b;\n");
    hand_archive("2026001_4711_990003_lab1.zip", "int renamed;\n");
    expect_download(LAYOUT_CANVAS, UNPACKED);
    expect_work("2026001", "int renamed;\n");
    expect_work("2026003", "int a;\n");
    expect_work("2026004", "int b;\n");
}

Test(intake, canvas_number_and_name_must_agree)
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

Test(intake, canvas_newest_version_of_a_file_counts)
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

Test(intake, canvas_name_chosen_to_look_like_anothers_is_not_anothers)
{
    hand_archive("mallory_9_99_leeann_1_11_lab1.zip", "int m;\n");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        expect_download(LAYOUT_CANVAS, shape);
        cr_expect_eq(found.count, 0, "not Ann's");
        expect_list("unknown", found.unknown, 1, "mallory_9_99_leeann");
    }
}

/* --- Gradescope ------------------------------------------------------------
 */

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

Test(intake, gradescope_metadata_says_whose_a_folder_is)
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

Test(intake, gradescope_newest_of_several_counts)
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

Test(intake, gradescope_without_good_metadata_is_refused)
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

Test(intake, gradescope_metadata_of_odd_shape_joins_nobody)
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

/* --- Blackboard ------------------------------------------------------------
 */

Test(intake, blackboard_newest_attempt_counts)
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

Test(intake, blackboard_name_chosen_to_look_like_anothers_is_not_anothers)
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

Test(intake, blackboard_time_that_is_none_is_listed)
{
    hand_archive("Lab 1_ann_attempt_2026-02-30-10-00-00_lab1.zip", "int a;\n");
    hand_archive("Lab 1_weiz_attempt_2026-02-28-10-00-00_lab1.zip", "int b;\n");
    expect_download(LAYOUT_BLACKBOARD, UNPACKED);
    expect_list("unknown", found.unknown, 1, "there is no such time");
    cr_expect_eq(found.count, 1, "the other is fine");
}

/* --- classroom repositories ------------------------------------------------
 */

Test(intake, classroom_assignment_is_what_all_names_agree_on)
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

Test(intake, classroom_assignment_may_be_the_labs_name_or_be_given)
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

Test(intake, classroom_with_one_repository_is_not_guessed)
{
    hand("week-1-ann/" LAB_FILE, "int ann;\n");
    expect_download(LAYOUT_CLASSROOM, UNPACKED);
    cr_expect_eq(found.count, 0, "the assignment could be week-1 or other");
    expect_list("ambiguous", found.ambiguous, 1, "write the assignment's name");
    expect_missing("2026002 2026003 2026004 2026005 2026006");
}

Test(intake, classroom_names_that_do_not_agree_are_not_guessed)
{
    hand("week-1-ann/" LAB_FILE, "int ann;\n");
    hand("week-1-bob_roe/" LAB_FILE, "int bob;\n");
    hand("week-2-wzhang/" LAB_FILE, "int wei;\n");
    hand("week-2-weiz/" LAB_FILE, "int zhang;\n");
    expect_download(LAYOUT_CLASSROOM, UNPACKED);
    cr_expect_eq(found.count, 0, "which of the two weeks is it?");
    expect_list("ambiguous", found.ambiguous, 4, "week-2-weiz may be of Wei");
}

Test(intake, classroom_branch_goes_with_the_repositories)
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

/* --- the wrong place -------------------------------------------------------
 */

Test(intake, source_that_is_not_there_is_usage)
{
    for (enum course_layout layout = LAYOUT_FOLDER; layout <= LAYOUT_CLASSROOM;
         layout++) {
        cr_expect_eq(read_at(layout, "nowhere"), ERROR_USAGE, "not there");
        cr_expect(strstr(err.message, "No such file"), "%s", err.message);
    }
    write_text(folder, "notes.txt", "these are notes, not submissions");
    cr_expect_eq(read_at(LAYOUT_MOODLE, "notes.txt"), ERROR_USAGE, "a text");
    cr_expect(strstr(err.message, "neither a folder nor a zip"), "%s",
              err.message);
}

Test(intake, download_of_another_layout_is_usage)
{
    hand_archive("leeann_1_11_lab1.zip", "int a;\n");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        cr_expect_eq(read_download(LAYOUT_MOODLE, shape), ERROR_USAGE,
                     "it is Canvas's");
        cr_expect(strstr(err.message, "named as in the layout moodle"), "%s",
                  err.message);
    }
}

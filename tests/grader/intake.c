/*
 * The intake: whose is what in a folder of archives and in repositories, and
 * sources in the wrong place.
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

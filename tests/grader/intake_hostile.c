/*
 * The intake of hostile and broken downloads: nothing is followed, written
 * outside or guessed, and one bad submission is that student's alone.
 */
#include "handing.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

TestSuite(intake_hostile, .init = set_up, .fini = tear_down, .timeout = 60);

/* Reads the bytes of the zip that was made; the caller frees them. */
static char *zip_bytes(size_t *nbytes)
{
    char *path = fixture_path(folder, "download.zip");
    struct file file = {0};

    cr_assert_eq(source_read_whole(path, 64u << 20, &file, &err), 0, "%s",
                 err.message);
    free(path);
    free(file.path);
    *nbytes = file.size;
    return (char *)file.data;
}

static void expect_zip_refused(const char *name, enum error_kind kind,
                               const char *part)
{
    int rc = read_at(LAYOUT_FOLDER, name);

    cr_assert_eq(rc, (int)kind, "%s: expected %s, got %s: %s", part,
                 error_word(kind), error_word((enum error_kind)rc),
                 err.message);
    cr_expect(strstr(err.message, part), "\"%s\" should say \"%s\"",
              err.message, part);
    cr_expect_eq(found.count, 0, "nothing is taken from it");
}

/* All that was written is below `temporary`, under numbers. */
static void expect_numbers_only(void)
{
    DIR *listing = opendir(temporary);

    cr_assert_not_null(listing, "opendir");
    for (struct dirent *entry = readdir(listing); entry;
         entry = readdir(listing)) {
        const char *name = entry->d_name;
        if (name[0] == '.') {
            continue;
        }
        size_t n = strspn(name, "0123456789");
        cr_expect(n > 0 && (name[n] == '\0' || strcmp(name + n, ".tar") == 0),
                  "'%s' is not a number of ours", name);
    }
    closedir(listing);
}

/* --- zips that are refused -------------------------------------------------
 */

Test(intake_hostile, zip_with_paths_that_lead_out_is_rejected)
{
    static const struct {
        const char *path, *part;
    } bad[] = {
        {"../2026001.zip", "\"..\" in its path"},
        {"2026001/../../x.c", "\"..\" in its path"},
        {"/2026001.zip", "absolute path"},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        forget();
        hand_archive("2026002.zip", "int bob;\n");
        hand(bad[i].path, "x");
        write_zip("download.zip");
        expect_zip_refused("download.zip", ERROR_REJECTED, bad[i].part);
    }
    expect_numbers_only();
}

Test(intake_hostile, zip_that_is_cut_off_is_rejected)
{
    size_t nbytes = 0;

    hand_archive("2026001.zip", "int ann;\n");
    write_zip("download.zip");
    char *bytes = zip_bytes(&nbytes);
    for (size_t n = 0; n < nbytes; n += n < 60 ? 1 : 13) {
        fixture_write(folder, "cut.zip", bytes, n);
        int rc = read_at(LAYOUT_FOLDER, "cut.zip");
        cr_expect(rc == ERROR_REJECTED || rc == ERROR_USAGE,
                  "cut after %zu bytes: %d", n, rc);
    }
    free(bytes);
}

Test(intake_hostile, zip_with_two_names_a_member_is_rejected)
{
    size_t nbytes = 0;

    hand_archive("2026001.zip", "int ann;\n");
    write_zip("download.zip");
    char *bytes = zip_bytes(&nbytes);
    char *name = memmem(bytes, nbytes, "2026001", 7);
    cr_assert_not_null(name, "the local header's name");
    memcpy(name, "2026002", 7);
    fixture_write(folder, "two.zip", bytes, nbytes);
    free(bytes);
    expect_zip_refused("two.zip", ERROR_REJECTED, "two different names");
    cr_expect(strstr(err.message, "unpack it and name the folder"), "advice");
}

Test(intake_hostile, encrypted_zip_is_rejected)
{
    size_t nbytes = 0;

    hand_archive("2026001.zip", "int ann;\n");
    write_zip("download.zip");
    char *bytes = zip_bytes(&nbytes);
    for (size_t i = 0; i + 10 < nbytes; i++) {
        bytes[i + 6] |= memcmp(bytes + i, "PK\3\4", 4) == 0;
        bytes[i + 8] |= memcmp(bytes + i, "PK\1\2", 4) == 0;
    }
    fixture_write(folder, "locked.zip", bytes, nbytes);
    free(bytes);
    expect_zip_refused("locked.zip", ERROR_REJECTED, "encrypted");
}

Test(intake_hostile, zip_whose_bytes_are_damaged_is_rejected)
{
    size_t nbytes = 0;

    hand("2026001/page_alloc.c", "int something_long_enough_to_find;\n");
    write_zip("download.zip");
    char *bytes = zip_bytes(&nbytes);
    memset(bytes + 30 + strlen("2026001/page_alloc.c") + 20, 0x55, 8);
    fixture_write(folder, "rotten.zip", bytes, nbytes);
    free(bytes);
    expect_zip_refused("rotten.zip", ERROR_REJECTED, "download it again");
}

/* --- one bad submission among others ---------------------------------------
 */

/* Ann's is bad, Bob's is fine. */
static void expect_only_anns_refused(enum error_kind kind, const char *part)
{
    hand("2026002/page_alloc.c", "int bob;\n");
    expect_download(LAYOUT_FOLDER, ZIPPED);
    expect_work("2026002", "int bob;\n");
    cr_assert_not_null(item_of("2026001"), "Ann has handed in");
    expect_refused(item_of("2026001")->where, kind, part);
    expect_numbers_only();
}

Test(intake_hostile, link_in_a_zip_is_one_students_trouble)
{
    hand_link("2026001/page_alloc.c", "/etc/passwd");
    expect_only_anns_refused(ERROR_REJECTED, "symbolic link");
}

Test(intake_hostile, member_twice_in_a_zip_is_one_students_trouble)
{
    hand("2026001/page_alloc.c", "int one;\n");
    hand("2026001/page_alloc.c", "int two;\n");
    expect_only_anns_refused(ERROR_REJECTED, "two members named");
}

Test(intake_hostile, name_that_is_not_text_is_one_students_trouble)
{
    hand("2026001/\x1b]0;owned\x07.c", "int a;\n");
    expect_only_anns_refused(ERROR_REJECTED, "control characters");
}

Test(intake_hostile, name_that_is_not_utf8_is_one_students_trouble)
{
    hand("2026001/r\xe9sum\xe9.c", "int a;\n");
    expect_only_anns_refused(ERROR_REJECTED, "not UTF-8");
}

/* Said to be UTF-8, so that libarchive warns of it. */
Test(intake_hostile, name_that_only_claims_to_be_utf8_is_one_students_trouble)
{
    size_t nbytes = 0, nchanged = 0;

    hand("2026001/\xc3\xa9.c", "int a;\n");
    hand("2026002/page_alloc.c", "int bob;\n");
    write_zip("download.zip");
    char *bytes = zip_bytes(&nbytes);
    for (size_t i = 0; i + 8 < nbytes; i++) {
        if (memcmp(bytes + i, "2026001/\xc3", 9) == 0) {
            bytes[i + 9] = '(';
            nchanged++;
        }
    }
    cr_assert_eq(nchanged, 2, "both headers");
    fixture_write(folder, "claims.zip", bytes, nbytes);
    free(bytes);
    cr_assert_eq(read_at(LAYOUT_FOLDER, "claims.zip"), 0, "%s", err.message);
    expect_work("2026002", "int bob;\n");
    cr_assert_not_null(item_of("2026001"), "Ann has handed in");
    expect_refused(item_of("2026001")->where, ERROR_REJECTED, "not UTF-8");
}

Test(intake_hostile, backslash_is_one_students_trouble)
{
    hand("2026001/..\\..\\x.c", "int a;\n");
    expect_only_anns_refused(ERROR_REJECTED, "backslash");
}

Test(intake_hostile, bomb_is_one_students_trouble)
{
    const size_t nbytes = 40u << 20;
    char *zeros = calloc(1, nbytes);

    cr_assert_not_null(zeros, "memory");
    hand_bytes("2026001.zip", zeros, nbytes);
    free(zeros);
    expect_only_anns_refused(ERROR_LIMIT, "8388608");
}

Test(intake_hostile, bomb_of_loose_files_is_one_students_trouble)
{
    const size_t nbytes = 5u << 20;
    char *zeros = calloc(1, nbytes);

    cr_assert_not_null(zeros, "memory");
    hand_bytes("2026001/a.c", zeros, nbytes);
    hand_bytes("2026001/b.c", zeros, nbytes);
    free(zeros);
    expect_only_anns_refused(ERROR_LIMIT, "8388608");
}

/* --- links in a folder -----------------------------------------------------
 */

Test(intake_hostile, links_in_a_folder_are_not_followed)
{
    hand_archive("2026002.zip", "int bob;\n");
    hand_link("2026001", "2026002.zip");
    expect_download(LAYOUT_FOLDER, UNPACKED);
    cr_expect_null(item_of("2026001"), "not Bob's work");
    expect_list("ambiguous", found.ambiguous, 1, "is not followed");
    expect_work("2026002", "int bob;\n");
}

Test(intake_hostile, link_to_anothers_archive_is_not_followed)
{
    hand_archive("Bob Roe_1_assignsubmission_file/lab1.zip", "int bob;\n");
    hand_link("Ann Lee_2_assignsubmission_file/lab1.zip",
              "../Bob Roe_1_assignsubmission_file/lab1.zip");
    expect_download(LAYOUT_MOODLE, UNPACKED);
    cr_assert_not_null(item_of("2026001"), "something is there");
    const struct submission_request request = {.where =
                                                   item_of("2026001")->where};
    const struct submission_wanted wanted = wanted_one();
    struct submission *submission = NULL;
    cr_expect_neq(submission_read(&request, &wanted, &submission, &err), 0,
                  "Bob's work is not Ann's");
}

Test(intake_hostile, link_as_loose_file_is_not_read)
{
    hand_link("leeann_1_11_page_alloc.c", "/etc/passwd");
    expect_download(LAYOUT_CANVAS, UNPACKED);
    cr_expect_null(item_of("2026001"), "nothing to read");
    expect_list("ambiguous", found.ambiguous, 1, "is not followed");
}

/* --- names as text ---------------------------------------------------------
 */

Test(intake_hostile, names_are_shown_sanitised)
{
    hand("evil\x1b[2J\n=cmd.zip", "x");
    hand("\xe2\x80\xae"
         "gpj.zip",
         "x");
    hand("<script>alert(1)<_script>.zip", "x");
    for (enum shape shape = UNPACKED; shape < SHAPES; shape++) {
        expect_download(LAYOUT_FOLDER, shape);
        expect_list("unknown", found.unknown, 3, "evil\\x1b[2J\\x0a=cmd.zip");
        expect_list("unknown", found.unknown, 3, "\\u{202e}gpj.zip");
        expect_list("unknown", found.unknown, 3, "<script>");
    }
}

/* --- many, none, no room ---------------------------------------------------
 */

Test(intake_hostile, more_than_a_batch_of_students_is_taken)
{
    enum {
        COUNT = 150
    };
    static struct student students[COUNT];
    static char ids[COUNT][16];
    const struct roster roster = {students, COUNT};
    char path[100], text[100];

    for (int i = 0; i < COUNT; i++) {
        snprintf(ids[i], sizeof(ids[i]), "s%03d", i);
        students[i] = (struct student){ids[i], ids[i], "", "", ""};
        snprintf(path, sizeof(path), "s%03d/page_alloc.c", i);
        snprintf(text, sizeof(text), "int s%d;\n", i);
        hand(path, text);
    }
    write_zip("download.zip");
    lab.source.layout = LAYOUT_FOLDER;
    lab.source.where = fixture_path(folder, "download.zip");
    cr_assert_eq(intake_read(&lab, &roster, temporary, &found, &err), 0, "%s",
                 err.message);
    free(lab.source.where);
    cr_assert_eq(found.count, COUNT, "all of them");
    for (int i = 0; i < COUNT; i += 37) {
        snprintf(text, sizeof(text), "int s%d;\n", i);
        expect_work(ids[i], text);
    }
    expect_numbers_only();
}

Test(intake_hostile, list_alone_writes_nothing)
{
    char *kept = temporary;

    hand("2026001/page_alloc.c", "int ann;\n");
    write_zip("download.zip");
    temporary = NULL;
    int rc = read_at(LAYOUT_FOLDER, "download.zip");
    temporary = kept;
    cr_assert_eq(rc, 0, "%s", err.message);
    cr_expect(strstr(item_of("2026001")->where, "download.zip/2026001"),
              "where it is: %s", item_of("2026001")->where);
    cr_expect_eq(rmdir(temporary), 0, "nothing was written");
    cr_assert_eq(mkdir(temporary, 0700), 0, "mkdir");
}

Test(intake_hostile, no_room_for_what_is_taken_is_a_fault)
{
    const struct rlimit none = {0, 0};
    char *kept = temporary;

    hand("2026001/page_alloc.c", "int ann;\n");
    hand_archive("2026002.zip", "int bob;\n");
    write_zip("download.zip");
    temporary = "/nonexistent";
    cr_expect_eq(read_at(LAYOUT_FOLDER, "download.zip"), ERROR_INFRA, "gone");
    cr_expect(strstr(err.message, "/nonexistent/"), "%s", err.message);
    temporary = kept;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &none), 0, "setrlimit");
    signal(SIGXFSZ, SIG_IGN);
    cr_expect_eq(read_at(LAYOUT_FOLDER, "download.zip"), ERROR_INFRA, "full");
    cr_expect_eq(found.count, 0, "and nothing is half done");
}

Test(intake_hostile, two_files_that_claim_one_name_are_ambiguous)
{
    hand_archive("2026001.zip", "int one;\n");
    hand_archive("2026001.zip", "int two;\n");
    expect_download(LAYOUT_FOLDER, ZIPPED);
    cr_expect_null(item_of("2026001"), "no guess");
    expect_list("ambiguous", found.ambiguous, 1, "several submissions");
}

Test(intake_hostile, name_of_a_file_and_a_folder_is_ambiguous)
{
    hand_archive("2026001", "int one;\n");
    hand("2026001/page_alloc.c", "int two;\n");
    expect_download(LAYOUT_FOLDER, ZIPPED);
    cr_expect_null(item_of("2026001"), "no guess");
    expect_list("ambiguous", found.ambiguous, 1, "2026001");
}

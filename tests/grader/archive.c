/*
 * Archives as submissions: honest ones, and those of THREATS.md's list with
 * hostile names or kinds of members.
 */
#include "packing.h"

#include <locale.h>

TestSuite(archive, .init = set_up, .fini = tear_down, .timeout = 60);

static void add_symlink(struct archive *archive, const char *name,
                        const char *target)
{
    struct archive_entry *entry = entry_of(name, AE_IFLNK);

    archive_entry_copy_symlink(entry, target);
    add_entry(archive, entry, NULL, 0);
}

static void add_hardlink(struct archive *archive, const char *name,
                         const char *target)
{
    struct archive_entry *entry = entry_of(name, AE_IFREG);

    archive_entry_copy_hardlink(entry, target);
    add_entry(archive, entry, NULL, 0);
}

/* An archive of the lab file and one more, which must sink it. */
static void make_with_file(const char *name)
{
    struct archive *archive = make(TAR);

    add_file(archive, LAB_FILE, SOLUTION);
    add_file(archive, name, "int other;\n");
    finish(archive);
}

/* ---- honest ones ---- */

static void expect_honest(enum shape shape)
{
    make_honest(shape, LAB_FILE);
    struct submission *submission = expect_read(where);
    expect_content(submission, SOLUTION);
    cr_assert_str_eq(submission->kind, "archive", "it is an archive");
    submission_free(submission);
}

Test(archive, reads_tar)
{
    expect_honest(TAR);
}

Test(archive, reads_tar_gz)
{
    expect_honest(TAR_GZ);
}

Test(archive, reads_tar_xz)
{
    expect_honest(TAR_XZ);
}

Test(archive, reads_zip)
{
    expect_honest(ZIP);
}

Test(archive, reads_one_folder_down_with_dot_in_front)
{
    struct archive *archive = make(TAR_GZ);
    add_entry(archive, entry_of("./", AE_IFDIR), NULL, 0);
    add_entry(archive, entry_of("./lab/", AE_IFDIR), NULL, 0);
    add_file(archive, "./lab/" LAB_FILE, SOLUTION);
    finish(archive);

    struct submission *submission = expect_read(where);
    expect_content(submission, SOLUTION);
    submission_free(submission);
}

Test(archive, reads_beside_a_chinese_name)
{
    for (int shape = TAR; shape <= ZIP; shape++) {
        setlocale(LC_CTYPE, "C.UTF-8"); /* for writing alone */
        struct archive *archive = make((enum shape)shape);
        add_file(archive, LAB_FILE, SOLUTION);
        add_file(archive, "说明.txt", "hello\n");
        finish(archive);
        setlocale(LC_CTYPE, "C");
        struct submission *submission = expect_read(where);
        expect_content(submission, SOLUTION);
        submission_free(submission);
    }
}

Test(archive, git_and_build_folders_inside_are_ignored)
{
    struct archive *archive = make(ZIP);
    add_file(archive, LAB_FILE, SOLUTION);
    add_file(archive, ".git/config", "[core]\nfsmonitor = touch /tmp/x\n");
    add_file(archive, "build/" LAB_FILE, "int old;\n");
    add_file(archive, "__MACOSX/mm/._page_alloc.c", "junk");
    finish(archive);

    struct submission *submission = expect_read(where);
    expect_content(submission, SOLUTION);
    submission_free(submission);
}

Test(archive, has_the_same_hash_as_the_folder)
{
    make_honest(TAR_XZ, "x/" LAB_FILE);
    write_text(folder, "plain/" LAB_FILE, SOLUTION);
    char *plain = fixture_path(folder, "plain");
    struct submission *packed = expect_read(where);
    struct submission *open = expect_read(plain);

    cr_assert_str_eq(packed->content_hash, open->content_hash,
                     "the same content, the same hash");
    submission_free(packed);
    submission_free(open);
    free(plain);
}

Test(archive, empty_members_are_files)
{
    struct archive *archive = make(TAR);
    add_file(archive, LAB_FILE, "");
    finish(archive);
    struct submission *submission = expect_read(where);
    expect_content(submission, "");
    submission_free(submission);
}

/* ---- names ---- */

Test(archive, rejects_parent_path)
{
    make_with_file("../outside.c");
    expect_refused(where, ERROR_REJECTED, "has \"..\" in its path");
}

Test(archive, rejects_parent_path_within)
{
    make_with_file("mm/../../outside.c");
    expect_refused(where, ERROR_REJECTED, "has \"..\" in its path");
}

Test(archive, rejects_absolute_path)
{
    make_with_file("/etc/cron.d/x");
    expect_refused(where, ERROR_REJECTED, "an absolute path");
}

Test(archive, rejects_backslash)
{
    make_with_file("mm\\other.c");
    expect_refused(where, ERROR_REJECTED, "a backslash");
}

Test(archive, rejects_escape_character_in_name)
{
    make_with_file("\x1b[2J.c");
    expect_refused(where, ERROR_REJECTED, "\\x1b[2J.c has a name with control");
}

Test(archive, rejects_newline_in_name)
{
    make_with_file("a\nb.c");
    expect_refused(where, ERROR_REJECTED, "a\\x0ab.c has a name with control");
}

/* Replaces the text everywhere in the archive; the lengths are equal. */
static void replace_bytes(const char *from, const char *to, size_t most)
{
    struct bytes bytes = read_back();
    size_t n = strlen(from), count = 0;

    for (size_t i = 0; i + n <= bytes.size && count < most; i++) {
        if (memcmp(bytes.data + i, from, n) == 0) {
            memcpy(bytes.data + i, to, n);
            count++;
        }
    }
    cr_assert_gt(count, 0, "%s isn't in the archive", from);
    write_back(bytes);
}

Test(archive, rejects_name_that_is_not_utf8)
{
    struct archive *archive = make(ZIP);
    add_file(archive, LAB_FILE, SOLUTION);
    add_file(archive, "XXXX.c", "int other;\n");
    finish(archive);
    replace_bytes("XXXX", "\xcb\xb5\xc3\xf7", 2); /* GBK */
    expect_refused(where, ERROR_REJECTED, "not UTF-8");
}

Test(archive, rejects_1500_levels)
{
    char name[4000];
    char *end = name;

    for (int i = 0; i < 1500; i++) {
        end = stpcpy(end, "d/");
    }
    stpcpy(end, "x.c");
    make_with_file(name);
    expect_refused(where, ERROR_LIMIT, "more than 16 folders deep");
}

Test(archive, rejects_duplicate)
{
    make_with_file(LAB_FILE);
    expect_refused(where, ERROR_REJECTED, "two members named " LAB_FILE);
}

Test(archive, rejects_duplicate_in_another_spelling)
{
    make_with_file("./mm//page_alloc.c");
    expect_refused(where, ERROR_REJECTED, "two members named " LAB_FILE);
}

Test(archive, rejects_case_variant)
{
    make_with_file("mm/Page_Alloc.c");
    expect_refused(where, ERROR_REJECTED, "differ only in upper");
}

Test(archive, rejects_case_variants_that_are_not_the_labs)
{
    struct archive *archive = make(TAR);
    add_file(archive, LAB_FILE, SOLUTION);
    add_file(archive, "notes.txt", "");
    add_file(archive, "Notes.txt", "");
    finish(archive);
    expect_refused(where, ERROR_REJECTED, "differ only in upper");
}

Test(archive, rejects_17_levels_of_short_names)
{
    make_with_file("1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/h");
    expect_refused(where, ERROR_LIMIT, "more than 16 folders deep");
}

Test(archive, rejects_file_that_is_also_a_folder)
{
    make_with_file("mm");
    expect_refused(where, ERROR_REJECTED, "mm is a file, and " LAB_FILE);
}

Test(archive, rejects_zip_with_two_names_for_a_member)
{
    make_honest(ZIP, "mm/page_allox.c");
    replace_bytes("page_allox", "page_alloc", 1); /* the local one alone */
    expect_refused(where, ERROR_REJECTED, "two different names");
}

/* ---- kinds ---- */

Test(archive, rejects_symlink_folder_then_child)
{
    struct archive *archive = make(TAR);
    add_symlink(archive, "mm", "/tmp");
    add_file(archive, LAB_FILE, SOLUTION);
    finish(archive);
    expect_refused(where, ERROR_REJECTED, "mm is a symbolic link");
}

Test(archive, rejects_symlink_to_host_file)
{
    for (int shape = TAR; shape <= ZIP; shape++) {
        struct archive *archive = make((enum shape)shape);
        add_symlink(archive, LAB_FILE, "/etc/passwd");
        finish(archive);
        expect_refused(where, ERROR_REJECTED, "is a symbolic link");
    }
}

Test(archive, rejects_symlink_chain)
{
    struct archive *archive = make(TAR);
    add_file(archive, LAB_FILE, SOLUTION);
    add_symlink(archive, "a", "b");
    add_symlink(archive, "b", "a");
    finish(archive);
    expect_refused(where, ERROR_REJECTED, "is a symbolic link");
}

Test(archive, rejects_absolute_hardlink)
{
    struct archive *archive = make(TAR);
    add_hardlink(archive, LAB_FILE, "/etc/passwd");
    finish(archive);
    expect_refused(where, ERROR_REJECTED, "is a hard link");
}

Test(archive, rejects_hardlink_to_symlink)
{
    struct archive *archive = make(TAR);
    add_hardlink(archive, LAB_FILE, "link");
    add_symlink(archive, "link", "/etc/passwd");
    finish(archive);
    expect_refused(where, ERROR_REJECTED, "is a hard link");
}

static void expect_special_refused(unsigned type)
{
    struct archive *archive = make(TAR);
    struct archive_entry *entry = entry_of("thing", type);

    archive_entry_set_rdev(entry, 0x103);
    add_file(archive, LAB_FILE, SOLUTION);
    add_entry(archive, entry, NULL, 0);
    finish(archive);
    expect_refused(where, ERROR_REJECTED, "other special file");
}

Test(archive, rejects_character_device)
{
    expect_special_refused(AE_IFCHR);
}

Test(archive, rejects_block_device)
{
    expect_special_refused(AE_IFBLK);
}

Test(archive, rejects_fifo)
{
    expect_special_refused(AE_IFIFO);
}

static void set_encrypted_central(unsigned char *header)
{
    header[8] |= 1;
}

static void set_encrypted_local(unsigned char *header)
{
    header[6] |= 1;
}

Test(archive, rejects_encrypted_zip)
{
    make_honest(ZIP, LAB_FILE);
    patch_zip(CENTRAL, set_encrypted_central);
    patch_zip(LOCAL, set_encrypted_local);
    expect_refused(where, ERROR_REJECTED, "encrypted");
}

Test(archive, rejects_zip_encrypted_in_its_local_header_alone)
{
    make_honest(ZIP, LAB_FILE);
    patch_zip(LOCAL, set_encrypted_local);
    expect_refused(where, ERROR_REJECTED, "");
}

Test(archive, folder_named_like_the_file_is_refused)
{
    struct archive *archive = make(TAR);
    add_entry(archive, entry_of(LAB_FILE "/", AE_IFDIR), NULL, 0);
    finish(archive);
    expect_refused(where, ERROR_REJECTED, "it is a folder");
}

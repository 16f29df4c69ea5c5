/*
 * Archives as submissions: honest ones, and those of THREATS.md's list.
 * The hostile ones are written with libarchive, or by patching its output.
 */
#include "reading.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <stdint.h>

static char *folder;
static char *where; /* the archive that a test makes */

static void set_up(void)
{
    folder = fixture_folder();
    where = fixture_path(folder, "submission");
}

static void tear_down(void)
{
    fixture_remove(folder);
    free(folder);
    free(where);
}

TestSuite(archive, .init = set_up, .fini = tear_down, .timeout = 60);

/* ---- making archives ---- */

enum shape {
    TAR,
    TAR_GZ,
    TAR_XZ,
    ZIP,
    TAR_GZ_GZ
};

static struct archive *make(enum shape shape)
{
    struct archive *archive = archive_write_new();
    int status = shape == ZIP ? archive_write_set_format_zip(archive)
                              : archive_write_set_format_pax(archive);

    if (shape == TAR_GZ || shape == TAR_GZ_GZ) {
        status |= archive_write_add_filter_gzip(archive);
    }
    if (shape == TAR_GZ_GZ) {
        status |= archive_write_add_filter_gzip(archive);
    }
    if (shape == TAR_XZ) {
        status |= archive_write_add_filter_xz(archive);
    }
    archive_write_set_bytes_in_last_block(archive, 1);
    status |= archive_write_open_filename(archive, where);
    cr_assert_eq(status, ARCHIVE_OK, "can't write %s", where);
    return archive;
}

static void finish(struct archive *archive)
{
    cr_assert_eq(archive_write_close(archive), ARCHIVE_OK, "can't finish: %s",
                 archive_error_string(archive));
    archive_write_free(archive);
}

/* Adds and frees the entry. */
static void add_entry(struct archive *archive, struct archive_entry *entry,
                      const char *data, size_t size)
{
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)size);
    cr_assert_eq(archive_write_header(archive, entry), ARCHIVE_OK,
                 "can't add: %s", archive_error_string(archive));
    if (size) {
        cr_assert_eq(archive_write_data(archive, data, size), (la_ssize_t)size,
                     "can't add data");
    }
    archive_entry_free(entry);
}

static struct archive_entry *entry_of(const char *name, unsigned type)
{
    struct archive_entry *entry = archive_entry_new();

    archive_entry_copy_pathname(entry, name);
    archive_entry_set_filetype(entry, type);
    return entry;
}

static void add_file(struct archive *archive, const char *name,
                     const char *text)
{
    add_entry(archive, entry_of(name, AE_IFREG), text, strlen(text));
}

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

/* `size` zero bytes. */
static void add_zeros(struct archive *archive, const char *name, size_t size)
{
    char *zeros = calloc(1, size);

    add_entry(archive, entry_of(name, AE_IFREG), zeros, size);
    free(zeros);
}

static void make_honest(enum shape shape, const char *name)
{
    struct archive *archive = make(shape);

    add_file(archive, name, SOLUTION);
    finish(archive);
}

/* An archive of the lab file and one more, which must sink it. */
static void make_with_file(const char *name)
{
    struct archive *archive = make(TAR);

    add_file(archive, LAB_FILE, SOLUTION);
    add_file(archive, name, "int other;\n");
    finish(archive);
}

struct bytes {
    unsigned char *data;
    size_t size;
};

static struct bytes read_back(void)
{
    struct file file = {0};
    struct error err = {0};

    cr_assert_eq(source_read_whole(where, 64u << 20, &file, &err), 0, "%s",
                 err.message);
    free(file.path);
    return (struct bytes){file.data, file.size};
}

static void write_back(struct bytes bytes)
{
    fixture_write(folder, "submission", bytes.data, bytes.size);
    free(bytes.data);
}

static size_t read_back_size(void)
{
    struct bytes bytes = read_back();

    free(bytes.data);
    return bytes.size;
}

static void cut_by(size_t nbytes)
{
    struct bytes bytes = read_back();

    cr_assert_gt(bytes.size, nbytes, "too small to cut");
    bytes.size -= nbytes;
    write_back(bytes);
}

/* Calls `patch` on each place of the zip's headers of this signature. */
static void patch_zip(const char *signature,
                      void (*patch)(unsigned char *header))
{
    struct bytes bytes = read_back();
    int npatched = 0;

    for (size_t i = 0; i + 46 < bytes.size; i++) {
        if (memcmp(bytes.data + i, signature, 4) == 0) {
            patch(bytes.data + i);
            npatched++;
        }
    }
    cr_assert_gt(npatched, 0, "nothing to patch");
    write_back(bytes);
}

#define LOCAL   "PK\3\4"
#define CENTRAL "PK\1\2"

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
    char name[4000] = "";

    for (int i = 0; i < 1500; i++) {
        strcat(name, "d/");
    }
    strcat(name, "x.c");
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

/* ---- limits ---- */

/* The binary form of a tar header's number, for what octal can't hold. */
static void put_number(unsigned char *field, uint64_t value)
{
    field[0] = 0x80;
    for (int i = 11; i > 3; i--) {
        field[i] = (unsigned char)value;
        value >>= 8;
    }
}

/* Writes a tar of one header and a block of data. */
static void make_raw_tar(char type, uint64_t size, uint64_t real_size)
{
    unsigned char tar[4 * 512] = {0};
    unsigned sum = 0;

    strcpy((char *)tar, "big");
    strcpy((char *)tar + 100, "0000644");
    memcpy(tar + 257, "ustar  ", 8);
    tar[156] = (unsigned char)type;
    put_number(tar + 124, size);
    if (type == 'S') { /* GNU's sparse file: one piece of data at 0 */
        put_number(tar + 386, 0);
        put_number(tar + 398, size);
        put_number(tar + 483, real_size);
    }
    memset(tar + 148, ' ', 8);
    for (int i = 0; i < 512; i++) {
        sum += tar[i];
    }
    sprintf((char *)tar + 148, "%06o", sum);
    fixture_write(folder, "submission", tar, sizeof(tar));
}

Test(archive, rejects_member_that_says_two_gigabytes)
{
    make_raw_tar('0', 2ull << 30, 0);
    expect_refused(where, ERROR_LIMIT, "big has 2147483648 bytes");
}

Test(archive, rejects_sparse_64_gigabytes)
{
    make_raw_tar('S', 512, 64ull << 30);
    expect_refused(where, ERROR_LIMIT, "big has 68719476736 bytes");
}

Test(archive, reads_small_sparse_member_as_its_bytes)
{
    struct archive *archive = make(TAR);
    struct archive_entry *entry = entry_of(LAB_FILE, AE_IFREG);
    char data[4096 + 4] = {0};

    memcpy(data, "head", 4);
    memcpy(data + 4096, "tail", 4);
    archive_entry_sparse_add_entry(entry, 0, 512);
    archive_entry_sparse_add_entry(entry, 4096, 4);
    add_entry(archive, entry, data, sizeof(data));
    finish(archive);
    struct submission *submission = expect_read(where);
    cr_assert_eq(submission->files.files[0].size, sizeof(data), "size");
    cr_assert_eq(memcmp(submission->files.files[0].data, data, sizeof(data)), 0,
                 "the hole reads as zeros");
    submission_free(submission);
}

/* Deflates in steps, so that the test itself stays small. */
static void make_bomb(enum shape shape, size_t nmegabytes)
{
    struct archive *archive = make(shape);
    struct archive_entry *entry = entry_of("bomb", AE_IFREG);
    char *zeros = calloc(1, 1u << 20);

    add_file(archive, LAB_FILE, SOLUTION);
    archive_entry_set_perm(entry, 0644);
    if (shape != ZIP) {
        archive_entry_set_size(entry, (la_int64_t)nmegabytes << 20);
    }
    cr_assert_eq(archive_write_header(archive, entry), ARCHIVE_OK, "header");
    for (size_t i = 0; i < nmegabytes; i++) {
        archive_write_data(archive, zeros, 1u << 20);
    }
    archive_entry_free(entry);
    free(zeros);
    finish(archive);
}

Test(archive, rejects_deflate_bomb_while_inflating)
{
    make_bomb(ZIP, 256);
    expect_refused(where, ERROR_LIMIT, "bomb");
}

static void say_small_central(unsigned char *header)
{
    memcpy(header + 24, "\x0a\0\0\0", 4);
}

static void say_small_local(unsigned char *header)
{
    memcpy(header + 22, "\x0a\0\0\0", 4);
}

Test(archive, rejects_deflate_bomb_that_says_it_is_small)
{
    make_bomb(ZIP, 16);
    patch_zip(CENTRAL, say_small_central);
    patch_zip(LOCAL, say_small_local);
    struct submission *out = NULL;
    struct error err = {0};
    const struct submission_request request = {.where = where};
    const struct submission_wanted wanted = wanted_one();
    int rc = submission_read_here(&request, &wanted, NULL, &out, &err);

    cr_assert(rc == ERROR_LIMIT || rc == ERROR_REJECTED,
              "a lying size was accepted: %d %s", rc, err.message);
}

Test(archive, rejects_many_members_that_are_too_much_together)
{
    char name[32];
    struct archive *archive = make(TAR_GZ);

    add_file(archive, LAB_FILE, SOLUTION);
    for (int i = 0; i < 17; i++) {
        snprintf(name, sizeof(name), "zeros%d", i);
        add_zeros(archive, name, 1u << 20);
    }
    finish(archive);
    expect_refused(where, ERROR_LIMIT, "16777216 in all");
}

Test(archive, rejects_too_many_members)
{
    char name[32];
    struct archive *archive = make(TAR_GZ);

    add_file(archive, LAB_FILE, SOLUTION);
    for (int i = 0; i < 20000; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        add_file(archive, name, "");
    }
    finish(archive);
    expect_refused(where, ERROR_LIMIT, "more than 2000 members");
}

Test(archive, rejects_file_over_the_limit)
{
    struct archive *archive = make(TAR);
    char name[32];

    for (int i = 0; i < 9; i++) {
        snprintf(name, sizeof(name), "zeros%d", i);
        add_zeros(archive, name, 1u << 20);
    }
    finish(archive);
    expect_refused(where, ERROR_LIMIT, "the limit is 8388608");
}

/* ---- formats and damage ---- */

Test(archive, rejects_empty_file)
{
    fixture_write(folder, "submission", "", 0);
    expect_refused(where, ERROR_REJECTED, "is empty");
}

Test(archive, rejects_archive_without_members)
{
    for (int shape = TAR; shape <= ZIP; shape++) {
        finish(make((enum shape)shape));
        expect_refused(where, ERROR_REJECTED, "is empty");
    }
}

/* Cuts in steps that are no multiple of a block, `spare` bytes uncounted. */
static void expect_cut_refused(enum shape shape, size_t spare)
{
    struct error err = {0};
    struct submission *out = NULL;
    const struct submission_request request = {.where = where};
    const struct submission_wanted wanted = wanted_one();

    make_honest(shape, LAB_FILE);
    size_t whole = read_back_size();
    for (size_t n = whole; n > 37; n -= 37) {
        cut_by(37);
        if (n - 37 + spare >= whole) {
            continue;
        }
        int rc = submission_read_here(&request, &wanted, NULL, &out, &err);
        cr_assert_eq(rc, ERROR_REJECTED, "cut to %zu bytes: %d %s", n - 37, rc,
                     err.message);
    }
}

Test(archive, rejects_truncated_tar)
{
    expect_cut_refused(TAR, 512); /* the end mark's second block */
}

Test(archive, rejects_truncated_tar_gz)
{
    expect_cut_refused(TAR_GZ, 0);
}

Test(archive, rejects_truncated_tar_xz)
{
    expect_cut_refused(TAR_XZ, 0);
}

Test(archive, rejects_truncated_zip)
{
    expect_cut_refused(ZIP, 0);
}

Test(archive, rejects_tar_cut_exactly_between_members)
{
    struct archive *archive = make(TAR);
    add_file(archive, LAB_FILE, SOLUTION);
    add_file(archive, "second.c", SOLUTION);
    finish(archive);
    cut_by(2 * 512 + 2 * 512); /* the end mark and the second member */
    expect_refused(where, ERROR_REJECTED, "its end mark is missing");
}

Test(archive, rejects_gzip_in_gzip)
{
    make_honest(TAR_GZ_GZ, LAB_FILE);
    expect_refused(where, ERROR_REJECTED, "compressed more than once");
}

Test(archive, rejects_lrzip_magic_without_starting_a_program)
{
    static const char bytes[600] = "LRZI\0\6";

    fixture_write(folder, "submission", bytes, sizeof(bytes));
    expect_refused(where, ERROR_REJECTED, "not a tar, tar.gz, tar.xz or zip");
}

Test(archive, rejects_other_formats)
{
    static const char seven_zip[600] = "7z\xbc\xaf\x27\x1c";
    static const char text[] = "#include <everything.h>\n";

    fixture_write(folder, "submission", seven_zip, sizeof(seven_zip));
    expect_refused(where, ERROR_REJECTED, "not a tar, tar.gz, tar.xz or zip");
    fixture_write(folder, "submission", text, sizeof(text));
    expect_refused(where, ERROR_REJECTED, "not a tar, tar.gz, tar.xz or zip");
}

Test(archive, rejects_gzip_of_something_else)
{
    struct archive *archive = archive_write_new();
    archive_write_set_format_raw(archive);
    archive_write_add_filter_gzip(archive);
    archive_write_open_filename(archive, where);
    add_file(archive, "raw", "just text, no tar\n");
    finish(archive);
    expect_refused(where, ERROR_REJECTED, "not a tar, tar.gz, tar.xz or zip");
}

static void break_crc(unsigned char *header)
{
    header[16] ^= 0xff;
}

Test(archive, rejects_wrong_checksum)
{
    make_honest(ZIP, LAB_FILE);
    patch_zip(CENTRAL, break_crc);
    expect_refused(where, ERROR_REJECTED, "it is damaged");
}

Test(archive, survives_every_flipped_byte)
{
    struct error err = {0};
    const struct submission_request request = {.where = where};
    const struct submission_wanted wanted = wanted_one();

    for (int shape = TAR_GZ; shape <= ZIP; shape++) {
        make_honest((enum shape)shape, LAB_FILE);
        struct bytes bytes = read_back();
        for (size_t i = 0; i < bytes.size; i++) {
            struct submission *out = NULL;
            bytes.data[i] ^= 0xff;
            fixture_write(folder, "submission", bytes.data, bytes.size);
            int rc = submission_read_here(&request, &wanted, NULL, &out, &err);
            cr_assert(rc == 0 || rc == ERROR_REJECTED || rc == ERROR_LIMIT,
                      "shape %d, byte %zu: %d %s", shape, i, rc, err.message);
            submission_free(out);
            bytes.data[i] ^= 0xff;
        }
        free(bytes.data);
    }
}

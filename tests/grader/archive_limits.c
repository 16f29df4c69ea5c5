/*
 * Archives as submissions: those that are too large, broken, or of a format
 * that is not read.
 */
#include "packing.h"

#include <stdint.h>

TestSuite(archive, .init = set_up, .fini = tear_down, .timeout = 60);

/* `size` zero bytes. */
static void add_zeros(struct archive *archive, const char *name, size_t size)
{
    char *zeros = calloc(1, size);

    add_entry(archive, entry_of(name, AE_IFREG), zeros, size);
    free(zeros);
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

    memcpy(tar, "big", sizeof("big"));
    memcpy(tar + 100, "0000644", sizeof("0000644"));
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
    snprintf((char *)tar + 148, 8, "%06o", sum);
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

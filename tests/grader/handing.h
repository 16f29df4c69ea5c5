/*
 * What the tests of the intake share: a class, downloads made of the same
 * files as a folder and as a zip, and looking at who has handed in what.
 */
#ifndef TESTS_GRADER_HANDING_H
#define TESTS_GRADER_HANDING_H

#include <archive.h>
#include <archive_entry.h>
#include <unistd.h>
#include "component.h"
#include "intake.h"
#include "moment.h"
#include "reading.h"

static struct student class_students[] = {
    {"2026001", "Ann Lee", "ann", "ann@example.edu", ""},
    {"2026002", "Bob Roe", "bob_roe", "bob@example.edu", ""},
    {"2026003", "Wei Zhang", "wzhang", "wei@example.edu", ""},
    {"2026004", "Wei Zhang", "weiz", "zhang@example.edu", ""},
    {"2026005", "Zoë van der Berg", "zoe-b", "zoe@example.edu", ""},
    {"2026006", "王小明", "", "", ""},
};

static const struct roster class_roster = {
    class_students, sizeof(class_students) / sizeof(class_students[0])};

/* A file that was handed in; a link to `text` if `link`. */
struct handed {
    char path[200];
    char *text;
    size_t nbytes;
    bool link;
};

#define HANDED_MAX 300

static char *folder; /* removed at the end */
static char *temporary;
static struct handed handed[HANDED_MAX];
static size_t nhanded;

static struct course_lab lab;
static struct intake found;
static struct error err;

static inline void set_up(void)
{
    folder = fixture_folder();
    temporary = fixture_path(folder, "temporary");
    cr_assert_eq(mkdir(temporary, 0700), 0, "can't make %s", temporary);
    lab = (struct course_lab){.lab = "lab1-buddy", .weight = 1};
    lab.source.time_zone = "Asia/Shanghai";
}

static inline void forget(void)
{
    for (size_t i = 0; i < nhanded; i++) {
        free(handed[i].text);
    }
    nhanded = 0;
}

static inline void tear_down(void)
{
    intake_clear(&found);
    forget();
    fixture_remove(folder);
    free(temporary);
    free(folder);
}

/* --- handing in ------------------------------------------------------------
 */

static inline void hand_bytes(const char *path, const char *bytes,
                              size_t nbytes)
{
    cr_assert_lt(nhanded, HANDED_MAX, "too many files");
    struct handed *file = &handed[nhanded++];

    *file = (struct handed){.text = malloc(nbytes + 1), .nbytes = nbytes};
    cr_assert_not_null(file->text, "memory");
    snprintf(file->path, sizeof(file->path), "%s", path);
    memcpy(file->text, bytes, nbytes);
    file->text[nbytes] = '\0';
}

static inline void hand(const char *path, const char *text)
{
    hand_bytes(path, text, strlen(text));
}

static inline void hand_link(const char *path, const char *target)
{
    hand(path, target);
    handed[nhanded - 1].link = true;
}

/* A tar.gz, whatever its name, with the lab file in it. */
static inline void hand_archive(const char *path, const char *text)
{
    static char bytes[20000];
    size_t nbytes = 0;
    struct archive *archive = archive_write_new();
    struct archive_entry *entry = archive_entry_new();

    archive_write_set_format_ustar(archive);
    archive_write_add_filter_gzip(archive);
    archive_write_open_memory(archive, bytes, sizeof(bytes), &nbytes);
    archive_entry_copy_pathname(entry, LAB_FILE);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)strlen(text));
    archive_write_header(archive, entry);
    archive_write_data(archive, text, strlen(text));
    archive_entry_free(entry);
    cr_assert_eq(archive_write_close(archive), ARCHIVE_OK, "can't pack");
    archive_write_free(archive);
    hand_bytes(path, bytes, nbytes);
}

/* --- downloads -------------------------------------------------------------
 */

enum shape {
    UNPACKED,
    ZIPPED,
    SHAPES
};

static inline void write_folder(const char *name)
{
    for (size_t i = 0; i < nhanded; i++) {
        char *path = fixture_path(name, handed[i].path);
        fixture_write(folder, path, handed[i].text, handed[i].nbytes);
        if (handed[i].link) {
            char *full = fixture_path(folder, path);
            cr_assert_eq(unlink(full), 0, "unlink");
            cr_assert_eq(symlink(handed[i].text, full), 0, "symlink");
            free(full);
        }
        free(path);
    }
}

static inline void write_zip_entry(struct archive *archive,
                                   const struct handed *file)
{
    struct archive_entry *entry = archive_entry_new();

    archive_entry_copy_pathname(entry, file->path);
    archive_entry_set_filetype(entry, file->link ? AE_IFLNK : AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    if (file->link) {
        archive_entry_copy_symlink(entry, file->text);
    } else {
        archive_entry_set_size(entry, (la_int64_t)file->nbytes);
    }
    cr_assert_geq(archive_write_header(archive, entry), ARCHIVE_WARN,
                  "can't add %s: %s", file->path,
                  archive_error_string(archive));
    if (!file->link && file->nbytes > 0) {
        cr_assert_eq(archive_write_data(archive, file->text, file->nbytes),
                     (la_ssize_t)file->nbytes, "can't add data");
    }
    archive_entry_free(entry);
}

static inline void write_zip(const char *name)
{
    char *path = fixture_path(folder, name);
    struct archive *archive = archive_write_new();

    archive_write_set_format_zip(archive);
    cr_assert_eq(archive_write_open_filename(archive, path), ARCHIVE_OK,
                 "can't write %s", path);
    for (size_t i = 0; i < nhanded; i++) {
        write_zip_entry(archive, &handed[i]);
    }
    cr_assert_eq(archive_write_close(archive), ARCHIVE_OK, "can't finish");
    archive_write_free(archive);
    free(path);
}

/* Reads what is at that place of the test's folder. */
static inline int read_at(enum course_layout layout, const char *name)
{
    char *where = fixture_path(folder, name);

    lab.source.layout = layout;
    lab.source.where = where;
    intake_clear(&found);
    int rc = intake_read(&lab, &class_roster, temporary, &found, &err);
    lab.source.where = NULL;
    free(where);
    return rc;
}

/* Makes the download and reads it; what an earlier one left is removed. */
static inline int read_download(enum course_layout layout, enum shape shape)
{
    fixture_remove(temporary);
    cr_assert_eq(mkdir(temporary, 0700), 0, "can't make %s", temporary);
    if (shape == ZIPPED) {
        write_zip("download.zip");
        return read_at(layout, "download.zip");
    }
    write_folder("download");
    return read_at(layout, "download");
}

static inline void expect_download(enum course_layout layout, enum shape shape)
{
    int rc = read_download(layout, shape);

    cr_assert_eq(rc, 0, "the %s should be read, but: %s",
                 shape == ZIPPED ? "zip" : "folder", err.message);
}

/* --- looking ---------------------------------------------------------------
 */

static inline const struct intake_item *item_of(const char *id)
{
    for (size_t i = 0; i < found.count; i++) {
        if (strcmp(found.items[i].student->id, id) == 0) {
            return &found.items[i];
        }
    }
    return NULL;
}

static inline void expect_work(const char *id, const char *text)
{
    const struct intake_item *item = item_of(id);

    cr_assert_not_null(item, "%s has handed in", id);
    struct submission *submission = expect_read(item->where);
    expect_content(submission, text);
    submission_free(submission);
}

static inline size_t count_of(char **list)
{
    size_t n = 0;

    while (list[n]) {
        n++;
    }
    return n;
}

/* The list has `n` sentences, and one of them says `part`. */
static inline void expect_list(const char *what, char **list, size_t n,
                               const char *part)
{
    bool said = n == 0;

    for (size_t i = 0; list[i]; i++) {
        said = said || strstr(list[i], part);
    }
    cr_expect_eq(count_of(list), n, "%zu %s, not %zu (%s)", n, what,
                 count_of(list), list[0] ? list[0] : "");
    cr_expect(said, "one of the %s says \"%s\", not: %s", what, part,
              list[0] ? list[0] : "");
}

/* Who is missing: ids with a blank between. */
static inline void expect_missing(const char *ids)
{
    char got[400] = "";
    size_t used = 0;

    for (size_t i = 0; found.missing[i]; i++) {
        used += (size_t)snprintf(got + used, sizeof(got) - used, "%s%s",
                                 i > 0 ? " " : "", found.missing[i]);
    }
    cr_expect_str_eq(got, ids, "missing: %s, not %s", ids, got);
}

#endif

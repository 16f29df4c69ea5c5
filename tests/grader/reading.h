/*
 * What the tests of submission_read() share: reading, and looking at what
 * came out. Everything is read twice: in this process, where the sanitizers
 * see it, and the way mmgrade does it, in a process of its own.
 */
#ifndef TESTS_GRADER_READING_H
#define TESTS_GRADER_READING_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "submission_parts.h"
#include "fixture.h"

#define LAB_FILE "mm/page_alloc.c"
#define SOLUTION "int solved;\n"

static const char *const one_lab_file[] = {LAB_FILE, NULL};

static inline struct submission_wanted wanted_one(void)
{
    return (struct submission_wanted){one_lab_file, NULL};
}

/* Writes a file whose content is text. */
static inline void write_text(const char *dir, const char *path,
                              const char *text)
{
    fixture_write(dir, path, text, strlen(text));
}

/* Asserts that reading fails with this kind and says `part`. */
static inline void expect_refused_as(const struct submission_request *request,
                                     const struct submission_wanted *wanted,
                                     enum error_kind kind, const char *part)
{
    struct submission *out = NULL;
    struct error here = {0}, apart = {0};

    int rc_here = submission_read_here(request, wanted, NULL, &out, &here);
    cr_assert_eq(rc_here, (int)kind,
                 "%s: expected %s, got %s: %s; a hostile submission has to be "
                 "refused with the right kind",
                 request->where, error_word(kind),
                 error_word((enum error_kind)rc_here), here.message);
    int rc = submission_read(request, wanted, &out, &apart);
    cr_assert_eq(rc, rc_here, "%s: another kind from the child: %s",
                 request->where, apart.message);
    cr_assert_null(out, "%s: refused, and yet there is a submission",
                   request->where);
    cr_assert_not_null(strstr(here.message, part),
                       "%s: the sentence \"%s\" should say \"%s\"",
                       request->where, here.message, part);
    cr_assert_str_eq(apart.message, here.message,
                     "%s: the child says something else", request->where);
}

static inline void expect_refused(const char *where, enum error_kind kind,
                                  const char *part)
{
    const struct submission_request request = {.where = where};
    const struct submission_wanted wanted = wanted_one();

    expect_refused_as(&request, &wanted, kind, part);
}

/* Reads what has to be readable; the caller frees it. */
static inline struct submission *
expect_read_as(const struct submission_request *request,
               const struct submission_wanted *wanted)
{
    struct submission *here = NULL, *out = NULL;
    struct error err = {0};

    cr_assert_eq(submission_read_here(request, wanted, NULL, &here, &err), 0,
                 "%s: should be read, but: %s", request->where, err.message);
    cr_assert_eq(submission_read(request, wanted, &out, &err), 0,
                 "%s: should be read in a child, but: %s", request->where,
                 err.message);
    cr_assert_str_eq(out->content_hash, here->content_hash,
                     "%s: the child read something else", request->where);
    cr_assert_eq(out->nnotes, here->nnotes,
                 "%s: the child notes something "
                 "else",
                 request->where);
    submission_free(here);
    return out;
}

static inline struct submission *expect_read(const char *where)
{
    const struct submission_request request = {.where = where};
    const struct submission_wanted wanted = wanted_one();

    return expect_read_as(&request, &wanted);
}

/* Asserts that the one lab file is there with this content. */
static inline void expect_content(const struct submission *submission,
                                  const char *text)
{
    cr_assert_eq(submission->files.count, 1, "expected one file, got %zu",
                 submission->files.count);
    const struct file *file = &submission->files.files[0];
    cr_assert_str_eq(file->path, LAB_FILE, "the file has the lab's path");
    cr_assert_eq(file->size, strlen(text), "%s: expected %zu bytes, got %zu",
                 file->path, strlen(text), file->size);
    cr_assert_eq(memcmp(file->data, text, file->size), 0,
                 "%s: the bytes differ from what was handed in", file->path);
}

/* The number of notes that contain `part`. */
static inline size_t count_notes(const struct submission *submission,
                                 const char *part)
{
    size_t n = 0;

    for (size_t i = 0; i < submission->nnotes; i++) {
        n += strstr(submission->notes[i], part) != NULL;
    }
    return n;
}

#endif

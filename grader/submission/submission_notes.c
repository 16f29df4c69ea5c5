/*
 * What a person should know about a submission: where its files were found,
 * which are missing, and what it has that is not used.
 *
 * Nothing here can refuse a submission: a given file that can't be read is
 * simply one that differs.
 */
#include "submission_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define NOTE_BYTES 1024

/* What of the skeleton is students' files (DESIGN.md, Layout). */
#define STUDENT_ROOM   "mm/"
#define STUDENT_DRIVER "drivers/map_driver.c"

struct noting {
    struct submission *submission;
    struct source *source;
    const struct submission_wanted *wanted;
    const struct selection *selection;
    struct source *pristine; /* the skeleton, or NULL */
    size_t nunused;          /* files that are not used */
    struct error *err;
};

int submission_note(struct submission *submission, struct error *err,
                    const char *format, ...)
{
    char text[NOTE_BYTES];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    char **grown =
        reallocarray(submission->notes, submission->nnotes + 1, sizeof(*grown));
    if (!grown) {
        return fail(err, ERROR_INFRA, "can't note: out of memory");
    }
    submission->notes = grown;
    char *note = text_sanitise_line(text, strlen(text), NOTE_BYTES);
    if (!note) {
        return fail(err, ERROR_INFRA, "can't note: out of memory");
    }
    grown[submission->nnotes++] = note;
    return 0;
}

static const struct file *find_file(const struct file_list *list,
                                    const char *path)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->files[i].path, path) == 0) {
            return &list->files[i];
        }
    }
    return NULL;
}

static bool is_lab_file(const struct noting *noting, const char *path)
{
    const char *const *file = noting->wanted->lab_files;

    while (*file && strcmp(*file, path) != 0) {
        file++;
    }
    return *file != NULL;
}

/* True if the work tree's file is another one than the commit's. */
static bool differs_in_work_tree(const struct noting *noting, const char *path,
                                 const struct file *committed)
{
    struct file draft = {0};
    struct error ignored;

    if (source_read_beneath(noting->source->folder, path, LIMIT_FILE_BYTES,
                            &draft, &ignored)) {
        return source_kind_beneath(noting->source->folder, path) !=
               ENTRY_ABSENT;
    }
    bool differs = draft.size != committed->size ||
                   memcmp(draft.data, committed->data, draft.size) != 0;
    free(draft.path);
    free(draft.data);
    return differs;
}

static int note_lab_file(struct noting *noting, size_t i)
{
    const char *lab_file = noting->wanted->lab_files[i];
    const char *from = noting->selection->paths[i];
    struct submission *submission = noting->submission;
    bool is_git = strcmp(noting->source->class->kind, "git") == 0;
    int rc = 0;

    if (!from) {
        return submission_note(submission, noting->err,
                               "%s: not in the submission, the skeleton's is "
                               "used",
                               lab_file);
    }
    if (!noting->selection->root && strcmp(from, lab_file) != 0) {
        rc = submission_note(submission, noting->err, "%s: used as %s",
                             show(from).text, lab_file);
    }
    if (!rc && is_git && noting->source->folder >= 0 &&
        differs_in_work_tree(noting, from,
                             find_file(&submission->files, lab_file))) {
        rc = submission_note(submission, noting->err,
                             "%s: the folder has changes that are not "
                             "committed; the commit is what counts",
                             show(from).text);
    }
    return rc;
}

/* Counts all, notes the first LIMIT_NOTES. */
static int note_unused(struct noting *noting, const char *path, const char *why)
{
    if (++noting->nunused > LIMIT_NOTES) {
        return 0;
    }
    return submission_note(noting->submission, noting->err, "%s: %s",
                           show(path).text, why);
}

/* True if the source has the file at `path` and it is the skeleton's. */
static bool is_unchanged(struct noting *noting, const char *pristine,
                         const char *path)
{
    struct error ignored;
    struct file given = {0}, theirs = {0};
    bool same = false;

    if (!noting->pristine->class->read(noting->pristine, pristine, &given,
                                       &ignored) &&
        !noting->source->class->read(noting->source, path, &theirs, &ignored)) {
        same = given.size == theirs.size &&
               memcmp(given.data, theirs.data, given.size) == 0;
    }
    free(given.path);
    free(given.data);
    free(theirs.path);
    free(theirs.data);
    return same;
}

static int note_given_file(struct noting *noting, const char *pristine)
{
    char path[2 * LIMIT_PATH_BYTES];
    struct error ignored;
    enum entry_kind kind = ENTRY_ABSENT;

    snprintf(path, sizeof(path), "%s%s", noting->selection->root, pristine);
    int refused =
        noting->source->class->lookup(noting->source, path, &kind, &ignored);
    if (!refused &&
        (kind == ENTRY_ABSENT ||
         (kind == ENTRY_FILE && is_unchanged(noting, pristine, path)))) {
        return 0;
    }
    bool is_student =
        strncmp(pristine, STUDENT_ROOM, strlen(STUDENT_ROOM)) == 0 ||
        strcmp(pristine, STUDENT_DRIVER) == 0;
    return note_unused(noting, path,
                       is_student ? "not one of this lab's files, not used"
                                  : "given file, your change is not used");
}

static bool is_source_text(const char *path)
{
    static const char *const endings[] = {".c", ".h", ".S", ".s", ".lds"};
    const char *dot = strrchr(path, '.');

    for (size_t i = 0; dot && i < sizeof(endings) / sizeof(*endings); i++) {
        if (strcmp(dot, endings[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool in_pristine(const struct noting *noting, const char *path)
{
    const struct entry_list *list = &noting->pristine->entries;

    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->entries[i].path, path) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_chosen(const struct selection *selection, const char *path)
{
    for (size_t i = 0; i < selection->count; i++) {
        if (selection->paths[i] && strcmp(selection->paths[i], path) == 0) {
            return true;
        }
    }
    return false;
}

/* An entry that the skeleton doesn't have. */
static int note_extra(struct noting *noting, const struct entry *entry)
{
    const char *root = noting->selection->root ? noting->selection->root : "";
    size_t n = strlen(root);
    const char *path =
        strncmp(entry->path, root, n) == 0 ? entry->path + n : entry->path;

    if (entry->kind == ENTRY_FOLDER ||
        is_chosen(noting->selection, entry->path) ||
        is_lab_file(noting, path) || in_pristine(noting, path)) {
        return 0;
    }
    if (entry->kind != ENTRY_FILE) {
        char why[128];
        snprintf(why, sizeof(why), "it is %s, not used",
                 entry_kind_word(entry->kind));
        return note_unused(noting, entry->path, why);
    }
    return is_source_text(path)
               ? note_unused(noting, entry->path,
                             "not one of this lab's files, not used")
               : 0;
}

/* Compares with the skeleton. */
static int note_all_unused(struct noting *noting)
{
    const struct entry_list *given = &noting->pristine->entries;
    const struct entry_list *theirs = &noting->source->entries;
    int rc = 0;

    for (size_t i = 0; !rc && noting->selection->root && i < given->count;
         i++) {
        if (given->entries[i].kind == ENTRY_FILE &&
            !is_lab_file(noting, given->entries[i].path)) {
            rc = note_given_file(noting, given->entries[i].path);
        }
    }
    for (size_t i = 0; !rc && i < theirs->count; i++) {
        rc = note_extra(noting, &theirs->entries[i]);
    }
    if (!rc && noting->nunused > LIMIT_NOTES) {
        rc = submission_note(noting->submission, noting->err,
                             "… and %zu more files that are not used",
                             noting->nunused - LIMIT_NOTES);
    }
    return rc;
}

int submission_add_notes(struct submission *submission, struct source *source,
                         const struct submission_wanted *wanted,
                         const struct selection *selection, struct error *err)
{
    struct noting noting = {
        .submission = submission,
        .source = source,
        .wanted = wanted,
        .selection = selection,
        .err = err,
    };
    int rc = 0;

    if (selection->root && *selection->root) {
        rc = submission_note(submission, err, "the files are taken from %s",
                             show(selection->root).text);
    }
    for (size_t i = 0; !rc && i < selection->count; i++) {
        rc = note_lab_file(&noting, i);
    }
    if (rc || !wanted->pristine) {
        return rc;
    }
    rc = source_folder_open(wanted->pristine, &noting.pristine, err);
    if (!rc) {
        rc = note_all_unused(&noting);
        source_close(noting.pristine);
    }
    return rc;
}

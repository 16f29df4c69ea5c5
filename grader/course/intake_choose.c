/*
 * One submission a student. Of the pieces that are theirs the newest attempt
 * counts; then what is in it is looked at:
 *
 *      a folder, a repository         as it is
 *      one archive, nothing to build  the archive; a report beside it is left
 *      loose files                    all of them, packed
 *      two archives, or an archive    ambiguous, where each was handed in on
 *      beside sources                 purpose (an LMS's attachments)
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "intake_parts.h"
#include "moment.h"
#include "source.h"
#include "text.h"

/* What an attempt consists of. */
struct content {
    const char *name;   /* in the submission: its first nbase bytes… */
    const char *ending; /* …and this, which is in it */
    size_t nbase;
    const char *entry;
    const char *child; /* in the entry, or NULL */
    enum download_kind kind;
};

struct contents {
    struct content *contents;
    size_t count;
    size_t narchives, nsources, nfolders;
    const struct content *archive; /* one of them */
    bool repository;
};

struct choice {
    struct intake_job *job;
    struct download_taking *takings;
    const struct piece **pieces; /* the first of each taking */
    size_t count;
};

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't list the submissions: out of memory");
}

/* --- what is in it ---------------------------------------------------------
 */

static bool is_source(const char *name)
{
    size_t n = strlen(name);

    return n > 2 && name[n - 2] == '.' && strchr("chCHsS", name[n - 1]);
}

static void count_content(struct contents *contents,
                          const struct content *content)
{
    const char *name = content->name;

    contents->repository |= strcmp(name, ".git") == 0;
    if (content->kind == DOWNLOAD_FOLDER) {
        contents->nfolders += !download_ignores(name);
    } else if (content->kind == DOWNLOAD_FILE && !download_ignores(name)) {
        contents->nsources += is_source(name);
        if (intake_stem(name) < strlen(name)) {
            contents->narchives++;
            contents->archive = content;
        }
    }
}

/* "file-2.c" and "file.c" are versions 2 and 0 of one file of Canvas's. */
static unsigned long version_of(const char *name, size_t *nbase,
                                const char **ending)
{
    size_t nstem = intake_stem(name), ndigits = 0;
    const char *dot = strrchr(name, '.');

    if (name[nstem] == '\0' && dot && dot > name) {
        nstem = (size_t)(dot - name);
    }
    *ending = name + nstem;
    *nbase = nstem;
    while (ndigits < nstem && ndigits < 9 &&
           isdigit((unsigned char)name[nstem - ndigits - 1])) {
        ndigits++;
    }
    if (ndigits == 0 || ndigits + 1 >= nstem ||
        name[nstem - ndigits - 1] != '-') {
        return 0;
    }
    *nbase = nstem - ndigits - 1;
    return strtoul(name + nstem - ndigits, NULL, 10);
}

static bool is_older(const char *name, const char *other)
{
    const char *ending = NULL, *other_ending = NULL;
    size_t nbase = 0, nother = 0;
    unsigned long version = version_of(name, &nbase, &ending);
    unsigned long newer = version_of(other, &nother, &other_ending);

    return version < newer && nbase == nother &&
           memcmp(name, other, nbase) == 0 && strcmp(ending, other_ending) == 0;
}

/* Canvas gives a file that is handed in again another name. */
static bool is_replaced(const struct piece *pieces, size_t count, size_t i)
{
    for (size_t j = 0; pieces[i].file && j < count; j++) {
        if (pieces[j].file && is_older(pieces[i].file, pieces[j].file)) {
            return true;
        }
    }
    return false;
}

/* The pieces of an attempt as its contents. */
static int list_pieces(const struct intake_job *job, const struct piece *pieces,
                       size_t count, struct contents *out, struct error *err)
{
    bool canvas = job->lab->source.layout == LAYOUT_CANVAS;

    out->contents = calloc(count, sizeof(*out->contents));
    if (!out->contents) {
        return out_of_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        const struct piece *piece = &pieces[i];
        struct content *content = &out->contents[out->count];
        if (canvas && is_replaced(pieces, count, i)) {
            continue;
        }
        *content = (struct content){
            .name = piece->file ? piece->file : piece->entry->name,
            .entry = piece->entry->name,
            .kind = piece->entry->kind,
        };
        content->ending = content->name + strlen(content->name);
        content->nbase = strlen(content->name);
        if (canvas) {
            version_of(content->name, &content->nbase, &content->ending);
        }
        out->count++;
        count_content(out, content);
    }
    return 0;
}

/* What is in the folder that a piece is. */
static int list_children(const struct piece *piece,
                         const struct download_list *children,
                         struct contents *out, struct error *err)
{
    out->contents = calloc(children->count + 1, sizeof(*out->contents));
    if (!out->contents) {
        return out_of_memory(err);
    }
    for (size_t i = 0; i < children->count; i++) {
        struct content *content = &out->contents[out->count++];
        *content = (struct content){
            .name = children->entries[i].name,
            .entry = piece->entry->name,
            .child = children->entries[i].name,
            .kind = children->entries[i].kind,
        };
        count_content(out, content);
    }
    return 0;
}

/* --- taking ----------------------------------------------------------------
 */

/* Adds a taking; its parts follow. */
static struct download_taking *
add_taking(struct choice *choice, const struct piece *piece, size_t nparts)
{
    struct download_taking *taking = &choice->takings[choice->count];

    taking->parts = calloc(nparts, sizeof(*taking->parts));
    if (!taking->parts) {
        return NULL;
    }
    choice->pieces[choice->count++] = piece;
    return taking;
}

static int add_part(struct download_taking *taking, const char *entry,
                    const char *child, struct error *err)
{
    struct download_part *part = &taking->parts[taking->nparts++];

    if (asprintf(&part->path, "%s%s%s", entry, child ? "/" : "",
                 child ? child : "") < 0) {
        part->path = NULL;
        return out_of_memory(err);
    }
    return 0;
}

/* The entry or a file in it, as it is. */
static int take_one(struct choice *choice, const struct piece *piece,
                    const char *entry, const char *child, struct error *err)
{
    struct download_taking *taking = add_taking(choice, piece, 1);

    return taking ? add_part(taking, entry, child, err) : out_of_memory(err);
}

static int take_loose(struct choice *choice, const struct piece *piece,
                      const struct contents *contents, struct error *err)
{
    struct download_taking *taking = add_taking(choice, piece, contents->count);
    int rc = taking ? 0 : out_of_memory(err);

    for (size_t i = 0; rc == 0 && i < contents->count; i++) {
        const struct content *content = &contents->contents[i];
        struct download_part *part = &taking->parts[i];
        rc = add_part(taking, content->entry, content->child, err);
        if (rc == 0 && asprintf(&part->name, "%.*s%s", (int)content->nbase,
                                content->name, content->ending) < 0) {
            part->name = NULL;
            rc = out_of_memory(err);
        }
    }
    if (rc == 0) {
        taking->packed = true;
    }
    return rc;
}

/* --- choosing --------------------------------------------------------------
 */

static int several(struct choice *choice, const struct piece *piece,
                   const char *what, const struct contents *contents,
                   struct error *err)
{
    const struct student *student = piece->student;
    const struct fit fit = {.students = {student}, .count = 1};
    char names[400] = "";

    for (size_t i = 0; i < contents->count; i++) {
        text_add_name(names, sizeof(names),
                      show(contents->contents[i].name).text);
    }
    return intake_ambiguous(choice->job, &fit, err,
                            "%.100s (%.40s) has handed in %s: %s",
                            student->name, student->id, what, names);
}

/* Files that an LMS has as attachments of one submission. */
static int choose_attachments(struct choice *choice, const struct piece *piece,
                              const struct contents *contents,
                              struct error *err)
{
    if (contents->nfolders > 0) {
        return several(choice, piece, "several submissions", contents, err);
    }
    if (contents->narchives > 1) {
        return several(choice, piece, "several archives", contents, err);
    }
    if (contents->narchives == 1 && contents->nsources > 0) {
        return several(choice, piece, "an archive and sources", contents, err);
    }
    if (contents->narchives == 1) {
        return take_one(choice, piece, contents->archive->entry,
                        contents->archive->child, err);
    }
    return take_loose(choice, piece, contents, err);
}

/* A folder: of an LMS's attachments, or somebody's working folder. */
static int choose_folder(struct choice *choice, const struct piece *piece,
                         const struct contents *contents, struct error *err)
{
    bool attached = choice->job->lab->source.layout == LAYOUT_MOODLE;
    bool bare = contents->nsources == 0 && contents->nfolders == 0;

    if (!contents->repository && contents->narchives > 0) {
        if (bare && contents->narchives == 1) {
            return take_one(choice, piece, contents->archive->entry,
                            contents->archive->child, err);
        }
        if (bare) {
            return several(choice, piece, "several archives", contents, err);
        }
        if (attached) {
            return several(choice, piece, "an archive and sources", contents,
                           err);
        }
    }
    return take_one(choice, piece, piece->entry->name, NULL, err);
}

static int look_into_folder(struct choice *choice, const struct piece *piece,
                            struct error *err)
{
    struct download_list children = {.count = 0};
    struct contents contents = {.count = 0};
    int rc = download_children(choice->job->download, piece->entry->name,
                               &children, err);

    if (rc == ERROR_INFRA) {
        /* One student's; whoever grades it will see the same. */
        download_list_free(&children);
        return take_one(choice, piece, piece->entry->name, NULL, err);
    }
    if (rc == 0) {
        rc = list_children(piece, &children, &contents, err);
    }
    if (rc == 0) {
        rc = choose_folder(choice, piece, &contents, err);
    }
    free(contents.contents);
    download_list_free(&children);
    return rc;
}

/* The pieces are of one student and attempt. */
static int choose_attempt(struct choice *choice, const struct piece *pieces,
                          size_t count, struct error *err)
{
    struct contents contents = {.count = 0};
    int rc = 0;

    if (count == 1 && pieces[0].entry->kind == DOWNLOAD_FOLDER) {
        return look_into_folder(choice, pieces, err);
    }
    if (count == 1 && !pieces[0].file) {
        return take_one(choice, pieces, pieces[0].entry->name, NULL, err);
    }
    rc = list_pieces(choice->job, pieces, count, &contents, err);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        if (!pieces[i].file) {
            rc = several(choice, pieces, "several submissions", &contents, err);
            free(contents.contents);
            return rc;
        }
    }
    if (rc == 0) {
        rc = choose_attachments(choice, pieces, &contents, err);
    }
    free(contents.contents);
    return rc;
}

/* By student, and the newest first. */
static int compare_pieces(const void *a, const void *b)
{
    const struct piece *left = a, *right = b;

    if (left->student != right->student) {
        return left->student < right->student ? -1 : 1;
    }
    if (left->attempt != right->attempt) {
        return left->attempt > right->attempt ? -1 : 1;
    }
    return strcmp(left->entry->name, right->entry->name);
}

static int choose_all(struct choice *choice, struct error *err)
{
    struct intake_job *job = choice->job;
    int rc = 0;

    for (size_t i = 0, end = 0; rc == 0 && i < job->npieces; i = end) {
        const struct piece *first = &job->pieces[i];
        size_t nattempt = 0;
        while (end < job->npieces &&
               job->pieces[end].student == first->student) {
            nattempt += job->pieces[end].attempt == first->attempt;
            end++;
        }
        rc = choose_attempt(choice, first, nattempt, err);
    }
    return rc;
}

static int add_items(struct choice *choice, struct error *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < choice->count; i++) {
        char *where = choice->takings[i].where;
        choice->takings[i].where = NULL;
        rc = intake_add_item(choice->job, choice->pieces[i]->student, where,
                             choice->pieces[i]->submitted, err);
    }
    return rc;
}

static void free_takings(struct choice *choice)
{
    for (size_t i = 0; i < choice->count; i++) {
        struct download_taking *taking = &choice->takings[i];
        for (size_t j = 0; j < taking->nparts; j++) {
            free(taking->parts[j].path);
            free(taking->parts[j].name);
        }
        free(taking->parts);
        free(taking->where);
    }
    free(choice->takings);
    free(choice->pieces);
}

int intake_choose(struct intake_job *job, struct error *err)
{
    struct choice choice = {.job = job};
    int rc = 0;

    if (job->npieces == 0) {
        return 0;
    }
    qsort(job->pieces, job->npieces, sizeof(*job->pieces), compare_pieces);
    choice.takings = calloc(job->npieces, sizeof(*choice.takings));
    choice.pieces = calloc(job->npieces, sizeof(*choice.pieces));
    if (!choice.takings || !choice.pieces) {
        rc = out_of_memory(err);
    }
    if (rc == 0) {
        rc = choose_all(&choice, err);
    }
    if (rc == 0) {
        rc = download_take(job->download, job->temporary, choice.takings,
                           choice.count, err);
    }
    if (rc == 0) {
        rc = add_items(&choice, err);
    }
    free_takings(&choice);
    return rc;
}

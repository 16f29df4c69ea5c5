/*
 * Finding the lab's files in a source.
 *
 * In this order, and the first that has any of them is it:
 *   1. at the top:              mm/page_alloc.c
 *   2. exactly one folder down: my-lab/mm/page_alloc.c
 *   3. loose, by name alone:    anything/page_alloc.c
 * Two folders in step 2, or two files of a name in step 3, are ambiguous: the
 * choices are listed and nothing is guessed.
 */
#include "submission_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "folder.h"

/* A sentence's list: "a, b, c and more". */
struct choices {
    char text[512];
    size_t count;
};

static void choices_add(struct choices *choices, const char *name)
{
    size_t used = strlen(choices->text);

    if (choices->count < LIMIT_CHOICES) {
        snprintf(choices->text + used, sizeof(choices->text) - used, "%s%s",
                 used ? ", " : "", show(name).text);
    } else if (choices->count == LIMIT_CHOICES) {
        snprintf(choices->text + used, sizeof(choices->text) - used,
                 " and more");
    }
    choices->count++;
}

static int no_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't choose files: out of memory");
}

/* Fills in the paths of the lab files that are below `root`. */
static int look_below(struct source *source, const char *const *lab_files,
                      const char *root, struct selection *out, bool *any,
                      struct error *err)
{
    *any = false;
    for (size_t i = 0; i < out->count; i++) {
        enum entry_kind kind = ENTRY_ABSENT;
        free(out->paths[i]);
        if (asprintf(&out->paths[i], "%s%s", root, lab_files[i]) < 0) {
            out->paths[i] = NULL;
            return no_memory(err);
        }
        int rc = source->class->lookup(source, out->paths[i], &kind, err);
        if (rc) {
            return rc;
        }
        if (kind == ENTRY_ABSENT) {
            free(out->paths[i]);
            out->paths[i] = NULL;
        }
        *any = *any || kind != ENTRY_ABSENT;
    }
    return 0;
}

/* The folder "name/" that an entry is or is in; n 0 for a file at the top. */
static size_t top_folder(const struct entry *entry)
{
    size_t n = strcspn(entry->path, "/");

    return entry->path[n] || entry->kind == ENTRY_FOLDER ? n : 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of the folders at the top, each once, as "name/". */
static int list_top_folders(const struct source *source, char ***out,
                            size_t *count, struct error *err)
{
    const struct entry_list *list = &source->entries;
    char **names = calloc(list->count + 1, sizeof(*names));
    size_t nnames = 0, nkept = 0;

    if (!names) {
        return no_memory(err);
    }
    *out = names;
    for (size_t i = 0; i < list->count; i++) {
        size_t n = top_folder(&list->entries[i]);
        if (n == 0) {
            continue;
        }
        if (asprintf(&names[nnames], "%.*s/", (int)n, list->entries[i].path) <
            0) {
            names[nnames] = NULL;
            return no_memory(err);
        }
        nnames++;
    }
    qsort(names, nnames, sizeof(*names), compare_names);
    for (size_t i = 0; i < nnames; i++) {
        if (nkept > 0 && strcmp(names[i], names[nkept - 1]) == 0) {
            free(names[i]);
            names[i] = NULL;
        } else {
            names[nkept++] = names[i];
        }
    }
    if (nkept < nnames) {
        names[nkept] = NULL;
    }
    *count = nkept;
    return 0;
}

static void free_names(char **names)
{
    for (size_t i = 0; names && names[i]; i++) {
        free(names[i]);
    }
    free(names);
}

/* Step 2. *root stays NULL if no folder has any of the files. */
static int look_one_down(struct source *source, const char *const *lab_files,
                         struct selection *out, struct error *err)
{
    struct choices choices = {0};
    char **names = NULL;
    size_t nnames = 0, chosen = 0;
    bool any = false;
    int rc = list_top_folders(source, &names, &nnames, err);

    for (size_t i = 0; !rc && i < nnames; i++) {
        rc = look_below(source, lab_files, names[i], out, &any, err);
        if (!rc && any) {
            chosen = i;
            choices_add(&choices, names[i]);
        }
    }
    if (!rc && choices.count > 1) {
        rc = fail(err, ERROR_REJECTED,
                  "can't choose between %zu folders that have the lab's "
                  "files: %s; hand in one of them",
                  choices.count, choices.text);
    }
    if (!rc && choices.count == 1) {
        rc = look_below(source, lab_files, names[chosen], out, &any, err);
        out->root = rc ? NULL : strdup(names[chosen]);
        rc = rc || out->root ? rc : no_memory(err);
    }
    free_names(names);
    return rc;
}

static bool is_unique_name(const char *const *lab_files, const char *file)
{
    size_t n = 0;

    for (; *lab_files; lab_files++) {
        n += strcmp(path_base(*lab_files), path_base(file)) == 0;
    }
    return n == 1;
}

/* Step 3 for one lab file. */
static int look_by_name(const struct source *source, const char *lab_file,
                        char **out, struct error *err)
{
    const struct entry_list *list = &source->entries;
    struct choices choices = {0};
    const char *found = NULL;

    for (size_t i = 0; i < list->count; i++) {
        const struct entry *entry = &list->entries[i];
        if (entry->kind != ENTRY_FOLDER &&
            strcmp(path_base(entry->path), path_base(lab_file)) == 0) {
            found = entry->path;
            choices_add(&choices, found);
        }
    }
    if (choices.count > 1) {
        return fail(err, ERROR_REJECTED,
                    "can't choose between %zu files that may be %s: %s; keep "
                    "one, at %s",
                    choices.count, lab_file, choices.text, lab_file);
    }
    *out = found ? strdup(found) : NULL;
    return found && !*out ? no_memory(err) : 0;
}

static int look_anywhere(const struct source *source,
                         const char *const *lab_files, struct selection *out,
                         bool *any, struct error *err)
{
    *any = false;
    for (size_t i = 0; i < out->count; i++) {
        int rc = 0;
        free(out->paths[i]);
        out->paths[i] = NULL;
        if (is_unique_name(lab_files, lab_files[i])) {
            rc = look_by_name(source, lab_files[i], &out->paths[i], err);
        }
        if (rc) {
            return rc;
        }
        *any = *any || out->paths[i];
    }
    if (source->entries.cut) {
        return fail(err, ERROR_LIMIT,
                    "none of the lab's files is at the top or one folder "
                    "down, and there are too many files to look further");
    }
    return 0;
}

/* An entry that is a lab file but for upper and lower case; or NULL. */
static const char *case_variant(const struct source *source,
                                const char *const *lab_files)
{
    for (size_t i = 0; i < source->entries.count; i++) {
        const char *path = source->entries.entries[i].path;
        for (const char *const *file = lab_files; *file; file++) {
            if (strcasecmp(path_base(path), path_base(*file)) == 0) {
                return path;
            }
        }
    }
    return NULL;
}

static int none_found(const struct source *source, const char *const *lab_files,
                      struct error *err)
{
    struct choices wanted = {0};
    const char *variant = case_variant(source, lab_files);

    for (const char *const *file = lab_files; *file; file++) {
        choices_add(&wanted, *file);
    }
    if (variant) {
        return fail(err, ERROR_REJECTED,
                    "none of the lab's files is in the submission: looked "
                    "for %s; %s differs in upper and lower case: rename it",
                    wanted.text, show(variant).text);
    }
    return fail(err, ERROR_ABSENT,
                "none of the lab's files is in the submission: looked for %s "
                "at the top, one folder down, and by name anywhere",
                wanted.text);
}

int selection_find(struct source *source, const char *const *lab_files,
                   struct selection *out, struct error *err)
{
    bool any = false;
    size_t count = 0;

    while (lab_files[count]) {
        count++;
    }
    *out = (struct selection){.count = count};
    out->paths = calloc(count + 1, sizeof(*out->paths));
    if (!out->paths) {
        return no_memory(err);
    }
    int rc = look_below(source, lab_files, "", out, &any, err);
    if (!rc && any) {
        out->root = strdup("");
        rc = out->root ? 0 : no_memory(err);
    } else if (!rc) {
        rc = look_one_down(source, lab_files, out, err);
    }
    if (!rc && !out->root) {
        rc = look_anywhere(source, lab_files, out, &any, err);
        if (!rc && !any) {
            rc = none_found(source, lab_files, err);
        }
    }
    if (rc) {
        selection_free(out);
    }
    return rc;
}

void selection_free(struct selection *selection)
{
    for (size_t i = 0; selection->paths && i < selection->count; i++) {
        free(selection->paths[i]);
    }
    free(selection->paths);
    free(selection->root);
    *selection = (struct selection){0};
}

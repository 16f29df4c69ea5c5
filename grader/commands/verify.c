/*
 * Candidates: found in tests/, laid out as submissions.
 */
#include "verify.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "folder.h"
#include "process.h"
#include "text.h"

#define SOURCE_BYTES_MAX (1024 * 1024)
#define IDEA_BYTES_MAX   200

const char *candidate_kind_word(enum candidate_kind kind)
{
    static const char *const words[] = {
        [CANDIDATE_REFERENCE] = "reference",
        [CANDIDATE_SKELETON] = "skeleton",
        [CANDIDATE_MUTANT] = "mutant",
        [CANDIDATE_VARIANT] = "variant",
    };

    return words[kind];
}

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't verify: out of memory");
}

static void free_candidate(struct candidate *candidate)
{
    free(candidate->name);
    free(candidate->idea);
    free(candidate->folder);
    free(candidate->failure);
    free(candidate->catcher);
    free(candidate->verdicts);
    free(candidate->reason);
}

void verify_free(struct candidate_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free_candidate(&list->candidates[i]);
    }
    free(list->candidates);
    *list = (struct candidate_list){NULL, 0};
}

/* Takes the candidate over. */
static int add(struct candidate_list *list, struct candidate *candidate,
               struct error *err)
{
    struct candidate *grown = reallocarray(list->candidates, list->count + 1,
                                           sizeof(*list->candidates));

    if (!grown || !candidate->name || !candidate->idea || !candidate->folder) {
        list->candidates = grown ? grown : list->candidates;
        free_candidate(candidate);
        return out_of_memory(err);
    }
    list->candidates = grown;
    list->candidates[list->count++] = *candidate;
    return 0;
}

/* --- laying out ------------------------------------------------------------
 */

static int copy_file(const char *from, const char *to, struct error *err)
{
    char *parent = strdup(to);
    char *data = NULL;
    size_t nbytes = 0;
    int rc = parent ? 0 : out_of_memory(err);

    if (rc == 0) {
        *strrchr(parent, '/') = '\0';
        rc = folder_make(parent, err);
    }
    if (rc == 0) {
        rc = file_read(from, SOURCE_BYTES_MAX, &data, &nbytes, err);
    }
    if (rc == 0) {
        rc = file_write(to, data, nbytes, err);
    }
    free(data);
    free(parent);
    return rc;
}

/* Copies the component's files of the reference into the folder. */
static int copy_reference(const struct kit *kit, const struct lab *lab,
                          const char *folder, struct error *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && lab->component.files[i]; i++) {
        char *from = NULL;
        char *to = NULL;

        if (asprintf(&from, "%s/reference/%s", kit->root,
                     lab->component.files[i]) < 0) {
            from = NULL;
            rc = out_of_memory(err);
        }
        if (rc == 0) {
            rc = path_join(folder, lab->component.files[i], &to, err);
        }
        if (rc == 0) {
            rc = copy_file(from, to, err);
        }
        free(to);
        free(from);
    }
    return rc;
}

/*
 * Runs patch(1) in the folder. A component of one file is patched whatever
 * its name in the diff; of several, the diff names them ("a/mm/vmalloc.c").
 */
static int apply_patch(const struct lab *lab, const char *folder,
                       const char *patch, char **failure, struct error *err)
{
    const struct process_limits limits = {
        .wall_seconds = 10,
        .output_bytes = 4096,
    };
    char *program = process_find("patch");
    bool single = !lab->component.files[1];
    char *argv[] = {program,
                    "--batch",
                    "--forward",
                    "--fuzz=0",
                    "--no-backup-if-mismatch",
                    "--reject-file=-",
                    "-p1",
                    "-i",
                    (char *)patch,
                    single ? lab->component.files[0] : NULL,
                    NULL};
    char *envp[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", NULL};
    const struct process_spec spec = {
        .argv = argv, .envp = envp, .limits = &limits, .directory = folder};
    struct process_result result = {0};
    int rc = 0;

    if (!program) {
        return fail(err, ERROR_INFRA,
                    "can't make the mutants: `patch` is missing; install it "
                    "with: apt-get install patch");
    }
    rc = process_run_spec(&spec, &result, err);
    if (rc == 0 && (result.end != PROCESS_EXITED || result.code != 0) &&
        asprintf(failure, "the patch does not apply: %s", result.output) < 0) {
        *failure = NULL;
        rc = out_of_memory(err);
    }
    free(result.output);
    free(program);
    return rc;
}

/* --- first lines -----------------------------------------------------------
 */

static char *sanitised(const char *text, size_t nbytes)
{
    return text_sanitise_line(text, nbytes, IDEA_BYTES_MAX);
}

/* What the second line says after "Caught by: "; or NULL. */
static char *read_catcher(const char *text)
{
    static const char prefix[] = "Caught by: ";
    const char *line = text + strcspn(text, "\n");

    if (*line == '\0' || strncmp(line + 1, prefix, strlen(prefix)) != 0) {
        return NULL;
    }
    line += 1 + strlen(prefix);
    return sanitised(line, strcspn(line, "\n"));
}

/* "Bug: a sentence" of the patch's first line, and a test that catches it. */
static int read_bug(const char *path, char **idea, char **catcher,
                    struct error *err)
{
    static const char prefix[] = "Bug: ";
    char *text = NULL;
    size_t nbytes = 0;
    int rc = file_read(path, SOURCE_BYTES_MAX, &text, &nbytes, err);

    if (rc == 0 && strncmp(text, prefix, strlen(prefix)) != 0) {
        rc = fail(err, ERROR_USAGE,
                  "%s:1: the first line must say the bug: '%sa sentence'", path,
                  prefix);
    }
    if (rc == 0) {
        const char *bug = text + strlen(prefix);
        *idea = sanitised(bug, strcspn(bug, "\n"));
        *catcher = read_catcher(text);
        rc = *idea ? 0 : out_of_memory(err);
    }
    free(text);
    return rc;
}

/* The first line with words of the first comment. */
static int read_variant_idea(const char *path, char **idea, struct error *err)
{
    char *text = NULL;
    size_t nbytes = 0;
    int rc = file_read(path, SOURCE_BYTES_MAX, &text, &nbytes, err);

    if (rc != 0) {
        return rc;
    }
    const char *words = text + strspn(text, " \t\n");
    if (strncmp(words, "/*", 2) != 0 && strncmp(words, "//", 2) != 0) {
        rc = fail(err, ERROR_USAGE,
                  "%s:1: the first comment must say the variant's idea", path);
    } else {
        words += strspn(words, " \t\n/*");
        size_t nwords = strcspn(words, "\n");
        while (nwords > 0 && (isspace((unsigned char)words[nwords - 1]) ||
                              strchr("*/", words[nwords - 1]))) {
            nwords--;
        }
        *idea = sanitised(words, nwords);
        rc = *idea ? 0 : out_of_memory(err);
    }
    free(text);
    return rc;
}

/* --- finding ---------------------------------------------------------------
 */

struct preparation {
    const struct kit *kit;
    const struct lab *lab;
    const struct component *component; /* whose rooms are looked into: the
                                          lab's, or a part of it */
    const char *work;
    struct candidate_list *list;
};

static int add_mutant(const struct preparation *preparation, const char *path,
                      const char *name, struct error *err)
{
    struct candidate mutant = {.kind = CANDIDATE_MUTANT, .name = strdup(name)};
    int rc = read_bug(path, &mutant.idea, &mutant.catcher, err);

    if (rc == 0 &&
        asprintf(&mutant.folder, "%s/mutant-%s", preparation->work, name) < 0) {
        mutant.folder = NULL;
        rc = out_of_memory(err);
    }
    if (rc == 0) {
        rc = copy_reference(preparation->kit, preparation->lab, mutant.folder,
                            err);
    }
    if (rc == 0) {
        rc = apply_patch(preparation->lab, mutant.folder, path, &mutant.failure,
                         err);
    }
    if (rc != 0) {
        free_candidate(&mutant);
        return rc;
    }
    return add(preparation->list, &mutant, err);
}

/* The component's file with that base name, or NULL. */
static const char *file_of(const struct component *component, const char *base)
{
    for (size_t i = 0; component->files[i]; i++) {
        if (strcmp(path_base(component->files[i]), base) == 0) {
            return component->files[i];
        }
    }
    return NULL;
}

/* Puts the source into the variant's folder, in place of the reference's. */
static int replace_file(const struct preparation *preparation,
                        const char *folder, const char *source,
                        const char *file, struct error *err)
{
    char *target = NULL;
    int rc = 0;

    if (!file) {
        return fail(err, ERROR_USAGE,
                    "%s: the component %s has no file of this name, so there "
                    "is none that it could replace",
                    source, preparation->component->name);
    }
    rc = path_join(folder, file, &target, err);
    if (rc == 0) {
        rc = copy_file(source, target, err);
    }
    free(target);
    return rc;
}

/* "IDEA", or "COMPONENT-IDEA" of a part; or NULL. */
static char *variant_name(const struct preparation *preparation,
                          const char *idea)
{
    const struct component *component = preparation->component;
    char *name = NULL;

    if (component == &preparation->lab->component) {
        return strdup(idea);
    }
    return asprintf(&name, "%s-%s", component->name, idea) < 0 ? NULL : name;
}

/* The variant without its files but the reference's; free it on failure. */
static int begin_variant(const struct preparation *preparation,
                         const char *name, const char *idea_in,
                         struct candidate *variant, struct error *err)
{
    int rc = read_variant_idea(idea_in, &variant->idea, err);

    variant->name = variant_name(preparation, name);
    if (rc == 0 &&
        (!variant->name || asprintf(&variant->folder, "%s/variant-%s",
                                    preparation->work, variant->name) < 0)) {
        variant->folder = NULL;
        rc = out_of_memory(err);
    }
    if (rc == 0) {
        rc = copy_reference(preparation->kit, preparation->lab, variant->folder,
                            err);
    }
    return rc;
}

/* IDEA.c, in place of the component's one file. */
static int add_variant(const struct preparation *preparation, const char *path,
                       const char *name, struct error *err)
{
    const struct component *component = preparation->component;
    struct candidate variant = {.kind = CANDIDATE_VARIANT};
    int rc = 0;

    if (component->files[1]) {
        return fail(err, ERROR_USAGE,
                    "%s: the component %s has several files; its variants are "
                    "folders with the files that they replace",
                    path, component->name);
    }
    rc = begin_variant(preparation, name, path, &variant, err);
    if (rc == 0) {
        rc = replace_file(preparation, variant.folder, path,
                          component->files[0], err);
    }
    if (rc != 0) {
        free_candidate(&variant);
        return rc;
    }
    return add(preparation->list, &variant, err);
}

/* The folder IDEA/, whose files are the `count` first of `paths`. */
static int add_variant_folder(const struct preparation *preparation,
                              const char *room, char *const *paths,
                              size_t count, struct error *err)
{
    struct candidate variant = {.kind = CANDIDATE_VARIANT};
    size_t nname = strcspn(paths[0], "/");
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++) {
        const char *base = paths[i] + nname + 1;
        char *path = NULL;

        rc = path_join(room, paths[i], &path, err);
        if (rc == 0 && i == 0) {
            char *name = strndup(paths[0], nname);
            rc = name ? begin_variant(preparation, name, path, &variant, err)
                      : out_of_memory(err);
            free(name);
        }
        if (rc == 0) {
            rc = replace_file(preparation, variant.folder, path,
                              file_of(preparation->component, base), err);
        }
        free(path);
    }
    if (rc != 0) {
        free_candidate(&variant);
        return rc;
    }
    return add(preparation->list, &variant, err);
}

/* The name without its suffix; NULL if it doesn't end so. */
static char *without_suffix(const char *name, const char *suffix)
{
    size_t n = strlen(name);
    size_t nsuffix = strlen(suffix);

    if (n <= nsuffix || strcmp(name + n - nsuffix, suffix) != 0) {
        return NULL;
    }
    return strndup(name, n - nsuffix);
}

/* What is in tests/ROOM/COMPONENT; no folder: nothing. */
static int list_room(const struct preparation *preparation, const char *room,
                     char **folder, struct path_list *list, struct error *err)
{
    if (asprintf(folder, "%s/tests/%s/%s", preparation->kit->root, room,
                 preparation->component->name) < 0) {
        *folder = NULL;
        return out_of_memory(err);
    }
    return path_is_folder(*folder) ? folder_walk(*folder, list, err) : 0;
}

/* Calls `add_one` for a file of the room that has the suffix. */
static int add_file(const struct preparation *preparation, const char *room,
                    const char *file, const char *suffix,
                    int (*add_one)(const struct preparation *preparation,
                                   const char *path, const char *name,
                                   struct error *err),
                    struct error *err)
{
    char *name = without_suffix(file, suffix);
    char *path = NULL;
    int rc = 0;

    if (name && !strchr(name, '/')) {
        rc = path_join(room, file, &path, err);
        rc = rc == 0 ? add_one(preparation, path, name, err) : rc;
    }
    free(path);
    free(name);
    return rc;
}

static int add_mutants(const struct preparation *preparation, struct error *err)
{
    struct path_list list = {NULL, 0};
    char *room = NULL;
    int rc = list_room(preparation, "mutants", &room, &list, err);

    for (size_t i = 0; rc == 0 && i < list.count; i++) {
        rc = add_file(preparation, room, list.paths[i], ".patch", add_mutant,
                      err);
    }
    path_list_free(&list);
    free(room);
    return rc;
}

/* How many paths from the first on are in the same folder; 0: in none. */
static size_t count_in_folder(const struct path_list *list, size_t first)
{
    const char *path = list->paths[first];
    size_t n = strcspn(path, "/");
    size_t i = first;

    if (path[n] == '\0') {
        return 0;
    }
    while (i < list->count && strncmp(list->paths[i], path, n + 1) == 0) {
        i++;
    }
    return i - first;
}

static int add_variants(const struct preparation *preparation,
                        struct error *err)
{
    struct path_list list = {NULL, 0};
    char *room = NULL;
    int rc = list_room(preparation, "variants", &room, &list, err);

    for (size_t i = 0; rc == 0 && i < list.count;) {
        size_t count = count_in_folder(&list, i);

        rc = count > 0 ? add_variant_folder(preparation, room, list.paths + i,
                                            count, err)
                       : add_file(preparation, room, list.paths[i], ".c",
                                  add_variant, err);
        i += count > 0 ? count : 1;
    }
    path_list_free(&list);
    free(room);
    return rc;
}

/* A right part makes no whole wrong. */
static int add_variants_of_parts(const struct preparation *whole,
                                 struct error *err)
{
    struct preparation part = *whole;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < whole->component->nparts; i++) {
        part.component = &whole->component->parts[i];
        rc = add_variants(&part, err);
    }
    return rc;
}

static int add_tree(const struct preparation *preparation,
                    enum candidate_kind kind, struct error *err)
{
    const char *word = candidate_kind_word(kind);
    struct candidate candidate = {
        .kind = kind, .name = strdup(word), .idea = strdup("")};
    int rc = path_join(preparation->kit->root, word, &candidate.folder, err);

    if (rc != 0) {
        free_candidate(&candidate);
        return rc;
    }
    return add(preparation->list, &candidate, err);
}

int verify_prepare(const struct kit *kit, const struct lab *lab, bool quick,
                   const char *work, struct candidate_list *out,
                   struct error *err)
{
    struct candidate_list list = {NULL, 0};
    const struct preparation preparation = {kit, lab, &lab->component, work,
                                            &list};
    int rc = add_tree(&preparation, CANDIDATE_REFERENCE, err);

    if (rc == 0) {
        rc = add_tree(&preparation, CANDIDATE_SKELETON, err);
    }
    if (rc == 0) {
        rc = add_mutants(&preparation, err);
    }
    if (rc == 0) {
        rc = add_variants(&preparation, err);
    }
    if (rc == 0 && !quick) {
        rc = add_variants_of_parts(&preparation, err);
    }
    if (rc != 0) {
        verify_free(&list);
        return rc;
    }
    *out = list;
    return 0;
}

/* --- judging ---------------------------------------------------------------
 */

/* True if the test that its patch names is not one that it loses. */
static bool names_another_test(const struct lab *lab,
                               const struct candidate *mutant)
{
    size_t i = 0;

    while (i < lab->ntests &&
           strcmp(lab->tests[i].name, mutant->catcher) != 0) {
        i++;
    }
    return i == lab->ntests || strchr(". ", mutant->verdicts[i]) != NULL;
}

char *verify_objection(const struct lab *lab, const struct candidate *candidate)
{
    char *text = NULL;
    int n = 0;
    unsigned wanted = candidate->kind == CANDIDATE_SKELETON ? 0 : lab->total;
    bool builds = candidate->verdicts && !strchr(candidate->verdicts, '-');

    if (candidate->failure) {
        n = asprintf(&text, "was not graded: %s", candidate->failure);
    } else if (!builds) {
        n = asprintf(&text, "%s",
                     candidate->reason ? candidate->reason : "was not run");
    } else if (candidate->kind == CANDIDATE_MUTANT &&
               candidate->score == lab->total) {
        n = asprintf(&text, "scores %u: no test catches it (%s)",
                     candidate->score, candidate->idea);
    } else if (candidate->kind == CANDIDATE_MUTANT) {
        n = candidate->catcher && names_another_test(lab, candidate)
                ? asprintf(&text, "is not caught by %s, as its patch says",
                           candidate->catcher)
                : 0;
    } else if (candidate->score != wanted) {
        n = asprintf(&text, "scores %u instead of %u: %s", candidate->score,
                     wanted, candidate->reason ? candidate->reason : "");
    }
    return n < 0 ? strdup("out of memory") : text;
}

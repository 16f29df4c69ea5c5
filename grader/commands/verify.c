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
 * its name in the diff; of several, names lose their first part.
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

/* "Bug: a sentence" of the patch's first line. */
static int read_bug(const char *path, char **idea, struct error *err)
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
    const char *work;
    struct candidate_list *list;
};

static int add_mutant(const struct preparation *preparation, const char *path,
                      const char *name, struct error *err)
{
    struct candidate mutant = {.kind = CANDIDATE_MUTANT, .name = strdup(name)};
    int rc = read_bug(path, &mutant.idea, err);

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

static int add_variant(const struct preparation *preparation, const char *path,
                       const char *name, struct error *err)
{
    const struct component *component = &preparation->lab->component;
    struct candidate variant = {.kind = CANDIDATE_VARIANT,
                                .name = strdup(name)};
    char *target = NULL;
    int rc = read_variant_idea(path, &variant.idea, err);

    if (rc == 0 && component->files[1]) {
        rc = fail(err, ERROR_USAGE,
                  "%s: the component %s has several files, and a variant "
                  "replaces one",
                  path, component->name);
    }
    if (rc == 0 && asprintf(&variant.folder, "%s/variant-%s", preparation->work,
                            name) < 0) {
        variant.folder = NULL;
        rc = out_of_memory(err);
    }
    if (rc == 0) {
        rc = path_join(variant.folder, component->files[0], &target, err);
    }
    if (rc == 0) {
        rc = copy_file(path, target, err);
    }
    free(target);
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

/* Calls `add_one` for each file with the suffix; no folder: none. */
static int for_each_file(const struct preparation *preparation,
                         const char *room, const char *suffix,
                         int (*add_one)(const struct preparation *preparation,
                                        const char *path, const char *name,
                                        struct error *err),
                         struct error *err)
{
    struct path_list list = {NULL, 0};
    char *folder = NULL;
    int rc = 0;

    if (asprintf(&folder, "%s/tests/%s/%s", preparation->kit->root, room,
                 preparation->lab->component.name) < 0) {
        return out_of_memory(err);
    }
    if (path_is_folder(folder)) {
        rc = folder_walk(folder, &list, err);
    }
    for (size_t i = 0; rc == 0 && i < list.count; i++) {
        char *name = without_suffix(list.paths[i], suffix);
        char *path = NULL;

        if (name && !strchr(name, '/')) {
            rc = path_join(folder, list.paths[i], &path, err);
            rc = rc == 0 ? add_one(preparation, path, name, err) : rc;
        }
        free(path);
        free(name);
    }
    path_list_free(&list);
    free(folder);
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

int verify_prepare(const struct kit *kit, const struct lab *lab,
                   const char *work, struct candidate_list *out,
                   struct error *err)
{
    struct candidate_list list = {NULL, 0};
    const struct preparation preparation = {kit, lab, work, &list};
    int rc = add_tree(&preparation, CANDIDATE_REFERENCE, err);

    if (rc == 0) {
        rc = add_tree(&preparation, CANDIDATE_SKELETON, err);
    }
    if (rc == 0) {
        rc = for_each_file(&preparation, "mutants", ".patch", add_mutant, err);
    }
    if (rc == 0) {
        rc = for_each_file(&preparation, "variants", ".c", add_variant, err);
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
    } else if (candidate->kind == CANDIDATE_MUTANT) {
        n = candidate->score < lab->total
                ? 0
                : asprintf(&text, "scores %u: no test catches it (%s)",
                           candidate->score, candidate->idea);
    } else if (candidate->score != wanted) {
        n = asprintf(&text, "scores %u instead of %u: %s", candidate->score,
                     wanted, candidate->reason ? candidate->reason : "");
    }
    return n < 0 ? strdup("out of memory") : text;
}

/*
 * What the compiler says:      mm/slab.c:12:5: error: expected ';'
 * what the gate says:          mm/slab.c: kmalloc is missing
 * what a backtrace says:         expand+0x1c (mm/page_alloc.c:88)
 *
 * A path counts only if it is one of submission.files, so that a given header
 * or a component of the reference, which the student may have a file of the
 * same name for, is never marked in theirs.
 */
#include "findings.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "results.h"

#define NDIGITS_MAX 7 /* of a line's number: source files are at most 1 MiB */

/* A piece of a text, not terminated. */
struct piece {
    const char *at;
    size_t n;
};

/* The student's file whose path the piece begins with, or NULL. */
static const char *own_file(const json_t *result, struct piece piece)
{
    const json_t *submission = json_object_get(result, "submission");
    const json_t *file = NULL;
    size_t i = 0;

    json_array_foreach(json_object_get(submission, "files"), i, file)
    {
        const char *path = json_string_value(file);
        size_t n = path ? strlen(path) : 0;
        if (n > 0 && n < piece.n && memcmp(piece.at, path, n) == 0 &&
            piece.at[n] == ':') {
            return path;
        }
    }
    return NULL;
}

/* Drops the first n bytes. */
static void skip(struct piece *piece, size_t n)
{
    n = n < piece->n ? n : piece->n;
    piece->at += n;
    piece->n -= n;
}

static bool take_word(struct piece *piece, const char *word)
{
    size_t n = strlen(word);

    if (piece->n < n || memcmp(piece->at, word, n) != 0) {
        return false;
    }
    skip(piece, n);
    return true;
}

/* A number and the byte behind it; *out and the piece stay if it is none. */
static bool take_number(struct piece *piece, char behind, unsigned *out)
{
    size_t n = 0;

    while (n < piece->n && n <= NDIGITS_MAX && piece->at[n] >= '0' &&
           piece->at[n] <= '9') {
        n++;
    }
    if (n == 0 || n > NDIGITS_MAX || n == piece->n || piece->at[n] != behind) {
        return false;
    }
    *out = (unsigned)strtoul(piece->at, NULL, 10);
    skip(piece, n + 1);
    return true;
}

static bool is_same(const struct finding *a, const struct finding *b)
{
    return a->kind == b->kind && a->line == b->line && a->column == b->column &&
           strcmp(a->path, b->path) == 0 && strcmp(a->text, b->text) == 0;
}

/* Copies path and text of the finding. A second one of the kind is left out. */
static int add(struct findings *out, const struct finding *found,
               const char *path, struct piece text, struct error *err)
{
    struct finding *grown =
        reallocarray(out->list, out->count + 1, sizeof(*grown));
    struct finding *added = NULL;

    if (!grown) {
        return fail(err, ERROR_INFRA, "out of memory");
    }
    out->list = grown;
    added = &grown[out->count];
    *added = *found;
    added->path = strdup(path);
    added->text = strndup(text.at, text.n);
    out->count++;
    if (!added->path || !added->text) {
        return fail(err, ERROR_INFRA, "out of memory");
    }
    for (size_t i = 0; i + 1 < out->count; i++) {
        if (is_same(&grown[i], added)) {
            free(added->path);
            free(added->text);
            out->count--;
            break;
        }
    }
    return 0;
}

/* --- the build -------------------------------------------------------------
 */

/* "error: …", "fatal error: …", "warning: …"; the word is taken off. */
static bool take_severity(struct piece *line, enum finding_kind *kind)
{
    *kind = FINDING_BUILD_ERROR;
    if (take_word(line, "error: ") || take_word(line, "fatal error: ")) {
        return true;
    }
    *kind = FINDING_BUILD_WARNING;
    return take_word(line, "warning: ");
}

/* One line of the messages; most are none of ours. */
static int add_build_line(const json_t *result, struct piece line,
                          struct findings *out, struct error *err)
{
    const char *path = own_file(result, line);
    struct finding found = {0};

    if (!path) {
        return 0;
    }
    skip(&line, strlen(path) + 1);
    if (take_number(&line, ':', &found.line)) {
        take_number(&line, ':', &found.column);
    }
    take_word(&line, " ");
    if (take_severity(&line, &found.kind)) {
        return add(out, &found, path, line, err);
    }
    /* Without a place it is the gate's, unless it only leads in what follows:
     * "In function 'expand':". */
    if (found.line > 0 || line.n == 0 || line.at[line.n - 1] == ':') {
        return 0;
    }
    found.kind = FINDING_BUILD_ERROR;
    return add(out, &found, path, line, err);
}

static int collect_build(const json_t *result, struct findings *out,
                         struct error *err)
{
    const char *rest =
        results_text(json_object_get(result, "build"), "messages");
    int rc = 0;

    while (rc == 0 && *rest != '\0') {
        size_t n = strcspn(rest, "\n");
        rc = add_build_line(result, (struct piece){rest, n}, out, err);
        rest += rest[n] == '\n' ? n + 1 : n;
    }
    return rc;
}

/* --- crashes ---------------------------------------------------------------
 */

/* The innermost call of the backtrace that is in a file of the student's. */
static bool find_call(const json_t *result, const char *oops, const char **path,
                      unsigned *line)
{
    for (const char *at = strchr(oops, '('); at; at = strchr(at + 1, '(')) {
        struct piece place = {at + 1, strcspn(at + 1, "\n")};

        *path = own_file(result, place);
        if (*path) {
            skip(&place, strlen(*path) + 1);
            if (take_number(&place, ')', line)) {
                return true;
            }
        }
    }
    return false;
}

static int collect_crashes(const json_t *result, struct findings *out,
                           struct error *err)
{
    const json_t *test = NULL;
    size_t i = 0;
    int rc = 0;

    json_array_foreach(json_object_get(result, "tests"), i, test)
    {
        const char *oops = results_text(test, "oops");
        struct finding found = {.kind = FINDING_CRASH, .test = test};
        const char *path = NULL;

        if (rc == 0 && find_call(result, oops, &path, &found.line)) {
            rc = add(out, &found, path,
                     (struct piece){oops, strcspn(oops, "\n")}, err);
        }
    }
    return rc;
}

int findings_collect(const json_t *result, struct findings *out,
                     struct error *err)
{
    int rc = collect_build(result, out, err);

    return rc == 0 ? collect_crashes(result, out, err) : rc;
}

void findings_free(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        free(findings->list[i].path);
        free(findings->list[i].text);
    }
    free(findings->list);
    *findings = (struct findings){0};
}

/*
 * The handout as a list of files: gathered from the trees it is made of.
 * Where two sources give the same path the later one wins (the lab's README
 * over the skeleton's).
 */
#include "handout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <jansson.h>
#include "folder.h"
#include "lab.h"

/* The room of the skeleton that holds students' files and nothing else. */
#define STUDENT_ROOM "mm/"

struct gathering {
    const struct kit *kit;
    struct lab **labs; /* handed out; NULL-terminated */
    struct lab **others;
    struct handout *handout;
};

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't make the handout: out of memory");
}

/* --- the list --------------------------------------------------------------
 */

static void free_file(struct handout_file *file)
{
    free(file->path);
    free(file->source);
    free(file->content);
}

void handout_free(struct handout *handout)
{
    for (size_t i = 0; i < handout->count; i++) {
        free_file(&handout->files[i]);
    }
    free(handout->files);
    *handout = (struct handout){NULL, 0};
}

/* Takes the file over, in place of one with the same path if there is one. */
static int add_file(struct handout *handout, struct handout_file *file,
                    struct error *err)
{
    for (size_t i = 0; i < handout->count; i++) {
        if (strcmp(handout->files[i].path, file->path) == 0) {
            free_file(&handout->files[i]);
            handout->files[i] = *file;
            return 0;
        }
    }
    struct handout_file *grown =
        reallocarray(handout->files, handout->count + 1, sizeof(*grown));
    if (!grown) {
        free_file(file);
        return out_of_memory(err);
    }
    handout->files = grown;
    handout->files[handout->count++] = *file;
    return 0;
}

/* Adds a copy of FOLDER/source as `path`; `remedy` is for one not there. */
static int add_copy_from(const struct gathering *gathering, const char *folder,
                         const char *source, const char *path,
                         const char *remedy, struct error *err)
{
    struct handout_file file = {.path = strdup(path)};
    struct stat status;
    int rc = path_join(folder, source, &file.source, err);

    if (rc == 0 && !file.path) {
        rc = out_of_memory(err);
    }
    if (rc == 0 && stat(file.source, &status) < 0) {
        rc = fail_errno(err, ERROR_INFRA, "can't read %s%s", file.source,
                        remedy);
    }
    if (rc != 0) {
        free_file(&file);
        return rc;
    }
    file.executable = (status.st_mode & S_IXUSR) != 0;
    return add_file(gathering->handout, &file, err);
}

/* Adds a copy of ROOT/source as `path`. */
static int add_copy(const struct gathering *gathering, const char *source,
                    const char *path, struct error *err)
{
    return add_copy_from(gathering, gathering->kit->root, source, path, "",
                         err);
}

/* Adds a text of our own, which is taken over. */
static int add_text(const struct gathering *gathering, char *content,
                    const char *path, struct error *err)
{
    struct handout_file file = {.path = strdup(path), .content = content};

    if (!file.path || !file.content) {
        free_file(&file);
        return out_of_memory(err);
    }
    return add_file(gathering->handout, &file, err);
}

/* --- which files -----------------------------------------------------------
 */

static bool is_file_of(struct lab *const *labs, const char *path)
{
    for (size_t i = 0; labs[i]; i++) {
        for (size_t k = 0; labs[i]->component.files[k]; k++) {
            if (strcmp(labs[i]->component.files[k], path) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool is_below(const char *folder, const char *path)
{
    return strncmp(path, folder, strlen(folder)) == 0;
}

/* Build products, and students' files of what is not handed out, stay. */
static bool is_wanted(const struct gathering *gathering, const char *path)
{
    bool is_students =
        is_below(STUDENT_ROOM, path) || is_file_of(gathering->others, path);

    return !is_below("build/", path) &&
           (!is_students || is_file_of(gathering->labs, path));
}

/* Adds what is below ROOT/from as to/…; `to` may be "". */
static int add_tree(const struct gathering *gathering, const char *from,
                    const char *to, struct error *err)
{
    struct path_list list = {NULL, 0};
    char *folder = NULL;
    int rc = path_join(gathering->kit->root, from, &folder, err);

    if (rc == 0) {
        rc = folder_walk(folder, &list, err);
    }
    for (size_t i = 0; rc == 0 && i < list.count; i++) {
        char *source = NULL;
        char *path = NULL;

        if (!is_wanted(gathering, list.paths[i])) {
            continue;
        }
        rc = path_join(from, list.paths[i], &source, err);
        if (rc == 0 && asprintf(&path, "%s%s%s", to, to[0] ? "/" : "",
                                list.paths[i]) < 0) {
            path = NULL;
            rc = out_of_memory(err);
        }
        if (rc == 0) {
            rc = add_copy(gathering, source, path, err);
        }
        free(path);
        free(source);
    }
    path_list_free(&list);
    free(folder);
    return rc;
}

/* As add_copy(), if there is such a file. */
static int add_if_there(const struct gathering *gathering, const char *source,
                        const char *path, struct error *err)
{
    char *full = NULL;
    int rc = path_join(gathering->kit->root, source, &full, err);

    if (rc == 0 && path_is_file(full)) {
        rc = add_copy(gathering, source, path, err);
    }
    free(full);
    return rc;
}

/* --- lab.yaml with the public tests ----------------------------------------
 */

/* A YAML double-quoted scalar: a JSON string is one. */
static void write_quoted(FILE *out, const char *text)
{
    json_t *json = json_string(text);

    json_dumpf(json, out, JSON_ENCODE_ANY);
    json_decref(json);
}

static void write_text(FILE *out, const char *key, const struct lab_text *text)
{
    fprintf(out, "%s: {en: ", key);
    write_quoted(out, text->en);
    fprintf(out, ", zh: ");
    write_quoted(out, text->zh);
    fprintf(out, "}\n");
}

static char *public_yaml(const struct lab *lab)
{
    char *text = NULL;
    size_t nbytes = 0;
    FILE *out = open_memstream(&text, &nbytes);
    size_t suite = strlen(lab->suite) + strlen("::");

    if (!out) {
        return NULL;
    }
    fprintf(out,
            "# The public tests; hidden ones make up the rest of the %u "
            "points.\n",
            lab->total);
    write_text(out, "title", &lab->title);
    fprintf(out, "component: %s\nsuite: %s\ntests:\n", lab->component.name,
            lab->suite);
    for (size_t i = 0; i < lab->ntests; i++) {
        const struct lab_test *test = &lab->tests[i];
        if (test->visibility != LAB_PUBLIC) {
            continue;
        }
        fprintf(out, "  - name: %s\n    points: %u\n    visibility: public\n",
                test->name + suite, test->points);
        write_text(out, "    title", &test->title);
        write_text(out, "    hint", &test->hint);
    }
    if (fclose(out) != 0) {
        free(text);
        text = NULL;
    }
    return text;
}

/* --- a lab -----------------------------------------------------------------
 */

static int add_public_tests(const struct gathering *gathering,
                            const struct lab *lab, struct error *err)
{
    char *tests = NULL;
    char *yaml = NULL;
    int rc = 0;

    if (asprintf(&tests, "tests/public/%s.c", lab->name) < 0) {
        return out_of_memory(err);
    }
    rc = add_if_there(gathering, tests, tests, err);
    if (rc == 0 && asprintf(&yaml, "assignments/%s/lab.yaml", lab->name) < 0) {
        yaml = NULL;
        rc = out_of_memory(err);
    }
    if (rc == 0) {
        rc = add_text(gathering, public_yaml(lab), yaml, err);
    }
    free(yaml);
    free(tests);
    return rc;
}

/* True for what of assignments/LAB students read. */
static bool is_lab_text(const char *path)
{
    return (strncmp(path, "README", strlen("README")) == 0 &&
            !strchr(path, '/')) ||
           strncmp(path, "figures/", strlen("figures/")) == 0;
}

/* Adds README* and figures/ of a lab below `to` ("" or a folder and '/'). */
static int add_lab_texts(const struct gathering *gathering,
                         const struct lab *lab, const char *to,
                         struct error *err)
{
    struct path_list list = {NULL, 0};
    char *folder = NULL;
    int rc = 0;

    if (asprintf(&folder, "%s/assignments/%s", gathering->kit->root,
                 lab->name) < 0) {
        return out_of_memory(err);
    }
    rc = folder_walk(folder, &list, err);
    for (size_t i = 0; rc == 0 && i < list.count; i++) {
        char source[1024];
        char path[1024];

        if (!is_lab_text(list.paths[i])) {
            continue;
        }
        snprintf(source, sizeof(source), "assignments/%s/%s", lab->name,
                 list.paths[i]);
        snprintf(path, sizeof(path), "%s%s", to, list.paths[i]);
        rc = add_copy(gathering, source, path, err);
    }
    path_list_free(&list);
    free(folder);
    return rc;
}

static char *list_readme(struct lab *const *labs)
{
    char *text = NULL;
    size_t nbytes = 0;
    FILE *out = open_memstream(&text, &nbytes);

    if (!out) {
        return NULL;
    }
    fprintf(out, "# Labs\n\n");
    for (size_t i = 0; labs[i]; i++) {
        fprintf(out,
                "- [%s](assignments/%s/README.md) · "
                "[%s](assignments/%s/README.zh-CN.md)\n",
                labs[i]->title.en, labs[i]->name, labs[i]->title.zh,
                labs[i]->name);
    }
    if (fclose(out) != 0) {
        free(text);
        text = NULL;
    }
    return text;
}

static int add_labs(const struct gathering *gathering, struct error *err)
{
    bool single = !gathering->labs[1];
    int rc = 0;

    for (size_t i = 0; rc == 0 && gathering->labs[i]; i++) {
        const struct lab *lab = gathering->labs[i];
        char to[256] = "";

        if (!single) {
            snprintf(to, sizeof(to), "assignments/%s/", lab->name);
        }
        rc = add_lab_texts(gathering, lab, to, err);
        if (rc == 0) {
            rc = add_public_tests(gathering, lab, err);
        }
    }
    if (rc == 0 && !single) {
        rc =
            add_text(gathering, list_readme(gathering->labs), "README.md", err);
    }
    return rc;
}

/* --- given/ ----------------------------------------------------------------
 */

/* "mm/slab.c" of the reference: given/mm/slab.o, unless students write it. */
static int add_object(const struct gathering *gathering, const char *file,
                      struct error *err)
{
    size_t n = strlen(file) - strlen(".c");
    char *source = NULL;
    char *path = NULL;
    int rc = 0;

    if (is_file_of(gathering->labs, file) || !is_below(STUDENT_ROOM, file)) {
        return 0;
    }
    if (asprintf(&source, "kernel/handout/%.*s.o", (int)n, file) < 0) {
        source = NULL;
        rc = out_of_memory(err);
    }
    if (rc == 0 && asprintf(&path, "given/%.*s.o", (int)n, file) < 0) {
        path = NULL;
        rc = out_of_memory(err);
    }
    if (rc == 0) {
        rc = add_copy_from(gathering, gathering->kit->build, source, path,
                           " (`make kernel` builds it)", err);
    }
    free(path);
    free(source);
    return rc;
}

static int add_objects(const struct gathering *gathering, struct error *err)
{
    struct path_list list = {NULL, 0};
    char *folder = NULL;
    int rc = path_join(gathering->kit->root, "reference", &folder, err);

    if (rc == 0) {
        rc = folder_walk(folder, &list, err);
    }
    for (size_t i = 0; rc == 0 && i < list.count; i++) {
        const char *dot = strrchr(list.paths[i], '.');
        if (dot && strcmp(dot, ".c") == 0) {
            rc = add_object(gathering, list.paths[i], err);
        }
    }
    path_list_free(&list);
    free(folder);
    return rc;
}

/* --- all of it -------------------------------------------------------------
 */

static int gather(const struct gathering *gathering, struct error *err)
{
    int rc = add_tree(gathering, "skeleton", "", err);

    if (rc == 0) {
        rc = add_objects(gathering, err);
    }
    if (rc == 0) {
        rc = add_tree(gathering, "tests/harness", "tests/harness", err);
    }
    if (rc == 0) {
        rc = add_tree(gathering, "tests/show", "tests/show", err);
    }
    if (rc == 0) {
        rc = add_if_there(gathering, "tests/Makefile", "tests/Makefile", err);
    }
    return rc == 0 ? add_labs(gathering, err) : rc;
}

/* --- reading the labs ------------------------------------------------------
 */

static void free_labs(struct lab **labs)
{
    for (size_t i = 0; labs && labs[i]; i++) {
        lab_free(labs[i]);
    }
    free(labs);
}

static bool is_named(char *const *names, const char *name)
{
    for (size_t i = 0; names[i]; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Reads the labs of `names` that are not in `except` (may be NULL). */
static int read_labs(const char *root, char *const *names, char *const *except,
                     struct lab ***out, struct error *err)
{
    size_t count = 0;
    size_t nread = 0;
    int rc = 0;

    while (names[count]) {
        count++;
    }
    *out = calloc(count + 1, sizeof(**out));
    if (!*out) {
        return out_of_memory(err);
    }
    for (size_t i = 0; rc == 0 && i < count; i++) {
        if (!except || !is_named(except, names[i])) {
            rc = lab_read(root, names[i], &(*out)[nread], err);
            nread += rc == 0;
        }
    }
    return rc;
}

static int compare_files(const void *a, const void *b)
{
    const struct handout_file *left = a;
    const struct handout_file *right = b;

    return strcmp(left->path, right->path);
}

/* Those that grade several components together have nothing of their own. */
static int check_labs(struct lab *const *labs, struct error *err)
{
    for (size_t i = 0; labs[i]; i++) {
        if (labs[i]->component.parts) {
            return fail(err, ERROR_USAGE,
                        "%s is not handed out: it grades the files of other "
                        "labs together; hand those labs out",
                        labs[i]->name);
        }
    }
    return 0;
}

int handout_list(const struct kit *kit, char *const *labs, struct handout *out,
                 struct error *err)
{
    struct handout handout = {NULL, 0};
    struct gathering gathering = {.kit = kit, .handout = &handout};
    char **all = NULL;
    int rc = read_labs(kit->root, labs, NULL, &gathering.labs, err);

    if (rc == 0) {
        rc = check_labs(gathering.labs, err);
    }
    if (rc == 0) {
        rc = lab_list(kit->root, &all, err);
    }
    if (rc == 0) {
        rc = read_labs(kit->root, all, labs, &gathering.others, err);
    }
    if (rc == 0) {
        rc = gather(&gathering, err);
    }
    if (rc == 0) {
        qsort(handout.files, handout.count, sizeof(*handout.files),
              compare_files);
        *out = handout;
        handout = (struct handout){NULL, 0};
    }
    handout_free(&handout);
    free_labs(gathering.labs);
    free_labs(gathering.others);
    lab_list_free(all);
    return rc;
}

/*
 * Keys of outcomes: what a submission's outcome depends on, in one hash.
 *
 * Everything that is hashed stands behind its name and its length, so that no
 * two lists of things give the same bytes. More is hashed than may matter to
 * one lab (all of the reference's objects, all headers): a needless run is
 * cheaper than a wrong score. Programs count by what they say their version
 * is, but mmgrade, which builds and judges, by its bytes.
 */
#include "outcome.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include "component.h"
#include "folder.h"

#define MAX_FILE_BYTES ((size_t)64 << 20)
#define MAX_LIST_BYTES ((size_t)1 << 20)

/* A hash under way; what fails first is kept in rc, the rest is skipped. */
struct digest {
    EVP_MD_CTX *context;
    int rc;
    struct error *err;
};

static void digest_open(struct digest *digest, struct error *err)
{
    *digest = (struct digest){.context = EVP_MD_CTX_new(), .err = err};
    if (!digest->context ||
        EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL) != 1) {
        digest->rc =
            fail(err, ERROR_INFRA, "can't compute a SHA-256: libcrypto failed");
    }
}

static int digest_close(struct digest *digest, char hex[SEED_HEX])
{
    unsigned char bytes[SEED_BYTES];

    if (digest->rc == 0 &&
        EVP_DigestFinal_ex(digest->context, bytes, NULL) != 1) {
        digest->rc = fail(digest->err, ERROR_INFRA,
                          "can't compute a SHA-256: libcrypto failed");
    }
    if (digest->rc == 0) {
        seed_format(bytes, hex);
    }
    EVP_MD_CTX_free(digest->context);
    return digest->rc;
}

static void add_bytes(struct digest *digest, const char *name,
                      const void *bytes, size_t nbytes)
{
    char length[32];

    if (digest->rc != 0) {
        return;
    }
    snprintf(length, sizeof(length), "%zu", nbytes);
    if (EVP_DigestUpdate(digest->context, name, strlen(name) + 1) != 1 ||
        EVP_DigestUpdate(digest->context, length, strlen(length) + 1) != 1 ||
        EVP_DigestUpdate(digest->context, bytes, nbytes) != 1) {
        digest->rc = fail(digest->err, ERROR_INFRA,
                          "can't compute a SHA-256: libcrypto failed");
    }
}

static void add_text(struct digest *digest, const char *name, const char *text)
{
    add_bytes(digest, name, text, strlen(text));
}

/* The words under one name, and how many they are. */
static void add_words(struct digest *digest, const char *name,
                      char *const *words)
{
    size_t count = 0;

    for (; words && words[count]; count++) {
        add_text(digest, name, words[count]);
    }
    add_bytes(digest, name, &count, sizeof(count));
}

/* ROOT/PATH, under the name PATH. */
static void add_file(struct digest *digest, const char *root, const char *path)
{
    char *whole = NULL;
    char *data = NULL;
    size_t nbytes = 0;

    if (digest->rc == 0) {
        digest->rc = path_join(root, path, &whole, digest->err);
    }
    if (digest->rc == 0) {
        digest->rc =
            file_read(whole, MAX_FILE_BYTES, &data, &nbytes, digest->err);
    }
    add_bytes(digest, path, data, nbytes);
    free(data);
    free(whole);
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text);

    return n >= strlen(end) && strcmp(text + n - strlen(end), end) == 0;
}

/* The files below ROOT/FOLDER whose names end so. */
static void add_folder(struct digest *digest, const char *root,
                       const char *folder, const char *end)
{
    struct path_list list = {0};
    char *whole = NULL;
    size_t count = 0;

    if (digest->rc == 0) {
        digest->rc = path_join(root, folder, &whole, digest->err);
    }
    if (digest->rc == 0 && path_is_folder(whole)) {
        digest->rc = folder_walk(whole, &list, digest->err);
    }
    for (size_t i = 0; digest->rc == 0 && i < list.count; i++) {
        if (ends_with(list.paths[i], end)) {
            add_file(digest, whole, list.paths[i]);
            count++;
        }
    }
    add_bytes(digest, folder, &count, sizeof(count));
    path_list_free(&list);
    free(whole);
}

/* Every object that BUILD/kernel/given.list names. */
static void add_given(struct digest *digest, const struct kit *kit)
{
    char *kernel = NULL;
    char *list = NULL;
    char *text = NULL;
    char *rest = NULL;
    size_t nbytes = 0;

    if (digest->rc == 0) {
        digest->rc = path_join(kit->build, "kernel", &kernel, digest->err);
    }
    if (digest->rc == 0) {
        digest->rc = path_join(kernel, "given.list", &list, digest->err);
    }
    if (digest->rc == 0) {
        digest->rc =
            file_read(list, MAX_LIST_BYTES, &text, &nbytes, digest->err);
    }
    add_bytes(digest, "given.list", text, nbytes);
    if (digest->rc == 0) {
        for (char *line = strtok_r(text, "\n", &rest); line;
             line = strtok_r(NULL, "\n", &rest)) {
            add_file(digest, kernel, line);
        }
    }
    free(text);
    free(list);
    free(kernel);
}

static void add_component(struct digest *digest,
                          const struct component *component)
{
    add_text(digest, "component", component->name);
    add_words(digest, "files", component->files);
    add_words(digest, "exports", component->exports);
    add_words(digest, "imports", component->imports);
    add_text(digest, "module", component->module ? "yes" : "no");
    add_bytes(digest, "parts", &component->nparts, sizeof(component->nparts));
    for (size_t i = 0; i < component->nparts; i++) {
        add_component(digest, &component->parts[i]);
    }
}

/* The lab: its names, and what it builds with if a file wasn't handed in. */
static void add_lab(struct digest *digest, const struct kit *kit,
                    const struct lab *lab)
{
    char *skeleton = NULL;

    add_text(digest, "lab", lab->name);
    add_text(digest, "suite", lab->suite);
    add_bytes(digest, "tests", &lab->ntests, sizeof(lab->ntests));
    for (size_t i = 0; i < lab->ntests; i++) {
        add_text(digest, "test", lab->tests[i].name);
    }
    add_component(digest, &lab->component);
    if (digest->rc == 0) {
        digest->rc = path_join(kit->root, "skeleton", &skeleton, digest->err);
    }
    for (char **file = lab->component.files; digest->rc == 0 && *file; file++) {
        add_file(digest, skeleton, *file);
    }
    free(skeleton);
}

static void add_version(struct digest *digest, const char *name,
                        const char *program)
{
    char *line = NULL;

    if (digest->rc == 0) {
        digest->rc = kit_ask(program, "--version", &line, digest->err);
    }
    if (digest->rc == 0) {
        add_text(digest, name, line);
    }
    free(line);
}

static void add_tools(struct digest *digest, const struct kit *kit)
{
    char *ld = NULL;

    add_version(digest, "cc", kit->cc);
    add_version(digest, "qemu", kit->qemu);
    if (digest->rc == 0) {
        digest->rc = kit_tool(kit, "ld", &ld, digest->err);
    }
    add_version(digest, "ld", ld);
    free(ld);
    add_file(digest, "/proc/self", "exe");
}

int outcome_surroundings(const struct kit *kit, const struct lab *lab,
                         enum sandbox_mode mode, char hex[SEED_HEX],
                         struct error *err)
{
    struct digest digest = {0};
    char *program = NULL;

    digest_open(&digest, err);
    if (digest.rc == 0) {
        digest.rc = path_join("tests/suites", lab->name, &program, err);
    }
    add_text(&digest, "schema", OUTCOME_SCHEMA);
    add_text(&digest, "sandbox", mode == SANDBOX_BWRAP ? "bwrap" : "none");
    if (digest.rc == 0) {
        add_file(&digest, kit->build, program);
    }
    add_lab(&digest, kit, lab);
    add_file(&digest, kit->build, "initrd.img");
    add_given(&digest, kit);
    add_folder(&digest, kit->build, "kernel/reference", ".o");
    add_folder(&digest, kit->root, "skeleton/include", "");
    add_file(&digest, kit->root, "skeleton/kernel.flags");
    add_file(&digest, kit->root, "skeleton/boot/kernel.lds");
    add_tools(&digest, kit);
    free(program);
    return digest_close(&digest, hex);
}

int outcome_key_within(const char surroundings[SEED_HEX],
                       const struct grade_request *request,
                       const struct grade *grade, char hex[SEED_HEX],
                       struct error *err)
{
    unsigned char derived[SEED_BYTES];
    const unsigned char *seed = request->seed;
    struct digest digest = {0};
    int rc = 0;

    if (!grade->submission) {
        return fail(err, ERROR_REJECTED,
                    "what could not be read has no key: %s",
                    grade->result.refused.message);
    }
    if (!seed) {
        seed = derived;
        rc = seed_derive(request->course_key, grade->submission->content_hash,
                         grade->lab->name, derived, err);
    }
    if (rc != 0) {
        return rc;
    }
    digest_open(&digest, err);
    add_text(&digest, "surroundings", surroundings);
    add_text(&digest, "content", grade->submission->content_hash);
    add_bytes(&digest, "seed", seed, SEED_BYTES);
    add_text(&digest, "only", request->only ? request->only : "");
    add_text(&digest, "first failure", request->first_failure ? "yes" : "no");
    return digest_close(&digest, hex);
}

int outcome_key(const struct grade_request *request, const struct grade *grade,
                char hex[SEED_HEX], struct error *err)
{
    char surroundings[SEED_HEX] = "";
    int rc = outcome_surroundings(request->kit, grade->lab, request->mode,
                                  surroundings, err);

    return rc == 0 ? outcome_key_within(surroundings, request, grade, hex, err)
                   : rc;
}

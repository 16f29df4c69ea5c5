/*
 * The list of files of a bundle, and writing it as a reproducible zip.
 */
#include "bundle.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <archive.h>
#include <archive_entry.h>
#include "detail.h"
#include "folder.h"
#include "lab.h"
#include "seed.h"
#include "text.h"
#include "visibility.h"

#define FILE_BYTES_MAX  (16 * 1024 * 1024)
#define MODE_FILE       0644
#define MODE_EXECUTABLE 0755
#define MODE_SECRET     0600
#define ZIP_EPOCH       315532800 /* 1980: zip knows no earlier time */

struct bundle {
    const struct bundle_request *request;
    struct archive *archive;
    size_t nfiles;
};

static int out_of_memory(struct error *err)
{
    return fail(err, ERROR_INFRA, "can't make the bundle: out of memory");
}

static int archive_failed(const struct bundle *bundle, struct error *err)
{
    const char *reason = archive_error_string(bundle->archive);

    return fail(err, ERROR_INFRA, "can't write %s: %s", bundle->request->out,
                reason ? reason : "unknown reason");
}

/* --- members ---------------------------------------------------------------
 */

static int add_bytes(struct bundle *bundle, const char *member,
                     const char *data, size_t nbytes, mode_t mode,
                     struct error *err)
{
    struct archive_entry *entry = archive_entry_new();
    int rc = 0;

    if (!entry) {
        return out_of_memory(err);
    }
    archive_entry_set_pathname(entry, member);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, mode);
    archive_entry_set_size(entry, (la_int64_t)nbytes);
    archive_entry_set_mtime(entry, ZIP_EPOCH, 0);
    if (archive_write_header(bundle->archive, entry) != ARCHIVE_OK ||
        archive_write_data(bundle->archive, data, nbytes) != (ssize_t)nbytes) {
        rc = archive_failed(bundle, err);
    }
    archive_entry_free(entry);
    bundle->nfiles++;
    return rc;
}

static int add_file(struct bundle *bundle, const char *source,
                    const char *member, mode_t mode, struct error *err)
{
    char *data = NULL;
    size_t nbytes = 0;
    int rc = file_read(source, FILE_BYTES_MAX, &data, &nbytes, err);

    if (rc == 0) {
        rc = add_bytes(bundle, member, data, nbytes, mode, err);
    }
    free(data);
    return rc;
}

/* ROOT/path as kit/path. */
static int add_of_kit(struct bundle *bundle, const char *path,
                      struct error *err)
{
    struct stat status;
    char *source = NULL;
    char *member = NULL;
    int rc = path_join(bundle->request->kit->root, path, &source, err);

    if (rc == 0) {
        rc = path_join("kit", path, &member, err);
    }
    if (rc == 0 && stat(source, &status) < 0) {
        rc = fail_errno(err, ERROR_USAGE,
                        "can't read %s; a bundle is made of the repository's "
                        "sources: name its folder with --kit, or say with "
                        "--from where they are",
                        source);
    }
    if (rc == 0) {
        rc = add_file(bundle, source, member,
                      status.st_mode & S_IXUSR ? MODE_EXECUTABLE : MODE_FILE,
                      err);
    }
    free(member);
    free(source);
    return rc;
}

/* What is below ROOT/folder, but for products. */
static int add_folder(struct bundle *bundle, const char *folder,
                      struct error *err)
{
    struct path_list list = {NULL, 0};
    char *root = NULL;
    int rc = path_join(bundle->request->kit->root, folder, &root, err);

    if (rc == 0 && !path_is_folder(root)) {
        rc = fail(err, ERROR_USAGE,
                  "there is no folder %s; a bundle is made of the "
                  "repository's sources: name its folder with --kit, or say "
                  "with --from where they are",
                  root);
    }
    if (rc == 0) {
        rc = folder_walk(root, &list, err);
    }
    for (size_t i = 0; rc == 0 && i < list.count; i++) {
        char *path = NULL;

        if (strncmp(list.paths[i], "build/", strlen("build/")) == 0) {
            continue;
        }
        rc = path_join(folder, list.paths[i], &path, err);
        if (rc == 0) {
            rc = add_of_kit(bundle, path, err);
        }
        free(path);
    }
    path_list_free(&list);
    free(root);
    return rc;
}

/* What of a lab the grader reads: its points, its tests. */
static int add_lab(struct bundle *bundle, struct error *err)
{
    const char *lab = bundle->request->lab;
    char yaml[512];
    char hidden[512];
    char public[512];
    char *full = NULL;
    int rc = 0;

    snprintf(yaml, sizeof(yaml), "assignments/%s/lab.yaml", lab);
    snprintf(hidden, sizeof(hidden), "tests/hidden/%s", lab);
    snprintf(public, sizeof(public), "tests/public/%s.c", lab);
    rc = add_of_kit(bundle, yaml, err);
    if (rc == 0) {
        rc = add_folder(bundle, hidden, err);
    }
    if (rc == 0) {
        rc = path_join(bundle->request->kit->root, public, &full, err);
    }
    if (rc == 0 && path_is_file(full)) {
        rc = add_of_kit(bundle, public, err);
    }
    free(full);
    return rc;
}

static int add_kit(struct bundle *bundle, struct error *err)
{
    static const char *const files[] = {"Makefile", "scripts/setup",
                                        "scripts/packages", "tests/tests.mk",
                                        "assignments/components.yaml"};
    static const char *const folders[] = {"grader", "skeleton", "reference",
                                          "tests/harness"};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < sizeof(files) / sizeof(files[0]); i++) {
        rc = add_of_kit(bundle, files[i], err);
    }
    for (size_t i = 0; rc == 0 && i < sizeof(folders) / sizeof(folders[0]);
         i++) {
        rc = add_folder(bundle, folders[i], err);
    }
    return rc == 0 ? add_lab(bundle, err) : rc;
}

/* --- settings --------------------------------------------------------------
 */

/* One line, without what could end the quotes that it is put into. */
static int check_setting(const char *name, const char *value, struct error *err)
{
    if (text_is_clean(value, strlen(value)) && !strchr(value, '\'') &&
        !strchr(value, '\\') && value[0] != '-') {
        return 0;
    }
    return fail(err, ERROR_USAGE,
                "%s can't be '%.200s': no quotes, backslashes or control "
                "characters, and no - in front",
                name, value);
}

static int check_settings(const struct bundle_request *request,
                          struct error *err)
{
    const struct {
        const char *name, *value;
    } settings[] = {
        {"--lab", request->lab},
        {"--from", request->from},
        {"--ref", request->ref},
    };
    const char *visibility = NULL;
    bool chinese = false;
    int rc = gradescope_visibility(request->visibility, &visibility, err);

    if (rc == 0) {
        rc = detail_language(request->language, &chinese, err);
    }
    for (size_t i = 0; rc == 0 && i < sizeof(settings) / sizeof(settings[0]);
         i++) {
        if (settings[i].value) {
            rc = check_setting(settings[i].name, settings[i].value, err);
        }
    }
    if (rc == 0 && request->ref && !request->from) {
        rc = fail(err, ERROR_USAGE, "--ref is of the repository of --from");
    }
    return rc;
}

static int add_settings(struct bundle *bundle, struct error *err)
{
    const struct bundle_request *request = bundle->request;
    char *text = NULL;
    int n = asprintf(
        &text,
        "# Read by setup.sh and run_autograder.\n"
        "LAB='%s'\nSANDBOX='%s'\nVISIBILITY='%s'\nLANGUAGE_OF_TEXTS='%s'\n"
        "FROM='%s'\nREF='%s'\n",
        request->lab, request->sandbox, request->visibility, request->language,
        request->from ? request->from : "", request->ref ? request->ref : "");
    int rc = 0;

    if (n < 0) {
        return out_of_memory(err);
    }
    rc = add_bytes(bundle, "bundle.conf", text, (size_t)n, MODE_FILE, err);
    free(text);
    return rc;
}

/* --- the zip ---------------------------------------------------------------
 */

/* ROOT/assignments/gradescope/name as name. */
static int add_script(struct bundle *bundle, const char *name,
                      struct error *err)
{
    char *source = NULL;
    int rc = 0;

    if (asprintf(&source, "%s/assignments/gradescope/%s",
                 bundle->request->kit->root, name) < 0) {
        return out_of_memory(err);
    }
    rc = add_file(bundle, source, name, MODE_EXECUTABLE, err);
    free(source);
    return rc;
}

static int add_secret(struct bundle *bundle, struct error *err)
{
    const char *path = bundle->request->secret;

    unsigned char key[SEED_BYTES];
    int rc = seed_course_key(path, key, err); /* is it one? */

    return rc == 0 ? add_file(bundle, path, "secret", MODE_SECRET, err) : rc;
}

static int add_members(struct bundle *bundle, struct error *err)
{
    const struct bundle_request *request = bundle->request;
    int rc = add_script(bundle, "setup.sh", err);

    if (rc == 0) {
        rc = add_script(bundle, "run_autograder", err);
    }
    if (rc == 0) {
        rc = add_settings(bundle, err);
    }
    if (rc == 0 && request->secret) {
        rc = add_secret(bundle, err);
    }
    return rc == 0 && !request->from ? add_kit(bundle, err) : rc;
}

/* Hidden tests and the secret are in it, so it is its owner's alone. */
static int write_zip(struct bundle *bundle, const char *path, struct error *err)
{
    int fd = -1;
    int rc = 0;

    bundle->archive = archive_write_new();
    if (!bundle->archive) {
        return out_of_memory(err);
    }
    unlink(path); /* what an earlier run left */
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, MODE_SECRET);
    if (fd < 0) {
        /* Whoever named the place can mend it. */
        rc = fail_errno(err, ERROR_USAGE, "can't write %s",
                        bundle->request->out);
    } else if (archive_write_set_format_zip(bundle->archive) != ARCHIVE_OK ||
               archive_write_open_fd(bundle->archive, fd) != ARCHIVE_OK) {
        rc = archive_failed(bundle, err);
    }
    if (rc == 0) {
        rc = add_members(bundle, err);
    }
    if (rc == 0 && archive_write_close(bundle->archive) != ARCHIVE_OK) {
        rc = archive_failed(bundle, err);
    }
    archive_write_free(bundle->archive);
    if (fd >= 0 && close(fd) < 0 && rc == 0) {
        rc = fail_errno(err, ERROR_INFRA, "can't write %s",
                        bundle->request->out);
    }
    return rc;
}

int bundle_write(const struct bundle_request *request, size_t *nfiles,
                 struct error *err)
{
    struct bundle bundle = {.request = request};
    struct lab *lab = NULL;
    char *partial = NULL;
    int rc = lab_read(request->kit->root, request->lab, &lab, err);

    if (rc == 0) {
        rc = check_settings(request, err);
    }
    if (rc == 0 && access(request->out, F_OK) == 0) {
        rc = fail(err, ERROR_USAGE,
                  "%s is there already; name another, or remove it first",
                  request->out);
    }
    if (rc == 0 && asprintf(&partial, "%s.part", request->out) < 0) {
        partial = NULL;
        rc = out_of_memory(err);
    }
    if (rc == 0) {
        rc = write_zip(&bundle, partial, err);
    }
    if (rc == 0 && rename(partial, request->out) < 0) {
        rc = fail_errno(err, ERROR_INFRA, "can't write %s", request->out);
    }
    if (rc != 0 && partial) {
        unlink(partial);
    }
    *nfiles = bundle.nfiles;
    free(partial);
    lab_free(lab);
    return rc;
}

/*
 * Overlay, compile, gate, link, in that order; each stage works only on what
 * the one before has let through.
 *
 * A fault of the student's (compiler errors, a broken gate, missing
 * functions) is a result like any other: BUILD_FAILED and messages. A fault
 * of ours is an error and no result.
 */
#include "build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "compile.h"
#include "component.h"
#include "folder.h"
#include "gate.h"
#include "linker.h"
#include "text.h"

#define MAX_MESSAGE_BYTES (64u << 10)
#define MAX_SOURCE_BYTES  (1u << 20)

/* One build under way. */
struct builder {
    const struct kit *kit;
    const struct lab *lab;
    const struct submission *submission;
    struct compiler compiler;
    char *work; /* absolute */
    char *compile;
    char *objects;
    char *link;
    FILE *messages;
    bool failed; /* through the student's fault; messages say why */
};

static const struct file *submitted(const struct submission *submission,
                                    const char *path)
{
    const struct file_list *list = &submission->files;

    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->files[i].path, path) == 0)
            return &list->files[i];
    }
    return NULL;
}

/* The overlay: the student's bytes, or the skeleton's (in *owned). */
static int find_source(const struct builder *b, struct compile_job *job,
                       char **owned, struct error *err)
{
    const struct file *file = submitted(b->submission, job->file);
    char *path = NULL;
    int rc;

    *owned = NULL;
    if (file != NULL) {
        job->source = file->data;
        job->nbytes = file->size;
        return 0;
    }
    if (asprintf(&path, "%s/skeleton/%s", b->kit->root, job->file) < 0)
        return fail(err, ERROR_INFRA, "could not read %s: out of memory",
                    job->file);
    rc = file_read(path, MAX_SOURCE_BYTES, owned, &job->nbytes, err);
    job->source = *owned;
    free(path);
    return rc;
}

/* The first gate: is it safe to show this object to a linker at all? */
static int check_object(struct builder *b, const struct component *part,
                        const struct compile_job *job, struct error *err)
{
    const struct gate_policy policy = {.given =
                                           (const char *const *)part->imports};
    int rc = gate_check(job->object, &policy, err);

    if (rc != ERROR_REJECTED)
        return rc;
    fprintf(b->messages, "%s: %s\n", job->file, err->message);
    b->failed = true;
    return 0;
}

/* Compiles a file of the part, the i-th of all files. */
static int compile_one(struct builder *b, const struct component *part,
                       size_t i, struct error *err)
{
    struct compile_job job = {.file = b->lab->component.files[i]};
    char *folder = NULL, *object = NULL, *owned = NULL;
    bool ok = false;
    int rc = find_source(b, &job, &owned, err);

    if (rc != 0)
        goto out;
    if (asprintf(&folder, "%s/%zu", b->compile, i) < 0 ||
        asprintf(&object, "%s/%zu.o", b->objects, i) < 0) {
        rc = fail(err, ERROR_INFRA, "could not compile %s: out of memory",
                  job.file);
        goto out;
    }
    job.folder = folder;
    job.object = object;
    rc = compile_file(&b->compiler, &job, &ok, b->messages, err);
    if (rc == 0 && ok)
        rc = check_object(b, part, &job, err);
    if (rc == 0 && !ok)
        b->failed = true;
out:
    free(owned);
    free(folder);
    free(object);
    return rc;
}

/* All files, also after one that failed: its messages help as well. */
static int compile_all(struct builder *b, struct error *err)
{
    const struct component *component = &b->lab->component;
    size_t i = 0;
    int rc = 0;

    for (size_t k = 0; rc == 0 && k < component_count(component); k++) {
        const struct component *part = component_part(component, k);

        for (size_t end = i + component_nfiles(part); rc == 0 && i < end; i++)
            rc = compile_one(b, part, i, err);
    }
    return rc;
}

/* "mm/vmalloc.c, mm/highmem.c: sentence" */
static void blame_part(struct builder *b, const struct component *part,
                       const char *sentence)
{
    char *const *files = part->files;

    for (size_t i = 0; files[i] != NULL; i++)
        fprintf(b->messages, "%s%s", i > 0 ? ", " : "", files[i]);
    fprintf(b->messages, ": %s\n", sentence);
    b->failed = true;
}

/* All parts, also after one that is refused. */
static int link_parts(struct builder *b, const struct link_job *job,
                      struct error *err)
{
    int rc = sandbox_make_folder(job->mode, job->folder, err);

    for (size_t i = 0; rc == 0 && i < component_count(job->component); i++) {
        rc = link_part(job, i, err);
        if (rc == ERROR_REJECTED) {
            blame_part(b, component_part(job->component, i), err->message);
            rc = 0;
        }
    }
    return rc;
}

/* The object that the kernel is given to load, if there is one. */
static int link_module_part(struct builder *b, const struct link_job *job,
                            struct build *out, struct error *err)
{
    int rc = 0;

    if (component_module(job->component) == component_count(job->component))
        return 0;
    rc = path_join(b->work, "module.o", &out->module, err);
    return rc == 0 ? link_module(job, out->module, err) : rc;
}

static int link_all(struct builder *b, const unsigned char seed[32],
                    struct build *out, struct error *err)
{
    struct link_job job = {
        .kit = b->kit,
        .component = &b->lab->component,
        .mode = b->compiler.mode,
        .objects = b->objects,
        .folder = b->link,
        .seed = seed,
    };
    int rc = link_parts(b, &job, err);

    if (rc != 0 || b->failed)
        return rc;
    rc = link_module_part(b, &job, out, err);
    if (rc == 0)
        rc = path_join(b->work, "kernel.elf", &out->symbols, err);
    if (rc == 0)
        rc = path_join(b->work, "kernel", &out->image, err);
    if (rc == 0)
        rc = link_kernel(&job, out->symbols, out->image, err);
    return rc;
}

static void builder_close(struct builder *b)
{
    compiler_free(&b->compiler);
    free(b->work);
    free(b->compile);
    free(b->objects);
    free(b->link);
}

static int builder_open(struct builder *b, enum sandbox_mode mode,
                        const char *work, struct error *err)
{
    int rc;

    b->work = realpath(work, NULL);
    if (b->work == NULL)
        return fail_errno(err, ERROR_INFRA, "could not work in %s", work);
    rc = path_join(b->work, "compile", &b->compile, err);
    if (rc == 0)
        rc = path_join(b->work, "objects", &b->objects, err);
    if (rc == 0)
        rc = path_join(b->work, "link", &b->link, err);
    if (rc == 0)
        rc = folder_make(b->compile, err);
    if (rc == 0)
        rc = folder_make(b->objects, err);
    /* The sandbox's user reads objects, whatever the umask is. */
    if (rc == 0 && chmod(b->objects, 0755) != 0)
        rc = fail_errno(err, ERROR_INFRA, "could not open %s to the sandbox",
                        b->objects);
    if (rc == 0)
        rc = compiler_find(b->kit, mode, &b->compiler, err);
    return rc;
}

static int finish_messages(struct builder *b, char **text, size_t *nbytes,
                           struct build *out, struct error *err)
{
    bool written = fclose(b->messages) == 0;

    out->messages =
        written ? text_sanitise(*text, *nbytes, MAX_MESSAGE_BYTES) : NULL;
    free(*text);
    if (out->messages == NULL)
        return fail(err, ERROR_INFRA,
                    "could not keep the compiler's messages: out of memory");
    out->status = b->failed ? BUILD_FAILED : BUILD_OK;
    return 0;
}

int build_image(const struct kit *kit, const struct lab *lab,
                const struct submission *submission, enum sandbox_mode mode,
                const char *work, const unsigned char seed[32],
                struct build *out, struct error *err)
{
    struct builder b = {.kit = kit, .lab = lab, .submission = submission};
    char *text = NULL;
    size_t nbytes = 0;
    int rc, kept;

    memset(out, 0, sizeof *out);
    b.messages = open_memstream(&text, &nbytes);
    if (b.messages == NULL)
        return fail_errno(err, ERROR_INFRA, "could not start the build");
    rc = builder_open(&b, mode, work, err);
    if (rc == 0)
        rc = compile_all(&b, err);
    if (rc == 0 && !b.failed)
        rc = link_all(&b, seed, out, err);
    kept = finish_messages(&b, &text, &nbytes, out, err);
    if (rc == 0)
        rc = kept;
    builder_close(&b);
    if (rc != 0)
        build_free(out);
    else
        *err = (struct error){0}; /* a rejection's sentence is a message now */
    return rc;
}

void build_first_error(const char *messages, const char **line, size_t *nbytes)
{
    const char *found = strstr(messages, "error:");

    while (found && found > messages && found[-1] != '\n')
        found--;
    *line = found ? found : messages;
    *nbytes = strcspn(*line, "\n");
}

void build_free(struct build *build)
{
    free(build->messages);
    free(build->image);
    free(build->symbols);
    free(build->module);
    memset(build, 0, sizeof *build);
}

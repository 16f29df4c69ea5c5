/*
 * Runs ld and objcopy, both in the sandbox, on objects that have passed the
 * gate.
 *
 * Confinement: the student's objects for a part become one (`ld -r`), in which
 * objcopy keeps only the contract's symbols global. A helper that is called
 * like a function of the kernel, by accident or not, can then neither replace
 * that function nor be called in its place.
 *
 * Order: boot/head.o comes first, since the PVH note must be early in the
 * file; all others are shuffled by the submission's seed, so that the address
 * of a given function in one image says nothing about the next.
 */
#include "linker.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "component.h"
#include "folder.h"
#include "gate.h"
#include "process.h"

#define MAX_KERNEL_BYTES (64u << 20)
#define MAX_LIST_BYTES   (1u << 20)

#define PART_NAME         "part-%zu.o"
#define OBJECT_NAME_BYTES 32

static const struct process_limits link_limits = {
    .wall_seconds = 30,
    .cpu_seconds = 20,
    .address_space = (size_t)1 << 30,
    .file_size = MAX_KERNEL_BYTES,
    .descriptors = 256,
    .output_bytes = 64 << 10,
};

/* Which folder is which mount, and so where a tool sees it. */
enum place {
    PLACE_OBJECTS,
    PLACE_OUT,
    PLACE_KERNEL,
    PLACE_BOOT,
    PLACE_END,
};

struct linker {
    const struct link_job *job;
    const struct component *part; /* that is joined and confined */
    size_t first;                 /* number of its first object */
    struct sandbox_mount mounts[PLACE_END + 1];
    char *kernel; /* BUILD/kernel */
    char *boot;   /* ROOT/skeleton/boot */
};

/*
 * Command lines: owned strings.
 */

struct words {
    struct path_list list;
    int rc; /* of the first that failed; then the rest is skipped */
    struct error *err;
};

static void add_word(struct words *words, const char *word)
{
    if (words->rc == 0)
        words->rc = path_list_add(&words->list, word, words->err);
}

/* A word made of an option, a mount's path as the tool sees it, and a name. */
static void add_path(struct words *words, const struct linker *linker,
                     const char *option, enum place place, const char *name)
{
    char *word = NULL;
    const char *folder =
        sandbox_path(linker->job->mode, &linker->mounts[place]);

    if (words->rc != 0)
        return;
    if (asprintf(&word, "%s%s/%s", option, folder, name) < 0) {
        words->rc = fail(words->err, ERROR_INFRA, "could not link: no memory");
        return;
    }
    add_word(words, word);
    free(word);
}

/* What the tool said, in a line, without its name before it. */
static int tool_failed(const char *tool, char *said, struct error *err)
{
    size_t n = strlen(said);
    size_t name = strlen(tool);

    while (n > 0 && said[n - 1] == '\n')
        said[--n] = '\0';
    for (char *end = strchr(said, '\n'); end; end = strchr(end, '\n'))
        *end = ' ';
    if (strncmp(said, tool, name) == 0 && strncmp(said + name, ": ", 2) == 0)
        said += name + 2;
    return fail(err, ERROR_INFRA, "could not link the kernel: %s said: %.700s",
                tool, n > 0 ? said : "nothing");
}

static int run_tool(const struct linker *linker, const char *name,
                    const struct words *words, struct error *err)
{
    const struct kit *kit = linker->job->kit;
    const char *const hide[] = {kit->root, kit->build, NULL};
    const struct sandbox_spec spec = {.mounts = linker->mounts, .hide = hide};
    struct process_result result = {0};
    char **argv = calloc(words->list.count + 2, sizeof *argv);
    int rc = words->rc;

    if (rc == 0 && argv == NULL)
        rc = fail(err, ERROR_INFRA, "could not run %s: out of memory", name);
    if (rc == 0)
        rc = kit_tool(kit, name, &argv[0], err);
    if (rc != 0)
        goto out;
    for (size_t i = 0; i < words->list.count; i++)
        argv[i + 1] = words->list.paths[i];
    rc =
        sandbox_run(linker->job->mode, &spec, argv, &link_limits, &result, err);
    if (rc == 0 && (result.end != PROCESS_EXITED || result.code != 0))
        rc = tool_failed(argv[0], result.output, err);
out:
    if (argv != NULL)
        free(argv[0]);
    free(argv);
    free(result.output);
    return rc;
}

/*
 * A part: the component, or one of those that it is made of.
 */

static int run_join(const struct linker *linker, struct error *err)
{
    struct words words = {.err = err};
    char name[OBJECT_NAME_BYTES];
    int rc;

    add_word(&words, "-r");
    add_word(&words, "-m");
    add_word(&words, "elf_i386");
    add_word(&words, "-z");
    add_word(&words, "noexecstack");
    add_word(&words, "-o");
    add_path(&words, linker, "", PLACE_OUT, "joined.o");
    for (size_t i = 0; linker->part->files[i] != NULL; i++) {
        snprintf(name, sizeof name, "%zu.o", linker->first + i);
        add_path(&words, linker, "", PLACE_OBJECTS, name);
    }
    rc = run_tool(linker, "ld", &words, err);
    path_list_free(&words.list);
    return rc;
}

static int write_exports(const struct linker *linker, struct error *err)
{
    char *text = NULL, *path = NULL;
    size_t nbytes = 0;
    FILE *f = open_memstream(&text, &nbytes);
    int rc;

    if (f == NULL)
        return fail_errno(err, ERROR_INFRA, "could not list exports");
    for (char **name = linker->part->exports; *name != NULL; name++)
        fprintf(f, "%s\n", *name);
    if (fclose(f) != 0) {
        free(text);
        return fail_errno(err, ERROR_INFRA, "could not list exports");
    }
    rc = path_join(linker->job->objects, "exports.list", &path, err);
    if (rc == 0)
        rc = file_write(path, text, nbytes, err);
    /* The sandbox's user reads it, whatever the umask is. */
    if (rc == 0 && chmod(path, 0644) != 0)
        rc = fail_errno(err, ERROR_INFRA, "could not open %s", path);
    free(path);
    free(text);
    return rc;
}

static int run_confine(const struct linker *linker, struct error *err)
{
    struct words words = {.err = err};
    int rc = write_exports(linker, err);

    if (rc != 0)
        return rc;
    add_path(&words, linker, "--keep-global-symbols=", PLACE_OBJECTS,
             "exports.list");
    add_path(&words, linker, "", PLACE_OUT, "joined.o");
    add_path(&words, linker, "", PLACE_OUT, "part.o");
    rc = run_tool(linker, "objcopy", &words, err);
    path_list_free(&words.list);
    return rc;
}

/* OUT/name, checked, to `to`. What a tool left there is ours to have right. */
static int take(const struct linker *linker, const char *name, const char *to,
                struct error *err)
{
    char *from = NULL;
    int rc = path_join(linker->job->folder, name, &from, err);

    if (rc == 0)
        rc = sandbox_take_file(from, to, MAX_KERNEL_BYTES, err);
    free(from);
    if (rc == ERROR_REJECTED)
        err->kind = rc = ERROR_INFRA;
    return rc;
}

static int check_part(const struct linker *linker, const char *name,
                      struct error *err)
{
    const struct gate_policy policy = {
        .exports = (const char *const *)linker->part->exports,
        .imports = (const char *const *)linker->part->imports,
        .complete = true,
    };
    char *path = NULL;
    int rc = path_join(linker->job->objects, name, &path, err);

    if (rc == 0)
        rc = take(linker, "part.o", path, err);
    if (rc == 0)
        rc = gate_check(path, &policy, err);
    free(path);
    return rc;
}

/*
 * The kernel.
 */

/* xoshiro256** (Blackman and Vigna, 2018): the seed is its state. */
static uint64_t next_random(uint64_t s[4])
{
    uint64_t scrambled = s[1] * 5;
    uint64_t result = ((scrambled << 7) | (scrambled >> 57)) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return result;
}

/* Fisher and Yates, of all but the first. */
static void shuffle_tail(struct path_list *list, const unsigned char *seed)
{
    uint64_t state[4];

    memcpy(state, seed, sizeof state);
    state[0] |= 1; /* all zeros is the one state that stays */
    for (size_t left = list->count; left > 2; left--) {
        size_t i = 1 + next_random(state) % (left - 1);
        char *swap = list->paths[i];
        list->paths[i] = list->paths[left - 1];
        list->paths[left - 1] = swap;
    }
}

static int add_given(const struct linker *linker, struct words *objects,
                     struct error *err)
{
    char *path = NULL, *text = NULL, *rest = NULL;
    size_t nbytes = 0;
    int rc = path_join(linker->kernel, "given.list", &path, err);

    if (rc == 0)
        rc = file_read(path, MAX_LIST_BYTES, &text, &nbytes, err);
    if (rc == 0) {
        for (char *line = strtok_r(text, "\n", &rest); line != NULL;
             line = strtok_r(NULL, "\n", &rest))
            add_path(objects, linker, "", PLACE_KERNEL, line);
        rc = objects->rc;
    }
    if (rc == 0 && objects->list.count == 0)
        rc = fail(err, ERROR_INFRA,
                  "could not link the kernel: %s names no object. `make` "
                  "builds them.",
                  path);
    free(text);
    free(path);
    return rc;
}

/* True for "mm/slab.o" if the component's files have "mm/slab.c". */
static bool is_students(const struct component *component, const char *object)
{
    size_t n = strlen(object);

    for (char **file = component->files; *file != NULL; file++) {
        if (strlen(*file) == n && strncmp(*file, object, n - 1) == 0)
            return true;
    }
    return false;
}

static int add_reference(const struct linker *linker, struct words *objects,
                         struct error *err)
{
    struct path_list found = {0};
    char *folder = NULL;
    int rc = path_join(linker->kernel, "reference", &folder, err);

    if (rc == 0 && path_is_folder(folder))
        rc = folder_walk(folder, &found, err);
    for (size_t i = 0; rc == 0 && i < found.count; i++) {
        const char *name = found.paths[i];
        size_t n = strlen(name);
        char inside[512];
        if (n < 3 || strcmp(name + n - 2, ".o") != 0 ||
            is_students(linker->job->component, name))
            continue;
        snprintf(inside, sizeof inside, "reference/%s", name);
        add_path(objects, linker, "", PLACE_KERNEL, inside);
        rc = objects->rc;
    }
    path_list_free(&found);
    free(folder);
    return rc;
}

/* All but a module, which the kernel loads while it runs. */
static void add_parts(const struct linker *linker, struct words *objects)
{
    const struct component *component = linker->job->component;
    char name[OBJECT_NAME_BYTES];

    for (size_t i = 0; i < component_count(component); i++) {
        if (component_part(component, i)->module)
            continue;
        snprintf(name, sizeof name, PART_NAME, i);
        add_path(objects, linker, "", PLACE_OBJECTS, name);
    }
}

static int run_link(const struct linker *linker, struct error *err)
{
    static const char *const options[] = {"-m",
                                          "elf_i386",
                                          "--orphan-handling=error",
                                          "--no-undefined",
                                          "--fatal-warnings",
                                          "-z",
                                          "noexecstack",
                                          "-T",
                                          NULL};
    struct words objects = {.err = err}, words = {.err = err};
    int rc = add_given(linker, &objects, err);

    if (rc == 0)
        rc = add_reference(linker, &objects, err);
    if (rc != 0)
        goto out;
    add_parts(linker, &objects);
    shuffle_tail(&objects.list, linker->job->seed);
    for (size_t i = 0; options[i] != NULL; i++)
        add_word(&words, options[i]);
    add_path(&words, linker, "", PLACE_BOOT, "kernel.lds");
    add_word(&words, "-o");
    add_path(&words, linker, "", PLACE_OUT, "kernel.elf");
    for (size_t i = 0; i < objects.list.count; i++)
        add_word(&words, objects.list.paths[i]);
    rc = objects.rc != 0 ? objects.rc : run_tool(linker, "ld", &words, err);
out:
    path_list_free(&objects.list);
    path_list_free(&words.list);
    return rc;
}

static int run_strip(const struct linker *linker, struct error *err)
{
    struct words words = {.err = err};
    int rc;

    add_word(&words, "--strip-all");
    add_path(&words, linker, "", PLACE_OUT, "kernel.elf");
    add_path(&words, linker, "", PLACE_OUT, "kernel");
    rc = run_tool(linker, "objcopy", &words, err);
    path_list_free(&words.list);
    return rc;
}

/*
 * The linker: the mounts that all of the above work with.
 */

static void linker_close(struct linker *linker)
{
    free(linker->kernel);
    free(linker->boot);
}

static int linker_open(const struct link_job *job, struct linker *linker,
                       struct error *err)
{
    int rc = path_join(job->kit->build, "kernel", &linker->kernel, err);

    linker->job = job;
    if (rc == 0)
        rc = path_join(job->kit->root, "skeleton/boot", &linker->boot, err);
    linker->mounts[PLACE_OBJECTS] =
        (struct sandbox_mount){job->objects, "/objects", false};
    linker->mounts[PLACE_OUT] =
        (struct sandbox_mount){job->folder, "/link", true};
    linker->mounts[PLACE_KERNEL] =
        (struct sandbox_mount){linker->kernel, "/kernel", false};
    linker->mounts[PLACE_BOOT] =
        (struct sandbox_mount){linker->boot, "/boot", false};
    return rc;
}

int link_part(const struct link_job *job, size_t part, struct error *err)
{
    struct linker linker = {.part = component_part(job->component, part)};
    char name[OBJECT_NAME_BYTES];
    int rc = linker_open(job, &linker, err);

    for (size_t i = 0; i < part; i++)
        linker.first += component_nfiles(component_part(job->component, i));
    snprintf(name, sizeof name, PART_NAME, part);
    if (rc == 0)
        rc = run_join(&linker, err);
    if (rc == 0)
        rc = run_confine(&linker, err);
    if (rc == 0)
        rc = check_part(&linker, name, err);
    linker_close(&linker);
    return rc;
}

/* The source file's name stays: the kernel calls the module by it. */
static int run_strip_module(const struct linker *linker, struct error *err)
{
    struct words words = {.err = err};
    char name[OBJECT_NAME_BYTES];
    int rc;

    snprintf(name, sizeof name, PART_NAME,
             component_module(linker->job->component));
    add_word(&words, "--strip-debug");
    add_word(&words, "--keep-file-symbols");
    add_path(&words, linker, "", PLACE_OBJECTS, name);
    add_path(&words, linker, "", PLACE_OUT, "module.o");
    rc = run_tool(linker, "objcopy", &words, err);
    path_list_free(&words.list);
    return rc;
}

int link_module(const struct link_job *job, const char *path, struct error *err)
{
    struct linker linker = {0};
    int rc = linker_open(job, &linker, err);

    if (rc == 0)
        rc = run_strip_module(&linker, err);
    if (rc == 0)
        rc = take(&linker, "module.o", path, err);
    linker_close(&linker);
    return rc;
}

int link_kernel(const struct link_job *job, const char *symbols,
                const char *image, struct error *err)
{
    struct linker linker = {0};
    int rc = linker_open(job, &linker, err);

    if (rc == 0)
        rc = run_link(&linker, err);
    if (rc == 0)
        rc = run_strip(&linker, err);
    if (rc == 0)
        rc = take(&linker, "kernel.elf", symbols, err);
    if (rc == 0)
        rc = take(&linker, "kernel", image, err);
    linker_close(&linker);
    return rc;
}

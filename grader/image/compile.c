/*
 * Runs the compiler on one file.
 *
 * In the sandbox /src holds the file at its own path and the pristine headers
 * in include/; /out is the one folder that can be written. So a diagnostic
 * says mm/page_alloc.c:41:5 as the student knows the file, and a header of
 * ours is include/mm.h. Everything else a source could name (tests, reference
 * code, other students) is not there, and gcc says so in the same words as
 * for a name that never was.
 */
#include "compile.h"

#include <libgen.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "folder.h"

#define MAX_OBJECT_BYTES (16u << 20)
#define OBJECT           "object.o"
#define GCC_CRASHED      4 /* gcc's exit code for "internal compiler error" */

/*
 * The CPU limit holds for the compiler and for the assembler, and ends each of
 * them long before the wall limit, unless this machine is overloaded.
 */
static const struct process_limits compile_limits = {
    .wall_seconds = 90,
    .cpu_seconds = 20,
    .address_space = (size_t)1 << 30,
    .file_size = MAX_OBJECT_BYTES,
    .descriptors = 64,
    .output_bytes = 64 << 10,
};

/* How a compiler words that a part of it was ended, or gave up. */
static const char *const limit_words[] = {
    "signal terminated program", "out of memory allocating",
    "memory exhausted",          "virtual memory exhausted",
    "internal compiler error",   "submit a full bug report",
    "submit a bug report",       "unable to execute command",
    "LLVM ERROR: out of memory", NULL,
};

int compiler_find(const struct kit *kit, enum sandbox_mode mode,
                  struct compiler *out, struct error *err)
{
    char *version = NULL;
    int rc = kit_ask(kit->cc, "--version", &version, err);

    memset(out, 0, sizeof *out);
    out->kit = kit;
    out->mode = mode;
    if (rc == 0) {
        out->is_clang = strstr(version, "clang") != NULL;
        rc = kit_ask(kit->cc, "-print-file-name=include", &out->headers, err);
    }
    if (rc == 0 && !path_is_folder(out->headers))
        rc = fail(err, ERROR_INFRA,
                  "could not find the headers of %s: it says they are in %s",
                  kit->cc, out->headers);
    free(version);
    if (rc != 0)
        compiler_free(out);
    return rc;
}

void compiler_free(struct compiler *compiler)
{
    free(compiler->headers);
    compiler->headers = NULL;
}

/* Which mount is which. */
enum place {
    PLACE_SRC,
    PLACE_HEADERS,
    PLACE_FLAGS,
    PLACE_OUT,
    PLACE_END,
};

/* The paths of one job. */
struct places {
    char *src;     /* FOLDER/src */
    char *out;     /* FOLDER/out */
    char *file;    /* FOLDER/src/mm/page_alloc.c */
    char *include; /* FOLDER/src/include: where the headers will be */
    char *headers; /* ROOT/skeleton/include: where they are */
    char *flags;   /* ROOT/skeleton/kernel.flags */
    char *made;    /* FOLDER/out/object.o */
};

static void free_places(struct places *p)
{
    free(p->src);
    free(p->out);
    free(p->file);
    free(p->include);
    free(p->headers);
    free(p->flags);
    free(p->made);
}

static int find_places(const struct compiler *compiler,
                       const struct compile_job *job, struct places *p,
                       struct error *err)
{
    const char *root = compiler->kit->root;
    int rc = path_join(job->folder, "src", &p->src, err);

    if (rc == 0)
        rc = path_join(job->folder, "out", &p->out, err);
    if (rc == 0)
        rc = path_join(p->src, job->file, &p->file, err);
    if (rc == 0)
        rc = path_join(p->src, "include", &p->include, err);
    if (rc == 0)
        rc = path_join(root, "skeleton/include", &p->headers, err);
    if (rc == 0)
        rc = path_join(root, "skeleton/kernel.flags", &p->flags, err);
    if (rc == 0)
        rc = path_join(p->out, OBJECT, &p->made, err);
    return rc;
}

static int write_source(const struct compile_job *job, const char *path,
                        struct error *err)
{
    FILE *f = fopen(path, "wxe");
    bool ok = f != NULL &&
              fwrite(job->source, 1, job->nbytes, f) == job->nbytes &&
              /* The sandbox's user reads it, whatever the umask is. */
              fchmod(fileno(f), 0644) == 0;

    if (f != NULL && fclose(f) != 0)
        ok = false;
    if (!ok)
        return fail_errno(err, ERROR_INFRA, "could not write %s", path);
    return 0;
}

static int open_to_sandbox(const char *path, struct error *err)
{
    if (chmod(path, 0755) != 0)
        return fail_errno(err, ERROR_INFRA, "could not open %s to the sandbox",
                          path);
    return 0;
}

/* FOLDER/src with the file and a place for the headers, and FOLDER/out. */
static int lay_out(const struct compiler *compiler,
                   const struct compile_job *job, const struct places *p,
                   struct error *err)
{
    char *parent = strdup(p->file);
    int rc;

    if (parent == NULL)
        return fail(err, ERROR_INFRA, "could not lay out %s: out of memory",
                    job->file);
    rc = folder_make(dirname(parent), err);
    if (rc == 0)
        rc = open_to_sandbox(p->src, err);
    if (rc == 0)
        rc = open_to_sandbox(parent, err); /* which dirname() has cut */
    if (rc == 0)
        rc = write_source(job, p->file, err);
    if (rc == 0 && compiler->mode == SANDBOX_NONE &&
        symlink(p->headers, p->include) != 0)
        rc = fail_errno(err, ERROR_INFRA, "could not link %s", p->include);
    if (rc == 0 && compiler->mode == SANDBOX_BWRAP)
        rc = folder_make(p->include, err);
    if (rc == 0)
        rc = sandbox_make_folder(compiler->mode, p->out, err);
    free(parent);
    return rc;
}

/* True if a line of the output begins with "NAME: WORDS". */
static bool says(const struct process_result *result, const char *name,
                 const char *words)
{
    char begin[256];
    const char *line = result->output;
    int n = snprintf(begin, sizeof begin, "%s: %s", name, words);

    while (line != NULL && strncmp(line, begin, (size_t)n) != 0) {
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    return line != NULL;
}

/*
 * Somebody else has ended the compiler: nobody of ours sends these signals
 * (the CPU limit's is SIGXCPU), but a machine without memory does. Nothing
 * follows from that for the file.
 */
static bool was_stopped(const struct compiler *compiler,
                        const struct process_result *result)
{
    const char *name = path_base(compiler->kit->cc);

    if (result->end == PROCESS_WALL_LIMIT)
        return true;
    if (result->end == PROCESS_SIGNALLED)
        return result->code == SIGKILL || result->code == SIGTERM;
    return result->code != 0 &&
           (says(result, name, "fatal error: Killed signal terminated") ||
            says(result, name, "fatal error: Terminated signal terminated") ||
            says(result, name, "error: unable to execute command: Killed") ||
            says(result, name, "error: unable to execute command: Terminated"));
}

static bool over_limit(const struct process_result *result)
{
    if (result->end != PROCESS_EXITED || result->code == GCC_CRASHED ||
        result->code > 1)
        return true;
    for (size_t i = 0; result->code != 0 && limit_words[i] != NULL; i++) {
        if (strstr(result->output, limit_words[i]) != NULL)
            return true;
    }
    return false;
}

static void describe(const struct compile_job *job,
                     const struct process_result *result, FILE *messages)
{
    if (over_limit(result)) {
        fprintf(messages,
                "%s: LIMIT: the compiler was stopped, because this file takes "
                "more than a file may: %u s of computing, %zu MiB of memory, "
                "%zu MiB of object code. Look for very large "
                "arrays, very deep nesting and macros that multiply.\n",
                job->file, compile_limits.cpu_seconds,
                compile_limits.address_space >> 20,
                compile_limits.file_size >> 20);
        return;
    }
    fwrite(result->output, 1, result->noutput, messages);
    if (result->truncated)
        fprintf(messages, "\n%s: more messages than %zu KiB were left out\n",
                job->file, compile_limits.output_bytes >> 10);
}

/*
 * Flags that gcc and clang name differently, or that one of them lacks: as
 * many in both sets.
 */
static const char *const gcc_flags[] = {
    "-fmax-errors=20", "-fmax-include-depth=32", "-fno-diagnostics-show-caret"};
static const char *const clang_flags[] = {"-ferror-limit=20", "-fno-addrsig",
                                          "-fno-caret-diagnostics"};

/* Arguments that are made up of parts. */
struct words {
    char *flags;  /* @/kernel.flags */
    char *map;    /* -ffile-prefix-map=/src=. */
    char *object; /* /out/object.o */
};

static int make_words(enum sandbox_mode mode,
                      const struct sandbox_mount *mounts, struct words *words,
                      struct error *err)
{
    if (asprintf(&words->map, "-ffile-prefix-map=%s=.",
                 sandbox_path(mode, &mounts[PLACE_SRC])) < 0)
        words->map = NULL;
    if (asprintf(&words->flags, "@%s",
                 sandbox_path(mode, &mounts[PLACE_FLAGS])) < 0)
        words->flags = NULL;
    if (asprintf(&words->object, "%s/" OBJECT,
                 sandbox_path(mode, &mounts[PLACE_OUT])) < 0)
        words->object = NULL;
    if (words->map == NULL || words->flags == NULL || words->object == NULL)
        return fail(err, ERROR_INFRA, "could not compile: out of memory");
    return 0;
}

static void free_words(struct words *words)
{
    free(words->map);
    free(words->flags);
    free(words->object);
}

static int run_compiler(const struct compiler *compiler,
                        const struct compile_job *job, const struct places *p,
                        struct process_result *result, struct error *err)
{
    const struct kit *kit = compiler->kit;
    const struct sandbox_mount mounts[] = {
        [PLACE_SRC] = {p->src, "/src", false},
        [PLACE_HEADERS] = {p->headers, "/src/include", false},
        [PLACE_FLAGS] = {p->flags, "/kernel.flags", false},
        [PLACE_OUT] = {p->out, "/out", true},
        [PLACE_END] = {NULL, NULL, false},
    };
    const char *const hide[] = {kit->root, kit->build, NULL};
    const struct sandbox_spec spec = {
        .mounts = mounts, .directory = "/src", .hide = hide};
    const char *const *own = compiler->is_clang ? clang_flags : gcc_flags;
    struct words w = {0};
    int rc = make_words(compiler->mode, mounts, &w, err);

    if (rc == 0) {
        /* -pipe: a temporary file's random name would show in messages. */
        /* clang-format off */
        const char *const argv[] = {
            kit->cc, w.flags, "-I", "include", "-nostdinc", "-isystem",
            compiler->headers, "-fno-common", "-fno-lto",
            "-fno-asynchronous-unwind-tables", "-fdiagnostics-color=never",
            w.map, "-pipe", own[0], own[1], own[2], "-c", job->file, "-o",
            w.object, NULL};
        /* clang-format on */
        rc = sandbox_run(compiler->mode, &spec, (char *const *)argv,
                         &compile_limits, result, err);
    }
    free_words(&w);
    return rc;
}

/* Faults of ours: the compiler was stopped, or objects to our command line. */
static int check_compiler(const struct compiler *compiler,
                          const struct compile_job *job,
                          const struct process_result *result,
                          struct error *err)
{
    if (was_stopped(compiler, result))
        return fail(err, ERROR_INFRA,
                    "could not compile %s: %s was stopped before it had used "
                    "up its %u s of computing (%.0f s in all). Is this machine "
                    "overloaded or out of memory? %.300s",
                    job->file, compiler->kit->cc, compile_limits.cpu_seconds,
                    result->seconds, result->output);
    /* "gcc: error: unrecognized option" */
    if (result->end == PROCESS_EXITED && result->code == 1 &&
        !over_limit(result) &&
        says(result, path_base(compiler->kit->cc), "error: "))
        return fail(err, ERROR_INFRA,
                    "could not compile for the kernel with %s: %.600s",
                    compiler->kit->cc, result->output);
    return 0;
}

int compile_file(const struct compiler *compiler, const struct compile_job *job,
                 bool *ok, FILE *messages, struct error *err)
{
    struct process_result result = {0};
    struct places places = {0};
    int rc = find_places(compiler, job, &places, err);

    *ok = false;
    if (rc == 0)
        rc = lay_out(compiler, job, &places, err);
    if (rc == 0)
        rc = run_compiler(compiler, job, &places, &result, err);
    if (rc == 0)
        rc = check_compiler(compiler, job, &result, err);
    if (rc != 0)
        goto out;
    describe(job, &result, messages);
    if (result.end != PROCESS_EXITED || result.code != 0)
        goto out;
    rc = sandbox_take_file(places.made, job->object, MAX_OBJECT_BYTES, err);
    *ok = rc == 0;
    if (rc == ERROR_REJECTED) {
        fprintf(messages, "%s: the compiler made no object: %s\n", job->file,
                err->message);
        rc = 0;
    }
out:
    free(result.output);
    free_places(&places);
    return rc;
}

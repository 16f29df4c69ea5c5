/*
 * mmgrade show: pictures of the memory of a running `make qemu`.
 *
 * They are drawn by the kit's program build/tests/show, which is made of the
 * tests' harness; this command finds the files and becomes it.
 */
#include <getopt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "command.h"
#include "folder.h"
#include "kit.h"

#define MAX_WORDS 12

struct wish {
    const char *kit, *build, *out, *pid, *what;
};

/* BUILD/name, if there is such a file; else NULL. */
static char *file_in(const char *build, const char *name)
{
    struct error ignored = {0};
    char *path = NULL;

    if (path_join(build, name, &path, &ignored) != 0 || !path_is_file(path)) {
        free(path);
        return NULL;
    }
    return path;
}

/* The kernel of this repository's `make qemu`, or of a student's. */
static char *find_kernel(const char *build)
{
    char *kernel = file_in(build, "kernel/kernel-reference.elf");

    return kernel ? kernel : file_in(build, "kernel.elf");
}

static int become_program(const struct wish *wish, const char *program,
                          const char *kernel, const char *vm)
{
    const char *argv[MAX_WORDS] = {
        "mmgrade show", "--vm", vm, "--kernel", kernel, "--out", wish->out};
    size_t n = 7;

    if (wish->pid) {
        argv[n++] = "--pid";
        argv[n++] = wish->pid;
    }
    argv[n++] = wish->what;
    execv(program, (char *const *)argv);
    fprintf(stderr, "mmgrade show: can't start %s; `make` builds it\n",
            program);
    return EXIT_FAULT;
}

static int show(const struct wish *wish)
{
    struct kit kit = {0};
    struct error err = {0};
    char *program = NULL, *kernel = NULL, *vm = NULL;
    const char *build = NULL;
    int rc = kit_find(wish->kit, &kit, &err);

    if (rc == 0) {
        build = wish->build ? wish->build : kit.build;
        rc = path_join(kit.build, "tests/show", &program, &err);
    }
    if (rc == 0) {
        rc = path_join(build, "vm", &vm, &err);
    }
    if (rc == 0) {
        kernel = find_kernel(build);
        if (!kernel) {
            rc = fail(&err, ERROR_USAGE,
                      "there is no kernel in %s: `make qemu` builds and boots "
                      "one",
                      build);
        }
    }
    rc = rc == 0 ? become_program(wish, program, kernel, vm)
                 : command_failed(&command_show, &err);
    free(vm);
    free(kernel);
    free(program);
    kit_free(&kit);
    return rc;
}

static int parse(int argc, char **argv, struct wish *wish)
{
    static const struct option options[] = {
        {"out", required_argument, NULL, 'o'},
        {"pid", required_argument, NULL, 'p'},
        {"build", required_argument, NULL, 'b'},
        {"kit", required_argument, NULL, 'k'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char **const values[] = {['o'] = &wish->out,
                                   ['p'] = &wish->pid,
                                   ['b'] = &wish->build,
                                   ['k'] = &wish->kit};

    opterr = 0;
    for (int option = getopt_long(argc, argv, ":o:h", options, NULL);
         option >= 0; option = getopt_long(argc, argv, ":o:h", options, NULL)) {
        if (option == 'h') {
            return command_print_help(&command_show, stdout);
        }
        if (option == '?' || option == ':') {
            return command_bad_option(&command_show, option, argv);
        }
        *values[option] = optarg;
    }
    return -1;
}

static int run(int argc, char **argv)
{
    struct wish wish = {.what = "all"};
    struct error err = {0};
    unsigned pid = 0;
    int code = parse(argc, argv, &wish);

    if (code >= 0) {
        return code;
    }
    if (argv[optind]) {
        wish.what = argv[optind++];
    }
    if (argv[optind] ||
        (strcmp(wish.what, "memory") != 0 && strcmp(wish.what, "space") != 0 &&
         strcmp(wish.what, "swap") != 0 && strcmp(wish.what, "all") != 0)) {
        return command_misused(&command_show, "name one of memory, space, swap "
                                              "and all");
    }
    if (wish.pid &&
        command_number("--pid", wish.pid, 1, INT32_MAX, &pid, &err) != 0) {
        return command_failed(&command_show, &err);
    }
    if (!wish.out) {
        return command_misused(&command_show,
                               "say with -o in which folder to write them");
    }
    return show(&wish);
}

const struct command command_show = {
    .name = "show",
    .arguments = "[memory|space|swap|all] -o DIR",
    .summary = "Draws the memory of the machine that `make qemu` runs",
    .help =
        "Pictures (SVG), and a page with all of them, index.html: physical "
        "memory by zone\nand order; a process's address space and its frames; "
        "the swap areas. The machine\nstands still meanwhile, and goes on.\n\n"
        "  -o, --out DIR  where to write; what is there is overwritten\n"
        "  --pid N        the address space of this process (default: the "
        "youngest)\n"
        "  --build DIR    build/ of the Makefile whose `make qemu` runs, a "
        "handout's for\n"
        "                 instance (default: the kit's)\n"
        "  --kit DIR      the folder with skeleton/, assignments/ and build/\n",
    .run = run,
};

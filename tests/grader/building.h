/*
 * For tests of building: a kit with two tiny given objects and one reference
 * object, so that they need nothing that the kernel's build makes.
 */
#ifndef TESTS_GRADER_BUILDING_H
#define TESTS_GRADER_BUILDING_H

#include "build.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fixture.h"
#include "process.h"

#define GOOD                                                                   \
    "#include <kernel.h>\n"                                                    \
    "int take(int n)\n{\n    return service(n) + 1;\n}\n"                      \
    "int give(int n)\n{\n    return n;\n}\n"

static char *folder; /* removed at the end */
static struct kit kit;
static struct build build;
static struct error err;
static unsigned char seed[32] = {1, 2, 3};
static enum sandbox_mode mode = SANDBOX_BWRAP;

static char *exports[] = {"take", "give", NULL};
static char *imports[] = {"service", "memset", NULL};
static char *files[] = {"mm/one.c", NULL};
static struct lab lab = {
    .name = "lab0-test",
    .component = {.name = "one",
                  .files = files,
                  .exports = exports,
                  .imports = imports},
};

static const char kernel_flags[] =
    "-m32 -march=i686 -ffreestanding -fno-pic -fno-pie -fno-common\n"
    "-fno-stack-protector -fno-asynchronous-unwind-tables\n"
    "-fcf-protection=none -O1 -g -Wall\n";

static const char kernel_script[] =
    "ENTRY(start)\n"
    "PHDRS { text PT_LOAD FLAGS(5); data PT_LOAD FLAGS(6); }\n"
    "SECTIONS {\n"
    "  . = 0x100000;\n"
    "  .text : { *(.text .text.unlikely) } :text\n"
    "  .rodata : { *(.rodata .rodata.*) } :text\n"
    "  .data : { *(.data) } :data\n"
    "  .bss : { *(.bss) } :data\n"
    "  .comment 0 : { *(.comment) }\n"
    "  .debug_abbrev 0 : { *(.debug_abbrev) }\n"
    "  .debug_addr 0 : { *(.debug_addr) }\n"
    "  .debug_aranges 0 : { *(.debug_aranges) }\n"
    "  .debug_frame 0 : { *(.debug_frame) }\n"
    "  .debug_info 0 : { *(.debug_info) }\n"
    "  .debug_line 0 : { *(.debug_line) }\n"
    "  .debug_line_str 0 : { *(.debug_line_str) }\n"
    "  .debug_loclists 0 : { *(.debug_loclists) }\n"
    "  .debug_rnglists 0 : { *(.debug_rnglists) }\n"
    "  .debug_str 0 : { *(.debug_str) }\n"
    "  .debug_str_offsets 0 : { *(.debug_str_offsets) }\n"
    "  .symtab 0 : { *(.symtab) }\n"
    "  .strtab 0 : { *(.strtab) }\n"
    "  .shstrtab 0 : { *(.shstrtab) }\n"
    "  /DISCARD/ : { *(.note.GNU-stack) *(.llvm_addrsig) *(.rel.*) *(.got*)\n"
    "                *(.iplt) *(.igot*) *(.plt) }\n"
    "}\n";

static inline char *path_of(const char *name)
{
    return fixture_path(folder, name);
}

static inline void write_text(const char *name, const char *text)
{
    fixture_write(folder, name, text, strlen(text));
}

static inline void make_object(const char *source, const char *object)
{
    char *in = path_of(source), *out = path_of(object);
    char *argv[] = {kit.cc,
                    "-m32",
                    "-ffreestanding",
                    "-fno-pic",
                    "-fno-pie",
                    "-fno-asynchronous-unwind-tables",
                    "-fcf-protection=none",
                    "-c",
                    in,
                    "-o",
                    out,
                    NULL};
    char *envp[] = {"PATH=/usr/bin", NULL};
    struct process_limits limits = {.wall_seconds = 30, .output_bytes = 4096};
    struct process_result result;

    cr_assert(process_run(argv, envp, &limits, NULL, &result, &err) == 0, "%s",
              err.message);
    cr_assert(result.code == 0, "the fixture compiles: %s", result.output);
    free(result.output);
    free(in);
    free(out);
}

static inline void make_folders(void)
{
    static const char *const names[] = {"kit",
                                        "kit/assignments",
                                        "kit/skeleton",
                                        "kit/skeleton/mm",
                                        "kit/skeleton/boot",
                                        "kit/skeleton/include",
                                        "kit/build",
                                        "kit/build/kernel",
                                        "kit/build/kernel/given",
                                        "kit/build/kernel/given/boot",
                                        "kit/build/kernel/given/kernel",
                                        "kit/build/kernel/reference",
                                        "kit/build/kernel/reference/mm",
                                        "work"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *path = path_of(names[i]);
        cr_assert(mkdir(path, 0755) == 0, "mkdir %s", path);
        free(path);
    }
}

static inline void setup(void)
{
    char *root;

    folder = fixture_folder();
    make_folders();
    write_text("kit/skeleton/kernel.flags", kernel_flags);
    write_text("kit/skeleton/boot/kernel.lds", kernel_script);
    write_text("kit/skeleton/include/kernel.h",
               "#pragma once\nint service(int n);\n"
               "int take(int n);\nint give(int n);\n");
    write_text("kit/skeleton/mm/one.c", GOOD);
    write_text("kit/hidden.c", "secret\n");
    write_text("head.c", "int take(int n);\nint other(void);\n"
                         "void start(void) { take(other()); }\n");
    write_text("main.c", "int agent_state = 7;\n"
                         "int service(int n) { return n + agent_state; }\n");
    write_text("two.c", "int other(void) { return 2; }\n");
    write_text("kit/build/kernel/given.list",
               "given/boot/head.o\ngiven/kernel/main.o\n");
    root = path_of("kit");
    cr_assert(kit_find(root, &kit, &err) == 0, "%s", err.message);
    free(root);
    make_object("head.c", "kit/build/kernel/given/boot/head.o");
    make_object("main.c", "kit/build/kernel/given/kernel/main.o");
    make_object("two.c", "kit/build/kernel/reference/mm/two.o");
    /* The component's own reference object must stay out of the link. */
    make_object("two.c", "kit/build/kernel/reference/mm/one.o");
}

static inline void teardown(void)
{
    build_free(&build);
    kit_free(&kit);
    fixture_remove(folder);
    free(folder);
}

static inline int build_bytes(const char *source, size_t nbytes)
{
    struct file file = {"mm/one.c", (unsigned char *)source, nbytes};
    struct submission submission = {.kind = "folder",
                                    .files = {&file, source != NULL}};
    char *work = path_of("work");
    int rc =
        build_image(&kit, &lab, &submission, mode, work, seed, &build, &err);

    free(work);
    return rc;
}

static inline int build_text(const char *source)
{
    return build_bytes(source, source != NULL ? strlen(source) : 0);
}

static inline void expect_built(const char *source)
{
    cr_assert(build_text(source) == 0, "an error of ours: %s", err.message);
    cr_assert(build.status == BUILD_OK, "builds, but: %s", build.messages);
}

/* BUILD_FAILED, `words` in the messages, and nothing to boot. */
static inline void expect_failed(const char *source, const char *words)
{
    cr_assert(build_text(source) == 0, "an error of ours: %s", err.message);
    cr_assert(build.status == BUILD_FAILED, "must not build");
    cr_assert(strstr(build.messages, words) != NULL,
              "expected \"%s\" in the messages, saw: %s", words,
              build.messages);
    cr_assert(build.image == NULL, "a failed build has no image");
}

/* As expect_failed(), for something added to a good file. */
static inline void expect_gate_refuses(const char *added, const char *words)
{
    char *source = NULL;
    cr_assert(asprintf(&source, GOOD "%s\n", added) > 0, "out of memory");
    expect_failed(source, words);
    free(source);
}

static inline bool has_symbol(const char *path, const char *name)
{
    char *argv[] = {"/usr/bin/nm", (char *)path, NULL};
    char *envp[] = {NULL};
    struct process_limits limits = {.wall_seconds = 10, .output_bytes = 65536};
    struct process_result result;
    char line[64];
    bool found;

    cr_assert(process_run(argv, envp, &limits, NULL, &result, &err) == 0, "%s",
              err.message);
    snprintf(line, sizeof line, " %s\n", name);
    found = strstr(result.output, line) != NULL;
    free(result.output);
    return found;
}

#endif

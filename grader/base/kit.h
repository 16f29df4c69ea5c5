/*
 * Where the parts of the installation are. `root` holds skeleton/,
 * reference/, assignments/ and tests/ as in the repository; `build` holds
 * what make built. Found from --kit, $MMGRADE_KIT, or the executable's own
 * folder (ROOT/build/mmgrade).
 *
 * Programs are named by absolute path. One that isn't there keeps its bare
 * name ("clang-99"), so that whoever runs it, or `mmgrade doctor`, can say
 * which one is missing.
 */
#ifndef GRADER_KIT_H
#define GRADER_KIT_H

#include "error.h"

struct kit {
    char *root;
    char *build;
    char *cross_compile; /* "" or "i686-linux-gnu-" ($CROSS_COMPILE) */
    char *cc;            /* kernel C compiler: $MMGRADE_CC or PREFIXgcc */
    char *qemu;          /* $MMGRADE_QEMU or qemu-system-i386: the real
                            binary, not a shell wrapper */
};

/* USAGE if there is no kit at the place; INFRA when out of memory. */
int kit_find(const char *override, struct kit *out, struct error *err);
void kit_free(struct kit *kit);

/*
 * The path of a tool of the kernel's toolchain: PREFIXld, PREFIXobjcopy.
 * INFRA if it isn't there. The caller frees it.
 */
int kit_tool(const struct kit *kit, const char *name, char **out,
             struct error *err);

/*
 * What a program prints about itself: the first line of `PROGRAM ARGUMENT`
 * ("--version"). INFRA if it is missing or fails. The caller frees it.
 */
int kit_ask(const char *program, const char *argument, char **line,
            struct error *err);

#endif

/*
 * From a submission's files to a kernel image: overlay, compile in the
 * sandbox, gate, confine symbols, link with given and reference objects.
 *
 *   WORK/compile/N/src    the one file, at its path, and what it includes
 *   WORK/compile/N/out    what the compiler may write to
 *   WORK/objects          objects that have passed the gate: 0.o, 1.o, … of the
 *                         files, part-N.o of the components
 *   WORK/link             what the linker may write to
 *   WORK/kernel, WORK/kernel.elf
 *   WORK/module.o         the component, or its part, that is a module, and not
 *                         in the kernel
 */
#ifndef GRADER_BUILD_H
#define GRADER_BUILD_H

#include <stdbool.h>
#include "error.h"
#include "kit.h"
#include "lab.h"
#include "sandbox.h"
#include "submission.h"

enum build_status {
    BUILD_OK,
    BUILD_FAILED, /* the student's code doesn't compile, or broke the gate */
};

struct build {
    enum build_status status;
    char *messages; /* sanitised compiler output, paths relative, capped */
    char *image;    /* WORK/kernel: stripped, what QEMU boots */
    char *symbols;  /* WORK/kernel.elf: with debug information */
    char *module;   /* WORK/module.o, if there is a module; else NULL */
};

/*
 * Builds in the private folder `work` (exists, 0700, empty). `seed` shuffles
 * the link order of given objects. Returns 0 also for BUILD_FAILED; INFRA for
 * faults of ours (no compiler, sandbox gone, given objects missing).
 */
int build_image(const struct kit *kit, const struct lab *lab,
                const struct submission *submission, enum sandbox_mode mode,
                const char *work, const unsigned char seed[32],
                struct build *out, struct error *err);
/*
 * The line of build.messages that says most: the first with an error in it,
 * else the first.
 */
void build_first_error(const char *messages, const char **line, size_t *nbytes);

void build_free(struct build *build);

#endif

/*
 * Linking a student's objects into a kernel. THREATS.md, layer 5.
 */
#ifndef GRADER_LINKER_H
#define GRADER_LINKER_H

#include <stddef.h>
#include "error.h"
#include "kit.h"
#include "lab.h"
#include "sandbox.h"

struct link_job {
    const struct kit *kit;
    const struct component *component;
    enum sandbox_mode mode;
    const char *objects; /* folder: 0.o, 1.o, …, by the component's files, have
                            passed the gate */
    const char *folder;  /* that the linker may write to (sandbox_make_folder())
                          */
    const unsigned char *seed; /* 32 bytes */
};

/*
 * Joins the objects of a part (component_part()), makes all symbols local but
 * its exports, and passes the result through the gate with the part's lists:
 * REJECTED with the gate's sentence. OBJECTS/part-N.o is the outcome.
 */
int link_part(const struct link_job *job, size_t part, struct error *err);

/*
 * The OBJECTS/part-N.o of component_module() without debug information, to
 * `path`: what the kernel is given to load. INFRA.
 */
int link_module(const struct link_job *job, const char *path,
                struct error *err);

/*
 * Links OBJECTS/part-N.o (but for a module) with all given objects, and the
 * reference's for what other components there are, to `symbols`; `image` is the
 * same stripped. INFRA for whatever goes wrong: the objects were good.
 */
int link_kernel(const struct link_job *job, const char *symbols,
                const char *image, struct error *err);

#endif

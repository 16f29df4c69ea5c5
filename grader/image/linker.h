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
    const char *objects; /* folder: 0.o, 1.o, … have passed the gate */
    size_t nobjects;
    const char *folder;        /* that the linker may write to; made here */
    const unsigned char *seed; /* 32 bytes */
};

/*
 * Joins the objects, makes all symbols local but the component's exports, and
 * passes the result through the gate with the component's lists: REJECTED
 * with the gate's sentence. OBJECTS/component.o is the outcome.
 */
int link_component(const struct link_job *job, struct error *err);

/*
 * OBJECTS/component.o without debug information, to `path`: what the kernel is
 * given to load if the component is a module. INFRA.
 */
int link_module(const struct link_job *job, const char *path,
                struct error *err);

/*
 * Links OBJECTS/component.o (unless it is a module) with all given objects, and
 * the reference's for what other components there are, to `symbols`; `image` is
 * the same stripped. INFRA for whatever goes wrong: the objects were good.
 */
int link_kernel(const struct link_job *job, const char *symbols,
                const char *image, struct error *err);

#endif

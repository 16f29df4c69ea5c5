/*
 * Compiling one student's file in the sandbox. THREATS.md, layer 3.
 */
#ifndef GRADER_COMPILE_H
#define GRADER_COMPILE_H

#include <stdbool.h>
#include <stdio.h>
#include "error.h"
#include "kit.h"
#include "sandbox.h"

/* What is the same for all files of a build. */
struct compiler {
    const struct kit *kit;
    enum sandbox_mode mode;
    bool is_clang;
    char *headers; /* the compiler's own: stdarg.h, stdint.h */
};

/* INFRA if there is no compiler. Free with compiler_free(). */
int compiler_find(const struct kit *kit, enum sandbox_mode mode,
                  struct compiler *out, struct error *err);
void compiler_free(struct compiler *compiler);

/* One file to compile. */
struct compile_job {
    const char *file;   /* "mm/page_alloc.c", as the student knows it */
    const void *source; /* its bytes */
    size_t nbytes;
    const char *folder; /* to work in; made here */
    const char *object; /* where the object goes */
};

/*
 * Compiles; *ok says whether there is an object. The compiler's messages, as
 * they came, or a sentence about the limit that was hit, are added to
 * `messages`. INFRA for faults of ours only.
 */
int compile_file(const struct compiler *compiler, const struct compile_job *job,
                 bool *ok, FILE *messages, struct error *err);

#endif

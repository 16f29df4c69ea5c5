/*
 * The object gate: what a student's compiled object may contain.
 * THREATS.md, layer 4. Reads with libelf; never hands the file to a linker
 * before it has passed.
 *
 * gate_check() judges one file by itself:
 *   - an ELF relocatable object for i386, by its first bytes too (ld would
 *     run a text file as a linker script)
 *   - sections by exact name, each with the type and flags that go with it:
 *     code, data, constants, debug information; no constructors, groups,
 *     thread-local or writable code; 4 MiB and 4096-byte alignment at most
 *   - symbols local or global, of kind function, object or none; not weak,
 *     unique, common, absolute or indirect
 *   - relocations R_386_32, R_386_PC32 and R_386_PLT32 inside their section
 */
#ifndef GRADER_GATE_H
#define GRADER_GATE_H

#include <stdbool.h>
#include "error.h"

/* Lists of names, NULL-terminated. */
struct gate_policy {
    const char *const *exports; /* global symbols it may define; NULL: any */
    const char *const *imports; /* symbols it may use; NULL: any */
    const char *const *given;   /* symbols it may not define; NULL: none */
    bool complete;              /* it must define all exports */
};

/*
 * REJECTED with a sentence that names the section or symbol if the relocatable
 * object at `path` breaks the policy; INFRA if it can't be read. Names in the
 * sentence are the student's: sanitise it before it is shown.
 */
int gate_check(const char *path, const struct gate_policy *policy,
               struct error *err);

#endif

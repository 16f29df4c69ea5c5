/*
 * What the parts of the gate share: the object being looked at.
 */
#ifndef GRADER_GATE_OBJECT_H
#define GRADER_GATE_OBJECT_H

#include <stddef.h>
#include <libelf.h>
#include <gelf.h>
#include "error.h"
#include "gate.h"

struct gate_object {
    Elf *elf;
    size_t nsections;
    Elf_Scn *symtab; /* the one symbol table */
    size_t nsymbols;
    size_t names; /* section with the symbols' names */
};

/* Names come from the file: a NULL one is a broken file. */
#define GATE_NAME_MAX 128

/* Each returns 0 or REJECTED. gate_sections() comes first: it fills the rest
   of the object, and what it let through the others rely on. */
int gate_sections(struct gate_object *object, struct error *err);
int gate_symbols(const struct gate_object *object,
                 const struct gate_policy *policy, struct error *err);
int gate_relocations(const struct gate_object *object, struct error *err);

#endif

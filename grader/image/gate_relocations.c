/*
 * The gate's view of relocations: three kinds, each inside its section and
 * about a symbol that exists.
 */
#include "gate_object.h"

#include <stdbool.h>

#define PATCHED_BYTES 4 /* all allowed kinds patch a 32-bit word */

static int broken(struct error *err)
{
    return fail(err, ERROR_REJECTED,
                "The object's relocation table is broken.");
}

static bool allowed_kind(GElf_Xword kind)
{
    return kind == R_386_32 || kind == R_386_PC32 || kind == R_386_PLT32;
}

static int check_one(const struct gate_object *object, const GElf_Rel *rel,
                     const GElf_Shdr *target, struct error *err)
{
    if (!allowed_kind(GELF_R_TYPE(rel->r_info)))
        return fail(err, ERROR_REJECTED,
                    "The object has a relocation of kind %u: only plain "
                    "32-bit addresses are allowed.",
                    (unsigned)GELF_R_TYPE(rel->r_info));
    if (GELF_R_SYM(rel->r_info) >= object->nsymbols ||
        target->sh_type == SHT_NOBITS || target->sh_size < PATCHED_BYTES ||
        rel->r_offset > target->sh_size - PATCHED_BYTES)
        return broken(err);
    return 0;
}

static int check_section(const struct gate_object *object, Elf_Scn *section,
                         const GElf_Shdr *header, struct error *err)
{
    Elf_Scn *target_section = elf_getscn(object->elf, header->sh_info);
    Elf_Data *data = elf_getdata(section, NULL);
    GElf_Shdr target;

    if (header->sh_info == 0 || target_section == NULL || data == NULL ||
        gelf_getshdr(target_section, &target) == NULL ||
        header->sh_link != elf_ndxscn(object->symtab) ||
        header->sh_entsize != sizeof(Elf32_Rel) ||
        header->sh_size % sizeof(Elf32_Rel) != 0)
        return broken(err);
    for (size_t i = 0; i < header->sh_size / sizeof(Elf32_Rel); i++) {
        GElf_Rel rel;
        int rc;
        if (gelf_getrel(data, (int)i, &rel) == NULL)
            return broken(err);
        rc = check_one(object, &rel, &target, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int gate_relocations(const struct gate_object *object, struct error *err)
{
    Elf_Scn *section = NULL;

    while ((section = elf_nextscn(object->elf, section)) != NULL) {
        GElf_Shdr header;
        int rc;
        if (gelf_getshdr(section, &header) == NULL)
            return broken(err);
        if (header.sh_type != SHT_REL)
            continue;
        rc = check_section(object, section, &header, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

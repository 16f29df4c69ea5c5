/*
 * The gate's view of sections: a table of exact names, each with its type and
 * flags. What is not in the table is refused, whatever it is.
 */
#include "gate_object.h"

#include <stdbool.h>
#include <string.h>

#define MAX_SECTIONS    256
#define MAX_SYMBOLS     65536
#define MAX_ALIGNMENT   4096
#define MAX_IN_MEMORY   (1u << 20) /* the image must fit in 3 MB */
#define MAX_OTHER_BYTES (16u << 20)

struct rule {
    const char *name;
    bool numbered; /* digits, or digits.digits, follow the name */
    unsigned type;
    unsigned flags; /* exactly these */
};

#define CODE      (SHF_ALLOC | SHF_EXECINSTR)
#define DATA      (SHF_ALLOC | SHF_WRITE)
#define STRINGS   (SHF_ALLOC | SHF_MERGE | SHF_STRINGS)
#define CONSTANTS (SHF_ALLOC | SHF_MERGE)

/* clang-format off */
static const struct rule rules[] = {
    {".text",            false, SHT_PROGBITS, CODE},
    {".text.unlikely",   false, SHT_PROGBITS, CODE},
    {".data",            false, SHT_PROGBITS, DATA},
    {".bss",             false, SHT_NOBITS,   DATA},
    {".rodata",          false, SHT_PROGBITS, SHF_ALLOC},
    {".rodata.str",      true,  SHT_PROGBITS, STRINGS},
    {".rodata.cst",      true,  SHT_PROGBITS, CONSTANTS},
    {".symtab",          false, SHT_SYMTAB,   0},
    {".strtab",          false, SHT_STRTAB,   0},
    {".shstrtab",        false, SHT_STRTAB,   0},
    {".comment",         false, SHT_PROGBITS, SHF_MERGE | SHF_STRINGS},
    {".note.GNU-stack",  false, SHT_PROGBITS, 0},
    {".debug_abbrev",    false, SHT_PROGBITS, 0},
    {".debug_addr",      false, SHT_PROGBITS, 0},
    {".debug_aranges",   false, SHT_PROGBITS, 0},
    {".debug_frame",     false, SHT_PROGBITS, 0},
    {".debug_info",      false, SHT_PROGBITS, 0},
    {".debug_line",      false, SHT_PROGBITS, 0},
    {".debug_line_str",  false, SHT_PROGBITS, SHF_MERGE | SHF_STRINGS},
    {".debug_loc",       false, SHT_PROGBITS, 0},
    {".debug_loclists",  false, SHT_PROGBITS, 0},
    {".debug_ranges",    false, SHT_PROGBITS, 0},
    {".debug_rnglists",  false, SHT_PROGBITS, 0},
    {".debug_str",       false, SHT_PROGBITS, SHF_MERGE | SHF_STRINGS},
    {".debug_str_offsets", false, SHT_PROGBITS, 0},
};
/* clang-format on */

/* "1", "1.4": what the compiler puts after .rodata.str and .rodata.cst. */
static bool is_numbers(const char *text)
{
    size_t n = strspn(text, "0123456789");

    if (n == 0 || n > 4)
        return false;
    if (text[n] == '.')
        return strchr(text + n + 1, '.') == NULL && is_numbers(text + n + 1);
    return text[n] == '\0';
}

static const struct rule *find_rule(const char *name)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        size_t n = strlen(rules[i].name);
        if (!rules[i].numbered && strcmp(name, rules[i].name) == 0)
            return &rules[i];
        if (rules[i].numbered && strncmp(name, rules[i].name, n) == 0 &&
            is_numbers(name + n))
            return &rules[i];
    }
    return NULL;
}

/* A sentence about the usual ways to get such a section, or "". */
static const char *explain(const char *name, const GElf_Shdr *header)
{
    if (header->sh_flags & SHF_TLS)
        return " Thread-local variables (__thread) don't exist in a kernel.";
    if (header->sh_type == SHT_GROUP || (header->sh_flags & SHF_GROUP))
        return " Section groups (COMDAT) are not allowed.";
    if (strstr(name, "init_array") || strstr(name, "fini_array") ||
        strstr(name, "ctors") || strstr(name, "dtors"))
        return " Constructors and destructors are not run in this kernel.";
    return " Leave out __attribute__((section)) and .section.";
}

static int refuse(const char *name, const GElf_Shdr *header, const char *why,
                  struct error *err)
{
    return fail(err, ERROR_REJECTED, "Section \"%.*s\" %s.%s", GATE_NAME_MAX,
                name, why, explain(name, header));
}

static bool flags_match(const struct rule *rule, const GElf_Shdr *header)
{
    GElf_Xword flags = header->sh_flags;
    GElf_Xword merge = SHF_MERGE | SHF_STRINGS;

    /* `ld -r` drops the merge bits when it joins sections that differ. */
    if (flags == (rule->flags & ~merge))
        return true;
    return flags == rule->flags;
}

/* ".rel.text" goes with ".text": same rules for the name behind ".rel". */
static int check_rel(const char *name, const GElf_Shdr *header,
                     struct error *err)
{
    GElf_Xword flags = header->sh_flags & ~(GElf_Xword)SHF_INFO_LINK;

    if (strncmp(name, ".rel.", strlen(".rel.")) != 0 ||
        find_rule(name + strlen(".rel")) == NULL || flags != 0)
        return refuse(name, header, "is not allowed", err);
    return 0;
}

static int check_section(const char *name, const GElf_Shdr *header,
                         struct error *err)
{
    const struct rule *rule = find_rule(name);

    if (header->sh_addralign > MAX_ALIGNMENT)
        return fail(err, ERROR_REJECTED,
                    "Section \"%.*s\" wants an alignment of %llu bytes: %d is "
                    "the most.",
                    GATE_NAME_MAX, name,
                    (unsigned long long)header->sh_addralign, MAX_ALIGNMENT);
    if (header->sh_type == SHT_REL)
        return check_rel(name, header, err);
    if (rule == NULL)
        return refuse(name, header, "is not allowed", err);
    if (header->sh_type != rule->type || !flags_match(rule, header))
        return refuse(name, header,
                      "has another type or other flags than "
                      "the compiler gives it",
                      err);
    return 0;
}

struct sums {
    unsigned long long in_memory;
    unsigned long long other;
};

static int add_up(const GElf_Shdr *header, struct sums *sums, struct error *err)
{
    if (header->sh_flags & SHF_ALLOC)
        sums->in_memory += header->sh_size;
    else
        sums->other += header->sh_size;
    if (sums->in_memory > MAX_IN_MEMORY)
        return fail(err, ERROR_REJECTED,
                    "Code and data take more than %u MiB of memory. Large "
                    "tables have to come from the kernel's allocators.",
                    MAX_IN_MEMORY >> 20);
    if (sums->other > MAX_OTHER_BYTES)
        return fail(err, ERROR_REJECTED,
                    "Symbols and debug information take more than %u MiB.",
                    MAX_OTHER_BYTES >> 20);
    return 0;
}

static int remember_symtab(struct gate_object *object, Elf_Scn *section,
                           const GElf_Shdr *header, struct error *err)
{
    if (header->sh_type != SHT_SYMTAB)
        return 0;
    if (object->symtab != NULL || header->sh_entsize != sizeof(Elf32_Sym) ||
        header->sh_size % sizeof(Elf32_Sym) != 0)
        return fail(err, ERROR_REJECTED,
                    "The object's symbol table is broken.");
    object->symtab = section;
    object->names = header->sh_link;
    object->nsymbols = header->sh_size / sizeof(Elf32_Sym);
    if (object->nsymbols > MAX_SYMBOLS)
        return fail(err, ERROR_REJECTED, "The object has more than %d symbols.",
                    MAX_SYMBOLS);
    return 0;
}

static int check_each(struct gate_object *object, size_t section_names,
                      struct error *err)
{
    struct sums sums = {0};
    Elf_Scn *section = NULL;

    while ((section = elf_nextscn(object->elf, section)) != NULL) {
        GElf_Shdr header;
        const char *name = NULL;
        int rc;
        if (gelf_getshdr(section, &header) != NULL)
            name = elf_strptr(object->elf, section_names, header.sh_name);
        if (name == NULL)
            return fail(err, ERROR_REJECTED,
                        "The object's section table is broken.");
        rc = check_section(name, &header, err);
        if (rc == 0)
            rc = add_up(&header, &sums, err);
        if (rc == 0)
            rc = remember_symtab(object, section, &header, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int gate_sections(struct gate_object *object, struct error *err)
{
    size_t section_names;
    int rc;

    if (elf_getshdrnum(object->elf, &object->nsections) != 0 ||
        elf_getshdrstrndx(object->elf, &section_names) != 0)
        return fail(err, ERROR_REJECTED,
                    "The object's section table is broken.");
    if (object->nsections > MAX_SECTIONS)
        return fail(err, ERROR_REJECTED,
                    "The object has more than %d sections.", MAX_SECTIONS);
    rc = check_each(object, section_names, err);
    if (rc == 0 && object->symtab == NULL)
        rc = fail(err, ERROR_REJECTED, "The object has no symbols.");
    return rc;
}

/*
 * From an ELF relocatable object to a module in memory. TIS ELF 1.2.
 *
 *     object in memory                       module->core, from vmalloc()
 *     | header | .text | .data | …           | .text | .data | .bss | .rodata |
 *     | .rel.text | .symtab | .strtab |
 *     | table of sections |
 *
 * An object may say anything. So the image is only read, never written, and
 * what it says is checked where it is used first; sizes and offsets with
 * subtractions that can't overflow. Values that are worked out, the sections'
 * addresses and the symbols', are kept in tables of our own.
 */
#include <module.h>

#include <elf.h>
#include <errno.h>
#include <kernel.h>
#include <page_alloc.h>
#include <slab.h>
#include <string.h>
#include <vmalloc.h>

#define MAX_SECTIONS   256
#define MAX_UNRESOLVED 16 /* that are named */
#define THIS_NAME      "__this_module"

struct load {
    struct module *module;
    const char *image;
    unsigned long nbytes;
    const struct elf_section *sections;
    unsigned int nsections;
    unsigned int symtab; /* which section is the symbol table */
    const struct elf_symbol *symbols;
    unsigned int nsymbols;
    const char *names; /* of symbols: ends with a 0 */
    unsigned long names_bytes;
    unsigned long *values;                 /* of symbols */
    unsigned long addresses[MAX_SECTIONS]; /* 0: not in memory */
};

static int refuse(const char *why)
{
    printk("init_module: not a module: %s\n", why);
    return -ENOEXEC;
}

/* --- what the image must be like ------------------------------------------ */

static int check_header(struct load *load)
{
    const struct elf_header *header = (const struct elf_header *)load->image;

    if (load->nbytes < sizeof(*header) || header->e_magic != ELF_MAGIC ||
        header->e_class != ELF_CLASS32 || header->e_data != ELF_LITTLE ||
        header->e_version != ELF_CURRENT || header->e_type != ELF_RELOCATABLE ||
        header->e_machine != ELF_386)
        return refuse("no ELF relocatable object for the i386");
    if (header->e_shentsize != sizeof(struct elf_section) ||
        header->e_shnum < 1 || header->e_shnum > MAX_SECTIONS ||
        header->e_shoff % sizeof(uint32_t) != 0 ||
        header->e_shoff > load->nbytes ||
        header->e_shnum * sizeof(struct elf_section) >
            load->nbytes - header->e_shoff)
        return refuse("its table of sections is broken");
    load->sections =
        (const struct elf_section *)(load->image + header->e_shoff);
    load->nsections = header->e_shnum;
    return 0;
}

static bool is_loaded(const struct elf_section *section)
{
    return (section->sh_flags & ELF_ALLOC) && section->sh_type != ELF_SHT_NULL;
}

static bool section_is_good(const struct load *load,
                            const struct elf_section *section)
{
    unsigned long align = section->sh_addralign;

    if (section->sh_type == ELF_SHT_NULL)
        return true;
    if (section->sh_type != ELF_NOBITS &&
        (section->sh_offset > load->nbytes ||
         section->sh_size > load->nbytes - section->sh_offset))
        return false;
    if (align > PAGE_SIZE || (align & (align - 1)) != 0)
        return false;
    return !is_loaded(section) || ((section->sh_type == ELF_PROGBITS ||
                                    section->sh_type == ELF_NOBITS) &&
                                   section->sh_size <= MODULE_MAX_BYTES);
}

static int check_sections(struct load *load)
{
    for (unsigned int i = 0; i < load->nsections; i++) {
        if (!section_is_good(load, &load->sections[i]))
            return refuse("one of its sections is broken");
        if (load->sections[i].sh_type != ELF_SYMTAB)
            continue;
        if (load->symtab != 0)
            return refuse("it has two symbol tables");
        load->symtab = i;
    }
    return load->symtab != 0 ? 0 : refuse("it has no symbol table");
}

static int find_symbols(struct load *load)
{
    const struct elf_section *table = &load->sections[load->symtab], *names;

    if (table->sh_entsize != sizeof(struct elf_symbol) ||
        table->sh_size % sizeof(struct elf_symbol) != 0 ||
        table->sh_size == 0 || table->sh_link >= load->nsections)
        return refuse("its symbol table is broken");
    names = &load->sections[table->sh_link];
    if (names->sh_type != ELF_STRTAB || names->sh_size == 0 ||
        load->image[names->sh_offset + names->sh_size - 1] != '\0')
        return refuse("its table of names is broken");
    load->symbols = (const struct elf_symbol *)(load->image + table->sh_offset);
    load->nsymbols = table->sh_size / sizeof(struct elf_symbol);
    load->names = load->image + names->sh_offset;
    load->names_bytes = names->sh_size;
    for (unsigned int i = 0; i < load->nsymbols; i++)
        if (load->symbols[i].st_name >= load->names_bytes)
            return refuse("a symbol's name is out of bounds");
    return 0;
}

static const char *name_of(const struct load *load, unsigned int symbol)
{
    return load->names + load->symbols[symbol].st_name;
}

/* --- sections ------------------------------------------------------------- */

/* Gives the sections places from `core` on: bytes altogether, 0: too many. */
static unsigned long lay_out(struct load *load, unsigned long core)
{
    unsigned long end = 0;

    for (unsigned int i = 0; i < load->nsections; i++) {
        const struct elf_section *section = &load->sections[i];
        unsigned long align = section->sh_addralign;

        if (!is_loaded(section))
            continue;
        if (align > 1)
            end = (end + align - 1) & ~(align - 1);
        load->addresses[i] = core + end;
        end += section->sh_size;
        if (end > MODULE_MAX_BYTES)
            return 0;
    }
    return end;
}

static int copy_sections(struct load *load)
{
    struct module *module = load->module;

    module->size = lay_out(load, 0);
    if (module->size == 0)
        return refuse("it has no code, or too much");
    module->core = vmalloc(module->size);
    if (module->core == NULL)
        return -ENOMEM;
    memset(module->core, 0, module->size);
    lay_out(load, (unsigned long)module->core);
    for (unsigned int i = 0; i < load->nsections; i++) {
        const struct elf_section *section = &load->sections[i];

        if (is_loaded(section) && section->sh_type == ELF_PROGBITS)
            memcpy((void *)load->addresses[i], load->image + section->sh_offset,
                   section->sh_size);
    }
    return 0;
}

/* --- symbols -------------------------------------------------------------- */

static int resolve(struct load *load, unsigned int i, unsigned int *unresolved)
{
    const char *name = name_of(load, i);
    const struct kernel_symbol *symbol = find_ksym(name);

    if (symbol != NULL)
        load->values[i] = symbol->value;
    else if (strcmp(name, THIS_NAME) == 0)
        load->values[i] = (unsigned long)load->module;
    else if (ELF_BIND(load->symbols[i].st_info) != ELF_WEAK &&
             ++*unresolved <= MAX_UNRESOLVED)
        printk("init_module: unresolved symbol %s\n", name);
    return 0;
}

static int find_value(struct load *load, unsigned int i,
                      unsigned int *unresolved)
{
    const struct elf_symbol *symbol = &load->symbols[i];
    unsigned int section = symbol->st_shndx;

    if (section == ELF_UNDEFINED)
        return resolve(load, i, unresolved);
    if (section == ELF_ABSOLUTE) {
        load->values[i] = symbol->st_value;
        return 0;
    }
    if (section >= load->nsections)
        return refuse("a symbol is in no section");
    if (load->addresses[section] == 0) /* of debug information */
        return 0;
    if (symbol->st_value > load->sections[section].sh_size)
        return refuse("a symbol lies outside its section");
    load->values[i] = load->addresses[section] + symbol->st_value;
    return 0;
}

/* Symbol 0 is none. */
static int find_values(struct load *load)
{
    unsigned int unresolved = 0;
    int error = 0;

    load->values = vmalloc(load->nsymbols * sizeof(load->values[0]));
    if (load->values == NULL)
        return -ENOMEM;
    memset(load->values, 0, load->nsymbols * sizeof(load->values[0]));
    for (unsigned int i = 1; error == 0 && i < load->nsymbols; i++)
        error = find_value(load, i, &unresolved);
    return error == 0 && unresolved > 0 ? -ENOENT : error;
}

static bool is_export(const struct load *load, unsigned int i)
{
    unsigned int section = load->symbols[i].st_shndx;

    return ELF_BIND(load->symbols[i].st_info) == ELF_GLOBAL &&
           section < load->nsections && load->addresses[section] != 0;
}

/* The global symbols that it defines: module->symbols. */
static int list_symbols(struct load *load)
{
    struct module *module = load->module;
    unsigned int n = 0;

    for (unsigned int i = 1; i < load->nsymbols; i++)
        n += is_export(load, i);
    if (n == 0 || n > MODULE_MAX_SYMBOLS)
        return refuse("it defines no global symbols, or too many");
    module->symbols = kmalloc(n * sizeof(module->symbols[0]), GFP_KERNEL);
    if (module->symbols == NULL)
        return -ENOMEM;
    for (unsigned int i = 1; i < load->nsymbols; i++) {
        struct module_symbol *symbol = &module->symbols[module->nsymbols];

        if (!is_export(load, i))
            continue;
        symbol->value = load->values[i];
        snprintf(symbol->name, sizeof(symbol->name), "%s", name_of(load, i));
        module->nsymbols++;
    }
    return 0;
}

/* --- relocations ---------------------------------------------------------- */

static int relocate(const struct load *load, const struct elf_reloc *reloc,
                    unsigned int target)
{
    unsigned long place = load->addresses[target] + reloc->r_offset;
    unsigned int symbol = ELF_RELOC_SYMBOL(reloc->r_info);
    uint32_t *word = (uint32_t *)place;

    if (load->sections[target].sh_size < sizeof(*word) ||
        reloc->r_offset > load->sections[target].sh_size - sizeof(*word) ||
        symbol >= load->nsymbols)
        return refuse("a relocation is out of bounds");
    switch (ELF_RELOC_TYPE(reloc->r_info)) {
    case R_386_NONE:
        return 0;
    case R_386_32:
        *word += load->values[symbol];
        return 0;
    case R_386_PC32:
    case R_386_PLT32: /* there is no table in between */
        *word += load->values[symbol] - place;
        return 0;
    default:
        return refuse("a relocation of a kind that is not known");
    }
}

static int relocate_section(const struct load *load,
                            const struct elf_section *section)
{
    const struct elf_reloc *relocs =
        (const struct elf_reloc *)(load->image + section->sh_offset);
    int error = 0;

    if (section->sh_type != ELF_REL || section->sh_link != load->symtab ||
        section->sh_entsize != sizeof(*relocs) ||
        section->sh_size % sizeof(*relocs) != 0)
        return refuse("its relocations are broken");
    for (unsigned int i = 0;
         error == 0 && i < section->sh_size / sizeof(*relocs); i++)
        error = relocate(load, &relocs[i], section->sh_info);
    return error;
}

/* Those of sections that are not in memory are debuggers' business. */
static int relocate_all(const struct load *load)
{
    int error = 0;

    for (unsigned int i = 0; error == 0 && i < load->nsections; i++) {
        const struct elf_section *section = &load->sections[i];

        if ((section->sh_type == ELF_REL || section->sh_type == ELF_RELA) &&
            section->sh_info < load->nsections &&
            load->addresses[section->sh_info] != 0)
            error = relocate_section(load, section);
    }
    return error;
}

/* --- the module ----------------------------------------------------------- */

static bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* The name of its source file, which compilers leave behind, without folder
 * and ending. */
static int find_name(struct load *load)
{
    char *to = load->module->name;
    const char *from = NULL, *slash;
    size_t n = 0;

    for (unsigned int i = 1; from == NULL && i < load->nsymbols; i++)
        if (ELF_TYPE(load->symbols[i].st_info) == ELF_FILE &&
            *name_of(load, i) != '\0')
            from = name_of(load, i);
    while (from != NULL && (slash = strchr(from, '/')) != NULL)
        from = slash + 1;
    while (from != NULL && n < MODULE_NAME_LEN - 1 && is_name_character(*from))
        to[n++] = *from++;
    to[n] = '\0';
    return n > 0 ? 0 : refuse("no symbol says its source file's name");
}

static int find_functions(struct module *module)
{
    for (unsigned int i = 0; i < module->nsymbols; i++) {
        const struct module_symbol *symbol = &module->symbols[i];

        if (strcmp(symbol->name, "init_module") == 0)
            module->init = (int (*)(void))symbol->value;
        if (strcmp(symbol->name, "cleanup_module") == 0)
            module->cleanup = (void (*)(void))symbol->value;
    }
    return module->init != NULL ? 0 : refuse("it has no init_module()");
}

static int load_all(struct load *load)
{
    static int (*const steps[])(struct load * load) = {
        check_header,  check_sections, find_symbols, find_name,
        copy_sections, find_values,    list_symbols,
    };
    int error = 0;

    for (size_t i = 0; error == 0 && i < ARRAY_SIZE(steps); i++)
        error = steps[i](load);
    if (error == 0)
        error = relocate_all(load);
    return error == 0 ? find_functions(load->module) : error;
}

int module_load(const char *image, unsigned long nbytes, struct module **result)
{
    struct load *load = kmalloc(sizeof(*load), GFP_KERNEL);
    struct module *module = kmalloc(sizeof(*module), GFP_KERNEL);
    int error = -ENOMEM;

    if (load != NULL && module != NULL) {
        memset(module, 0, sizeof(*module));
        memset(load, 0, sizeof(*load));
        load->module = module;
        load->image = image;
        load->nbytes = nbytes;
        error = load_all(load);
        vfree(load->values);
    }
    kfree(load);
    if (error == 0)
        *result = module;
    else
        module_free(module);
    return error;
}

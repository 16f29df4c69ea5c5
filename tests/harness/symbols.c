/* Symbols by libelf; lines by libdw, opened only when something went wrong. */
#include "symbols.h"

#include <elfutils/libdw.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

#define CACHE_SLOTS 64

struct symbols {
    struct {
        const char *name; /* by pointer: callers use string constants */
        uint32_t address;
    } cache[CACHE_SLOTS];
    int fd;
    Elf *elf;
    Elf_Data *table;
    size_t count;
    size_t strings; /* section index of the names */
};

static bool find_table(struct symbols *symbols)
{
    Elf_Scn *section = NULL;

    while ((section = elf_nextscn(symbols->elf, section)) != NULL) {
        GElf_Shdr header;

        if (gelf_getshdr(section, &header) == NULL ||
            header.sh_type != SHT_SYMTAB || header.sh_entsize == 0)
            continue;
        symbols->table = elf_getdata(section, NULL);
        symbols->count = header.sh_size / header.sh_entsize;
        symbols->strings = header.sh_link;
        return symbols->table != NULL;
    }
    return false;
}

struct symbols *symbols_open(const char *path)
{
    struct symbols *symbols = calloc(1, sizeof(*symbols));

    if (symbols == NULL || elf_version(EV_CURRENT) == EV_NONE)
        goto out;
    symbols->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (symbols->fd < 0)
        goto out;
    symbols->elf = elf_begin(symbols->fd, ELF_C_READ_MMAP, NULL);
    if (symbols->elf != NULL && find_table(symbols))
        return symbols;
out:
    symbols_close(symbols);
    return NULL;
}

void symbols_close(struct symbols *symbols)
{
    if (symbols == NULL)
        return;
    elf_end(symbols->elf);
    if (symbols->fd > 0)
        close(symbols->fd);
    free(symbols);
}

static uint32_t search(const struct symbols *symbols, const char *name)
{
    for (size_t i = 0; i < symbols->count; i++) {
        GElf_Sym symbol;
        const char *symbol_name;

        if (gelf_getsym(symbols->table, (int)i, &symbol) == NULL ||
            GELF_ST_BIND(symbol.st_info) != STB_GLOBAL ||
            symbol.st_shndx == SHN_UNDEF)
            continue;
        symbol_name =
            elf_strptr(symbols->elf, symbols->strings, symbol.st_name);
        if (symbol_name != NULL && strcmp(symbol_name, name) == 0)
            return (uint32_t)symbol.st_value;
    }
    return 0;
}

uint32_t symbols_find(struct symbols *symbols, const char *name)
{
    size_t slot = ((uintptr_t)name >> 2) % CACHE_SLOTS;

    if (symbols->cache[slot].name != name) {
        symbols->cache[slot].name = name;
        symbols->cache[slot].address = search(symbols, name);
    }
    return symbols->cache[slot].address;
}

struct code symbols_code(const struct symbols *symbols)
{
    size_t count = 0, file_size = 0;
    const char *file = elf_rawfile(symbols->elf, &file_size);

    if (file == NULL || elf_getphdrnum(symbols->elf, &count) != 0)
        return (struct code){.nbytes = 0};
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr header;

        if (gelf_getphdr(symbols->elf, (int)i, &header) == NULL ||
            header.p_type != PT_LOAD || header.p_flags & PF_W ||
            header.p_offset > file_size ||
            header.p_filesz > file_size - header.p_offset)
            continue;
        return (struct code){
            .bytes = (const uint8_t *)file + header.p_offset,
            .nbytes = (uint32_t)header.p_filesz,
            .pa = (uint32_t)header.p_paddr,
        };
    }
    return (struct code){.nbytes = 0};
}

/* The function that the address lies in. */
static const char *find_function(const struct symbols *symbols,
                                 uint32_t address, uint32_t *start)
{
    for (size_t i = 0; i < symbols->count; i++) {
        GElf_Sym symbol;

        if (gelf_getsym(symbols->table, (int)i, &symbol) == NULL ||
            GELF_ST_TYPE(symbol.st_info) != STT_FUNC ||
            address < symbol.st_value ||
            address >= symbol.st_value + symbol.st_size)
            continue;
        *start = (uint32_t)symbol.st_value;
        return elf_strptr(symbols->elf, symbols->strings, symbol.st_name);
    }
    return NULL;
}

/* "mm/page_alloc.c:87", or NULL. */
static char *find_line(const struct symbols *symbols, uint32_t address)
{
    Dwarf *dwarf = dwarf_begin_elf(symbols->elf, DWARF_C_READ, NULL);
    Dwarf_Die unit;
    Dwarf_Line *line;
    const char *file;
    char *out = NULL;
    int number;

    if (dwarf == NULL)
        return NULL;
    if (dwarf_addrdie(dwarf, address, &unit) != NULL &&
        (line = dwarf_getsrc_die(&unit, address)) != NULL &&
        (file = dwarf_linesrc(line, NULL, NULL)) != NULL &&
        dwarf_lineno(line, &number) == 0) {
        while (strncmp(file, "./", 2) == 0 || *file == '/')
            file += *file == '/' ? 1 : 2;
        out = text("%s:%d", file, number);
    }
    dwarf_end(dwarf);
    return out;
}

const char *symbols_describe(const struct symbols *symbols, uint32_t address,
                             int is_return)
{
    uint32_t start = 0;
    const char *function = find_function(symbols, address, &start);
    const char *line = find_line(symbols, address - (is_return ? 1 : 0));

    if (function == NULL)
        return text("0x%08x", address);
    return text("%s+0x%x (%s)", function, address - start,
                line == NULL ? "given code" : line);
}

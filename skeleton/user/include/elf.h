/* Program files: the header and the table of sections. */
#ifndef ELF_H
#define ELF_H

#include <stdint.h>

#define EI_NIDENT      16
#define EI_CLASS       4
#define ELFCLASS32     1
#define ELF_MAGIC      "\177ELF"
#define ELF_MAGIC_SIZE 4

typedef struct {
    unsigned char e_ident[EI_NIDENT];
    uint16_t e_type;
    uint16_t e_machine;
    uint32_t e_version;
    uint32_t e_entry;
    uint32_t e_phoff;
    uint32_t e_shoff; /* where in the file the table of sections is */
    uint32_t e_flags;
    uint16_t e_ehsize;
    uint16_t e_phentsize;
    uint16_t e_phnum;
    uint16_t e_shentsize;
    uint16_t e_shnum;
    uint16_t e_shstrndx;
} Elf32_Ehdr;

typedef struct {
    uint32_t sh_name;
    uint32_t sh_type;
    uint32_t sh_flags;
    uint32_t sh_addr;
    uint32_t sh_offset;
    uint32_t sh_size;
    uint32_t sh_link;
    uint32_t sh_info;
    uint32_t sh_addralign;
    uint32_t sh_entsize;
} Elf32_Shdr;

#define SHT_NOBITS    8
#define SHF_WRITE     1
#define SHF_ALLOC     2
#define SHF_EXECINSTR 4

#endif

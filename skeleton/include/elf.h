/* ELF files of 32-bit programs. Tool Interface Standard, ELF 1.2; Linux
 * include/linux/elf.h. */
#ifndef ELF_H
#define ELF_H

#include <types.h>

#define ELF_MAGIC       0x464c457fu /* 0x7f, E, L, F */
#define ELF_CLASS32     1
#define ELF_LITTLE      1
#define ELF_CURRENT     1
#define ELF_RELOCATABLE 1 /* e_type: an object, to be linked */
#define ELF_EXEC        2 /* e_type: linked at fixed addresses */
#define ELF_386         3 /* e_machine */
#define ELF_LOAD        1 /* p_type: to be mapped */
#define ELF_INTERP      3 /* p_type: asks for a dynamic linker */
#define ELF_MAX_PHNUM   32

/* p_flags */
#define ELF_X 1
#define ELF_W 2
#define ELF_R 4

struct elf_header {
    uint32_t e_magic;
    uint8_t e_class, e_data, e_version_byte, e_unused[9];
    uint16_t e_type, e_machine;
    uint32_t e_version, e_entry, e_phoff, e_shoff, e_flags;
    uint16_t e_ehsize, e_phentsize, e_phnum;
    uint16_t e_shentsize, e_shnum, e_shstrndx;
};

struct elf_segment {
    uint32_t p_type, p_offset, p_vaddr, p_paddr;
    uint32_t p_filesz, p_memsz, p_flags, p_align;
};

/* Of objects: the table of sections. */
struct elf_section {
    uint32_t sh_name, sh_type, sh_flags, sh_addr, sh_offset, sh_size;
    uint32_t sh_link, sh_info, sh_addralign, sh_entsize;
};

#define ELF_SHT_NULL 0 /* sh_type */
#define ELF_PROGBITS 1
#define ELF_SYMTAB   2
#define ELF_STRTAB   3
#define ELF_RELA     4
#define ELF_NOBITS   8
#define ELF_REL      9
#define ELF_ALLOC    2 /* sh_flags: has a place in memory */

struct elf_symbol {
    uint32_t st_name, st_value, st_size;
    uint8_t st_info, st_other;
    uint16_t st_shndx;
};

#define ELF_BIND(info) ((info) >> 4)
#define ELF_TYPE(info) ((info)&0xf)
#define ELF_GLOBAL     1 /* bind */
#define ELF_WEAK       2
#define ELF_FILE       4      /* type: named as the source file */
#define ELF_UNDEFINED  0      /* st_shndx */
#define ELF_ABSOLUTE   0xfff1 /* st_shndx */

struct elf_reloc {
    uint32_t r_offset, r_info;
};

#define ELF_RELOC_SYMBOL(info) ((info) >> 8)
#define ELF_RELOC_TYPE(info)   ((info)&0xff)
#define R_386_NONE             0
#define R_386_32               1 /* symbol + what is there */
#define R_386_PC32             2 /* the same, as seen from the place */
#define R_386_PLT32            4

/* What a program finds on its stack behind its environment: pairs. */
enum elf_aux {
    AT_NULL = 0,
    AT_PHDR = 3,
    AT_PHENT = 4,
    AT_PHNUM = 5,
    AT_PAGESZ = 6,
    AT_BASE = 7,
    AT_FLAGS = 8,
    AT_ENTRY = 9,
    AT_UID = 11,
    AT_EUID = 12,
    AT_GID = 13,
    AT_EGID = 14,
    AT_SECURE = 23,
    AT_RANDOM = 25,
};

struct file;

/* A program's header and its segments, checked. */
struct elf_program {
    struct elf_header header;
    struct elf_segment segments[ELF_MAX_PHNUM];
};

/*
 * Reads and checks: a static i386 program, whose loaded segments lie in the
 * file and below TASK_SIZE, by rising address, no two on a page. 0; -ENOEXEC,
 * or what reading said. May sleep.
 */
int elf_read(struct file *file, struct elf_program *program);

/* Maps the segments into current->mm, which is new, and sets start_code … brk.
 * 0 or an error number. May sleep. */
int elf_map(struct file *file, const struct elf_program *program);

/* Where the program headers will be in memory; 0: nowhere. */
unsigned long elf_phdr_address(const struct elf_program *program);

#endif

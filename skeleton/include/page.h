/*
 * Pages, addresses and page-table entries of the i386.
 *
 *   linear address   31        22 21        12 11         0
 *                   +------------+------------+------------+
 *                   | directory  |   table    |   offset   |
 *                   +------------+------------+------------+
 *   entry            31                     12 11   9 8 7 6 5 4 3 2 1 0
 *                   +-------------------------+------+-+-+-+-+-+-+-+-+-+
 *                   |  page frame number      | free |G|S|D|A|C|T|U|W|P|
 *                   +-------------------------+------+-+-+-+-+-+-+-+-+-+
 *
 * The first 896 MB of physical memory are mapped at PAGE_OFFSET: the direct
 * map. Intel SDM volume 3, 4.3; Linux include/asm-i386/page.h.
 */
#ifndef PAGE_H
#define PAGE_H

#include <asm.h>
#include <types.h>

#define PAGE_MASK        (~(PAGE_SIZE - 1UL))
#define PAGE_ALIGN(addr) (((addr) + PAGE_SIZE - 1) & PAGE_MASK)
#define LARGE_PAGE_SIZE  0x400000UL
#define MAXMEM           (896UL << 20) /* bytes of direct map at most */
#define PTRS_PER_PGD     1024
#define PTRS_PER_PTE     1024

#define _PAGE_PRESENT  0x001
#define _PAGE_RW       0x002
#define _PAGE_USER     0x004
#define _PAGE_PCD      0x010 /* not cached */
#define _PAGE_ACCESSED 0x020
#define _PAGE_DIRTY    0x040
#define _PAGE_PSE      0x080 /* of a directory entry: 4 MB */
#define _PAGE_PROTNONE 0x080 /* of an entry without PRESENT: PROT_NONE */

typedef struct {
    unsigned long pgd;
} pgd_t;

typedef struct {
    unsigned long pte;
} pte_t;

/* Direct map: kernel virtual address <-> physical address, in bytes. */
#define __pa(va) ((unsigned long)(va)-PAGE_OFFSET)
#define __va(pa) ((void *)((unsigned long)(pa) + PAGE_OFFSET))

#define pgd_index(va) ((unsigned long)(va) >> 22)
#define pte_index(va) (((unsigned long)(va) >> PAGE_SHIFT) & 1023)

extern pgd_t swapper_pg_dir[PTRS_PER_PGD];

#endif

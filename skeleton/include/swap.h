/*
 * What page tables hold instead of a page that is on swap: an entry that is not
 * present, but not empty either. Linux include/asm-i386/pgtable.h, swap.h.
 *
 *      31                    8 7 6    1 0
 *     +-----------------------+-+------+-+
 *     |  offset: slot number  |0| type |0|     type: which swap area
 *     +-----------------------+-+------+-+     (bit 7 is _PAGE_PROTNONE)
 *
 * Without lab 7 nothing is ever swapped out. kernel/swap.c has one area of
 * SWAP_SLOTS slots whose users are counted, and no disk behind it, so that
 * whoever copies or drops such entries can be seen to do it right.
 */
#ifndef SWAP_H
#define SWAP_H

#include <fault.h>
#include <mm.h>

typedef struct {
    unsigned long val;
} swp_entry_t;

#define SWAP_SLOTS 256

#define SWP_TYPE(entry)   ((entry).val >> 1 & 0x3f)
#define SWP_OFFSET(entry) ((entry).val >> 8)
#define SWP_ENTRY(type, offset)                                                \
    ((swp_entry_t){(unsigned long)(type) << 1 | (unsigned long)(offset) << 8})

#define pte_to_swp_entry(entry) ((swp_entry_t){(entry).pte})
#define swp_entry_to_pte(entry) ((pte_t){(entry).val})

/* Users of each slot. */
extern unsigned short swap_map[SWAP_SLOTS];

/* One user of the slot more: 1, or 0 if there is no such slot, or it has no
 * user. Any context. */
int swap_duplicate(swp_entry_t entry);

/* One user less. A slot without users is reported, and nothing happens. Any
 * context. */
void swap_free(swp_entry_t entry);

/* Brings the page back. Without lab 7 there is nothing to bring: SIGBUS. */
enum vm_fault do_swap_page(struct mm_struct *mm, struct vm_area_struct *vma,
                           unsigned long address, pte_t *pte, pte_t entry,
                           bool write_access);

#endif

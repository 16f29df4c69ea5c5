/*
 * Swap without a disk: slots whose users are counted. Until lab 7 brings the
 * real thing, this stands in for it, so that page tables with entries of
 * swapped pages can be copied and taken down.
 */
#include <swap.h>

#include <kernel.h>

unsigned short swap_map[SWAP_SLOTS];

/* The slot's count, or NULL: there is one area, number 0. */
static unsigned short *slot(swp_entry_t entry)
{
    if (SWP_TYPE(entry) != 0 || SWP_OFFSET(entry) >= SWAP_SLOTS)
        return NULL;
    return &swap_map[SWP_OFFSET(entry)];
}

int swap_duplicate(swp_entry_t entry)
{
    unsigned short *users = slot(entry);

    if (users == NULL || *users == 0)
        return 0;
    ++*users;
    return 1;
}

void swap_free(swp_entry_t entry)
{
    unsigned short *users = slot(entry);

    if (users == NULL || *users == 0)
        printk("swap_free: slot %08lx has no users\n", entry.val);
    else
        --*users;
}

enum vm_fault do_swap_page(struct mm_struct *mm, struct vm_area_struct *vma,
                           unsigned long address, pte_t *pte, pte_t entry,
                           bool write_access)
{
    (void)mm;
    (void)vma;
    (void)address;
    (void)pte;
    (void)entry;
    (void)write_access;
    return VM_FAULT_SIGBUS;
}

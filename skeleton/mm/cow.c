/*
 * Copy-on-write. This file is lab 6; the contract is include/cow.h.
 */
#include <cow.h>

#include <errno.h>
#include <kernel.h>

int copy_page_range(struct mm_struct *dst, struct mm_struct *src,
                    struct vm_area_struct *vma)
{
    (void)dst;
    (void)src;
    (void)vma;
    STUB("lab6-cow");
    return -ENOMEM;
}

enum vm_fault do_wp_page(struct mm_struct *mm, struct vm_area_struct *vma,
                         unsigned long address, pte_t *pte, pte_t entry)
{
    (void)mm;
    (void)vma;
    (void)address;
    (void)pte;
    (void)entry;
    STUB("lab6-cow");
    return VM_FAULT_OOM;
}

void zap_page_range(struct mm_struct *mm, unsigned long address,
                    unsigned long size)
{
    (void)mm;
    (void)address;
    (void)size;
    STUB("lab6-cow");
}

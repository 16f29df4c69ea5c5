/*
 * Changing what areas allow. Linux mm/mprotect.c.
 *
 * First everything is checked, then areas are cut at both ends of the range,
 * then flags and entries change, which can't fail. Areas that have become alike
 * are not merged.
 */
#include <syscalls.h>

#include <errno.h>
#include <mm.h>
#include <mmap.h>
#include <sched.h>

/* Where the bits of VM_MAYREAD, … are, seen from those of VM_READ, …. */
#define VM_MAY_SHIFT 4

/* 0 if areas without holes cover [start, end) and may have this protection. */
static int check_areas(unsigned long start, unsigned long end,
                       unsigned long prot)
{
    struct vm_area_struct *vma = find_vma(current->mm, start);

    for (; start < end; start = vma->vm_end, vma = vma->vm_next) {
        if (vma == NULL || vma->vm_start > start)
            return -ENOMEM;
        if (prot & ~(vma->vm_flags >> VM_MAY_SHIFT))
            return -EACCES;
        if (vma->vm_next == NULL && vma->vm_end < end)
            return -ENOMEM;
    }
    return 0;
}

/* Lets an area begin at `address`, if it is inside of one. */
static int cut_at(unsigned long address)
{
    struct vm_area_struct *vma = find_vma(current->mm, address);

    if (vma == NULL || vma->vm_start >= address)
        return 0;
    return split_vma(current->mm, vma, address);
}

/*
 * Entries of private areas become read-only: a write asks do_wp_page(), which
 * knows whether the frame has other users.
 */
static void change_area(struct vm_area_struct *vma, unsigned long prot)
{
    vma->vm_flags = (vma->vm_flags & ~VM_ACCESS) | prot;
    vma->vm_page_prot = vm_get_page_prot(vma->vm_flags);
    for (unsigned long address = vma->vm_start; address < vma->vm_end;
         address += PAGE_SIZE) {
        pte_t *pte = pte_find(vma->vm_mm, address);

        if (pte != NULL && pte_present(*pte))
            set_pte(pte, pte_modify(*pte, vma->vm_page_prot));
    }
}

long sys_mprotect(unsigned long start, unsigned long nbytes, unsigned long prot)
{
    unsigned long end = start + PAGE_ALIGN(nbytes);
    struct vm_area_struct *vma;
    int error;

    if (start & ~PAGE_MASK || end < start || nbytes > TASK_SIZE ||
        prot & ~(unsigned long)PROT_MASK)
        return -EINVAL;
    if (start == end)
        return 0;
    error = check_areas(start, end, prot);
    if (error == 0)
        error = cut_at(start);
    if (error == 0)
        error = cut_at(end);
    if (error != 0)
        return error;
    for (vma = find_vma(current->mm, start); vma != NULL && vma->vm_start < end;
         vma = vma->vm_next)
        change_area(vma, prot);
    flush_tlb_mm(current->mm);
    return 0;
}

/*
 * Views of a process's address space: what its areas allow, and which pages
 * are there. Linux fs/proc/array.c.
 *
 * Nothing here sleeps, so neither the areas nor the page tables change, though
 * they may be another process's.
 */
#include <proc.h>

#include <mm.h>
#include <sched.h>
#include <string.h>
#include <swap.h>

#define NAME_BYTES 128 /* of a path, its end is shown */
#define RAM_DEV    1   /* files are on device 00:01 */

/* What an area is for, if it has no file. */
static const char *area_name(const struct mm_struct *mm,
                             const struct vm_area_struct *vma)
{
    if (vma->vm_flags & VM_GROWSDOWN)
        return "[stack]";
    if (vma->vm_start <= mm->brk && vma->vm_end > mm->start_brk &&
        mm->brk > mm->start_brk)
        return "[heap]";
    return "";
}

/* Linux's line: the name begins in column 50. */
static void show_area(struct seq_file *file, const struct mm_struct *mm,
                      const struct vm_area_struct *vma)
{
    const struct inode *inode =
        vma->vm_file != NULL ? vma->vm_file->f_inode : NULL;
    unsigned long flags = vma->vm_flags;
    const char *name = area_name(mm, vma);
    char buffer[NAME_BYTES];

    if (inode != NULL)
        name = inode_path(inode, buffer, sizeof(buffer));
    seq_printf(file, "%08lx-%08lx %c%c%c%c %08lx ", vma->vm_start, vma->vm_end,
               flags & VM_READ ? 'r' : '-', flags & VM_WRITE ? 'w' : '-',
               flags & VM_EXEC ? 'x' : '-', flags & VM_MAYSHARE ? 's' : 'p',
               inode != NULL ? vma->vm_pgoff << PAGE_SHIFT : 0UL);
    seq_printf(file, *name != '\0' ? "00:%02x %-10lu %s\n" : "00:%02x %lu%s\n",
               inode != NULL ? RAM_DEV : 0, inode != NULL ? inode->i_ino : 0UL,
               name);
}

void proc_maps_show(struct seq_file *file, struct task_struct *task)
{
    const struct mm_struct *mm = task->mm;

    if (mm == NULL)
        return;
    for (const struct vm_area_struct *vma = mm->mmap; vma; vma = vma->vm_next)
        show_area(file, mm, vma);
}

static void show_entry(struct seq_file *file, unsigned long address, pte_t pte)
{
    struct page *page;

    if (!pte_present(pte)) {
        seq_printf(file, "%08lx %8lu -----  swap slot\n", address,
                   SWP_OFFSET(pte_to_swp_entry(pte)));
        return;
    }
    page = pte_page(pte);
    seq_printf(file, "%08lx %8lu p%c%c%c%c %6d\n", address, page_to_pfn(page),
               pte_write(pte) ? 'w' : '-', pte_dirty(pte) ? 'd' : '-',
               pte_young(pte) ? 'a' : '-', PageReserved(page) ? 'r' : '-',
               page_count(page));
}

/* The entries of an area; missing page tables are passed over. */
static void show_pages(struct seq_file *file, const struct mm_struct *mm,
                       const struct vm_area_struct *vma)
{
    unsigned long address = vma->vm_start;

    while (address < vma->vm_end) {
        const pte_t *pte = pte_find(mm, address);

        if (pte == NULL) {
            address = (address | (LARGE_PAGE_SIZE - 1)) + 1;
            continue;
        }
        if (!pte_none(*pte))
            show_entry(file, address, *pte);
        address += PAGE_SIZE;
    }
}

/* Flags: present, writable, dirty, accessed; reserved frame (ZERO_PAGE). */
void proc_pagemap_show(struct seq_file *file, struct task_struct *task)
{
    const struct mm_struct *mm = task->mm;

    seq_printf(file, "address     frame flags  count\n");
    if (mm == NULL)
        return;
    for (const struct vm_area_struct *vma = mm->mmap; vma; vma = vma->vm_next)
        show_pages(file, mm, vma);
}

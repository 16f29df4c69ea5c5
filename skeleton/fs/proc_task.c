/* Views of a process as a task. Linux fs/proc/array.c. */
#include <proc.h>

#include <highmem.h>
#include <mm.h>
#include <sched.h>
#include <string.h>

#define KB(npages) ((npages) << (PAGE_SHIFT - 10))

static const struct {
    long state;
    char letter;
    const char *text;
} states[] = {
    {TASK_RUNNING, 'R', "R (running)"},
    {TASK_INTERRUPTIBLE, 'S', "S (sleeping)"},
    {TASK_UNINTERRUPTIBLE, 'D', "D (disk sleep)"},
    {TASK_ZOMBIE, 'Z', "Z (zombie)"},
    {TASK_DEAD, 'X', "X (dead)"},
};

static size_t state_of(const struct task_struct *task)
{
    size_t i = 0;

    while (i + 1 < ARRAY_SIZE(states) && states[i].state != task->state)
        i++;
    return i;
}

static int parent_pid(const struct task_struct *task)
{
    return task->parent != NULL ? task->parent->pid : 0;
}

/* Pages of the areas that have all of these flags. */
static unsigned long pages_with(const struct mm_struct *mm, unsigned long flags)
{
    unsigned long npages = 0;

    for (const struct vm_area_struct *vma = mm->mmap; vma; vma = vma->vm_next)
        if ((vma->vm_flags & flags) == flags)
            npages += (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
    return npages;
}

/* Pages that only this process writes to, but the stack's. */
static unsigned long data_pages(const struct mm_struct *mm)
{
    return pages_with(mm, VM_WRITE) - pages_with(mm, VM_WRITE | VM_GROWSDOWN) -
           pages_with(mm, VM_WRITE | VM_SHARED);
}

void proc_status_show(struct seq_file *file, struct task_struct *task)
{
    const struct mm_struct *mm = task->mm;

    seq_printf(file, "Name:\t%s\nState:\t%s\nPid:\t%d\nPPid:\t%d\n", task->comm,
               states[state_of(task)].text, task->pid, parent_pid(task));
    if (mm == NULL)
        return;
    seq_printf(file, "VmSize:\t%8lu kB\n", KB(mm->total_vm));
    seq_printf(file, "VmRSS:\t%8lu kB\n", KB(mm->rss));
    seq_printf(file, "VmData:\t%8lu kB\n", KB(data_pages(mm)));
    seq_printf(file, "VmStk:\t%8lu kB\n", KB(pages_with(mm, VM_GROWSDOWN)));
    seq_printf(file, "MinFlt:\t%8lu\nMajFlt:\t%8lu\n", task->min_flt,
               task->maj_flt);
}

/* Linux's first 24 fields; those that mean nothing here are 0: session, tty,
 * …, times and priorities. */
void proc_stat_show(struct seq_file *file, struct task_struct *task)
{
    const struct mm_struct *mm = task->mm;

    seq_printf(file, "%d (%s) %c %d %d 0 0 0 %lu ", task->pid, task->comm,
               states[state_of(task)].letter, parent_pid(task), task->pgrp,
               task->flags);
    seq_printf(file, "%lu 0 %lu 0 0 0 0 0 0 0 0 0 0 ", task->min_flt,
               task->maj_flt);
    seq_printf(file, "%lu %lu\n", mm != NULL ? mm->total_vm << PAGE_SHIFT : 0,
               mm != NULL ? mm->rss : 0);
}

/* The words of the command, each with a 0 behind it: as they are on the
 * process's stack, as far as the pages are in memory. */
void proc_cmdline_show(struct seq_file *file, struct task_struct *task)
{
    const struct mm_struct *mm = task->mm;
    unsigned long at = mm != NULL ? mm->arg_start : 0;

    while (mm != NULL && at < mm->arg_end && file->used + 1 < file->size) {
        const pte_t *pte = pte_find(mm, at);
        unsigned long part = PAGE_SIZE - (at & ~PAGE_MASK);
        char *kaddr;

        if (pte == NULL || !pte_present(*pte))
            break;
        part = part < mm->arg_end - at ? part : mm->arg_end - at;
        if (part > file->size - 1 - file->used)
            part = file->size - 1 - file->used;
        kaddr = kmap_atomic(pte_page(*pte), KM_USER0);
        memcpy(file->buffer + file->used, kaddr + (at & ~PAGE_MASK), part);
        kunmap_atomic(kaddr, KM_USER0);
        file->used += part;
        at += part;
    }
}

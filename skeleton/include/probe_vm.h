/*
 * A file and operations of areas for whoever calls the kernel from outside:
 * they do as they are told, and remember what they were called for.
 */
#ifndef PROBE_VM_H
#define PROBE_VM_H

#include <fs.h>
#include <mm.h>

/* Calls since the boot; what the last one was for; what the next ones do. */
struct probe_vm {
    unsigned int opens, closes, nopages, mmaps;
    const struct vm_area_struct *vma;
    unsigned long start, end; /* the area, at that time */
    unsigned long address;    /* nopage()'s */
    int listed;        /* mmap(): was the area on current->mm->mmap already? */
    struct page *page; /* nopage() gives this, with a use counted */
    int mmap_result;   /* mmap() returns this */
};

/* Sets up swap area 0 without a disk, whose slots' users are probe_swap_map[],
 * so that whoever copies or drops swap entries can be seen to do it right. */
#define PROBE_SWAP_SLOTS 256
extern unsigned short probe_swap_map[PROBE_SWAP_SLOTS];
void probe_swap_area(void);

/* get_swap_page(), its entry as a plain number. */
unsigned long probe_swap_page(void);

extern struct probe_vm probe_vm;
extern struct vm_operations_struct probe_vm_ops;

/* One open file each, for reading and writing, which is never closed. The
 * second can't be mapped. */
extern struct file probe_file, probe_file_without_mmap;

#endif

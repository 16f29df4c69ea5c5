/*
 * Virtually contiguous memory: component `vmalloc`, mm/vmalloc.c, lab 3.
 *
 * An area is a range of kernel addresses between VMALLOC_START and VMALLOC_END
 * (pgtable.h) whose pages are mapped to frames from anywhere; Linux 2.4
 * mm/vmalloc.c.
 *
 *     VMALLOC_START                                          VMALLOC_END
 *     | area 8 KB | guard | area 4 KB | guard |   free …              |
 *
 * This holds at all times:
 *
 *   - areas don't overlap, and each ends with a guard page that is not mapped,
 *     so running over its end faults;
 *   - vmlist links the areas by rising address;
 *   - no frame is mapped by two areas, and none that is mapped is free;
 *   - what the processor remembers of a mapping that is gone was flushed before
 *     its frame or its addresses are used again.
 *
 * No function here may be called from an interrupt but vmalloc_to_page():
 * that is a BUG. All others may sleep. All leave the interrupt flag as it was.
 */
#ifndef VMALLOC_H
#define VMALLOC_H

#include <mmzone.h>
#include <pgtable.h>

#define VM_ALLOC 0x00000002 /* vm_struct.flags: made by vmalloc() */

/* An area. */
struct vm_struct {
    unsigned long flags; /* VM_* */
    void *addr;          /* its first byte */
    unsigned long size;  /* in bytes, with the guard page */
    struct vm_struct *next;
};

/* The areas, by rising address. Given, in kernel/vmallocinfo.c. */
extern struct vm_struct *vmlist;

/*
 * Reserves addresses for `size` bytes, rounded up to pages, and a guard page:
 * the lowest free range that is large enough (first fit). Nothing is mapped
 * yet. The vm_struct comes from kmalloc(). NULL if size is 0, or there is no
 * room or no memory.
 */
struct vm_struct *get_vm_area(unsigned long size, unsigned long flags);

/*
 * Takes the area that begins at `addr` off vmlist and returns it; the caller
 * frees it with kfree(). NULL if none begins there.
 */
struct vm_struct *remove_vm_area(const void *addr);

/*
 * Maps the area, all but its guard page, to frames that it takes one by one
 * with alloc_page(gfp_mask), with PAGE_KERNEL. Page tables that are missing are
 * made with get_zeroed_page(GFP_KERNEL) and stay for good. 0, or -ENOMEM: then
 * no page of the area is mapped, and its frames have been given back.
 */
int map_vm_area(struct vm_struct *area, unsigned int gfp_mask);

/*
 * Unmaps the pages of the area that are mapped, flushes the TLB, gives the
 * frames back.
 */
void unmap_vm_area(struct vm_struct *area);

/*
 * `size` bytes of memory, rounded up to pages; the address is a multiple of
 * PAGE_SIZE. Frames are taken with gfp_mask. NULL if size is 0 or more than
 * all RAM, or there is no room or no memory; nothing has changed then but for
 * page tables.
 */
void *__vmalloc(unsigned long size, unsigned int gfp_mask);

/* The same with frames from high memory, if there is some: GFP_HIGHUSER. */
void *vmalloc(unsigned long size);

/*
 * Gives back what vmalloc() gave. NULL is allowed and does nothing. An address
 * at which no area begins is reported with printk(), in a line that names it,
 * and nothing else happens.
 */
void vfree(const void *addr);

/*
 * The page that is mapped at an address between VMALLOC_START and VMALLOC_END,
 * which may lie within a page. NULL if none is, or for other addresses. Any
 * context.
 */
struct page *vmalloc_to_page(const void *addr);

#endif

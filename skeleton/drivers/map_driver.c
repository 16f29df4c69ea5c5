/*
 * A device whose memory processes map. This file is lab 8; the contract of what
 * is in it is include/map_driver.h, page tables are in include/pgtable.h, areas
 * in include/mm.h, and README.md tells the story with pictures.
 *
 * It is a module: not part of the kernel's image, but an object by itself,
 * which insmod hands to the running kernel. It may use what the kernel exports,
 * kernel/ksyms.c (or /proc/ksyms in the shell) has the list, and nothing else:
 * vmalloc_to_page(), for one, is not there.
 *
 *     file_operations                 vm_operations_struct
 *     .open     mapdrv_open()         .open    mapdrv_vopen()
 *     .release  mapdrv_release()      .close   mapdrv_vclose()
 *     .mmap     mapdrv_mmap() ------> .nopage  map_nopage()
 *                  sets vma->vm_ops              |
 *                                                v
 *                                     vaddr_to_kaddr(): swapper_pg_dir, its
 *                                     page table, the frame
 *
 * What holds whenever a function here returns, so what each may count on and
 * has to leave behind:
 *
 *   (1) Page i of the buffer is one frame, from mapdrv_init() to mapdrv_exit().
 *   (2) A frame of the buffer has one use of vmalloc()'s, and one for each
 *       page-table entry of a process that maps it.
 *   (3) The module's use count is that of the open files plus that of the
 *       areas. MOD_INC_USE_COUNT and MOD_DEC_USE_COUNT change it.
 *
 * The kernel is not preemptive: another task can run only while this one
 * sleeps, and interrupt handlers never come here. So there is no lock.
 *
 * Each STUB below is a hole: replace the body, keep the name and the
 * parameters. Helpers and variables of your own, the tables of operations among
 * them, are welcome; make them static.
 */
#include <map_driver.h>

#include <errno.h>
#include <kernel.h>
#include <module.h>
#include <page_alloc.h>
#include <string.h>
#include <vmalloc.h>

/*
 * Where in the direct map that is what the kernel has at `address`, which lies
 * between VMALLOC_START and VMALLOC_END. 0 for other addresses, if there is no
 * page table for it, or no page in that.
 *
 *     address   | directory 10 | table 10 | offset 12 |
 *                      |            |          |
 *     pgd_offset_k() --+            |          |
 *     pte_offset() -----------------+          |
 *     the frame's address in the direct map  + offset
 *
 * You will need: pgd_offset_k(), pgd_none(), pte_offset(), pte_present(),
 * pte_page(), lowmem_page_address().
 */
unsigned long vaddr_to_kaddr(unsigned long address)
{
    (void)address;
    STUB("lab8-mapdrv");
    return 0;
}

/*
 * A process has touched a page of the area that is not mapped: which page is
 * it? The area begins with page vma->vm_pgoff of the buffer. The page gets a
 * use for the entry that the kernel makes now. NOPAGE_SIGBUS beyond the buffer.
 *
 * You will need: vaddr_to_kaddr(), virt_to_page(), get_page().
 */
struct page *map_nopage(struct vm_area_struct *vma, unsigned long address)
{
    (void)vma;
    (void)address;
    STUB("lab8-mapdrv");
    return NOPAGE_SIGBUS;
}

/* One area more: the module has one user more. */
void mapdrv_vopen(struct vm_area_struct *vma)
{
    (void)vma;
    STUB("lab8-mapdrv");
}

/* One area less: the module has one user less. */
void mapdrv_vclose(struct vm_area_struct *vma)
{
    (void)vma;
    STUB("lab8-mapdrv");
}

/*
 * mmap() on the device. First the checks: -EINVAL unless the area is
 * VM_SHARED, then -ENXIO unless all of it, from page vma->vm_pgoff of the
 * buffer on, lies in the buffer; vm_pgoff may be anything, so take care that
 * nothing overflows. Then vma->vm_ops, and the count. Pages come later, one by
 * one: map_nopage().
 */
int mapdrv_mmap(struct file *file, struct vm_area_struct *vma)
{
    (void)file;
    (void)vma;
    STUB("lab8-mapdrv");
    return -EINVAL;
}

/* open() on the device: the module has one user more. 0. */
int mapdrv_open(struct inode *inode, struct file *file)
{
    (void)inode;
    (void)file;
    STUB("lab8-mapdrv");
    return -ENXIO;
}

/* The file is closed for good: the module has one user less. 0. */
int mapdrv_release(struct inode *inode, struct file *file)
{
    (void)inode;
    (void)file;
    STUB("lab8-mapdrv");
    return 0;
}

/*
 * insmod: makes and fills the buffer, then registers the device. 0, or the
 * error number of what failed, with everything as it was.
 *
 * You will need: __vmalloc(), memset(), snprintf(), register_chrdev(), vfree().
 */
int mapdrv_init(void)
{
    STUB("lab8-mapdrv");
    return -ENOMEM;
}

/* rmmod: nobody uses the module. Gives back the number, then the buffer. */
void mapdrv_exit(void)
{
    STUB("lab8-mapdrv");
}

module_init(mapdrv_init);
module_exit(mapdrv_exit);

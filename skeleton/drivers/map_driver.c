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
 * The buffer has MAPDRV_PAGES pages, in a row for the kernel, in frames that
 * lie anywhere. A process maps some of them, in a row as well, from page
 * vma->vm_pgoff on. Both see the same frames:
 *
 *     process, vm_pgoff 2        frames              kernel
 *                                                   | page 0 | buffer
 *                                                   | page 1 |
 *     vm_start  | page 2 | ---> | 3fe6 | <--------- | page 2 | buffer + 8 KB
 *               | page 3 | ---> | 3fe5 | <--------- | page 3 | buffer + 12 KB
 *     vm_end                                        |   …    |
 *                                                   | page 9 |
 *                                                     guard page
 *
 * Pages of the process come one by one, when it first touches them:
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
 *   (1) Page i of the buffer is one frame, the same one from mapdrv_init() to
 *       mapdrv_exit(), and that frame has an address in the direct map.
 *   (2) A frame of the buffer has one use of vmalloc()'s, and one for each
 *       page-table entry of a process that maps it: page->count. map_nopage()
 *       counts for an entry that the kernel is about to make; fork() counts the
 *       entries that it copies, and munmap() gives back what an entry held,
 *       both without asking anyone here.
 *   (3) The module's use count is that of the open files plus that of the
 *       areas. MOD_INC_USE_COUNT and MOD_DEC_USE_COUNT change it.
 *   (4) The device is registered only while the buffer is there.
 *
 * The kernel is not preemptive: another task can run only while this one
 * sleeps, and interrupt handlers never come here. So there is no lock.
 *
 * Each STUB below is a hole: replace the body, keep the name and the
 * parameters. Helpers and variables of your own, the tables of operations among
 * them, are welcome; make them static. The module is named after this file, so
 * that has to keep its name, too.
 */
#include <map_driver.h>

#include <errno.h>
#include <kernel.h>
#include <module.h>
#include <page_alloc.h>
#include <string.h>
#include <vmalloc.h>

/*
 * Where in the direct map that is what the kernel has at `address`, with the
 * same offset in the page. The processor's own walk, done by hand:
 *
 *     address   c4806abc
 *                directory 312       table 006     offset abc
 *                      |                  |             |
 *     pgd_offset_k() --+                  |             |
 *     03fed003: a table at 03fed000       |             |
 *     pte_offset() -----------------------+             |
 *     03fe6063: a page at 03fe6000                      |
 *     lowmem_page_address() of it: c3fe6000    +      abc  =  c3fe6abc
 *
 * Which directory? swapper_pg_dir, the kernel's own, in which pgd_offset_k()
 * looks. That of a process gets its entries for vmalloc()ed memory only when it
 * touches it (vmalloc_fault()), so it may have none for the buffer.
 *
 * 0 if there is no page table for the address, or no page in that, as for the
 * guard page. 0, too, for any address outside [VMALLOC_START, VMALLOC_END):
 * ask that first, since the direct map has 4 MB pages, where there is no page
 * table to look into.
 *
 * May be asked about any address at all, and not only the buffer's. The frame
 * is one of the direct map, which is the caller's business. No count changes.
 *
 * You will need: pgd_offset_k(), pgd_none(), pte_offset(), pte_present(),
 * pte_page(), lowmem_page_address().
 *
 * Context: any; never sleeps. Cost: the same for each address.
 */
unsigned long vaddr_to_kaddr(unsigned long address)
{
    (void)address;
    STUB("lab8-mapdrv");
    return 0;
}

/*
 * A process has touched a page of the area for which there is no page-table
 * entry: which page is it? `address` lies in the area, anywhere in the page.
 *
 *     an area with vm_start 40000000, vm_end 40003000, vm_pgoff 5
 *
 *     touched     40000000   40000ffc   40001000   40002abc
 *     page of the    5          5          6          7
 *     buffer
 *
 * The page is returned with one use more, get_page(), for the entry that the
 * caller makes now: (2). Without it the frame is freed when the process unmaps
 * it, though vmalloc() still has it, and becomes somebody else's memory.
 *
 * NOPAGE_SIGBUS, and no count has changed, for a page beyond the buffer:
 * mapdrv_mmap() lets no such area come to be, but this is what the answer is.
 *
 * virt_to_page() takes an address of the direct map. Given one of vmalloc()'s
 * it comes up with a struct page that does not exist.
 *
 * You will need: vaddr_to_kaddr(), virt_to_page(), get_page().
 *
 * Context: the page fault of a process. Never sleeps.
 */
struct page *map_nopage(struct vm_area_struct *vma, unsigned long address)
{
    (void)vma;
    (void)address;
    STUB("lab8-mapdrv");
    return NOPAGE_SIGBUS;
}

/*
 * There is one area more: fork() has copied it, or munmap() or mprotect() have
 * split it in two. The module has one user more. Not called for mmap(): an area
 * that mapdrv_mmap() has accepted was counted there.
 *
 * Context: a task.
 */
void mapdrv_vopen(struct vm_area_struct *vma)
{
    (void)vma;
    STUB("lab8-mapdrv");
}

/*
 * One area less: unmapped as a whole, or its process has ended. The module has
 * one user less. Its pages are not mapped any more when this is called, and
 * their uses are given back.
 *
 *     mmap() of pages 0 … 2        | 0   1   2 |      counted by mapdrv_mmap()
 *     munmap() of page 1           | 0 |   | 2 |      vopen(): one area more
 *     munmap() of page 0                   | 2 |      vclose()
 *     munmap() of page 2                              vclose()
 *
 * Context: a task.
 */
void mapdrv_vclose(struct vm_area_struct *vma)
{
    (void)vma;
    STUB("lab8-mapdrv");
}

/*
 * mmap() on the device: is this area all right? It is filled in (vm_start,
 * vm_end, vm_flags, vm_pgoff: whole pages, and at least one), but on no list
 * yet. The checks, in this order:
 *
 *     not VM_SHARED                                  -EINVAL
 *     a page of it is not one of the buffer          -ENXIO
 *
 *     the buffer   | 0  1  2  3  4  5  6  7  8  9 |
 *     0, 10 pages  [-----------------------------]        0
 *     7, 3 pages                         [-------]        0
 *     7, 4 pages                         [---------- ]    -ENXIO
 *     10, 1 page                                  [--]    -ENXIO
 *     100000, 1 page (hexadecimal)                   …    -ENXIO
 *
 * vm_pgoff may be almost any 32-bit number, so take care that nothing
 * overflows. In bytes, page 100000 is at 0, for instance: count in pages, and
 * compare with what is left, not with a sum. After an error nothing has
 * changed, and nobody is counted.
 *
 * If it is all right: vma->vm_ops gets the three functions above, the area is
 * counted as a user of the module, and the result is 0. No page is mapped here:
 * they come one by one, by map_nopage().
 *
 * Context: a task.
 */
int mapdrv_mmap(struct file *file, struct vm_area_struct *vma)
{
    (void)file;
    (void)vma;
    STUB("lab8-mapdrv");
    return -EINVAL;
}

/*
 * open() on the device: the module has one user more. 0.
 *
 * If the file_operations say .owner = THIS_MODULE, the kernel counts the files,
 * here and in mapdrv_release(). Then neither counts: one way or the other, not
 * both.
 *
 * Context: a task.
 */
int mapdrv_open(struct inode *inode, struct file *file)
{
    (void)inode;
    (void)file;
    STUB("lab8-mapdrv");
    return -ENXIO;
}

/*
 * The file is closed for good: no descriptor is left that means it, in any
 * process, and no area that maps it. Undoes what mapdrv_open() did. 0.
 *
 * Context: a task.
 */
int mapdrv_release(struct inode *inode, struct file *file)
{
    (void)inode;
    (void)file;
    STUB("lab8-mapdrv");
    return 0;
}

/*
 * insmod. In this order, so that nobody can open a device that isn't ready:
 *
 *     1. the buffer    MAPDRV_BYTES by __vmalloc(…, GFP_KERNEL). vmalloc()
 *                      would do, but for machines with high memory: there it
 *                      takes frames that have no address in the direct map (1)
 *     2. its contents  __vmalloc() leaves the frames as they are, perhaps with
 *                      what somebody else has forgotten there: zeros, then
 *                      MAPDRV_TEXT with its number at the beginning of each
 *                      page
 *     3. the device    register_chrdev(0, MAPDRV_NAME, …): the result is the
 *                      major number that it got, or a negative error number
 *
 * 0. -ENOMEM if there is no buffer, or what register_chrdev() said, with
 * everything as it was: the module is thrown out again, and mapdrv_exit() is
 * not called.
 *
 * You will need: __vmalloc(), memset(), snprintf(), register_chrdev(), vfree().
 *
 * Context: a task. May sleep.
 */
int mapdrv_init(void)
{
    STUB("lab8-mapdrv");
    return -ENOMEM;
}

/*
 * rmmod. The kernel calls it only if the use count is 0, so by (3) there is no
 * file and no area, and by (2) the buffer's frames have one use each. Gives
 * back the device's number, then the buffer: by the time the module's code and
 * data are freed, right after this, nothing in the kernel may lead to them.
 *
 * You will need: unregister_chrdev(), vfree().
 *
 * Context: a task.
 */
void mapdrv_exit(void)
{
    STUB("lab8-mapdrv");
}

module_init(mapdrv_init);
module_exit(mapdrv_exit);

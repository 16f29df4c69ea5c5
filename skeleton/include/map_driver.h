/*
 * A device whose memory processes map: component `mapdrv`,
 * drivers/map_driver.c, lab 8. It is a module (module.h): the kernel loads it
 * while it runs, and it may use what the kernel exports (kernel/ksyms.c) and
 * nothing else.
 *
 *     insmod map_driver.o              mapdrv_init(): a buffer, a major number
 *     grep mapdrv /proc/devices        254 mapdrv
 *     mknod mapfile c 254 0
 *     maptest                          open(), mmap(), then page by page
 *       open("mapfile")                mapdrv_open()
 *       mmap(…, MAP_SHARED, fd, 0)     mapdrv_mmap(): no page is mapped yet
 *       reads the first byte           page fault, map_nopage()
 *     rmmod map_driver                 mapdrv_exit()
 *
 * The buffer comes from vmalloc, so its pages are neighbours for the kernel,
 * but their frames are anywhere. A process is to see the same frames: which
 * frame is behind an address of the buffer only the kernel's page tables say.
 *
 *     process                 frames                  kernel
 *     vm_start  | page 2 | ---> | 4711 | <--- | page 2 | buffer + 8 KB
 *               | page 3 | ---> |  815 | <--- | page 3 | buffer + 12 KB
 *
 * This holds at all times:
 *
 *   - page i of the buffer begins with the text MAPDRV_TEXT with its number,
 *     until a process writes something else there; the rest is zeros at first;
 *   - page->count of a frame of the buffer is 1, and 1 more for each page-table
 *     entry of a process that has it;
 *   - the module's use count (the third column of /proc/modules) is the number
 *     of files that are open on the device plus the number of areas that map
 *     it. So it can't be unloaded while there is one.
 *
 * All but map_nopage() and vaddr_to_kaddr() are called by a process that may
 * sleep; no function here is called from an interrupt.
 */
#ifndef MAP_DRIVER_H
#define MAP_DRIVER_H

#include <fs.h>
#include <mm.h>

#define MAPDRV_NAME  "mapdrv"
#define MAPDRV_PAGES 10 /* of the buffer */
#define MAPDRV_BYTES (MAPDRV_PAGES * PAGE_SIZE)
#define MAPDRV_TEXT  "hello world from page %d" /* 0 … MAPDRV_PAGES - 1 */

/*
 * The module's beginning: named by module_init(). Makes the buffer, of
 * MAPDRV_BYTES with __vmalloc(…, GFP_KERNEL), so that its frames are in the
 * direct map; fills it; registers the character device MAPDRV_NAME with
 * register_chrdev(0, …), which gives it any major number that is free: 254, if
 * it is the first to ask. 0; -ENOMEM, or what register_chrdev() said: nothing
 * is allocated or registered then.
 */
int mapdrv_init(void);

/*
 * Its end: named by module_exit(). Gives back the device's number and the
 * buffer. The kernel calls it only when the use count is 0.
 */
void mapdrv_exit(void);

/*
 * The device is opened: 0. Counts the file as a user of the module, unless its
 * file_operations.owner is THIS_MODULE: then the kernel does that.
 */
int mapdrv_open(struct inode *inode, struct file *file);

/* The last user of an open file has closed it: undoes mapdrv_open(). 0. */
int mapdrv_release(struct inode *inode, struct file *file);

/*
 * Maps pages of the buffer, from page vma->vm_pgoff on. `vma` is filled in, but
 * not listed yet. Checks, in this order:
 *
 *   -EINVAL  the area is not shared (VM_SHARED): a private one would get copies
 *            of what it writes to
 *   -ENXIO   it begins or ends beyond the buffer
 *
 * Then it gets vm_ops with the three functions below, and is counted as a user
 * of the module, as by mapdrv_vopen(). Maps no page. 0.
 */
int mapdrv_mmap(struct file *file, struct vm_area_struct *vma);

/* One area more (fork, or one was split in two): counts a user. */
void mapdrv_vopen(struct vm_area_struct *vma);

/* One area less: counts a user less. */
void mapdrv_vclose(struct vm_area_struct *vma);

/*
 * The page of the area at `address`, which may lie within the page, with a use
 * counted for the caller (get_page()); NOPAGE_SIGBUS if that is beyond the
 * buffer. Finds the frame with vaddr_to_kaddr() and virt_to_page(). Never
 * sleeps.
 */
struct page *map_nopage(struct vm_area_struct *vma, unsigned long address);

/*
 * Where in the direct map that is what the kernel has at `address`, between
 * VMALLOC_START and VMALLOC_END; the offset within the page stays the same. By
 * the page tables: swapper_pg_dir, pgd_offset_k(), pte_offset(). 0 if nothing
 * is mapped there, or not even a page table, and for other addresses. The frame
 * is one of the direct map. Never sleeps.
 *
 *     vaddr_to_kaddr(0xc4800abc)      0xc4800abc -> frame 0x1267
 *     = 0xc0000000 + 0x1267000 + 0xabc = 0xc1267abc
 */
unsigned long vaddr_to_kaddr(unsigned long address);

#endif

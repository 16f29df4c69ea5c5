/*
 * Virtually contiguous memory. This file is the first half of lab 3; the
 * contract of what it offers is include/vmalloc.h, page tables and the TLB are
 * in include/pgtable.h, and README.md tells the story with pictures.
 *
 * The page allocator gives blocks of 2^order pages that are neighbours in RAM,
 * and after a while there are no large ones. vmalloc() needs no neighbours: it
 * reserves a range of kernel addresses, an area, takes single frames from
 * wherever they are, and lets the page tables do the rest.
 *
 *     vmlist -> [0, 12 KB)         -> [16 KB, 8 KB)   addresses from
 *               |                     |               VMALLOC_START on
 *     | page  page  page  guard | page  page  guard |   free …
 *         |     |     |             |     |
 *         |     |     +--------+    |     +---+        page tables
 *         |     +--+           |    |         |
 *     | . | 1 | .  | 2 | . . | 3 | 1 | . . . | 2 |     frames
 *
 * The tables have two levels. One for 4 MB of addresses is made when an area
 * first needs it, and stays: two areas may share one, so it does not belong to
 * either.
 *
 *     swapper_pg_dir               page table               frame
 *     | pgd_index(address) | ----> | pte_index(address) | ----> | 4 KB |
 *       pgd_offset_k()               pte_offset()                pte_page()
 *
 * What holds whenever a function here returns or sleeps, so what each may count
 * on and has to leave behind:
 *
 *   (1) Areas lie in [VMALLOC_START, VMALLOC_END), whole pages each, and do not
 *       overlap.
 *   (2) The last page of an area is its guard page. It is not mapped.
 *   (3) vmlist links the areas by rising address.
 *   (4) No address outside an area is mapped.
 *   (5) A frame that is mapped has count 1 at least, and is mapped once.
 *   (6) The TLB holds nothing of a mapping that is gone: it was flushed before
 *       its frame went back to the page allocator and before its addresses
 *       could become another area's.
 *
 * The kernel is not preemptive: another task can run only while this one
 * sleeps, and interrupt handlers never come here, but for vmalloc_to_page().
 * So there is no lock. But whatever asks for memory may sleep, and what was
 * true before may be false afterwards: look for a place, or at a page table,
 * *after* you have the memory that you need for it.
 *
 * Each STUB below is a hole: replace the body, keep the name and the
 * parameters. Helpers of your own are welcome; make them static.
 */
#include <vmalloc.h>

#include <errno.h>
#include <irq.h>
#include <kernel.h>
#include <page_alloc.h>
#include <slab.h>

/*
 * Reserves addresses for `size` bytes: makes an area, with `flags`, and puts it
 * on vmlist at its place. Nothing is mapped.
 *
 * `size` is rounded up to whole pages, and one page is added, the guard.
 * area->size is what comes of it. The area's place is the lowest one at which
 * it fits, guard page included, between two areas, before the first or behind
 * the last (first fit).
 *
 *     get_vm_area(5000, VM_ALLOC): 5000 bytes are 2 pages, with the guard 3
 *
 *     VMALLOC_START                                    VMALLOC_END
 *     before  | A A g | . . | B g | . . . . | C g | . . . |
 *     after   | A A g | . . | B g | n n g . | C g | . . . |
 *                       |           |
 *                       |           area->addr, area->size is 12288
 *                       2 pages are free: too few
 *
 * The vm_struct comes from kmalloc(), which may sleep: take it before you look
 * for a place, or two tasks may find the same one.
 *
 * NULL if size is 0, or kmalloc() gives nothing, or there is no place; nothing
 * has changed then. Mind sizes so large that rounding them up ends at 0.
 *
 * Context: a task; in an interrupt it is a BUG. May sleep.
 */
struct vm_struct *get_vm_area(unsigned long size, unsigned long flags)
{
    (void)size;
    (void)flags;
    STUB("lab3-vmalloc");
    return NULL;
}

/*
 * Takes the area that begins at `addr` off vmlist and returns it. It is the
 * caller's now, who frees it with kfree(); its pages stay mapped, if they are.
 * NULL, with nothing changed, if no area begins there: an address in the middle
 * of an area will not do.
 *
 *     remove_vm_area(B)     vmlist -> A -> B -> C     becomes     A -> C
 *
 * Context: a task; in an interrupt it is a BUG. Does not sleep.
 */
struct vm_struct *remove_vm_area(const void *addr)
{
    (void)addr;
    STUB("lab3-vmalloc");
    return NULL;
}

/*
 * Gives each page of the area but the guard a frame: one alloc_page(gfp_mask)
 * for each, entered into the page table with PAGE_KERNEL.
 *
 *     an area of 3 pages and a guard, 2 pages before a 4 MB boundary
 *
 *     address   …FE000      …FF000      …00000      …01000
 *             |  page 0  |  page 1  |  page 2  |  guard   |
 *     entry     1022        1023        0           1
 *             '-- of one page table --'-- of the next ----'
 *
 * A page table that is missing is made with get_zeroed_page(GFP_KERNEL) and
 * entered with pgd_populate(). While that sleeps, another task may have made
 * the same one: look again, and give yours back if so. Tables are never freed.
 *
 * Returns 0; or -ENOMEM if memory runs out half way. Then no page of the area
 * is mapped, the frames that it had got are free again, the TLB knows nothing
 * of them, and the area is still on vmlist.
 *
 * Precondition: none of the area's pages is mapped.
 *
 * Context: a task; in an interrupt it is a BUG. May sleep.
 */
int map_vm_area(struct vm_struct *area, unsigned int gfp_mask)
{
    (void)area;
    (void)gfp_mask;
    STUB("lab3-vmalloc");
    return -ENOMEM;
}

/*
 * Takes the frames from the area's pages, those that have one: after
 * map_vm_area() all but the guard, in the middle of it only some, and there may
 * not even be a page table yet. The area stays on vmlist.
 *
 * The order is what matters:
 *
 *     1. clear the page-table entries    the processor may still know them
 *     2. flush the TLB                   now it does not
 *     3. __free_page() the frames        from here on, they are others'
 *
 * Had 3 come before 2, an old pointer could write into somebody else's page,
 * with no fault to tell. Between 1 and 3, something must remember the frames;
 * a frame in use is on no list, so page->list is yours.
 *
 * Context: a task; in an interrupt it is a BUG. Does not sleep.
 */
void unmap_vm_area(struct vm_struct *area)
{
    (void)area;
    STUB("lab3-vmalloc");
}

/*
 * `size` bytes of memory at addresses in a row: an area (VM_ALLOC), mapped, of
 * frames taken with gfp_mask. The address of its first byte; it is a multiple
 * of PAGE_SIZE. What the memory holds is not specified.
 *
 * NULL if size is 0, if that is more pages than the machine has frames
 * (max_mapnr), or if there is no place or no memory. Then everything is as it
 * was: no area, no frame less; only page tables that were made stay.
 *
 * Context: a task; in an interrupt it is a BUG. May sleep.
 */
void *__vmalloc(unsigned long size, unsigned int gfp_mask)
{
    (void)size;
    (void)gfp_mask;
    STUB("lab3-vmalloc");
    return NULL;
}

/*
 * __vmalloc() with GFP_HIGHUSER: any frame will do, since it gets an address of
 * its own, so frames that lie outside the direct map are the best ones to take.
 */
void *vmalloc(unsigned long size)
{
    (void)size;
    STUB("lab3-vmalloc");
    return NULL;
}

/*
 * Gives back what vmalloc() or __vmalloc() gave: the frames, the addresses, and
 * the vm_struct.
 *
 * NULL is allowed and does nothing. An address at which no area begins, one
 * that was freed already for instance, is a caller's mistake: it is reported
 * with printk(), in a line that names the address, and nothing else happens.
 *
 * The addresses must not become free for others before the pages are unmapped:
 * see (6).
 *
 * Context: a task; in an interrupt it is a BUG.
 */
void vfree(const void *addr)
{
    (void)addr;
    STUB("lab3-vmalloc");
}

/*
 * The page that is mapped at `addr`, a look into the page tables:
 *
 *     vmalloc(8192) gave 0xC8800000, frames 700 and 33
 *
 *     vmalloc_to_page(0xC8800000)  -> mem_map + 700
 *     vmalloc_to_page(0xC8800FFF)  -> mem_map + 700
 *     vmalloc_to_page(0xC8801004)  -> mem_map + 33
 *     vmalloc_to_page(0xC8802000)  -> NULL, the guard page
 *
 * NULL if nothing is mapped there, and for any address outside
 * [VMALLOC_START, VMALLOC_END): the direct map has 4 MB pages, at which there
 * is no page table to look into. The page's count does not change.
 *
 * Context: any. Cost: the same however many areas there are.
 */
struct page *vmalloc_to_page(const void *addr)
{
    (void)addr;
    STUB("lab3-vmalloc");
    return NULL;
}

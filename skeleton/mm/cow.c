/*
 * Copy-on-write. This file is lab 6; the contract of what it offers is
 * include/cow.h, areas and page tables are in include/mm.h, swap entries in
 * include/swap.h, and README.md tells the story with pictures.
 *
 * fork() promises the child a copy of everything that the parent has. It gets
 * copies of the page tables, and they lead to the same frames. As long as all
 * only read, nobody can tell the difference; whoever writes first gets a frame
 * of its own, and the difference is made good before it can be seen:
 *
 *     before fork()      after fork()           after the child's write
 *
 *     parent             parent    child        parent    child
 *     | F rw |           | F r- |  | F r- |     | F r- |  | F' rw |
 *        |                   |        |            |         |
 *        v                   '--+  +--'            v         v
 *     [ F: 1 ]                [ F: 2 ]          [ F: 1 ]  [ F': 1 ]
 *
 * A number in brackets is page->count: how many use the frame. It is the one
 * thing that has to be right. If it is too low, a frame is given away that
 * somebody still maps; if it is too high, it is never given back.
 *
 * An entry of a page table is one of four things:
 *
 *     what the tests say        it is                 it holds
 *     ----------------------    ------------------    ------------------------
 *     pte_none()                empty                 nothing
 *     pte_present(),            ZERO_PAGE, or what    nothing: nobody counts
 *       PageReserved()            a device shows        who maps these
 *     pte_present(), else       a page in memory      a use of the frame
 *                                                       (count), 1 of mm->rss
 *     neither none              a page on swap        a use of the slot
 *       nor present                                     (swap_map)
 *
 * Ask in this order: what is not present has no frame to ask about. Pages of
 * PROT_NONE areas are present in this sense, though not for the processor.
 *
 * What holds whenever a function here returns or sleeps, so what each may count
 * on and has to leave behind:
 *
 *   (1) page->count is the number of entries, in all address spaces, that map
 *       the frame, and one more if the page cache has it. (Others may hold a
 *       use for a moment.) Entries of reserved frames are not counted.
 *   (2) swap_map[slot] is the number of entries that name the slot, and one
 *       more if the swap cache has its page, which is a use of that page, too.
 *       The cache has none that nobody else uses, as page or as slot.
 *   (3) mm->rss is the number of entries of mm that map frames which aren't
 *       reserved.
 *   (4) An entry of a private area is writable only if the frame has no other
 *       user. So ZERO_PAGE and pages of the page cache are never writable
 *       there.
 *   (5) A frame that is given back is in no page table and not in the TLB.
 *   (6) What fails has changed nothing; but copy_page_range() may leave what it
 *       has copied so far, correctly counted.
 *
 * The processor remembers translations. Whoever takes something away (the right
 * to write, or the frame) has to tell it; in the same way whoever replaces a
 * frame by another. An entry that was empty needs no flush when it is set.
 *
 * An address space belongs to one task, and the kernel is not preemptive:
 * nobody else changes its entries, not even while you sleep. But others may
 * exit meanwhile, so that a count goes down. What may sleep:
 * alloc_page(GFP_HIGHUSER) and pte_alloc().
 *
 * Each STUB below is a hole: replace the body, keep the name and the
 * parameters. Helpers of your own are welcome; make them static.
 */
#include <cow.h>

#include <errno.h>
#include <kernel.h>
#include <page_alloc.h>
#include <swap.h>

/*
 * fork(): gives `dst`, the child, the page-table entries for the addresses of
 * one area. `vma` is the area in `src`, the parent. `dst` has an area like it
 * already, and no entry is set there yet.
 *
 *     entry of the parent      it becomes         that of the child
 *     ---------------------    ---------------    ---------------------------
 *     private, VM_MAYWRITE     read-only          the same, read-only and old
 *     private, no such flag    stays as it is     the same, old
 *     shared                   stays as it is     the same, clean and old
 *     a swap slot              stays as it is     the same
 *     empty                    stays as it is     empty
 *
 *     "old" is pte_mkold(): the child has not accessed it. "Clean" is
 *     pte_mkclean(). Everything else in an entry is copied: a dirty page of a
 *     private area is dirty in both.
 *
 * An area is shared if it has VM_SHARED. What counts for a private one is
 * VM_MAYWRITE, not VM_WRITE: mprotect() may allow writing later.
 *
 * For each frame that is not reserved, count it: get_page(), dst->rss. For each
 * slot: swap_duplicate(), and no rss. Count where you set the entry, so that
 * (1) to (3) hold at any time: if memory runs out half way, mmput() of `dst`
 * gives back exactly what the entries say.
 *
 * Entries are found table by table. A page table has entries for 4 MB; if the
 * parent has none (pte_find() is NULL), then the addresses up to the next
 * multiple of LARGE_PAGE_SIZE are done in one step. The area may begin and end
 * in the middle of a table. In `dst`, make a table (pte_alloc()) only when
 * there is an entry to put into it: a child doesn't need empty tables.
 *
 *     area [40300000, 41100000); the parent has tables for 400… and 410…
 *
 *     40300000 … 403ff000              256 entries are looked at
 *     40400000, 40800000, 40c00000     a step each: no table
 *     41000000 … 410ff000              256 entries
 *
 * Returns 0; or -ENOMEM if there is no memory for a page table. Either way, the
 * TLB is up to date with the entries of `src` then: the parent is the task that
 * runs, and the processor remembers that it may write. One flush_tlb_mm() for
 * the whole area is enough, as nobody runs in user mode before it.
 *
 * pte_alloc() may sleep; look at the parent's entry after it, or again.
 *
 * Context: a task. May sleep. Cost: proportional to what is mapped, not to the
 * size of the area; no frame is copied.
 */
int copy_page_range(struct mm_struct *dst, struct mm_struct *src,
                    struct vm_area_struct *vma)
{
    (void)dst;
    (void)src;
    (void)vma;
    STUB("lab6-cow");
    return -ENOMEM;
}

/*
 * A write to a page that is there, but that the entry forbids: the fault that
 * the read-only entries are for. handle_pte_fault() calls, and the area allows
 * writing. `pte` is where the entry is, `entry` is what it is (present, not
 * writable), `address` may lie anywhere in the page.
 *
 *     the area is shared               the entry becomes writable: all who map
 *                                      the frame are meant to see the write
 *     private, the frame is not        the entry becomes writable: whoever
 *     reserved and has count 1         shared it has gone, nothing is copied
 *     private, all others: count 2     a frame of its own, with the same
 *     or more, or reserved             contents
 *
 *     a page of which the child was the only other user, which has exited
 *
 *     before    entry 03fc3025    frame 3fc3, count 1
 *     after     entry 03fc3067    frame 3fc3, count 1
 *
 *     025 is present, user, accessed; 067 is writable and dirty as well.
 *
 * A frame of its own comes from alloc_page(GFP_HIGHUSER) and is filled with
 * copy_user_highpage(), since it may have no address; for ZERO_PAGE
 * clear_user_highpage() will do. Its entry is mk_pte() with vma->vm_page_prot,
 * made writable, dirty and accessed, as it is in the other two cases. The old
 * frame has one user less, by free_page_and_swap_cache(), unless it is
 * reserved: then this entry was not counted in rss, and now it is.
 *
 *     ZERO_PAGE may well have count 1, though all the world maps it: ask
 *     whether a frame is reserved before you believe its count. And a page of a
 *     file that one process maps has count 2, as the page cache has it: a
 *     private write never reaches the file.
 *
 * The order: first the memory, then the contents, then the entry, then the TLB
 * (flush_tlb_page()), and only then the old frame is given up. It may be
 * somebody else's a moment later, and until the flush this process still
 * reads it. And between memory and entry look again whether *pte still is
 * `entry`: pages may have been swapped out to find that memory, this one among
 * them. Then the copy is given back, with __free_page(), and nothing else is to
 * be done: the process tries again.
 *
 * Returns VM_FAULT_MINOR; VM_FAULT_OOM without memory: entry, counts and rss
 * are as they were then.
 *
 * Context: a task. May sleep. Cost: one page is copied at most.
 */
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

/*
 * Takes everything out of the page tables for [address, address + size):
 * munmap(), a heap that shrinks, and each area of a process that ends.
 *
 *     entry                     what becomes of it
 *     ----------------------    ---------------------------------------------
 *     empty                     passed over
 *     of a reserved frame       emptied; nothing is counted, nor noted
 *     of any other frame        emptied; rss one less; if it was dirty,
 *                               set_page_dirty(): the write must not be lost;
 *                               later the frame loses its user
 *     a swap slot               emptied; free_swap_and_cache()
 *
 * "Later" is the point, as it was in lab 3:
 *
 *     1. empty the entries     the processor may still know them
 *     2. flush_tlb_mm()        now it does not
 *     3. free_page_and_        from here on, the frame may be others'
 *        swap_cache()
 *
 * One flush for each page would be right, and slow: every flush_tlb_mm() makes
 * all other translations slow once more. So several frames have to be
 * remembered between 1 and 3. Where? There is no asking for memory here, since
 * giving memory back must not fail; the kernel stack has 8 KB, for everybody
 * who is on it; and page->list will not do as it did in lab 3, because one
 * frame may be mapped twice in the range, and an element can't be on a list
 * twice. You need not remember all of them before the first flush.
 *
 * `address` and `size` are multiples of PAGE_SIZE, and the end is not above
 * TASK_SIZE. The range may begin and end in the middle of a page table, and
 * there need not be an area: this function looks at entries only. A missing
 * page table is passed over in one step, as in copy_page_range(). Page tables
 * stay, even empty ones: mmput() frees them.
 *
 *     two pages, the first of a private area, dirty, the second of a file:
 *
 *               entry       frame                  entry    frame
 *     before    03fd1067    count 1      after     0        count 0: free
 *               00d7e025    count 2                0        count 1: the cache
 *               rss 5                              rss 3
 *
 * Context: a task. Never sleeps. Cost: proportional to the entries of the page
 * tables that are there; few flushes.
 */
void zap_page_range(struct mm_struct *mm, unsigned long address,
                    unsigned long size)
{
    (void)mm;
    (void)address;
    (void)size;
    STUB("lab6-cow");
}

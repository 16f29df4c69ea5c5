/*
 * Copy-on-write: component `cow`, mm/cow.c, lab 6. Linux 2.4 mm/memory.c.
 *
 * fork() gives the child a copy of each area, and this component the page
 * tables to go with it: both map the same frames, and neither may write. The
 * first who does gets a frame of its own, page by page:
 *
 *     before            after fork()              after the child's write
 *     parent -> F (rw)  parent -> F (r-) <- child  parent -> F (r-)
 *                       count 2                    child  -> F' (rw), a copy
 *                                                  count 1 each
 *
 * An entry holds a use of the frame that it maps (page->count), unless that is
 * reserved, like ZERO_PAGE; or a use of the swap slot that it names
 * (swap_duplicate()). When it goes, or changes to another frame, it gives the
 * use back with free_page_and_swap_cache() or free_swap_and_cache() (swap.h):
 * nothing is left that only the swap cache has. mm->rss counts the entries that
 * map frames, but reserved ones.
 *
 * An entry that was present is flushed from the TLB after it was changed, and
 * before anybody relies on it: before a frame that it mapped may be used for
 * something else, and before a caller returns to user mode.
 *
 * No function here may be called from an interrupt. copy_page_range() and
 * do_wp_page() may sleep.
 */
#ifndef COW_H
#define COW_H

#include <fault.h>
#include <mm.h>

/*
 * Copies the entries of an area from the page tables of `src` to those of
 * `dst`, which are empty there; `vma` is the area in `src`. Present entries of
 * a private area that may be written (VM_MAYWRITE) become read-only on both
 * sides; those of a shared area stay as they are on both sides, but clean in
 * the child. The child's are old (not accessed); else a copy is like what it is
 * a copy of. A use is counted for each frame and each swap slot that the
 * child's entries name, and dst->rss. Page tables of `dst` are made only where
 * there is something to copy; that may sleep, and pages of `src` may be swapped
 * out meanwhile. The cost is proportional to what is mapped.
 *
 * 0, or -ENOMEM: the caller then takes down `dst`, with what has been copied.
 * Either way the TLB is up to date with the entries of `src`.
 */
int copy_page_range(struct mm_struct *dst, struct mm_struct *src,
                    struct vm_area_struct *vma);

/*
 * A write to a page that is there, `entry`, but read-only; the area allows it.
 *
 *   - In a shared area the entry becomes writable.
 *   - If this entry is the frame's only user (and it isn't reserved), too:
 *     nothing is copied.
 *   - Else it gets a frame of its own (GFP_HIGHUSER) with the same contents, or
 *     zeros in place of ZERO_PAGE; the other frame has one user less. rss
 *     counts one more if the old frame was reserved.
 *
 * In each case the entry is writable, dirty and accessed then, and its address
 * flushed. VM_FAULT_MINOR; VM_FAULT_OOM without memory, and nothing has
 * changed. Never writes to a frame that others use. Looking for memory may swap
 * this very page out: if the entry is not `entry` any more then, it stays as it
 * is, and the result is VM_FAULT_MINOR: the access is tried again.
 */
enum vm_fault do_wp_page(struct mm_struct *mm, struct vm_area_struct *vma,
                         unsigned long address, pte_t *pte, pte_t entry);

/*
 * Takes everything out of the page tables of `mm` for [address, address +
 * size), whole pages: the entries become empty; frames (but reserved ones) and
 * swap slots lose a user; rss follows. What a dirty entry mapped is noted with
 * set_page_dirty(), unless it is reserved. The TLB is flushed before a frame is
 * given back. Page tables stay. Missing page tables and empty entries are
 * passed over, a missing table at one step. Never sleeps.
 */
void zap_page_range(struct mm_struct *mm, unsigned long address,
                    unsigned long size);

#endif

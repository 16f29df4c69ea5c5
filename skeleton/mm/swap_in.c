/*
 * Bringing a swapped page back. This file is the last third of lab 7; the
 * contract of what it offers is include/swap.h, and README.md tells the story
 * with pictures.
 *
 * A process touches an address whose entry names a slot. handle_pte_fault()
 * calls, and this is what it gets back:
 *
 *     *pte before      00000900                 slot 9 of area 0
 *     *pte after       03f51025    a read       present, accessed, read-only
 *                      03f51067    a write      writable and dirty as well
 *
 * The page is looked for in the swap cache first. There it is if it has not
 * left memory yet, or if somebody who shares it has brought it back: all who
 * name a slot get one frame. Else it is read. read_swap_cache() (given) does
 * both. It sleeps, and it counts a use of the page for its caller.
 *
 * Two things are counted, frames and slots, and an entry holds one use of the
 * one or the other, never of both, and never of none:
 *
 *     who holds                  a use of the frame    a use of the slot
 *     an entry that names it             -                     1
 *     an entry that maps it              1                     -
 *     the swap cache                     1                     1
 *     you, from read_swap_cache()        1                     -
 *
 * Each STUB below is a hole: replace the body, keep the name and the
 * parameters. Helpers of your own are welcome; make them static.
 */
#include <swap.h>

#include <kernel.h>

/*
 * Brings in the page of `entry`, which is what *pte is: not present, not empty.
 * `vma` holds the address and allows the access.
 *
 *   1. read_swap_cache().
 *   2. It may have slept. Is *pte still `entry`? If not, somebody was faster
 *      (swapoff, for one), and whatever came of step 1 doesn't matter: give
 *      your use back, if you have one, with free_page_and_swap_cache(), and
 *      VM_FAULT_MINOR. If the entry isn't good yet, there will be another
 *      fault.
 *   3. -ENOMEM: VM_FAULT_OOM. Any other error: VM_FAULT_SIGBUS. *pte is as it
 *      was.
 *   4. The entry maps the page as vma->vm_page_prot says: accessed, read-only.
 *      It takes over your use of the frame; its use of the slot goes
 *      (swap_free()); rss counts one more; the page becomes active.
 *   5. A write: if exclusive_swap_page(), nobody but this entry and the swap
 *      cache uses page and slot, and the page leaves the cache: it is about to
 *      differ from what the disk has. Then do_wp_page() with the entry as it is
 *      now. It finds out by itself whether it must copy.
 *
 *     the only one who has slot 9 reads, or writes; the page is on the disk
 *
 *                          swap_map[9]    frame's count    swap cache
 *     before               1              -                -
 *     after step 1         2              2                has it
 *     after step 4         1              2                has it
 *     after step 5         0              1                has forgotten it
 *
 *     Two share slot 9, and the first one has read it already
 *
 *     before               2              2                has it
 *     after step 1         2              3                has it
 *     after step 4         1              3                has it
 *     after step 5         1              2, and a copy    has it
 *
 * After a read the page stays in the cache with its slot. As long as nobody
 * writes to it, it can go again without being written.
 *
 * Nothing needs flushing: the entry was not present.
 *
 * Returns VM_FAULT_MAJOR if the disk was asked, else VM_FAULT_MINOR; for a
 * write, too, unless do_wp_page() has no memory: VM_FAULT_OOM. The page is
 * mapped read-only then, and all counts are right.
 *
 * Context: a task. May sleep. Cost: at most one page is read, at most one
 * copied.
 */
enum vm_fault do_swap_page(struct mm_struct *mm, struct vm_area_struct *vma,
                           unsigned long address, pte_t *pte, pte_t entry,
                           bool write_access)
{
    (void)mm;
    (void)vma;
    (void)address;
    (void)pte;
    (void)entry;
    (void)write_access;
    STUB("lab7-swap");
    return VM_FAULT_OOM;
}

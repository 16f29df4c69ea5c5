/*
 * Freeing memory: which pages go, and when. This file is the second third of
 * lab 7; the contract of what it offers is include/swap.h, the lists are given
 * (kernel/lru.c), and README.md tells the story with pictures.
 *
 * A page of a process leaves memory in three steps. After each, it may be used
 * again, and then it comes back:
 *
 *     in page tables only
 *          |
 *          |  try_to_swap_out()     entry by entry
 *          v
 *     inactive_dirty_list  ----- used again -----> active_list
 *          |                                          |
 *          |  page_launder(): written    <------ refill_inactive(): not used
 *          v                                          ^
 *     zone->inactive_clean_list  -- used again -------'
 *          |
 *          |  reclaim_page()
 *          v
 *     free
 *
 * A list's youngest page is at its head (next), its oldest at its end (prev).
 * Take from the end; activate_page(), deactivate_page() and page_is_clean() put
 * a page at the head of theirs, from wherever it was, and keep the numbers.
 *
 * "Used" is one of three things, and each is noted somewhere else:
 *
 *     the processor has used an entry     pte_young() of the entry
 *     an entry maps the page              page_count() is more than 1: the
 *                                         swap cache holds one use itself
 *     somebody in the kernel has used     PageReferenced()
 *     the page
 *
 * "Dirty" is one of two: pte_dirty(), the processor has written through this
 * entry; PageDirty(), what the frame has is newer than what the slot has.
 *
 * What holds whenever a function here returns or sleeps, so what each may count
 * on and has to leave behind (the numbers go on from mm/swapfile.c):
 *
 *   (7) A page of the swap cache (PageSwapCache()) has its slot's entry in
 *       page->index, and the cache holds one use of the frame and one of the
 *       slot.
 *   (8) It is on exactly one of the three lists. A page that is not in the swap
 *       cache is on none of them.
 *   (9) It is not writable through any entry.
 *  (10) If it is not PageDirty(), and no entry for it is dirty, the slot has
 *       what the frame has.
 *  (11) An entry holds a use of a frame, counted in rss, or a use of a slot.
 *  (12) What was taken from an entry is not in the TLB any more.
 *
 * Nothing here sleeps, but writing a page does, and so do page_launder() and
 * all who call it. While it sleeps, the page may be used again, become dirty
 * again, or lose its last user; lists change; processes come and go. Hold a use
 * of a page that you will look at again, and take nothing for granted.
 *
 * Interrupt handlers don't touch the lists: no interrupts need be off.
 *
 * Each STUB below is a hole: replace the body, keep the name and the
 * parameters. Helpers of your own are welcome; make them static.
 */
#include <swap.h>

#include <kernel.h>

/* What kswapd() sleeps on. */
DECLARE_WAIT_QUEUE_HEAD(kswapd_wait);

/*
 * May this process do without this page? *pte is present, and maps it at
 * `address`; `vma` holds the address. The questions, in this order:
 *
 *   1. A reserved page, one of the page cache (page->mapping), one of an area
 *      with VM_SHARED or VM_AGENT: stays, and nothing changes.
 *   2. pte_young(): the processor has used the entry since the last look. It
 *      becomes old, the address is flushed, and the page stays: it has got its
 *      second chance.
 *   3. Not in the swap cache: it needs a slot. None left: it stays. Else it
 *      goes into the cache (add_to_swap_cache(), which takes over your use of
 *      the slot), and is dirty: the slot doesn't have it yet.
 *   4. pte_dirty(): the page is dirty. It may have been clean, in the cache,
 *      until somebody wrote through this entry.
 *   5. The entry becomes that of the slot, of which it holds a use from now on,
 *      one more. The address is flushed. rss is one less.
 *   6. The page goes onto inactive_dirty_list, and the entry's use of the frame
 *      is dropped.
 *
 *     a page that two map, 03f51065 each, and no one else
 *
 *                      parent      child       frame's count    swap_map[9]
 *     before           03f51065    03f51065    2                0
 *     parent, young    03f51045    03f51065    2                0
 *     parent again     00000900    03f51065    2                2
 *     child, young     00000900    03f51045    2                2
 *     child again      00000900    00000900    1                3
 *
 *     (the cache holds one of each from the third line on)
 *
 * Without the flush in 2, the processor goes on by what it remembers, and never
 * notes again that the page is used. Without that in 5, it goes on writing to a
 * frame that is about to be somebody else's.
 *
 * Returns 1 if the entry has lost its page, else 0.
 *
 * Context: a task. Never sleeps. Cost: a few instructions.
 */
int try_to_swap_out(struct mm_struct *mm, struct vm_area_struct *vma,
                    unsigned long address, pte_t *pte)
{
    (void)mm;
    (void)vma;
    (void)address;
    (void)pte;
    STUB("lab7-swap");
    return 0;
}

/*
 * Goes through address spaces (init_mmlist) and hands present entries to
 * try_to_swap_out(). How many it looks at, in each address space that has
 * something in memory: rss divided by 2^priority, and at least one; it stops
 * earlier when SWAP_CLUSTER_MAX pages of this address space have gone. Entries
 * that are empty or name a slot don't count.
 *
 *     rss 640, priority    6     5     4   …   1     0
 *     entries             10    20    40     320   640      about: one more is
 *                                                           as good
 *
 * mm->swap_address is where it goes on next time, so that everybody's turn
 * comes. From there it goes up to the last area; if there is something left to
 * look at then, on from the first, once round at most. Nobody has promised that
 * an area is still at swap_address, or that one is above it.
 *
 *     areas        [ A A A A ]      [ B B B ]     [ C C C C C ]
 *     this time                        1 2         3 4 5 ^ swap_address
 *     next time      2 3 4 5                             1 and so on: C has 2
 *                                                        left
 *
 * A missing page table is passed over in one step of 4 MB (pte_find(),
 * LARGE_PAGE_SIZE).
 *
 * Returns how many pages went.
 *
 * Context: a task. Never sleeps. Cost: proportional to the entries that it
 * looks at, and to the page tables that it passes on its way.
 */
int swap_out(unsigned int priority)
{
    (void)priority;
    STUB("lab7-swap");
    return 0;
}

/*
 * Looks at the oldest pages of active_list: as many as nr_active_pages divided
 * by 2^priority, and at least one, if there is one.
 *
 *     referenced, or mapped (see "used" above)    stays, as the youngest, and
 *                                                 is no longer referenced
 *     neither                                     to inactive_dirty_list
 *
 *     active_list       a  b  c  d  e            c is referenced, e is mapped;
 *                       youngest    oldest       3 are looked at
 *     afterwards        c  e  a  b               d has gone
 *
 * Returns how many have gone.
 *
 * Context: a task. Never sleeps. Cost: proportional to the pages that it looks
 * at. Each is looked at once.
 */
int refill_inactive(unsigned int priority)
{
    (void)priority;
    STUB("lab7-swap");
    return 0;
}

/*
 * Goes through inactive_dirty_list, from the oldest end, and makes clean what
 * it finds. As many pages as are on the list when it begins; not those that
 * come onto it later, or it might go on for ever. For each, in this order:
 *
 *   1. Referenced or mapped: it becomes active, no longer referenced.
 *   2. swap_slot_is_orphan(): nobody needs what is in the slot, since all who
 *      named it have ended. The page leaves the swap cache, and so it is free.
 *      It counts.
 *   3. Dirty: it is written, rw_swap_page(page, true). -EIO: it is dirty again
 *      and becomes active, and doesn't count. Who knows, next time.
 *   4. Clean, by now or before: page_is_clean(). It counts. Nothing is written
 *      that was clean.
 *
 * Writing sleeps, so in 3:
 *
 *   - Hold a use of the page; the process may end, and all that it had goes.
 *   - Take it off the list's end (another list will do), or the next one who
 *     comes along writes it a second time.
 *   - ClearPageDirty() *before* the write. Who makes it dirty meanwhile is not
 *     in the write, or only in part; cleared afterwards, that is forgotten, and
 *     the page is lost the next time that it goes.
 *   - Afterwards give the use back with free_page_and_swap_cache(): if yours
 *     was the last but the cache's, the page is free now. Then look at
 *     everything again. Used, or dirty again: it stays active.
 *
 *     a page that a process reads while it is written out
 *
 *                          list              dirty    frame's count
 *     before               inactive_dirty    yes      1
 *     being written        active            no       2
 *     the process's fault  active            no       3: cache, entry, you
 *     written              active            no       2: used again, stays
 *
 * Returns how many pages are clean or free now.
 *
 * Context: a task. May sleep.
 */
int page_launder(void)
{
    STUB("lab7-swap");
    return 0;
}

/*
 * A page from the zone's inactive_clean_list, for whoever wants it: the oldest
 * that is neither used nor dirty. It leaves the swap cache, and has one use,
 * the caller's. Its slot keeps what it has, for those who name it.
 *
 *     swap_map[9] 2       the entry's, the cache's      ->    1
 *     frame's count 1     the cache's                   ->    1, yours
 *
 * delete_from_swap_cache() gives the cache's use of the frame back. If that is
 * the only one, the frame is free, and somebody else's at once.
 *
 * On its way it comes across pages that don't belong there any more:
 *
 *     referenced or mapped    becomes active, no longer referenced
 *     dirty                   inactive_dirty
 *
 * NULL if none is left.
 *
 * Context: a task. Never sleeps.
 */
struct page *reclaim_page(zone_t *zone)
{
    (void)zone;
    STUB("lab7-swap");
    return NULL;
}

/*
 * Frees some pages: SWAP_CLUSTER_MAX, or as many as there are to be had. The
 * effort rises, from `priority` DEF_PRIORITY, 1/64 of what there is, down to 0,
 * all of it:
 *
 *     6  5  4  …  0      refill_inactive(priority)     active -> inactive
 *                        swap_out(priority)            entries -> inactive
 *                        page_launder()                inactive -> clean
 *                        reclaim_page(), __free_page() clean -> free, zone by
 *                                                      zone
 *
 * and it ends as soon as there are enough. Why not begin with all of it? At
 * first each entry is young; a look at all of them takes everybody's second
 * chance at once, and what goes then is no longer what nobody uses.
 *
 * Returns 1 if it has freed any, else 0. It must not say 1 if it hasn't: the
 * page allocator asks again and again as long as there is progress, and kswapd
 * does. It must not say 0 as long as there is something to be had with more
 * effort: somebody is killed then.
 *
 *     8 MB, all of it one process's, all entries young; no swap left:   0
 *     the same, with a swap area:                                       1
 *
 * Called by try_to_free_pages() (kernel/reclaim.c), which has set PF_MEMALLOC:
 * whoever frees memory may use the last of it, and isn't asked to free some.
 *
 * Context: a task. May sleep.
 */
int do_try_to_free_pages(void)
{
    STUB("lab7-swap");
    return 0;
}

/*
 * The kernel's task that keeps memory free. It runs with PF_MEMALLOC in
 * current->flags, and goes round for ever:
 *
 *   1. Sleeps on kswapd_wait, TASK_UNINTERRUPTIBLE, until wakeup_kswapd(). It
 *      must be on the queue then: wakeup_kswapd() looks whether somebody is.
 *   2. As long as a zone that has pages at all has fewer free ones than its
 *      pages_high, and do_try_to_free_pages() is of any use: it calls it.
 *
 *     free_pages
 *         |
 *     ----+---- pages_high     kswapd sleeps again
 *         |      ^
 *     ----+------|- pages_low  an allocation wakes it
 *         |      |
 *     ----+------|- pages_min  who comes now has to free himself, as long as
 *         |      |             he can wait
 *     ----+---- 0
 *
 * If freeing is of no use, it sleeps, though memory is short, and somebody's
 * next request wakes it. The kernel is not preemptive: a task that tries for
 * ever has the processor for ever.
 *
 * It never returns.
 */
void kswapd(void *unused)
{
    (void)unused;
    STUB("lab7-swap");
}

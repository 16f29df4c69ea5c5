/*
 * The page allocator: component `page_alloc`, mm/page_alloc.c, lab 1.
 *
 * A binary buddy system per zone (Knuth, The Art of Computer Programming,
 * volume 1, 2.5; Linux 2.4 mm/page_alloc.c). Memory is handed out in blocks of
 * 2^order pages, order 0 … MAX_ORDER-1. This holds at all times:
 *
 *   - a block begins at a frame number that is a multiple of its size and
 *     lies within one zone;
 *   - no frame is in two blocks that are in use, or both free and in use;
 *   - two free buddies of the same order below the top are merged at once, so
 *     after everything is freed the blocks are as large as they were;
 *   - zone->free_pages counts the pages of all free blocks of the zone.
 *
 * Every function may be called with interrupts on or off, and from an
 * interrupt handler, and leaves the interrupt flag as it was.
 *
 * Taking and freeing a block costs at most a few steps per order, whatever
 * the amount of memory or the number of free blocks.
 */
#ifndef PAGE_ALLOC_H
#define PAGE_ALLOC_H

#include <mmzone.h>

/*
 * gfp_mask: which zones will do (zonelist's index), and what the caller can
 * bear. include/linux/mm.h of Linux 2.4.
 */
#define __GFP_DMA     0x01 /* only ZONE_DMA will do */
#define __GFP_HIGHMEM 0x02 /* any zone will do, high memory is best */
#define GFP_ZONEMASK  0x03
#define __GFP_WAIT    0x10 /* the caller may sleep: reclaim is allowed */
#define __GFP_HIGH    0x20 /* urgent */

#define GFP_ATOMIC   (__GFP_HIGH)
#define GFP_KERNEL   (__GFP_WAIT)
#define GFP_HIGHUSER (__GFP_WAIT | __GFP_HIGHMEM)
#define GFP_DMA      __GFP_DMA

/*
 * Takes a block of 2^order pages from the first zone of `zonelist` that may
 * give one. Returns its first page, with count 1, or NULL. The other pages'
 * counts and the pages' contents are unspecified.
 *
 * "May give": by its free_pages as they are when it is looked at, a zone may
 * not be left with fewer than a mark, and must have a large enough block. The
 * zones are tried in order,
 *
 *   1. with the mark pages_low. If no zone gives, need_balance of the
 *      list's first zone is set and kswapd is woken (wakeup_kswapd), then
 *   2. with the mark pages_min; for a caller that can't wait (no __GFP_WAIT)
 *      with pages_min / 4.
 *   3. A task with PF_MEMALLOC in current->flags is one that frees memory: it
 *      may take the last page, mark 0. If that fails, too: NULL. A handler
 *      that interrupted such a task does not inherit this.
 *   4. A caller that can't wait, or that is in_interrupt(), gets NULL.
 *   5. try_to_free_pages() is called; while it reports progress, step 2 is
 *      tried again, else NULL.
 *
 * Never sleeps (so never calls try_to_free_pages) without __GFP_WAIT or in an
 * interrupt. NULL for order >= MAX_ORDER or a list without zones, and nothing
 * has changed then.
 */
struct page *__alloc_pages(unsigned int gfp_mask, unsigned int order,
                           zonelist_t *zonelist);

/*
 * Drops one use of the block's first page; at the last use, gives the block of
 * 2^order pages back. `order` is the order it was taken with. Reserved pages
 * are left alone: nothing happens, not even to their count.
 */
void __free_pages(struct page *page, unsigned int order);

/*
 * Gives a block back: clears PG_referenced of its first page, merges it with
 * its buddy as far up as it can, and counts it in zone->free_pages. The count
 * of its first page is 0 already. Internal to mm: others call
 * __free_pages().
 */
void __free_pages_ok(struct page *page, unsigned int order);

/*
 * Takes a block of 2^order pages off the free lists of `zone`, splitting the
 * smallest larger block if there is none, and counts it off. Returns its first
 * page with count 1, or NULL if no free block is large enough.
 */
struct page *rmqueue(zone_t *zone, unsigned int order);

/*
 * Splits: gives back the upper or lower halves of the block at `page`, of
 * order `high`, until it is of order `low`; the halves stay on the free lists
 * of `zone` at their orders. `index` is the block's first frame relative to
 * the zone. Returns the first page of what remains.
 */
struct page *expand(zone_t *zone, struct page *page, unsigned long index,
                    unsigned int low, unsigned int high);

/*
 * As alloc_pages(), for callers that want an address: the block's address in
 * the direct map, or 0. __GFP_HIGHMEM is a caller's mistake: 0, since such
 * pages may have no address.
 */
unsigned long __get_free_pages(unsigned int gfp_mask, unsigned int order);

/* One page filled with zeros: its address in the direct map, or 0. */
unsigned long get_zeroed_page(unsigned int gfp_mask);

/* __free_pages() by address. 0 is allowed and does nothing. */
void free_pages(unsigned long addr, unsigned int order);

/* Free pages in all zones. */
unsigned int nr_free_pages(void);

/* Given, in kernel/zone.c: __alloc_pages() on gfp_mask's zonelist. */
struct page *alloc_pages(unsigned int gfp_mask, unsigned int order);

#define alloc_page(gfp_mask) alloc_pages(gfp_mask, 0)
#define __free_page(page)    __free_pages(page, 0)
#define free_page(addr)      free_pages(addr, 0)

#endif

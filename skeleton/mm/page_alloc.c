/*
 * The page allocator: a binary buddy system per zone. This file is lab 1; the
 * contract of what it offers is include/page_alloc.h, the structures are in
 * include/mmzone.h, and README.md tells the story with pictures.
 *
 * Free blocks of 2^order pages are linked, by their first page, on
 * zone->free_area[order].free_list. Each block but those of the top order has
 * one buddy: the block of the same size beside it that together with it makes
 * an aligned block of the next order. Indexes count frames from the zone's
 * first:
 *
 *     order 3  |               0               |
 *     order 2  |       0       |       4       |   4 is 0's buddy
 *     order 1  |   0   |   2   |   4   |   6   |   6 is 4's buddy, 2 is not
 *     order 0  | 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 |   3 is 2's buddy
 *
 * Two indexes of buddies differ in one bit, that of the order. One bit of
 * free_area[order].map speaks of both, so it has the number index >> (order+1)
 * whichever of them asks:
 *
 *     left   right    bit      "free": is on the free list of *this* order,
 *     -----------------------          as a block of its own. Half of a larger
 *     busy   busy      0               free block does not count, nor does a
 *     free   busy      1               block of which a part is in use.
 *     busy   free      1
 *     free   free      0       never seen: these two are merged at once
 *
 * What holds whenever interrupts are on, so what every function here may count
 * on and has to leave behind:
 *
 *   (1) A page is on a free list exactly if it is the first of a free block.
 *   (2) A block of order n begins at an index that is a multiple of 2^n.
 *   (3) Every page is in at most one block, free or in use.
 *   (4) No two buddies are both on the free list of an order below the top.
 *   (5) zone->free_pages is the sum of 2^order over the zone's free blocks.
 *   (6) A free block's first page has count 0.
 *
 * An interrupt handler may allocate and free as well. It must never find a list
 * or a bit half changed, and the caller must find its interrupt flag as it was:
 * local_irq_save() and local_irq_restore() (irq.h).
 *
 * Each STUB below is a hole: replace the body, keep the name and the
 * parameters. Helpers of your own are welcome; make them static.
 */
#include <page_alloc.h>

#include <bitops.h>
#include <irq.h>
#include <kernel.h>
#include <reclaim.h>
#include <sched.h>
#include <string.h>

/*
 * Cuts a block down to the size that is wanted.
 *
 * The block of 2^high pages at `page` has just been taken off its list; `index`
 * is the number of `page` within `zone`. It is halved until 2^low pages are
 * left. At each step one half goes onto the free list of its order, with the
 * bit of its pair telling so, and the other is halved on. Returns the first
 * page of what is left.
 *
 *     expand(zone, page, 8, 0, 3)
 *
 *     index     8   9   10  11  12  13  14  15
 *             |               3               |   before: order 3, on no list
 *             |       2       |   1   | 0 | * |   after: * is returned
 *
 *     put on the list of   order 2: 8    order 1: 12    order 0: 14
 *     bit inverted         order 2: 1    order 1: 3     order 0: 7
 *
 * To keep the lower half each time, and return 8, is as good. With low == high
 * nothing is on offer: `page` comes back and nothing changes.
 *
 * Preconditions: low <= high < MAX_ORDER, index is a multiple of 2^high,
 * interrupts are off. zone->free_pages and the pages' counts belong to the
 * caller and are not touched.
 *
 * Cost: a few instructions for each order between low and high.
 */
struct page *expand(zone_t *zone, struct page *page, unsigned long index,
                    unsigned int low, unsigned int high)
{
    (void)zone;
    (void)page;
    (void)index;
    (void)low;
    (void)high;
    STUB("lab1-buddy");
    return NULL;
}

/*
 * Takes a block of exactly 2^order pages from `zone`.
 *
 * It comes from the free list of `order` if that has one, else from the next
 * larger order that has one: that block leaves its list, and expand() gives
 * what is too much of it back. Larger blocks stay whole as long as anything
 * smaller will do.
 *
 *     free blocks of order   0  1  2  3  4       rmqueue(zone, 1)
 *     before                 3  0  0  1  1
 *     after                  3  1  1  0  1       8 pages = 4 + 2 + the 2 taken
 *
 * Returns the block's first page with count 1. NULL, with nothing changed, if
 * no free block of this zone is large enough, however many pages are free.
 *
 * Watermarks are none of its business: it may take the zone's last page. The
 * block that leaves its list inverts the bit of its pair; only the top order
 * has no pairs. zone->free_pages goes down by the pages taken.
 *
 * Context: any. Interrupts may be on or off, and are the same afterwards.
 * Cost: a few instructions for each order, however long the lists are.
 */
struct page *rmqueue(zone_t *zone, unsigned int order)
{
    (void)zone;
    (void)order;
    STUB("lab1-buddy");
    return NULL;
}

/*
 * Gives a block of 2^order pages back to its zone, page->zone.
 *
 * While the block's buddy is free as a block of the same order, the buddy
 * leaves its list and the two go on as one block of the next order, at the
 * lower of the two indexes. What has come of it in the end goes onto a free
 * list. At MAX_ORDER-1 it stops: there are no larger blocks.
 *
 *     __free_pages_ok(page of index 5, 0)
 *
 *     index     0   1   2   3   4   5   6   7
 *     before  |       2       | 0 | * |   1   |   all free but 5
 *     order 0 |       2       | 4 + 5 |   1   |   bit 2 was 1: merge
 *     order 1 |       2       |     4 + 6     |   bit 1 was 1: merge
 *     order 2 |             0 + 4             |   bit 0 was 1: merge
 *     order 3 |               3               |   bit 0 was 0: stay here
 *
 * Each of the four bits is inverted, the last one too.
 *
 * PG_referenced of the first page is cleared, for its next owner; its count is
 * 0 already. zone->free_pages goes up by the pages given back, once, not at
 * each merge.
 *
 * Zones begin at multiples of the largest block, so indexes that count from
 * zone->zone_mem_map never lead to a buddy in another zone. The last pair of a
 * zone may lack its right half. Its bit is right even so, but the struct page
 * of that half may not exist: look at the bit before you look at the buddy.
 *
 * Context: any. Interrupts may be on or off, and are the same afterwards.
 * Cost: a few instructions for each order; no list is searched, since list_del
 * needs nothing but the element.
 */
void __free_pages_ok(struct page *page, unsigned int order)
{
    (void)page;
    (void)order;
    STUB("lab1-buddy");
}

/*
 * The allocator's front door: a block of 2^order pages from the first zone of
 * `zonelist` that may give one. Returns its first page with count 1, or NULL.
 *
 * A zone may give a block if at least `mark` pages are still free in it
 * afterwards, and if rmqueue() finds one: there may be pages enough and yet no
 * block that is large enough; then the next zone is tried. How low the mark is
 * depends on how bad things are and on who asks:
 *
 *     zone->free_pages
 *           |
 *           |  1. anybody
 *      -----+----- pages_low    none gives? need_balance = 1 in the list's
 *           |                   first zone, wakeup_kswapd(), once
 *           |  2. who can wait
 *      -----+----- pages_min
 *           |  2. who can't wait (no __GFP_WAIT)
 *      -----+----- pages_min / 4
 *           |  3. who frees memory (PF_MEMALLOC)
 *      -----+----- 0
 *
 * Each step walks the whole list with its mark, and only if no zone gives does
 * the next step come:
 *
 *   1. pages_low. If that fails, note it and wake kswapd as above.
 *   2. pages_min; pages_min / 4 for a caller without __GFP_WAIT.
 *   3. Is this a task with PF_MEMALLOC in current->flags, and not a handler
 *      that happened to interrupt one (in_interrupt())? Then 0, and NULL if
 *      that fails too: whoever frees memory must not wait for memory.
 *   4. A caller that can't wait, or is in_interrupt(), gets NULL.
 *   5. try_to_free_pages() for the list's first zone, with this gfp_mask and
 *      order. While it reports progress (1), step 2 again; when it reports
 *      none (0), NULL.
 *
 *     Example: free_pages 45, pages_min 20, pages_low 40, one zone, order 3.
 *     Step 1: 45 - 8 = 37 is under 40, kswapd is woken. Step 2: 37 is not
 *     under 20, the block is taken.
 *
 * NULL for order >= MAX_ORDER, with nothing changed, nobody woken, no zone
 * marked. NULL, too, for a list without zones.
 *
 * Context: any. Sleeps, in try_to_free_pages(), only with __GFP_WAIT and not in
 * an interrupt; calling that one anywhere else is a BUG.
 */
struct page *__alloc_pages(unsigned int gfp_mask, unsigned int order,
                           zonelist_t *zonelist)
{
    (void)gfp_mask;
    (void)order;
    (void)zonelist;
    STUB("lab1-buddy");
    return NULL;
}

/*
 * One user less for the block at `page`, which was taken with this `order`.
 * Only the first page's count counts. If others still use the block, that is
 * all; when the last one leaves, the block goes back through __free_pages_ok().
 *
 *     count   2 -> 1   the block stays in use
 *             1 -> 0   the block is free
 *
 * A page with PG_reserved is not the allocator's: nothing about it changes,
 * not even the count.
 *
 * Context: any.
 */
void __free_pages(struct page *page, unsigned int order)
{
    (void)page;
    (void)order;
    STUB("lab1-buddy");
}

/*
 * A block of 2^order pages for a caller that wants an address: where its first
 * byte is in the direct map. 0 if alloc_pages() gives none.
 *
 * Only pages below max_low_pfn have such an address. So to ask for
 * __GFP_HIGHMEM here is a mistake of the caller's: 0, and nothing is allocated.
 *
 * Context: that of __alloc_pages().
 */
unsigned long __get_free_pages(unsigned int gfp_mask, unsigned int order)
{
    (void)gfp_mask;
    (void)order;
    STUB("lab1-buddy");
    return 0;
}

/*
 * One page with PAGE_SIZE bytes of zeros: its address in the direct map, or 0.
 * What its last owner left in it must not be seen. gfp_mask as for
 * __get_free_pages().
 */
unsigned long get_zeroed_page(unsigned int gfp_mask)
{
    (void)gfp_mask;
    STUB("lab1-buddy");
    return 0;
}

/*
 * __free_pages() for those who hold an address that __get_free_pages() or
 * get_zeroed_page() gave. 0 is allowed and does nothing, so that a caller may
 * pass on what it got without a look.
 */
void free_pages(unsigned long addr, unsigned int order)
{
    (void)addr;
    (void)order;
    STUB("lab1-buddy");
}

/*
 * The free pages of all zones of contig_page_data, in pages, not blocks. A
 * zone that this machine doesn't have is empty and adds nothing.
 *
 * Cost: the same whatever is free; nothing is counted here that (5) does not
 * keep counted.
 */
unsigned int nr_free_pages(void)
{
    STUB("lab1-buddy");
    return 0;
}

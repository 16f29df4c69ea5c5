/*
 * Reclaim without swap: a pool of pages that can be given up.
 *
 * Until lab 7 brings kswapd and page_launder(), this stands in for them, so
 * that the page allocator's slow path can be seen at work. Whoever can do
 * without a block puts it into the pool; try_to_free_pages() frees the block
 * that was put in last.
 */
#include <reclaim.h>

#include <irq.h>
#include <kernel.h>
#include <page_alloc.h>
#include <sched.h>

#define POOL_BLOCKS 64

static struct {
    struct page *page;
    unsigned int order;
} pool[POOL_BLOCKS];
static unsigned int npooled;

/* How often each was asked for; the host reads them. */
unsigned int kswapd_wakeups, direct_reclaims;

/* Puts a block that is in use into the pool. 0, or -1 if the pool is full. */
int reclaim_pool_add(struct page *page, unsigned int order);

void wakeup_kswapd(void)
{
    kswapd_wakeups++;
}

int reclaim_pool_add(struct page *page, unsigned int order)
{
    if (npooled == POOL_BLOCKS)
        return -1;
    pool[npooled].page = page;
    pool[npooled].order = order;
    npooled++;
    return 0;
}

int try_to_free_pages(zone_t *zone, unsigned int gfp_mask, unsigned int order)
{
    unsigned long flags = current->flags;

    (void)zone;
    (void)order;
    BUG_ON(in_interrupt());
    BUG_ON(!(gfp_mask & __GFP_WAIT));
    direct_reclaims++;
    if (npooled == 0)
        return 0;
    npooled--;
    current->flags |= PF_MEMALLOC;
    __free_pages(pool[npooled].page, pool[npooled].order);
    current->flags = flags;
    return 1;
}

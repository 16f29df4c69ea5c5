/*
 * What the page allocator calls when memory is short: it wakes kswapd, or frees
 * pages itself. How pages are freed is mm/vmscan.c's business.
 *
 * Besides, there is a pool of blocks that can be given up, for looking at the
 * page allocator's slow path alone: whoever can do without a block puts it
 * there, and the one that was put in last goes first.
 */
#include <reclaim.h>

#include <irq.h>
#include <kernel.h>
#include <page_alloc.h>
#include <sched.h>
#include <swap.h>
#include <task.h>

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

/* Whoever runs lets it have its turn on his way to user mode. */
void wakeup_kswapd(void)
{
    kswapd_wakeups++;
    if (waitqueue_active(&kswapd_wait)) {
        wake_up(&kswapd_wait);
        current->need_resched = true;
    }
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

static int free_from_pool(void)
{
    if (npooled == 0)
        return 0;
    npooled--;
    __free_pages(pool[npooled].page, pool[npooled].order);
    return 1;
}

int try_to_free_pages(zone_t *zone, unsigned int gfp_mask, unsigned int order)
{
    unsigned long flags = current->flags;
    int freed;

    (void)zone;
    (void)order;
    BUG_ON(in_interrupt());
    BUG_ON(!(gfp_mask & __GFP_WAIT));
    direct_reclaims++;
    current->flags |= PF_MEMALLOC;
    freed =
        free_from_pool() || (total_swap_pages > 0 && do_try_to_free_pages());
    current->flags = flags;
    return freed;
}

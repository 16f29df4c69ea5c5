/*
 * A block that is likely to merge soon is handed out last.
 *
 * Linux 2.6.33: if the block that this one and its buddy would make has a free
 * buddy of its own, then one more free makes a block four times as large. Such
 * a block goes to the tail of its list, others to the head, so it has time to
 * wait for its buddy. The pair bit of the next order tells, at no cost.
 *
 * Of two halves, the lower is handed out: allocations grow upwards.
 *
 * As in Linux 2.4, one bit a pair of buddies says if exactly one of the two is
 * on the free list. Interrupts are off while lists and bits change.
 */
#include <page_alloc.h>

#include <bitops.h>
#include <irq.h>
#include <kernel.h>
#include <reclaim.h>
#include <sched.h>
#include <string.h>

#define TOP_ORDER (MAX_ORDER - 1)

static unsigned long pair_of(unsigned long index, unsigned int order)
{
    return index >> (order + 1);
}

/* Below the top order only: blocks of the top order are no pairs. */
static bool toggle_pair(zone_t *zone, unsigned long index, unsigned int order)
{
    return test_and_change_bit(pair_of(index, order),
                               zone->free_area[order].map);
}

/* Is the buddy of what this block and its buddy would make free? */
static bool may_grow(const zone_t *zone, unsigned long index,
                     unsigned int order)
{
    unsigned int next = order + 1;

    return next < TOP_ORDER &&
           test_bit(pair_of(index, next), zone->free_area[next].map);
}

static void link_block(zone_t *zone, unsigned long index, unsigned int order)
{
    struct list_head *free_list = &zone->free_area[order].free_list;
    struct list_head *link = &zone->zone_mem_map[index].list;

    if (may_grow(zone, index, order))
        list_add_tail(link, free_list);
    else
        list_add(link, free_list);
}

struct page *expand(zone_t *zone, struct page *page, unsigned long index,
                    unsigned int low, unsigned int high)
{
    while (high > low) {
        high--;
        link_block(zone, index + (1UL << high), high);
        toggle_pair(zone, index, high);
    }
    return page;
}

/* The smallest order with a free block, from `order` up; or MAX_ORDER. */
static unsigned int find_order(const zone_t *zone, unsigned int order)
{
    while (order < MAX_ORDER && list_empty(&zone->free_area[order].free_list))
        order++;
    return order;
}

struct page *rmqueue(zone_t *zone, unsigned int order)
{
    struct page *page = NULL;
    unsigned long flags, index;
    unsigned int from;

    local_irq_save(flags);
    from = find_order(zone, order);
    if (from >= MAX_ORDER)
        goto out;
    page = list_entry(zone->free_area[from].free_list.next, struct page, list);
    index = page - zone->zone_mem_map;
    list_del(&page->list);
    if (from < TOP_ORDER)
        toggle_pair(zone, index, from);
    expand(zone, page, index, order, from);
    set_page_count(page, 1);
    zone->free_pages -= 1UL << order;
out:
    local_irq_restore(flags);
    return page;
}

void __free_pages_ok(struct page *page, unsigned int order)
{
    zone_t *zone = page->zone;
    unsigned long index = page - zone->zone_mem_map;
    unsigned long npages = 1UL << order;
    unsigned long flags;

    ClearPageReferenced(page);
    local_irq_save(flags);
    for (; order < TOP_ORDER && toggle_pair(zone, index, order); order++) {
        unsigned long buddy = index ^ (1UL << order);

        list_del(&zone->zone_mem_map[buddy].list);
        index &= buddy;
    }
    link_block(zone, index, order);
    zone->free_pages += npages;
    local_irq_restore(flags);
}

/* How far down a zone may go. */
enum reserve {
    KEEP_LOW,
    KEEP_MIN,
    KEEP_QUARTER,
    KEEP_NOTHING
};

static unsigned long pages_kept(const zone_t *zone, enum reserve reserve)
{
    switch (reserve) {
    case KEEP_LOW:
        return zone->pages_low;
    case KEEP_MIN:
        return zone->pages_min;
    case KEEP_QUARTER:
        return zone->pages_min / 4;
    default:
        return 0;
    }
}

static struct page *take(zonelist_t *zonelist, unsigned int order,
                         enum reserve reserve)
{
    for (zone_t **zone = zonelist->zones; *zone != NULL; zone++) {
        unsigned long wanted = pages_kept(*zone, reserve) + (1UL << order);
        struct page *page = NULL;

        if ((*zone)->free_pages >= wanted)
            page = rmqueue(*zone, order);
        if (page != NULL)
            return page;
    }
    return NULL;
}

/* Memory is short: first the reserves, then reclaim, as far as allowed. */
static struct page *take_when_short(unsigned int gfp_mask, unsigned int order,
                                    zonelist_t *zonelist)
{
    bool may_sleep = gfp_mask & __GFP_WAIT && !in_interrupt();
    bool is_freeing = !in_interrupt() && current->flags & PF_MEMALLOC;
    struct page *page;

    page =
        take(zonelist, order, gfp_mask & __GFP_WAIT ? KEEP_MIN : KEEP_QUARTER);
    if (page == NULL && is_freeing)
        return take(zonelist, order, KEEP_NOTHING);
    while (page == NULL && may_sleep &&
           try_to_free_pages(zonelist->zones[0], gfp_mask, order))
        page = take(zonelist, order, KEEP_MIN);
    return page;
}

struct page *__alloc_pages(unsigned int gfp_mask, unsigned int order,
                           zonelist_t *zonelist)
{
    struct page *page;

    if (order >= MAX_ORDER || zonelist->zones[0] == NULL)
        return NULL;
    page = take(zonelist, order, KEEP_LOW);
    if (page != NULL)
        return page;
    zonelist->zones[0]->need_balance = 1;
    wakeup_kswapd();
    return take_when_short(gfp_mask, order, zonelist);
}

void __free_pages(struct page *page, unsigned int order)
{
    bool in_use = PageReserved(page) || !put_page_testzero(page);

    if (!in_use)
        __free_pages_ok(page, order);
}

unsigned long __get_free_pages(unsigned int gfp_mask, unsigned int order)
{
    struct page *page;

    if (gfp_mask & __GFP_HIGHMEM)
        return 0;
    page = alloc_pages(gfp_mask, order);
    return page == NULL ? 0 : (unsigned long)lowmem_page_address(page);
}

unsigned long get_zeroed_page(unsigned int gfp_mask)
{
    unsigned long addr = __get_free_pages(gfp_mask, 0);

    if (addr != 0)
        memset((void *)addr, 0, PAGE_SIZE);
    return addr;
}

void free_pages(unsigned long addr, unsigned int order)
{
    if (addr != 0)
        __free_pages(virt_to_page(addr), order);
}

unsigned int nr_free_pages(void)
{
    unsigned int npages = 0;

    for (int i = 0; i < MAX_NR_ZONES; i++)
        npages += contig_page_data.node_zones[i].free_pages;
    return npages;
}

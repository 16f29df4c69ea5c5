/*
 * A free block says so itself: its first page holds a mark and the order.
 *
 * Linux 2.6 dropped the bitmaps for this. Instead of one bit a pair, the
 * spare bits of page->flags of a free block's first page tell that it is one
 * and how large it is:
 *
 *     flags  | … | order   | free | … PG_* of mmzone.h |
 *     bit         27 …  24   23     …                0
 *
 * A block may merge if the page where its buddy begins has the mark and the
 * same order. That page must be looked at, so it must exist: the last block
 * of a zone may have its buddy beyond the zone's end. Of two halves, the
 * lower is handed out.
 *
 * Interrupts are off while lists and marks change.
 */
#include <page_alloc.h>

#include <irq.h>
#include <kernel.h>
#include <reclaim.h>
#include <sched.h>
#include <string.h>

#define PG_FREE_BLOCK (1UL << 23)
#define ORDER_SHIFT   24
#define ORDER_MASK    (0xfUL << ORDER_SHIFT)

static void link_block(zone_t *zone, struct page *page, unsigned int order)
{
    page->flags &= ~ORDER_MASK;
    page->flags |= PG_FREE_BLOCK | (unsigned long)order << ORDER_SHIFT;
    list_add(&page->list, &zone->free_area[order].free_list);
}

static void unlink_block(struct page *page)
{
    page->flags &= ~(PG_FREE_BLOCK | ORDER_MASK);
    list_del(&page->list);
}

static bool is_free_block(const struct page *page, unsigned int order)
{
    return page->flags & PG_FREE_BLOCK &&
           (page->flags & ORDER_MASK) >> ORDER_SHIFT == order;
}

/* The buddy of the block at `index`, if it is free as a whole; else NULL. */
static struct page *free_buddy(zone_t *zone, unsigned long index,
                               unsigned int order)
{
    unsigned long buddy = index ^ (1UL << order);

    if (order == MAX_ORDER - 1 || buddy >= zone->size ||
        !is_free_block(zone->zone_mem_map + buddy, order))
        return NULL;
    return zone->zone_mem_map + buddy;
}

struct page *expand(zone_t *zone, struct page *page, unsigned long index,
                    unsigned int low, unsigned int high)
{
    (void)index;
    while (high-- > low)
        link_block(zone, page + (1UL << high), high);
    return page;
}

struct page *rmqueue(zone_t *zone, unsigned int order)
{
    struct page *page = NULL;
    unsigned int from = order;
    unsigned long flags;

    local_irq_save(flags);
    while (from < MAX_ORDER && list_empty(&zone->free_area[from].free_list))
        from++;
    if (from < MAX_ORDER) {
        page =
            list_entry(zone->free_area[from].free_list.next, struct page, list);
        unlink_block(page);
        expand(zone, page, page - zone->zone_mem_map, order, from);
        zone->free_pages -= 1UL << order;
        set_page_count(page, 1);
    }
    local_irq_restore(flags);
    return page;
}

void __free_pages_ok(struct page *page, unsigned int order)
{
    zone_t *zone = page->zone;
    struct page *buddy;
    unsigned long flags;

    ClearPageReferenced(page);
    local_irq_save(flags);
    zone->free_pages += 1UL << order;
    while ((buddy = free_buddy(zone, page - zone->zone_mem_map, order))) {
        unlink_block(buddy);
        page = buddy < page ? buddy : page;
        order++;
    }
    link_block(zone, page, order);
    local_irq_restore(flags);
}

/* How low a caller may bring a zone. */
enum depth {
    DEPTH_LOW,
    DEPTH_MIN,
    DEPTH_ATOMIC,
    DEPTH_LAST_PAGE
};

static unsigned long mark(const zone_t *zone, enum depth depth)
{
    switch (depth) {
    case DEPTH_LOW:
        return zone->pages_low;
    case DEPTH_MIN:
        return zone->pages_min;
    case DEPTH_ATOMIC:
        return zone->pages_min / 4;
    default:
        return 0;
    }
}

static struct page *take(zonelist_t *zonelist, unsigned int order,
                         enum depth depth)
{
    struct page *page = NULL;

    for (int i = 0; page == NULL && zonelist->zones[i] != NULL; i++) {
        zone_t *zone = zonelist->zones[i];

        if (zone->free_pages >= mark(zone, depth) + (1UL << order))
            page = rmqueue(zone, order);
    }
    return page;
}

/* Frees pages and tries again until it works or nothing more is freed. */
static struct page *reclaim_and_take(unsigned int gfp_mask, unsigned int order,
                                     zonelist_t *zonelist)
{
    struct page *page = NULL;

    while (page == NULL &&
           try_to_free_pages(zonelist->zones[0], gfp_mask, order))
        page = take(zonelist, order, DEPTH_MIN);
    return page;
}

struct page *__alloc_pages(unsigned int gfp_mask, unsigned int order,
                           zonelist_t *zonelist)
{
    bool in_task = !in_interrupt();
    bool can_wait = gfp_mask & __GFP_WAIT;
    struct page *page;

    if (order >= MAX_ORDER || zonelist->zones[0] == NULL)
        return NULL;
    page = take(zonelist, order, DEPTH_LOW);
    if (page != NULL)
        return page;
    zonelist->zones[0]->need_balance = 1;
    wakeup_kswapd();

    page = take(zonelist, order, can_wait ? DEPTH_MIN : DEPTH_ATOMIC);
    if (page != NULL)
        return page;
    if (in_task && current->flags & PF_MEMALLOC)
        return take(zonelist, order, DEPTH_LAST_PAGE);
    if (in_task && can_wait)
        return reclaim_and_take(gfp_mask, order, zonelist);
    return NULL;
}

void __free_pages(struct page *page, unsigned int order)
{
    if (PageReserved(page))
        return;
    if (put_page_testzero(page))
        __free_pages_ok(page, order);
}

unsigned long __get_free_pages(unsigned int gfp_mask, unsigned int order)
{
    struct page *page = NULL;

    if (!(gfp_mask & __GFP_HIGHMEM))
        page = alloc_pages(gfp_mask, order);
    if (page == NULL)
        return 0;
    return (unsigned long)lowmem_page_address(page);
}

unsigned long get_zeroed_page(unsigned int gfp_mask)
{
    unsigned long addr = __get_free_pages(gfp_mask, 0);

    if (addr == 0)
        return 0;
    memset((void *)addr, 0, PAGE_SIZE);
    return addr;
}

void free_pages(unsigned long addr, unsigned int order)
{
    if (addr == 0)
        return;
    __free_pages(virt_to_page(addr), order);
}

unsigned int nr_free_pages(void)
{
    const zone_t *zones = contig_page_data.node_zones;

    return zones[ZONE_DMA].free_pages + zones[ZONE_NORMAL].free_pages +
           zones[ZONE_HIGHMEM].free_pages;
}

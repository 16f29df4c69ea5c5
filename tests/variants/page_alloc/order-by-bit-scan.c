/*
 * The smallest order that will do is found by a bit scan, not by a search.
 *
 * A word for each zone has bit n set if the free list of order n is not empty.
 * The lowest set bit at or above the wanted order is the list to take from, so
 * no empty list is ever looked at. Marks are compared and the block is taken in
 * one go with interrupts off: no handler can take the reserve in between.
 * __alloc_pages() walks its steps as a state machine.
 *
 * As in Linux 2.4, one bit a pair of buddies says if exactly one of the two is
 * on the free list. Interrupts are off while lists, bits and words change.
 */
#include <page_alloc.h>

#include <bitops.h>
#include <irq.h>
#include <kernel.h>
#include <reclaim.h>
#include <sched.h>
#include <string.h>

static unsigned long free_orders[MAX_NR_ZONES];

static unsigned long *orders_of(const zone_t *zone)
{
    return &free_orders[zone - contig_page_data.node_zones];
}

/* Was exactly one of the pair free before this block came or went? */
static bool toggle_pair(zone_t *zone, unsigned long index, unsigned int order)
{
    return order < MAX_ORDER - 1 &&
           test_and_change_bit(index >> (order + 1),
                               zone->free_area[order].map);
}

static void link_block(zone_t *zone, struct page *page, unsigned int order)
{
    list_add(&page->list, &zone->free_area[order].free_list);
    set_bit(order, orders_of(zone));
}

static void unlink_block(zone_t *zone, struct page *page, unsigned int order)
{
    list_del(&page->list);
    if (list_empty(&zone->free_area[order].free_list))
        clear_bit(order, orders_of(zone));
}

struct page *expand(zone_t *zone, struct page *page, unsigned long index,
                    unsigned int low, unsigned int high)
{
    for (unsigned int order = high; order-- > low;) {
        unsigned long half = 1UL << order;

        link_block(zone, page + half, order);
        toggle_pair(zone, index + half, order);
    }
    return page;
}

/* rmqueue() with interrupts off, for a block that exists. */
static struct page *take_block(zone_t *zone, unsigned int order,
                               unsigned int from)
{
    struct page *page =
        list_entry(zone->free_area[from].free_list.next, struct page, list);
    unsigned long index = page - zone->zone_mem_map;

    unlink_block(zone, page, from);
    toggle_pair(zone, index, from);
    page = expand(zone, page, index, order, from);
    zone->free_pages -= 1UL << order;
    set_page_count(page, 1);
    return page;
}

struct page *rmqueue(zone_t *zone, unsigned int order)
{
    struct page *page = NULL;
    unsigned long flags, large_enough;

    if (order >= MAX_ORDER)
        return NULL;
    local_irq_save(flags);
    large_enough = *orders_of(zone) & ~0UL << order;
    if (large_enough != 0)
        page = take_block(zone, order, __builtin_ctzl(large_enough));
    local_irq_restore(flags);
    return page;
}

void __free_pages_ok(struct page *page, unsigned int order)
{
    zone_t *zone = page->zone;
    unsigned long index = page - zone->zone_mem_map;
    unsigned long flags;

    local_irq_save(flags);
    ClearPageReferenced(page);
    zone->free_pages += 1UL << order;
    for (; toggle_pair(zone, index, order); order++) {
        unsigned long half = 1UL << order;

        unlink_block(zone, zone->zone_mem_map + (index ^ half), order);
        index &= ~half;
    }
    link_block(zone, zone->zone_mem_map + index, order);
    local_irq_restore(flags);
}

enum step {
    STEP_LOW,      /* a zone with plenty of pages */
    STEP_MIN,      /* down to the reserve, or into it */
    STEP_MEMALLOC, /* the last pages, for who frees memory */
    STEP_RECLAIM,  /* as STEP_MIN, after pages were freed */
    STEP_END,
};

static unsigned long mark(const zone_t *zone, enum step step,
                          unsigned int gfp_mask)
{
    if (step == STEP_LOW)
        return zone->pages_low;
    if (step == STEP_MEMALLOC)
        return 0;
    return gfp_mask & __GFP_WAIT ? zone->pages_min : zone->pages_min / 4;
}

static struct page *try_zones(const zonelist_t *zonelist, enum step step,
                              unsigned int gfp_mask, unsigned int order)
{
    struct page *page = NULL;
    unsigned long flags;

    local_irq_save(flags);
    for (int i = 0; page == NULL && zonelist->zones[i] != NULL; i++) {
        zone_t *zone = zonelist->zones[i];
        unsigned long left_over = zone->free_pages - (1UL << order);

        if (zone->free_pages >= 1UL << order &&
            left_over >= mark(zone, step, gfp_mask))
            page = rmqueue(zone, order);
    }
    local_irq_restore(flags);
    return page;
}

/* What comes after the marks pages_min have failed. */
static enum step after_min(unsigned int gfp_mask)
{
    if (in_interrupt())
        return STEP_END;
    if (current->flags & PF_MEMALLOC)
        return STEP_MEMALLOC;
    return gfp_mask & __GFP_WAIT ? STEP_RECLAIM : STEP_END;
}

/* Does what `step` asks for after it gave no page. Returns the next step. */
static enum step step_failed(enum step step, zone_t *zone,
                             unsigned int gfp_mask, unsigned int order)
{
    switch (step) {
    case STEP_LOW:
        zone->need_balance = 1;
        wakeup_kswapd();
        return STEP_MIN;
    case STEP_MIN:
        step = after_min(gfp_mask);
        if (step != STEP_RECLAIM)
            return step;
        /* fall through */
    case STEP_RECLAIM:
        return try_to_free_pages(zone, gfp_mask, order) ? STEP_RECLAIM
                                                        : STEP_END;
    default:
        return STEP_END;
    }
}

struct page *__alloc_pages(unsigned int gfp_mask, unsigned int order,
                           zonelist_t *zonelist)
{
    struct page *page = NULL;
    enum step step = STEP_LOW;

    if (order >= MAX_ORDER || zonelist->zones[0] == NULL)
        return NULL;
    while (page == NULL && step != STEP_END) {
        page = try_zones(zonelist, step, gfp_mask, order);
        if (page == NULL)
            step = step_failed(step, zonelist->zones[0], gfp_mask, order);
    }
    return page;
}

void __free_pages(struct page *page, unsigned int order)
{
    if (PageReserved(page) || !put_page_testzero(page))
        return;
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
    const zone_t *zones = contig_page_data.node_zones;
    unsigned int npages = 0;

    for (const zone_t *zone = zones; zone < zones + MAX_NR_ZONES; zone++)
        npages += zone->free_pages;
    return npages;
}

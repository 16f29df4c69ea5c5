/*
 * The page allocator: a binary buddy system per zone.
 *
 * Free blocks of 2^order pages are linked on zone->free_area[order]. Two
 * blocks are buddies if together they make an aligned block of the next order:
 *
 *     order 2   |       0       |       4       |     index relative to the
 *     order 1   |   0   |   2   |   4   |   6   |     zone's first frame; the
 *     order 0   | 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 |     buddy is index ^ 2^order
 *
 * Each pair of buddies has one bit in free_area[order].map, inverted whenever
 * one of the two enters or leaves the free list. So it is 1 exactly if one of
 * them is free, and when a block comes back and finds a 1, its buddy is free
 * and the two can merge. Interrupts are off while lists and bits change.
 */
#include <page_alloc.h>

#include <bitops.h>
#include <irq.h>
#include <kernel.h>
#include <reclaim.h>
#include <sched.h>
#include <string.h>

/*
 * Notes that the block at `index` enters or leaves the free list of its order.
 * Returns the pair's bit as it was: was exactly one of the two free?
 */
static bool toggle_pair(zone_t *zone, unsigned long index, unsigned int order)
{
    return test_and_change_bit(index >> (order + 1),
                               zone->free_area[order].map);
}

struct page *expand(zone_t *zone, struct page *page, unsigned long index,
                    unsigned int low, unsigned int high)
{
    while (high > low) {
        high--;
        list_add(&page->list, &zone->free_area[high].free_list);
        toggle_pair(zone, index, high);
        index += 1UL << high;
        page += 1UL << high;
    }
    return page;
}

struct page *rmqueue(zone_t *zone, unsigned int order)
{
    struct page *page = NULL;
    unsigned long flags;

    local_irq_save(flags);
    for (unsigned int from = order; from < MAX_ORDER; from++) {
        struct list_head *free_list = &zone->free_area[from].free_list;
        unsigned long index;

        if (list_empty(free_list))
            continue;
        page = list_entry(free_list->next, struct page, list);
        index = page - zone->zone_mem_map;
        list_del(&page->list);
        if (from < MAX_ORDER - 1)
            toggle_pair(zone, index, from);
        zone->free_pages -= 1UL << order;
        page = expand(zone, page, index, order, from);
        set_page_count(page, 1);
        break;
    }
    local_irq_restore(flags);
    return page;
}

void __free_pages_ok(struct page *page, unsigned int order)
{
    zone_t *zone = page->zone;
    unsigned long index = page - zone->zone_mem_map;
    unsigned long flags;

    ClearPageReferenced(page);
    local_irq_save(flags);
    zone->free_pages += 1UL << order;
    while (order < MAX_ORDER - 1 && toggle_pair(zone, index, order)) {
        struct page *buddy = zone->zone_mem_map + (index ^ (1UL << order));

        list_del(&buddy->list);
        index &= ~(1UL << order);
        order++;
    }
    list_add(&zone->zone_mem_map[index].list,
             &zone->free_area[order].free_list);
    local_irq_restore(flags);
}

/* The first zone that gives a block and keeps `mark(zone)` pages. */
static struct page *take_above(zonelist_t *zonelist, unsigned int order,
                               unsigned long (*mark)(const zone_t *zone))
{
    unsigned long npages = 1UL << order;

    for (zone_t **next = zonelist->zones; *next != NULL; next++) {
        struct page *page;

        if ((*next)->free_pages < mark(*next) + npages)
            continue;
        page = rmqueue(*next, order);
        if (page != NULL)
            return page;
    }
    return NULL;
}

static unsigned long mark_low(const zone_t *zone)
{
    return zone->pages_low;
}

static unsigned long mark_min(const zone_t *zone)
{
    return zone->pages_min;
}

/* For those who can't wait: a part of the reserve below pages_min. */
static unsigned long mark_atomic(const zone_t *zone)
{
    return zone->pages_min / 4;
}

static unsigned long mark_none(const zone_t *zone)
{
    (void)zone;
    return 0;
}

struct page *__alloc_pages(unsigned int gfp_mask, unsigned int order,
                           zonelist_t *zonelist)
{
    bool can_wait = gfp_mask & __GFP_WAIT;
    struct page *page;

    if (order >= MAX_ORDER || zonelist->zones[0] == NULL)
        return NULL;
    page = take_above(zonelist, order, mark_low);
    if (page != NULL)
        return page;

    zonelist->zones[0]->need_balance = 1;
    wakeup_kswapd();
    page = take_above(zonelist, order, can_wait ? mark_min : mark_atomic);
    if (page != NULL)
        return page;

    if (!in_interrupt() && current->flags & PF_MEMALLOC)
        return take_above(zonelist, order, mark_none);
    if (!can_wait || in_interrupt())
        return NULL;
    while (try_to_free_pages(zonelist->zones[0], gfp_mask, order)) {
        page = take_above(zonelist, order, mark_min);
        if (page != NULL)
            return page;
    }
    return NULL;
}

void __free_pages(struct page *page, unsigned int order)
{
    if (!PageReserved(page) && put_page_testzero(page))
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

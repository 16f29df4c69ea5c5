/*
 * Recursive, first in, first out: the freed block that waited longest is taken.
 *
 * Taking a block of an order is: one from its list, or else half of a block
 * taken from the next order. Giving one back is: onto its list, or else
 * together with its buddy to the next order. Both go at most MAX_ORDER calls
 * deep. Free lists are queues, and of two halves the lower one is handed out.
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

static struct list_head *blocks_of(zone_t *zone, unsigned int order)
{
    return &zone->free_area[order].free_list;
}

/* A block enters or leaves its list: was exactly one of the pair free? */
static bool toggle_pair(zone_t *zone, unsigned long index, unsigned int order)
{
    if (order == MAX_ORDER - 1)
        return false;
    return test_and_change_bit(index >> (order + 1),
                               zone->free_area[order].map);
}

struct page *expand(zone_t *zone, struct page *page, unsigned long index,
                    unsigned int low, unsigned int high)
{
    unsigned long half = 1UL << high >> 1;

    if (high == low)
        return page;
    list_add_tail(&page[half].list, blocks_of(zone, high - 1));
    toggle_pair(zone, index + half, high - 1);
    return expand(zone, page, index, low, high - 1);
}

static struct page *take_block(zone_t *zone, unsigned int order)
{
    struct page *page;
    unsigned long index;

    if (order >= MAX_ORDER)
        return NULL;
    if (list_empty(blocks_of(zone, order))) {
        page = take_block(zone, order + 1);
        if (page == NULL)
            return NULL;
        index = page - zone->zone_mem_map;
        return expand(zone, page, index, order, order + 1);
    }
    page = list_entry(blocks_of(zone, order)->next, struct page, list);
    list_del(&page->list);
    toggle_pair(zone, page - zone->zone_mem_map, order);
    return page;
}

static void give_block(zone_t *zone, unsigned long index, unsigned int order)
{
    unsigned long half = 1UL << order;

    if (toggle_pair(zone, index, order)) {
        list_del(&zone->zone_mem_map[index ^ half].list);
        give_block(zone, index & ~half, order + 1);
    } else {
        list_add_tail(&zone->zone_mem_map[index].list, blocks_of(zone, order));
    }
}

struct page *rmqueue(zone_t *zone, unsigned int order)
{
    struct page *page;
    unsigned long flags;

    local_irq_save(flags);
    page = take_block(zone, order);
    if (page != NULL) {
        zone->free_pages -= 1UL << order;
        set_page_count(page, 1);
    }
    local_irq_restore(flags);
    return page;
}

void __free_pages_ok(struct page *page, unsigned int order)
{
    zone_t *zone = page->zone;
    unsigned long flags;

    local_irq_save(flags);
    ClearPageReferenced(page);
    give_block(zone, page - zone->zone_mem_map, order);
    zone->free_pages += 1UL << order;
    local_irq_restore(flags);
}

/* Who asks: each may bring a zone lower than the one before. */
enum asker {
    ANYBODY,
    WAITING,
    ATOMIC,
    FREEING
};

static unsigned long mark_for(enum asker asker, const zone_t *zone)
{
    const unsigned long marks[] = {
        [ANYBODY] = zone->pages_low,
        [WAITING] = zone->pages_min,
        [ATOMIC] = zone->pages_min / 4,
        [FREEING] = 0,
    };

    return marks[asker];
}

/* Tries the zones from `next` on. */
static struct page *take(zone_t **next, unsigned int order, enum asker asker)
{
    unsigned long npages = 1UL << order;
    zone_t *zone = *next;
    struct page *page = NULL;

    if (zone == NULL)
        return NULL;
    if (zone->free_pages >= npages &&
        zone->free_pages - npages >= mark_for(asker, zone))
        page = rmqueue(zone, order);
    return page != NULL ? page : take(next + 1, order, asker);
}

static struct page *take_below_low(unsigned int gfp_mask, unsigned int order,
                                   zone_t **zones)
{
    enum asker asker = gfp_mask & __GFP_WAIT ? WAITING : ATOMIC;
    struct page *page = take(zones, order, asker);

    if (page != NULL)
        return page;
    if (in_interrupt())
        return NULL;
    if (current->flags & PF_MEMALLOC)
        return take(zones, order, FREEING);
    if (asker == ATOMIC || !try_to_free_pages(zones[0], gfp_mask, order))
        return NULL;
    do
        page = take(zones, order, WAITING);
    while (page == NULL && try_to_free_pages(zones[0], gfp_mask, order));
    return page;
}

struct page *__alloc_pages(unsigned int gfp_mask, unsigned int order,
                           zonelist_t *zonelist)
{
    zone_t **zones = zonelist->zones;
    struct page *page;

    if (order >= MAX_ORDER || zones[0] == NULL)
        return NULL;
    page = take(zones, order, ANYBODY);
    if (page == NULL) {
        zones[0]->need_balance = 1;
        wakeup_kswapd();
        page = take_below_low(gfp_mask, order, zones);
    }
    return page;
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
    if (page == NULL)
        return 0;
    return (unsigned long)lowmem_page_address(page);
}

unsigned long get_zeroed_page(unsigned int gfp_mask)
{
    void *page = (void *)__get_free_pages(gfp_mask, 0);

    return page == NULL ? 0 : (unsigned long)memset(page, 0, PAGE_SIZE);
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

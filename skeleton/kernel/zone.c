/*
 * Describes physical memory: mem_map, the zones, their watermarks and the
 * lists of zones by gfp_mask. Then hands the free pages to the page allocator.
 * Linux mm/page_alloc.c (free_area_init_core) and arch/i386/mm/init.c.
 */
#include <mmzone.h>

#include <boot.h>
#include <bootmem.h>
#include <page_alloc.h>

/* Watermarks: pages_min is a part of the zone, within limits. */
#define BALANCE_RATIO 128
#define BALANCE_MIN   20
#define BALANCE_MAX   255

pg_data_t contig_page_data;
struct page *mem_map;

static unsigned long clamp(unsigned long value, unsigned long low,
                           unsigned long high)
{
    if (value < low)
        return low;
    return value > high ? high : value;
}

/* Frames of RAM in [start, end). */
static unsigned long count_ram(unsigned long start, unsigned long end)
{
    unsigned long npages = 0;

    for (unsigned int i = 0; i < boot_info.nranges; i++) {
        const struct ram_range *ram = &boot_info.ram[i];
        unsigned long from =
            clamp((ram->start + PAGE_SIZE - 1) >> PAGE_SHIFT, start, end);
        unsigned long to = clamp(ram->end >> PAGE_SHIFT, start, end);

        if (to > from)
            npages += to - from;
    }
    return npages;
}

/* One bit a pair of buddies of each order, for the whole zone. */
static void init_free_areas(zone_t *zone)
{
    for (unsigned int order = 0; order < MAX_ORDER; order++) {
        free_area_t *area = &zone->free_area[order];
        unsigned long npairs = (zone->size >> (order + 1)) + 1;

        INIT_LIST_HEAD(&area->free_list);
        if (zone->size > 0)
            area->map = alloc_bootmem((npairs + 31) / 32 * 4);
    }
}

static void init_pages(zone_t *zone)
{
    for (unsigned long i = 0; i < zone->size; i++) {
        struct page *page = zone->zone_mem_map + i;

        INIT_LIST_HEAD(&page->list);
        page->flags = 0;
        SetPageReserved(page);
        page->zone = zone;
    }
}

static void init_zone(zone_t *zone, const char *name, unsigned long start,
                      unsigned long end)
{
    unsigned long mark =
        clamp(count_ram(start, end) / BALANCE_RATIO, BALANCE_MIN, BALANCE_MAX);

    zone->name = name;
    zone->zone_start_pfn = start;
    zone->size = end > start ? end - start : 0;
    zone->zone_mem_map = mem_map + start;
    INIT_LIST_HEAD(&zone->inactive_clean_list);
    zone->pages_min = mark;
    zone->pages_low = mark * 2;
    zone->pages_high = mark * 3;
    init_free_areas(zone);
    init_pages(zone);
}

/* The zones for each gfp_mask: the highest that will do, then those below. */
static void build_zonelists(pg_data_t *node)
{
    for (unsigned int mask = 0; mask <= GFP_ZONEMASK; mask++) {
        zone_t **next = node->node_zonelists[mask].zones;
        int highest = ZONE_NORMAL;

        if (mask & __GFP_HIGHMEM)
            highest = ZONE_HIGHMEM;
        if (mask & __GFP_DMA)
            highest = ZONE_DMA;
        for (int i = highest; i >= 0; i--)
            if (node->node_zones[i].size > 0)
                *next++ = &node->node_zones[i];
        *next = NULL;
    }
}

void free_area_init(void)
{
    zone_t *zones = contig_page_data.node_zones;
    unsigned long dma_end = clamp(DMA_END_PFN, 0, max_low_pfn);

    mem_map = alloc_bootmem(max_mapnr * sizeof(struct page));
    init_zone(&zones[ZONE_DMA], "DMA", 0, dma_end);
    init_zone(&zones[ZONE_NORMAL], "Normal", dma_end, max_low_pfn);
    init_zone(&zones[ZONE_HIGHMEM], "HighMem", max_low_pfn, max_mapnr);
    build_zonelists(&contig_page_data);
}

/* The largest order of a block that may begin at `pfn` and end by `end`. */
static unsigned int largest_order(unsigned long pfn, unsigned long end)
{
    unsigned int order = MAX_ORDER - 1;

    while (pfn % (1UL << order) != 0 || pfn + (1UL << order) > end)
        order--;
    return order;
}

/* Gives the frames [pfn, end), of one zone, in blocks as large as can be. */
static void hand_over(unsigned long pfn, unsigned long end)
{
    while (pfn < end) {
        unsigned int order = largest_order(pfn, end);
        struct page *block = pfn_to_page(pfn);

        for (unsigned long i = 0; i < 1UL << order; i++)
            ClearPageReserved(block + i);
        set_page_count(block, 1);
        __free_pages(block, order);
        pfn += 1UL << order;
    }
}

static bool is_free_ram(unsigned long pfn)
{
    if (pfn < max_low_pfn)
        return bootmem_is_free(pfn);
    if (pfn >= boot_info.initrd_start >> PAGE_SHIFT &&
        pfn < PAGE_ALIGN(boot_info.initrd_end) >> PAGE_SHIFT)
        return false;
    return count_ram(pfn, pfn + 1) == 1;
}

void mem_init(void)
{
    for (int i = 0; i < MAX_NR_ZONES; i++) {
        const zone_t *zone = &contig_page_data.node_zones[i];
        unsigned long end = zone->zone_start_pfn + zone->size;
        unsigned long start = zone->zone_start_pfn;

        for (unsigned long pfn = start; pfn < end; pfn = start) {
            while (start < end && is_free_ram(start))
                start++;
            hand_over(pfn, start);
            while (start < end && !is_free_ram(start))
                start++;
        }
    }
}

struct page *alloc_pages(unsigned int gfp_mask, unsigned int order)
{
    return __alloc_pages(
        gfp_mask, order,
        &contig_page_data.node_zonelists[gfp_mask & GFP_ZONEMASK]);
}

/*
 * How physical memory is described: page frames, zones, free areas.
 * Linux include/linux/mm.h and mmzone.h.
 *
 * mem_map[] has a struct page for every page frame, from frame 0 up, holes
 * included. A zone is a range of frames with a use:
 *
 *     0         16 MB                    896 MB                end of RAM
 *     | ZONE_DMA |       ZONE_NORMAL       |     ZONE_HIGHMEM      |
 *     |<------------ direct map ---------->|
 *
 * Zone boundaries are multiples of the largest block (2 MB).
 */
#ifndef MMZONE_H
#define MMZONE_H

#include <list.h>
#include <page.h>
#include <types.h>

#define MAX_ORDER 10 /* orders 0 … 9: blocks of 1 … 512 pages */

#define ZONE_DMA     0
#define ZONE_NORMAL  1
#define ZONE_HIGHMEM 2
#define MAX_NR_ZONES 3

#define DMA_END_PFN (16UL << (20 - PAGE_SHIFT)) /* ISA cards reach 16 MB */

/* Bits of page.flags. The allocator changes none of them but PG_referenced. */
#define PG_reserved   0 /* never allocated, never freed: kernel, holes, BIOS */
#define PG_referenced 1 /* touched since somebody last looked */
#define PG_slab       2 /* holds objects of a cache (slab.h) */
#define PG_dirty      3 /* page or swap cache: newer than what is behind it */
#define PG_swap_cache 4 /* in the swap cache: index is its swap entry */
#define PG_locked     5 /* being read from a disk */

/* Which list of swap.h a page is on, if any. */
#define PG_active         6
#define PG_inactive_dirty 7
#define PG_inactive_clean 8

struct inode;
struct zone;

/* One page frame. Which frame it is follows from its place in mem_map. */
struct page {
    struct list_head list; /* free block's first page: on a free list; in the
                              swap cache: on a list of swap.h */
    int count;             /* users; 0 while the page is free */
    unsigned long flags;   /* PG_* */
    struct zone *zone;     /* the zone it belongs to, fixed */
    struct inode *mapping; /* page cache: the file that it is a page of */
    unsigned long index;   /* page cache: which page of the file; swap cache:
                              its swap entry */
};

/*
 * Free blocks of one order in one zone. The list links the first page of
 * each block. The bitmap has one bit a *pair* of buddies: it is toggled
 * whenever one of the two is taken or given back, so it is 1 when exactly one
 * of them is free as a block of this order.
 */
typedef struct free_area {
    struct list_head free_list;
    unsigned long *map;
} free_area_t;

typedef struct zone {
    unsigned long free_pages; /* pages in all free blocks of this zone */
    unsigned long pages_min;  /* below: reclaim before allocating */
    unsigned long pages_low;  /* below: wake kswapd */
    unsigned long pages_high; /* kswapd stops here */
    int need_balance;         /* set when an allocation found it short */
    free_area_t free_area[MAX_ORDER];
    unsigned long zone_start_pfn; /* first frame */
    unsigned long size;           /* frames, holes included */
    struct page *zone_mem_map;    /* &mem_map[zone_start_pfn] */
    const char *name;
    struct list_head inactive_clean_list; /* swap.h */
    unsigned long inactive_clean_pages;
} zone_t;

/* Zones to try, best first; ends with NULL. Empty zones are left out. */
typedef struct zonelist {
    zone_t *zones[MAX_NR_ZONES + 1];
} zonelist_t;

/* The one memory node of this machine; zonelists by gfp_mask. */
typedef struct pglist_data {
    zone_t node_zones[MAX_NR_ZONES];
    zonelist_t node_zonelists[4]; /* indexed by gfp_mask & GFP_ZONEMASK */
} pg_data_t;

extern pg_data_t contig_page_data;
extern struct page *mem_map;
extern unsigned long max_mapnr;   /* frames that mem_map describes */
extern unsigned long max_low_pfn; /* first frame beyond the direct map */
extern void *high_memory;         /* where the direct map ends */

#define page_to_pfn(page) ((unsigned long)((page)-mem_map))
#define pfn_to_page(pfn)  (mem_map + (pfn))

/* Direct-mapped pages only; page_address() of highmem.h is for any page. */
#define virt_to_page(va)          (mem_map + (__pa(va) >> PAGE_SHIFT))
#define lowmem_page_address(page) __va(page_to_pfn(page) << PAGE_SHIFT)

#define PageReserved(page)        ((page)->flags & (1UL << PG_reserved))
#define SetPageReserved(page)     ((page)->flags |= 1UL << PG_reserved)
#define ClearPageReserved(page)   ((page)->flags &= ~(1UL << PG_reserved))
#define PageReferenced(page)      ((page)->flags & (1UL << PG_referenced))
#define SetPageReferenced(page)   ((page)->flags |= 1UL << PG_referenced)
#define ClearPageReferenced(page) ((page)->flags &= ~(1UL << PG_referenced))

#define PageSlab(page)      ((page)->flags & (1UL << PG_slab))
#define SetPageSlab(page)   ((page)->flags |= 1UL << PG_slab)
#define ClearPageSlab(page) ((page)->flags &= ~(1UL << PG_slab))

#define PageDirty(page)      ((page)->flags & (1UL << PG_dirty))
#define SetPageDirty(page)   ((page)->flags |= 1UL << PG_dirty)
#define ClearPageDirty(page) ((page)->flags &= ~(1UL << PG_dirty))

#define PageSwapCache(page) ((page)->flags & (1UL << PG_swap_cache))
#define PageLocked(page)    ((page)->flags & (1UL << PG_locked))

#define PageActive(page)        ((page)->flags & (1UL << PG_active))
#define PageInactiveDirty(page) ((page)->flags & (1UL << PG_inactive_dirty))
#define PageInactiveClean(page) ((page)->flags & (1UL << PG_inactive_clean))

#define page_count(page)        ((page)->count)
#define set_page_count(page, n) ((page)->count = (n))

/* True if the page is not in the direct map, so needs kmap() to be seen. */
#define PageHighMem(page)                                                      \
    ((page)->zone == &contig_page_data.node_zones[ZONE_HIGHMEM])

/*
 * One more use, one use less. Each is a single instruction, so no interrupt
 * handler that counts, too, can come in between.
 */
static inline void get_page(struct page *page)
{
    __asm__ volatile("incl %0" : "+m"(page->count));
}

/* Drops one use; true if it was the last. */
static inline bool put_page_testzero(struct page *page)
{
    bool last;

    __asm__ volatile("decl %0; sete %1" : "+m"(page->count), "=qm"(last));
    return last;
}

/*
 * Describes the zones and mem_map with bootmem: every page reserved, every
 * free area empty, watermarks set from the zones' sizes.
 */
void free_area_init(void);

/* Hands all free memory to the page allocator, ending bootmem. */
void mem_init(void);

#endif

/*
 * The page allocator as a test sees it: pages are frame numbers.
 *
 * Each function names what it does in messages as the student would write it.
 */
#ifndef HARNESS_BUDDY_H
#define HARNESS_BUDDY_H

#include "guest.h"

typedef long pfn_t; /* a frame number, or NO_PAGE */

#define NO_PAGE (-1L)

enum zone_index {
    ZONE_DMA,
    ZONE_NORMAL,
    ZONE_HIGHMEM,
    NR_ZONES,
};

/* What the host reads of a zone from guest RAM. */
struct zone_view {
    gaddr_t address;
    uint32_t free_pages, pages_min, pages_low, pages_high;
    uint32_t need_balance;
    uint32_t start_pfn, size; /* frames */
};

struct zone_view zone_view(struct guest *guest, enum zone_index index);
const char *zone_name(enum zone_index index);

/* "GFP_KERNEL", …, or the number. */
const char *gfp_text(uint32_t gfp_mask);

/* The call, for guest_calls(); alloc's result is a struct page's address. */
struct call alloc_call(uint32_t gfp_mask, unsigned order);
struct call free_call(pfn_t pfn, unsigned order, struct guest *guest);

/* alloc_pages(). A result that is no struct page fails the test. */
pfn_t alloc_pages(struct guest *guest, uint32_t gfp_mask, unsigned order);
pfn_t alloc_pages_in(struct guest *guest, enum agent_context context,
                     uint32_t gfp_mask, unsigned order, uint32_t *cost);

/* __free_pages(). */
void free_pages(struct guest *guest, pfn_t pfn, unsigned order);
void free_pages_in(struct guest *guest, enum agent_context context, pfn_t pfn,
                   unsigned order, uint32_t *cost);

/* nr_free_pages(), the kernel's own count. */
uint32_t nr_free_pages(struct guest *guest);

/* The zones' free_pages added up, from RAM. */
uint32_t free_pages_in_ram(struct guest *guest);

/* struct page of a frame: its address, and its fields from RAM. */
gaddr_t page_of(struct guest *guest, pfn_t pfn);
pfn_t pfn_of_page(struct guest *guest, gaddr_t page);
int page_count(struct guest *guest, pfn_t pfn);
uint32_t page_flags(struct guest *guest, pfn_t pfn);
void set_page_count(struct guest *guest, pfn_t pfn, int count);
void set_page_flags(struct guest *guest, pfn_t pfn, uint32_t flags);

/* The zone that a frame lies in, by its number. */
enum zone_index zone_of(struct guest *guest, pfn_t pfn);

/* Sorts frame numbers, lowest first. */
void sort_pfns(pfn_t *pfns, size_t n);

/* No frame may begin two of these blocks, which are in use. */
void expect_distinct(struct guest *guest, const pfn_t *pfns, size_t n);

/*
 * Takes blocks until there are no more, at most `max`; their frames in out[].
 * Returns how many.
 */
size_t alloc_all(struct guest *guest, uint32_t gfp_mask, unsigned order,
                 pfn_t *out, size_t max);

/* Gives n blocks back, in one go, in the order of the array. */
void free_all(struct guest *guest, const pfn_t *pfns, size_t n, unsigned order);

/* Sets or clears PF_MEMALLOC of the agent's task. */
void set_memalloc(struct guest *guest, bool on);

/* Counters of the given kernel/reclaim.c. */
uint32_t kswapd_wakeups(struct guest *guest);
uint32_t direct_reclaims(struct guest *guest);

/* Offers a block in use to try_to_free_pages(). */
void reclaim_pool_add(struct guest *guest, pfn_t pfn, unsigned order);

#endif

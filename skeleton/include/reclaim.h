/*
 * What the page allocator calls when memory is short. Given, in
 * kernel/reclaim.c, above mm/vmscan.c of lab 7.
 */
#ifndef RECLAIM_H
#define RECLAIM_H

#include <mmzone.h>

/* Asks kswapd to free pages in the background. Any context; never sleeps. */
void wakeup_kswapd(void);

/*
 * Frees some pages of `zone` or of zones below it, now, on behalf of the
 * caller. Returns 1 if it freed anything, else 0. May sleep: a BUG in an
 * interrupt or without __GFP_WAIT. Runs with PF_MEMALLOC set in current->flags.
 */
int try_to_free_pages(zone_t *zone, unsigned int gfp_mask, unsigned int order);

#endif

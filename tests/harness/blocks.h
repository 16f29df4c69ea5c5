/*
 * Many blocks at once, and what the contract says of memory as a whole.
 *
 * Arrangements use rmqueue(), which knows no watermarks, so that a test can
 * leave a zone with exactly the pages it wants. How much memory holds follows
 * from PG_reserved in mem_map, which the boot sets, not the student.
 */
#ifndef HARNESS_BLOCKS_H
#define HARNESS_BLOCKS_H

#include "buddy.h"

#define TOP_ORDER (MAX_ORDER - 1)

/* Blocks of one order that the test holds. */
struct blocks {
    pfn_t *pfns;
    size_t n;
    unsigned order;
};

/* Takes n blocks with alloc_pages(); the test fails if one is missing. */
struct blocks take(struct guest *guest, uint32_t gfp_mask, unsigned order,
                   size_t n);

/* Gives all blocks, or those at [from, from + n), back with __free_pages(). */
void give_back(struct guest *guest, const struct blocks *blocks);
void give_back_some(struct guest *guest, const struct blocks *blocks,
                    size_t from, size_t n);

/* Every other one of the blocks, starting with the first or the second. */
struct blocks every_other(const struct blocks *blocks, size_t first);

/* Fisher and Yates' shuffle, by the random numbers of the test. */
void shuffle(struct blocks *blocks);

/* rmqueue(zone, order): a frame, or NO_PAGE; and the call alone. */
struct call rmqueue_call(struct guest *guest, enum zone_index zone,
                         unsigned order);
pfn_t rmqueue(struct guest *guest, enum zone_index zone, unsigned order);

/* rmqueue() until it gives no more; sorted. */
struct blocks rmqueue_all(struct guest *guest, enum zone_index zone,
                          unsigned order);

/*
 * Boots a machine on which a page can be taken and given back. For tests of
 * what the allocator must not do: one that does nothing would pass them.
 */
struct guest *boot_working(const struct machine *machine);

/* Takes from a zone until exactly `leave` pages are free, largest first. */
void drain(struct guest *guest, enum zone_index zone, uint32_t leave);

/*
 * Takes every page of a zone as single pages; sorted. The test fails if they
 * are not as many as zone->free_pages says.
 */
struct blocks exhaust(struct guest *guest, enum zone_index zone);

/*
 * Where sorted single pages have an aligned run of 2^order pages: the index
 * of its first page, at `from` or later.
 */
size_t run_in(const struct blocks *pages, unsigned order, size_t from);

/* A frame's address in the direct map. */
gaddr_t address_of(pfn_t pfn);

/* Frames of a zone that the allocator owns: those without PG_reserved. */
uint32_t frames_of(struct guest *guest, enum zone_index zone);

/* How many aligned blocks fit in these frames, side by side. */
size_t blocks_in(struct guest *guest, enum zone_index zone, unsigned order);

/*
 * Takes the whole zone, the largest blocks first: there must be as many of
 * each order as there are if all free buddies were merged.
 */
void expect_all_merged(struct guest *guest, enum zone_index zone);

/* What callers can see of the allocator's state. */
struct state {
    uint32_t free_pages[NR_ZONES];
    uint32_t need_balance[NR_ZONES];
    uint32_t wakeups, reclaims;
};

struct state state_of(struct guest *guest);

/* The last call must have changed nothing that shows in the state. */
void expect_unchanged(struct guest *guest, const struct state *before);

/* The last call must have left a zone with this many free pages. */
void expect_free(struct guest *guest, enum zone_index zone, uint32_t npages);

/* The last call must have given a block, or must have refused. */
void expect_block(struct guest *guest, pfn_t pfn, const char *hint);
void expect_null(struct guest *guest, pfn_t pfn, const char *hint);

#endif

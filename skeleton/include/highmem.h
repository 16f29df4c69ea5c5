/*
 * Getting at pages that are not in the direct map: component `vmalloc`,
 * mm/highmem.c, lab 3. Linux 2.4 mm/highmem.c, include/asm-i386/highmem.h.
 *
 * kmap() gives a page an address until kunmap(), however many users it has.
 * There are LAST_PKMAP slots for this, one page-table entry each:
 *
 *     slot nr       0     1     2     3   …  1023
 *     pkmap_count   2     0     1     3
 *                   |     |     |     └ mapped, 2 users
 *                   |     |     └ mapped, no users: free after a flush
 *                   |     └ not mapped
 *                   └ mapped, 1 user
 *
 * A slot whose last user has left stays mapped, and the processor may remember
 * it. Such slots are not freed one by one: only when the search for one with
 * count 0 has come to the end of the slots are all of them unmapped, and the
 * whole TLB is flushed once (flush_all_zero_pkmaps()); then they may be used
 * for other pages. Linux goes round from slot to slot and flushes at slot 0; in
 * which order slots with count 0 are taken is not specified.
 *
 * kmap_atomic() is for code that must not sleep: each use has a slot of its
 * own among the fixed mappings (enum km_type).
 *
 * Pages in the direct map have an address already: kmap() and kmap_atomic()
 * return it, and use no slot. Every function leaves the interrupt flag as it
 * was.
 */
#ifndef HIGHMEM_H
#define HIGHMEM_H

#include <mmzone.h>
#include <pgtable.h>
#include <wait.h>

/* How each slot is used: see above. Given, as is the queue of those who wait
 * for a slot, in kernel/vmallocinfo.c. */
extern int pkmap_count[LAST_PKMAP];
extern wait_queue_head_t pkmap_map_wait;

/*
 * Sets up the table of the addresses of pages that are kmapped. Called once,
 * before anything else here.
 */
void page_address_init(void);

/*
 * The page's address: in the direct map, or the one that kmap() gave it and
 * that has not been taken from it since. NULL if it has none. Any context. A
 * few steps, on average, however many pages are mapped.
 */
void *page_address(struct page *page);

/*
 * Notes the address of a page outside the direct map, in place of one that it
 * had; NULL: it has none any more, if it had one. At most LAST_PKMAP pages have
 * one at a time. Any context.
 */
void set_page_address(struct page *page, void *address);

/*
 * Maps the page, or counts one user more if it is mapped already: its address.
 * If all slots have users, sleeps on pkmap_map_wait, TASK_UNINTERRUPTIBLE,
 * until kunmap() frees one; somebody else may have mapped the page meanwhile.
 * Never fails. A BUG in an interrupt.
 */
void *kmap(struct page *page);

/*
 * One user less. The last one leaves the page mapped until the next flush, and
 * wakes those who wait for a slot. Does nothing for a page in the direct map. A
 * BUG in an interrupt, or if the page has no address, or all its users have
 * left.
 */
void kunmap(struct page *page);

/*
 * Unmaps each slot that is mapped and has no users: clears its page-table
 * entry and its count, and its page has no address any more. Flushes the TLB.
 */
void flush_all_zero_pkmaps(void);

/*
 * Maps the page in the slot FIX_KMAP_BEGIN + type of the fixed mappings, until
 * kunmap_atomic(). The caller must not sleep in between, and must not be
 * interrupted by somebody who uses the same type. A BUG if the slot is in use.
 * Any context.
 */
void *kmap_atomic(struct page *page, enum km_type type);

/*
 * Unmaps the slot and flushes its address. `address` is what kmap_atomic()
 * gave: in the direct map it does nothing, and any other that is not of this
 * type's slot is a BUG. Any context.
 */
void kunmap_atomic(void *address, enum km_type type);

#endif

/*
 * kmap() and its slots as a test sees them: pages are frame numbers, counts
 * come from RAM, mappings from the MMU's own tables.
 *
 * Each function names what it does in messages as the student would write it.
 */
#ifndef HARNESS_SLOTS_H
#define HARNESS_SLOTS_H

#include "areas.h"

#define PKMAP_ADDR(nr) (PKMAP_BASE + (gaddr_t)(nr)*PAGE_SIZE)

/* The address of kmap_atomic()'s slot for a type. */
gaddr_t atomic_address(unsigned type);

/* Takes n pages of high memory; the test fails if there are fewer. */
struct blocks high_pages(struct guest *guest, size_t n);

/* A machine with high memory, and n pages of it. */
struct guest *boot_with_high_pages(struct blocks *pages, size_t n);

/*
 * Leaves a number of its own in each of up to 2048 pages, by a fixed mapping of
 * the given kernel's. mark_of() is what a page holds then.
 */
void mark_pages(struct guest *guest, const struct blocks *pages);
uint32_t mark_of(pfn_t pfn);

/* --- the student's functions --------------------------------------------- */

/* An address, or 0 for NULL. */
gaddr_t kmap(struct guest *guest, pfn_t pfn);
void kunmap(struct guest *guest, pfn_t pfn);
gaddr_t page_address(struct guest *guest, pfn_t pfn);
void set_page_address(struct guest *guest, pfn_t pfn, gaddr_t address);
void flush_all_zero_pkmaps(struct guest *guest);
gaddr_t kmap_atomic(struct guest *guest, pfn_t pfn, unsigned type);
void kunmap_atomic(struct guest *guest, gaddr_t address, unsigned type);

/* The calls alone. */
struct call kmap_call(struct guest *guest, pfn_t pfn);
struct call kunmap_call(struct guest *guest, pfn_t pfn);
struct call page_address_call(struct guest *guest, pfn_t pfn);
struct call set_page_address_call(struct guest *guest, pfn_t pfn,
                                  gaddr_t address);
struct call kmap_atomic_call(struct guest *guest, pfn_t pfn, unsigned type);
struct call kunmap_atomic_call(gaddr_t address, unsigned type);

/* kmap() or kunmap() of all pages, in one go. Addresses go to out[]. */
void kmap_all(struct guest *guest, const struct blocks *pages, gaddr_t *out);
void kunmap_all(struct guest *guest, const struct blocks *pages);

/* page_address() of all pages, in one go. */
void page_addresses(struct guest *guest, const struct blocks *pages,
                    gaddr_t *out);

/* --- what it looks like -------------------------------------------------- */

/* pkmap_count[nr] */
int pkmap_count(struct guest *guest, unsigned nr);

/*
 * The address must be that of one of kmap()'s slots: its number.
 */
unsigned slot_of(struct guest *guest, gaddr_t address);

/*
 * The page must be mapped at a slot's address, writable, for the supervisor
 * alone, and the slot must have so many users.
 */
void expect_slot(struct guest *guest, pfn_t pfn, gaddr_t address, int users);

/* The MMU must map an address to this frame, as kernel memory. */
void expect_maps(struct guest *guest, gaddr_t address, pfn_t pfn);

/* page_address() must say this; 0 for NULL. */
void expect_page_address(struct guest *guest, pfn_t pfn, gaddr_t address,
                         const char *hint);

/* No slot of kmap() may be mapped or have a count. */
void expect_no_slots(struct guest *guest);

/* The first word at an address, as the kernel reads it, must be the mark. */
void expect_mark(struct guest *guest, gaddr_t address, pfn_t pfn,
                 const char *hint);

/* kmap()s 1024 pages, which must get a slot each. */
void take_all_slots(struct guest *guest, const struct blocks *pages,
                    gaddr_t *out);

#endif

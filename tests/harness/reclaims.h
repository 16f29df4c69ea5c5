/*
 * The functions of lab 7 one by one, and what they work on: swap areas, swap
 * entries and pages of the swap cache that the host makes itself, so that a
 * test of one function needs no other.
 *
 *     struct guest *guest = guest_boot(&machine_swap_64mb, STAGE_SWAP);
 *     struct proc *space = new_space(guest);
 *     gaddr_t vma = add_vma(space, 0x40000000, 0x40004000, ANON_FLAGS);
 *
 *     plant_area(guest, (struct planted){.type = 0, .nslots = 100});
 *     map_fresh(space, 0x40000000, OLD_BITS);
 *     try_to_swap_out(space, vma, 0x40000000);
 */
#ifndef HARNESS_RECLAIMS_H
#define HARNESS_RECLAIMS_H

#include "spaces.h"
#include "swaps.h"

/* --- swap areas of the host's making -------------------------------------- */

/* swap_info[type], on the disk of this number, with the slots 1 to nslots, all
 * of them free, and next 1. */
struct planted {
    unsigned type, disk;
    uint32_t nslots;
    int prio;
};

/* Makes it, lists it behind all of the same or a higher priority, counts it. */
void plant_area(struct guest *guest, struct planted area);

/* Sets swap_map[slot]; nr_free and nr_swap_pages follow if the slot is taken,
 * or becomes free. */
void set_slot_users(struct guest *guest, unsigned type, uint32_t slot,
                    unsigned users);
void expect_slot_users(struct guest *guest, unsigned type, uint32_t slot,
                       unsigned users, const char *hint);
/* Sets the count behind the last slot's, which is not the area's. */
void set_users_behind(struct guest *guest, unsigned type, uint16_t users);
/* Every slot of the area has one user. */
void use_all_slots(struct guest *guest, unsigned type);

uint32_t total_swap_pages(struct guest *guest);

/* --- mm/swapfile.c -------------------------------------------------------- */

/* The page-table entry that names a slot, and back. */
uint32_t entry_of(unsigned type, uint32_t slot);
struct slot_view swap_slot_of(uint32_t entry);

struct call get_swap_page_call(void);
struct call swap_duplicate_call(unsigned type, uint32_t slot);
struct call swap_free_call(unsigned type, uint32_t slot);

struct slot_view get_swap_page(struct guest *guest);
int swap_duplicate(struct guest *guest, unsigned type, uint32_t slot);
void swap_free(struct guest *guest, unsigned type, uint32_t slot);

/* get_swap_page() must give this slot; or entry 0. */
void expect_swap_slot(struct guest *guest, unsigned type, uint32_t slot,
                      const char *hint);
void expect_no_swap_slot(struct guest *guest, const char *hint);

/* --- pages in the swap cache ---------------------------------------------- */

enum lru_list {
    LRU_NONE,
    LRU_ACTIVE,
    LRU_INACTIVE_DIRTY,
    LRU_INACTIVE_CLEAN,
};

struct swap_page_view {
    bool cached; /* in the swap cache, */
    unsigned type;
    uint32_t slot; /* with this slot */
    bool dirty, referenced;
    int count;
    enum lru_list list;
};
struct swap_page_view swap_page_view(struct guest *guest, pfn_t pfn);
const char *lru_text(enum lru_list list);

/*
 * A page of the swap cache: a fresh frame from GFP_HIGHUSER (or ZONE_DMA) that
 * only the cache uses, as the youngest of the list, its slot in use by the
 * cache and by so many others.
 */
struct planted_page {
    unsigned type;
    uint32_t slot;
    enum lru_list list;
    bool dirty, dma;
    unsigned others;
};
pfn_t plant_page(struct guest *guest, struct planted_page page);

/* One more use of the frame, as of somebody who maps it; and one less. */
void hold_page(struct guest *guest, pfn_t pfn);
void release_page(struct guest *guest, pfn_t pfn);
void set_referenced(struct guest *guest, pfn_t pfn);

/* The frame must be on this list. */
void expect_on(struct guest *guest, pfn_t pfn, enum lru_list list,
               const char *hint);
/* The frame must be free: no longer in the cache, no user. */
void expect_freed(struct guest *guest, pfn_t pfn, const char *hint);

/* The first word of a frame, anywhere in RAM; and of a disk's page. */
uint32_t frame_stamp(struct guest *guest, pfn_t pfn);
void stamp_frame(struct guest *guest, pfn_t pfn, uint32_t value);
uint32_t disk_stamp(struct guest *guest, unsigned disk, uint32_t slot);
void stamp_disk(struct guest *guest, unsigned disk, uint32_t slot,
                uint32_t value);

/* --- mm/vmscan.c ---------------------------------------------------------- */

/* Entries of pages that were written, some time ago, or just now. */
#define OLD_BITS   (PTE_PRESENT | PTE_WRITABLE | PTE_USER | PTE_DIRTY)
#define YOUNG_BITS (OLD_BITS | PTE_ACCESSED)

struct call try_to_swap_out_call(const struct proc *space, gaddr_t vma,
                                 uaddr_t address);
int try_to_swap_out(const struct proc *space, gaddr_t vma, uaddr_t address);
int swap_out(struct guest *guest, unsigned priority);
int refill_inactive(struct guest *guest, unsigned priority);
int page_launder(struct guest *guest);
pfn_t reclaim_page(struct guest *guest, enum zone_index zone);
int do_try_to_free_pages(struct guest *guest);

/* The call's result, as text, was expected to be a number. */
void expect_number(struct guest *guest, int seen, int expected,
                   const char *hint);

/* --- mm/swap_in.c --------------------------------------------------------- */

/* The page table's entry names a slot, which has one user more for it. */
void plant_entry(const struct proc *space, uaddr_t address, unsigned type,
                 uint32_t slot);

struct call do_swap_page_call(const struct proc *space, gaddr_t vma,
                              uaddr_t address, bool write);
int do_swap_page(const struct proc *space, gaddr_t vma, uaddr_t address,
                 bool write);

/* The page table's entry must (still) be that of this slot. */
void expect_swapped(const struct proc *proc, uaddr_t address, unsigned type,
                    uint32_t slot, const char *hint);

#endif

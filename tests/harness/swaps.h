/*
 * Swap areas as a test sees them: made on the disks' images by the host, used
 * by the kernel, looked at from outside. A machine with disks (machine.h) that
 * was booted to STAGE_SWAP.
 */
#ifndef HARNESS_SWAPS_H
#define HARNESS_SWAPS_H

#include "disks.h"
#include "process.h"

#define NR_swapon  87
#define NR_swapoff 115

/* An area's header, as mkswap writes it: slots 1 to last_page. */
void make_swap(struct guest *guest, unsigned disk, uint32_t last_page);
/* The same on the whole disk. */
void make_whole_swap(struct guest *guest, unsigned disk);
/* Marks a page of a header bad. */
void mark_bad(struct guest *guest, unsigned disk, uint32_t page);

/* swapon() and swapoff() of a disk, by a process. Priority -1: none asked for.
 * The result must be 0; swapon_op() is the operation alone. */
void swap_on(struct proc *proc, unsigned disk, int priority);
void swap_off(struct proc *proc, unsigned disk);
struct user_op swapon_op(struct proc *proc, unsigned disk, int priority);
struct user_op swapoff_op(struct proc *proc, unsigned disk);

/* swap_info[type], from RAM. */
struct area_view {
    uint32_t flags; /* SWP_* */
    int prio;
    uint32_t max, nr_free;
};
struct area_view swap_area(struct guest *guest, unsigned type);
/* swap_map[slot] of an area: its users. */
unsigned slot_users(struct guest *guest, unsigned type, uint32_t slot);
/* How many slots have users, of an area. */
uint32_t slots_in_use(struct guest *guest, unsigned type);
uint32_t nr_swap_pages(struct guest *guest);

/* Where a page is: the entry of a process's page table, if it names a slot. */
struct slot_view {
    bool swapped;
    unsigned type;
    uint32_t slot;
};
struct slot_view swapped_slot(const struct proc *proc, uaddr_t address);
/* Pages of [address, address + npages) that are in slots. */
size_t count_swapped(const struct proc *proc, uaddr_t address, size_t npages);

/* What is in a slot, by the disk's image (area `type` is on disk `disk`). */
void read_slot(struct guest *guest, unsigned disk, uint32_t slot, void *to);

/* The lists' lengths. */
uint32_t nr_active(struct guest *guest);
uint32_t nr_inactive_dirty(struct guest *guest);
uint32_t nr_inactive_clean(struct guest *guest);

#endif

/*
 * Scenes for lab 7: address spaces with pages over a planted swap area, and
 * processes over a real one.
 */
#ifndef LAB7_SWAP_SCENES_H
#define LAB7_SWAP_SCENES_H

#include "blocks.h"
#include "reclaims.h"

#define START 0x40000000u /* areas begin here: so does a page table */

/* Page i of an area that begins at START. */
#define PAGE(i) (START + (uaddr_t)(i)*PAGE_SIZE)

#define SLOTS 2000 /* of the planted area 0 */
#define STAMP 0x5a000000u

/* A machine with the planted area 0 of SLOTS slots on disk 0. */
struct guest *boot_planted(const struct machine *machine);

/* The same, and a space, which is entered, with one area of npages pages. */
struct proc *boot_space(const struct machine *machine, uint32_t npages,
                        uint32_t flags, gaddr_t *vma);

/* map_fresh() of n pages in one go; their frames, for the life of the test. */
pfn_t *map_many(const struct proc *space, uaddr_t address, size_t n,
                uint32_t bits);

/* One more entry for a frame that is mapped elsewhere, with its use. */
void map_also(const struct proc *space, uaddr_t address, pfn_t pfn,
              uint32_t bits);

/* A machine whose disk 0 is swap area 0, by a process's swapon(). */
struct guest *boot_swapping(const struct machine *machine, struct proc **proc);

/* A kernel read of the address in an interrupt, where no fault is mended: 0 if
 * the processor could translate it. */
struct call peek_call(struct guest *guest, uaddr_t address);

/* How many of the pages' entries are so. */
size_t count_present(const struct proc *proc, uaddr_t address, size_t npages);
size_t count_young(const struct proc *proc, uaddr_t address, size_t npages);

/* The kernel has nothing of this area: swap_info[type] is unused. */
void expect_no_area(struct guest *guest, unsigned type);

/* A page that is only on the disk: its entry, its contents. */
void plant_out(const struct proc *space, uaddr_t address, uint32_t slot,
               uint32_t stamp);

/* It must have made so many transfers since the boot, on disk 0. */
void expect_io(struct guest *guest, uint32_t reads, uint32_t writes,
               const char *hint);

/* A kernel task that will make this call as soon as the caller sleeps. */
struct call other_task_call(struct guest *guest, const char *function,
                            uint32_t argument);

/* Makes n calls in a row; their results live until the next time. */
const struct agent_result *make_calls(struct guest *guest,
                                      const struct call *calls, size_t n);

#endif

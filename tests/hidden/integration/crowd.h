/*
 * Machines that have less memory than their processes use, and many processes
 * at once.
 */
#ifndef INTEGRATION_CROWD_H
#define INTEGRATION_CROWD_H

#include "blocks.h"
#include "swaps.h"

#define RAM   2048 /* pages of the machine with 8 MB */
#define MORE  2500 /* pages that don't fit into it */
#define STAMP 0x5a000000u
#define RW    (PROT_READ | PROT_WRITE)

/* What page i of process n is stamped with in a round. */
#define STAMP_OF(n, round) (STAMP + (uint32_t)(n)*0x10000 + (round)*0x100000)

/*
 * 8 MB, with a disk of 32 MB as swap area 0 of `nslots` slots (0: all of it).
 * A process has been there, and gone, which made what stays.
 */
struct guest *boot_short(uint32_t nslots);

/* swapon(), or swapoff() with its result, by a process of its own. */
void swap_on_by_itself(struct guest *guest, unsigned disk);

/* Stamps or checks so many pages, in operations that end soon. */
void stamp_all(struct proc *proc, uaddr_t address, size_t npages,
               uint32_t value);
void expect_all_stamped(struct proc *proc, uaddr_t address, size_t npages,
                        uint32_t value, const char *hint);

/* exit(), and wait4() by the parent. */
void end_child(struct proc *parent, struct proc *child);

/* The process becomes /bin/sh -c LINE. */
struct user_op shell_op(struct proc *proc, const char *line);

/*
 * Runs /bin/sh -c LINE as a child of the process, whose exit status must be 0.
 */
void expect_shell(struct proc *parent, const char *line);

/* What there is at a time when no process is, and no slot is in use. */
struct stock stock_at_rest(struct guest *guest);

/* The same as then: memory, objects, tasks; and all slots are free. */
void expect_all_back(struct guest *guest, const struct stock *before);

/* Pages that went to the disk, and that came back, must be so many at least. */
void expect_traffic(struct guest *guest, uint32_t writes, uint32_t reads);

#endif

/*
 * Areas that the host puts into an address space by itself, so that a test of
 * one function of mmap.h needs no other:
 *
 *     struct proc *space = new_space(guest);
 *     gaddr_t vmas[2];
 *
 *     plant_vmas(space, (struct span[]){{0x40000000, 0x40002000, ANON_FLAGS},
 *                                       {0x40004000, 0x40005000, RO_FLAGS}},
 *                2, vmas);
 */
#ifndef HARNESS_PLANT_H
#define HARNESS_PLANT_H

#include "spaces.h"

/*
 * Lists n areas, by rising address, in a space that has none: list, tree,
 * map_count and total_vm are as mmap.h says. The structures are from
 * vm_area_cachep; their addresses go to out[] unless it is NULL.
 */
void plant_vmas(const struct proc *space, const struct span *spans, size_t n,
                gaddr_t *out);

/* n areas like the first, `gap` pages apart. */
void plant_row(const struct proc *space, const struct span *first, size_t n,
               size_t gap, gaddr_t *out);

/* One area. */
gaddr_t plant_vma(const struct proc *space, uaddr_t start, uaddr_t end,
                  uint32_t flags);

#endif

/* What several files of lab 4's hidden tests have in common. */
#ifndef LAB4_H
#define LAB4_H

#include "blocks.h"
#include "plant.h"

#define BASE  TASK_UNMAPPED_BASE
#define AT(n) (BASE + (uaddr_t)(n)*PAGE_SIZE) /* page n from there on */
#define HEAP  0x10000000u
#define RW    (PROT_READ | PROT_WRITE)

#define PTE_FRESH (PTE_PRESENT | PTE_USER | PTE_WRITABLE)

/* Boots a machine, and makes a space, which is current->mm. */
struct proc *boot_space(void);
/* The same with 8 MB, for tests that use memory up. */
struct proc *boot_small_space(void);

/* Vm_area_structs that are in use, of all spaces. */
uint32_t areas_in_use(struct guest *guest);

/*
 * Uses all memory up; only so many vm_area_structs can be had after that. Page
 * tables must be there already.
 */
void leave_areas(struct guest *guest, size_t n);

/* An area of probe_file with probe_vm_ops, as do_mmap_pgoff() makes them; its
 * use of the file is counted. */
void make_file_area(const struct proc *space, gaddr_t vma, uint32_t pgoff);

/* Opens that were not followed by a close, and uses of probe_file: as many as
 * there are areas of the file more than when `before` was seen. */
struct file_before {
    struct probe_vm_view calls;
    int users;
};
struct file_before file_before(struct guest *guest);
void expect_file_areas(const struct proc *space,
                       const struct file_before *before, int more);

/* The file areas' vm_pgoff at these addresses. */
void expect_pgoff(const struct proc *space, uaddr_t address, uint32_t pgoff);

/* All that a call that fails must leave as it was. */
struct before {
    struct vmas vmas;
    struct mm_view mm;
    uint32_t areas_in_use, free_pages;
    int file_users;
};
struct before look(const struct proc *space);
void expect_as_before(const struct proc *space, const struct before *before,
                      const char *hint);
/* The same, but areas may be in pieces that are together what they were. */
void expect_as_before_or_cut(const struct proc *space,
                             const struct before *before, const char *hint);

/* What a call costs. */
uint32_t cost_of(struct guest *guest, struct call call);

#endif

/*
 * Virtually contiguous memory as a test sees it: vmlist from RAM, mappings by
 * the MMU's own tables, contents by the kernel's addresses and by the frames.
 *
 * Each function names what it does in messages as the student would write it.
 */
#ifndef HARNESS_AREAS_H
#define HARNESS_AREAS_H

#include "blocks.h"

#define TABLE_BYTES 0x400000u /* of addresses, that a page table is for */
#define PKMAP_BASE  (PKMAP_BASE_PAGE * PAGE_SIZE)
#define VMALLOC_END (VMALLOC_END_PAGE * PAGE_SIZE)

gaddr_t vmalloc_start(struct guest *guest);

/* Pages of addresses between VMALLOC_START and VMALLOC_END. */
size_t vmalloc_pages(struct guest *guest);

/* --- the student's functions --------------------------------------------- */

/* An address of the kernel's, or 0 for NULL. Sizes are in bytes. */
gaddr_t vmalloc(struct guest *guest, uint32_t size);
gaddr_t vmalloc_from(struct guest *guest, uint32_t size, uint32_t gfp_mask);
void vfree(struct guest *guest, gaddr_t address);

/* The calls alone. */
struct call vmalloc_call(uint32_t size);
struct call vfree_call(gaddr_t address);

/* A struct vm_struct's address, or 0 for NULL. */
gaddr_t get_vm_area(struct guest *guest, uint32_t size);
gaddr_t remove_vm_area(struct guest *guest, gaddr_t address);

uint32_t map_vm_area(struct guest *guest, gaddr_t vm_struct, uint32_t gfp_mask);
void unmap_vm_area(struct guest *guest, gaddr_t vm_struct);

/* A frame, or NO_PAGE for NULL. */
pfn_t vmalloc_to_page(struct guest *guest, gaddr_t address);

/* --- areas --------------------------------------------------------------- */

/* A vm_struct of the kernel's. */
struct area {
    gaddr_t vm_struct; /* where it is */
    gaddr_t addr;
    uint32_t size; /* in bytes, with the guard page */
    uint32_t flags;
};

struct areas {
    struct area *list;
    size_t n;
};

struct area area_at(struct guest *guest, gaddr_t vm_struct);

/*
 * vmlist, which must be as its contract says: rising addresses, no overlap, all
 * between VMALLOC_START and VMALLOC_END, sizes in pages.
 */
struct areas areas_of(struct guest *guest);

/* vmlist must hold exactly these addresses, n of them, by rising address. */
void expect_areas(struct guest *guest, const gaddr_t *addresses, size_t n);

/* An address of vmalloc()'s or an area of get_vm_area()'s must not be NULL. */
void expect_given(struct guest *guest, gaddr_t address, const char *hint);

/* An area must begin where first fit puts it. */
void expect_at(struct guest *guest, gaddr_t address, gaddr_t expected,
               const char *hint);

/* --- mappings ------------------------------------------------------------ */

/*
 * The pages from `address` on must be mapped by page tables, writable, for the
 * supervisor alone, each to a frame of its own that has one user; and the page
 * behind them must not be mapped. Returns their frames.
 */
struct blocks expect_mapped(struct guest *guest, gaddr_t address,
                            size_t npages);

/* None of these pages may be mapped. */
void expect_unmapped(struct guest *guest, gaddr_t address, size_t npages,
                     const char *hint);

/* How many pages between VMALLOC_START and VMALLOC_END are mapped. */
size_t mapped_pages(struct guest *guest);

/* --- contents ------------------------------------------------------------ */

/* Writes words that tell where they are and which `tag` they are of. */
void fill_pages(struct guest *guest, gaddr_t address, size_t npages,
                uint32_t tag);

/* The frames must hold what was written, page by page. */
void expect_in_frames(struct guest *guest, const struct blocks *frames,
                      uint32_t tag);

/* The kernel must read what was written. */
void expect_reads(struct guest *guest, gaddr_t address, size_t npages,
                  uint32_t tag, const char *hint);

/* --- a crash that is wanted ---------------------------------------------- */

/* Writing to an address must be an oops there. The machine ends. */
void expect_fault(struct guest *guest, gaddr_t address, const char *what);

/* --- memory that is short ------------------------------------------------ */

/* Takes single pages until these frames, which were given back, are in use
 * again; other pages that it took are given back. */
void hold_frames(struct guest *guest, const struct blocks *frames);

/* Takes the rest of the general caches' small objects, with memory used up. */
void exhaust_kmalloc(struct guest *guest);

#endif

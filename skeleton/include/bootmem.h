/*
 * The boot-time allocator: a bitmap of direct-mapped frames, set = taken.
 * Used until mem_init() hands what is left to the page allocator.
 * Linux mm/bootmem.c.
 */
#ifndef BOOTMEM_H
#define BOOTMEM_H

#include <types.h>

/* Sets up the bitmap behind the kernel's image; RAM ranges become free. */
void bootmem_init(void);

/* Takes [start, end), physical bytes, widened to whole pages. */
void reserve_bootmem(unsigned long start, unsigned long end);

/*
 * `nbytes` zeroed bytes of whole pages in the direct map, above ZONE_DMA if
 * there is room: what is below 16 MB is worth keeping. Panics if there are
 * none. Needs paging_init().
 */
void *alloc_bootmem(unsigned long nbytes);

/* The same, as low as can be: works before paging_init(). */
void *alloc_bootmem_low(unsigned long nbytes);

/* Was the frame left free by bootmem? */
bool bootmem_is_free(unsigned long pfn);

#endif

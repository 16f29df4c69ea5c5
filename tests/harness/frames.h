/*
 * What each frame of a guest is used for, by all that its RAM says: mem_map,
 * the free lists, the page tables. For pictures.
 */
#ifndef HARNESS_FRAMES_H
#define HARNESS_FRAMES_H

#include "buddy.h"
#include "scene.h"

/* 0 … MAX_ORDER - 1: in a free block of that order. */
enum frame_kind {
    FRAME_RESERVED = MAX_ORDER, /* PG_reserved */
    FRAME_KERNEL,               /* in use, nothing else is known of it */
    FRAME_SLAB,                 /* PG_slab */
    FRAME_VMALLOC,              /* mapped between VMALLOC_START and _END */
    FRAME_STACK,                /* of a task, with its task_struct */
    FRAME_TABLE,                /* a page directory or page table */
    FRAME_ANON,                 /* in a process's page tables, of no file */
    FRAME_CACHE,                /* page cache: of a file */
    FRAME_SWAP_CACHE,
    FRAME_WRONG, /* on a free list, yet in use; or on two */
    NR_FRAME_KINDS,
};

/* What is wrong with a zone's free lists. */
struct zone_faults {
    unsigned broken_list; /* an order whose list leads astray, or MAX_ORDER */
    bool cyclic;          /* it comes back to a block that it had */
    uint32_t after;       /* so many blocks */
    uint32_t wrong;       /* frames of FRAME_WRONG */
    uint32_t first_wrong;
};

struct zone_frames {
    uint32_t start, n;          /* frames; n 0: there is no such zone */
    int32_t free_pages;         /* zone->free_pages; less than 0: miscounted */
    int32_t min, low, high;     /* marks */
    uint32_t blocks[MAX_ORDER]; /* on the lists */
    uint32_t listed;            /* pages in them */
    struct zone_faults faults;
};

struct frames {
    uint8_t *kinds; /* of each frame of RAM: enum frame_kind */
    uint32_t n;
    struct zone_frames zones[NR_ZONES];
};

/* False before mem_map is described, or without memory. */
bool frames_read(const struct scene *scene, struct frames *out);
void frames_free(struct frames *frames);

#endif

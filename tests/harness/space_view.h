/*
 * An address space as its mm_struct, its areas and its page tables say, read
 * from RAM for pictures: bounded, whatever is in there.
 */
#ifndef HARNESS_SPACE_VIEW_H
#define HARNESS_SPACE_VIEW_H

#include "scene.h"

#define AREAS_READ  4096 /* a list that is longer has no end */
#define RANGES_KEPT 6
#define RUNS_KEPT   10

enum page_state {
    PAGE_ABSENT,     /* an empty entry, or no page table */
    PAGE_OUT,        /* in a swap slot */
    PAGE_HIDDEN,     /* a frame, but PROT_NONE */
    PAGE_ZERO,       /* ZERO_PAGE */
    PAGE_RESERVED,   /* another reserved frame */
    PAGE_ANON,       /* memory of no file */
    PAGE_CACHE,      /* the page cache's own page of a file */
    PAGE_SWAP_CACHE, /* it has a slot as well */
    PAGE_BEYOND,     /* the entry's frame is not in RAM */
    NR_PAGE_STATES,
};

/* Neighbouring pages of which the same is to be said. */
struct page_run {
    enum page_state state;
    bool writable, shared; /* shared: more users than its own cache and us */
    int users, most_users; /* page->count, the smallest and the largest */
    unsigned type;         /* of PAGE_OUT: which swap area */
    uint32_t npages;
    size_t nranges; /* of frames, or slots; only some are kept */
    struct {
        uint32_t first, last; /* rising or falling */
    } ranges[RANGES_KEPT];
};

struct area {
    gaddr_t at;
    uint32_t start, end, flags;
    char name[28]; /* of the file, "[heap]", "[stack]" or "" */
};

struct area_pages {
    struct page_run runs[RUNS_KEPT];
    size_t nruns; /* there may be more than are kept */
    uint32_t counts[NR_PAGE_STATES];
};

struct space {
    const struct scene *scene;
    gaddr_t mm, mem_map;
    gaddr_t zero_page;                /* its struct page */
    uint32_t pgd;                     /* physical */
    int32_t map_count, rss, total_vm; /* less than 0: miscounted */
    uint32_t ntables, npresent; /* page tables; frames mapped, but reserved */
    struct area *areas;
    size_t nareas;
    bool endless; /* the list of areas has no end */
    /* Entries that are not empty, outside of all areas. */
    uint32_t nstray, first_stray;
};

/* False if there is none, or no memory. */
bool space_read(const struct scene *scene, gaddr_t mm, struct space *out);
void space_free(struct space *space);

/* Whole pages, not empty, below TASK_SIZE. */
bool area_is_sound(const struct area *area);

/* The pages of a sound area. */
void area_pages(const struct space *space, const struct area *area,
                struct area_pages *out);

#endif

/*
 * A process's memory as a model on the host has it: of each page, whether it is
 * there and whose it is. So it knows what every access finds, which fault it
 * is, and what is counted.
 */
#ifndef LAB5_MODEL_H
#define LAB5_MODEL_H

#include "accesses.h"

#define FILE_PAGES 6
#define MAX_PAGES  12 /* of an area */
#define STACK_MORE 40 /* pages that the stack may grow by */
#define NR_AREAS   7

/* What they are at first. The first one's protection changes. */
struct area_kind {
    uint32_t npages, prot, flags;
};

extern const struct area_kind area_kinds[NR_AREAS];

/* What an entry has: nothing, ZERO_PAGE, the file's page, an own frame. */
enum holds {
    EMPTY,
    ZEROS,
    FILES,
    OWN
};

struct page_model {
    enum holds holds;
    bool writable; /* an own frame that has not been made read-only since */
    uint32_t word;
};

struct model {
    struct proc *proc;
    uint32_t prot[NR_AREAS];
    struct page_model pages[NR_AREAS][MAX_PAGES];
    uint32_t file[FILE_PAGES];
    uaddr_t stack;               /* where it begins */
    uaddr_t lowest;              /* where it may begin */
    bool pushed[STACK_MORE + 1]; /* pages from `lowest` on */
    uint32_t rss, minor, major;
    int fd;
};

/* A process with the areas mapped, and the model of it. */
void model_begin(struct model *model, struct guest *guest);

uaddr_t address_in(uint32_t area, uint32_t page);

/* What an access does to the page: 0, or the signal. */
int model_touch(struct model *model, uint32_t area, uint32_t page, bool write);

/* The page's first word. */
uint32_t model_word(const struct model *model, uint32_t area, uint32_t page);
void model_set_word(struct model *model, uint32_t area, uint32_t page,
                    uint32_t word);

/* Page tables, frames and counts must be the model's. */
void expect_as_model(const struct model *model);

#endif

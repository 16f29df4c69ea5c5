/*
 * Page tables for lab 6, arranged by the host: two address spaces side by side,
 * as fork() has them, with the same areas; many pages at once; and accesses
 * that go by what the processor remembers.
 *
 *     struct pair pair = boot_pair(&machine_64mb);
 *     gaddr_t vma = pair_area(&pair, START, START + 4 * PAGE_SIZE, ANON_FLAGS);
 *     pfn_t *frames = map_many(pair.src, START, 4, RW_BITS);
 *
 *     pair_copy(&pair, vma);
 *     expect_frame(pair.dst, START, frames[0], "pte_page()");
 */
#ifndef LAB6_COW_TABLES_H
#define LAB6_COW_TABLES_H

#include "blocks.h"
#include "spaces.h"

#define START       0x40000000u /* areas begin here: so does a page table */
#define TABLE_BYTES 0x400000u   /* of addresses that a page table is for */
#define TABLE_PAGES 1024u

/* Entries as handle_pte_fault() leaves them: written, read, of PROT_NONE. */
#define RW_BITS                                                                \
    (PTE_PRESENT | PTE_WRITABLE | PTE_USER | PTE_ACCESSED | PTE_DIRTY)
#define RO_BITS     (PTE_PRESENT | PTE_USER | PTE_ACCESSED)
#define HIDDEN_BITS (PTE_PROTNONE | PTE_ACCESSED | PTE_DIRTY)

/* Page i of an area that begins at START. */
#define PAGE(i) (START + (uaddr_t)(i)*PAGE_SIZE)

struct pair {
    struct guest *guest;
    struct proc *src, *dst; /* the processor uses the tables of src */
};

struct pair boot_pair(const struct machine *machine);

/* An area in both; src's vm_area_struct. */
gaddr_t pair_area(const struct pair *pair, uaddr_t start, uaddr_t end,
                  uint32_t flags);

/* copy_page_range() from src to dst, which must return 0. */
void pair_copy(const struct pair *pair, gaddr_t vma);

/* mmput() of both: what their areas hold goes through zap_page_range(). */
void drop_pair(const struct pair *pair);

/* Boots a machine with one space, which is entered, and an area in it. */
struct proc *boot_space(const struct machine *machine, uint32_t npages,
                        uint32_t flags, gaddr_t *vma);

/*
 * map_fresh() of n pages of the direct map in one go: their frames, for the
 * life of the test. That of page i is full of bytes fill_of(i).
 */
uint8_t fill_of(size_t i);
pfn_t *map_many(const struct proc *space, uaddr_t address, size_t n,
                uint32_t bits);

/* Fills a frame of the direct map with a byte; all bytes must be this one. */
struct call fill_call(pfn_t pfn, uint8_t byte);
void fill_frame(struct guest *guest, pfn_t pfn, uint8_t byte);
void expect_full_of(struct guest *guest, pfn_t pfn, uint8_t byte,
                    const char *hint);

/* Maps a frame that is there already, one user more, and counts it in rss. */
void map_shared_pages(const struct proc *space, uaddr_t address, pfn_t pfn,
                      uint32_t bits);

/* ZERO_PAGE, or any other reserved page: neither counted nor in rss. */
void map_reserved(const struct proc *space, uaddr_t address, pfn_t pfn,
                  uint32_t bits);
pfn_t reserved_page(struct guest *guest);

/* A page as the page cache has it: page->mapping is set, and one use. */
pfn_t cache_page(struct guest *guest);
void expect_noted(struct guest *guest, pfn_t pfn, bool is_dirty,
                  const char *hint);

void expect_frame(const struct proc *space, uaddr_t address, pfn_t pfn,
                  const char *hint);
void expect_raw(const struct proc *space, uaddr_t address, uint32_t raw,
                const char *hint);
void expect_count(struct guest *guest, pfn_t pfn, int count, const char *hint);
void expect_swap_users(struct guest *guest, unsigned slot, unsigned users,
                       const char *hint);

/* Nothing of `npages` pages is there: all entries are empty. */
void expect_all_empty(const struct proc *space, uaddr_t address, size_t npages,
                      const char *hint);

/*
 * Accesses of the kernel to an address of the space that is entered, in a
 * handler of an interrupt, where no fault is mended: the results are 0 if the
 * access went through, else how many bytes did not. poke writes the first word
 * of probe_memory, peek reads into it.
 */
struct call poke_call(struct guest *guest, uaddr_t address);
struct call peek_call(struct guest *guest, uaddr_t address);

/* Makes n calls; their values, which only live until the next time. */
const struct agent_result *make_calls(struct guest *guest,
                                      const struct call *calls, size_t n);

/* Instructions of one call. */
uint32_t cost_of(struct guest *guest, struct call call);

#endif

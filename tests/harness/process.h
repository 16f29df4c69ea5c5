/*
 * Address spaces, looked at from outside: areas and page tables are read from
 * RAM, contents from the frames. The kernel and the process are not asked.
 *
 * A struct proc is either a process (user.h), whose mm is looked up each time,
 * or an address space that the test made by itself (spaces.h). Functions whose
 * names begin with expect_ fail the test unless it is so; the message says that
 * it was seen after the last call or operation. `hint` may be NULL.
 */
#ifndef HARNESS_PROCESS_H
#define HARNESS_PROCESS_H

#include "caches.h"
#include "user.h"

/* --- tasks --------------------------------------------------------------- */

/* The task_struct with this pid, from the list of all tasks; 0 if none. */
gaddr_t find_task(struct guest *guest, uint32_t pid);
gaddr_t task_of(const struct proc *proc); /* there must be one */

/* How many tasks there are, the boot task included. */
size_t count_tasks(struct guest *guest);

/* The task that makes the calls of guest_call(): the kernel agent's. */
gaddr_t agent_task(struct guest *guest);

/* Sets task->rlim[RLIMIT_…] of a process, or of the agent's task; ~0u: no
 * limit. */
void set_rlimit(const struct proc *proc, unsigned resource, uint32_t limit);
void set_agent_rlimit(struct guest *guest, unsigned resource, uint32_t limit);

/* task->min_flt, task->maj_flt: page faults that were mended. */
uint32_t minor_faults(const struct proc *proc);
uint32_t major_faults(const struct proc *proc);

/* --- the address space --------------------------------------------------- */

struct mm_view {
    gaddr_t at; /* the mm_struct */
    gaddr_t mmap, mm_rb, mmap_cache, pgd;
    uint32_t mm_users, map_count;
    uaddr_t start_brk, brk, start_stack;
    uint32_t rss, total_vm; /* pages */
};

gaddr_t mm_of(const struct proc *proc); /* there must be one */
struct mm_view mm_view(const struct proc *proc);

/* What it says in messages: "process 3", or "the address space". */
const char *proc_text(const struct proc *proc);

/* --- areas --------------------------------------------------------------- */

struct vma_view {
    gaddr_t at; /* the vm_area_struct; 0: there is none */
    gaddr_t mm;
    uaddr_t start, end;
    uint32_t flags, page_prot, pgoff;
    gaddr_t file, ops, private_data;
    gaddr_t next;
};

struct vmas {
    struct vma_view *list;
    size_t n;
};

struct vma_view vma_view(struct guest *guest, gaddr_t vma);

/* mm->mmap, which must be sorted, and end. The areas with VM_AGENT, which are
 * the agent's own, are left out of vmas_of(); all_vmas() has them. */
struct vmas vmas_of(const struct proc *proc);
struct vmas all_vmas(const struct proc *proc);

/* The area that holds the address; .at is 0 if there is none. */
struct vma_view vma_at(const struct proc *proc, uaddr_t address);

/* "[0x40000000, 0x40002000) VM_READ | VM_WRITE" */
const char *vma_text(const struct vma_view *vma);
const char *vm_flags_text(uint32_t flags);

/* An area that is expected; flags 0: any. */
struct span {
    uaddr_t start, end;
    uint32_t flags;
};

/*
 * All of the areas must be exactly these, in this order. With `within`, only
 * those that meet [within->start, within->end) are looked at: for processes,
 * which have a stack, too.
 */
void expect_vmas(const struct proc *proc, const struct span *expected, size_t n,
                 const char *hint);
void expect_vmas_in(const struct proc *proc, const struct span *within,
                    const struct span *expected, size_t n, const char *hint);

/*
 * Everything that mmap.h says holds at all times: areas are whole pages, not
 * empty, below TASK_SIZE, sorted, without overlap; their vm_mm; mm_rb is a
 * red-black tree with the same areas by the same order; map_count, total_vm;
 * mmap_cache is one of them or NULL; page_prot belongs to the flags; no page
 * outside the areas is mapped; rss counts what is mapped, but reserved pages.
 */
void expect_sound(const struct proc *proc);

/* --- page tables --------------------------------------------------------- */

struct pte_view {
    gaddr_t entry; /* where the entry is; 0: its page table is missing */
    uint32_t raw;  /* the entry; 0: it is empty */
    bool present;  /* for the processor */
    bool hidden;   /* not, but there is a frame: PROT_NONE (_PAGE_PROTNONE) */
    bool writable, user, dirty, accessed;
    pfn_t pfn; /* of a present or hidden one, else NO_PAGE */
};

struct pte_view pte_view(const struct proc *proc, uaddr_t address);
const char *pte_text(const struct pte_view *view);

/* The frame that is mapped at an address, or NO_PAGE. */
pfn_t frame_of(const struct proc *proc, uaddr_t address);
pfn_t zero_frame(struct guest *guest); /* ZERO_PAGE */

/* How many pages of [address, address + npages pages) are mapped; and how many
 * page tables the user part has. */
size_t mapped_in(const struct proc *proc, uaddr_t address, size_t npages);
size_t page_tables(const struct proc *proc);

/* The page must be mapped, for users; its frame. */
pfn_t expect_mapped_page(const struct proc *proc, uaddr_t address,
                         const char *hint);
void expect_not_mapped(const struct proc *proc, uaddr_t address, size_t npages,
                       const char *hint);
/* The entry must be all zeros, or missing: not even a swap entry. */
void expect_empty(const struct proc *proc, uaddr_t address, const char *hint);
void expect_writable(const struct proc *proc, uaddr_t address,
                     const char *hint);
void expect_read_only(const struct proc *proc, uaddr_t address,
                      const char *hint);
void expect_zero_page(const struct proc *proc, uaddr_t address,
                      const char *hint);
void expect_dirty(const struct proc *proc, uaddr_t address, const char *hint);
void expect_same_frame(const struct proc *a, const struct proc *b,
                       uaddr_t address, const char *hint);
void expect_different_frame(const struct proc *a, const struct proc *b,
                            uaddr_t address, const char *hint);
/* Users of the frame that is mapped there: page->count. */
void expect_users(const struct proc *proc, uaddr_t address, int count,
                  const char *hint);
void expect_rss(const struct proc *proc, uint32_t npages, const char *hint);
void expect_total_vm(const struct proc *proc, uint32_t npages,
                     const char *hint);

/* --- contents, by the frames --------------------------------------------- */

/* Bytes at an address, which must be mapped. */
void frame_read(const struct proc *proc, uaddr_t address, void *to,
                size_t nbytes);
uint32_t frame_word(const struct proc *proc, uaddr_t address);
void expect_value(const struct proc *proc, uaddr_t address, uint32_t value,
                  const char *hint);
/* The whole page must be zeros. */
void expect_zeros(const struct proc *proc, uaddr_t address, const char *hint);

/* --- arranging page tables ----------------------------------------------- */

#define PTE_PRESENT  0x001u
#define PTE_WRITABLE 0x002u
#define PTE_USER     0x004u
#define PTE_ACCESSED 0x020u
#define PTE_DIRTY    0x040u
#define PTE_PROTNONE 0x080u

/* Where the entry for an address is; a missing page table is made by the given
 * pte_alloc(). */
gaddr_t pte_alloc(const struct proc *proc, uaddr_t address);

/* Sets an entry as it is, and flushes the TLB. Counts are the caller's. */
void set_entry(const struct proc *proc, uaddr_t address, uint32_t entry);

/*
 * Maps a fresh page (GFP_HIGHUSER) at the address with these PTE_* bits, and
 * counts it in rss; its frame. The page is not cleared.
 */
pfn_t map_fresh(const struct proc *proc, uaddr_t address, uint32_t bits);

/* Clears or sets one of the bits of an entry, as the kernel or the processor
 * would; flushes the TLB. */
void change_entry(const struct proc *proc, uaddr_t address, uint32_t clear,
                  uint32_t set);

/* --- swap entries (swap.h) ----------------------------------------------- */

/* The entry for a slot, from 1 on (slot 0's would be an empty one), below
 * SWAP_SLOTS. */
uint32_t swap_entry(unsigned slot);
/* The users of a slot of probe_vm.h's area, from RAM; and setting them. */
unsigned swap_users(struct guest *guest, unsigned slot);
void set_swap_users(struct guest *guest, unsigned slot, unsigned users);
/* Puts a swap entry in the page table, and one user more on the slot. */
void put_swap_entry(const struct proc *proc, uaddr_t address, unsigned slot);

/* --- nothing may be lost -------------------------------------------------- */

#define MAX_CACHES 64

/* What the kernel has, at a time when it is at rest. */
struct stock {
    uint32_t pages;      /* free ones and those in slabs */
    uint32_t swap_users; /* of all slots */
    size_t ntasks;
    size_t ncaches;
    struct {
        const char *name;
        uint32_t inuse; /* objects */
    } caches[MAX_CACHES];
};

struct stock stock_of(struct guest *guest);

/* Everything must be as it was: pages, objects of each cache, swap slots,
 * tasks. Objects of the general caches below 512 bytes are not compared: slabs
 * have their descriptors there. */
void expect_nothing_lost(struct guest *guest, const struct stock *before);

#endif

/*
 * The address space of a process. Linux include/linux/mm.h and sched.h.
 *
 * A process has a mm_struct. It lists the areas (VMAs) of the addresses that
 * the process may use, each with one protection and one origin, and it owns the
 * page tables, which say which pages of the areas are in memory now:
 *
 *     0x08048000  text                           MAP_PRIVATE of the program
 *                 data, bss
 *                 heap                           start_brk … brk
 *     0x40000000  TASK_UNMAPPED_BASE: mmap()     first fit from here
 *                 …
 *                 stack, grows down              VM_GROWSDOWN
 *     0xC0000000  TASK_SIZE = PAGE_OFFSET        the kernel: above it, the same
 *                                                in all processes
 *
 *     mm->mmap  -> vma -> vma -> vma -> NULL     by rising address, no two
 *     mm->mm_rb    the same as a tree            overlap
 *
 * An area says what is allowed, a page-table entry what is there: an entry may
 * be missing or allow less (then the page fault handler mends it), never more.
 */
#ifndef MM_H
#define MM_H

#include <list.h>
#include <mmzone.h>
#include <pgtable.h>
#include <rbtree.h>
#include <types.h>

struct file;
struct mm_struct;
struct pt_regs;
struct vm_area_struct;

#define TASK_SIZE          PAGE_OFFSET
#define TASK_UNMAPPED_BASE 0x40000000UL
#define USER_PTRS_PER_PGD  (TASK_SIZE / LARGE_PAGE_SIZE)
#define MAX_MAP_COUNT      4096 /* areas of one address space */

/* Protections and kinds of mmap(): Linux i386. */
#define PROT_NONE     0x0
#define PROT_READ     0x1
#define PROT_WRITE    0x2
#define PROT_EXEC     0x4
#define PROT_MASK     0x7
#define MAP_SHARED    0x01
#define MAP_PRIVATE   0x02
#define MAP_TYPE      0x0f /* one of the two above */
#define MAP_FIXED     0x10
#define MAP_ANONYMOUS 0x20

/*
 * vm_flags. The MAY bits say what mprotect() may turn on later: all three for
 * private and anonymous areas; not VM_MAYWRITE for a shared area of a file that
 * was not opened for writing.
 */
#define VM_READ      0x00000001UL
#define VM_WRITE     0x00000002UL
#define VM_EXEC      0x00000004UL
#define VM_SHARED    0x00000008UL
#define VM_MAYREAD   0x00000010UL
#define VM_MAYWRITE  0x00000020UL
#define VM_MAYEXEC   0x00000040UL
#define VM_MAYSHARE  0x00000080UL
#define VM_GROWSDOWN 0x00000100UL /* a stack */
#define VM_AGENT     0x00010000UL /* the user agent's own: given code maps it */
#define VM_ACCESS    (VM_READ | VM_WRITE | VM_EXEC)
#define VM_MAY       (VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC)

/* Of the heap, the stack, and what exec() makes without a file. */
#define VM_DATA_FLAGS (VM_ACCESS | VM_MAY)

/*
 * What whoever is behind an area does for it. NULL: nothing needs doing; an
 * area without nopage() is anonymous memory.
 */
struct vm_operations_struct {
    /* One area more, because one was copied (fork) or split. */
    void (*open)(struct vm_area_struct *vma);
    /* An area is going away. */
    void (*close)(struct vm_area_struct *vma);
    /*
     * The page of the area at `address` (which may lie within the page), with a
     * use counted for the caller. NOPAGE_SIGBUS if there is none, NOPAGE_OOM if
     * there is no memory for it. May sleep.
     */
    struct page *(*nopage)(struct vm_area_struct *vma, unsigned long address);
};

#define NOPAGE_SIGBUS ((struct page *)0)
#define NOPAGE_OOM    ((struct page *)-1)

/* An area: the addresses [vm_start, vm_end), whole pages, not empty. */
struct vm_area_struct {
    struct mm_struct *vm_mm;
    unsigned long vm_start, vm_end;
    struct vm_area_struct *vm_next; /* on mm->mmap */
    unsigned long vm_page_prot;     /* vm_get_page_prot(vm_flags) */
    unsigned long vm_flags;         /* VM_* */
    rb_node_t vm_rb;                /* in mm->mm_rb, sorted by address */
    struct vm_operations_struct *vm_ops;
    unsigned long vm_pgoff; /* of vm_start, in pages, within vm_file */
    struct file *vm_file;   /* NULL: of no file. Holds a use of it */
    void *vm_private_data;  /* vm_ops' */
};

struct mm_struct {
    struct vm_area_struct *mmap;       /* the areas, by rising address */
    rb_root_t mm_rb;                   /* the same */
    struct vm_area_struct *mmap_cache; /* what find_vma() found last, or NULL */
    pgd_t *pgd;                        /* page directory: one page */
    int mm_users;                      /* tasks, and others who look at it */
    int map_count;                     /* areas */
    unsigned long start_code, end_code, start_data, end_data;
    unsigned long start_brk, brk; /* the heap: [start_brk, brk), bytes */
    unsigned long start_stack;    /* where esp was when the program began */
    unsigned long arg_start, arg_end;
    unsigned long rss;      /* frames mapped by its page tables, but reserved */
    unsigned long total_vm; /* pages of all areas */
    struct list_head mmlist;    /* on init_mmlist */
    unsigned long swap_address; /* where swap_out() goes on */
};

/* Caches of both structures. Given, in kernel/mm.c. */
extern struct kmem_cache_s *vm_area_cachep;
extern struct kmem_cache_s *mm_cachep;

/* A page full of zeros, for reading. Reserved; given, in kernel/mm.c. */
extern struct page *zero_page;
#define ZERO_PAGE zero_page

/* --- address spaces as a whole: given, kernel/mm.c ----------------------- */

/*
 * A new address space: no areas, the kernel's part of the page directory
 * copied, mm_users 1. NULL without memory. May sleep.
 */
struct mm_struct *mm_alloc(void);

/* One user less; the last one's exit_mmap()s it and frees it. May sleep. */
void mmput(struct mm_struct *mm);

/* A copy of `from` for a child, made of copies of its areas. NULL without
 * memory; nothing has changed then. May sleep. */
struct mm_struct *dup_mm(struct mm_struct *from);

/*
 * The calling kernel task works in `mm` from here on: it becomes current->mm,
 * and the processor uses its page tables. NULL: in the kernel's own. For tests
 * and for exec().
 */
void use_mm(struct mm_struct *mm);

/* The processor uses the page tables of `next` from here on; NULL (a task of
 * the kernel's): those that it uses now will do. For the scheduler. */
void switch_mm(const struct mm_struct *next);

/* Makes the caches, and ZERO_PAGE. Once, before anything else here. */
void mm_caches_init(void);

/* --- page tables: given, kernel/mm.c ------------------------------------- */

/* The directory entry of `mm` for an address. */
static inline pgd_t *pgd_offset(const struct mm_struct *mm,
                                unsigned long address)
{
    return &mm->pgd[pgd_index(address)];
}

/*
 * The page-table entry for an address of the user part; a missing page table is
 * made. NULL without memory. May sleep if it is missing.
 */
pte_t *pte_alloc(struct mm_struct *mm, unsigned long address);

/* The same, or NULL if the page table is missing. Never sleeps. */
pte_t *pte_find(const struct mm_struct *mm, unsigned long address);

/*
 * The _PAGE_* bits of entries of an area with these flags. Those of a private
 * area never allow writing: do_wp_page() and do_no_page() give that. Those of
 * PROT_NONE are not present for the processor, but for pte_present().
 */
unsigned long vm_get_page_prot(unsigned long vm_flags);

static inline bool pte_write(pte_t entry)
{
    return entry.pte & _PAGE_RW;
}

static inline bool pte_dirty(pte_t entry)
{
    return entry.pte & _PAGE_DIRTY;
}

static inline bool pte_young(pte_t entry)
{
    return entry.pte & _PAGE_ACCESSED;
}

static inline pte_t pte_mkwrite(pte_t entry)
{
    return (pte_t){entry.pte | _PAGE_RW};
}

static inline pte_t pte_wrprotect(pte_t entry)
{
    return (pte_t){entry.pte & ~(unsigned long)_PAGE_RW};
}

static inline pte_t pte_mkdirty(pte_t entry)
{
    return (pte_t){entry.pte | _PAGE_DIRTY};
}

static inline pte_t pte_mkclean(pte_t entry)
{
    return (pte_t){entry.pte & ~(unsigned long)_PAGE_DIRTY};
}

static inline pte_t pte_mkyoung(pte_t entry)
{
    return (pte_t){entry.pte | _PAGE_ACCESSED};
}

static inline pte_t pte_mkold(pte_t entry)
{
    return (pte_t){entry.pte & ~(unsigned long)_PAGE_ACCESSED};
}

/* The same frame with the protection `protection`; accessed and dirty stay. */
static inline pte_t pte_modify(pte_t entry, unsigned long protection)
{
    return (pte_t){(entry.pte & (PAGE_MASK | _PAGE_ACCESSED | _PAGE_DIRTY)) |
                   protection};
}

/*
 * What the processor remembers of an address space is of interest only while
 * it is loaded. Each call costs: of one page (any address in it), of all.
 */
void flush_tlb_page(const struct vm_area_struct *vma, unsigned long address);
void flush_tlb_mm(const struct mm_struct *mm);

/* The page directory that the processor uses, from cr3. */
pgd_t *current_pgd(void);

/* --- frames of users' pages: given, kernel/mm.c -------------------------- */

/* Fill a frame, wherever it is, with zeros, or with another's contents. Any
 * context but an interrupt. */
void clear_user_highpage(struct page *page);
void copy_user_highpage(struct page *to, struct page *from);

/*
 * Notes that a page's contents are newer than what its file or swap slot has.
 * Any context.
 */
void set_page_dirty(struct page *page);

/*
 * Gives a shared area of anonymous memory an unnamed file of zeros, and a use
 * of it: vm_file and vm_ops. 0 or -ENOMEM. Given, in fs/shmem.c.
 */
int shmem_zero_setup(struct vm_area_struct *vma);

/* --- limits: resources of the current process ---------------------------- */

#define RLIMIT_DATA   2 /* bytes of data, bss and heap */
#define RLIMIT_STACK  3 /* bytes of stack */
#define RLIMIT_NOFILE 7 /* open files */
#define RLIMIT_AS     9 /* bytes of address space */
#define RLIM_NLIMITS  10
#define RLIM_INFINITY (~0UL)

/* current's limit, in the resource's unit. */
#define rlimit(resource) (current->rlim[resource])

#endif

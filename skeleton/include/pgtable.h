/*
 * Kernel address space above the direct map, page tables, the TLB.
 *
 *     PAGE_OFFSET    0xC0000000  direct map of up to 896 MB
 *     high_memory                where it ends; 8 MB of nothing: a wild
 *                                pointer beyond the direct map faults
 *     VMALLOC_START              vmalloc areas (vmalloc.h)
 *     VMALLOC_END                two pages of nothing
 *     PKMAP_BASE     0xFE000000  kmap()'s 1024 slots (highmem.h)
 *     FIXADDR_START              fixed mappings: fix_to_virt()
 *     FIXADDR_TOP    0xFFFFF000  one page of nothing
 *
 * Linux include/asm-i386/pgtable.h and fixmap.h.
 */
#ifndef PGTABLE_H
#define PGTABLE_H

#include <mmzone.h>
#include <page.h>

#define VMALLOC_OFFSET (8UL << 20)
#define VMALLOC_START  ((unsigned long)high_memory + VMALLOC_OFFSET)
#define VMALLOC_END    (PKMAP_BASE - 2 * PAGE_SIZE)

#define PKMAP_BASE     0xFE000000UL
#define LAST_PKMAP     1024 /* slots: one page table */
#define PKMAP_NR(va)   (((unsigned long)(va)-PKMAP_BASE) >> PAGE_SHIFT)
#define PKMAP_ADDR(nr) (PKMAP_BASE + ((unsigned long)(nr) << PAGE_SHIFT))

/*
 * Slots of kmap_atomic(): who may use which. Code that runs in a context never
 * needs more than these at a time.
 */
enum km_type {
    KM_BOUNCE_READ, /* copies to and from devices */
    KM_USER0,       /* a process, between two sleeps */
    KM_USER1,       /* its second page: copying one to the other */
    KM_IRQ0,        /* interrupt handlers */
    KM_IRQ1,
    KM_TYPE_NR,
};

/* Pages of fixed mappings, from FIXADDR_TOP downwards. */
enum fixed_addresses {
    FIX_HOLE, /* never mapped */
    FIX_LOCAL_APIC,
    FIX_KMAP_BEGIN,
    FIX_KMAP_END = FIX_KMAP_BEGIN + KM_TYPE_NR - 1,
    FIX_VIRTIO, /* the registers of the disks */
    NR_FIXED_ADDRESSES,
};

#define FIXADDR_TOP       0xFFFFF000UL
#define fix_to_virt(slot) (FIXADDR_TOP - ((unsigned long)(slot) << PAGE_SHIFT))
#define FIXADDR_START     fix_to_virt(NR_FIXED_ADDRESSES - 1)

/* The protection of kernel mappings. */
#define PAGE_KERNEL (_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED | _PAGE_DIRTY)

/* The same for devices' registers. */
#define PAGE_KERNEL_NOCACHE (PAGE_KERNEL | _PAGE_PCD)

/* A page-table entry that maps `page` with `protection` (_PAGE_*). */
static inline pte_t mk_pte(struct page *page, unsigned long protection)
{
    return (pte_t){page_to_pfn(page) << PAGE_SHIFT | protection};
}

static inline void set_pte(pte_t *entry, pte_t value)
{
    *(volatile unsigned long *)&entry->pte = value.pte;
}

static inline void pte_clear(pte_t *entry)
{
    set_pte(entry, (pte_t){0});
}

static inline bool pte_none(pte_t entry)
{
    return entry.pte == 0;
}

/* The entry has a frame, whether or not the processor may use it. */
static inline bool pte_present(pte_t entry)
{
    return entry.pte & (_PAGE_PRESENT | _PAGE_PROTNONE);
}

/* The page of a present entry. */
static inline struct page *pte_page(pte_t entry)
{
    return pfn_to_page(entry.pte >> PAGE_SHIFT);
}

static inline bool pgd_none(pgd_t entry)
{
    return entry.pgd == 0;
}

/* The kernel's page-directory entry for an address. */
static inline pgd_t *pgd_offset_k(unsigned long address)
{
    return &swapper_pg_dir[pgd_index(address)];
}

/* Lets a page-directory entry point to a page table in the direct map. */
static inline void pgd_populate(pgd_t *entry, pte_t *table)
{
    entry->pgd = __pa(table) | _PAGE_PRESENT | _PAGE_RW;
}

/*
 * The page-table entry for `address` in the table that a directory entry
 * points to. The directory entry is present and no 4 MB page.
 */
static inline pte_t *pte_offset(pgd_t *entry, unsigned long address)
{
    return (pte_t *)__va(entry->pgd & PAGE_MASK) + pte_index(address);
}

/*
 * The processor remembers translations. When a present entry is changed or
 * cleared, it must be told before anyone relies on the change: of one address,
 * or of everything.
 */
static inline void flush_tlb_one(unsigned long address)
{
    __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

static inline void flush_tlb_all(void)
{
    unsigned long cr3;

    __asm__ volatile("mov %%cr3, %0; mov %0, %%cr3" : "=r"(cr3) : : "memory");
}

/* Page table of kmap()'s slots, and the entry of kmap_atomic()'s first slot:
 * that of slot n is kmap_pte - n. Made by paging_init(). */
extern pte_t *pkmap_page_table;
extern pte_t *kmap_pte;

/* Maps a fixed address to a physical one. */
void set_fixmap(enum fixed_addresses slot, unsigned long pa,
                unsigned long protection);

/*
 * Builds swapper_pg_dir over the direct map, with empty page tables for
 * kmap()'s slots and the fixed mappings, and switches to it. Needs bootmem.
 * Kernel text and read-only data become read-only; the page below the first
 * task's stack becomes a guard.
 */
void paging_init(void);

#endif

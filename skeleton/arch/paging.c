/*
 * The kernel's page directory.
 *
 * The direct map uses 4 MB pages, which cost no page tables and few TLB
 * entries (Linux 2.4 does so, too, where the processor can). The first 4 MB
 * hold the kernel's image and use 4 KB pages, so that its text and constants
 * can be read-only and the first stack can have a guard page. So does a last
 * chunk that RAM does not fill.
 */
#include <pgtable.h>

#include <boot.h>
#include <bootmem.h>

pgd_t swapper_pg_dir[PTRS_PER_PGD] __attribute__((aligned(PAGE_SIZE)));

pte_t *pkmap_page_table;
pte_t *kmap_pte;

extern char init_stack_guard[];

/* The page-table entry of one direct-mapped page. */
static pte_t direct_pte(unsigned long pa)
{
    char *va = __va(pa);

    if (va == init_stack_guard)
        return (pte_t){0};
    if (va >= _text && va < _erodata)
        return (pte_t){pa | _PAGE_PRESENT};
    return (pte_t){pa | _PAGE_PRESENT | _PAGE_RW};
}

static pgd_t map_small(unsigned long start, unsigned long end)
{
    pte_t *table = alloc_bootmem_low(PAGE_SIZE);

    for (unsigned long pa = start; pa < end; pa += PAGE_SIZE)
        table[pte_index(pa)] = direct_pte(pa);
    return (pgd_t){__pa(table) | _PAGE_PRESENT | _PAGE_RW};
}

static pgd_t map_large(unsigned long start)
{
    return (pgd_t){start | _PAGE_PRESENT | _PAGE_RW | _PAGE_PSE};
}

/* An empty page table for the 4 MB of addresses around `address`. */
static pte_t *make_table(unsigned long address)
{
    pte_t *table = alloc_bootmem_low(PAGE_SIZE);

    pgd_populate(pgd_offset_k(address), table);
    return &table[pte_index(address)];
}

static pte_t *fixmap_pte(enum fixed_addresses slot)
{
    unsigned long address = fix_to_virt(slot);

    return pte_offset(pgd_offset_k(address), address);
}

void set_fixmap(enum fixed_addresses slot, unsigned long pa,
                unsigned long protection)
{
    set_pte(fixmap_pte(slot), (pte_t){pa | protection});
    flush_tlb_one(fix_to_virt(slot));
}

static void map_directly(unsigned long end)
{
    for (unsigned long pa = 0; pa < end; pa += LARGE_PAGE_SIZE) {
        pgd_t *entry = pgd_offset_k((unsigned long)__va(pa));

        if (pa == 0)
            *entry = map_small(0, LARGE_PAGE_SIZE);
        else if (end - pa < LARGE_PAGE_SIZE)
            *entry = map_small(pa, end);
        else
            *entry = map_large(pa);
    }
}

void paging_init(void)
{
    unsigned long end = max_low_pfn << PAGE_SHIFT;

    map_directly(end);
    pkmap_page_table = make_table(PKMAP_BASE);
    make_table(FIXADDR_START);
    kmap_pte = fixmap_pte(FIX_KMAP_BEGIN);
    __asm__ volatile("mov %0, %%cr3" : : "r"(__pa(swapper_pg_dir)) : "memory");
}

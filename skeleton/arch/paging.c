/*
 * The kernel's page directory.
 *
 * The direct map uses 4 MB pages, which cost no page tables and few TLB
 * entries (Linux 2.4 does so, too, where the processor can). The first 4 MB
 * hold the kernel's image and use 4 KB pages, so that its text and constants
 * can be read-only and the first stack can have a guard page. So does a last
 * chunk that RAM does not fill.
 */
#include <page.h>

#include <boot.h>
#include <bootmem.h>
#include <mmzone.h>

pgd_t swapper_pg_dir[PTRS_PER_PGD] __attribute__((aligned(PAGE_SIZE)));

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

void paging_init(void)
{
    unsigned long end = max_low_pfn << PAGE_SHIFT;

    for (unsigned long pa = 0; pa < end; pa += LARGE_PAGE_SIZE) {
        pgd_t *entry = &swapper_pg_dir[pgd_index(__va(pa))];

        if (pa == 0)
            *entry = map_small(0, LARGE_PAGE_SIZE);
        else if (end - pa < LARGE_PAGE_SIZE)
            *entry = map_small(pa, end);
        else
            *entry = map_large(pa);
    }
    swapper_pg_dir[pgd_index(DEVICES)] =
        (pgd_t){map_large(DEVICES).pgd | _PAGE_PCD};
    __asm__ volatile("mov %0, %%cr3" : : "r"(__pa(swapper_pg_dir)) : "memory");
}

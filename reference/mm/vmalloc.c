/*
 * Virtually contiguous memory: areas of kernel addresses, mapped page by page
 * to frames from anywhere.
 *
 *     vmlist -> | area, guard |      | area, guard |            by rising
 *               | 0 | 1 |  g  | free | 0 |    g    | free …     address
 *                 |   |                |
 *                 frames: wherever alloc_page() found one
 *
 * A guard page is addresses that are never mapped. Page tables are made when an
 * area first needs them and stay, since areas may share one.
 *
 * A frame that is unmapped is remembered on a list, by page->list, until the
 * TLB has been flushed: only then it goes back to the page allocator.
 *
 * The kernel is not preemptive, and no interrupt handler comes here, so there
 * is no lock. What may sleep is kmalloc(), alloc_page() and get_zeroed_page();
 * what was looked up before one of them is not relied on after it, page tables
 * aside, which stay.
 */
#include <vmalloc.h>

#include <errno.h>
#include <irq.h>
#include <kernel.h>
#include <page_alloc.h>
#include <slab.h>

static unsigned long area_start(const struct vm_struct *area)
{
    return (unsigned long)area->addr;
}

/* Where its pages end and its guard page begins. */
static unsigned long area_end(const struct vm_struct *area)
{
    return area_start(area) + area->size - PAGE_SIZE;
}

/*
 * Finds the lowest `size` free bytes (first fit). Returns the link at which the
 * new area goes onto vmlist and its address, or NULL.
 */
static struct vm_struct **find_place(unsigned long size, unsigned long *addr)
{
    struct vm_struct **link = &vmlist;
    unsigned long start = VMALLOC_START;

    while (*link != NULL && area_start(*link) - start < size) {
        start = area_start(*link) + (*link)->size;
        link = &(*link)->next;
    }
    if (*link == NULL && VMALLOC_END - start < size)
        return NULL;
    *addr = start;
    return link;
}

struct vm_struct *get_vm_area(unsigned long size, unsigned long flags)
{
    struct vm_struct *area;
    struct vm_struct **link;
    unsigned long addr;

    BUG_ON(in_interrupt());
    if (size == 0 || size > VMALLOC_END - VMALLOC_START)
        return NULL;
    size = PAGE_ALIGN(size) + PAGE_SIZE;
    area = kmalloc(sizeof(*area), GFP_KERNEL);
    if (area == NULL)
        return NULL;
    link = find_place(size, &addr);
    if (link == NULL) {
        kfree(area);
        return NULL;
    }
    *area = (struct vm_struct){
        .flags = flags,
        .addr = (void *)addr,
        .size = size,
        .next = *link,
    };
    *link = area;
    return area;
}

struct vm_struct *remove_vm_area(const void *addr)
{
    struct vm_struct **link = &vmlist;
    struct vm_struct *area;

    BUG_ON(in_interrupt());
    while (*link != NULL && (*link)->addr != addr)
        link = &(*link)->next;
    area = *link;
    if (area != NULL)
        *link = area->next;
    return area;
}

/* The entry for an address, or NULL if there is no page table. */
static pte_t *find_pte(unsigned long address)
{
    pgd_t *directory = pgd_offset_k(address);

    return pgd_none(*directory) ? NULL : pte_offset(directory, address);
}

/* The same, but a missing page table is made: NULL without memory. */
static pte_t *make_pte(unsigned long address)
{
    pgd_t *directory = pgd_offset_k(address);
    unsigned long table;

    if (pgd_none(*directory)) {
        table = get_zeroed_page(GFP_KERNEL);
        /* Somebody else may have made it while we slept. */
        if (pgd_none(*directory) && table != 0)
            pgd_populate(directory, (pte_t *)table);
        else
            free_page(table);
    }
    return find_pte(address);
}

static int map_one_page(unsigned long address, unsigned int gfp_mask)
{
    pte_t *entry = make_pte(address);
    struct page *page;

    if (entry == NULL)
        return -ENOMEM;
    page = alloc_page(gfp_mask);
    if (page == NULL)
        return -ENOMEM;
    set_pte(entry, mk_pte(page, PAGE_KERNEL));
    return 0;
}

int map_vm_area(struct vm_struct *area, unsigned int gfp_mask)
{
    unsigned long address;

    BUG_ON(in_interrupt());
    for (address = area_start(area); address < area_end(area);
         address += PAGE_SIZE) {
        if (map_one_page(address, gfp_mask) != 0) {
            unmap_vm_area(area);
            return -ENOMEM;
        }
    }
    return 0;
}

/* Clears the entry for an address; the page that it mapped goes onto a list. */
static void unmap_one_page(unsigned long address, struct list_head *pages)
{
    pte_t *entry = find_pte(address);

    if (entry == NULL || pte_none(*entry))
        return;
    list_add_tail(&pte_page(*entry)->list, pages);
    pte_clear(entry);
}

static void free_pages_on(struct list_head *pages)
{
    while (!list_empty(pages)) {
        struct page *page = list_entry(pages->next, struct page, list);

        list_del(&page->list);
        __free_page(page);
    }
}

void unmap_vm_area(struct vm_struct *area)
{
    LIST_HEAD(pages);
    unsigned long address;

    BUG_ON(in_interrupt());
    for (address = area_start(area); address < area_end(area);
         address += PAGE_SIZE)
        unmap_one_page(address, &pages);
    flush_tlb_all();
    free_pages_on(&pages);
}

void *__vmalloc(unsigned long size, unsigned int gfp_mask)
{
    struct vm_struct *area;

    BUG_ON(in_interrupt());
    if (size == 0 || (size - 1) >> PAGE_SHIFT >= max_mapnr)
        return NULL;
    area = get_vm_area(size, VM_ALLOC);
    if (area == NULL)
        return NULL;
    if (map_vm_area(area, gfp_mask) != 0) {
        kfree(remove_vm_area(area->addr));
        return NULL;
    }
    return area->addr;
}

void *vmalloc(unsigned long size)
{
    return __vmalloc(size, GFP_HIGHUSER);
}

/*
 * The area leaves vmlist before it is unmapped. Nothing sleeps in between, so
 * nobody can be given its addresses too early.
 */
void vfree(const void *addr)
{
    struct vm_struct *area;

    BUG_ON(in_interrupt());
    if (addr == NULL)
        return;
    area = remove_vm_area(addr);
    if (area == NULL) {
        printk("vfree: no area begins at %p\n", addr);
        return;
    }
    unmap_vm_area(area);
    kfree(area);
}

struct page *vmalloc_to_page(const void *addr)
{
    unsigned long address = (unsigned long)addr;
    const pte_t *entry;

    if (address < VMALLOC_START || address >= VMALLOC_END)
        return NULL;
    entry = find_pte(address);
    return entry != NULL && pte_present(*entry) ? pte_page(*entry) : NULL;
}

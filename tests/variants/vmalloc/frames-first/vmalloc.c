/*
 * Takes all frames and page tables first, and only then maps anything.
 *
 * So nothing that was mapped ever has to be undone: if memory runs out, the
 * frames taken so far, which wait on a list by page->list, simply go back. The
 * page tables are walked table by table, entry by entry, not address by
 * address.
 *
 * Areas are on vmlist only. A place is looked for in two passes: how low can it
 * be, and which area will be the one before it?
 */
#include <vmalloc.h>

#include <errno.h>
#include <irq.h>
#include <kernel.h>
#include <page_alloc.h>
#include <slab.h>

/* The area that covers any of [start, end), or NULL. */
static const struct vm_struct *area_in(unsigned long start, unsigned long end)
{
    const struct vm_struct *area = vmlist;

    while (area != NULL && (unsigned long)area->addr + area->size <= start)
        area = area->next;
    return area != NULL && (unsigned long)area->addr < end ? area : NULL;
}

/* Puts an area on vmlist, by its address. */
static void list_area(struct vm_struct *area)
{
    struct vm_struct *before = vmlist;

    if (before == NULL || before->addr > area->addr) {
        area->next = vmlist;
        vmlist = area;
        return;
    }
    while (before->next != NULL && before->next->addr < area->addr)
        before = before->next;
    area->next = before->next;
    before->next = area;
}

struct vm_struct *get_vm_area(unsigned long size, unsigned long flags)
{
    const struct vm_struct *obstacle;
    unsigned long start = VMALLOC_START;
    struct vm_struct *area;

    BUG_ON(in_interrupt());
    if (size == 0 || size > VMALLOC_END - VMALLOC_START - PAGE_SIZE)
        return NULL;
    area = kmalloc(sizeof(*area), GFP_KERNEL);
    if (area == NULL)
        return NULL;
    size = PAGE_ALIGN(size) + PAGE_SIZE;
    while ((obstacle = area_in(start, start + size)) != NULL)
        start = (unsigned long)obstacle->addr + obstacle->size;
    if (start + size > VMALLOC_END) {
        kfree(area);
        return NULL;
    }
    area->flags = flags;
    area->addr = (void *)start;
    area->size = size;
    list_area(area);
    return area;
}

struct vm_struct *remove_vm_area(const void *addr)
{
    struct vm_struct *before = NULL;

    BUG_ON(in_interrupt());
    for (struct vm_struct *area = vmlist; area != NULL; area = area->next) {
        if (area->addr == addr) {
            if (before == NULL)
                vmlist = area->next;
            else
                before->next = area->next;
            return area;
        }
        before = area;
    }
    return NULL;
}

/* What is done with the entry of each page, and the list of frames for it. */
typedef void (*entry_action_t)(pte_t *entry, struct list_head *frames);

/* Acts on the entries of [start, end) as far as they have page tables. */
static void walk(unsigned long start, unsigned long end, entry_action_t act,
                 struct list_head *frames)
{
    while (start < end) {
        unsigned long table_end = (start & ~(LARGE_PAGE_SIZE - 1)) +
                                  LARGE_PAGE_SIZE; /* of this page table */
        pgd_t *directory = pgd_offset_k(start);

        if (table_end > end)
            table_end = end;
        for (; !pgd_none(*directory) && start < table_end; start += PAGE_SIZE)
            act(pte_offset(directory, start), frames);
        start = table_end;
    }
}

static void map_next_frame(pte_t *entry, struct list_head *frames)
{
    struct list_head *first = frames->next;

    list_del(first);
    set_pte(entry, mk_pte(list_entry(first, struct page, list), PAGE_KERNEL));
}

static void unmap_frame(pte_t *entry, struct list_head *frames)
{
    if (pte_none(*entry))
        return;
    list_add(&pte_page(*entry)->list, frames);
    pte_clear(entry);
}

static void give_back(struct list_head *frames)
{
    struct list_head *at, *next;

    list_for_each_safe (at, next, frames) {
        list_del(at);
        __free_page(list_entry(at, struct page, list));
    }
}

static int take_frames(unsigned long npages, unsigned int gfp_mask,
                       struct list_head *frames)
{
    for (; npages > 0; npages--) {
        struct page *page = alloc_page(gfp_mask);

        if (page == NULL)
            return -ENOMEM;
        list_add(&page->list, frames);
    }
    return 0;
}

static int make_tables(unsigned long start, unsigned long end)
{
    start &= ~(LARGE_PAGE_SIZE - 1);
    for (; start < end; start += LARGE_PAGE_SIZE) {
        pgd_t *directory = pgd_offset_k(start);
        unsigned long table = 0;

        if (pgd_none(*directory) && (table = get_zeroed_page(GFP_KERNEL)) == 0)
            return -ENOMEM;
        if (pgd_none(*directory))
            pgd_populate(directory, (pte_t *)table);
        else
            free_page(table);
    }
    return 0;
}

int map_vm_area(struct vm_struct *area, unsigned int gfp_mask)
{
    unsigned long start = (unsigned long)area->addr;
    unsigned long end = start + area->size - PAGE_SIZE;
    LIST_HEAD(frames);
    int error;

    BUG_ON(in_interrupt());
    error = take_frames((end - start) >> PAGE_SHIFT, gfp_mask, &frames);
    if (error == 0)
        error = make_tables(start, end);
    if (error == 0)
        walk(start, end, map_next_frame, &frames);
    give_back(&frames);
    return error;
}

void unmap_vm_area(struct vm_struct *area)
{
    unsigned long start = (unsigned long)area->addr;
    LIST_HEAD(frames);

    BUG_ON(in_interrupt());
    walk(start, start + area->size - PAGE_SIZE, unmap_frame, &frames);
    flush_tlb_all();
    give_back(&frames);
}

void *__vmalloc(unsigned long size, unsigned int gfp_mask)
{
    struct vm_struct *area = NULL;

    BUG_ON(in_interrupt());
    if (size >> PAGE_SHIFT <= max_mapnr)
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

void vfree(const void *addr)
{
    struct vm_struct *area;

    BUG_ON(in_interrupt());
    if (addr == NULL)
        return;
    area = remove_vm_area(addr);
    if (area != NULL)
        unmap_vm_area(area);
    else
        printk("vfree of %p, which vmalloc did not give\n", addr);
    kfree(area);
}

struct page *vmalloc_to_page(const void *addr)
{
    unsigned long address = (unsigned long)addr;
    pgd_t *directory = pgd_offset_k(address);
    pte_t entry = {0};

    if (address < VMALLOC_START || address >= VMALLOC_END)
        return NULL;
    if (!pgd_none(*directory))
        entry = *pte_offset(directory, address);
    return pte_present(entry) ? pte_page(entry) : NULL;
}

/*
 * Each area knows how much room is behind it, and who is before it.
 *
 * An area is the first member of a node on a doubly linked list in the order of
 * addresses, which begins with a node that is no area:
 *
 *     origin <-> | area | room | <-> | area | <-> | area |   room …   |
 *
 * A new area is cut off the first room that is large enough; the room of one
 * that goes falls to the node before it. vmlist is the same areas, singly
 * linked.
 *
 * An entry that is unmapped keeps its frame number, without _PAGE_PRESENT,
 * until the TLB has been flushed: then a second walk frees the frames. Small
 * areas are flushed address by address.
 */
#include <vmalloc.h>

#include <errno.h>
#include <irq.h>
#include <kernel.h>
#include <page_alloc.h>
#include <slab.h>

#define FEW_PAGES 8

struct node {
    struct vm_struct area;
    unsigned long room; /* in bytes, to the next area or VMALLOC_END */
    struct node *before, *after;
};

static struct node origin;

static struct node *first_with_room(unsigned long size)
{
    struct node *node = &origin;

    if (origin.area.addr == NULL) {
        origin.area.addr = (void *)VMALLOC_START;
        origin.room = VMALLOC_END - VMALLOC_START;
    }
    while (node != NULL && node->room < size)
        node = node->after;
    return node;
}

/* The link of vmlist that leads to the area behind this node's. */
static struct vm_struct **link_behind(struct node *node)
{
    return node == &origin ? &vmlist : &node->area.next;
}

static void insert_behind(struct node *before, struct node *node)
{
    struct vm_struct **link = link_behind(before);

    node->area.addr = (char *)before->area.addr + before->area.size;
    node->room = before->room - node->area.size;
    before->room = 0;
    node->before = before;
    node->after = before->after;
    if (node->after != NULL)
        node->after->before = node;
    before->after = node;
    node->area.next = *link;
    *link = &node->area;
}

struct vm_struct *get_vm_area(unsigned long size, unsigned long flags)
{
    unsigned long npages = (size >> PAGE_SHIFT) + (size % PAGE_SIZE != 0);
    struct node *node, *before;

    BUG_ON(in_interrupt());
    if (npages == 0 || npages >= (VMALLOC_END - VMALLOC_START) >> PAGE_SHIFT)
        return NULL;
    node = kmalloc(sizeof(*node), GFP_KERNEL);
    if (node == NULL)
        return NULL;
    node->area.flags = flags;
    node->area.size = (npages + 1) << PAGE_SHIFT;
    before = first_with_room(node->area.size);
    if (before == NULL) {
        kfree(node);
        return NULL;
    }
    insert_behind(before, node);
    return &node->area;
}

struct vm_struct *remove_vm_area(const void *addr)
{
    struct node *node = origin.after;

    BUG_ON(in_interrupt());
    while (node != NULL && node->area.addr != addr)
        node = node->after;
    if (node == NULL)
        return NULL;
    *link_behind(node->before) = node->area.next;
    node->before->room += node->area.size + node->room;
    node->before->after = node->after;
    if (node->after != NULL)
        node->after->before = node->before;
    return &node->area;
}

static pte_t *look_up(unsigned long address)
{
    pgd_t *directory = pgd_offset_k(address);

    return pgd_none(*directory) ? NULL : pte_offset(directory, address);
}

/* Makes the page tables of an area that are missing. */
static int make_tables(unsigned long start, unsigned long end)
{
    for (unsigned long index = pgd_index(start); index <= pgd_index(end - 1);
         index++) {
        unsigned long table;

        if (!pgd_none(swapper_pg_dir[index]))
            continue;
        table = get_zeroed_page(GFP_KERNEL);
        if (table == 0)
            return -ENOMEM;
        if (pgd_none(swapper_pg_dir[index]))
            pgd_populate(&swapper_pg_dir[index], (pte_t *)table);
        else
            free_page(table);
    }
    return 0;
}

int map_vm_area(struct vm_struct *area, unsigned int gfp_mask)
{
    unsigned long start = (unsigned long)area->addr;
    unsigned long end = start + area->size - PAGE_SIZE;

    BUG_ON(in_interrupt());
    if (make_tables(start, end) != 0)
        return -ENOMEM;
    for (unsigned long address = start; address < end; address += PAGE_SIZE) {
        struct page *page = alloc_page(gfp_mask);

        if (page == NULL) {
            unmap_vm_area(area);
            return -ENOMEM;
        }
        set_pte(look_up(address), mk_pte(page, PAGE_KERNEL));
    }
    return 0;
}

static void for_each_entry(unsigned long start, unsigned long end,
                           void (*act)(pte_t *entry))
{
    for (unsigned long address = start; address < end; address += PAGE_SIZE) {
        pte_t *entry = look_up(address);

        if (entry != NULL && !pte_none(*entry))
            act(entry);
    }
}

static void hide(pte_t *entry)
{
    set_pte(entry, (pte_t){entry->pte & ~(unsigned long)_PAGE_PRESENT});
}

static void give_back(pte_t *entry)
{
    struct page *page = pte_page(*entry);

    pte_clear(entry);
    __free_page(page);
}

static void flush_range(unsigned long start, unsigned long end)
{
    if (end - start > FEW_PAGES * PAGE_SIZE) {
        flush_tlb_all();
        return;
    }
    for (unsigned long address = start; address < end; address += PAGE_SIZE)
        flush_tlb_one(address);
}

void unmap_vm_area(struct vm_struct *area)
{
    unsigned long start = (unsigned long)area->addr;
    unsigned long end = start + area->size - PAGE_SIZE;

    BUG_ON(in_interrupt());
    for_each_entry(start, end, hide);
    flush_range(start, end);
    for_each_entry(start, end, give_back);
}

void *__vmalloc(unsigned long size, unsigned int gfp_mask)
{
    struct vm_struct *area;

    BUG_ON(in_interrupt());
    if (size >> PAGE_SHIFT > max_mapnr)
        return NULL;
    area = get_vm_area(size, VM_ALLOC);
    if (area == NULL)
        return NULL;
    if (map_vm_area(area, gfp_mask) == 0)
        return area->addr;
    remove_vm_area(area->addr);
    kfree(area);
    return NULL;
}

void *vmalloc(unsigned long size)
{
    return __vmalloc(size, GFP_HIGHUSER);
}

/* Unmaps first: the area is found on vmlist, and leaves it at the end. */
void vfree(const void *addr)
{
    struct vm_struct *area = vmlist;

    BUG_ON(in_interrupt());
    if (addr == NULL)
        return;
    while (area != NULL && area->addr != addr)
        area = area->next;
    if (area == NULL) {
        printk("vfree: bad address %p\n", addr);
        return;
    }
    unmap_vm_area(area);
    kfree(remove_vm_area(addr));
}

struct page *vmalloc_to_page(const void *addr)
{
    unsigned long address = (unsigned long)addr;
    const pte_t *entry;

    if (address < VMALLOC_START || address >= VMALLOC_END)
        return NULL;
    entry = look_up(address);
    if (entry == NULL || !pte_present(*entry))
        return NULL;
    return pte_page(*entry);
}

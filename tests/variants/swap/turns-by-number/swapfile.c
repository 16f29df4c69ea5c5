/*
 * swap_list is only sorted by priority: whose turn it is follows from numbers.
 * swapoff() goes through the page tables, not through the slots.
 */
#include <swap.h>

#include <errno.h>
#include <highmem.h>
#include <irq.h>
#include <kernel.h>
#include <page_alloc.h>
#include <sched.h>
#include <string.h>
#include <vmalloc.h>

/* When each area gave a slot last. */
static unsigned long given[MAX_SWAPFILES], ngiven;

/* --- slots ---------------------------------------------------------------- */

/* Puts the area onto swap_list behind all of the same or a higher priority. */
static void list_area(struct swap_info_struct *area)
{
    struct list_head *at = swap_list.next;

    while (at != &swap_list &&
           list_entry(at, struct swap_info_struct, list)->prio >= area->prio)
        at = at->next;
    list_add_tail(&area->list, at);
}

/* Takes the next free slot of an area that has one. */
static unsigned long take_slot(struct swap_info_struct *area)
{
    unsigned long slot = area->next;

    while (area->swap_map[slot] != 0)
        slot = slot + 1 < area->max ? slot + 1 : 1;
    area->swap_map[slot] = 1;
    area->next = slot + 1 < area->max ? slot + 1 : 1;
    area->nr_free--;
    nr_swap_pages--;
    return slot;
}

/* Of the areas with the highest priority that has free slots, the one that has
 * waited longest. */
static struct swap_info_struct *whose_turn(void)
{
    struct swap_info_struct *best = NULL;

    for (int type = 0; type < MAX_SWAPFILES; type++) {
        struct swap_info_struct *area = &swap_info[type];

        if (!(area->flags & SWP_WRITEOK) || area->nr_free == 0)
            continue;
        if (best == NULL || area->prio > best->prio ||
            (area->prio == best->prio && given[type] < given[best - swap_info]))
            best = area;
    }
    return best;
}

swp_entry_t get_swap_page(void)
{
    swp_entry_t entry = {0};
    struct swap_info_struct *area;
    unsigned long flags;

    local_irq_save(flags);
    area = whose_turn();
    if (area != NULL) {
        entry = SWP_ENTRY(area - swap_info, take_slot(area));
        given[area - swap_info] = ++ngiven;
    }
    local_irq_restore(flags);
    return entry;
}

/* The slot's count, or NULL if there is no such slot, or nobody uses it. */
static unsigned short *users_of(swp_entry_t entry)
{
    const struct swap_info_struct *area = &swap_info[SWP_TYPE(entry)];
    unsigned short *users;

    if (SWP_TYPE(entry) >= MAX_SWAPFILES || area->swap_map == NULL ||
        SWP_OFFSET(entry) >= area->max)
        return NULL;
    users = &area->swap_map[SWP_OFFSET(entry)];
    return *users == 0 || *users == SWAP_MAP_BAD ? NULL : users;
}

int swap_duplicate(swp_entry_t entry)
{
    unsigned short *users;
    unsigned long flags;

    local_irq_save(flags);
    users = users_of(entry);
    if (users != NULL && *users < SWAP_MAP_MAX)
        ++*users;
    local_irq_restore(flags);
    return users != NULL;
}

static void drop_user(struct swap_info_struct *area, unsigned short *users)
{
    if (*users == SWAP_MAP_MAX || --*users > 0)
        return;
    area->nr_free++;
    if (area->flags & SWP_WRITEOK)
        nr_swap_pages++;
}

void swap_free(swp_entry_t entry)
{
    unsigned short *users;
    unsigned long flags;

    local_irq_save(flags);
    users = users_of(entry);
    if (users != NULL)
        drop_user(&swap_info[SWP_TYPE(entry)], users);
    local_irq_restore(flags);
    if (users == NULL)
        printk("swap_free: slot %08lx has no users\n", entry.val);
}

/* --- swapon --------------------------------------------------------------- */

static struct swap_info_struct *find_area(const struct block_device *bdev)
{
    for (int type = 0; type < MAX_SWAPFILES; type++)
        if ((swap_info[type].flags & SWP_USED) && swap_info[type].bdev == bdev)
            return &swap_info[type];
    return NULL;
}

static struct swap_info_struct *unused_area(void)
{
    for (int type = 0; type < MAX_SWAPFILES; type++)
        if (swap_info[type].flags == 0)
            return &swap_info[type];
    return NULL;
}

static bool header_is_good(const struct swap_header *header,
                           unsigned long npages)
{
    if (memcmp(header->magic, SWAP_MAGIC, SWAP_MAGIC_BYTES) != 0 ||
        header->version != SWAP_VERSION || header->last_page == 0 ||
        header->last_page >= npages || header->nr_badpages > MAX_BADPAGES)
        return false;
    for (uint32_t i = 0; i < header->nr_badpages; i++)
        if (header->badpages[i] == 0 || header->badpages[i] > header->last_page)
            return false;
    return true;
}

/* Makes the map of slots by the header. */
static int fill_area(struct swap_info_struct *area,
                     const struct swap_header *header)
{
    area->max = header->last_page + 1UL;
    area->swap_map = vmalloc(area->max * sizeof(area->swap_map[0]));
    if (area->swap_map == NULL || swap_cache_init(area) != 0)
        return -ENOMEM;
    memset(area->swap_map, 0, area->max * sizeof(area->swap_map[0]));
    area->swap_map[0] = SWAP_MAP_BAD;
    for (uint32_t i = 0; i < header->nr_badpages; i++)
        area->swap_map[header->badpages[i]] = SWAP_MAP_BAD;
    area->nr_free = 0;
    for (unsigned long slot = 0; slot < area->max; slot++)
        area->nr_free += area->swap_map[slot] == 0;
    area->next = 1;
    return 0;
}

/* Reads the area's first page and sets the area up by it. */
static int read_area(struct swap_info_struct *area)
{
    struct page *page = alloc_page(GFP_KERNEL);
    int error;

    if (page == NULL)
        return -ENOMEM;
    error = swap_device_rw(area->bdev, 0, page, false);
    if (error == 0) {
        const struct swap_header *header = lowmem_page_address(page);

        error = header_is_good(header, swap_device_pages(area->bdev))
                    ? fill_area(area, header)
                    : -EINVAL;
    }
    __free_page(page);
    return error;
}

static void drop_area(struct swap_info_struct *area)
{
    swap_cache_exit(area);
    vfree(area->swap_map);
    memset(area, 0, sizeof(*area));
}

static int priority_of(int flags)
{
    static int least_priority;

    if (flags & SWAP_FLAG_PREFER)
        return flags & SWAP_FLAG_PRIO_MASK;
    return --least_priority;
}

static void open_area(struct swap_info_struct *area)
{
    area->flags |= SWP_WRITEOK;
    list_area(area);
    nr_swap_pages += area->nr_free;
    total_swap_pages += area->max - 1;
}

static void close_area(struct swap_info_struct *area)
{
    list_del(&area->list);
    area->flags &= ~SWP_WRITEOK;
    nr_swap_pages -= area->nr_free;
    total_swap_pages -= area->max - 1;
}

long sys_swapon(const char *path, int flags)
{
    struct block_device *bdev;
    struct swap_info_struct *area;
    int error = swap_open_device(path, &bdev);

    if (error != 0)
        return error;
    if (find_area(bdev) != NULL)
        return -EBUSY;
    area = unused_area();
    if (area == NULL)
        return -EPERM;
    area->flags = SWP_USED;
    area->bdev = bdev;
    error = read_area(area);
    if (error != 0) {
        drop_area(area);
        return error;
    }
    area->prio = priority_of(flags);
    open_area(area);
    return 0;
}

/* --- swapoff -------------------------------------------------------------- */

/* Puts the page into every entry of the area that names its slot. */
static void unuse_area(struct vm_area_struct *vma, struct page *page)
{
    swp_entry_t slot = {page->index};
    unsigned long address = vma->vm_start;

    while (address < vma->vm_end) {
        pte_t *pte = pte_find(vma->vm_mm, address);

        if (pte != NULL && pte->pte == slot.val) {
            get_page(page);
            set_pte(pte, pte_mkdirty(mk_pte(page, vma->vm_page_prot)));
            vma->vm_mm->rss++;
            swap_free(slot);
        }
        address += PAGE_SIZE;
        if (pte == NULL)
            address = ((address - 1) | (LARGE_PAGE_SIZE - 1)) + 1;
    }
}

static void unuse_everywhere(struct page *page)
{
    struct list_head *at;

    list_for_each (at, &init_mmlist) {
        const struct mm_struct *mm = list_entry(at, struct mm_struct, mmlist);

        for (struct vm_area_struct *vma = mm->mmap; vma != NULL;
             vma = vma->vm_next)
            unuse_area(vma, page);
    }
}

/* Brings in one slot's page, and frees the slot. */
static int empty_slot(swp_entry_t slot)
{
    struct page *page;
    int error = read_swap_cache(slot, &page, NULL);

    if (error != 0)
        return error == -EINVAL ? 0 : error; /* -EINVAL: it is free by now */
    unuse_everywhere(page);
    if (PageSwapCache(page) && page->index == slot.val)
        delete_from_swap_cache(page);
    __free_page(page);
    return 0;
}

/* An entry of the area in any page table; 0: there is none. */
static swp_entry_t find_entry(const struct vm_area_struct *vma,
                              unsigned int type)
{
    for (unsigned long address = vma->vm_start; address < vma->vm_end;
         address += PAGE_SIZE) {
        const pte_t *pte = pte_find(vma->vm_mm, address);

        if (pte == NULL)
            address |= LARGE_PAGE_SIZE - PAGE_SIZE;
        else if (!pte_none(*pte) && !pte_present(*pte) &&
                 SWP_TYPE(pte_to_swp_entry(*pte)) == type)
            return pte_to_swp_entry(*pte);
    }
    return (swp_entry_t){0};
}

static swp_entry_t find_any_entry(unsigned int type)
{
    swp_entry_t entry = {0};
    struct list_head *at;

    list_for_each (at, &init_mmlist) {
        const struct mm_struct *mm = list_entry(at, struct mm_struct, mmlist);

        for (struct vm_area_struct *vma = mm->mmap;
             vma != NULL && entry.val == 0; vma = vma->vm_next)
            entry = find_entry(vma, type);
    }
    return entry;
}

/* What is in the cache alone is left to the end. */
static int empty_area(struct swap_info_struct *area)
{
    unsigned int type = area - swap_info;
    swp_entry_t entry;
    int error = 0;

    while (error == 0 && (entry = find_any_entry(type)).val != 0)
        error = empty_slot(entry);
    for (unsigned long slot = 1; error == 0 && slot < area->max; slot++) {
        struct page *page = lookup_swap_cache(SWP_ENTRY(type, slot));

        if (page == NULL)
            continue;
        delete_from_swap_cache(page);
        __free_page(page);
    }
    return error;
}

long sys_swapoff(const char *path)
{
    struct block_device *bdev;
    struct swap_info_struct *area;
    int error = swap_open_device(path, &bdev);

    if (error != 0)
        return error;
    area = find_area(bdev);
    if (area == NULL || !(area->flags & SWP_WRITEOK))
        return -EINVAL;
    close_area(area);
    error = empty_area(area);
    if (error != 0) {
        open_area(area);
        return error;
    }
    drop_area(area);
    return 0;
}

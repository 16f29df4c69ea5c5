/*
 * Dirty pages are collected first, and then written one after the other: what
 * is used meanwhile stays.
 */
#include <swap.h>

#include <irq.h>
#include <kernel.h>
#include <page_alloc.h>
#include <sched.h>
#include <wait.h>

DECLARE_WAIT_QUEUE_HEAD(kswapd_wait);

/* --- from page tables to the swap cache ----------------------------------- */

static bool may_go(const struct vm_area_struct *vma, const struct page *page)
{
    return !(vma->vm_flags & (VM_SHARED | VM_AGENT)) && !PageReserved(page) &&
           page->mapping == NULL;
}

/* Gives the page a slot. False if there is none. */
static bool enter_swap_cache(struct page *page)
{
    swp_entry_t entry = get_swap_page();

    if (entry.val == 0)
        return false;
    add_to_swap_cache(page, entry);
    SetPageDirty(page);
    return true;
}

int try_to_swap_out(struct mm_struct *mm, struct vm_area_struct *vma,
                    unsigned long address, pte_t *pte)
{
    pte_t entry = *pte;
    struct page *page = pte_page(entry);
    swp_entry_t slot;

    if (!may_go(vma, page))
        return 0;
    if (pte_young(entry)) {
        set_pte(pte, pte_mkold(entry));
        flush_tlb_page(vma, address);
        return 0;
    }
    if (!PageSwapCache(page) && !enter_swap_cache(page))
        return 0;
    if (pte_dirty(entry))
        SetPageDirty(page);
    slot = (swp_entry_t){page->index};
    swap_duplicate(slot);
    set_pte(pte, swp_entry_to_pte(slot));
    flush_tlb_page(vma, address);
    mm->rss--;
    deactivate_page(page);
    __free_page(page);
    return 1;
}

/* n divided by 2^priority, and at least one. */
static unsigned long share_of(unsigned long n, unsigned int priority)
{
    return n >> priority > 0 ? n >> priority : 1;
}

/* What is left to be looked at, and what came of it. */
struct scan {
    unsigned long budget;
    int swapped;
};

static bool is_over(const struct scan *scan)
{
    return scan->budget == 0 || scan->swapped >= SWAP_CLUSTER_MAX;
}

/* Looks at entries of [address, end) of one area. Where it stopped. */
static unsigned long scan_area(struct vm_area_struct *vma,
                               unsigned long address, struct scan *scan)
{
    while (address < vma->vm_end && !is_over(scan)) {
        pte_t *pte = pte_find(vma->vm_mm, address);

        if (pte == NULL) {
            address = (address & ~(LARGE_PAGE_SIZE - 1)) + LARGE_PAGE_SIZE;
            continue;
        }
        if (pte_present(*pte)) {
            scan->budget--;
            scan->swapped += try_to_swap_out(vma->vm_mm, vma, address, pte);
        }
        address += PAGE_SIZE;
    }
    return address;
}

/* From mm->swap_address to the end, or until it is over. */
static void scan_areas(struct mm_struct *mm, struct scan *scan)
{
    for (struct vm_area_struct *vma = mm->mmap; vma != NULL;
         vma = vma->vm_next) {
        unsigned long from = mm->swap_address;

        if (vma->vm_end <= from)
            continue;
        if (from < vma->vm_start)
            from = vma->vm_start;
        mm->swap_address = scan_area(vma, from, scan);
        if (is_over(scan))
            return;
    }
    mm->swap_address = 0;
}

/* The second round begins at the start, if there is something left to do. */
static int swap_out_mm(struct mm_struct *mm, unsigned long budget)
{
    struct scan scan = {.budget = budget};

    for (int round = 0; round < 2 && !is_over(&scan); round++)
        scan_areas(mm, &scan);
    return scan.swapped;
}

int swap_out(unsigned int priority)
{
    struct list_head *at;
    int swapped = 0;

    list_for_each (at, &init_mmlist) {
        struct mm_struct *mm = list_entry(at, struct mm_struct, mmlist);

        if (mm->rss > 0)
            swapped += swap_out_mm(mm, share_of(mm->rss, priority));
    }
    return swapped;
}

/* --- the lists ------------------------------------------------------------ */

static struct page *oldest(const struct list_head *list)
{
    return list_entry(list->prev, struct page, list);
}

/* Was the page used since it came to its list? Takes note that this was seen.
 */
static bool used_again(struct page *page)
{
    bool used = PageReferenced(page) || page_count(page) > 1;

    ClearPageReferenced(page);
    return used;
}

int refill_inactive(unsigned int priority)
{
    unsigned long budget = share_of(nr_active_pages, priority);
    int moved = 0;

    for (; budget > 0 && !list_empty(&active_list); budget--) {
        struct page *page = oldest(&active_list);

        if (used_again(page)) {
            activate_page(page);
        } else {
            deactivate_page(page);
            moved++;
        }
    }
    return moved;
}

/* Writes the page, holding a use of it meanwhile. True if it is clean now. */
static bool write_out(struct page *page)
{
    int error;

    ClearPageDirty(page);
    get_page(page);
    error = rw_swap_page(page, true);
    if (error != 0)
        SetPageDirty(page);
    free_page_and_swap_cache(page);
    return error == 0;
}

#define BATCH_PAGES 16

/* Pages that are to be written; a use of each is held. */
struct batch {
    int npages;
    struct page *pages[BATCH_PAGES];
};

/* One page of inactive_dirty_list: 1 if it is clean or free now. */
static int launder(struct page *page, struct batch *batch)
{
    if (used_again(page)) {
        activate_page(page);
        return 0;
    }
    if (swap_slot_is_orphan(page)) {
        delete_from_swap_cache(page);
        return 1;
    }
    if (PageDirty(page)) {
        activate_page(page);
        get_page(page);
        batch->pages[batch->npages++] = page;
        return 0;
    }
    page_is_clean(page);
    return 1;
}

/* Writes them. How many are clean, and used by nobody. */
static int write_batch(struct batch *batch)
{
    int laundered = 0;

    for (int i = 0; i < batch->npages; i++) {
        struct page *page = batch->pages[i];

        if (!PageSwapCache(page) || !write_out(page)) {
            free_page_and_swap_cache(page);
            continue;
        }
        if (PageSwapCache(page) && PageActive(page) && !PageDirty(page) &&
            !PageReferenced(page) && page_count(page) == 2 &&
            !swap_slot_is_orphan(page)) {
            page_is_clean(page);
            laundered++;
        }
        free_page_and_swap_cache(page);
    }
    batch->npages = 0;
    return laundered;
}

int page_launder(void)
{
    unsigned long budget = nr_inactive_dirty_pages;
    struct batch batch = {.npages = 0};
    int laundered = 0;

    for (; budget > 0 && !list_empty(&inactive_dirty_list); budget--) {
        laundered += launder(oldest(&inactive_dirty_list), &batch);
        if (batch.npages == BATCH_PAGES)
            laundered += write_batch(&batch);
    }
    return laundered + write_batch(&batch);
}

struct page *reclaim_page(zone_t *zone)
{
    while (!list_empty(&zone->inactive_clean_list)) {
        struct page *page = oldest(&zone->inactive_clean_list);

        if (used_again(page)) {
            activate_page(page);
        } else if (PageDirty(page)) {
            deactivate_page(page);
        } else {
            get_page(page);
            delete_from_swap_cache(page);
            return page;
        }
    }
    return NULL;
}

/* --- when ----------------------------------------------------------------- */

static int reclaim_all(void)
{
    int freed = 0;

    for (int i = 0; i < MAX_NR_ZONES; i++) {
        zone_t *zone = &contig_page_data.node_zones[i];
        struct page *page;

        while (freed < SWAP_CLUSTER_MAX &&
               (page = reclaim_page(zone)) != NULL) {
            __free_page(page);
            freed++;
        }
    }
    return freed;
}

int do_try_to_free_pages(void)
{
    int freed = 0;

    for (int priority = DEF_PRIORITY; priority >= 0; priority--) {
        refill_inactive(priority);
        swap_out(priority);
        page_launder();
        freed += reclaim_all();
        if (freed >= SWAP_CLUSTER_MAX)
            break;
    }
    return freed > 0;
}

static bool memory_is_short(void)
{
    for (int i = 0; i < MAX_NR_ZONES; i++) {
        const zone_t *zone = &contig_page_data.node_zones[i];

        if (zone->size > 0 && zone->free_pages < zone->pages_high)
            return true;
    }
    return false;
}

void kswapd(void *unused)
{
    (void)unused;
    current->flags |= PF_MEMALLOC;
    for (;;) {
        DECLARE_WAITQUEUE(wait, current);

        add_wait_queue(&kswapd_wait, &wait);
        set_current_state(TASK_UNINTERRUPTIBLE);
        schedule();
        remove_wait_queue(&kswapd_wait, &wait);
        while (memory_is_short() && do_try_to_free_pages())
            continue;
    }
}

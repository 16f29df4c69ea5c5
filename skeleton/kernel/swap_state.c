/*
 * The swap cache: pages that are in memory and have a slot. Each area has a
 * table of them by slot. Linux mm/swap_state.c, mm/page_io.c.
 */
#include <swap.h>

#include <errno.h>
#include <kernel.h>
#include <page_alloc.h>
#include <string.h>
#include <vmalloc.h>
#include <wait.h>

struct swap_info_struct swap_info[MAX_SWAPFILES];
LIST_HEAD(swap_list);
unsigned long nr_swap_pages, total_swap_pages;
unsigned long pswpin, pswpout;

/* Whoever waits for a page to be read sleeps here. */
static DECLARE_WAIT_QUEUE_HEAD(page_wait);

int swap_cache_init(struct swap_info_struct *area)
{
    size_t nbytes = area->max * sizeof(area->cache[0]);

    area->cache = vmalloc(nbytes);
    if (area->cache == NULL)
        return -ENOMEM;
    memset(area->cache, 0, nbytes);
    return 0;
}

void swap_cache_exit(struct swap_info_struct *area)
{
    vfree(area->cache);
    area->cache = NULL;
}

static swp_entry_t entry_of(const struct page *page)
{
    return (swp_entry_t){page->index};
}

/* Where the cache has the slot's page; NULL: there is no such slot. */
static struct page **place_of(swp_entry_t entry)
{
    struct swap_info_struct *area;

    if (SWP_TYPE(entry) >= MAX_SWAPFILES)
        return NULL;
    area = &swap_info[SWP_TYPE(entry)];
    if (area->cache == NULL || SWP_OFFSET(entry) >= area->max)
        return NULL;
    return &area->cache[SWP_OFFSET(entry)];
}

void add_to_swap_cache(struct page *page, swp_entry_t entry)
{
    struct page **place = place_of(entry);

    BUG_ON(place == NULL || *place != NULL || PageSwapCache(page));
    get_page(page);
    page->flags |= 1UL << PG_swap_cache;
    page->index = entry.val;
    *place = page;
}

void delete_from_swap_cache(struct page *page)
{
    swp_entry_t entry = entry_of(page);

    BUG_ON(!PageSwapCache(page));
    lru_cache_del(page);
    *place_of(entry) = NULL;
    page->flags &= ~(1UL << PG_swap_cache | 1UL << PG_dirty);
    ClearPageReferenced(page);
    swap_free(entry);
    __free_page(page);
}

struct page *lookup_swap_cache(swp_entry_t entry)
{
    struct page **place = place_of(entry);

    if (place == NULL || *place == NULL)
        return NULL;
    get_page(*place);
    return *place;
}

/* --- reading and writing -------------------------------------------------- */

int rw_swap_page(struct page *page, bool write)
{
    swp_entry_t entry = entry_of(page);

    if (write)
        pswpout++;
    else
        pswpin++;
    return swap_device_rw(swap_info[SWP_TYPE(entry)].bdev, SWP_OFFSET(entry),
                          page, write);
}

/* Reads the new page. What the disk did not give is no page of the cache. */
static int fill(struct page *page)
{
    int error;

    page->flags |= 1UL << PG_locked;
    error = rw_swap_page(page, false);
    page->flags &= ~(1UL << PG_locked);
    if (error != 0)
        delete_from_swap_cache(page);
    wake_up(&page_wait);
    return error;
}

/* Somebody else may have read the slot while alloc_page() slept. */
static int read_new(swp_entry_t entry, struct page **result)
{
    struct page *page = alloc_page(GFP_HIGHUSER);
    int error = -EINVAL;

    if (page == NULL)
        return -ENOMEM;
    *result = lookup_swap_cache(entry);
    if (*result == NULL && swap_duplicate(entry)) {
        add_to_swap_cache(page, entry);
        error = fill(page);
        if (error == 0) {
            activate_page(page);
            *result = page;
            return 0;
        }
    }
    __free_page(page);
    return *result != NULL ? 0 : error;
}

int read_swap_cache(swp_entry_t entry, struct page **result, bool *was_read)
{
    int error = 0;

    *result = lookup_swap_cache(entry);
    if (was_read != NULL)
        *was_read = *result == NULL;
    if (*result == NULL)
        error = read_new(entry, result);
    if (error != 0)
        return error;
    wait_event(page_wait, !PageLocked(*result));
    if (PageSwapCache(*result) && (*result)->index == entry.val)
        return 0;
    __free_page(*result); /* it could not be read, or is used otherwise now */
    *result = NULL;
    return -EIO;
}

/* --- who else uses it ----------------------------------------------------- */

bool swap_slot_is_orphan(const struct page *page)
{
    swp_entry_t entry = entry_of(page);

    return swap_info[SWP_TYPE(entry)].swap_map[SWP_OFFSET(entry)] == 1;
}

bool exclusive_swap_page(const struct page *page)
{
    return PageSwapCache(page) && page_count(page) == 2 &&
           swap_slot_is_orphan(page);
}

void free_page_and_swap_cache(struct page *page)
{
    if (exclusive_swap_page(page))
        delete_from_swap_cache(page);
    __free_page(page);
}

void free_swap_and_cache(swp_entry_t entry)
{
    struct page *page = lookup_swap_cache(entry);

    swap_free(entry);
    if (page != NULL)
        free_page_and_swap_cache(page);
}

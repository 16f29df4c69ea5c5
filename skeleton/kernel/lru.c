/* The lists of pages of the swap cache, by how soon they can go: swap.h. */
#include <swap.h>

#include <irq.h>

LIST_HEAD(active_list);
LIST_HEAD(inactive_dirty_list);
unsigned long nr_active_pages, nr_inactive_dirty_pages;

#define ON_A_LIST                                                              \
    (1UL << PG_active | 1UL << PG_inactive_dirty | 1UL << PG_inactive_clean)

void lru_cache_del(struct page *page)
{
    if (PageActive(page))
        nr_active_pages--;
    else if (PageInactiveDirty(page))
        nr_inactive_dirty_pages--;
    else if (PageInactiveClean(page))
        page->zone->inactive_clean_pages--;
    else
        return;
    page->flags &= ~ON_A_LIST;
    list_del_init(&page->list);
}

static void put(struct page *page, struct list_head *list, int flag,
                unsigned long *count)
{
    lru_cache_del(page);
    list_add(&page->list, list);
    page->flags |= 1UL << flag;
    ++*count;
}

void activate_page(struct page *page)
{
    put(page, &active_list, PG_active, &nr_active_pages);
}

void deactivate_page(struct page *page)
{
    put(page, &inactive_dirty_list, PG_inactive_dirty,
        &nr_inactive_dirty_pages);
}

void page_is_clean(struct page *page)
{
    put(page, &page->zone->inactive_clean_list, PG_inactive_clean,
        &page->zone->inactive_clean_pages);
}

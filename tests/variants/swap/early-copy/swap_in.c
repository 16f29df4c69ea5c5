/*
 * A write to a page that others need is copied before it is mapped, so that
 * nothing has changed if there is no memory for the copy.
 */
#include <swap.h>

#include <errno.h>
#include <page_alloc.h>

/* The entry takes over the caller's use of the page. */
static void map_page(struct mm_struct *mm, const struct vm_area_struct *vma,
                     pte_t *pte, struct page *page, bool writable)
{
    swp_entry_t slot = pte_to_swp_entry(*pte);
    pte_t entry = mk_pte(page, vma->vm_page_prot);

    if (writable)
        entry = pte_mkwrite(pte_mkdirty(entry));
    set_pte(pte, entry);
    mm->rss++;
    swap_free(slot);
}

/* Would the entry be the only user, but for the cache, once it is mapped? */
static bool is_exclusive(struct page *page, swp_entry_t slot)
{
    bool exclusive;

    swap_free(slot);
    exclusive = exclusive_swap_page(page);
    swap_duplicate(slot);
    return exclusive;
}

/* A frame of its own with what the page has. */
static enum vm_fault map_copy(struct mm_struct *mm,
                              const struct vm_area_struct *vma, pte_t *pte,
                              struct page *page)
{
    pte_t entry = *pte;
    struct page *copy = alloc_page(GFP_HIGHUSER);

    if (copy != NULL && pte->pte == entry.pte) {
        copy_user_highpage(copy, page);
        map_page(mm, vma, pte, copy, true);
        activate_page(page);
    } else if (copy != NULL) {
        __free_page(copy);
    }
    free_page_and_swap_cache(page);
    return copy == NULL ? VM_FAULT_OOM : VM_FAULT_MINOR;
}

static enum vm_fault map_for_write(struct mm_struct *mm,
                                   const struct vm_area_struct *vma, pte_t *pte,
                                   struct page *page)
{
    if (!is_exclusive(page, pte_to_swp_entry(*pte)))
        return map_copy(mm, vma, pte, page);
    map_page(mm, vma, pte, page, true);
    delete_from_swap_cache(page);
    return VM_FAULT_MINOR;
}

enum vm_fault do_swap_page(struct mm_struct *mm, struct vm_area_struct *vma,
                           unsigned long address, pte_t *pte, pte_t entry,
                           bool write_access)
{
    struct page *page;
    bool was_read;
    int error = read_swap_cache(pte_to_swp_entry(entry), &page, &was_read);

    (void)address;
    if (pte->pte != entry.pte) {
        if (error == 0)
            free_page_and_swap_cache(page);
        return VM_FAULT_MINOR; /* somebody was faster: look again */
    }
    if (error != 0)
        return error == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
    if (write_access) {
        if (map_for_write(mm, vma, pte, page) == VM_FAULT_OOM)
            return VM_FAULT_OOM;
    } else {
        map_page(mm, vma, pte, page, false);
        activate_page(page);
    }
    return was_read ? VM_FAULT_MAJOR : VM_FAULT_MINOR;
}

/*
 * Bringing a swapped page back.
 *
 * The page is looked for in the swap cache first: it may not have left memory
 * yet, or somebody who shares it may have brought it back already. Either way
 * all who share it map one frame, read-only, until they write.
 */
#include <swap.h>

#include <cow.h>
#include <errno.h>
#include <page_alloc.h>

/* The entry takes over the caller's use of the page. */
static void map_page(struct mm_struct *mm, const struct vm_area_struct *vma,
                     pte_t *pte, struct page *page)
{
    swp_entry_t slot = pte_to_swp_entry(*pte);

    set_pte(pte, mk_pte(page, vma->vm_page_prot));
    mm->rss++;
    swap_free(slot);
    activate_page(page);
}

static enum vm_fault make_writable(struct mm_struct *mm,
                                   struct vm_area_struct *vma,
                                   unsigned long address, pte_t *pte)
{
    struct page *page = pte_page(*pte);

    if (exclusive_swap_page(page))
        delete_from_swap_cache(page);
    return do_wp_page(mm, vma, address, pte, *pte);
}

enum vm_fault do_swap_page(struct mm_struct *mm, struct vm_area_struct *vma,
                           unsigned long address, pte_t *pte, pte_t entry,
                           bool write_access)
{
    struct page *page;
    bool was_read;
    int error = read_swap_cache(pte_to_swp_entry(entry), &page, &was_read);

    if (pte->pte != entry.pte) {
        if (error == 0)
            free_page_and_swap_cache(page);
        return VM_FAULT_MINOR; /* somebody was faster: look again */
    }
    if (error != 0)
        return error == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
    map_page(mm, vma, pte, page);
    if (write_access && make_writable(mm, vma, address, pte) == VM_FAULT_OOM)
        return VM_FAULT_OOM;
    return was_read ? VM_FAULT_MAJOR : VM_FAULT_MINOR;
}

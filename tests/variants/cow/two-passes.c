/* Zapping goes over the page tables twice: it takes the frames out of reach,
 * flushes the TLB once, and gives them back. No list of frames is needed. */
#include <cow.h>

#include <errno.h>
#include <page_alloc.h>
#include <swap.h>

/* Not present, but not empty, and neither a swap entry's bits: a frame that
 * waits for the flush. */
#define WAITING 0x200UL

static pte_t copy_of_entry(const struct vm_area_struct *vma, pte_t *source)
{
    if (vma->vm_flags & VM_SHARED)
        return pte_mkold(pte_mkclean(*source));
    if (pte_write(*source))
        set_pte(source, pte_wrprotect(*source));
    return pte_mkold(*source);
}

static int copy_entry(struct mm_struct *dst, const struct vm_area_struct *vma,
                      pte_t *source, unsigned long address)
{
    pte_t *target = pte_alloc(dst, address);

    if (target == NULL)
        return -ENOMEM;
    if (!pte_present(*source)) {
        swap_duplicate(pte_to_swp_entry(*source));
        set_pte(target, *source);
        return 0;
    }
    set_pte(target, copy_of_entry(vma, source));
    if (!PageReserved(pte_page(*target))) {
        get_page(pte_page(*target));
        dst->rss++;
    }
    return 0;
}

int copy_page_range(struct mm_struct *dst, struct mm_struct *src,
                    struct vm_area_struct *vma)
{
    unsigned long address = vma->vm_start;
    int error = 0;

    while (address < vma->vm_end && error == 0) {
        pte_t *source = pte_find(src, address);

        if (source == NULL) {
            address = (address | (LARGE_PAGE_SIZE - 1)) + 1;
            continue;
        }
        if (!pte_none(*source))
            error = copy_entry(dst, vma, source, address);
        address += PAGE_SIZE;
    }
    flush_tlb_mm(src);
    return error;
}

enum vm_fault do_wp_page(struct mm_struct *mm, struct vm_area_struct *vma,
                         unsigned long address, pte_t *pte, pte_t entry)
{
    struct page *old = pte_page(entry), *copy;
    bool reserved = PageReserved(old);

    if ((vma->vm_flags & VM_SHARED) || (!reserved && page_count(old) == 1)) {
        set_pte(pte, pte_mkwrite(pte_mkdirty(pte_mkyoung(entry))));
        flush_tlb_page(vma, address);
        return VM_FAULT_MINOR;
    }
    copy = alloc_page(GFP_HIGHUSER);
    if (copy == NULL)
        return VM_FAULT_OOM;
    if (pte->pte != entry.pte) {
        __free_page(copy);
        return VM_FAULT_MINOR;
    }
    copy_user_highpage(copy, old);
    entry = pte_mkyoung(pte_mkdirty(mk_pte(copy, vma->vm_page_prot)));
    set_pte(pte, pte_mkwrite(entry));
    flush_tlb_page(vma, address);
    if (reserved)
        mm->rss++;
    else
        free_page_and_swap_cache(old);
    return VM_FAULT_MINOR;
}

static void take_out(struct mm_struct *mm, pte_t *pte)
{
    pte_t entry = *pte;

    if (!pte_present(entry)) {
        pte_clear(pte);
        free_swap_and_cache(pte_to_swp_entry(entry));
    } else if (PageReserved(pte_page(entry))) {
        pte_clear(pte);
    } else {
        mm->rss--;
        set_pte(pte,
                (pte_t){(entry.pte & (PAGE_MASK | _PAGE_DIRTY)) | WAITING});
    }
}

static void give_back(struct mm_struct *mm, pte_t *pte)
{
    struct page *page = pte_page(*pte);

    (void)mm;
    if (pte_dirty(*pte))
        set_page_dirty(page);
    pte_clear(pte);
    free_page_and_swap_cache(page);
}

static void for_each_entry(struct mm_struct *mm, unsigned long address,
                           unsigned long end,
                           void (*act)(struct mm_struct *mm, pte_t *pte))
{
    while (address < end) {
        pte_t *pte = pte_find(mm, address);

        if (pte == NULL) {
            address = (address | (LARGE_PAGE_SIZE - 1)) + 1;
            continue;
        }
        if (!pte_none(*pte))
            act(mm, pte);
        address += PAGE_SIZE;
    }
}

void zap_page_range(struct mm_struct *mm, unsigned long address,
                    unsigned long size)
{
    for_each_entry(mm, address, address + size, take_out);
    flush_tlb_mm(mm);
    for_each_entry(mm, address, address + size, give_back);
}

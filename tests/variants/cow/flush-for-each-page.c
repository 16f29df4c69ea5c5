/* Every entry that changes is flushed by itself, at once; frames are copied
 * with kmap(), and zapping gives each frame back before it goes on. */
#include <cow.h>

#include <errno.h>
#include <highmem.h>
#include <page_alloc.h>
#include <string.h>
#include <swap.h>

static bool is_counted(pte_t entry)
{
    return pte_present(entry) && !PageReserved(pte_page(entry));
}

/* The entry for the child. The parent's becomes read-only if need be. */
static pte_t share(struct vm_area_struct *vma, pte_t *source,
                   unsigned long address)
{
    pte_t entry = *source;

    if (!pte_present(entry))
        return entry;
    if (vma->vm_flags & VM_SHARED)
        return pte_mkclean(pte_mkold(entry));
    if ((vma->vm_flags & VM_MAYWRITE) && pte_write(entry)) {
        entry = pte_wrprotect(entry);
        set_pte(source, entry);
        flush_tlb_page(vma, address);
    }
    return pte_mkold(entry);
}

static int copy_one(struct mm_struct *dst, struct vm_area_struct *vma,
                    pte_t *source, unsigned long address)
{
    pte_t *target = pte_alloc(dst, address);

    if (target == NULL)
        return -ENOMEM;
    if (is_counted(*source)) {
        get_page(pte_page(*source));
        dst->rss++;
    } else if (!pte_present(*source)) {
        swap_duplicate(pte_to_swp_entry(*source));
    }
    set_pte(target, share(vma, source, address));
    return 0;
}

/* By the page directory: one entry of it is 4 MB. */
int copy_page_range(struct mm_struct *dst, struct mm_struct *src,
                    struct vm_area_struct *vma)
{
    unsigned long last = vma->vm_end - 1;

    for (unsigned long i = pgd_index(vma->vm_start); i <= pgd_index(last);
         i++) {
        unsigned long start = i * LARGE_PAGE_SIZE,
                      end = start + LARGE_PAGE_SIZE;

        if (pgd_none(src->pgd[i]))
            continue;
        if (start < vma->vm_start)
            start = vma->vm_start;
        if (end > vma->vm_end)
            end = vma->vm_end;
        for (; start < end; start += PAGE_SIZE) {
            pte_t *source = pte_offset(&src->pgd[i], start);

            if (!pte_none(*source) && copy_one(dst, vma, source, start) != 0)
                return -ENOMEM;
        }
    }
    return 0;
}

static void copy_contents(struct page *to, struct page *from)
{
    void *target = kmap(to), *source;

    if (from == ZERO_PAGE) {
        memset(target, 0, PAGE_SIZE);
    } else {
        source = kmap(from);
        memcpy(target, source, PAGE_SIZE);
        kunmap(from);
    }
    kunmap(to);
}

enum vm_fault do_wp_page(struct mm_struct *mm, struct vm_area_struct *vma,
                         unsigned long address, pte_t *pte, pte_t entry)
{
    struct page *old = pte_page(entry), *copy = NULL;

    if (!(vma->vm_flags & VM_SHARED) &&
        (PageReserved(old) || page_count(old) != 1)) {
        copy = alloc_page(GFP_HIGHUSER);
        if (copy == NULL)
            return VM_FAULT_OOM;
        copy_contents(copy, old);
        if (pte->pte != entry.pte) {
            __free_page(copy);
            return VM_FAULT_MINOR;
        }
        entry = mk_pte(copy, vma->vm_page_prot);
    }
    entry = pte_mkwrite(pte_mkyoung(pte_mkdirty(entry)));
    set_pte(pte, entry);
    flush_tlb_page(vma, address);
    if (copy == NULL)
        return VM_FAULT_MINOR;
    if (PageReserved(old))
        mm->rss++;
    free_page_and_swap_cache(old);
    return VM_FAULT_MINOR;
}

static void zap_one(struct mm_struct *mm, pte_t *pte)
{
    pte_t entry = *pte;

    pte_clear(pte);
    if (!pte_present(entry)) {
        free_swap_and_cache(pte_to_swp_entry(entry));
        return;
    }
    flush_tlb_mm(mm);
    if (!is_counted(entry))
        return;
    if (pte_dirty(entry))
        set_page_dirty(pte_page(entry));
    mm->rss--;
    free_page_and_swap_cache(pte_page(entry));
}

void zap_page_range(struct mm_struct *mm, unsigned long address,
                    unsigned long size)
{
    unsigned long end = address + size;

    while (address < end) {
        pte_t *pte = pte_find(mm, address);

        if (pte == NULL) {
            address = (address & ~(LARGE_PAGE_SIZE - 1)) + LARGE_PAGE_SIZE;
            continue;
        }
        if (!pte_none(*pte))
            zap_one(mm, pte);
        address += PAGE_SIZE;
    }
}

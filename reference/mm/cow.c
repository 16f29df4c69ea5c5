/*
 * Copy-on-write: page tables that are copied at fork(), the frames when
 * somebody writes, and what is left when an address space ends.
 *
 * Who may write to a frame without being seen by anybody else? Whoever is its
 * only user. page->count has the answer: one for each entry that maps it, and
 * one for the page cache if it is a page of a file. So a private frame is
 * mapped read-only as soon as it may have a second user, and do_wp_page() looks
 * at the count when somebody wants to write.
 *
 * Page tables are walked table by table: the addresses of a missing one (4 MB)
 * are passed over in one step.
 */
#include <cow.h>

#include <errno.h>
#include <kernel.h>
#include <page_alloc.h>
#include <swap.h>

/* The first address of the next page table, or `end` if that comes first. */
static unsigned long table_end(unsigned long address, unsigned long end)
{
    unsigned long next = (address & ~(LARGE_PAGE_SIZE - 1)) + LARGE_PAGE_SIZE;

    return next < end ? next : end;
}

/* --- fork ---------------------------------------------------------------- */

/* Counts the use that a copy of the entry makes, and gives that copy. */
static pte_t copy_present(struct mm_struct *dst,
                          const struct vm_area_struct *vma, pte_t *source)
{
    struct page *page = pte_page(*source);

    if (vma->vm_flags & VM_SHARED) {
        if (!PageReserved(page)) {
            get_page(page);
            dst->rss++;
        }
        return pte_mkold(pte_mkclean(*source));
    }
    if (vma->vm_flags & VM_MAYWRITE)
        set_pte(source, pte_wrprotect(*source));
    if (!PageReserved(page)) {
        get_page(page);
        dst->rss++;
    }
    return pte_mkold(*source);
}

/* Copies the entries for [address, end), which one page table holds. */
static int copy_table(struct mm_struct *dst, pte_t *source,
                      const struct vm_area_struct *vma, unsigned long address,
                      unsigned long end)
{
    for (; address < end; address += PAGE_SIZE, source++) {
        pte_t *target;

        if (pte_none(*source))
            continue;
        target = pte_alloc(dst, address);
        if (target == NULL)
            return -ENOMEM;
        if (pte_present(*source)) {
            set_pte(target, copy_present(dst, vma, source));
        } else {
            swap_duplicate(pte_to_swp_entry(*source));
            set_pte(target, *source);
        }
    }
    return 0;
}

int copy_page_range(struct mm_struct *dst, struct mm_struct *src,
                    struct vm_area_struct *vma)
{
    unsigned long address = vma->vm_start;
    int error = 0;

    while (error == 0 && address < vma->vm_end) {
        unsigned long end = table_end(address, vma->vm_end);
        pte_t *source = pte_find(src, address);

        if (source != NULL)
            error = copy_table(dst, source, vma, address, end);
        address = end;
    }
    flush_tlb_mm(src);
    return error;
}

/* --- the first write ----------------------------------------------------- */

/* A frame with the contents of `page`; NULL without memory. */
static struct page *copy_of(struct page *page)
{
    struct page *copy = alloc_page(GFP_HIGHUSER);

    if (copy == NULL)
        return NULL;
    if (page == ZERO_PAGE)
        clear_user_highpage(copy);
    else
        copy_user_highpage(copy, page);
    return copy;
}

/* Nobody else sees what is written to the frame, or all are meant to. */
static bool can_write_in_place(const struct vm_area_struct *vma,
                               const struct page *page)
{
    if (vma->vm_flags & VM_SHARED)
        return true;
    return !PageReserved(page) && page_count(page) == 1;
}

enum vm_fault do_wp_page(struct mm_struct *mm, struct vm_area_struct *vma,
                         unsigned long address, pte_t *pte, pte_t entry)
{
    struct page *old = pte_page(entry);

    if (!can_write_in_place(vma, old)) {
        struct page *copy = copy_of(old);

        if (copy == NULL)
            return VM_FAULT_OOM;
        if (pte->pte != entry.pte) { /* swapped out for want of memory */
            __free_page(copy);
            return VM_FAULT_MINOR;
        }
        entry = mk_pte(copy, vma->vm_page_prot);
    }
    set_pte(pte, pte_mkwrite(pte_mkdirty(pte_mkyoung(entry))));
    flush_tlb_page(vma, address);
    if (pte_page(entry) != old) {
        if (PageReserved(old))
            mm->rss++;
        free_page_and_swap_cache(old);
    }
    return VM_FAULT_MINOR;
}

/* --- the end ------------------------------------------------------------- */

/*
 * Frames that are unmapped wait here until the TLB has been flushed: until then
 * the processor may still write to them.
 */
#define BATCH_PAGES 64

struct batch {
    struct mm_struct *mm;
    unsigned int npages;
    struct page *pages[BATCH_PAGES];
};

static void free_batch(struct batch *batch)
{
    flush_tlb_mm(batch->mm);
    for (unsigned int i = 0; i < batch->npages; i++)
        free_page_and_swap_cache(batch->pages[i]);
    batch->npages = 0;
}

static void zap_present(struct batch *batch, pte_t entry)
{
    struct page *page = pte_page(entry);

    if (PageReserved(page))
        return;
    if (pte_dirty(entry))
        set_page_dirty(page);
    batch->mm->rss--;
    batch->pages[batch->npages++] = page;
}

/* Empties the entries of [address, end), which one page table holds. */
static void zap_table(struct batch *batch, pte_t *pte, unsigned long address,
                      unsigned long end)
{
    for (; address < end; address += PAGE_SIZE, pte++) {
        pte_t entry = *pte;

        if (pte_none(entry))
            continue;
        pte_clear(pte);
        if (pte_present(entry))
            zap_present(batch, entry);
        else
            free_swap_and_cache(pte_to_swp_entry(entry));
        if (batch->npages == BATCH_PAGES)
            free_batch(batch);
    }
}

void zap_page_range(struct mm_struct *mm, unsigned long address,
                    unsigned long size)
{
    unsigned long end = address + size;
    struct batch batch = {.mm = mm};

    while (address < end) {
        unsigned long next = table_end(address, end);
        pte_t *pte = pte_find(mm, address);

        if (pte != NULL)
            zap_table(&batch, pte, address, next);
        address = next;
    }
    free_batch(&batch);
}

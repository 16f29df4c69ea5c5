/* Page tables are copied and zapped from the highest address down; the child's
 * are made before anything is copied to them, and few frames wait for a flush.
 */
#include <cow.h>

#include <errno.h>
#include <page_alloc.h>
#include <swap.h>

#define FEW 7

/* A part of an area that lies within one page table. */
struct part {
    unsigned long start, end;
    pte_t *table; /* entry of start; NULL: missing */
};

/* The last part of [start, end). */
static struct part last_part(const struct mm_struct *mm, unsigned long start,
                             unsigned long end)
{
    struct part part = {(end - 1) & ~(LARGE_PAGE_SIZE - 1), end, NULL};

    if (part.start < start)
        part.start = start;
    part.table = pte_find(mm, part.start);
    return part;
}

static unsigned long pages_of(const struct part *part)
{
    return (part->end - part->start) >> PAGE_SHIFT;
}

static bool has_entries(const struct part *part)
{
    unsigned long n = part->table == NULL ? 0 : pages_of(part);

    while (n > 0 && pte_none(part->table[n - 1]))
        n--;
    return n > 0;
}

static void copy_entry(struct mm_struct *dst, unsigned long vm_flags,
                       pte_t *from, pte_t *to)
{
    pte_t entry = *from;

    if (pte_none(entry))
        return;
    if (!pte_present(entry)) {
        set_pte(to, entry);
        swap_duplicate(pte_to_swp_entry(entry));
        return;
    }
    if (!PageReserved(pte_page(entry))) {
        dst->rss++;
        get_page(pte_page(entry));
    }
    if (vm_flags & VM_SHARED) {
        entry = pte_mkclean(entry);
    } else if (vm_flags & VM_MAYWRITE) {
        entry = pte_wrprotect(entry);
        set_pte(from, entry);
    }
    set_pte(to, pte_mkold(entry));
}

static int copy_part(struct mm_struct *dst, unsigned long vm_flags,
                     const struct part *part)
{
    pte_t *to = pte_alloc(dst, part->start);

    if (to == NULL)
        return -ENOMEM;
    for (unsigned long i = pages_of(part); i > 0; i--)
        copy_entry(dst, vm_flags, &part->table[i - 1], &to[i - 1]);
    return 0;
}

int copy_page_range(struct mm_struct *dst, struct mm_struct *src,
                    struct vm_area_struct *vma)
{
    unsigned long end = vma->vm_end;
    int error = 0;

    while (error == 0 && end > vma->vm_start) {
        struct part part = last_part(src, vma->vm_start, end);

        if (has_entries(&part))
            error = copy_part(dst, vma->vm_flags, &part);
        end = part.start;
    }
    flush_tlb_mm(src);
    return error;
}

enum vm_fault do_wp_page(struct mm_struct *mm, struct vm_area_struct *vma,
                         unsigned long address, pte_t *pte, pte_t entry)
{
    struct page *page = pte_page(entry), *own = page;
    bool others = PageReserved(page) || page_count(page) > 1;

    if (others && !(vma->vm_flags & VM_SHARED)) {
        own = alloc_page(GFP_HIGHUSER);
        if (own == NULL)
            return VM_FAULT_OOM;
        if (pte->pte != entry.pte) {
            __free_page(own);
            return VM_FAULT_MINOR;
        }
        copy_user_highpage(own, page);
        mm->rss += PageReserved(page) ? 1 : 0;
    }
    set_pte(pte, mk_pte(own, vma->vm_page_prot | _PAGE_RW | _PAGE_DIRTY |
                                 _PAGE_ACCESSED));
    flush_tlb_page(vma, address);
    if (own != page)
        free_page_and_swap_cache(page);
    return VM_FAULT_MINOR;
}

/* What a cleared entry held; the page, if it has to wait for a flush. */
static struct page *let_go(struct mm_struct *mm, pte_t entry)
{
    struct page *page;

    if (!pte_present(entry)) {
        free_swap_and_cache(pte_to_swp_entry(entry));
        return NULL;
    }
    page = pte_page(entry);
    if (PageReserved(page))
        return NULL;
    if (pte_dirty(entry))
        set_page_dirty(page);
    mm->rss--;
    return page;
}

static void free_few(struct mm_struct *mm, struct page **few, unsigned int n)
{
    flush_tlb_mm(mm);
    while (n > 0)
        free_page_and_swap_cache(few[--n]);
}

static void zap_part(struct mm_struct *mm, const struct part *part)
{
    struct page *few[FEW];
    unsigned int n = 0;

    for (unsigned long i = pages_of(part); i > 0; i--) {
        pte_t entry = part->table[i - 1];

        if (pte_none(entry))
            continue;
        pte_clear(&part->table[i - 1]);
        few[n] = let_go(mm, entry);
        if (few[n] != NULL && ++n == FEW) {
            free_few(mm, few, n);
            n = 0;
        }
    }
    free_few(mm, few, n);
}

void zap_page_range(struct mm_struct *mm, unsigned long address,
                    unsigned long size)
{
    unsigned long end = address + size;

    while (end > address) {
        struct part part = last_part(mm, address, end);

        if (part.table != NULL)
            zap_part(mm, &part);
        end = part.start;
    }
}

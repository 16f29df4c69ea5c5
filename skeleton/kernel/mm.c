/*
 * Address spaces as a whole, and what all who change page tables need.
 *
 * The upper quarter of every page directory is the kernel's. mm_alloc() copies
 * it from swapper_pg_dir as it is then; what vmalloc() adds later comes in when
 * somebody trips over it (vmalloc_fault()). Linux kernel/fork.c, mm/memory.c.
 */
#include <mm.h>

#include <cow.h>
#include <errno.h>
#include <fs.h>
#include <highmem.h>
#include <kernel.h>
#include <mmap.h>
#include <page_alloc.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include <swap.h>

kmem_cache_t *vm_area_cachep, *mm_cachep;
struct page *zero_page;

LIST_HEAD(init_mmlist);

static kmem_cache_t *make_cache(const char *name, size_t nbytes)
{
    kmem_cache_t *cachep =
        kmem_cache_create(name, nbytes, 0, SLAB_HWCACHE_ALIGN, NULL, NULL);

    if (cachep == NULL)
        panic("mm_caches_init: no cache for %s", name);
    return cachep;
}

void mm_caches_init(void)
{
    unsigned long zeros = get_zeroed_page(GFP_KERNEL);

    if (zeros == 0)
        panic("mm_caches_init: no page for ZERO_PAGE, %lu", zeros);
    zero_page = virt_to_page(zeros);
    SetPageReserved(zero_page);
    vm_area_cachep =
        make_cache("vm_area_struct", sizeof(struct vm_area_struct));
    mm_cachep = make_cache("mm_struct", sizeof(struct mm_struct));
}

/* --- the processor's page directory -------------------------------------- */

pgd_t *current_pgd(void)
{
    unsigned long cr3;

    __asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
    return __va(cr3 & PAGE_MASK);
}

static void load_pgd(const pgd_t *pgd)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(__pa(pgd)) : "memory");
}

void switch_mm(const struct mm_struct *next)
{
    if (next != NULL && next->pgd != current_pgd())
        load_pgd(next->pgd);
}

void use_mm(struct mm_struct *mm)
{
    current->mm = mm;
    if (mm == NULL)
        load_pgd(swapper_pg_dir);
    else
        switch_mm(mm);
}

void flush_tlb_page(const struct vm_area_struct *vma, unsigned long address)
{
    if (vma->vm_mm->pgd == current_pgd())
        flush_tlb_one(address);
}

void flush_tlb_mm(const struct mm_struct *mm)
{
    if (mm->pgd == current_pgd())
        flush_tlb_all();
}

/* --- page tables --------------------------------------------------------- */

unsigned long vm_get_page_prot(unsigned long vm_flags)
{
    unsigned long protection = _PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED;

    if (!(vm_flags & VM_ACCESS))
        return _PAGE_PROTNONE | _PAGE_ACCESSED;
    if ((vm_flags & VM_SHARED) && (vm_flags & VM_WRITE))
        protection |= _PAGE_RW;
    return protection;
}

pte_t *pte_find(const struct mm_struct *mm, unsigned long address)
{
    pgd_t *directory = pgd_offset(mm, address);

    return pgd_none(*directory) ? NULL : pte_offset(directory, address);
}

pte_t *pte_alloc(struct mm_struct *mm, unsigned long address)
{
    pgd_t *directory = pgd_offset(mm, address);

    if (pgd_none(*directory)) {
        unsigned long table = get_zeroed_page(GFP_KERNEL);

        if (table == 0)
            return NULL;
        directory->pgd = __pa(table) | _PAGE_PRESENT | _PAGE_RW | _PAGE_USER;
    }
    return pte_offset(directory, address);
}

static void clear_page_tables(struct mm_struct *mm)
{
    for (unsigned int i = 0; i < USER_PTRS_PER_PGD; i++) {
        if (pgd_none(mm->pgd[i]))
            continue;
        free_page((unsigned long)__va(mm->pgd[i].pgd & PAGE_MASK));
        mm->pgd[i].pgd = 0;
    }
}

/* --- frames -------------------------------------------------------------- */

void clear_user_highpage(struct page *page)
{
    void *at = kmap_atomic(page, KM_USER0);

    memset(at, 0, PAGE_SIZE);
    kunmap_atomic(at, KM_USER0);
}

void copy_user_highpage(struct page *to, struct page *from)
{
    void *source = kmap_atomic(from, KM_USER0);
    void *target = kmap_atomic(to, KM_USER1);

    memcpy(target, source, PAGE_SIZE);
    kunmap_atomic(target, KM_USER1);
    kunmap_atomic(source, KM_USER0);
}

void set_page_dirty(struct page *page)
{
    if (page->mapping != NULL)
        SetPageDirty(page);
}

/* --- making and ending --------------------------------------------------- */

static pgd_t *alloc_pgd(void)
{
    pgd_t *pgd = (pgd_t *)get_zeroed_page(GFP_KERNEL);
    unsigned int npresent = PTRS_PER_PGD - USER_PTRS_PER_PGD;

    if (pgd != NULL)
        memcpy(&pgd[USER_PTRS_PER_PGD], &swapper_pg_dir[USER_PTRS_PER_PGD],
               npresent * sizeof(*pgd));
    return pgd;
}

/* Like `from`, but without areas and pages; NULL: like nothing. */
static struct mm_struct *new_mm(const struct mm_struct *from)
{
    struct mm_struct *mm = kmem_cache_alloc(mm_cachep, GFP_KERNEL);

    if (mm == NULL)
        return NULL;
    if (from != NULL)
        *mm = *from;
    else
        memset(mm, 0, sizeof(*mm));
    mm->mmap = NULL;
    mm->mm_rb = RB_ROOT;
    mm->mmap_cache = NULL;
    mm->map_count = 0;
    mm->rss = 0;
    mm->total_vm = 0;
    mm->swap_address = 0;
    mm->mm_users = 1;
    mm->pgd = alloc_pgd();
    if (mm->pgd == NULL) {
        kmem_cache_free(mm_cachep, mm);
        return NULL;
    }
    list_add_tail(&mm->mmlist, &init_mmlist);
    return mm;
}

struct mm_struct *mm_alloc(void)
{
    return new_mm(NULL);
}

void mmput(struct mm_struct *mm)
{
    if (mm == NULL || --mm->mm_users > 0)
        return;
    exit_mmap(mm);
    if (mm->pgd == current_pgd())
        load_pgd(swapper_pg_dir);
    clear_page_tables(mm);
    free_page((unsigned long)mm->pgd);
    list_del(&mm->mmlist);
    kmem_cache_free(mm_cachep, mm);
}

/* --- copying ------------------------------------------------------------- */

/* A copy of the area for `mm`, on none of its lists yet. */
static struct vm_area_struct *copy_area(const struct vm_area_struct *from)
{
    struct vm_area_struct *vma = kmem_cache_alloc(vm_area_cachep, GFP_KERNEL);

    if (vma == NULL)
        return NULL;
    *vma = *from;
    vma->vm_next = NULL;
    return vma;
}

/*
 * A user agent's own page gets a copy at once: it must work in the child,
 * whatever copy_page_range() does to the pages of others.
 */
static int copy_agent_page(struct mm_struct *mm, unsigned long address,
                           pte_t entry)
{
    pte_t *pte = pte_alloc(mm, address);
    struct page *page;

    if (pte == NULL)
        return -ENOMEM;
    page = alloc_page(GFP_HIGHUSER);
    if (page == NULL)
        return -ENOMEM;
    copy_user_highpage(page, pte_page(entry));
    set_pte(pte, mk_pte(page, entry.pte & ~PAGE_MASK));
    mm->rss++;
    return 0;
}

static int copy_agent_pages(struct mm_struct *mm, const struct mm_struct *from,
                            const struct vm_area_struct *vma)
{
    int error = 0;

    for (unsigned long address = vma->vm_start;
         error == 0 && address < vma->vm_end; address += PAGE_SIZE) {
        const pte_t *pte = pte_find(from, address);

        if (pte != NULL && pte_present(*pte))
            error = copy_agent_page(mm, address, *pte);
    }
    return error;
}

/* The area is listed before its pages are copied, so that mmput() finds what
 * was copied if the rest fails. */
static int dup_area(struct mm_struct *mm, struct mm_struct *from,
                    struct vm_area_struct *old)
{
    struct vm_area_struct *vma = copy_area(old);

    if (vma == NULL)
        return -ENOMEM;
    if (vma->vm_file != NULL)
        get_file(vma->vm_file);
    insert_vm_struct(mm, vma);
    mm->total_vm += (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
    if (vma->vm_ops != NULL && vma->vm_ops->open != NULL)
        vma->vm_ops->open(vma);
    if (vma->vm_flags & VM_AGENT)
        return copy_agent_pages(mm, from, old);
    return copy_page_range(mm, from, old);
}

struct mm_struct *dup_mm(struct mm_struct *from)
{
    struct mm_struct *mm = new_mm(from);
    int error = 0;

    if (mm == NULL)
        return NULL;
    for (struct vm_area_struct *vma = from->mmap; error == 0 && vma != NULL;
         vma = vma->vm_next)
        error = dup_area(mm, from, vma);
    if (error != 0) {
        mmput(mm);
        return NULL;
    }
    return mm;
}

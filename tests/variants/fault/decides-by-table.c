/*
 * One function classifies a fault, with a table of what each kind of access
 * needs of an area; another one acts on the verdict.
 */
#include <fault.h>

#include <cow.h>
#include <errno.h>
#include <irq.h>
#include <kernel.h>
#include <mmap.h>
#include <page_alloc.h>
#include <sched.h>
#include <signal.h>
#include <swap.h>

enum verdict {
    DONE,
    BAD,
    MEND,
    GROW
};

/* By PF_PROT and PF_WRITE: one of these flags of the area must be set. */
static const unsigned long needed[4] = {
    VM_READ | VM_EXEC, /* a read, not there */
    0,                 /* a read, forbidden */
    VM_WRITE,          /* a write, not there */
    VM_WRITE,          /* a write, forbidden */
};

int vmalloc_fault(unsigned long address)
{
    unsigned long index = pgd_index(address);
    pgd_t known = swapper_pg_dir[index];

    if (address >= VMALLOC_END || address < VMALLOC_START)
        return -1;
    if (!(known.pgd & _PAGE_PRESENT))
        return -1;
    if (!pte_present(*pte_offset(&known, address)))
        return -1;
    current_pgd()[index].pgd = known.pgd;
    return 0;
}

int expand_stack(struct vm_area_struct *vma, unsigned long address)
{
    struct mm_struct *mm = vma->vm_mm;
    unsigned long npages =
        (vma->vm_start >> PAGE_SHIFT) - (address >> PAGE_SHIFT);
    unsigned long room = (rlimit(RLIMIT_AS) >> PAGE_SHIFT);

    if (vma->vm_end - vma->vm_start + (npages << PAGE_SHIFT) >
        rlimit(RLIMIT_STACK))
        return -ENOMEM;
    if (room < mm->total_vm || room - mm->total_vm < npages)
        return -ENOMEM;
    mm->total_vm += npages;
    vma->vm_pgoff -= npages;
    vma->vm_start -= npages << PAGE_SHIFT;
    return 0;
}

static bool grows(const struct vm_area_struct *vma, const struct pt_regs *regs,
                  unsigned long address, unsigned long error_code)
{
    if (!(vma->vm_flags & VM_GROWSDOWN))
        return false;
    return !(error_code & PF_USER) || regs->esp <= address ||
           regs->esp - address <= STACK_SLACK;
}

static enum verdict classify(const struct pt_regs *regs, unsigned long address,
                             unsigned long error_code,
                             struct vm_area_struct **vma)
{
    if (address >= TASK_SIZE)
        return (error_code & (PF_USER | PF_PROT)) == 0 &&
                       vmalloc_fault(address) == 0
                   ? DONE
                   : BAD;
    if (current->mm == NULL || in_interrupt())
        return BAD;
    *vma = find_vma(current->mm, address);
    if (*vma == NULL ||
        ((*vma)->vm_start > address && !grows(*vma, regs, address, error_code)))
        return BAD;
    if (!((*vma)->vm_flags & needed[error_code & (PF_PROT | PF_WRITE)]))
        return BAD;
    return (*vma)->vm_start > address ? GROW : MEND;
}

void do_page_fault(struct pt_regs *regs, unsigned long error_code)
{
    unsigned long address = read_cr2();
    struct vm_area_struct *vma = NULL;
    enum verdict verdict = classify(regs, address, error_code, &vma);
    enum vm_fault result = VM_FAULT_SIGBUS;
    int sig = SIGSEGV;

    if (verdict == DONE)
        return;
    if (verdict == GROW)
        verdict = expand_stack(vma, address) == 0 ? MEND : BAD;
    if (verdict == MEND) {
        result = handle_mm_fault(current->mm, vma, address,
                                 (error_code & PF_WRITE) != 0);
        sig = SIGBUS;
    }
    if (result == VM_FAULT_MAJOR)
        current->maj_flt++;
    else if (result == VM_FAULT_MINOR)
        current->min_flt++;
    else if (error_code & PF_USER && result == VM_FAULT_OOM)
        out_of_memory_kill();
    else if (error_code & PF_USER)
        force_sig_fault(sig, address, error_code);
    else if (!fixup_exception(regs))
        die("page fault", regs);
}

enum vm_fault handle_mm_fault(struct mm_struct *mm, struct vm_area_struct *vma,
                              unsigned long address, bool write_access)
{
    pte_t *pte = pte_find(mm, address);

    if (pte == NULL)
        pte = pte_alloc(mm, address);
    return pte == NULL ? VM_FAULT_OOM
                       : handle_pte_fault(mm, vma, address, write_access, pte);
}

enum vm_fault handle_pte_fault(struct mm_struct *mm, struct vm_area_struct *vma,
                               unsigned long address, bool write_access,
                               pte_t *pte)
{
    if (pte_present(*pte)) {
        if (write_access && !pte_write(*pte))
            return do_wp_page(mm, vma, address, pte, *pte);
        *pte = pte_mkyoung(write_access ? pte_mkdirty(*pte) : *pte);
        flush_tlb_mm(mm);
        return VM_FAULT_MINOR;
    }
    if (!pte_none(*pte))
        return do_swap_page(mm, vma, address, pte, *pte, write_access);
    return do_no_page(mm, vma, address, write_access, pte);
}

/* An own frame, with these contents; NULL: zeros. */
static enum vm_fault map_own(struct mm_struct *mm,
                             const struct vm_area_struct *vma, pte_t *pte,
                             struct page *contents)
{
    struct page *page = alloc_page(GFP_HIGHUSER);

    if (page == NULL)
        return VM_FAULT_OOM;
    if (contents == NULL)
        clear_user_highpage(page);
    else
        copy_user_highpage(page, contents);
    *pte = pte_mkdirty(pte_mkwrite(mk_pte(page, vma->vm_page_prot)));
    mm->rss++;
    return VM_FAULT_MINOR;
}

enum vm_fault do_anonymous_page(struct mm_struct *mm,
                                struct vm_area_struct *vma,
                                unsigned long address, bool write_access,
                                pte_t *pte)
{
    (void)address;
    if (write_access)
        return map_own(mm, vma, pte, NULL);
    *pte = pte_wrprotect(mk_pte(ZERO_PAGE, vma->vm_page_prot));
    return VM_FAULT_MINOR;
}

enum vm_fault do_no_page(struct mm_struct *mm, struct vm_area_struct *vma,
                         unsigned long address, bool write_access, pte_t *pte)
{
    enum vm_fault result = VM_FAULT_MAJOR;
    struct page *page;
    pte_t entry;

    if (!vma->vm_ops || !vma->vm_ops->nopage)
        return do_anonymous_page(mm, vma, address, write_access, pte);
    page = vma->vm_ops->nopage(vma, address & ~(PAGE_SIZE - 1UL));
    if (page == NOPAGE_SIGBUS || page == NOPAGE_OOM)
        return page == NOPAGE_OOM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
    if (write_access && !(vma->vm_flags & VM_SHARED)) {
        if (map_own(mm, vma, pte, page) == VM_FAULT_OOM)
            result = VM_FAULT_OOM;
        __free_page(page);
        return result;
    }
    entry = mk_pte(page, vma->vm_page_prot);
    *pte = write_access ? pte_mkdirty(pte_mkwrite(entry)) : entry;
    mm->rss += !PageReserved(page);
    return result;
}

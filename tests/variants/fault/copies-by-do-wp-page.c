/*
 * A private write maps what a read would map, and lets do_wp_page() make the
 * copy; if that fails, everything is taken back.
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
#include <vmalloc.h>

int vmalloc_fault(unsigned long address)
{
    if (address < VMALLOC_START || address >= VMALLOC_END ||
        vmalloc_to_page((void *)address) == NULL)
        return -1;
    current_pgd()[pgd_index(address)] = *pgd_offset_k(address);
    return 0;
}

int expand_stack(struct vm_area_struct *vma, unsigned long address)
{
    unsigned long start = vma->vm_start, npages = 0;

    for (; start > address; start -= PAGE_SIZE)
        npages++;
    if (vma->vm_end - start > rlimit(RLIMIT_STACK))
        return -ENOMEM;
    if (vma->vm_mm->total_vm + npages > rlimit(RLIMIT_AS) / PAGE_SIZE)
        return -ENOMEM;
    vma->vm_mm->total_vm += npages;
    vma->vm_start = start;
    vma->vm_pgoff -= npages;
    return 0;
}

static bool may_grow(const struct vm_area_struct *vma,
                     const struct pt_regs *regs, unsigned long address)
{
    if (!(vma->vm_flags & VM_GROWSDOWN))
        return false;
    return !user_mode(regs) || address >= regs->esp - STACK_SLACK;
}

static struct vm_area_struct *allowing_area(const struct pt_regs *regs,
                                            unsigned long address,
                                            unsigned long error_code)
{
    struct vm_area_struct *prev, *vma;

    if (in_interrupt() || current->mm == NULL)
        return NULL;
    vma = find_vma_prev(current->mm, address, &prev);
    if (vma == NULL)
        return NULL;
    if (address < vma->vm_start &&
        (!may_grow(vma, regs, address) || expand_stack(vma, address) != 0))
        return NULL;
    if (error_code & PF_WRITE)
        return vma->vm_flags & VM_WRITE ? vma : NULL;
    if ((error_code & PF_PROT) || !(vma->vm_flags & (VM_READ | VM_EXEC)))
        return NULL;
    return vma;
}

static void refuse(struct pt_regs *regs, int sig, unsigned long error_code)
{
    if (user_mode(regs))
        force_sig_fault(sig, read_cr2(), error_code);
    else if (!fixup_exception(regs))
        die("page fault", regs);
}

void do_page_fault(struct pt_regs *regs, unsigned long error_code)
{
    unsigned long address = read_cr2();
    struct vm_area_struct *vma;
    enum vm_fault result;

    if (!(error_code & (PF_USER | PF_PROT)) && vmalloc_fault(address) == 0)
        return;
    vma = allowing_area(regs, address, error_code);
    if (vma == NULL) {
        refuse(regs, SIGSEGV, error_code);
        return;
    }
    result = handle_mm_fault(current->mm, vma, address, error_code & PF_WRITE);
    if (result > VM_FAULT_SIGBUS)
        ++*(result == VM_FAULT_MAJOR ? &current->maj_flt : &current->min_flt);
    else if (result == VM_FAULT_OOM && user_mode(regs))
        out_of_memory_kill();
    else
        refuse(regs, SIGBUS, error_code);
}

enum vm_fault handle_mm_fault(struct mm_struct *mm, struct vm_area_struct *vma,
                              unsigned long address, bool write_access)
{
    pte_t *pte = pte_alloc(mm, address);

    return pte ? handle_pte_fault(mm, vma, address, write_access, pte)
               : VM_FAULT_OOM;
}

enum vm_fault handle_pte_fault(struct mm_struct *mm, struct vm_area_struct *vma,
                               unsigned long address, bool write_access,
                               pte_t *pte)
{
    if (pte_none(*pte))
        return do_no_page(mm, vma, address, write_access, pte);
    if (!pte_present(*pte))
        return do_swap_page(mm, vma, address, pte, *pte, write_access);
    if (write_access) {
        if (!pte_write(*pte))
            return do_wp_page(mm, vma, address, pte, *pte);
        set_pte(pte, pte_mkdirty(*pte));
    }
    set_pte(pte, pte_mkyoung(*pte));
    flush_tlb_page(vma, address);
    return VM_FAULT_MINOR;
}

/* Maps a page read-only, then lets do_wp_page() give an own frame. */
static enum vm_fault map_and_copy(struct mm_struct *mm,
                                  struct vm_area_struct *vma,
                                  unsigned long address, pte_t *pte,
                                  struct page *page)
{
    pte_t entry = pte_wrprotect(mk_pte(page, vma->vm_page_prot));
    enum vm_fault result;

    set_pte(pte, entry);
    mm->rss += !PageReserved(page);
    result = do_wp_page(mm, vma, address, pte, entry);
    if (result == VM_FAULT_MINOR)
        return result;
    pte_clear(pte);
    flush_tlb_page(vma, address);
    mm->rss -= !PageReserved(page);
    __free_page(page);
    return result;
}

enum vm_fault do_anonymous_page(struct mm_struct *mm,
                                struct vm_area_struct *vma,
                                unsigned long address, bool write_access,
                                pte_t *pte)
{
    if (write_access)
        return map_and_copy(mm, vma, address, pte, ZERO_PAGE);
    set_pte(pte, pte_wrprotect(mk_pte(ZERO_PAGE, vma->vm_page_prot)));
    return VM_FAULT_MINOR;
}

enum vm_fault do_no_page(struct mm_struct *mm, struct vm_area_struct *vma,
                         unsigned long address, bool write_access, pte_t *pte)
{
    const struct vm_operations_struct *ops = vma->vm_ops;
    struct page *page;
    pte_t entry;

    if (ops == NULL || ops->nopage == NULL)
        return do_anonymous_page(mm, vma, address, write_access, pte);
    page = ops->nopage(vma, address & PAGE_MASK);
    if (page == NOPAGE_SIGBUS)
        return VM_FAULT_SIGBUS;
    if (page == NOPAGE_OOM)
        return VM_FAULT_OOM;
    if (write_access && !(vma->vm_flags & VM_SHARED))
        return map_and_copy(mm, vma, address, pte, page) == VM_FAULT_MINOR
                   ? VM_FAULT_MAJOR
                   : VM_FAULT_OOM;
    entry = mk_pte(page, vma->vm_page_prot);
    if (write_access)
        entry = pte_mkdirty(pte_mkwrite(entry));
    set_pte(pte, entry);
    if (!PageReserved(page))
        mm->rss++;
    return VM_FAULT_MAJOR;
}

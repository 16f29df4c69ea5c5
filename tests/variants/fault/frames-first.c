/*
 * The frame that a write will need is taken before anything else is done, and
 * given back if it turns out that none is needed. All of the TLB is flushed.
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

int vmalloc_fault(unsigned long address)
{
    pgd_t *kernels = pgd_offset_k(address);

    if (address - VMALLOC_START >= VMALLOC_END - VMALLOC_START)
        return -1;
    if (pgd_none(*kernels) || pte_none(*pte_offset(kernels, address)))
        return -1;
    if (current_pgd()[pgd_index(address)].pgd == 0)
        current_pgd()[pgd_index(address)] = *kernels;
    return 0;
}

static bool fits(const struct vm_area_struct *vma, unsigned long start)
{
    unsigned long most = rlimit(RLIMIT_STACK), limit = rlimit(RLIMIT_AS);
    unsigned long npages =
        vma->vm_mm->total_vm + (vma->vm_start - start) / PAGE_SIZE;

    return vma->vm_end - start <= most && npages <= limit / PAGE_SIZE;
}

int expand_stack(struct vm_area_struct *vma, unsigned long address)
{
    if (!fits(vma, address & PAGE_MASK))
        return -ENOMEM;
    while (vma->vm_start > address) {
        vma->vm_start -= PAGE_SIZE;
        vma->vm_pgoff--;
        vma->vm_mm->total_vm++;
    }
    return 0;
}

/* True if the area has the address and allows the access. */
static bool is_good(const struct pt_regs *regs, struct vm_area_struct *vma,
                    unsigned long address, unsigned long error_code)
{
    bool is_push = !(error_code & PF_USER) || regs->esp <= address ||
                   regs->esp - address <= STACK_SLACK;

    if (error_code & PF_WRITE
            ? !(vma->vm_flags & VM_WRITE)
            : (error_code & PF_PROT) || !(vma->vm_flags & (VM_READ | VM_EXEC)))
        return false;
    if (address >= vma->vm_start)
        return true;
    return (vma->vm_flags & VM_GROWSDOWN) && is_push &&
           expand_stack(vma, address) == 0;
}

static enum vm_fault get_page_in(const struct pt_regs *regs,
                                 unsigned long address,
                                 unsigned long error_code, int *sig)
{
    struct vm_area_struct *vma = NULL;

    *sig = SIGSEGV;
    if (current->mm != NULL && !in_interrupt())
        vma = find_vma(current->mm, address);
    if (vma == NULL || !is_good(regs, vma, address, error_code))
        return VM_FAULT_SIGBUS;
    *sig = SIGBUS;
    return handle_mm_fault(vma->vm_mm, vma, address, error_code & PF_WRITE);
}

void do_page_fault(struct pt_regs *regs, unsigned long error_code)
{
    unsigned long address = read_cr2();
    enum vm_fault result;
    int sig;

    if (!user_mode(regs) && !(error_code & PF_PROT) &&
        vmalloc_fault(address) == 0)
        return;
    result = get_page_in(regs, address, error_code, &sig);
    if (result == VM_FAULT_MINOR) {
        current->min_flt++;
        return;
    }
    if (result == VM_FAULT_MAJOR) {
        current->maj_flt++;
        return;
    }
    if (!user_mode(regs)) {
        if (!fixup_exception(regs))
            die("page fault", regs);
        return;
    }
    if (result == VM_FAULT_OOM)
        out_of_memory_kill();
    force_sig_fault(sig, address, error_code);
}

enum vm_fault handle_mm_fault(struct mm_struct *mm, struct vm_area_struct *vma,
                              unsigned long address, bool write_access)
{
    pte_t *pte = pte_alloc(mm, address);

    if (pte == NULL)
        return VM_FAULT_OOM;
    return handle_pte_fault(mm, vma, address, write_access, pte);
}

enum vm_fault handle_pte_fault(struct mm_struct *mm, struct vm_area_struct *vma,
                               unsigned long address, bool write_access,
                               pte_t *pte)
{
    unsigned long bits = write_access ? _PAGE_DIRTY : 0;

    if (pte_none(*pte))
        return do_no_page(mm, vma, address, write_access, pte);
    if (!pte_present(*pte))
        return do_swap_page(mm, vma, address, pte, *pte, write_access);
    if (write_access && !(pte->pte & _PAGE_RW))
        return do_wp_page(mm, vma, address, pte, *pte);
    pte->pte |= bits | _PAGE_ACCESSED;
    flush_tlb_all();
    return VM_FAULT_MINOR;
}

static void map_page(struct mm_struct *mm, const struct vm_area_struct *vma,
                     pte_t *pte, struct page *page, bool write_access)
{
    unsigned long bits = vma->vm_page_prot | _PAGE_ACCESSED;

    if (write_access)
        bits |= _PAGE_RW | _PAGE_DIRTY;
    set_pte(pte, mk_pte(page, bits));
    if (!PageReserved(page))
        mm->rss++;
}

enum vm_fault do_anonymous_page(struct mm_struct *mm,
                                struct vm_area_struct *vma,
                                unsigned long address, bool write_access,
                                pte_t *pte)
{
    struct page *page = write_access ? alloc_page(GFP_HIGHUSER) : ZERO_PAGE;

    (void)address;
    if (page == NULL)
        return VM_FAULT_OOM;
    if (page == ZERO_PAGE) {
        set_pte(pte, mk_pte(page, vma->vm_page_prot & ~_PAGE_RW));
        return VM_FAULT_MINOR;
    }
    clear_user_highpage(page);
    map_page(mm, vma, pte, page, true);
    return VM_FAULT_MINOR;
}

enum vm_fault do_no_page(struct mm_struct *mm, struct vm_area_struct *vma,
                         unsigned long address, bool write_access, pte_t *pte)
{
    bool copies = write_access && !(vma->vm_flags & VM_SHARED);
    struct page *page, *own = NULL;

    if (vma->vm_ops == NULL || vma->vm_ops->nopage == NULL)
        return do_anonymous_page(mm, vma, address, write_access, pte);
    if (copies)
        own = alloc_page(GFP_HIGHUSER);
    if (copies && own == NULL)
        return VM_FAULT_OOM;
    page = vma->vm_ops->nopage(vma, address & PAGE_MASK);
    if (page == NOPAGE_SIGBUS || page == NOPAGE_OOM) {
        if (own != NULL)
            __free_page(own);
        return page == NOPAGE_OOM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
    }
    if (own != NULL) {
        copy_user_highpage(own, page);
        __free_page(page);
        page = own;
    }
    map_page(mm, vma, pte, page, write_access);
    return VM_FAULT_MAJOR;
}

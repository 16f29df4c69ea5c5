/*
 * The page fault handler.
 *
 * do_page_fault() asks where the fault came from and what the areas say of its
 * address; area_allows() gives the verdict. Then the page is got, in
 * handle_mm_fault() and what follows, or somebody hears of it, in
 * bad_access().
 *
 *     do_page_fault
 *       +- kernel address, not there --> vmalloc_fault
 *       +- nobody's address space -----> bad_access
 *       +- find_area -- expand_stack
 *       +- area_allows
 *       +- handle_mm_fault -- handle_pte_fault
 *            +- do_no_page -- do_anonymous_page
 *            +- do_swap_page
 *            +- do_wp_page
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
#include <string.h>
#include <swap.h>

int vmalloc_fault(unsigned long address)
{
    pgd_t *from = pgd_offset_k(address);
    pgd_t *to = &current_pgd()[pgd_index(address)];

    if (address < VMALLOC_START || address >= VMALLOC_END || pgd_none(*from) ||
        !pte_present(*pte_offset(from, address)))
        return -1;
    *to = *from;
    return 0;
}

int expand_stack(struct vm_area_struct *vma, unsigned long address)
{
    unsigned long start = address & PAGE_MASK;
    unsigned long grow = (vma->vm_start - start) >> PAGE_SHIFT;

    if (vma->vm_end - start > rlimit(RLIMIT_STACK) ||
        vma->vm_mm->total_vm + grow > rlimit(RLIMIT_AS) >> PAGE_SHIFT)
        return -ENOMEM;
    vma->vm_start = start;
    vma->vm_pgoff -= grow;
    vma->vm_mm->total_vm += grow;
    return 0;
}

/* --- what to make of it -------------------------------------------------- */

/* May this access below a stack be a push of its owner's? */
static bool near_stack_pointer(const struct pt_regs *regs,
                               unsigned long address, unsigned long error_code)
{
    return !(error_code & PF_USER) || address + STACK_SLACK >= regs->esp;
}

/* The area that holds the address, after a stack has grown if need be. */
static struct vm_area_struct *find_area(const struct pt_regs *regs,
                                        unsigned long address,
                                        unsigned long error_code)
{
    struct vm_area_struct *vma = find_vma(current->mm, address);

    if (vma == NULL || vma->vm_start <= address)
        return vma;
    if (!(vma->vm_flags & VM_GROWSDOWN) ||
        !near_stack_pointer(regs, address, error_code) ||
        expand_stack(vma, address) != 0)
        return NULL;
    return vma;
}

static bool area_allows(const struct vm_area_struct *vma,
                        unsigned long error_code)
{
    if (error_code & PF_WRITE)
        return vma->vm_flags & VM_WRITE;
    return !(error_code & PF_PROT) && (vma->vm_flags & (VM_READ | VM_EXEC));
}

/* An access that can't be had: by a process, or by the kernel. */
static void bad_access(struct pt_regs *regs, int sig, unsigned long address,
                       unsigned long error_code)
{
    if (error_code & PF_USER)
        force_sig_fault(sig, address, error_code);
    else if (!fixup_exception(regs))
        die("page fault", regs);
}

static void get_page_in(struct pt_regs *regs, struct vm_area_struct *vma,
                        unsigned long address, unsigned long error_code)
{
    switch (handle_mm_fault(vma->vm_mm, vma, address, error_code & PF_WRITE)) {
    case VM_FAULT_MINOR:
        current->min_flt++;
        break;
    case VM_FAULT_MAJOR:
        current->maj_flt++;
        break;
    case VM_FAULT_SIGBUS:
        bad_access(regs, SIGBUS, address, error_code);
        break;
    case VM_FAULT_OOM:
        if (error_code & PF_USER)
            out_of_memory_kill();
        bad_access(regs, SIGKILL, address, error_code);
        break;
    }
}

void do_page_fault(struct pt_regs *regs, unsigned long error_code)
{
    unsigned long address = read_cr2();
    struct vm_area_struct *vma = NULL;

    if (address >= TASK_SIZE && !(error_code & (PF_PROT | PF_USER)) &&
        vmalloc_fault(address) == 0)
        return;
    if (address < TASK_SIZE && !in_interrupt() && current->mm != NULL)
        vma = find_area(regs, address, error_code);
    if (vma == NULL || !area_allows(vma, error_code))
        bad_access(regs, SIGSEGV, address, error_code);
    else
        get_page_in(regs, vma, address, error_code);
}

/* --- getting the page ---------------------------------------------------- */

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
    pte_t entry = *pte;

    if (pte_none(entry))
        return do_no_page(mm, vma, address, write_access, pte);
    if (!pte_present(entry))
        return do_swap_page(mm, vma, address, pte, entry, write_access);
    if (write_access && !pte_write(entry))
        return do_wp_page(mm, vma, address, pte, entry);
    if (write_access)
        entry = pte_mkdirty(entry);
    set_pte(pte, pte_mkyoung(entry));
    flush_tlb_page(vma, address);
    return VM_FAULT_MINOR;
}

/* Maps the page, whose use the entry takes over. The entry was empty, so there
 * is nothing to flush. */
static void map_page(struct mm_struct *mm, const struct vm_area_struct *vma,
                     pte_t *pte, struct page *page, bool write_access)
{
    pte_t entry = mk_pte(page, vma->vm_page_prot);

    if (write_access)
        entry = pte_mkwrite(pte_mkdirty(entry));
    if (!PageReserved(page))
        mm->rss++;
    set_pte(pte, entry);
}

enum vm_fault do_anonymous_page(struct mm_struct *mm,
                                struct vm_area_struct *vma,
                                unsigned long address, bool write_access,
                                pte_t *pte)
{
    struct page *page;

    (void)address;
    if (!write_access) {
        set_pte(pte, pte_wrprotect(mk_pte(ZERO_PAGE, vma->vm_page_prot)));
        return VM_FAULT_MINOR;
    }
    page = alloc_page(GFP_HIGHUSER);
    if (page == NULL)
        return VM_FAULT_OOM;
    clear_user_highpage(page);
    map_page(mm, vma, pte, page, write_access);
    return VM_FAULT_MINOR;
}

/* A copy of the page, whose use is given back in any case. NULL without
 * memory. */
static struct page *copy_of(struct page *page)
{
    struct page *copy = alloc_page(GFP_HIGHUSER);

    if (copy != NULL)
        copy_user_highpage(copy, page);
    __free_page(page);
    return copy;
}

enum vm_fault do_no_page(struct mm_struct *mm, struct vm_area_struct *vma,
                         unsigned long address, bool write_access, pte_t *pte)
{
    struct page *page;

    if (vma->vm_ops == NULL || vma->vm_ops->nopage == NULL)
        return do_anonymous_page(mm, vma, address, write_access, pte);
    page = vma->vm_ops->nopage(vma, address & PAGE_MASK);
    if (page == NOPAGE_SIGBUS)
        return VM_FAULT_SIGBUS;
    if (page == NOPAGE_OOM)
        return VM_FAULT_OOM;
    if (write_access && !(vma->vm_flags & VM_SHARED)) {
        page = copy_of(page);
        if (page == NULL)
            return VM_FAULT_OOM;
    }
    map_page(mm, vma, pte, page, write_access);
    return VM_FAULT_MAJOR;
}

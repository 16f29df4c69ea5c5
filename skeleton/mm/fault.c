/*
 * The page fault handler. This file is lab 5; the contract of what it offers is
 * include/fault.h, areas and page tables are in include/mm.h, and README.md
 * tells the story with pictures.
 *
 * Two structures describe the memory of a process, and they need not agree:
 *
 *     mm->mmap     area [40000000, 40004000)  r w, private, anonymous
 *                  |          |          |          |          |
 *     mm->pgd      | 03fc2025 | 03fc4067 | 03ff2067 |    0     |    entries
 *                       |          |          |         |
 *                   ZERO_PAGE    frame      frame     nothing yet
 *
 * An area is a promise to the process: what it may do with which addresses. An
 * entry is an order to the processor: where the page is, and what is let
 * through without asking. The handler is asked when there is no order, or one
 * that is too strict, and it compares with the promise:
 *
 *                         the area allows it     it doesn't, or there is none
 *                         ------------------     ----------------------------
 *     entry lets it       nobody asks            must never happen
 *     through
 *     entry is empty      a fault, mended:       a fault, and a signal:
 *     or too strict       the page is got        SIGSEGV
 *
 * Who calls whom:
 *
 *     do_page_fault
 *       |- vmalloc_fault            the kernel's own addresses
 *       |- expand_stack
 *       '- handle_mm_fault          makes the page table if need be
 *            '- handle_pte_fault
 *                 |- do_no_page             the entry is empty
 *                 |    '- do_anonymous_page     and there is no nopage()
 *                 |- do_swap_page           it names a swap slot    (given)
 *                 '- do_wp_page             it forbids the write    (lab 6)
 *
 * What holds whenever a function here returns or sleeps, so what each may count
 * on and has to leave behind:
 *
 *   (1) An entry never allows more than its area.
 *   (2) An entry holds one use of the frame that it maps (page->count); entries
 *       of reserved frames, like ZERO_PAGE, hold none.
 *   (3) mm->rss is the number of entries that map frames which aren't reserved.
 *   (4) Nothing writes to ZERO_PAGE, so no entry for it is writable.
 *   (5) A frame that a process sees holds what belongs there, or zeros, from
 *       the moment that its entry is set: never what its last owner left.
 *   (6) mm->total_vm is the number of pages of all areas.
 *   (7) What fails has changed nothing: no frame less, no use more, the entry
 *       as it was. (A page table that was made may stay.)
 *
 * The processor remembers translations, but not that there was none. So setting
 * an entry that was empty needs no flush; changing one that was present does:
 * flush_tlb_page().
 *
 * An address space belongs to one task, and the kernel is not preemptive:
 * nobody else changes areas or entries, not even while you sleep. No lock is
 * needed. What may sleep: alloc_page(GFP_HIGHUSER), pte_alloc(),
 * vm_ops->nopage(), do_swap_page(), do_wp_page().
 *
 * Each STUB below is a hole: replace the body, keep the name and the
 * parameters. Helpers of your own are welcome; make them static.
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

/*
 * An access of the kernel's to `address` found no page. Perhaps there is one,
 * and only the page directory in use doesn't know.
 *
 * The kernel's part of a directory is copied from swapper_pg_dir when the
 * address space is made. vmalloc() may make a page table after that, and enters
 * it in swapper_pg_dir alone: to go through all address spaces would be too
 * slow. So a directory is brought up to date when somebody trips over it:
 *
 *     vmalloc_fault(0xc4800000)                pgd_index() is 312 hexadecimal
 *
 *                        swapper_pg_dir         current_pgd()
 *     before   [312]     03fc0003               0
 *     after    [312]     03fc0003               03fc0003
 *                           '--> the same page table, shared by all
 *
 * One entry is copied, and with it 4 MB of addresses are known. Page tables
 * belong to all: there is nothing else to copy, and nothing to flush.
 *
 * Returns 0 if the kernel has a present page at the address; else -1, and
 * nothing has changed: an address outside [VMALLOC_START, VMALLOC_END), no page
 * table in swapper_pg_dir, or an entry in it that is not present (a guard
 * page). Look for the table before you look into it.
 *
 * The directory is that which the processor uses, not current->mm's: a kernel
 * thread has no mm and works with the directory of whoever ran before.
 *
 * Context: any; an interrupt handler may touch vmalloc memory, too. Never
 * sleeps. Cost: a few instructions.
 */
int vmalloc_fault(unsigned long address)
{
    (void)address;
    STUB("lab5-fault");
    return -1;
}

/*
 * Lets the stack `vma`, an area with VM_GROWSDOWN, begin at the page that holds
 * `address`. Only the promise becomes larger; pages come when they are touched,
 * as everywhere.
 *
 *     expand_stack(vma, 0xbfffd123)
 *
 *               bfffd000  bfffe000  bffff000  c0000000
 *     before    .         .         |  stack  |       vm_start  bffff000
 *     after     |            stack            |       vm_start  bfffd000
 *
 *     vm_pgoff and mm->total_vm: 2 pages less, 2 pages more
 *
 * vm_pgoff counts pages from where the area began when it was made, so it goes
 * below 0, and that is all right: it is unsigned, and nothing but differences
 * matters.
 *
 * Returns 0. -ENOMEM, and nothing has changed, if the area would be larger than
 * rlimit(RLIMIT_STACK) bytes, or all areas together than rlimit(RLIMIT_AS)
 * bytes. Exactly as large is allowed. total_vm is in pages: compare in pages,
 * since 4 GB in bytes don't fit into 32 bits, and "no limit" is
 * RLIM_INFINITY, which is ~0.
 *
 * Preconditions: address < vma->vm_start, and no other area lies between: that
 * is how find_vma() found it.
 *
 * Context: a task. Never sleeps. Cost: a few instructions.
 */
int expand_stack(struct vm_area_struct *vma, unsigned long address)
{
    (void)vma;
    (void)address;
    STUB("lab5-fault");
    return -ENOMEM;
}

/*
 * A page fault: the entry point, called by arch/exceptions.c. read_cr2() is the
 * address, `error_code` says what kind of access it was, `regs` who did it.
 *
 *     error_code    PF_USER  PF_WRITE  PF_PROT
 *          0           0        0         0     the kernel reads; no page
 *          2           0        1         0     the kernel writes; no page
 *          3           0        1         1     the kernel writes; read-only
 *          4           1        0         0     a process reads, runs; no page
 *          6           1        1         0     a process writes; no page
 *          7           1        1         1     a process writes; read-only
 *
 * The questions, in this order; the first that ends the matter does:
 *
 *   1. address >= TASK_SIZE, PF_USER clear, PF_PROT clear, and vmalloc_fault()
 *      finds it: done. (A process that asks for a kernel address gets nothing,
 *      whatever is there.)
 *   2. address >= TASK_SIZE, in_interrupt(), or current->mm is NULL: bad. There
 *      is no area to look at.
 *   3. find_vma(): no area ends above it: bad.
 *   4. The area begins above it: bad, unless it has VM_GROWSDOWN, and either
 *      PF_USER is clear or the address is at most STACK_SLACK bytes below
 *      regs->esp, and expand_stack() returns 0. (A process may set esp to
 *      anything, even to less than STACK_SLACK.)
 *   5. The area forbids it: bad.
 *          a write:   allowed with VM_WRITE
 *          a read:    allowed with VM_READ or VM_EXEC, but not if PF_PROT is
 *                     set: then the page was there, and reading it failed
 *   6. handle_mm_fault(), for a write or not.
 *          VM_FAULT_MINOR    current->min_flt counts one more
 *          VM_FAULT_MAJOR    current->maj_flt counts one more
 *          VM_FAULT_SIGBUS   bad, but with SIGBUS
 *          VM_FAULT_OOM      out_of_memory_kill() in user mode, which does not
 *                            return; in the kernel: bad
 *
 * What becomes of the bad ones:
 *
 *     PF_USER set      force_sig_fault(SIGSEGV or SIGBUS, address, error_code)
 *     PF_USER clear    fixup_exception(regs); if that is false,
 *                      die("page fault", regs), which does not return
 *
 * To return means: try the instruction again. It runs again from its start, or
 * at its fixup; or the process gets its signal on the way to user mode.
 *
 *     pusha with esp = bffff008, stack [bffff000, c0000000)
 *
 *     writes bffff004, bffff000, bfffeffc    error 6, below the area
 *     bffff008 - bfffeffc = 12 <= 32         it may be a push
 *     expand_stack(), a frame, VM_FAULT_MINOR; pusha runs again
 *
 * A fault that comes from the kernel does not have regs->esp: the processor
 * pushes esp only when it comes from user mode.
 *
 * Context: any. Sleeps, if at all, in handle_mm_fault(). Interrupts are on if
 * they were on where the fault was.
 */
void do_page_fault(struct pt_regs *regs, unsigned long error_code)
{
    (void)regs;
    (void)error_code;
    STUB("lab5-fault");
}

/*
 * The page at `address` is to be got into the page table of `mm`; `vma` holds
 * the address and allows the access. Finds the entry, or makes a page table for
 * it: pte_alloc(). The rest is handle_pte_fault()'s.
 *
 *     address   bffff004  =  directory 2ff, table 3ff, offset 004
 *
 *     mm->pgd[2ff]   0          ->   a page table of zeros is made
 *                    01071007   ->   entry 3ff of the table at 01071000
 *
 * VM_FAULT_OOM without memory for a page table; else what handle_pte_fault()
 * says.
 *
 * It works on `mm`, whoever is current: others than do_page_fault() may call it
 * for an address space that isn't loaded.
 *
 * Context: a task. May sleep.
 */
enum vm_fault handle_mm_fault(struct mm_struct *mm, struct vm_area_struct *vma,
                              unsigned long address, bool write_access)
{
    (void)mm;
    (void)vma;
    (void)address;
    (void)write_access;
    STUB("lab5-fault");
    return VM_FAULT_OOM;
}

/*
 * Decides by what the entry *pte is.
 *
 *     *pte        pte_none()  pte_present()  pte_write()
 *     0               yes          -             -        do_no_page()
 *     00001302        no           no            -        do_swap_page()
 *     03fc2025        no           yes           no       a write: do_wp_page()
 *                                                         a read:  see below
 *     03fc4067        no           yes           yes      see below
 *
 * Below: nothing is wrong with the entry any more. The processor has gone by
 * what it remembered, or another processor has mended it. Then the entry
 * becomes accessed (pte_mkyoung()), with a write dirty as well (pte_mkdirty()),
 * and its address is flushed, so that the processor looks again:
 * VM_FAULT_MINOR. Without the flush it would come back for ever.
 *
 * pte_present() is true for pages of PROT_NONE areas, too, though the processor
 * doesn't see them; test for it, not for the bit.
 *
 * do_swap_page() (swap.h) and do_wp_page() (cow.h) are given the entry as it
 * was, and their answer is the answer.
 *
 * Context: a task. May sleep.
 */
enum vm_fault handle_pte_fault(struct mm_struct *mm, struct vm_area_struct *vma,
                               unsigned long address, bool write_access,
                               pte_t *pte)
{
    (void)mm;
    (void)vma;
    (void)address;
    (void)write_access;
    (void)pte;
    STUB("lab5-fault");
    return VM_FAULT_OOM;
}

/*
 * A page of memory that nothing is behind: it reads as zeros until somebody
 * writes. *pte is empty.
 *
 *     a read    *pte maps ZERO_PAGE as vm_page_prot says, but never writable,
 *               not even if that is. Nothing is allocated, nothing counted:
 *               it is reserved.
 *     a write   a frame of its own from GFP_HIGHUSER, zeroed with
 *               clear_user_highpage(); *pte is writable and dirty; rss + 1
 *
 *     vm_page_prot 025   read:   03fc2025     ZERO_PAGE is frame 3fc2
 *                        write:  03fc4067     67 = 25, writable and dirty
 *
 * vm_page_prot of a private area never allows writing, not even with VM_WRITE:
 * pte_mkwrite() is yours to call. The frame may be in high memory and
 * have no address: clear_user_highpage() knows how. Zero it before it is mapped
 * (invariant 5).
 *
 * VM_FAULT_MINOR. VM_FAULT_OOM without a frame, and nothing has changed.
 *
 * Context: a task. May sleep. Cost: a read, a few instructions; a write, those
 * of zeroing a page.
 */
enum vm_fault do_anonymous_page(struct mm_struct *mm,
                                struct vm_area_struct *vma,
                                unsigned long address, bool write_access,
                                pte_t *pte)
{
    (void)mm;
    (void)vma;
    (void)address;
    (void)write_access;
    (void)pte;
    STUB("lab5-fault");
    return VM_FAULT_OOM;
}

/*
 * *pte is empty: where does the page come from?
 *
 * An area without vm_ops, or whose vm_ops have no nopage(), is anonymous:
 * do_anonymous_page(). Else vm_ops->nopage() gives the page, or makes it, or
 * says why not. It is asked for the page's first byte: address & PAGE_MASK.
 *
 *                     private                      shared
 *     read     that page, as vm_page_prot   that page, as vm_page_prot says
 *              says: read-only
 *     write    a copy of its own at once,   that page, writable and dirty
 *              writable and dirty
 *
 * The page comes with a use counted for you. If the entry maps it, the entry
 * takes the use over: nothing more to count. If the entry maps a copy, the page
 * is given back with __free_page(), after it was copied with
 * copy_user_highpage(); and it is given back, too, if there is no frame for the
 * copy.
 *
 *     page->count of a page of the page cache, which holds one use itself
 *
 *     before                             1
 *     nopage() has returned it           2
 *     a private write: copied            1      *pte maps the copy, count 1
 *     anything else                      2      *pte maps this one
 *
 * rss counts one more, unless the page that is mapped is reserved.
 *
 * VM_FAULT_MAJOR. NOPAGE_SIGBUS: VM_FAULT_SIGBUS; NOPAGE_OOM, or no frame for
 * the copy: VM_FAULT_OOM. Then *pte is empty as before. (NOPAGE_SIGBUS is NULL,
 * but NOPAGE_OOM is not.)
 *
 * Context: a task. May sleep, in nopage() or for the copy.
 */
enum vm_fault do_no_page(struct mm_struct *mm, struct vm_area_struct *vma,
                         unsigned long address, bool write_access, pte_t *pte)
{
    (void)mm;
    (void)vma;
    (void)address;
    (void)write_access;
    (void)pte;
    STUB("lab5-fault");
    return VM_FAULT_OOM;
}

/*
 * The page fault handler: component `fault`, mm/fault.c, lab 5. Linux 2.4
 * arch/i386/mm/fault.c and mm/memory.c; Intel SDM volume 3, 6.15 (#PF).
 *
 * The processor calls for it whenever a translation is missing or forbids the
 * access. It decides what that means, by the areas of the address space:
 *
 *     address above TASK_SIZE?  from the kernel, and not present: a vmalloc
 *                               area that this page directory doesn't know yet
 *     interrupt, kernel task?   nobody's address space: a bug of the kernel
 *     no area there?            below a stack: grow it. Else a bad address
 *     area forbids it?          a bad address
 *     else                      handle_mm_fault() gets the page
 *
 * and a bad address is a signal for a process in user mode; in the kernel it is
 * an error of copy_from_user() and its like if the exception table knows the
 * instruction, else an oops.
 *
 * No function here but do_page_fault() and vmalloc_fault() may be called from
 * an interrupt; all others may sleep, but expand_stack().
 */
#ifndef FAULT_H
#define FAULT_H

#include <mm.h>
#include <trap.h>

/* Bits of the processor's error code. */
#define PF_PROT  0x1 /* 1: the page was there, but forbids it; 0: not there */
#define PF_WRITE 0x2 /* 1: a write; 0: a read, or fetching an instruction */
#define PF_USER  0x4 /* 1: in user mode */

/* How far below esp an access may be and still mean the stack: pusha writes 32
 * bytes before it moves esp. */
#define STACK_SLACK 32

/* What became of a fault. */
enum vm_fault {
    VM_FAULT_OOM = -1,   /* no memory for it */
    VM_FAULT_SIGBUS = 0, /* there is no such page: beyond the end of a file */
    VM_FAULT_MINOR = 1,  /* mended */
    VM_FAULT_MAJOR = 2,  /* mended, after reading from a device */
};

/*
 * A page fault; the address is read_cr2(). Returns if the instruction can be
 * tried again, or if the process gets a signal on its way to user mode.
 *
 *   - A kernel address (>= TASK_SIZE), not in user mode, entry not present
 *     (PF_PROT clear): vmalloc_fault(); if it finds nothing, as in the kernel
 *     below.
 *   - In an interrupt, or current->mm is NULL: as in the kernel, below.
 *   - An address in no area: if the next area above has VM_GROWSDOWN, and the
 *     fault is the kernel's, or the address is not more than STACK_SLACK bytes
 *     below regs->esp, expand_stack(); else it is bad.
 *   - An access that the area forbids is bad: a write without VM_WRITE; a read
 *     of a page that is there (PF_PROT); a read without VM_READ or VM_EXEC.
 *     (The i386 can't tell fetching from reading.)
 *   - Else handle_mm_fault(). VM_FAULT_MINOR and VM_FAULT_MAJOR count in
 *     current->min_flt and maj_flt.
 *
 * Bad, in user mode: force_sig_fault(SIGSEGV, address, error_code). In the
 * kernel: fixup_exception(regs), if it knows the place; else die("page fault",
 * regs), which does not return. VM_FAULT_SIGBUS: SIGBUS instead, in the kernel
 * the same. VM_FAULT_OOM: in user mode out_of_memory_kill(), which does not
 * return; in the kernel as if bad.
 */
void do_page_fault(struct pt_regs *regs, unsigned long error_code);

/*
 * Copies the kernel's directory entry for a vmalloc address (VMALLOC_START …
 * VMALLOC_END) from swapper_pg_dir to the directory in use, current_pgd(). 0
 * if the kernel has a present page there, else -1, and nothing has changed.
 * Any context.
 */
int vmalloc_fault(unsigned long address);

/*
 * Lets a VM_GROWSDOWN area begin at the page of `address`, below its start:
 * vm_start, vm_pgoff (by as many pages less) and mm->total_vm follow. 0;
 * -ENOMEM if it would be larger than RLIMIT_STACK, or total_vm above RLIMIT_AS,
 * and nothing has changed. Never sleeps.
 */
int expand_stack(struct vm_area_struct *vma, unsigned long address);

/*
 * Gets the page at `address`, which `vma` holds and allows, into the page
 * table: finds or makes the entry (pte_alloc()), then handle_pte_fault().
 */
enum vm_fault handle_mm_fault(struct mm_struct *mm, struct vm_area_struct *vma,
                              unsigned long address, bool write_access);

/*
 * By what the entry is: none, do_no_page(); not present but not none,
 * do_swap_page() (swap.h); present, and a write that it forbids, do_wp_page()
 * (cow.h). A fault for which nothing is wrong any more is mended by flushing
 * its address: VM_FAULT_MINOR. The entry becomes accessed, and dirty with a
 * write.
 */
enum vm_fault handle_pte_fault(struct mm_struct *mm, struct vm_area_struct *vma,
                               unsigned long address, bool write_access,
                               pte_t *pte);

/*
 * An empty entry. An area without vm_ops->nopage is anonymous memory:
 * do_anonymous_page(). Else asks nopage() for the page (at the page's first
 * byte) and maps it with vma->vm_page_prot. A write to a private area gets a
 * copy of its own at once (writable, dirty; the page that nopage() gave is
 * given back); a write to a shared one gets that page, writable and dirty; a
 * read gets that page as vm_page_prot says. Each entry holds the use of its
 * page. rss counts it unless it is reserved. VM_FAULT_SIGBUS and VM_FAULT_OOM
 * as nopage() says, or without memory; the entry is empty then.
 * VM_FAULT_MAJOR if it was mended.
 */
enum vm_fault do_no_page(struct mm_struct *mm, struct vm_area_struct *vma,
                         unsigned long address, bool write_access, pte_t *pte);

/*
 * Anonymous memory reads as zeros. A read maps ZERO_PAGE, never writable, and
 * allocates nothing. A write gets a frame of its own from GFP_HIGHUSER, zeroed,
 * writable, dirty, counted in rss. VM_FAULT_MINOR, or VM_FAULT_OOM and nothing
 * has changed.
 */
enum vm_fault do_anonymous_page(struct mm_struct *mm,
                                struct vm_area_struct *vma,
                                unsigned long address, bool write_access,
                                pte_t *pte);

/* --- given, for the handler ---------------------------------------------- */

/* The address of the last page fault: cr2. */
unsigned long read_cr2(void);

/*
 * If the exception table knows the instruction at regs->eip: lets it go on at
 * its fixup, and true. kernel/uaccess.c.
 */
bool fixup_exception(struct pt_regs *regs);

/* An exception of the kernel's that nobody can mend: reports it, stops. */
__attribute__((noreturn)) void die(const char *what,
                                   const struct pt_regs *regs);

/* Sends current a signal that it can't ignore or block, with the facts of the
 * fault for its handler. kernel/signal.c. */
void force_sig_fault(int sig, unsigned long address, unsigned long error_code);

/* Says so and ends the current process with SIGKILL. Interrupts are on. */
__attribute__((noreturn)) void out_of_memory_kill(void);

#endif

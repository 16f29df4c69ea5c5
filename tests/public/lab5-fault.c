/*
 * Public tests of lab 5, from the first thing that works to the last. They show
 * the way; the hidden ones are about every sentence of include/fault.h.
 *
 * A test runs on the host. guest_boot() starts a fresh machine with your
 * kernel. The first tests call your functions directly, in an address space
 * without a process (new_space(), add_vma()); the last ones let a process load
 * and store, so that the processor asks do_page_fault(). What is mapped, and
 * what is in the frames, is not asked of your kernel: the test reads page
 * tables and frames in the machine's memory.
 * `make gdb T=fault::reads_zeros` stops the machine before the test begins.
 */
#include <criterion/criterion.h>

#include "blocks.h"
#include "spaces.h"

SUITE(fault);

#define START 0x40000000u /* where these tests map memory */
#define WORD  0x11223344u

/* Needs do_anonymous_page(), for reading. */
Test(fault, reads_zeros)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    gaddr_t vma = add_vma(space, START, START + PAGE_SIZE, ANON_FLAGS);

    expect_vm_fault(guest, do_anonymous_page(space, vma, START, false),
                    FAULT_MINOR, NULL);
    expect_zero_page(space, START, "mk_pte(ZERO_PAGE, …), set_pte()");
    expect_read_only(space, START, "all processes share ZERO_PAGE");
    expect_rss(space, 0, "ZERO_PAGE is reserved: rss does not count it");
}

/* Needs do_anonymous_page(), for writing. */
Test(fault, first_write_gets_a_frame)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    gaddr_t vma = add_vma(space, START, START + PAGE_SIZE, ANON_FLAGS);

    expect_vm_fault(guest, do_anonymous_page(space, vma, START, true),
                    FAULT_MINOR, NULL);
    expect_mapped_page(space, START, NULL);
    expect_writable(space, START, "pte_mkwrite()");
    expect_dirty(space, START, "pte_mkdirty()");
    expect_users(space, START, 1, NULL);
    expect_zeros(space, START, "clear_user_highpage()");
    expect_rss(space, 1, "mm->rss counts the frame");
    expect_sound(space);
}

/* An area with vm_ops, whose nopage() gives this page; *page has one use. */
static gaddr_t add_file_area(struct proc *space, uint32_t flags, pfn_t *page)
{
    struct guest *guest = space->guest;
    gaddr_t vma = add_vma(space, START, START + PAGE_SIZE, flags);

    *page = alloc_pages(guest, GFP_KERNEL, 0);
    guest_write(guest, address_of(*page), &(uint32_t){WORD}, sizeof(uint32_t));
    set_probe_nopage(guest, *page);
    set_vma_ops(guest, vma, probe_vm_ops(guest));
    return vma;
}

/* Needs do_no_page(), for reading. */
Test(fault, reads_the_page_of_a_file)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    pfn_t page;
    gaddr_t vma = add_file_area(space, ANON_FLAGS, &page);

    expect_vm_fault(guest, do_no_page(space, vma, START, false), FAULT_MAJOR,
                    NULL);
    expect(frame_of(space, START) == page, .did = guest_last(guest),
           .expected = text("frame %ld is mapped, which nopage() gave", page),
           .seen = text("frame %ld", frame_of(space, START)));
    expect_read_only(space, START, "vm_page_prot of a private area");
    expect_users(space, START, 2, "nopage() has counted the entry's use");
    expect_rss(space, 1, NULL);
}

/* Needs do_no_page(), for writing. */
Test(fault, private_write_gets_a_copy)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    pfn_t page;
    gaddr_t vma = add_file_area(space, ANON_FLAGS, &page);

    expect_vm_fault(guest, do_no_page(space, vma, START, true), FAULT_MAJOR,
                    NULL);
    expect(frame_of(space, START) != page, .did = guest_last(guest),
           .expected = "another frame than the file's",
           .seen = "the same: the file would change");
    expect_value(space, START, WORD, "copy_user_highpage()");
    expect_writable(space, START, NULL);
    expect(page_count(guest, page) == 1, .did = guest_last(guest),
           .expected = "nopage()'s page is given back: count 1",
           .seen = text("count %d", page_count(guest, page)));
    expect_rss(space, 1, NULL);
}

/* Needs handle_pte_fault(), and what it calls. */
Test(fault, entry_says_who_mends_it)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    gaddr_t vma = add_vma(space, START, START + 4 * PAGE_SIZE, ANON_FLAGS);

    expect_vm_fault(guest, handle_pte_fault(space, vma, START, true),
                    FAULT_MINOR, "an empty entry: do_no_page()");
    expect_writable(space, START, NULL);
    put_swap_entry(space, START + PAGE_SIZE, 1);
    expect_vm_fault(guest,
                    handle_pte_fault(space, vma, START + PAGE_SIZE, false),
                    FAULT_SIGBUS, "a swap entry: do_swap_page()");
    map_fresh(space, START + 2 * PAGE_SIZE, PTE_PRESENT | PTE_USER);
    expect_vm_fault(guest,
                    handle_pte_fault(space, vma, START + 2 * PAGE_SIZE, true),
                    FAULT_MINOR, "a write that it forbids: do_wp_page()");
    expect_writable(space, START + 2 * PAGE_SIZE, NULL);
}

/* Needs handle_mm_fault(), and handle_pte_fault() for an empty entry. */
Test(fault, makes_the_page_table)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    gaddr_t vma = add_vma(space, START, START + PAGE_SIZE, ANON_FLAGS);

    expect(page_tables(space) == 0, .did = guest_last(guest),
           .expected = "no page table yet", .seen = "some");
    expect_vm_fault(guest, handle_mm_fault(space, vma, START, true),
                    FAULT_MINOR, NULL);
    expect_mapped_page(space, START, NULL);
    expect(page_tables(space) == 1, .did = guest_last(guest),
           .expected = "one page table",
           .seen = text("%zu", page_tables(space)), .hint = "pte_alloc()");
}

/* Needs expand_stack(). */
Test(fault, stack_area_grows)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    uaddr_t end = START + 4 * PAGE_SIZE;
    gaddr_t vma = add_vma(space, START, end, STACK_FLAGS);

    expect_ok(guest, expand_stack(space, vma, START - 1), NULL);
    expect_vmas(space, &(struct span){START - PAGE_SIZE, end, STACK_FLAGS}, 1,
                "vm_start is the page of the address");
    expect_total_vm(space, 5, "the area has a page more");
    set_agent_rlimit(guest, RLIMIT_STACK, 6 * PAGE_SIZE);
    expect_fails(guest,
                 (uint32_t)expand_stack(space, vma, START - 3 * PAGE_SIZE),
                 ENOMEM, "seven pages are more than RLIMIT_STACK");
    expect_sound(space);
}

/* Needs vmalloc_fault(). */
Test(fault, kernel_page_is_looked_up)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    gaddr_t address;

    new_space(guest);
    address = guest_call(guest,
                         &(struct call){
                             .function = "vmalloc",
                             .args = {PAGE_SIZE},
                             .shown = "vmalloc(4096)",
                         },
                         NULL);
    expect(vmalloc_fault(guest, address) == 0, .did = guest_last(guest),
           .expected = "0: the kernel has a page there", .seen = "-1");
    expect(vmalloc_fault(guest, address + PAGE_SIZE) == -1,
           .did = guest_last(guest),
           .expected = "-1: behind it is the guard page", .seen = "0");
}

/* Needs do_page_fault() for memory that the process may use. */
Test(fault, process_gets_its_memory)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    uaddr_t pages = user_pages(proc, 2);
    uint32_t before = minor_faults(proc);

    expect_loads(proc, pages, 0, "anonymous memory reads as zeros");
    expect_zero_page(proc, pages, NULL);
    user_store(proc, pages + PAGE_SIZE, WORD);
    expect_value(proc, pages + PAGE_SIZE, WORD, NULL);
    user_store(proc, pages, WORD);
    expect_value(proc, pages, WORD, NULL);
    expect(minor_faults(proc) == before + 3, .did = guest_last(guest),
           .expected = "min_flt has counted three faults",
           .seen = text("%u", minor_faults(proc) - before));
    expect_sound(proc);
}

/* Needs do_page_fault() for what the process may not do. */
Test(fault, bad_access_is_a_signal)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    uaddr_t page = user_mmap(proc, PAGE_SIZE, PROT_READ, MAP_PRIVATE);

    expect_segv(load_op(proc, 0), 0, PF_USER, "NULL is in no area");
    expect_segv(store_op(proc, page, WORD), page, PF_USER | PF_WRITE,
                "the area does not allow it: VM_WRITE");
    expect_loads(proc, page, 0, NULL);
    expect_segv(store_op(proc, page, WORD), page, PF_USER | PF_WRITE | PF_PROT,
                "and now the page is there");
    user_uncatch(proc);
    expect_killed(store_op(proc, 0, WORD), SIGSEGV, NULL);
}

/* Needs do_page_fault() and expand_stack(). */
Test(fault, process_grows_its_stack)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    struct vma_view stack = vma_at(proc, USER_END - 1);

    user_push(proc, stack.start, WORD);
    expect_value(proc, stack.start - 4, WORD, NULL);
    expect(vma_at(proc, USER_END - 1).start == stack.start - PAGE_SIZE,
           .did = guest_last(guest), .expected = "the stack is a page larger",
           .seen = "it is not");
    expect_sound(proc);
}

/* Needs do_page_fault() for the kernel's accesses to users' memory. */
Test(fault, bad_pointer_is_an_error_of_the_call)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    uaddr_t page = user_pages(proc, 1);

    expect_returns(syscall_op(proc, NR_pipe, page), 0,
                   "the kernel's write gets the page, too");
    expect_mapped_page(proc, page, NULL);
    expect_error(syscall_op(proc, NR_pipe, START - PAGE_SIZE), EFAULT,
                 "fixup_exception()");
    expect_error(syscall_op(proc, NR_open, 0, O_RDONLY), EFAULT,
                 "fixup_exception()");
    expect_loads(proc, page + 8, 0, "the process goes on");
}

/*
 * Hidden tests of lab 5: what a process may do where, and what it is told if it
 * may not.
 */
#include <criterion/criterion.h>

#include "accesses.h"

#define RETURN 0xc3 /* machine code: ret */

/* What an area allows, and what becomes of accesses to a page of it that is
 * not there yet. The i386 can't tell fetching from reading. */
static const struct {
    uint32_t prot;
    const char *name;
    bool reads, writes;
} protections[] = {
    {PROT_NONE, "PROT_NONE", false, false},
    {PROT_READ, "PROT_READ", true, false},
    {PROT_WRITE, "PROT_WRITE", false, true},
    {PROT_EXEC, "PROT_EXEC", true, false},
    {PROT_READ | PROT_WRITE, "PROT_READ | PROT_WRITE", true, true},
    {PROT_READ | PROT_EXEC, "PROT_READ | PROT_EXEC", true, false},
    {PROT_WRITE | PROT_EXEC, "PROT_WRITE | PROT_EXEC", true, true},
    {PROT_READ | PROT_WRITE | PROT_EXEC, "all three", true, true},
};

#define NR_PROTECTIONS (sizeof(protections) / sizeof(protections[0]))

static const char *named(const struct user_op *op, size_t i)
{
    return text("%s, of an area with %s", op->shown, protections[i].name);
}

Test(fault, read_is_checked_against_the_area)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);

    for (size_t i = 0; i < NR_PROTECTIONS; i++) {
        uaddr_t page =
            user_mmap(proc, PAGE_SIZE, protections[i].prot, MAP_PRIVATE);
        struct user_op op = load_op(proc, page + 4);

        op.shown = named(&op, i);
        if (protections[i].reads) {
            expect_returns(op, 0, "VM_READ or VM_EXEC");
            expect_zero_page(proc, page, NULL);
        } else {
            expect_segv(op, page + 4, PF_USER, "neither VM_READ nor VM_EXEC");
            expect_empty(proc, page, NULL);
        }
    }
    expect_sound(proc);
}

Test(fault, write_is_checked_against_the_area)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);

    for (size_t i = 0; i < NR_PROTECTIONS; i++) {
        uaddr_t page =
            user_mmap(proc, PAGE_SIZE, protections[i].prot, MAP_PRIVATE);
        struct user_op op = store_op(proc, page + 4, WORD);

        op.shown = named(&op, i);
        if (protections[i].writes) {
            user_do(op);
            expect_value(proc, page + 4, WORD, NULL);
        } else {
            expect_segv(op, page + 4, PF_USER | PF_WRITE, "no VM_WRITE");
            expect_empty(proc, page, NULL);
        }
    }
    expect_sound(proc);
}

/* A page with code, in an area whose protection changes. */
Test(fault, fetching_is_reading)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);

    for (size_t i = 0; i < NR_PROTECTIONS; i++) {
        uaddr_t page = user_pages(proc, 1);
        struct user_op op = run_op(proc, page);

        user_do(store_sized_op(proc, page, 1, RETURN));
        user_mprotect(proc, page, PAGE_SIZE, protections[i].prot);
        op.shown = named(&op, i);
        if (protections[i].prot == PROT_NONE)
            expect_segv(op, page, PF_USER, NULL);
        else
            user_do(op);
    }
    expect_segv(run_op(proc, START - PAGE_SIZE), START - PAGE_SIZE, PF_USER,
                "nothing is mapped there");
}

/* The page is there, and the entry forbids it: PF_PROT. */
Test(fault, write_to_a_page_that_is_there_is_checked)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    uaddr_t page = user_pages(proc, 2);
    pfn_t frame;

    user_store(proc, page, WORD);
    expect_loads(proc, page + PAGE_SIZE, 0, NULL);
    frame = frame_of(proc, page);
    user_mprotect(proc, page, 2 * PAGE_SIZE, PROT_READ);
    expect_segv(store_op(proc, page, 1), page, PF_USER | PF_WRITE | PF_PROT,
                "the area does not have VM_WRITE any more");
    expect_segv(store_op(proc, page + PAGE_SIZE, 1), page + PAGE_SIZE,
                PF_USER | PF_WRITE | PF_PROT, "ZERO_PAGE");
    expect_zero_page(proc, page + PAGE_SIZE, NULL);
    expect_value(proc, page, WORD, NULL);
    user_mprotect(proc, page, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE);
    user_store(proc, page, 2);
    expect(frame_of(proc, page) == frame, .did = guest_last(guest),
           .expected = "the same frame: it is the process's own",
           .seen = "another frame");
}

Test(fault, page_under_prot_none_is_hidden)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    uaddr_t page = user_pages(proc, 1);

    user_store(proc, page, WORD);
    user_mprotect(proc, page, PAGE_SIZE, PROT_NONE);
    expect_segv(load_op(proc, page), page, PF_USER, "PROT_NONE");
    expect_segv(store_op(proc, page, 1), page, PF_USER | PF_WRITE, "PROT_NONE");
    expect(pte_view(proc, page).hidden, .did = guest_last(guest),
           .expected = "the frame is still in the entry, hidden",
           .seen = "it is not");
    user_mprotect(proc, page, PAGE_SIZE, PROT_READ);
    expect_loads(proc, page, WORD, "as it was");
}

/* The entry of a page that a process may read allows the kernel only. */
Test(fault, read_of_a_page_that_is_there_is_bad)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    uaddr_t page = user_pages(proc, 1);

    user_store(proc, page, WORD);
    change_entry(proc, page, PTE_USER, 0);
    expect_segv(load_op(proc, page), page, PF_USER | PF_PROT,
                "the page is there, and reading it is forbidden: handling it "
                "as missing would never end");
}

/* --- where areas begin and end -------------------------------------------- */

Test(fault, areas_end_where_they_end)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    uaddr_t low = START + 16 * PAGE_SIZE, high = low + 4 * PAGE_SIZE;

    user_mmap_at(proc, low, PAGE_SIZE, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_FIXED);
    user_mmap_at(proc, high, PAGE_SIZE, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_FIXED);
    user_do(store_sized_op(proc, low, 1, 1));
    user_do(store_sized_op(proc, low + PAGE_SIZE - 1, 1, 2));
    user_do(load_sized_op(proc, high, 1));
    expect_segv(load_sized_op(proc, low - 1, 1), low - 1, PF_USER,
                "below the area");
    expect_segv(load_sized_op(proc, low + PAGE_SIZE, 1), low + PAGE_SIZE,
                PF_USER, "vm_end is the first byte behind the area");
    expect_segv(store_sized_op(proc, high - 1, 1, 1), high - 1,
                PF_USER | PF_WRITE,
                "find_vma() gives the next area: is the address in it?");
    expect_segv(load_op(proc, low + PAGE_SIZE - 2), low + PAGE_SIZE, PF_USER,
                "the address is that of the first byte that is missing");
    expect_segv(load_op(proc, high + PAGE_SIZE), high + PAGE_SIZE, PF_USER,
                NULL);
    expect_sound(proc);
}

/* --- the kernel's addresses ----------------------------------------------- */

/* An access of a process to the kernel's memory must not be mended. */
static void expect_kernels(struct proc *proc, gaddr_t address, uint32_t there)
{
    const char *hint = "addresses from TASK_SIZE on are the kernel's: in user "
                       "mode they are never mended";

    expect_segv(load_sized_op(proc, address, 1), address, PF_USER | there,
                hint);
    expect_segv(store_sized_op(proc, address, 1, 0), address,
                PF_USER | PF_WRITE | there, hint);
    expect_segv(run_op(proc, address), address, PF_USER | there, hint);
}

Test(fault, kernel_addresses_are_bad_for_a_process)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    uint32_t word = guest_u32(guest, guest_symbol(guest, "probe_memory"));

    expect_kernels(proc, KERNEL_BASE, PF_PROT);
    expect_kernels(proc, guest_symbol(guest, "do_page_fault"), PF_PROT);
    expect_kernels(proc, guest_symbol(guest, "probe_memory"), PF_PROT);
    expect_kernels(proc, mm_of(proc), PF_PROT);
    expect_kernels(proc, 0xffffffff, 0);
    expect_segv(load_op(proc, USER_END - 2), USER_END, PF_USER | PF_PROT,
                "the last two bytes of the stack, and two of the kernel's");
    expect(guest_u32(guest, guest_symbol(guest, "probe_memory")) == word,
           .did = "those stores",
           .expected = "the kernel's memory is as it was",
           .seen = "it was written to");
    expect_sound(proc);
}

/* --- what the process makes of it ----------------------------------------- */

Test(fault, bad_access_ends_one_process_only)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *parent = user_spawn(guest);
    struct stock before;
    uaddr_t page = user_pages(parent, 1);
    struct proc *child;

    user_store(parent, page, WORD);
    before = stock_of(guest);
    child = user_fork(parent);
    expect_killed(load_op(child, START - PAGE_SIZE), SIGSEGV, NULL);
    user_wait(parent, child);
    child = user_fork(parent);
    expect_killed(store_op(child, KERNEL_BASE, 1), SIGSEGV, NULL);
    user_wait(parent, child);
    expect_loads(parent, page, WORD, NULL);
    expect_nothing_lost(guest, &before);
}

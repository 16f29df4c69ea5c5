/*
 * Hidden tests of lab 5: page faults of the kernel's own, in an address space
 * without a process. The exception table knows copy_to_user() and its like; it
 * does not know memset() and memcpy().
 */
#include <criterion/criterion.h>

#include "accesses.h"

#define NOTHING    (START + 64 * PAGE_SIZE) /* where nothing is mapped */
#define NBYTES     100
#define AREA_PAGES 8

static struct proc *space_with(uint32_t flags)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);

    add_vma(space, START, START + AREA_PAGES * PAGE_SIZE, flags);
    return space;
}

Test(fault, kernel_gets_users_pages)
{
    struct proc *space = space_with(ANON_FLAGS);
    struct guest *guest = space->guest;
    struct call write;
    uaddr_t end = START + 2 * PAGE_SIZE;

    expect_left(guest, copy_from_user_call(guest, START, NBYTES), 0, NULL);
    expect_zero_page(space, START, "a read of anonymous memory");
    expect_left(guest, copy_to_user_call(guest, START, NBYTES), 0, NULL);
    expect_writable(space, START, NULL);
    expect_left(guest, copy_to_user_call(guest, end - 50, NBYTES), 0,
                "two pages, two faults");
    expect_writable(space, end - 1, NULL);
    expect_writable(space, end, NULL);
    expect_left(guest, clear_user_call(START + 3 * PAGE_SIZE, NBYTES), 0, NULL);
    expect_writable(space, START + 3 * PAGE_SIZE, NULL);
    expect_rss(space, 4, NULL);
    write = kernel_write_call(START + 4 * PAGE_SIZE);
    guest_call(guest, &write, NULL);
    expect_writable(space, START + 4 * PAGE_SIZE,
                    "good addresses need no exception table");
    expect_sound(space);
}

/* What is behind an area is not copied, and what is before is. */
Test(fault, copying_stops_where_the_area_ends)
{
    struct proc *space = space_with(ANON_FLAGS);
    struct guest *guest = space->guest;
    uaddr_t end = START + AREA_PAGES * PAGE_SIZE;

    expect_left(guest, copy_to_user_call(guest, end - 40, NBYTES), NBYTES - 40,
                "fixup_exception() lets the copying function go on");
    expect_left(guest, copy_from_user_call(guest, end - 40, NBYTES),
                NBYTES - 40, NULL);
    expect_left(guest, clear_user_call(end - 8, NBYTES), NBYTES - 8, NULL);
    expect_left(guest, copy_to_user_call(guest, NOTHING, NBYTES), NBYTES, NULL);
    expect_left(guest, copy_from_user_call(guest, 0, NBYTES), NBYTES, NULL);
    expect_rss(space, 1, NULL);
    expect_sound(space);
}

/* A copy in each direction must fail, or both must work. */
static void check_copies(uint32_t flags, uint32_t left_in, uint32_t left_out)
{
    struct proc *space = space_with(flags);
    struct guest *guest = space->guest;

    expect_left(guest, copy_to_user_call(guest, START, NBYTES), left_out,
                vm_flags_text(flags));
    expect_left(guest, copy_from_user_call(guest, START + PAGE_SIZE, NBYTES),
                left_in, vm_flags_text(flags));
    expect_left(guest, copy_to_user_call(guest, START + PAGE_SIZE, NBYTES),
                left_out, "the page may be there now");
    expect_sound(space);
    guest_end_all();
}

Test(fault, areas_bind_the_kernel_too)
{
    check_copies(VM_MAY, NBYTES, NBYTES);
    check_copies(VM_MAY | VM_READ, 0, NBYTES);
    check_copies(VM_MAY | VM_EXEC, 0, NBYTES);
    check_copies(VM_MAY | VM_READ | VM_WRITE, 0, 0);
}

/* --- where nobody's pages may be got -------------------------------------- */

static void check_interrupts(void)
{
    struct proc *space = space_with(ANON_FLAGS);
    struct guest *guest = space->guest;

    expect_left(
        guest,
        in_context(copy_to_user_call(guest, START, NBYTES), AGENT_INTERRUPT),
        NBYTES, "in_interrupt(): it is nobody's address space");
    expect_left(
        guest,
        in_context(copy_from_user_call(guest, START, NBYTES), AGENT_INTERRUPT),
        NBYTES, "in_interrupt(): it is nobody's address space");
    expect_empty(space, START, NULL);
    expect_left(guest, copy_to_user_call(guest, START, NBYTES), 0, NULL);
    expect_left(
        guest,
        in_context(copy_from_user_call(guest, START, NBYTES), AGENT_INTERRUPT),
        0, "a page that is there causes no fault");
    guest_end_all();
    space = space_with(STACK_FLAGS);
    expect_left(guest,
                in_context(copy_to_user_call(space->guest, START - 8, 8),
                           AGENT_INTERRUPT),
                8, NULL);
    expect_vmas(
        space,
        &(struct span){START, START + AREA_PAGES * PAGE_SIZE, STACK_FLAGS}, 1,
        NULL);
}

static void check_kernel_task(void)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);

    expect_left(guest, copy_to_user_call(guest, START, NBYTES), NBYTES,
                "current->mm is NULL");
    expect_left(guest, copy_from_user_call(guest, 0, NBYTES), NBYTES,
                "current->mm is NULL");
    expect_left(guest, clear_user_call(USER_END - NBYTES, NBYTES), NBYTES,
                "current->mm is NULL");
}

Test(fault, nobodys_accesses_get_no_pages)
{
    check_interrupts();
    guest_end_all();
    check_kernel_task();
}

/* Interrupts may be off when the kernel looks at users' memory. */
Test(fault, pages_come_with_interrupts_off)
{
    struct proc *space = space_with(ANON_FLAGS);
    struct guest *guest = space->guest;

    expect_left(
        guest,
        in_context(copy_to_user_call(guest, START, NBYTES), AGENT_ATOMIC), 0,
        NULL);
    expect_writable(space, START, NULL);
    expect_left(
        guest,
        in_context(copy_to_user_call(guest, NOTHING, NBYTES), AGENT_ATOMIC),
        NBYTES, NULL);
}

/* --- mistakes of the kernel's --------------------------------------------- */

static void check_forbidden(void)
{
    struct proc *space = space_with(RO_FLAGS);

    expect_oops(space->guest, kernel_write_call(START + 8), START + 8,
                "the area does not allow it, and nobody expects it");
    guest_end_all();
    space = space_with(VM_MAY);
    expect_oops(space->guest, kernel_read_call(space->guest, START), START,
                "the area does not allow it, and nobody expects it");
}

Test(fault, bad_pointer_in_the_kernel_is_an_oops)
{
    static const gaddr_t addresses[] = {0, 0x123, NOTHING, USER_END - 4,
                                        START - 4};

    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        struct proc *space = space_with(ANON_FLAGS);

        expect_oops(space->guest, kernel_write_call(addresses[i]), addresses[i],
                    "die(\"page fault\", regs)");
        guest_end_all();
    }
    check_forbidden();
}

Test(fault, bad_kernel_address_is_an_oops)
{
    struct guest *guest = space_with(ANON_FLAGS)->guest;
    gaddr_t behind = vmalloc_start(guest) - PAGE_SIZE;
    gaddr_t kernel_text = guest_symbol(guest, "find_vma");

    expect_oops(guest, kernel_read_call(guest, behind), behind,
                "between the direct map and VMALLOC_START is nothing");
    guest_end_all();
    guest = space_with(ANON_FLAGS)->guest;
    expect_oops(guest, kernel_read_call(guest, vmalloc_start(guest)),
                vmalloc_start(guest), "no vmalloc area is there");
    guest_end_all();
    guest = space_with(ANON_FLAGS)->guest;
    expect_oops(guest, kernel_write_call(kernel_text), kernel_text,
                "PF_PROT: the page is there, and read-only");
}

Test(fault, users_memory_is_an_oops_in_nobodys_name)
{
    struct guest *guest = space_with(ANON_FLAGS)->guest;

    expect_oops(guest, in_context(kernel_write_call(START), AGENT_INTERRUPT),
                START, "in_interrupt(): even if an area would allow it");
    guest_end_all();
    guest = guest_boot(&machine_64mb, STAGE_PROC);
    expect_oops(guest, kernel_write_call(START), START,
                "current->mm is NULL: nobody's address space");
}

/* --- what cannot be had --------------------------------------------------- */

static void check_sigbus(void)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);

    add_ops_area(space, 2, ANON_FLAGS, NO_PAGE);
    expect_left(guest, copy_to_user_call(guest, START, NBYTES), NBYTES,
                "VM_FAULT_SIGBUS: fixup_exception()");
    expect_left(guest, copy_from_user_call(guest, START, NBYTES), NBYTES,
                "VM_FAULT_SIGBUS: fixup_exception()");
    expect_empty(space, START, NULL);
    expect_oops(guest, kernel_read_call(guest, START), START,
                "VM_FAULT_SIGBUS, and nobody expects it");
}

static void check_oom(void)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);

    add_ops_area(space, 2, ANON_FLAGS, NO_PAGE);
    set_probe_nopage_oom(guest);
    expect_left(guest, copy_to_user_call(guest, START, NBYTES), NBYTES,
                "VM_FAULT_OOM in the kernel: as if bad");
    expect_left(guest, copy_from_user_call(guest, START, NBYTES), NBYTES,
                "VM_FAULT_OOM in the kernel: as if bad");
    expect_empty(space, START, NULL);
    expect_oops(guest, kernel_write_call(START), START,
                "VM_FAULT_OOM, and nobody expects it");
}

Test(fault, kernel_hears_of_all_as_of_a_bad_address)
{
    check_sigbus();
    guest_end_all();
    check_oom();
}

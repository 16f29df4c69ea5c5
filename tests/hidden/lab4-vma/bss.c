/* Hidden tests of lab 4: do_brk(). */
#include <criterion/criterion.h>

#include "lab4.h"

static void make(const struct proc *space, uaddr_t address, uint32_t nbytes)
{
    expect_address(space->guest, do_brk(space->guest, address, nbytes), address,
                   NULL);
    expect_sound(space);
}

static void brk_makes_private_memory_in_whole_pages(void)
{
    struct proc *space = boot_space();
    const struct span expected[] = {
        {HEAP, HEAP + 2 * PAGE_SIZE, VM_DATA_FLAGS},
        {AT(5), AT(6), VM_DATA_FLAGS},
        {USER_END - PAGE_SIZE, USER_END, VM_DATA_FLAGS},
    };

    make(space, HEAP, PAGE_SIZE + 1);
    make(space, AT(5), 1);
    make(space, USER_END - PAGE_SIZE, PAGE_SIZE);
    expect_vmas(space, expected, 3, "VM_DATA_FLAGS, len rounded up");
    expect_rss(space, 0, "pages come when they are touched");
    expect_total_vm(space, 4, NULL);
}

static void brk_of_no_bytes_does_nothing(void)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    struct before before;

    plant_vma(space, AT(0), AT(1), ANON_FLAGS);
    before = look(space);
    set_agent_rlimit(guest, RLIMIT_AS, 0);
    expect_address(guest, do_brk(guest, AT(0), 0), AT(0), "addr, for len 0");
    expect_address(guest, do_brk(guest, USER_END + PAGE_SIZE, 0),
                   USER_END + PAGE_SIZE, "whatever addr is");
    expect_as_before(space, &before, NULL);
}

Test(vma, brk_makes_private_memory_in_whole_pages)
{
    brk_makes_private_memory_in_whole_pages();
    guest_end_all();
    brk_of_no_bytes_does_nothing();
}

/* A program's data, bss and heap are one area. */
Test(vma, brk_merges_with_neighbours_that_are_alike)
{
    struct proc *space = boot_space();
    const struct span spans[] = {
        {AT(0), AT(2), VM_DATA_FLAGS},
        {AT(5), AT(6), VM_DATA_FLAGS},
        {AT(7), AT(8), ANON_FLAGS},
    };
    const struct span expected[] = {
        {AT(0), AT(7), VM_DATA_FLAGS},
        {AT(7), AT(8), ANON_FLAGS},
    };

    plant_vmas(space, spans, 3, NULL);
    make(space, AT(2), PAGE_SIZE);
    make(space, AT(3), 2 * PAGE_SIZE);
    make(space, AT(6), PAGE_SIZE);
    expect_vmas(space, expected, 2, "vma_merge()");
    expect_total_vm(space, 8, NULL);
}

Test(vma, brk_replaces_what_is_there)
{
    struct proc *space = boot_space();
    const struct span spans[] = {
        {AT(0), AT(3), ANON_FLAGS},
        {AT(4), AT(5), RO_FLAGS},
        {AT(6), AT(9), VM_DATA_FLAGS},
    };
    const struct span expected[] = {
        {AT(0), AT(2), ANON_FLAGS},
        {AT(2), AT(9), VM_DATA_FLAGS},
    };

    plant_vmas(space, spans, 3, NULL);
    map_fresh(space, AT(1), PTE_FRESH);
    map_fresh(space, AT(2), PTE_FRESH);
    map_fresh(space, AT(6), PTE_FRESH);
    map_fresh(space, AT(8), PTE_FRESH);
    make(space, AT(2), 5 * PAGE_SIZE);
    expect_vmas(space, expected, 2, NULL);
    expect_not_mapped(space, AT(2), 5, "its pages are new ones");
    expect_rss(space, 2, "pages beside it stay");
}

/* It must fail, and leave all as it was. */
static void refuse(const struct proc *space, uaddr_t address, uint32_t nbytes,
                   int error, const char *why)
{
    struct before before = look(space);

    expect_fails(space->guest, do_brk(space->guest, address, nbytes), error,
                 why);
    expect_as_before(space, &before,
                     "nothing is unmapped before the checks are done");
}

Test(vma, brk_refuses_what_is_no_range)
{
    struct proc *space = boot_space();

    plant_vma(space, AT(0), USER_END, RO_FLAGS);
    refuse(space, USER_END - PAGE_SIZE, PAGE_SIZE + 1, EINVAL,
           "it ends above TASK_SIZE");
    refuse(space, USER_END, PAGE_SIZE, EINVAL, NULL);
    refuse(space, AT(0), ~0u, EINVAL, "rounded up, len is 0");
    refuse(space, AT(1), -BASE, EINVAL, "the sum does not fit into 32 bits");
    refuse(space, -PAGE_SIZE, PAGE_SIZE, EINVAL, "its end is 2^32");
    refuse(space, AT(0), USER_END, EINVAL, NULL);
}

static void brk_keeps_to_the_limit_of_address_space(void)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;

    plant_vma(space, AT(0), AT(4), ANON_FLAGS);
    set_agent_rlimit(guest, RLIMIT_AS, 6 * PAGE_SIZE);
    refuse(space, AT(4), 2 * PAGE_SIZE + 1, ENOMEM, "RLIMIT_AS");
    refuse(space, AT(0), 3 * PAGE_SIZE, ENOMEM,
           "what it would replace is counted, too");
    make(space, AT(4), 2 * PAGE_SIZE);
    refuse(space, AT(10), 1, ENOMEM, NULL);
}

static void brk_stops_at_the_most_areas(void)
{
    struct proc *space = boot_space();
    const struct span first = {AT(1), AT(2), VM_DATA_FLAGS};

    plant_row(space, &first, MAX_MAP_COUNT - 1, 1, NULL);
    make(space, HEAP, PAGE_SIZE);
    refuse(space, HEAP + PAGE_SIZE, PAGE_SIZE, ENOMEM,
           "MAX_MAP_COUNT areas are there");
    refuse(space, AT(1), PAGE_SIZE, ENOMEM, NULL);
}

static void brk_without_memory_for_an_area(void)
{
    struct proc *space = boot_small_space();

    plant_vma(space, AT(0), AT(4), VM_DATA_FLAGS);
    leave_areas(space->guest, 0);
    refuse(space, AT(5), PAGE_SIZE, ENOMEM, "kmem_cache_alloc() may give NULL");
    make(space, AT(4), PAGE_SIZE);
}

Test(vma, brk_keeps_to_all_limits)
{
    brk_keeps_to_the_limit_of_address_space();
    guest_end_all();
    brk_stops_at_the_most_areas();
    guest_end_all();
    brk_without_memory_for_an_area();
}

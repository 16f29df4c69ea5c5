/*
 * Public tests of lab 4, from the first thing that works to the last. They show
 * the way; the hidden ones are about every sentence of include/mmap.h.
 *
 * A test runs on the host. guest_boot() starts a fresh machine with your
 * kernel; find_vma(), do_munmap() and their like call your functions in it.
 * new_space() makes an address space without a process, which becomes
 * current->mm; plant_vmas() puts areas into it without any of your code.
 * Addresses are numbers, 0 for NULL. What areas there are is not asked of your
 * kernel: the test reads list, tree and counts from memory (expect_vmas(),
 * expect_sound()).
 * `make gdb T=vma::finds_the_area_of_an_address` stops the machine before the
 * test begins.
 */
#include <criterion/criterion.h>

#include "plant.h"

SUITE(vma);

#define BASE  TASK_UNMAPPED_BASE
#define AT(n) (BASE + (n)*PAGE_SIZE) /* page n from there on */
#define HEAP  0x10000000u

#define RW (PROT_READ | PROT_WRITE)

/* Two areas of two pages each, with a hole of two pages between them. */
static struct proc *two_areas(gaddr_t *vmas)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    const struct span spans[] = {
        {AT(2), AT(4), ANON_FLAGS},
        {AT(6), AT(8), ANON_FLAGS},
    };

    plant_vmas(space, spans, 2, vmas);
    return space;
}

/* Needs find_vma(). */
Test(vma, finds_the_area_of_an_address)
{
    gaddr_t vmas[2];
    struct proc *space = two_areas(vmas);

    expect_vma(space, find_vma(space, AT(3)), vmas[0],
               "the area that holds it");
    expect_vma(space, find_vma(space, AT(7) + 5), vmas[1], NULL);
    expect_vma(space, find_vma(space, AT(5)), vmas[1],
               "none holds it: the next one above");
    expect_vma(space, find_vma(space, AT(8)), 0, "none ends above it");
}

/* Needs find_vma_prev(). */
Test(vma, finds_the_area_before)
{
    gaddr_t vmas[2], prev;
    struct proc *space = two_areas(vmas);

    expect_vma(space, find_vma_prev(space, AT(7), &prev), vmas[1], NULL);
    expect_vma(space, prev, vmas[0], "*pprev: the one before it on mm->mmap");
    expect_vma(space, find_vma_prev(space, AT(3), &prev), vmas[0], NULL);
    expect_vma(space, prev, 0, "*pprev: none is before the first");
}

/* Needs insert_vm_struct(), as most of the others do. */
Test(vma, lists_a_new_area)
{
    gaddr_t vmas[2];
    struct proc *space = two_areas(vmas);
    const struct span expected[] = {
        {AT(0), AT(1), RO_FLAGS},
        {AT(2), AT(4), ANON_FLAGS},
        {AT(4), AT(5), RO_FLAGS},
        {AT(6), AT(8), ANON_FLAGS},
    };

    add_vma(space, AT(4), AT(5), RO_FLAGS);
    expect_vmas(space, expected + 1, 3, "between two others");
    expect_sound(space);
    add_vma(space, AT(0), AT(1), RO_FLAGS);
    expect_vmas(space, expected, 4, "before the first");
    expect_sound(space);
}

/* Needs split_vma(). */
Test(vma, cuts_an_area_in_two)
{
    gaddr_t vmas[2];
    struct proc *space = two_areas(vmas);
    const struct span expected[] = {
        {AT(2), AT(3), ANON_FLAGS},
        {AT(3), AT(4), ANON_FLAGS},
        {AT(6), AT(8), ANON_FLAGS},
    };

    expect_ok(space->guest, split_vma(space, vmas[0], AT(3)), NULL);
    expect_vmas(space, expected, 3, "a new area for the upper part");
    expect_vma(space, vma_at(space, AT(2)).at, vmas[0],
               "the lower part is the old area");
    expect_sound(space);
}

/* Needs vma_merge(). */
Test(vma, makes_a_neighbour_larger)
{
    gaddr_t vmas[2];
    struct proc *space = two_areas(vmas);
    const struct span expected[] = {
        {AT(2), AT(5), ANON_FLAGS},
        {AT(6), AT(8), ANON_FLAGS},
    };
    int merged = vma_merge(space, vmas[0], AT(4), AT(5), ANON_FLAGS);

    expect(merged == 1, .did = guest_last(space->guest), .expected = "1",
           .seen = text("%d", merged),
           .hint = "the area below ends where the new one would begin, and has "
                   "the same flags");
    expect_vmas(space, expected, 2, NULL);
    expect(vma_merge(space, vmas[0], AT(5), AT(6), RO_FLAGS) == 0,
           .did = guest_last(space->guest), .expected = "0", .seen = "another",
           .hint = "the flags are not those of the neighbours");
    expect_vmas(space, expected, 2, "nothing changes then");
}

/* Needs get_unmapped_area(). */
Test(vma, finds_a_free_range)
{
    gaddr_t vmas[2] = {0};
    struct proc *space = two_areas(vmas);
    struct guest *guest = space->guest;

    expect_address(guest, get_unmapped_area(guest, 0, 2 * PAGE_SIZE, 0), AT(0),
                   "the lowest hole from TASK_UNMAPPED_BASE on");
    expect_address(guest, get_unmapped_area(guest, 0, 3 * PAGE_SIZE, 0), AT(8),
                   "the first hole that is large enough");
    expect_address(guest, get_unmapped_area(guest, AT(4), PAGE_SIZE, 0), AT(4),
                   "a range that is asked for, and free");
    expect_address(guest, get_unmapped_area(guest, AT(3), PAGE_SIZE, 0), AT(0),
                   "it is not free");
    expect_address(guest, get_unmapped_area(guest, AT(3), PAGE_SIZE, MAP_FIXED),
                   AT(3), "MAP_FIXED: there, whatever is there");
}

/* Needs do_mmap_pgoff(). */
Test(vma, maps_anonymous_memory)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    const struct span expected[] = {
        {AT(0), AT(3), ANON_FLAGS},
        {AT(3), AT(4), RO_FLAGS},
    };

    expect_address(guest, do_mmap(guest, 2 * PAGE_SIZE, RW, MAP_PRIVATE), AT(0),
                   NULL);
    expect_address(guest, do_mmap(guest, 1, RW, MAP_PRIVATE), AT(2),
                   "whole pages");
    expect_address(guest, do_mmap(guest, PAGE_SIZE, PROT_READ, MAP_PRIVATE),
                   AT(3), NULL);
    expect_vmas(space, expected, 2, "the second was merged with the first");
    expect_total_vm(space, 4, NULL);
    expect_sound(space);
    expect_fails(guest, do_mmap(guest, 0, RW, MAP_PRIVATE), EINVAL,
                 "no bytes at all");
}

/* Needs do_munmap(). */
Test(vma, unmaps_what_was_mapped)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    const struct span left[] = {
        {AT(1), AT(4), ANON_FLAGS},
        {AT(6), AT(9), ANON_FLAGS},
    };

    plant_vma(space, AT(0), AT(10), ANON_FLAGS);
    expect_ok(guest, do_munmap(space, AT(0), PAGE_SIZE), "the lower end");
    expect_ok(guest, do_munmap(space, AT(9), PAGE_SIZE), "the upper end");
    expect_ok(guest, do_munmap(space, AT(4), 2 * PAGE_SIZE), "the middle");
    expect_vmas(space, left, 2, NULL);
    expect_sound(space);
    expect_ok(guest, do_munmap(space, AT(0), 10 * PAGE_SIZE),
              "several areas, and holes");
    expect_vmas(space, NULL, 0, NULL);
    expect_sound(space);
}

/* Needs do_brk() and sys_brk(). */
Test(vma, moves_the_end_of_the_heap)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);

    set_heap(space, HEAP, HEAP);
    expect_address(guest, sys_brk(guest, HEAP + 5000), HEAP + 5000, NULL);
    expect_vmas(space,
                &(struct span){HEAP, HEAP + 2 * PAGE_SIZE, VM_DATA_FLAGS}, 1,
                "two pages hold 5000 bytes");
    expect_sound(space);
    expect_address(guest, sys_brk(guest, HEAP - 1), HEAP + 5000,
                   "the heap can't end before it begins");
    expect_address(guest, sys_brk(guest, HEAP + PAGE_SIZE), HEAP + PAGE_SIZE,
                   NULL);
    expect_vmas(space, &(struct span){HEAP, HEAP + PAGE_SIZE, VM_DATA_FLAGS}, 1,
                "the second page is unmapped");
    expect_sound(space);
}

/* Needs exit_mmap(). */
Test(vma, end_of_a_space_leaves_nothing)
{
    gaddr_t vmas[2];
    struct proc *space = two_areas(vmas);
    uint32_t left = free_pages_in_ram(space->guest);

    map_fresh(space, AT(2), PTE_PRESENT | PTE_USER);
    map_fresh(space, AT(7), PTE_PRESENT | PTE_USER);
    exit_mmap(space);
    expect_vmas(space, NULL, 0, NULL);
    expect_sound(space);
    expect_rss(space, 0, "zap_page_range() gives the pages back");
    expect(free_pages_in_ram(space->guest) + 1 >= left,
           .did = guest_last(space->guest),
           .expected = text("%u free pages, but for a page table", left),
           .seen = text("%u", free_pages_in_ram(space->guest)));
}

/* Needs all of them. */
Test(vma, process_maps_touches_and_unmaps)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    uaddr_t pages = user_pages(proc, 3);

    user_stamp(proc, pages, 3, 100);
    expect_stamped(proc, pages, 3, 100, NULL);
    user_munmap(proc, pages + PAGE_SIZE, PAGE_SIZE);
    expect_loads(proc, pages, 100, "the pages beside it stay");
    expect_loads(proc, pages + 2 * PAGE_SIZE, 102, NULL);
    expect_segv(load_op(proc, pages + PAGE_SIZE), pages + PAGE_SIZE, PF_USER,
                "it was unmapped");
    expect_sound(proc);
}

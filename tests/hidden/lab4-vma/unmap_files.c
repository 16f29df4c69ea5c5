/* Hidden tests of lab 4: do_munmap() of areas of files, and its failures. */
#include <criterion/criterion.h>

#include "lab4.h"

#define PGOFF 40u

/* A file area [AT(2), AT(12)) in an otherwise empty space. */
static struct proc *file_area(const struct machine *machine,
                              struct file_before *before)
{
    struct proc *space = new_space(guest_boot(machine, STAGE_PROC));
    gaddr_t vma = plant_vma(space, AT(2), AT(12), ANON_FLAGS);

    make_file_area(space, vma, PGOFF);
    *before = file_before(space->guest);
    return space;
}

static void unmap(const struct proc *space, unsigned start, unsigned end)
{
    expect_ok(space->guest,
              do_munmap(space, AT(start), (end - start) * PAGE_SIZE), NULL);
    expect_sound(space);
}

Test(vma, unmap_of_a_file_area_closes_it)
{
    struct file_before before;
    struct proc *space = file_area(&machine_64mb, &before);
    struct probe_vm_view calls;

    unmap(space, 0, 20);
    calls = probe_vm_view(space->guest);
    expect(calls.closes == 1 && calls.opens == 0 && calls.last_start == AT(2) &&
               calls.last_end == AT(12),
           .did = guest_last(space->guest),
           .expected = "vm_ops->close() is called once, for the whole area",
           .seen = text("%u calls, the last for [0x%08x, 0x%08x)", calls.closes,
                        calls.last_start, calls.last_end));
    expect_file_areas(space, &before, -1);
}

/* The file stays in use, and what is left begins at the right page of it. */
Test(vma, unmap_of_a_part_of_a_file_moves_its_offset)
{
    struct file_before before;
    struct proc *space = file_area(&machine_64mb, &before);

    unmap(space, 2, 4);
    expect_pgoff(space, AT(4), PGOFF + 2);
    expect_file_areas(space, &before, 0);
    unmap(space, 11, 12);
    expect_pgoff(space, AT(4), PGOFF + 2);
    expect_file_areas(space, &before, 0);
    unmap(space, 6, 9);
    expect_pgoff(space, AT(4), PGOFF + 2);
    expect_pgoff(space, AT(9), PGOFF + 7);
    expect_file_areas(space, &before, 1);
    unmap(space, 4, 6);
    unmap(space, 9, 11);
    expect_file_areas(space, &before, -1);
    expect_vmas(space, NULL, 0, NULL);
}

/* vm_ops without close(), and a file without vm_ops. */
static void unmap_needs_no_close_operation(void)
{
    struct file_before before;
    struct proc *space = file_area(&machine_64mb, &before);
    struct guest *guest = space->guest;
    gaddr_t ops = probe_vm_ops(guest), vma = mm_view(space).mmap;
    const gaddr_t none[2] = {0, 0}; /* open(), close() */

    set_vma_ops(guest, vma, 0);
    unmap(space, 2, 5);
    set_vma_ops(guest, mm_view(space).mmap, ops);
    guest_write(guest, ops, none, sizeof(none));
    unmap(space, 5, 12);
    expect(file_users(guest, probe_file(guest)) == before.users - 1,
           .did = guest_last(guest), .expected = "the file is not in use",
           .seen = "it is", .hint = "fput()");
}

static void unmap_drops_each_areas_use_of_the_file(void)
{
    struct proc *space = boot_space();
    const struct span first = {AT(1), AT(3), ANON_FLAGS};
    gaddr_t vmas[5];
    struct file_before before;

    plant_row(space, &first, 5, 1, vmas);
    for (unsigned i = 0; i < 5; i++)
        make_file_area(space, vmas[i], i);
    before = file_before(space->guest);
    unmap(space, 2, 14);
    expect_file_areas(space, &before, -3);
    expect_pgoff(space, AT(1), 0);
    expect_pgoff(space, AT(14), 5);
}

Test(vma, unmap_drops_each_areas_use_of_the_file)
{
    unmap_needs_no_close_operation();
    guest_end_all();
    unmap_drops_each_areas_use_of_the_file();
}

/* To cut out the middle needs an area more. */
static void unmap_without_memory_for_a_cut_unmaps_nothing(void)
{
    struct file_before file;
    struct proc *space = file_area(&machine_8mb, &file);
    struct guest *guest = space->guest;
    struct before before;

    for (unsigned i = 2; i < 12; i++)
        map_fresh(space, AT(i), PTE_FRESH);
    leave_areas(guest, 0);
    before = look(space);
    expect_fails(guest, (uint32_t)do_munmap(space, AT(5), 2 * PAGE_SIZE),
                 ENOMEM, "two areas are left of one, and there is no memory");
    expect_as_before_or_cut(space, &before, "nothing is unmapped then");
    expect_file_areas(space, &file, 0);
    unmap(space, 2, 12);
    expect_file_areas(space, &file, -1);
}

/*
 * The range ends within two areas, and another one lies between. There is
 * memory for n areas: what can't be cut keeps all of the range as it is.
 */
static void unmap_with_memory_for(size_t n)
{
    struct proc *space = boot_small_space();
    struct guest *guest = space->guest;
    const struct span spans[] = {
        {AT(0), AT(4), ANON_FLAGS},
        {AT(4), AT(6), RO_FLAGS},
        {AT(7), AT(10), ANON_FLAGS},
    };
    const struct span left[] = {
        {AT(0), AT(2), ANON_FLAGS},
        {AT(9), AT(10), ANON_FLAGS},
    };
    struct before before;
    int result;

    plant_vmas(space, spans, 3, NULL);
    for (unsigned i = 0; i < 10; i++)
        if (i != 6)
            map_fresh(space, AT(i), PTE_FRESH);
    leave_areas(guest, n);
    before = look(space);
    result = do_munmap(space, AT(2), 7 * PAGE_SIZE);
    expect(result == 0 || (result == -ENOMEM && n < 2),
           .did = guest_last(guest),
           .expected = n < 2 ? "0, or -ENOMEM if it can't be cut" : "0",
           .seen = result_text((uint32_t)result));
    if (result == 0)
        expect_vmas(space, left, 2, NULL);
    else
        expect_as_before_or_cut(space, &before,
                                "all or nothing: cut at both ends before "
                                "anything goes");
    expect_sound(space);
}

static void unmap_without_memory_is_all_or_nothing(void)
{
    for (size_t n = 0; n <= 2; n++) {
        unmap_with_memory_for(n);
        guest_end_all();
    }
}

Test(vma, unmap_without_memory_unmaps_nothing)
{
    unmap_without_memory_for_a_cut_unmaps_nothing();
    guest_end_all();
    unmap_without_memory_is_all_or_nothing();
}

Test(vma, unmap_among_the_most_areas)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    const struct span first = {AT(0), AT(3), ANON_FLAGS};
    struct before before;

    plant_row(space, &first, MAX_MAP_COUNT, 1, NULL);
    before = look(space);
    expect_fails(guest, (uint32_t)do_munmap(space, AT(1), PAGE_SIZE), ENOMEM,
                 "it would be one area more than MAX_MAP_COUNT");
    expect_as_before_or_cut(space, &before, "nothing is unmapped then");
    unmap(space, 0, 3);
    expect(mm_view(space).map_count == MAX_MAP_COUNT - 1,
           .did = guest_last(guest), .expected = "a whole area can go",
           .seen = text("map_count is %u", mm_view(space).map_count));
}

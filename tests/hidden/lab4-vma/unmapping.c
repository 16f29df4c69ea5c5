/* Hidden tests of lab 4: do_munmap(). */
#include <criterion/criterion.h>

#include "lab4.h"

/* An area with a page in each page, [AT(start), AT(end)). */
static struct proc *full_area(unsigned start, unsigned end)
{
    struct proc *space = boot_space();

    plant_vma(space, AT(start), AT(end), ANON_FLAGS);
    for (unsigned i = start; i < end; i++)
        map_fresh(space, AT(i), PTE_FRESH);
    return space;
}

static void unmap(const struct proc *space, unsigned start, unsigned end)
{
    expect_ok(space->guest,
              do_munmap(space, AT(start), (end - start) * PAGE_SIZE), NULL);
    expect_not_mapped(space, AT(start), end - start,
                      "zap_page_range() of what goes");
    expect_sound(space);
}

static void unmap_of_a_whole_area(void)
{
    struct proc *space = full_area(1, 5);
    struct guest *guest = space->guest;
    uint32_t left = free_pages_in_ram(guest), in_use = areas_in_use(guest);

    set_mmap_cache(space, mm_view(space).mmap);
    unmap(space, 1, 5);
    expect_vmas(space, NULL, 0, NULL);
    expect_rss(space, 0, NULL);
    expect(free_pages_in_ram(guest) >= left + 4, .did = guest_last(guest),
           .expected = "4 pages more are free",
           .seen = text("%d", (int)(free_pages_in_ram(guest) - left)));
    expect(areas_in_use(guest) == in_use - 1, .did = guest_last(guest),
           .expected = "one vm_area_struct less is in use",
           .seen = text("%u of %u", areas_in_use(guest), in_use),
           .hint = "kmem_cache_free(vm_area_cachep, …)");
    expect_vma(space, find_vma(space, AT(1)), 0, "not even in mmap_cache");
}

static void unmap_of_a_part_leaves_the_rest(void)
{
    struct proc *space = full_area(0, 12);
    const struct span lower = {AT(2), AT(12), ANON_FLAGS};
    const struct span upper = {AT(2), AT(9), ANON_FLAGS};
    const struct span both[] = {
        {AT(2), AT(4), ANON_FLAGS},
        {AT(6), AT(9), ANON_FLAGS},
    };

    unmap(space, 0, 2);
    expect_vmas(space, &lower, 1, "its lower part");
    expect_rss(space, 10, "pages beside it stay");
    unmap(space, 9, 12);
    expect_vmas(space, &upper, 1, "its upper part");
    expect_rss(space, 7, NULL);
    unmap(space, 4, 6);
    expect_vmas(space, both, 2, "its middle: two areas are left");
    expect_rss(space, 5, NULL);
    expect_total_vm(space, 5, NULL);
}

static void unmap_of_a_single_page_anywhere(void)
{
    struct proc *space = full_area(0, 7);
    const struct span left[] = {
        {AT(1), AT(3), ANON_FLAGS},
        {AT(4), AT(6), ANON_FLAGS},
    };

    unmap(space, 3, 4);
    unmap(space, 0, 1);
    unmap(space, 6, 7);
    expect_vmas(space, left, 2, NULL);
    expect_rss(space, 4, NULL);
}

Test(vma, unmap_of_a_part_leaves_the_rest)
{
    unmap_of_a_part_leaves_the_rest();
    guest_end_all();
    unmap_of_a_single_page_anywhere();
}

Test(vma, unmap_of_several_areas_at_once)
{
    struct proc *space = boot_space();
    const struct span spans[] = {
        {AT(0), AT(2), RO_FLAGS},   {AT(2), AT(5), ANON_FLAGS},
        {AT(5), AT(6), RO_FLAGS},   {AT(8), AT(9), ANON_FLAGS},
        {AT(10), AT(14), RO_FLAGS}, {AT(14), AT(15), ANON_FLAGS},
    };
    const struct span left[] = {
        {AT(0), AT(2), RO_FLAGS},
        {AT(2), AT(3), ANON_FLAGS},
        {AT(12), AT(14), RO_FLAGS},
        {AT(14), AT(15), ANON_FLAGS},
    };

    plant_vmas(space, spans, 6, NULL);
    for (unsigned i = 0; i < 15; i++)
        if (vma_at(space, AT(i)).at != 0)
            map_fresh(space, AT(i), PTE_FRESH);
    unmap(space, 3, 12);
    expect_vmas(space, left, 4, "both ends are cut, all between goes");
    expect_rss(space, 6, NULL);
    unmap(space, 0, 15);
    expect_vmas(space, NULL, 0, NULL);
}

static void unmap_where_nothing_is_mapped_is_no_error(void)
{
    struct proc *space = full_area(4, 6);
    const struct span expected = {AT(4), AT(6), ANON_FLAGS};

    unmap(space, 0, 4);
    unmap(space, 6, 9);
    unmap(space, 100, 200);
    expect_vmas(space, &expected, 1, "areas that only touch the range");
    expect_rss(space, 2, NULL);
    unmap(space, 0, 5);
    unmap(space, 5, 10);
    expect_vmas(space, NULL, 0, "a hole, and a part of an area");
    unmap(space, 0, 10);
}

static void unmap_rounds_up_to_pages(void)
{
    struct proc *space = full_area(0, 5);
    struct guest *guest = space->guest;

    expect_ok(guest, do_munmap(space, AT(0), 1), NULL);
    expect_vmas(space, &(struct span){AT(1), AT(5), ANON_FLAGS}, 1,
                "one byte is one page");
    expect_ok(guest, do_munmap(space, AT(1), PAGE_SIZE + 1), NULL);
    expect_vmas(space, &(struct span){AT(3), AT(5), ANON_FLAGS}, 1, NULL);
    expect_rss(space, 2, NULL);
    expect_sound(space);
}

Test(vma, unmap_rounds_up_to_pages)
{
    unmap_where_nothing_is_mapped_is_no_error();
    guest_end_all();
    unmap_rounds_up_to_pages();
}

Test(vma, unmap_refuses_what_is_no_range)
{
    struct proc *space = full_area(0, 5);
    struct before before = look(space);
    static const struct {
        uaddr_t address;
        uint32_t nbytes;
        const char *why;
    } wrong[] = {
        {AT(0) + 1, PAGE_SIZE, "addr is not page-aligned"},
        {AT(1) - 4, PAGE_SIZE, "addr is not page-aligned"},
        {AT(0), 0, "len is 0"},
        {AT(0), USER_END, "it ends above TASK_SIZE"},
        {USER_END - PAGE_SIZE, PAGE_SIZE + 1, "rounded up, it ends above"},
        {USER_END, PAGE_SIZE, "kernel addresses"},
        {-PAGE_SIZE, PAGE_SIZE, "its end is 2^32"},
        {AT(0), ~0u, "rounded up, len is 0"},
        {AT(0), -BASE, "its end is 2^32"},
        {AT(2), -BASE, "the sum does not fit into 32 bits"},
        {0, USER_END + 1, NULL},
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        int result = do_munmap(space, wrong[i].address, wrong[i].nbytes);

        expect_fails(space->guest, (uint32_t)result, EINVAL, wrong[i].why);
        expect_as_before(space, &before, "an error changes nothing");
    }
}

static void unmap_up_to_the_ends_of_the_space(void)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    const struct span spans[] = {
        {0, 2 * PAGE_SIZE, ANON_FLAGS},
        {AT(0), AT(1), RO_FLAGS},
        {USER_END - 2 * PAGE_SIZE, USER_END, STACK_FLAGS},
    };

    plant_vmas(space, spans, 3, NULL);
    map_fresh(space, 0, PTE_FRESH);
    map_fresh(space, USER_END - PAGE_SIZE, PTE_FRESH);
    expect_ok(guest, do_munmap(space, USER_END - PAGE_SIZE, PAGE_SIZE),
              "up to TASK_SIZE");
    expect_ok(guest, do_munmap(space, 0, PAGE_SIZE), "from 0 on");
    expect_total_vm(space, 3, NULL);
    expect_rss(space, 0, NULL);
    expect_ok(guest, do_munmap(space, 0, USER_END), "all");
    expect_vmas(space, NULL, 0, NULL);
    expect_sound(space);
}

static void unmap_works_on_the_space_that_it_is_given(void)
{
    struct proc *space = full_area(0, 6), *entered;
    const struct span left[] = {
        {AT(0), AT(2), ANON_FLAGS},
        {AT(3), AT(6), ANON_FLAGS},
    };

    entered = new_space(space->guest);
    plant_vma(entered, AT(0), AT(6), RO_FLAGS);
    unmap(space, 2, 3);
    expect_vmas(space, left, 2, "mm, not current->mm");
    expect_vmas(entered, &(struct span){AT(0), AT(6), RO_FLAGS}, 1, NULL);
    expect_total_vm(space, 5, NULL);
    expect_total_vm(entered, 6, NULL);
    expect_sound(entered);
}

Test(vma, unmap_up_to_the_ends_of_the_space)
{
    unmap_up_to_the_ends_of_the_space();
    guest_end_all();
    unmap_works_on_the_space_that_it_is_given();
}

/* Pages of areas that touch the range belong to others. */
static void unmap_keeps_what_neighbours_hold(void)
{
    struct proc *space = full_area(0, 9);
    const struct span spans[] = {
        {AT(0), AT(3), ANON_FLAGS},
        {AT(6), AT(9), ANON_FLAGS},
    };
    pfn_t frames[9];

    for (unsigned i = 0; i < 9; i++)
        frames[i] = frame_of(space, AT(i));
    unmap(space, 3, 6);
    expect_vmas(space, spans, 2, NULL);
    for (unsigned i = 0; i < 9; i++)
        if (i < 3 || i >= 6)
            expect(frame_of(space, AT(i)) == frames[i],
                   .did = guest_last(space->guest),
                   .expected =
                       text("frame %ld stays at 0x%08x", frames[i], AT(i)),
                   .seen = text("%ld", frame_of(space, AT(i))));
    for (unsigned i = 3; i < 6; i++)
        expect(page_count(space->guest, frames[i]) == 0,
               .did = guest_last(space->guest),
               .expected = text("frame %ld is free", frames[i]),
               .seen = "it has users");
}

Test(vma, unmap_of_a_whole_area)
{
    unmap_of_a_whole_area();
    guest_end_all();
    unmap_keeps_what_neighbours_hold();
}

/* Hidden tests of lab 4: split_vma(). */
#include <criterion/criterion.h>

#include "lab4.h"

#define PGOFF 700u

/* A space with an area of ten pages between two others. */
static gaddr_t ten_pages(struct proc *space)
{
    const struct span spans[] = {
        {AT(0), AT(1), ANON_FLAGS},
        {AT(1), AT(11), ANON_FLAGS},
        {AT(12), AT(13), RO_FLAGS},
    };
    gaddr_t vmas[3];

    plant_vmas(space, spans, 3, vmas);
    return vmas[1];
}

static void split_leaves_two_that_are_like_one(void)
{
    struct proc *space = boot_space();
    gaddr_t vma = ten_pages(space);
    const struct span expected[] = {
        {AT(0), AT(1), ANON_FLAGS},  {AT(1), AT(2), ANON_FLAGS},
        {AT(2), AT(10), ANON_FLAGS}, {AT(10), AT(11), ANON_FLAGS},
        {AT(12), AT(13), RO_FLAGS},
    };

    expect_ok(space->guest, split_vma(space, vma, AT(2)), "the first page");
    expect_ok(space->guest, split_vma(space, vma_at(space, AT(2)).at, AT(10)),
              "the last page");
    expect_vmas(space, expected, 5, NULL);
    expect_total_vm(space, 12, "no page more, none less");
    expect_vma(space, vma_at(space, AT(1)).at, vma,
               "vma remains the lower part");
    expect_sound(space);
}

Test(vma, split_of_a_file_area_counts_and_tells)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    gaddr_t vma = ten_pages(space);
    uint32_t mark = 0x1234;
    struct file_before before;
    struct vma_view upper;
    struct probe_vm_view calls;

    make_file_area(space, vma, PGOFF);
    guest_write(guest, vma + VMA_PRIVATE_DATA, &mark, sizeof(mark));
    before = file_before(guest);
    expect_ok(guest, split_vma(space, vma, AT(4)), NULL);
    expect_file_areas(space, &before, 1);
    expect_pgoff(space, AT(1), PGOFF);
    expect_pgoff(space, AT(4), PGOFF + 3);
    upper = vma_at(space, AT(4));
    calls = probe_vm_view(guest);
    expect(calls.opens == 1 && calls.last_vma == upper.at &&
               calls.last_start == AT(4) && calls.last_end == AT(11),
           .did = guest_last(guest),
           .expected = "vm_ops->open() is called once, for the upper part",
           .seen = text("%u calls, the last for [0x%08x, 0x%08x)", calls.opens,
                        calls.last_start, calls.last_end));
    expect(upper.file == probe_file(guest) &&
               upper.ops == probe_vm_ops(guest) && upper.private_data == mark,
           .did = guest_last(guest),
           .expected = "the upper part has the file, vm_ops and "
                       "vm_private_data of the area",
           .seen = "it has not");
    expect_sound(space);
}

/* vm_ops without open(), and a file without vm_ops. */
Test(vma, split_needs_no_open_operation)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    gaddr_t vma = ten_pages(space), none = 0, ops = probe_vm_ops(guest);
    struct file_before before;

    make_file_area(space, vma, PGOFF);
    before = file_before(guest);
    set_vma_ops(guest, vma, 0);
    expect_ok(guest, split_vma(space, vma, AT(5)), NULL);
    set_vma_ops(guest, vma, ops);
    guest_write(guest, ops, &none, sizeof(none)); /* open() */
    expect_ok(guest, split_vma(space, vma, AT(3)), NULL);
    expect(file_users(guest, probe_file(guest)) == before.users + 2,
           .did = guest_last(guest), .expected = "two uses of the file more",
           .seen =
               text("%d", file_users(guest, probe_file(guest)) - before.users));
    expect_pgoff(space, AT(3), PGOFF + 2);
    expect_pgoff(space, AT(5), PGOFF + 4);
    expect_sound(space);
}

Test(vma, split_leaves_pages_where_they_are)
{
    struct proc *space = boot_space();
    gaddr_t vma = ten_pages(space);
    pfn_t frames[10];

    for (unsigned i = 0; i < 10; i++)
        frames[i] = map_fresh(space, AT(1 + i), PTE_FRESH);
    expect_ok(space->guest, split_vma(space, vma, AT(6)), NULL);
    for (unsigned i = 0; i < 10; i++) {
        expect_writable(space, AT(1 + i), "nothing changes in the page tables");
        expect(frame_of(space, AT(1 + i)) == frames[i],
               .did = guest_last(space->guest), .expected = "the same frame",
               .seen = "another one");
    }
    expect_rss(space, 10, NULL);
    expect_sound(space);
}

static void split_is_found_at_once(void)
{
    struct proc *space = boot_space();
    gaddr_t vma = ten_pages(space), upper;

    set_mmap_cache(space, vma);
    expect_ok(space->guest, split_vma(space, vma, AT(6)), NULL);
    upper = vma_at(space, AT(6)).at;
    expect_vma(space, find_vma(space, AT(6)), upper, "the new area");
    expect_vma(space, find_vma(space, AT(5)), vma, NULL);
    enter_space(space->guest, NULL);
    expect_ok(space->guest, split_vma(space, upper, AT(7)),
              "mm need not be current->mm");
    expect_sound(space);
}

Test(vma, split_leaves_two_that_are_like_one)
{
    split_leaves_two_that_are_like_one();
    guest_end_all();
    split_is_found_at_once();
}

/* Areas of two pages each, as many as there may be but `less`. */
static struct proc *full_space(unsigned less, gaddr_t *last)
{
    struct proc *space = boot_space();
    const struct span first = {AT(0), AT(2), ANON_FLAGS};
    static gaddr_t vmas[MAX_MAP_COUNT];
    size_t n = MAX_MAP_COUNT - less;

    plant_row(space, &first, n, 1, vmas);
    *last = vmas[n - 1];
    return space;
}

static void split_stops_at_the_most_areas(void)
{
    gaddr_t last;
    struct proc *space = full_space(1, &last);
    struct guest *guest = space->guest;
    uaddr_t at = AT(3 * (MAX_MAP_COUNT - 2) + 1);
    struct before before;

    expect_ok(guest, split_vma(space, last, at), "one more is allowed");
    before = look(space);
    expect_fails(guest, (uint32_t)split_vma(space, mm_view(space).mmap, AT(1)),
                 ENOMEM, "MAX_MAP_COUNT areas are there");
    expect_as_before(space, &before, NULL);
}

static void split_without_memory_changes_nothing(void)
{
    struct proc *space = boot_small_space();
    struct guest *guest = space->guest;
    gaddr_t vma = ten_pages(space);
    struct file_before file;
    struct before before;

    make_file_area(space, vma, PGOFF);
    file = file_before(guest);
    leave_areas(guest, 1);
    expect_ok(guest, split_vma(space, vma, AT(6)), "memory for one");
    before = look(space);
    expect_fails(guest, (uint32_t)split_vma(space, vma, AT(3)), ENOMEM,
                 "kmem_cache_alloc() may give NULL");
    expect_as_before(space, &before,
                     "first all that can fail, then all that changes");
    expect_file_areas(space, &file, 1);
}

Test(vma, split_that_fails_changes_nothing)
{
    split_stops_at_the_most_areas();
    guest_end_all();
    split_without_memory_changes_nothing();
}

/* Hidden tests of lab 4: vma_merge(). */
#include <criterion/criterion.h>

#include "lab4.h"

/* A hole of two pages, [AT(4), AT(6)), between two areas. */
static struct proc *around_a_hole(uint32_t below, uint32_t above,
                                  gaddr_t vmas[2])
{
    struct proc *space = boot_space();
    const struct span spans[] = {
        {AT(2), AT(4), below},
        {AT(6), AT(9), above},
    };

    plant_vmas(space, spans, 2, vmas);
    return space;
}

static void expect_merged(const struct proc *space, int result, int expected,
                          const char *hint)
{
    expect(result == expected, .did = guest_last(space->guest),
           .expected = text("%d", expected), .seen = text("%d", result),
           .hint = hint);
}

/* total_vm, which is the caller's business, follows. */
static void add_pages(const struct proc *space, uint32_t npages)
{
    uint32_t total = mm_view(space).total_vm + npages;

    guest_write(space->guest, mm_of(space) + MM_TOTAL_VM, &total,
                sizeof(total));
}

static void merge_makes_the_lower_neighbour_larger(void)
{
    gaddr_t vmas[2];
    struct proc *space = around_a_hole(ANON_FLAGS, RO_FLAGS, vmas);
    const struct span expected[] = {
        {AT(2), AT(6), ANON_FLAGS},
        {AT(6), AT(9), RO_FLAGS},
    };

    expect_merged(space, vma_merge(space, vmas[0], AT(4), AT(6), ANON_FLAGS), 1,
                  "the one above has other flags, that does not matter");
    expect_total_vm(space, 5, "the caller's business");
    add_pages(space, 2);
    expect_vmas(space, expected, 2, NULL);
    expect_sound(space);
}

static void merge_makes_the_upper_neighbour_larger(void)
{
    gaddr_t vmas[2];
    struct proc *space = around_a_hole(RO_FLAGS, ANON_FLAGS, vmas);
    const struct span expected[] = {
        {AT(2), AT(4), RO_FLAGS},
        {AT(5), AT(9), ANON_FLAGS},
    };

    expect_merged(space, vma_merge(space, vmas[0], AT(5), AT(6), ANON_FLAGS), 1,
                  "an area of these flags begins at `end`");
    add_pages(space, 1);
    expect_vmas(space, expected, 2, NULL);
    expect_vma(space, find_vma(space, AT(5)), vmas[1],
               "the tree's order stays as it was");
    expect_sound(space);
}

Test(vma, merge_makes_a_neighbour_larger)
{
    merge_makes_the_lower_neighbour_larger();
    guest_end_all();
    merge_makes_the_upper_neighbour_larger();
}

Test(vma, merge_of_three_makes_one)
{
    gaddr_t vmas[2];
    struct proc *space = around_a_hole(ANON_FLAGS, ANON_FLAGS, vmas);
    const struct span expected = {AT(2), AT(9), ANON_FLAGS};
    uint32_t in_use = areas_in_use(space->guest);

    map_fresh(space, AT(3), PTE_FRESH);
    map_fresh(space, AT(7), PTE_FRESH);
    set_mmap_cache(space, vmas[1]);
    expect_merged(space, vma_merge(space, vmas[0], AT(4), AT(6), ANON_FLAGS), 1,
                  NULL);
    add_pages(space, 2);
    expect_vmas(space, &expected, 1, "list, tree and map_count have one less");
    expect_sound(space);
    expect(areas_in_use(space->guest) == in_use - 1,
           .did = guest_last(space->guest),
           .expected = "one vm_area_struct less is in use",
           .seen =
               text("%u before, %u now", in_use, areas_in_use(space->guest)),
           .hint = "the structure that is not needed any more is freed");
    expect_vma(space, find_vma(space, AT(7)), mm_view(space).mmap,
               "mmap_cache had the area that is gone");
    expect_rss(space, 2, "pages stay mapped");
}

static void merge_with_the_first_area_of_all(void)
{
    gaddr_t vmas[2];
    struct proc *space = around_a_hole(ANON_FLAGS, ANON_FLAGS, vmas);
    const struct span expected[] = {
        {AT(0), AT(4), ANON_FLAGS},
        {AT(6), AT(9), ANON_FLAGS},
    };

    expect_merged(space, vma_merge(space, 0, AT(0), AT(1), ANON_FLAGS), 0,
                  "it does not reach up to the first area");
    expect_merged(space, vma_merge(space, 0, AT(0), AT(2), ANON_FLAGS), 1,
                  "prev is NULL: the neighbour above is the first on mm->mmap");
    add_pages(space, 2);
    expect_vmas(space, expected, 2, NULL);
    expect_sound(space);
}

static void merge_in_an_empty_space_and_behind_the_last(void)
{
    struct proc *empty = boot_space(), *space = new_space(empty->guest);
    gaddr_t vma = plant_vma(space, AT(2), AT(4), ANON_FLAGS);

    expect_merged(empty, vma_merge(empty, 0, AT(0), AT(2), ANON_FLAGS), 0,
                  "there are no neighbours");
    expect_vmas(empty, NULL, 0, NULL);
    expect_merged(space, vma_merge(space, vma, AT(5), AT(6), ANON_FLAGS), 0,
                  "a page is free between them");
    expect_merged(space, vma_merge(space, vma, AT(4), AT(6), ANON_FLAGS), 1,
                  "the last area has none above");
    add_pages(space, 2);
    expect_sound(space);
}

Test(vma, merge_at_the_ends_of_the_list)
{
    merge_with_the_first_area_of_all();
    guest_end_all();
    merge_in_an_empty_space_and_behind_the_last();
}

static void merge_leaves_holes_alone(void)
{
    gaddr_t vmas[2];
    struct proc *space = around_a_hole(ANON_FLAGS, ANON_FLAGS, vmas);
    struct before before;

    add_pages(space, 0);
    before = look(space);
    expect_merged(space, vma_merge(space, vmas[1], AT(20), AT(21), ANON_FLAGS),
                  0, "prev ends long before");
    expect_as_before(space, &before, NULL);
    expect_merged(space, vma_merge(space, vmas[0], AT(5), AT(6), RO_FLAGS), 0,
                  NULL);
    expect_as_before(space, &before, NULL);
}

/* Each differs in one bit from ANON_FLAGS. */
Test(vma, merge_wants_exactly_the_same_flags)
{
    static const uint32_t others[] = {
        ANON_FLAGS & ~VM_WRITE,   ANON_FLAGS | VM_EXEC,
        ANON_FLAGS & ~VM_READ,    ANON_FLAGS & ~VM_MAYWRITE,
        ANON_FLAGS | VM_SHARED,   ANON_FLAGS | VM_MAYSHARE,
        ANON_FLAGS & ~VM_MAYEXEC, ANON_FLAGS | VM_AGENT,
    };
    gaddr_t vmas[2];
    struct proc *space = around_a_hole(ANON_FLAGS, ANON_FLAGS, vmas);
    struct before before = look(space);

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        expect_merged(space, vma_merge(space, vmas[0], AT(4), AT(6), others[i]),
                      0, "flags must be exactly the same");
        expect_as_before(space, &before, "0 means: nothing was done");
    }
}

/* A neighbour with a file, with vm_ops, with both: neither below nor above. */
static void merge_takes_anonymous_areas_only(void)
{
    gaddr_t vmas[2];
    struct proc *space = around_a_hole(ANON_FLAGS, ANON_FLAGS, vmas);
    struct guest *guest = space->guest;
    struct before before;

    for (unsigned kind = 1; kind <= 3; kind++) {
        for (unsigned i = 0; i < 2; i++) {
            set_vma_file(guest, vmas[i], kind & 1 ? probe_file(guest) : 0, 5);
            set_vma_ops(guest, vmas[i], kind & 2 ? probe_vm_ops(guest) : 0);
        }
        before = look(space);
        expect_merged(space,
                      vma_merge(space, vmas[0], AT(4), AT(6), ANON_FLAGS), 0,
                      kind == 2 ? "an area with vm_ops is not anonymous"
                                : "an area of a file is not anonymous");
        expect_as_before(space, &before, NULL);
    }
}

static void merge_never_takes_a_stack(void)
{
    gaddr_t vmas[2];
    struct proc *space = around_a_hole(STACK_FLAGS, STACK_FLAGS, vmas);
    struct before before = look(space);

    expect_merged(space, vma_merge(space, vmas[0], AT(4), AT(6), STACK_FLAGS),
                  0, "VM_GROWSDOWN areas are never merged");
    expect_as_before(space, &before, NULL);
    expect_merged(space, vma_merge(space, vmas[0], AT(4), AT(6), VM_DATA_FLAGS),
                  0, NULL);
    expect_as_before(space, &before, NULL);
}

Test(vma, merge_takes_anonymous_areas_only)
{
    merge_takes_anonymous_areas_only();
    guest_end_all();
    merge_never_takes_a_stack();
}

/* One neighbour is of the right kind, the other one is not. */
static void merge_looks_at_each_neighbour(void)
{
    gaddr_t vmas[2];
    struct proc *space = around_a_hole(ANON_FLAGS, ANON_FLAGS, vmas);
    struct guest *guest = space->guest;
    const struct span expected[] = {
        {AT(2), AT(4), ANON_FLAGS},
        {AT(4), AT(9), ANON_FLAGS},
    };

    set_vma_file(guest, vmas[0], probe_file(guest), 0);
    expect_merged(space, vma_merge(space, vmas[0], AT(4), AT(6), ANON_FLAGS), 1,
                  "the one above will do");
    add_pages(space, 2);
    expect_vmas(space, expected, 2, NULL);
    set_vma_file(guest, vmas[0], 0, 0);
    set_vma_file(guest, vmas[1], probe_file(guest), 0);
    expect_merged(space, vma_merge(space, vmas[1], AT(9), AT(10), ANON_FLAGS),
                  0, "the one below is of a file");
    expect_sound(space);
}

Test(vma, merge_looks_at_each_neighbour)
{
    merge_leaves_holes_alone();
    guest_end_all();
    merge_looks_at_each_neighbour();
}

/* Hidden tests of lab 4: insert_vm_struct(). */
#include <criterion/criterion.h>

#include "lab4.h"
#include "property.h"

#define MANY       256
#define LOOK_EVERY 32

Test(vma, insert_keeps_the_order_whatever_comes_first)
{
    struct proc *space = boot_space();
    struct random random = random_of_test();
    unsigned order[MANY] = {0};

    for (unsigned i = 0; i < MANY; i++) {
        unsigned j = random_below(&random, i + 1);

        order[i] = order[j];
        order[j] = i;
    }
    for (unsigned i = 0; i < MANY; i++) {
        uaddr_t start = AT(3 * order[i]);

        add_vma(space, start, start + (1 + i % 3) * PAGE_SIZE, ANON_FLAGS);
        if (i % LOOK_EVERY == 0)
            expect_sound(space);
    }
    expect_sound(space);
    expect(mm_view(space).map_count == MANY, .did = guest_last(space->guest),
           .expected = text("map_count is %d", MANY),
           .seen = text("%u", mm_view(space).map_count));
}

static void insert_merges_nothing(void)
{
    struct proc *space = boot_space();
    const struct span expected[] = {
        {AT(0), AT(1), ANON_FLAGS},
        {AT(1), AT(2), ANON_FLAGS},
        {AT(2), AT(3), ANON_FLAGS},
    };

    add_vma(space, AT(0), AT(1), ANON_FLAGS);
    add_vma(space, AT(2), AT(3), ANON_FLAGS);
    add_vma(space, AT(1), AT(2), ANON_FLAGS);
    expect_vmas(space, expected, 3, "areas may touch");
    expect_sound(space);
}

static void insert_counts_the_area_but_not_its_pages(void)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    gaddr_t vma = make_vma(space, AT(0), AT(5), ANON_FLAGS), nobody = 0;

    plant_vma(space, AT(7), AT(9), ANON_FLAGS);
    guest_write(guest, vma + VMA_MM, &nobody, sizeof(nobody));
    insert_vm_struct(space, vma);
    expect(mm_view(space).map_count == 2, .did = guest_last(guest),
           .expected = "map_count is 2",
           .seen = text("%u", mm_view(space).map_count));
    expect_total_vm(space, 2, "total_vm is the caller's business");
    expect(vma_view(guest, vma).mm == mm_of(space), .did = guest_last(guest),
           .expected = "vm_mm is the space that it is in", .seen = "another");
    expect_vma(space, mm_view(space).mmap, vma, "the first on mm->mmap");
}

static void insert_lists_it_where_it_is_told_to(void)
{
    struct proc *space = boot_space(), *entered = new_space(space->guest);
    const struct span expected = {0, PAGE_SIZE, ANON_FLAGS};
    const struct span last = {USER_END - PAGE_SIZE, USER_END, RO_FLAGS};

    add_vma(space, 0, PAGE_SIZE, ANON_FLAGS);
    add_vma(entered, USER_END - PAGE_SIZE, USER_END, RO_FLAGS);
    expect_vmas(space, &expected, 1, "mm, not current->mm");
    expect_vmas(entered, &last, 1, NULL);
    expect_sound(space);
    expect_sound(entered);
}

Test(vma, insert_lists_the_area_and_nothing_else)
{
    insert_merges_nothing();
    guest_end_all();
    insert_counts_the_area_but_not_its_pages();
    guest_end_all();
    insert_lists_it_where_it_is_told_to();
}

/* Each in a machine of its own: a BUG ends it. */
Test(vma, insert_of_an_overlap_is_a_bug)
{
    static const struct span overlaps[] = {
        {AT(4), AT(6), ANON_FLAGS}, /* the same */
        {AT(3), AT(5), ANON_FLAGS}, /* from below */
        {AT(5), AT(7), ANON_FLAGS}, /* from above */
        {AT(2), AT(9), ANON_FLAGS}, /* around it */
        {AT(0), AT(2), ANON_FLAGS}, /* the last page of the one below */
    };

    for (size_t i = 0; i < sizeof(overlaps) / sizeof(overlaps[0]); i++) {
        struct proc *space = boot_space();
        const struct span spans[] = {
            {AT(1), AT(2), RO_FLAGS},
            {AT(4), AT(6), ANON_FLAGS},
        };
        struct call call;

        plant_vmas(space, spans, 2, NULL);
        call = insert_vm_struct_call(space, make_vma(space, overlaps[i].start,
                                                     overlaps[i].end,
                                                     overlaps[i].flags));
        expect_bug(space->guest, &call, "areas never overlap: BUG_ON()");
    }
}

/* Hidden tests of lab 4: get_unmapped_area(). */
#include <criterion/criterion.h>

#include "lab4.h"

#define LOW      0x08048000u /* below TASK_UNMAPPED_BASE */
#define GIGABYTE 0x40000000u

static uint32_t any_place(struct guest *guest, uint32_t npages)
{
    return get_unmapped_area(guest, 0, npages * PAGE_SIZE, 0);
}

static uint32_t place_at(struct guest *guest, uaddr_t hint, uint32_t npages)
{
    return get_unmapped_area(guest, hint, npages * PAGE_SIZE, MAP_PRIVATE);
}

/* Holes of 1, 3 and 2 pages, then none. */
static struct proc *with_holes(void)
{
    struct proc *space = boot_space();
    const struct span spans[] = {
        {LOW, LOW + 4 * PAGE_SIZE, ANON_FLAGS},
        {AT(0), AT(2), ANON_FLAGS},
        {AT(3), AT(5), RO_FLAGS},
        {AT(8), AT(9), ANON_FLAGS},
        {AT(11), AT(12), RO_FLAGS},
        {AT(12), AT(13), ANON_FLAGS},
    };

    plant_vmas(space, spans, 6, NULL);
    return space;
}

static void place_is_the_lowest_hole_that_is_enough(void)
{
    struct guest *guest = with_holes()->guest;

    expect_address(guest, any_place(guest, 1), AT(2), "a hole of just a page");
    expect_address(guest, any_place(guest, 2), AT(5),
                   "the first that is enough, not the one that fits best");
    expect_address(guest, any_place(guest, 3), AT(5), "just three pages");
    expect_address(guest, any_place(guest, 4), AT(13), "behind the last area");
}

static void place_begins_at_task_unmapped_base(void)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;

    expect_address(guest, any_place(guest, 5), AT(0), "nothing is mapped");
    plant_vma(space, AT(0) - 3 * PAGE_SIZE, AT(2), ANON_FLAGS);
    expect_address(guest, any_place(guest, 1), AT(2),
                   "an area reaches over TASK_UNMAPPED_BASE");
    space = new_space(guest);
    plant_vma(space, AT(0) - 3 * PAGE_SIZE, AT(0), ANON_FLAGS);
    expect_address(guest, any_place(guest, 1), AT(0),
                   "an area ends at TASK_UNMAPPED_BASE");
    space = new_space(guest);
    plant_vma(space, AT(4), AT(5), ANON_FLAGS);
    expect_address(guest, any_place(guest, 4), AT(0),
                   "the hole before the first area");
    expect_address(guest, any_place(guest, 5), AT(5), NULL);
}

Test(vma, place_is_the_lowest_hole_that_is_enough)
{
    place_is_the_lowest_hole_that_is_enough();
    guest_end_all();
    place_begins_at_task_unmapped_base();
}

Test(vma, place_that_is_asked_for_is_given_if_free)
{
    struct guest *guest = with_holes()->guest;

    expect_address(guest, place_at(guest, AT(100), 3), AT(100), NULL);
    expect_address(guest, place_at(guest, AT(5), 3), AT(5), "just enough");
    expect_address(guest, place_at(guest, AT(10), 1), AT(10), NULL);
    expect_address(guest, place_at(guest, LOW - 2 * PAGE_SIZE, 2),
                   LOW - 2 * PAGE_SIZE, "below TASK_UNMAPPED_BASE, too");
    expect_address(guest, place_at(guest, PAGE_SIZE, 1), PAGE_SIZE, NULL);
    expect_address(guest, place_at(guest, USER_END - 2 * PAGE_SIZE, 2),
                   USER_END - 2 * PAGE_SIZE, "up to TASK_SIZE");
    expect_address(guest, place_at(guest, AT(5) + 1, 2), AT(6),
                   "rounded up to a page");
    expect_address(guest, place_at(guest, AT(6) - 1, 2), AT(6), NULL);
}

static void place_that_is_taken_is_sought_elsewhere(void)
{
    struct guest *guest = with_holes()->guest;

    expect_address(guest, place_at(guest, AT(8), 1), AT(2), "first fit then");
    expect_address(guest, place_at(guest, AT(7), 2), AT(5),
                   "its end is not free");
    expect_address(guest, place_at(guest, AT(4), 2), AT(5),
                   "its beginning is not free");
    expect_address(guest, place_at(guest, AT(7), 9), AT(13),
                   "areas are within");
    expect_address(guest, place_at(guest, AT(5) + 1, 3), AT(5),
                   "rounded up, it is not free");
    expect_address(guest, place_at(guest, LOW, 1), AT(2), NULL);
}

/* Nothing is mapped: only the end of the user's addresses is in the way. */
static void place_that_is_too_high_is_sought_elsewhere(void)
{
    struct guest *guest = boot_space()->guest;

    expect_address(guest, place_at(guest, USER_END - PAGE_SIZE, 2), AT(0),
                   "it would end above TASK_SIZE");
    expect_address(guest, place_at(guest, USER_END, 1), AT(0), NULL);
    expect_address(guest, place_at(guest, USER_END + 5 * PAGE_SIZE, 1), AT(0),
                   NULL);
    expect_address(guest, place_at(guest, -PAGE_SIZE, 1), AT(0),
                   "its end is 2^32");
    expect_address(guest, place_at(guest, -1u, 1), AT(0),
                   "rounded up, it is 2^32");
    expect_address(guest,
                   get_unmapped_area(guest, USER_END - GIGABYTE,
                                     GIGABYTE + GIGABYTE / 2, 0),
                   AT(0), "the sum does not fit into 32 bits");
}

Test(vma, place_that_can_not_be_had_is_sought_elsewhere)
{
    place_that_is_taken_is_sought_elsewhere();
    guest_end_all();
    place_that_is_too_high_is_sought_elsewhere();
}

static void place_for_too_much_is_not_found(void)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    uint32_t most = USER_END - BASE;

    expect_address(guest, get_unmapped_area(guest, 0, most, 0), BASE,
                   "all from TASK_UNMAPPED_BASE on");
    expect_fails(guest, get_unmapped_area(guest, 0, most + PAGE_SIZE, 0),
                 ENOMEM, "first fit does not look below TASK_UNMAPPED_BASE");
    expect_address(guest,
                   get_unmapped_area(guest, PAGE_SIZE, USER_END - PAGE_SIZE, 0),
                   PAGE_SIZE, "a range that is asked for may be below");
    expect_fails(guest, get_unmapped_area(guest, 0, USER_END, 0), ENOMEM, NULL);
    expect_fails(guest, get_unmapped_area(guest, 0, USER_END + PAGE_SIZE, 0),
                 ENOMEM, "TASK_SIZE - len is less than 0 then");
    expect_fails(guest,
                 get_unmapped_area(guest, AT(5), USER_END + PAGE_SIZE, 0),
                 ENOMEM, NULL);
    expect_fails(guest, get_unmapped_area(guest, 0, -PAGE_SIZE, 0), ENOMEM,
                 NULL);
}

static void place_in_a_full_space_is_not_found(void)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    const struct span spans[] = {
        {AT(0), AT(100), ANON_FLAGS},
        {AT(101), USER_END, RO_FLAGS},
    };

    plant_vmas(space, spans, 2, NULL);
    expect_address(guest, any_place(guest, 1), AT(100), "one page is left");
    expect_fails(guest, any_place(guest, 2), ENOMEM, "no hole is enough");
    expect_fails(guest, place_at(guest, AT(100), 2), ENOMEM, NULL);
    expect_address(guest, place_at(guest, LOW, 2), LOW, NULL);
    space = new_space(guest);
    plant_vma(space, AT(0), USER_END - PAGE_SIZE, ANON_FLAGS);
    expect_address(guest, any_place(guest, 1), USER_END - PAGE_SIZE,
                   "the last page of all");
    space = new_space(guest);
    plant_vma(space, PAGE_SIZE, USER_END, ANON_FLAGS);
    expect_fails(guest, any_place(guest, 1), ENOMEM, NULL);
}

Test(vma, place_for_too_much_is_not_found)
{
    place_for_too_much_is_not_found();
    guest_end_all();
    place_in_a_full_space_is_not_found();
}

static void place_that_is_fixed_is_not_sought(void)
{
    struct proc *space = with_holes();
    struct guest *guest = space->guest;
    struct before before = look(space);
    static const uaddr_t fixed[] = {AT(0), AT(3), 0, LOW, USER_END - PAGE_SIZE};

    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        expect_address(guest,
                       get_unmapped_area(guest, fixed[i], PAGE_SIZE,
                                         MAP_FIXED | MAP_PRIVATE),
                       fixed[i], "whatever is there");
    expect_address(guest, get_unmapped_area(guest, 0, USER_END, MAP_FIXED), 0,
                   "all of the user's addresses");
    expect_as_before(space, &before, "it only says where");
}

static void place_that_is_fixed_is_checked(void)
{
    struct guest *guest = boot_space()->guest;
    static const struct {
        uaddr_t address;
        uint32_t nbytes;
        int error;
    } wrong[] = {
        {AT(0) + 1, PAGE_SIZE, EINVAL},
        {AT(1) - 1, PAGE_SIZE, EINVAL},
        {USER_END, PAGE_SIZE, ENOMEM},
        {USER_END - PAGE_SIZE, 2 * PAGE_SIZE, ENOMEM},
        {PAGE_SIZE, USER_END, ENOMEM},
        {-PAGE_SIZE, PAGE_SIZE, ENOMEM},
        {-PAGE_SIZE, 2 * PAGE_SIZE, ENOMEM},
        {0, USER_END + PAGE_SIZE, ENOMEM},
        {USER_END - GIGABYTE, 2u * GIGABYTE, ENOMEM},
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        expect_fails(guest,
                     get_unmapped_area(guest, wrong[i].address, wrong[i].nbytes,
                                       MAP_FIXED),
                     wrong[i].error,
                     wrong[i].error == EINVAL ? "it is not page-aligned"
                                              : "it ends above TASK_SIZE");
    expect_address(
        guest,
        get_unmapped_area(guest, USER_END - PAGE_SIZE, PAGE_SIZE, MAP_FIXED),
        USER_END - PAGE_SIZE, "this one does not");
}

Test(vma, place_that_is_fixed_is_checked_but_not_sought)
{
    place_that_is_fixed_is_not_sought();
    guest_end_all();
    place_that_is_fixed_is_checked();
}

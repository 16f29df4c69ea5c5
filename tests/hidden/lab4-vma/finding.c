/* Hidden tests of lab 4: find_vma() and find_vma_prev(). */
#include <criterion/criterion.h>

#include "lab4.h"

#define MANY 300 /* areas */

/* Three areas; a hole behind the first, none behind the second. */
static struct proc *three_areas(gaddr_t vmas[3])
{
    struct proc *space = boot_space();
    const struct span spans[] = {
        {AT(2), AT(4), ANON_FLAGS},
        {AT(6), AT(9), ANON_FLAGS},
        {AT(9), AT(10), RO_FLAGS},
    };

    plant_vmas(space, spans, 3, vmas);
    return space;
}

/* Which of the three areas an address leads to; 3: none. */
struct look_up {
    uaddr_t address;
    unsigned index;
    const char *why;
};

static const struct look_up look_ups[] = {
    {0, 0, "before the first area"},
    {AT(2) - 1, 0, "the last byte before the first area"},
    {AT(2), 0, "vm_start belongs to the area"},
    {AT(3) + 77, 0, "within a page"},
    {AT(4) - 1, 0, "the last byte"},
    {AT(4), 1, "vm_end does not belong to the area"},
    {AT(6) - 1, 1, "the last byte of a hole"},
    {AT(6), 1, NULL},
    {AT(9) - 1, 1, NULL},
    {AT(9), 2, "areas that touch"},
    {AT(10) - 1, 2, NULL},
    {AT(10), 3, "behind the last area"},
    {USER_END - 1, 3, NULL},
    {USER_END, 3, "not a user's address"},
    {~0u, 3, NULL},
};

#define LOOK_UPS (sizeof(look_ups) / sizeof(look_ups[0]))

static void find_knows_where_areas_begin_and_end(void)
{
    gaddr_t vmas[4] = {0};
    struct proc *space = three_areas(vmas);

    for (size_t i = 0; i < LOOK_UPS; i++) {
        set_mmap_cache(space, 0);
        expect_vma(space, find_vma(space, look_ups[i].address),
                   vmas[look_ups[i].index], look_ups[i].why);
    }
    expect_sound(space);
}

static void find_in_an_empty_space_finds_nothing(void)
{
    struct proc *space = boot_space();
    gaddr_t prev;

    expect_vma(space, find_vma(space, 0), 0, NULL);
    expect_vma(space, find_vma(space, AT(0)), 0, NULL);
    expect_vma(space, find_vma_prev(space, AT(0), &prev), 0, NULL);
    expect_vma(space, prev, 0, "*pprev is set in any case");
    plant_vma(space, 0, USER_END, RO_FLAGS);
    expect_vma(space, find_vma(space, 0), mm_view(space).mmap,
               "an area may have all addresses");
    expect_vma(space, find_vma(space, USER_END - 1), mm_view(space).mmap, NULL);
    expect_vma(space, find_vma(space, USER_END), 0, NULL);
}

Test(vma, find_knows_where_areas_begin_and_end)
{
    find_knows_where_areas_begin_and_end();
    guest_end_all();
    find_in_an_empty_space_finds_nothing();
}

static void find_leaves_what_it_found_in_the_cache(void)
{
    gaddr_t vmas[4] = {0};
    struct proc *space = three_areas(vmas);
    static const struct look_up cached[] = {
        {AT(7), 1, "it holds the address"},
        {AT(2), 0, "another one was there"},
        {AT(4), 1, "the next one above is found, too"},
        {AT(9), 2, NULL},
    };

    for (size_t i = 0; i < sizeof(cached) / sizeof(cached[0]); i++) {
        find_vma(space, cached[i].address);
        expect_vma(space, mm_view(space).mmap_cache, vmas[cached[i].index],
                   "mm->mmap_cache: what find_vma() found last");
    }
    find_vma(space, AT(10));
    expect_sound(space);
}

/* Whatever is in the cache, the answer is the same. */
static void find_takes_the_cache_only_if_it_holds_the_address(void)
{
    gaddr_t vmas[4] = {0};
    struct proc *space = three_areas(vmas);

    for (size_t i = 0; i < LOOK_UPS; i++)
        for (size_t cached = 0; cached < 3; cached++) {
            set_mmap_cache(space, vmas[cached]);
            expect_vma(space, find_vma(space, look_ups[i].address),
                       vmas[look_ups[i].index],
                       "mm->mmap_cache is the answer only if it holds the "
                       "address");
        }
}

Test(vma, find_uses_the_cache_as_it_should)
{
    find_leaves_what_it_found_in_the_cache();
    guest_end_all();
    find_takes_the_cache_only_if_it_holds_the_address();
}

static void find_asks_the_space_that_it_is_given(void)
{
    gaddr_t vmas[4] = {0}, other, prev;
    struct proc *space = three_areas(vmas), *entered;

    entered = new_space(space->guest);
    other = plant_vma(entered, AT(2), AT(4), RO_FLAGS);
    expect_vma(space, find_vma(space, AT(2)), vmas[0], "mm, not current->mm");
    expect_vma(space, find_vma_prev(space, AT(2), &prev), vmas[0], NULL);
    expect_vma(entered, find_vma(entered, AT(2)), other, NULL);
    expect_vma(space, mm_view(space).mmap_cache, vmas[0], NULL);
}

/* Behind the last area there is none, so the last is the one before. */
static void find_prev_knows_who_is_before(void)
{
    gaddr_t vmas[4] = {0}, prev;
    struct proc *space = three_areas(vmas);

    for (size_t i = 0; i < LOOK_UPS; i++) {
        unsigned index = look_ups[i].index;

        set_mmap_cache(space, vmas[i % 3]);
        expect_vma(space, find_vma_prev(space, look_ups[i].address, &prev),
                   vmas[index], look_ups[i].why);
        expect_vma(space, prev, index == 0 ? 0 : vmas[index - 1],
                   "*pprev: the area before it on mm->mmap");
    }
    expect_sound(space);
}

Test(vma, find_prev_knows_who_is_before)
{
    find_prev_knows_who_is_before();
    guest_end_all();
    find_asks_the_space_that_it_is_given();
}

/* Areas of one page, a page apart: each address has one answer. */
static void find_is_right_among_many_areas(void)
{
    struct proc *space = boot_space();
    const struct span first = {AT(1), AT(2), ANON_FLAGS};
    static gaddr_t vmas[MANY + 1];
    static struct call calls[2 * MANY];
    static struct agent_result results[2 * MANY];

    plant_row(space, &first, MANY, 1, vmas);
    expect_sound(space);
    for (unsigned i = 0; i < 2 * MANY; i++)
        calls[i] = find_vma_call(space, AT((i * 7) % (2 * MANY)) + i);
    guest_calls(space->guest, calls, 2 * MANY, results);
    for (unsigned i = 0; i < 2 * MANY; i++)
        expect(results[i].value == vmas[(i * 7) % (2 * MANY) / 2],
               .did = calls[i].shown,
               .expected =
                   text("area number %u of %d", (i * 7) % (2 * MANY) / 2, MANY),
               .seen = text("0x%08x", results[i].value));
}

static void find_prev_is_right_among_many_areas(void)
{
    struct proc *space = boot_space();
    const struct span first = {AT(1), AT(2), ANON_FLAGS};
    static gaddr_t vmas[MANY];
    gaddr_t prev;

    plant_row(space, &first, MANY, 1, vmas);
    for (unsigned i = 1; i < MANY; i++) {
        uaddr_t address = AT(2 * i + i % 2);

        expect_vma(space, find_vma_prev(space, address, &prev), vmas[i], NULL);
        expect_vma(space, prev, vmas[i - 1], "its vm_next is the answer");
    }
}

Test(vma, find_is_right_among_many_areas)
{
    find_is_right_among_many_areas();
    guest_end_all();
    find_prev_is_right_among_many_areas();
}

/* Hidden tests of lab 4: exit_mmap(). */
#include <criterion/criterion.h>

#include "lab4.h"

#define MANY 500

static void expect_empty_space(const struct proc *space)
{
    struct mm_view mm = mm_view(space);

    expect(mm.mmap == 0 && mm.mm_rb == 0 && mm.mmap_cache == 0 &&
               mm.map_count == 0 && mm.total_vm == 0,
           .did = guest_last(space->guest),
           .expected = "mmap, mm_rb, mmap_cache, map_count, total_vm are NULL "
                       "and 0",
           .seen = text("0x%08x, 0x%08x, 0x%08x, %u, %u", mm.mmap, mm.mm_rb,
                        mm.mmap_cache, mm.map_count, mm.total_vm));
    expect_sound(space);
}

static void exit_takes_all_areas_down(void)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    const struct span first = {AT(0), AT(2), ANON_FLAGS};
    uint32_t in_use = areas_in_use(guest);
    static gaddr_t vmas[MANY];

    plant_row(space, &first, MANY, 1, vmas);
    set_mmap_cache(space, vmas[MANY / 2]);
    exit_mmap(space);
    expect_empty_space(space);
    expect(areas_in_use(guest) == in_use, .did = guest_last(guest),
           .expected = "all vm_area_structs are freed",
           .seen = text("%d are not", (int)(areas_in_use(guest) - in_use)));
    exit_mmap(space);
    expect_empty_space(space);
}

static void exit_gives_all_pages_back(void)
{
    struct proc *space = boot_space(), *entered;
    struct guest *guest = space->guest;
    const struct span spans[] = {
        {0, PAGE_SIZE, RO_FLAGS},
        {AT(0), AT(20), ANON_FLAGS},
        {AT(30), AT(31), SHARED_FLAGS},
        {USER_END - 3 * PAGE_SIZE, USER_END, STACK_FLAGS},
    };
    pfn_t frames[23];
    unsigned n = 0;

    plant_vmas(space, spans, 4, NULL);
    frames[n++] = map_fresh(space, 0, PTE_FRESH);
    for (unsigned i = 0; i < 20; i++)
        frames[n++] = map_fresh(space, AT(i), PTE_FRESH);
    frames[n++] = map_fresh(space, AT(30), PTE_FRESH);
    frames[n++] = map_fresh(space, USER_END - PAGE_SIZE, PTE_FRESH);
    entered = new_space(guest);
    plant_vma(entered, AT(0), AT(1), RO_FLAGS);
    exit_mmap(space);
    expect_total_vm(entered, 1, "mm, not current->mm");
    expect_empty_space(space);
    expect_rss(space, 0, "zap_page_range() for each area");
    for (unsigned i = 0; i < n; i++)
        expect(page_count(guest, frames[i]) == 0, .did = guest_last(guest),
               .expected = text("frame %ld is free", frames[i]),
               .seen = "it has users");
}

static void exit_closes_files(void)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    const struct span first = {AT(0), AT(2), ANON_FLAGS};
    gaddr_t vmas[6];
    struct file_before before;

    plant_row(space, &first, 6, 0, vmas);
    for (unsigned i = 0; i < 4; i++)
        make_file_area(space, vmas[i], i);
    before = file_before(guest);
    exit_mmap(space);
    expect_file_areas(space, &before, -4);
    expect_empty_space(space);
}

Test(vma, exit_takes_all_areas_down)
{
    exit_takes_all_areas_down();
    guest_end_all();
    exit_closes_files();
}

/* With mmput(), which calls exit_mmap(): pages, areas, files, page tables. */
static void exit_of_spaces_loses_nothing(void)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct stock before = stock_of(guest);

    for (unsigned round = 0; round < 5; round++) {
        struct proc *space = new_space(guest);

        for (unsigned i = 0; i < 20; i++) {
            uaddr_t at = do_mmap_at(guest, AT(300 * i), 3 * PAGE_SIZE, RW,
                                    i % 3 == 0 ? MAP_SHARED : MAP_PRIVATE);

            map_fresh(space, at + PAGE_SIZE, PTE_FRESH);
        }
        expect_sound(space);
        drop_space(space);
    }
    expect_nothing_lost(guest, &before);
}

Test(vma, exit_gives_all_pages_back)
{
    exit_gives_all_pages_back();
    guest_end_all();
    exit_of_spaces_loses_nothing();
}

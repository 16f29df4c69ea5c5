/* Hidden tests of lab 4: what do_mmap_pgoff() makes of anonymous memory. */
#include <criterion/criterion.h>

#include "lab4.h"

#define FIXED (MAP_PRIVATE | MAP_FIXED)
#define FAR   20 /* pages between areas that are not to be merged */

Test(vma, map_gives_whole_pages_but_none_yet)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    uint32_t left = free_pages_in_ram(guest);

    expect_address(guest, do_mmap(guest, PAGE_SIZE + 1, RW, MAP_PRIVATE), AT(0),
                   NULL);
    expect_address(guest, do_mmap(guest, 3 * PAGE_SIZE, RW, MAP_PRIVATE), AT(2),
                   "PAGE_SIZE + 1 bytes are two pages");
    expect_total_vm(space, 5, NULL);
    expect_sound(space);
    expect_rss(space, 0, "pages come when they are touched");
    expect(page_tables(space) == 0 && free_pages_in_ram(guest) + 1 >= left,
           .did = guest_last(guest),
           .expected = "no page and no page table is allocated",
           .seen = text("%zu page tables, %d pages", page_tables(space),
                        (int)(left - free_pages_in_ram(guest))),
           .hint = "mmap() is a promise");
}

/* All protections, private and shared. */
Test(vma, map_makes_flags_of_protection_and_kind)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;

    for (uint32_t i = 0; i < 16; i++) {
        uint32_t prot = i % 8, shared = i / 8;
        struct span expected = {AT(FAR * i), AT(FAR * i + 1), VM_MAY};

        expected.flags |= (prot & PROT_READ ? VM_READ : 0) |
                          (prot & PROT_WRITE ? VM_WRITE : 0) |
                          (prot & PROT_EXEC ? VM_EXEC : 0) |
                          (shared ? VM_SHARED | VM_MAYSHARE : 0);
        expect_address(guest,
                       do_mmap_at(guest, expected.start, PAGE_SIZE, prot,
                                  shared ? MAP_SHARED : MAP_PRIVATE),
                       expected.start, "a free place that was asked for");
        expect_vmas_in(space, &expected, &expected, 1,
                       "VM_READ, VM_WRITE, VM_EXEC by prot; all VM_MAY bits");
    }
    expect_sound(space);
}

static void map_merges_private_neighbours_that_are_alike(void)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    const struct span one = {AT(0), AT(5), ANON_FLAGS};
    const struct span three[] = {
        {AT(0), AT(5), ANON_FLAGS},
        {AT(5), AT(6), RO_FLAGS},
        {AT(6), AT(7), ANON_FLAGS},
    };

    do_mmap_at(guest, AT(0), 2 * PAGE_SIZE, RW, MAP_PRIVATE);
    do_mmap_at(guest, AT(4), PAGE_SIZE, RW, MAP_PRIVATE);
    expect_address(guest,
                   do_mmap_at(guest, AT(2), 2 * PAGE_SIZE, RW, MAP_PRIVATE),
                   AT(2), NULL);
    expect_vmas(space, &one, 1, "it closes the hole between two areas");
    expect_sound(space);
    expect_total_vm(space, 5, "merged or not, there are as many pages more");
    do_mmap_at(guest, AT(5), PAGE_SIZE, PROT_READ, MAP_PRIVATE);
    do_mmap_at(guest, AT(6), PAGE_SIZE, RW, MAP_PRIVATE);
    expect_vmas(space, three, 3, "other flags: another area");
    expect_sound(space);
}

static void map_shares_anonymous_memory(void)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    struct stock before = stock_of(guest);
    struct vma_view first, second;

    expect_address(guest, do_mmap(guest, 2 * PAGE_SIZE, RW, MAP_SHARED), AT(0),
                   NULL);
    expect_address(guest, do_mmap(guest, PAGE_SIZE, RW, MAP_SHARED), AT(2),
                   NULL);
    first = vma_at(space, AT(0));
    second = vma_at(space, AT(2));
    expect(first.at != second.at && first.file != 0 && second.file != 0 &&
               first.file != second.file && first.ops != 0,
           .did = guest_last(guest),
           .expected = "two areas, each with a file and vm_ops of its own",
           .seen = "something is missing, or the same",
           .hint = "shmem_zero_setup()");
    expect(file_users(guest, first.file) == 1, .did = guest_last(guest),
           .expected = "the area has the only use of its file",
           .seen = text("%d uses", file_users(guest, first.file)),
           .hint = "shmem_zero_setup() has counted it");
    expect_sound(space);
    expect_ok(guest, do_munmap(space, AT(0), 3 * PAGE_SIZE), NULL);
    expect_nothing_lost(guest, &before);
}

/* A private area beside shared ones is no match for them. */
static void map_keeps_shared_and_private_apart(void)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    const struct span expected[] = {
        {AT(0), AT(1), SHARED_FLAGS},
        {AT(1), AT(2), ANON_FLAGS},
        {AT(2), AT(3), SHARED_FLAGS},
        {AT(3), AT(4), SHARED_FLAGS},
    };

    do_mmap_at(guest, AT(0), PAGE_SIZE, RW, MAP_SHARED);
    do_mmap_at(guest, AT(2), PAGE_SIZE, RW, MAP_SHARED);
    do_mmap_at(guest, AT(3), PAGE_SIZE, RW, MAP_SHARED);
    do_mmap_at(guest, AT(1), PAGE_SIZE, RW, MAP_PRIVATE);
    expect_vmas(space, expected, 4, "shared areas are never merged");
    expect_sound(space);
}

Test(vma, map_shares_anonymous_memory)
{
    map_shares_anonymous_memory();
    guest_end_all();
    map_keeps_shared_and_private_apart();
}

static void map_fixed_replaces_what_is_there(void)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    const struct span spans[] = {
        {AT(0), AT(4), ANON_FLAGS},
        {AT(5), AT(6), ANON_FLAGS},
        {AT(7), AT(10), RO_FLAGS},
    };
    const struct span expected[] = {
        {AT(0), AT(2), ANON_FLAGS},
        {AT(2), AT(8), VM_EXEC | VM_MAY},
        {AT(8), AT(10), RO_FLAGS},
    };

    plant_vmas(space, spans, 3, NULL);
    for (unsigned i = 0; i < 10; i++)
        if (i != 4 && i != 6)
            map_fresh(space, AT(i), PTE_FRESH);
    expect_address(guest,
                   do_mmap_at(guest, AT(2), 6 * PAGE_SIZE, PROT_EXEC, FIXED),
                   AT(2), NULL);
    expect_vmas(space, expected, 3, "areas that reach into it are cut");
    expect_not_mapped(space, AT(2), 6, "what was there is gone");
    expect_rss(space, 4, "the pages beside it stay");
    expect_sound(space);
}

static void map_fixed_merges_with_what_is_left(void)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    const struct span expected = {AT(0), AT(6), ANON_FLAGS};
    const struct span within[] = {
        {AT(0), AT(2), ANON_FLAGS},
        {AT(2), AT(3), RO_FLAGS},
        {AT(3), AT(6), ANON_FLAGS},
    };

    plant_vma(space, AT(0), AT(6), ANON_FLAGS);
    for (unsigned i = 0; i < 6; i++)
        map_fresh(space, AT(i), PTE_FRESH);
    expect_address(guest, do_mmap_at(guest, AT(2), 2 * PAGE_SIZE, RW, FIXED),
                   AT(2), NULL);
    expect_vmas(space, &expected, 1, "the same flags as around it");
    expect_not_mapped(space, AT(2), 2, "its pages are new ones");
    expect_rss(space, 4, NULL);
    expect_sound(space);
    expect_address(guest, do_mmap_at(guest, AT(0), 6 * PAGE_SIZE, RW, FIXED),
                   AT(0), "all of it");
    expect_vmas(space, &expected, 1, NULL);
    expect_rss(space, 0, NULL);
    expect_address(guest, do_mmap_at(guest, AT(2), PAGE_SIZE, PROT_READ, FIXED),
                   AT(2), "other flags within an area");
    expect_vmas(space, within, 3, NULL);
    expect_sound(space);
}

static void map_fixed_takes_any_user_address(void)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    const struct span expected[] = {
        {0, PAGE_SIZE, ANON_FLAGS},
        {USER_END - PAGE_SIZE, USER_END, ANON_FLAGS},
    };

    expect_address(guest, do_mmap_at(guest, 0, PAGE_SIZE, RW, FIXED), 0, NULL);
    expect_address(
        guest, do_mmap_at(guest, USER_END - PAGE_SIZE, PAGE_SIZE, RW, FIXED),
        USER_END - PAGE_SIZE, NULL);
    expect_vmas(space, expected, 2, NULL);
    expect_address(guest, do_mmap_at(guest, 0, USER_END, PROT_READ, FIXED), 0,
                   "len may be TASK_SIZE");
    expect_vmas(space, &(struct span){0, USER_END, RO_FLAGS}, 1, NULL);
    expect_sound(space);
}

Test(vma, map_fixed_replaces_what_is_there)
{
    map_fixed_replaces_what_is_there();
    guest_end_all();
    map_fixed_merges_with_what_is_left();
    guest_end_all();
    map_fixed_takes_any_user_address();
}

/* Until there is no hole any more, lowest first. */
static void map_fills_all_holes(void)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    const struct span spans[] = {
        {AT(1), AT(2), RO_FLAGS},
        {AT(4), AT(6), RO_FLAGS},
        {AT(8), USER_END, RO_FLAGS},
    };
    static const unsigned places[] = {0, 2, 3, 6, 7};

    plant_vmas(space, spans, 3, NULL);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        expect_address(guest, do_mmap(guest, PAGE_SIZE, RW, MAP_PRIVATE),
                       AT(places[i]), "the lowest page that is free");
    expect_fails(guest, do_mmap(guest, PAGE_SIZE, RW, MAP_PRIVATE), ENOMEM,
                 "no page is free");
    expect_sound(space);
    expect(mm_view(space).map_count == 6, .did = guest_last(guest),
           .expected = "six areas",
           .seen = text("%u", mm_view(space).map_count));
}

Test(vma, map_merges_private_neighbours_that_are_alike)
{
    map_merges_private_neighbours_that_are_alike();
    guest_end_all();
    map_fills_all_holes();
}

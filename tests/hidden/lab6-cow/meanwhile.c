/*
 * Hidden tests of lab 6: whoever looks for memory may sleep, and pages are
 * swapped out meanwhile, also those that he is about to copy.
 */
#include <criterion/criterion.h>

#include "reclaims.h"
#include "tables.h"

#define SLOTS 100
#define MANY  50 /* pages: more than are freed at once */

#define READ_BITS (PTE_PRESENT | PTE_USER) /* some time ago */

struct scene {
    struct guest *guest;
    struct stock before;
    struct proc *space, *other; /* the first one is entered */
    gaddr_t vma;                /* MANY pages of the first */
    struct blocks held;
};

/* Two spaces, and a swap area. */
static struct scene set_scene(void)
{
    struct scene scene = {.guest = guest_boot(&machine_swap_8mb, STAGE_PROC)};

    plant_area(scene.guest, (struct planted){.nslots = SLOTS});
    drop_space(new_space(scene.guest));
    scene.before = stock_of(scene.guest);
    scene.other = new_space(scene.guest);
    scene.space = new_space(scene.guest);
    scene.vma = add_vma(scene.space, START, PAGE(MANY), ANON_FLAGS);
    add_vma(scene.other, START, PAGE(MANY), ANON_FLAGS);
    return scene;
}

/* As many pages are free as nobody gets who can wait: to give him one, pages
 * of the space are swapped out, the first one first. */
static void leave_the_reserve(struct scene *scene)
{
    uint32_t min = zone_view(scene->guest, ZONE_DMA).pages_min;

    scene->held = exhaust(scene->guest, ZONE_DMA);
    give_back_some(scene->guest, &scene->held, 0, min);
    scene->held.pfns += min;
    scene->held.n -= min;
}

static void end_scene(const struct scene *scene)
{
    give_back(scene->guest, &scene->held);
    drop_space(scene->space);
    drop_space(scene->other);
    expect_nothing_lost(scene->guest, &scene->before);
}

/* The page of which a copy is to be made. */
Test(cow, page_that_went_out_meanwhile_stays_there)
{
    struct scene scene = set_scene();
    struct pte_view view;

    map_many(scene.space, PAGE(0), MANY - 1, READ_BITS);
    map_shared_pages(scene.space, PAGE(MANY - 1),
                     frame_of(scene.space, PAGE(0)), READ_BITS);
    leave_the_reserve(&scene);
    expect_vm_fault(scene.guest, do_wp_page(scene.space, scene.vma, PAGE(0)),
                    FAULT_MINOR, "the access is tried again");
    view = pte_view(scene.space, PAGE(0));
    expect(swapped_slot(scene.space, PAGE(0)).swapped,
           .did = guest_last(scene.guest),
           .expected = "the entry names a slot: its page was swapped out when "
                       "one for the copy was looked for",
           .seen = pte_text(&view),
           .hint = "alloc_page() may sleep: look at the entry again");
    end_scene(&scene);
}

/* Pages whose entries are copied: by what they are when the child has a page
 * table. */
Test(cow, pages_that_went_out_meanwhile_are_copied_as_such)
{
    struct scene scene = set_scene();

    map_many(scene.space, PAGE(0), MANY, OLD_BITS);
    leave_the_reserve(&scene);
    expect_number(scene.guest,
                  copy_page_range(scene.other, scene.space, scene.vma), 0,
                  NULL);
    if (!swapped_slot(scene.space, PAGE(0)).swapped)
        report_infra("nothing was swapped out for the child's page table");
    for (unsigned i = 0; i < MANY; i++) {
        uint32_t raw = pte_view(scene.space, PAGE(i)).raw;

        expect_raw(scene.other, PAGE(i), raw,
                   "the same as the parent's is now: pte_alloc() may sleep");
        if (!(raw & PTE_PRESENT))
            expect_slot_users(scene.guest, 0, swap_slot_of(raw).slot, 2,
                              "parent and child");
    }
    end_scene(&scene);
}

/*
 * Hidden tests of lab 6: pages that are in memory and in a slot at once. The
 * swap cache holds a use of each, but not for itself alone.
 */
#include <criterion/criterion.h>

#include "reclaims.h"
#include "tables.h"

#define SLOTS 100
#define SLOT  7

/* What an entry is that goes, and where else the slot is in use. */
struct scene {
    struct guest *guest;
    struct proc *space;
    gaddr_t vma;
    pfn_t pfn; /* in the swap cache, with SLOT */
};

static struct scene set_scene(unsigned others)
{
    struct scene scene = {.guest = guest_boot(&machine_swap_64mb, STAGE_PROC)};

    plant_area(scene.guest, (struct planted){.nslots = SLOTS});
    scene.space = new_space(scene.guest);
    scene.vma = add_vma(scene.space, START, PAGE(2), ANON_FLAGS);
    scene.pfn = plant_page(
        scene.guest, (struct planted_page){
                         .slot = SLOT, .list = LRU_ACTIVE, .others = others});
    return scene;
}

/* The page has gone from the cache, if no entry of others names its slot. */
static void expect_left_to_others(const struct scene *scene, unsigned others)
{
    struct swap_page_view view = swap_page_view(scene->guest, scene->pfn);

    expect_slot_users(scene->guest, 0, SLOT, others > 0 ? others + 1 : 0,
                      "entries, and the swap cache if there are any");
    if (others == 0)
        expect_freed(scene->guest, scene->pfn,
                     "nobody can ask for it any more");
    else
        expect(view.cached && view.count == 1, .did = guest_last(scene->guest),
               .expected = "the swap cache keeps it for the other entry",
               .seen = text("%s in the cache, count %d",
                            view.cached ? "it is" : "it is not", view.count));
    guest_end_all();
}

static void zap_a_page(unsigned others)
{
    struct scene scene = set_scene(others);

    map_shared_pages(scene.space, PAGE(0), scene.pfn, RO_BITS);
    zap_page_range(scene.space, PAGE(0), PAGE_SIZE);
    expect_left_to_others(&scene, others);
}

static void zap_a_slot(unsigned others)
{
    struct scene scene = set_scene(others);

    plant_entry(scene.space, PAGE(0), 0, SLOT);
    zap_page_range(scene.space, PAGE(0), PAGE_SIZE);
    expect_left_to_others(&scene, others);
}

/* The cache's use is another's: the page is copied. */
static void copy_a_page(unsigned others)
{
    struct scene scene = set_scene(others);

    map_shared_pages(scene.space, PAGE(0), scene.pfn, RO_BITS);
    expect_vm_fault(scene.guest, do_wp_page(scene.space, scene.vma, PAGE(0)),
                    FAULT_MINOR, NULL);
    expect(frame_of(scene.space, PAGE(0)) != scene.pfn,
           .did = guest_last(scene.guest), .expected = "a frame of its own",
           .seen = "the one that the swap cache has");
    expect_left_to_others(&scene, others);
}

Test(cow, nothing_is_left_to_the_swap_cache_alone)
{
    for (unsigned others = 0; others < 2; others++) {
        zap_a_page(others);
        zap_a_slot(others);
        copy_a_page(others);
    }
}

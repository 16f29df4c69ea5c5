/* Pictures of swap areas. */
#include <criterion/criterion.h>

#include "guest_internal.h"
#include "picturing.h"
#include "swaps.h"

Test(given, picture_of_swap_counts_slots)
{
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_SWAP);
    struct proc *proc = user_spawn(guest);
    struct scene scene = guest_scene(guest);
    struct picture picture;
    struct area_view area;
    uaddr_t at;

    expect(!picture_swap(&scene, &picture), .did = "draw swap areas",
           .expected = "no picture without an area", .seen = picture.svg);
    make_whole_swap(guest, 0);
    mark_bad(guest, 0, 7);
    mark_bad(guest, 0, 8);
    swap_on(proc, 0, 3);
    at = user_pages(proc, 2500);
    user_stamp(proc, at, 2500, 1000);
    area = swap_area(guest, 0);
    expect(picture_swap(&scene, &picture), .did = "draw swap areas",
           .expected = "a picture", .seen = "none");
    expect_modest(&picture);
    expect_shows(&picture, text(">free: %u<", area.nr_free));
    expect_shows(&picture, text("%u are used, %u are free",
                                slots_in_use(guest, 0), area.nr_free));
    expect_shows(&picture, ">bad: 2<");
    expect_shows(&picture, "priority 3;");
    expect_shows_not(&picture, ">! ");
    picture_free(&picture);
}

Test(given, picture_of_swap_shows_less_than_nothing_free)
{
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_SWAP);
    struct proc *proc = user_spawn(guest);
    struct picture picture;
    struct scene scene;

    make_whole_swap(guest, 0);
    swap_on(proc, 0, -1);
    scene = copy_of(guest);
    poke(&scene, scene_symbol(&scene, "swap_info") + SWAP_INFO_NR_FREE,
         (uint32_t)-1);
    expect(picture_swap(&scene, &picture), .did = "draw swap areas",
           .expected = "a picture", .seen = "none");
    expect_shows(&picture, "! nr_free is -1, but");
    picture_free(&picture);
    drop_copy(&scene);
}

/* Hidden tests of lab 7: which pages swap_out() looks at. */
#include <criterion/criterion.h>

#include "scenes.h"

#define SMALL    40u
#define LARGE    640u
#define PRIORITY 3 /* an eighth */

/* A share of n pages may be counted with one more. */
static void expect_share(struct guest *guest, size_t seen, size_t share,
                         const char *what)
{
    expect(seen == share || seen == share + 1, .did = guest_last(guest),
           .expected = text("%zu %s", share, what), .seen = text("%zu", seen),
           .hint = "rss divided by 2^priority, and at least one");
}

Test(swap, scan_looks_at_a_share_of_rss)
{
    gaddr_t vma;
    struct proc *space =
        boot_space(&machine_swap_64mb, LARGE, ANON_FLAGS, &vma);
    struct guest *guest = space->guest;
    size_t looked = 0;

    map_many(space, PAGE(0), LARGE, YOUNG_BITS);
    for (unsigned priority = DEF_PRIORITY; priority >= 2; priority--) {
        size_t before = LARGE - looked;

        expect_number(guest, swap_out(guest, priority), 0,
                      "all were used since the last look");
        looked = LARGE - count_young(space, PAGE(0), LARGE);
        expect_share(guest, before - (LARGE - looked), LARGE >> priority,
                     "entries become old");
    }
    expect_rss(space, LARGE, "no page has gone yet");
}

static void scan_goes_on_where_it_stopped_alone(void)
{
    gaddr_t vma;
    struct proc *space =
        boot_space(&machine_swap_64mb, LARGE, ANON_FLAGS, &vma);
    struct guest *guest = space->guest;

    map_many(space, PAGE(0), LARGE, YOUNG_BITS);
    for (int i = 0; i < 7; i++)
        expect_number(guest, swap_out(guest, PRIORITY), 0,
                      "pages that were not looked at yet: mm->swap_address");
    expect(count_young(space, PAGE(0), LARGE) <= LARGE / 8,
           .did = guest_last(guest),
           .expected = "seven eighths have been looked at, once each",
           .seen = text("%zu of %u have not",
                        count_young(space, PAGE(0), LARGE), LARGE));
    swap_out(guest, PRIORITY);
    expect_number(guest, swap_out(guest, PRIORITY), SWAP_CLUSTER_MAX,
                  "the second round takes them");
}

static void scan_begins_again_at_the_end(void)
{
    gaddr_t vma;
    struct proc *space =
        boot_space(&machine_swap_64mb, SMALL, ANON_FLAGS, &vma);
    struct guest *guest = space->guest;

    map_many(space, PAGE(0), SMALL, OLD_BITS);
    for (unsigned i = 0; i < 100 && mm_view(space).rss > 0; i++)
        expect(swap_out(guest, 1) > 0, .did = guest_last(guest),
               .expected = "there are pages to go",
               .seen = text("none goes, rss is %u", mm_view(space).rss));
    expect_rss(space, 0, "all have gone");
    map_many(space, PAGE(0), SMALL, OLD_BITS);
    expect(swap_out(guest, 1) > 0, .did = guest_last(guest),
           .expected = "new pages below the place where it stopped go",
           .seen = "none");
}

Test(swap, scan_goes_on_where_it_stopped)
{
    scan_goes_on_where_it_stopped_alone();
    guest_end_all();
    scan_begins_again_at_the_end();
}

Test(swap, scan_takes_a_cluster_at_most)
{
    gaddr_t vma;
    struct proc *space =
        boot_space(&machine_swap_64mb, LARGE, ANON_FLAGS, &vma);

    map_many(space, PAGE(0), LARGE, OLD_BITS);
    for (uint32_t i = 1; i <= 3; i++) {
        expect_number(space->guest, swap_out(space->guest, 0), SWAP_CLUSTER_MAX,
                      "SWAP_CLUSTER_MAX of one have gone");
        expect_rss(space, LARGE - i * SWAP_CLUSTER_MAX, NULL);
    }
}

Test(swap, scan_takes_from_all_spaces)
{
    gaddr_t vma;
    struct proc *spaces[3];
    struct guest *guest;
    int gone;

    spaces[0] = boot_space(&machine_swap_64mb, LARGE, ANON_FLAGS, &vma);
    guest = spaces[0]->guest;
    for (int i = 1; i < 3; i++) {
        spaces[i] = new_space(guest);
        add_vma(spaces[i], START, PAGE(LARGE), ANON_FLAGS);
    }
    map_many(spaces[0], PAGE(0), 64, OLD_BITS);
    map_many(spaces[1], PAGE(0), LARGE, OLD_BITS);
    map_many(spaces[2], PAGE(0), 3, OLD_BITS);
    gone = swap_out(guest, PRIORITY);
    expect_share(guest, 64 - mm_view(spaces[0]).rss, 8, "pages of the first");
    expect(mm_view(spaces[1]).rss == LARGE - SWAP_CLUSTER_MAX,
           .did = guest_last(guest), .expected = "a cluster of the largest",
           .seen = text("%u", LARGE - mm_view(spaces[1]).rss));
    expect(mm_view(spaces[2]).rss == 2, .did = guest_last(guest),
           .expected = "at least one of the smallest, which has 3",
           .seen = text("%u", 3 - mm_view(spaces[2]).rss));
    expect_number(guest, gone,
                  (int)(64 + LARGE + 3 - mm_view(spaces[0]).rss -
                        mm_view(spaces[1]).rss - mm_view(spaces[2]).rss),
                  "how many pages went");
}

/* What stays, stays; the scan passes it. */
static void scan_passes_what_stays(void)
{
    gaddr_t vma;
    struct proc *space =
        boot_space(&machine_swap_64mb, SMALL, SHARED_FLAGS, &vma);
    struct guest *guest = space->guest;
    gaddr_t next = PAGE(SMALL + 8);

    add_vma(space, next, next + 2 * PAGE_SIZE, ANON_FLAGS);
    map_many(space, PAGE(0), SMALL, OLD_BITS);
    map_many(space, next, 2, OLD_BITS);
    for (int i = 0; i < 4 && count_present(space, next, 2) > 0; i++)
        swap_out(guest, 0);
    expect(count_swapped(space, next, 2) == 2, .did = guest_last(guest),
           .expected = "the pages behind a shared area go",
           .seen = "they are still there");
    expect_rss(space, SMALL, "the shared ones are there");
}

static void scan_passes_what_is_out(void)
{
    gaddr_t vma;
    struct proc *space =
        boot_space(&machine_swap_64mb, SMALL, ANON_FLAGS, &vma);

    for (uint32_t i = 0; i < SMALL; i += 2)
        plant_entry(space, PAGE(i), 0, 100 + i);
    for (uint32_t i = 1; i < SMALL; i += 2)
        map_fresh(space, PAGE(i), OLD_BITS);
    expect_number(space->guest, swap_out(space->guest, 0), SMALL / 2,
                  "present entries: half of them");
    for (uint32_t i = 0; i < SMALL; i += 2)
        expect_swapped(space, PAGE(i), 0, 100 + i, "it was out before");
    expect_rss(space, 0, NULL);
}

#define GIGABYTE 0x40000000u
#define MOST_COST                                                              \
    300000 /* instructions; entry by entry it would be millions                \
            */

Test(swap, scan_steps_over_missing_tables)
{
    gaddr_t vma;
    struct proc *space =
        boot_space(&machine_swap_64mb, SMALL, ANON_FLAGS, &vma);
    uaddr_t last = START + GIGABYTE - PAGE_SIZE;
    struct call call = {.function = "swap_out",
                        .args = {0},
                        .shown = "swap_out(0), areas of 1 GB"};
    uint32_t cost, gone;

    add_vma(space, PAGE(SMALL), START + GIGABYTE, RO_FLAGS);
    map_fresh(space, PAGE(1), OLD_BITS);
    map_fresh(space, last, OLD_BITS);
    gone = guest_call(space->guest, &call, &cost);
    expect_number(space->guest, (int)gone, 2, "both ends");
    expect(cost < MOST_COST, .did = guest_last(space->guest),
           .expected = text("fewer than %d instructions", MOST_COST),
           .seen = text("%u", cost),
           .hint = "pte_find() is NULL: on to the next 4 MB");
}

static void scan_without_slots_changes_nothing_but_age(void)
{
    gaddr_t vma;
    struct proc *space =
        boot_space(&machine_swap_64mb, SMALL, ANON_FLAGS, &vma);
    struct guest *guest = space->guest;

    map_many(space, PAGE(0), SMALL, OLD_BITS);
    use_all_slots(guest, 0);
    for (unsigned i = 0; i <= DEF_PRIORITY; i++)
        expect_number(guest, swap_out(guest, i), 0, "no slot is free");
    expect_rss(space, SMALL, "every page stays");
    expect(count_present(space, PAGE(0), SMALL) == SMALL,
           .did = guest_last(guest), .expected = "every page stays",
           .seen = text("%zu are there", count_present(space, PAGE(0), SMALL)));
}

Test(swap, scan_passes_what_cannot_go)
{
    scan_passes_what_stays();
    guest_end_all();
    scan_passes_what_is_out();
    guest_end_all();
    scan_without_slots_changes_nothing_but_age();
}

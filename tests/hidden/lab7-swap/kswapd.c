/* Hidden tests of lab 7: how much is freed, when, and by whom. */
#include <criterion/criterion.h>
#include <string.h>

#include "scenes.h"

#define NPAGES 640

/* A space with so many pages that can go. */
static struct proc *full_space(size_t npages, uint32_t bits)
{
    gaddr_t vma;
    struct proc *space =
        boot_space(&machine_swap_64mb, NPAGES, ANON_FLAGS, &vma);

    map_many(space, PAGE(0), npages, bits);
    return space;
}

/* --- do_try_to_free_pages() ----------------------------------------------- */

Test(swap, try_frees_a_cluster)
{
    struct proc *space = full_space(NPAGES, OLD_BITS);
    struct guest *guest = space->guest;

    for (int i = 0; i < 4; i++) {
        uint32_t before = free_pages_in_ram(guest);
        uint32_t freed;

        expect_number(guest, do_try_to_free_pages(guest), 1, NULL);
        freed = free_pages_in_ram(guest) - before;
        expect(freed >= SWAP_CLUSTER_MAX && freed <= 3 * SWAP_CLUSTER_MAX,
               .did = guest_last(guest),
               .expected =
                   text("%d pages are free, not many more", SWAP_CLUSTER_MAX),
               .seen = text("%u", freed));
    }
    expect(mm_view(space).rss >= NPAGES / 3, .did = guest_last(guest),
           .expected = "it does not take what is not needed",
           .seen = text("rss is %u", mm_view(space).rss));
}

static void try_frees_what_was_used_a_moment_ago(void)
{
    struct proc *space = full_space(100, YOUNG_BITS);
    struct guest *guest = space->guest;
    uint32_t before = free_pages_in_ram(guest);

    expect_number(guest, do_try_to_free_pages(guest), 1,
                  "with rising effort every page is looked at twice");
    expect(free_pages_in_ram(guest) > before, .did = guest_last(guest),
           .expected = "there are more free pages",
           .seen = text("%d more", (int)(free_pages_in_ram(guest) - before)));
}

static void try_frees_the_last_pages(void)
{
    struct proc *space = full_space(5, OLD_BITS);
    struct guest *guest = space->guest;
    uint32_t before = free_pages_in_ram(guest);

    expect_number(guest, do_try_to_free_pages(guest), 1,
                  "fewer than a cluster are some as well");
    for (int i = 0; i < 5 && mm_view(space).rss > 0; i++)
        do_try_to_free_pages(guest);
    expect_rss(space, 0, "5 pages can go");
    expect(free_pages_in_ram(guest) == before + 5, .did = guest_last(guest),
           .expected = "5 more are free",
           .seen = text("%d", (int)(free_pages_in_ram(guest) - before)));
    expect_number(guest, do_try_to_free_pages(guest), 0, "nothing is left");
    expect_io(guest, 0, 5, "each was written once");
}

/* Nobody maps them, but somebody's entries name their slots. */
static void try_frees_active_pages(void)
{
    struct guest *guest = boot_planted(&machine_swap_64mb);
    pfn_t pfns[3];

    for (uint32_t i = 0; i < 3; i++)
        pfns[i] = plant_page(guest, (struct planted_page){.slot = i + 1,
                                                          .list = LRU_ACTIVE,
                                                          .others = 1});
    for (int i = 0; i < 3 && nr_active(guest) > 0; i++)
        expect_number(guest, do_try_to_free_pages(guest), 1,
                      "refill_inactive()");
    for (int i = 0; i < 3; i++)
        expect_freed(guest, pfns[i], "no page stays active for ever");
}

Test(swap, try_frees_whatever_can_go)
{
    try_frees_active_pages();
    guest_end_all();
    try_frees_what_was_used_a_moment_ago();
    guest_end_all();
    try_frees_the_last_pages();
}

Test(swap, try_fails_where_nothing_can_go)
{
    struct proc *space = full_space(50, OLD_BITS);
    struct guest *guest = space->guest;
    uint32_t before;

    use_all_slots(guest, 0);
    before = free_pages_in_ram(guest);
    expect_number(guest, do_try_to_free_pages(guest), 0, "no slot is free");
    expect_rss(space, 50, NULL);
    expect(free_pages_in_ram(guest) == before, .did = guest_last(guest),
           .expected = "no page more is free", .seen = "another number");
}

#define LEAST_EFFORT (2 * (NPAGES >> DEF_PRIORITY)) /* pages; and some more */

/* There is enough that can go at once: what is in use stays. */
Test(swap, try_takes_clean_pages_first)
{
    struct proc *space = full_space(NPAGES, OLD_BITS);
    struct guest *guest = space->guest;

    for (uint32_t i = 0; i < 2 * SWAP_CLUSTER_MAX; i++)
        plant_page(guest, (struct planted_page){.slot = 100 + i,
                                                .list = LRU_INACTIVE_CLEAN,
                                                .others = 1});
    expect_number(guest, do_try_to_free_pages(guest), 1, NULL);
    expect(mm_view(space).rss >= NPAGES - LEAST_EFFORT,
           .did = guest_last(guest),
           .expected = "the least effort is enough: rss is nearly as before",
           .seen = text("%u pages have gone", NPAGES - mm_view(space).rss),
           .hint = "begin with DEF_PRIORITY");
    expect(nr_inactive_clean(guest) <= 2 * SWAP_CLUSTER_MAX,
           .did = guest_last(guest), .expected = "clean pages were freed",
           .seen = text("%u are clean", nr_inactive_clean(guest)));
}

/* --- kswapd() ------------------------------------------------------------- */

static gaddr_t kswapd_task(struct guest *guest)
{
    gaddr_t head = guest_symbol(guest, "kswapd_wait") + WAIT_HEAD_LIST;
    gaddr_t entry = guest_u32(guest, head);

    expect(entry != head, .did = guest_last(guest),
           .expected = "kswapd sleeps on kswapd_wait", .seen = "nobody does");
    return guest_u32(guest, entry - WAIT_TASK_LIST + WAIT_TASK);
}

static void expect_asleep(struct guest *guest)
{
    gaddr_t task = kswapd_task(guest);

    expect(guest_u32(guest, task + TASK_STATE) != TASK_RUNNING,
           .did = guest_last(guest), .expected = "kswapd sleeps",
           .seen = "it runs");
}

/* Both zones have exactly so many free pages more than pages_high, or less. */
static void drain_to(struct guest *guest, int above_high)
{
    for (enum zone_index zone = ZONE_DMA; zone <= ZONE_NORMAL; zone++) {
        int high = (int)zone_view(guest, zone).pages_high;

        drain(guest, zone, (uint32_t)(high + above_high));
    }
}

static void wake_kswapd(struct guest *guest)
{
    const struct call call = {.function = "wakeup_kswapd",
                              .shown = "wakeup_kswapd()"};

    guest_call(guest, &call, NULL);
}

static bool is_short(struct guest *guest)
{
    for (enum zone_index zone = ZONE_DMA; zone <= ZONE_NORMAL; zone++) {
        struct zone_view view = zone_view(guest, zone);

        if (view.free_pages < view.pages_high)
            return true;
    }
    return false;
}

/* Pages of both zones that can go. */
static struct proc *space_of_both_zones(size_t npages)
{
    gaddr_t vma;
    struct proc *space =
        boot_space(&machine_swap_64mb, 2 * NPAGES, ANON_FLAGS, &vma);

    map_many(space, PAGE(0), npages, OLD_BITS);
    for (uint32_t i = 0; i < npages; i++) {
        pfn_t pfn = alloc_pages(space->guest, GFP_DMA, 0);

        set_entry(space, PAGE(npages + i),
                  (uint32_t)pfn << PAGE_SHIFT | OLD_BITS);
    }
    return space;
}

Test(swap, kswapd_works_up_to_pages_high)
{
    struct proc *space = space_of_both_zones(250);
    struct guest *guest = space->guest;
    uint32_t rss = 500;

    guest_write(guest, mm_of(space) + MM_RSS, &rss, sizeof(rss));
    drain_to(guest, -40);
    expect_asleep(guest);
    wake_kswapd(guest);
    expect(!is_short(guest), .did = guest_last(guest),
           .expected = "each zone has pages_high free pages",
           .seen = text("%u and %u", zone_view(guest, ZONE_DMA).free_pages,
                        zone_view(guest, ZONE_NORMAL).free_pages));
    expect_asleep(guest);
    expect(mm_view(space).rss > 100, .did = guest_last(guest),
           .expected = "it stops there",
           .seen = text("rss is %u, was %u", mm_view(space).rss, rss));
}

static void kswapd_does_nothing_without_need(void)
{
    struct proc *space = full_space(200, OLD_BITS);
    struct guest *guest = space->guest;

    wake_kswapd(guest);
    drain_to(guest, 0);
    wake_kswapd(guest);
    expect_rss(space, 200, "each zone has pages_high free pages");
    expect_asleep(guest);
    drain_to(guest, -1);
    expect_rss(space, 200, "nobody has woken kswapd");
    wake_kswapd(guest);
    expect(mm_view(space).rss < 200, .did = guest_last(guest),
           .expected = "one page less than pages_high: it frees some",
           .seen = "rss is as it was");
}

Test(swap, kswapd_gives_up_and_sleeps)
{
    struct proc *space = full_space(50, OLD_BITS);
    struct guest *guest = space->guest;

    use_all_slots(guest, 0);
    drain_to(guest, -20);
    wake_kswapd(guest);
    expect_asleep(guest);
    expect_rss(space, 50, "there is no slot");
    for (uint32_t slot = 1; slot <= 30; slot++)
        set_slot_users(guest, 0, slot, 0);
    wake_kswapd(guest);
    expect(mm_view(space).rss < 50, .did = guest_last(guest),
           .expected = "there are slots: pages go", .seen = "none has gone");
    expect_asleep(guest);
}

static void kswapd_may_use_the_reserve(void)
{
    struct guest *guest = boot_planted(&machine_swap_64mb);
    gaddr_t task = kswapd_task(guest);

    expect(guest_u32(guest, task + TASK_FLAGS) & PF_MEMALLOC,
           .did = "look at kswapd's flags", .expected = "PF_MEMALLOC",
           .seen = text("0x%x", guest_u32(guest, task + TASK_FLAGS)),
           .hint = "who frees memory must not wait for it");
}

Test(swap, kswapd_sleeps_until_it_is_needed)
{
    kswapd_does_nothing_without_need();
    guest_end_all();
    kswapd_may_use_the_reserve();
}

/* Woken again and again it does its work again and again. */
Test(swap, kswapd_is_woken_again)
{
    struct proc *space = full_space(NPAGES, OLD_BITS);
    struct guest *guest = space->guest;

    for (int i = 0; i < 5; i++) {
        uint32_t rss = mm_view(space).rss;

        drain(guest, ZONE_NORMAL, zone_view(guest, ZONE_NORMAL).pages_high - 9);
        wake_kswapd(guest);
        expect(mm_view(space).rss < rss, .did = guest_last(guest),
               .expected = text("time %d: pages go", i + 1),
               .seen = "none goes");
        expect(zone_view(guest, ZONE_NORMAL).free_pages >=
                   zone_view(guest, ZONE_NORMAL).pages_high,
               .did = guest_last(guest), .expected = "pages_high are free",
               .seen = "fewer");
        expect_asleep(guest);
    }
}

/* --- a process runs into it ------------------------------------------------
 */

Test(swap, process_wakes_kswapd_below_pages_low)
{
    struct proc *proc;
    struct guest *guest = boot_swapping(&machine_swap_64mb, &proc);
    uint32_t high, low;
    uaddr_t pages = user_pages(proc, 1000);

    drain(guest, ZONE_DMA, zone_view(guest, ZONE_DMA).pages_high);
    drain(guest, ZONE_NORMAL, 900);
    high = zone_view(guest, ZONE_NORMAL).pages_high;
    low = zone_view(guest, ZONE_NORMAL).pages_low;
    user_stamp(proc, pages, 890 - low, STAMP);
    expect(count_swapped(proc, pages, 1000) == 0 && disk_writes(guest, 0) == 0,
           .did = guest_last(guest),
           .expected = "above pages_low nothing is swapped out",
           .seen = text("%zu pages are", count_swapped(proc, pages, 1000)));
    user_stamp(proc, pages, 1000, STAMP);
    expect(count_swapped(proc, pages, 1000) > 0, .did = guest_last(guest),
           .expected = "kswapd has swapped pages out", .seen = "none is out");
    expect(zone_view(guest, ZONE_NORMAL).free_pages + 40 >= low,
           .did = guest_last(guest), .expected = "free pages near pages_high",
           .seen = text("%u of %u", zone_view(guest, ZONE_NORMAL).free_pages,
                        high));
    expect_stamped(proc, pages, 1000, STAMP, NULL);
}

/*
 * Hidden tests of all components together: as much as there is, and more; and
 * the way back.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "crowd.h"

#define BASE 0x40000000u

/* --- kswapd ----------------------------------------------------------------
 */

#define STEP  40u
#define STEPS 60u

static uint32_t free_now(struct guest *guest)
{
    return zone_view(guest, ZONE_DMA).free_pages;
}

/* One process touches more and more pages. Nobody waits for memory long: at
 * every rest there is some again, and not for more than is asked for. */
Test(integration, kswapd_keeps_up)
{
    struct guest *guest = boot_short(0);
    struct proc *proc = user_spawn(guest);
    struct zone_view marks = zone_view(guest, ZONE_DMA);
    uaddr_t pages = user_pages(proc, STEPS * STEP);
    uint32_t most = marks.pages_high + 4 * STEP;
    bool was_short = false;

    for (uint32_t i = 0; i < STEPS; i++) {
        user_stamp(proc, pages + i * STEP * PAGE_SIZE, STEP, STAMP + i * STEP);
        was_short |= free_now(guest) <= marks.pages_high;
        expect(free_now(guest) >= marks.pages_min, .did = guest_last(guest),
               .expected = text("at least pages_min, %u pages, are free",
                                marks.pages_min),
               .seen = text("%u", free_now(guest)),
               .hint = "kswapd begins below pages_low");
        expect(!was_short || free_now(guest) <= most, .did = guest_last(guest),
               .expected = text("at most %u pages are free", most),
               .seen = text("%u", free_now(guest)),
               .hint = "it stops at pages_high");
    }
    expect(was_short, .did = guest_last(guest),
           .expected = "memory became short", .seen = "it did not");
    expect_all_stamped(proc, pages, STEPS * STEP, STAMP, NULL);
    expect_sound(proc);
}

/* --- areas -----------------------------------------------------------------
 */

#define AREAS 2400u
#define AT(i) (BASE + (uaddr_t)(i)*2 * PAGE_SIZE)

/* Every area of one page, with a gap behind it, and touched. */
static void make_areas(struct proc *proc)
{
    struct user_op *ops = allocate(2 * AREAS, sizeof(*ops));

    for (uint32_t i = 0; i < AREAS; i++) {
        ops[2 * i] = op_shown_as(
            syscall_op(proc, NR_mmap2, AT(i), PAGE_SIZE, RW,
                       MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1u, 0),
            "mmap() of one page among thousands");
        ops[2 * i + 1] = store_op(proc, AT(i), STAMP + i);
    }
    user_do_all(proc->guest, ops, 2 * AREAS, NULL);
    free(ops);
}

static void check_areas(struct proc *proc, uint32_t step, const char *hint)
{
    uint32_t n = AREAS / step;
    struct user_op *ops = allocate(n, sizeof(*ops));
    struct user_result *results = allocate(n, sizeof(*results));

    for (uint32_t i = 0; i < n; i++)
        ops[i] = load_op(proc, AT(i * step));
    user_do_all(proc->guest, ops, n, results);
    for (uint32_t i = 0; i < n; i++)
        expect(results[i].value == STAMP + i * step, .did = ops[i].shown,
               .expected = text("0x%08x", STAMP + i * step),
               .seen = text("0x%08x", results[i].value), .hint = hint);
    free(ops);
    free(results);
}

static void unmap_odd_areas(struct proc *proc)
{
    struct user_op *ops = allocate(AREAS / 2, sizeof(*ops));

    for (uint32_t i = 0; i < AREAS / 2; i++)
        ops[i] = syscall_op(proc, NR_munmap, AT(2 * i + 1), PAGE_SIZE);
    user_do_all(proc->guest, ops, AREAS / 2, NULL);
    free(ops);
}

static void have_many_areas(struct guest *guest)
{
    struct proc *proc = user_spawn(guest), *child;

    make_areas(proc);
    child = user_fork(proc);
    unmap_odd_areas(child);
    expect_sound(child);
    check_areas(child, 2, "its neighbours were unmapped");
    check_areas(proc, 1, "the child's munmap() is the child's");
    expect_sound(proc);
    user_exit(proc, 0);
    check_areas(child, 2, "the parent is gone");
    user_munmap(child, BASE, AREAS * 2 * PAGE_SIZE);
    expect_not_mapped(child, BASE, AREAS, "all of them at once");
    expect_sound(child);
    user_exit(child, 0);
}

Test(integration, thousands_of_small_areas)
{
    struct guest *guest = boot_short(0);
    struct stock before;

    user_exit(user_spawn(guest), 0);
    before = stock_at_rest(guest);
    have_many_areas(guest);
    expect_traffic(guest, 1, 1);
    expect_all_back(guest, &before);
}

/* --- nothing left ----------------------------------------------------------
 */

#define FEW_SLOTS 600
#define HOGS      4
#define BITE      100u
#define BITES     20u
#define KEPT      60u

/* Stamps a bite more; false if the process was killed for it. */
static bool bite(struct proc *hog, uaddr_t pages, uint32_t i)
{
    struct user_result result = user_try(
        stamp_op(hog, pages + i * BITE * PAGE_SIZE, BITE, STAMP + i * BITE));

    expect(result.status == USER_DONE || result.status == USER_EXITED,
           .did = guest_last(hog->guest), .expected = "done, or killed",
           .seen = text("status %d", (int)result.status));
    expect(result.status == USER_DONE || (result.value & 0x7f) == SIGKILL,
           .did = guest_last(hog->guest), .expected = "ended by SIGKILL",
           .seen = text("0x%x", result.value));
    return result.status == USER_DONE;
}

/* Several eat until there is nothing left, by turns. How many were killed. */
static unsigned feast(struct guest *guest)
{
    struct proc *hogs[HOGS];
    uaddr_t pages[HOGS];
    bool alive[HOGS];
    unsigned nkilled = 0;

    for (unsigned h = 0; h < HOGS; h++) {
        hogs[h] = user_spawn(guest);
        pages[h] = user_pages(hogs[h], BITES * BITE);
        alive[h] = true;
    }
    for (uint32_t i = 0; i < BITES * HOGS; i++) {
        unsigned h = i % HOGS;

        if (!alive[h])
            continue;
        alive[h] = bite(hogs[h], pages[h], i / HOGS);
        nkilled += !alive[h];
    }
    for (unsigned h = 0; h < HOGS; h++) {
        if (!alive[h])
            continue;
        expect_all_stamped(hogs[h], pages[h], BITES * BITE, STAMP,
                           "who lives has all that it wrote");
        expect_sound(hogs[h]);
        user_exit(hogs[h], 0);
    }
    return nkilled;
}

Test(integration, everything_is_used_up_and_comes_back)
{
    struct guest *guest = boot_short(FEW_SLOTS);
    struct proc *other;
    struct stock before;
    uaddr_t kept;
    unsigned n;

    feast(guest);
    before = stock_at_rest(guest);
    other = user_spawn(guest);
    kept = user_pages(other, KEPT);
    user_stamp(other, kept, KEPT, 77);
    n = feast(guest);
    expect(n > 0 && n < HOGS, .did = guest_last(guest),
           .expected = "some had to die, but not all",
           .seen = text("%u of %d died", n, HOGS));
    expect_stamped(other, kept, KEPT, 77, "who asked for little lives on");
    expect_sound(other);
    user_exit(other, 0);
    expect_all_back(guest, &before);
    other = user_spawn(guest);
    kept = user_pages(other, RAM);
    stamp_all(other, kept, RAM, 99);
    expect_all_stamped(other, kept, RAM, 99, "there is room again");
}

/* --- swapoff ---------------------------------------------------------------
 */

#define CHILDREN 3
#define OWN      150u
#define COMMON   300u
#define FILLER   2000u

struct load {
    struct proc *parent, *children[CHILDREN];
    uaddr_t common, own, filler;
};

static struct load put_load(struct guest *guest)
{
    struct load load = {.parent = user_spawn(guest)};

    load.common = user_pages(load.parent, COMMON);
    stamp_all(load.parent, load.common, COMMON, STAMP);
    load.own = user_pages(load.parent, OWN);
    for (unsigned i = 0; i < CHILDREN; i++) {
        load.children[i] = user_fork(load.parent);
        user_stamp(load.children[i], load.own, OWN, STAMP_OF(i, 1));
    }
    load.filler = user_pages(load.parent, FILLER);
    stamp_all(load.parent, load.filler, FILLER, STAMP);
    return load;
}

static void check_load(const struct load *load)
{
    expect_all_stamped(load->parent, load->common, COMMON, STAMP, NULL);
    for (unsigned i = 0; i < CHILDREN; i++) {
        expect_all_stamped(load->children[i], load->common, COMMON, STAMP,
                           NULL);
        expect_stamped(load->children[i], load->own, OWN, STAMP_OF(i, 1), NULL);
        expect_sound(load->children[i]);
    }
    expect_sound(load->parent);
}

static void end_load(const struct load *load)
{
    for (unsigned i = 0; i < CHILDREN; i++)
        end_child(load->parent, load->children[i]);
    user_exit(load->parent, 0);
}

static void expect_area_flags(struct guest *guest, uint32_t flags,
                              const char *hint)
{
    uint32_t seen = swap_area(guest, 0).flags;

    expect(seen == flags, .did = guest_last(guest),
           .expected = text("swap_info[0].flags is 0x%x", flags),
           .seen = text("0x%x", seen), .hint = hint);
}

Test(integration, swapoff_under_load)
{
    struct guest *guest = boot_short(0);
    struct stock before;
    struct load load = put_load(guest);

    end_load(&load);
    before = stock_at_rest(guest);
    load = put_load(guest);
    expect_error(swapoff_op(load.parent, 0), ENOMEM,
                 "what is out does not fit into memory");
    expect_area_flags(guest, SWP_USED | SWP_WRITEOK, "it is used as before");
    check_load(&load);
    expect_all_stamped(load.parent, load.filler, FILLER, STAMP, NULL);
    user_munmap(load.parent, load.filler, FILLER * PAGE_SIZE);
    swap_off(load.children[0], 0);
    expect_area_flags(guest, 0, "it is given up");
    check_load(&load);
    swap_on(load.children[1], 0, -1);
    load.filler = user_pages(load.parent, FILLER);
    stamp_all(load.parent, load.filler, FILLER, STAMP);
    check_load(&load);
    end_load(&load);
    expect_all_back(guest, &before);
}

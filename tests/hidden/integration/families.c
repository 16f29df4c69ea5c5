/*
 * Hidden tests of all components together: processes that fork while memory is
 * short.
 */
#include <criterion/criterion.h>

#include "crowd.h"

SUITE(integration);

#define CHILDREN 6
#define SLICE    200 /* pages that each child makes its own */
#define FAMILY   (CHILDREN * SLICE)
#define FILLER   1200u

struct family {
    struct proc *parent;
    struct proc *children[CHILDREN];
    uaddr_t pages;
};

/* Each child has its slice for itself; the rest is the parent's. */
static void write_slices(const struct family *family, uint32_t round)
{
    for (unsigned i = 0; i < CHILDREN; i++)
        stamp_all(family->children[i], family->pages + i * SLICE * PAGE_SIZE,
                  SLICE, STAMP_OF(i + 1, round));
}

static void check_slices(const struct family *family, uint32_t round)
{
    for (unsigned i = 0; i < CHILDREN; i++) {
        unsigned next = (i + 1) % CHILDREN;

        expect_stamped(family->children[i],
                       family->pages + i * SLICE * PAGE_SIZE, SLICE,
                       STAMP_OF(i + 1, round), "what it wrote itself");
        expect_stamped(family->children[i],
                       family->pages + next * SLICE * PAGE_SIZE, SLICE,
                       STAMP + next * SLICE, "what it has from its parent");
        expect_sound(family->children[i]);
    }
    expect_all_stamped(family->parent, family->pages, FAMILY, STAMP,
                       "the parent sees none of the children's writes");
    expect_sound(family->parent);
}

/* Other pages take the memory, and go again: many of the first ones are out. */
static void push_out(struct proc *proc)
{
    uaddr_t filler = user_pages(proc, FILLER);

    stamp_all(proc, filler, FILLER, 1);
    user_munmap(proc, filler, FILLER * PAGE_SIZE);
}

static void live(struct guest *guest, uint32_t round)
{
    struct family family = {.parent = user_spawn(guest)};

    family.pages = user_pages(family.parent, FAMILY);
    stamp_all(family.parent, family.pages, FAMILY, STAMP);
    push_out(family.parent);
    for (unsigned i = 0; i < CHILDREN; i++)
        family.children[i] = user_fork(family.parent);
    write_slices(&family, round);
    check_slices(&family, round);
    for (unsigned i = 0; i < CHILDREN; i++)
        end_child(family.parent, family.children[CHILDREN - 1 - i]);
    expect_all_stamped(family.parent, family.pages, FAMILY, STAMP,
                       "the children are gone");
    user_exit(family.parent, 0);
}

Test(integration, fork_storm_under_pressure)
{
    struct guest *guest = boot_short(0);
    struct stock before;

    live(guest, 0);
    before = stock_at_rest(guest);
    live(guest, 1);
    expect_traffic(guest, RAM / 4, RAM / 8);
    expect_all_back(guest, &before);
}

#define GENERATIONS 9
#define ESTATE      1200 /* pages that are handed down */

/* Each child rewrites a part, and its parent dies. */
Test(integration, generations_hand_down_their_memory)
{
    struct guest *guest = boot_short(0);
    struct proc *proc;
    const uint32_t part = ESTATE / GENERATIONS;
    uaddr_t pages, filler;
    struct stock before;

    user_exit(user_spawn(guest), 0);
    before = stock_at_rest(guest);
    proc = user_spawn(guest);
    pages = user_pages(proc, ESTATE);
    stamp_all(proc, pages, ESTATE, STAMP);
    for (uint32_t n = 0; n < GENERATIONS; n++) {
        struct proc *child = user_fork(proc);

        filler = user_pages(proc, RAM / 2);
        stamp_all(proc, filler, RAM / 2, n);
        stamp_all(child, pages + n * part * PAGE_SIZE, part, STAMP_OF(n, 1));
        user_exit(proc, 0);
        proc = child;
        expect_sound(proc);
    }
    for (uint32_t n = 0; n < GENERATIONS; n++)
        expect_stamped(proc, pages + n * part * PAGE_SIZE, part, STAMP_OF(n, 1),
                       "written by an ancestor that is dead");
    expect_traffic(guest, ESTATE, part);
    user_exit(proc, 0);
    expect_all_back(guest, &before);
}

#define SHARED  300
#define PRIVATE 900

/* Shared memory stays the same for all, private memory does not, whoever has
 * made it. */
Test(integration, shared_and_private_memory_side_by_side)
{
    struct guest *guest = boot_short(0);
    struct proc *maker = user_spawn(guest), *a, *b;
    struct stock before;
    uaddr_t shared, private;

    user_exit(maker, 0);
    before = stock_at_rest(guest);
    maker = user_spawn(guest);
    shared = user_mmap(maker, SHARED * PAGE_SIZE, RW, MAP_SHARED);
    private = user_pages(maker, PRIVATE);
    user_stamp(maker, shared, SHARED / 2, STAMP);
    stamp_all(maker, private, PRIVATE, STAMP);
    a = user_fork(maker);
    b = user_fork(a);
    user_exit(maker, 0);
    stamp_all(a, private, PRIVATE, STAMP_OF(1, 1));
    stamp_all(b, shared + SHARED / 2 * PAGE_SIZE, SHARED / 2, STAMP_OF(2, 1));
    expect_all_stamped(b, private, PRIVATE, STAMP, "a's are not b's");
    expect_stamped(a, shared, SHARED / 2, STAMP, "the maker's, who is gone");
    expect_stamped(a, shared + SHARED / 2 * PAGE_SIZE, SHARED / 2,
                   STAMP_OF(2, 1), "b's");
    expect_sound(a);
    expect_sound(b);
    expect_traffic(guest, PRIVATE / 4, 1);
    user_exit(a, 0);
    expect_stamped(b, shared, SHARED / 2, STAMP, "b alone has them now");
    user_exit(b, 0);
    expect_all_back(guest, &before);
}

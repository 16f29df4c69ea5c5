/* Hidden tests of lab 6: more than two processes. */
#include <criterion/criterion.h>

#include "programs.h"

#define NPAGES 8
#define FIRST  0x1000000u /* what the first process writes */

static uint32_t stamp_of(unsigned generation)
{
    return FIRST * (generation + 1);
}

static struct proc *ancestor(uaddr_t *pages)
{
    struct proc *proc = user_spawn(guest_boot(&machine_64mb, STAGE_USER));

    *pages = user_pages(proc, NPAGES);
    user_stamp(proc, *pages, NPAGES, FIRST);
    return proc;
}

Test(cow, grandchild_shares_with_both)
{
    uaddr_t pages;
    struct proc *parent = ancestor(&pages);
    struct proc *child = user_fork(parent), *grandchild = user_fork(child);

    expect_users(parent, pages, 3, "an entry in each of three processes");
    expect_same_frame(parent, grandchild, pages, NULL);
    user_stamp(child, pages, 1, stamp_of(1));
    expect_users(parent, pages, 2, "the child has a frame of its own");
    expect_same_frame(parent, grandchild, pages, "they have not written");
    user_stamp(grandchild, pages, 1, stamp_of(2));
    expect_users(parent, pages, 1, "each has a frame of its own");
    expect_value(parent, pages, stamp_of(0), NULL);
    expect_value(child, pages, stamp_of(1), NULL);
    expect_value(grandchild, pages, stamp_of(2), NULL);
}

/* What was written between two forks is shared by those who come after. */
Test(cow, write_between_two_forks)
{
    uaddr_t pages;
    struct proc *parent = ancestor(&pages), *older = user_fork(parent),
                *younger;

    user_stamp(parent, pages, NPAGES, stamp_of(1));
    younger = user_fork(parent);
    expect_same_frame(parent, younger, pages, NULL);
    expect_read_only(parent, pages, "it was writable before the second fork()");
    user_stamp(parent, pages, NPAGES, stamp_of(2));
    expect_stamped(older, pages, NPAGES, stamp_of(0), NULL);
    expect_stamped(younger, pages, NPAGES, stamp_of(1), NULL);
    expect_stamped(parent, pages, NPAGES, stamp_of(2), NULL);
}

#define DEPTH 12

/* Each writes one page more than its parent did, which it found as it was. */
Test(cow, chain_of_forks)
{
    uaddr_t pages;
    struct proc *chain[DEPTH] = {ancestor(&pages)};
    struct stock before = stock_of(chain[0]->guest);

    for (unsigned i = 1; i < DEPTH; i++) {
        chain[i] = user_fork(chain[i - 1]);
        user_stamp(chain[i], pages, i % NPAGES + 1, stamp_of(i));
    }
    for (unsigned i = 1; i < DEPTH; i++)
        expect_stamped(chain[i], pages, i % NPAGES + 1, stamp_of(i),
                       "another process has written to its page");
    for (unsigned i = 1; i < DEPTH - 1; i++)
        user_exit(chain[i], 0);
    expect_stamped(chain[DEPTH - 1], pages, (DEPTH - 1) % NPAGES + 1,
                   stamp_of(DEPTH - 1), "others have exited");
    expect_stamped(chain[0], pages, NPAGES, stamp_of(0), NULL);
    expect_sound(chain[DEPTH - 1]);
    user_exit(chain[DEPTH - 1], 0);
    user_wait(chain[0], chain[1]);
    user_stamp(chain[0], pages, NPAGES, stamp_of(0));
    expect_nothing_lost(chain[0]->guest, &before);
}

#define GENERATIONS 4
#define TREE        (1u << GENERATIONS) /* processes */

/* In each generation every process forks. */
static void grow_tree(struct proc *tree[TREE])
{
    for (unsigned n = 1; n < TREE; n *= 2)
        for (unsigned i = 0; i < n; i++)
            tree[n + i] = user_fork(tree[i]);
}

Test(cow, tree_of_forks)
{
    uaddr_t pages;
    struct proc *tree[TREE] = {ancestor(&pages)};

    grow_tree(tree);
    expect_users(tree[0], pages, TREE, "an entry in each process");
    for (unsigned i = 0; i < TREE; i += 2)
        user_stamp(tree[i], pages, 2, stamp_of(i));
    expect_users(tree[1], pages, TREE / 2, "those who have not written");
    expect_users(tree[1], pages + 3 * PAGE_SIZE, TREE, "nobody has written");
    for (unsigned i = 0; i < TREE; i++)
        expect_stamped(tree[i], pages, 2, i % 2 == 0 ? stamp_of(i) : FIRST,
                       "the page of another process");
    for (unsigned i = 0; i < TREE - 1; i++)
        user_exit(tree[i], 0);
    expect_users(tree[TREE - 1], pages, 1, "all others have exited");
    expect_stamped(tree[TREE - 1], pages, NPAGES, FIRST, NULL);
    expect_sound(tree[TREE - 1]);
}

/* --- nothing may be lost ------------------------------------------------- */

#define MANY_FORKS 1000

Test(cow, thousand_forks_lose_nothing)
{
    uaddr_t pages;
    struct proc *parent = ancestor(&pages);
    struct stock before;

    fork_often(parent, 1, pages, stamp_of(1));
    before = stock_of(parent->guest);
    before.pages--; /* the next fork_often() has a page for its code, too */
    fork_often(parent, MANY_FORKS, pages, stamp_of(1));
    expect_nothing_lost(parent->guest, &before);
    expect_stamped(parent, pages, NPAGES, FIRST, "children write to their own");
    expect_users(parent, pages, 1, "the children have exited");
    expect_sound(parent);
}

Test(cow, exit_gives_back_every_kind_of_page)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *first = user_spawn(guest), *proc, *child;
    struct stock before;
    uaddr_t pages, shared;

    user_exit(first, 0);
    before = stock_of(guest);
    proc = user_spawn(guest);
    for (int i = 0; i < 20; i++) {
        pages = user_pages(proc, 100);
        user_stamp(proc, pages, 50, FIRST);
        user_sum(proc, pages + 50 * PAGE_SIZE, 50 * PAGE_SIZE);
    }
    shared =
        user_mmap(proc, NPAGES * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED);
    user_stamp(proc, shared, NPAGES, FIRST);
    user_brk(proc, user_brk(proc, 0) + NPAGES * PAGE_SIZE);
    user_mprotect(proc, pages, 100 * PAGE_SIZE, PROT_NONE);
    child = user_fork(proc);
    user_stamp(child, shared, NPAGES, stamp_of(1));
    user_exit(proc, 0);
    user_exit(child, 0);
    expect_nothing_lost(guest, &before);
}

/* --- cost ---------------------------------------------------------------- */

#define COST_PAGES 64
#define GIGABYTE   (1u << 30)

/* fork() of a process with so many pages in an area of `nbytes`. */
static uint32_t cost_of_fork(uint32_t nbytes, size_t npages)
{
    struct proc *parent = user_spawn(guest_boot(&machine_64mb, STAGE_USER));
    uaddr_t pages =
        user_mmap(parent, nbytes, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    struct user_result result;

    user_stamp(parent, pages, npages, FIRST);
    result = user_try(fork_op(parent));
    expect(result.status == USER_DONE && (int32_t)result.value > 0,
           .did = guest_last(parent->guest), .expected = "a child process",
           .seen = text("error %d", (int32_t)result.value));
    expect_users(parent, pages, 2, NULL);
    guest_end_all();
    return result.cost;
}

#define SLACK 60000 /* instructions: missing tables, and one more table */

Test(cow, fork_costs_by_pages_not_by_areas)
{
    uint32_t small = cost_of_fork(COST_PAGES * PAGE_SIZE, COST_PAGES);
    uint32_t large = cost_of_fork(GIGABYTE, COST_PAGES);
    uint32_t more = cost_of_fork(GIGABYTE, 20 * COST_PAGES);

    expect(large <= small + SLACK,
           .did = text("fork() of a process with %d pages, in an area of 256 "
                       "kB and in one of 1 GB",
                       COST_PAGES),
           .expected = text("%u instructions, and a few more", small),
           .seen = text("%u", large),
           .hint = "step over the 4 MB of a missing page table at once");
    expect(more <= large + 19 * COST_PAGES * 400,
           .did = text("fork() of a process with %d pages", 20 * COST_PAGES),
           .expected = text("at most 400 instructions more for each page than "
                            "%u",
                            large),
           .seen = text("%u", more), .hint = "no page is copied at fork()");
}

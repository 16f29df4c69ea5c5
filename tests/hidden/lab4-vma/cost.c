/*
 * Hidden tests of lab 4: what looking for areas, and changing them, costs among
 * many areas, in guest instructions. The same is done among few and among many;
 * what walks the list is far beyond the limit.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "lab4.h"

#define FEW    8
#define MANY   2000
#define TIMES  3   /* a tree of 2000 is four times as deep as one of 8 */
#define BONUS  300 /* instructions */
#define STEP   3   /* pages: two of an area, and a hole */
#define PROBES 8

/* A space with n areas of two pages each, a page apart. */
static struct proc *space_with(size_t n, gaddr_t *vmas)
{
    struct proc *space = boot_space();
    const struct span first = {AT(0), AT(2), ANON_FLAGS};

    plant_row(space, &first, n, STEP - 2, vmas);
    return space;
}

static void expect_about(uint32_t many, uint32_t few, const char *what)
{
    uint32_t limit = TIMES * few + BONUS;

    expect(many <= limit, .did = text("%s among %d areas", what, MANY),
           .expected = text("O(log n) steps: %u instructions among %d, so "
                            "at most %u",
                            few, FEW, limit),
           .seen = text("%u instructions", many),
           .hint = "the tree, mm->mm_rb, knows where");
}

/* The area that probe i is about, of n. */
static size_t probed(size_t i, size_t n)
{
    return i * (n - 1) / (PROBES - 1);
}

static int by_size(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* The median of some calls, of areas all over the space: a few of them may have
 * to wait for a new slab. */
static uint32_t median(const struct proc *space, size_t n,
                       struct call (*make)(const struct proc *space, size_t i))
{
    uint32_t costs[PROBES];

    for (size_t i = 0; i < PROBES; i++) {
        set_mmap_cache(space, 0);
        costs[i] = cost_of(space->guest, make(space, probed(i, n)));
    }
    qsort(costs, PROBES, sizeof(costs[0]), by_size);
    return costs[PROBES / 2];
}

static void compare(struct call (*make)(const struct proc *space, size_t i),
                    const char *what)
{
    uint32_t few = median(space_with(FEW, NULL), FEW, make);
    uint32_t many = median(space_with(MANY, NULL), MANY, make);

    expect_about(many, few, what);
}

static struct call find_it(const struct proc *space, size_t i)
{
    return find_vma_call(space, AT(STEP * i + 1));
}

static struct call find_next(const struct proc *space, size_t i)
{
    return find_vma_call(space, AT(STEP * i + 2));
}

static struct call find_it_and_prev(const struct proc *space, size_t i)
{
    return find_vma_prev_call(space, AT(STEP * i));
}

static void cost_of_finding_grows_with_the_depth_of_the_tree(void)
{
    compare(find_it, "find_vma()");
    compare(find_next, "find_vma() of an address in a hole");
    compare(find_it_and_prev, "find_vma_prev()");
}

static void cost_of_finding_what_is_in_the_cache(void)
{
    struct proc *few = space_with(1, NULL), *many;
    gaddr_t vmas[MANY];
    uint32_t at_once = cost_of(few->guest, find_vma_call(few, AT(0)));

    many = space_with(MANY, vmas);
    for (size_t i = 0; i < PROBES; i++) {
        uint32_t cost;
        size_t index = probed(i, MANY);

        set_mmap_cache(many, vmas[index]);
        cost = cost_of(many->guest, find_it(many, index));
        expect(cost <= at_once + 10, .did = guest_last(many->guest),
               .expected = text("at most %u instructions, as in a space with "
                                "one area",
                                at_once + 10),
               .seen = text("%u", cost),
               .hint = "mm->mmap_cache is tried before the tree");
    }
}

Test(vma, cost_of_finding_grows_with_the_depth_of_the_tree)
{
    cost_of_finding_grows_with_the_depth_of_the_tree();
    guest_end_all();
    cost_of_finding_what_is_in_the_cache();
}

/* In the holes between areas. */
static struct call insert_one(const struct proc *space, size_t i)
{
    gaddr_t vma = make_vma(space, AT(STEP * i + 2), AT(STEP * i + 3), RO_FLAGS);

    return insert_vm_struct_call(space, vma);
}

static void cost_of_inserting_grows_with_the_depth_of_the_tree(void)
{
    compare(insert_one, "insert_vm_struct()");
}

static struct call split_one(const struct proc *space, size_t i)
{
    return split_vma_call(space, vma_at(space, AT(STEP * i)).at,
                          AT(STEP * i + 1));
}

static void cost_of_splitting_grows_with_the_depth_of_the_tree(void)
{
    compare(split_one, "split_vma()");
}

/* Closes the hole behind an area: one area less. */
static struct call merge_one(const struct proc *space, size_t i)
{
    return vma_merge_call(space, vma_at(space, AT(STEP * i)).at,
                          AT(STEP * i + 2), AT(STEP * i + 3), ANON_FLAGS);
}

static void cost_of_merging_does_not_grow_with_the_areas(void)
{
    compare(merge_one, "vma_merge()");
}

Test(vma, cost_of_listing_grows_with_the_depth_of_the_tree)
{
    cost_of_inserting_grows_with_the_depth_of_the_tree();
    guest_end_all();
    cost_of_splitting_grows_with_the_depth_of_the_tree();
    guest_end_all();
    cost_of_merging_does_not_grow_with_the_areas();
}

static struct call map_one(const struct proc *space, size_t i)
{
    const struct mmap_args args = {
        .address = AT(STEP * i + 2),
        .nbytes = PAGE_SIZE,
        .prot = PROT_READ,
        .flags = MAP_PRIVATE | MAP_ANONYMOUS,
    };

    (void)space;
    return do_mmap_pgoff_call(&args);
}

static struct call map_fixed(const struct proc *space, size_t i)
{
    const struct mmap_args args = {
        .address = AT(STEP * i),
        .nbytes = PAGE_SIZE,
        .prot = PROT_READ,
        .flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
    };

    (void)space;
    return do_mmap_pgoff_call(&args);
}

Test(vma, cost_of_mapping_at_a_place_grows_with_the_depth_of_the_tree)
{
    compare(map_one, "do_mmap_pgoff() where it was asked for");
    compare(map_fixed, "do_mmap_pgoff() with MAP_FIXED");
}

static struct call unmap_one(const struct proc *space, size_t i)
{
    return do_munmap_call(space, AT(STEP * i), 2 * PAGE_SIZE);
}

static struct call unmap_half(const struct proc *space, size_t i)
{
    return do_munmap_call(space, AT(STEP * i + 1), PAGE_SIZE);
}

static void cost_of_unmapping_grows_with_the_depth_of_the_tree(void)
{
    compare(unmap_one, "do_munmap() of an area");
    compare(unmap_half, "do_munmap() of a half");
}

/* All areas at once: each costs what one costs. */
static void cost_of_unmapping_all_is_that_of_each(void)
{
    struct proc *few = space_with(FEW, NULL), *many;
    uint32_t of_few =
        cost_of(few->guest, do_munmap_call(few, AT(0), FEW * STEP * PAGE_SIZE));
    uint32_t of_many, limit = (of_few * TIMES + BONUS) * (MANY / FEW);

    many = space_with(MANY, NULL);
    of_many = cost_of(many->guest,
                      do_munmap_call(many, AT(0), MANY * STEP * PAGE_SIZE));
    expect(of_many <= limit, .did = guest_last(many->guest),
           .expected = text("at most %u instructions: %u for %d areas", limit,
                            of_few, FEW),
           .seen = text("%u", of_many),
           .hint = "each area leaves list and tree in O(log n)");
    many = space_with(MANY, NULL);
    of_many = cost_of(many->guest, exit_mmap_call(many));
    expect(of_many <= limit, .did = "exit_mmap()",
           .expected = text("at most %u instructions", limit),
           .seen = text("%u", of_many));
}

Test(vma, cost_of_unmapping_grows_with_the_depth_of_the_tree)
{
    cost_of_unmapping_grows_with_the_depth_of_the_tree();
    guest_end_all();
    cost_of_unmapping_all_is_that_of_each();
}

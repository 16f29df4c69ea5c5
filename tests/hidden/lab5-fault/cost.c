/* Hidden tests of lab 5: what a fault costs, in guest instructions. */
#include <criterion/criterion.h>

#include "accesses.h"

#define FEW    10
#define MANY   2000
#define SAMPLE 5 /* faults, of which the cheapest counts */

static void expect_alike(const char *did, uint32_t cost, uint32_t compared,
                         const char *with, const char *hint)
{
    uint32_t limit = 2 * compared + 400;

    expect(cost <= limit, .did = did,
           .expected = text("about as many instructions as %s: %u, at most %u",
                            with, compared, limit),
           .seen = text("%u instructions", cost), .hint = hint);
}

/* The cheapest of some reads or writes of the kernel's, each of a page that is
 * not there yet, `step` pages apart. */
static uint32_t fault_cost(struct proc *space, uaddr_t address, uint32_t step,
                           bool write)
{
    uint32_t least = ~0u;

    for (uint32_t i = 0; i < SAMPLE; i++) {
        uaddr_t at = address + i * step * PAGE_SIZE;
        struct call call = write ? copy_to_user_call(space->guest, at, 4)
                                 : copy_from_user_call(space->guest, at, 4);
        uint32_t cost, left = guest_call(space->guest, &call, &cost);

        expect(left == 0, .did = call.shown, .expected = "it is copied",
               .seen = "it is not");
        least = cost < least ? cost : least;
    }
    return least;
}

/* Areas of one page, every other page; the faults are in the last ones. */
static uint32_t cost_among(uint32_t nareas)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);

    add_vmas(space, START, nareas, 1, 1, NULL);
    return fault_cost(space, START + 2 * (nareas - SAMPLE) * PAGE_SIZE, 2,
                      false);
}

Test(fault, cost_does_not_grow_with_areas)
{
    uint32_t few = cost_among(FEW);

    guest_end_all();
    expect_alike(text("a fault in the last of %u areas", MANY),
                 cost_among(MANY), few, text("with %u areas", FEW),
                 "find_vma(), which takes O(log n) steps");
}

/* A small area with nothing in it, and a large one that is full but for the
 * pages of the faults. */
Test(fault, cost_does_not_grow_with_mapped_pages)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    uaddr_t large = START + TABLE_BYTES, rest = large + MANY * PAGE_SIZE;
    uint32_t one_read, one_write;
    struct call fill = {
        .function = "memset",
        .args = {large, 1, MANY * PAGE_SIZE},
        .shown = "a write to many pages",
    };

    add_vma(space, START, START + 2 * SAMPLE * PAGE_SIZE, ANON_FLAGS);
    one_read = fault_cost(space, START, 1, false);
    one_write = fault_cost(space, START + SAMPLE * PAGE_SIZE, 1, true);
    add_vma(space, large, rest + 2 * SAMPLE * PAGE_SIZE, ANON_FLAGS);
    guest_call(guest, &fill, NULL);
    expect_alike(text("a read, with %u pages mapped", MANY),
                 fault_cost(space, rest, 1, false), one_read, "with none",
                 "nothing needs to be searched or counted");
    expect_alike(text("a write, with %u pages mapped", MANY),
                 fault_cost(space, rest + SAMPLE * PAGE_SIZE, 1, true),
                 one_write, "with none",
                 "nothing needs to be searched or counted");
}

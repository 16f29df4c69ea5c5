/* Hidden tests of lab 4: sys_brk(). */
#include <criterion/criterion.h>

#include "lab4.h"

#define PAGES_AT(n) (HEAP + (uaddr_t)(n)*PAGE_SIZE)

/* A space whose heap is [start_brk, start_brk). */
static struct proc *heap_at(uaddr_t start_brk)
{
    struct proc *space = boot_space();

    set_heap(space, start_brk, start_brk);
    return space;
}

/* brk() must do as it is told; the heap's pages are [HEAP, PAGES_AT(npages)).
 */
static void move(const struct proc *space, uaddr_t end, unsigned npages)
{
    const struct span heap = {HEAP, PAGES_AT(npages), VM_DATA_FLAGS};

    expect_address(space->guest, sys_brk(space->guest, end), end, NULL);
    expect_vmas(space, &heap, npages == 0 ? 0 : 1,
                "the pages up to PAGE_ALIGN(brk), in one area");
    expect_total_vm(space, npages, NULL);
    expect(mm_view(space).brk == end, .did = guest_last(space->guest),
           .expected = text("mm->brk is 0x%08x", end),
           .seen = text("0x%08x", mm_view(space).brk));
    expect_sound(space);
}

/* It can't be done: the old end is the answer, and nothing changes. */
static void refuse(const struct proc *space, uaddr_t end, const char *why)
{
    struct before before = look(space);

    expect_address(space->guest, sys_brk(space->guest, end), before.mm.brk,
                   why);
    expect_as_before(space, &before, "what fails changes nothing");
}

static void heap_grows_and_shrinks_by_pages(void)
{
    struct proc *space = heap_at(HEAP);

    move(space, HEAP + 1, 1);
    move(space, HEAP + PAGE_SIZE - 1, 1);
    move(space, HEAP + PAGE_SIZE, 1);
    move(space, HEAP + PAGE_SIZE + 1, 2);
    move(space, PAGES_AT(10), 10);
    move(space, PAGES_AT(3) + 5, 4);
    move(space, PAGES_AT(3), 3);
    move(space, PAGES_AT(3) - 1, 3);
    move(space, HEAP + 7, 1);
    move(space, HEAP, 0);
    move(space, PAGES_AT(2), 2);
}

/* exec() leaves brk within the last page of bss. */
static void heap_may_begin_within_a_page(void)
{
    struct proc *space = boot_space();

    plant_vma(space, HEAP, PAGES_AT(1), VM_DATA_FLAGS);
    set_heap(space, HEAP + 100, HEAP + 100);
    move(space, HEAP + 200, 1);
    move(space, PAGES_AT(1), 1);
    move(space, PAGES_AT(1) + 1, 2);
    move(space, HEAP + 100, 1);
    refuse(space, HEAP + 99, "below start_brk");
    expect_address(space->guest, sys_brk(space->guest, 0), HEAP + 100,
                   "brk(0) asks where the end is");
}

Test(vma, heap_grows_and_shrinks_by_pages)
{
    heap_grows_and_shrinks_by_pages();
    guest_end_all();
    heap_may_begin_within_a_page();
}

Test(vma, heap_gives_pages_back_when_it_shrinks)
{
    struct proc *space = heap_at(HEAP);
    uint32_t left;

    move(space, PAGES_AT(8), 8);
    for (unsigned i = 0; i < 8; i++)
        map_fresh(space, PAGES_AT(i), PTE_FRESH);
    left = free_pages_in_ram(space->guest);
    move(space, PAGES_AT(2) + 1, 3);
    expect_rss(space, 3, "a page that holds a byte of the heap stays");
    expect_not_mapped(space, PAGES_AT(3), 5, NULL);
    expect(free_pages_in_ram(space->guest) == left + 5,
           .did = guest_last(space->guest), .expected = "5 pages more are free",
           .seen = text("%d", (int)(free_pages_in_ram(space->guest) - left)));
    move(space, PAGES_AT(5), 5);
    expect_rss(space, 3, "new pages come when they are touched");
}

static void heap_does_not_move_below_its_start(void)
{
    struct proc *space = heap_at(HEAP);

    plant_vma(space, HEAP - 2 * PAGE_SIZE, HEAP, RO_FLAGS);
    refuse(space, HEAP - 1, "below start_brk");
    refuse(space, HEAP - 2 * PAGE_SIZE, "below start_brk");
    refuse(space, 0, NULL);
    expect_address(space->guest, sys_brk(space->guest, HEAP + 1), HEAP + 1,
                   NULL);
    refuse(space, HEAP - 1, NULL);
    refuse(space, 1, NULL);
}

static void heap_keeps_to_its_limit(void)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;

    plant_vma(space, HEAP, PAGES_AT(1), VM_DATA_FLAGS);
    set_heap(space, HEAP + 10, HEAP + 10);
    set_agent_rlimit(guest, RLIMIT_DATA, 5000);
    refuse(space, HEAP + 5011, "RLIMIT_DATA: bytes from start_brk on");
    move(space, HEAP + 5010, 2);
    refuse(space, HEAP + 5011, "though it is in a page of the heap");
    refuse(space, PAGES_AT(100), NULL);
    set_agent_rlimit(guest, RLIMIT_DATA, 100);
    refuse(space, HEAP + 200, "smaller than it is, but above the limit");
    move(space, HEAP + 110, 1);
    set_agent_rlimit(guest, RLIMIT_DATA, ~0u);
    move(space, PAGES_AT(3), 3);
}

Test(vma, heap_replaces_no_mapping)
{
    struct proc *space = boot_space();
    struct guest *guest = space->guest;
    const struct span spans[] = {
        {HEAP, PAGES_AT(2), VM_DATA_FLAGS},
        {PAGES_AT(4), PAGES_AT(5), RO_FLAGS},
    };
    const struct span touching[] = {
        {HEAP, PAGES_AT(4), VM_DATA_FLAGS},
        {PAGES_AT(4), PAGES_AT(5), RO_FLAGS},
    };

    plant_vmas(space, spans, 2, NULL);
    set_heap(space, HEAP, PAGES_AT(2));
    refuse(space, PAGES_AT(4) + 1, "another area is in the way");
    refuse(space, PAGES_AT(5), NULL);
    refuse(space, PAGES_AT(9), "the heap can't have a hole");
    expect_address(guest, sys_brk(guest, PAGES_AT(4)), PAGES_AT(4),
                   "it may touch it");
    expect_vmas(space, touching, 2, NULL);
    refuse(space, PAGES_AT(4) + 1, NULL);
    expect_address(guest, sys_brk(guest, PAGES_AT(3) + 1), PAGES_AT(3) + 1,
                   NULL);
    expect_sound(space);
}

static void heap_ends_within_the_users_addresses(void)
{
    struct proc *space = heap_at(HEAP);

    refuse(space, USER_END + 1, "above TASK_SIZE");
    refuse(space, ~0u, "PAGE_ALIGN() of it is 0");
    refuse(space, -PAGE_SIZE, NULL);
    refuse(space, USER_END + PAGE_SIZE, NULL);
    move(space, PAGES_AT(3), 3);
    refuse(space, ~0u, "PAGE_ALIGN() of it is 0: nothing may be unmapped");
    refuse(space, -PAGE_SIZE + 1, NULL);
}

Test(vma, heap_stays_within_its_bounds)
{
    heap_does_not_move_below_its_start();
    guest_end_all();
    heap_ends_within_the_users_addresses();
}

static void heap_is_counted_in_the_address_space(void)
{
    struct proc *space = heap_at(HEAP);

    move(space, PAGES_AT(2), 2);
    set_agent_rlimit(space->guest, RLIMIT_AS, 4 * PAGE_SIZE);
    refuse(space, PAGES_AT(4) + 1, "RLIMIT_AS");
    move(space, PAGES_AT(4), 4);
    refuse(space, PAGES_AT(5), NULL);
    move(space, PAGES_AT(4) - 7, 4);
    move(space, PAGES_AT(1), 1);
}

Test(vma, heap_keeps_to_its_limits)
{
    heap_keeps_to_its_limit();
    guest_end_all();
    heap_is_counted_in_the_address_space();
}

/* Memory that mmap() put right behind the heap, alike, is one area with it. */
static void heap_that_can_not_shrink_stays(void)
{
    struct proc *space = boot_small_space();
    struct guest *guest = space->guest;

    plant_vma(space, HEAP, PAGES_AT(6), VM_DATA_FLAGS);
    set_heap(space, HEAP, PAGES_AT(4));
    map_fresh(space, PAGES_AT(3), PTE_FRESH);
    leave_areas(guest, 0);
    refuse(space, PAGES_AT(2), "do_munmap() has no memory for the cut");
    refuse(space, PAGES_AT(5), "what is mapped there is not the heap's");
}

static void heap_without_memory_for_its_area(void)
{
    struct proc *space = boot_small_space();

    set_heap(space, HEAP, HEAP);
    leave_areas(space->guest, 0);
    refuse(space, PAGES_AT(2), "do_brk() fails");
    space = boot_small_space();
    set_heap(space, HEAP, HEAP);
    move(space, PAGES_AT(1), 1);
    leave_areas(space->guest, 0);
    move(space, PAGES_AT(9), 9);
}

Test(vma, heap_without_memory_stays_as_it_is)
{
    heap_that_can_not_shrink_stays();
    guest_end_all();
    heap_without_memory_for_its_area();
}

/*
 * Hidden tests of all components together: processes that use all that there
 * is, one after the other and at once; in the end it is as in the morning.
 */
#include <criterion/criterion.h>

#include "areas.h"
#include "crowd.h"

/* --- heap and stack --------------------------------------------------------
 */

#define HEAP        1400u /* pages */
#define STACK       300u
#define STACK_BITE  4u
#define OTHER       900u
#define STACK_VALUE 0x57ac0000u

/* Where the stack begins, by the one area that grows downwards. */
static uaddr_t stack_bottom(const struct proc *proc)
{
    struct vmas vmas = vmas_of(proc);

    for (size_t i = 0; i < vmas.n; i++)
        if (vmas.list[i].flags & VM_GROWSDOWN)
            return vmas.list[i].start;
    return 0;
}

static void check_stack(struct proc *proc, uaddr_t bottom)
{
    for (uint32_t i = 0; i < STACK; i += STACK_BITE)
        expect_loads(proc, bottom - i * PAGE_SIZE - sizeof(uint32_t),
                     STACK_VALUE + i, "what was pushed there");
}

static void grow_both_ways(struct guest *guest)
{
    struct proc *proc = user_spawn(guest), *child;
    uaddr_t heap = user_brk(proc, 0), bottom = stack_bottom(proc), other;

    heap = (heap + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
    user_brk(proc, heap + HEAP * PAGE_SIZE);
    stamp_all(proc, heap, HEAP, STAMP);
    for (uint32_t i = 0; i < STACK; i += STACK_BITE)
        user_push(proc, bottom - i * PAGE_SIZE, STACK_VALUE + i);
    child = user_fork(proc);
    other = user_pages(child, OTHER);
    stamp_all(child, other, OTHER, 5);
    user_brk(child, heap + HEAP / 2 * PAGE_SIZE);
    expect_all_stamped(child, heap, HEAP / 2, STAMP, "the lower half stays");
    user_brk(child, heap + HEAP * PAGE_SIZE);
    expect_loads(child, heap + (HEAP - 1) * PAGE_SIZE, 0,
                 "what the heap gave back is new when it comes again");
    check_stack(child, bottom);
    expect_sound(child);
    user_exit(child, 0);
    expect_all_stamped(proc, heap, HEAP, STAMP, "the child's brk()");
    check_stack(proc, bottom);
    expect_sound(proc);
    user_exit(proc, 0);
}

Test(integration, heap_and_stack_grow_while_memory_is_short)
{
    struct guest *guest = boot_short(0);
    struct stock before;

    user_exit(user_spawn(guest), 0);
    before = stock_at_rest(guest);
    grow_both_ways(guest);
    expect_traffic(guest, HEAP / 4, HEAP / 8);
    expect_all_back(guest, &before);
}

/* --- areas come and go -----------------------------------------------------
 */

#define FIRST_SLOTS 700
#define WORKERS     4
#define WORK        600u /* pages of each */

static void expect_kept(struct proc *const *workers, const uaddr_t *pages,
                        uint32_t round)
{
    for (unsigned i = 0; i < WORKERS; i++) {
        expect_all_stamped(workers[i], pages[i], WORK, STAMP_OF(i, round),
                           "whatever area it was in");
        expect_sound(workers[i]);
    }
}

/* A second disk helps out, and the first one is given up meanwhile. */
Test(integration, one_area_takes_over_from_another)
{
    struct guest *guest = guest_boot(&machine_swap_64mb, STAGE_SWAP);
    struct proc *workers[WORKERS];
    uaddr_t pages[WORKERS];

    make_swap(guest, 0, FIRST_SLOTS);
    make_whole_swap(guest, 1);
    swap_on_by_itself(guest, 0);
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] = user_spawn(guest);
        pages[i] = user_pages(workers[i], WORK);
    }
    drain(guest, ZONE_DMA, zone_view(guest, ZONE_DMA).pages_high);
    drain(guest, ZONE_NORMAL, WORKERS * WORK - FIRST_SLOTS / 2);
    for (unsigned i = 0; i < WORKERS; i++)
        stamp_all(workers[i], pages[i], WORK, STAMP_OF(i, 1));
    expect(slots_in_use(guest, 0) > 0, .did = guest_last(guest),
           .expected = "the first area is in use", .seen = "it is not");
    swap_on(workers[0], 1, -1);
    swap_off(workers[1], 0);
    expect_kept(workers, pages, 1);
    for (unsigned i = 0; i < WORKERS; i++)
        stamp_all(workers[i], pages[i], WORK, STAMP_OF(i, 2));
    expect_kept(workers, pages, 2);
    expect(slots_in_use(guest, 1) > 0, .did = guest_last(guest),
           .expected = "the second area is in use", .seen = "it is not");
    for (unsigned i = 0; i < WORKERS; i++)
        user_exit(workers[i], 0);
    expect(slots_in_use(guest, 1) == 0, .did = guest_last(guest),
           .expected = "all slots are free",
           .seen = text("%u are used", slots_in_use(guest, 1)));
}

/* --- everything ------------------------------------------------------------
 */

#define HOURS      4
#define FILE_PAGES 80
#define CROWD      700u /* pages of each of two processes */
#define KERNEL     40u

/* One hour: a kernel area, a file, a family, a program, a process that dies by
 * a signal. */
static void work_an_hour(struct guest *guest, uint32_t hour)
{
    gaddr_t area = vmalloc(guest, KERNEL * PAGE_SIZE);
    struct proc *a = user_spawn(guest), *b;
    uaddr_t pages = user_pages(a, 2 * CROWD), file;
    int fd;

    expect_given(guest, area, NULL);
    fill_pages(guest, area, KERNEL, hour);
    user_make_stamped_file(a, "/work", FILE_PAGES, hour);
    fd = user_open(a, "/work", O_RDWR);
    file = user_mmap_file(a, FILE_PAGES * PAGE_SIZE, RW, MAP_SHARED, fd, 0);
    stamp_all(a, pages, 2 * CROWD, STAMP_OF(1, hour));
    b = user_fork(a);
    stamp_all(b, pages, CROWD, STAMP_OF(2, hour));
    user_stamp(b, file, FILE_PAGES, STAMP_OF(3, hour));
    expect_shell(a, "sort /etc/words | wc");
    expect_stamped(a, file, FILE_PAGES, STAMP_OF(3, hour), "b's");
    expect_all_stamped(a, pages, 2 * CROWD, STAMP_OF(1, hour), "a's own");
    expect_reads(guest, area, KERNEL, hour, "the kernel's");
    user_uncatch(b);
    expect_killed(store_op(b, 0, 1), SIGSEGV, "nothing is mapped at 0");
    user_wait(a, b);
    expect_sound(a);
    user_do(syscall_op(a, NR_unlink, user_string(a, 0, "/work")));
    user_exit(a, 0);
    vfree(guest, area);
}

Test(integration, nothing_is_lost_in_a_day)
{
    struct guest *guest = boot_short(0);
    struct stock before;

    work_an_hour(guest, 0);
    before = stock_at_rest(guest);
    for (uint32_t hour = 1; hour < HOURS; hour++) {
        work_an_hour(guest, hour);
        expect_all_back(guest, &before);
    }
    expect_traffic(guest, RAM / 2, RAM / 8);
}

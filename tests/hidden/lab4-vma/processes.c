/* Hidden tests of lab 4: areas as processes use them. */
#include <criterion/criterion.h>
#include <string.h>

#include "lab4.h"

#define ANONYMOUS  0x20u /* MAP_ANONYMOUS, for system calls by number */
#define HEAP_PAGES 20u
#define ROUNDS     30
#define MANY       400 /* mappings of one process */

static struct proc *boot_process(const struct machine *machine)
{
    return user_spawn(guest_boot(machine, STAGE_USER));
}

static void process_can_not_touch_what_it_unmapped(void)
{
    struct proc *proc = boot_process(&machine_64mb);
    uaddr_t pages = user_pages(proc, 4);

    user_stamp(proc, pages, 4, 10);
    user_munmap(proc, pages + PAGE_SIZE, 2 * PAGE_SIZE);
    expect_segv(load_op(proc, pages + PAGE_SIZE), pages + PAGE_SIZE, PF_USER,
                "the first page of those");
    expect_segv(store_op(proc, pages + 3 * PAGE_SIZE - 4, 1),
                pages + 3 * PAGE_SIZE - 4, PF_USER | PF_WRITE,
                "the last word of those");
    expect_loads(proc, pages, 10, "the page below stays");
    expect_loads(proc, pages + 3 * PAGE_SIZE, 13, "the page above stays");
    user_munmap(proc, pages, 4 * PAGE_SIZE);
    expect_segv(load_op(proc, pages), pages, PF_USER, NULL);
    expect_sound(proc);
}

static void process_finds_zeros_where_it_maps_again(void)
{
    struct proc *proc = boot_process(&machine_64mb);
    uaddr_t pages = user_pages(proc, 3);

    user_fill(proc, pages, 3 * PAGE_SIZE, 0xaa);
    user_munmap(proc, pages + PAGE_SIZE, PAGE_SIZE);
    expect(user_pages(proc, 1) == pages + PAGE_SIZE,
           .did = guest_last(proc->guest), .expected = "the hole again",
           .seen = "another place", .hint = "first fit");
    expect(user_sum(proc, pages + PAGE_SIZE, PAGE_SIZE) == 0,
           .did = guest_last(proc->guest), .expected = "zeros",
           .seen = "what was there before");
    user_mmap_at(proc, pages, 2 * PAGE_SIZE, RW, MAP_PRIVATE | MAP_FIXED);
    expect(user_sum(proc, pages, 2 * PAGE_SIZE) == 0,
           .did = guest_last(proc->guest),
           .expected = "zeros: MAP_FIXED replaces what is there",
           .seen = "what was there before");
    expect(user_sum(proc, pages + 2 * PAGE_SIZE, PAGE_SIZE) == 0xaa * PAGE_SIZE,
           .did = guest_last(proc->guest),
           .expected = "the third page is as it was", .seen = "another sum");
    expect_sound(proc);
}

Test(vma, process_can_not_touch_what_it_unmapped)
{
    process_can_not_touch_what_it_unmapped();
    guest_end_all();
    process_finds_zeros_where_it_maps_again();
}

/* As malloc() does: grow, use, shrink, grow again. */
Test(vma, process_has_a_heap)
{
    struct proc *proc = boot_process(&machine_64mb);
    uaddr_t heap = user_brk(proc, 0), end = heap + HEAP_PAGES * PAGE_SIZE;

    for (unsigned i = 1; i <= HEAP_PAGES; i++)
        user_brk(proc, heap + i * PAGE_SIZE);
    user_stamp(proc, heap, HEAP_PAGES, 5);
    expect_vmas_in(proc, &(struct span){heap, end, 0},
                   &(struct span){heap, end, VM_DATA_FLAGS}, 1,
                   "the heap is one area");
    expect_segv(store_op(proc, end, 1), end, PF_USER | PF_WRITE,
                "the heap ends there");
    user_brk(proc, heap + PAGE_SIZE + 1);
    expect_stamped(proc, heap, 2, 5, "what is left of it stays");
    expect_segv(load_op(proc, heap + 2 * PAGE_SIZE), heap + 2 * PAGE_SIZE,
                PF_USER, "it has shrunk");
    user_brk(proc, end);
    expect(user_sum(proc, heap + 2 * PAGE_SIZE, (HEAP_PAGES - 2) * PAGE_SIZE) ==
               0,
           .did = guest_last(proc->guest), .expected = "new pages are zeros",
           .seen = "what was there before");
    expect(user_brk(proc, heap) == heap && user_brk(proc, 0) == heap,
           .did = guest_last(proc->guest), .expected = "brk(0) asks",
           .seen = "another end");
    expect_sound(proc);
}

/* More than all memory in the end, but never at once. */
static void process_gives_its_memory_back(void)
{
    struct proc *proc = boot_process(&machine_8mb);
    uint32_t npages = free_pages_in_ram(proc->guest) / 4;

    for (uint32_t i = 0; i < ROUNDS; i++) {
        uaddr_t pages = user_pages(proc, npages);

        user_stamp(proc, pages, npages, i);
        expect_stamped(proc, pages, npages, i, NULL);
        user_munmap(proc, pages, npages * PAGE_SIZE);
    }
    expect_sound(proc);
}

static void process_gives_high_memory_back(void)
{
    struct proc *proc = boot_process(&machine_1200mb);
    struct guest *guest = proc->guest;
    uint32_t high;
    uaddr_t pages = user_pages(proc, 300);

    user_stamp(proc, pages, 300, 1);
    high = zone_view(guest, ZONE_HIGHMEM).free_pages;
    user_munmap(proc, pages + 100 * PAGE_SIZE, 100 * PAGE_SIZE);
    expect(zone_view(guest, ZONE_HIGHMEM).free_pages == high + 100,
           .did = guest_last(guest), .expected = "100 high pages more are free",
           .seen = text(
               "%d", (int)(zone_view(guest, ZONE_HIGHMEM).free_pages - high)));
    expect_stamped(proc, pages, 100, 1, "the pages below stay");
    expect_stamped(proc, pages + 200 * PAGE_SIZE, 100, 201, NULL);
    expect_sound(proc);
}

Test(vma, process_gives_its_memory_back)
{
    process_gives_its_memory_back();
    guest_end_all();
    process_gives_high_memory_back();
}

static void process_is_told_what_is_wrong(void)
{
    struct proc *proc = boot_process(&machine_64mb);
    uint32_t anonymous = MAP_PRIVATE | ANONYMOUS;
    uaddr_t page = user_pages(proc, 1);

    expect_error(syscall_op(proc, NR_mmap2, 0, 0, RW, anonymous, -1u, 0),
                 EINVAL, "len is 0");
    expect_error(syscall_op(proc, NR_mmap2, 0, 1, RW, ANONYMOUS, -1u, 0),
                 EINVAL, "neither MAP_SHARED nor MAP_PRIVATE");
    expect_error(syscall_op(proc, NR_mmap2, USER_END, 1, RW,
                            anonymous | MAP_FIXED, -1u, 0),
                 ENOMEM, "kernel addresses");
    expect_error(syscall_op(proc, NR_munmap, page + 1, 1), EINVAL,
                 "not page-aligned");
    expect_error(syscall_op(proc, NR_munmap, USER_END, PAGE_SIZE), EINVAL,
                 "kernel addresses");
    expect_error(syscall_op(proc, NR_munmap, page, 0), EINVAL, "len is 0");
    user_store(proc, page, 7);
    expect_loads(proc, page, 7, "nothing has changed");
    expect_sound(proc);
}

static void process_keeps_to_its_own_limits(void)
{
    struct proc *proc = boot_process(&machine_64mb), *other;
    uint32_t total = mm_view(proc).total_vm * PAGE_SIZE;
    uaddr_t heap = user_brk(proc, 0);

    other = user_spawn(proc->guest);
    set_rlimit(proc, RLIMIT_AS, total + 3 * PAGE_SIZE);
    set_rlimit(proc, RLIMIT_DATA, PAGE_SIZE);
    user_pages(proc, 2);
    expect_error(syscall_op(proc, NR_mmap2, 0, 2 * PAGE_SIZE, RW,
                            MAP_PRIVATE | ANONYMOUS, -1u, 0),
                 ENOMEM, "RLIMIT_AS");
    expect_returns(syscall_op(proc, NR_brk, heap + PAGE_SIZE + 1), heap,
                   "RLIMIT_DATA");
    expect_returns(syscall_op(proc, NR_brk, heap + PAGE_SIZE), heap + PAGE_SIZE,
                   NULL);
    user_pages(other, 100);
    expect_returns(syscall_op(other, NR_brk, heap + 9 * PAGE_SIZE),
                   heap + 9 * PAGE_SIZE, "limits are each process's own");
}

Test(vma, process_is_told_what_is_wrong)
{
    process_is_told_what_is_wrong();
    guest_end_all();
    process_keeps_to_its_own_limits();
}

Test(vma, process_maps_a_file_and_closes_it)
{
    struct proc *proc = boot_process(&machine_64mb);
    struct guest *guest = proc->guest;
    struct stock before;
    uaddr_t pages;
    int fd;

    user_make_stamped_file(proc, "/stamped", 8, 100);
    before = stock_of(guest);
    fd = user_open(proc, "/stamped", O_RDONLY);
    pages = user_mmap_file(proc, 6 * PAGE_SIZE, PROT_READ, MAP_SHARED, fd, 2);
    user_close(proc, fd);
    expect_stamped(proc, pages, 6, 102, "the area holds the file open");
    user_munmap(proc, pages + PAGE_SIZE, 2 * PAGE_SIZE);
    expect_stamped(proc, pages + 3 * PAGE_SIZE, 3, 105,
                   "vm_pgoff of the part above goes on");
    user_munmap(proc, pages, 6 * PAGE_SIZE);
    expect_sound(proc);
    expect(stock_of(guest).ntasks == before.ntasks, .did = guest_last(guest),
           .expected = "the process lives", .seen = "it does not");
    user_do(syscall_op(proc, NR_unlink, user_string(proc, 0, "/stamped")));
    user_exit(proc, 0);
}

Test(vma, process_shares_memory_with_its_child)
{
    struct proc *parent = boot_process(&machine_64mb), *child;
    uaddr_t shared = user_mmap(parent, 2 * PAGE_SIZE, RW, MAP_SHARED);
    uaddr_t own = user_pages(parent, 1);

    user_store(parent, shared, 1);
    user_store(parent, own, 1);
    child = user_fork(parent);
    user_store(child, shared, 2);
    user_store(child, own, 2);
    user_store(child, shared + PAGE_SIZE, 3);
    expect_loads(parent, shared, 2, "MAP_SHARED: the child's write is seen");
    expect_loads(parent, own, 1, "MAP_PRIVATE: it is not");
    user_munmap(child, shared, 2 * PAGE_SIZE);
    expect_loads(parent, shared + PAGE_SIZE, 3, "and stays");
    expect_segv(load_op(child, shared), shared, PF_USER, NULL);
    expect_sound(parent);
    expect_sound(child);
}

/* Mappings of all kinds, more than a few, and a child that has them, too. */
static void live_a_life(struct guest *guest)
{
    struct proc *parent = user_spawn(guest), *child;
    uaddr_t heap = user_brk(parent, 0);

    for (unsigned i = 0; i < 20; i++) {
        uaddr_t at = AT(64 + 5 * i);

        user_mmap_at(parent, at, 4 * PAGE_SIZE, i % 2 == 0 ? RW : PROT_READ,
                     i % 3 == 0 ? MAP_SHARED : MAP_PRIVATE);
        user_load(parent, at + PAGE_SIZE);
        user_munmap(parent, at + 2 * PAGE_SIZE, PAGE_SIZE);
    }
    user_brk(parent, heap + 5000);
    user_store(parent, heap + 4996, 1);
    child = user_fork(parent);
    user_store(child, heap + 4996, 2);
    user_munmap(child, AT(64), 30 * PAGE_SIZE);
    user_exit(child, 0);
    user_wait(parent, child);
    user_exit(parent, 0);
}

Test(vma, process_leaves_nothing_behind)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct stock before;

    live_a_life(guest);
    before = stock_of(guest);
    for (unsigned i = 0; i < 3; i++)
        live_a_life(guest);
    expect_nothing_lost(guest, &before);
}

/* execve() takes the old areas down and makes new ones: text, data, bss by
 * do_brk(), a stack. */
static void run_program(struct guest *guest, const char *path)
{
    struct proc *parent = user_spawn(guest), *child = user_fork(parent);
    uaddr_t name, argv;
    struct user_result result;

    user_pages(child, 5);
    name = user_string(child, 0, path);
    argv = user_bytes(child, 64, (uint32_t[]){name, 0}, 8);
    result = user_try(syscall_op(child, NR_execve, name, argv, 0));
    expect(result.status == USER_EXITED && result.value == 0,
           .did = guest_last(guest), .expected = "the program runs and ends",
           .seen =
               text("status %d, value %u", (int)result.status, result.value));
    user_wait(parent, child);
    user_exit(parent, 0);
}

Test(vma, process_that_runs_a_program_leaves_nothing_behind)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct stock before;

    run_program(guest, "/bin/true");
    before = stock_of(guest);
    for (unsigned i = 0; i < 3; i++)
        run_program(guest, "/bin/true");
    expect_nothing_lost(guest, &before);
}

Test(vma, process_may_have_many_areas)
{
    struct proc *proc = boot_process(&machine_64mb);
    static struct user_op ops[MANY];

    for (unsigned i = 0; i < MANY; i++)
        ops[i] =
            syscall_op(proc, NR_mmap2, AT(2 * i), PAGE_SIZE,
                       i % 2 == 0 ? RW : PROT_READ | PROT_WRITE | PROT_EXEC,
                       MAP_PRIVATE | ANONYMOUS, -1u, 0);
    user_do_all(proc->guest, ops, MANY, NULL);
    for (unsigned i = 0; i < MANY; i++)
        ops[i] = store_op(proc, AT(2 * i), i);
    user_do_all(proc->guest, ops, MANY, NULL);
    expect_sound(proc);
    for (unsigned i = 0; i < MANY; i++)
        ops[i] =
            syscall_op(proc, NR_munmap, AT(2 * ((i * 7) % MANY)), PAGE_SIZE);
    user_do_all(proc->guest, ops, MANY / 2, NULL);
    for (unsigned i = MANY / 2; i < MANY; i += 20)
        expect_loads(proc, AT(2 * ((i * 7) % MANY)), (i * 7) % MANY, NULL);
    expect_sound(proc);
    user_do_all(proc->guest, ops + MANY / 2, MANY / 2, NULL);
    expect_sound(proc);
}

/* Hidden tests of lab 5: what is counted, and that nothing is lost. */
#include <criterion/criterion.h>

#include "accesses.h"

#define PATH     "/tmp/file"
#define NPAGES   3 /* of the file */
#define NR_uname 122
#define ROUNDS   5

struct counter {
    struct proc *proc;
    uint32_t minor, major;
};

/* So many faults of each kind must have been counted since the last time. */
static void expect_faults(struct counter *counter, uint32_t minor,
                          uint32_t major, const char *hint)
{
    uint32_t now_minor = minor_faults(counter->proc);
    uint32_t now_major = major_faults(counter->proc);

    expect(now_minor - counter->minor == minor &&
               now_major - counter->major == major,
           .did = guest_last(counter->proc->guest),
           .expected =
               text("%u more in min_flt, %u more in maj_flt", minor, major),
           .seen = text("%u, %u", now_minor - counter->minor,
                        now_major - counter->major),
           .hint = hint);
    counter->minor = now_minor;
    counter->major = now_major;
}

static struct counter counter_of(struct proc *proc)
{
    return (struct counter){proc, minor_faults(proc), major_faults(proc)};
}

static uaddr_t map_file(struct proc *proc, uint32_t flags)
{
    int fd = user_open(proc, PATH, O_RDWR);
    uaddr_t at = user_mmap_file(proc, (NPAGES + 1) * PAGE_SIZE,
                                PROT_READ | PROT_WRITE, flags, fd, 0);

    user_close(proc, fd);
    return at;
}

Test(fault, mended_faults_are_counted)
{
    struct proc *proc = user_spawn(guest_boot(&machine_64mb, STAGE_USER));
    uaddr_t pages = user_pages(proc, 20), at;
    struct counter counter;

    user_make_stamped_file(proc, PATH, NPAGES, 1);
    at = map_file(proc, MAP_PRIVATE);
    counter = counter_of(proc);
    user_unstamped(proc, pages, 10, 0);
    expect_faults(&counter, 10, 0, "min_flt, in current");
    user_stamp(proc, pages, 10, 1);
    expect_faults(&counter, 10, 0, "do_wp_page() mends, too");
    user_stamp(proc, pages + 10 * PAGE_SIZE, 10, 1);
    expect_faults(&counter, 10, 0, NULL);
    user_stamp(proc, pages, 20, 1);
    expect_faults(&counter, 0, 0, "nothing is missing any more");
    user_push(proc, stack_of(proc).start, 1);
    expect_faults(&counter, 1, 0, "a stack that grows");
    expect_stamped(proc, at, NPAGES, 1, NULL);
    expect_faults(&counter, 0, NPAGES, "VM_FAULT_MAJOR: maj_flt");
    user_store(proc, at, 1);
    expect_faults(&counter, 1, 0, "its page is there, and copied");
    user_do(syscall_op(proc, NR_uname, user_pages(proc, 1)));
    expect_faults(&counter, 1, 0, "the kernel's accesses count as well");
}

Test(fault, other_faults_are_not_counted)
{
    struct proc *proc = user_spawn(guest_boot(&machine_64mb, STAGE_USER));
    uaddr_t page = user_mmap(proc, PAGE_SIZE, PROT_READ, MAP_PRIVATE), at;
    struct counter counter;

    user_make_stamped_file(proc, PATH, NPAGES, 1);
    at = map_file(proc, MAP_SHARED) + NPAGES * PAGE_SIZE;
    user_catch(proc);
    counter = counter_of(proc);
    expect_segv(store_op(proc, page, 1), page, PF_USER | PF_WRITE, NULL);
    expect_segv(load_op(proc, 0), 0, PF_USER, NULL);
    expect_sigbus(load_op(proc, at), at, NULL);
    expect_error(syscall_op(proc, NR_uname, page), EFAULT, NULL);
    expect_faults(&counter, 0, 0, "nothing was mended");
}

/* Everything that can happen to a process, and its end. */
static void live_and_die(struct guest *guest, uint32_t round)
{
    struct proc *proc = user_spawn(guest);
    uaddr_t pages = user_pages(proc, 100), at = map_file(proc, MAP_PRIVATE);
    uaddr_t shared = map_file(proc, MAP_SHARED);

    user_unstamped(proc, pages, 100, 0);
    user_stamp(proc, pages, 60, round);
    expect_stamped(proc, at, NPAGES, 1, NULL);
    user_stamp(proc, at + PAGE_SIZE, NPAGES - 1, 50);
    user_stamp(proc, shared, NPAGES, 1);
    expect_sigbus(load_op(proc, shared + NPAGES * PAGE_SIZE),
                  shared + NPAGES * PAGE_SIZE, NULL);
    expect_segv(load_op(proc, 0), 0, PF_USER, NULL);
    expect_segv(store_op(proc, KERNEL_BASE, 1), KERNEL_BASE,
                PF_USER | PF_WRITE | PF_PROT, NULL);
    expect_error(syscall_op(proc, NR_uname, 0), EFAULT, NULL);
    user_do(syscall_op(proc, NR_uname, pages + 99 * PAGE_SIZE));
    user_push(proc, stack_of(proc).start - 5 * PAGE_SIZE, round);
    expect_sound(proc);
    if (round % 2 == 0) {
        user_exit(proc, 0);
        return;
    }
    user_uncatch(proc);
    expect_killed(load_op(proc, 0), SIGSEGV, NULL);
}

Test(fault, nothing_is_lost)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *keeper = user_spawn(guest);
    struct stock before;

    user_make_stamped_file(keeper, PATH, NPAGES, 1);
    live_and_die(guest, 1);
    before = stock_of(guest);
    for (uint32_t round = 2; round < 2 + ROUNDS; round++)
        live_and_die(guest, round);
    expect_nothing_lost(guest, &before);
}

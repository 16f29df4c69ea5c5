/* Hidden tests of lab 5: faults when memory is short. */
#include <criterion/criterion.h>

#include "accesses.h"
#include "blocks.h"

#define LARGE    3000 /* pages: more than the machine has */
#define NR_uname 122
#define FAR      (START + 64 * TABLE_BYTES) /* no page table is there */

/* It is nobody's fault, so there is no handler for it. */
Test(fault, process_without_memory_is_killed)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_USER);
    struct proc *other = user_spawn(guest), *greedy;
    uaddr_t page = user_pages(other, 2);
    struct stock before;

    user_store(other, page, WORD);
    before = stock_of(guest);
    greedy = user_spawn(guest);
    user_catch(greedy);
    expect_killed(stamp_op(greedy, user_pages(greedy, LARGE), LARGE, 1),
                  SIGKILL, "VM_FAULT_OOM in user mode: out_of_memory_kill()");
    expect_nothing_lost(guest, &before);
    expect_loads(other, page, WORD, "others live on");
    user_store(other, page + PAGE_SIZE, WORD);
    expect_sound(other);
}

static void check_page_table(void)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_USER);
    struct proc *other = user_spawn(guest), *proc = user_spawn(guest);
    struct blocks pages;

    user_mmap_at(proc, FAR, PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_FIXED);
    pages = exhaust(guest, ZONE_DMA);
    expect_killed(load_op(proc, FAR), SIGKILL,
                  "reading needs no frame, but a page table");
    give_back(guest, &pages);
    user_store(other, user_pages(other, 1), WORD);
    expect_sound(other);
}

/* The process is told, and lives. */
Test(fault, call_without_memory_is_an_error)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    uaddr_t page = user_pages(proc, 2);
    struct blocks pages;
    uint32_t rss;

    user_mmap_at(proc, FAR, PAGE_SIZE, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_FIXED);
    user_store(proc, page, WORD);
    user_mprotect(proc, page, PAGE_SIZE, PROT_READ);
    user_mprotect(proc, page, PAGE_SIZE, PROT_READ | PROT_WRITE);
    rss = mm_view(proc).rss;
    pages = exhaust(guest, ZONE_DMA);
    expect_error(syscall_op(proc, NR_uname, page + PAGE_SIZE), EFAULT,
                 "VM_FAULT_OOM in the kernel: as if bad");
    expect_error(syscall_op(proc, NR_uname, FAR), EFAULT,
                 "no page table, in the kernel: as if bad");
    expect_returns(syscall_op(proc, NR_uname, page), 0,
                   "nothing is needed for this one");
    expect_rss(proc, rss, NULL);
    give_back(guest, &pages);
    expect_returns(syscall_op(proc, NR_uname, page + PAGE_SIZE), 0,
                   "there is memory again");
    expect_returns(syscall_op(proc, NR_uname, FAR), 0, NULL);
    expect_sound(proc);
}

/* Neither the file's page nor a copy of one can be had. */
static void check_file(void)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_USER);
    struct proc *one = user_spawn(guest), *two;
    uaddr_t at;
    struct blocks pages;
    int fd;

    user_make_stamped_file(one, "/tmp/file", 1, WORD);
    fd = user_open(one, "/tmp/file", O_RDWR);
    expect_returns(syscall_op(one, NR_ftruncate, (uint32_t)fd, 3 * PAGE_SIZE),
                   0, NULL);
    at = user_mmap_file(one, 3 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE,
                        fd, 0);
    user_load(one, at + 2 * PAGE_SIZE);
    two = user_fork(one);
    user_load(two, at + 2 * PAGE_SIZE);
    pages = exhaust(guest, ZONE_DMA);
    expect_loads(one, at, WORD, "the page is in memory");
    expect_killed(load_op(one, at + PAGE_SIZE), SIGKILL, "NOPAGE_OOM");
    drain(guest, ZONE_DMA, 0);
    expect_killed(store_op(two, at, 1), SIGKILL, "no frame for a copy");
    give_back(guest, &pages);
}

Test(fault, whatever_lacks_memory_kills)
{
    check_page_table();
    guest_end_all();
    check_file();
}

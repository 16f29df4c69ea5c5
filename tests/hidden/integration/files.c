/*
 * Hidden tests of all components together: files and programs while memory is
 * short.
 */
#include <criterion/criterion.h>
#include <unistd.h>

#include "crowd.h"

#define FILE_PAGES 150
#define ROUNDS     2
#define OWN        1900 /* pages of each visitor */

/* A process that comes with a full memory of its own, maps the file both ways,
 * and goes. */
static void visit(struct proc *owner, uaddr_t shared, uint32_t round)
{
    struct proc *guest_proc = user_fork(owner);
    int fd = user_open(guest_proc, "/file", O_RDWR);
    uaddr_t private = user_mmap_file(guest_proc, FILE_PAGES * PAGE_SIZE, RW,
                                     MAP_PRIVATE, fd, 0);
    uaddr_t own = user_pages(guest_proc, OWN);

    stamp_all(guest_proc, own, OWN, round);
    expect_stamped(guest_proc, private, FILE_PAGES, STAMP_OF(0, round),
                   "what the owner wrote through its shared mapping");
    user_stamp(guest_proc, private, FILE_PAGES / 2, STAMP_OF(1, round));
    user_stamp(guest_proc, shared, FILE_PAGES, STAMP_OF(0, round + 1));
    expect_stamped(guest_proc, private, FILE_PAGES / 2, STAMP_OF(1, round),
                   "private writes stay private");
    expect_all_stamped(guest_proc, own, OWN, round, "its memory comes back");
    expect_sound(guest_proc);
    end_child(owner, guest_proc);
}

static void share_a_file(struct guest *guest)
{
    struct proc *owner = user_spawn(guest);
    uaddr_t shared;
    int fd;

    user_make_stamped_file(owner, "/file", FILE_PAGES, STAMP_OF(0, 0));
    fd = user_open(owner, "/file", O_RDWR);
    shared =
        user_mmap_file(owner, FILE_PAGES * PAGE_SIZE, RW, MAP_SHARED, fd, 0);
    user_close(owner, fd);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        visit(owner, shared, round);
        expect_stamped(owner, shared, FILE_PAGES, STAMP_OF(0, round + 1),
                       "what the visitor wrote to the shared mapping");
        expect_sound(owner);
    }
    expect_file(owner, "/file", PAGE_SIZE,
                (uint32_t[]){STAMP_OF(0, ROUNDS) + 1}, sizeof(uint32_t),
                "read() sees the same pages");
    user_do(syscall_op(owner, NR_unlink, user_string(owner, 0, "/file")));
    expect_stamped(owner, shared, FILE_PAGES, STAMP_OF(0, ROUNDS),
                   "a mapping keeps the file");
    user_exit(owner, 0);
}

Test(integration, visitors_share_a_file)
{
    struct guest *guest = boot_short(0);
    struct stock before;

    share_a_file(guest);
    before = stock_at_rest(guest);
    share_a_file(guest);
    expect_traffic(guest, RAM / 2, RAM / 8);
    expect_all_back(guest, &before);
}

/* --- read() ----------------------------------------------------------------
 */

#define READ_PAGES 120u
#define READERS    8u
#define ROOM       30u /* above pages_high, when both have all their pages */

/*
 * The kernel writes to pages that parent and child share, before the child is
 * back in user mode: kswapd has no turn meanwhile, so whoever makes a copy has
 * to look for memory himself. What goes out then may be what is being copied.
 */
static void read_into_shared_pages(struct proc *parent, uaddr_t pages, int fd,
                                   uint32_t first)
{
    const uint32_t n = READ_PAGES - first;
    uaddr_t to = pages + first * PAGE_SIZE;
    struct proc *child = user_fork(parent);

    expect_stamped(parent, pages, READ_PAGES, STAMP, NULL);
    expect_stamped(child, pages, READ_PAGES, STAMP, "the parent's");
    user_do(syscall_op(child, NR_lseek, (uint32_t)fd, 0, SEEK_SET));
    expect_returns(syscall_op(child, NR_read, (uint32_t)fd, to, n * PAGE_SIZE),
                   n * PAGE_SIZE, NULL);
    expect_stamped(child, to, n, STAMP_OF(1, 0), "what it read");
    expect_stamped(parent, pages, READ_PAGES, STAMP, "the parent's own");
    expect_sound(child);
    expect_sound(parent);
    end_child(parent, child);
}

static void read_often(struct guest *guest)
{
    struct proc *parent = user_spawn(guest);
    uaddr_t pages = user_pages(parent, READ_PAGES);
    int fd;

    user_make_stamped_file(parent, "/read", READ_PAGES, STAMP_OF(1, 0));
    fd = user_open(parent, "/read", O_RDONLY);
    user_stamp(parent, pages, READ_PAGES, STAMP);
    for (uint32_t i = 0; i < READERS; i++)
        read_into_shared_pages(parent, pages, fd,
                               i * READ_PAGES / (2 * READERS));
    user_do(syscall_op(parent, NR_unlink, user_string(parent, 0, "/read")));
    user_exit(parent, 0);
}

Test(integration, file_is_read_into_shared_memory)
{
    struct guest *guest = boot_short(0);
    uint32_t room = zone_view(guest, ZONE_DMA).pages_high + ROOM;
    struct stock before;

    user_exit(user_spawn(guest), 0);
    drain(guest, ZONE_DMA, 2 * READ_PAGES + room);
    read_often(guest);
    before = stock_at_rest(guest);
    read_often(guest);
    expect_traffic(guest, READ_PAGES, READ_PAGES);
    expect_all_back(guest, &before);
}

/* --- programs --------------------------------------------------------------
 */

static const char *const lines[] = {
    "true",
    "echo one two three | wc",
    "sort /etc/words | uniq | head | wc",
    "cat /etc/words /etc/motd | grep a | sort | wc",
    "ls / | wc; memhog 2 | wc; echo $HOME | cat | cat | wc",
    "free | cat | wc; ps | wc; maps | wc",
};

#define NLINES (sizeof(lines) / sizeof(lines[0]))

/* Programs take the place of a copy of a process that fills the memory. */
static void run_programs(struct guest *guest, uint32_t round)
{
    struct proc *hog = user_spawn(guest);
    uaddr_t pages = user_pages(hog, MORE);

    stamp_all(hog, pages, MORE, STAMP_OF(0, round));
    for (size_t i = 0; i < NLINES; i++) {
        expect_shell(hog, lines[i]);
        stamp_all(hog, pages + (uaddr_t)i * SCRATCH_BYTES, 100,
                  STAMP_OF(0, round) + (uint32_t)i * SCRATCH_BYTES / PAGE_SIZE);
    }
    expect_all_stamped(hog, pages, MORE, STAMP_OF(0, round),
                       "programs change nothing of the process's");
    expect_sound(hog);
    user_exit(hog, 0);
}

Test(integration, programs_run_while_memory_is_short)
{
    struct guest *guest = boot_short(0);
    struct stock before;

    run_programs(guest, 0);
    before = stock_at_rest(guest);
    run_programs(guest, 1);
    expect_all_back(guest, &before);
}

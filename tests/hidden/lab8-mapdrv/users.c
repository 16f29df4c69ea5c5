/* Hidden tests of lab 8: who counts as a user of the module. */
#include <criterion/criterion.h>

#include "mapdrv.h"

#define PAGE(n) ((uaddr_t)(n)*PAGE_SIZE)

Test(mapdrv, every_open_file_is_a_user)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest), *other = user_spawn(guest);
    int fds[3];

    for (int i = 0; i < 3; i++) {
        fds[i] = user_open(proc, MAPFILE, i == 0 ? O_RDONLY : O_RDWR);
        expect_driver_uses(guest, i + 1, "each open() makes a file");
    }
    user_open(other, MAPFILE, O_RDWR);
    expect_driver_uses(guest, 4, "another process's, too");
    for (int i = 0; i < 3; i++) {
        expect_busy(proc, "files are open");
        user_close(proc, fds[i]);
        expect_driver_uses(guest, 3 - i, "one is closed");
    }
    user_exit(other, 0);
    expect_driver_uses(guest, 0, "exit() closes files");
    unload_driver(proc);
}

/* dup() and fork() make no file: the last close() releases it. */
Test(mapdrv, file_that_is_shared_is_one_user)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest), *child;
    int fd = user_open(proc, MAPFILE, O_RDWR);
    int copy = user_syscall(proc, NR_dup, (uint32_t)fd);

    expect_driver_uses(guest, 1, "dup() opens nothing");
    child = user_fork(proc);
    expect_driver_uses(guest, 1, "fork() opens nothing");
    user_close(proc, fd);
    user_close(proc, copy);
    expect_driver_uses(guest, 1, "the child has the file");
    expect_busy(proc, "the child has the file");
    user_exit(child, 0);
    expect_driver_uses(guest, 0, "release() when the last one closes it");
    unload_driver(proc);
}

Test(mapdrv, every_area_is_a_user)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest);
    int fd = user_open(proc, MAPFILE, O_RDWR);
    uaddr_t a = map_shared(proc, fd, 3, 0), b = map_shared(proc, fd, 3, 0);

    expect_driver_uses(guest, 3, "a file and two areas");
    user_load(proc, a);
    user_load(proc, b);
    expect_driver_uses(guest, 3, "pages are no users");
    user_munmap(proc, a, PAGE(3));
    expect_driver_uses(guest, 2, "an area less");
    user_mmap_at(proc, b, PAGE(3), PROT_READ,
                 MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS);
    expect_driver_uses(guest, 1, "MAP_FIXED takes the place of the area");
    user_close(proc, fd);
    expect_driver_uses(guest, 0, NULL);
    unload_driver(proc);
}

/* An area holds a use of its file, which so stays open. */
Test(mapdrv, area_keeps_the_module_after_close)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest);
    int fd = user_open(proc, MAPFILE, O_RDWR);
    uaddr_t pages = map_shared(proc, fd, 2, 4);

    user_close(proc, fd);
    expect_driver_uses(guest, 2, "the area, and the file that it holds");
    expect_busy(proc, "its pages are mapped");
    expect_user_text(proc, pages, 4);
    expect_user_text(proc, pages + PAGE_SIZE, 5);
    user_munmap(proc, pages, PAGE(2));
    expect_driver_uses(guest, 0, "vclose() and release()");
    unload_driver(proc);
}

/* An area that is cut is two. */
Test(mapdrv, pieces_of_an_area_are_users)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest);
    int fd = user_open(proc, MAPFILE, O_RDWR);
    uaddr_t pages = map_shared(proc, fd, 10, 0);

    user_munmap(proc, pages + PAGE(4), PAGE(2));
    expect_driver_uses(guest, 3, "two pieces are left: vopen(), vclose()");
    user_munmap(proc, pages, PAGE(1));
    expect_driver_uses(guest, 3, "the first piece begins later now");
    user_munmap(proc, pages + PAGE(9), PAGE(1));
    expect_driver_uses(guest, 3, "the second piece ends earlier now");
    user_mprotect(proc, pages + PAGE(7), PAGE(1), PROT_READ);
    expect_driver_uses(guest, 5, "mprotect() cuts as well");
    for (unsigned i = 1; i < 9; i++)
        if (i != 4 && i != 5)
            expect_user_text(proc, pages + PAGE(i), i);
    expect_sound(proc);
    user_munmap(proc, pages, PAGE(10));
    expect_driver_uses(guest, 1, "the file");
    user_close(proc, fd);
    unload_driver(proc);
}

Test(mapdrv, areas_of_a_child_are_users)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest), *child, *grandchild;
    int fd = user_open(proc, MAPFILE, O_RDWR);
    uaddr_t pages = map_shared(proc, fd, 2, 0);

    map_shared(proc, fd, 2, 8);
    child = user_fork(proc);
    expect_driver_uses(guest, 5, "a file, and two areas each: vopen()");
    grandchild = user_fork(child);
    expect_driver_uses(guest, 7, "and two more");
    user_munmap(child, pages, PAGE(2));
    expect_driver_uses(guest, 6, "one less");
    user_exit(grandchild, 0);
    expect_driver_uses(guest, 4, "exit() closes areas: vclose()");
    user_exit(child, 0);
    expect_driver_uses(guest, 3, "exit() closes areas: vclose()");
    expect_busy(proc, "the parent's are there");
    user_munmap(proc, pages, PAGE(32));
    user_close(proc, fd);
    expect_driver_uses(guest, 0, NULL);
    unload_driver(proc);
}

/* The process goes with all that it has open and mapped. */
Test(mapdrv, exit_of_a_process_leaves_no_users)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest), *mapper;
    struct buffer buffer = driver_buffer(guest);
    struct stock before = stock_of(guest);
    uaddr_t pages;
    int fd;

    mapper = user_spawn(guest);
    fd = user_open(mapper, MAPFILE, O_RDWR);
    pages = map_shared(mapper, fd, MAPDRV_PAGES, 0);
    map_shared(mapper, fd, 1, 0);
    user_stamp(mapper, pages, MAPDRV_PAGES, 1);
    expect_buffer_users(guest, &buffer, 2, NULL);
    user_exit(mapper, 0);
    expect_driver_uses(guest, 0, "a file and two areas are gone");
    expect_buffer_users(guest, &buffer, 1, "the module still has the buffer");
    expect_nothing_lost(guest, &before);
    unload_driver(proc);
}

Test(mapdrv, refused_mapping_is_no_user)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest);
    uint32_t fd = (uint32_t)user_open(proc, MAPFILE, O_RDWR);
    struct stock before;

    expect_driver_uses(guest, 1, NULL);
    before = stock_of(guest);
    expect_error(
        syscall_op(proc, NR_mmap2, 0, PAGE_SIZE, PROT_READ, MAP_PRIVATE, fd, 0),
        EINVAL, "private");
    expect_error(syscall_op(proc, NR_mmap2, 0, PAGE_SIZE, PROT_READ, MAP_SHARED,
                            fd, MAPDRV_PAGES),
                 ENXIO, "beyond the buffer");
    expect_error(syscall_op(proc, NR_mmap2, 0, 0, PROT_READ, MAP_SHARED, fd, 0),
                 EINVAL, "no page");
    expect_driver_uses(guest, 1, "only the file");
    expect_nothing_lost(guest, &before);
    user_close(proc, (int)fd);
    expect_driver_uses(guest, 0, NULL);
    unload_driver(proc);
}

/*
 * Hidden tests of all components together: the module, whose buffer processes
 * map while memory is short.
 */
#include <criterion/criterion.h>

#include "crowd.h"
#include "mapdrv.h"

#define PAGE(n) ((uaddr_t)(n)*PAGE_SIZE)
#define WRITTEN                                                                \
    5u /* pages of the buffer that get stamps; others keep texts               \
        */
#define OWN  1000u
#define PART (OWN / 2) /* of them the child rewrites */
#define LATE 4u        /* pages that are mapped when memory is short */

static void expect_buffer_in(struct proc *proc, uaddr_t pages,
                             const struct buffer *buffer, uint32_t round)
{
    expect_stamped(proc, pages, WRITTEN, STAMP_OF(3, round),
                   "what was written last, by whomever");
    for (unsigned i = WRITTEN; i < MAPDRV_PAGES; i++)
        expect_user_text(proc, pages + PAGE(i), i);
    expect_frames(proc, pages, MAPDRV_PAGES, buffer, 0);
    expect_sound(proc);
}

/* A third process takes the memory, then wants pages of the buffer. */
static void come_late(struct guest *guest, const struct buffer *buffer,
                      uint32_t round)
{
    struct proc *proc = user_spawn(guest);
    uaddr_t own = user_pages(proc, MORE), pages;

    stamp_all(proc, own, MORE, STAMP_OF(4, round));
    pages = map_shared(proc, user_open(proc, MAPFILE, O_RDWR), LATE, 0);
    user_stamp(proc, pages, LATE, STAMP_OF(3, round));
    expect_frames(proc, pages, LATE, buffer, 0);
    expect_driver_uses(guest, 5, "two files, three areas");
    expect_all_stamped(proc, own, MORE, STAMP_OF(4, round), NULL);
    expect_sound(proc);
    user_exit(proc, 0);
}

static void work_with_the_driver(struct guest *guest, uint32_t round)
{
    struct proc *owner = spawn_with_driver(guest), *child;
    int fd = user_open(owner, MAPFILE, O_RDWR);
    uaddr_t pages = map_shared(owner, fd, MAPDRV_PAGES, 0);
    uaddr_t own = user_pages(owner, OWN);
    struct buffer buffer = driver_buffer(guest);

    stamp_all(owner, own, OWN, STAMP_OF(1, round));
    user_stamp(owner, pages, WRITTEN, STAMP_OF(2, round));
    child = user_fork(owner);
    stamp_all(child, own, PART, STAMP_OF(2, round));
    user_store(child, pages + PAGE(WRITTEN - 1),
               STAMP_OF(3, round) + WRITTEN - 1);
    come_late(guest, &buffer, round);
    expect_buffer_in(child, pages, &buffer, round);
    expect_busy(owner, "a file and two areas use it");
    user_munmap(owner, pages, PAGE(MAPDRV_PAGES));
    user_close(owner, fd);
    expect_all_stamped(owner, own, OWN, STAMP_OF(1, round), "the owner's");
    expect_all_stamped(child, own, PART, STAMP_OF(2, round), "the child's");
    user_exit(owner, 0);
    expect_buffer_in(child, pages, &buffer, round);
    expect_buffer_users(guest, &buffer, 2, "vmalloc(), and the child");
    user_exit(child, 0);
}

static void give_up_the_driver(struct guest *guest)
{
    struct proc *proc = user_spawn(guest);

    unload_driver(proc);
    user_do(syscall_op(proc, NR_unlink, user_string(proc, 0, MAPFILE)));
    user_exit(proc, 0);
}

Test(integration, driver_is_mapped_while_memory_is_short)
{
    struct guest *guest = boot_short(0);
    struct stock before;

    work_with_the_driver(guest, 0);
    give_up_the_driver(guest);
    before = stock_at_rest(guest);
    work_with_the_driver(guest, 1);
    give_up_the_driver(guest);
    expect(count_buffers(guest) == 0, .did = guest_last(guest),
           .expected = "the buffer is freed", .seen = "it is not");
    expect_traffic(guest, RAM, RAM / 4);
    expect_all_back(guest, &before);
}

/* Hidden tests of lab 8: one frame, seen by the kernel and by processes. */
#include <criterion/criterion.h>
#include <string.h>

#include "mapdrv.h"

#define PAGE(n)  ((uaddr_t)(n)*PAGE_SIZE)
#define START    TASK_UNMAPPED_BASE
#define FAR_PAGE 0x00100000u
#define IN_PAGE  0x123u
#define VALUE    0x600df00du

/* --- map_nopage() alone --------------------------------------------------- */

static void expect_nopage(struct guest *guest, gaddr_t vma, uaddr_t address,
                          pfn_t expected)
{
    pfn_t pfn = map_nopage(guest, vma, address);

    expect(pfn == expected, .did = guest_last(guest),
           .expected = expected == NO_PAGE ? "NOPAGE_SIGBUS"
                                           : text("frame 0x%lx", expected),
           .seen = pfn == NO_PAGE ? "NOPAGE_SIGBUS" : text("frame 0x%lx", pfn),
           .hint = "vm_pgoff + (address - vm_start) / PAGE_SIZE is the page");
}

/* Wherever the area is, wherever in the page the address. */
Test(mapdrv, nopage_counts_from_the_area)
{
    struct guest *guest = boot_placed(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    static const uaddr_t starts[] = {PAGE_SIZE, START, USER_END - PAGE(20)};
    struct buffer buffer;

    init_driver(guest);
    buffer = driver_buffer(guest);
    for (unsigned i = 0; i < 3; i++) {
        gaddr_t whole = make_mapping(space, starts[i], 10, SHARED_FLAGS, 0);
        gaddr_t end = make_mapping(space, starts[i], 4, SHARED_FLAGS, 6);

        for (unsigned page = 0; page < MAPDRV_PAGES; page++)
            expect_nopage(guest, whole, starts[i] + PAGE(page) + IN_PAGE * page,
                          buffer.frames[page]);
        for (unsigned page = 0; page < 4; page++)
            expect_nopage(guest, end, starts[i] + PAGE(page) + PAGE_SIZE - 1,
                          buffer.frames[6 + page]);
    }
    for (unsigned page = 0; page < MAPDRV_PAGES; page++) {
        int count = page_count(guest, buffer.frames[page]);

        expect(count == (page < 6 ? 4 : 7), .did = guest_last(guest),
               .expected = text("page %u: a use for each call", page),
               .seen = text("count %d", count), .hint = "get_page()");
    }
    expect_placed_uses(guest, 0, "pages are no users of the module");
}

Test(mapdrv, nopage_beyond_the_buffer_is_sigbus)
{
    static const uint32_t far[] = {MAPDRV_PAGES, MAPDRV_PAGES + 1, 11 + 1023,
                                   FAR_PAGE,     FAR_PAGE + 1,     0x7ffffff0u,
                                   0x80000000u,  0xfffffff0u};
    struct guest *guest = boot_placed(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    gaddr_t vma = make_mapping(space, START, 4, SHARED_FLAGS, 8), behind;
    struct buffer buffer;

    init_driver(guest);
    buffer = driver_buffer(guest);
    behind = vmalloc_from(guest, PAGE_SIZE, GFP_KERNEL);
    expect_nopage(guest, vma, START + PAGE(1), buffer.frames[9]);
    expect_nopage(guest, vma, START + PAGE(2), NO_PAGE);
    expect_nopage(guest, vma, START + PAGE(3) + IN_PAGE, NO_PAGE);
    for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++)
        expect_nopage(guest,
                      make_mapping(space, START, 1, SHARED_FLAGS, far[i]),
                      START, NO_PAGE);
    expect(page_count(guest, buffer.frames[9]) == 2 &&
               page_count(guest, kernel_frame(guest, behind)) == 1,
           .did = guest_last(guest), .expected = "no use counted",
           .seen = "one was");
}

/* --- the same frames ------------------------------------------------------ */

Test(mapdrv, user_pages_are_the_kernels_frames)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest);
    int fd = user_open(proc, MAPFILE, O_RDWR);
    uaddr_t part = map_shared(proc, fd, 3, 7), all;
    struct buffer buffer = driver_buffer(guest);

    user_stamp(proc, part, 3, VALUE);
    expect_frames(proc, part, 3, &buffer, 7);
    all = map_shared(proc, fd, MAPDRV_PAGES, 0);
    user_sum(proc, all, MAPDRV_BYTES);
    expect_frames(proc, all, MAPDRV_PAGES, &buffer, 0);
    for (unsigned i = 0; i < MAPDRV_PAGES; i++)
        expect_users(proc, all + PAGE(i), i < 7 ? 2 : 3,
                     "vmalloc(), and each entry");
    expect_stamped(proc, all + PAGE(7), 3, VALUE, "the same frames");
    expect_sound(proc);
}

Test(mapdrv, kernel_sees_what_a_process_wrote)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest);
    int fd = user_open(proc, MAPFILE, O_RDWR);
    uaddr_t pages = map_shared(proc, fd, MAPDRV_PAGES, 0);
    struct buffer buffer = driver_buffer(guest);

    user_load(proc, pages + PAGE(1)); /* read first, written later */
    for (uint32_t i = 0; i < MAPDRV_PAGES; i++)
        user_store(proc, pages + PAGE(i) + 4 * i, VALUE + i);
    for (uint32_t i = 0; i < MAPDRV_PAGES; i++) {
        gaddr_t at = buffer.at + PAGE(i) + 4 * i;
        uint32_t seen;

        guest_read(guest, at, &seen, sizeof(seen));
        expect(seen == VALUE + i, .did = text("the kernel reads 0x%08x", at),
               .expected = text("0x%x, which the process wrote", VALUE + i),
               .seen = text("0x%x", seen), .hint = "no copy is made");
        expect_dirty(proc, pages + PAGE(i), NULL);
    }
}

Test(mapdrv, process_sees_what_the_kernel_writes)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest);
    int fd = user_open(proc, MAPFILE, O_RDWR);
    uaddr_t pages = map_shared(proc, fd, MAPDRV_PAGES, 0);
    struct buffer buffer = driver_buffer(guest);

    user_load(proc, pages + PAGE(4));
    for (uint32_t i = 0; i < MAPDRV_PAGES; i++) {
        uint32_t value = VALUE + i;

        guest_write(guest, buffer.at + PAGE(i) + PAGE_SIZE - sizeof(value),
                    &value, sizeof(value));
        expect_loads(proc, pages + PAGE(i + 1) - 4, value,
                     "what the kernel wrote to its buffer");
    }
}

Test(mapdrv, mappers_see_each_others_writes)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *procs[3] = {spawn_with_driver(guest), user_spawn(guest),
                             user_spawn(guest)};
    static const uint32_t firsts[] = {0, 2, 4};
    struct buffer buffer = driver_buffer(guest);
    uaddr_t pages[3];

    for (int i = 0; i < 3; i++)
        pages[i] = map_shared(procs[i], user_open(procs[i], MAPFILE, O_RDWR), 6,
                              firsts[i]);
    for (uint32_t i = 0; i < 9; i++) {
        uint32_t from = i % 3, to = (i + 1 + i / 3 % 2) % 3;
        uint32_t at = PAGE(4) + 4 * i; /* of the buffer: all three have it */

        user_store(procs[from], pages[from] + at - PAGE(firsts[from]),
                   VALUE + i);
        expect_loads(procs[to], pages[to] + at - PAGE(firsts[to]), VALUE + i,
                     "the same frame");
    }
    expect(page_count(guest, buffer.frames[4]) == 4, .did = guest_last(guest),
           .expected = "page 4 has four users: vmalloc() and three entries",
           .seen = text("%d", page_count(guest, buffer.frames[4])));
    expect_driver_uses(guest, 6, "three files, three areas");
}

/* --- what becomes of mappings --------------------------------------------- */

/* What was written stays in the buffer, whoever has gone. */
Test(mapdrv, contents_outlive_their_writer)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest), *writer = user_spawn(guest);
    uaddr_t pages =
        map_shared(writer, user_open(writer, MAPFILE, O_RDWR), MAPDRV_PAGES, 0);

    user_stamp(writer, pages, 5, VALUE);
    user_exit(writer, 0);
    pages = map_shared(proc, user_open(proc, MAPFILE, O_RDWR), MAPDRV_PAGES, 0);
    expect_stamped(proc, pages, 5, VALUE, "it is one buffer for all");
    for (unsigned i = 5; i < MAPDRV_PAGES; i++)
        expect_user_text(proc, pages + PAGE(i), i);
}

Test(mapdrv, munmap_of_a_part_gives_its_frames_back)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest);
    int fd = user_open(proc, MAPFILE, O_RDWR);
    uaddr_t pages = map_shared(proc, fd, MAPDRV_PAGES, 0);
    struct buffer buffer = driver_buffer(guest);

    user_catch(proc);
    user_stamp(proc, pages, MAPDRV_PAGES, VALUE);
    user_munmap(proc, pages + PAGE(3), PAGE(4));
    for (unsigned i = 0; i < MAPDRV_PAGES; i++) {
        int count = page_count(guest, buffer.frames[i]);
        bool gone = i >= 3 && i < 7;

        expect(count == (gone ? 1 : 2), .did = guest_last(guest),
               .expected = text("page %u: count %d", i, gone ? 1 : 2),
               .seen = text("%d", count));
    }
    expect_segv(load_op(proc, pages + PAGE(3)), pages + PAGE(3), PF_USER,
                "unmapped");
    user_munmap(proc, pages + PAGE(8), PAGE(1)); /* by the second piece */
    expect_stamped(proc, pages + PAGE(7), 1, VALUE + 7, NULL);
    expect_stamped(proc, pages + PAGE(9), 1, VALUE + 9, NULL);
    expect_frames(proc, pages + PAGE(9), 1, &buffer, 9);
    expect_stamped(proc, map_shared(proc, fd, 4, 3), 4, VALUE + 3,
                   "the buffer still has what was written");
    expect_sound(proc);
}

/* The pages of the upper piece are touched only after the cut. */
Test(mapdrv, nopage_of_a_piece_knows_its_offset)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest);
    int fd = user_open(proc, MAPFILE, O_RDWR);
    uaddr_t pages = map_shared(proc, fd, 8, 2);
    struct buffer buffer = driver_buffer(guest);

    user_munmap(proc, pages + PAGE(2), PAGE(1));
    user_munmap(proc, pages + PAGE(5), PAGE(1));
    for (unsigned i = 0; i < 8; i++)
        if (i != 2 && i != 5)
            expect_user_text(proc, pages + PAGE(i), 2 + i);
    expect_frames(proc, pages + PAGE(6), 2, &buffer, 8);
}

Test(mapdrv, child_shares_the_frames)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest), *child;
    int fd = user_open(proc, MAPFILE, O_RDWR);
    uaddr_t pages = map_shared(proc, fd, MAPDRV_PAGES, 0);
    struct buffer buffer = driver_buffer(guest);

    user_stamp(proc, pages, 5, VALUE); /* the rest is touched after fork() */
    child = user_fork(proc);
    expect_stamped(child, pages, 5, VALUE, NULL);
    user_stamp(child, pages + PAGE(2), 8, VALUE + 100);
    expect_stamped(proc, pages + PAGE(2), 8, VALUE + 100,
                   "a shared area is not copied when it is written to");
    user_store(proc, pages, VALUE + 200);
    expect_loads(child, pages, VALUE + 200, NULL);
    expect_frames(proc, pages + PAGE(2), 8, &buffer, 2);
    expect_frames(child, pages, MAPDRV_PAGES, &buffer, 0);
    expect_users(child, pages, 3, "vmalloc(), parent, child");
    user_exit(proc, 0);
    expect_loads(child, pages, VALUE + 200, "the child still has it");
    expect_buffer_users(guest, &buffer, 2, "vmalloc() and the child");
    user_exit(child, 0);
    expect_buffer_users(guest, &buffer, 1, NULL);
    expect_driver_uses(guest, 0, NULL);
}

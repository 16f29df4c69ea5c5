/* Hidden tests of lab 8: which mappings there may be. */
#include <criterion/criterion.h>

#include "mapdrv.h"

#define PAGE(n)  ((uaddr_t)(n)*PAGE_SIZE)
#define START    TASK_UNMAPPED_BASE
#define FAR_PAGE 0x00100000u /* the page whose first byte is at 2^32 */

static struct user_op mmap_op(struct proc *proc, int fd, uint32_t nbytes,
                              uint32_t flags, uint32_t pgoff)
{
    return op_shown_as(syscall_op(proc, NR_mmap2, 0, nbytes, PROT_READ, flags,
                                  (uint32_t)fd, pgoff),
                       text("mmap of %u bytes, from page %u on, %s", nbytes,
                            pgoff,
                            flags & MAP_SHARED ? "MAP_SHARED" : "MAP_PRIVATE"));
}

/* Every beginning, every length that fits. */
Test(mapdrv, maps_any_part_of_the_buffer)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest);
    int fd = user_open(proc, MAPFILE, O_RDWR);

    for (uint32_t first = 0; first < MAPDRV_PAGES; first++)
        for (uint32_t n = 1; n <= MAPDRV_PAGES - first; n++) {
            uaddr_t pages =
                user_do(mmap_op(proc, fd, PAGE(n), MAP_SHARED, first));

            expect_user_text(proc, pages + PAGE(n - 1), first + n - 1);
            expect_user_text(proc, pages, first);
            user_munmap(proc, pages, PAGE(n));
        }
    expect_driver_uses(guest, 1, "all areas are gone");
}

Test(mapdrv, refuses_what_is_beyond_the_buffer)
{
    static const struct {
        uint32_t nbytes, pgoff;
    } beyond[] = {
        {MAPDRV_BYTES + 1, 0},   {PAGE(MAPDRV_PAGES + 1), 0},
        {PAGE(MAPDRV_PAGES), 1}, {PAGE(2), MAPDRV_PAGES - 1},
        {1, MAPDRV_PAGES},       {PAGE(1), MAPDRV_PAGES + 1},
        {PAGE(1024), 0},         {0x10000000, 0},
    };
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest);
    int fd = user_open(proc, MAPFILE, O_RDWR);

    user_do(mmap_op(proc, fd, MAPDRV_BYTES, MAP_SHARED, 0));
    user_do(mmap_op(proc, fd, 1, MAP_SHARED, MAPDRV_PAGES - 1));
    for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++)
        expect_error(
            mmap_op(proc, fd, beyond[i].nbytes, MAP_SHARED, beyond[i].pgoff),
            ENXIO, "the buffer has 10 pages: 0 to 9");
    expect_driver_uses(guest, 3, "a file and two areas");
}

/* Numbers of pages whose bytes don't fit in 32 bits. */
Test(mapdrv, refuses_offsets_that_overflow)
{
    static const uint32_t far[] = {FAR_PAGE,    FAR_PAGE + 1, 2 * FAR_PAGE,
                                   0xfff00000u, 0x7fffffffu,  0x80000000u,
                                   0xfffffff0u, 0xfffffffeu};
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest);
    int fd = user_open(proc, MAPFILE, O_RDWR);

    user_do(mmap_op(proc, fd, PAGE(1), MAP_SHARED, 0));
    for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++)
        expect_error(mmap_op(proc, fd, PAGE(1), MAP_SHARED, far[i]), ENXIO,
                     "vm_pgoff * PAGE_SIZE overflows: count in pages");
    expect_driver_uses(guest, 2, "a file and an area");
}

static void expect_mmap(struct guest *guest, gaddr_t vma, int expected,
                        const char *hint)
{
    int result = mapdrv_mmap(guest, vma);

    expect(result == expected, .did = guest_last(guest),
           .expected = text("%d", expected), .seen = text("%d", result),
           .hint = hint);
}

/* Begin and length together: the end must not wrap around. */
Test(mapdrv, refuses_ends_that_overflow)
{
    struct guest *guest = boot_placed(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);

    init_driver(guest);
    expect_mmap(guest, make_mapping(space, START, 2, SHARED_FLAGS, 0), 0, NULL);
    for (uint32_t n = 2; n <= MAPDRV_PAGES; n++)
        for (uint32_t before = 1; before < n; before++)
            expect_mmap(
                guest, make_mapping(space, START, n, SHARED_FLAGS, -before),
                -ENXIO, "vm_pgoff + pages wraps around: subtract instead");
    expect_placed_uses(guest, 1, "only the first one was mapped");
}

/* And that is looked at first. */
Test(mapdrv, refuses_private_mappings)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest);
    int fd = user_open(proc, MAPFILE, O_RDWR);
    static const char hint[] = "-EINVAL unless VM_SHARED, before all else";

    user_do(mmap_op(proc, fd, PAGE(1), MAP_SHARED, 0));
    expect_error(mmap_op(proc, fd, PAGE(1), MAP_PRIVATE, 0), EINVAL, hint);
    expect_error(mmap_op(proc, fd, MAPDRV_BYTES, MAP_PRIVATE, 0), EINVAL, hint);
    expect_error(mmap_op(proc, fd, PAGE(1), MAP_PRIVATE, MAPDRV_PAGES), EINVAL,
                 hint);
    expect_error(mmap_op(proc, fd, PAGE(11), MAP_PRIVATE, 0), EINVAL, hint);
    expect_driver_uses(guest, 2, "a file and an area");
}

/* A file that is open for reading only is mapped shared, too. */
Test(mapdrv, maps_a_file_that_is_read_only)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest);
    int fd = user_open(proc, MAPFILE, O_RDONLY);
    uaddr_t pages =
        user_mmap_file(proc, MAPDRV_BYTES, PROT_READ, MAP_SHARED, fd, 0);
    struct buffer buffer = driver_buffer(guest);

    user_catch(proc);
    for (unsigned i = 0; i < MAPDRV_PAGES; i++) {
        expect_user_text(proc, pages + PAGE(i), i);
        expect_segv(store_op(proc, pages + PAGE(i), i), pages + PAGE(i),
                    PF_USER | PF_WRITE | PF_PROT, "PROT_READ");
        expect_read_only(proc, pages + PAGE(i), NULL);
    }
    expect_texts(guest, &buffer);
    expect_error(syscall_op(proc, NR_mmap2, 0, PAGE(1), PROT_WRITE, MAP_SHARED,
                            (uint32_t)fd, 0),
                 EACCES, "the file is not open for writing");
    expect_error(syscall_op(proc, NR_mprotect, pages, PAGE(1), PROT_WRITE),
                 EACCES, "VM_MAYWRITE is not set, and stays so");
}

/* The area gets vm_ops and nothing else; the operations are the three. */
Test(mapdrv, mmap_changes_only_the_operations)
{
    static const char *const names[] = {"mapdrv_vopen", "mapdrv_vclose",
                                        "map_nopage"};
    struct guest *guest = boot_placed(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    gaddr_t vma = make_mapping(space, START, 3, SHARED_FLAGS, 5);
    struct vma_view before = vma_view(guest, vma), now;
    gaddr_t functions[3];
    int users = file_users(guest, before.file);

    init_driver(guest);
    expect_mmap(guest, vma, 0, NULL);
    now = vma_view(guest, vma);
    expect(now.start == before.start && now.end == before.end &&
               now.flags == before.flags && now.pgoff == before.pgoff &&
               now.page_prot == before.page_prot && now.file == before.file,
           .did = guest_last(guest), .expected = "the area stays as it was",
           .seen = text("%s", vma_text(&now)));
    guest_read(guest, now.ops, functions, sizeof(functions));
    for (unsigned i = 0; i < 3; i++)
        expect(functions[i] == guest_symbol(guest, names[i]),
               .did = guest_last(guest),
               .expected = text("vm_ops has %s()", names[i]),
               .seen = text("0x%08x", functions[i]));
    expect(file_users(guest, now.file) == users, .did = guest_last(guest),
           .expected = text("%d users of the file, as before", users),
           .seen = text("%d", file_users(guest, now.file)),
           .hint = "do_mmap_pgoff() has counted the area's use");
    expect_placed_uses(guest, 1, NULL);
}

/* Pages come when they are touched, one by one. */
Test(mapdrv, mmap_maps_no_page)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest);
    int fd = user_open(proc, MAPFILE, O_RDWR);
    uaddr_t pages = map_shared(proc, fd, MAPDRV_PAGES, 0);
    struct buffer buffer = driver_buffer(guest);
    uint32_t rss = mm_view(proc).rss;

    expect_not_mapped(proc, pages, MAPDRV_PAGES, "map_nopage() does that");
    expect_buffer_users(guest, &buffer, 1, "nobody maps a frame yet");
    for (unsigned i = 1; i <= 3; i++) {
        uaddr_t at = pages + PAGE(3 * i);

        expect_user_text(proc, at, 3 * i);
        expect(mapped_in(proc, pages, MAPDRV_PAGES) == i,
               .did = guest_last(guest),
               .expected = text("%u pages are mapped", i),
               .seen = text("%zu", mapped_in(proc, pages, MAPDRV_PAGES)));
        expect_users(proc, at, 2, "vmalloc() and the entry");
        expect_rss(proc, rss + i, "frames of the buffer count as any other");
    }
}

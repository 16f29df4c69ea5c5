/*
 * Public tests of lab 8, from the first function that works to the last. They
 * show the way; the hidden ones are about every sentence of
 * include/map_driver.h.
 *
 * A test runs on the host. Those that begin with boot_placed() lay your module
 * out in a fresh machine's kernel and call its functions one by one; those that
 * begin with spawn_with_driver() have a process load it, as insmod does, and
 * use its device. Page tables, counts and contents are read from outside.
 * `make gdb T=mapdrv::finds_the_frame` stops the machine before the test.
 */
#include <criterion/criterion.h>

#include "mapdrv.h"

SUITE(mapdrv);

#define OFFSET 0xabcu
#define USES   "MOD_INC_USE_COUNT and MOD_DEC_USE_COUNT"

/* Needs vaddr_to_kaddr(). */
Test(mapdrv, finds_the_frame)
{
    struct guest *guest = boot_placed(&machine_64mb, STAGE_VMALLOC);
    gaddr_t area = vmalloc_from(guest, 3 * PAGE_SIZE, GFP_KERNEL);

    for (gaddr_t at = area; at < area + 3 * PAGE_SIZE; at += PAGE_SIZE) {
        expect_kaddr(guest, at, kernel_frame(guest, at),
                     "the frame is what the page-table entry says");
        expect_kaddr(guest, at + OFFSET, kernel_frame(guest, at),
                     "the offset within the page stays the same");
    }
}

/* The same. */
Test(mapdrv, finds_nothing_where_nothing_is_mapped)
{
    struct guest *guest = boot_placed(&machine_64mb, STAGE_VMALLOC);
    gaddr_t area = vmalloc_from(guest, PAGE_SIZE, GFP_KERNEL);

    expect_kaddr(guest, area, kernel_frame(guest, area), NULL);
    expect_no_kaddr(guest, area + PAGE_SIZE, "the guard page: pte_present()");
    expect_no_kaddr(guest, area + 2 * TABLE_BYTES,
                    "there is no page table: pgd_none()");
    expect_no_kaddr(guest, KERNEL_BASE + OFFSET,
                    "not between VMALLOC_START and VMALLOC_END");
}

/* Needs mapdrv_init(). */
Test(mapdrv, init_makes_a_buffer_with_texts)
{
    struct guest *guest = boot_placed(&machine_64mb, STAGE_VMALLOC);
    struct buffer buffer;

    init_driver(guest);
    buffer = driver_buffer(guest);
    expect_texts(guest, &buffer);
    expect_buffer_users(guest, &buffer, 1, "vmalloc()'s");
}

/* The same. */
Test(mapdrv, init_registers_the_device)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest);

    expect(file_says(proc, "/proc/devices", "254 " MAPDRV_NAME "\n"),
           .did = "insmod", .expected = "\"254 mapdrv\" in /proc/devices",
           .seen = "it is not there",
           .hint = "register_chrdev(0, MAPDRV_NAME, …) gives the first number "
                   "that is free");
}

/* Needs mapdrv_exit(), too. */
Test(mapdrv, exit_gives_everything_back)
{
    struct guest *guest = boot_placed(&machine_64mb, STAGE_VMALLOC);

    init_driver(guest);
    expect_major_free(guest, MAPDRV_MAJOR, false, "register_chrdev()");
    mapdrv_exit(guest);
    expect(count_buffers(guest) == 0, .did = guest_last(guest),
           .expected = "the buffer is freed", .seen = "it is there",
           .hint = "vfree()");
    expect_major_free(guest, MAPDRV_MAJOR, true, "unregister_chrdev()");
    init_driver(guest);
}

/* Needs map_nopage(), mapdrv_init(), vaddr_to_kaddr(). */
Test(mapdrv, nopage_gives_the_frame_of_the_page)
{
    struct guest *guest = boot_placed(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    uaddr_t start = TASK_UNMAPPED_BASE;
    gaddr_t vma = make_mapping(space, start, 2, SHARED_FLAGS, 3);
    struct buffer buffer;

    init_driver(guest);
    buffer = driver_buffer(guest);
    for (unsigned i = 0; i < 2; i++) {
        pfn_t pfn = map_nopage(guest, vma, start + i * PAGE_SIZE);

        expect(pfn == buffer.frames[3 + i], .did = guest_last(guest),
               .expected = text("page %u of the buffer, frame 0x%lx", 3 + i,
                                buffer.frames[3 + i]),
               .seen = text("frame 0x%lx", pfn),
               .hint = "the area begins with page vm_pgoff of the buffer");
        expect(page_count(guest, pfn) == 2, .did = guest_last(guest),
               .expected = "count 2: vmalloc() and the new entry",
               .seen = text("%d", page_count(guest, pfn)),
               .hint = "get_page()");
    }
}

/* Needs mapdrv_vopen(), mapdrv_vclose(). */
Test(mapdrv, counts_areas)
{
    struct guest *guest = boot_placed(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    gaddr_t vma = make_mapping(space, TASK_UNMAPPED_BASE, 1, SHARED_FLAGS, 0);

    for (int i = 1; i <= 3; i++) {
        mapdrv_vopen(guest, vma);
        expect_placed_uses(guest, i, USES);
    }
    for (int i = 2; i >= 0; i--) {
        mapdrv_vclose(guest, vma);
        expect_placed_uses(guest, i, USES);
    }
}

static void expect_mmap(struct guest *guest, gaddr_t vma, int expected,
                        const char *hint)
{
    int result = mapdrv_mmap(guest, vma);

    expect(result == expected, .did = guest_last(guest),
           .expected = text("%d", expected), .seen = text("%d", result),
           .hint = hint);
}

/* Needs mapdrv_mmap(), mapdrv_init(), mapdrv_vopen(). */
Test(mapdrv, maps_pages_of_the_buffer)
{
    struct guest *guest = boot_placed(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    uaddr_t start = TASK_UNMAPPED_BASE;
    gaddr_t vma = make_mapping(space, start, 4, SHARED_FLAGS, 6);

    init_driver(guest);
    expect_mmap(guest, vma, 0, "pages 6 to 9 are in the buffer");
    expect_placed_uses(guest, 1, "an area that maps it is a user");
    expect(vma_view(guest, vma).ops != 0, .did = guest_last(guest),
           .expected = "vm_ops with open(), close() and nopage()",
           .seen = "NULL", .hint = "vma->vm_ops = &…");
    vma = make_mapping(space, start, 4, ANON_FLAGS, 6);
    expect_mmap(guest, vma, -EINVAL, "it is not VM_SHARED");
    vma = make_mapping(space, start, 5, SHARED_FLAGS, 6);
    expect_mmap(guest, vma, -ENXIO, "there is no page 10");
    expect_placed_uses(guest, 1, "only an area that was mapped counts");
}

/* Needs mapdrv_open(), mapdrv_release(), and the module's init and exit. */
Test(mapdrv, cannot_be_unloaded_while_it_is_open)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest);
    int fd;

    expect_driver_uses(guest, 0, "nobody has opened it");
    fd = user_open(proc, MAPFILE, O_RDWR);
    expect_driver_uses(guest, 1, "an open file");
    expect_busy(proc, "the file is open");
    user_close(proc, fd);
    expect_driver_uses(guest, 0, "it was closed");
    unload_driver(proc);
}

/* Needs everything. */
Test(mapdrv, process_reads_the_texts)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest);
    int fd = user_open(proc, MAPFILE, O_RDWR);
    uaddr_t pages = map_shared(proc, fd, MAPDRV_PAGES, 0);
    struct buffer buffer = driver_buffer(guest);

    for (unsigned i = 0; i < MAPDRV_PAGES; i++)
        expect_user_text(proc, pages + i * PAGE_SIZE, i);
    expect_frames(proc, pages, MAPDRV_PAGES, &buffer, 0);
    expect_buffer_users(guest, &buffer, 2, "vmalloc() and the process");
    user_munmap(proc, pages, MAPDRV_BYTES);
    expect_buffer_users(guest, &buffer, 1, "the process's entries are gone");
    user_close(proc, fd);
    expect_sound(proc);
    unload_driver(proc);
}

/* Hidden tests of lab 8: what init() makes, exit() gives back. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "mapdrv.h"

#define DIRTY_BYTES (3u << 20) /* of the machine with 8 MB */
#define DIRT        0xa5u
#define FREE_MAJOR  100u
#define MOST_PAGES  32u /* that init() may want, with its tables */
#define ROUNDS      100
#define DIRECT_MAP  ((896u << 20) / PAGE_SIZE) /* frames */

static void expect_result(struct guest *guest, int result, int expected,
                          const char *hint)
{
    expect(result == expected, .did = guest_last(guest),
           .expected = text("%d", expected), .seen = text("%d", result),
           .hint = hint);
}

/* The memory that the buffer gets was full of something before. */
Test(mapdrv, init_clears_the_buffer)
{
    struct guest *guest = boot_placed(&machine_8mb, STAGE_VMALLOC);
    gaddr_t used = vmalloc_from(guest, DIRTY_BYTES, GFP_KERNEL);
    const struct call soil = {.function = "memset",
                              .args = {used, DIRT, DIRTY_BYTES}};
    struct blocks rest;
    struct buffer buffer;

    expect_given(guest, used, NULL);
    guest_call(guest, &soil, NULL);
    rest = rmqueue_all(guest, ZONE_DMA, 0); /* the others are taken */
    free(rest.pfns);
    vfree(guest, used);
    init_driver(guest);
    buffer = driver_buffer(guest);
    expect_texts(guest, &buffer);
    expect_buffer_users(guest, &buffer, 1, NULL);
}

/* vmalloc() would take frames from high memory, which have no address in the
 * direct map. */
Test(mapdrv, init_takes_frames_of_the_direct_map)
{
    struct guest *guest = guest_boot(&machine_1200mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest);
    struct buffer buffer = driver_buffer(guest);
    uaddr_t pages =
        map_shared(proc, user_open(proc, MAPFILE, O_RDWR), MAPDRV_PAGES, 0);

    for (unsigned i = 0; i < MAPDRV_PAGES; i++) {
        expect(buffer.frames[i] < (pfn_t)DIRECT_MAP, .did = "insmod",
               .expected = text("page %u of the buffer in the direct map", i),
               .seen = text("frame 0x%lx", buffer.frames[i]),
               .hint = "__vmalloc(…, GFP_KERNEL)");
        expect_user_text(proc, pages + i * PAGE_SIZE, i);
    }
    expect_frames(proc, pages, MAPDRV_PAGES, &buffer, 0);
}

/* --- failing -------------------------------------------------------------- */

static uint32_t pages_of(struct guest *guest)
{
    return free_pages_in_ram(guest) + pages_in_slabs(guest);
}

/* Fails at the first page of the buffer, at the second, and so on. */
Test(mapdrv, init_without_memory_leaves_nothing)
{
    struct guest *guest = boot_placed(&machine_8mb, STAGE_VMALLOC);
    uint32_t min = zone_view(guest, ZONE_DMA).pages_min, given = min;
    struct blocks pages;
    int result;

    init_driver(guest); /* page tables stay for good */
    mapdrv_exit(guest);
    pages = exhaust(guest, ZONE_DMA);
    give_back_some(guest, &pages, 0, min);
    for (;;) {
        uint32_t before = pages_of(guest);

        result = mapdrv_init(guest);
        if (result == 0 || given == min + MOST_PAGES)
            break;
        expect_result(guest, result, -ENOMEM, "__vmalloc() said NULL");
        expect(count_buffers(guest) == 0 && pages_of(guest) == before,
               .did = guest_last(guest), .expected = "nothing is allocated",
               .seen = "something is");
        expect_major_free(guest, MAPDRV_MAJOR, true,
                          "nothing is registered then");
        give_back_some(guest, &pages, given++, 1);
    }
    expect_result(guest, result, 0, "with pages enough it works");
    expect(given >= min + MAPDRV_PAGES, .did = guest_last(guest),
           .expected = "-ENOMEM with fewer pages than the buffer has",
           .seen = text("0 with %u", given - min));
}

Test(mapdrv, init_without_a_major_leaves_nothing)
{
    struct guest *guest = boot_placed(&machine_64mb, STAGE_VMALLOC);
    uint32_t before;

    init_driver(guest);
    mapdrv_exit(guest);
    take_all_majors(guest);
    before = pages_of(guest);
    expect_result(guest, mapdrv_init(guest), -EBUSY,
                  "what register_chrdev() said");
    expect(count_buffers(guest) == 0, .did = guest_last(guest),
           .expected = "no buffer", .seen = "it was not freed",
           .hint = "vfree()");
    expect(pages_of(guest) == before, .did = guest_last(guest),
           .expected = text("%u pages, as before", before),
           .seen = text("%u", pages_of(guest)));
    give_major(guest, FREE_MAJOR);
    expect_result(guest, mapdrv_init(guest), 0, "one is free now");
    expect_major_free(guest, FREE_MAJOR, false, "it is ours");
    mapdrv_exit(guest);
    expect_major_free(guest, FREE_MAJOR, true, "the number that it had");
}

/* The same by insmod: the module is thrown out again. */
Test(mapdrv, insmod_without_a_major_leaves_nothing)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest);
    struct object object = module_object();
    struct stock before = {.pages = 0};

    unload_driver(proc);
    take_all_majors(guest);
    before = stock_of(guest);
    expect_result(guest, try_load(proc, &object), -EBUSY, NULL);
    expect_nothing_lost(guest, &before);
    expect(find_module(guest, MAPDRV_MODULE).at == 0, .did = "insmod",
           .expected = "no module", .seen = "it is listed");
    give_major(guest, MAPDRV_MAJOR);
    load_module(proc);
}

/* --- the major number ----------------------------------------------------- */

Test(mapdrv, init_takes_any_major)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);

    expect_result(guest, take_major(guest, MAPDRV_MAJOR), 0, NULL);
    load_module(proc);
    expect(file_says(proc, "/proc/devices", "253 " MAPDRV_NAME "\n"),
           .did = "insmod, while 254 is another driver's",
           .expected = "\"253 mapdrv\" in /proc/devices",
           .seen = "it is not there", .hint = "register_chrdev(0, …)");
    make_char_device(proc, MAPFILE, MAPDRV_MAJOR - 1, 0);
    expect_user_text(
        proc, map_shared(proc, user_open(proc, MAPFILE, O_RDWR), 1, 0), 0);
}

Test(mapdrv, exit_gives_its_own_major_back)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);

    take_major(guest, MAPDRV_MAJOR);
    load_module(proc);
    make_char_device(proc, MAPFILE, MAPDRV_MAJOR - 1, 0);
    unload_driver(proc);
    expect_major_free(guest, MAPDRV_MAJOR - 1, true,
                      "what register_chrdev() gave");
    expect_major_free(guest, MAPDRV_MAJOR, false, "it is another driver's");
    expect(!file_says(proc, "/proc/devices", MAPDRV_NAME), .did = "rmmod",
           .expected = "no mapdrv in /proc/devices", .seen = "it is there");
    expect_error(
        syscall_op(proc, NR_open, user_string(proc, 0, MAPFILE), O_RDWR),
        ENODEV, "the driver is gone");
}

/* --- again ---------------------------------------------------------------- */

/* What a process wrote is gone with the buffer. */
Test(mapdrv, loaded_again_it_has_fresh_texts)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest);
    int fd = user_open(proc, MAPFILE, O_RDWR);
    uaddr_t pages = map_shared(proc, fd, MAPDRV_PAGES, 0);
    struct buffer buffer;

    user_fill(proc, pages, MAPDRV_BYTES, DIRT);
    user_close(proc, fd);
    user_munmap(proc, pages, MAPDRV_BYTES);
    unload_driver(proc);
    load_module(proc);
    buffer = driver_buffer(guest);
    expect_texts(guest, &buffer);
    fd = user_open(proc, MAPFILE, O_RDWR);
    expect_user_text(proc, map_shared(proc, fd, 1, 7), 7);
    expect_driver_uses(guest, 2, "a file and an area");
}

Test(mapdrv, nothing_is_lost_in_many_rounds)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = spawn_with_driver(guest);
    struct stock before = {.pages = 0};
    uaddr_t pages = 0;
    int fd;

    for (int i = 0; i <= ROUNDS; i++) {
        fd = user_open(proc, MAPFILE, O_RDWR);
        pages = map_shared(proc, fd, MAPDRV_PAGES, 0);
        user_fill(proc, pages + (unsigned)i % MAPDRV_PAGES * PAGE_SIZE,
                  PAGE_SIZE, DIRT);
        user_close(proc, fd);
        user_munmap(proc, pages, MAPDRV_BYTES);
        unload_driver(proc);
        if (i == 0)
            before = stock_of(guest);
        else if (i == ROUNDS)
            break;
        load_module(proc);
    }
    expect_nothing_lost(guest, &before);
}

/*
 * The given kernel's disks: what the block layer writes is on the image, what
 * is on the image is what it reads; failures; /dev/vda.
 */
#include <criterion/criterion.h>

#include <string.h>

#include "disks.h"
#include "process.h"

#define MANY      1000
#define DISK_PATH "/dev/vda"

/* One page of the guest's, and what it holds, by its frame. */
static pfn_t take_page(struct guest *guest, uint32_t gfp_mask)
{
    return take(guest, gfp_mask, 0, 1).pfns[0];
}

static int32_t rw_page(struct guest *guest, unsigned disk, uint32_t page,
                       pfn_t frame, bool write)
{
    struct call call =
        rw_page_call(guest, disk, page, page_of(guest, frame), write);

    return (int32_t)guest_call(guest, &call, NULL);
}

static void expect_result(struct guest *guest, int32_t seen, int32_t expected)
{
    expect(seen == expected, .did = guest_last(guest),
           .expected = text("%d", expected), .seen = text("%d", seen));
}

/* A pattern that is different for each seed. */
static void make_pattern(uint8_t bytes[PAGE_SIZE], uint32_t seed)
{
    for (size_t i = 0; i < PAGE_SIZE; i++)
        bytes[i] = (uint8_t)(seed * 31 + i * 7 + i / 251);
}

static void expect_frame(struct guest *guest, pfn_t frame, uint32_t seed)
{
    uint8_t wanted[PAGE_SIZE], seen[PAGE_SIZE];

    make_pattern(wanted, seed);
    guest_copy_physical(guest, (uint32_t)frame << PAGE_SHIFT, seen, PAGE_SIZE);
    expect(memcmp(seen, wanted, PAGE_SIZE) == 0, .did = guest_last(guest),
           .expected = "the frame has what is on the disk",
           .seen = "something else");
}

static void expect_disk(struct guest *guest, unsigned disk, uint32_t page,
                        uint32_t seed)
{
    uint8_t wanted[PAGE_SIZE];

    make_pattern(wanted, seed);
    expect(memcmp(disk_page(guest, disk, page), wanted, PAGE_SIZE) == 0,
           .did = guest_last(guest),
           .expected = text("page %u of disk %u has the pattern", page, disk),
           .seen = "something else");
}

static void expect_counts(struct guest *guest, unsigned disk, uint32_t reads,
                          uint32_t writes)
{
    expect(
        disk_reads(guest, disk) == reads && disk_writes(guest, disk) == writes,
        .did = guest_last(guest),
        .expected = text("%u reads, %u writes", reads, writes),
        .seen =
            text("%u, %u", disk_reads(guest, disk), disk_writes(guest, disk)));
}

Test(given, disks_are_as_large_as_the_machine_says)
{
    struct guest *guest = guest_boot(&machine_swap_64mb, STAGE_PROC);
    gaddr_t sectors = block_device(guest, 1) + BLKDEV_NSECTORS;

    expect(guest_u32(guest, guest_symbol(guest, "nr_blkdevs")) == 2,
           .did = "look for disks", .expected = "2", .seen = "another number");
    expect(guest_u32(guest, sectors) == 64u << 11, .did = "look at vdb",
           .expected = text("%u sectors", 64u << 11),
           .seen = text("%u", guest_u32(guest, sectors)));
}

Test(given, machine_without_disks_has_none)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);

    expect(guest_u32(guest, guest_symbol(guest, "nr_blkdevs")) == 0,
           .did = "look for disks", .expected = "0", .seen = "another number");
}

Test(given, disk_page_is_read_and_written)
{
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_PROC);
    pfn_t frame = take_page(guest, GFP_KERNEL);
    const uint32_t last = disk_npages(guest, 0) - 1;
    const uint32_t pages[] = {0, 1, 77, last};

    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        make_pattern(disk_page(guest, 0, pages[i]), pages[i]);
        expect_result(guest, rw_page(guest, 0, pages[i], frame, false), 0);
        expect_frame(guest, frame, pages[i]);
        expect_result(guest, rw_page(guest, 0, last - 1, frame, true), 0);
        expect_disk(guest, 0, last - 1, pages[i]);
        expect_disk(guest, 0, pages[i], pages[i]);
    }
    expect_counts(guest, 0, 4, 4);
}

Test(given, disk_has_nothing_beyond_its_end)
{
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_PROC);
    pfn_t frame = take_page(guest, GFP_KERNEL);
    const uint32_t beyond[] = {disk_npages(guest, 0), 0x20000000, 0xffffffff};

    for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
        expect_result(guest, rw_page(guest, 0, beyond[i], frame, false),
                      -EINVAL);
        expect_result(guest, rw_page(guest, 0, beyond[i], frame, true),
                      -EINVAL);
    }
    expect_counts(guest, 0, 0, 0);
}

Test(given, disks_are_told_apart)
{
    struct guest *guest = guest_boot(&machine_swap_64mb, STAGE_PROC);
    pfn_t frame = take_page(guest, GFP_KERNEL);

    make_pattern(disk_page(guest, 0, 5), 1);
    make_pattern(disk_page(guest, 1, 5), 2);
    expect_result(guest, rw_page(guest, 1, 5, frame, false), 0);
    expect_frame(guest, frame, 2);
    expect_result(guest, rw_page(guest, 0, 6, frame, true), 0);
    expect_disk(guest, 0, 6, 2);
    expect_result(guest, rw_page(guest, 0, 5, frame, false), 0);
    expect_frame(guest, frame, 1);
    expect_result(guest, rw_page(guest, 1, 6, frame, true), 0);
    expect_disk(guest, 1, 6, 1);
    expect_counts(guest, 0, 1, 1);
    expect_counts(guest, 1, 1, 1);
}

Test(given, disk_transfers_to_high_memory)
{
    struct guest *guest = guest_boot(&machine_swap_1200mb, STAGE_PROC);
    pfn_t frame = take_page(guest, GFP_HIGHUSER);

    expect(zone_of(guest, frame) == ZONE_HIGHMEM, .did = guest_last(guest),
           .expected = "a page of high memory", .seen = "another");
    make_pattern(disk_page(guest, 0, 9), 9);
    expect_result(guest, rw_page(guest, 0, 9, frame, false), 0);
    expect_frame(guest, frame, 9);
    expect_result(guest, rw_page(guest, 1, 3, frame, true), 0);
    expect_disk(guest, 1, 3, 9);
}

Test(given, disk_fails_where_it_was_told_to)
{
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_PROC);
    pfn_t frame = take_page(guest, GFP_KERNEL);

    make_pattern(disk_page(guest, 0, 10), 1);
    expect_result(guest, rw_page(guest, 0, 10, frame, false), 0);
    disk_fails(guest, 0, (struct disk_fault){0, DISK_READ, 10, 2, 2});
    disk_fails(guest, 1,
               (struct disk_fault){0, DISK_WRITE, 0, 100, FAULT_ALWAYS});
    expect_result(guest, rw_page(guest, 0, 12, frame, false), 0);
    expect_result(guest, rw_page(guest, 0, 9, frame, false), 0);
    expect_result(guest, rw_page(guest, 0, 11, frame, false), -EIO);
    expect_result(guest, rw_page(guest, 0, 10, frame, false), -EIO);
    expect_result(guest, rw_page(guest, 0, 10, frame, false), 0);
    expect_frame(guest, frame, 1);
    expect_result(guest, rw_page(guest, 0, 99, frame, true), -EIO);
    expect_result(guest, rw_page(guest, 0, 100, frame, true), 0);
    expect(disk_failed(guest, 0) == 2 && disk_failed(guest, 1) == 1,
           .did = guest_last(guest), .expected = "2 and 1 failures",
           .seen =
               text("%u and %u", disk_failed(guest, 0), disk_failed(guest, 1)));
    expect_counts(guest, 0, 4, 1);
    disk_fails(guest, 1, (struct disk_fault){0});
    expect_result(guest, rw_page(guest, 0, 99, frame, true), 0);
    expect_disk(guest, 0, 99, 1);
}

Test(given, device_itself_reports_failures)
{
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_PROC);
    gaddr_t sectors = block_device(guest, 0) + BLKDEV_NSECTORS;
    pfn_t frame = take_page(guest, GFP_KERNEL);
    uint32_t more = (disk_npages(guest, 0) + 1) * PAGE_SECTORS;

    guest_write(guest, sectors, &more, sizeof(more));
    expect_result(guest, rw_page(guest, 0, disk_npages(guest, 0), frame, false),
                  -EIO);
    expect_counts(guest, 0, 0, 0);
}

/* Writes a page many times over; what each write takes, in instructions. */
static void write_often(struct guest *guest, uint32_t costs[MANY])
{
    pfn_t frame = take_page(guest, GFP_KERNEL);
    static struct call calls[MANY];
    static struct agent_result results[MANY];

    for (uint32_t i = 0; i < MANY; i++)
        calls[i] = rw_page_call(guest, 0, i * 3, page_of(guest, frame), true);
    guest_calls_checked(guest, calls, MANY, results);
    for (uint32_t i = 0; i < MANY; i++) {
        expect_result(guest, (int32_t)results[i].value, 0);
        costs[i] = results[i].cost;
    }
    expect_counts(guest, 0, 0, MANY);
}

Test(given, disk_is_written_often_at_the_same_cost)
{
    static uint32_t first[MANY], second[MANY];
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_PROC);

    write_often(guest, first);
    guest_end(guest);
    guest = guest_boot(&machine_swap_8mb, STAGE_PROC);
    write_often(guest, second);
    for (size_t i = 0; i < MANY; i++)
        expect(first[i] == second[i], .did = text("write %zu", i),
               .expected = "as many instructions on another machine",
               .seen = text("%u and %u", first[i], second[i]));
}

Test(given, disk_in_an_interrupt_is_a_bug)
{
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_PROC);
    pfn_t frame = take_page(guest, GFP_KERNEL);
    struct call call =
        in_context(rw_page_call(guest, 0, 1, page_of(guest, frame), false),
                   AGENT_INTERRUPT);

    expect_bug(guest, &call, "it sleeps");
}

Test(given, others_run_while_a_task_waits_for_a_disk)
{
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_PROC);
    pfn_t frame = take_page(guest, GFP_KERNEL);
    const uint32_t name = guest_symbol(guest, "boot_info");
    const struct call calls[] = {
        {.function = "kernel_thread",
         .args = {name, guest_symbol(guest, "nr_free_pages"), 0}},
        {.function = "others_can_run"},
        rw_page_call(guest, 0, 1, page_of(guest, frame), false),
        {.function = "others_can_run"},
    };
    struct agent_result results[4];

    guest_calls_checked(guest, calls, 4, results);
    expect((results[1].value & 1) == 1 && (results[3].value & 1) == 0,
           .did = call_text(&calls[2]),
           .expected = "a task that could run before has run",
           .seen = text("others_can_run(): %u, then %u", results[1].value & 1,
                        results[3].value & 1));
}

/* --- /dev/vda ------------------------------------------------------------- */

Test(given, process_writes_the_disk)
{
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    uaddr_t buffer = user_pages(proc, 3);
    int fd = user_open(proc, DISK_PATH, O_RDWR);
    uint8_t pages[3 * PAGE_SIZE];

    for (uint32_t i = 0; i < 3; i++)
        make_pattern(pages + i * PAGE_SIZE, i);
    user_write(proc, buffer, pages, sizeof(pages));
    expect_returns(syscall_op(proc, NR_write, (uint32_t)fd, buffer, 8192), 8192,
                   "two whole pages");
    expect_disk(guest, 0, 0, 0);
    expect_disk(guest, 0, 1, 1);
    expect_counts(guest, 0, 0, 2);
    user_syscall(proc, NR_lseek, (uint32_t)fd, PAGE_SIZE - 10, SEEK_SET);
    expect_returns(syscall_op(proc, NR_write, (uint32_t)fd, buffer, 20), 20,
                   "the end of a page, the beginning of another");
    expect(memcmp((uint8_t *)disk_page(guest, 0, 0) + PAGE_SIZE - 10, pages,
                  20) == 0,
           .did = guest_last(guest), .expected = "20 bytes on the disk",
           .seen = "something else");
    expect(memcmp(disk_page(guest, 0, 0), pages, PAGE_SIZE - 10) == 0,
           .did = guest_last(guest), .expected = "the rest stays",
           .seen = "something else");
}

Test(given, process_reads_the_disk)
{
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    uaddr_t buffer = user_pages(proc, 1);
    int fd = user_open(proc, DISK_PATH, O_RDONLY);
    uint8_t seen[100];

    make_pattern(disk_page(guest, 0, 1), 5);
    user_syscall(proc, NR_lseek, (uint32_t)fd, PAGE_SIZE + 50, SEEK_SET);
    expect_returns(syscall_op(proc, NR_read, (uint32_t)fd, buffer, 100), 100,
                   NULL);
    user_read(proc, buffer, seen, sizeof(seen));
    expect(memcmp(seen, (uint8_t *)disk_page(guest, 0, 1) + 50, 100) == 0,
           .did = guest_last(guest), .expected = "what is on the disk",
           .seen = "something else");
    expect_error(syscall_op(proc, NR_write, (uint32_t)fd, buffer, 1), EBADF,
                 "it is open for reading");
}

Test(given, device_file_ends_where_the_disk_ends)
{
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    uaddr_t buffer = user_pages(proc, 1);
    uint32_t fd = (uint32_t)user_open(proc, DISK_PATH, O_RDWR);
    uint32_t size = disk_npages(guest, 0) * PAGE_SIZE;

    expect_returns(syscall_op(proc, NR_lseek, fd, 0, SEEK_END), size, NULL);
    expect_returns(syscall_op(proc, NR_read, fd, buffer, 1), 0, "the end");
    expect_error(syscall_op(proc, NR_write, fd, buffer, 1), ENOSPC, "the end");
    user_syscall(proc, NR_lseek, fd, size - 5, SEEK_SET);
    expect_returns(syscall_op(proc, NR_write, fd, buffer, 10), 5,
                   "as much as there is room for");
    user_syscall(proc, NR_lseek, fd, 0, SEEK_SET);
    expect_error(syscall_op(proc, NR_write, fd, 16, 10), EFAULT, "no memory");
}

Test(given, device_file_hands_on_failures)
{
    struct guest *guest = guest_boot(&machine_swap_8mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    uaddr_t buffer = user_pages(proc, 2);
    uint32_t fd = (uint32_t)user_open(proc, DISK_PATH, O_RDWR);

    disk_fails(guest, 0, (struct disk_fault){0, DISK_WRITE, 1, 1, 1});
    disk_fails(guest, 1, (struct disk_fault){0, DISK_READ, 0, 1, 1});
    expect_error(syscall_op(proc, NR_read, fd, buffer, 10), EIO, NULL);
    expect_returns(syscall_op(proc, NR_write, fd, buffer, 2 * PAGE_SIZE),
                   PAGE_SIZE, "the first page is written");
    expect_returns(syscall_op(proc, NR_write, fd, buffer, PAGE_SIZE), PAGE_SIZE,
                   "and the second one at last");
}

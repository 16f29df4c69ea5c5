/* Hidden tests of lab 7: processes that need more memory than there is. */
#include <criterion/criterion.h>

#include "scenes.h"

#define RAM   2048 /* pages of the machine with 8 MB */
#define TIGHT 2500 /* pages that don't fit */

Test(swap, contents_of_four_times_the_memory)
{
    struct proc *proc;
    struct guest *guest = boot_swapping(&machine_swap_8mb, &proc);
    const size_t npages = 4 * RAM - 1000;
    uaddr_t pages = user_pages(proc, npages);

    user_stamp(proc, pages, npages, STAMP);
    expect_stamped(proc, pages, npages, STAMP, "what went out comes back");
    for (size_t i = 0; i < npages; i += 33)
        user_stamp(proc, pages + (uaddr_t)i * PAGE_SIZE, 1,
                   2 * STAMP + (uint32_t)i);
    for (size_t i = 0; i < npages; i += 11)
        expect_stamped(proc, pages + (uaddr_t)i * PAGE_SIZE, 1,
                       (i % 33 == 0 ? 2 * STAMP : STAMP) + (uint32_t)i,
                       "some were written again");
    expect_sound(proc);
    user_munmap(proc, pages, (uint32_t)npages * PAGE_SIZE);
    expect(slots_in_use(guest, 0) == 0, .did = guest_last(guest),
           .expected = "all slots are free",
           .seen = text("%u are used", slots_in_use(guest, 0)));
}

#define FILLED 50u /* pages that are full of something */
#define APART  (TIGHT / FILLED)

/* Whole pages, not only their first words. */
static void every_byte_comes_back(void)
{
    struct proc *proc;
    struct guest *guest = boot_swapping(&machine_swap_8mb, &proc);
    uaddr_t pages = user_pages(proc, TIGHT);
    uint32_t out = 0;

    for (uint32_t i = 0; i < FILLED; i++) {
        uaddr_t at = pages + i * APART * PAGE_SIZE;

        user_fill(proc, at, PAGE_SIZE, (uint8_t)(i + 1));
        user_stamp(proc, at + PAGE_SIZE, APART - 1, STAMP);
    }
    for (uint32_t i = 0; i < FILLED; i++) {
        uaddr_t at = pages + i * APART * PAGE_SIZE;
        uint32_t sum;

        out += swapped_slot(proc, at).swapped;
        sum = user_sum(proc, at, PAGE_SIZE);
        expect(sum == (i + 1) * PAGE_SIZE, .did = guest_last(guest),
               .expected =
                   text("%u: all bytes are %u", (i + 1) * PAGE_SIZE, i + 1),
               .seen = text("%u", sum));
    }
    expect(out > 0, .did = guest_last(guest),
           .expected = "some were out when they were read", .seen = "none");
}

/* What is out and in no frame is on the disk as the process wrote it. */
static void disk_has_what_the_process_wrote(void)
{
    struct proc *proc;
    struct guest *guest = boot_swapping(&machine_swap_8mb, &proc);
    uaddr_t pages = user_pages(proc, TIGHT);
    size_t checked = 0;

    user_stamp(proc, pages, TIGHT, STAMP);
    for (uint32_t i = 0; i < TIGHT; i += 7) {
        struct slot_view out = swapped_slot(proc, pages + i * PAGE_SIZE);

        if (!out.swapped || slot_users(guest, 0, out.slot) > 1)
            continue;
        checked++;
        expect(disk_stamp(guest, 0, out.slot) == STAMP + i,
               .did = guest_last(guest),
               .expected = text("slot %u has 0x%08x", out.slot, STAMP + i),
               .seen = text("0x%08x", disk_stamp(guest, 0, out.slot)));
    }
    expect(checked > 20, .did = guest_last(guest),
           .expected = "many pages are on the disk alone",
           .seen = text("%zu of %d", checked, TIGHT / 7));
}

Test(swap, every_byte_goes_and_comes_back)
{
    every_byte_comes_back();
    guest_end_all();
    disk_has_what_the_process_wrote();
}

/* Reading alone makes nothing dirty: the second time all are on the disk. */
Test(swap, reading_again_writes_little)
{
    struct proc *proc;
    struct guest *guest = boot_swapping(&machine_swap_8mb, &proc);
    uaddr_t pages = user_pages(proc, TIGHT);
    uint32_t writes, reads;

    user_stamp(proc, pages, TIGHT, STAMP);
    expect_stamped(proc, pages, TIGHT, STAMP, NULL);
    expect_stamped(proc, pages, TIGHT, STAMP, NULL);
    writes = disk_writes(guest, 0);
    reads = disk_reads(guest, 0);
    expect_stamped(proc, pages, TIGHT, STAMP, NULL);
    expect(disk_reads(guest, 0) - reads > TIGHT / 4, .did = guest_last(guest),
           .expected = "they don't fit: many are read",
           .seen = text("%u", disk_reads(guest, 0) - reads));
    expect(disk_writes(guest, 0) - writes <= TIGHT / 10,
           .did = guest_last(guest),
           .expected = text("at most %u writes", TIGHT / 10),
           .seen = text("%u", disk_writes(guest, 0) - writes),
           .hint = "a clean page is not written");
}

/* --- who goes ------------------------------------------------------------- */

#define HOT    150
#define COLD   3000
#define ROUNDS 30

Test(swap, hot_pages_stay)
{
    struct proc *proc;
    struct guest *guest = boot_swapping(&machine_swap_8mb, &proc);
    uaddr_t hot = user_pages(proc, HOT), cold = user_pages(proc, COLD);
    size_t there;

    user_stamp(proc, hot, HOT, STAMP);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        user_stamp(proc, cold + i * (COLD / ROUNDS) * PAGE_SIZE, COLD / ROUNDS,
                   STAMP);
        user_unstamped(proc, hot, HOT, STAMP);
    }
    there = count_present(proc, hot, HOT);
    expect(there >= HOT * 3 / 4, .did = guest_last(guest),
           .expected = text("most of %d pages in use stay", HOT),
           .seen = text("%zu are there", there),
           .hint = "pte_young(): a second chance");
    there = count_present(proc, cold, COLD / 2);
    expect(there <= COLD / 4, .did = guest_last(guest),
           .expected = "pages that were used once go",
           .seen = text("%zu of %d are there", there, COLD / 2));
}

Test(swap, idle_process_pays_first)
{
    struct proc *idle, *busy;
    struct guest *guest = boot_swapping(&machine_swap_8mb, &idle);
    uaddr_t pages = user_pages(idle, 500), more;

    busy = user_spawn(guest);
    user_stamp(idle, pages, 500, STAMP);
    more = user_pages(busy, TIGHT);
    user_stamp(busy, more, TIGHT, STAMP);
    expect(count_present(idle, pages, 500) < 250, .did = guest_last(guest),
           .expected = "pages of the idle one have gone",
           .seen =
               text("%zu of 500 are there", count_present(idle, pages, 500)));
    expect_stamped(idle, pages, 500, STAMP, "they come back");
    expect_stamped(busy, more, TIGHT, STAMP, NULL);
    expect_sound(idle);
    expect_sound(busy);
}

Test(swap, pages_of_files_and_shared_memory_stay)
{
    struct proc *proc;
    struct guest *guest = boot_swapping(&machine_swap_8mb, &proc);
    uaddr_t shared, file, pages;
    int fd;

    user_make_stamped_file(proc, "/file", 50, STAMP);
    fd = user_open(proc, "/file", O_RDONLY);
    file = user_mmap_file(proc, 50 * PAGE_SIZE, PROT_READ, MAP_PRIVATE, fd, 0);
    shared =
        user_mmap(proc, 50 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED);
    expect_stamped(proc, file, 50, STAMP, NULL);
    user_stamp(proc, shared, 50, 2 * STAMP);
    pages = user_pages(proc, TIGHT);
    user_stamp(proc, pages, TIGHT, STAMP);
    expect(count_present(proc, file, 50) == 50 &&
               count_present(proc, shared, 50) == 50,
           .did = guest_last(guest),
           .expected = "all pages of the file and the shared area are there",
           .seen = text("%zu, %zu of 50", count_present(proc, file, 50),
                        count_present(proc, shared, 50)));
    expect_stamped(proc, file, 50, STAMP, NULL);
    expect_stamped(proc, shared, 50, 2 * STAMP, NULL);
    expect_sound(proc);
}

/* --- families ------------------------------------------------------------- */

Test(swap, fork_of_a_process_that_is_half_out)
{
    struct proc *parent, *child;
    struct guest *guest = boot_swapping(&machine_swap_8mb, &parent);
    uaddr_t pages = user_pages(parent, TIGHT);
    struct proc *grandchild;

    user_stamp(parent, pages, TIGHT, STAMP);
    child = user_fork(parent);
    user_stamp(child, pages + 500 * PAGE_SIZE, 1000, 2 * STAMP);
    grandchild = user_fork(child);
    user_stamp(parent, pages, 1000, 3 * STAMP);
    expect_stamped(grandchild, pages, 500, STAMP, NULL);
    expect_stamped(grandchild, pages + 500 * PAGE_SIZE, 1000, 2 * STAMP, NULL);
    expect_stamped(child, pages, 500, STAMP, "the parent's writes");
    expect_stamped(child, pages + 1500 * PAGE_SIZE, 1000, STAMP + 1500, NULL);
    expect_stamped(parent, pages, 1000, 3 * STAMP, NULL);
    expect_stamped(parent, pages + 1000 * PAGE_SIZE, 1500, STAMP + 1000, NULL);
    expect_sound(child);
    user_exit(grandchild, 0);
    user_exit(child, 0);
    expect_stamped(parent, pages, 1000, 3 * STAMP, NULL);
    expect_sound(parent);
    user_munmap(parent, pages, TIGHT * PAGE_SIZE);
    expect(slots_in_use(guest, 0) == 0, .did = guest_last(guest),
           .expected = "all slots are free",
           .seen = text("%u are used", slots_in_use(guest, 0)));
}

Test(swap, faults_are_counted_by_kind)
{
    struct proc *proc;
    struct guest *guest = boot_swapping(&machine_swap_8mb, &proc);
    uaddr_t pages = user_pages(proc, TIGHT);
    uint32_t major, minor, reads;

    user_stamp(proc, pages, TIGHT, STAMP);
    expect(major_faults(proc) == 0, .did = guest_last(guest),
           .expected = "no page was read yet: no major fault",
           .seen = text("%u", major_faults(proc)));
    reads = disk_reads(guest, 0);
    major = major_faults(proc);
    minor = minor_faults(proc);
    user_unstamped(proc, pages, TIGHT, STAMP);
    expect(major_faults(proc) - major == disk_reads(guest, 0) - reads &&
               major_faults(proc) > major,
           .did = guest_last(guest),
           .expected = text("a major fault for each of %u reads",
                            disk_reads(guest, 0) - reads),
           .seen = text("%u major, %u minor ones", major_faults(proc) - major,
                        minor_faults(proc) - minor));
}

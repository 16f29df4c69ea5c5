/* Hidden tests of lab 7: swapon() and swapoff(). */
#include <criterion/criterion.h>
#include <string.h>

#include "scenes.h"

#define NSLOTS     999
#define PAGE_WORDS (PAGE_SIZE / 4)

/* Words of a header: swap.h. */
#define WORD_VERSION 256
#define WORD_LAST    257
#define WORD_NR_BAD  258
#define WORD_BAD     384
#define WORD_MAGIC   1022 /* "APSP": in the middle of the magic */

static struct proc *boot_process(void)
{
    return user_spawn(guest_boot(&machine_swap_64mb, STAGE_SWAP));
}

static void set_word(struct guest *guest, unsigned word, uint32_t value)
{
    uint32_t *header = disk_page(guest, 0, 0);

    header[word] = value;
}

static void expect_area(struct guest *guest, unsigned type, int prio,
                        uint32_t nslots, uint32_t nr_free)
{
    struct area_view area = swap_area(guest, type);

    expect(area.flags == (SWP_USED | SWP_WRITEOK) && area.prio == prio &&
               area.max == nslots + 1 && area.nr_free == nr_free,
           .did = guest_last(guest),
           .expected = text("area %u: SWP_USED | SWP_WRITEOK, prio %d, max "
                            "%u, nr_free %u",
                            type, prio, nslots + 1, nr_free),
           .seen = text("flags 0x%x, prio %d, max %u, nr_free %u", area.flags,
                        area.prio, area.max, area.nr_free));
}

static void expect_totals(struct guest *guest, uint32_t nr, uint32_t total)
{
    expect(nr_swap_pages(guest) == nr && total_swap_pages(guest) == total,
           .did = guest_last(guest),
           .expected = text("nr_swap_pages %u, total_swap_pages %u", nr, total),
           .seen =
               text("%u, %u", nr_swap_pages(guest), total_swap_pages(guest)));
}

/* --- swapon() ------------------------------------------------------------- */

Test(swap, swapon_makes_an_area)
{
    struct proc *proc = boot_process();
    struct guest *guest = proc->guest;

    make_swap(guest, 0, NSLOTS);
    make_whole_swap(guest, 1);
    swap_on(proc, 0, -1);
    expect_area(guest, 0, -1, NSLOTS, NSLOTS);
    expect_slot_users(guest, 0, 0, SWAP_MAP_BAD, "slot 0 is the header");
    expect_totals(guest, NSLOTS, NSLOTS);
    swap_on(proc, 1, -1);
    expect_area(guest, 1, -2, disk_npages(guest, 1) - 1,
                disk_npages(guest, 1) - 1);
    expect_totals(guest, NSLOTS + disk_npages(guest, 1) - 1,
                  NSLOTS + disk_npages(guest, 1) - 1);
    expect_swap_slot(guest, 0, 1, "-1 is above -2");
    expect_io(guest, 1, 0, "the header is read; nothing is written");
}

Test(swap, swapon_takes_the_priority_that_is_given)
{
    struct proc *proc = boot_process();
    struct guest *guest = proc->guest;

    make_swap(guest, 0, NSLOTS);
    make_swap(guest, 1, NSLOTS);
    swap_on(proc, 0, 0);
    swap_on(proc, 1, 0x7fff);
    expect_area(guest, 0, 0, NSLOTS, NSLOTS);
    expect_area(guest, 1, 0x7fff, NSLOTS, NSLOTS);
    expect_swap_slot(guest, 1, 1, "the higher priority");
    swap_off(proc, 0);
    expect_returns(
        syscall_op(proc, NR_swapon, user_string(proc, 0, "/dev/vda"), 0x7fff),
        0, "SWAP_FLAG_PREFER is not set");
    expect(swap_area(guest, 0).prio < 0, .did = guest_last(guest),
           .expected = "a priority below 0: none was asked for",
           .seen = text("%d", swap_area(guest, 0).prio));
}

Test(swap, swapon_keeps_bad_pages_out)
{
    struct proc *proc = boot_process();
    struct guest *guest = proc->guest;

    make_swap(guest, 0, 6);
    mark_bad(guest, 0, 6);
    mark_bad(guest, 0, 1);
    mark_bad(guest, 0, 3);
    swap_on(proc, 0, -1);
    expect_area(guest, 0, -1, 6, 3);
    expect(nr_swap_pages(guest) == 3, .did = guest_last(guest),
           .expected = "3 slots are free",
           .seen = text("%u", nr_swap_pages(guest)));
    expect_slot_users(guest, 0, 3, SWAP_MAP_BAD, NULL);
    expect_swap_slot(guest, 0, 2, NULL);
    expect_swap_slot(guest, 0, 4, NULL);
    expect_swap_slot(guest, 0, 5, NULL);
    expect_no_swap_slot(guest, "1, 3 and 6 are bad");
}

/* swapon() of disk 0 fails, and nothing of it is left; with the header as it
 * should be it works. */
static void expect_refused_header(struct proc *proc, unsigned word,
                                  uint32_t value)
{
    struct guest *guest = proc->guest;
    struct stock before;

    make_whole_swap(guest, 0);
    swap_on(proc, 0, -1); /* page tables of vmalloc() stay */
    swap_off(proc, 0);
    before = stock_of(guest);
    set_word(guest, word, value);
    expect_error(swapon_op(proc, 0, -1), EINVAL,
                 text("word %u of the header is 0x%x", word, value));
    expect_no_area(guest, 0);
    expect_totals(guest, 0, 0);
    expect_nothing_lost(guest, &before);
    expect_no_swap_slot(guest, "there is no area");
    make_whole_swap(guest, 0);
    swap_on(proc, 0, -1);
    expect(swap_area(guest, 0).flags != 0, .did = guest_last(guest),
           .expected = "area 0 is in use", .seen = "it is not");
    swap_off(proc, 0);
}

Test(swap, swapon_refuses_what_is_no_swap_area)
{
    struct proc *proc = boot_process();

    expect_refused_header(proc, WORD_MAGIC, 0);
    expect_refused_header(proc, PAGE_WORDS - 1, 0x31454341); /* "ACE1" */
    expect_refused_header(proc, WORD_VERSION, 0);
    expect_refused_header(proc, WORD_VERSION, 2);
}

static void swapon_refuses_a_size_that_cannot_be(void)
{
    struct proc *proc = boot_process();
    uint32_t npages = disk_npages(proc->guest, 0);

    expect_refused_header(proc, WORD_LAST, 0);
    expect_refused_header(proc, WORD_LAST, npages);
    expect_refused_header(proc, WORD_LAST, ~0u);
}

static void swapon_refuses_bad_pages_that_cannot_be(void)
{
    struct proc *proc = boot_process();
    struct guest *guest = proc->guest;

    expect_refused_header(proc, WORD_NR_BAD, MAX_BADPAGES + 1);
    expect_refused_header(proc, WORD_NR_BAD, ~0u);
    expect_refused_header(proc, WORD_NR_BAD, 1); /* page 0 */
    make_swap(guest, 0, 100);
    mark_bad(guest, 0, 50);
    mark_bad(guest, 0, 101);
    expect_error(swapon_op(proc, 0, -1), EINVAL, "beyond last_page");
    expect_no_area(guest, 0);
    make_whole_swap(guest, 0);
    for (uint32_t i = 0; i < MAX_BADPAGES; i++)
        mark_bad(guest, 0, 10 + i);
    swap_on(proc, 0, -1);
    expect(nr_swap_pages(guest) == disk_npages(guest, 0) - 1 - MAX_BADPAGES,
           .did = guest_last(guest), .expected = "as many bad as there may be",
           .seen = text("%u free", nr_swap_pages(guest)));
}

Test(swap, swapon_refuses_numbers_that_cannot_be)
{
    swapon_refuses_a_size_that_cannot_be();
    guest_end_all();
    swapon_refuses_bad_pages_that_cannot_be();
}

static void swapon_of_a_disk_that_fails(void)
{
    struct proc *proc = boot_process();
    struct guest *guest = proc->guest;
    struct stock before;

    make_whole_swap(guest, 0);
    swap_on(proc, 0, -1);
    swap_off(proc, 0);
    before = stock_of(guest);
    disk_fails(guest, 0, (struct disk_fault){0, DISK_READ, 0, 1, 1});
    expect_error(swapon_op(proc, 0, -1), EIO, "its first page can't be read");
    expect_no_area(guest, 0);
    expect_nothing_lost(guest, &before);
    swap_on(proc, 0, -1);
}

static void swapon_of_what_is_no_disk(void)
{
    struct proc *proc = boot_process();
    struct guest *guest = proc->guest;
    struct stock before;

    user_make_file(proc, "/file", "SWAPSPACE2", 10);
    before = stock_of(guest);
    expect_error(
        syscall_op(proc, NR_swapon, user_string(proc, 0, "/dev/vdz"), 0),
        ENOENT, NULL);
    expect_error(syscall_op(proc, NR_swapon, user_string(proc, 0, "/file"), 0),
                 ENOTBLK, NULL);
    expect_error(syscall_op(proc, NR_swapon, 16, 0), EFAULT, "no string");
    expect_no_area(guest, 0);
    expect_nothing_lost(guest, &before);
}

Test(swap, swapon_of_what_cannot_be_read)
{
    swapon_of_a_disk_that_fails();
    guest_end_all();
    swapon_of_what_is_no_disk();
}

static void swapon_twice_is_busy(void)
{
    struct proc *proc = boot_process();
    struct guest *guest = proc->guest;

    make_swap(guest, 0, NSLOTS);
    swap_on(proc, 0, 3);
    expect_error(swapon_op(proc, 0, 5), EBUSY, "it is an area already");
    expect_no_area(guest, 1);
    expect_area(guest, 0, 3, NSLOTS, NSLOTS);
    expect_totals(guest, NSLOTS, NSLOTS);
    swap_off(proc, 0);
    swap_on(proc, 0, 5);
    expect_area(guest, 0, 5, NSLOTS, NSLOTS);
}

static gaddr_t flags_of(struct guest *guest, unsigned type)
{
    return guest_symbol(guest, "swap_info") + type * SIZEOF_SWAP_INFO +
           SWAP_INFO_FLAGS;
}

static void swapon_of_too_many_alone(void)
{
    struct proc *proc = boot_process();
    struct guest *guest = proc->guest;
    const uint32_t used = SWP_USED, unused = 0;

    make_swap(guest, 0, NSLOTS);
    make_swap(guest, 1, NSLOTS);
    for (unsigned type = 0; type < MAX_SWAPFILES; type++)
        guest_write(guest, flags_of(guest, type), &used, sizeof(used));
    expect_error(swapon_op(proc, 0, -1), EPERM, "MAX_SWAPFILES are in use");
    guest_write(guest, flags_of(guest, MAX_SWAPFILES - 1), &unused,
                sizeof(unused));
    swap_on(proc, 1, 4);
    expect_area(guest, MAX_SWAPFILES - 1, 4, NSLOTS, NSLOTS);
    expect_swap_slot(guest, MAX_SWAPFILES - 1, 1, "the only area with a disk");
    expect_error(swapon_op(proc, 0, -1), EPERM, "MAX_SWAPFILES are in use");
}

Test(swap, swapon_of_too_many)
{
    swapon_twice_is_busy();
    guest_end_all();
    swapon_of_too_many_alone();
}

#define MOST_LEFT 40 /* pages that an area of 16384 slots needs, and more */

Test(swap, swapon_without_memory)
{
    struct proc *proc = boot_process();
    struct guest *guest = proc->guest;
    uint32_t least = zone_view(guest, ZONE_NORMAL).pages_min;
    struct stock before;
    uint32_t refused = 0;

    make_whole_swap(guest, 0);
    swap_on(proc, 0, -1);
    swap_off(proc, 0);
    drain(guest, ZONE_DMA, 0);
    for (uint32_t left = MOST_LEFT; left > 0; left -= 4) {
        int32_t result;

        drain(guest, ZONE_NORMAL, least + left);
        before = stock_of(guest);
        result = (int32_t)user_do(swapon_op(proc, 0, -1));
        expect(result == 0 || result == -ENOMEM, .did = guest_last(guest),
               .expected = "0 or -ENOMEM", .seen = text("%d", result));
        refused += result != 0;
        if (result == 0)
            swap_off(proc, 0);
        expect_no_area(guest, 0);
        expect_totals(guest, 0, 0);
        expect_nothing_lost(guest, &before);
    }
    expect(refused > 2 && refused < MOST_LEFT / 4, .did = guest_last(guest),
           .expected = "some fail for want of memory",
           .seen = text("%u", refused));
}

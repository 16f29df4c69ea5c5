/* Hidden tests of lab 3: where areas lie. No page is mapped here. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "areas.h"
#include "objects.h"
#include "property.h"

#define FIT_HINT                                                               \
    "between two areas, before the first, behind the last: the "               \
    "lowest place at which the pages and a guard page fit"

/* An area of so many pages; where it is. */
static gaddr_t reserve(struct guest *guest, uint32_t npages)
{
    return area_at(guest, get_vm_area(guest, npages * PAGE_SIZE)).addr;
}

/* Takes an area off the list, which must work, and frees its vm_struct. */
static void release(struct guest *guest, gaddr_t address)
{
    gaddr_t area = remove_vm_area(guest, address);

    expect(area != 0 && area_at(guest, area).addr == address,
           .did = guest_last(guest), .expected = "the area that begins there",
           .seen = area == 0 ? "NULL" : "another one");
    kfree(guest, area);
}

/* The larger hole is lower: it is the first that fits, not the best. */
Test(vmalloc, first_fit_takes_the_lowest_hole)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    gaddr_t areas[6];

    for (int i = 0; i < 6; i++)
        areas[i] = reserve(guest, i == 1 ? 9 : i == 3 ? 2 : 4);
    release(guest, areas[1]);
    release(guest, areas[3]);
    expect_at(guest, reserve(guest, 2), areas[1], FIT_HINT);
    expect_at(guest, reserve(guest, 2), areas[1] + 3 * PAGE_SIZE, FIT_HINT);
    release(guest, areas[0]);
    expect_at(guest, reserve(guest, 2), areas[0], FIT_HINT);
}

/* A hole of 6 pages: 5 and a guard page fit, 6 and a guard page do not. */
Test(vmalloc, guard_page_must_fit_into_the_hole)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    gaddr_t areas[3];

    for (int i = 0; i < 3; i++)
        areas[i] = reserve(guest, 5);
    release(guest, areas[1]);
    expect_at(guest, reserve(guest, 6), areas[2] + 6 * PAGE_SIZE, FIT_HINT);
    expect_at(guest, reserve(guest, 5), areas[1], FIT_HINT);
    release(guest, areas[0]);
    expect_at(guest, reserve(guest, 6), areas[2] + 13 * PAGE_SIZE, FIT_HINT);
    expect_at(guest, reserve(guest, 5), areas[0], FIT_HINT);
}

Test(vmalloc, areas_fill_all_addresses)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    uint32_t npages = (uint32_t)vmalloc_pages(guest);
    const char *hint = "the guard page of the last area lies below "
                       "VMALLOC_END, too";
    gaddr_t start = vmalloc_start(guest);

    expect_refused(guest, get_vm_area(guest, npages * PAGE_SIZE), hint);
    expect_at(guest, reserve(guest, npages - 1), start, hint);
    expect_refused(guest, get_vm_area(guest, 1), "nothing is left");
    release(guest, start);
    expect_at(guest, reserve(guest, npages - 5), start, FIT_HINT);
    expect_refused(guest, get_vm_area(guest, 4 * PAGE_SIZE), hint);
    expect_at(guest, reserve(guest, 3), VMALLOC_END - 4 * PAGE_SIZE, hint);
    expect_refused(guest, get_vm_area(guest, 1), "nothing is left");
}

Test(vmalloc, sizes_are_rounded_up_to_pages)
{
    static const struct {
        uint32_t bytes, npages;
    } sizes[] = {
        {1, 1},
        {PAGE_SIZE - 1, 1},
        {PAGE_SIZE, 1},
        {PAGE_SIZE + 1, 2},
        {3 * PAGE_SIZE, 3},
        {TABLE_BYTES + 1, 1025},
    };
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint32_t npages = sizes[i].npages;
        struct area area = area_at(guest, get_vm_area(guest, sizes[i].bytes));

        expect(area.size == (npages + 1) * PAGE_SIZE, .did = guest_last(guest),
               .expected = text("%u pages and a guard page: size %u", npages,
                                (npages + 1) * PAGE_SIZE),
               .seen = text("size %u", area.size), .hint = "PAGE_ALIGN()");
        expect_mapped(guest, vmalloc(guest, sizes[i].bytes), npages);
    }
}

Test(vmalloc, impossible_sizes_are_refused)
{
    static const uint32_t sizes[] = {0,          0xffffffff, 0xfffff001,
                                     0xfffff000, 0xffffe001, 0xc0000000};
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    gaddr_t area = reserve(guest, 1);
    const char *hint = "rounding up the largest sizes ends at 0";

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        expect_refused(guest, get_vm_area(guest, sizes[i]), hint);
        expect_refused(guest, vmalloc(guest, sizes[i]), hint);
        expect_areas(guest, &area, 1);
    }
    expect_at(guest, reserve(guest, 1), area + 2 * PAGE_SIZE, FIT_HINT);
}

/* Areas come and go, in no order; vmlist is looked at each time. */
Test(vmalloc, list_is_sorted_and_complete)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    struct random random = random_of_test();
    gaddr_t held[100];
    size_t n = 0;

    for (int i = 0; i < 150; i++) {
        if (n == 100 || (n > 50 && random_below(&random, 2) == 0)) {
            size_t victim = random_below(&random, (uint32_t)n);

            release(guest, held[victim]);
            held[victim] = held[--n];
        } else {
            held[n++] = reserve(guest, 1 + random_below(&random, 30));
        }
        sort_addresses(held, n);
        expect_areas(guest, held, n);
    }
}

Test(vmalloc, removes_only_what_begins_at_the_address)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    gaddr_t areas[] = {reserve(guest, 3), reserve(guest, 3)};
    const gaddr_t wrong[] = {
        0,
        areas[0] + 1,
        areas[0] + PAGE_SIZE,
        areas[0] + 3 * PAGE_SIZE,
        areas[1] + 4 * PAGE_SIZE,
        areas[0] - PAGE_SIZE,
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        expect_refused(guest, remove_vm_area(guest, wrong[i]),
                       "no area begins there");
        expect_areas(guest, areas, 2);
    }
    release(guest, areas[0]);
    expect_refused(guest, remove_vm_area(guest, areas[0]),
                   "it was removed already");
    expect_areas(guest, &areas[1], 1);
}

/* The area is the caller's: kfree() must know it. */
Test(vmalloc, removed_area_is_left_as_it_was)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    struct call call = {
        .function = "get_vm_area",
        .args = {3 * PAGE_SIZE, 0x40},
        .shown = "get_vm_area(12288, 0x40)",
    };
    gaddr_t start = vmalloc_start(guest);
    struct mistakes mistakes = mistakes_of(guest);
    struct area area = area_at(guest, guest_call(guest, &call, NULL));

    for (int i = 0; i < 2; i++) {
        expect(area.addr == start && area.size == 4 * PAGE_SIZE &&
                   area.flags == 0x40,
               .did = guest_last(guest),
               .expected = text("addr 0x%08x, size 16384, flags 0x40", start),
               .seen = text("addr 0x%08x, size %u, flags 0x%x", area.addr,
                            area.size, area.flags));
        if (i == 0)
            area = area_at(guest, remove_vm_area(guest, start));
    }
    kfree(guest, area.vm_struct);
    expect_no_mistake(guest, &mistakes);
    expect_given(guest, vmalloc(guest, 1), NULL);
    area = areas_of(guest).list[0];
    expect(area.flags == VM_ALLOC, .did = guest_last(guest),
           .expected = "an area with flags VM_ALLOC",
           .seen = text("flags 0x%x", area.flags));
}

Test(vmalloc, no_area_without_memory_for_it)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_VMALLOC);
    gaddr_t areas[2] = {vmalloc(guest, PAGE_SIZE), 0};
    struct blocks pages = exhaust(guest, ZONE_DMA);
    const char *hint = "kmalloc() may give NULL";

    exhaust_kmalloc(guest);
    for (int i = 0; i < 2; i++) {
        expect_refused(guest, get_vm_area(guest, PAGE_SIZE), hint);
        expect_refused(guest, vmalloc(guest, PAGE_SIZE), hint);
        expect_areas(guest, areas, 1);
    }
    expect_free(guest, ZONE_DMA, 0);
    give_back(guest, &pages);
    areas[1] = vmalloc(guest, PAGE_SIZE);
    expect_mapped(guest, areas[1], 1);
    expect_areas(guest, areas, 2);
}

/* Hidden tests of lab 3: what areas are mapped to. */
#include <criterion/criterion.h>

#include "areas.h"

Test(vmalloc, maps_the_area_and_nothing_else)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    gaddr_t areas[3];
    gaddr_t addr;

    for (int i = 0; i < 3; i++)
        areas[i] = get_vm_area(guest, 4 * PAGE_SIZE);
    addr = area_at(guest, areas[1]).addr;
    expect(mapped_pages(guest) == 0, .did = guest_last(guest),
           .expected = "nothing is mapped yet",
           .seen = text("%zu pages", mapped_pages(guest)));
    expect(map_vm_area(guest, areas[1], GFP_HIGHUSER) == 0,
           .did = guest_last(guest), .expected = "0", .seen = "something else");
    expect_mapped(guest, addr, 4);
    expect(mapped_pages(guest) == 4, .did = guest_last(guest),
           .expected = "4 pages are mapped",
           .seen = text("%zu", mapped_pages(guest)));
}

/* Between two areas that are mapped, in the same page table. */
Test(vmalloc, unmaps_only_what_is_mapped)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    gaddr_t before = vmalloc(guest, 3 * PAGE_SIZE);
    gaddr_t area = get_vm_area(guest, 3 * TABLE_BYTES);
    gaddr_t after = vmalloc(guest, 3 * PAGE_SIZE);
    uint32_t left = free_pages_in_ram(guest);

    fill_pages(guest, before, 3, 1);
    fill_pages(guest, after, 3, 2);
    unmap_vm_area(guest, area);
    expect(free_pages_in_ram(guest) == left, .did = guest_last(guest),
           .expected = "no page was mapped, none is freed",
           .seen = text("%d pages more are free",
                        (int)(free_pages_in_ram(guest) - left)));
    expect_mapped(guest, before, 3);
    expect_mapped(guest, after, 3);
    expect_reads(guest, before, 3, 1, NULL);
    expect_reads(guest, after, 3, 2, NULL);
    map_vm_area(guest, area, GFP_KERNEL);
    expect_mapped(guest, area_at(guest, area).addr,
                  3 * TABLE_BYTES / PAGE_SIZE);
}

/* 2700 pages from the middle of one page table to the middle of another. */
Test(vmalloc, areas_cross_page_tables)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    gaddr_t first = vmalloc(guest, 1000 * PAGE_SIZE);
    gaddr_t second = vmalloc(guest, 2700 * PAGE_SIZE);
    gaddr_t third = vmalloc(guest, 300 * PAGE_SIZE);
    struct blocks frames = expect_mapped(guest, second, 2700);

    expect_mapped(guest, first, 1000);
    expect_mapped(guest, third, 300);
    fill_pages(guest, first, 1000, 1);
    fill_pages(guest, third, 300, 3);
    fill_pages(guest, second, 2700, 2);
    expect_in_frames(guest, &frames, 2);
    expect_reads(guest, first, 1000, 1, "page tables are not shared");
    expect_reads(guest, third, 300, 3, "page tables are not shared");
    vfree(guest, second);
    expect_unmapped(guest, second, 2700, "the area is in four page tables");
    expect_mapped(guest, first, 1000);
    expect_mapped(guest, third, 300);
}

/* The page before the border is the guard page, or the area's last. */
Test(vmalloc, areas_end_at_a_page_table)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    uint32_t npages = TABLE_BYTES / PAGE_SIZE;
    gaddr_t first = vmalloc(guest, TABLE_BYTES - PAGE_SIZE);
    gaddr_t second = vmalloc(guest, TABLE_BYTES);
    gaddr_t third = vmalloc(guest, PAGE_SIZE);

    expect_mapped(guest, first, npages - 1);
    expect_mapped(guest, second, npages);
    expect_mapped(guest, third, 1);
    expect_at(guest, third, second + TABLE_BYTES + PAGE_SIZE, NULL);
    expect(mapped_pages(guest) == 2 * npages, .did = guest_last(guest),
           .expected = text("%u pages are mapped", 2 * npages),
           .seen = text("%zu", mapped_pages(guest)));
}

Test(vmalloc, contents_are_kept_apart)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    struct blocks frames[60], all = {(pfn_t[2000]){0}, 0, 0};
    gaddr_t areas[60];

    for (uint32_t i = 0; i < 60; i++) {
        areas[i] = vmalloc(guest, (i + 1) * PAGE_SIZE);
        frames[i] = expect_mapped(guest, areas[i], i + 1);
        fill_pages(guest, areas[i], i + 1, i);
        for (size_t j = 0; j < frames[i].n; j++)
            all.pfns[all.n++] = frames[i].pfns[j];
    }
    expect_distinct(guest, all.pfns, all.n);
    for (uint32_t i = 0; i < 60; i++) {
        expect_in_frames(guest, &frames[i], i);
        expect_reads(guest, areas[i], i + 1, i, NULL);
    }
    expect_areas(guest, areas, 60);
}

/* A second round of the same areas finds all page tables made. */
Test(vmalloc, page_tables_stay)
{
    static const uint32_t sizes[] = {PAGE_SIZE, 3 * TABLE_BYTES,
                                     50 * PAGE_SIZE};
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    gaddr_t areas[3];
    uint32_t left[2], back = 0;

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3; i++)
            areas[i] = vmalloc(guest, sizes[i]);
        for (int i = 0; i < 3; i++)
            expect_mapped(guest, areas[i], sizes[i] / PAGE_SIZE);
        left[round] = free_pages_in_ram(guest);
        for (int i = 0; i < 3; i++)
            vfree(guest, areas[i]);
        back = free_pages_in_ram(guest);
    }
    expect(left[1] == left[0] && back == left[0] + 51 + 3 * 1024,
           .did = "vmalloc() of three areas, vfree(), and all once more",
           .expected = text("%u free pages in between both times, %u in the "
                            "end",
                            left[0], left[0] + 51 + 3 * 1024),
           .seen = text("%u the second time, %u in the end", left[1], back),
           .hint = "a page table that was made is used again, and never freed");
}

static void expect_zone(struct guest *guest, const struct blocks *frames,
                        enum zone_index zone)
{
    struct zone_view view = zone_view(guest, zone);

    for (size_t i = 0; i < frames->n; i++)
        expect(frames->pfns[i] >= (pfn_t)view.start_pfn &&
                   frames->pfns[i] < (pfn_t)(view.start_pfn + view.size),
               .did = guest_last(guest),
               .expected = text("frames of %s", zone_name(zone)),
               .seen = text("frame %ld", frames->pfns[i]),
               .hint = "alloc_page(gfp_mask): vmalloc() passes GFP_HIGHUSER, "
                       "__vmalloc() what it was given");
}

Test(vmalloc, frames_are_of_high_memory_if_there_is_some)
{
    struct guest *large = guest_boot(&machine_1200mb, STAGE_VMALLOC);
    struct guest *small = guest_boot(&machine_64mb, STAGE_VMALLOC);
    gaddr_t address = vmalloc(large, 2000 * PAGE_SIZE);
    struct blocks frames = expect_mapped(large, address, 2000);

    expect_zone(large, &frames, ZONE_HIGHMEM);
    fill_pages(large, address, 2000, 1);
    expect_in_frames(large, &frames, 1);
    address = vmalloc(small, 2000 * PAGE_SIZE);
    frames = expect_mapped(small, address, 2000);
    expect_zone(small, &frames, ZONE_NORMAL);
}

/* The page tables and the vm_struct are not what the mask is about. */
Test(vmalloc, frames_are_what_the_mask_says)
{
    static const struct {
        uint32_t gfp_mask;
        enum zone_index zone;
    } masks[] = {
        {GFP_KERNEL | GFP_DMA, ZONE_DMA},
        {GFP_KERNEL, ZONE_NORMAL},
        {GFP_ATOMIC, ZONE_NORMAL},
        {GFP_HIGHUSER, ZONE_HIGHMEM},
        {GFP_ATOMIC | GFP_HIGHMEM, ZONE_HIGHMEM},
    };
    struct guest *guest = guest_boot(&machine_1200mb, STAGE_VMALLOC);
    uint32_t before = zone_view(guest, ZONE_DMA).free_pages;

    for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        gaddr_t address =
            vmalloc_from(guest, 20 * PAGE_SIZE, masks[i].gfp_mask);
        struct blocks frames = expect_mapped(guest, address, 20);
        gaddr_t area = get_vm_area(guest, 20 * PAGE_SIZE);

        expect_zone(guest, &frames, masks[i].zone);
        map_vm_area(guest, area, masks[i].gfp_mask);
        frames = expect_mapped(guest, area_at(guest, area).addr, 20);
        expect_zone(guest, &frames, masks[i].zone);
        expect_free(guest, ZONE_DMA, before - 40);
    }
}

/* All that is free are pages in which somebody left something. */
Test(vmalloc, page_tables_begin_empty)
{
    static const char junk[PAGE_SIZE] = "\x63\x60\x99somebody's secret";
    struct guest *guest = guest_boot(&machine_8mb, STAGE_VMALLOC);
    gaddr_t warm_up = get_vm_area(guest, PAGE_SIZE), address;
    struct blocks pages;
    uint32_t npages = 4 * zone_view(guest, ZONE_DMA).pages_min;

    expect_given(guest, warm_up, NULL);
    pages = exhaust(guest, ZONE_DMA);
    for (uint32_t i = 0; i < npages; i++)
        guest_write(guest, address_of(pages.pfns[i]), junk, sizeof(junk));
    give_back_some(guest, &pages, 0, npages);
    address = vmalloc(guest, PAGE_SIZE);
    expect_mapped(guest, address, 1);
    expect(mapped_pages(guest) == 1, .did = guest_last(guest),
           .expected = "1 page is mapped in a new page table",
           .seen = text("%zu", mapped_pages(guest)),
           .hint = "get_zeroed_page()");
}

/* Hidden tests of lab 3: vfree(), and what the processor remembers. */
#include <criterion/criterion.h>

#include "areas.h"
#include "objects.h"

#define TLB_HINT                                                               \
    "the processor remembers translations: flush them after the page-table "   \
    "entries are cleared, before frames or addresses are used again"

#define PRINTK_INSTRUCTIONS 300 /* fewer than the shortest line costs */

/* The kernel has just read the page, so the processor remembers it. */
Test(vmalloc, freed_pages_fault)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    gaddr_t address = vmalloc(guest, 4 * PAGE_SIZE);

    expect_mapped(guest, address, 4);
    fill_pages(guest, address, 4, 1);
    expect_reads(guest, address, 4, 1, NULL);
    vfree(guest, address);
    expect_fault(guest, address + PAGE_SIZE, "a page after vfree()");
}

/* The frames of the first area are held by somebody else meanwhile. */
Test(vmalloc, addresses_used_again_show_the_new_frames)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    gaddr_t address = vmalloc(guest, 20 * PAGE_SIZE);
    struct blocks old = expect_mapped(guest, address, 20), frames;

    fill_pages(guest, address, 20, 1);
    expect_reads(guest, address, 20, 1, NULL);
    vfree(guest, address);
    hold_frames(guest, &old);
    expect_at(guest, vmalloc(guest, 20 * PAGE_SIZE), address,
              "its addresses are free again");
    frames = expect_mapped(guest, address, 20);
    fill_pages(guest, address, 20, 2);
    expect_in_frames(guest, &old, 1);
    expect_in_frames(guest, &frames, 2);
    expect_reads(guest, address, 20, 2, TLB_HINT);
}

/* The same with unmap_vm_area() and map_vm_area() alone: the area stays. */
Test(vmalloc, area_mapped_again_shows_the_new_frames)
{
    struct guest *guest = guest_boot(&machine_1200mb, STAGE_VMALLOC);
    gaddr_t area = get_vm_area(guest, 20 * PAGE_SIZE);
    gaddr_t address = area_at(guest, area).addr;
    struct blocks old, frames;
    uint32_t left;

    map_vm_area(guest, area, GFP_HIGHUSER);
    old = expect_mapped(guest, address, 20);
    fill_pages(guest, address, 20, 1);
    left = free_pages_in_ram(guest);
    unmap_vm_area(guest, area);
    expect_unmapped(guest, address, 20, "pte_clear()");
    expect_areas(guest, &address, 1);
    expect(free_pages_in_ram(guest) == left + 20, .did = guest_last(guest),
           .expected = text("%u free pages", left + 20),
           .seen = text("%u", free_pages_in_ram(guest)),
           .hint = "the frames go back, page tables stay");
    hold_frames(guest, &old);
    map_vm_area(guest, area, GFP_HIGHUSER);
    frames = expect_mapped(guest, address, 20);
    fill_pages(guest, address, 20, 2);
    expect_in_frames(guest, &old, 1);
    expect_in_frames(guest, &frames, 2);
}

Test(vmalloc, neighbours_stay_when_an_area_is_freed)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    gaddr_t areas[5];

    for (uint32_t i = 0; i < 5; i++) {
        areas[i] = vmalloc(guest, 7 * PAGE_SIZE);
        expect_mapped(guest, areas[i], 7);
        fill_pages(guest, areas[i], 7, i);
    }
    vfree(guest, areas[3]);
    vfree(guest, areas[1]);
    expect_areas(guest, (gaddr_t[]){areas[0], areas[2], areas[4]}, 3);
    for (uint32_t i = 0; i < 5; i += 2) {
        expect_mapped(guest, areas[i], 7);
        expect_reads(guest, areas[i], 7, i, "only its own pages are unmapped");
    }
    expect_unmapped(guest, areas[1], 8, "it was freed");
    expect_unmapped(guest, areas[3], 8, "it was freed");
}

/*
 * What the kernel says on the console can't be seen from here, but that it
 * does: a line costs thousands of instructions.
 */
Test(vmalloc, vfree_reports_what_is_no_area)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    gaddr_t address = vmalloc(guest, PAGE_SIZE);
    struct call calls[] = {vfree_call(0), vfree_call(address + PAGE_SIZE)};
    uint32_t silent, reported;

    expect_mapped(guest, address, 1);
    guest_call(guest, &calls[0], &silent);
    guest_call(guest, &calls[1], &reported);
    expect(silent < PRINTK_INSTRUCTIONS, .did = "vfree(NULL)",
           .expected = "nothing is done",
           .seen = text("%u instructions", silent));
    expect(reported > PRINTK_INSTRUCTIONS, .did = guest_last(guest),
           .expected = "a line of printk()'s: no area begins there",
           .seen = text("%u instructions, too few to print it", reported));
}

Test(vmalloc, vfree_of_what_is_no_area_does_nothing)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    gaddr_t areas[] = {vmalloc(guest, 3 * PAGE_SIZE),
                       vmalloc(guest, 3 * PAGE_SIZE), 0};
    const gaddr_t wrong[] = {
        0,
        areas[0] + PAGE_SIZE,
        areas[0] + 1,
        areas[0] + 3 * PAGE_SIZE,
        areas[1] + 4 * PAGE_SIZE,
        KERNEL_BASE + (32u << 20),
    };
    struct mistakes mistakes = mistakes_of(guest);
    uint32_t left = free_pages_in_ram(guest);

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        vfree(guest, wrong[i]);
        expect_areas(guest, areas, 2);
        expect_mapped(guest, areas[0], 3);
        expect_mapped(guest, areas[1], 3);
        expect(free_pages_in_ram(guest) == left, .did = guest_last(guest),
               .expected = "no page is freed",
               .seen = text("%d are", (int)(free_pages_in_ram(guest) - left)));
    }
    vfree(guest, areas[0]);
    vfree(guest, areas[0]);
    expect_areas(guest, &areas[1], 1);
    expect_no_mistake(guest, &mistakes);
}

/* Many areas one after the other: memory and vm_structs come back. */
Test(vmalloc, nothing_is_lost_over_many_areas)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    static struct call calls[2000];
    static struct agent_result results[2000];
    uint32_t left;

    for (uint32_t i = 0; i < 2000; i += 2) {
        calls[i] = vmalloc_call((1 + i % 37) * PAGE_SIZE);
        calls[i + 1] = vfree_call(i);
        calls[i + 1].refs = 1;
        calls[i + 1].shown = "vfree() of it";
    }
    guest_calls_checked(guest, calls, 2000, results);
    left = free_pages_in_ram(guest);
    guest_calls_checked(guest, calls, 2000, results);
    for (size_t i = 0; i < 2000; i += 2)
        expect(results[i].value == vmalloc_start(guest), .did = calls[i].shown,
               .expected = text("0x%08x, where the one before it was",
                                vmalloc_start(guest)),
               .seen = text("0x%08x", results[i].value));
    expect(free_pages_in_ram(guest) == left,
           .did = "vmalloc() and vfree(), 1000 times",
           .expected = "as many free pages as before",
           .seen = text("%d more", (int)(free_pages_in_ram(guest) - left)),
           .hint = "vfree() frees the vm_struct, too: kfree()");
}

/*
 * Public tests of lab 3, from the first thing that works to the last. They show
 * the way; the hidden ones are about every sentence of include/vmalloc.h and
 * include/highmem.h.
 *
 * A test runs on the host. guest_boot() starts a fresh machine with your
 * kernel; vmalloc(), kmap() and their like call your functions in it.
 * Addresses are numbers, 0 for NULL; pages are frame numbers. What is mapped is
 * not asked of your kernel: the test walks the page tables as the MMU does.
 * `make gdb T=vmalloc::maps_an_area` stops the machine before the test begins.
 */
#include <criterion/criterion.h>

#include "slots.h"

SUITE(vmalloc);

/* Needs get_vm_area(), and page_address_init(), as all others do. */
Test(vmalloc, reserves_addresses)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    gaddr_t start = vmalloc_start(guest);
    struct area first = area_at(guest, get_vm_area(guest, 5000));

    expect(first.addr == start && first.size == 3 * PAGE_SIZE &&
               first.flags == VM_ALLOC,
           .did = guest_last(guest),
           .expected = text("addr 0x%08x, size 12288 (two pages and a guard "
                            "page), flags %d",
                            start, VM_ALLOC),
           .seen = text("addr 0x%08x, size %u, flags %u", first.addr,
                        first.size, first.flags));
    expect_at(guest, area_at(guest, get_vm_area(guest, PAGE_SIZE)).addr,
              start + 3 * PAGE_SIZE, "right behind the guard page");
    expect_areas(guest, (gaddr_t[]){start, start + 3 * PAGE_SIZE}, 2);
}

/* Needs remove_vm_area() as well. */
Test(vmalloc, takes_an_area_off_the_list)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    gaddr_t areas[3], addr;

    for (int i = 0; i < 3; i++)
        areas[i] = get_vm_area(guest, PAGE_SIZE);
    addr = area_at(guest, areas[1]).addr;
    expect(remove_vm_area(guest, addr) == areas[1], .did = guest_last(guest),
           .expected = text("the vm_struct at 0x%08x", areas[1]),
           .seen = "another pointer");
    expect_areas(guest,
                 (gaddr_t[]){area_at(guest, areas[0]).addr,
                             area_at(guest, areas[2]).addr},
                 2);
    expect_at(guest, area_at(guest, get_vm_area(guest, PAGE_SIZE)).addr, addr,
              "its addresses are free again");
}

/* Needs __vmalloc(), vmalloc(), map_vm_area() as well. */
Test(vmalloc, maps_an_area)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    gaddr_t address = vmalloc(guest, 3 * PAGE_SIZE);

    expect_mapped(guest, address, 3);
    expect_areas(guest, &address, 1);
    expect(mapped_pages(guest) == 3, .did = guest_last(guest),
           .expected = "3 pages are mapped above VMALLOC_START",
           .seen = text("%zu", mapped_pages(guest)));
}

Test(vmalloc, keeps_what_is_written)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    gaddr_t address = vmalloc(guest, 100 * PAGE_SIZE);
    struct blocks frames = expect_mapped(guest, address, 100);

    fill_pages(guest, address, 100, 1);
    expect_in_frames(guest, &frames, 1);
    expect_reads(guest, address, 100, 1, NULL);
}

Test(vmalloc, guard_page_catches_an_overrun)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    gaddr_t first = vmalloc(guest, 2 * PAGE_SIZE);
    gaddr_t second = vmalloc(guest, PAGE_SIZE);

    expect_mapped(guest, first, 2);
    expect_mapped(guest, second, 1);
    fill_pages(guest, first, 2, 1);
    expect_fault(guest, first + 2 * PAGE_SIZE, "the guard page");
}

/* Needs vfree() and unmap_vm_area() as well. */
Test(vmalloc, vfree_gives_everything_back)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    gaddr_t address = vmalloc(guest, 50 * PAGE_SIZE);
    uint32_t left = free_pages_in_ram(guest);

    expect_mapped(guest, address, 50);
    vfree(guest, address);
    expect_areas(guest, NULL, 0);
    expect_unmapped(guest, address, 50, "pte_clear()");
    expect(free_pages_in_ram(guest) >= left + 50, .did = guest_last(guest),
           .expected = "50 pages more are free",
           .seen = text("%d", (int)(free_pages_in_ram(guest) - left)),
           .hint = "__free_page() of each frame");
}

/* Needs vmalloc_to_page() as well. */
Test(vmalloc, finds_the_page_at_an_address)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    gaddr_t address = vmalloc(guest, 2 * PAGE_SIZE);
    struct blocks frames = expect_mapped(guest, address, 2);
    const struct {
        uint32_t offset;
        pfn_t pfn;
    } asked[] = {
        {0, frames.pfns[0]},
        {1234, frames.pfns[0]},
        {PAGE_SIZE, frames.pfns[1]},
        {2 * PAGE_SIZE, NO_PAGE},
    };

    for (int i = 0; i < 4; i++) {
        pfn_t seen = vmalloc_to_page(guest, address + asked[i].offset);

        expect(seen == asked[i].pfn, .did = guest_last(guest),
               .expected = asked[i].pfn == NO_PAGE
                               ? "NULL: the guard page is not mapped"
                               : text("frame %ld", asked[i].pfn),
               .seen = seen == NO_PAGE ? "NULL" : text("frame %ld", seen),
               .hint = "pgd_offset_k(), pte_offset(), pte_page()");
    }
}

/* Needs page_address() and set_page_address(). */
Test(vmalloc, knows_addresses_of_pages)
{
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, 2);
    pfn_t low = alloc_pages(guest, GFP_KERNEL, 0);

    expect_page_address(guest, low, address_of(low),
                        "a page of the direct map: lowmem_page_address()");
    expect_page_address(guest, pages.pfns[0], 0, "it has no address yet");
    for (int i = 0; i < 2; i++)
        set_page_address(guest, pages.pfns[i], PKMAP_ADDR(7 + i));
    for (int i = 0; i < 2; i++)
        expect_page_address(guest, pages.pfns[i], PKMAP_ADDR(7 + i), NULL);
    set_page_address(guest, pages.pfns[0], 0);
    expect_page_address(guest, pages.pfns[0], 0, "it has none any more");
    expect_page_address(guest, pages.pfns[1], PKMAP_ADDR(8), NULL);
}

/* Needs kmap() as well, which does not have to sleep here. */
Test(vmalloc, kmap_gives_a_page_an_address)
{
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, 2);
    gaddr_t first = kmap(guest, pages.pfns[0]), second;

    expect_slot(guest, pages.pfns[0], first, 1);
    expect_page_address(guest, pages.pfns[0], first, "set_page_address()");
    second = kmap(guest, pages.pfns[1]);
    expect_slot(guest, pages.pfns[1], second, 1);
    expect(second != first, .did = guest_last(guest),
           .expected = "another slot: the first has a user",
           .seen = "the same one");
    expect(kmap(guest, pages.pfns[0]) == first, .did = guest_last(guest),
           .expected = "the address that the page has already",
           .seen = "another one");
    expect_slot(guest, pages.pfns[0], first, 2);
}

/* Needs kunmap(), flush_all_zero_pkmaps() as well. */
Test(vmalloc, slot_is_free_after_a_flush)
{
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, 1);
    gaddr_t address = kmap(guest, pages.pfns[0]);

    expect_slot(guest, pages.pfns[0], address, 1);
    kunmap(guest, pages.pfns[0]);
    expect_slot(guest, pages.pfns[0], address, 0);
    flush_all_zero_pkmaps(guest);
    expect_no_slots(guest);
    expect_page_address(guest, pages.pfns[0], 0,
                        "set_page_address(page, NULL)");
}

Test(vmalloc, pages_of_the_direct_map_need_no_slot)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    pfn_t pfn = alloc_pages(guest, GFP_HIGHUSER, 0);

    for (int i = 0; i < 2; i++)
        expect(kmap(guest, pfn) == address_of(pfn), .did = guest_last(guest),
               .expected = text("0x%08x, in the direct map", address_of(pfn)),
               .seen = "another address", .hint = "PageHighMem()");
    kunmap(guest, pfn);
    expect_no_slots(guest);
}

/* Needs kmap_atomic() and kunmap_atomic(). */
Test(vmalloc, kmap_atomic_maps_for_a_moment)
{
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, 1);
    gaddr_t address = kmap_atomic(guest, pages.pfns[0], KM_USER0);

    expect(address == atomic_address(KM_USER0), .did = guest_last(guest),
           .expected = text("0x%08x: fix_to_virt(FIX_KMAP_BEGIN + KM_USER0)",
                            atomic_address(KM_USER0)),
           .seen = text("0x%08x", address));
    expect_maps(guest, address, pages.pfns[0]);
    kunmap_atomic(guest, address, KM_USER0);
    expect_unmapped(guest, address, 1, "pte_clear()");
}

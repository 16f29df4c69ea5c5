/* Hidden tests of lab 3: when memory or addresses run out, nothing is lost. */
#include <criterion/criterion.h>
#include <errno.h>

#include "areas.h"
#include "objects.h"

#define UNDO_HINT                                                              \
    "whatever was done before the failure is undone: pages unmapped, frames "  \
    "given back, the area off vmlist, its vm_struct freed"

/* What vmalloc() must leave as it was when it fails. */
struct before {
    uint32_t free_pages;
    uint32_t objects;
    size_t mapped;
    struct areas areas;
    struct mistakes mistakes;
};

/* Objects of the general caches that are in use. */
static uint32_t objects_in_use(struct guest *guest)
{
    uint32_t n = 0;

    for (int i = 0; i < NR_GENERAL; i++)
        n += cache_view(guest, general_cache(guest, SMALLEST_BYTES << i, false))
                 .inuse;
    return n;
}

static struct before look(struct guest *guest)
{
    return (struct before){free_pages_in_ram(guest), objects_in_use(guest),
                           mapped_pages(guest), areas_of(guest),
                           mistakes_of(guest)};
}

/* The last call gave NULL: only page tables, `tables` at most, may stay. */
static void expect_undone(struct guest *guest, const struct before *before,
                          uint32_t tables)
{
    uint32_t free_pages = free_pages_in_ram(guest);
    size_t mapped = mapped_pages(guest), nareas = areas_of(guest).n;

    expect(free_pages <= before->free_pages &&
               free_pages + tables >= before->free_pages,
           .did = guest_last(guest),
           .expected = text("%u free pages, up to %u page tables less",
                            before->free_pages, tables),
           .seen = text("%u", free_pages), .hint = UNDO_HINT);
    expect(mapped == before->mapped, .did = guest_last(guest),
           .expected = text("%zu pages are mapped", before->mapped),
           .seen = text("%zu", mapped), .hint = UNDO_HINT);
    expect(nareas == before->areas.n, .did = guest_last(guest),
           .expected = text("%zu areas on vmlist", before->areas.n),
           .seen = text("%zu", nareas), .hint = UNDO_HINT);
    expect(objects_in_use(guest) == before->objects, .did = guest_last(guest),
           .expected =
               text("%u objects of kmalloc()'s are in use", before->objects),
           .seen = text("%u", objects_in_use(guest)), .hint = UNDO_HINT);
    expect_no_mistake(guest, &before->mistakes);
}

/* Page tables for an area of this size, wherever it begins. */
static uint32_t tables_of(uint32_t nbytes)
{
    return nbytes / TABLE_BYTES + 2;
}

Test(vmalloc, refuses_more_than_all_memory)
{
    static const uint32_t sizes[] = {(64u << 20) + 1, 100u << 20, 800u << 20};
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    gaddr_t kept = vmalloc(guest, 10 * PAGE_SIZE);
    struct before before = look(guest);

    expect_mapped(guest, kept, 10);
    for (int i = 0; i < 6; i++) {
        expect_refused(guest, vmalloc(guest, sizes[i / 2]), "max_mapnr");
        expect_undone(guest, &before, i % 2 == 0 ? tables_of(sizes[i / 2]) : 0);
        before = look(guest);
    }
    expect_mapped(guest, vmalloc(guest, 10 * PAGE_SIZE), 10);
}

/* On this machine there is more memory than there are addresses. */
Test(vmalloc, refuses_more_than_all_addresses)
{
    struct guest *guest = guest_boot(&machine_1200mb, STAGE_VMALLOC);
    uint32_t npages = (uint32_t)vmalloc_pages(guest);
    gaddr_t address = vmalloc(guest, 1);
    struct before before;

    expect_given(guest, address, NULL);
    vfree(guest, address);
    before = look(guest);
    expect_refused(guest, vmalloc(guest, npages * PAGE_SIZE),
                   "no room for the guard page");
    expect_undone(guest, &before, 0);
    address = vmalloc(guest, (npages - 1) * PAGE_SIZE);
    expect_at(guest, address, vmalloc_start(guest), "all addresses are free");
    expect_mapped(guest, address, npages - 1);
    before = look(guest);
    expect_refused(guest, vmalloc(guest, 1), "no addresses are left");
    expect_undone(guest, &before, 0);
    vfree(guest, address);
    expect_at(guest, vmalloc(guest, 1), address, "they are free again");
}

Test(vmalloc, undoes_when_frames_run_out)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    gaddr_t kept = vmalloc(guest, 40u << 20);
    struct blocks frames = expect_mapped(guest, kept, 10240);
    struct before before = look(guest);

    fill_pages(guest, kept + (39u << 20), 256, 1);
    for (int i = 0; i < 3; i++) {
        expect_refused(guest, vmalloc(guest, 40u << 20),
                       "20 MB are free at most");
        expect_undone(guest, &before, i == 0 ? tables_of(40u << 20) : 0);
        before = look(guest);
    }
    expect_reads(guest, kept + (39u << 20), 256, 1, NULL);
    expect_distinct(guest, frames.pfns, frames.n);
    vfree(guest, kept);
    expect_at(guest, vmalloc(guest, 40u << 20), kept, "memory enough again");
}

/* Fails at the first page, at the second, and so on to the last but none. */
Test(vmalloc, undoes_wherever_it_fails)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_VMALLOC);
    gaddr_t warm_up = vmalloc(guest, 8 * PAGE_SIZE), address = 0;
    uint32_t min = zone_view(guest, ZONE_DMA).pages_min;
    struct blocks pages;
    struct before before;
    size_t given = min;

    expect_given(guest, warm_up, NULL);
    vfree(guest, warm_up);
    pages = exhaust(guest, ZONE_DMA);
    give_back_some(guest, &pages, 0, min);
    while (address == 0 && given < min + 8) {
        before = look(guest);
        address = vmalloc(guest, 8 * PAGE_SIZE);
        expect_refused(guest, address,
                       "pages_min stay free, and fewer than 8 pages are above");
        expect_undone(guest, &before, 0);
        give_back_some(guest, &pages, given++, 1);
    }
    address = vmalloc(guest, 8 * PAGE_SIZE);
    expect_at(guest, address, warm_up, "exactly 8 pages may be taken");
    expect_mapped(guest, address, 8);
}

/* Low memory, of which page tables are, is used up; high memory is not. */
Test(vmalloc, undoes_when_page_tables_run_out)
{
    struct guest *guest = guest_boot(&machine_1200mb, STAGE_VMALLOC);
    gaddr_t kept = vmalloc(guest, PAGE_SIZE), address;
    struct before before;

    expect_given(guest, kept, NULL);
    drain(guest, ZONE_NORMAL, 0);
    drain(guest, ZONE_DMA, 0);
    for (int i = 0; i < 2; i++) {
        before = look(guest);
        expect_refused(guest, vmalloc(guest, 12u << 20),
                       "the second page table can't be made");
        expect_undone(guest, &before, 0);
    }
    address = vmalloc(guest, 100 * PAGE_SIZE);
    expect_mapped(guest, address, 100);
    expect_areas(guest, (gaddr_t[]){kept, address}, 2);
}

Test(vmalloc, map_vm_area_says_that_memory_ran_out)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);
    gaddr_t area = get_vm_area(guest, 100u << 20), small;
    struct before before;

    for (int i = 0; i < 2; i++) {
        before = look(guest);
        expect(map_vm_area(guest, area, GFP_HIGHUSER) == (uint32_t)-ENOMEM,
               .did = "map_vm_area() of 100 MB on a machine with 64 MB",
               .expected = "-ENOMEM", .seen = "something else");
        expect_undone(guest, &before, i == 0 ? tables_of(100u << 20) : 0);
    }
    small = get_vm_area(guest, PAGE_SIZE);
    expect(map_vm_area(guest, small, GFP_HIGHUSER) == 0,
           .did = "map_vm_area() of one page afterwards", .expected = "0",
           .seen = "something else", .hint = UNDO_HINT);
    expect_mapped(guest, area_at(guest, small).addr, 1);
}

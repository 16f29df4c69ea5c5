/* Hidden tests of lab 8: vaddr_to_kaddr(), by the kernel's page tables. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "mapdrv.h"
#include "slots.h"

#define LARGE       1500u /* pages: more than a page table has */
#define FAR_AREAS   50u   /* places without a page table */
#define LAST_BYTE   (PAGE_SIZE - 1)
#define TABLE_PAGES (TABLE_BYTES / PAGE_SIZE)
#define RANGE_HINT  "only what lies between VMALLOC_START and VMALLOC_END"

/* Every page of an area that needs two page tables or three. */
Test(mapdrv, kaddr_across_page_tables)
{
    struct guest *guest = boot_placed(&machine_64mb, STAGE_VMALLOC);
    gaddr_t area = vmalloc_from(guest, LARGE * PAGE_SIZE, GFP_KERNEL);
    struct call *calls = allocate(LARGE, sizeof(*calls));
    struct agent_result *results = allocate(LARGE, sizeof(*results));

    for (unsigned i = 0; i < LARGE; i++)
        calls[i] = vaddr_to_kaddr_call(area + i * PAGE_SIZE + i % PAGE_SIZE);
    guest_calls_checked(guest, calls, LARGE, results);
    for (unsigned i = 0; i < LARGE; i++) {
        gaddr_t at = calls[i].args[0];
        gaddr_t expected = address_of(kernel_frame(guest, at)) + at % PAGE_SIZE;

        expect(results[i].value == expected, .did = call_text(&calls[i]),
               .expected = text("0x%08x", expected),
               .seen = text("0x%08x", results[i].value),
               .hint = "each 4 MB of addresses have a page table of their own");
    }
    free(results);
    free(calls);
}

/* Takes all addresses below the last page that vmalloc() can give, but for that
 * of single pages: holes between areas get one each. */
static gaddr_t map_last_page(struct guest *guest)
{
    gaddr_t last = VMALLOC_END - 2 * PAGE_SIZE, at = 0;
    struct areas areas = areas_of(guest);
    const struct area *top = &areas.list[areas.n - 1];

    get_vm_area(guest, last - (top->addr + top->size) - PAGE_SIZE);
    free(areas.list);
    while (at < last) {
        at = vmalloc_from(guest, PAGE_SIZE, GFP_KERNEL);
        expect_given(guest, at, NULL);
    }
    return last;
}

Test(mapdrv, kaddr_of_the_first_and_the_last_page)
{
    struct guest *guest = boot_placed(&machine_64mb, STAGE_VMALLOC);
    gaddr_t first = vmalloc_start(guest), last = map_last_page(guest);

    expect_kaddr(guest, first, kernel_frame(guest, first), NULL);
    expect_kaddr(guest, first + LAST_BYTE, kernel_frame(guest, first), NULL);
    expect_no_kaddr(guest, first - 1, RANGE_HINT);
    expect_kaddr(guest, last, kernel_frame(guest, last), NULL);
    expect_kaddr(guest, last + LAST_BYTE, kernel_frame(guest, last), NULL);
    expect_no_kaddr(guest, last + PAGE_SIZE, "the guard page");
    expect_no_kaddr(guest, VMALLOC_END, RANGE_HINT);
}

/* Addresses that are mapped, or not, but are none of vmalloc()'s. */
Test(mapdrv, kaddr_elsewhere_is_0)
{
    struct guest *guest = boot_placed(&machine_1200mb, STAGE_VMALLOC);
    gaddr_t area = vmalloc_from(guest, PAGE_SIZE, GFP_KERNEL);
    gaddr_t slot = kmap(guest, alloc_pages(guest, GFP_HIGHUSER, 0));
    const gaddr_t others[] = {
        0,
        TASK_UNMAPPED_BASE,
        KERNEL_BASE - 1,
        KERNEL_BASE,
        guest_symbol(guest, "probe_memory"),
        vmalloc_start(guest) - VMALLOC_OFFSET - 1,
        vmalloc_start(guest) - VMALLOC_OFFSET,
        vmalloc_start(guest) - 1,
        VMALLOC_END + PAGE_SIZE,
        slot,
        FIXADDR_TOP_PAGE * PAGE_SIZE - FIX_LOCAL_APIC * PAGE_SIZE,
        ~0u,
    };

    expect_kaddr(guest, area, kernel_frame(guest, area), NULL);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        expect_no_kaddr(guest, others[i], RANGE_HINT);
}

/* No page of 4 MB of addresses, for which there is no page table. */
static void expect_no_table(struct guest *guest, gaddr_t address)
{
    struct call *calls = allocate(TABLE_PAGES, sizeof(*calls));
    struct agent_result *results = allocate(TABLE_PAGES, sizeof(*results));

    for (unsigned i = 0; i < TABLE_PAGES; i++)
        calls[i] = vaddr_to_kaddr_call(address + i * PAGE_SIZE);
    guest_calls_checked(guest, calls, TABLE_PAGES, results);
    for (unsigned i = 0; i < TABLE_PAGES; i++)
        expect(results[i].value == 0, .did = call_text(&calls[i]),
               .expected = "0", .seen = text("0x%08x", results[i].value),
               .hint = "pgd_none(): there is no page table");
    free(results);
    free(calls);
}

/* What has addresses but no pages; and looking makes nothing. */
Test(mapdrv, kaddr_of_nothing_is_0)
{
    struct guest *guest = boot_placed(&machine_64mb, STAGE_VMALLOC);
    gaddr_t area = vmalloc_from(guest, 4 * PAGE_SIZE, GFP_KERNEL);
    gaddr_t empty = area_at(guest, get_vm_area(guest, TABLE_BYTES)).addr;
    uint32_t free_pages = free_pages_in_ram(guest);

    expect_kaddr(guest, area + PAGE_SIZE + 1,
                 kernel_frame(guest, area + PAGE_SIZE), NULL);
    expect_no_kaddr(guest, empty, "an area that was not mapped");
    expect_no_table(guest, empty + 2 * TABLE_BYTES);
    for (unsigned i = 2; i <= FAR_AREAS; i++)
        expect_no_kaddr(guest, empty + 2 * i * TABLE_BYTES + LAST_BYTE,
                        "there is no page table");
    expect(free_pages_in_ram(guest) == free_pages, .did = guest_last(guest),
           .expected = text("%u free pages", free_pages),
           .seen = text("%u", free_pages_in_ram(guest)),
           .hint = "a page table that is missing is not made");
    vfree(guest, area);
    expect_no_kaddr(guest, area + PAGE_SIZE + 1, "it was freed");
}

/*
 * The next module that is loaded, and the copy of its object, fit exactly where
 * there is a page table already. The buffer goes behind an area of 8 MB, where
 * there is none.
 */
static void part_module_and_buffer(struct proc *loader)
{
    struct guest *guest = loader->guest;
    struct object object = module_object();
    gaddr_t areas[2];
    uint32_t size;

    load_module(loader);
    size = find_module(guest, MAPDRV_MODULE).size;
    unload_driver(loader);
    areas[0] = get_vm_area(guest, (uint32_t)object.nbytes);
    areas[1] = get_vm_area(guest, size);
    get_vm_area(guest, 2 * TABLE_BYTES);
    for (int i = 0; i < 2; i++)
        remove_vm_area(guest, area_at(guest, areas[i]).addr);
    free(object.bytes);
}

/*
 * Page tables that were made after a process began are not in its page
 * directory until the kernel uses their addresses there. By swapper_pg_dir it
 * works at once.
 */
Test(mapdrv, kaddr_in_a_process_that_never_used_the_address)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *loader = user_spawn(guest), *mapper;
    struct buffer buffer;
    uaddr_t pages;

    part_module_and_buffer(loader);
    mapper = user_spawn(guest);
    load_module(loader);
    make_char_device(loader, MAPFILE, MAPDRV_MAJOR, 0);
    buffer = driver_buffer(guest);
    pages =
        map_shared(mapper, user_open(mapper, MAPFILE, O_RDWR), MAPDRV_PAGES, 0);
    for (unsigned i = 0; i < MAPDRV_PAGES; i++)
        expect_user_text(mapper, pages + i * PAGE_SIZE, i);
    expect_frames(mapper, pages, MAPDRV_PAGES, &buffer, 0);
}

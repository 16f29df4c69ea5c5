/* Hidden tests of lab 3: vmalloc_to_page(), and calls from an interrupt. */
#include <criterion/criterion.h>

#include "slots.h"

static void expect_page(struct guest *guest, gaddr_t address, pfn_t pfn,
                        const char *hint)
{
    pfn_t seen = vmalloc_to_page(guest, address);

    expect(seen == pfn, .did = guest_last(guest),
           .expected = pfn == NO_PAGE ? "NULL" : text("frame %ld", pfn),
           .seen = seen == NO_PAGE ? "NULL" : text("frame %ld", seen),
           .hint = hint);
}

static void expect_page_in(struct guest *guest, enum agent_context context,
                           gaddr_t address, pfn_t pfn)
{
    struct call call = {
        .function = "vmalloc_to_page",
        .args = {address},
        .shown = text("vmalloc_to_page(0x%08x)", address),
    };
    pfn_t seen;

    call = in_context(call, context);
    seen = pfn_of_page(guest, guest_call(guest, &call, NULL));
    expect(seen == pfn, .did = guest_last(guest),
           .expected = text("frame %ld", pfn), .seen = text("frame %ld", seen));
}

Test(vmalloc, finds_every_page_of_an_area)
{
    struct guest *guest = guest_boot(&machine_1200mb, STAGE_VMALLOC);
    gaddr_t first = vmalloc(guest, 1020 * PAGE_SIZE);
    gaddr_t address = vmalloc(guest, 40 * PAGE_SIZE);
    struct blocks frames = expect_mapped(guest, address, 40);

    expect_given(guest, first, NULL);
    for (gaddr_t i = 0; i < 40; i++) {
        gaddr_t page = address + i * PAGE_SIZE;

        expect_page(guest, page, frames.pfns[i], NULL);
        expect_page(guest, page + 1 + 100 * i, frames.pfns[i],
                    "an address in a page is that page's");
        expect_page(guest, page + PAGE_SIZE - 1, frames.pfns[i],
                    "its last byte, too");
        expect(page_count(guest, frames.pfns[i]) == 1, .did = guest_last(guest),
               .expected = "count 1, as before",
               .seen = text("%d", page_count(guest, frames.pfns[i])));
    }
    expect_page_in(guest, AGENT_ATOMIC, address + 9000, frames.pfns[2]);
    expect_page_in(guest, AGENT_INTERRUPT, address + 9000, frames.pfns[2]);
}

/* The direct map has 4 MB pages, kmap()'s slots are mapped, but no areas. */
Test(vmalloc, finds_no_page_where_no_area_is_mapped)
{
    struct blocks pages;
    struct guest *guest = boot_with_high_pages(&pages, 1);
    gaddr_t first = vmalloc(guest, 2 * PAGE_SIZE);
    gaddr_t freed = vmalloc(guest, 2 * PAGE_SIZE);
    gaddr_t reserved = area_at(guest, get_vm_area(guest, PAGE_SIZE)).addr;
    struct blocks frames = expect_mapped(guest, first, 2);
    gaddr_t slot = kmap(guest, pages.pfns[0]);
    gaddr_t nothing[] = {
        first + 2 * PAGE_SIZE,
        first + 3 * PAGE_SIZE - 1,
        freed,
        reserved,
        reserved + 100 * PAGE_SIZE,
        vmalloc_start(guest) + (40u << 20),
        vmalloc_start(guest) - PAGE_SIZE,
        VMALLOC_END - 1,
        VMALLOC_END,
        slot,
        KERNEL_BASE + (1u << 20),
        KERNEL_BASE + (80u << 20),
        0,
        0x40000000,
        0xfffff000,
    };

    expect_slot(guest, pages.pfns[0], slot, 1);
    vfree(guest, freed);
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++)
        expect_page(guest, nothing[i], NO_PAGE,
                    "only pages of areas, between VMALLOC_START and "
                    "VMALLOC_END; there may not even be a page table");
    expect_page(guest, first + PAGE_SIZE, frames.pfns[1], NULL);
}

/* A machine with an area; in an interrupt, the call must be a BUG. */
static void expect_bug_in_interrupt(const char *function, uint32_t second,
                                    bool takes_area)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_VMALLOC);
    gaddr_t address = vmalloc(guest, PAGE_SIZE);
    struct call call = {
        .function = function,
        .context = AGENT_INTERRUPT,
        .args = {address, second},
        .shown = text("%s() in an interrupt handler", function),
    };

    expect_mapped(guest, address, 1);
    if (takes_area)
        call.args[0] = areas_of(guest).list[0].vm_struct;
    expect_bug(guest, &call, "it may sleep, or flush: BUG_ON(in_interrupt())");
    guest_end(guest);
}

Test(vmalloc, areas_are_not_for_interrupts)
{
    static const struct {
        const char *function;
        uint32_t second;
        bool takes_area;
    } calls[] = {
        {"vfree", 0, false},
        {"remove_vm_area", 0, false},
        {"map_vm_area", GFP_ATOMIC, true},
        {"unmap_vm_area", 0, true},
    };

    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        expect_bug_in_interrupt(calls[i].function, calls[i].second,
                                calls[i].takes_area);
}

Test(vmalloc, interrupts_get_no_areas)
{
    static const char *const functions[] = {"get_vm_area", "vmalloc",
                                            "__vmalloc"};

    for (int i = 0; i < 3; i++) {
        struct guest *guest = guest_boot(&machine_8mb, STAGE_VMALLOC);
        struct call call = {
            .function = functions[i],
            .args = {PAGE_SIZE, GFP_ATOMIC},
            .shown = text("%s(4096, …) in an interrupt handler", functions[i]),
        };

        expect_given(guest, guest_call(guest, &call, NULL), NULL);
        call.context = AGENT_INTERRUPT;
        expect_bug(guest, &call, "BUG_ON(in_interrupt())");
        guest_end(guest);
    }
}

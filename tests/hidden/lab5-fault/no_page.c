/*
 * Hidden tests of lab 5: do_no_page(), with a nopage() that gives what the test
 * tells it to. The page's one use is the test's: what is counted above that is
 * an entry's, or lost.
 */
#include <criterion/criterion.h>

#include "accesses.h"
#include "objects.h"

#define RO_SHARED_FLAGS (SHARED_FLAGS & ~VM_WRITE)

Test(fault, nopage_is_asked_for_the_first_byte)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    gaddr_t vma = add_ops_area(space, 4, ANON_FLAGS, full_page(guest));
    uaddr_t page = START + 2 * PAGE_SIZE;
    struct probe_vm_view seen;

    expect_vm_fault(guest, do_no_page(space, vma, page + 1234, false),
                    FAULT_MAJOR, NULL);
    seen = probe_vm_view(guest);
    expect(seen.nopages == 1 && seen.last_address == page &&
               seen.last_vma == vma,
           .did = guest_last(guest),
           .expected = text("one nopage(vma, 0x%08x)", page),
           .seen =
               text("%u, the last for 0x%08x", seen.nopages, seen.last_address),
           .hint = "address & PAGE_MASK");
    expect_mapped_page(space, page, NULL);
}

/* A read maps the page itself, as vm_page_prot says. */
static void check_read(uint32_t flags, bool writable)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    pfn_t page = full_page(guest);
    gaddr_t vma = add_ops_area(space, 1, flags, page);
    struct pte_view entry;

    expect_vm_fault(guest, do_no_page(space, vma, START, false), FAULT_MAJOR,
                    NULL);
    entry = pte_view(space, START);
    expect(entry.present && entry.user && entry.pfn == page &&
               entry.writable == writable && !entry.dirty,
           .did = text("%s (%s)", guest_last(guest), vm_flags_text(flags)),
           .expected = text("frame %ld is mapped, %s, clean", page,
                            writable ? "writable" : "read-only"),
           .seen = pte_text(&entry), .hint = "mk_pte(page, vma->vm_page_prot)");
    expect_count(guest, page, 2,
                 "the entry holds the use that nopage() "
                 "counted, and no other");
    expect_rss(space, 1, NULL);
    expect_sound(space);
}

Test(fault, read_maps_the_page_as_the_area_says)
{
    check_read(ANON_FLAGS, false);
    guest_end_all();
    check_read(SHARED_FLAGS, true);
    guest_end_all();
    check_read(RO_SHARED_FLAGS, false);
}

Test(fault, private_write_leaves_the_page_alone)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    pfn_t page = full_page(guest);
    gaddr_t vma = add_ops_area(space, 1, ANON_FLAGS, page);
    unsigned char copy[PAGE_SIZE], original[PAGE_SIZE];

    expect_vm_fault(guest, do_no_page(space, vma, START, true), FAULT_MAJOR,
                    NULL);
    expect(frame_of(space, START) != page, .did = guest_last(guest),
           .expected = "a frame of its own", .seen = "nopage()'s page");
    expect_count(guest, page, 1,
                 "a copy was made: the page that nopage() "
                 "gave is given back");
    expect_users(space, START, 1, NULL);
    expect_writable(space, START, NULL);
    expect_dirty(space, START, NULL);
    frame_read(space, START, copy, sizeof(copy));
    guest_copy(guest, address_of(page), original, sizeof(original));
    for (size_t i = 0; i < sizeof(copy); i++)
        expect(copy[i] == original[i], .did = guest_last(guest),
               .expected = "all bytes of the page are copied",
               .seen = text("byte %zu is not", i));
    expect_rss(space, 1, NULL);
    expect_sound(space);
}

Test(fault, shared_write_maps_the_page_itself)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    pfn_t page = full_page(guest);
    gaddr_t vma = add_ops_area(space, 1, SHARED_FLAGS, page);
    uint32_t left;

    pte_alloc(space, START);
    left = free_pages_in_ram(guest);
    expect_vm_fault(guest, do_no_page(space, vma, START, true), FAULT_MAJOR,
                    NULL);
    expect(frame_of(space, START) == page, .did = guest_last(guest),
           .expected = "nopage()'s page itself", .seen = "another frame",
           .hint = "VM_SHARED: all are meant to see what is written");
    expect_writable(space, START, NULL);
    expect_dirty(space, START, NULL);
    expect_count(guest, page, 2, NULL);
    expect_free_pages(guest, left, "no frame is needed");
    expect_rss(space, 1, NULL);
}

/* A failure leaves everything as it was. */
static void expect_no_entry(struct proc *space)
{
    expect_empty(space, START, "the entry stays empty");
    expect_rss(space, 0, NULL);
}

Test(fault, nopage_may_fail)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    gaddr_t vma = add_ops_area(space, 1, ANON_FLAGS, NO_PAGE);

    expect_vm_fault(guest, do_no_page(space, vma, START, false), FAULT_SIGBUS,
                    "NOPAGE_SIGBUS");
    expect_no_entry(space);
    expect_vm_fault(guest, do_no_page(space, vma, START, true), FAULT_SIGBUS,
                    "NOPAGE_SIGBUS: there is nothing to copy");
    expect_no_entry(space);
    set_vma_flags(guest, vma, SHARED_FLAGS);
    expect_vm_fault(guest, do_no_page(space, vma, START, true), FAULT_SIGBUS,
                    NULL);
    expect_no_entry(space);
    set_probe_nopage_oom(guest);
    expect_vm_fault(guest, do_no_page(space, vma, START, true), FAULT_OOM,
                    "NOPAGE_OOM");
    expect_no_entry(space);
    set_vma_flags(guest, vma, ANON_FLAGS);
    expect_vm_fault(guest, do_no_page(space, vma, START, false), FAULT_OOM,
                    "NOPAGE_OOM");
    expect_vm_fault(guest, do_no_page(space, vma, START, true), FAULT_OOM,
                    "NOPAGE_OOM: there is nothing to copy");
    expect_no_entry(space);
}

Test(fault, copy_without_memory_gives_the_page_back)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    pfn_t page = full_page(guest);
    gaddr_t vma = add_ops_area(space, 1, ANON_FLAGS, page);
    struct blocks pages;

    pte_alloc(space, START);
    pages = exhaust(guest, ZONE_DMA);
    expect_vm_fault(guest, do_no_page(space, vma, START, true), FAULT_OOM,
                    NULL);
    expect_no_entry(space);
    expect_count(guest, page, 1,
                 "nopage() has counted a use: it is given "
                 "back on every way out");
    expect_vm_fault(guest, do_no_page(space, vma, START, false), FAULT_MAJOR,
                    "a read needs no frame");
    expect_count(guest, page, 2, NULL);
    give_back(guest, &pages);
}

/* A device's page, for example. A copy of it is a frame like any other. */
Test(fault, reserved_pages_are_not_in_rss)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    gaddr_t vma = add_ops_area(space, 2, SHARED_FLAGS, zero_frame(guest));

    expect_vm_fault(guest, do_no_page(space, vma, START, false), FAULT_MAJOR,
                    NULL);
    expect_mapped_page(space, START, NULL);
    expect_rss(space, 0, "PageReserved()");
    set_vma_flags(guest, vma, ANON_FLAGS);
    expect_vm_fault(guest, do_no_page(space, vma, START + PAGE_SIZE, true),
                    FAULT_MAJOR, NULL);
    expect_rss(space, 1, "the copy is an own frame");
}

/* vm_ops, but no nopage(): anonymous memory. */
Test(fault, area_without_nopage_is_anonymous)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    gaddr_t vma = add_vma(space, START, START + 4 * PAGE_SIZE, ANON_FLAGS);
    const uint32_t no_operations[3] = {0};
    gaddr_t ops = guest_symbol(guest, "probe_memory");

    expect_vm_fault(guest, do_no_page(space, vma, START, false), FAULT_MINOR,
                    NULL);
    expect_zero_page(space, START, NULL);
    guest_write(guest, ops, no_operations, sizeof(no_operations));
    set_vma_ops(guest, vma, ops);
    expect_vm_fault(guest, do_no_page(space, vma, START + PAGE_SIZE, false),
                    FAULT_MINOR, "vm_ops->nopage is NULL");
    expect_zero_page(space, START + PAGE_SIZE, NULL);
    expect_vm_fault(guest, do_no_page(space, vma, START + 2 * PAGE_SIZE, true),
                    FAULT_MINOR, "vm_ops->nopage is NULL");
    expect_zeros(space, START + 2 * PAGE_SIZE, NULL);
    expect_rss(space, 1, NULL);
    set_vma_ops(guest, vma, 0);
}

/* Neither frame is in the direct map, so copying needs kmap_atomic(). */
Test(fault, copies_are_made_in_high_memory)
{
    struct guest *guest = guest_boot(&machine_1200mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    uaddr_t away = START + 16 * PAGE_SIZE;
    pfn_t page = map_fresh(space, away, PTE_PRESENT | PTE_WRITABLE | PTE_USER);
    struct call write = kernel_write_call(away + 100);
    gaddr_t vma = add_ops_area(space, 1, ANON_FLAGS, page);

    add_vma(space, away, away + PAGE_SIZE, ANON_FLAGS);
    guest_call(guest, &write, NULL);
    expect_vm_fault(guest, do_no_page(space, vma, START, true), FAULT_MAJOR,
                    NULL);
    expect(zone_of(guest, page) == ZONE_HIGHMEM &&
               zone_of(guest, frame_of(space, START)) == ZONE_HIGHMEM,
           .did = guest_last(guest), .expected = "a copy in high memory",
           .seen = "it is not", .hint = "GFP_HIGHUSER");
    expect_value(space, START + 100, WORD % 256 * 0x01010101,
                 "copy_user_highpage()");
    expect_count(guest, page, 1, NULL);
    expect_sound(space);
}

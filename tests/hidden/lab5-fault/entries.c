/* Hidden tests of lab 5: handle_pte_fault() and handle_mm_fault(). */
#include <criterion/criterion.h>

#include "accesses.h"
#include "objects.h"

#define SLOT 5 /* of swap */

static struct proc *space_with_area(const struct machine *machine,
                                    uint32_t npages, gaddr_t *vma)
{
    struct proc *space = new_space(guest_boot(machine, STAGE_PROC));

    *vma = add_vma(space, START, START + npages * PAGE_SIZE, ANON_FLAGS);
    return space;
}

/* The entry must have exactly these bits, and this frame. */
static void expect_entry_is(struct proc *space, uaddr_t address, pfn_t pfn,
                            uint32_t bits, const char *hint)
{
    struct pte_view entry = pte_view(space, address);

    expect(entry.raw == ((uint32_t)pfn << PAGE_SHIFT | bits),
           .did = guest_last(space->guest),
           .expected = text("frame %ld, entry 0x%08x", pfn,
                            (uint32_t)pfn << PAGE_SHIFT | bits),
           .seen = pte_text(&entry), .hint = hint);
}

Test(fault, swap_entry_goes_to_do_swap_page)
{
    gaddr_t vma;
    struct proc *space = space_with_area(&machine_64mb, 1, &vma);
    struct guest *guest = space->guest;

    put_swap_entry(space, START, SLOT);
    expect_vm_fault(guest, handle_pte_fault(space, vma, START, false),
                    FAULT_SIGBUS, "not present, but not empty");
    expect_vm_fault(guest, handle_pte_fault(space, vma, START, true),
                    FAULT_SIGBUS, "not present, but not empty");
    expect(pte_view(space, START).raw == swap_entry(SLOT) &&
               swap_users(guest, SLOT) == 1,
           .did = guest_last(guest),
           .expected = "the entry and the slot are as they were",
           .seen = "they have changed");
    expect_rss(space, 0, NULL);
}

/* As soon as a page has other users, a write needs a copy. */
Test(fault, forbidden_write_goes_to_do_wp_page)
{
    gaddr_t vma;
    struct proc *space = space_with_area(&machine_64mb, 1, &vma);
    struct guest *guest = space->guest;
    pfn_t page = map_fresh(space, START, PTE_PRESENT | PTE_USER);
    uint32_t left = free_pages_in_ram(guest);

    set_page_count(guest, page, 2);
    expect_vm_fault(guest, handle_pte_fault(space, vma, START, false),
                    FAULT_MINOR, "a read: nothing is copied");
    expect_entry_is(space, START, page, PTE_PRESENT | PTE_USER | PTE_ACCESSED,
                    "still read-only");
    expect_free_pages(guest, left, NULL);
    expect_vm_fault(guest, handle_pte_fault(space, vma, START, true),
                    FAULT_MINOR, NULL);
    expect(frame_of(space, START) != page, .did = guest_last(guest),
           .expected = "a copy", .seen = "the page that others use",
           .hint = "do_wp_page()");
    expect_writable(space, START, NULL);
    expect_count(guest, page, 1, NULL);
    expect_rss(space, 1, NULL);
}

Test(fault, spurious_fault_sets_accessed_and_dirty)
{
    gaddr_t vma;
    struct proc *space = space_with_area(&machine_64mb, 1, &vma);
    uint32_t bits = PTE_PRESENT | PTE_USER | PTE_WRITABLE;
    pfn_t page = map_fresh(space, START, bits);

    expect_vm_fault(space->guest, handle_pte_fault(space, vma, START, false),
                    FAULT_MINOR, "nothing is wrong any more");
    expect_entry_is(space, START, page, bits | PTE_ACCESSED,
                    "accessed, and clean: it was a read");
    set_entry(space, START, (uint32_t)page << PAGE_SHIFT | bits);
    expect_vm_fault(space->guest, handle_pte_fault(space, vma, START, true),
                    FAULT_MINOR, "nothing is wrong any more");
    expect_entry_is(space, START, page, bits | PTE_ACCESSED | PTE_DIRTY,
                    "pte_mkyoung(), pte_mkdirty()");
    set_entry(space, START, (uint32_t)page << PAGE_SHIFT | bits | PTE_DIRTY);
    expect_vm_fault(space->guest, handle_pte_fault(space, vma, START, false),
                    FAULT_MINOR, "nothing is wrong any more");
    expect_entry_is(space, START, page, bits | PTE_ACCESSED | PTE_DIRTY,
                    "what was written is not forgotten");
    expect_users(space, START, 1, NULL);
    expect_rss(space, 1, NULL);
}

/*
 * The processor remembers the first frame; the entry names a second one behind
 * its back. After the fault it must know better.
 */
Test(fault, spurious_fault_flushes_the_address)
{
    gaddr_t vma;
    struct proc *space = space_with_area(&machine_64mb, 2, &vma);
    struct guest *guest = space->guest;
    uint32_t bits = PTE_PRESENT | PTE_USER | PTE_WRITABLE, seen;
    pfn_t old = map_fresh(space, START, bits);
    pfn_t new = map_fresh(space, START + PAGE_SIZE, bits);
    gaddr_t entry = pte_view(space, START).entry;
    struct call fill_old = kernel_write_call(START);
    uint32_t word = WORD, raw = (uint32_t) new << PAGE_SHIFT | bits;

    expect(old != new, .did = guest_last(guest), .expected = "two frames",
           .seen = "one");
    guest_call(guest, &fill_old, NULL);
    guest_write(guest, START + PAGE_SIZE, &word, sizeof(word));
    guest_write(guest, entry, &raw, sizeof(raw));
    expect_vm_fault(guest, handle_pte_fault(space, vma, START, true),
                    FAULT_MINOR, NULL);
    guest_read(guest, START, &seen, sizeof(seen));
    expect(seen == WORD, .did = guest_last(guest),
           .expected = "the processor uses the entry as it is now",
           .seen = "it still uses what it remembers",
           .hint = "flush_tlb_page()");
}

/* --- handle_mm_fault() ---------------------------------------------------- */

Test(fault, page_table_is_made_once)
{
    gaddr_t vma;
    struct proc *space = space_with_area(&machine_64mb, 1100, &vma);
    uaddr_t second = START + TABLE_BYTES;

    expect_vm_fault(space->guest, handle_mm_fault(space, vma, START, false),
                    FAULT_MINOR, NULL);
    expect_vm_fault(space->guest,
                    handle_mm_fault(space, vma, START + PAGE_SIZE, true),
                    FAULT_MINOR, NULL);
    expect(page_tables(space) == 1, .did = guest_last(space->guest),
           .expected = "one page table",
           .seen = text("%zu", page_tables(space)));
    expect_vm_fault(space->guest, handle_mm_fault(space, vma, second, true),
                    FAULT_MINOR, NULL);
    expect(page_tables(space) == 2, .did = guest_last(space->guest),
           .expected = "two page tables",
           .seen = text("%zu", page_tables(space)));
    expect_zero_page(space, START, NULL);
    expect_writable(space, second, NULL);
    expect_rss(space, 2, NULL);
    expect_sound(space);
}

Test(fault, no_page_table_is_oom)
{
    gaddr_t vma;
    struct proc *space = space_with_area(&machine_8mb, 1, &vma);
    struct guest *guest = space->guest;
    struct blocks pages = exhaust(guest, ZONE_DMA);

    expect_vm_fault(guest, handle_mm_fault(space, vma, START, false), FAULT_OOM,
                    "pte_alloc() returns NULL");
    expect_vm_fault(guest, handle_mm_fault(space, vma, START, true), FAULT_OOM,
                    "pte_alloc() returns NULL");
    expect(page_tables(space) == 0, .did = guest_last(guest),
           .expected = "no page table", .seen = "some");
    expect_rss(space, 0, NULL);
    give_back(guest, &pages);
    expect_vm_fault(guest, handle_mm_fault(space, vma, START, true),
                    FAULT_MINOR, "there is memory again");
}

/* The mm is an argument; it need not be the one that is in use. */
Test(fault, other_address_spaces_can_be_served)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *other = new_space(guest), *current = new_space(guest);
    gaddr_t vma = add_vma(other, START, START + PAGE_SIZE, ANON_FLAGS);

    expect_vm_fault(guest, handle_mm_fault(other, vma, START, true),
                    FAULT_MINOR, NULL);
    expect_mapped_page(other, START, "the mm that was given, not current->mm");
    expect_rss(other, 1, NULL);
    expect_rss(current, 0, NULL);
    expect(page_tables(current) == 0, .did = guest_last(guest),
           .expected = "nothing in current->mm", .seen = "a page table");
}

Test(fault, verdict_is_passed_on)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    gaddr_t vma = add_ops_area(space, 4, ANON_FLAGS, NO_PAGE);

    expect_vm_fault(guest, handle_mm_fault(space, vma, START, false),
                    FAULT_SIGBUS, NULL);
    set_probe_nopage_oom(guest);
    expect_vm_fault(guest, handle_mm_fault(space, vma, START, true), FAULT_OOM,
                    NULL);
    set_probe_nopage(guest, full_page(guest));
    expect_vm_fault(guest, handle_mm_fault(space, vma, START, true),
                    FAULT_MAJOR, "nopage() may have read from a device");
    expect_vm_fault(guest, handle_mm_fault(space, vma, START, true),
                    FAULT_MINOR, "nothing is wrong any more");
}

/* --- interrupts ----------------------------------------------------------- */

/* The functions, by name, for an area that begins at START. */
static struct call call_in(const struct proc *space, const char *function,
                           gaddr_t vma, uint32_t page)
{
    uaddr_t address = START + page * PAGE_SIZE;

    return (struct call){
        .function = function,
        .context = AGENT_ATOMIC,
        .args = {mm_of(space), vma, address, true, pte_alloc(space, address)},
        .shown = text("%s(), with interrupts off", function),
    };
}

Test(fault, interrupts_stay_as_they_are)
{
    gaddr_t vma;
    struct proc *space = space_with_area(&machine_64mb, 8, &vma);
    struct guest *guest = space->guest;
    struct call calls[] = {
        call_in(space, "do_anonymous_page", vma, 0),
        call_in(space, "do_no_page", vma, 1),
        call_in(space, "handle_pte_fault", vma, 2),
        call_in(space, "handle_pte_fault", vma, 2),
        call_in(space, "handle_mm_fault", vma, 3),
        in_context(
            (struct call){.function = "vmalloc_fault", .args = {KERNEL_BASE}},
            AGENT_ATOMIC),
        in_context(
            (struct call){.function = "expand_stack", .args = {vma, START - 1}},
            AGENT_ATOMIC),
    };
    struct agent_result results[sizeof(calls) / sizeof(calls[0])];

    guest_calls_checked(guest, calls, sizeof(calls) / sizeof(calls[0]),
                        results);
    expect(mapped_in(space, START, 4) == 4, .did = "those calls",
           .expected = "four pages are mapped", .seen = "others");
}

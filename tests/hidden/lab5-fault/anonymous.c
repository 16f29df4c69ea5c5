/* Hidden tests of lab 5: anonymous memory, do_anonymous_page(). */
#include <criterion/criterion.h>
#include <string.h>

#include "accesses.h"
#include "objects.h"

#define JUNK   0xa5 /* what frames hold that were given back */
#define NPAGES 64

Test(fault, read_takes_no_frame)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    gaddr_t vma = add_vma(space, START, START + NPAGES * PAGE_SIZE, ANON_FLAGS);
    uint32_t left;

    pte_alloc(space, START);
    left = free_pages_in_ram(guest);
    for (uint32_t i = 0; i < NPAGES; i++) {
        uaddr_t at = START + i * PAGE_SIZE;

        expect_vm_fault(guest, do_anonymous_page(space, vma, at, false),
                        FAULT_MINOR, NULL);
        expect_zero_page(space, at, NULL);
    }
    expect_free_pages(guest, left, "one ZERO_PAGE is enough for all");
    expect_rss(space, 0, "ZERO_PAGE is reserved");
    expect_sound(space);
}

/* A shared area's vm_page_prot would let everybody write to it. */
Test(fault, zero_page_is_never_writable)
{
    static const uint32_t flags[] = {ANON_FLAGS, RO_FLAGS, STACK_FLAGS,
                                     SHARED_FLAGS, VM_EXEC | VM_MAY};
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);

    for (uint32_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        uaddr_t at = START + 2 * i * PAGE_SIZE;
        gaddr_t vma = add_vma(space, at, at + PAGE_SIZE, flags[i]);
        struct pte_view entry;

        expect_vm_fault(guest, do_anonymous_page(space, vma, at, false),
                        FAULT_MINOR, NULL);
        expect_zero_page(space, at, NULL);
        expect_read_only(space, at, "all processes read ZERO_PAGE");
        entry = pte_view(space, at);
        expect(!entry.dirty, .did = guest_last(guest),
               .expected = "the entry is clean: nothing was written",
               .seen = pte_text(&entry));
    }
}

Test(fault, reading_needs_no_memory_and_writing_does)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    gaddr_t vma = add_vma(space, START, START + 2 * PAGE_SIZE, ANON_FLAGS);
    uaddr_t second = START + PAGE_SIZE;
    struct blocks pages;

    pte_alloc(space, START);
    pages = exhaust(guest, ZONE_DMA);
    expect_vm_fault(guest, do_anonymous_page(space, vma, START, false),
                    FAULT_MINOR, "ZERO_PAGE is there already");
    expect_zero_page(space, START, NULL);
    expect_vm_fault(guest, do_anonymous_page(space, vma, second, true),
                    FAULT_OOM, "alloc_page() returns NULL");
    expect_empty(space, second, "the entry stays empty");
    expect_rss(space, 0, NULL);
    give_back(guest, &pages);
    expect_vm_fault(guest, do_anonymous_page(space, vma, second, true),
                    FAULT_MINOR, "there is memory again");
    expect_rss(space, 1, NULL);
}

/* Maps fresh frames at START, fills them with junk, gives them back. */
static void leave_junk(struct proc *space)
{
    struct guest *guest = space->guest;
    struct call fill = {
        .function = "memset",
        .args = {START, JUNK, NPAGES * PAGE_SIZE},
        .shown = "memset() of memory that is given back",
    };

    for (uint32_t i = 0; i < NPAGES; i++)
        map_fresh(space, START + i * PAGE_SIZE,
                  PTE_PRESENT | PTE_WRITABLE | PTE_USER);
    guest_call(guest, &fill, NULL);
    zap_page_range(space, START, NPAGES * PAGE_SIZE);
}

/* The page that an address has after a write must be zeros, and its own. */
static pfn_t expect_own_zeros(struct proc *space, gaddr_t vma, uaddr_t address)
{
    expect_vm_fault(space->guest, do_anonymous_page(space, vma, address, true),
                    FAULT_MINOR, NULL);
    expect_zeros(space, address,
                 "clear_user_highpage(): whatever a frame "
                 "held before is nobody's business");
    expect_writable(space, address, NULL);
    expect_dirty(space, address, "a write is about to happen");
    expect_users(space, address, 1, NULL);
    return frame_of(space, address);
}

static void check_frames(const struct machine *machine, enum zone_index zone)
{
    struct guest *guest = guest_boot(machine, STAGE_PROC);
    struct proc *space = new_space(guest);
    gaddr_t vma = add_vma(space, START, START + NPAGES * PAGE_SIZE, ANON_FLAGS);
    pfn_t frames[NPAGES];

    leave_junk(space);
    for (uint32_t i = 0; i < NPAGES; i++) {
        frames[i] = expect_own_zeros(space, vma, START + i * PAGE_SIZE);
        expect(zone_of(guest, frames[i]) == zone, .did = guest_last(guest),
               .expected = text("a frame of %s: GFP_HIGHUSER", zone_name(zone)),
               .seen = text("frame %ld of %s", frames[i],
                            zone_name(zone_of(guest, frames[i]))));
    }
    expect_distinct(guest, frames, NPAGES);
    expect_rss(space, NPAGES, NULL);
    expect_sound(space);
}

Test(fault, frames_are_zeroed)
{
    check_frames(&machine_64mb, ZONE_NORMAL);
}

Test(fault, frames_come_from_high_memory)
{
    check_frames(&machine_1200mb, ZONE_HIGHMEM);
}

/* As a process sees it: zeros, then its own. */
Test(fault, write_after_read_gets_an_own_frame)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest), *other = user_spawn(guest);
    uaddr_t page = user_pages(proc, 1);
    uint32_t rss = mm_view(proc).rss;

    user_pages(other, 1);
    expect_loads(proc, page, 0, NULL);
    expect_loads(other, page, 0, NULL);
    expect_same_frame(proc, other, page, "both read ZERO_PAGE");
    expect_rss(proc, rss, NULL);
    user_store(proc, page + 8, WORD);
    expect_rss(proc, rss + 1, "the entry holds a frame now");
    expect_value(proc, page + 8, WORD, NULL);
    expect_value(proc, page, 0, "the rest is still zeros");
    expect_loads(other, page + 8, 0, "ZERO_PAGE is as it was");
    expect_different_frame(proc, other, page, NULL);
}

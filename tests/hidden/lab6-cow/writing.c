/* Hidden tests of lab 6: do_wp_page() alone. */
#include <criterion/criterion.h>
#include <string.h>

#include "property.h"
#include "tables.h"

#define NPAGES 4

/* The entry must map a frame of its own, with everything that a write needs;
 * that frame. */
static pfn_t expect_own(const struct proc *space, uaddr_t address, pfn_t old)
{
    struct pte_view view = pte_view(space, address);

    expect(view.pfn != NO_PAGE && view.pfn != old &&
               view.raw % PAGE_SIZE == RW_BITS,
           .did = guest_last(space->guest),
           .expected = text("not frame %ld: one of its own, writable, for "
                            "users, dirty and accessed",
                            old),
           .seen = pte_text(&view),
           .hint = "mk_pte(copy, vma->vm_page_prot), pte_mkwrite(), "
                   "pte_mkdirty(), pte_mkyoung()");
    expect_count(space->guest, view.pfn, 1, "alloc_page() has counted it");
    return view.pfn;
}

/* The entry must map this frame, as before, and allow the write. */
static void expect_in_place(const struct proc *space, uaddr_t address,
                            pfn_t frame)
{
    expect_raw(space, address, (uint32_t)frame << PAGE_SHIFT | RW_BITS,
               "the same frame, writable, dirty and accessed");
}

static void write_page(const struct proc *space, gaddr_t vma, uaddr_t address)
{
    int result = do_wp_page(space, vma, address);

    expect_vm_fault(space->guest, result, FAULT_MINOR, NULL);
}

Test(cow, page_with_another_user_is_copied)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, NPAGES, ANON_FLAGS, &vma);
    pfn_t old = map_many(space, PAGE(2), 1, RO_BITS)[0], own;

    map_shared_pages(space, PAGE(3), old, RO_BITS);
    write_page(space, vma, PAGE(2));
    own = expect_own(space, PAGE(2), old);
    expect_full_of(space->guest, own, fill_of(0), "copy_user_highpage()");
    expect_full_of(space->guest, old, fill_of(0), "others read it");
    expect_count(space->guest, old, 1, "this entry doesn't map it any more");
    expect_raw(space, PAGE(3), (uint32_t)old << PAGE_SHIFT | RO_BITS,
               "the other entry stays as it is");
    expect_rss(space, 2, "a frame more, a frame less");
}

Test(cow, every_byte_is_copied)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, NPAGES, ANON_FLAGS, &vma);
    pfn_t old = map_fresh(space, PAGE(0), RO_BITS), own;
    struct random random = random_of_test();
    uint8_t bytes[PAGE_SIZE], seen[PAGE_SIZE];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)random_below(&random, UINT8_MAX + 1);
    guest_write(space->guest, address_of(old), bytes, sizeof(bytes));
    map_shared_pages(space, PAGE(1), old, RO_BITS);
    write_page(space, vma, PAGE(0));
    own = expect_own(space, PAGE(0), old);
    guest_copy_physical(space->guest, (uint32_t)own << PAGE_SHIFT, seen,
                        sizeof(seen));
    expect(memcmp(seen, bytes, sizeof(bytes)) == 0,
           .did = guest_last(space->guest),
           .expected = "the copy has the same 4096 bytes", .seen = "others",
           .hint = "copy_user_highpage(to, from)");
}

/* A fault is anywhere in a page. */
Test(cow, address_within_the_page_will_do)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, NPAGES, ANON_FLAGS, &vma);
    pfn_t *frames = map_many(space, START, NPAGES, RO_BITS), own;

    map_shared_pages(space, PAGE(3), frames[0], RO_BITS);
    write_page(space, vma, PAGE(0) + PAGE_SIZE - 1);
    own = expect_own(space, PAGE(0), frames[0]);
    expect_full_of(space->guest, own, fill_of(0), NULL);
    write_page(space, vma, PAGE(1) + 123);
    expect_in_place(space, PAGE(1), frames[1]);
}

Test(cow, users_write_one_after_the_other)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, NPAGES, ANON_FLAGS, &vma);
    pfn_t old = map_many(space, PAGE(0), 1, RO_BITS)[0], own[2];

    map_shared_pages(space, PAGE(1), old, RO_BITS);
    map_shared_pages(space, PAGE(2), old, RO_BITS);
    for (int i = 0; i < 2; i++) {
        write_page(space, vma, PAGE(i));
        own[i] = expect_own(space, PAGE(i), old);
        expect_count(space->guest, old, 2 - i, "one user less each time");
    }
    write_page(space, vma, PAGE(2));
    expect_in_place(space, PAGE(2), old);
    expect(own[0] != own[1], .did = guest_last(space->guest),
           .expected = "a frame for each", .seen = "one for both");
    expect_rss(space, 3, NULL);
}

/* --- reserved pages ------------------------------------------------------ */

/* Frames that are free are full of something else than zeros. */
static void litter(struct guest *guest, uint32_t gfp_mask)
{
    struct blocks pages = take(guest, gfp_mask, 0, 64);

    for (size_t i = 0; i < pages.n; i++)
        fill_frame(guest, pages.pfns[i], 0xa5);
    give_back(guest, &pages);
}

Test(cow, write_in_place_of_the_zero_page_gets_zeros)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, NPAGES, ANON_FLAGS, &vma);
    pfn_t zero = zero_frame(space->guest);
    int users = page_count(space->guest, zero);

    litter(space->guest, GFP_KERNEL);
    for (int i = 0; i < NPAGES; i++) {
        map_reserved(space, PAGE(i), zero, RO_BITS);
        write_page(space, vma, PAGE(i));
        expect_own(space, PAGE(i), zero);
        expect_zeros(space, PAGE(i), "clear_user_highpage()");
        expect_rss(space, (uint32_t)i + 1,
                   "ZERO_PAGE was not in rss, the frame is");
    }
    expect_count(space->guest, zero, users, "nobody counts ZERO_PAGE's users");
}

/* Also if its count is 1: there may be others whom nobody has counted. */
Test(cow, reserved_page_is_copied)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, NPAGES, ANON_FLAGS, &vma);
    pfn_t reserved = reserved_page(space->guest), own;

    fill_frame(space->guest, reserved, 0x5a);
    map_reserved(space, PAGE(1), reserved, RO_BITS);
    write_page(space, vma, PAGE(1));
    own = expect_own(space, PAGE(1), reserved);
    expect_full_of(space->guest, own, 0x5a, "zeros are for ZERO_PAGE alone");
    expect_rss(space, 1, "the old frame was not in rss, the new one is");
    expect_count(space->guest, reserved, 1, "its users are not counted");
}

/* --- shared areas, page cache -------------------------------------------- */

Test(cow, shared_area_is_written_in_place)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, NPAGES, SHARED_FLAGS, &vma);
    pfn_t frame = map_many(space, PAGE(0), 1, RO_BITS)[0];
    pfn_t reserved = reserved_page(space->guest);

    set_page_count(space->guest, frame, 3);
    write_page(space, vma, PAGE(0));
    expect_in_place(space, PAGE(0), frame);
    expect_count(space->guest, frame, 3, "all users are meant to see it");
    map_reserved(space, PAGE(1), reserved, RO_BITS);
    write_page(space, vma, PAGE(1));
    expect_in_place(space, PAGE(1), reserved);
    expect_rss(space, 1, "no frame more, none less");
    expect_full_of(space->guest, frame, fill_of(0), NULL);
}

/* A private mapping of a file: the page cache is a user, too. */
Test(cow, page_of_a_file_is_copied)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, NPAGES, ANON_FLAGS, &vma);
    pfn_t cached = cache_page(space->guest), own;

    fill_frame(space->guest, cached, 0x77);
    map_shared_pages(space, PAGE(0), cached, RO_BITS);
    write_page(space, vma, PAGE(0));
    own = expect_own(space, PAGE(0), cached);
    expect_full_of(space->guest, own, 0x77, NULL);
    expect_count(space->guest, cached, 1, "the page cache still has it");
    expect_noted(space->guest, cached, false, "the file is not written to");
    expect_rss(space, 1, "a frame more, a frame less");
}

/* --- memory, the TLB ----------------------------------------------------- */

Test(cow, nothing_changes_without_memory)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_8mb, NPAGES, ANON_FLAGS, &vma);
    pfn_t frame = map_many(space, PAGE(0), 1, RO_BITS)[0];
    pfn_t zero = zero_frame(space->guest);
    uint32_t left;

    map_shared_pages(space, PAGE(1), frame, RO_BITS);
    map_reserved(space, PAGE(2), zero, RO_BITS);
    drain(space->guest, ZONE_DMA, 0);
    left = free_pages_in_ram(space->guest);
    for (int i = 1; i <= 2; i++) {
        uint32_t raw = pte_view(space, PAGE(i)).raw;
        int result = do_wp_page(space, vma, PAGE(i));

        expect_vm_fault(space->guest, result, FAULT_OOM,
                        "there is no page for the copy");
        expect_raw(space, PAGE(i), raw, "the entry stays as it was");
        expect_count(space->guest, frame, 2, "it still has both users");
        expect_rss(space, 2, "no frame more, none less");
    }
    expect_full_of(space->guest, frame, fill_of(0), NULL);
    expect(free_pages_in_ram(space->guest) == left,
           .did = guest_last(space->guest), .expected = "no page is lost",
           .seen = text("%u pages are free", free_pages_in_ram(space->guest)));
}

Test(cow, writing_in_place_needs_no_memory)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_8mb, NPAGES, ANON_FLAGS, &vma);
    pfn_t frame = map_fresh(space, PAGE(0), RO_BITS);

    drain(space->guest, ZONE_DMA, 0);
    write_page(space, vma, PAGE(0));
    expect_in_place(space, PAGE(0), frame);
}

/*
 * Reads the page, lets it be copied, changes the old frame, as its other users
 * may, and reads again.
 */
Test(cow, stale_read_after_the_copy_is_gone)
{
    gaddr_t vma, memory;
    struct proc *space = boot_space(&machine_64mb, NPAGES, ANON_FLAGS, &vma);
    struct guest *guest = space->guest;
    pfn_t old = map_many(space, PAGE(1), 1, RO_BITS)[0];
    struct pte_view view = pte_view(space, PAGE(1));
    uint32_t word;
    struct call calls[] = {
        peek_call(guest, PAGE(1)),
        {
            .function = "do_wp_page",
            .args = {mm_of(space), vma, PAGE(1), view.entry, view.raw},
            .shown = "do_wp_page() of a page that was read",
        },
        fill_call(old, 0xee),
        peek_call(guest, PAGE(1)),
    };

    map_shared_pages(space, PAGE(2), old, RO_BITS);
    make_calls(guest, calls, sizeof(calls) / sizeof(calls[0]));
    memory = guest_symbol(guest, "probe_memory");
    word = guest_u32(guest, memory);
    expect(word == fill_of(0) * 0x01010101u, .did = calls[1].shown,
           .expected = "a read afterwards is from the new frame",
           .seen = text("0x%x, which is in the old one", word),
           .hint = "flush_tlb_page(vma, address)");
}

/* It is another space whose page tables the processor uses. */
Test(cow, space_that_is_not_loaded_is_written)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, NPAGES, ANON_FLAGS, &vma);
    pfn_t old = map_many(space, PAGE(0), 1, RO_BITS)[0], own;
    struct proc *other = new_space(space->guest);
    pfn_t foreign = map_many(other, PAGE(0), 2, RW_BITS)[0];

    fill_frame(space->guest, foreign, 0x99);
    map_shared_pages(space, PAGE(1), old, RO_BITS);
    write_page(space, vma, PAGE(0));
    own = expect_own(space, PAGE(0), old);
    expect_full_of(space->guest, own, fill_of(0),
                   "by the frames, not by the user's address");
    expect_full_of(space->guest, foreign, 0x99, "it is not concerned");
    map_reserved(space, PAGE(2), zero_frame(space->guest), RO_BITS);
    write_page(space, vma, PAGE(2));
    expect_rss(space, 3, "rss of mm, not of current->mm");
    expect_rss(other, 2, "rss of mm, not of current->mm");
}

/* --- high memory --------------------------------------------------------- */

Test(cow, copies_are_in_high_memory)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_1200mb, NPAGES, ANON_FLAGS, &vma);
    struct guest *guest = space->guest;
    pfn_t old = map_fresh(space, PAGE(0), RW_BITS);
    const uint32_t written = 0x12345678;
    struct call poke = poke_call(guest, PAGE(0) + PAGE_SIZE - 4);

    guest_write(guest, guest_symbol(guest, "probe_memory"), &written,
                sizeof(written));
    make_calls(guest, &poke, 1);
    change_entry(space, PAGE(0), PTE_WRITABLE, 0);
    map_shared_pages(space, PAGE(1), old, RO_BITS);
    write_page(space, vma, PAGE(0));
    expect(zone_of(guest, old) == ZONE_HIGHMEM &&
               zone_of(guest, expect_own(space, PAGE(0), old)) == ZONE_HIGHMEM,
           .did = guest_last(guest), .expected = "a frame of ZONE_HIGHMEM",
           .seen = text("frame %ld", frame_of(space, PAGE(0))),
           .hint = "alloc_page(GFP_HIGHUSER)");
    expect_value(space, PAGE(0) + PAGE_SIZE - 4, written,
                 "neither frame is in the direct map: copy_user_highpage()");
    map_reserved(space, PAGE(2), zero_frame(guest), RO_BITS);
    write_page(space, vma, PAGE(2));
    expect_zeros(space, PAGE(2), "clear_user_highpage()");
}

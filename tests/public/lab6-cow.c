/*
 * Public tests of lab 6, from the first thing that works to the last. They show
 * the way; the hidden ones are about every sentence of include/cow.h.
 *
 * A test runs on the host. guest_boot() starts a fresh machine with your
 * kernel. At STAGE_PROC there are address spaces, but no process yet: the test
 * makes page tables itself (map_fresh()), and calls your functions. At
 * STAGE_USER there are processes, which do what the test says: user_fork(),
 * user_store(). What they map is not asked of your kernel: the test reads page
 * tables and frames from RAM. `make gdb T=cow::shares_frames_read_only` stops
 * the machine before the test begins.
 */
#include <criterion/criterion.h>

#include "blocks.h"
#include "spaces.h"

SUITE(cow);

#define START  0x40000000u
#define NPAGES 3

/* Entries of pages that were written. */
#define RW_BITS                                                                \
    (PTE_PRESENT | PTE_WRITABLE | PTE_USER | PTE_ACCESSED | PTE_DIRTY)

/* Of pages that were only read. */
#define RO_BITS (PTE_PRESENT | PTE_USER | PTE_ACCESSED)

#define MAGIC 0x12345678u

static uaddr_t page(unsigned i)
{
    return START + i * PAGE_SIZE;
}

/* A space with an area of NPAGES pages, none of which is there. */
static struct proc *space_with_area(struct guest *guest, gaddr_t *vma)
{
    struct proc *space = new_space(guest);

    *vma = add_vma(space, page(0), page(NPAGES), ANON_FLAGS);
    return space;
}

/* --- copy_page_range() --------------------------------------------------- */

/* Needs copy_page_range(), as the next two do. */
Test(cow, shares_frames_read_only)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *child = new_space(guest), *parent;
    pfn_t frames[NPAGES];
    gaddr_t vma;

    parent = space_with_area(guest, &vma);
    for (unsigned i = 0; i < NPAGES; i++)
        frames[i] = map_fresh(parent, page(i), RW_BITS);
    expect_ok(guest, copy_page_range(child, parent, vma), NULL);
    for (unsigned i = 0; i < NPAGES; i++) {
        expect_same_frame(parent, child, page(i), "fork() copies no frame");
        expect_read_only(child, page(i), "pte_wrprotect()");
        expect_read_only(parent, page(i), "pte_wrprotect() here as well");
        expect(frame_of(parent, page(i)) == frames[i], .did = guest_last(guest),
               .expected = "the parent keeps its frames",
               .seen = text("frame %ld", frame_of(parent, page(i))));
    }
}

Test(cow, counts_what_the_child_maps)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *child = new_space(guest), *parent;
    gaddr_t vma;

    parent = space_with_area(guest, &vma);
    map_fresh(parent, page(0), RW_BITS);
    map_fresh(parent, page(2), RO_BITS);
    expect_ok(guest, copy_page_range(child, parent, vma), NULL);
    expect_users(child, page(0), 2, "get_page(): two entries map the frame");
    expect_users(child, page(2), 2, "get_page(): two entries map the frame");
    expect_rss(child, 2, "dst->rss counts the frames that the child maps");
    expect_rss(parent, 2, "the parent maps as many as before");
}

Test(cow, copies_nothing_where_nothing_is)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *child = new_space(guest), *parent;
    gaddr_t vma, unused;

    parent = space_with_area(guest, &vma);
    unused =
        add_vma(parent, START + (64u << 20), START + (128u << 20), ANON_FLAGS);
    map_fresh(parent, page(1), RW_BITS);
    expect_ok(guest, copy_page_range(child, parent, vma), NULL);
    expect_ok(guest, copy_page_range(child, parent, unused), NULL);
    expect_empty(child, page(0), "pte_none()");
    expect_empty(child, page(2), "pte_none()");
    expect_empty(parent, page(0), "an empty entry stays as it is");
    expect(page_tables(child) == 1 && page_tables(parent) == 1,
           .did = guest_last(guest),
           .expected = "one page table in the child, one in the parent",
           .seen = text("%zu and %zu", page_tables(child), page_tables(parent)),
           .hint = "pte_find() in the parent; pte_alloc() in the child, when "
                   "there is an entry to copy");
}

Test(cow, child_reads_what_the_parent_wrote)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *parent = user_spawn(guest), *child;
    uaddr_t pages = user_pages(parent, NPAGES);

    user_stamp(parent, pages, NPAGES, MAGIC);
    child = user_fork(parent);
    expect_stamped(child, pages, NPAGES, MAGIC, NULL);
    expect_stamped(parent, pages, NPAGES, MAGIC, NULL);
    expect_same_frame(parent, child, pages, "nobody has written since fork()");
    expect_sound(child);
}

/* --- do_wp_page() -------------------------------------------------------- */

/* Needs do_wp_page() alone, as the next two do. */
Test(cow, last_user_writes_in_place)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    gaddr_t vma;
    struct proc *space = space_with_area(guest, &vma);
    pfn_t frame = map_fresh(space, page(1), PTE_PRESENT | PTE_USER);
    uint32_t left = free_pages_in_ram(guest);
    int result = do_wp_page(space, vma, page(1));
    struct pte_view view = pte_view(space, page(1));

    expect_vm_fault(guest, result, FAULT_MINOR, NULL);
    expect(view.raw == ((uint32_t)frame << PAGE_SHIFT | RW_BITS),
           .did = guest_last(guest),
           .expected =
               text("frame %ld, writable, for users, dirty, accessed", frame),
           .seen = pte_text(&view),
           .hint = "pte_mkwrite(), pte_mkdirty(), pte_mkyoung(), set_pte()");
    expect_users(space, page(1), 1, "it has no other user");
    expect_rss(space, 1, "no frame more, none less");
    expect(free_pages_in_ram(guest) == left, .did = guest_last(guest),
           .expected = "no page is taken",
           .seen = text("%d", (int)(left - free_pages_in_ram(guest))),
           .hint = "page_count(page) == 1: nobody else sees the write");
}

Test(cow, others_keep_the_frame)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    gaddr_t vma;
    struct proc *space = space_with_area(guest, &vma);
    pfn_t old = map_fresh(space, page(0), RO_BITS), own;
    const uint32_t written = MAGIC;
    int result;

    guest_write(guest, address_of(old) + 100, &written, sizeof(written));
    set_page_count(guest, old, 2); /* somebody else maps it, too */
    result = do_wp_page(space, vma, page(0));
    expect_vm_fault(guest, result, FAULT_MINOR, NULL);
    own = frame_of(space, page(0));
    expect(own != old, .did = guest_last(guest),
           .expected =
               text("another frame than %ld, which has another user", old),
           .seen = "the same one", .hint = "alloc_page(GFP_HIGHUSER)");
    expect_writable(space, page(0), "pte_mkwrite()");
    expect_value(space, page(0) + 100, MAGIC, "copy_user_highpage()");
    expect_rss(space, 1, "a frame more, a frame less");
    expect(page_count(guest, old) == 1 && page_count(guest, own) == 1,
           .did = guest_last(guest), .expected = "both frames have one user",
           .seen = text("the old one has %d, the new one %d",
                        page_count(guest, old), page_count(guest, own)),
           .hint = "__free_page(old): one user less");
}

Test(cow, zero_page_is_not_written)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    gaddr_t vma;
    struct proc *space = space_with_area(guest, &vma);
    pfn_t zero = zero_frame(guest);
    int result;

    set_entry(space, page(2), (uint32_t)zero << PAGE_SHIFT | RO_BITS);
    result = do_wp_page(space, vma, page(2));
    expect_vm_fault(guest, result, FAULT_MINOR, NULL);
    expect(frame_of(space, page(2)) != zero, .did = guest_last(guest),
           .expected = "a frame of its own", .seen = "ZERO_PAGE",
           .hint = "PageReserved(): its users are not counted");
    expect_writable(space, page(2), NULL);
    expect_zeros(space, page(2), "clear_user_highpage()");
    expect_rss(space, 1, "ZERO_PAGE was not in rss, the new frame is");
}

/* Needs both. */
Test(cow, childs_write_leaves_the_parent_intact)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *parent = user_spawn(guest), *child;
    uaddr_t pages = user_pages(parent, NPAGES);

    user_stamp(parent, pages, NPAGES, MAGIC);
    child = user_fork(parent);
    user_store(child, pages + 8, 0x22222222);
    expect_value(child, pages + 8, 0x22222222, NULL);
    expect_value(child, pages, MAGIC, "the rest of the page is copied");
    expect_value(parent, pages + 8, 0, "the parent sees the child's write");
    expect_different_frame(parent, child, pages, NULL);
    expect_same_frame(parent, child, pages + PAGE_SIZE, "nobody wrote to it");
    user_store(parent, pages, 0x33333333);
    expect_value(child, pages, MAGIC, "the child sees the parent's write");
    expect_sound(child);
    expect_sound(parent);
}

/* --- zap_page_range() ---------------------------------------------------- */

/* Needs zap_page_range() alone, as the next one does. */
Test(cow, zapped_pages_are_given_back)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    gaddr_t vma;
    struct proc *space = space_with_area(guest, &vma);
    uint32_t left;

    for (unsigned i = 0; i < NPAGES; i++)
        map_fresh(space, page(i), RW_BITS);
    left = free_pages_in_ram(guest);
    zap_page_range(space, page(0), 2 * PAGE_SIZE);
    expect_empty(space, page(0), "pte_clear()");
    expect_empty(space, page(1), "pte_clear()");
    expect_writable(space, page(2), "it is behind the range");
    expect_rss(space, 1, "a page less for each");
    expect(free_pages_in_ram(guest) == left + 2, .did = guest_last(guest),
           .expected = "2 pages more are free",
           .seen = text("%d", (int)(free_pages_in_ram(guest) - left)),
           .hint = "__free_page()");
    zap_page_range(space, START + (1u << 30), 1u << 30);
    expect_rss(space, 1, "there is nothing, not even page tables");
}

Test(cow, shared_frames_stay_with_the_others)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    gaddr_t vma;
    struct proc *space = space_with_area(guest, &vma);
    pfn_t shared = map_fresh(space, page(0), RO_BITS), zero = zero_frame(guest);
    int zeros = page_count(guest, zero);

    set_page_count(guest, shared, 2); /* somebody else maps it, too */
    set_entry(space, page(1), (uint32_t)zero << PAGE_SHIFT | RO_BITS);
    zap_page_range(space, page(0), NPAGES * PAGE_SIZE);
    expect_empty(space, page(0), "pte_clear()");
    expect_empty(space, page(1), "pte_clear()");
    expect_rss(space, 0, "ZERO_PAGE was not in it");
    expect(page_count(guest, shared) == 1, .did = guest_last(guest),
           .expected = "the frame has one user less: 1",
           .seen = text("%d", page_count(guest, shared)),
           .hint = "__free_page() counts, and frees if it was the last");
    expect(page_count(guest, zero) == zeros, .did = guest_last(guest),
           .expected = "the count of ZERO_PAGE is as it was",
           .seen = text("%d", page_count(guest, zero)),
           .hint = "PageReserved(): its users are not counted");
}

/* Needs all three. */
Test(cow, exit_gives_everything_back)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *parent = user_spawn(guest), *child;
    uaddr_t pages = user_pages(parent, 100);
    struct stock before;

    user_stamp(parent, pages, 100, MAGIC);
    before = stock_of(guest);
    child = user_fork(parent);
    user_stamp(child, pages, 50, MAGIC);
    user_exit(child, 0);
    user_wait(parent, child);
    expect_nothing_lost(guest, &before);
    expect_stamped(parent, pages, 100, MAGIC, NULL);
    expect_users(parent, pages, 1, "the child's entry is gone");
}

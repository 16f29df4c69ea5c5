/* Hidden tests of lab 6: a parent and a child. */
#include <criterion/criterion.h>

#include "programs.h"

#define NPAGES 20
#define PARENT 0x1000000u /* what stamps begin with */
#define CHILD  0x2000000u

static uaddr_t page(uaddr_t pages, size_t i)
{
    return pages + (uaddr_t)i * PAGE_SIZE;
}

/* A process with pages that it has written. */
static struct proc *writer(const struct machine *machine, size_t npages,
                           uaddr_t *pages)
{
    struct proc *parent = user_spawn(guest_boot(machine, STAGE_USER));

    *pages = user_pages(parent, npages);
    user_stamp(parent, *pages, npages, PARENT);
    return parent;
}

Test(cow, parents_write_is_its_own)
{
    uaddr_t pages;
    struct proc *parent = writer(&machine_64mb, NPAGES, &pages);
    struct proc *child = user_fork(parent);

    user_stamp(parent, pages, NPAGES, CHILD);
    expect_stamped(child, pages, NPAGES, PARENT,
                   "the child has what there was at fork()");
    expect_stamped(parent, pages, NPAGES, CHILD, NULL);
    for (size_t i = 0; i < NPAGES; i++)
        expect_different_frame(parent, child, page(pages, i), NULL);
    expect_sound(parent);
}

/* The parent's own processor must not remember that it may write. */
Test(cow, parents_write_right_after_fork_is_its_own)
{
    uaddr_t pages;
    struct proc *parent = writer(&machine_64mb, NPAGES, &pages);
    struct proc *child = fork_and_store(parent, page(pages, 7), CHILD);

    expect_value(parent, page(pages, 7), CHILD, NULL);
    expect_value(child, page(pages, 7), PARENT + 7,
                 "flush_tlb_mm() of the parent, whose entries have changed");
    expect_different_frame(parent, child, page(pages, 7), NULL);
    expect_loads(child, page(pages, 7), PARENT + 7, NULL);
}

Test(cow, each_page_is_copied_once)
{
    uaddr_t pages;
    struct proc *parent = writer(&machine_64mb, NPAGES, &pages);
    struct proc *child = user_fork(parent);
    uint32_t left = free_pages_in_ram(parent->guest);
    uint32_t faults = minor_faults(child), taken;

    for (int i = 0; i < 3; i++)
        user_stamp(child, pages, NPAGES, CHILD);
    faults = minor_faults(child) - faults;
    taken = left - free_pages_in_ram(parent->guest);
    expect(faults == NPAGES, .did = guest_last(parent->guest),
           .expected =
               text("the first write to each of %d pages faults", NPAGES),
           .seen = text("%u faults", faults),
           .hint = "the entry must be writable afterwards");
    expect(taken == NPAGES, .did = guest_last(parent->guest),
           .expected = text("%d pages are taken", NPAGES),
           .seen = text("%u", taken), .hint = "one copy for each page");
}

Test(cow, only_what_is_written_is_copied)
{
    uaddr_t pages;
    struct proc *parent = writer(&machine_64mb, NPAGES, &pages);
    struct proc *child = user_fork(parent);

    user_store(child, page(pages, 5), CHILD);
    user_store(parent, page(pages, 6), CHILD);
    for (size_t i = 0; i < NPAGES; i++)
        if (i == 5 || i == 6)
            expect_different_frame(parent, child, page(pages, i), NULL);
        else
            expect_same_frame(parent, child, page(pages, i),
                              "nobody has written to it");
}

/* Whoever writes second is the frame's only user then. */
Test(cow, second_writer_keeps_the_frame)
{
    uaddr_t pages;
    struct proc *parent = writer(&machine_64mb, NPAGES, &pages);
    struct proc *child = user_fork(parent);
    pfn_t old = frame_of(parent, pages);
    uint32_t left;

    user_store(child, pages, CHILD);
    left = free_pages_in_ram(parent->guest);
    user_store(parent, pages, PARENT + 1);
    expect(frame_of(parent, pages) == old &&
               free_pages_in_ram(parent->guest) == left,
           .did = guest_last(parent->guest),
           .expected =
               text("it writes to frame %ld, and no page is taken", old),
           .seen = text("frame %ld", frame_of(parent, pages)),
           .hint = "page_count(page) == 1");
    expect_writable(parent, pages, NULL);
    expect_value(child, pages, CHILD, "the parent's write is seen");
}

Test(cow, parent_keeps_its_frames_when_the_child_exits)
{
    uaddr_t pages;
    struct proc *parent = writer(&machine_64mb, NPAGES, &pages);
    pfn_t old = frame_of(parent, pages);
    struct stock before = stock_of(parent->guest);
    struct proc *child = user_fork(parent);

    user_store(child, page(pages, 1), CHILD);
    user_exit(child, 0);
    user_wait(parent, child);
    expect_nothing_lost(parent->guest, &before);
    user_stamp(parent, pages, NPAGES, PARENT);
    expect(frame_of(parent, pages) == old, .did = guest_last(parent->guest),
           .expected = text("it writes to frame %ld, of which it is the only "
                            "user again",
                            old),
           .seen = text("frame %ld", frame_of(parent, pages)));
    expect_nothing_lost(parent->guest, &before);
    expect_sound(parent);
}

Test(cow, child_keeps_its_frames_when_the_parent_exits)
{
    uaddr_t pages;
    struct proc *parent = writer(&machine_64mb, NPAGES, &pages);
    struct proc *child = user_fork(parent);
    struct guest *guest = parent->guest;
    pfn_t old = frame_of(child, pages);
    uint32_t left;

    user_exit(parent, 0);
    expect_users(child, pages, 1, "the parent's page tables are gone");
    expect_stamped(child, pages, NPAGES, PARENT, "the child maps them, too");
    left = free_pages_in_ram(guest);
    user_stamp(child, pages, NPAGES, CHILD);
    expect(frame_of(child, pages) == old && free_pages_in_ram(guest) == left,
           .did = guest_last(guest),
           .expected =
               text("it writes to frame %ld, and no page is taken", old),
           .seen = text("frame %ld", frame_of(child, pages)));
    expect_stamped(child, pages, NPAGES, CHILD, NULL);
}

/* Read, but never written. */
Test(cow, zero_page_is_shared_by_all)
{
    struct proc *parent = user_spawn(guest_boot(&machine_64mb, STAGE_USER));
    uaddr_t pages = user_pages(parent, NPAGES);
    struct proc *child;
    uint32_t rss;

    expect_stamped(parent, pages, 1, 0, NULL);
    user_sum(parent, pages, NPAGES * PAGE_SIZE);
    child = user_fork(parent);
    expect_zero_page(child, page(pages, 4), "its entry is copied");
    rss = mm_view(child).rss;
    user_store(child, page(pages, 4) + 4, CHILD);
    expect_value(child, page(pages, 4), 0, "the rest of the page is zeros");
    expect_rss(child, rss + 1, "ZERO_PAGE was not in rss");
    expect_zero_page(parent, page(pages, 4), "the parent has not written");
    expect_loads(parent, page(pages, 4) + 4, 0, "never write to ZERO_PAGE");
    expect_loads(child, page(pages, 5), 0, "never write to ZERO_PAGE");
    user_store(parent, page(pages, 4), PARENT);
    expect_value(child, page(pages, 4), 0, NULL);
    expect_sound(child);
    expect_sound(parent);
}

/* Neither process's pages are in the direct map. */
Test(cow, processes_share_high_memory)
{
    uaddr_t pages;
    struct proc *parent = writer(&machine_1200mb, NPAGES, &pages);
    struct proc *child = user_fork(parent);

    user_stamp(child, pages, NPAGES / 2, CHILD);
    for (size_t i = 0; i < NPAGES; i++)
        expect(zone_of(parent->guest, frame_of(child, page(pages, i))) ==
                   ZONE_HIGHMEM,
               .did = guest_last(parent->guest),
               .expected = "the child's frames are in ZONE_HIGHMEM",
               .seen = text("frame %ld", frame_of(child, page(pages, i))),
               .hint = "GFP_HIGHUSER");
    expect_stamped(parent, pages, NPAGES, PARENT, NULL);
    expect_stamped(child, pages, NPAGES / 2, CHILD, NULL);
    expect_stamped(child, page(pages, NPAGES / 2), NPAGES / 2,
                   PARENT + NPAGES / 2, NULL);
    expect_value(child, pages + 4, 0, "the rest of the page is copied");
}

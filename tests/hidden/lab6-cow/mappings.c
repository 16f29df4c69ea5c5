/* Hidden tests of lab 6: fork() by what is mapped. */
#include <criterion/criterion.h>
#include <string.h>

#include "programs.h"

#define NPAGES 6
#define RW     (PROT_READ | PROT_WRITE)
#define PARENT 0x1000000u /* what stamps begin with */
#define CHILD  0x2000000u

static struct proc *boot_process(void)
{
    return user_spawn(guest_boot(&machine_64mb, STAGE_USER));
}

/* --- shared -------------------------------------------------------------- */

/* Some pages are touched before fork(), some after. */
Test(cow, shared_anonymous_memory_stays_shared)
{
    struct proc *parent = boot_process(), *child;
    uaddr_t pages = user_mmap(parent, NPAGES * PAGE_SIZE, RW, MAP_SHARED);

    user_stamp(parent, pages, 3, PARENT);
    child = user_fork(parent);
    expect_writable(parent, pages, "a shared area is not protected");
    expect_writable(child, pages, "a shared area is not protected");
    user_stamp(child, pages + 2 * PAGE_SIZE, 3, CHILD + 2);
    expect_stamped(parent, pages, 2, PARENT, NULL);
    expect_stamped(parent, pages + 2 * PAGE_SIZE, 3, CHILD + 2,
                   "the parent sees what the child writes");
    user_store(parent, pages, CHILD);
    expect_loads(child, pages, CHILD, "the child sees what the parent writes");
    for (size_t i = 0; i < 5; i++)
        expect_same_frame(parent, child, pages + (uaddr_t)i * PAGE_SIZE, NULL);
}

/* mprotect() there and back takes the right to write out of the entries. */
Test(cow, shared_memory_is_written_in_place)
{
    struct proc *parent = boot_process(), *child;
    uaddr_t pages = user_mmap(parent, NPAGES * PAGE_SIZE, RW, MAP_SHARED);

    user_stamp(parent, pages, NPAGES, PARENT);
    child = user_fork(parent);
    user_mprotect(child, pages, NPAGES * PAGE_SIZE, PROT_READ);
    user_mprotect(child, pages, NPAGES * PAGE_SIZE, RW);
    change_entry(child, pages, PTE_WRITABLE, 0);
    user_store(child, pages, CHILD);
    expect_same_frame(parent, child, pages, "do_wp_page() of a shared area");
    expect_loads(parent, pages, CHILD, NULL);
}

Test(cow, shared_file_stays_shared)
{
    struct proc *parent = boot_process(), *child;
    const uint32_t written = CHILD;
    uaddr_t pages;
    pfn_t frame;
    int fd;

    user_make_stamped_file(parent, "/shared", NPAGES, PARENT);
    fd = user_open(parent, "/shared", O_RDWR);
    pages = user_mmap_file(parent, NPAGES * PAGE_SIZE, RW, MAP_SHARED, fd, 0);
    user_store(parent, pages + 4, PARENT);
    child = user_fork(parent);
    user_store(child, pages, written);
    user_store(child, pages + PAGE_SIZE, written);
    expect_loads(parent, pages, written, "a file's page is shared");
    expect_file(parent, "/shared", PAGE_SIZE, &written, sizeof(written),
                "the file has what was written");
    expect_value(child, pages + 2 * PAGE_SIZE - PAGE_SIZE, written, NULL);
    frame = frame_of(child, pages + PAGE_SIZE);
    user_exit(child, 0);
    expect(page_flags(parent->guest, frame) & PG_DIRTY,
           .did = guest_last(parent->guest),
           .expected =
               text("frame %ld, which the child wrote, is PG_dirty", frame),
           .seen = "it is not", .hint = "set_page_dirty()");
    expect_loads(parent, pages + PAGE_SIZE, written, NULL);
}

/* --- private ------------------------------------------------------------- */

Test(cow, private_file_is_not_written)
{
    struct proc *parent = boot_process(), *child;
    const uint32_t first = PARENT, second = PARENT + 1;
    uaddr_t pages;
    int fd;

    user_make_stamped_file(parent, "/private", NPAGES, PARENT);
    fd = user_open(parent, "/private", O_RDONLY);
    pages = user_mmap_file(parent, NPAGES * PAGE_SIZE, RW, MAP_PRIVATE, fd, 0);
    expect_stamped(parent, pages, 3, PARENT, NULL);
    user_store(parent, pages + PAGE_SIZE, CHILD);
    child = user_fork(parent);
    expect_same_frame(parent, child, pages, "a page of the page cache");
    expect_same_frame(parent, child, pages + PAGE_SIZE, "the parent's copy");
    user_store(child, pages, CHILD + 1);
    user_store(child, pages + PAGE_SIZE, CHILD + 2);
    expect_loads(parent, pages, PARENT, NULL);
    expect_loads(parent, pages + PAGE_SIZE, CHILD, NULL);
    expect_loads(child, pages + 2 * PAGE_SIZE, PARENT + 2, NULL);
    expect_file(parent, "/private", 0, &first, sizeof(first),
                "the page cache is a user of its pages, too");
    expect_file(parent, "/private", PAGE_SIZE, &second, sizeof(second), NULL);
    user_exit(child, 0);
    user_store(parent, pages, CHILD);
    expect_file(parent, "/private", 0, &first, sizeof(first),
                "the page cache is a user of its pages, too");
}

Test(cow, heap_and_stack_are_copied)
{
    struct proc *parent = boot_process(), *child;
    uaddr_t heap = user_brk(parent, 0);
    uaddr_t stack = USER_END - 2 * PAGE_SIZE;

    user_brk(parent, heap + NPAGES * PAGE_SIZE);
    user_stamp(parent, heap, NPAGES, PARENT);
    user_push(parent, stack, PARENT);
    child = user_fork(parent);
    expect_same_frame(parent, child, heap, NULL);
    expect_same_frame(parent, child, stack - PAGE_SIZE, NULL);
    user_stamp(child, heap, NPAGES, CHILD);
    user_push(child, stack, CHILD);
    user_push(parent, stack - 64, PARENT);
    expect_stamped(parent, heap, NPAGES, PARENT, NULL);
    expect_value(parent, stack - 4, PARENT, NULL);
    expect_value(child, stack - 4, CHILD, NULL);
    expect_value(child, stack - 68, 0, NULL);
    user_brk(child, heap);
    expect_stamped(parent, heap, NPAGES, PARENT,
                   "the child has given back its heap, not the parent's");
}

Test(cow, unmapping_concerns_one_process)
{
    struct proc *parent = boot_process(), *child;
    uaddr_t pages = user_pages(parent, NPAGES);

    user_stamp(parent, pages, NPAGES, PARENT);
    child = user_fork(parent);
    user_munmap(child, pages + PAGE_SIZE, 2 * PAGE_SIZE);
    expect_users(parent, pages + PAGE_SIZE, 1, "the child's entry is gone");
    expect_users(parent, pages, 2, "it is not in the range");
    expect_stamped(parent, pages, NPAGES, PARENT, NULL);
    expect_segv(load_op(child, pages + PAGE_SIZE), pages + PAGE_SIZE, PF_USER,
                "it is unmapped");
    expect_loads(child, pages, PARENT, NULL);
    expect_sound(child);
}

/* The processor must not remember where the page was. */
Test(cow, unmapped_page_is_out_of_reach_at_once)
{
    struct proc *proc = boot_process();
    uaddr_t pages = user_pages(proc, NPAGES);
    struct user_op ops[3];
    struct user_result results[3];

    user_catch(proc);
    user_stamp(proc, pages, NPAGES, PARENT);
    ops[0] = store_op(proc, pages + PAGE_SIZE, PARENT);
    ops[1] = syscall_op(proc, NR_munmap, pages, NPAGES * PAGE_SIZE);
    ops[2] = store_op(proc, pages + PAGE_SIZE, CHILD);
    user_ops(proc->guest, ops, 3, results);
    expect(results[2].status == USER_FAULTED && results[2].signal == SIGSEGV,
           .did = text("munmap(), then %s", ops[2].shown),
           .expected = "SIGSEGV", .seen = "the store went through",
           .hint = "flush_tlb_mm() before the frames are given back");
}

/* --- protection ---------------------------------------------------------- */

Test(cow, mprotect_does_not_break_the_sharing)
{
    struct proc *parent = boot_process(), *child;
    uaddr_t pages = user_pages(parent, NPAGES);

    user_stamp(parent, pages, NPAGES, PARENT);
    user_mprotect(parent, pages, NPAGES * PAGE_SIZE, PROT_READ);
    child = user_fork(parent);
    user_mprotect(child, pages, NPAGES * PAGE_SIZE, RW);
    expect_stamped(child, pages, NPAGES, PARENT,
                   "the child has the frames, too");
    user_stamp(child, pages, NPAGES, CHILD);
    expect_stamped(parent, pages, NPAGES, PARENT,
                   "an entry of a private area is writable for one user alone");
    expect_segv(store_op(parent, pages, 1), pages, PF_USER | PF_WRITE | PF_PROT,
                "its area is still read-only");
    expect_stamped(child, pages, NPAGES, CHILD, NULL);
}

Test(cow, hidden_pages_come_back_in_both)
{
    struct proc *parent = boot_process(), *child;
    uaddr_t pages = user_pages(parent, NPAGES);

    user_stamp(parent, pages, NPAGES, PARENT);
    user_mprotect(parent, pages, NPAGES * PAGE_SIZE, PROT_NONE);
    child = user_fork(parent);
    expect_segv(load_op(child, pages), pages, PF_USER, "PROT_NONE");
    user_mprotect(child, pages, NPAGES * PAGE_SIZE, RW);
    expect_stamped(child, pages, NPAGES, PARENT,
                   "the child has the frames, too");
    user_stamp(child, pages, NPAGES, CHILD);
    user_mprotect(parent, pages, NPAGES * PAGE_SIZE, RW);
    expect_stamped(parent, pages, NPAGES, PARENT, NULL);
    user_exit(child, 0);
    expect_stamped(parent, pages, NPAGES, PARENT, NULL);
}

/* --- the kernel writes --------------------------------------------------- */

/* read() puts what it reads where the child may not write yet. */
Test(cow, write_by_the_kernel_breaks_the_sharing)
{
    struct proc *parent = boot_process(), *child;
    uaddr_t pages = user_pages(parent, NPAGES);
    const uint32_t nbytes = 2 * PAGE_SIZE;
    int fd;

    user_make_stamped_file(parent, "/file", 2, CHILD);
    user_stamp(parent, pages, NPAGES, PARENT);
    fd = user_open(parent, "/file", O_RDONLY);
    child = user_fork(parent);
    expect_returns(
        syscall_op(child, NR_read, (uint32_t)fd, pages + PAGE_SIZE, nbytes),
        nbytes, "the kernel's write to a read-only page faults, too");
    expect_stamped(child, pages + PAGE_SIZE, 2, CHILD, NULL);
    expect_stamped(parent, pages, NPAGES, PARENT,
                   "copy_to_user() is a write like any other");
    expect_same_frame(parent, child, pages, "nobody has written to it");
    expect_different_frame(parent, child, pages + PAGE_SIZE, NULL);
}

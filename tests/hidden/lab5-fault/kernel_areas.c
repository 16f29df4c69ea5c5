/*
 * Hidden tests of lab 5: vmalloc areas that were made after a page directory
 * was copied. Each is in reach of a page table of its own, so that the
 * directories that exist have no entry for it.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "accesses.h"

#define TABLES      2    /* page tables that are passed over */
#define ENTRIES     1024 /* of a directory */
#define ENTRY_BYTES 4

/* A page of vmalloc()'s, in reach of a page table that is new. */
static gaddr_t far_page(struct guest *guest)
{
    expect_given(guest, get_vm_area(guest, TABLES * TABLE_BYTES), NULL);
    return vmalloc(guest, PAGE_SIZE);
}

static gaddr_t entry_at(gaddr_t directory, gaddr_t address)
{
    return directory + address / TABLE_BYTES * ENTRY_BYTES;
}

/* The kernel's directory entry for an address, from RAM. The processor marks
 * entries as accessed. */
static uint32_t kernels_entry(struct guest *guest, gaddr_t address)
{
    gaddr_t directory = guest_symbol(guest, "swapper_pg_dir");

    return guest_u32(guest, entry_at(directory, address)) & ~PTE_ACCESSED;
}

static uint32_t own_entry(const struct proc *proc, gaddr_t address)
{
    return guest_u32(proc->guest, entry_at(mm_view(proc).pgd, address)) &
           ~PTE_ACCESSED;
}

/* The directory must not know, or must know, of the address. */
static void expect_known(const struct proc *proc, gaddr_t address, bool known,
                         const char *hint)
{
    struct guest *guest = proc->guest;
    uint32_t expected = known ? kernels_entry(guest, address) : 0;

    expect(own_entry(proc, address) == expected, .did = guest_last(guest),
           .expected = text("the directory's entry for 0x%08x is 0x%08x",
                            address, expected),
           .seen = text("0x%08x", own_entry(proc, address)), .hint = hint);
}

static void expect_kernel_writes(struct guest *guest, gaddr_t address,
                                 enum agent_context context)
{
    struct call call = in_context(kernel_write_call(address), context);
    uint32_t seen;

    guest_call(guest, &call, NULL);
    guest_read(guest, address, &seen, sizeof(seen));
    expect(seen == WORD % 256 * 0x01010101u, .did = call_text(&call),
           .expected = "it is written", .seen = text("0x%x is there", seen));
}

Test(fault, new_kernel_area_is_learned_at_its_first_use)
{
    static const enum agent_context contexts[] = {AGENT_PROCESS, AGENT_ATOMIC,
                                                  AGENT_INTERRUPT};
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);

    for (size_t i = 0; i < sizeof(contexts) / sizeof(contexts[0]); i++) {
        gaddr_t page = far_page(guest);

        expect_known(space, page, false, "nobody has used it yet");
        expect_kernel_writes(guest, page, contexts[i]);
        expect_known(space, page, true, "vmalloc_fault(), in any context");
    }
    expect_rss(space, 0, NULL);
}

Test(fault, each_directory_learns_by_itself)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *one = new_space(guest), *two = new_space(guest);
    gaddr_t page = far_page(guest);

    expect_kernel_writes(guest, page, AGENT_PROCESS);
    expect_known(two, page, true, NULL);
    expect_known(one, page, false, "only the directory in use");
    enter_space(guest, one);
    expect_kernel_writes(guest, page, AGENT_PROCESS);
    expect_known(one, page, true, NULL);
    enter_space(guest, NULL);
    expect_kernel_writes(guest, page, AGENT_PROCESS);
}

/* A kernel task has no mm, and works with the directory of whoever ran. */
Test(fault, kernel_task_learns_in_the_directory_in_use)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    gaddr_t page = far_page(guest);

    user_load(proc, proc->scratch);
    expect_known(proc, page, false, NULL);
    expect_kernel_writes(guest, page, AGENT_PROCESS);
    expect_known(proc, page, true, "current_pgd(): current->mm is NULL here");
}

/* --- vmalloc_fault() ------------------------------------------------------ */

/* It must say this, and unless it is 0, change nothing. */
static void expect_says(const struct proc *space, gaddr_t address, int expected,
                        const char *what)
{
    struct guest *guest = space->guest;
    uint32_t before[ENTRIES], after[ENTRIES];
    gaddr_t directory = mm_view(space).pgd;
    int seen;

    guest_copy(guest, directory, before, sizeof(before));
    seen = vmalloc_fault(guest, address);
    expect(seen == expected, .did = guest_last(guest),
           .expected = text("%d: %s", expected, what),
           .seen = text("%d", seen));
    guest_copy(guest, directory, after, sizeof(after));
    expect(expected == 0 || memcmp(before, after, sizeof(before)) == 0,
           .did = guest_last(guest), .expected = "nothing has changed",
           .seen = "the directory has", .hint = what);
}

Test(fault, vmalloc_fault_looks_for_a_present_page)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    gaddr_t start = vmalloc_start(guest), page;
    uint32_t npages;

    expect_says(space, start, -1, "no area is there");
    expect_says(space, VMALLOC_END - 1, -1, "no area is there");
    page = vmalloc(guest, 2 * PAGE_SIZE);
    expect_says(space, page + PAGE_SIZE + 123, 0, "its second page");
    expect_says(space, page, 0, "its first page, which is VMALLOC_START's");
    expect_says(space, page + 2 * PAGE_SIZE, -1, "its guard page");
    page = far_page(guest);
    expect_says(space, page - PAGE_SIZE, -1, "the guard page of another");
    expect_says(space, page + PAGE_SIZE, -1, "its guard page");
    expect_known(space, page, false, "nothing has changed");
    expect_says(space, page + PAGE_SIZE - 1, 0, "the last byte of its page");
    expect_known(space, page, true, NULL);
    npages = (VMALLOC_END - page) / PAGE_SIZE - 2;
    get_vm_area(guest, (npages - 3) * PAGE_SIZE);
    page = vmalloc(guest, PAGE_SIZE);
    expect(page == VMALLOC_END - 2 * PAGE_SIZE, .did = guest_last(guest),
           .expected = "the last page but the guard", .seen = "another");
    expect_says(space, page + 5, 0, "the last page of all");
}

/* High memory: there are pages in kmap()'s slots, too. */
Test(fault, vmalloc_fault_is_for_vmalloc_addresses)
{
    struct guest *guest = guest_boot(&machine_1200mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    pfn_t high = alloc_pages(guest, GFP_HIGHUSER, 0);
    struct call kmap = {
        .function = "kmap",
        .args = {page_of(guest, high)},
        .shown = "kmap(page)",
    };
    gaddr_t slot = guest_call(guest, &kmap, NULL);

    map_fresh(space, START, PTE_PRESENT | PTE_WRITABLE | PTE_USER);
    expect_says(space, slot, -1, "kmap()'s slots are none of its business");
    expect_says(space, VMALLOC_END, -1, "behind the last area");
    expect_says(space, vmalloc_start(guest) - 1, -1, "below VMALLOC_START");
    expect_says(space, KERNEL_BASE, -1, "the direct map");
    expect_says(space, mm_of(space), -1, "the direct map");
    expect_says(space, 0xffffe000, -1, "fixed mappings");
    expect_says(space, START, -1, "a user's page");
    expect_says(space, 0, -1, "a user's address");
    expect_says(space, ~0u, -1, "the last address");
}

/* --- what must not be mended ---------------------------------------------- */

Test(fault, process_learns_nothing_of_kernel_areas)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    gaddr_t page = far_page(guest);
    const char *hint = "PF_USER: nothing of the kernel's is for processes";

    expect_segv(load_op(proc, page), page, PF_USER, hint);
    expect_known(proc, page, false, hint);
    expect_segv(store_op(proc, page + 8, 1), page + 8, PF_USER | PF_WRITE,
                hint);
    expect_segv(run_op(proc, page), page, PF_USER, hint);
    expect_known(proc, page, false, hint);
    expect_kernel_writes(guest, page, AGENT_PROCESS);
    expect_segv(load_op(proc, page), page, PF_USER | PF_PROT, hint);
    user_uncatch(proc);
    expect_killed(load_op(proc, page), SIGSEGV, NULL);
}

/* The page is there: copying the directory's entry once more is no help. */
Test(fault, forbidden_kernel_page_is_an_oops)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    gaddr_t page = far_page(guest), table, entry;
    uint32_t raw;

    table = KERNEL_BASE + (kernels_entry(guest, page) & ~(PAGE_SIZE - 1));
    entry = table + page % TABLE_BYTES / PAGE_SIZE * ENTRY_BYTES;
    raw = guest_u32(guest, entry) & ~PTE_WRITABLE;
    guest_write(guest, entry, &raw, sizeof(raw));
    expect_left(guest, copy_from_user_call(guest, START, 4), 4, NULL);
    expect_says(space, page, 0, "a page is there");
    expect_oops(guest, kernel_write_call(page + 4), page + 4,
                "PF_PROT: vmalloc_fault() is for pages that are not there");
}

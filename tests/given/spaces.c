/*
 * The harness's view of address spaces, tested with the reference's components:
 * that it sees what is there, and sees what is wrong.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "blocks.h"
#include "spaces.h"

#define START 0x40000000u
#define MANY  1000

static const struct machine *const machine = &machine_64mb;

/* A space with three areas: of two pages, a gap of one, and two of one page. */
static struct proc *three_areas(gaddr_t *vmas)
{
    struct guest *guest = guest_boot(machine, STAGE_PROC);
    struct proc *space = new_space(guest);

    vmas[0] = add_vma(space, START, START + 2 * PAGE_SIZE, ANON_FLAGS);
    vmas[1] =
        add_vma(space, START + 3 * PAGE_SIZE, START + 4 * PAGE_SIZE, RO_FLAGS);
    vmas[2] = add_vma(space, START + 4 * PAGE_SIZE, START + 5 * PAGE_SIZE,
                      SHARED_FLAGS);
    return space;
}

static void check_sound(void *space)
{
    expect_sound(space);
}

/* expect_sound() must fail, and say so with these words. */
static void expect_unsound(struct proc *space, const char *words)
{
    struct verdict verdict = report_try(check_sound, space);

    expect(verdict.outcome == OUTCOME_FAIL &&
               strstr(verdict.claim.expected, words) != NULL,
           .did = "look at an address space in which something is wrong",
           .expected = words,
           .seen = verdict.outcome == OUTCOME_FAIL ? verdict.claim.expected
                                                   : "another verdict");
}

static void poke(struct proc *space, gaddr_t at, uint32_t value)
{
    guest_write(space->guest, at, &value, sizeof(value));
}

Test(given, areas_are_seen_as_they_are)
{
    gaddr_t vmas[3], prev;
    struct proc *space = three_areas(vmas);
    const struct span expected[] = {
        {START, START + 2 * PAGE_SIZE, ANON_FLAGS},
        {START + 3 * PAGE_SIZE, START + 4 * PAGE_SIZE, RO_FLAGS},
        {START + 4 * PAGE_SIZE, START + 5 * PAGE_SIZE, SHARED_FLAGS},
    };

    expect_vmas(space, expected, 3, NULL);
    expect_vma(space, find_vma(space, START + PAGE_SIZE), vmas[0], NULL);
    expect_vma(space, find_vma_prev(space, START + 5 * PAGE_SIZE, &prev), 0,
               NULL);
    expect_vma(space, prev, vmas[2], NULL);
    expect_ok(space->guest, split_vma(space, vmas[0], START + PAGE_SIZE), NULL);
    expect_sound(space);
    expect_ok(space->guest, do_munmap(space, START, 4 * PAGE_SIZE), NULL);
    expect_vmas(space, expected + 2, 1, NULL);
    expect_total_vm(space, 1, NULL);
    expect_sound(space);
}

Test(given, calls_of_mmap_work_on_a_space)
{
    struct guest *guest = guest_boot(machine, STAGE_PROC);
    struct stock before = stock_of(guest);
    struct proc *space = new_space(guest);
    uint32_t rw = PROT_READ | PROT_WRITE;

    expect_address(guest, do_mmap(guest, 2 * PAGE_SIZE, rw, MAP_PRIVATE), START,
                   NULL);
    expect_fails(guest, do_mmap(guest, 0, rw, MAP_PRIVATE), EINVAL, NULL);
    expect_address(guest, do_brk(guest, 0x10000000, PAGE_SIZE), 0x10000000,
                   NULL);
    set_heap(space, 0x20000000, 0x20000000);
    expect_address(guest, sys_brk(guest, 0x20000123), 0x20000123, NULL);
    set_agent_rlimit(guest, RLIMIT_DATA, PAGE_SIZE);
    expect_address(guest, sys_brk(guest, 0x20003000), 0x20000123,
                   "RLIMIT_DATA");
    expect_sound(space);
    drop_space(space);
    expect_nothing_lost(guest, &before);
}

Test(given, many_areas_are_made_in_one_go)
{
    struct guest *guest = guest_boot(machine, STAGE_PROC);
    struct proc *space = new_space(guest);
    gaddr_t vmas[MANY];
    uint32_t cost;
    struct call call;

    add_vmas(space, START, MANY, 1, 1, vmas);
    expect_sound(space);
    call = find_vma_call(space, START + 2 * 500 * PAGE_SIZE);
    expect_vma(space, guest_call(guest, &call, &cost), vmas[500], NULL);
    expect(cost < 500, .did = guest_last(guest), .expected = "few instructions",
           .seen = text("%u", cost));
    exit_mmap(space);
    expect_vmas(space, NULL, 0, NULL);
    expect_sound(space);
}

Test(given, what_is_wrong_with_areas_is_seen)
{
    gaddr_t vmas[3];
    struct proc *space = three_areas(vmas);
    struct guest *guest = space->guest;
    gaddr_t mm = mm_of(space), root = mm_view(space).mm_rb;

    expect_sound(space);
    poke(space, mm + MM_MAP_COUNT, 2);
    expect_unsound(space, "map_count is 3");
    poke(space, mm + MM_MAP_COUNT, 3);
    poke(space, mm + MM_TOTAL_VM, 3);
    expect_unsound(space, "total_vm is 4");
    poke(space, mm + MM_TOTAL_VM, 4);
    set_mmap_cache(space, mm);
    expect_unsound(space, "mmap_cache");
    set_mmap_cache(space, 0);
    poke(space, vmas[1] + VMA_FLAGS, SHARED_FLAGS);
    expect_unsound(space, "vm_page_prot");
    poke(space, vmas[1] + VMA_FLAGS, RO_FLAGS);
    poke(space, vmas[1] + VMA_START, START + PAGE_SIZE);
    expect_unsound(space, "without overlap");
    poke(space, vmas[1] + VMA_START, START + 3 * PAGE_SIZE);
    poke(space, root + RB_COLOR, RB_RED);
    expect_unsound(space, "red");
    poke(space, root + RB_COLOR, RB_BLACK);
    poke(space, mm + MM_RB, guest_u32(guest, root + RB_LEFT));
    expect_unsound(space, "mm_rb");
    poke(space, mm + MM_RB, root);
    expect_sound(space);
}

Test(given, page_tables_are_seen_as_they_are)
{
    gaddr_t vmas[3];
    struct proc *space = three_areas(vmas);
    struct guest *guest = space->guest;
    pfn_t pfn;

    expect_not_mapped(space, START, 5, NULL);
    expect_vm_fault(guest, do_anonymous_page(space, vmas[0], START, false),
                    FAULT_MINOR, NULL);
    expect_zero_page(space, START, NULL);
    expect_rss(space, 0, "ZERO_PAGE is reserved");
    expect_vm_fault(guest, do_wp_page(space, vmas[0], START), FAULT_MINOR,
                    NULL);
    expect_writable(space, START, NULL);
    expect_zeros(space, START, NULL);
    pfn =
        map_fresh(space, START + PAGE_SIZE, PTE_PRESENT | PTE_USER | PTE_DIRTY);
    expect_read_only(space, START + PAGE_SIZE, NULL);
    expect_dirty(space, START + PAGE_SIZE, NULL);
    expect(frame_of(space, START + PAGE_SIZE) == pfn, .did = guest_last(guest),
           .expected = text("frame %ld", pfn), .seen = "another");
    expect_users(space, START + PAGE_SIZE, 1, NULL);
    expect(mapped_in(space, START, 5) == 2 && page_tables(space) == 1,
           .did = guest_last(guest), .expected = "2 pages", .seen = "others");
    expect_sound(space);
    zap_page_range(space, START, 2 * PAGE_SIZE);
    expect_empty(space, START, NULL);
    expect_rss(space, 0, NULL);
}

Test(given, page_outside_of_areas_is_seen)
{
    gaddr_t vmas[3];
    struct proc *space = three_areas(vmas);

    map_fresh(space, START + 2 * PAGE_SIZE, PTE_PRESENT | PTE_USER);
    expect_unsound(space, "outside of the areas");
}

Test(given, swap_entries_are_copied_and_dropped)
{
    gaddr_t vmas[3];
    struct proc *parent = three_areas(vmas), *child;
    struct guest *guest = parent->guest;

    put_swap_entry(parent, START, 5);
    child = new_space(guest);
    expect_ok(guest, copy_page_range(child, parent, vmas[0]), NULL);
    expect(swap_users(guest, 5) == 2 &&
               pte_view(child, START).raw == swap_entry(5),
           .did = guest_last(guest), .expected = "two users of slot 5",
           .seen = text("%u", swap_users(guest, 5)));
    zap_page_range(child, START, PAGE_SIZE);
    zap_page_range(parent, START, PAGE_SIZE);
    expect(swap_users(guest, 5) == 0, .did = guest_last(guest),
           .expected = "no users of slot 5",
           .seen = text("%u", swap_users(guest, 5)));
}

Test(given, probe_file_is_mapped_and_counted)
{
    struct guest *guest = guest_boot(machine, STAGE_PROC);
    struct proc *space = new_space(guest);
    struct mmap_args args = {
        .file = probe_file(guest),
        .nbytes = 2 * PAGE_SIZE,
        .prot = PROT_READ | PROT_WRITE,
        .flags = MAP_PRIVATE,
        .pgoff = 7,
    };
    pfn_t pfn = alloc_pages(guest, GFP_KERNEL, 0);
    gaddr_t vma;

    expect_address(guest, do_mmap_pgoff(guest, &args), START, NULL);
    expect(file_users(guest, args.file) == 2 && probe_vm_view(guest).mmaps == 1,
           .did = guest_last(guest), .expected = "mapped once",
           .seen = text("%d uses", file_users(guest, args.file)));
    vma = find_vma(space, START);
    set_probe_nopage(guest, pfn);
    expect_vm_fault(guest, do_no_page(space, vma, START, false), FAULT_MAJOR,
                    NULL);
    expect_users(space, START, 2, NULL);
    set_probe_nopage_oom(guest);
    expect_vm_fault(guest, handle_mm_fault(space, vma, START + PAGE_SIZE, true),
                    FAULT_OOM, NULL);
    expect_ok(guest, do_munmap(space, START, PAGE_SIZE), NULL);
    expect_ok(guest, do_munmap(space, START + PAGE_SIZE, PAGE_SIZE), NULL);
    expect(file_users(guest, args.file) == 1 &&
               probe_vm_view(guest).closes == probe_vm_view(guest).opens + 1,
           .did = guest_last(guest), .expected = "no area has the file",
           .seen = text("%d uses", file_users(guest, args.file)));
    set_probe_mmap_result(guest, -EBUSY);
    expect_fails(guest, do_mmap_pgoff(guest, &args), EBUSY, NULL);
    args.file = probe_file_without_mmap(guest);
    expect_fails(guest, do_mmap_pgoff(guest, &args), ENODEV, NULL);
    expect_sound(space);
}

Test(given, files_of_the_ramdisk_are_opened_from_outside)
{
    struct guest *guest = guest_boot(machine, STAGE_PROC);
    struct stock before = stock_of(guest);
    gaddr_t file = open_file(guest, "/sbin/agent", O_RDONLY);

    expect(file_users(guest, file) == 1, .did = guest_last(guest),
           .expected = "one use", .seen = "another");
    fput(guest, file);
    expect_nothing_lost(guest, &before);
}

/* --- what is lost --------------------------------------------------------- */

struct loss {
    struct guest *guest;
    struct stock before;
};

static void check_loss(void *context)
{
    struct loss *loss = context;

    expect_nothing_lost(loss->guest, &loss->before);
}

static void expect_loss(struct loss *loss, const char *words)
{
    struct verdict verdict = report_try(check_loss, loss);

    expect(verdict.outcome == OUTCOME_FAIL &&
               strstr(verdict.claim.expected, words) != NULL,
           .did = "lose something", .expected = words, .seen = "no such loss");
}

Test(given, losses_are_seen)
{
    struct guest *guest = guest_boot(machine, STAGE_PROC);
    struct proc *space = new_space(guest);
    struct loss loss = {guest, stock_of(guest)};
    gaddr_t vma = make_vma(space, START, START + PAGE_SIZE, ANON_FLAGS);
    pfn_t pfn;

    expect_loss(&loss, "vm_area_struct");
    insert_vm_struct(space, vma);
    exit_mmap(space);
    expect_nothing_lost(guest, &loss.before);
    pfn = alloc_pages(guest, GFP_KERNEL, 0);
    expect_loss(&loss, "pages");
    free_pages(guest, pfn, 0);
    set_swap_users(guest, 3, 1);
    expect_loss(&loss, "swap");
}

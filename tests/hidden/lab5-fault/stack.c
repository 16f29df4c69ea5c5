/* Hidden tests of lab 5: stacks that grow, expand_stack(). */
#include <criterion/criterion.h>
#include <string.h>

#include "accesses.h"

#define SLACK  32   /* STACK_SLACK */
#define PGOFF  1000 /* of an area, in pages */
#define NPAGES 4    /* of a stack at first */

#define END (START + NPAGES * PAGE_SIZE)

/* --- expand_stack() ------------------------------------------------------- */

/* A stack area at START, not yet of any use. */
static gaddr_t add_stack(const struct proc *space)
{
    gaddr_t vma = add_vma(space, START, END, STACK_FLAGS);

    set_vma_file(space->guest, vma, 0, PGOFF);
    return vma;
}

/* The stack begins so many pages below START, and everything follows. */
static void expect_grown(const struct proc *space, gaddr_t vma, uint32_t npages,
                         uint32_t others)
{
    struct vma_view view = vma_view(space->guest, vma);

    expect(view.start == START - npages * PAGE_SIZE && view.end == END,
           .did = guest_last(space->guest),
           .expected =
               text("[0x%08x, 0x%08x)", START - npages * PAGE_SIZE, END),
           .seen = vma_text(&view));
    expect(view.pgoff == PGOFF - npages, .did = guest_last(space->guest),
           .expected = text("vm_pgoff %u", PGOFF - npages),
           .seen = text("%u", view.pgoff),
           .hint = "vm_pgoff is the offset of vm_start: the pages that were "
                   "there keep theirs");
    expect_total_vm(space, NPAGES + npages + others, NULL);
    expect_sound(space);
}

Test(fault, stack_begins_at_the_page_of_the_address)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    gaddr_t vma = add_stack(space);

    expect_ok(guest, expand_stack(space, vma, START - 1), NULL);
    expect_grown(space, vma, 1, 0);
    expect_ok(guest, expand_stack(space, vma, START - 2 * PAGE_SIZE), NULL);
    expect_grown(space, vma, 2, 0);
    expect_ok(guest, expand_stack(space, vma, START - 2 * PAGE_SIZE - 4), NULL);
    expect_grown(space, vma, 3, 0);
    expect_not_mapped(space, START - 3 * PAGE_SIZE, 3, "no page is got yet");
    add_vma(space, START + TABLE_BYTES, START + TABLE_BYTES + PAGE_SIZE,
            ANON_FLAGS);
    expect_ok(guest,
              expand_stack(space, vma, START - 500 * PAGE_SIZE + PAGE_SIZE / 2),
              "many pages at once");
    expect_grown(space, vma, 500, 1);
}

Test(fault, stack_stays_below_rlimit_stack)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    gaddr_t vma = add_stack(space);

    set_agent_rlimit(guest, RLIMIT_STACK, (NPAGES + 3) * PAGE_SIZE - 1);
    expect_fails(guest,
                 (uint32_t)expand_stack(space, vma, START - 3 * PAGE_SIZE),
                 ENOMEM, "a byte more than RLIMIT_STACK");
    expect_grown(space, vma, 0, 0);
    expect_ok(guest, expand_stack(space, vma, START - 2 * PAGE_SIZE), NULL);
    expect_grown(space, vma, 2, 0);
    set_agent_rlimit(guest, RLIMIT_STACK, (NPAGES + 3) * PAGE_SIZE);
    expect_ok(guest, expand_stack(space, vma, START - 3 * PAGE_SIZE),
              "as large as RLIMIT_STACK");
    expect_fails(guest,
                 (uint32_t)expand_stack(space, vma, START - 3 * PAGE_SIZE - 1),
                 ENOMEM, "the limit is of the whole stack, not of the growth");
    expect_grown(space, vma, 3, 0);
    set_agent_rlimit(guest, RLIMIT_STACK, ~0u);
    expect_ok(guest, expand_stack(space, vma, START - 9 * PAGE_SIZE), NULL);
    expect_grown(space, vma, 9, 0);
}

/* Other areas count as well. */
Test(fault, stack_stays_below_rlimit_as)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    gaddr_t vma = add_stack(space);

    add_vma(space, END + PAGE_SIZE, END + 11 * PAGE_SIZE, ANON_FLAGS);
    set_agent_rlimit(guest, RLIMIT_AS, (NPAGES + 10 + 2) * PAGE_SIZE + 4095);
    expect_fails(guest,
                 (uint32_t)expand_stack(space, vma, START - 3 * PAGE_SIZE),
                 ENOMEM, "total_vm would be above RLIMIT_AS");
    expect_grown(space, vma, 0, 10);
    expect_ok(guest, expand_stack(space, vma, START - 2 * PAGE_SIZE),
              "exactly RLIMIT_AS");
    expect_grown(space, vma, 2, 10);
    expect_fails(guest, (uint32_t)expand_stack(space, vma, START - 9000),
                 ENOMEM, NULL);
    expect_grown(space, vma, 2, 10);
}

/* vma->vm_mm need not be current->mm; and pages are another matter. */
Test(fault, stack_grows_anywhere_and_without_memory)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_PROC);
    struct proc *other = new_space(guest), *current = new_space(guest);
    gaddr_t vma = add_stack(other);

    exhaust(guest, ZONE_DMA);
    expect_ok(guest, expand_stack(other, vma, START - 4),
              "no memory is needed for it");
    expect_grown(other, vma, 1, 0);
    expect_total_vm(current, 0, "vma->vm_mm is not current->mm here");
}

/* --- a process's stack ---------------------------------------------------- */

/* The stack has grown by so many pages since it was `before`. */
static void expect_pages_more(struct proc *proc, const struct vma_view *before,
                              uint32_t npages)
{
    struct vma_view now = stack_of(proc);

    expect(now.start == before->start - npages * PAGE_SIZE &&
               now.end == before->end,
           .did = guest_last(proc->guest),
           .expected = text("the stack is [0x%08x, 0x%08x)",
                            before->start - npages * PAGE_SIZE, before->end),
           .seen = vma_text(&now));
    expect_sound(proc);
}

Test(fault, pushes_grow_the_stack)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    struct vma_view before = stack_of(proc);
    uint32_t total_vm = mm_view(proc).total_vm;

    for (uint32_t i = 0; i < 10; i++) {
        user_push(proc, before.start - i * PAGE_SIZE, WORD + i);
        expect_pages_more(proc, &before, i + 1);
        expect_value(proc, before.start - i * PAGE_SIZE - 4, WORD + i, NULL);
    }
    expect_total_vm(proc, total_vm + 10, NULL);
}

/* pusha writes 32 bytes before it moves esp. Its last word is the first that
 * is below the area, then its last but one, …. */
Test(fault, pusha_reaches_32_bytes_below_esp)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    struct vma_view before = stack_of(proc);

    for (uint32_t i = 1; i <= 8; i++) {
        uaddr_t bottom = before.start - (i - 1) * PAGE_SIZE;
        uaddr_t esp = bottom + SLACK - 4 * i;

        user_pusha(proc, esp);
        expect_pages_more(proc, &before, i);
        expect_value(proc, esp - 20, esp, "pusha has esp, too");
    }
}

Test(fault, slack_is_exactly_32_bytes)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    struct vma_view before = stack_of(proc);
    uaddr_t bottom = before.start;
    const char *hint = "not more than STACK_SLACK bytes below esp";

    expect_segv(load_at_op(proc, bottom + SLACK, bottom - 1), bottom - 1,
                PF_USER, hint);
    expect_segv(load_at_op(proc, bottom - 8, bottom - 8 - SLACK - 1),
                bottom - 8 - SLACK - 1, PF_USER, hint);
    expect_segv(load_at_op(proc, bottom, bottom - SLACK - 1),
                bottom - SLACK - 1, PF_USER, hint);
    expect_pages_more(proc, &before, 0);
    user_do(load_at_op(proc, bottom + SLACK - 1, bottom - 1));
    expect_pages_more(proc, &before, 1);
    bottom -= PAGE_SIZE;
    user_do(load_at_op(proc, bottom, bottom - SLACK));
    expect_pages_more(proc, &before, 2);
}

Test(fault, access_far_below_esp_is_bad)
{
    static const uint32_t distances[] = {33, 64, 4096, 0x10000, 0x1000000};
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    struct vma_view before = stack_of(proc);

    for (size_t i = 0; i < sizeof(distances) / sizeof(distances[0]); i++) {
        uaddr_t at = before.start - distances[i];

        expect_segv(load_at_op(proc, before.start, at), at, PF_USER,
                    "nobody pushes there");
        expect_segv(load_at_op(proc, before.end - 64, at), at, PF_USER,
                    "nobody pushes there");
    }
    expect_pages_more(proc, &before, 0);
    user_uncatch(proc);
    expect_killed(load_at_op(proc, before.start, before.start - PAGE_SIZE),
                  SIGSEGV, "far below esp");
}

/* As for a function with large local variables. */
Test(fault, access_above_esp_grows_the_stack)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    struct vma_view before = stack_of(proc);
    uaddr_t at = before.start - 100 * PAGE_SIZE + 8;
    uint32_t rss = mm_view(proc).rss;

    user_push(proc, at + 4, WORD);
    expect_pages_more(proc, &before, 100);
    expect_rss(proc, rss + 1, "only the page that is written to is got");
    expect_value(proc, at, WORD, NULL);
    user_do(load_at_op(proc, at - 1000 * PAGE_SIZE, at - 50 * PAGE_SIZE));
    expect_pages_more(proc, &before, 150);
}

/* A file of two pages, open. */
static int open_stamped(struct proc *proc)
{
    user_make_stamped_file(proc, "/tmp/two", 2, WORD);
    return user_open(proc, "/tmp/two", O_RDONLY);
}

/* The kernel does not know how its access comes about: esp is no matter. */
static void check_process(void)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    struct vma_view before = stack_of(proc);
    int fd = open_stamped(proc);
    uaddr_t buffer = before.start - 30 * PAGE_SIZE;

    expect_returns(read_at_op(proc, before.end - 64, fd, buffer, PAGE_SIZE + 4),
                   PAGE_SIZE + 4, "esp is of interest in user mode only");
    expect_pages_more(proc, &before, 30);
    expect_value(proc, buffer, WORD, NULL);
    expect_value(proc, buffer + PAGE_SIZE, WORD + 1, NULL);
}

static void check_space(void)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct proc *space = new_space(guest);
    gaddr_t vma = add_stack(space);

    expect_left(guest, copy_to_user_call(guest, START - 5 * PAGE_SIZE, 8), 0,
                "the fault is the kernel's: the stack grows");
    expect_grown(space, vma, 5, 0);
    expect_left(guest, copy_from_user_call(guest, START - 9 * PAGE_SIZE, 8), 0,
                "the fault is the kernel's: the stack grows");
    expect_grown(space, vma, 9, 0);
}

Test(fault, kernels_access_grows_the_stack)
{
    check_process();
    guest_end_all();
    check_space();
}

Test(fault, stack_at_its_limit_is_the_end)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    struct vma_view before = stack_of(proc);
    int fd = open_stamped(proc);
    uaddr_t bottom = before.start - 2 * PAGE_SIZE;

    set_rlimit(proc, RLIMIT_STACK, before.end - bottom);
    expect_segv(push_op(proc, bottom, WORD), bottom - 4, PF_USER | PF_WRITE,
                "RLIMIT_STACK");
    expect_error(syscall_op(proc, NR_read, (uint32_t)fd, bottom - PAGE_SIZE, 8),
                 EFAULT, "RLIMIT_STACK holds for the kernel's accesses, too");
    expect_pages_more(proc, &before, 0);
    user_push(proc, bottom + 4, WORD);
    expect_pages_more(proc, &before, 2);
    set_rlimit(proc, RLIMIT_STACK, ~0u);
    set_rlimit(proc, RLIMIT_AS, mm_view(proc).total_vm * PAGE_SIZE);
    expect_segv(push_op(proc, bottom, WORD), bottom - 4, PF_USER | PF_WRITE,
                "RLIMIT_AS");
    expect_pages_more(proc, &before, 2);
}

/* Only the next area above the address is asked. */
Test(fault, only_a_stack_grows)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_USER);
    struct proc *proc = user_spawn(guest);
    struct vma_view before = stack_of(proc);
    uaddr_t below = before.start - 8 * PAGE_SIZE;
    uaddr_t heap = user_brk(proc, 0);

    user_brk(proc, heap + PAGE_SIZE);
    user_mmap_at(proc, below, PAGE_SIZE, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_FIXED);
    expect_segv(push_op(proc, below, WORD), below - 4, PF_USER | PF_WRITE,
                "VM_GROWSDOWN: other areas don't grow");
    expect_segv(push_op(proc, below - 50 * PAGE_SIZE, WORD),
                below - 50 * PAGE_SIZE - 4, PF_USER | PF_WRITE, NULL);
    expect_segv(push_op(proc, heap, WORD), heap - 4, PF_USER | PF_WRITE, NULL);
    expect_pages_more(proc, &before, 0);
    user_push(proc, below + PAGE_SIZE + 4, WORD);
    expect_pages_more(proc, &before, 7);
    user_store(proc, below, WORD);
    expect_value(proc, below + PAGE_SIZE, WORD, "the stack meets the area");
    expect_pages_more(proc, &before, 7);
}

/*
 * The given kernel, tested with the reference's components: tasks, sleeping and
 * waking, and the addresses above the direct map. A task sleeps here in kmap(),
 * when all of its slots have users.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "slots.h"
#include "tasks.h"

#define TASK_PAGES 2

static const struct call count_pages = {.function = "nr_free_pages",
                                        .shown = "nr_free_pages()"};

Test(given, threads_have_pids_and_values_of_their_own)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);
    uint32_t before = free_pages_in_ram(guest);

    for (uint32_t i = 0; i < AGENT_MAX_THREADS; i++) {
        thread_t thread = start_thread(guest, &count_pages);
        struct agent_thread view = thread_view(guest, thread);

        expect(thread == i && view.pid == i + 1, .did = guest_last(guest),
               .expected = text("thread %u, pid %u", i, i + 1),
               .seen = text("thread %u, pid %u", thread, view.pid));
        expect(view.returned && view.value == before - TASK_PAGES,
               .did = guest_last(guest),
               .expected = text("%u: its own task takes two pages",
                                before - TASK_PAGES),
               .seen = text("%u", view.value));
        expect(free_pages_in_ram(guest) == before, .did = guest_last(guest),
               .expected = "its pages are free when it has ended",
               .seen =
                   text("%d more", (int)(free_pages_in_ram(guest) - before)));
    }
}

static void start_one_more(void *context)
{
    start_thread(context, &count_pages);
}

static void expect_no_thread(struct guest *guest, const char *why)
{
    struct verdict verdict = report_try(start_one_more, guest);

    expect(verdict.outcome == OUTCOME_FAIL &&
               strcmp(verdict.claim.seen, "there could be none") == 0,
           .did = text("start a thread %s", why), .expected = "there is none",
           .seen = "another verdict");
}

Test(given, threads_are_refused_when_there_are_too_many)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct call calls[AGENT_MAX_THREADS];
    thread_t threads[AGENT_MAX_THREADS];

    for (int i = 0; i < AGENT_MAX_THREADS; i++)
        calls[i] = count_pages;
    start_threads(guest, calls, AGENT_MAX_THREADS, threads);
    expect_no_thread(guest, "when all places are taken");
}

Test(given, threads_are_refused_without_memory)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct blocks pages = exhaust(guest, ZONE_DMA);

    expect_no_thread(guest, "without memory");
    give_back(guest, &pages);
    expect_returned(guest, start_thread(guest, &count_pages), NULL);
}

/* --- sleeping and waking ------------------------------------------------- */

/* All slots of kmap() have users; `nothers` more pages are for threads. */
static struct guest *boot_without_slots(struct blocks *pages, size_t nothers)
{
    struct guest *guest = boot_with_high_pages(pages, LAST_PKMAP + nothers);
    static gaddr_t addresses[LAST_PKMAP];
    struct blocks held = {pages->pfns, LAST_PKMAP, 0};

    take_all_slots(guest, &held, addresses);
    return guest;
}

/* Threads that sleep until there is a slot for their page. */
static void start_sleepers(struct guest *guest, const struct blocks *pages,
                           size_t n, thread_t *out)
{
    struct call calls[AGENT_MAX_THREADS];

    for (size_t i = 0; i < n; i++)
        calls[i] = kmap_call(guest, pages->pfns[LAST_PKMAP + i]);
    start_threads(guest, calls, n, out);
    for (size_t i = 0; i < n; i++)
        expect_sleeps(guest, out[i], "all slots have users");
}

Test(given, sleeping_tasks_keep_their_stacks)
{
    struct blocks pages;
    struct guest *guest = boot_without_slots(&pages, 5);
    uint32_t before = free_pages_in_ram(guest);
    thread_t threads[5];

    start_sleepers(guest, &pages, 5, threads);
    expect(free_pages_in_ram(guest) == before - 5 * TASK_PAGES,
           .did = "5 threads that sleep", .expected = "10 pages less",
           .seen = text("%u", before - free_pages_in_ram(guest)));
    for (size_t i = 0; i < 5; i++) {
        kunmap(guest, pages.pfns[i]);
        expect_returned(guest, threads[i], "the first that waited");
        expect(free_pages_in_ram(guest) == before - (4 - i) * TASK_PAGES,
               .did = guest_last(guest),
               .expected = "the pages of a task that has ended are free",
               .seen = text("%u free pages", free_pages_in_ram(guest)));
    }
}

/* Who sleeps is on the queue, in the order in which they came. */
Test(given, wait_queue_keeps_the_order)
{
    struct blocks pages;
    struct guest *guest = boot_without_slots(&pages, 4);
    struct waiting waiting;
    thread_t threads[4];

    start_sleepers(guest, &pages, 4, threads);
    waiting = waiting_on(guest, "pkmap_map_wait");
    expect(waiting.n == 4, .did = guest_last(guest),
           .expected = "4 tasks on pkmap_map_wait",
           .seen = text("%zu", waiting.n));
    for (size_t i = 0; i < 4; i++)
        expect(task_pid(guest, waiting.tasks[i]) ==
                       thread_view(guest, threads[i]).pid &&
                   task_state(guest, waiting.tasks[i]) == TASK_UNINTERRUPTIBLE,
               .did = "look at pkmap_map_wait",
               .expected =
                   text("task %u, asleep", thread_view(guest, threads[i]).pid),
               .seen =
                   text("task %u, state %u", task_pid(guest, waiting.tasks[i]),
                        task_state(guest, waiting.tasks[i])));
}

/* Woken together, they run one after the other, the first one first. */
Test(given, tasks_take_turns)
{
    struct blocks pages;
    struct guest *guest = boot_without_slots(&pages, 4);
    struct call calls[4];
    struct agent_result results[4];
    thread_t threads[4];

    start_sleepers(guest, &pages, 4, threads);
    for (size_t i = 0; i < 4; i++)
        calls[i] = kunmap_call(guest, pages.pfns[10 * i + 10]);
    guest_calls(guest, calls, 4, results);
    for (size_t i = 1; i < 4; i++)
        expect(expect_returned(guest, threads[i], NULL) >
                   expect_returned(guest, threads[i - 1], NULL),
               .did = "wake 4 tasks that wait for slots",
               .expected = "each gets the next slot, as they came",
               .seen =
                   text("thread %zu is before the one that came earlier", i));
}

/* A handler may wake a task; the agent's own task goes on afterwards. */
Test(given, interrupts_wake_tasks)
{
    struct blocks pages;
    struct guest *guest = boot_without_slots(&pages, 1);
    struct call wake = {
        .function = "wake_up",
        .context = AGENT_INTERRUPT,
        .args = {guest_symbol(guest, "pkmap_map_wait")},
        .shown = "wake_up(&pkmap_map_wait) in an interrupt handler",
    };
    struct waiting before, after;
    thread_t thread;

    start_sleepers(guest, &pages, 1, &thread);
    before = waiting_on(guest, "pkmap_map_wait");
    guest_call(guest, &wake, NULL);
    after = waiting_on(guest, "pkmap_map_wait");
    expect_sleeps(guest, thread, "there is no slot, so it sleeps again");
    expect(after.n == 1 && after.tasks[0] == before.tasks[0],
           .did = guest_last(guest), .expected = "the task waits as before",
           .seen = text("%zu tasks wait", after.n));
    kunmap(guest, pages.pfns[0]);
    expect_returned(guest, thread, NULL);
}

Test(given, overflow_of_a_tasks_stack_is_a_panic)
{
    struct blocks pages;
    struct guest *guest = boot_without_slots(&pages, 1);
    struct call wake = {
        .function = "wake_up",
        .args = {guest_symbol(guest, "pkmap_map_wait")},
    };
    static const uint32_t junk = 0xdeadbeef;
    thread_t thread;
    struct crash crash;

    start_sleepers(guest, &pages, 1, &thread);
    guest_write(guest,
                waiting_on(guest, "pkmap_map_wait").tasks[0] + TASK_STACK_END,
                &junk, sizeof(junk));
    crash = guest_call_crashes(guest, &wake);
    expect(crash.kind == CRASH_PANIC &&
               strcmp(crash.message, "schedule: the kernel stack of task 1 "
                                     "overflowed") == 0,
           .did = "write over the end of a sleeping task's stack, then wake it",
           .expected = "a panic that names the task", .seen = crash.message);
}

Test(given, schedule_in_an_interrupt_is_a_bug)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_EARLY);
    struct call call = {.function = "schedule", .context = AGENT_INTERRUPT};
    struct crash crash = guest_call_crashes(guest, &call);

    expect(crash.kind == CRASH_BUG && strstr(crash.message, "in schedule"),
           .did = "schedule() in an interrupt handler", .expected = "a BUG",
           .seen = crash.message);
}

/* Alone, a task that gives up the processor gets it back. */
Test(given, yield_returns_when_nobody_else_can_run)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_EARLY);
    struct call calls[] = {{.function = "yield"}, {.function = "schedule"}};
    struct agent_result results[2];

    guest_calls_checked(guest, calls, 2, results);
    expect(results[0].cost < 1000 && results[1].cost < 1000,
           .did = "yield() and schedule() of the only task",
           .expected = "a few instructions",
           .seen = text("%u and %u", results[0].cost, results[1].cost));
}

static void crash_in_thread(void *guest)
{
    struct call call = {
        .function = "__free_pages_ok",
        .args = {0x10, 0},
        .shown = "__free_pages_ok(0x10, 0)",
    };

    start_thread(guest, &call);
}

Test(given, oops_in_a_thread_names_its_callers)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct verdict verdict = report_try(crash_in_thread, guest);

    expect(verdict.outcome == OUTCOME_CRASH && verdict.oops != NULL &&
               strstr(verdict.oops, "page fault: ") != NULL &&
               strstr(verdict.oops, "__free_pages_ok+") != NULL &&
               strstr(verdict.oops, "(mm/page_alloc.c:") != NULL &&
               strstr(verdict.oops, "run_thread") != NULL &&
               strstr(verdict.oops, "(kernel/agent.c:") != NULL,
           .did = "__free_pages_ok(0x10, 0) in a thread",
           .expected = "an oops with a backtrace down to run_thread()",
           .seen = verdict.oops == NULL ? "none" : verdict.oops);
}

/* --- addresses above the direct map -------------------------------------- */

static void expect_range_empty(const struct machine *machine,
                               enum boot_stage stage)
{
    struct guest *guest = guest_boot(machine, stage);
    gaddr_t hole = vmalloc_start(guest) - VMALLOC_OFFSET;
    gaddr_t behind_slots = PKMAP_ADDR(LAST_PKMAP);
    size_t npages =
        FIXADDR_TOP_PAGE - FIX_LOCAL_APIC - behind_slots / PAGE_SIZE;

    expect(hole ==
               KERNEL_BASE + (machine->ram_mb < 896 ? machine->ram_mb : 896) *
                                 1024 * 1024,
           .did = text("look at high_memory of %s", machine->name),
           .expected = "the end of RAM, or 896 MB", .seen = text("%x", hole));
    expect_unmapped(guest, hole, (PKMAP_BASE - hole) / PAGE_SIZE,
                    "no area is there at boot");
    expect_no_slots(guest);
    expect_unmapped(guest, behind_slots, npages, "kmap_atomic()'s slots, too");
    expect_unmapped(guest, FIXADDR_TOP_PAGE * PAGE_SIZE, 1, "the last page");
    guest_end(guest);
}

Test(given, nothing_is_mapped_above_the_direct_map_at_boot)
{
    expect_range_empty(&machine_8mb, STAGE_EARLY);
    expect_range_empty(&machine_64mb, STAGE_VMALLOC);
    expect_range_empty(&machine_1200mb, STAGE_VMALLOC);
}

Test(given, fixed_mappings_come_and_go)
{
    struct guest *guest = guest_boot(&machine_1200mb, STAGE_EARLY);
    pfn_t high = (pfn_t)zone_view(guest, ZONE_HIGHMEM).start_pfn + 1;
    struct blocks pages = {&high, 1, 0};
    uint32_t seen;

    mark_pages(guest, &pages);
    guest_copy_physical(guest, (uint32_t)high * PAGE_SIZE, &seen, sizeof(seen));
    expect(seen == mark_of(high), .did = "write through a fixed mapping",
           .expected = text("0x%08x in the frame", mark_of(high)),
           .seen = text("0x%08x", seen));
    expect(!guest_translate(guest, atomic_address(KM_BOUNCE_READ)).present,
           .did = "look at the fixed mapping afterwards",
           .expected = "not mapped", .seen = "mapped");
}

Test(given, pointers_beyond_the_direct_map_fault)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_VMALLOC);

    expect_fault(guest, vmalloc_start(guest), "VMALLOC_START, without an area");
}

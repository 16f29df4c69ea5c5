/*
 * Hidden tests of lab 3: kmap() when all slots are in use. Threads call it;
 * the test itself holds the slots, and frees them one by one.
 */
#include <criterion/criterion.h>

#include "slots.h"
#include "tasks.h"

#define NEED_HINT                                                              \
    "sleep on pkmap_map_wait; each time you wake up, look first whether the "  \
    "page has an address now, then for a slot"

/* All slots are in use by pages [0, 1024); the others are for threads. */
struct full {
    struct guest *guest;
    struct blocks pages;
    gaddr_t addresses[LAST_PKMAP];
};

static struct full *boot_full(size_t nothers)
{
    static struct full full;
    struct blocks held;

    full.guest = boot_with_high_pages(&full.pages, LAST_PKMAP + nothers);
    mark_pages(full.guest, &full.pages);
    held = full.pages;
    held.n = LAST_PKMAP;
    take_all_slots(full.guest, &held, full.addresses);
    return &full;
}

/* The page that other number i is. */
static pfn_t other(const struct full *full, size_t i)
{
    return full->pages.pfns[LAST_PKMAP + i];
}

/* A thread that wants to kmap it. */
static thread_t start_kmap(const struct full *full, size_t i)
{
    struct call call = kmap_call(full->guest, other(full, i));

    return start_thread(full->guest, &call);
}

/* The last user of a slot leaves, and whoever waits can run. */
static void free_slot(const struct full *full, size_t i)
{
    kunmap(full->guest, full->pages.pfns[i]);
}

/* The thread has got its page, at an address that may be expected. */
static gaddr_t expect_got(const struct full *full, thread_t thread, size_t i,
                          int users)
{
    gaddr_t address = expect_returned(full->guest, thread, NEED_HINT);

    expect_slot(full->guest, other(full, i), address, users);
    expect_page_address(full->guest, other(full, i), address, NULL);
    expect_mark(full->guest, address, other(full, i),
                "the slot was flushed before it was used again");
    return address;
}

Test(vmalloc, sleeps_until_a_slot_is_free)
{
    const struct full *full = boot_full(1);
    thread_t thread = start_kmap(full, 0);
    gaddr_t address;

    expect_sleeps(full->guest, thread, "all 1024 slots have users");
    expect_page_address(full->guest, other(full, 0), 0, "it has no slot yet");
    free_slot(full, 300);
    address = expect_got(full, thread, 0, 1);
    expect(address == full->addresses[300], .did = guest_last(full->guest),
           .expected =
               text("the slot that is free, at 0x%08x", full->addresses[300]),
           .seen = text("0x%08x", address));
    expect_page_address(full->guest, full->pages.pfns[300], 0,
                        "its slot is another page's now");
}

Test(vmalloc, waits_on_the_queue_and_leaves_it)
{
    const struct full *full = boot_full(1);
    thread_t thread = start_kmap(full, 0);
    uint32_t pid = thread_view(full->guest, thread).pid;
    struct waiting waiting = waiting_on(full->guest, "pkmap_map_wait");

    expect_sleeps(full->guest, thread, "all 1024 slots have users");
    expect(waiting.n == 1 && task_pid(full->guest, waiting.tasks[0]) == pid,
           .did = guest_last(full->guest),
           .expected = text("task %u is on pkmap_map_wait", pid),
           .seen = text("%zu tasks are", waiting.n),
           .hint = "add_wait_queue()");
    expect(task_state(full->guest, waiting.tasks[0]) == TASK_UNINTERRUPTIBLE,
           .did = guest_last(full->guest),
           .expected = "its state is TASK_UNINTERRUPTIBLE",
           .seen = text("%u", task_state(full->guest, waiting.tasks[0])),
           .hint = "set_current_state()");
    free_slot(full, 0);
    expect_got(full, thread, 0, 1);
    waiting = waiting_on(full->guest, "pkmap_map_wait");
    expect(waiting.n == 0, .did = guest_last(full->guest),
           .expected = "nobody is on pkmap_map_wait any more",
           .seen = text("%zu tasks are", waiting.n),
           .hint = "remove_wait_queue()");
}

/* Users that are not the last free no slot. */
Test(vmalloc, only_the_last_user_frees_a_slot)
{
    const struct full *full = boot_full(1);
    thread_t thread;

    kmap(full->guest, full->pages.pfns[9]);
    kmap(full->guest, full->pages.pfns[9]);
    thread = start_kmap(full, 0);
    free_slot(full, 9);
    expect_sleeps(full->guest, thread, "the slot has two users left");
    free_slot(full, 9);
    expect_sleeps(full->guest, thread, "the slot has a user left");
    free_slot(full, 9);
    expect_got(full, thread, 0, 1);
}

Test(vmalloc, one_slot_is_for_one_of_those_who_wait)
{
    const struct full *full = boot_full(6);
    thread_t threads[6];
    bool has_returned[6] = {false};

    for (size_t i = 0; i < 6; i++)
        threads[i] = start_kmap(full, i);
    for (size_t freed = 1; freed <= 6; freed++) {
        size_t n = 0;

        free_slot(full, 100 * freed);
        for (size_t i = 0; i < 6; i++) {
            has_returned[i] = thread_view(full->guest, threads[i]).returned;
            n += has_returned[i];
        }
        expect(n == freed, .did = guest_last(full->guest),
               .expected =
                   text("%zu of 6 tasks have their page: one a slot", freed),
               .seen = text("%zu", n), .hint = NEED_HINT);
        for (size_t i = 0; i < 6; i++)
            if (has_returned[i])
                expect_got(full, threads[i], i, 1);
    }
    expect_slot(full->guest, full->pages.pfns[0], full->addresses[0], 1);
}

Test(vmalloc, those_who_wait_for_one_page_share_its_slot)
{
    const struct full *full = boot_full(1);
    thread_t threads[4];
    gaddr_t address;

    for (size_t i = 0; i < 4; i++) {
        threads[i] = start_kmap(full, 0);
        expect_sleeps(full->guest, threads[i], "no slot is free");
    }
    free_slot(full, 500);
    address = expect_got(full, threads[0], 0, 4);
    for (size_t i = 1; i < 4; i++)
        expect(expect_got(full, threads[i], 0, 4) == address,
               .did = guest_last(full->guest),
               .expected = text("0x%08x for each of 4 tasks", address),
               .seen = "another address", .hint = NEED_HINT);
    for (int users = 3; users >= 0; users--) {
        kunmap(full->guest, other(full, 0));
        expect_slot(full->guest, other(full, 0), address, users);
    }
}

/* Who frees the slot maps the very page before the sleeper runs. */
Test(vmalloc, finds_the_page_mapped_by_somebody_else)
{
    const struct full *full = boot_full(1);
    thread_t thread = start_kmap(full, 0);
    const struct call calls[] = {
        kunmap_call(full->guest, full->pages.pfns[7]),
        kmap_call(full->guest, other(full, 0)),
    };
    struct agent_result results[2];

    expect_sleeps(full->guest, thread, "no slot is free");
    guest_calls(full->guest, calls, 2, results);
    expect(expect_got(full, thread, 0, 2) == results[1].value,
           .did = guest_last(full->guest),
           .expected = text("the sleeper gets the same address, 0x%08x",
                            results[1].value),
           .seen = "another one", .hint = NEED_HINT);
}

/* Who frees the slot takes it for another page before the sleeper runs. */
Test(vmalloc, sleeps_on_if_somebody_was_quicker)
{
    const struct full *full = boot_full(2);
    thread_t thread = start_kmap(full, 0);
    const struct call calls[] = {
        kunmap_call(full->guest, full->pages.pfns[7]),
        kmap_call(full->guest, other(full, 1)),
    };
    struct agent_result results[2];

    guest_calls(full->guest, calls, 2, results);
    expect_slot(full->guest, other(full, 1), results[1].value, 1);
    expect_sleeps(full->guest, thread, NEED_HINT);
    expect(waiting_on(full->guest, "pkmap_map_wait").n == 1,
           .did = guest_last(full->guest),
           .expected = "one task is on pkmap_map_wait", .seen = "none, or more",
           .hint = NEED_HINT);
    free_slot(full, 8);
    expect_got(full, thread, 0, 1);
}

/* A page that has a slot needs no other. */
Test(vmalloc, pages_with_an_address_never_wait)
{
    const struct full *full = boot_full(1);
    struct guest *guest = full->guest;
    pfn_t low = alloc_pages(guest, GFP_KERNEL, 0);
    struct call calls[] = {kmap_call(guest, full->pages.pfns[5]),
                           kmap_call(guest, low)};
    thread_t threads[3];

    threads[2] = start_kmap(full, 0);
    expect_sleeps(guest, threads[2], "no slot is free");
    start_threads(guest, calls, 2, threads);
    expect(expect_returned(guest, threads[0], NEED_HINT) == full->addresses[5],
           .did = guest_last(guest),
           .expected = text("0x%08x, where the page is", full->addresses[5]),
           .seen = "another address");
    expect_slot(guest, full->pages.pfns[5], full->addresses[5], 2);
    expect(expect_returned(guest, threads[1], NEED_HINT) == address_of(low),
           .did = guest_last(guest), .expected = "the direct map's address",
           .seen = "another address");
}

/* Each of 60 tasks gets a slot when its turn comes, and nobody is forgotten. */
Test(vmalloc, everybody_gets_a_slot_in_the_end)
{
    const struct full *full = boot_full(60);
    struct call calls[60];
    struct agent_result results[60];
    thread_t threads[60];

    for (size_t i = 0; i < 60; i++)
        calls[i] = kmap_call(full->guest, other(full, i));
    start_threads(full->guest, calls, 60, threads);
    for (size_t i = 0; i < 60; i++)
        expect_sleeps(full->guest, threads[i], "no slot is free");
    for (size_t i = 0; i < 60; i++)
        calls[i] = kunmap_call(full->guest, full->pages.pfns[17 * i]);
    guest_calls(full->guest, calls, 60, results);
    for (size_t i = 0; i < 60; i++)
        expect_got(full, threads[i], i, 1);
    expect(waiting_on(full->guest, "pkmap_map_wait").n == 0,
           .did = guest_last(full->guest),
           .expected = "nobody is on pkmap_map_wait", .seen = "somebody is");
}

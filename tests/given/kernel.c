/*
 * The given kernel and the harness, tested with the reference's components:
 * what the labs' suites rely on.
 */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "buddy.h"
#include "property.h"

#define LARGE_PAGE 0x400000u

SUITE(given);

static uint32_t translated(struct guest *guest, gaddr_t address)
{
    struct translation seen = guest_translate(guest, address);

    expect(seen.present, .did = text("translate 0x%08x", address),
           .expected = "a present page", .seen = "not present");
    return seen.pa;
}

Test(given, direct_map_translates_by_the_mmus_own_tables)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_EARLY);
    const gaddr_t addresses[] = {0xC0000000, 0xC0100000, 0xC0400000,
                                 0xC3fff123};

    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
        expect(translated(guest, addresses[i]) == addresses[i] - 0xC0000000,
               .did = text("translate 0x%08x", addresses[i]),
               .expected = text("0x%08x", addresses[i] - 0xC0000000),
               .seen = text("0x%08x", translated(guest, addresses[i])));
}

Test(given, direct_map_uses_large_pages_beyond_the_image)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_EARLY);

    expect(guest_translate(guest, 0xC0000000 + LARGE_PAGE).large,
           .did = "look at the second 4 MB of the direct map",
           .expected = "a 4 MB page", .seen = "4 KB pages");
    expect(!guest_translate(guest, 0xC0100000).large,
           .did = "look at the kernel's image", .expected = "4 KB pages",
           .seen = "a 4 MB page");
}

Test(given, memory_beyond_ram_is_not_mapped)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_EARLY);
    const gaddr_t beyond[] = {0, 0x40000000, 0xC4000000, 0xFFFFF000};

    for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++)
        expect(!guest_translate(guest, beyond[i]).present,
               .did = text("translate 0x%08x", beyond[i]),
               .expected = "not present", .seen = "present");
}

Test(given, text_and_constants_are_read_only)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_EARLY);

    expect(!guest_translate(guest, guest_symbol(guest, "alloc_pages")).writable,
           .did = "look at the page of alloc_pages()", .expected = "read-only",
           .seen = "writable");
    expect(guest_translate(guest, guest_symbol(guest, "mem_map")).writable,
           .did = "look at the page of mem_map", .expected = "writable",
           .seen = "read-only");
}

Test(given, first_stack_has_a_guard_page_below)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_EARLY);
    gaddr_t stack = guest_symbol(guest, "init_task_union");

    expect(!guest_translate(guest, stack - 1).present,
           .did = "look below the first task's stack",
           .expected = "not present", .seen = "present");
    expect(guest_translate(guest, stack).present,
           .did = "look at the first task", .expected = "present",
           .seen = "not present");
}

Test(given, machine_goes_on_after_it_was_looked_at)
{
    struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);
    uint32_t before = nr_free_pages(guest);

    guest_translate(guest, 0xC0000000);
    expect(nr_free_pages(guest) == before, .did = "nr_free_pages()",
           .expected = text("%u", before), .seen = "another number");
}

Test(given, zones_of_each_machine_cover_its_ram)
{
    const struct machine *machines[] = {&machine_8mb, &machine_64mb,
                                        &machine_1200mb};

    for (size_t i = 0; i < 3; i++) {
        struct guest *guest = guest_boot(machines[i], STAGE_EARLY);
        uint32_t frames = 0;

        for (enum zone_index zone = ZONE_DMA; zone < NR_ZONES; zone++)
            frames += zone_view(guest, zone).size;
        expect(frames == machines[i]->ram_mb << 8,
               .did = text("add up the zones of %s", machines[i]->name),
               .expected = text("%u frames", machines[i]->ram_mb << 8),
               .seen = text("%u", frames));
        guest_end(guest);
    }
}

Test(given, every_page_is_reserved_before_the_buddy_stage)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_EARLY);

    for (pfn_t pfn = 0; pfn < 8 << 8; pfn++)
        expect(page_flags(guest, pfn) & PG_RESERVED,
               .did = text("look at frame %ld", pfn), .expected = "PG_reserved",
               .seen = text("flags %x", page_flags(guest, pfn)));
}

/* D3: the same in every run and on every machine. */
Test(given, costs_are_the_same_in_every_boot)
{
    uint32_t costs[2];

    for (int i = 0; i < 2; i++) {
        struct guest *guest = guest_boot(&machine_64mb, STAGE_BUDDY);

        alloc_pages_in(guest, AGENT_PROCESS, GFP_KERNEL, 0, &costs[i]);
        guest_end(guest);
    }
    expect(costs[0] == costs[1] && costs[0] > 10,
           .did = "alloc_pages(GFP_KERNEL, 0) in two boots",
           .expected = "the same number of instructions",
           .seen = text("%u and %u", costs[0], costs[1]));
}

static void call_null(void *guest)
{
    struct call call = {.function = "page_alloc_test_no_such_function"};

    guest_call(guest, &call, NULL);
}

Test(given, unknown_function_is_a_fault_of_ours)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_EARLY);
    struct verdict verdict = report_try(call_null, guest);

    expect(verdict.outcome == OUTCOME_INFRA_ERROR,
           .did = "call a function that the kernel does not have",
           .expected = "infra-error", .seen = "another verdict");
}

static void read_beyond_ram(void *guest)
{
    guest_u32(guest, 0xC0000000 + (8u << 20));
}

Test(given, pointers_beyond_ram_fail_the_test)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_EARLY);
    struct verdict verdict = report_try(read_beyond_ram, guest);

    expect(verdict.outcome == OUTCOME_FAIL, .did = "read behind the end of RAM",
           .expected = "a failed claim", .seen = "another verdict");
}

static void free_nonsense(void *guest)
{
    struct call call = {.function = "__free_pages_ok", .args = {0x10, 0}};

    guest_call(guest, &call, NULL);
}

Test(given, oops_names_function_file_line_and_caller)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct verdict verdict = report_try(free_nonsense, guest);

    expect(verdict.outcome == OUTCOME_CRASH && verdict.oops != NULL &&
               strstr(verdict.oops, "page fault: ") != NULL &&
               strstr(verdict.oops, "__free_pages_ok+") != NULL &&
               strstr(verdict.oops, "(mm/page_alloc.c:") != NULL &&
               strstr(verdict.oops, "(kernel/agent.c:") != NULL,
           .did = "__free_pages_ok(0x10, 0)",
           .expected = "an oops with a backtrace",
           .seen = verdict.oops == NULL ? "none" : verdict.oops);
}

static void spin(void *guest)
{
    struct call call = {.function = "uart_get", .args = {0x3f8}};

    call.shown = "uart_get(COM1)";
    guest_call(guest, &call, NULL);
}

Test(given, call_that_never_returns_is_a_timeout_with_its_name)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_EARLY);
    struct verdict verdict = report_try(spin, guest);

    expect(verdict.outcome == OUTCOME_TIMEOUT && verdict.hung_in != NULL &&
               strcmp(verdict.hung_in, "uart_get(COM1)") == 0,
           .did = "wait for a byte that never comes", .expected = "a timeout",
           .seen = verdict.hung_in == NULL ? "none" : verdict.hung_in);
}

/* Fails for any sequence that has both a 3 and, later, a 7. */
static void run_three_then_seven(const struct operation *operations, size_t n)
{
    bool three = false;

    for (size_t i = 0; i < n; i++) {
        expect(!three || operations[i].kind != 7, .did = "7 after 3",
               .expected = "never", .seen = "it");
        three |= operations[i].kind == 3;
    }
}

static struct operation generate_digit(struct random *random)
{
    return (struct operation){.kind = random_below(random, 10)};
}

static const char *describe_digit(const struct operation *operation)
{
    return text("%u", operation->kind);
}

static void check_digits(void *context)
{
    property_check(context);
}

Test(given, failing_sequence_is_shrunk_to_its_cause)
{
    struct property digits = {200, generate_digit, run_three_then_seven,
                              describe_digit};
    struct verdict verdict = report_try(check_digits, &digits);

    expect(verdict.outcome == OUTCOME_FAIL &&
               strncmp(verdict.claim.did, "2 operations:\n3\n7\n", 18) == 0,
           .did = "shrink 200 digits that fail when a 7 follows a 3",
           .expected = "the two operations 3, 7", .seen = verdict.claim.did);
}

/* The handler's call runs once for each interrupted call, before the next. */
Test(given, timer_interrupts_each_call_once)
{
    struct guest *guest = guest_boot(&machine_8mb, STAGE_BUDDY);
    struct call calls[8], handlers[8];
    struct agent_result results[16];

    for (size_t i = 0; i < 8; i++) {
        calls[i] = (struct call){.function = "nr_free_pages",
                                 .context = AGENT_INTERRUPTED,
                                 .delay = (uint32_t)i * 200};
        handlers[i] = alloc_call(GFP_ATOMIC, 0);
    }
    guest_calls_interrupted(guest, calls, 8, handlers, 8, results);
    /* The first call is over before the timer fires, the last begins later. */
    expect(results[0].value - results[7].value == 8,
           .did = "count free pages, while a timer takes one each time",
           .expected = "8 fewer in the last of 8 calls",
           .seen = text("%u, then %u", results[0].value, results[7].value));
}

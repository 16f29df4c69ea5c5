/* Hidden tests of lab 7: slots of swap areas, one after the other. */
#include <criterion/criterion.h>

#include "scenes.h"

#define FEW 8 /* slots */

static struct guest *boot_area(uint32_t nslots)
{
    struct guest *guest = guest_boot(&machine_swap_64mb, STAGE_SWAP);

    plant_area(guest, (struct planted){.nslots = nslots, .prio = 1});
    return guest;
}

static void plant_second(struct guest *guest, uint32_t nslots, int prio)
{
    plant_area(guest, (struct planted){1, 1, nslots, prio});
}

static void expect_free_slots(struct guest *guest, uint32_t of_area,
                              uint32_t all)
{
    uint32_t nr_free = swap_area(guest, 0).nr_free, nr = nr_swap_pages(guest);

    expect(nr_free == of_area && nr == all, .did = guest_last(guest),
           .expected = text("nr_free is %u, nr_swap_pages %u", of_area, all),
           .seen = text("%u, %u", nr_free, nr),
           .hint = "a slot is free as long as its count is 0");
}

Test(swap, slots_go_on_from_the_last_one)
{
    struct guest *guest = boot_area(FEW);

    for (uint32_t slot = 1; slot <= 5; slot++)
        expect_swap_slot(guest, 0, slot, NULL);
    set_slot_users(guest, 0, 2, 0);
    set_slot_users(guest, 0, 6, 1);
    expect_swap_slot(guest, 0, 7, "not the first free one: area->next");
    expect_swap_slot(guest, 0, 8, NULL);
    expect_swap_slot(guest, 0, 2, "then from the start again");
}

static void slots_wrap_around_until_all_are_used_alone(void)
{
    struct guest *guest = boot_area(FEW);

    for (uint32_t slot = 1; slot <= FEW; slot++)
        expect_swap_slot(guest, 0, slot, NULL);
    expect_no_swap_slot(guest, "every slot is used");
    set_slot_users(guest, 0, 3, 0);
    set_slot_users(guest, 0, 6, 0);
    expect_swap_slot(guest, 0, 3, "the first that is free after the last one");
    expect_swap_slot(guest, 0, 6, NULL);
    expect_no_swap_slot(guest, NULL);
    expect_free_slots(guest, 0, 0);
    set_slot_users(guest, 0, 5, 0);
    expect_swap_slot(guest, 0, 5, "6 was the last one: round by the end");
}

/* What lies behind the counts is not the area's, whatever it is. */
static void last_slot_follows_itself(uint16_t behind)
{
    struct guest *guest = boot_area(FEW);

    set_users_behind(guest, 0, behind);
    use_all_slots(guest, 0);
    for (int i = 0; i < 3; i++) {
        set_slot_users(guest, 0, FEW, 0);
        expect_swap_slot(guest, 0, FEW, "the only free one, again");
        expect_no_swap_slot(guest, NULL);
    }
}

Test(swap, slots_wrap_around_until_all_are_used)
{
    slots_wrap_around_until_all_are_used_alone();
    guest_end_all();
    last_slot_follows_itself(1);
    guest_end_all();
    last_slot_follows_itself(0);
}

Test(swap, bad_slots_are_never_handed_out)
{
    struct guest *guest = boot_area(FEW);
    static const uint32_t bad[] = {1, 4, 5, FEW};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        set_slot_users(guest, 0, bad[i], SWAP_MAP_BAD);
    for (int round = 0; round < 2; round++) {
        expect_swap_slot(guest, 0, 2, NULL);
        expect_swap_slot(guest, 0, 3, NULL);
        expect_swap_slot(guest, 0, 6, NULL);
        expect_swap_slot(guest, 0, 7, NULL);
        expect_no_swap_slot(guest, "SWAP_MAP_BAD: no slot");
        for (uint32_t slot = 2; slot <= 7; slot++)
            if (slot != 4 && slot != 5)
                set_slot_users(guest, 0, slot, 0);
    }
}

static void handing_out_is_counted_alone(void)
{
    struct guest *guest = boot_area(FEW);

    plant_second(guest, FEW, 0);
    expect_swap_slot(guest, 0, 1, NULL);
    expect_slot_users(guest, 0, 1, 1, "the caller's");
    expect_free_slots(guest, FEW - 1, 2 * FEW - 1);
    expect_swap_slot(guest, 0, 2, NULL);
    expect_slot_users(guest, 0, 2, 1, "the caller's");
    expect_free_slots(guest, FEW - 2, 2 * FEW - 2);
    expect(total_swap_pages(guest) == 2 * FEW, .did = guest_last(guest),
           .expected = "total_swap_pages counts used ones, too",
           .seen = text("%u", total_swap_pages(guest)));
}

static void no_area_no_slot(void)
{
    struct guest *guest = guest_boot(&machine_swap_64mb, STAGE_SWAP);

    expect_no_swap_slot(guest, "swap_list is empty");
    plant_area(guest, (struct planted){.nslots = 1});
    expect_swap_slot(guest, 0, 1, NULL);
    expect_no_swap_slot(guest, NULL);
}

Test(swap, handing_out_is_counted)
{
    handing_out_is_counted_alone();
    guest_end_all();
    no_area_no_slot();
}

/* --- several areas -------------------------------------------------------- */

Test(swap, higher_priority_is_used_up_first)
{
    struct guest *guest = boot_area(3);

    plant_second(guest, 3, 7);
    for (uint32_t slot = 1; slot <= 3; slot++)
        expect_swap_slot(guest, 1, slot, "its priority is higher");
    expect_swap_slot(guest, 0, 1, "the higher one is full");
    set_slot_users(guest, 1, 2, 0);
    expect_swap_slot(guest, 1, 2, "it has a free slot again");
    expect_swap_slot(guest, 0, 2, NULL);
    expect_swap_slot(guest, 0, 3, NULL);
    expect_no_swap_slot(guest, NULL);
}

static void equal_priorities_take_turns_alone(void)
{
    struct guest *guest = boot_area(FEW);
    unsigned first, last;

    plant_second(guest, FEW, 1);
    first = get_swap_page(guest).type;
    for (uint32_t i = 1; i < 2 * FEW; i++)
        expect_swap_slot(guest, i % 2 == 0 ? first : 1 - first, i / 2 + 1,
                         "slot by slot");
    expect_no_swap_slot(guest, NULL);
    last = 1 - first;
    set_slot_users(guest, last, 5, 0);
    set_slot_users(guest, last, 6, 0);
    expect_swap_slot(guest, last, 5, "the only one that has any");
    expect_swap_slot(guest, last, 6, "the only one that has any");
}

/* Three of two priorities: turns go on among equals when others come in. */
static void turns_stay_within_a_priority(void)
{
    struct guest *guest = boot_area(4);
    struct slot_view seen[4];

    plant_second(guest, 4, 1);
    plant_area(guest, (struct planted){2, 0, 1, 9});
    expect_swap_slot(guest, 2, 1, NULL);
    for (int i = 0; i < 2; i++)
        seen[i] = get_swap_page(guest);
    expect(seen[0].type != 2 && seen[1].type != 2 &&
               seen[0].type != seen[1].type,
           .did = guest_last(guest),
           .expected = "area 2 is full: the other two take turns",
           .seen = text("areas %u and %u", seen[0].type, seen[1].type));
    set_slot_users(guest, 2, 1, 0);
    expect_swap_slot(guest, 2, 1, "the highest");
    for (int i = 2; i < 4; i++)
        seen[i] = get_swap_page(guest);
    expect(seen[2].type != seen[3].type && seen[2].type != 2 &&
               seen[3].type != 2,
           .did = guest_last(guest), .expected = "the other two, in turn",
           .seen = text("areas %u and %u", seen[2].type, seen[3].type));
}

Test(swap, equal_priorities_take_turns)
{
    equal_priorities_take_turns_alone();
    guest_end_all();
    turns_stay_within_a_priority();
}

/* --- users ---------------------------------------------------------------- */

static void users_come_and_go(void)
{
    struct guest *guest = boot_area(FEW);

    set_slot_users(guest, 0, 3, 1);
    for (unsigned users = 2; users <= 4; users++) {
        expect_number(guest, swap_duplicate(guest, 0, 3), 1, NULL);
        expect_slot_users(guest, 0, 3, users, "one more");
    }
    for (unsigned users = 3; users >= 1; users--) {
        swap_free(guest, 0, 3);
        expect_slot_users(guest, 0, 3, users, "one less");
        expect_free_slots(guest, FEW - 1, FEW - 1);
    }
    swap_free(guest, 0, 3);
    expect_slot_users(guest, 0, 3, 0, "the last one is gone");
    expect_free_slots(guest, FEW, FEW);
}

static void count_at_its_limit_stays_for_good(void)
{
    struct guest *guest = boot_area(FEW);

    set_slot_users(guest, 0, 3, SWAP_MAP_MAX - 1);
    swap_free(guest, 0, 3);
    expect_slot_users(guest, 0, 3, SWAP_MAP_MAX - 2, "it is not there yet");
    for (int i = 0; i < 4; i++)
        expect_number(guest, swap_duplicate(guest, 0, 3), 1,
                      "there is such a slot");
    expect_slot_users(guest, 0, 3, SWAP_MAP_MAX, "SWAP_MAP_MAX: no further");
    for (int i = 0; i < 3; i++)
        swap_free(guest, 0, 3);
    expect_slot_users(guest, 0, 3, SWAP_MAP_MAX,
                      "nobody knows how many there are any more");
    expect_free_slots(guest, FEW - 1, FEW - 1);
}

Test(swap, users_are_counted_up_to_the_limit)
{
    users_come_and_go();
    guest_end_all();
    count_at_its_limit_stays_for_good();
}

/* Entries that name no slot in use: free, bad, beyond the end, no area. */
static const struct {
    unsigned type;
    uint32_t slot;
} no_slots[] = {{0, 2}, {0, 0}, {0, 4}, {0, FEW + 1}, {0, 0xffffff},
                {1, 1}, {7, 3}, {8, 1}, {63, 1}};

#define NO_SLOTS (sizeof(no_slots) / sizeof(no_slots[0]))

static void duplicate_refuses_what_is_no_slot(void)
{
    struct guest *guest = boot_area(FEW);

    set_slot_users(guest, 0, 3, 1);
    set_slot_users(guest, 0, 4, SWAP_MAP_BAD);
    expect_number(guest, swap_duplicate(guest, 0, 3), 1, NULL);
    for (size_t i = 0; i < NO_SLOTS; i++)
        expect_number(guest,
                      swap_duplicate(guest, no_slots[i].type, no_slots[i].slot),
                      0, "a slot of an area in use, below max, that has users");
    expect_slot_users(guest, 0, 2, 0, "it is free");
    expect_slot_users(guest, 0, 4, SWAP_MAP_BAD, "it is bad");
    expect_free_slots(guest, FEW - 2, FEW - 2);
}

#define PRINTK_COST 400 /* instructions: a line of text takes more */

static void free_reports_what_is_no_slot(void)
{
    struct guest *guest = boot_area(FEW);
    struct call call;
    uint32_t cost;

    set_slot_users(guest, 0, 3, 1);
    set_slot_users(guest, 0, 4, SWAP_MAP_BAD);
    for (size_t i = 0; i < NO_SLOTS; i++) {
        call = swap_free_call(no_slots[i].type, no_slots[i].slot);
        guest_call(guest, &call, &cost);
        expect(cost > PRINTK_COST, .did = guest_last(guest),
               .expected = "a message by printk()",
               .seen = text("%u instructions", cost));
        expect_free_slots(guest, FEW - 2, FEW - 2);
    }
    expect_slot_users(guest, 0, 2, 0, "nothing happens");
    expect_slot_users(guest, 0, 4, SWAP_MAP_BAD, "nothing happens");
    call = swap_free_call(0, 3);
    guest_call(guest, &call, &cost);
    expect(cost < PRINTK_COST, .did = guest_last(guest),
           .expected = "nothing is said of a slot in use",
           .seen = text("%u instructions", cost));
    expect_free_slots(guest, FEW - 1, FEW - 1);
}

Test(swap, what_is_no_slot_is_refused)
{
    duplicate_refuses_what_is_no_slot();
    guest_end_all();
    free_reports_what_is_no_slot();
}

/* --- any context ---------------------------------------------------------- */

Test(swap, slots_in_any_context)
{
    struct guest *guest = boot_area(FEW);
    static const enum agent_context contexts[] = {AGENT_ATOMIC, AGENT_INTERRUPT,
                                                  AGENT_PROCESS};

    for (uint32_t i = 0; i < 3; i++) {
        const struct call calls[] = {
            in_context(get_swap_page_call(), contexts[i]),
            in_context(swap_duplicate_call(0, i + 1), contexts[i]),
            in_context(swap_free_call(0, i + 1), contexts[i]),
            in_context(swap_free_call(0, i + 1), contexts[i]),
        };
        const struct agent_result *results = make_calls(guest, calls, 4);

        expect(results[0].value == entry_of(0, i + 1) && results[1].value == 1,
               .did = guest_last(guest), .expected = "a slot, used twice",
               .seen = text("0x%08x", results[0].value));
        expect_free_slots(guest, FEW, FEW);
    }
}

/* The timer fires before the call at the last delay, after it at the first. */
#define FIRST_DELAY 540
#define DELAYS      (TIMER_INSTRUCTIONS - FIRST_DELAY)

/* An interrupt's handler takes a slot while the same is being done. */
static void interrupt_takes_another_slot(void)
{
    struct guest *guest = boot_area(1000);
    static struct call calls[DELAYS], handlers[DELAYS];
    static struct agent_result results[2 * DELAYS];
    static bool seen[1001];

    for (uint32_t i = 0; i < DELAYS; i++) {
        calls[i] = in_context(get_swap_page_call(), AGENT_INTERRUPTED);
        calls[i].delay = FIRST_DELAY + i;
        handlers[i] = get_swap_page_call();
    }
    guest_calls_interrupted(guest, calls, DELAYS, handlers, DELAYS, results);
    for (uint32_t i = 0; i < 2 * DELAYS; i++) {
        uint32_t slot = swap_slot_of(results[i].value).slot;

        expect(slot > 0 && slot <= 1000 && !seen[slot],
               .did = "get_swap_page(), interrupted by one that does the same",
               .expected = "two slots", .seen = text("slot %u twice", slot),
               .hint = "local_irq_save() from the look to the count");
        seen[slot] = true;
    }
    expect_free_slots(guest, 1000 - 2 * DELAYS, 1000 - 2 * DELAYS);
}

/* The same with a slot's count. */
static void interrupt_counts_another_user(void)
{
    struct guest *guest = boot_area(FEW);
    static struct call calls[DELAYS], handlers[DELAYS];
    static struct agent_result results[2 * DELAYS];

    set_slot_users(guest, 0, 2, 1000);
    for (uint32_t i = 0; i < DELAYS; i++) {
        calls[i] = in_context(i % 2 == 0 ? swap_duplicate_call(0, 2)
                                         : swap_free_call(0, 2),
                              AGENT_INTERRUPTED);
        calls[i].delay = FIRST_DELAY + i;
        handlers[i] = swap_duplicate_call(0, 2);
    }
    guest_calls_interrupted(guest, calls, DELAYS, handlers, DELAYS, results);
    expect_slot_users(guest, 0, 2, 1000 + DELAYS, "none is lost");
}

Test(swap, interrupt_counts_for_itself)
{
    interrupt_takes_another_slot();
    guest_end_all();
    interrupt_counts_another_user();
}

/* --- cost ----------------------------------------------------------------- */

#define MANY 2600

Test(swap, slot_costs_the_same_in_a_full_area)
{
    struct guest *guest = boot_area(MANY + FEW);
    static struct call calls[MANY];
    const struct agent_result *results;
    uint64_t early = 0, late = 0;

    for (size_t i = 0; i < MANY; i++)
        calls[i] = get_swap_page_call();
    results = make_calls(guest, calls, MANY);
    for (size_t i = 0; i < 100; i++) {
        early += results[i].cost;
        late += results[MANY - 100 + i].cost;
    }
    expect(late <= 2 * early, .did = text("get_swap_page(), %d times", MANY),
           .expected = text("the last 100 cost like the first: %u instructions",
                            (unsigned)early),
           .seen = text("%u", (unsigned)late),
           .hint = "go on at area->next, not from the start");
}

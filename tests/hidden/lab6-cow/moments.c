/*
 * Hidden tests of lab 6: what the processor remembers, at every moment.
 *
 * A timer fires at one moment of a call after the other, and its handler uses
 * the page that the call is about: so the processor remembers its entry as it
 * is then. When the call has returned it must have forgotten that.
 *
 * For zapping there is a second question: has a use of the page's frame been
 * given back, while a write still reaches it? A handler can ask one question,
 * so the same calls are made twice; guest time is counted in instructions, so
 * both times they take the same way. Somebody else has a use of the frame, too,
 * which stays.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tables.h"

#define MOMENTS     330
#define MOST_STEPS  7   /* calls for each moment, one handler not counted */
#define AROUND      160 /* instructions from the timer's start to the call */
#define MOST_PAGES  300
#define MOST_ROUNDS 20

/* probe_memory, in bytes: behind what peek and poke use come words that the
 * calls put where they belong, what handlers saw, and entries. */
#define WORDS         16
#define NWORDS        4
#define SEEN          64
#define SAVED_ENTRIES 2048

struct stage {
    struct guest *guest;
    gaddr_t memory;       /* probe_memory */
    size_t nsteps, timed; /* steps of a moment, and which the timer is for */
    uint32_t cost;        /* of that one, in instructions */
    struct call calls[MOST_STEPS * MOMENTS];
    struct call handlers[MOMENTS];
    struct agent_result results[(MOST_STEPS + 1) * MOMENTS];
};

static struct stage stage;

/* Puts nbytes of probe_memory where they belong. */
static struct call put_call(gaddr_t to, uint32_t from, uint32_t nbytes)
{
    return (struct call){
        .function = "memcpy",
        .args = {to, stage.memory + from, nbytes},
        .shown = "setting the pages up again",
    };
}

static struct call put_word_call(gaddr_t to, unsigned word)
{
    return put_call(to, WORDS + 4 * word, 4);
}

static void set_stage(struct guest *guest, const uint32_t words[NWORDS])
{
    memset(&stage, 0, sizeof(stage));
    stage.guest = guest;
    stage.memory = guest_symbol(guest, "probe_memory");
    guest_write(guest, stage.memory + WORDS, words, NWORDS * sizeof(words[0]));
}

/* Repeats the steps for each moment. They are made once without the timer
 * before, to know what that costs. */
static void put_steps(const struct call *steps, size_t nsteps, size_t timed)
{
    stage.cost = make_calls(stage.guest, steps, nsteps)[timed].cost;
    stage.nsteps = nsteps;
    stage.timed = timed;
    for (size_t i = 0; i < MOMENTS; i++) {
        memcpy(&stage.calls[nsteps * i], steps, nsteps * sizeof(*steps));
        stage.calls[nsteps * i + timed].context = AGENT_INTERRUPTED;
    }
}

/* Rounds until each instruction has been a moment, but not more than MOST. */
static uint32_t rounds(void)
{
    uint32_t n = (stage.cost + AROUND) / MOMENTS + 1;

    return n < MOST_ROUNDS ? n : MOST_ROUNDS;
}

/* Spreads the moments over one of `nrounds` equal parts of the call: side by
 * side, because allocating a page costs more every other time. */
static void set_moments(uint32_t round, uint32_t nrounds)
{
    uint32_t instructions = stage.cost + AROUND, n = MOMENTS * nrounds;

    for (uint32_t i = 0; i < MOMENTS; i++) {
        uint32_t moment = round * MOMENTS + i;
        uint32_t at = (uint32_t)((uint64_t)instructions * moment / n);

        stage.calls[stage.nsteps * i + stage.timed].delay =
            AGENT_TICKS(at / TIMER_INSTRUCTIONS) + TIMER_INSTRUCTIONS -
            at % TIMER_INSTRUCTIONS;
    }
}

/* Makes all calls, with this handler. */
static void run_with(struct call handler)
{
    handler.context = AGENT_PROCESS;
    for (size_t i = 0; i < MOMENTS; i++)
        stage.handlers[i] = handler;
    guest_calls_interrupted(stage.guest, stage.calls, stage.nsteps * MOMENTS,
                            stage.handlers, MOMENTS, stage.results);
}

/* The result of a step, and of the handler. */
static uint32_t result_of(size_t moment, size_t step)
{
    return stage.results[stage.nsteps * moment + step].value;
}

static uint32_t handled(size_t moment)
{
    return stage.results[stage.nsteps * MOMENTS + moment].value;
}

/* --- copy_page_range(), do_wp_page() ------------------------------------- */

static const char *const flush_hint =
    "first change the entry, then flush: in between the processor may look at "
    "it again";

Test(cow, parents_entries_change_before_the_flush)
{
    struct pair pair = boot_pair(&machine_64mb);
    gaddr_t vma = pair_area(&pair, START, PAGE(1), ANON_FLAGS);
    pfn_t frame = map_fresh(pair.src, START, RW_BITS);
    struct pte_view view = pte_view(pair.src, START);
    struct call steps[MOST_STEPS];

    set_stage(pair.guest, (const uint32_t[NWORDS]){view.raw, 0, 1});
    steps[0] = put_word_call(view.entry, 0);
    steps[1] = put_word_call(pte_alloc(pair.dst, START), 1);
    steps[2] = put_word_call(page_of(pair.guest, frame) + PAGE_COUNT, 2);
    steps[3] = put_word_call(mm_of(pair.dst) + MM_RSS, 1);
    steps[4] = copy_page_range_call(pair.dst, pair.src, vma);
    steps[5] = poke_call(pair.guest, START);
    put_steps(steps, 6, 4);
    for (uint32_t round = 0; round < rounds(); round++) {
        set_moments(round, rounds());
        run_with(poke_call(pair.guest, START));
        for (size_t i = 0; i < MOMENTS; i++)
            expect(result_of(i, 4) == 0 && result_of(i, 5) != 0,
                   .did = "copy_page_range(), interrupted by a write",
                   .expected = "a write afterwards faults",
                   .seen = "it went through", .hint = flush_hint);
    }
}

static void expect_all_read(uint32_t word)
{
    uint32_t seen[MOMENTS];

    guest_copy(stage.guest, stage.memory + SEEN, seen, sizeof(seen));
    for (size_t i = 0; i < MOMENTS; i++)
        expect(seen[i] == word,
               .did = "do_wp_page(), interrupted by a read of the page",
               .expected = "a read afterwards is from the new frame",
               .seen = text("0x%x, which is in the old one", seen[i]),
               .hint = flush_hint);
}

/* The old frame is changed afterwards, as its other users may. */
Test(cow, entry_changes_before_the_flush)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, 1, ANON_FLAGS, &vma);
    struct guest *guest = space->guest;
    pfn_t old = map_fresh(space, START, RO_BITS);
    struct pte_view view = pte_view(space, START);
    const uint32_t words[NWORDS] = {view.raw, 2, 0x11111111, 0x22222222};
    struct call steps[MOST_STEPS];

    set_stage(guest, words);
    steps[0] = put_word_call(view.entry, 0);
    steps[1] = put_word_call(page_of(guest, old) + PAGE_COUNT, 1);
    steps[2] = put_word_call(address_of(old), 2);
    steps[3] = peek_call(guest, START);
    steps[4] = (struct call){
        .function = "do_wp_page",
        .args = {mm_of(space), vma, START, view.entry, view.raw},
        .shown = "do_wp_page(mm, vma, address, pte, entry)",
    };
    steps[5] = put_word_call(address_of(old), 3);
    steps[6] = peek_call(guest, START);
    put_steps(steps, 7, 4);
    for (uint32_t i = 0; i < MOMENTS; i++)
        stage.calls[7 * i + 6].args[0] = stage.memory + SEEN + 4 * i;
    for (uint32_t round = 0; round < rounds(); round++) {
        set_moments(round, rounds());
        run_with(peek_call(guest, START));
        expect_all_read(words[2]);
    }
}

/* --- zap_page_range() ---------------------------------------------------- */

/* What handlers saw when they copied a word to where the first one does. */
static void ask_for_words(gaddr_t from, uint32_t seen[MOMENTS])
{
    struct call handler = put_call(0, 0, 4);

    handler.args[1] = from;
    for (uint32_t i = 0; i < MOMENTS; i++) {
        stage.handlers[i] = handler;
        stage.handlers[i].args[0] = stage.memory + SEEN + 4 * i;
    }
    guest_calls_interrupted(stage.guest, stage.calls, stage.nsteps * MOMENTS,
                            stage.handlers, MOMENTS, stage.results);
    guest_copy(stage.guest, stage.memory + SEEN, seen,
               MOMENTS * sizeof(seen[0]));
}

/* Sets the pages up, touches one, zaps all, and touches that one again. The
 * others map another frame, which is not looked at. */
static void put_zapping(const struct proc *space, uint32_t npages,
                        uint32_t touched)
{
    struct guest *guest = space->guest;
    pfn_t frame = frame_of(space, START), other = frame_of(space, PAGE(1));
    uint32_t entries[MOST_PAGES];
    struct call steps[MOST_STEPS];

    for (uint32_t i = 0; i < npages; i++)
        entries[i] =
            (uint32_t)(i == touched ? frame : other) << PAGE_SHIFT | RW_BITS;
    guest_write(guest, stage.memory + SAVED_ENTRIES, entries, npages * 4);
    steps[0] = put_call(pte_alloc(space, START), SAVED_ENTRIES, npages * 4);
    steps[1] = put_word_call(page_of(guest, frame) + PAGE_COUNT, 0);
    steps[2] = put_word_call(page_of(guest, other) + PAGE_COUNT, 1);
    steps[3] = put_word_call(mm_of(space) + MM_RSS, 1);
    steps[4] = peek_call(guest, PAGE(touched));
    steps[5] = zap_page_range_call(space, START, npages * PAGE_SIZE);
    steps[6] = poke_call(guest, PAGE(touched));
    put_steps(steps, 7, 5);
    set_moments(0, 1);
}

/* Words: uses of the page's frame; of the other one, which are too many. */
static void zap_at_all_moments(uint32_t npages, uint32_t touched)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_64mb, 2, ANON_FLAGS, &vma);
    struct guest *guest = space->guest;
    pfn_t frame = map_fresh(space, START, RW_BITS);
    uint32_t counts[MOMENTS];

    map_fresh(space, PAGE(1), RW_BITS);
    set_stage(guest, (const uint32_t[NWORDS]){2, MOST_PAGES + 1});
    put_zapping(space, npages, touched);
    ask_for_words(page_of(guest, frame) + PAGE_COUNT, counts);
    run_with(poke_call(guest, PAGE(touched)));
    expect_all_empty(space, START, npages, NULL);
    for (size_t i = 0; i < MOMENTS; i++) {
        expect(handled(i) != 0 || counts[i] == 2,
               .did = text("zap_page_range() of %u pages, interrupted", npages),
               .expected = "frames are given back when no write can reach them "
                           "any more",
               .seen = text("a write reached page %u, and its use of the frame "
                            "had been given back",
                            touched),
               .hint = "flush_tlb_mm() first, then __free_page(): until then "
                       "the processor may still write to the frame");
        expect(result_of(i, 6) != 0,
               .did = text("zap_page_range() of %u pages, interrupted by a "
                           "write to page %u",
                           npages, touched),
               .expected = "a write afterwards faults",
               .seen = "it went through", .hint = flush_hint);
    }
    guest_end_all();
}

/* One; and too many, for most, to wait all for one flush. */
Test(cow, frames_are_given_back_after_the_flush)
{
    zap_at_all_moments(1, 0);
    zap_at_all_moments(MOST_PAGES, 0);
    zap_at_all_moments(MOST_PAGES, MOST_PAGES - 1);
}

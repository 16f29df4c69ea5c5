/* Hidden tests of lab 7: one page's way from its process to a slot. */
#include <criterion/criterion.h>

#include "scenes.h"

#define NPAGES 8

static void expect_out(const struct proc *space, uaddr_t address, pfn_t pfn,
                       bool is_dirty)
{
    struct guest *guest = space->guest;
    struct swap_page_view view = swap_page_view(guest, pfn);

    expect(view.cached && view.dirty == is_dirty, .did = guest_last(guest),
           .expected = text("frame %ld is in the swap cache, %s", pfn,
                            is_dirty ? "dirty" : "not dirty"),
           .seen = text("it is %s, %s", view.cached ? "there" : "not there",
                        view.dirty ? "dirty" : "not dirty"));
    expect_swapped(space, address, view.type, view.slot,
                   "swp_entry_to_pte() of the page's slot");
    expect_on(guest, pfn, LRU_INACTIVE_DIRTY, "deactivate_page()");
}

static void expect_count(struct guest *guest, pfn_t pfn, int count,
                         const char *hint)
{
    int seen = page_count(guest, pfn);

    expect(seen == count, .did = guest_last(guest),
           .expected = text("frame %ld has %d users", pfn, count),
           .seen = text("%d", seen), .hint = hint);
}

/* Nothing has happened to the page. */
static void expect_stays(const struct proc *space, gaddr_t vma, uaddr_t address,
                         const char *hint)
{
    struct guest *guest = space->guest;
    struct pte_view before = pte_view(space, address), after;
    uint32_t rss = mm_view(space).rss, slots = nr_swap_pages(guest);
    int count = page_count(guest, before.pfn);

    expect_number(guest, try_to_swap_out(space, vma, address), 0, hint);
    after = pte_view(space, address);
    expect(after.raw == before.raw, .did = guest_last(guest),
           .expected = pte_text(&before), .seen = pte_text(&after),
           .hint = hint);
    expect_rss(space, rss, hint);
    expect_count(guest, before.pfn, count, hint);
    expect(nr_swap_pages(guest) == slots && nr_inactive_dirty(guest) == 0,
           .did = guest_last(guest), .expected = "no slot is taken, no list",
           .seen = text("%u free slots, were %u", nr_swap_pages(guest), slots),
           .hint = hint);
}

static void page_goes_from_its_process_to_the_cache_alone(void)
{
    gaddr_t vma;
    struct proc *space =
        boot_space(&machine_swap_64mb, NPAGES, ANON_FLAGS, &vma);
    struct guest *guest = space->guest;
    pfn_t *pfns = map_many(space, PAGE(0), NPAGES, OLD_BITS);

    for (int i = 0; i < 2; i++) {
        uint32_t slot = (uint32_t)i + 1;

        expect_number(guest, try_to_swap_out(space, vma, PAGE(i)), 1, NULL);
        expect_out(space, PAGE(i), pfns[i], true);
        expect_slot_users(guest, 0, slot, 2, "the cache, and the entry");
        expect_count(guest, pfns[i], 1, "the swap cache alone");
        expect_rss(space, NPAGES - slot, "rss follows");
    }
    expect(nr_inactive_dirty(guest) == 2, .did = guest_last(guest),
           .expected = "2 pages on inactive_dirty_list",
           .seen = text("%u", nr_inactive_dirty(guest)));
    expect_io(guest, 0, 0, "page_launder() writes, not try_to_swap_out()");
    expect_rss(space, NPAGES - 2, NULL);
}

static void clean_page_without_slot_is_dirty(void)
{
    gaddr_t vma;
    struct proc *space =
        boot_space(&machine_swap_64mb, NPAGES, ANON_FLAGS, &vma);
    pfn_t pfn = map_fresh(space, PAGE(1), PTE_PRESENT | PTE_USER);

    expect_number(space->guest, try_to_swap_out(space, vma, PAGE(1)), 1, NULL);
    expect_out(space, PAGE(1), pfn, true);
}

Test(swap, page_goes_from_its_process_to_the_cache)
{
    page_goes_from_its_process_to_the_cache_alone();
    guest_end_all();
    clean_page_without_slot_is_dirty();
}

Test(swap, young_page_gets_a_second_chance)
{
    gaddr_t vma;
    struct proc *space =
        boot_space(&machine_swap_64mb, NPAGES, ANON_FLAGS, &vma);
    struct guest *guest = space->guest;
    pfn_t pfn = map_fresh(space, PAGE(1), YOUNG_BITS);
    struct pte_view view;

    expect_number(guest, try_to_swap_out(space, vma, PAGE(1)), 0, NULL);
    view = pte_view(space, PAGE(1));
    expect(view.raw == ((uint32_t)pfn << PAGE_SHIFT | OLD_BITS),
           .did = guest_last(guest),
           .expected = "the same entry, but old: pte_mkold()",
           .seen = pte_text(&view));
    expect_rss(space, 1, "the page stays");
    expect_number(guest, try_to_swap_out(space, vma, PAGE(1)), 1,
                  "it was not used since");
    expect_out(space, PAGE(1), pfn, true);
}

/* The processor sets the accessed bit again only if it forgot the entry. */
static void second_chance_is_seen_by_the_processor(void)
{
    gaddr_t vma;
    struct proc *space =
        boot_space(&machine_swap_64mb, NPAGES, ANON_FLAGS, &vma);
    struct guest *guest = space->guest;
    struct call calls[3];

    map_fresh(space, PAGE(1), YOUNG_BITS);
    calls[0] = calls[2] = peek_call(guest, PAGE(1));
    calls[1] = try_to_swap_out_call(space, vma, PAGE(1));
    make_calls(guest, calls, 3);
    expect(pte_view(space, PAGE(1)).accessed, .did = guest_last(guest),
           .expected = "a read after pte_mkold() makes the entry young again",
           .seen = "it is old: the processor used its TLB",
           .hint = "flush_tlb_page()");
    expect_number(guest, try_to_swap_out(space, vma, PAGE(1)), 0,
                  "it was used since");
}

/* Makes the entry old, without a word to the processor. */
static struct call old_call(struct guest *guest, const struct proc *space,
                            uaddr_t address)
{
    struct pte_view view = pte_view(space, address);
    uint32_t source = guest_symbol(guest, "probe_memory") + PAGE_SIZE;

    guest_write(guest, source, &view.raw, sizeof(view.raw));
    return (struct call){
        .function = "memcpy",
        .args = {view.entry, source, sizeof(view.raw)},
        .shown = "making the entry old",
    };
}

static void page_that_went_is_out_of_the_tlb(void)
{
    gaddr_t vma;
    struct proc *space =
        boot_space(&machine_swap_64mb, NPAGES, ANON_FLAGS, &vma);
    struct guest *guest = space->guest;
    struct call calls[4];
    const struct agent_result *results;

    map_fresh(space, PAGE(1), OLD_BITS);
    calls[0] = peek_call(guest, PAGE(1));
    calls[1] = old_call(guest, space, PAGE(1));
    calls[2] = try_to_swap_out_call(space, vma, PAGE(1));
    calls[3] = calls[0];
    results = make_calls(guest, calls, 4);
    expect(results[2].value == 1 && results[3].value != 0,
           .did = guest_last(guest),
           .expected = "the processor finds no page there any more",
           .seen = "it still uses its TLB", .hint = "flush_tlb_page()");
}

Test(swap, processor_knows_what_changed)
{
    second_chance_is_seen_by_the_processor();
    guest_end_all();
    page_that_went_is_out_of_the_tlb();
}

Test(swap, page_of_another_space_goes)
{
    gaddr_t vma;
    struct proc *space =
        boot_space(&machine_swap_64mb, NPAGES, ANON_FLAGS, &vma);
    struct proc *current = new_space(space->guest);
    pfn_t pfn = map_fresh(space, PAGE(3), OLD_BITS);

    add_vma(current, START, PAGE(NPAGES), ANON_FLAGS);
    map_fresh(current, PAGE(3), OLD_BITS);
    expect_number(space->guest, try_to_swap_out(space, vma, PAGE(3)), 1, NULL);
    expect_out(space, PAGE(3), pfn, true);
    expect_rss(space, 0, "mm->rss, not current->mm's");
    expect_rss(current, 1, "it is not its page");
}

/* --- pages that stay ------------------------------------------------------ */

static void reserved_pages_stay(void)
{
    gaddr_t vma;
    struct proc *space =
        boot_space(&machine_swap_64mb, NPAGES, ANON_FLAGS, &vma);
    struct guest *guest = space->guest;
    pfn_t pfn = zero_frame(guest);

    set_entry(space, PAGE(0),
              (uint32_t)pfn << PAGE_SHIFT | PTE_PRESENT | PTE_USER);
    expect_stays(space, vma, PAGE(0), "PageReserved()");
    map_fresh(space, PAGE(1), OLD_BITS);
    expect_number(guest, try_to_swap_out(space, vma, PAGE(1)), 1,
                  "this one can go");
}

static void page_cache_pages_stay(void)
{
    gaddr_t vma;
    struct proc *space =
        boot_space(&machine_swap_64mb, NPAGES, ANON_FLAGS, &vma);
    struct guest *guest = space->guest;
    pfn_t pfn = map_fresh(space, PAGE(0), PTE_PRESENT | PTE_USER);
    gaddr_t mapping = guest_symbol(guest, "probe_memory"), none = 0;

    guest_write(guest, page_of(guest, pfn) + PAGE_MAPPING, &mapping, 4);
    expect_stays(space, vma, PAGE(0), "page->mapping: it has a file");
    guest_write(guest, page_of(guest, pfn) + PAGE_MAPPING, &none, 4);
    expect_number(guest, try_to_swap_out(space, vma, PAGE(0)), 1,
                  "this one has none");
}

Test(swap, reserved_and_file_pages_stay)
{
    reserved_pages_stay();
    guest_end_all();
    page_cache_pages_stay();
}

static void expect_area_stays(uint32_t flags, const char *hint)
{
    gaddr_t vma;
    struct proc *space = boot_space(&machine_swap_64mb, NPAGES, flags, &vma);

    map_fresh(space, PAGE(0), OLD_BITS);
    expect_stays(space, vma, PAGE(0), hint);
    set_vma_flags(space->guest, vma, ANON_FLAGS);
    expect_number(space->guest, try_to_swap_out(space, vma, PAGE(0)), 1,
                  "private memory goes");
    guest_end_all();
}

static void pages_of_shared_areas_stay(void)
{
    expect_area_stays(SHARED_FLAGS, "VM_SHARED: others rely on this very page");
}

static void pages_of_the_agent_stay(void)
{
    expect_area_stays(ANON_FLAGS | VM_AGENT, "VM_AGENT");
}

Test(swap, shared_and_agent_pages_stay)
{
    pages_of_shared_areas_stay();
    guest_end_all();
    pages_of_the_agent_stay();
}

Test(swap, without_a_slot_the_page_stays)
{
    gaddr_t vma;
    struct proc *space =
        boot_space(&machine_swap_64mb, NPAGES, ANON_FLAGS, &vma);
    struct guest *guest = space->guest;
    pfn_t cached;

    map_fresh(space, PAGE(0), OLD_BITS);
    use_all_slots(guest, 0);
    expect_stays(space, vma, PAGE(0), "get_swap_page() has none");
    expect(!swap_page_view(guest, frame_of(space, PAGE(0))).cached,
           .did = guest_last(guest), .expected = "it is not in the swap cache",
           .seen = "it is");
    cached =
        plant_page(guest, (struct planted_page){.slot = 5, .list = LRU_ACTIVE});
    map_also(space, PAGE(1), cached, OLD_BITS);
    expect_number(guest, try_to_swap_out(space, vma, PAGE(1)), 1,
                  "this one has a slot already");
    expect_swapped(space, PAGE(1), 0, 5, NULL);
    set_slot_users(guest, 0, 7, 0);
    expect_number(guest, try_to_swap_out(space, vma, PAGE(0)), 1,
                  "there is one now");
}

/* --- pages that are in the cache already ---------------------------------- */

Test(swap, sharers_get_the_same_slot)
{
    gaddr_t vma, vma2;
    struct proc *space =
        boot_space(&machine_swap_64mb, NPAGES, ANON_FLAGS, &vma);
    struct guest *guest = space->guest;
    struct proc *other = new_space(guest);
    pfn_t pfn = map_fresh(space, PAGE(2), OLD_BITS);

    vma2 = add_vma(other, START, PAGE(NPAGES), ANON_FLAGS);
    map_also(other, PAGE(2), pfn, OLD_BITS);
    expect_number(guest, try_to_swap_out(space, vma, PAGE(2)), 1, NULL);
    expect_out(space, PAGE(2), pfn, true);
    expect_count(guest, pfn, 2, "the cache, and the other's entry");
    expect_number(guest, try_to_swap_out(other, vma2, PAGE(2)), 1, NULL);
    expect_out(other, PAGE(2), pfn, true);
    expect_slot_users(guest, 0, 1, 3, "the cache, and two entries");
    expect_count(guest, pfn, 1, "the cache");
    expect(nr_swap_pages(guest) == SLOTS - 1, .did = guest_last(guest),
           .expected = "one slot for both",
           .seen = text("%u", SLOTS - nr_swap_pages(guest)));
}

static struct proc *space_with_cached(gaddr_t *vma, enum lru_list list,
                                      uint32_t bits, pfn_t *pfn)
{
    struct proc *space =
        boot_space(&machine_swap_64mb, NPAGES, ANON_FLAGS, vma);

    *pfn = plant_page(space->guest,
                      (struct planted_page){.slot = 9, .list = list});
    map_also(space, PAGE(1), *pfn, bits);
    return space;
}

static void clean_cached_page_stays_clean(void)
{
    gaddr_t vma;
    pfn_t pfn;
    struct proc *space =
        space_with_cached(&vma, LRU_ACTIVE, OLD_BITS & ~PTE_DIRTY, &pfn);

    expect_number(space->guest, try_to_swap_out(space, vma, PAGE(1)), 1, NULL);
    expect_out(space, PAGE(1), pfn, false);
    expect_swapped(space, PAGE(1), 0, 9, "it has its slot already");
    expect_slot_users(space->guest, 0, 9, 2, "the cache, and the entry");
    expect_count(space->guest, pfn, 1, "the cache");
    expect_rss(space, 0, NULL);
}

static void dirty_entry_makes_a_cached_page_dirty(void)
{
    gaddr_t vma;
    pfn_t pfn;
    struct proc *space = space_with_cached(&vma, LRU_ACTIVE, OLD_BITS, &pfn);

    expect_number(space->guest, try_to_swap_out(space, vma, PAGE(1)), 1, NULL);
    expect_out(space, PAGE(1), pfn, true);
    expect_swapped(space, PAGE(1), 0, 9, NULL);
}

/* A dirty page stays dirty, whatever the entry says. */
static void clean_entry_keeps_a_dirty_page_dirty(void)
{
    gaddr_t vma;
    struct proc *space =
        boot_space(&machine_swap_64mb, NPAGES, ANON_FLAGS, &vma);
    pfn_t pfn = plant_page(
        space->guest,
        (struct planted_page){.slot = 9, .list = LRU_ACTIVE, .dirty = true});

    map_also(space, PAGE(1), pfn, OLD_BITS & ~PTE_DIRTY);
    expect_number(space->guest, try_to_swap_out(space, vma, PAGE(1)), 1, NULL);
    expect_out(space, PAGE(1), pfn, true);
}

Test(swap, cached_page_is_dirty_if_its_entry_is)
{
    clean_cached_page_stays_clean();
    guest_end_all();
    dirty_entry_makes_a_cached_page_dirty();
    guest_end_all();
    clean_entry_keeps_a_dirty_page_dirty();
}

/* Scenes for lab 7, arranged by the host. */
#include "scenes.h"

#include <stdlib.h>

#define TABLE_BYTES 0x400000u
#define TABLE_PAGES 1024u
#define MOST_CALLS  2700

struct guest *boot_planted(const struct machine *machine)
{
    struct guest *guest = guest_boot(machine, STAGE_SWAP);

    plant_area(guest, (struct planted){.nslots = SLOTS});
    return guest;
}

struct proc *boot_space(const struct machine *machine, uint32_t npages,
                        uint32_t flags, gaddr_t *vma)
{
    struct proc *space = new_space(boot_planted(machine));

    *vma = add_vma(space, START, PAGE(npages), flags);
    return space;
}

/* --- pages ---------------------------------------------------------------- */

static void add_to_rss(const struct proc *space, uint32_t more)
{
    gaddr_t at = mm_of(space) + MM_RSS;
    uint32_t rss = guest_u32(space->guest, at) + more;

    guest_write(space->guest, at, &rss, sizeof(rss));
}

static pfn_t *alloc_many(struct guest *guest, size_t n)
{
    struct call *calls = allocate(n, sizeof(*calls));
    pfn_t *pfns = allocate(n, sizeof(*pfns));
    const struct agent_result *results;

    for (size_t i = 0; i < n; i++)
        calls[i] = alloc_call(GFP_HIGHUSER, 0);
    results = make_calls(guest, calls, n);
    for (size_t i = 0; i < n; i++) {
        expect(results[i].value != 0, .did = calls[i].shown,
               .expected = "a page", .seen = "NULL");
        pfns[i] = pfn_of_page(guest, results[i].value);
    }
    free(calls);
    return pfns;
}

pfn_t *map_many(const struct proc *space, uaddr_t address, size_t n,
                uint32_t bits)
{
    pfn_t *pfns = alloc_many(space->guest, n);
    uint32_t entries[TABLE_PAGES];

    for (size_t done = 0; done < n;) {
        uaddr_t at = address + (uaddr_t)done * PAGE_SIZE;
        size_t room = (TABLE_BYTES - at % TABLE_BYTES) / PAGE_SIZE, i;

        for (i = 0; i < room && done < n; i++)
            entries[i] = (uint32_t)pfns[done++] << PAGE_SHIFT | bits;
        guest_write(space->guest, pte_alloc(space, at), entries,
                    i * sizeof(entries[0]));
    }
    change_entry(space, address, 0, 0); /* for its flush */
    add_to_rss(space, (uint32_t)n);
    return pfns;
}

void map_also(const struct proc *space, uaddr_t address, pfn_t pfn,
              uint32_t bits)
{
    hold_page(space->guest, pfn);
    add_to_rss(space, 1);
    set_entry(space, address, (uint32_t)pfn << PAGE_SHIFT | bits);
}

void plant_out(const struct proc *space, uaddr_t address, uint32_t slot,
               uint32_t stamp)
{
    plant_entry(space, address, 0, slot);
    stamp_disk(space->guest, 0, slot, stamp);
}

size_t count_present(const struct proc *proc, uaddr_t address, size_t npages)
{
    return mapped_in(proc, address, npages);
}

size_t count_young(const struct proc *proc, uaddr_t address, size_t npages)
{
    size_t n = 0;

    for (size_t i = 0; i < npages; i++) {
        struct pte_view view = pte_view(proc, address + (uaddr_t)i * PAGE_SIZE);

        n += view.present && view.accessed;
    }
    return n;
}

/* --- processes ------------------------------------------------------------ */

struct guest *boot_swapping(const struct machine *machine, struct proc **proc)
{
    struct guest *guest = guest_boot(machine, STAGE_SWAP);

    make_whole_swap(guest, 0);
    *proc = user_spawn(guest);
    swap_on(*proc, 0, -1);
    return guest;
}

void expect_no_area(struct guest *guest, unsigned type)
{
    uint32_t flags = swap_area(guest, type).flags;

    expect(flags == 0, .did = guest_last(guest),
           .expected = text("swap_info[%u].flags is 0", type),
           .seen = text("0x%x", flags), .hint = "nothing is left behind");
}

void expect_io(struct guest *guest, uint32_t reads, uint32_t writes,
               const char *hint)
{
    uint32_t r = disk_reads(guest, 0), w = disk_writes(guest, 0);

    expect(r == reads && w == writes, .did = guest_last(guest),
           .expected = text("the disk was read %u times, written %u times",
                            reads, writes),
           .seen = text("%u, %u", r, w), .hint = hint);
}

/* --- calls ---------------------------------------------------------------- */

struct call peek_call(struct guest *guest, uaddr_t address)
{
    return (struct call){
        .function = "copy_from_user",
        .context = AGENT_INTERRUPT,
        .args = {guest_symbol(guest, "probe_memory"), address, 4},
        .shown = text("a read from 0x%08x", address),
    };
}

struct call other_task_call(struct guest *guest, const char *function,
                            uint32_t argument)
{
    return (struct call){
        .function = "kernel_thread",
        .args = {guest_symbol(guest, "boot_info"),
                 guest_symbol(guest, function), argument},
        .shown = text("another task that will call %s()", function),
    };
}

const struct agent_result *make_calls(struct guest *guest,
                                      const struct call *calls, size_t n)
{
    static struct agent_result results[MOST_CALLS];

    if (n > MOST_CALLS)
        report_infra("make_calls() of %zu", n);
    guest_calls_checked(guest, calls, n, results);
    return results;
}

/* Page tables for lab 6, arranged by the host. */
#include "tables.h"

#include <stdlib.h>

#define MOST_CALLS 2700 /* of make_calls() */

struct pair boot_pair(const struct machine *machine)
{
    struct guest *guest = guest_boot(machine, STAGE_PROC);
    struct proc *dst = new_space(guest);

    return (struct pair){guest, new_space(guest), dst};
}

gaddr_t pair_area(const struct pair *pair, uaddr_t start, uaddr_t end,
                  uint32_t flags)
{
    add_vma(pair->dst, start, end, flags);
    return add_vma(pair->src, start, end, flags);
}

void pair_copy(const struct pair *pair, gaddr_t vma)
{
    expect_ok(pair->guest, copy_page_range(pair->dst, pair->src, vma),
              "there is memory enough");
}

void drop_pair(const struct pair *pair)
{
    drop_space(pair->src);
    drop_space(pair->dst);
}

struct proc *boot_space(const struct machine *machine, uint32_t npages,
                        uint32_t flags, gaddr_t *vma)
{
    struct proc *space = new_space(guest_boot(machine, STAGE_PROC));

    *vma = add_vma(space, START, PAGE(npages), flags);
    return space;
}

/* --- pages --------------------------------------------------------------- */

static void add_to_rss(const struct proc *space, uint32_t more)
{
    gaddr_t at = mm_of(space) + MM_RSS;
    uint32_t rss = guest_u32(space->guest, at) + more;

    guest_write(space->guest, at, &rss, sizeof(rss));
}

uint8_t fill_of(size_t i)
{
    return (uint8_t)(i % UINT8_MAX + 1);
}

struct call fill_call(pfn_t pfn, uint8_t byte)
{
    return (struct call){
        .function = "memset",
        .args = {address_of(pfn), byte, PAGE_SIZE},
        .shown = text("filling frame %ld with 0x%02x", pfn, byte),
    };
}

void fill_frame(struct guest *guest, pfn_t pfn, uint8_t byte)
{
    struct call call = fill_call(pfn, byte);

    guest_call(guest, &call, NULL);
}

/* n pages in one go, each filled. */
static pfn_t *alloc_many(struct guest *guest, size_t n)
{
    struct call *calls = allocate(n, sizeof(*calls));
    struct agent_result *results = allocate(n, sizeof(*results));
    pfn_t *pfns = allocate(n, sizeof(*pfns));

    for (size_t i = 0; i < n; i++)
        calls[i] = alloc_call(GFP_KERNEL, 0);
    guest_calls(guest, calls, n, results);
    for (size_t i = 0; i < n; i++) {
        expect(results[i].value != 0, .did = calls[i].shown,
               .expected = "a page", .seen = "NULL");
        pfns[i] = pfn_of_page(guest, results[i].value);
        calls[i] = fill_call(pfns[i], fill_of(i));
    }
    guest_calls(guest, calls, n, results);
    free(results);
    free(calls);
    return pfns;
}

/* Entries for n pages, table by table. */
static void write_entries(const struct proc *space, uaddr_t address,
                          const pfn_t *pfns, size_t n, uint32_t bits)
{
    uint32_t entries[TABLE_PAGES];

    for (size_t done = 0; done < n;) {
        uaddr_t at = address + (uaddr_t)done * PAGE_SIZE;
        size_t room = (TABLE_BYTES - at % TABLE_BYTES) / PAGE_SIZE, i;

        for (i = 0; i < room && done < n; i++)
            entries[i] = (uint32_t)pfns[done++] << PAGE_SHIFT | bits;
        guest_write(space->guest, pte_alloc(space, at), entries, i * 4);
    }
}

pfn_t *map_many(const struct proc *space, uaddr_t address, size_t n,
                uint32_t bits)
{
    pfn_t *pfns = alloc_many(space->guest, n);

    write_entries(space, address, pfns, n, bits);
    change_entry(space, address, 0, 0); /* for its flush */
    add_to_rss(space, (uint32_t)n);
    return pfns;
}

void map_shared_pages(const struct proc *space, uaddr_t address, pfn_t pfn,
                      uint32_t bits)
{
    set_page_count(space->guest, pfn, page_count(space->guest, pfn) + 1);
    add_to_rss(space, 1);
    set_entry(space, address, (uint32_t)pfn << PAGE_SHIFT | bits);
}

void map_reserved(const struct proc *space, uaddr_t address, pfn_t pfn,
                  uint32_t bits)
{
    set_entry(space, address, (uint32_t)pfn << PAGE_SHIFT | bits);
}

static pfn_t take_page(struct guest *guest)
{
    pfn_t pfn = alloc_pages(guest, GFP_KERNEL, 0);

    expect(pfn != NO_PAGE, .did = guest_last(guest), .expected = "a page",
           .seen = "NULL");
    return pfn;
}

pfn_t reserved_page(struct guest *guest)
{
    pfn_t pfn = take_page(guest);

    set_page_flags(guest, pfn, page_flags(guest, pfn) | PG_RESERVED);
    return pfn;
}

pfn_t cache_page(struct guest *guest)
{
    pfn_t pfn = take_page(guest);
    gaddr_t mapping = guest_symbol(guest, "probe_memory"); /* any address */

    guest_write(guest, page_of(guest, pfn) + PAGE_MAPPING, &mapping,
                sizeof(mapping));
    return pfn;
}

/* --- what must be -------------------------------------------------------- */

void expect_full_of(struct guest *guest, pfn_t pfn, uint8_t byte,
                    const char *hint)
{
    uint8_t page[PAGE_SIZE];
    size_t i = 0;

    guest_copy_physical(guest, (uint32_t)pfn << PAGE_SHIFT, page, sizeof(page));
    while (i < sizeof(page) && page[i] == byte)
        i++;
    expect(i == sizeof(page), .did = guest_last(guest),
           .expected = text("frame %ld is full of 0x%02x", pfn, byte),
           .seen = text("byte %zu is 0x%02x", i, page[i]), .hint = hint);
}

void expect_noted(struct guest *guest, pfn_t pfn, bool is_dirty,
                  const char *hint)
{
    bool seen = page_flags(guest, pfn) & PG_DIRTY;

    expect(seen == is_dirty, .did = guest_last(guest),
           .expected = text("PG_dirty of frame %ld is %s", pfn,
                            is_dirty ? "set" : "not set"),
           .seen = seen ? "it is set" : "it is not", .hint = hint);
}

void expect_frame(const struct proc *space, uaddr_t address, pfn_t pfn,
                  const char *hint)
{
    struct pte_view view = pte_view(space, address);

    expect(view.pfn == pfn, .did = guest_last(space->guest),
           .expected = text("page 0x%08x: frame %ld", address, pfn),
           .seen = pte_text(&view), .hint = hint);
}

void expect_raw(const struct proc *space, uaddr_t address, uint32_t raw,
                const char *hint)
{
    struct pte_view view = pte_view(space, address);

    expect(view.raw == raw, .did = guest_last(space->guest),
           .expected = text("page 0x%08x: the entry 0x%08x", address, raw),
           .seen = text("0x%08x: %s", view.raw, pte_text(&view)), .hint = hint);
}

void expect_count(struct guest *guest, pfn_t pfn, int count, const char *hint)
{
    int seen = page_count(guest, pfn);

    expect(seen == count, .did = guest_last(guest),
           .expected = text("frame %ld has %d users", pfn, count),
           .seen = text("its count is %d", seen), .hint = hint);
}

void expect_swap_users(struct guest *guest, unsigned slot, unsigned users,
                       const char *hint)
{
    unsigned seen = swap_users(guest, slot);

    expect(seen == users, .did = guest_last(guest),
           .expected = text("swap slot %u has %u users", slot, users),
           .seen = text("swap_map[%u] is %u", slot, seen), .hint = hint);
}

void expect_all_empty(const struct proc *space, uaddr_t address, size_t npages,
                      const char *hint)
{
    for (size_t i = 0; i < npages; i++)
        expect_empty(space, address + (uaddr_t)i * PAGE_SIZE, hint);
}

/* --- calls --------------------------------------------------------------- */

struct call poke_call(struct guest *guest, uaddr_t address)
{
    return (struct call){
        .function = "copy_to_user",
        .context = AGENT_INTERRUPT,
        .args = {address, guest_symbol(guest, "probe_memory"), 4},
        .shown = text("a write to 0x%08x", address),
    };
}

struct call peek_call(struct guest *guest, uaddr_t address)
{
    return (struct call){
        .function = "copy_from_user",
        .context = AGENT_INTERRUPT,
        .args = {guest_symbol(guest, "probe_memory"), address, 4},
        .shown = text("a read from 0x%08x", address),
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

uint32_t cost_of(struct guest *guest, struct call call)
{
    uint32_t cost;

    guest_call(guest, &call, &cost);
    return cost;
}

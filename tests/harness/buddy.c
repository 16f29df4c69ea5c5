/* The page allocator as a test sees it. */
#include "buddy.h"

#include <stdlib.h>
#include <string.h>

const char *zone_name(enum zone_index index)
{
    static const char *const names[] = {"ZONE_DMA", "ZONE_NORMAL",
                                        "ZONE_HIGHMEM"};

    return names[index];
}

/* Frames of RAM: what the guest says of frame numbers is held against it. */
static uint32_t nframes(const struct guest *guest)
{
    return (uint32_t)(guest_ram_bytes(guest) >> PAGE_SHIFT);
}

struct zone_view zone_view(struct guest *guest, enum zone_index index)
{
    gaddr_t zone =
        guest_symbol(guest, "contig_page_data") + (unsigned)index * SIZEOF_ZONE;
    struct zone_view view = {
        .address = zone,
        .free_pages = guest_u32(guest, zone + ZONE_FREE_PAGES),
        .pages_min = guest_u32(guest, zone + ZONE_PAGES_MIN),
        .pages_low = guest_u32(guest, zone + ZONE_PAGES_LOW),
        .pages_high = guest_u32(guest, zone + ZONE_PAGES_HIGH),
        .need_balance = guest_u32(guest, zone + ZONE_NEED_BALANCE),
        .start_pfn = guest_u32(guest, zone + ZONE_START_PFN),
        .size = guest_u32(guest, zone + ZONE_SIZE),
    };

    expect(view.start_pfn <= nframes(guest) &&
               view.size <= nframes(guest) - view.start_pfn &&
               view.pages_high <= nframes(guest) &&
               view.pages_low <= view.pages_high &&
               view.pages_min <= view.pages_low,
           .did = guest_last(guest),
           .expected =
               text("the given fields of %s are left alone", zone_name(index)),
           .seen = text("%u frames from %u on, marks %u, %u, %u", view.size,
                        view.start_pfn, view.pages_min, view.pages_low,
                        view.pages_high));
    return view;
}

const char *gfp_text(uint32_t gfp_mask)
{
    switch (gfp_mask) {
    case GFP_KERNEL:
        return "GFP_KERNEL";
    case GFP_ATOMIC:
        return "GFP_ATOMIC";
    case GFP_HIGHUSER:
        return "GFP_HIGHUSER";
    case GFP_DMA:
        return "GFP_DMA";
    case GFP_KERNEL | GFP_DMA:
        return "GFP_KERNEL | GFP_DMA";
    case GFP_ATOMIC | GFP_HIGHMEM:
        return "GFP_ATOMIC | __GFP_HIGHMEM";
    default:
        return text("0x%x", gfp_mask);
    }
}

static gaddr_t mem_map(struct guest *guest)
{
    return guest_u32(guest, guest_symbol(guest, "mem_map"));
}

gaddr_t page_of(struct guest *guest, pfn_t pfn)
{
    expect(pfn != NO_PAGE, .did = guest_last(guest), .expected = "a page",
           .seen = "NULL");
    return mem_map(guest) + (uint32_t)pfn * SIZEOF_PAGE;
}

pfn_t pfn_of_page(struct guest *guest, gaddr_t page)
{
    uint32_t offset = page - mem_map(guest);

    if (page == 0)
        return NO_PAGE;
    expect(page >= mem_map(guest) && offset % SIZEOF_PAGE == 0 &&
               offset / SIZEOF_PAGE < nframes(guest),
           .did = guest_last(guest),
           .expected = "NULL or a pointer to a struct page in mem_map",
           .seen = text("0x%08x", page));
    return (pfn_t)(offset / SIZEOF_PAGE);
}

int page_count(struct guest *guest, pfn_t pfn)
{
    return (int)guest_u32(guest, page_of(guest, pfn) + PAGE_COUNT);
}

uint32_t page_flags(struct guest *guest, pfn_t pfn)
{
    return guest_u32(guest, page_of(guest, pfn) + PAGE_FLAGS);
}

void set_page_count(struct guest *guest, pfn_t pfn, int count)
{
    guest_write(guest, page_of(guest, pfn) + PAGE_COUNT, &count, sizeof(count));
}

void set_page_flags(struct guest *guest, pfn_t pfn, uint32_t flags)
{
    guest_write(guest, page_of(guest, pfn) + PAGE_FLAGS, &flags, sizeof(flags));
}

enum zone_index zone_of(struct guest *guest, pfn_t pfn)
{
    for (enum zone_index index = ZONE_DMA; index < NR_ZONES; index++) {
        struct zone_view zone = zone_view(guest, index);

        if (pfn >= (pfn_t)zone.start_pfn &&
            pfn < (pfn_t)(zone.start_pfn + zone.size))
            return index;
    }
    report_fail(__FILE__, __LINE__,
                (struct claim){
                    .did = guest_last(guest),
                    .expected = "a frame that lies in one of the zones",
                    .seen = text("frame %ld", pfn),
                });
}

struct call alloc_call(uint32_t gfp_mask, unsigned order)
{
    return (struct call){
        .function = "alloc_pages",
        .args = {gfp_mask, order},
        .shown = text("alloc_pages(%s, %u)", gfp_text(gfp_mask), order),
    };
}

struct call free_call(pfn_t pfn, unsigned order, struct guest *guest)
{
    return (struct call){
        .function = "__free_pages",
        .args = {page_of(guest, pfn), order},
        .shown = text("__free_pages(frame %ld, %u)", pfn, order),
    };
}

pfn_t alloc_pages_in(struct guest *guest, enum agent_context context,
                     uint32_t gfp_mask, unsigned order, uint32_t *cost)
{
    struct call call = in_context(alloc_call(gfp_mask, order), context);

    return pfn_of_page(guest, guest_call(guest, &call, cost));
}

pfn_t alloc_pages(struct guest *guest, uint32_t gfp_mask, unsigned order)
{
    return alloc_pages_in(guest, AGENT_PROCESS, gfp_mask, order, NULL);
}

void free_pages_in(struct guest *guest, enum agent_context context, pfn_t pfn,
                   unsigned order, uint32_t *cost)
{
    struct call call = in_context(free_call(pfn, order, guest), context);

    guest_call(guest, &call, cost);
}

void free_pages(struct guest *guest, pfn_t pfn, unsigned order)
{
    free_pages_in(guest, AGENT_PROCESS, pfn, order, NULL);
}

uint32_t nr_free_pages(struct guest *guest)
{
    struct call call = {.function = "nr_free_pages",
                        .shown = "nr_free_pages()"};

    return guest_call(guest, &call, NULL);
}

uint32_t free_pages_in_ram(struct guest *guest)
{
    uint32_t sum = 0;

    for (enum zone_index index = ZONE_DMA; index < NR_ZONES; index++)
        sum += zone_view(guest, index).free_pages;
    return sum;
}

static int compare_pfns(const void *a, const void *b)
{
    pfn_t left = *(const pfn_t *)a, right = *(const pfn_t *)b;

    return (left > right) - (left < right);
}

void sort_pfns(pfn_t *pfns, size_t n)
{
    qsort(pfns, n, sizeof(*pfns), compare_pfns);
}

void expect_distinct(struct guest *guest, const pfn_t *pfns, size_t n)
{
    pfn_t *sorted = allocate(n, sizeof(*sorted));

    memcpy(sorted, pfns, n * sizeof(*sorted));
    sort_pfns(sorted, n);
    for (size_t i = 1; i < n; i++)
        expect(sorted[i] == NO_PAGE || sorted[i] != sorted[i - 1],
               .did = text("%s, %zu times", guest_last(guest), n),
               .expected = "a different block each time",
               .seen = text("frame %ld twice", sorted[i]));
    free(sorted);
}

size_t alloc_all(struct guest *guest, uint32_t gfp_mask, unsigned order,
                 pfn_t *out, size_t max)
{
    size_t n = 0, chunk = 512;
    struct call *calls = allocate(chunk, sizeof(*calls));
    struct agent_result *results = allocate(chunk, sizeof(*results));

    for (size_t i = 0; i < chunk; i++)
        calls[i] = alloc_call(gfp_mask, order);
    for (bool more = true; more && n < max;) {
        size_t ask = max - n < chunk ? max - n : chunk;

        guest_calls(guest, calls, ask, results);
        for (size_t i = 0; i < ask && more; i++) {
            out[n] = pfn_of_page(guest, results[i].value);
            more = out[n] != NO_PAGE;
            n += more;
        }
    }
    expect_distinct(guest, out, n);
    free(calls);
    free(results);
    return n;
}

void free_all(struct guest *guest, const pfn_t *pfns, size_t n, unsigned order)
{
    struct call *calls = allocate(n, sizeof(*calls));
    struct agent_result *results = allocate(n, sizeof(*results));

    for (size_t i = 0; i < n; i++)
        calls[i] = free_call(pfns[i], order, guest);
    guest_calls(guest, calls, n, results);
    free(calls);
    free(results);
}

void set_memalloc(struct guest *guest, bool on)
{
    gaddr_t task = guest_symbol(guest, "init_task_union");
    uint32_t flags = guest_u32(guest, task + TASK_FLAGS);

    flags = on ? flags | PF_MEMALLOC : flags & ~(uint32_t)PF_MEMALLOC;
    guest_write(guest, task + TASK_FLAGS, &flags, sizeof(flags));
}

uint32_t kswapd_wakeups(struct guest *guest)
{
    return guest_u32(guest, guest_symbol(guest, "kswapd_wakeups"));
}

uint32_t direct_reclaims(struct guest *guest)
{
    return guest_u32(guest, guest_symbol(guest, "direct_reclaims"));
}

void reclaim_pool_add(struct guest *guest, pfn_t pfn, unsigned order)
{
    struct call call = {
        .function = "reclaim_pool_add",
        .args = {page_of(guest, pfn), order},
        .shown = text("offering frame %ld for reclaim", pfn),
    };

    if (guest_call(guest, &call, NULL) != 0)
        report_infra("the reclaim pool is full");
}

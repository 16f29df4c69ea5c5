/* Virtually contiguous memory as a test sees it. */
#include "areas.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_WORDS (PAGE_SIZE / sizeof(uint32_t))
#define CHUNK      31 /* pages, of one transfer */
#define SCAN_HINT  "only the pages of areas are mapped, guard pages never"

gaddr_t vmalloc_start(struct guest *guest)
{
    return guest_u32(guest, guest_symbol(guest, "high_memory")) +
           VMALLOC_OFFSET;
}

size_t vmalloc_pages(struct guest *guest)
{
    return (VMALLOC_END - vmalloc_start(guest)) / PAGE_SIZE;
}

/* --- the student's functions --------------------------------------------- */

struct call vmalloc_call(uint32_t size)
{
    return (struct call){
        .function = "vmalloc",
        .args = {size},
        .shown = text("vmalloc(%u)", size),
    };
}

struct call vfree_call(gaddr_t address)
{
    return (struct call){
        .function = "vfree",
        .args = {address},
        .shown = text("vfree(0x%08x)", address),
    };
}

static bool is_page_of_area(struct guest *guest, gaddr_t address)
{
    return address % PAGE_SIZE == 0 && address >= vmalloc_start(guest) &&
           address < VMALLOC_END;
}

static gaddr_t call_for_area(struct guest *guest, const struct call *call)
{
    gaddr_t address = guest_call(guest, call, NULL);

    expect(address == 0 || is_page_of_area(guest, address),
           .did = guest_last(guest),
           .expected = text("NULL, or a page's first byte between "
                            "VMALLOC_START (0x%08x) and VMALLOC_END (0x%08x)",
                            vmalloc_start(guest), VMALLOC_END),
           .seen = text("0x%08x", address));
    return address;
}

gaddr_t vmalloc(struct guest *guest, uint32_t size)
{
    struct call call = vmalloc_call(size);

    return call_for_area(guest, &call);
}

gaddr_t vmalloc_from(struct guest *guest, uint32_t size, uint32_t gfp_mask)
{
    struct call call = {
        .function = "__vmalloc",
        .args = {size, gfp_mask},
        .shown = text("__vmalloc(%u, %s)", size, gfp_text(gfp_mask)),
    };

    return call_for_area(guest, &call);
}

void vfree(struct guest *guest, gaddr_t address)
{
    struct call call = vfree_call(address);

    guest_call(guest, &call, NULL);
}

gaddr_t get_vm_area(struct guest *guest, uint32_t size)
{
    struct call call = {
        .function = "get_vm_area",
        .args = {size, VM_ALLOC},
        .shown = text("get_vm_area(%u, VM_ALLOC)", size),
    };

    return guest_call(guest, &call, NULL);
}

gaddr_t remove_vm_area(struct guest *guest, gaddr_t address)
{
    struct call call = {
        .function = "remove_vm_area",
        .args = {address},
        .shown = text("remove_vm_area(0x%08x)", address),
    };

    return guest_call(guest, &call, NULL);
}

uint32_t map_vm_area(struct guest *guest, gaddr_t vm_struct, uint32_t gfp_mask)
{
    struct call call = {
        .function = "map_vm_area",
        .args = {vm_struct, gfp_mask},
        .shown = text("map_vm_area(area, %s)", gfp_text(gfp_mask)),
    };

    return guest_call(guest, &call, NULL);
}

void unmap_vm_area(struct guest *guest, gaddr_t vm_struct)
{
    struct call call = {
        .function = "unmap_vm_area",
        .args = {vm_struct},
        .shown = "unmap_vm_area(area)",
    };

    guest_call(guest, &call, NULL);
}

pfn_t vmalloc_to_page(struct guest *guest, gaddr_t address)
{
    struct call call = {
        .function = "vmalloc_to_page",
        .args = {address},
        .shown = text("vmalloc_to_page(0x%08x)", address),
    };

    return pfn_of_page(guest, guest_call(guest, &call, NULL));
}

/* --- areas --------------------------------------------------------------- */

struct area area_at(struct guest *guest, gaddr_t vm_struct)
{
    return (struct area){
        .vm_struct = vm_struct,
        .addr = guest_u32(guest, vm_struct + VM_STRUCT_ADDR),
        .size = guest_u32(guest, vm_struct + VM_STRUCT_SIZE),
        .flags = guest_u32(guest, vm_struct + VM_STRUCT_FLAGS),
    };
}

/* An area must lie behind all those before it on the list. */
static void check_area(struct guest *guest, const struct area *area,
                       gaddr_t from)
{
    expect(area->addr % PAGE_SIZE == 0 && area->size % PAGE_SIZE == 0 &&
               area->size >= 2 * PAGE_SIZE && area->addr >= from &&
               area->addr < VMALLOC_END &&
               area->size <= VMALLOC_END - area->addr,
           .did = guest_last(guest),
           .expected = text("areas on vmlist by rising address, whole pages "
                            "and a guard page each, the next one between "
                            "0x%08x and 0x%08x",
                            from, VMALLOC_END),
           .seen = text("one at 0x%08x of %u bytes", area->addr, area->size),
           .hint = "vm_struct.size counts the guard page, too");
}

struct areas areas_of(struct guest *guest)
{
    gaddr_t at = guest_u32(guest, guest_symbol(guest, "vmlist"));
    gaddr_t from = vmalloc_start(guest);
    struct areas areas = {
        allocate(vmalloc_pages(guest) / 2, sizeof(struct area)), 0};

    while (at != 0) {
        struct area area = area_at(guest, at);

        check_area(guest, &area, from);
        areas.list[areas.n++] = area;
        from = area.addr + area.size;
        at = guest_u32(guest, at + VM_STRUCT_NEXT);
    }
    return areas;
}

void expect_areas(struct guest *guest, const gaddr_t *addresses, size_t n)
{
    struct areas areas = areas_of(guest);

    expect(areas.n == n, .did = guest_last(guest),
           .expected = text("%zu areas on vmlist", n),
           .seen = text("%zu", areas.n));
    for (size_t i = 0; i < n; i++)
        expect(areas.list[i].addr == addresses[i], .did = guest_last(guest),
               .expected =
                   text("area %zu on vmlist begins at 0x%08x", i, addresses[i]),
               .seen = text("at 0x%08x", areas.list[i].addr));
    free(areas.list);
}

void expect_given(struct guest *guest, gaddr_t address, const char *hint)
{
    expect(address != 0, .did = guest_last(guest), .expected = "an address",
           .seen = "NULL", .hint = hint);
}

void expect_at(struct guest *guest, gaddr_t address, gaddr_t expected,
               const char *hint)
{
    expect(address == expected, .did = guest_last(guest),
           .expected = text("an area at 0x%08x: the lowest free range that is "
                            "large enough",
                            expected),
           .seen = text("0x%08x", address), .hint = hint);
}

/* --- mappings ------------------------------------------------------------ */

static struct translation *translate(struct guest *guest, gaddr_t address,
                                     size_t npages)
{
    struct translation *out = allocate(npages, sizeof(*out));

    guest_translate_pages(guest, address, npages, out);
    return out;
}

static const char *translation_text(const struct translation *seen)
{
    if (!seen->present)
        return "it is not mapped";
    return text("a %s page, %s, for %s, to physical address 0x%08x",
                seen->large ? "4 MB" : "4 KB",
                seen->writable ? "writable" : "read-only",
                seen->user ? "everybody" : "the supervisor", seen->pa);
}

/* The frame of a page that is mapped as kernel memory is. */
static pfn_t expect_kernel_page(struct guest *guest, gaddr_t address,
                                const struct translation *seen)
{
    pfn_t pfn = seen->pa >> PAGE_SHIFT;

    expect(seen->present && !seen->large && seen->writable && !seen->user &&
               seen->pa < guest_ram_bytes(guest),
           .did = guest_last(guest),
           .expected = text("0x%08x is a 4 KB page, writable, for the "
                            "supervisor",
                            address),
           .seen = translation_text(seen),
           .hint = "PAGE_KERNEL, mk_pte(), set_pte()");
    expect(page_count(guest, pfn) == 1, .did = guest_last(guest),
           .expected = text("frame %ld, at 0x%08x, is in use once: count 1",
                            pfn, address),
           .seen = text("count %d", page_count(guest, pfn)),
           .hint = "a page of alloc_page()'s for each page of the area");
    return pfn;
}

struct blocks expect_mapped(struct guest *guest, gaddr_t address, size_t npages)
{
    struct blocks frames = {allocate(npages, sizeof(pfn_t)), npages, 0};
    struct translation *seen;

    expect_given(guest, address, NULL);
    seen = translate(guest, address, npages + 1);
    for (size_t i = 0; i < npages; i++)
        frames.pfns[i] = expect_kernel_page(
            guest, address + (gaddr_t)i * PAGE_SIZE, &seen[i]);
    expect_distinct(guest, frames.pfns, npages);
    expect(!seen[npages].present, .did = guest_last(guest),
           .expected = text("the guard page at 0x%08x is not mapped",
                            (unsigned)(address + (gaddr_t)npages * PAGE_SIZE)),
           .seen = translation_text(&seen[npages]), .hint = SCAN_HINT);
    free(seen);
    return frames;
}

void expect_unmapped(struct guest *guest, gaddr_t address, size_t npages,
                     const char *hint)
{
    struct translation *seen = translate(guest, address, npages);

    for (size_t i = 0; i < npages; i++)
        expect(!seen[i].present, .did = guest_last(guest),
               .expected = text("0x%08x is not mapped",
                                (unsigned)(address + i * PAGE_SIZE)),
               .seen = translation_text(&seen[i]), .hint = hint);
    free(seen);
}

size_t mapped_pages(struct guest *guest)
{
    size_t npages = vmalloc_pages(guest), n = 0;
    struct translation *seen = translate(guest, vmalloc_start(guest), npages);

    for (size_t i = 0; i < npages; i++)
        n += seen[i].present;
    free(seen);
    return n;
}

/* --- contents ------------------------------------------------------------ */

static void make_words(uint32_t *words, size_t page, size_t npages,
                       uint32_t tag)
{
    for (size_t i = 0; i < npages * PAGE_WORDS; i++)
        words[i] = tag * 0x9e3779b1u ^ (uint32_t)(page * PAGE_WORDS + i);
}

/* How many pages the next transfer holds. */
static size_t chunk_of(size_t page, size_t npages)
{
    return npages - page < CHUNK ? npages - page : CHUNK;
}

void fill_pages(struct guest *guest, gaddr_t address, size_t npages,
                uint32_t tag)
{
    static uint32_t words[CHUNK * PAGE_WORDS];

    for (size_t page = 0; page < npages; page += CHUNK) {
        size_t n = chunk_of(page, npages);

        make_words(words, page, n, tag);
        guest_write(guest, address + (gaddr_t)page * PAGE_SIZE, words,
                    n * PAGE_SIZE);
    }
}

void expect_in_frames(struct guest *guest, const struct blocks *frames,
                      uint32_t tag)
{
    uint32_t written[PAGE_WORDS], seen[PAGE_WORDS];

    for (size_t page = 0; page < frames->n; page++) {
        make_words(written, page, 1, tag);
        guest_copy_physical(guest, (uint32_t)frames->pfns[page] << PAGE_SHIFT,
                            seen, sizeof(seen));
        expect(memcmp(written, seen, sizeof(seen)) == 0,
               .did = "write to an area's addresses, then look at its frames",
               .expected = text("what was written to page %zu is in frame %ld",
                                page, frames->pfns[page]),
               .seen = "something else",
               .hint = "each page of an area has its own frame, and the TLB "
                       "was flushed");
    }
}

void expect_reads(struct guest *guest, gaddr_t address, size_t npages,
                  uint32_t tag, const char *hint)
{
    static uint32_t written[CHUNK * PAGE_WORDS], seen[CHUNK * PAGE_WORDS];

    for (size_t page = 0; page < npages; page += CHUNK) {
        size_t n = chunk_of(page, npages);

        make_words(written, page, n, tag);
        guest_read(guest, address + (gaddr_t)page * PAGE_SIZE, seen,
                   n * PAGE_SIZE);
        expect(memcmp(written, seen, n * PAGE_SIZE) == 0,
               .did = text("read %zu pages at 0x%08x", npages, address),
               .expected = "what was written there", .seen = "something else",
               .hint = hint);
    }
}

/* --- a crash that is wanted ---------------------------------------------- */

void expect_fault(struct guest *guest, gaddr_t address, const char *what)
{
    struct call call = {
        .function = "memset",
        .args = {address, 0, 1},
        .shown = text("write to %s, 0x%08x", what, address),
    };
    struct crash crash = guest_call_crashes(guest, &call);

    expect(crash.kind == CRASH_OOPS && crash.fault_address == address,
           .did = call.shown, .expected = "a page fault there",
           .seen = crash.message);
}

/* --- memory that is short ------------------------------------------------ */

void hold_frames(struct guest *guest, const struct blocks *frames)
{
    size_t nframes = guest_ram_bytes(guest) >> PAGE_SHIFT;
    bool *is_wanted = allocate(nframes, sizeof(bool));
    size_t missing = frames->n, room = nframes + frames->n;
    struct blocks others = {allocate(room, sizeof(pfn_t)), 0, 0};

    for (size_t i = 0; i < frames->n; i++)
        is_wanted[frames->pfns[i]] = true;
    while (missing > 0) {
        struct blocks more = take(guest, GFP_HIGHUSER, 0, frames->n);

        for (size_t i = 0; i < more.n; i++) {
            if (is_wanted[more.pfns[i]])
                missing--;
            else
                others.pfns[others.n++] = more.pfns[i];
        }
        free(more.pfns);
    }
    give_back(guest, &others);
    free(others.pfns);
    free(is_wanted);
}

void exhaust_kmalloc(struct guest *guest)
{
    static const uint32_t sizes[] = {32, 64, 128};
    struct call calls[64];
    struct agent_result results[64];

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (size_t j = 0; j < 64; j++)
            calls[j] = (struct call){.function = "kmalloc",
                                     .args = {sizes[i], GFP_ATOMIC},
                                     .shown = "kmalloc()"};
        do
            guest_calls(guest, calls, 64, results);
        while (results[63].value != 0);
    }
}

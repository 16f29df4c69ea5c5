/* kmap() and its slots as a test sees them. */
#include "slots.h"

#include <stdlib.h>
#include <string.h>

#define PROBE_WORDS 2048 /* in probe_memory */

static gaddr_t fix_to_virt(unsigned slot)
{
    return (FIXADDR_TOP_PAGE - slot) * PAGE_SIZE;
}

gaddr_t atomic_address(unsigned type)
{
    return fix_to_virt(FIX_KMAP_BEGIN + type);
}

struct blocks high_pages(struct guest *guest, size_t n)
{
    struct blocks pages = take(guest, GFP_HIGHUSER, 0, n);
    struct zone_view high = zone_view(guest, ZONE_HIGHMEM);

    for (size_t i = 0; i < n; i++)
        expect(pages.pfns[i] >= (pfn_t)high.start_pfn, .did = guest_last(guest),
               .expected = "a page of high memory",
               .seen = text("frame %ld", pages.pfns[i]));
    return pages;
}

struct guest *boot_with_high_pages(struct blocks *pages, size_t n)
{
    struct guest *guest = guest_boot(&machine_1200mb, STAGE_VMALLOC);

    *pages = high_pages(guest, n);
    return guest;
}

uint32_t mark_of(pfn_t pfn)
{
    return 0x5eed0000u ^ (uint32_t)pfn * 0x9e3779b1u;
}

static void write_marks(struct guest *guest, const struct blocks *pages)
{
    uint32_t *marks = allocate(pages->n, sizeof(*marks));

    if (pages->n > PROBE_WORDS)
        report_infra("%zu pages are too many to mark", pages->n);
    for (size_t i = 0; i < pages->n; i++)
        marks[i] = mark_of(pages->pfns[i]);
    guest_write(guest, guest_symbol(guest, "probe_memory"), marks,
                pages->n * sizeof(*marks));
    free(marks);
}

/* Maps a page by the given kernel's means, or unmaps it: protection 0. */
static struct call set_fixmap_call(uint32_t pa, uint32_t protection)
{
    return (struct call){
        .function = "set_fixmap",
        .args = {FIX_KMAP_BEGIN + KM_BOUNCE_READ, pa, protection},
        .shown = "set_fixmap()",
    };
}

void mark_pages(struct guest *guest, const struct blocks *pages)
{
    gaddr_t marks = guest_symbol(guest, "probe_memory");
    gaddr_t window = atomic_address(KM_BOUNCE_READ);
    size_t ncalls = 2 * pages->n + 1;
    struct call *calls = allocate(ncalls, sizeof(*calls));
    struct agent_result *results = allocate(ncalls, sizeof(*results));

    write_marks(guest, pages);
    for (size_t i = 0; i < pages->n; i++) {
        calls[2 * i] = set_fixmap_call((uint32_t)pages->pfns[i] << PAGE_SHIFT,
                                       PAGE_KERNEL);
        calls[2 * i + 1] = (struct call){
            .function = "memcpy",
            .args = {window, marks + (gaddr_t)i * 4, 4},
            .shown = "memcpy()",
        };
    }
    calls[ncalls - 1] = set_fixmap_call(0, 0);
    guest_calls(guest, calls, ncalls, results);
    free(calls);
    free(results);
}

/* --- the student's functions --------------------------------------------- */

struct call kmap_call(struct guest *guest, pfn_t pfn)
{
    return (struct call){
        .function = "kmap",
        .args = {page_of(guest, pfn)},
        .shown = text("kmap(frame %ld)", pfn),
    };
}

struct call kunmap_call(struct guest *guest, pfn_t pfn)
{
    return (struct call){
        .function = "kunmap",
        .args = {page_of(guest, pfn)},
        .shown = text("kunmap(frame %ld)", pfn),
    };
}

struct call page_address_call(struct guest *guest, pfn_t pfn)
{
    return (struct call){
        .function = "page_address",
        .args = {page_of(guest, pfn)},
        .shown = text("page_address(frame %ld)", pfn),
    };
}

struct call set_page_address_call(struct guest *guest, pfn_t pfn,
                                  gaddr_t address)
{
    return (struct call){
        .function = "set_page_address",
        .args = {page_of(guest, pfn), address},
        .shown = text("set_page_address(frame %ld, 0x%08x)", pfn, address),
    };
}

static const char *type_text(unsigned type)
{
    static const char *const names[] = {
        [KM_BOUNCE_READ] = "KM_BOUNCE_READ",
        [KM_USER0] = "KM_USER0",
        [KM_USER1] = "KM_USER1",
        [KM_IRQ0] = "KM_IRQ0",
        [KM_IRQ1] = "KM_IRQ1",
    };

    return names[type];
}

struct call kmap_atomic_call(struct guest *guest, pfn_t pfn, unsigned type)
{
    return (struct call){
        .function = "kmap_atomic",
        .args = {page_of(guest, pfn), type},
        .shown = text("kmap_atomic(frame %ld, %s)", pfn, type_text(type)),
    };
}

struct call kunmap_atomic_call(gaddr_t address, unsigned type)
{
    return (struct call){
        .function = "kunmap_atomic",
        .args = {address, type},
        .shown = text("kunmap_atomic(0x%08x, %s)", address, type_text(type)),
    };
}

gaddr_t kmap(struct guest *guest, pfn_t pfn)
{
    struct call call = kmap_call(guest, pfn);

    return guest_call(guest, &call, NULL);
}

void kunmap(struct guest *guest, pfn_t pfn)
{
    struct call call = kunmap_call(guest, pfn);

    guest_call(guest, &call, NULL);
}

gaddr_t page_address(struct guest *guest, pfn_t pfn)
{
    struct call call = page_address_call(guest, pfn);

    return guest_call(guest, &call, NULL);
}

void set_page_address(struct guest *guest, pfn_t pfn, gaddr_t address)
{
    struct call call = set_page_address_call(guest, pfn, address);

    guest_call(guest, &call, NULL);
}

void flush_all_zero_pkmaps(struct guest *guest)
{
    struct call call = {.function = "flush_all_zero_pkmaps",
                        .shown = "flush_all_zero_pkmaps()"};

    guest_call(guest, &call, NULL);
}

gaddr_t kmap_atomic(struct guest *guest, pfn_t pfn, unsigned type)
{
    struct call call = kmap_atomic_call(guest, pfn, type);

    return guest_call(guest, &call, NULL);
}

void kunmap_atomic(struct guest *guest, gaddr_t address, unsigned type)
{
    struct call call = kunmap_atomic_call(address, type);

    guest_call(guest, &call, NULL);
}

/* One call for each page; addresses go to out[], if it is not NULL. */
static void call_each(struct guest *guest, const struct blocks *pages,
                      struct call (*call_of)(struct guest *, pfn_t),
                      gaddr_t *out)
{
    struct call *calls = allocate(pages->n, sizeof(*calls));
    struct agent_result *results = allocate(pages->n, sizeof(*results));

    for (size_t i = 0; i < pages->n; i++)
        calls[i] = call_of(guest, pages->pfns[i]);
    guest_calls_checked(guest, calls, pages->n, results);
    for (size_t i = 0; i < pages->n && out != NULL; i++)
        out[i] = results[i].value;
    free(calls);
    free(results);
}

void kmap_all(struct guest *guest, const struct blocks *pages, gaddr_t *out)
{
    call_each(guest, pages, kmap_call, out);
}

void kunmap_all(struct guest *guest, const struct blocks *pages)
{
    call_each(guest, pages, kunmap_call, NULL);
}

void page_addresses(struct guest *guest, const struct blocks *pages,
                    gaddr_t *out)
{
    call_each(guest, pages, page_address_call, out);
}

/* --- what it looks like -------------------------------------------------- */

int pkmap_count(struct guest *guest, unsigned nr)
{
    return (int)guest_u32(guest, guest_symbol(guest, "pkmap_count") + nr * 4);
}

unsigned slot_of(struct guest *guest, gaddr_t address)
{
    expect(address % PAGE_SIZE == 0 && address >= PKMAP_BASE &&
               address < PKMAP_ADDR(LAST_PKMAP),
           .did = guest_last(guest),
           .expected =
               text("the address of a slot, PKMAP_BASE (0x%08x) to "
                    "PKMAP_ADDR(%d) (0x%08x)",
                    PKMAP_BASE, LAST_PKMAP - 1, PKMAP_ADDR(LAST_PKMAP - 1)),
           .seen = text("0x%08x", address),
           .hint = "a page of high memory has no address but what it is "
                   "mapped at");
    return (address - PKMAP_BASE) / PAGE_SIZE;
}

void expect_maps(struct guest *guest, gaddr_t address, pfn_t pfn)
{
    struct translation seen = guest_translate(guest, address);

    expect(seen.present && seen.pa >> PAGE_SHIFT == pfn,
           .did = guest_last(guest),
           .expected = text("0x%08x is mapped to frame %ld", address, pfn),
           .seen = seen.present ? text("to frame %u", seen.pa >> PAGE_SHIFT)
                                : "it is not mapped",
           .hint = "mk_pte(), set_pte()");
    expect(seen.writable && !seen.user, .did = guest_last(guest),
           .expected = text("0x%08x is writable, for the supervisor", address),
           .seen = seen.user ? "for everybody" : "read-only",
           .hint = "PAGE_KERNEL");
}

void expect_slot(struct guest *guest, pfn_t pfn, gaddr_t address, int users)
{
    unsigned nr = slot_of(guest, address);

    expect_maps(guest, address, pfn);
    expect(pkmap_count(guest, nr) == users + 1, .did = guest_last(guest),
           .expected = text("pkmap_count[%u] is %d: mapped, %d users", nr,
                            users + 1, users),
           .seen = text("%d", pkmap_count(guest, nr)),
           .hint = "0: not mapped; 1: mapped, no users; n + 1: n users");
}

void expect_page_address(struct guest *guest, pfn_t pfn, gaddr_t address,
                         const char *hint)
{
    gaddr_t seen = page_address(guest, pfn);

    expect(seen == address, .did = guest_last(guest),
           .expected = address == 0 ? "NULL" : text("0x%08x", address),
           .seen = seen == 0 ? "NULL" : text("0x%08x", seen), .hint = hint);
}

void expect_no_slots(struct guest *guest)
{
    for (unsigned nr = 0; nr < LAST_PKMAP; nr++)
        expect(pkmap_count(guest, nr) == 0, .did = guest_last(guest),
               .expected = text("pkmap_count[%u] is 0", nr),
               .seen = text("%d", pkmap_count(guest, nr)),
               .hint = "only kmap() of a page of high memory takes a slot");
    expect_unmapped(guest, PKMAP_BASE, LAST_PKMAP,
                    "a slot with count 0 maps nothing");
}

void expect_mark(struct guest *guest, gaddr_t address, pfn_t pfn,
                 const char *hint)
{
    uint32_t seen;

    guest_read(guest, address, &seen, sizeof(seen));
    expect(seen == mark_of(pfn),
           .did = text("%s, and read it at 0x%08x", guest_last(guest), address),
           .expected =
               text("0x%08x, the first word of frame %ld", mark_of(pfn), pfn),
           .seen = text("0x%08x", seen), .hint = hint);
}

void take_all_slots(struct guest *guest, const struct blocks *pages,
                    gaddr_t *out)
{
    bool is_taken[LAST_PKMAP] = {false};

    kmap_all(guest, pages, out);
    for (size_t i = 0; i < pages->n; i++) {
        unsigned nr = slot_of(guest, out[i]);

        expect(!is_taken[nr], .did = text("kmap() of %zu pages", pages->n),
               .expected = "a slot of its own for each",
               .seen = text("slot %u twice", nr),
               .hint = "a slot with users is not free");
        is_taken[nr] = true;
    }
}

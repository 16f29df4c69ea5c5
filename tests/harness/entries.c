/* Page tables of an address space, and what is in the frames, from RAM. */
#include "process.h"

#include <string.h>

#define FRAME         0xfffff000u
#define TABLE_BYTES   0x400000u /* of addresses, that a page table is for */
#define PGD_ENTRIES   (USER_END / TABLE_BYTES)
#define SWAP_SHIFT    8 /* slot number in a swap entry: swap.h */
#define SWAP_MAP_SIZE 2 /* bytes of an element of swap_map[] */

/* --- reading entries ----------------------------------------------------- */

/* The page directory's entry for an address. */
static uint32_t directory_entry(const struct proc *proc, uaddr_t address)
{
    gaddr_t pgd = guest_u32(proc->guest, mm_of(proc) + MM_PGD);

    return guest_u32(proc->guest, pgd + address / TABLE_BYTES * 4);
}

struct pte_view pte_view(const struct proc *proc, uaddr_t address)
{
    uint32_t directory = directory_entry(proc, address), raw;
    struct pte_view view = {.pfn = NO_PAGE};

    if (!(directory & PTE_PRESENT))
        return view;
    view.entry = KERNEL_BASE + (directory & FRAME) +
                 address % TABLE_BYTES / PAGE_SIZE * 4;
    view.raw = raw = guest_u32(proc->guest, view.entry);
    view.present = raw & PTE_PRESENT;
    view.hidden = !view.present && (raw & PTE_PROTNONE);
    view.writable = view.present && (raw & directory & PTE_WRITABLE);
    view.user = view.present && (raw & directory & PTE_USER);
    view.dirty = raw & PTE_DIRTY;
    view.accessed = raw & PTE_ACCESSED;
    if (view.present || view.hidden)
        view.pfn = raw >> PAGE_SHIFT;
    return view;
}

const char *pte_text(const struct pte_view *view)
{
    if (view->entry == 0)
        return "there is no page table for it";
    if (view->raw == 0)
        return "its entry is empty";
    if (view->hidden)
        return text("frame %ld, out of reach (PROT_NONE)", view->pfn);
    if (!view->present)
        return text("its entry is that of swap slot %u",
                    view->raw >> SWAP_SHIFT);
    return text("frame %ld, %s, for %s%s%s", view->pfn,
                view->writable ? "writable" : "read-only",
                view->user ? "users" : "the supervisor",
                view->dirty ? ", dirty" : "",
                view->accessed ? ", accessed" : "");
}

pfn_t frame_of(const struct proc *proc, uaddr_t address)
{
    return pte_view(proc, address).pfn;
}

pfn_t zero_frame(struct guest *guest)
{
    return pfn_of_page(guest,
                       guest_u32(guest, guest_symbol(guest, "zero_page")));
}

size_t mapped_in(const struct proc *proc, uaddr_t address, size_t npages)
{
    size_t n = 0;

    for (size_t i = 0; i < npages; i++) {
        uaddr_t at = address + (uaddr_t)i * PAGE_SIZE;

        n += pte_view(proc, at).present;
    }
    return n;
}

size_t page_tables(const struct proc *proc)
{
    size_t n = 0;

    for (unsigned i = 0; i < PGD_ENTRIES; i++)
        n += directory_entry(proc, i * TABLE_BYTES) & PTE_PRESENT;
    return n;
}

/* --- what they must be --------------------------------------------------- */

/* The entry of an address must be so. */
static void expect_entry(const struct proc *proc, uaddr_t address, bool is_so,
                         const char *expected, const char *hint)
{
    struct pte_view view = pte_view(proc, address);

    expect(is_so, .did = guest_last(proc->guest),
           .expected =
               text("%s, page 0x%08x: %s", proc_text(proc), address, expected),
           .seen = pte_text(&view), .hint = hint);
}

pfn_t expect_mapped_page(const struct proc *proc, uaddr_t address,
                         const char *hint)
{
    struct pte_view view = pte_view(proc, address);

    expect_entry(proc, address, view.present && view.user,
                 "it is mapped, for users", hint);
    return view.pfn;
}

void expect_not_mapped(const struct proc *proc, uaddr_t address, size_t npages,
                       const char *hint)
{
    for (size_t i = 0; i < npages; i++) {
        uaddr_t at = address + (uaddr_t)i * PAGE_SIZE;

        expect_entry(proc, at, pte_view(proc, at).pfn == NO_PAGE,
                     "it is not mapped", hint);
    }
}

void expect_empty(const struct proc *proc, uaddr_t address, const char *hint)
{
    expect_entry(proc, address, pte_view(proc, address).raw == 0,
                 "its entry is empty", hint);
}

void expect_writable(const struct proc *proc, uaddr_t address, const char *hint)
{
    struct pte_view view = pte_view(proc, address);

    expect_entry(proc, address, view.user && view.writable,
                 "it is mapped, and may be written", hint);
}

void expect_read_only(const struct proc *proc, uaddr_t address,
                      const char *hint)
{
    struct pte_view view = pte_view(proc, address);

    expect_entry(proc, address, view.user && !view.writable,
                 "it is mapped, and may not be written", hint);
}

void expect_zero_page(const struct proc *proc, uaddr_t address,
                      const char *hint)
{
    struct pte_view view = pte_view(proc, address);
    pfn_t zero = zero_frame(proc->guest);

    expect_entry(proc, address, view.user && !view.writable && view.pfn == zero,
                 text("ZERO_PAGE (frame %ld), read-only", zero), hint);
}

void expect_dirty(const struct proc *proc, uaddr_t address, const char *hint)
{
    struct pte_view view = pte_view(proc, address);

    expect_entry(proc, address, view.present && view.dirty,
                 "it is mapped, and dirty", hint);
}

void expect_same_frame(const struct proc *a, const struct proc *b,
                       uaddr_t address, const char *hint)
{
    pfn_t pfn = expect_mapped_page(a, address, hint);

    expect_entry(b, address, frame_of(b, address) == pfn,
                 text("frame %ld, as in %s", pfn, proc_text(a)), hint);
}

void expect_different_frame(const struct proc *a, const struct proc *b,
                            uaddr_t address, const char *hint)
{
    pfn_t pfn = expect_mapped_page(a, address, hint);

    expect_entry(
        b, address, expect_mapped_page(b, address, hint) != pfn,
        text("a frame of its own, not %ld, as %s has", pfn, proc_text(a)),
        hint);
}

void expect_users(const struct proc *proc, uaddr_t address, int count,
                  const char *hint)
{
    pfn_t pfn = frame_of(proc, address);
    int seen;

    expect_entry(proc, address, pfn != NO_PAGE, "it has a frame", hint);
    seen = page_count(proc->guest, pfn);
    expect(seen == count, .did = guest_last(proc->guest),
           .expected = text("frame %ld, of %s, page 0x%08x, has %d users", pfn,
                            proc_text(proc), address, count),
           .seen = text("its count is %d", seen), .hint = hint);
}

/* --- contents ------------------------------------------------------------ */

void frame_read(const struct proc *proc, uaddr_t address, void *to,
                size_t nbytes)
{
    size_t done = 0;

    while (done < nbytes) {
        uaddr_t at = address + (uaddr_t)done;
        size_t room = PAGE_SIZE - at % PAGE_SIZE;
        size_t n = nbytes - done < room ? nbytes - done : room;
        pfn_t pfn = frame_of(proc, at);

        expect_entry(proc, at, pfn != NO_PAGE, "it has a frame", NULL);
        guest_copy_physical(proc->guest,
                            ((uint32_t)pfn << PAGE_SHIFT) + at % PAGE_SIZE,
                            (char *)to + done, n);
        done += n;
    }
}

uint32_t frame_word(const struct proc *proc, uaddr_t address)
{
    uint32_t word;

    frame_read(proc, address, &word, sizeof(word));
    return word;
}

void expect_value(const struct proc *proc, uaddr_t address, uint32_t value,
                  const char *hint)
{
    uint32_t seen = frame_word(proc, address);

    expect(seen == value, .did = guest_last(proc->guest),
           .expected =
               text("%s has 0x%x at 0x%08x", proc_text(proc), value, address),
           .seen = text("0x%x", seen), .hint = hint);
}

void expect_zeros(const struct proc *proc, uaddr_t address, const char *hint)
{
    unsigned char page[PAGE_SIZE];
    size_t i = 0;

    frame_read(proc, address - address % PAGE_SIZE, page, sizeof(page));
    while (i < sizeof(page) && page[i] == 0)
        i++;
    expect(i == sizeof(page), .did = guest_last(proc->guest),
           .expected = text("%s, page 0x%08x, is full of zeros",
                            proc_text(proc), address),
           .seen = text("byte %zu is 0x%02x", i, page[i]), .hint = hint);
}

/* --- arranging ----------------------------------------------------------- */

gaddr_t pte_alloc(const struct proc *proc, uaddr_t address)
{
    struct call call = {
        .function = "pte_alloc",
        .args = {mm_of(proc), address},
        .shown = text("pte_alloc(mm, 0x%08x)", address),
    };
    gaddr_t entry = guest_call(proc->guest, &call, NULL);

    expect(entry != 0, .did = call.shown, .expected = "a page-table entry",
           .seen = "NULL");
    return entry;
}

void set_entry(const struct proc *proc, uaddr_t address, uint32_t entry)
{
    gaddr_t at = pte_alloc(proc, address);
    struct call flush = {
        .function = "flush_tlb_mm",
        .args = {mm_of(proc)},
        .shown = "flush_tlb_mm(mm)",
    };

    guest_write(proc->guest, at, &entry, sizeof(entry));
    guest_call(proc->guest, &flush, NULL);
}

void change_entry(const struct proc *proc, uaddr_t address, uint32_t clear,
                  uint32_t set)
{
    uint32_t raw = pte_view(proc, address).raw;

    set_entry(proc, address, (raw & ~clear) | set);
}

pfn_t map_fresh(const struct proc *proc, uaddr_t address, uint32_t bits)
{
    pfn_t pfn = alloc_pages(proc->guest, GFP_HIGHUSER, 0);
    gaddr_t rss = mm_of(proc) + MM_RSS;
    uint32_t more = guest_u32(proc->guest, rss) + 1;

    expect(pfn != NO_PAGE, .did = guest_last(proc->guest), .expected = "a page",
           .seen = "NULL");
    guest_write(proc->guest, rss, &more, sizeof(more));
    set_entry(proc, address, (uint32_t)pfn << PAGE_SHIFT | bits);
    return pfn;
}

/* --- swap ---------------------------------------------------------------- */

uint32_t swap_entry(unsigned slot)
{
    return slot << SWAP_SHIFT;
}

static gaddr_t slot_address(struct guest *guest, unsigned slot)
{
    return guest_symbol(guest, "probe_swap_map") + slot * SWAP_MAP_SIZE;
}

unsigned swap_users(struct guest *guest, unsigned slot)
{
    uint16_t users;

    guest_copy(guest, slot_address(guest, slot), &users, sizeof(users));
    return users;
}

void set_swap_users(struct guest *guest, unsigned slot, unsigned users)
{
    static const struct call set_up = {.function = "probe_swap_area"};
    uint16_t value = (uint16_t)users;

    guest_call(guest, &set_up, NULL);
    guest_write(guest, slot_address(guest, slot), &value, sizeof(value));
}

void put_swap_entry(const struct proc *proc, uaddr_t address, unsigned slot)
{
    set_swap_users(proc->guest, slot, swap_users(proc->guest, slot) + 1);
    set_entry(proc, address, swap_entry(slot));
}

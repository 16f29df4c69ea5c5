/* Hidden tests of lab 6: random copying, writing and zapping of page tables
 * against a model on the host, which knows each entry of each space. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "property.h"
#include "tables.h"

#define OPERATIONS  120
#define MAX_SPACES  6
#define NPRIVATE    12 /* pages of the private area that are used */
#define NPAGES      16 /* the other four are of a shared area */
#define SHARED      PAGE(4 * TABLE_PAGES)
#define SHARED_END  (SHARED + 4 * PAGE_SIZE)
#define FIRST_SLOT  3
#define NSLOTS      5
#define HAS_FRAME   (PTE_PRESENT | PTE_PROTNONE)
#define NOT_VISIBLE (PTE_PRESENT | PTE_USER | PTE_WRITABLE)

enum kind {
    MAP,     /* a fresh frame where nothing is */
    ZERO,    /* ZERO_PAGE where nothing is */
    SWAP,    /* a swap entry where nothing is */
    PROTECT, /* an entry becomes read-only */
    HIDE,    /* an entry becomes one of PROT_NONE */
    COPY,    /* copy_page_range() of both areas to a new space */
    WRITE,   /* do_wp_page(), then a write */
    ZAP,     /* zap_page_range(): from one page up to another */
    DROP,    /* mmput() */
    NR_KINDS,
};

struct space {
    struct proc *proc;
    gaddr_t areas[2]; /* the private one, the shared one */
    uint32_t raw[NPAGES];
};

struct model {
    struct guest *guest;
    pfn_t zero;
    struct space spaces[MAX_SPACES];
    size_t nspaces;
    uint8_t next_byte;
    uint8_t *bytes; /* by frame: what it is full of */
};

/* On both sides of the borders of page tables, and in between. */
static uaddr_t address_of_page(unsigned page)
{
    static const unsigned numbers[NPRIVATE] = {
        0, 1, 500, 1022, 1023, 1024, 2046, 2047, 2048, 3000, 4094, 4095,
    };

    return page < NPRIVATE ? PAGE(numbers[page])
                           : SHARED + (page - NPRIVATE) * PAGE_SIZE;
}

static bool has_frame(const struct model *model, uint32_t raw)
{
    return (raw & HAS_FRAME) && raw >> PAGE_SHIFT != (uint32_t)model->zero;
}

/* Entries of all spaces that have this frame. */
static int users_of(const struct model *model, uint32_t pfn)
{
    int n = 0;

    for (size_t i = 0; i < model->nspaces; i++)
        for (unsigned page = 0; page < NPAGES; page++) {
            uint32_t raw = model->spaces[i].raw[page];

            n += has_frame(model, raw) && raw >> PAGE_SHIFT == pfn;
        }
    return n;
}

static unsigned users_of_slot(const struct model *model, unsigned slot)
{
    unsigned n = 0;

    for (size_t i = 0; i < model->nspaces; i++)
        for (unsigned page = 0; page < NPAGES; page++)
            n += model->spaces[i].raw[page] == swap_entry(slot);
    return n;
}

/* --- the model against the kernel ---------------------------------------- */

static void check_space(const struct model *model, const struct space *space)
{
    uint32_t rss = 0;

    for (unsigned page = 0; page < NPAGES; page++) {
        uint32_t raw = space->raw[page], pfn = raw >> PAGE_SHIFT;

        expect_raw(space->proc, address_of_page(page), raw,
                   "the entry should be as the model has it");
        if (!has_frame(model, raw))
            continue;
        rss++;
        expect_count(model->guest, (pfn_t)pfn, users_of(model, pfn),
                     "a use for each entry that maps it");
        expect_full_of(model->guest, (pfn_t)pfn, model->bytes[pfn],
                       "somebody else's write");
    }
    expect_rss(space->proc, rss, "the frames that the space maps");
}

static void check(const struct model *model)
{
    for (size_t i = 0; i < model->nspaces; i++)
        check_space(model, &model->spaces[i]);
    for (unsigned slot = FIRST_SLOT; slot < FIRST_SLOT + NSLOTS; slot++)
        expect_swap_users(model->guest, slot, users_of_slot(model, slot),
                          "a user for each entry that names it");
    expect_full_of(model->guest, model->zero, 0, "never write to ZERO_PAGE");
}

/* --- operations ---------------------------------------------------------- */

static struct space *add_space(struct model *model)
{
    struct space *space = &model->spaces[model->nspaces++];

    *space = (struct space){.proc = new_space(model->guest)};
    space->areas[0] = add_vma(space->proc, START, SHARED, ANON_FLAGS);
    space->areas[1] = add_vma(space->proc, SHARED, SHARED_END, SHARED_FLAGS);
    return space;
}

/* A write to a frame, as its owner would do it. */
static void write_frame(struct model *model, uint32_t pfn)
{
    model->bytes[pfn] = ++model->next_byte;
    fill_frame(model->guest, (pfn_t)pfn, model->bytes[pfn]);
}

static void fill_entry(struct model *model, struct space *space, unsigned page,
                       enum kind kind)
{
    uaddr_t address = address_of_page(page);
    unsigned slot = FIRST_SLOT + page % NSLOTS;

    if (kind == MAP) {
        pfn_t pfn = map_fresh(space->proc, address, RW_BITS);

        space->raw[page] = (uint32_t)pfn << PAGE_SHIFT | RW_BITS;
        write_frame(model, (uint32_t)pfn);
    } else if (kind == ZERO && page < NPRIVATE) {
        map_reserved(space->proc, address, model->zero, RO_BITS);
        space->raw[page] = (uint32_t)model->zero << PAGE_SHIFT | RO_BITS;
    } else if (kind == SWAP) {
        put_swap_entry(space->proc, address, slot);
        space->raw[page] = swap_entry(slot);
    }
}

static void change(struct model *model, struct space *space, unsigned page,
                   enum kind kind)
{
    uint32_t raw = space->raw[page];

    if (!has_frame(model, raw))
        return;
    if (kind == HIDE)
        raw = (raw & ~NOT_VISIBLE) | PTE_PROTNONE;
    else
        raw &= ~PTE_WRITABLE;
    space->raw[page] = raw;
    set_entry(space->proc, address_of_page(page), raw);
}

/* What fork() makes of an entry; the parent's changes, too. */
static uint32_t copied(uint32_t *raw, unsigned page)
{
    if (!(*raw & HAS_FRAME))
        return *raw;
    if (page >= NPRIVATE)
        return *raw & ~(PTE_DIRTY | PTE_ACCESSED);
    *raw &= ~PTE_WRITABLE;
    return *raw & ~PTE_ACCESSED;
}

static void copy(struct model *model, struct space *from)
{
    struct space *to;

    if (model->nspaces == MAX_SPACES)
        return;
    to = add_space(model);
    enter_space(model->guest, from->proc);
    for (int i = 0; i < 2; i++)
        expect_ok(model->guest,
                  copy_page_range(to->proc, from->proc, from->areas[i]), NULL);
    for (unsigned page = 0; page < NPAGES; page++)
        to->raw[page] = copied(&from->raw[page], page);
}

static void write_page(struct model *model, struct space *space, unsigned page)
{
    uint32_t raw = space->raw[page], pfn = raw >> PAGE_SHIFT, own = pfn;
    uaddr_t address = address_of_page(page);
    bool copies =
        page < NPRIVATE && (!has_frame(model, raw) || users_of(model, pfn) > 1);

    if (!(raw & PTE_PRESENT) || (raw & PTE_WRITABLE))
        return;
    expect_vm_fault(
        model->guest,
        do_wp_page(space->proc, space->areas[page >= NPRIVATE], address),
        FAULT_MINOR, NULL);
    if (copies) {
        struct pte_view view = pte_view(space->proc, address);

        own = (uint32_t)view.pfn;
        expect(view.pfn != NO_PAGE && users_of(model, own) == 0 && own != pfn,
               .did = guest_last(model->guest),
               .expected = "a frame that nobody else has",
               .seen = pte_text(&view));
        model->bytes[own] = model->bytes[pfn];
    }
    space->raw[page] = own << PAGE_SHIFT | RW_BITS;
    expect_full_of(model->guest, (pfn_t)own, model->bytes[own],
                   "the same contents as before");
    write_frame(model, own);
}

static void zap(struct space *space, unsigned a, unsigned b)
{
    unsigned from = a < b ? a : b, to = a < b ? b : a;
    uaddr_t address = address_of_page(from);

    zap_page_range(space->proc, address, address_of_page(to) - address);
    for (unsigned page = from; page < to; page++)
        space->raw[page] = 0;
}

static void drop(struct model *model, struct space *space)
{
    if (model->nspaces == 1)
        return;
    drop_space(space->proc);
    *space = model->spaces[--model->nspaces];
}

/* a: the space, and a page of it; b: another page. */
static void do_one(struct model *model, const struct operation *operation)
{
    struct space *space =
        &model->spaces[operation->a / NPAGES % model->nspaces];
    unsigned page = operation->a % NPAGES;

    switch (operation->kind) {
    case PROTECT:
    case HIDE:
        change(model, space, page, operation->kind);
        break;
    case COPY:
        copy(model, space);
        break;
    case WRITE:
        write_page(model, space, page);
        break;
    case ZAP:
        zap(space, page, operation->b);
        break;
    case DROP:
        drop(model, space);
        break;
    default:
        if (space->raw[page] == 0)
            fill_entry(model, space, page, operation->kind);
    }
}

static void run(const struct operation *operations, size_t n)
{
    static struct model model;
    struct guest *guest = guest_boot(&machine_64mb, STAGE_PROC);
    struct stock before;

    drop_space(new_space(guest));
    before = stock_of(guest);
    free(model.bytes);
    model = (struct model){
        .guest = guest,
        .zero = zero_frame(guest),
        .bytes = allocate(guest_ram_bytes(guest) / PAGE_SIZE, 1),
    };
    add_space(&model);
    for (size_t i = 0; i < n; i++) {
        do_one(&model, &operations[i]);
        check(&model);
    }
    while (model.nspaces > 0)
        drop_space(model.spaces[--model.nspaces].proc);
    expect_nothing_lost(guest, &before);
}

static struct operation generate(struct random *random)
{
    static const enum kind kinds[] = {MAP,   MAP,   MAP,     MAP,   ZERO, SWAP,
                                      WRITE, WRITE, WRITE,   WRITE, COPY, COPY,
                                      ZAP,   DROP,  PROTECT, HIDE};
    uint32_t nkinds = sizeof(kinds) / sizeof(kinds[0]);

    return (struct operation){
        kinds[random_below(random, nkinds)],
        random_below(random, MAX_SPACES * NPAGES),
        random_below(random, NPAGES),
    };
}

static const char *describe(const struct operation *operation)
{
    static const char *const names[NR_KINDS] = {
        "a fresh page at",
        "ZERO_PAGE at",
        "a swap entry at",
        "read-only:",
        "PROT_NONE:",
        "copy_page_range() of",
        "do_wp_page() and a write at",
        "zap_page_range() from",
        "mmput() of",
    };
    unsigned space = operation->a / NPAGES;
    uaddr_t page = address_of_page(operation->a % NPAGES);

    if (operation->kind == COPY || operation->kind == DROP)
        return text("%s space %u", names[operation->kind], space);
    if (operation->kind == ZAP)
        return text("%s 0x%08x, space %u, to 0x%08x", names[operation->kind],
                    page, space, address_of_page(operation->b));
    return text("%s 0x%08x, space %u", names[operation->kind], page, space);
}

Test(cow, page_tables_agree_with_a_model)
{
    const struct property property = {
        .length = OPERATIONS,
        .generate = generate,
        .run = run,
        .describe = describe,
    };

    property_check(&property);
}

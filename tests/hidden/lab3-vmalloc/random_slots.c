/*
 * Hidden tests of lab 3: random kmap(), kunmap() and flushes against a model on
 * the host. The model knows who uses which page at which address. Most slots
 * are in use from the start, so that the search comes round often; one slot at
 * least is free at any time, so nobody has to sleep.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "property.h"
#include "slots.h"

#define PINNED     900 /* pages that stay in use */
#define NPAGES     1200
#define OPERATIONS 2000
#define LOOK_EVERY 250

enum kind {
    UNMAP, /* a: which of the uses */
    MAP,   /* a: page */
    FLUSH,
};

struct model {
    struct guest *guest;
    struct blocks pages;
    int users[NPAGES];
    gaddr_t addresses[NPAGES]; /* while there are users */
    size_t nin_use;            /* pages with users */
    size_t uses[2 * OPERATIONS];
    size_t nuses; /* that may end; of pages by index */
};

/* The page at this slot, by what is in use in the model, or NPAGES. */
static size_t user_of(const struct model *model, gaddr_t address)
{
    for (size_t i = 0; i < NPAGES; i++)
        if (model->users[i] > 0 && model->addresses[i] == address)
            return i;
    return NPAGES;
}

/* kmap(), and a look at the page through its address. */
static gaddr_t map_and_read(struct model *model, size_t page, uint32_t *mark)
{
    gaddr_t result = guest_symbol(model->guest, "probe_memory");
    const struct call calls[] = {
        kmap_call(model->guest, model->pages.pfns[page]),
        {
            .function = "memcpy",
            .args = {result, 0, 4},
            .refs = 1 << 1,
            .shown = text("reading frame %ld", model->pages.pfns[page]),
        },
    };
    struct agent_result results[2];

    guest_calls(model->guest, calls, 2, results);
    *mark = guest_u32(model->guest, result);
    return results[0].value;
}

static void map_one(struct model *model, size_t page)
{
    pfn_t pfn = model->pages.pfns[page];
    gaddr_t address;
    uint32_t mark;

    if (model->users[page] == 0 && model->nin_use == LAST_PKMAP - 1)
        return;
    address = map_and_read(model, page, &mark);
    slot_of(model->guest, address);
    if (model->users[page] > 0)
        expect(address == model->addresses[page],
               .did = text("kmap(frame %ld)", pfn),
               .expected =
                   text("0x%08x, where it is mapped", model->addresses[page]),
               .seen = text("0x%08x", address));
    else
        expect(user_of(model, address) == NPAGES,
               .did = text("kmap(frame %ld)", pfn),
               .expected = "a slot without users",
               .seen = text("0x%08x, which is in use", address));
    expect(mark == mark_of(pfn),
           .did = text("kmap(frame %ld), and read it", pfn),
           .expected = text("the page is seen at 0x%08x", address),
           .seen = "something else is",
           .hint = "the TLB is flushed before a slot is used again");
    model->addresses[page] = address;
    model->nin_use += model->users[page]++ == 0;
    model->uses[model->nuses++] = page;
}

static void unmap_one(struct model *model, size_t use)
{
    size_t page;

    if (model->nuses == 0)
        return;
    use %= model->nuses;
    page = model->uses[use];
    kunmap(model->guest, model->pages.pfns[page]);
    model->uses[use] = model->uses[--model->nuses];
    model->nin_use -= --model->users[page] == 0;
}

/* A slot and what the MMU says of it: does the count agree? */
static void check_slot(const struct model *model, unsigned nr,
                       const struct translation *seen)
{
    int count = pkmap_count(model->guest, nr);
    size_t page = user_of(model, PKMAP_ADDR(nr));
    int users = page == NPAGES ? 0 : model->users[page];

    expect(seen->present == (count > 0), .did = guest_last(model->guest),
           .expected = text("slot %u has count %d, so it is %s", nr, count,
                            count > 0 ? "mapped" : "not mapped"),
           .seen = "it is not so");
    expect(users == 0 ? count <= 1 && count >= 0 : count == users + 1,
           .did = guest_last(model->guest),
           .expected = text("slot %u has %d users", nr, users),
           .seen = text("count %d", count));
    expect(users == 0 || seen->pa / PAGE_SIZE == model->pages.pfns[page],
           .did = guest_last(model->guest),
           .expected =
               text("slot %u maps frame %ld", nr, model->pages.pfns[page]),
           .seen = text("frame %u", seen->pa / PAGE_SIZE));
}

/* page_address() of all pages must agree with what the MMU says. */
static void look(const struct model *model)
{
    struct translation seen[LAST_PKMAP];
    gaddr_t addresses[NPAGES];
    size_t nmapped = 0, nknown = 0;

    guest_translate_pages(model->guest, PKMAP_BASE, LAST_PKMAP, seen);
    page_addresses(model->guest, &model->pages, addresses);
    for (unsigned nr = 0; nr < LAST_PKMAP; nr++) {
        check_slot(model, nr, &seen[nr]);
        nmapped += seen[nr].present;
    }
    for (size_t i = 0; i < NPAGES; i++) {
        const struct translation *slot;

        if (addresses[i] == 0)
            continue;
        slot = &seen[slot_of(model->guest, addresses[i])];
        expect(slot->present && slot->pa / PAGE_SIZE == model->pages.pfns[i],
               .did = text("page_address(frame %ld)", model->pages.pfns[i]),
               .expected = "an address at which the page is mapped, or NULL",
               .seen = text("0x%08x", addresses[i]));
        nknown++;
    }
    expect(nknown == nmapped, .did = guest_last(model->guest),
           .expected = text("%zu slots are mapped, so %zu pages have an "
                            "address",
                            nmapped, nmapped),
           .seen = text("%zu", nknown));
}

static void pin(struct model *model)
{
    struct blocks pinned = {model->pages.pfns, PINNED, 0};

    take_all_slots(model->guest, &pinned, model->addresses);
    for (size_t i = 0; i < PINNED; i++)
        model->users[i] = 1;
    model->nin_use = PINNED;
}

static void step(struct model *model, const struct operation *operation)
{
    if (operation->kind == MAP)
        map_one(model, operation->a);
    else if (operation->kind == UNMAP)
        unmap_one(model, operation->a);
    else
        flush_all_zero_pkmaps(model->guest);
}

static void run(const struct operation *operations, size_t n)
{
    static struct model model;

    memset(&model, 0, sizeof(model));
    model.guest = boot_with_high_pages(&model.pages, NPAGES);
    mark_pages(model.guest, &model.pages);
    pin(&model);
    for (size_t i = 0; i < n; i++) {
        step(&model, &operations[i]);
        if (i % LOOK_EVERY == LOOK_EVERY - 1 || i + 1 == n)
            look(&model);
    }
    while (model.nuses > 0)
        unmap_one(&model, 0);
    flush_all_zero_pkmaps(model.guest);
    look(&model);
}

/* Most often it is about a page that may have no slot; one MAP in eight is of
 * a page that stays in use. */
static struct operation generate(struct random *random)
{
    uint32_t dice = random_below(random, 200);

    if (dice == 0)
        return (struct operation){.kind = FLUSH};
    if (dice < 94)
        return (struct operation){UNMAP, random_below(random, NPAGES), 0};
    if (dice < 108)
        return (struct operation){MAP, random_below(random, PINNED), 0};
    return (struct operation){
        MAP, PINNED + random_below(random, NPAGES - PINNED), 0};
}

static const char *describe(const struct operation *operation)
{
    if (operation->kind == MAP)
        return text("kmap() of page %u of %d", operation->a, NPAGES);
    if (operation->kind == UNMAP)
        return text("kunmap() of a page in use, number %u modulo how many uses "
                    "there are",
                    operation->a);
    return "flush_all_zero_pkmaps()";
}

Test(vmalloc, slots_agree_with_a_model)
{
    const struct property property = {
        .length = OPERATIONS,
        .generate = generate,
        .run = run,
        .describe = describe,
    };

    property_check(&property);
}

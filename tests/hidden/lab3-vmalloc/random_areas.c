/*
 * Hidden tests of lab 3: random vmalloc() and vfree() against a model on the
 * host. The model has the areas by rising address, so it knows where first fit
 * puts the next one, or that there is no room.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "areas.h"
#include "objects.h"
#include "property.h"

#define OPERATIONS 400
#define MAX_HELD   512
#define MAX_PAGES  1600 /* of an area */
#define STAMP      16   /* bytes that are written to a page */
#define LOOK_EVERY 40   /* operations between two looks at all memory */
#define SLACK      600  /* pages: tables, marks of all zones, slabs */

enum kind {
    GIVE, /* a: which of the held areas */
    TAKE, /* a: bytes; b: index of a mask */
};

static const uint32_t masks[] = {GFP_HIGHUSER, GFP_KERNEL, GFP_HIGHUSER};

#define NR_MASKS (sizeof(masks) / sizeof(masks[0]))

struct held {
    gaddr_t addr;
    uint32_t npages;
    unsigned char byte; /* that its first page begins with */
};

struct model {
    struct guest *guest;
    struct held held[MAX_HELD]; /* by rising address */
    size_t nheld;
    uint32_t npages; /* that are held altogether */
    unsigned char next_byte;
};

static gaddr_t end_of(const struct held *held)
{
    return held->addr + (held->npages + 1) * PAGE_SIZE;
}

/* Where first fit puts it: an index into held[], and the address or 0. */
static gaddr_t predict(const struct model *model, uint32_t npages,
                       size_t *index)
{
    uint32_t nbytes = (npages + 1) * PAGE_SIZE;
    gaddr_t at = vmalloc_start(model->guest);

    for (*index = 0; *index < model->nheld; ++*index) {
        if (model->held[*index].addr - at >= nbytes)
            return at;
        at = end_of(&model->held[*index]);
    }
    return VMALLOC_END - at >= nbytes ? at : 0;
}

/* What page i of an area begins with. */
static unsigned char stamp_of(const struct held *held, uint32_t i)
{
    return (unsigned char)(held->byte + 7 * i);
}

static void stamp_area(struct model *model, struct held *held)
{
    static struct call calls[MAX_PAGES];
    static struct agent_result results[MAX_PAGES];

    held->byte = ++model->next_byte;
    for (uint32_t i = 0; i < held->npages; i++)
        calls[i] = (struct call){
            .function = "memset",
            .args = {held->addr + i * PAGE_SIZE, stamp_of(held, i), STAMP},
            .shown = "writing to the area",
        };
    guest_calls(model->guest, calls, held->npages, results);
}

static void add(struct model *model, size_t index, gaddr_t addr,
                uint32_t npages)
{
    struct held *at = &model->held[index];

    memmove(at + 1, at, (model->nheld - index) * sizeof(*at));
    *at = (struct held){.addr = addr, .npages = npages};
    model->nheld++;
    model->npages += npages;
    stamp_area(model, at);
}

static void take_one(struct model *model, const struct operation *operation)
{
    struct guest *guest = model->guest;
    uint32_t npages = (operation->a + PAGE_SIZE - 1) / PAGE_SIZE;
    uint32_t gfp_mask = masks[operation->b], left = free_pages_in_ram(guest);
    gaddr_t address, expected;
    size_t index;

    if (model->nheld == MAX_HELD)
        return;
    expected = predict(model, npages, &index);
    address = vmalloc_from(guest, operation->a, gfp_mask);
    if (address == 0) {
        expect(expected == 0 || left < npages + SLACK, .did = guest_last(guest),
               .expected = text("0x%08x: %u pages are free", expected, left),
               .seen = "NULL");
        return;
    }
    expect(expected != 0 && npages < left, .did = guest_last(guest),
           .expected = text("NULL: %s", expected == 0 ? "there is no room"
                                                      : "too few pages"),
           .seen = text("0x%08x", address));
    expect_at(guest, address, expected, "first fit");
    add(model, index, address, npages);
}

static void give_one(struct model *model, const struct operation *operation)
{
    struct held *at;

    if (model->nheld == 0)
        return;
    at = &model->held[operation->a % model->nheld];
    vfree(model->guest, at->addr);
    model->npages -= at->npages;
    model->nheld--;
    memmove(at, at + 1,
            (size_t)(&model->held[model->nheld] - at) * sizeof(*at));
}

/* Every frame is in one area at most, in use once, and holds what it should. */
static void check_page(const struct model *model, const struct held *held,
                       uint32_t i, const struct translation *seen,
                       bool *is_taken)
{
    struct guest *guest = model->guest;
    gaddr_t page = held->addr + i * PAGE_SIZE;
    pfn_t pfn = seen->pa / PAGE_SIZE;
    unsigned char bytes[STAMP], written[STAMP];

    expect(seen->present && seen->writable && !seen->user,
           .did = guest_last(guest),
           .expected =
               text("0x%08x is mapped, writable, for the supervisor", page),
           .seen = "it is not");
    guest_copy_physical(guest, seen->pa, bytes, sizeof(bytes));
    expect(!is_taken[pfn] && page_count(guest, pfn) == 1,
           .did = guest_last(guest),
           .expected = "each frame is mapped once, and in use once",
           .seen = text("frame %ld at 0x%08x is not", pfn, page));
    is_taken[pfn] = true;
    memset(written, stamp_of(held, i), sizeof(written));
    expect(memcmp(bytes, written, sizeof(bytes)) == 0, .did = guest_last(guest),
           .expected =
               text("what was written at 0x%08x is in frame %ld", page, pfn),
           .seen = "something else",
           .hint = "flush the TLB before frames or addresses are used again");
}

static size_t count_mapped(const struct translation *seen, size_t npages)
{
    size_t n = 0;

    for (size_t i = 0; i < npages; i++)
        n += seen[i].present;
    return n;
}

static void check_areas(const struct model *model,
                        const struct translation *seen, bool *is_taken)
{
    gaddr_t start = vmalloc_start(model->guest);
    gaddr_t addresses[MAX_HELD];

    for (size_t i = 0; i < model->nheld; i++)
        addresses[i] = model->held[i].addr;
    expect_areas(model->guest, addresses, model->nheld);
    for (size_t i = 0; i < model->nheld; i++) {
        const struct held *held = &model->held[i];
        size_t first = (held->addr - start) / PAGE_SIZE;

        for (uint32_t page = 0; page < held->npages; page++)
            check_page(model, held, page, &seen[first + page], is_taken);
    }
}

/* The kernel's areas are the model's, and nothing else is mapped. */
static void look(const struct model *model)
{
    size_t npages = vmalloc_pages(model->guest), mapped;
    struct translation *seen = allocate(npages, sizeof(*seen));
    bool *is_taken = allocate(guest_ram_bytes(model->guest) / PAGE_SIZE, 1);

    guest_translate_pages(model->guest, vmalloc_start(model->guest), npages,
                          seen);
    check_areas(model, seen, is_taken);
    mapped = count_mapped(seen, npages);
    expect(mapped == model->npages, .did = guest_last(model->guest),
           .expected = text("%u pages are mapped", model->npages),
           .seen = text("%zu", mapped));
    free(seen);
    free(is_taken);
}

static void give_all(struct model *model)
{
    static const struct operation first = {.kind = GIVE};

    while (model->nheld > 0)
        give_one(model, &first);
}

/* What is missing in the end are page tables and a few slabs. */
static void expect_all_back(const struct model *model, uint32_t before)
{
    uint32_t tables =
        (uint32_t)(vmalloc_pages(model->guest) * PAGE_SIZE / TABLE_BYTES) + 1;
    uint32_t now = free_pages_in_ram(model->guest);

    expect(now <= before && now + tables + 16 >= before,
           .did = "vfree() of all areas",
           .expected = text("%u free pages, but for page tables (%u at most) "
                            "and a few slabs",
                            before, tables),
           .seen = text("%u", now));
}

static void run_on(const struct machine *machine,
                   const struct operation *operations, size_t n)
{
    static struct model model;
    struct guest *guest = guest_boot(machine, STAGE_VMALLOC);
    uint32_t before = free_pages_in_ram(guest);
    struct mistakes mistakes = mistakes_of(guest);

    model = (struct model){.guest = guest};
    for (size_t i = 0; i < n; i++) {
        if (operations[i].kind == TAKE)
            take_one(&model, &operations[i]);
        else
            give_one(&model, &operations[i]);
        if (i % LOOK_EVERY == LOOK_EVERY - 1 || i + 1 == n)
            look(&model);
    }
    give_all(&model);
    look(&model);
    expect_all_back(&model, before);
    expect_no_mistake(guest, &mistakes);
}

static void run_on_64mb(const struct operation *operations, size_t n)
{
    run_on(&machine_64mb, operations, n);
}

static void run_on_1200mb(const struct operation *operations, size_t n)
{
    run_on(&machine_1200mb, operations, n);
}

/* Most areas are small; one in eight is large, so that space gets short. */
static struct operation generate(struct random *random)
{
    uint32_t most = random_below(random, 8) == 0 ? MAX_PAGES : 40;

    if (random_below(random, 100) < 45)
        return (struct operation){GIVE, random_below(random, MAX_HELD), 0};
    return (struct operation){TAKE, 1 + random_below(random, most * PAGE_SIZE),
                              random_below(random, NR_MASKS)};
}

static const char *describe(const struct operation *operation)
{
    if (operation->kind == TAKE)
        return text("__vmalloc(%u, %s)", operation->a,
                    gfp_text(masks[operation->b]));
    return text("vfree() of an area, number %u modulo how many there are",
                operation->a);
}

Test(vmalloc, areas_agree_with_a_model_on_64_mb)
{
    const struct property property = {
        .length = OPERATIONS,
        .generate = generate,
        .run = run_on_64mb,
        .describe = describe,
    };

    property_check(&property);
}

Test(vmalloc, areas_agree_with_a_model_on_1200_mb)
{
    const struct property property = {
        .length = OPERATIONS,
        .generate = generate,
        .run = run_on_1200mb,
        .describe = describe,
    };

    property_check(&property);
}

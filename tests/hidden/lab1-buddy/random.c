/*
 * Hidden tests of lab 1: random operations against a model on the host.
 *
 * The model knows for each frame whether it is free. Since buddies are merged
 * at once, there is a free block of some order exactly if an aligned run of
 * frames is free; so the model can say which zone must give, or that none may.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "property.h"

#define MAX_FRAMES (64u << 8)
#define MAX_HELD   4096
#define OPERATIONS 3000
#define CHUNK      32

enum kind {
    GIVE, /* a: which of the held blocks; b: context */
    TAKE, /* a: order; b: index of a way to ask */
};

/* Ways to ask; the zones that will do are those below and at `best`. */
static const struct way {
    enum agent_context context;
    uint32_t gfp_mask;
    enum zone_index best;
} ways[] = {
    {AGENT_PROCESS, GFP_KERNEL, ZONE_NORMAL},
    {AGENT_ATOMIC, GFP_ATOMIC, ZONE_NORMAL},
    {AGENT_INTERRUPT, GFP_ATOMIC, ZONE_NORMAL},
    {AGENT_PROCESS, GFP_HIGHUSER, ZONE_HIGHMEM},
    {AGENT_PROCESS, GFP_DMA, ZONE_DMA},
    {AGENT_INTERRUPT, GFP_KERNEL, ZONE_NORMAL},
};

#define NR_WAYS (sizeof(ways) / sizeof(ways[0]))

struct model {
    struct guest *guest;
    struct zone_view zones[NR_ZONES]; /* free_pages as it should be */
    bool is_free[MAX_FRAMES];
    struct {
        pfn_t pfn;
        unsigned order;
    } held[MAX_HELD];
    size_t nheld;
};

/* One call of a sequence. */
struct step {
    struct call call;
    const struct way *way; /* NULL: a block is given back */
    unsigned order;
    pfn_t pfn;
};

static void model_begin(struct model *model, struct guest *guest)
{
    memset(model, 0, sizeof(*model));
    model->guest = guest;
    for (enum zone_index zone = ZONE_DMA; zone < NR_ZONES; zone++) {
        struct zone_view *view = &model->zones[zone];

        *view = zone_view(guest, zone);
        for (uint32_t i = 0; i < view->size; i++) {
            pfn_t pfn = view->start_pfn + i;

            model->is_free[pfn] = !(page_flags(guest, pfn) & PG_RESERVED);
        }
    }
}

static bool run_is_free(const struct model *model, pfn_t pfn, unsigned order)
{
    return memchr(&model->is_free[pfn], 0, 1u << order) == NULL;
}

static bool has_block(const struct model *model, enum zone_index zone,
                      unsigned order)
{
    const struct zone_view *view = &model->zones[zone];
    pfn_t end = view->start_pfn + view->size;

    for (pfn_t pfn = view->start_pfn; pfn + (1 << order) <= end;
         pfn += 1 << order)
        if (run_is_free(model, pfn, order))
            return true;
    return false;
}

/* The zone that must give the block, or NR_ZONES. */
static enum zone_index predict(const struct model *model, const struct way *way,
                               unsigned order)
{
    for (int step = 1; step <= 2; step++)
        for (enum zone_index zone = way->best + 1; zone-- > ZONE_DMA;) {
            const struct zone_view *view = &model->zones[zone];
            uint32_t last = way->gfp_mask & GFP_WAIT ? view->pages_min
                                                     : view->pages_min / 4;
            uint32_t mark = step == 1 ? view->pages_low : last;

            if (view->free_pages >= mark + (1u << order) &&
                has_block(model, zone, order))
                return zone;
        }
    return NR_ZONES;
}

static void set_free(struct model *model, pfn_t pfn, unsigned order,
                     bool is_free)
{
    uint32_t size = 1u << order;

    memset(&model->is_free[pfn], is_free, size);
    model->zones[zone_of(model->guest, pfn)].free_pages +=
        is_free ? size : -size;
}

static bool plan_take(const struct model *model,
                      const struct operation *operation, struct step *step)
{
    if (model->nheld + CHUNK >= MAX_HELD)
        return false;
    step->way = &ways[operation->b];
    step->order = operation->a;
    step->call = in_context(alloc_call(step->way->gfp_mask, step->order),
                            step->way->context);
    return true;
}

static bool plan_give(struct model *model, const struct operation *operation,
                      struct step *step)
{
    size_t i;

    if (model->nheld == 0)
        return false;
    i = operation->a % model->nheld;
    step->way = NULL;
    step->pfn = model->held[i].pfn;
    step->order = model->held[i].order;
    step->call = free_call(step->pfn, step->order, model->guest);
    step->call.context = (enum agent_context)operation->b;
    model->held[i] = model->held[--model->nheld];
    return true;
}

/* A call gave a block: is it one that may be? */
static void check_block(const struct model *model, const struct step *step,
                        enum zone_index zone)
{
    struct guest *guest = model->guest;
    pfn_t pfn = step->pfn, end = pfn + (1 << step->order);

    expect(pfn % (1 << step->order) == 0 && zone_of(guest, pfn) == zone,
           .did = step->call.shown,
           .expected = text("an aligned block of %s", zone_name(zone)),
           .seen =
               text("frame %ld, of %s", pfn, zone_name(zone_of(guest, pfn))));
    for (pfn_t i = pfn; i < end; i++)
        expect(model->is_free[i], .did = step->call.shown,
               .expected = "a block of which every page is free",
               .seen = text("frames %ld to %ld, and %ld is not free", pfn,
                            end - 1, i),
               .hint = "no frame is in two blocks");
    expect(page_count(guest, pfn) == 1, .did = step->call.shown,
           .expected = "count 1",
           .seen = text("count %d", page_count(guest, pfn)));
}

static void check_take(struct model *model, const struct step *step)
{
    enum zone_index zone = predict(model, step->way, step->order);

    if (zone == NR_ZONES) {
        expect(step->pfn == NO_PAGE, .did = step->call.shown,
               .expected = "NULL: no zone may give such a block",
               .seen = text("frame %ld", step->pfn));
        return;
    }
    expect(step->pfn != NO_PAGE, .did = step->call.shown,
           .expected = text("a block of %s, which has one", zone_name(zone)),
           .seen = "NULL",
           .hint = "free buddies merge at once, so that large blocks come "
                   "back");
    check_block(model, step, zone);
    set_free(model, step->pfn, step->order, false);
    model->held[model->nheld].pfn = step->pfn;
    model->held[model->nheld++].order = step->order;
}

/* The model makes the same steps, and says whether each was right. */
static void follow(struct model *model, struct step *steps, size_t n,
                   const struct agent_result *results)
{
    for (size_t i = 0; i < n; i++) {
        if (steps[i].way == NULL) {
            set_free(model, steps[i].pfn, steps[i].order, true);
            continue;
        }
        steps[i].pfn = pfn_of_page(model->guest, results[i].value);
        check_take(model, &steps[i]);
    }
    for (enum zone_index zone = ZONE_DMA; zone < NR_ZONES; zone++)
        expect_free(model->guest, zone, model->zones[zone].free_pages);
}

/* Makes the calls of up to CHUNK operations without a look in between. */
static void run_chunk(struct model *model, const struct operation *operations,
                      size_t n)
{
    struct step steps[CHUNK];
    struct call calls[CHUNK];
    struct agent_result results[CHUNK];
    size_t nsteps = 0;

    for (size_t i = 0; i < n; i++)
        nsteps += operations[i].kind == TAKE
                      ? plan_take(model, &operations[i], &steps[nsteps])
                      : plan_give(model, &operations[i], &steps[nsteps]);
    for (size_t i = 0; i < nsteps; i++)
        calls[i] = steps[i].call;
    if (nsteps > 0)
        guest_calls_checked(model->guest, calls, nsteps, results);
    follow(model, steps, nsteps, results);
}

/* Short sequences go call by call: each may give back what was just taken. */
static void run_on(const struct machine *machine,
                   const struct operation *operations, size_t n)
{
    static const struct operation give[CHUNK]; /* zeros: the first held */
    struct guest *guest = guest_boot(machine, STAGE_BUDDY);
    struct model *model = allocate(1, sizeof(*model));
    size_t chunk = n > 4 * CHUNK ? CHUNK : 1;

    model_begin(model, guest);
    for (size_t i = 0; i < n; i += chunk)
        run_chunk(model, &operations[i], n - i < chunk ? n - i : chunk);
    while (model->nheld > 0)
        run_chunk(model, give, CHUNK);
    for (enum zone_index zone = ZONE_DMA; zone < NR_ZONES; zone++)
        expect_all_merged(guest, zone);
    free(model);
}

static void run_on_8mb(const struct operation *operations, size_t n)
{
    run_on(&machine_8mb, operations, n);
}

static void run_on_64mb(const struct operation *operations, size_t n)
{
    run_on(&machine_64mb, operations, n);
}

/* A little more is taken than given back, so that memory fills up. */
static struct operation generate_up_to(struct random *random, unsigned orders)
{
    if (random_below(random, 100) < 55)
        return (struct operation){TAKE, random_below(random, orders),
                                  random_below(random, NR_WAYS)};
    return (struct operation){GIVE, random_below(random, MAX_HELD),
                              random_below(random, AGENT_INTERRUPT + 1)};
}

static struct operation generate_small(struct random *random)
{
    return generate_up_to(random, 7);
}

static struct operation generate(struct random *random)
{
    return generate_up_to(random, MAX_ORDER);
}

static const char *describe(const struct operation *operation)
{
    if (operation->kind == TAKE)
        return alloc_call(ways[operation->b].gfp_mask, operation->a).shown;
    return text("__free_pages() of a block in use, number %u modulo how many "
                "there are",
                operation->a);
}

Test(buddy, agrees_with_a_model_on_8_mb)
{
    const struct property property = {
        .length = OPERATIONS,
        .generate = generate_small,
        .run = run_on_8mb,
        .describe = describe,
    };

    property_check(&property);
}

Test(buddy, agrees_with_a_model_on_64_mb)
{
    const struct property property = {
        .length = OPERATIONS,
        .generate = generate,
        .run = run_on_64mb,
        .describe = describe,
    };

    property_check(&property);
}
